"""The first rows in an order that only the server can follow, without it counting or skipping any.

The first page comes with ``start=-1``. Each further page is the first of the rows that were not seen
yet: its call excludes the ids of all pages before it. Within a batch those are references into the
answers of its earlier commands. Values of the order may be equal, empty or texts, and rows may move
meanwhile: no row comes twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from b24orm.plan.calls import Ask, Call, Outcome, Ref
from b24orm.plan.listing import Listing
from b24orm.plan.steps.chained import chained_ask, chained_pages, labels_of
from b24orm.plan.steps.in_turn import InTurn
from b24orm.plan.steps.order import strangers
from b24orm.plan.steps.sizes import PAGE
from b24orm.plan.steps.stretch import Seen

__all__ = ["PAGES", "TopPages"]

PAGES: Final = 5
"""Pages that one batch reads: each names every id of those before it, so their text grows by squares."""


class TopPages(InTurn):
    """The first rows of a list, page by page.

    Args:
        listing: the list method with its conditions.
        page: a call for the first rows under further conditions, without a count.
        excluding: the filter key that takes the ids of unwanted rows.
        rows: rows wanted.
    """

    def __init__(
        self, listing: Listing, page: Callable[[Mapping[str, Any]], Call], excluding: str, rows: int
    ) -> None:
        super().__init__()
        self._listing, self._page, self._excluding = listing, page, excluding
        self._left = -(-rows // PAGE)
        self._ids: list[int] = []
        self._seen = Seen(listing.id_of)

    def _question(self) -> Ask:
        calls = [self._call(labels_of(number)) for number in range(min(PAGES, self._left))]
        return chained_ask(self._listing.spec, calls)

    def _call(self, before: Sequence[str]) -> Call:
        spec, wire = self._listing.spec, self._listing.schema.id_field.wire
        rows = [Ref(label, (*spec.envelope, row, wire)) for label in before for row in range(PAGE)]
        unwanted = (*self._ids, *rows)
        return self._page({self._excluding: unwanted} if unwanted else {})

    def receive(self, ask: Ask, outcomes: Sequence[Outcome]) -> None:
        """Takes the pages up to the first short one."""
        self._asked = False
        for page in chained_pages(ask, outcomes):
            if len(page) > PAGE or self._seen.repeats(page):
                raise strangers(self._listing.spec.name)
            self._ids += self._listing.ids_of(page)
            self._left -= 1
            self._ready += [page] if page else []
            self._ended = len(page) < PAGE or not self._left
