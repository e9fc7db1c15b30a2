"""Runs writes so that none is lost and none is done twice.

A write whose answer was lost is never sent again blindly. What may be repeated (an update, a
delete) is, in smaller batches; a new row that carries a key is looked up by it, and only what is
missing is sent again, once the portal can't be working on the first request any more; one without
a key is looked for by its values, and never sent again. The fate of everything else is unknown, and
that is what its outcome says.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeVar

from b24orm.errors import (
    ApiError,
    B24Error,
    NotFound,
    OperatingLimited,
    OutcomeUnknown,
    RateLimited,
    ServerFailure,
    TransportError,
)
from b24orm.executor.executor import BATCH, Executor
from b24orm.executor.journal import Journal
from b24orm.executor.keyed import KEPT, answer_was_kept, answered_again, fates, keyed
from b24orm.executor.retry import never_executed
from b24orm.executor.sizes import cut_off
from b24orm.executor.traces import Traces
from b24orm.executor.turns import one_query
from b24orm.plan.calls import Ask, Outcome, Reply
from b24orm.plan.origin import Origin
from b24orm.plan.writes import Kind, Write
from b24orm.transport.encoding import fits_batch

__all__ = ["GROUPS", "Writer", "is_ambiguous", "unknown_fate"]

_T = TypeVar("_T")

GROUPS: Final = 16
"""Batches of one window: as many requests as may be under way at once."""

_START: Final[Mapping[Kind, int]] = {"add": 40, "update": 20, "delete": 10}
"""Commands of the first batches, until it is known how long a command takes: on real portals an
add of a deal takes 0.7 s on average, an update 1.4 s, a delete up to 5 s."""

_TARGET: Final = 30.0
"""Seconds that a batch should work: far from the 60 at which the portal cuts it off."""

_MARGIN: Final = 2.0
"""Seconds on top of the portal's own limit, for the way there and back."""

_LOOK: Final = 1.0
"""Seconds between two looks at whether a lost add has been done; doubled each time."""


