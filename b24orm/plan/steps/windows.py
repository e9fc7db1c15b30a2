"""Every row of a list of REST 3.0 by its id: windows of ids, read side by side.

A first request brings the first page and the last id; the ids between are cut into windows, several a
request. A window that held more rows than a page is asked again from its last row on. REST 3.0's batch
answers nothing but the error when one of its calls fails; a scan can't do without any of them, so that is no
loss.

A row that exists throughout lies in exactly one window, whatever is inserted or deleted meanwhile.

A first page that is short though more rows follow tells that the list brings fewer rows than it was asked
for. Which ones is up to the list, so they are dropped, and no more is asked for from then on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

from b24orm.plan.calls import Ask, Outcome, rows_in
from b24orm.plan.flow import Page
from b24orm.plan.listing import Listing
from b24orm.plan.steps.sizes import BATCH
from b24orm.plan.steps.spans import Spans

__all__ = ["WindowScan", "calls_of"]

_ROWS: Final = 5_000
"""Rows that are as much as should be made of one answer."""

_OPEN: Final = 6
"""Requests whose windows may be under way or waiting for their turn: what bounds the memory."""

_PROBE: Final = "probe"


def calls_of(size: int) -> int:
    """Calls that share a request, where a page holds so many rows.

    >>> calls_of(1000), calls_of(50)
    (5, 50)
    """
    return max(1, min(BATCH, _ROWS // size))


@dataclass(eq=False)
class _Window:
    low: int
    high: int
    page: Page | None = None
    asked: bool = False


class WindowScan:
    """A scan in the order of the ids.

    Args:
        listing: the list method with its conditions.
        lower: ids must be greater, if given.
        upper: ids must not be greater, if given.
        descending: from the greatest id down.
        limit: rows wanted at the most; None for all.
    """

    expected: int | None = None

    def __init__(
        self,
        listing: Listing,
        *,
        lower: int | None = None,
        upper: int | None = None,
        descending: bool = False,
        limit: int | None = None,
    ) -> None:
        self._spans = Spans(listing, descending)
        self._bounds = self._spans.steps(lower, upper)
        self._size = listing.size
        self._left = limit
        self._handed = 0
        self._windows: deque[_Window] = deque()
        self._probed = self._probing = False
        self._next = self._top = 0
        self._share = 1.0

    @property
    def done(self) -> bool:
        """Every window was read and handed out, or as many rows as are wanted."""
        enough = self._left is not None and self._left <= 0
        return self._probed and (enough or (not self._windows and self._next >= self._top))

    @property
    def about(self) -> int | None:
        """Rows in all, about: those that came, and as many an id as were found elsewhere."""
        if not self._probed:
            return None
        came = sum(len(window.page) for window in self._windows if window.page is not None)
        open_ids = sum(window.high - window.low for window in self._windows if window.page is None)
        rows = self._handed + came + round((open_ids + self._top - self._next) * self._share)
        return rows if self._left is None else min(rows, self._handed + self._left)

    # -- asking ----------------------------------------------------------------------

    def asks(self, free: int) -> Sequence[Ask]:
        """The probe first; then windows, several a request."""
        if not free or (self._probing and not self._probed):
            return ()
        if not self._probed:
            self._probing = True
            first = self._spans.page(*self._bounds, self._size)
            last = self._spans.last(*self._bounds, ids_only=True, limit=1)
            return (Ask((first, last), halt=True, key=_PROBE),)
        self._cut(free)
        waiting = [window for window in self._windows if not window.asked and window.page is None]
        together = calls_of(self._size)
        groups = [waiting[i : i + together] for i in range(0, len(waiting), together)]
        return [self._ask(group) for group in groups[:free]]

    def _ask(self, windows: Sequence[_Window]) -> Ask:
        for window in windows:
            window.asked = True
        calls = tuple(self._spans.page(window.low, window.high, self._size) for window in windows)
        return Ask(calls, halt=True, key=tuple(windows))

    def _cut(self, free: int) -> None:
        """Cuts new windows, as long as there is room for their rows and somebody wants them."""
        together = calls_of(self._size)
        room = min(_OPEN * together - len(self._windows), free * together, self._wanted())
        while room > 0 and self._next < self._top:
            high = min(self._next + self._width, self._top)
            self._windows.append(_Window(self._next, high))
            self._next = high
            room -= 1

    def _wanted(self) -> int:
        """Further windows whose rows are wanted."""
        if self._left is None:
            return _OPEN * BATCH
        a_page = max(1, round(self._width * self._share))
        coming = sum(a_page if window.page is None else len(window.page) for window in self._windows)
        return -(-max(0, self._left - coming) // a_page)

    @property
    def _full(self) -> float:
        """How full a page is planned to be, where ids are missing at random: seldom more than full."""
        return max(0.5, 1 - 2 / sqrt(self._size))

    @property
    def _width(self) -> int:
        """Ids that are expected to make up a page."""
        return self._width_of(self._share)

    def _width_of(self, share: float) -> int:
        size, full = self._size, self._full
        return size if share > full else max(size, int(size * full / max(share, 1e-9)))

    # -- receiving -------------------------------------------------------------------

    def receive(self, ask: Ask, outcomes: Sequence[Outcome]) -> None:
        """Takes the pages, and decides what is left of a window that held too much."""
        pages = [rows_in(call, outcome) for call, outcome in zip(ask.calls, outcomes, strict=True)]
        if ask.key is _PROBE:
            self._take_probe(*pages)
            return
        assert isinstance(ask.key, tuple)
        for window, page in zip(ask.key, pages, strict=True):
            self._take(window, page)

    def _take_probe(self, page: Page, ends: Page) -> None:
        self._probed = True
        for rows in (page, ends):
            self._spans.check(rows, *self._bounds)
        if not page:
            return
        first, last = self._spans.step(page[0]), self._spans.step(page[-1])
        top = self._spans.step(ends[0]) if ends else last
        if len(page) < self._size and top > last:
            self._size, self._probed, self._probing = len(page), False, False
            return
        self._share = len(page) / max(last - first + 1, 1)
        self._windows.append(_Window(first, last, page, asked=True))
        self._next, self._top = last, max(last, top)

    def _take(self, window: _Window, page: Page) -> None:
        self._spans.check(page, window.low, window.high)
        window.page, window.asked = page, False
        self._learn(len(page), window.high - window.low)
        last = self._spans.step(page[-1]) if page else window.high
        if len(page) >= self._size and last < window.high:
            place = self._windows.index(window) + 1
            for rest in reversed(self._rests(page, window.high)):
                self._windows.insert(place, rest)

    def _rests(self, page: Page, high: int) -> list[_Window]:
        """What is left of a window that held too much: as wide as its rows lie, and all that is left then."""
        first, low = self._spans.step(page[0]), self._spans.step(page[-1])
        width = self._width_of(len(page) / (low - first + 1))
        rests: list[_Window] = []
        while low < high and len(rests) < calls_of(self._size):
            rests.append(_Window(low, min(low + width, high)))
            low += width
        if low < high:
            rests.append(_Window(low, high))
        return rests

    def _learn(self, rows: int, width: int) -> None:
        """Rows per id where the scan is now; an empty stretch makes the next ones much wider."""
        seen = rows / max(width, 1)
        self._share = min(1.0, (self._share + seen) / 2 if rows else self._share / 8)

    # -- handing out -----------------------------------------------------------------

    def pages(self) -> Iterator[Page]:
        """Pages in the order of the ids, as far as there is no gap before them."""
        while self._windows and self._windows[0].page is not None:
            page = self._windows.popleft().page
            if page:
                self._handed += len(page)
                if self._left is not None:
                    self._left -= len(page)
                yield page
