"""The adds of one portal that are under way, and the rows that they are known to have made."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import Any, Final

from b24orm.plan.calls import Call
from b24orm.plan.likeness import Likeness, Traits

__all__ = ["Adds", "Span", "UnderWay"]

_MOST: Final = 20_000
"""Rows that are remembered at the most."""


@dataclass(frozen=True, slots=True)
class Span:
    """When an add left, in unix seconds of the portal's clock, and whose it was.

    Attributes:
        at: when it left.
        by: the user.
    """

    at: float
    by: int | None


@dataclass(eq=False)
class UnderWay:
    """One add without an answer.

    Attributes:
        place: its number in its job.
        likeness: how its row is recognised.
        call: what was sent.
        space: where its row gets its id.
        span: when it left, if a run before this one sent it.
    """

    place: int
    likeness: Likeness
    call: Call
    space: tuple[Any, ...]
    span: Span | None = None

    @cached_property
    def traits(self) -> Traits:
        """What its row must have."""
        return self.likeness.traits(self.call)


@dataclass
class Adds:
    """What one portal's adds are up to: two of them never take the same row for theirs."""

    _under_way: set[UnderWay] = field(default_factory=set[UnderWay])
    _unknown: deque[tuple[float, UnderWay]] = field(default_factory=lambda: deque(maxlen=_MOST))
    _made: dict[tuple[Any, ...], float] = field(default_factory=dict[tuple[Any, ...], float])
    _forgotten: float = float("-inf")

    def begin(self, place: int, likeness: Likeness, call: Call, span: Span | None = None) -> UnderWay:
        """An add is about to leave, or left in a run before this one."""
        entry = UnderWay(place, likeness, call, likeness.space(call), span)
        self._under_way.add(entry)
        return entry

    def end(self, entries: Iterable[UnderWay], until: float | None = None) -> None:
        """The fates of adds are told; those of unknown fate may still make a row ``until`` then."""
        entries = tuple(entries)
        self._under_way.difference_update(entries)
        if until is not None:
            self._unknown.extend((until, entry) for entry in entries)

    def made(self, space: tuple[Any, ...], row_id: Any, now: float) -> None:
        """A row is known to have been made by an add."""
        self._made[_named(space, row_id)] = now
        if len(self._made) > _MOST:
            self._forgotten = self._made.pop(next(iter(self._made)))

    def is_made(self, space: tuple[Any, ...], row_id: Any) -> bool:
        """Whether a row is the row of an add already."""
        return _named(space, row_id) in self._made

    def remembers(self, moment: float) -> bool:
        """Whether every row that was made since a moment is still known."""
        return self._forgotten < moment

    def likely(self, space: tuple[Any, ...], now: float) -> Iterator[UnderWay]:
        """The adds without an answer that a row of this space may belong to."""
        while self._unknown and self._unknown[0][0] < now:
            self._unknown.popleft()
        everything = chain(self._under_way, (entry for _, entry in self._unknown))
        return (entry for entry in everything if entry.space == space)


def _named(space: tuple[Any, ...], row_id: Any) -> tuple[Any, ...]:
    return (*space, str(row_id))