def is_ambiguous(error: B24Error) -> bool:
    """Whether a write that ended so may have been executed."""
    if never_executed(error):
        return False
    if isinstance(error, ServerFailure):
        return error.code != "REDIRECTED"
    return isinstance(error, TransportError)


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
        origin: where new rows carry their key, if they do.
        traces: the rows that new ones may be found by, where their entity tells.
        by_values: rows without a key are looked for by their values.
        journal: where it is noted what was sent and what came of it.
        told: called with the number of writes whose outcomes are told now.
    """

    executor: Executor
    halt: bool = False
    ordered: bool = False
    origin: Origin | None = None
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

    async def run(self, writes: Sequence[Write]) -> list[Outcome]:
        """What each write came to, in their order."""
        writes = [keyed(write, self._key) for write in writes]
        known = {write.place: self._known(write) for write in writes} if self.journal else {}
        found: dict[int, Outcome] = {
            place: entry for place, entry in known.items() if isinstance(entry, Reply)
        }
        lost = [write for write in writes if isinstance(known.get(write.place), float)]
        fresh = [write for write in writes if known.get(write.place) is None]
        left = max((at for at in known.values() if isinstance(at, float)), default=0.0)
        work = [
            _Group(group, partial(self._again, error=_killed(left), tries=1)) for group in self._groups(lost)
        ]
        work += [_Group(group, self._group) for group in self._groups(fresh)]
        adds = [write for write in fresh if write.kind == "add"]
        if self.traces is not None:
            self.traces.begin(adds)
        try:
            await (self._in_turn if self.ordered else self._side_by_side)(work, found)
        finally:
            if self.traces is not None:
                self.traces.end(adds, unknown=True)  # those that got no outcome
        return [found[write.place] for write in writes]

    async def _side_by_side(self, work: Sequence[_Group], found: dict[int, Outcome]) -> None:
        for ended in await asyncio.gather(
            *one_query(self._into(found, group) for group in work), return_exceptions=True
        ):
            if isinstance(ended, BaseException):
                raise ended

    async def _in_turn(self, work: Sequence[_Group], found: dict[int, Outcome]) -> None:
        for group in work:
            if self.halt and any(isinstance(outcome, B24Error) for outcome in found.values()):
                found.update({write.place: _not_run(write) for write in group.writes})
            else:
                await self._into(found, group)

    def _known(self, write: Write) -> Reply | float | None:
        """The outcome that the journal has, or when the write left at the latest, by the sender's clock.

        That is now: the journal knows when it left by a wall clock, which may have jumped since, and
        an add that is taken for older than it is would be sent again while the portal works on it.
        """
        assert self.journal is not None
        entry = self.journal.entry(write.place, write.digest)
        if entry is None:
            return None
        if entry.state == "done":
            return Reply(_answer(write, entry.id))
        return self.executor.sender.clock.now()

    async def _into(self, found: dict[int, Outcome], group: _Group) -> None:
        outcomes = await group.run(group.writes)
        for write, outcome in zip(group.writes, outcomes, strict=True):
            found[write.place] = outcome
        self._traced(group.writes, outcomes)
        self._noted(group.writes, outcomes)
        if self.told is not None:
            self.told(len(outcomes))

    def _traced(self, writes: Sequence[Write], outcomes: Sequence[Outcome]) -> None:
        if self.traces is None:
            return
        told = [(w, o) for w, o in zip(writes, outcomes, strict=True) if not isinstance(o, OutcomeUnknown)]
        for write, outcome in told:
            if write.kind == "add" and isinstance(outcome, Reply):
                self.traces.made(write, _row_id(write, outcome))
        self.traces.end([write for write, _ in told])

    def _noted(self, writes: Sequence[Write], outcomes: Sequence[Outcome]) -> None:
        if self.journal is None:
            return
        pairs = list(zip(writes, outcomes, strict=True))
        self.journal.done((w.place, _row_id(w, o)) for w, o in pairs if isinstance(o, Reply))
        refused = [w.place for w, o in pairs if isinstance(o, B24Error) and not isinstance(o, OutcomeUnknown)]
        self.journal.not_done(refused)

    def gave_up(self, outcomes: Sequence[Outcome]) -> B24Error | None:
        """What the job need not go on waiting for: the portal has not served it for too long."""
        sender = self.executor.sender
        for outcome in outcomes:
            error = outcome.__cause__ if isinstance(outcome, OutcomeUnknown) else outcome
            if isinstance(error, (TransportError, ServerFailure, RateLimited, OperatingLimited)) and any(
                sender.gave_up(error, batched=batched) for batched in (True, False)
            ):
                return error
        return None

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
        if self.journal is not None:
            self.journal.sending((write.place, write.digest) for write in writes)
        ask = Ask(tuple(write.call for write in writes), halt=self.halt, ordered=self.ordered)
        outcomes = await self.executor.ask(ask)
        self._learn(writes, outcomes)
        lost = [n for n, o in enumerate(outcomes) if isinstance(o, B24Error) and is_ambiguous(o)]
        if not lost:
            return outcomes
        for fate in fates([(writes[n], outcomes[n]) for n in lost]):
            settled = await self._again(fate.writes, fate.error, tries)
            places = {write.place: outcome for write, outcome in zip(fate.writes, settled, strict=True)}
            for number in lost:
                outcomes[number] = places.get(writes[number].place, outcomes[number])
        return outcomes

    def _learn(self, writes: Sequence[Write], outcomes: Sequence[Outcome]) -> None:
        for write, outcome in zip(writes, outcomes, strict=True):
            took = outcome.time.get("duration") if isinstance(outcome, Reply) else None
            if isinstance(took, (int, float)):
                before = self._seconds.get(write.call.method, float(took))
                self._seconds[write.call.method] = max(float(took), 0.9 * before + 0.1 * float(took))

    # -- what was lost -------------------------------------------------------------------

    async def _again(self, writes: Sequence[Write], error: B24Error, tries: int) -> list[Outcome]:
        """The outcomes of writes whose answer was lost."""
        sure = [write for write in writes if answered_again(write)]
        others = [write for write in writes if not answered_again(write)]
        repeatable = [write for write in others if write.repeatable]
        marked = [write for write in others if not write.repeatable and write.origin and self.origin]
        likely = [write for write in others if self._has_traces(write)]
        found: dict[int, Outcome] = {write.place: unknown_fate(write.call.method, error) for write in writes}
        work_of = (
            (sure, self._send_again),
            (repeatable, self._repeat),
            (marked, self._look_up),
            (likely, self._look_for),
        )
        for some, work in work_of:
            if some:
                outcomes = await work(some, error, tries)
                found.update(zip((write.place for write in some), outcomes, strict=True))
        return [found[write.place] for write in writes]

    async def _repeat(self, writes: Sequence[Write], error: B24Error, tries: int) -> list[Outcome]:
        """Sends what may be sent twice again; a batch that took too long in two halves."""
        if not await self._patience(error, tries):
            return [unknown_fate(write.call.method, error) for write in writes]
        middle = (len(writes) + 1) // 2 if cut_off(error) else len(writes)
        outcomes: list[Outcome] = []
        answered = self.executor.commands
        for part in (writes[:middle], writes[middle:]):
            if _nothing_but_lost(outcomes) and self.executor.commands == answered:
                outcomes += [
                    unknown_fate(write.call.method, error) for write in part
                ]  # the portal does not answer at all
            elif part:
                outcomes += _after(error, part, await self._group(part, tries + 1))
        return [_gone(write, outcome) for write, outcome in zip(writes, outcomes, strict=True)]

    async def _send_again(self, writes: Sequence[Write], error: B24Error, tries: int) -> list[Outcome]:
        """The same calls under their keys: what was done is answered again, what was not is done now.

        Not before the portal can't be working on the first request any more: two at a time may both run.
        """
        clock = self.executor.sender.clock
        left = clock.now() if error.sent_at is None else error.sent_at
        if not answer_was_kept(error) or clock.now() - left >= KEPT:
            return [unknown_fate(write.call.method, error) for write in writes]
        await clock.sleep(max(0.0, self._over(error) - clock.now()))
        if not await self._patience(error, tries):
            return [unknown_fate(write.call.method, error) for write in writes]
        return _after(error, writes, await self._group(writes, tries + 1))

    async def _patience(self, error: B24Error, tries: int) -> bool:
        """Waits before the next try; False if it was tried often enough: twice as often as a read."""
        try:
            await self.executor.sender.before_retry(error, (tries + 1) // 2, write=False)
        except B24Error:
            return False
        return True

    def _has_traces(self, write: Write) -> bool:
        """Whether the row of a lost add can be looked for by its values."""
        if write.repeatable or (write.origin and self.origin) or not self.by_values:
            return False
        return self.traces is not None and self.traces.knows(write)

    async def _look_up(self, writes: Sequence[Write], error: B24Error, tries: int) -> list[Outcome]:
        """Finds what was added by its keys, and sends the rest again when it can't come any more."""
        found: dict[int, Outcome] = {}
        try:
            await self._watched(writes, error, self._found, found)
        except B24Error as problem:
            return [found.get(write.place, unknown_fate(write.call.method, problem)) for write in writes]
        missing = [write for write in writes if write.place not in found]
        if missing:
            found.update(await self._resent(missing, error, tries))
        return [found[write.place] for write in writes]

    async def _look_for(self, writes: Sequence[Write], error: B24Error, tries: int) -> list[Outcome]:
        """Finds what was added by its values; the fate of the rest is unknown."""
        del tries  # nothing is sent again

        async def look(missing: Sequence[Write]) -> Mapping[int, Outcome]:
            assert self.traces is not None
            ids = await self.traces.found(missing, error)
            return {w.place: Reply(_answer(w, ids[w.place])) for w in missing if w.place in ids}

        found: dict[int, Outcome] = {}
        with suppress(B24Error):
            await self._watched(writes, error, look, found)
        return [found.get(write.place, unknown_fate(write.call.method, error)) for write in writes]

    async def _watched(
        self,
        writes: Sequence[Write],
        error: B24Error,
        look: Callable[[Sequence[Write]], Awaitable[Mapping[int, Outcome]]],
        found: dict[int, Outcome],
    ) -> None:
        """Looks for lost adds until they can't come any more; puts what is found into ``found``."""
        clock, pause, over = self.executor.sender.clock, _LOOK, self._over(error)
        while True:
            last = clock.now() >= over
            found.update(await look([write for write in writes if write.place not in found]))
            if last or all(write.place in found for write in writes):
                return
            await clock.sleep(min(pause, max(0.0, over - clock.now())))
            pause *= 2

    def _over(self, error: B24Error) -> float:
        """When the portal can't be working on a request any more, by the sender's clock."""
        now = self.executor.sender.clock.now()
        if isinstance(error, ApiError) and error.command is not None:
            return now  # its batch was answered
        left = now if error.sent_at is None else error.sent_at
        return left + self.executor.sender.request_limit + _MARGIN

    async def _resent(self, writes: Sequence[Write], error: B24Error, tries: int) -> dict[int, Outcome]:
        if not await self._patience(error, tries):  # that nothing was done is known
            return {write.place: error for write in writes}
        outcomes = await self._group(writes, tries + 1)
        return {write.place: outcome for write, outcome in zip(writes, outcomes, strict=True)}

    async def _found(self, writes: Sequence[Write]) -> Mapping[int, Outcome]:
        assert self.origin is not None
        origins = {write.origin: write for write in writes if write.origin is not None}
        calls = self.origin.lookups(origins)
        ids = self.origin.found(calls, await self.executor.many(calls))
        return {
            write.place: Reply(_answer(write, ids[origin]))
            for origin, write in origins.items()
            if origin in ids
        }


