"""Runs the writes of a job: in batches that fit the portal's minute, side by side or in order.

None is lost and none is done twice: a write whose answer was lost is never sent again blindly, but settled by
:mod:`b24orm.executor.lost`; what is sent and what came of it is noted in the job's journal.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from b24orm.errors import (
    B24Error,
    OperatingLimited,
    OutcomeUnknown,
    RateLimited,
    ServerFailure,
    TransportError,
)
from b24orm.executor.adds import Span
from b24orm.executor.executor import Executor
from b24orm.executor.journal import Entry, Journal
from b24orm.executor.keyed import fates, keyed
from b24orm.executor.leaving import noting
from b24orm.executor.lost import Finder, Lost
from b24orm.executor.outcomes import answer_of, is_ambiguous, judged, killed, row_id
from b24orm.executor.refusals import is_final
from b24orm.executor.traces import Traces
from b24orm.executor.turns import one_query
from b24orm.plan.calls import Ask, Outcome, Reply, not_run
from b24orm.plan.steps.sizes import BATCH
from b24orm.plan.writes import Kind, Write
from b24orm.transport.encoding import fits_batch

__all__ = ["GROUPS", "Writer"]

GROUPS: Final = 16
"""Batches of one window: as many requests as may be under way at once."""

_START: Final[Mapping[Kind, int]] = {"add": 40, "update": 20, "delete": 10}
"""Commands of the first batches, until it is known how long a command takes: on real portals an
add of a deal takes 0.7 s on average, an update 1.4 s, a delete up to 5 s."""

_TARGET: Final = 30.0
"""Seconds that a batch should work: far from the 60 at which the portal cuts it off."""


@dataclass(frozen=True, slots=True)
class _Group:
    """Writes that travel together, and what establishes their outcomes."""

    writes: Sequence[Write]
    run: Callable[[Sequence[Write]], Awaitable[list[Outcome]]]


@dataclass
class Writer:
    """Runs the writes of one job.

    Attributes:
        executor: what sends them.
        halt: a batch stops at its first error.
        ordered: each write is sent when the one before it has its outcome.
        finder: finds new rows by the key that they carry, if they do.
        traces: the rows that new ones may be found by, where their entity tells.
        by_values: rows without a key are looked for by their values.
        journal: where it is noted what was sent and what came of it.
        told: called with the number of writes whose outcomes are told now.
    """

    executor: Executor
    halt: bool = False
    ordered: bool = False
    finder: Finder | None = None
    traces: Traces | None = None
    by_values: bool = False
    journal: Journal | None = None
    told: Callable[[int], None] | None = None
    _seconds: dict[str, float] = field(default_factory=dict[str, float])
    _own_key: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def _key(self) -> str:
        """What the keys of the job's writes begin with; the same when a job goes on after a crash."""
        return self.journal.key if self.journal is not None else self._own_key

    def _lost(self) -> Lost:
        return Lost(self.executor, self._group, self.finder, self.traces, self.by_values)

    async def run(self, writes: Sequence[Write]) -> list[Outcome]:
        """What each write came to, in their order."""
        writes = [keyed(write, self._key) for write in writes]
        known = {write.place: self._known(write) for write in writes}
        done = [(write, entry) for write in writes if (entry := known[write.place]) and entry.state == "done"]
        lost = [(write, entry) for write in writes if (entry := known[write.place]) and entry.state == "sent"]
        found: dict[int, Outcome] = {write.place: Reply(answer_of(write, entry.id)) for write, entry in done}
        if found and self.told is not None:
            self.told(len(found))  # a run before this one has done them
        fresh = [write for write in writes if known[write.place] is None]
        adds = [write for write in fresh if write.kind == "add"]
        work = [_Group(group, self._group) for group in self._groups(fresh)]
        try:
            if lost:
                await self._go_on(lost, found)
            if self.traces is not None:
                self.traces.begin(adds)
            await self._work_off(work, found)
        finally:
            if self.traces is not None:
                self.traces.end([*adds, *(write for write, _ in lost)], unknown=True)  # without an outcome
        return [found[write.place] for write in writes]

    async def _go_on(self, lost: Sequence[tuple[Write, Entry]], found: dict[int, Outcome]) -> None:
        """Settles what was under way when a run before this one was killed, before anything else is sent."""
        if self.traces is not None and self.by_values:
            assert self.journal is not None
            self.traces.begin_again(
                [(write, Span(entry.at, entry.by)) for write, entry in lost if entry.by is not None],
                self.journal.made,
            )
        settled = partial(self._lost().settled, error=killed(await self._left_at(lost)), tries=1)
        groups = self._groups([write for write, _ in lost])
        await self._work_off([_Group(group, settled) for group in groups], found)

    async def _left_at(self, lost: Sequence[tuple[Write, Entry]]) -> float:
        """When the last of them left at the latest, by the sender's clock.

        The portal's clock says it, if it was asked then. Otherwise it is now: our own clock may have jumped
        since, and an add that is taken for older than it is would be sent again while the portal works on it.
        """
        now, asked = self.executor.sender.clock.now(), all(entry.by is not None for _, entry in lost)
        there = await self.traces.clock() if self.traces is not None and asked else None
        return now if there is None else now - max(0.0, there()[0] - max(entry.at for _, entry in lost))

    async def _work_off(self, work: Sequence[_Group], found: dict[int, Outcome]) -> None:
        await (self._in_turn if self.ordered else self._side_by_side)(work, found)

    async def _side_by_side(self, work: Sequence[_Group], found: dict[int, Outcome]) -> None:
        for ended in await asyncio.gather(
            *one_query(self._into(found, group) for group in work), return_exceptions=True
        ):
            if isinstance(ended, BaseException):
                raise ended

    async def _in_turn(self, work: Sequence[_Group], found: dict[int, Outcome]) -> None:
        final: Outcome | None = None
        for group in work:
            if self.halt and any(isinstance(outcome, B24Error) for outcome in found.values()):
                why = "an earlier write failed"
                found.update({write.place: not_run(write.call.method, why) for write in group.writes})
            elif final is not None:
                found.update({write.place: final for write in group.writes})
            else:
                outcomes = await self._into(found, group)
                final = next((o for o in outcomes if isinstance(o, B24Error) and is_final(o)), None)

    def _known(self, write: Write) -> Entry | None:
        """What the journal knows of a write."""
        return None if self.journal is None else self.journal.entry(write.place, write.digest)

    async def _into(self, found: dict[int, Outcome], group: _Group) -> list[Outcome]:
        outcomes = await group.run(group.writes)
        for write, outcome in zip(group.writes, outcomes, strict=True):
            found[write.place] = outcome
        self._traced(group.writes, outcomes)
        self._noted(group.writes, outcomes)
        if self.told is not None:
            self.told(len(outcomes))
        return outcomes

    def _traced(self, writes: Sequence[Write], outcomes: Sequence[Outcome]) -> None:
        if self.traces is None:
            return
        told = [(w, o) for w, o in zip(writes, outcomes, strict=True) if not isinstance(o, OutcomeUnknown)]
        for write, outcome in told:
            if write.kind == "add" and isinstance(outcome, Reply):
                self.traces.made(write, row_id(write, outcome))
        self.traces.end([write for write, _ in told])

    def _noted(self, writes: Sequence[Write], outcomes: Sequence[Outcome]) -> None:
        if self.journal is None:
            return
        pairs = list(zip(writes, outcomes, strict=True))
        self.journal.done((w.place, row_id(w, o)) for w, o in pairs if isinstance(o, Reply))
        refused = [w.place for w, o in pairs if isinstance(o, B24Error) and not isinstance(o, OutcomeUnknown)]
        self.journal.not_done(refused)

    def gave_up(self, outcomes: Sequence[Outcome]) -> B24Error | None:
        """Why the job need not go on: the portal refuses it for good, or has not served it for too long."""
        for outcome in outcomes:
            error = outcome.__cause__ if isinstance(outcome, OutcomeUnknown) else outcome
            if isinstance(error, B24Error) and (is_final(error) or self._is_over_patience(error)):
                return error
        return None

    def _is_over_patience(self, error: B24Error) -> bool:
        waits = isinstance(error, (TransportError, ServerFailure, RateLimited, OperatingLimited))
        return waits and any(
            self.executor.sender.gave_up(error, batched=batched) for batched in (True, False)
        )

    def size(self, kind: Kind, method: str) -> int:
        """Commands that a batch of a method should hold, by how long they took so far."""
        seconds = self._seconds.get(method)
        if seconds is None:
            return _START[kind]
        return max(1, min(BATCH, int(_TARGET / seconds))) if seconds > 0 else BATCH

    def _groups(self, writes: Sequence[Write]) -> list[list[Write]]:
        """Writes that travel together; what a batch would change travels alone."""
        groups: list[list[Write]] = []
        open_group: list[Write] | None = None
        for write in writes:
            if not fits_batch(write.call):
                groups.append([write])
                if self.ordered:
                    open_group = None
                continue
            if open_group is None or len(open_group) >= self.size(write.kind, write.call.method):
                open_group = []
                groups.append(open_group)
            open_group.append(write)
        return groups

    async def _group(self, writes: Sequence[Write], tries: int = 1) -> list[Outcome]:
        """The outcomes of one request."""
        ask = Ask(tuple(write.call for write in writes), halt=self.halt, ordered=self.ordered)
        there = await self._there(writes)
        with noting(partial(self._leaving, writes, there) if self.journal is not None else None):
            outcomes = list(map(judged, writes, await self.executor.ask(ask)))
        self._learn(writes, outcomes)
        lost = [n for n, o in enumerate(outcomes) if isinstance(o, B24Error) and is_ambiguous(o)]
        if not lost:
            return outcomes
        for fate in fates([(writes[n], outcomes[n]) for n in lost]):
            settled = await self._lost().settled(fate.writes, fate.error, tries)
            places = {write.place: outcome for write, outcome in zip(fate.writes, settled, strict=True)}
            for number in lost:
                outcomes[number] = places.get(writes[number].place, outcomes[number])
        return outcomes

    async def _there(self, writes: Sequence[Write]) -> Callable[[], tuple[float, int]] | None:
        """Tells what time it is on the portal, and whose adds they are, where a journal can use that."""
        if self.journal is None or self.traces is None or not self.by_values:
            return None
        return await self.traces.clock() if any(write.kind == "add" for write in writes) else None

    def _leaving(self, writes: Sequence[Write], there: Callable[[], tuple[float, int]] | None) -> None:
        """Notes that a request leaves now."""
        assert self.journal is not None
        items: list[tuple[int, str, Kind]] = [(write.place, write.digest, write.kind) for write in writes]
        self.journal.sending(items, None if there is None else there())

    def _learn(self, writes: Sequence[Write], outcomes: Sequence[Outcome]) -> None:
        for write, outcome in zip(writes, outcomes, strict=True):
            took = outcome.time.get("duration") if isinstance(outcome, Reply) else None
            if isinstance(took, (int, float)):
                before = self._seconds.get(write.call.method, float(took))
                self._seconds[write.call.method] = max(float(took), 0.9 * before + 0.1 * float(took))
