"""How many requests may be under way: as many as the portal serves without slowing down.

Failures halve the number, success raises it step by step. When answers take much longer than
the quickest ones did, requests are standing in line on the portal: then fewer are sent than are
under way, for more would only wait there.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from types import TracebackType
from typing import Final

__all__ = ["Gate"]


class Gate:
    """An adaptive semaphore (AIMD) for one event loop.

    Args:
        start: places at first.
        ceiling: places at the most.
    """

    _CUT: Final = 0.5
    _EASE: Final = 0.8
    _SLOW: Final = 3.0
    """Answers that take so many times the quickest one's time stood in line."""
    _FORGET: Final = 1.02
    """The quickest time is raised by this factor each answer: portals change."""
    _FLOOR: Final = 4
    """Slowness alone does not bring the number below this, nor does that of so few count."""

    def __init__(self, start: int = 40, ceiling: int = 50) -> None:
        self._quickest: float | None = None
        self._places = float(start)
        self._ceiling = ceiling
        self._narrow: list[int] = []
        self._taken = 0
        self._queue: deque[asyncio.Future[None]] = deque()
        self._cut = float("-inf")

    @property
    def places(self) -> int:
        """Requests that may be under way now."""
        return max(1, int(min((self._places, *self._narrow))))

    @contextmanager
    def narrowed(self, places: int) -> Generator[None, None, None]:
        """Lets no more than so many requests be under way within the block, from whatever thread.

        Blocks may overlap: the narrowest counts, and what the gate has learned stays for after them.
        """
        self._narrow.append(places)
        try:
            yield
        finally:
            self._narrow.remove(places)  # whoever leaves next wakes the others

    def good(
        self, seconds: float | None = None, left: float = float("inf"), now: float = float("-inf")
    ) -> None:
        """A request went well.

        What left before the number was lowered does not lower it again.

        Args:
            seconds: what a command of it took, if that can be compared.
            left: when the request left.
            now: the moment.
        """
        if seconds is None or not self._slow(seconds):
            self._places = min(float(self._ceiling), self._places + 1 / max(1.0, self._places))
        elif self._taken > self._FLOOR and left >= self._cut:  # so few are not what makes it slow
            self._cut = max(self._cut, now)
            self._places = max(self._FLOOR, min(self._places, self._taken) * self._EASE)
        self._wake()

    def _slow(self, seconds: float) -> bool:
        """Whether an answer took much longer than it could have."""
        if self._quickest is None or seconds < self._quickest:
            self._quickest = seconds
            return False
        self._quickest *= self._FORGET
        return seconds > self._SLOW * self._quickest

    def bad(self, left: float = float("inf"), now: float = float("-inf")) -> None:
        """A request failed in a way that fewer requests might mend.

        What left before the number was halved does not halve it again.

        Args:
            left: when the request left.
            now: the moment.
        """
        if left < self._cut:
            return
        self._cut = max(self._cut, now)
        self._places = max(1.0, self._places * self._CUT)

    async def __aenter__(self) -> None:
        await self.enter()

    async def enter(self) -> None:
        """Waits for a place and takes it."""
        if self._taken < self.places and not self._queue:
            self._taken += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave()
            elif turn in self._queue:  # or it was passed over already
                self._queue.remove(turn)
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()

    def leave(self) -> None:
        """Gives a place up."""
        self._taken -= 1
        self._wake()

    def _wake(self) -> None:
        while self._queue and self._taken < self.places:
            turn = self._queue.popleft()
            if not turn.done():
                self._taken += 1
                turn.set_result(None)
