"""Rows of REST 3.0 in the order of the ids, page after page: each begins behind the last row before it.

By ``*.tail`` where the entity has it: ``cursor`` with the field, the last value and a strict comparison.
The cursor's field may not stand in the filter, so an upper bound on the id is kept here. Elsewhere the
list itself is asked for the ids behind the last one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from b24orm.plan.calls import Ask, Call, Outcome, rows_in
from b24orm.plan.listing import Listing
from b24orm.plan.steps.in_turn import InTurn
from b24orm.plan.steps.spans import Spans

__all__ = ["TailScan"]

_BEYOND: Final = 2**53
"""Behind every id: where a tail downwards begins."""


class TailScan(InTurn):
    """One page at a time; for a few pages, and where windows of ids can't be asked for.

    Args:
        listing: the list method with its conditions.
        lower: ids must be greater, if given.
        upper: ids must not be greater, if given.
        descending: from the greatest id down.
        limit: rows wanted at the most; None for all.
        by_tail: by ``*.tail``; else by the list.
    """

    def __init__(
        self,
        listing: Listing,
        *,
        lower: int | None = None,
        upper: int | None = None,
        descending: bool = False,
        limit: int | None = None,
        by_tail: bool = True,
    ) -> None:
        super().__init__()
        self._tail = listing.spec.tail if by_tail else None
        self._spans = Spans(listing, descending)
        self._after, self._last = self._spans.steps(lower, upper)
        self._left = limit
        self._ended = limit == 0

    def _question(self) -> Ask:
        return Ask((self._call(),))

    def _call(self) -> Call:
        limit = self._size
        listing = self._spans.listing
        if self._tail is None:
            return self._spans.page(self._after, self._last, limit)
        plain = listing.call()
        after = -_BEYOND if self._after is None else self._after
        cursor: dict[str, Any] = {
            "field": listing.id_name,
            "value": -after if self._spans.descending else max(after, 0),
            "order": "DESC" if self._spans.descending else "ASC",
            "limit": limit,
        }
        kept = {key: value for key, value in plain.params.items() if key != listing.spec.start}
        params = {**kept, "cursor": cursor}
        return Call(self._tail, params, envelope=plain.envelope, api=plain.api)

    @property
    def _size(self) -> int:
        size = self._spans.listing.size
        return size if self._left is None else min(size, self._left)

    def receive(self, ask: Ask, outcomes: Sequence[Outcome]) -> None:
        """Keeps the rows up to the bound; a page that is not full is the last."""
        (call,), (outcome,) = ask.calls, outcomes
        page = rows_in(call, outcome)
        self._spans.check(page, self._after, None)
        self._asked = False
        self._ended = len(page) < self._size
        if page:
            self._after = self._spans.step(page[-1])
        if self._last is not None:
            kept = [row for row in page if self._spans.step(row) <= self._last]
            self._ended = self._ended or len(kept) < len(page)
            page = kept
        if self._left is not None:
            self._left -= len(page)
            self._ended = self._ended or self._left <= 0
        if page:
            self._ready.append(page)
