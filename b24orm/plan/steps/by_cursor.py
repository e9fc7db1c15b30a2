"""Pages one after the other, each asked for by the least id of the page before it.

The rule it stands on: a method without ``start`` answers the newest rows first, and those older
than ``LAST_ID`` when it is given. Only an empty page ends the list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from b24orm.errors import Incomplete
from b24orm.plan.calls import Ask, Call, Outcome, Row, rows_in
from b24orm.plan.flow import Page

__all__ = ["ByCursor"]


class ByCursor:
    """Fetches pages until one is empty.

    Args:
        call: makes the call for the rows older than an id; 0 for the newest.
        id_of: the id of a row.
    """

    expected: int | None = None

    def __init__(self, call: Callable[[int], Call], id_of: Callable[[Row], int]) -> None:
        self._call = call
        self._id_of = id_of
        self._last = 0
        self._asked = False
        self._ended = False
        self._ready: list[Page] = []

    @property
    def done(self) -> bool:
        """The end was reached and every page was handed out."""
        return self._ended and not self._ready

    def asks(self, free: int) -> Sequence[Ask]:
        """The next page, once the one before has come."""
        if self._asked or self._ended or not free:
            return ()
        self._asked = True
        return (Ask((self._call(self._last),)),)

    def receive(self, ask: Ask, outcomes: Sequence[Outcome]) -> None:
        """Keeps the page, and where it ended.

        Raises:
            Incomplete: the method brings the same rows again.
        """
        (call,), (outcome,) = ask.calls, outcomes
        page = rows_in(call, outcome)
        self._asked, self._ended = False, not page
        if not page:
            return
        ids = list(map(self._id_of, page))
        if len(set(ids)) < len(ids) or (self._last and max(ids) >= self._last):
            raise Incomplete(f"{call.method} answers no rows older than {self._last}, but the same again")
        self._last = min(ids)
        self._ready.append(page)

    def pages(self) -> Iterator[Page]:
        """The pages that are ready, in order."""
        while self._ready:
            yield self._ready.pop(0)
