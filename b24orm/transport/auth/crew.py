"""Threads for what may block, a few at a time, whatever the number of portals.

A process that serves a thousand portals finds all their tokens out of date after a quiet hour. A thread, an
event loop and a connection for each of them would be more than an operating system lets a program have.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Final, TypeVar

from b24orm.errors import B24Error
from b24orm.forking import in_child

__all__ = ["Crew", "alone", "frameless", "in_thread", "reads", "renewals"]

_T = TypeVar("_T")


class Crew:
    """Does pieces of work in their order, in threads that live as long as there is something to do.

    Its threads are no daemons: a program that ends waits for the work that was given.

    Args:
        name: what the threads are called.
        size: threads at the most.

    Attributes:
        threads: threads at work.
    """

    def __init__(self, name: str, size: int) -> None:
        self._name = name
        self._size = size
        self._lock = threading.Lock()
        self._waiting: deque[Callable[[], None]] = deque()
        self.threads: int = 0

    def give(self, work: Callable[[], None]) -> None:
        """Has work done soon. It tells its outcome itself, and raises nothing.

        Raises:
            RuntimeError: there is no thread for it, and none to be had.
        """
        with self._lock:
            self._waiting.append(work)
            if self.threads < self._size:
                self._begin(work)

    def _begin(self, work: Callable[[], None]) -> None:
        self.threads += 1
        try:
            threading.Thread(target=self._serve, name=self._name).start()
        except RuntimeError:
            self.threads -= 1
            if not self.threads:  # nobody would ever come to it
                with suppress(ValueError):
                    self._waiting.remove(work)
                raise

    def _serve(self) -> None:
        while (work := self._next()) is not None:
            work()

    def _next(self) -> Callable[[], None] | None:
        with self._lock:
            if not self._waiting:
                self.threads -= 1
                return None
            return self._waiting.popleft()

    def forget(self) -> None:
        """Begins anew in a forked child, which has none of the threads."""
        self._lock = threading.Lock()
        self._waiting.clear()
        self.threads = 0


renewals: Final = Crew("b24orm-renewal", 16)
"""Asks authorization servers for new tokens."""

reads: Final = Crew("b24orm-tokens", 32)
"""Reads and writes stores, and proves what was posted, for those who await it."""

in_child(renewals.forget)
in_child(reads.forget)


async def in_thread(work: Callable[[], _T]) -> _T:
    """Runs what may block in another thread, to its end even if the caller does not wait."""
    done: Future[_T] = Future()
    done.set_running_or_notify_cancel()
    reads.give(lambda: _carry_out(work, done))
    return await asyncio.wrap_future(done)


def alone(work: Callable[[], _T]) -> _T:
    """Runs work in a thread of its own, so that it may run an event loop within any other."""
    done: Future[_T] = Future()
    threading.Thread(target=_carry_out, args=(work, done), name="b24orm-tokens").start()
    return done.result()


def _carry_out(work: Callable[[], _T], done: Future[_T]) -> None:
    try:
        done.set_result(work())
    except BaseException as error:
        done.set_exception(frameless(error))


def frameless(error: BaseException) -> BaseException:
    """The error without the frames of the thread it comes from, unless it is a mistake of ours."""
    return error.with_traceback(None) if isinstance(error, B24Error) else error
