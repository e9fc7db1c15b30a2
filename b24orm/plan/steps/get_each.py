"""Rows by their ids, each got by a call of its own: 50 commands a batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from b24orm.errors import B24Error
from b24orm.plan.calls import Ask, Call, Outcome, rows_of
from b24orm.plan.flow import Page
from b24orm.plan.getting import says_absent
from b24orm.plan.steps.order import strangers
from b24orm.plan.steps.sizes import BATCH
from b24orm.schema import MethodSchema

__all__ = ["GetEach"]

_AHEAD: Final = 4
"""Questions that are asked before the first of them was handed out."""


class GetEach:
    """Gets the rows with the given ids one by one; an id whose row is not there brings none.

    Args:
        ids: the ids, in the order of the rows.
        method: the method that gets one row.
        call: makes the call for an id.
        key: where an answer holds the id.
        batch: calls that one question holds.
    """

    expected: int | None = None

    def __init__(
        self,
        ids: Sequence[Any],
        method: MethodSchema,
        call: Callable[[Any], Call],
        key: str,
        *,
        batch: int = BATCH,
    ) -> None:
        self._groups = [ids[i : i + batch] for i in range(0, len(ids), batch)]
        self._method = method
        self._call = call
        self._key = key
        self._next_ask = 0
        self._next_page = 0
        self._answers: dict[int, Page] = {}

    @property
    def done(self) -> bool:
        """Every id was asked for and its row handed out."""
        return self._next_page == len(self._groups)

    def asks(self, free: int) -> Sequence[Ask]:
        """The next ids, not too far ahead of what was handed out."""
        last = min(self._next_ask + free, self._next_page + _AHEAD, len(self._groups))
        asks = [Ask(tuple(map(self._call, self._groups[n])), key=n) for n in range(self._next_ask, last)]
        self._next_ask = last
        return asks

    def receive(self, ask: Ask, outcomes: Sequence[Outcome]) -> None:
        """Keeps the rows until their turn."""
        assert isinstance(ask.key, int)
        page: Page = []
        for row_id, call, outcome in zip(self._groups[ask.key], ask.calls, outcomes, strict=True):
            if not isinstance(outcome, B24Error):
                page += self._own(row_id, rows_of(outcome.result, call.envelope, call.method, null=True))
            elif not says_absent(outcome, self._method):
                raise outcome
        self._answers[ask.key] = page

    def _own(self, row_id: Any, rows: Page) -> Page:
        """The row of an id; it may leave out the id that it was asked by, never have another one."""
        own = [{self._key: row_id, **row} for row in rows]
        found = [row for row in own if str(row[self._key]) == str(row_id)]
        if rows and not found:
            raise strangers(self._method.name)
        return found

    def pages(self) -> Iterator[Page]:
        """Rows whose predecessors were all handed out."""
        while self._next_page in self._answers:
            page = self._answers.pop(self._next_page)
            self._next_page += 1
            if page:
                yield page
