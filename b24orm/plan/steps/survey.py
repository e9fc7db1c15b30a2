"""Looks ahead of a long scan, further and further on, for holes among the ids.

The points lie at doubling distances, so a few commands cover any id space, and what a scan
can waste in a hole that lies between two points is never more than what it has read before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

__all__ = ["Survey"]

_NEAR: Final = 4
"""Stretches that are fetched without looking further."""


class Survey:
    """The points, and the holes that were found behind them."""

    def __init__(self) -> None:
        self._points: list[int] = []
        self._gaps: list[tuple[int, int]] = []
        self._width = 0
        self._asked = False
        self._answered = True

    def plan(self, low: int, high: int, width: int) -> None:
        """Decides where to look between two ids; nowhere if the way is short.

        Args:
            low, high: the ids that are still to be read.
            width: ids that one batch covers.
        """
        step = _NEAR * width
        self._width = width
        while low + step < high:
            self._points.append(low + step)
            step *= 2
        self._answered = not self._points

    def ask(self) -> Sequence[int]:
        """The points to look at, once."""
        if self._asked or not self._points:
            return ()
        self._asked = True
        return self._points

    @property
    def ahead(self) -> Sequence[int]:
        """The points."""
        return self._points

    @property
    def under_way(self) -> bool:
        """An answer is still to come; a scan waits for it, for it tells how to cut the ids."""
        return not self._answered

    def take(self, firsts: Sequence[int | None]) -> None:
        """The first id behind each point; None where there is none."""
        self._answered = True
        for point, first in zip(self._points, firsts, strict=True):
            if first is not None and first - point > self._width:
                self._gaps.append((point, first - 1))

    def past_gap(self, cursor: int) -> int:
        """The cursor, or the end of the hole it is in."""
        for low, high in self._gaps:
            if low <= cursor < high:
                cursor = high
        return cursor

    def limit(self, cursor: int, last: int) -> int:
        """How far a stretch that begins at the cursor may reach."""
        return min([last, *(low for low, _ in self._gaps if low > cursor)])

    def holes(self, low: int, high: int) -> int:
        """Ids that are known to be missing between two."""
        found = (min(high, top) - max(low, bottom) for bottom, top in self._gaps)
        return sum(width for width in found if width > 0)
