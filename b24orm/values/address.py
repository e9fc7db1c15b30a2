"""An address as an ``address`` field holds it: ``text|latitude;longitude|id``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from b24orm.errors import InvalidValue

__all__ = ["Address"]

_NUMBER: Final = re.compile(r"[+-]?\d{1,3}(\.\d*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Address:
    """A place in words, and where it is if that is known.

    Rule: the server keeps ``text|latitude;longitude|id``. The id is its own: it is not sent back,
    for two fields must not share one address.

    >>> Address("1 Main St", 51.5, -0.12).wire(), Address.parse("1 Main St|51.5;-0.12|7").id
    ('1 Main St|51.5;-0.12', 7)

    Attributes:
        text: the address in words; it can't hold ``|``.
        latitude, longitude: degrees, both or neither.
        id: the number of the address among the portal's; None for a new one.

    Raises:
        InvalidValue: the text holds ``|``, or there is one coordinate without the other or outside the globe.
    """

    text: str
    latitude: float | None = None
    longitude: float | None = None
    id: int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.text, str) or "|" in self.text:
            raise InvalidValue(f"the text of an address is a str without '|', not {self.text!r}")
        if (self.latitude is None) != (self.longitude is None):
            raise InvalidValue("an address has a latitude and a longitude, or neither")
        for value, limit, name in ((self.latitude, 90, "latitude"), (self.longitude, 180, "longitude")):
            if value is not None and not _within(value, limit):
                raise InvalidValue(f"a {name} is a number from -{limit} to {limit}, not {value!r}")

    @classmethod
    def parse(cls, text: str) -> Address:
        """The value of the server's spelling; a text with no bars is an address in words.

        Raises:
            InvalidValue: the coordinates are outside the globe.
        """
        words, _, rest = text.partition("|")
        place, _, number = rest.partition("|")
        latitude, _, longitude = place.partition(";")
        known = _NUMBER.fullmatch(latitude) and _NUMBER.fullmatch(longitude)
        return cls(
            words,
            float(latitude) if known else None,
            float(longitude) if known else None,
            int(number) if number.isascii() and number.isdigit() else None,
        )

    def wire(self) -> str:
        """The server's spelling."""
        if self.latitude is None or self.longitude is None:
            return self.text
        return f"{self.text}|{_degrees(self.latitude)};{_degrees(self.longitude)}"

    def __str__(self) -> str:
        return self.text


def _within(value: object, limit: int) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and -limit <= value <= limit


def _degrees(value: float) -> str:
    """Digits without an exponent; the seventh decimal is a centimetre.

    >>> _degrees(51.5), _degrees(1e-7), _degrees(-0.0)
    ('51.5', '0.0000001', '0')
    """
    digits = f"{value:.7f}".rstrip("0").rstrip(".")
    return "0" if digits == "-0" else digits
