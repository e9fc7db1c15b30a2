"""A sum of money as a ``money`` field holds it: ``1500.5|USD``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from b24orm.errors import InvalidValue

__all__ = ["Money"]

_CURRENCY: Final = re.compile(r"[A-Z]{3}", re.ASCII)
_NUMBER: Final = re.compile(r"-?(\d+\.?\d*|\.\d+)", re.ASCII)
_LONGEST: Final = 40


@dataclass(frozen=True, slots=True)
class Money:
    """A sum and its currency.

    Rule: the server keeps ``amount|CURRENCY`` without closing zeros. A sum without a currency is
    stored in the portal's own one.

    >>> Money("1500.50", "USD").wire(), str(Money(7))
    ('1500.5|USD', '7')
    >>> Money.parse("1500.5|USD").amount
    Decimal('1500.5')

    Attributes:
        amount: the sum; given as a Decimal, an int, a float or a str of digits.
        currency: three capital letters, ``USD``; empty for the portal's own currency.

    Raises:
        InvalidValue: the sum is no finite number, or the currency no code.
    """

    amount: Decimal
    currency: str = ""

    def __init__(self, amount: Decimal | int | float | str, currency: str = "") -> None:
        if currency and not (isinstance(currency, str) and _CURRENCY.fullmatch(currency)):
            raise InvalidValue(f"{currency!r} is no currency: it is three capital letters, as in 'USD'")
        object.__setattr__(self, "amount", _sum(amount))
        object.__setattr__(self, "currency", currency or "")

    @classmethod
    def parse(cls, text: str) -> Money:
        """The value of the server's spelling.

        Raises:
            InvalidValue: the text is not so spelled.
        """
        amount, _, currency = text.partition("|")
        if not _NUMBER.fullmatch(amount):
            raise InvalidValue(f"{text[:_LONGEST]!r} is no sum of money: it is written '1500.5|USD'")
        return cls(amount, currency)

    def wire(self) -> str:
        """The server's spelling."""
        digits = format(self.amount, "f")
        if "." in digits:
            digits = digits.rstrip("0").rstrip(".")
        digits = "0" if digits == "-0" else digits
        return f"{digits}|{self.currency}" if self.currency else digits

    def __str__(self) -> str:
        return self.wire().replace("|", " ")


def _sum(amount: Any) -> Decimal:
    if isinstance(amount, bool) or not isinstance(amount, (Decimal, int, float, str)):
        raise InvalidValue(f"a sum of money is a Decimal, an int, a float or a str, not {amount!r}")
    try:
        found = Decimal(repr(amount) if isinstance(amount, float) else amount)
    except InvalidOperation:
        raise InvalidValue(f"{str(amount)[:_LONGEST]!r} is no sum of money") from None
    if not found.is_finite():
        raise InvalidValue(f"{amount!r} is no sum of money: it is not finite")
    return found
