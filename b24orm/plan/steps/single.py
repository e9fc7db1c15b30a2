"""One call, one page: small tables, first pages, counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from b24orm.errors import B24Error, ServerFailure
from b24orm.plan.calls import Ask, Call, Outcome, Reply, rows_of
from b24orm.plan.flow import Page
from b24orm.plan.steps.in_turn import InTurn
from b24orm.plan.steps.sizes import PAGE

__all__ = ["Aggregate", "Count", "Nothing", "Single"]


class Nothing:
    """No call at all: nothing can match."""

    done = True
    expected: int | None = 0

    def asks(self, free: int) -> Sequence[Ask]:
        """Nothing to ask."""
        return ()

    def receive(self, ask: Ask, outcomes: Sequence[Outcome]) -> None:
        """Never called."""

    def pages(self) -> Iterator[Page]:
        """No pages."""
        return iter(())


class Single(InTurn):
    """One call whose answer is the whole result.

    Args:
        call: the call.
        bare: what the answer holds instead of rows: the values of this field.
        check: raises if these rows can't be what was asked for.
    """

    def __init__(
        self, call: Call, bare: str | None = None, *, check: Callable[[Page], None] | None = None
    ) -> None:
        super().__init__()
        self._call = call
        self._bare = bare
        self._check = check

    def _question(self) -> Ask:
        return Ask((self._call,))

    def receive(self, ask: Ask, outcomes: Sequence[Outcome]) -> None:
        """Takes the answer apart."""
        (outcome,) = outcomes
        if isinstance(outcome, B24Error):
            raise outcome
        self._ended = True
        self._take(outcome)

    def _take(self, reply: Reply) -> None:
        page = rows_of(reply.result, self._call.envelope, self._call.method, null=self._check is None)
        if self._check is not None:
            self._check(page)
        if self._bare is not None:
            page = [{self._bare: value} for value in page]
        if page:
            self._ready.append(page)


class Count(Single):
    """One call whose ``total`` is the result; the page beside it is thrown away."""

    total: int = 0

    def _take(self, reply: Reply) -> None:
        rows = rows_of(reply.result, self._call.envelope, self._call.method)
        # user.get leaves the total out when nothing matches
        self.total = max(reply.total or 0, len(rows))
        if self.total != reply.total and len(rows) >= PAGE:
            raise ServerFailure(
                "NO_TOTAL", "the answer holds a full page and no total", method=self._call.method
            )


class Aggregate(Count):
    """One call of ``*.aggregate`` of REST 3.0 whose count of a field is the result.

    Args:
        call: the call.
        field: the field whose values it counts.
    """

    def __init__(self, call: Call, field: str) -> None:
        super().__init__(call)
        self._field = field

    def _take(self, reply: Reply) -> None:
        try:
            self.total: int = int(reply.result["result"]["count"][self._field])
        except (KeyError, TypeError, ValueError):
            raise ServerFailure("NO_COUNT", "the answer holds no count", method=self._call.method) from None
