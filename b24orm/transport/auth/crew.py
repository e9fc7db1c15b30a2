"""Threads for what may block, a few at a time, whatever the number of portals.

A process that serves a thousand portals finds all their tokens out of date after a quiet hour. A thread, an
event loop and a connection for each of them would be more than an operating system lets a program have.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from b24orm.forking import in_child

__all__ = ["Crew", "reads", "renewals"]


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
