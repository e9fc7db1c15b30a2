"""How many requests may be under way: halved by failures, raised step by step by success."""

from __future__ import annotations

import asyncio
from collections import deque
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

    def __init__(self, start: int = 6, ceiling: int = 16) -> None:
        self._places = float(start)
        self._ceiling = ceiling
        self._taken = 0
        self._queue: deque[asyncio.Future[None]] = deque()

    @property
    def places(self) -> int:
        """Requests that may be under way now."""
        return max(1, int(self._places))

    def limit(self, ceiling: int) -> int:
        """Sets another ceiling and returns the one before."""
        before, self._ceiling = self._ceiling, ceiling
        self._places = min(max(self._places, 1), ceiling)
        return before

    def good(self) -> None:
        """A request went well."""
        self._places = min(float(self._ceiling), self._places + 1 / max(1.0, self._places))
        self._wake()

    def bad(self) -> None:
        """A request failed in a way that fewer requests might mend."""
        self._places = max(1.0, self._places * self._CUT)

    async def __aenter__(self) -> None:
        if self._taken < self.places and not self._queue:
            self._taken += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._release()
            else:
                self._queue.remove(turn)
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._release()

    def _release(self) -> None:
        self._taken -= 1
        self._wake()

    def _wake(self) -> None:
        while self._queue and self._taken < self.places:
            turn = self._queue.popleft()
            if not turn.done():
                self._taken += 1
                turn.set_result(None)
