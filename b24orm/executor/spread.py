"""How many commands a request should hold when the portal has time for more requests at once.

A full batch of 50 pages works a second or longer, one page after the other. While the bucket of
requests is nearly empty and places are free, the same pages arrive sooner in more and smaller
batches that work side by side. A scan takes no more than half of what it would leave in the
bucket, so that others find some there too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

from b24orm.plan.calls import Outcome, Reply
from b24orm.plan.steps.sizes import BATCH

__all__ = ["Pace", "size_for", "takes_long"]

_LEAST: Final = 0.5
"""Seconds of work that are worth a request."""


def size_for(left: int, *, seconds: float, places: int, spare: int) -> int:
    """Commands that each request should hold.

    Args:
        left: commands to be sent.
        seconds: that one of them takes.
        places: requests that may be under way.
        spare: requests that the bucket takes without waiting.

    >>> size_for(100, seconds=0.02, places=40, spare=46)  # two full batches become four requests
    25
    >>> size_for(10_000, seconds=0.02, places=40, spare=46)  # more than the bucket takes anyway
    50
    """
    needed = -(-left // BATCH)
    requests = min(needed + max(0, spare - needed) // 2, places, int(left * seconds / _LEAST))
    return BATCH if requests <= needed else max(1, -(-left // requests))


def takes_long(seconds: float) -> bool:
    """Whether a full batch of commands that take so many seconds keeps the portal busy for long.

    >>> takes_long(0.02), takes_long(0.002)
    (True, False)
    """
    return seconds * BATCH >= _LEAST


class Pace:
    """Seconds that a command takes, by method: what the server says, but no more than was waited for.

    The server's own durations say nothing, for they are counted from a whole second; the moments
    at which the commands of a batch were done are exact.
    """

    _WEIGHT: Final = 0.3

    def __init__(self) -> None:
        self._told: dict[str, float] = {}
        self._waited: dict[str, float] = {}

    def learn(self, methods: Sequence[str], outcomes: Sequence[Outcome], seconds: float) -> None:
        """Takes in the answers to a batch, for which ``seconds`` were waited."""
        done = [_finish(outcome) for outcome in outcomes]
        for (before, after), method in zip(pairwise(done), methods[1:], strict=False):
            if before is not None and after is not None and after >= before:
                known = self._told.get(method, after - before)
                self._told[method] = known + self._WEIGHT * (after - before - known)
        each = seconds / max(1, len(methods))
        for method in set(methods):
            self._waited[method] = min(each, self._waited.get(method, each))

    def of(self, method: str) -> float:
        """Seconds that a command of the method takes; 0 if that is not known."""
        return min(self._told.get(method, 0.0), self._waited.get(method, 0.0))


def _finish(outcome: Outcome) -> float | None:
    time: Mapping[str, object] = outcome.time if isinstance(outcome, Reply) else {}
    finish = time.get("finish")
    return float(finish) if isinstance(finish, (int, float)) else None
