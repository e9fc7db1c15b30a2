"""Pages by offset, for methods without a keyset and for orders the keyset can't follow.

The server counts the whole match for every page and skips the rows before it. Rows inserted
or deleted meanwhile shift the pages; the step notices it by the totals and the ids and raises
:class:`~b24orm.errors.Incomplete` instead of returning a list with holes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from b24orm.errors import B24Error, Incomplete
from b24orm.plan.calls import Ask, Call, Outcome, rows_in
from b24orm.plan.flow import Page
from b24orm.plan.steps.ahead import WINDOW, rows_ahead
from b24orm.plan.steps.sizes import BATCH, PAGE
from b24orm.plan.steps.stretch import Identify, Seen, Stretch

__all__ = ["OffsetPages"]


class OffsetPages:
    """Fetches pages ``start``, ``start + 50`` ... up to ``stop`` or the total.

    Args:
        call: makes the call for a start.
        identify: the identity of a row, to notice shifts; None where rows have none.
        start: the first row wanted; rounded down to its page, the rest is cut off.
        stop: the row to stop before; None for all.
        page_size: rows a page.
        hides: the total counts rows that no page holds.
    """

    def __init__(
        self,
        call: Callable[[int], Call],
        *,
        identify: Identify | None = None,
        start: int = 0,
        stop: int | None = None,
        page_size: int = PAGE,
        hides: bool = False,
    ) -> None:
        self._call = call
        self._hides = hides
        self._size = page_size
        self._wanted = Stretch(start, stop)
        self._total: int | None = None
        self._next_ask = self._next_page = start // page_size
        self._answers: dict[int, Page] = {}
        self._window = WINDOW
        self._seen = Seen(identify)
        self._probing = False
        self._rows = 0

    @property
    def expected(self) -> int | None:
        """Rows there will be, once the first page told."""
        if self._total is None:
            return None
        return max(0, min(self._total, self._wanted.stop or self._total) - self._wanted.start)

    @property
    def _end(self) -> int | None:
        """The page to stop before, as far as it is known."""
        known = [-(-bound // self._size) for bound in (self._wanted.stop, self._total) if bound is not None]
        return min(known) if known else None

    @property
    def done(self) -> bool:
        """All pages up to the end were handed out."""
        return self._total is not None and self._end is not None and self._next_page >= self._end

    def asks(self, free: int) -> Sequence[Ask]:
        """The first page alone if batches may follow (it tells the total), then those."""
        if self._total is None and self._may_be_short:
            if self._probing or not free:
                return ()
            self._probing = True
            return (self._ask(self._next_ask, self._next_ask + 1),)
        found: list[Ask] = []
        end = self._end or 0
        while len(found) < free and self._next_ask < min(end, self._next_page + self._window // self._size):
            last = min(self._next_ask + BATCH, end)
            found.append(self._ask(self._next_ask, last))
        return found

    @property
    def _may_be_short(self) -> bool:
        """Whether batches might be sent for rows that do not exist."""
        start, stop = self._wanted.start, self._wanted.stop
        return stop is None or stop - start > BATCH * self._size

    def _ask(self, first: int, last: int) -> Ask:
        self._next_ask = last
        numbers = tuple(range(first, last))
        return Ask(tuple(self._call(number * self._size) for number in numbers), key=numbers)

    def receive(self, ask: Ask, outcomes: Sequence[Outcome]) -> None:
        """Keeps the pages, and compares the totals they came with."""
        assert isinstance(ask.key, tuple)
        for number, call, outcome in zip(ask.key, ask.calls, outcomes, strict=True):
            if isinstance(outcome, B24Error):
                raise outcome
            page = rows_in(call, outcome)
            if self._total is None:
                if not outcome.total and outcome.next is not None:
                    raise Incomplete(f"{call.method} has further pages but no total; page on with call()")
                # crm.currency.list answers its rows beside a total of 0
                told = max(0, outcome.total or 0)
                self._total = told or (number * self._size + len(page) if page else 0)
                self._window = rows_ahead(page) if page else WINDOW
            elif outcome.total is not None and outcome.total != self._total:
                raise self._shifted()
            beyond = number * self._size >= self._total  # classic lists answer page 1 again
            self._answers[number] = [] if beyond else page

    def _shifted(self) -> Incomplete:
        return Incomplete(
            "rows were inserted or deleted while the pages were read by offset; "
            "read again, or order by id: that order is followed without offsets"
        )

    def pages(self) -> Iterator[Page]:
        """Pages in order, without the rows before ``start`` and from ``stop`` on."""
        while self._next_page in self._answers:
            page = self._answers.pop(self._next_page)
            offset = self._next_page * self._size
            self._next_page += 1
            self._rows += len(page)
            if self._seen.repeats(page):
                raise self._shifted()
            wanted = self._wanted.cut(page, offset)
            if wanted:
                yield wanted
        if self.done:
            self._check_whole()

    def _check_whole(self) -> None:
        assert self._total is not None
        assert self._end is not None
        wanted = min(self._total, self._end * self._size) - self._wanted.start // self._size * self._size
        if self._rows != max(0, wanted) and not self._hides:
            raise self._shifted()
