"""Looks for the rows of adds whose answers were lost, by the values that were sent.

A row is taken for the row of an add only if nothing else can be true: it has every value that was
sent, this user added it since the request left, no other add has it for its own, and no other add
under way could have made it. Equal adds of one job may share such rows out: which is whose makes
no difference. Whatever is not found so stays unknown; it is never sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from math import floor
from typing import Any, Final, TypeAlias

from b24orm.errors import B24Error, OutcomeUnknown, RateLimited, ServerFailure, TransportError
from b24orm.executor.adds import Adds, Span, UnderWay
from b24orm.executor.executor import Executor
from b24orm.plan.calls import Call, Reply, Row, rows_in
from b24orm.plan.likeness import Likeness, likeness_of
from b24orm.plan.steps.sizes import PAGE
from b24orm.plan.writes import Write
from b24orm.schema import EntitySchema, FieldSchema

__all__ = ["Traces", "traces_of"]

Clock: TypeAlias = Callable[[], tuple[float, int]]

_MARGIN: Final = 5.0
"""Seconds by which the clocks of a portal's own servers may differ."""

_PAGES: Final = 10
"""Pages of rows that are looked at: so many equal rows can't be told apart anyway."""


@dataclass
class Traces:
    """The adds of one job, and the traces that they leave on the portal.

    Attributes:
        executor: what asks the portal.
        likeness: how rows are recognised.
        adds: the adds of the whole portal.
        mine: which of some rows are known to have been made by this job, in a run before this one.
    """

    executor: Executor
    likeness: Likeness
    adds: Adds
    mine: Callable[[Sequence[Any]], Collection[str]] | None = None
    _clock: Clock | None = None
    _mute: bool = False
    _entries: dict[int, UnderWay] = field(default_factory=dict[int, UnderWay])

    def begin(self, writes: Sequence[Write]) -> None:
        """Adds are about to leave."""
        for write in writes:
            self._entries[write.place] = self.adds.begin(write.place, self.likeness, write.call)

    def begin_again(
        self, writes: Sequence[tuple[Write, Span]], mine: Callable[[Sequence[Any]], Collection[str]]
    ) -> None:
        """Adds left in a run before this one, each at a known moment."""
        self.mine = mine
        for write, span in writes:
            if write.kind == "add":
                self._entries[write.place] = self.adds.begin(write.place, self.likeness, write.call, span)

    def made(self, write: Write, row_id: Any) -> None:
        """An add was answered, or its row was found."""
        entry = self._entries.get(write.place)
        if entry is not None:
            self.adds.made(entry.space, row_id, self.executor.sender.clock.now())

    def end(self, writes: Sequence[Write], *, unknown: bool = False) -> None:
        """The fates of these adds are told, or can't be told."""
        entries = [self._entries.pop(write.place) for write in writes if write.place in self._entries]
        sender = self.executor.sender
        self.adds.end(entries, sender.clock.now() + 2 * sender.request_limit if unknown else None)

    def knows(self, write: Write) -> bool:
        """Whether the row of an add could be recognised."""
        entry = self._entries.get(write.place)
        return entry is not None and entry.traits.text is not None

    async def found(self, writes: Sequence[Write], error: B24Error) -> Mapping[int, Any]:
        """The ids of the rows that these adds made, by place: those that are beyond doubt.

        Raises:
            B24Error: the portal can't be asked.
        """
        entries = [self._entries[write.place] for write in writes]
        there, user = await self._asked()
        ids: dict[int, Any] = {}
        for group in _groups(entry for entry in entries if entry.span is None or entry.span.by == user):
            since = min((entry.span.at for entry in group if entry.span is not None), default=None)
            if since is None:
                since = self._left(error, there)
            rows = await self._rows(group, user, datetime.fromtimestamp(floor(since - _MARGIN), timezone.utc))
            ids.update(self._shared_out(group, rows))
        return ids

    async def clock(self) -> Clock | None:
        """Tells what time it is on the portal, in unix seconds, and the user there; None: it does not say.

        The portal is asked once a job; from then on it is told by our own clock.
        """
        if self._clock is None and not self._mute:
            clock = self.executor.sender.clock
            try:
                there, user = await self._asked()
            except (TransportError, ServerFailure, RateLimited):
                return None  # it may say so later
            except B24Error:
                self._mute = True  # it does not say so to us
                return None
            asked = clock.now()
            self._clock = lambda: (there + clock.now() - asked, user)
        return self._clock

    async def _asked(self) -> tuple[float, int]:
        """What time it is on the portal, and who adds."""
        (reply,) = await self.executor.many([Call("profile")])
        if not isinstance(reply, Reply):
            raise reply
        try:
            return float(reply.time["start"]), int(reply.result["ID"])
        except (KeyError, TypeError, ValueError):
            raise OutcomeUnknown("the portal does not say who adds, and what time it is") from None

    def _left(self, error: B24Error, there: float) -> float:
        """The earliest moment at which the lost request may have worked, by the portal's clock."""
        now = self.executor.sender.clock.now()
        left = error.sent_at if error.sent_at is not None else now - self.executor.sender.request_limit
        if not self.adds.remembers(left - _MARGIN):
            raise OutcomeUnknown("too many rows were added since to tell which is which")
        return there - (now - left)

    async def _rows(self, group: Sequence[UnderWay], user: int, since: datetime) -> list[Row]:
        """The rows that may be of these adds."""
        rows: list[Row] = []
        traits = [entry.traits for entry in group]
        key, after = self.likeness.schema.id_field.wire, 0
        for _ in range(_PAGES):
            call = self.likeness.look(group[0].space, traits, user, since, after)
            (outcome,) = await self.executor.many([call])
            page = rows_in(call, outcome)
            rows += page
            if len(page) < PAGE:
                return rows
            after = int(page[-1][key])
        raise OutcomeUnknown("too many rows have these values to tell which is which")

    def _shared_out(self, group: Sequence[UnderWay], rows: Sequence[Row]) -> dict[int, Any]:
        """Which add made which row, where there is only one answer."""
        mine = {entry.place: entry for entry in group}
        space, key = group[0].space, self.likeness.schema.id_field.wire
        claims: dict[str, list[Any]] = {}
        waiting = _ByText(self.adds.likely(space, self.executor.sender.clock.now()))
        doubtful: set[str] = set()
        ours = self.mine([row[key] for row in rows]) if self.mine is not None else ()
        for row in rows:
            if self.adds.is_made(space, row[key]) or str(row[key]) in ours:
                continue
            likely = [entry for entry in waiting.fitting(row) if self._in_time(entry, row)]
            kinds = {entry.traits.whole for entry in likely}
            if len(kinds) == 1 and all(mine.get(entry.place) is entry for entry in likely):
                claims.setdefault(kinds.pop(), []).append(row[key])
            else:
                doubtful |= kinds
        return self._assigned(group, {kind: ids for kind, ids in claims.items() if kind not in doubtful})

    def _in_time(self, entry: UnderWay, row: Row) -> bool:
        """Whether a row was added while the add may have worked; of this run's own adds that is known."""
        if entry.span is None:
            return True
        made = self.likeness.moment(row)
        limit = self.executor.sender.request_limit
        return made is not None and entry.span.at - _MARGIN <= made <= entry.span.at + limit + 2 * _MARGIN

    def _assigned(self, group: Sequence[UnderWay], claims: Mapping[str, Sequence[Any]]) -> dict[int, Any]:
        found: dict[int, Any] = {}
        for kind, ids in claims.items():
            equal = [entry for entry in group if entry.traits.whole == kind]
            if len(ids) > len(equal):
                continue  # somebody else made some of them
            for entry, row_id in zip(equal, ids, strict=False):
                found[entry.place] = row_id
                self.adds.made(entry.space, row_id, self.executor.sender.clock.now())
        return found


