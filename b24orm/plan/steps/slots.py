"""Stretches of an id space, and how wide the next one should be.

A keyset scan cuts the ids it has not seen into stretches, each fetched by one batch. Where
ids are dense a batch of 50 fixed ranges of width 50 covers 2,500 ids and needs no chaining;
where they are sparse a batch of chained pages follows the rows themselves.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final, Literal

from b24orm.plan.flow import Page
from b24orm.plan.steps.by_ids import BATCH, PAGE

__all__ = ["BATCH_ROWS", "Density", "Slot"]

BATCH_ROWS: Final = PAGE * BATCH
"""Rows that one batch can bring."""

_DENSE: Final = 0.6
"""Above this share of ids present, fixed ranges cost fewer requests than they waste."""
_FILL: Final = 0.94
"""How full a chained batch is planned to be; the rest absorbs uneven densities."""

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


@dataclass
class Density:
    """Rows per id, learnt while scanning; recent stretches weigh more."""

    share: float = 1.0
    hole: bool = False

    @property
    def width(self) -> int:
        """Ids that one batch is expected to cover."""
        if self.share >= _DENSE:
            return BATCH_ROWS
        return max(PAGE, int(BATCH_ROWS * _FILL / max(self.share, 1e-9)))

    def see(self, rows: int, width: int) -> None:
        """Takes in what was found where the scan goes on: nothing tells more."""
        self.share = min(1.0, max(rows, 1) / max(width, 1))

    def learn(self, rows: int, width: int) -> None:
        """Takes in a stretch of ``width`` ids that held ``rows`` rows."""
        if width <= 0:
            return
        seen = rows / width
        self.hole = rows == 0
        self.share = min(1.0, (self.share + seen) / 2 if rows else self.share / 8)

    def next_slot(self, low: int, high: int, *, ranges: bool) -> Slot:
        """The next stretch above ``low``, at most up to ``high``."""
        if self.hole:
            self.hole = False
            return Slot(low, high, "leap", BATCH)
        if ranges and self.share >= _DENSE:
            top = min(low + BATCH_ROWS, high)
            return Slot(low, top, "ranges", -(-(top - low) // PAGE), width=top - low)
        share = max(self.share, 1e-9)
        top = min(low + max(PAGE, int(BATCH_ROWS * _FILL / share)), high)
        pages = (top - low) * share / PAGE
        return Slot(low, top, "chain", min(BATCH, int(pages * 1.02) + 2), width=top - low)
