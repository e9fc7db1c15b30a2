"""A booking on its way into a ``resourcebooking`` field: ``resource|5|01.03.2026 10:00:00|3600|``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from b24orm.errors import InvalidValue

__all__ = ["Booking"]

_DATED: Final = ("%d", "%m", "%Y")


@dataclass(frozen=True, slots=True)
class Booking:
    """A person or a resource, booked for some time.

    Rule: the server takes ``type|id|from|seconds|service`` and keeps a booking of its own for it; the
    field then holds the numbers of its bookings, and ``calendar.resource.booking.list`` tells of them.
    The server reads the time in the date format of its own settings, which no method tells: so it
    has to be given.

    >>> from datetime import datetime
    >>> format = "%d.%m.%Y %H:%M:%S"
    >>> Booking("resource", 5, datetime(2026, 3, 1, 10), timedelta(hours=1), format, "Repair").wire()
    'resource|5|01.03.2026 10:00:00|3600|Repair'

    Attributes:
        type: ``user`` or ``resource``.
        id: of the user or the resource.
        start: when it begins, in the portal's time; a date for a field of whole days.
        duration: how long it takes.
        format: how the portal writes times, in the letters of ``strftime``.
        service: what is done; it can't hold ``|``.

    Raises:
        InvalidValue: one of them can't be so.
    """

    type: Literal["user", "resource"]
    id: int
    start: date
    duration: timedelta
    format: str
    service: str = ""

    def __post_init__(self) -> None:
        if self.type not in ("user", "resource"):
            raise InvalidValue(f"a booking is of a 'user' or a 'resource', not {self.type!r}")
        if not isinstance(self.id, int) or isinstance(self.id, bool) or self.id <= 0:
            raise InvalidValue(f"a booking takes the id of a {self.type}, not {self.id!r}")
        if not isinstance(self.start, date):
            raise InvalidValue(f"a booking starts at a datetime or a date, not {self.start!r}")
        if not isinstance(self.duration, timedelta) or self.duration < timedelta(seconds=1):
            raise InvalidValue(f"a booking lasts a timedelta of a second or more, not {self.duration!r}")
        if not isinstance(self.format, str) or not all(part in self.format for part in _DATED):
            raise InvalidValue(f"the format of a booking names {', '.join(_DATED)}, unlike {self.format!r}")
        if not isinstance(self.service, str) or "|" in self.service:
            raise InvalidValue(f"the service of a booking is a str without '|', not {self.service!r}")

    def wire(self) -> str:
        """The server's spelling."""
        seconds = int(self.duration.total_seconds())
        return f"{self.type}|{self.id}|{self.start.strftime(self.format)}|{seconds}|{self.service}"
