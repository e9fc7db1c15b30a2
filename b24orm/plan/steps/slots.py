"""Stretches of an id space, and how wide the next one should be.

A keyset scan cuts the ids it has not seen into stretches, each fetched by one batch. Where
ids are dense a batch of 50 fixed ranges of width 50 covers 2,500 ids and needs no chaining;
where they are sparse a batch of chained pages follows the rows themselves.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import sqrt
from statistics import mean, stdev
from typing import Final, Literal

from b24orm.plan.flow import Page
from b24orm.plan.steps.sizes import BATCH, BATCH_ROWS, PAGE

__all__ = ["Density", "Slot"]

_LEAST: Final = 1e-9
"""The least share that is reckoned with."""
_DENSE: Final = 0.96
"""Above this share of ids present, pages of fixed ranges are nearly full, and need no chain."""
_SURE: Final = 0.8
"""Standard deviations by which a chain is planned longer than the rows that are expected."""
_MEMORY: Final = 2 * BATCH_ROWS
"""Rows that a density rests on at the most: what was found long ago says little."""

Kind = Literal["ranges", "chain", "leap", "few", "rest"]


@dataclass(eq=False)
class Slot:
    """One stretch ``low < id <= high`` of the ids, in the direction of the scan.

    Attributes:
        low, high: the stretch; None: from the beginning, to the end.
        kind: ``ranges`` (fixed widths), ``chain`` (page after page), ``leap`` (a chain over a
            hole of unknown size), ``few`` (a chain that goes on until enough rows are here),
            ``rest`` (not cut into stretches yet).
        commands: how many commands its next batch gets.
        pages: fetched, not yet handed out.
        asked: a batch is under way.
        finished: nothing of it is left to fetch.
        rows: fetched so far.
        width: ids that it was planned for.
    """

    low: int | None
    high: int | None
    kind: Kind
    commands: int
    pages: deque[Page] = field(default_factory=deque)
    asked: bool = False
    finished: bool = False
    rows: int = 0
    width: int = 0

    @property
    def waiting(self) -> int:
        """Rows that were fetched and not handed out yet."""
        return sum(map(len, self.pages))

    @property
    def held(self) -> int:
        """Rows that it holds, or that its batch may bring."""
        return self.waiting if self.finished else self.commands * PAGE


@dataclass
class Density:
    """Rows per id, learnt while scanning, and how far to trust it.

    Attributes:
        share: rows per id.
        seen: rows that the share was learnt from.
        noise: by what share a page of rows is wider or narrower than the average one; None: as if the
            ids were scattered by chance.
        hole: the last stretch was empty.
    """

    share: float = 1.0
    seen: float = PAGE
    noise: float | None = None
    hole: bool = False

    @property
    def width(self) -> int:
        """Ids that one batch is expected to cover."""
        return max(PAGE, int(BATCH_ROWS / max(self.share, _LEAST)))

    @property
    def dense(self) -> bool:
        """Whether fixed ranges of ids are nearly full pages."""
        return not self.hole and self.share >= _DENSE

    def rows(self, width: float) -> float:
        """Rows that a stretch is expected to hold."""
        return width * self.share

    def see(self, rows: int, width: int) -> None:
        """Takes in what was found where the scan goes on: nothing tells more."""
        self.share = min(1.0, max(rows, 1) / max(width, 1))
        self.seen = max(rows, 1)
        self.noise = None

    def sample(self, widths: Sequence[int]) -> None:
        """Takes in the widths of full pages that were looked at here and there."""
        if not widths:
            return
        widths = (*widths, int(PAGE / max(self.share, _LEAST)))
        self.seen = len(widths) * PAGE
        self.share = min(1.0, self.seen / max(sum(widths), 1))
        if len(widths) > 2:
            self.noise = stdev(widths) / max(mean(widths), 1)

    def learn(self, rows: int, width: int) -> None:
        """Takes in a stretch of ``width`` ids that held ``rows`` rows."""
        if width <= 0:
            return
        self.hole = rows == 0
        if self.hole:
            self.share /= 8
            return
        expected = max(self.rows(width), 1.0)
        deviation = abs(rows - expected) / sqrt(PAGE * expected)
        self.noise = 0.7 * self._noise + 0.3 * 1.25 * deviation  # 1.25: from mean to standard deviation
        seen = min(self.seen, _MEMORY)
        self.share = min(1.0, (seen + rows) / (seen / max(self.share, _LEAST) + width))
        self.seen = seen + rows

    @property
    def _noise(self) -> float:
        return sqrt(max(0.0, 1 - self.share) / PAGE) if self.noise is None else self.noise

    def margin(self, rows: float) -> float:
        """Rows by which a stretch of so many may well hold more: chance, and what is not known yet."""
        return _SURE * self._noise * sqrt(PAGE * rows * (1 + rows / self.seen))

    def next_slot(self, low: int, high: int, *, ranges: bool, size: int = BATCH) -> Slot:
        """The next stretch above ``low``, at most up to ``high``, for ``size`` commands."""
        if self.hole:
            self.hole = False
            return Slot(low, high, "leap", BATCH)
        if ranges and self.dense:
            top = min(low + size * PAGE, high)
            return Slot(low, top, "ranges", -(-(top - low) // PAGE), width=top - low)
        full = size * PAGE - 1
        wanted = max(full - self.margin(full), full / 2)
        top = min(low + max(PAGE, int(wanted / max(self.share, _LEAST))), high)
        rows = self.rows(top - low)
        spare = self.margin(rows) if top < high else 0  # nothing waits for what the last one leaves
        commands = int((rows + spare) / PAGE) + 1
        return Slot(low, top, "chain", min(size, commands), width=top - low)