class _ByText:
    """Adds by the text that their rows are looked for by: few of thousands fit a row."""

    def __init__(self, entries: Iterable[UnderWay]) -> None:
        self._fields: dict[str, FieldSchema] = {}
        self._entries: dict[tuple[str, str], list[UnderWay]] = {}
        self._others: list[UnderWay] = []
        for entry in entries:
            if entry.traits.text is None:
                self._others.append(entry)
            else:
                field, text = entry.traits.text
                self._fields[field.name] = field
                self._entries.setdefault((field.name, text), []).append(entry)

    def fitting(self, row: Row) -> list[UnderWay]:
        """The adds that may have made a row."""
        keys = [(name, str(row.get(field.wire) or "")) for name, field in self._fields.items()]
        near = [entry for key in keys for entry in self._entries.get(key, ())]
        return [entry for entry in (*near, *self._others) if entry.traits.fit(row)]


def traces_of(executor: Executor, schema: EntitySchema) -> Traces | None:
    """The traces of a job's adds; None if rows of the entity can't be recognised."""
    likeness = likeness_of(schema)
    return None if likeness is None else Traces(executor, likeness, executor.adds)


def _groups(entries: Iterable[UnderWay]) -> list[list[UnderWay]]:
    """Adds that one call can look for; equal ones are never parted."""
    groups: dict[tuple[Any, ...], list[tuple[str, UnderWay]]] = {}
    for entry in entries:
        if entry.traits.text is not None:
            field, text = entry.traits.text
            groups.setdefault((*entry.space, field.name), []).append((text, entry))
    return [part for group in groups.values() for part in _parts(group)]


def _parts(group: Iterable[tuple[str, UnderWay]]) -> list[list[UnderWay]]:
    by_text: dict[str, list[UnderWay]] = {}
    for text, entry in group:
        by_text.setdefault(text, []).append(entry)
    texts = list(by_text)
    chunks = [texts[start : start + PAGE] for start in range(0, len(texts), PAGE)]
    return [[entry for text in chunk for entry in by_text[text]] for chunk in chunks]
