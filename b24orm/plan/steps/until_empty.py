"""Pages by offset of methods that tell no total: they are read until one is empty.

A page that is short is not always the last one, so only an empty one ends the list. Pages are
asked for in growing batches: what lies beyond the end costs commands, not requests.

Where the rows to skip need be no multiple of a page, a list that brings less than it was asked for loses
nothing: what follows a short page is asked for again, from its last row on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from b24orm.errors import Incomplete
from b24orm.plan.calls import Ask, Call, Outcome, rows_in
from b24orm.plan.flow import Page
from b24orm.plan.steps.in_turn import InTurn
from b24orm.plan.steps.sizes import BATCH, PAGE
from b24orm.plan.steps.stretch import Identify, Seen, Stretch

__all__ = ["UntilEmpty"]


class UntilEmpty(InTurn):
    """Fetches pages from ``start`` up to ``stop`` or the first empty one.

    Args:
        call: makes the call for a start.
        identify: the identity of a row, to notice shifts; None where rows have none.
        start: the first row wanted; rounded down to its page, the rest is cut off.
        stop: the row to stop before; None for all.
        page_size: rows a page.
        most: pages of one question at the most.
        repeats: rows may come again on later pages; each is handed out once.
        exact: any number of rows can be skipped.
    """

    def __init__(
        self,
        call: Callable[[int], Call],
        *,
        identify: Identify | None = None,
        start: int = 0,
        stop: int | None = None,
        page_size: int = PAGE,
        most: int = BATCH,
        repeats: bool = False,
        exact: bool = False,
    ) -> None:
        super().__init__()
        self._call = call
        self._repeats = repeats
        self._size = page_size
        self._wanted = Stretch(start, stop)
        self._exact = exact
        self._offset = start // page_size * page_size
        self._width = 1
        self._most = most
        self._seen = Seen(identify)

    def _question(self) -> Ask:
        calls = tuple(self._call(self._offset + number * self._size) for number in range(self._width))
        return Ask(calls, halt=calls[0].api == "v3")

    def receive(self, ask: Ask, outcomes: Sequence[Outcome]) -> None:
        """Keeps the pages up to the first empty one, or to the first that may hold too little."""
        width = 2 * self._width
        for call, outcome in zip(ask.calls, outcomes, strict=True):
            page = rows_in(call, outcome)
            if not page or self._wanted.ends_before(self._offset):
                self._ended = True
                break
            self._keep(page)
            if self._exact and len(page) < self._size:
                width = 1
                break
        self._asked = False
        self._width = min(width, self._most)

    def _keep(self, page: Page) -> None:
        offset = self._offset
        self._offset += len(page) if self._exact else self._size
        wanted = self._wanted.cut(self._checked(page), offset)
        if wanted:
            self._ready.append(wanted)
        self._ended = self._wanted.ends_before(self._offset)

    def _checked(self, page: Page) -> Page:
        """The page without rows that may come again, if no other row does."""
        if self._repeats:
            return self._seen.fresh(page)
        if self._seen.repeats(page):
            raise Incomplete(
                "rows were repeated while the pages were read by offset: the table changed meanwhile, "
                "or the method answers its first page again; read again"
            )
        return page
