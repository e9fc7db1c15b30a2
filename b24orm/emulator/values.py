"""Values as the server reads them: PHP's casts, dates and times.

Everything a request carries is cast the way PHP casts it, because what the server does with a
list in place of a number, or with ``"abc"`` in place of a date, is part of how it behaves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any, Final

from b24orm.emulator.php import float_text, intval
from b24orm.emulator.strtotime import strtotime

__all__ = [
    "ZONE",
    "ZONE_OFFSET",
    "fold",
    "is_array",
    "is_blank",
    "read_date",
    "read_datetime",
    "to_flag",
    "to_float",
    "to_int",
    "to_list",
    "to_text",
    "today",
    "truthy",
]

ZONE_OFFSET: Final = "+03:00"
"""The server's zone as answers spell it."""

ZONE: Final = timezone(timedelta(hours=3))
"""The server's zone; a time without an offset is read in it."""

_FLOAT = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)")


def to_int(value: Any) -> int:
    """PHP's ``(int)``: leading digits of a string, 1 for any non-empty list or map.

    >>> to_int("12abc"), to_int([7, 8]), to_int([]), to_int(None), to_int("x")
    (12, 1, 0, 0, 0)
    """
    return intval(value)


def to_float(value: Any) -> float:
    """PHP's ``(float)``.

    >>> to_float("10.50 USD"), to_float(None), to_float([1])
    (10.5, 0.0, 1.0)
    """
    if isinstance(value, (bool, int, float)):
        return float(value)
    if isinstance(value, str):
        found = _FLOAT.match(value)
        return float(found[1]) if found else 0.0
    return 1.0 if value else 0.0


def to_text(value: Any) -> str:
    """PHP's ``(string)``: null and false are empty, a list is the word ``Array``.

    >>> to_text(None), to_text(True), to_text(10.0), to_text([1])
    ('', '1', '10', 'Array')
    """
    if isinstance(value, str):
        return value
    if value is None or value is False:
        return ""
    if value is True:
        return "1"
    if isinstance(value, float):
        return float_text(value)
    if isinstance(value, int):
        return str(value)
    return "Array"


def truthy(value: Any) -> bool:
    """PHP's truth: ``"0"`` is false, ``"false"`` is true."""
    return bool(value) and value != "0"


def is_blank(value: Any) -> bool:
    """Whether PHP finds the value loosely equal to ``""``: null, false and the empty string."""
    return value is None or value is False or value == ""


def to_flag(value: Any) -> str:
    """``Y`` or ``N`` as a yes/no field takes it."""
    return "Y" if value is True or to_text(value).upper() in {"Y", "1", "TRUE"} else "N"


def is_array(value: Any) -> bool:
    """Whether PHP would call it an array: a list or a map."""
    return isinstance(value, (list, tuple, Mapping))


def to_list(value: Any) -> list[Any]:
    """The elements of what PHP calls an array; a scalar is a list of one."""
    if isinstance(value, Mapping):
        return list(value.values())
    if isinstance(value, (list, tuple)):
        return list(value)
    return [value]


def fold(text: str | None) -> str | None:
    """The text without case, for comparisons in a collation that ignores it."""
    return text.casefold() if text is not None else None


def read_datetime(value: Any, now: float | None = None) -> str | None:
    """A time as ``strtotime`` reads it, as naive text in the server's zone; None if it can't be read.

    Args:
        value: ISO 8601 with or without an offset, ``31.12.2024 10:00``, ``@<unix seconds>``, or
            ``now``, ``today``, ``yesterday``, ``tomorrow``, ``-3 days``.
        now: unix seconds that relative times count from.

    >>> read_datetime("2024-08-30T14:29:00+02:00"), read_datetime("2024-08-30"), read_datetime("soon")
    ('2024-08-30T15:29:00', '2024-08-30T00:00:00', None)
    """
    moment = _moment(to_text(value).strip(), now)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") if moment else None


def read_date(value: Any, now: float | None = None) -> str | None:
    """The day of a time, in the server's zone.

    >>> read_date("2024-08-30T23:30:00+00:00")
    '2024-08-31'
    """
    found = read_datetime(value, now)
    return found[:10] if found else None


def _moment(text: str, now: float | None) -> datetime | None:
    present = datetime.now(ZONE) if now is None else datetime.fromtimestamp(now, ZONE)
    return strtotime(text, present.replace(tzinfo=None), ZONE) if text else None


def today(now: float) -> date:
    """The server's calendar day at a unix time."""
    return datetime.fromtimestamp(now, ZONE).date()
