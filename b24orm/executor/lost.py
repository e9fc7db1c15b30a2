"""Finds out what became of writes whose answers were lost.

What may be repeated (an update, a delete) is, in smaller batches; a new row that carries a key is
looked up by it, and only what is missing is sent again, once the portal can't be working on the first
request any more; one without a key is looked for by its values, and never sent again. The fate of
everything else is unknown, and that is what its outcome says.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Protocol

from b24orm.errors import ApiError, B24Error
from b24orm.executor.batch_sizes import cut_off
from b24orm.executor.executor import Executor
from b24orm.executor.keyed import KEPT, answer_was_kept, answered_again
from b24orm.executor.outcomes import after, answer_of, gone, nothing_but_lost, unknown_fate
from b24orm.executor.traces import Traces
from b24orm.plan.calls import Outcome, Reply
from b24orm.plan.origin import Origin
from b24orm.plan.writes import Write

__all__ = ["MARGIN", "ByOrigin", "Finder", "Lost"]

MARGIN: Final = 2.0
"""Seconds on top of the portal's own limit, for the way there and back."""

_LOOK: Final = 1.0
"""Seconds between two looks at whether a lost add has been done; doubled each time."""


class Finder(Protocol):
    """Finds rows by what they carry."""

    async def ids(self, marks: Collection[tuple[str, ...]]) -> Mapping[tuple[str, ...], Any]:
        """The ids of the rows that carry these marks; what has none is left out.

        Raises:
            B24Error: the portal can't be asked.
        """
        ...


@dataclass(frozen=True, slots=True)
class ByOrigin:
    """Finds rows by the keys that were given to them on their way."""

    executor: Executor
    origin: Origin

    async def ids(self, marks: Collection[tuple[str, ...]]) -> Mapping[tuple[str, ...], Any]:
        """The ids of the rows with these keys."""
        calls = self.origin.lookups((whose, key) for whose, key in marks)
        found: dict[tuple[str, ...], Any] = {}
        found.update(self.origin.found(calls, await self.executor.many(calls)).items())
        return found


@dataclass(frozen=True, slots=True)
class Lost:
    """Looks after the lost writes of one job.

    Attributes:
        executor: what asks the portal.
        send: sends writes in one request more, and settles what is lost of it; told how often they were sent.
        finder: finds new rows by the key that they carry, if they do.
        traces: the rows that new ones may be found by, where their entity tells.
        by_values: rows without a key are looked for by their values.
    """

    executor: Executor
    send: Callable[[Sequence[Write], int], Awaitable[list[Outcome]]]
    finder: Finder | None = None
    traces: Traces | None = None
    by_values: bool = False

    async def settled(self, writes: Sequence[Write], error: B24Error, tries: int) -> list[Outcome]:
        """The outcomes of writes whose answer was lost.

        Args:
            writes: what was sent, in one or more requests that were lost in the same way.
            error: how; of several requests that of the one sent last.
            tries: how often they were sent.
        """
        sure = [write for write in writes if answered_again(write)]
        others = [write for write in writes if not answered_again(write)]
        repeatable = [write for write in others if write.repeatable]
        marked = [write for write in others if not write.repeatable and write.origin and self.finder]
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
            if nothing_but_lost(outcomes) and self.executor.commands == answered:
                outcomes += [
                    unknown_fate(write.call.method, error) for write in part
                ]  # the portal does not answer at all
            elif part:
                outcomes += after(error, part, await self.send(part, tries + 1))
        return [gone(write, outcome) for write, outcome in zip(writes, outcomes, strict=True)]

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
        return after(error, writes, await self.send(writes, tries + 1))

    async def _patience(self, error: B24Error, tries: int) -> bool:
        """Waits before the next try; False if it was tried often enough: twice as often as a read."""
        try:
            await self.executor.sender.before_retry(error, (tries + 1) // 2, write=False)
        except B24Error:
            return False
        return True

    def _has_traces(self, write: Write) -> bool:
        """Whether the row of a lost add can be looked for by its values."""
        if write.repeatable or (write.origin and self.finder) or not self.by_values:
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
            return {w.place: Reply(answer_of(w, ids[w.place])) for w in missing if w.place in ids}

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
        return left + self.executor.sender.request_limit + MARGIN

    async def _resent(self, writes: Sequence[Write], error: B24Error, tries: int) -> dict[int, Outcome]:
        if not await self._patience(error, tries):  # that nothing was done is known
            return {write.place: error for write in writes}
        outcomes = await self.send(writes, tries + 1)
        return {write.place: outcome for write, outcome in zip(writes, outcomes, strict=True)}

    async def _found(self, writes: Sequence[Write]) -> Mapping[int, Outcome]:
        assert self.finder is not None
        marked = {write.origin: write for write in writes if write.origin is not None}
        ids = await self.finder.ids(marked.keys())
        return {
            write.place: Reply(answer_of(write, ids[mark])) for mark, write in marked.items() if mark in ids
        }