def _killed(left: float) -> TransportError:
    error = TransportError("the job was ended before the answer came")
    error.sent_at = left
    return error


def _not_run(write: Write) -> ApiError:
    return ApiError("NOT_RUN", "an earlier write failed", method=write.call.method)


def _answer(write: Write, row_id: object) -> object:
    """An answer like the one that was lost."""
    if write.kind != "add":
        return True
    answer: object = {"id": row_id} if write.call.envelope else row_id
    for part in reversed(write.call.envelope):
        answer = {part: answer}
    return answer


def _row_id(write: Write, reply: Reply) -> object:
    """The id inside the answer to an add."""
    found = reply.result
    for part in write.call.envelope if write.kind == "add" else ():
        found = found.get(part) if isinstance(found, dict) else None
    if isinstance(found, dict):
        found = found.get("id", found.get("ID"))
    return found if write.kind == "add" else None


def unknown_fate(method: str, error: B24Error) -> OutcomeUnknown:
    """What is told of a write whose answer was lost, and whose fate can't be established."""
    unknown = OutcomeUnknown(
        f"{method}: the answer was lost ({error}), and whether it was done can't be established"
    )
    unknown.attempts = error.attempts
    unknown.__cause__ = error
    return unknown


def _after(lost: B24Error, writes: Sequence[Write], outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes of writes sent again: that the second try never arrived says nothing of the first."""
    return [
        unknown_fate(write.call.method, lost) if isinstance(o, B24Error) and never_executed(o) else o
        for write, o in zip(writes, outcomes, strict=True)
    ]


def _nothing_but_lost(outcomes: Sequence[Outcome]) -> bool:
    """Whether several writes were given up; a single one may have been too much for the portal."""
    return len(outcomes) > 1 and all(isinstance(outcome, OutcomeUnknown) for outcome in outcomes)


def _gone(write: Write, outcome: Outcome) -> Outcome:
    """A delete that finds nothing when it is repeated had done its work the first time."""
    if write.kind != "delete" or not isinstance(outcome, ApiError):
        return outcome
    missing = isinstance(outcome, NotFound) or "not found" in outcome.description.lower()
    return Reply(result=True) if missing else outcome
