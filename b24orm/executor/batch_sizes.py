"""How many commands of a method one batch may hold, so that it ends well within 60 seconds.

The cloud cuts a request after 60 seconds, whatever it was doing. A batch that was cut, or that
came near it, teaches how many commands of its methods fit; quick batches win the size back.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from b24orm.errors import B24Error, ServerFailure, TimedOut
from b24orm.plan.steps.sizes import BATCH

__all__ = ["BatchSizes", "cut_off"]

_COMFORT: Final = 25.0
"""Seconds that a batch should take at the most."""


def cut_off(error: B24Error) -> bool:
    """Whether a request was given up because it took too long."""
    return isinstance(error, TimedOut) or (isinstance(error, ServerFailure) and error.status == 504)


class BatchSizes:
    """Learns the sizes, by method."""

    def __init__(self) -> None:
        self._sizes: dict[str, int] = {}

    def limit(self, methods: Iterable[str]) -> int:
        """Commands that a batch of these methods may hold."""
        return min((self._sizes.get(method, BATCH) for method in methods), default=BATCH)

    def too_long(self, methods: Iterable[str], commands: int) -> None:
        """A batch of so many commands was cut off."""
        for method in set(methods):
            self._sizes[method] = max(1, min(self._sizes.get(method, BATCH), commands) // 2)

    def at_pace(self, methods: Iterable[str], commands: int, seconds: float) -> None:
        """So many commands took so long: a batch holds no more than should be done in time."""
        fits = BATCH if seconds <= 0 else max(1, int(commands * _COMFORT / seconds))
        for method in set(methods):
            self._sizes[method] = min(self._sizes.get(method, BATCH), fits)

    def took(self, methods: Iterable[str], commands: int, seconds: float) -> None:
        """A batch of so many commands took so long."""
        fits = BATCH if seconds <= 0 else int(commands * _COMFORT / seconds)
        for method in set(methods):
            size = self._sizes.get(method, BATCH)
            if seconds > _COMFORT:
                self._sizes[method] = max(1, min(size, fits))
            elif size < BATCH and fits > size:
                self._sizes[method] = min(BATCH, size + max(1, size // 4))
