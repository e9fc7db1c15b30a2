"""Dates as a portal shows them to people: lists and calendars answer them in the portal's own form.

The parts tell the form, for the portal doesn't: dots and dashes put the day first, slashes with ``am`` or
``pm`` the month, slashes with a time of 24 hours the day. A date with slashes and no time is read only
where it can't mean two days.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

__all__ = ["portal_moment"]

_SHOWN: Final = re.compile(
    r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?: (\d{1,2}):(\d\d)(?::(\d\d))?(?: ?([ap]m))?)?", re.IGNORECASE
)


def portal_moment(text: str) -> datetime:
    """The moment that a portal shows so; without a zone, for it is the portal's.

    Raises:
        ValueError: it is no date, or could be two.

    >>> portal_moment("12/24/2024 05:59:00 pm"), portal_moment("24.12.2024")
    (datetime.datetime(2024, 12, 24, 17, 59), datetime.datetime(2024, 12, 24, 0, 0))
    """
    found = _SHOWN.fullmatch(text.strip())
    if found is None:
        raise ValueError("it is no date in any form that a portal shows")
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    half = (found[8] or "").lower()
    month_first = found[2] == "/" and (bool(half) or _only_month_first(first, second, timed=bool(found[5])))
    day, month = (second, first) if month_first else (first, second)
    hour, minute, shown_second = (int(part or 0) for part in found.group(5, 6, 7))
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    return datetime(year, month, day, hour, minute, shown_second)


def _only_month_first(first: int, second: int, *, timed: bool) -> bool:
    """Whether a date with slashes can only have the month first."""
    if timed or first > 12:
        return False
    if second <= 12 and first != second:
        raise ValueError("it could be two days: the portal does not say whether the month comes first")
    return second > 12
