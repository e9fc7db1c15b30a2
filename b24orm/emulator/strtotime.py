"""PHP's ``strtotime``, as far as people and programs write times: what it can't read is None.

It is generous where one would not expect it: days and months run over (30 February is 1 March), slashes
mean the American order, a lone month is its first day, and a lone time is today's.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Final

__all__ = ["strtotime"]

_CLOCK_PART: Final = r"(?P<h>\d{1,2})(?::(?P<i>\d{1,2})(?::(?P<s>\d{1,2})(?:[.,]\d+)?)?)?"
_TIME: Final = rf"(?:[T ]+{_CLOCK_PART}(?: ?(?P<half>[ap]\.?m\.?))?)?"
_ZONE: Final = r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{1,2}(?::?\d{2})?)?"
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH: Final = r"(?P<month>[a-z]{3,9})\.?"
_FORMS: Final = tuple(
    re.compile(rf"(?:{day}){_TIME}{_ZONE}", re.IGNORECASE | re.ASCII)
    for day in (
        r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})",
        r"(?P<y>\d{4})/(?P<m>\d{1,2})/(?P<d>\d{1,2})",
        r"(?P<d>\d{1,2})[.-](?P<m>\d{1,2})[.-](?P<y>\d{4})",
        r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4})",
        r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})",
        r"(?P<y>\d{4})-(?P<m>\d{2})",
        rf"(?:[a-z]{{3,9}}, ?)?(?P<d>\d{{1,2}})[ -]{_MONTH}[ -](?P<y>\d{{4}})",
        rf"{_MONTH} (?P<d>\d{{1,2}}),? (?P<y>\d{{4}})",
    )
)
_COMPACT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})T?(\d{2})(\d{2})(\d{2})")
_CLOCK: Final = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_STEP: Final = re.compile(
    r"([+-]?\d+)\s*(second|sec|minute|min|hour|day|week|fortnight|month|year)s?", re.IGNORECASE
)
_SECONDS: Final = {
    "second": 1,
    "sec": 1,
    "minute": 60,
    "min": 60,
    "hour": 3600,
    "day": 86400,
    "week": 604800,
    "fortnight": 1209600,
}
_WORDS: Final = {"now": None, "today": 0, "midnight": 0, "tomorrow": 1, "yesterday": -1}


def strtotime(text: str, now: datetime, zone: tzinfo) -> datetime | None:
    """The moment that a text means, as a naive time in the portal's zone.

    Args:
        text: as sent.
        now: the present, naive, in the portal's zone.
        zone: the portal's zone.

    >>> noon = datetime(2024, 1, 31, 12)
    >>> str(strtotime("2024-02-30", noon, timezone.utc)), str(strtotime("01/02/2024", noon, timezone.utc))
    ('2024-03-01 00:00:00', '2024-01-02 00:00:00')
    >>> str(strtotime("+1 month", noon, timezone.utc)), strtotime("soon", noon, timezone.utc)
    ('2024-03-02 12:00:00', None)
    """
    if text.startswith("@"):
        return _unix(text[1:], zone)
    try:
        return _written(text, zone) or _compact(text) or _clock(text, now) or _relative(text, now)
    except (ValueError, OverflowError):
        return None


def _unix(text: str, zone: tzinfo) -> datetime | None:
    if not text.removeprefix("-").isdigit():
        return None
    moment = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=int(text))
    return moment.astimezone(zone).replace(tzinfo=None)


def _written(text: str, zone: tzinfo) -> datetime | None:
    for form in _FORMS:
        found = form.fullmatch(text)
        if found is None:
            continue
        parts = found.groupdict()
        name = parts.get("month")
        month = int(parts["m"]) if name is None else _month(name)
        day = int(parts.get("d") or 1)
        hour, minute, second = _hour(parts), int(parts["i"] or 0), int(parts["s"] or 0)
        if month is None or month > 12 or day > 31 or hour > 24 or minute > 59 or second > 60:
            return None
        start = _run_over(int(parts["y"]), month, day)
        moment = start + timedelta(hours=hour, minutes=minute, seconds=second)
        return _local(moment, parts["zone"], zone) if parts["zone"] else moment
    return None


def _month(name: str) -> int | None:
    short = name[:3].lower()
    return 1 + _MONTHS.index(short) if short in _MONTHS else None


def _hour(parts: dict[str, str | None]) -> int:
    hour, half = int(parts["h"] or 0), (parts["half"] or "").lower()
    if not half:
        return hour
    return hour % 12 + (12 if half.startswith("p") else 0)


def _run_over(year: int, month: int, day: int) -> datetime:
    """The day, also where the month has no such day or the year no such month."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return datetime(year, month, 1) + timedelta(days=day - 1)


def _local(moment: datetime, offset: str, zone: tzinfo) -> datetime:
    if offset[0] not in "+-":
        away = timedelta()
    else:
        digits = offset[1:].replace(":", "")
        hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
        away = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if offset[0] == "-" else 1)
    return moment.replace(tzinfo=timezone(away)).astimezone(zone).replace(tzinfo=None)


def _compact(text: str) -> datetime | None:
    found = _COMPACT.fullmatch(text)
    return datetime(*(int(part) for part in found.groups())) if found else None  # type: ignore[arg-type]


def _clock(text: str, now: datetime) -> datetime | None:
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    return now.replace(hour=int(found[1]), minute=int(found[2]), second=int(found[3] or 0), microsecond=0)


def _relative(text: str, now: datetime) -> datetime | None:
    """``today``, ``tomorrow 10:00``, ``+1 day 2 hours``, ``3 days ago``."""
    moment, rest = now, text.lower()
    first, _, tail = rest.partition(" ")
    if first in _WORDS:
        days = _WORDS[first]
        if days is not None:
            moment = _midnight(now) + timedelta(days=days)
        if not tail:
            return moment
        return _clock(tail, moment) or _stepped(tail, moment)
    return _stepped(rest, moment)


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _stepped(text: str, moment: datetime) -> datetime | None:
    ago = text.endswith(" ago")
    steps = _STEP.findall(text.removesuffix(" ago"))
    if not steps or _STEP.sub("", text.removesuffix(" ago")).strip():
        return None
    for count, unit in steps:
        number = -int(count) if ago else int(count)
        seconds = _SECONDS.get(unit.lower())
        if seconds is not None:
            moment += timedelta(seconds=number * seconds)
        else:
            months = number * (12 if unit.lower() == "year" else 1)
            day = _run_over(moment.year, moment.month + months, moment.day)
            moment = datetime.combine(day.date(), moment.time())
    return moment
