"""Offline events as a loop: taken from the portal's queue, handed out, acknowledged when done with.

::

    for change in portal.offline_events():
        print(change.name, change.row_id)

An event is acknowledged when the next one is asked for: the loop's body for it ended without an exception.
What is not acknowledged stays reserved in the portal and comes again at the next start.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Literal, Protocol, TypeAlias, TypeVar

from typing_extensions import Self

from b24orm.errors import B24Error, JournalFailed, OutcomeUnknown, UsageError
from b24orm.events.change import OfflineEvent, event_of
from b24orm.events.processes import MemoryProcesses, Processes
from b24orm.events.queue_calls import Queue
from b24orm.executor.clock import Clock
from b24orm.executor.executor import Executor
from b24orm.executor.outcomes import is_ambiguous

__all__ = ["Backend", "Delivery", "OfflineEvents"]

Delivery: TypeAlias = Literal["at-least-once", "at-most-once"]

_T = TypeVar("_T")
_log = logging.getLogger("b24orm.events")
_GROWTH: Final = 2.0
_MOST_LOSSES: Final = 3
"""Answers that may be lost one after another before the loop gives up."""


class Backend(Protocol):
    """What a portal does for a consumer."""

    @property
    def executor(self) -> Executor:
        """What sends calls; to be used on the portal's loop."""
        ...

    def run(self, work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        """Runs asynchronous work and waits for it."""
        ...

    async def arun(self, work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        """Runs asynchronous work on the portal's loop."""
        ...


class OfflineEvents:
    """The offline events of an application, for ``for`` and ``async for``.

    Made by ``portal.offline_events()``. One loop at a time may run over it; a loop that was left
    may be begun again and goes on with the event that it was left at.
    """

    def __init__(
        self,
        portal: Backend,
        queue: Queue,
        *,
        delivery: Delivery,
        shared: bool,
        processes: Processes | None,
        poll: float,
        longest: float,
        until_empty: bool,
        acknowledge_every: int,
        clock: Clock,
    ) -> None:
        self._portal = portal
        self._queue = queue
        self._keep = delivery == "at-least-once"
        self._shared = shared
        self._memory = processes or MemoryProcesses()
        self._poll, self._longest = poll, longest
        self._until_empty = until_empty
        self._every = acknowledge_every
        self._clock = clock
        self._waiting: deque[OfflineEvent] = deque()
        self._current: OfflineEvent | None = None
        self._done: list[OfflineEvent] = []
        self._failed: list[OfflineEvent] = []
        self._to_read: deque[str] = deque()
        self._unsure = self._keep
        self._unkept: str | None = None
        self._losses = 0
        self._loop = 0
        self._lock = asyncio.Lock()

    # -- for the loop's body

    def done(self, change: OfflineEvent) -> None:
        """Says that an event is done with, for a body that goes on to leave the loop."""
        self._ended(change, self._done)

    def fail(self, change: OfflineEvent) -> None:
        """Says that an event failed and must not come again: it is put among the failed ones.

        ``event.offline.error`` keeps one row for all later changes of the same kind of the same row, and they
        stay among the failed ones too, until somebody takes them from there (``errors=True``).

        Raises:
            UsageError: with ``delivery="at-most-once"`` the event is not in the queue any more.
        """
        if not self._keep:
            raise UsageError('fail() needs delivery="at-least-once": the event has left the queue already')
        self._ended(change, self._failed)

    def _ended(self, change: OfflineEvent, ended: list[OfflineEvent]) -> None:
        if change is not self._current:
            raise UsageError("only the event that the loop has just handed out can be done with")
        self._current = None
        ended.append(change)

    # -- looping

    def __iter__(self) -> Iterator[OfflineEvent]:
        loop = self._begun()
        while (change := self._portal.run(lambda: self._next(loop))) is not None:
            yield change

    async def __aiter__(self) -> AsyncIterator[OfflineEvent]:
        loop = self._begun()
        while (change := await self._portal.arun(lambda: self._next(loop))) is not None:
            yield change

    def close(self) -> None:
        """Acknowledges what is done with; the rest comes again."""
        self._portal.run(self._settled)

    async def aclose(self) -> None:
        """Acknowledges what is done with; the rest comes again."""
        await self._portal.arun(self._settled)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"<OfflineEvents of {self._portal!r}: {len(self._waiting)} in hand>"

    # -- inside

    def _begun(self) -> int:
        """Begins a loop: what the one before did not end comes first."""
        self._loop += 1
        if self._current is not None:
            self._waiting.appendleft(self._current)
            self._current = None
        return self._loop

    async def _next(self, loop: int) -> OfflineEvent | None:
        """The next event, once the one before is acknowledged; None at the end."""
        async with self._lock:
            if loop != self._loop:
                raise UsageError("another loop was begun over the same offline events; make one for each")
            if self._current is not None:
                self._done.append(self._current)
                self._current = None
            if len(self._done) + len(self._failed) >= self._every or not self._waiting:
                await self._acknowledge()
            return await self._another()

    async def _another(self) -> OfflineEvent | None:
        pause = self._poll
        while not self._waiting:
            if await self._refill():
                continue
            if self._until_empty:
                return None
            await self._clock.sleep(pause)
            pause = min(pause * _GROWTH, self._longest)
        self._current = self._waiting.popleft()
        return self._current

    async def _settled(self) -> None:
        async with self._lock:
            await self._acknowledge()

    async def _acknowledge(self) -> None:
        """Clears what is done with and reports what failed, a process at a time."""
        for kind, ended in ((self._queue.clear, self._done), (self._queue.fail, self._failed)):
            while ended:
                process = ended[0].process
                group = [change for change in ended if change.process == process]
                if process is not None:
                    await kind(self._portal.executor, process, [change.message_id for change in group])
                ended[:] = [change for change in ended if change.process != process]

    async def _refill(self) -> bool:
        """Takes events in hand: first those that were reserved before, then free ones."""
        if self._unsure:
            await self._recover()
        while self._to_read:
            process = self._to_read[0]
            rows = await self._queue.held(self._portal.executor, process)
            if rows:
                self._received(rows, process)
                return True
            self._to_read.popleft()
        return await self._reserve()

    async def _recover(self) -> None:
        """Finds what is reserved for us: what we remember, and if nobody else is here, everything."""
        unkept = [] if self._unkept is None else [self._unkept]
        names: dict[str, None] = dict.fromkeys([*self._memory.load(), *unkept])
        if not self._shared:
            names |= dict.fromkeys(await self._queue.processes(self._portal.executor))
        self._to_read = deque(names)
        self._unsure = False

    async def _reserve(self) -> bool:
        """Takes free events; whether there were any.

        Until the answer is here they may be reserved under a name that nobody knows.
        """
        self._unsure = self._keep
        try:
            process, rows = await self._queue.take(self._portal.executor, keep=self._keep)
        except B24Error as error:
            return await self._lost(error)
        if self._keep and rows and process is not None:
            self._remember(process)
        self._unsure, self._losses = False, 0
        self._received(rows, process)
        return bool(rows)

    def _remember(self, process: str) -> None:
        """Keeps the name that events are reserved under; until it is kept, this object knows it."""
        self._unkept = process
        try:
            self._memory.save([process])
        except Exception as error:
            raise JournalFailed(
                f"events are reserved under {process!r}, and that name could not be kept: {error}. "
                "Begin the loop over the same offline events again, or keep the name by hand"
            ) from error
        self._unkept = None

    async def _lost(self, error: B24Error) -> bool:
        """What to make of a call that did not bring its answer; the events may be found in the queue."""
        if not is_ambiguous(error):
            self._unsure = False
            raise error
        self._losses += 1
        if self._keep and not self._shared:
            if self._losses > _MOST_LOSSES:
                raise error
            _log.warning("an answer of event.offline.get was lost; the events are looked for in the queue")
            await self._clock.sleep(self._poll)
            return True
        fate = "are still reserved under a name that is not known" if self._keep else "have left the queue"
        raise OutcomeUnknown(f"{error}: events that it took {fate}") from error

    def _received(self, rows: Sequence[Mapping[str, Any]], process: str | None) -> None:
        self._waiting.extend(event_of(row, process, self._portal) for row in rows)
