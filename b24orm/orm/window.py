"""Where an incremental sync stands: a stretch of the server's time, and what was handed out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from b24orm.errors import InvalidValue

__all__ = ["Window"]

_FORMAT: Final = 1


@dataclass(frozen=True)
class Window:
    """Where a sync stands.

    Attributes:
        since: the beginning of the window, included; None for the beginning of time.
        until: its end, excluded; None before a sync has begun and after it is complete.
        after: the id that was handed out last in this window.
        seen: moments of the versions handed out before, by id, in unix seconds.
        found: the same for this window, as far as the next one will overlap it.
    """

    since: datetime | None = None
    until: datetime | None = None
    after: int | None = None
    seen: Mapping[int, int] = field(default_factory=dict[int, int])
    found: dict[int, int] = field(default_factory=dict[int, int])

    def begun(self, now: datetime) -> Window:
        """The window up to now; a window that was begun before stays as it is."""
        return self if self.until is not None else replace(self, until=now.replace(microsecond=0))

    def next_since(self, overlap: timedelta) -> datetime:
        """Where the window after this one begins: never before this one."""
        assert self.until is not None
        start = self.until - overlap
        if self.since is None:
            return start
        since = self.since if self.since.tzinfo else self.since.replace(tzinfo=self.until.tzinfo)
        return max(since, start)

    def with_row(self, key: int, moment: int, overlap: timedelta) -> Window:
        """The window after a row was read from it. ``found`` grows in place: it may become large."""
        if moment >= self.next_since(overlap).timestamp():
            self.found[key] = moment
        return replace(self, after=key)

    def complete(self, overlap: timedelta) -> Window:
        """The window after this one. What it overlaps was read just now, so ``found`` is all to remember."""
        return Window(since=self.next_since(overlap), seen=self.found)

    def to_json(self, entity: str) -> dict[str, Any]:
        """Plain values for ``json.dumps``."""
        return {
            "format": _FORMAT,
            "entity": entity,
            "since": self.since and self.since.isoformat(),
            "until": self.until and self.until.isoformat(),
            "after": self.after,
            "seen": {str(row): moment for row, moment in self.seen.items()},
            "found": {str(row): moment for row, moment in self.found.items()},
        }

    @classmethod
    def from_json(cls, entity: str, cursor: Mapping[str, Any]) -> Window:
        """The window of a cursor.

        Raises:
            InvalidValue: it is no cursor, or another entity's.
        """
        if cursor.get("format") != _FORMAT:
            raise InvalidValue(f"this is no cursor of changed_since(): it holds {sorted(map(str, cursor))}")
        if cursor.get("entity") != entity:
            raise InvalidValue(f"this cursor belongs to {cursor.get('entity')}, not to {entity}")
        try:
            since, until, after = cursor["since"], cursor["until"], cursor["after"]
            return cls(
                since=since and datetime.fromisoformat(since),
                until=until and datetime.fromisoformat(until),
                after=after and int(after),
                seen={int(row): int(moment) for row, moment in cursor["seen"].items()},
                found={int(row): int(moment) for row, moment in cursor["found"].items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            raise InvalidValue("this cursor of changed_since() is damaged") from None
