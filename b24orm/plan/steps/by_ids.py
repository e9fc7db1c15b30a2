"""Rows by their ids: 50 ids a command, 50 commands a batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from b24orm.plan.calls import Ask, Call, Lookup, Outcome, rows_in
from b24orm.plan.flow import Page
from b24orm.plan.listing import Listing
from b24orm.plan.steps.ahead import FIRST, rows_ahead
from b24orm.plan.steps.order import strangers
from b24orm.plan.steps.sizes import BATCH, PAGE

__all__ = ["ByIds"]


class ByIds:
    """Fetches the rows with the given ids, in the order of the ids.

    ``@ID`` with 50 ids answers at most 50 rows, so no command ever needs a second page.
    """

    def __init__(
        self,
        listing: Listing,
        ids: Sequence[int],
        *,
        descending: bool = False,
        page: int = PAGE,
        batch: int = BATCH,
    ) -> None:
        self._listing = listing
        ordered = sorted(ids, reverse=descending)
        self._page, self._batch = page, batch
        chunks = [ordered[i : i + page] for i in range(0, len(ordered), page)]
        self._groups = [chunks[i : i + batch] for i in range(0, len(chunks), batch)]
        self._order = listing.by_id(descending=descending)
        self._descending = descending
        self._next_ask = 0
        self._next_page = 0
        self._window = FIRST
        self._answers: dict[int, list[Page]] = {}

    expected: int | None = None

    @property
    def done(self) -> bool:
        """Every group of ids was answered and handed out."""
        return self._next_page == len(self._groups)

    def asks(self, free: int) -> Sequence[Ask]:
        """The next groups of ids, not too far ahead of what was handed out."""
        ahead = max(2, self._window // (self._page * self._batch))
        last = min(self._next_ask + free, self._next_page + ahead, len(self._groups))
        asks = [self._ask(number) for number in range(self._next_ask, last)]
        self._next_ask = last
        return asks

    def _ask(self, number: int) -> Ask:
        key = self._listing.ids_key
        calls = tuple(
            self._listing.call({key: chunk}, order=self._order, start=self._listing.uncounted)
            for chunk in self._groups[number]
        )
        found = (self._mergeable(calls[0], key),) if self._alone else calls
        return Ask(found, halt=self._listing.schema.api == "v3", key=number)

    @property
    def _alone(self) -> bool:
        """Just one id is looked up, perhaps by many at the same time."""
        return len(self._groups) == 1 and len(self._groups[0]) == 1 and len(self._groups[0][0]) == 1

    def _mergeable(self, call: Call, key: str) -> Call:
        param = self._listing.spec.filter
        spec = self._listing.spec
        if param is None or "." in param or spec.positional or spec.dialect == "flat":
            return call
        wanted = self._groups[0][0][0]
        if spec.dialect == "v3":
            key = self._listing.id_name
        return replace(
            call, lookup=Lookup(param, key, wanted, self._listing.schema.id_field.wire, self._page)
        )

    def receive(self, ask: Ask, outcomes: Sequence[Outcome]) -> None:
        """Keeps the answers until their turn."""
        pages = []
        assert isinstance(ask.key, int)
        for call, outcome, wanted in zip(ask.calls, outcomes, self._groups[ask.key], strict=True):
            pages.append(self._sorted(rows_in(call, outcome), wanted))
        self._answers[ask.key] = pages
        if self._window == FIRST and any(pages):
            self._window = rows_ahead(max(pages, key=len))

    def _sorted(self, page: Page, wanted: Sequence[int]) -> Page:
        unique = dict(zip(self._listing.ids_of(page), page, strict=True))
        if not unique.keys() <= set(wanted):
            raise strangers(self._listing.spec.name)
        return [unique[key] for key in sorted(unique, reverse=self._descending)]

    def pages(self) -> Iterator[Page]:
        """Pages whose predecessors were all handed out."""
        while self._next_page in self._answers:
            pages = self._answers.pop(self._next_page)
            self._next_page += 1
            yield from (page for page in pages if page)
