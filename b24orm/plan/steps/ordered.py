"""A result in an order that the server could only page by offset.

The rows are fetched by keyset, which costs the server no counting and no skipping, and sorted
here. That takes memory for all that is wanted, and only orders whose meaning is the same here as
in the server's database: numbers, dates, flags and ids, not texts, whose collation is the
database's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from b24orm.errors import ServerFailure
from b24orm.plan.calls import Ask, Outcome, Row
from b24orm.plan.flow import Flow, Page, Spreadable
from b24orm.plan.steps.sizes import BATCH_ROWS, PAGE
from b24orm.query.lookups import Kind, kind_of
from b24orm.query.nodes import Order

__all__ = ["Ordered", "sortable_here"]

_Key = Callable[[Any], Any]


def _datetime(value: Any) -> float:
    return datetime.fromisoformat(str(value)).timestamp()


_KEYS: Final[dict[Kind, _Key]] = {
    "integer": int,
    "reference": int,
    "number": lambda value: Decimal(str(value)),
    "boolean": lambda value: value in (True, "Y", "1", 1),
    "date": lambda value: date.fromisoformat(str(value)[:10]),
    "datetime": _datetime,
}


def sortable_here(order: Sequence[Order]) -> bool:
    """Whether the order means the same here as in the server's database."""
    return all(kind_of(key.field) in _KEYS and not key.field.multiple for key in order)


class Ordered:
    """Collects a flow's rows and hands them out sorted, or the first of them.

    Args:
        flow: hands out the rows in the order of their ids, which decides between equals.
        order: the sort keys.
        stop: rows wanted at the most; about twice as many are kept. None: all.
    """

    def __init__(self, flow: Flow, order: Sequence[Order], stop: int | None = None) -> None:
        self._flow = flow
        self._order = order
        self._stop = stop
        self._rows: list[Row] = []
        self._handed = False

    @property
    def expected(self) -> int | None:
        """What the flow expects."""
        return self._flow.expected

    @property
    def done(self) -> bool:
        """The rows were handed out."""
        return self._handed

    @property
    def method(self) -> str:
        """The flow's method."""
        return self._flow.method if isinstance(self._flow, Spreadable) else ""

    @property
    def left(self) -> int | None:
        """Commands that the flow still has to ask."""
        return self._flow.left if isinstance(self._flow, Spreadable) else None

    def pace(self, size: int, *, slow: bool) -> None:
        """Hands the pace to the flow."""
        if isinstance(self._flow, Spreadable):
            self._flow.pace(size, slow=slow)

    def asks(self, free: int) -> Sequence[Ask]:
        """The flow's questions."""
        return self._flow.asks(free)

    def receive(self, ask: Ask, outcomes: Sequence[Outcome]) -> None:
        """Hands the outcomes to the flow."""
        self._flow.receive(ask, outcomes)

    def pages(self) -> Iterator[Page]:
        """Nothing until all rows are here; then all of them, sorted."""
        for page in self._flow.pages():
            self._rows += page
            if self._stop is not None and len(self._rows) >= 2 * self._stop + BATCH_ROWS:
                self._sort()
        if not self._flow.done or self._handed:
            return
        self._handed = True
        self._sort()
        for start in range(0, len(self._rows), PAGE):
            yield self._rows[start : start + PAGE]

    def _sort(self) -> None:
        """Sorts what is here, and drops what is too far down to be wanted."""
        for key in reversed(self._order):  # stable: the first key is sorted last
            self._rows.sort(key=_sort_key(key, self.method), reverse=key.descending)
        if self._stop is not None:
            del self._rows[self._stop :]


def _sort_key(order: Order, method: str) -> Callable[[Row], tuple[int, Any]]:
    """Missing values come first, as in the server's database.

    Raises:
        ServerFailure: of the key: a value is none of the field's kind.
    """
    wire, kind = order.field.wire, kind_of(order.field)
    read = _KEYS[kind]

    def key(row: Row) -> tuple[int, Any]:
        value = row.get(wire)
        if value is None or value == "" or value == [] or (value is False and kind != "boolean"):
            return 0, 0
        try:
            return 1, read(value)
        except (ValueError, TypeError, ArithmeticError):
            text = f"rows can't be sorted by {order.field.name}: one has {value!r}"
            raise ServerFailure("NO_ORDER", text, method=method or None) from None

    return key
