"""The one background event loop that synchronous code crosses to.

Sync calls work in plain scripts, in notebooks and inside a running event loop, from any
thread: the work always happens on this loop's own thread.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import sys
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from typing import Any, Final, Generic, TypeVar

from b24orm.errors import UsageError
from b24orm.forking import in_child
from b24orm.tracebacks import bare

__all__ = ["LoopThread", "background"]

_T = TypeVar("_T")
_NAME: Final = "b24orm-loop"
_PATIENCE: Final = 10.0
"""Seconds that interrupted work may take to let go of its connections."""
_TICK: Final = 0.5
"""Seconds between two looks for Ctrl-C where it does not wake who waits."""
_MOMENT: Final = 1.0
"""Seconds that the closing of connections may take when nobody waits for it."""


class _OwnLoop(asyncio.SelectorEventLoop):
    """An event loop that counts as closed in a forked child.

    The selector is shared by parent and child. A connection that the child would let go of, be it at its
    end, would be taken out of it for the parent too, which would then wait for an answer for ever.
    """

    def __init__(self) -> None:
        self._process = os.getpid()
        super().__init__()

    def is_closed(self) -> bool:
        return self._process != os.getpid() or super().is_closed()


def _new_loop() -> asyncio.AbstractEventLoop:
    """A loop of the kind that the program wants; the usual one gets over a fork."""
    loop = asyncio.new_event_loop()
    if type(loop) is not asyncio.SelectorEventLoop:
        return loop
    loop.close()
    return _OwnLoop()


class LoopThread:
    """A daemon thread that runs an event loop."""

    def __init__(self) -> None:
        self._loop = _new_loop()
        self._sources: dict[int, AsyncIterator[Any]] = {}  # else the collector ends them, inner ones first
        self._thread = threading.Thread(target=self._serve, name=_NAME, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        going = True
        while going:
            try:
                self._loop.run_forever()
                going = False
            except (SystemExit, KeyboardInterrupt):
                pass  # asyncio lets them out; who waits for the work is told, and others' work goes on

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """The result of a coroutine, waited for by the calling thread.

        Whatever interrupts the caller (Ctrl-C too) cancels the work and waits until it has
        let go of its connections.

        Raises:
            UsageError: called from the loop's own thread, or while the interpreter shuts down and has stopped
                that thread: waiting would never end.
        """
        if threading.current_thread() is self._thread:
            work.close()
            raise UsageError("this is b24orm's own event loop: await the a-prefixed twin instead")
        if sys.is_finalizing():
            work.close()
            raise UsageError("the interpreter is shutting down: nothing can be sent any more")
        crossing = _Crossing(work)
        try:  # from here on Ctrl-C may come at any moment, also while the work is handed over
            return _result(asyncio.run_coroutine_threadsafe(crossing.run(), self._loop))
        except BaseException as error:
            if not crossing.settled.is_set():
                self._loop.call_soon_threadsafe(crossing.cancel)
                crossing.settled.wait(_PATIENCE if _begun(work) else _MOMENT)
                if not _begun(work):
                    work.close()
            raise bare(error)  # noqa: B904 - the same error, without the way it took through the loop

    def finish(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs a coroutine that nobody waits for; other threads give it a moment."""
        if not self._thread.is_alive() or self._loop.is_closed() or sys.is_finalizing():
            work.close()
            return
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        if threading.current_thread() is not self._thread:
            with suppress(Exception):
                future.result(_MOMENT)

    def iterate(self, source: AsyncIterator[_T]) -> Iterator[_T]:
        """The items of an async iterator; closed on the loop whatever ends the iteration."""
        self._sources[id(source)] = source
        try:
            while True:
                try:
                    item = self.run(_next(source))
                except StopAsyncIteration:
                    return
                yield item
        finally:
            close = getattr(source, "aclose", None)
            if close is not None:
                self._last(_close(close))
            self._sources.pop(id(source), None)

    def _last(self, work: Coroutine[Any, Any, None]) -> None:
        """Ends an iteration. One that nobody ended is found by the collector, on any thread, or at exit."""
        if threading.current_thread() is self._thread or sys.is_finalizing():
            self.finish(work)
        else:
            self.run(work)

    async def arun(self, work: Coroutine[Any, Any, _T]) -> _T:
        """The result of a coroutine, awaited from any event loop.

        Whoever is cancelled cancels the work, and goes on when it has let go of its connections.
        """
        if asyncio.get_running_loop() is self._loop:
            return await work
        crossing = _Crossing(work)
        arrival = asyncio.wrap_future(asyncio.run_coroutine_threadsafe(crossing.run(), self._loop))
        try:
            return await asyncio.shield(arrival)
        except BaseException as error:
            if not arrival.done():
                self._loop.call_soon_threadsafe(crossing.cancel)
                await asyncio.wait([arrival], timeout=_PATIENCE)
                if not _begun(work):
                    work.close()
            raise bare(error)  # noqa: B904 - the same error, without the way it took through the loop

    async def aiterate(self, source: AsyncIterator[_T]) -> AsyncIterator[_T]:
        """The items of an async iterator that lives on this loop, for any other loop."""
        try:
            while True:
                try:
                    item = await self.arun(_next(source))
                except StopAsyncIteration:
                    return
                yield item
        finally:
            close = getattr(source, "aclose", None)
            if close is not None:
                await self.arun(_close(close))


def _result(future: Future[_T]) -> _T:
    """The result, waited for so that Ctrl-C is heard: Windows wakes no thread for it."""
    while sys.platform == "win32" and not future.done():
        with suppress(FutureTimeout):
            return future.result(_TICK)
    return future.result()


class _Crossing(Generic[_T]):
    """Work that another thread waits for.

    Attributes:
        settled: it has come to its end, cancelled or not.
    """

    def __init__(self, work: Coroutine[Any, Any, _T]) -> None:
        self.settled = threading.Event()
        self._work = work
        self._task: asyncio.Task[_T] | None = None
        self._given_up = False

    async def run(self) -> _T:
        """Does the work."""
        try:
            if self._given_up:
                raise asyncio.CancelledError
            self._task = asyncio.current_task()
            return await self._work
        finally:
            self.settled.set()

    def cancel(self) -> None:
        """Ends the work, also if it has not begun; called on the loop."""
        self._given_up = True
        if self._task is not None:
            self._task.cancel()


def _begun(work: Coroutine[Any, Any, Any]) -> bool:
    return inspect.getcoroutinestate(work) != inspect.CORO_CREATED


async def _next(source: AsyncIterator[_T]) -> _T:
    return await source.__anext__()


async def _close(close: Any) -> None:
    await close()


_current: LoopThread | None = None
_owner = -1
_lock = threading.Lock()
_inherited: Final[list[LoopThread]] = []
"""Loops of the processes before: what waits on them must not be told that it is given up."""


def background() -> LoopThread:
    """The process's loop thread, started on first use; a forked child starts its own."""
    global _current, _owner
    with _lock:
        if _current is None or _owner != os.getpid():
            _current = LoopThread()
            _owner = os.getpid()
        return _current


def _forked() -> None:
    global _lock, _current
    _lock = threading.Lock()
    if _current is not None:
        _inherited.append(_current)
    _current = None


in_child(_forked)
