"""Rows that are sorted here: in the order that the server's database would give them, or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b24orm.errors import ServerFailure
from b24orm.plan.calls import Ask, Outcome
from b24orm.plan.flow import Page
from b24orm.plan.steps.ordered import Ordered, sortable_here
from b24orm.plan.steps.sizes import BATCH_ROWS
from b24orm.query.nodes import Order
from b24orm.schema import FieldSchema

QUICK = settings(max_examples=200, derandomize=True, deadline=None)
NOON = datetime(2024, 2, 1, 12, tzinfo=timezone.utc)


class Pages:
    """A flow whose rows are here already, page by page."""

    def __init__(self, *pages: Page, done: bool = True) -> None:
        self._pages = list(pages)
        self.done = done

    @property
    def expected(self) -> int | None:
        """How many rows there will be."""
        return None

    def asks(self, free: int) -> Sequence[Ask]:
        """Nothing is left to ask."""
        return ()

    def receive(self, ask: Ask, outcomes: Sequence[Outcome]) -> None:
        """Nothing was asked."""

    def pages(self) -> Iterator[Page]:
        """The rows, once."""
        while self._pages:
            yield self._pages.pop(0)


def by(type: str, *, descending: bool = False, name: str = "f") -> Order:
    return Order(FieldSchema(name=name, wire=name.upper(), type=type), descending)


def in_order(values: Sequence[Any], *order: Order, stop: int | None = None) -> list[int]:
    """The places of the values, as their rows are handed out."""
    rows = [{"ID": place, "F": value} for place, value in enumerate(values)]
    flow = Ordered(Pages(rows), order, stop)
    return [row["ID"] for page in flow.pages() for row in page]


SENT: dict[str, list[tuple[Any, Any]]] = {
    "integer": [("10", 10), ("9", 9), ("-1", -1), (0, 0), ("0", 0)],
    "user": [("10", 10), ("9", 9), ("0", 0)],
    "double": [("10.50", 10.5), ("9", 9), ("-0.01", -0.01), (0.1, 0.1), ("1e3", 1000)],
    "char": [("N", 0), ("Y", 1), (True, 1), (False, 0)],
    "date": [("2024-02-01T03:00:00+03:00", 20240201), ("1960-05-05", 19600505)],
    "datetime": [
        (NOON.isoformat(), 0),
        (NOON.astimezone(timezone(timedelta(hours=3))).isoformat(), 0),  # the same moment
        ((NOON - timedelta(hours=1)).astimezone(timezone(timedelta(hours=9))).isoformat(), -1),
        ("1960-05-05T00:00:00+00:00", -99),
    ],
}
"""What the server writes, and a number that is ordered as it is."""


@pytest.mark.parametrize("type", SENT)
@pytest.mark.parametrize("descending", [False, True], ids=["up", "down"])
@QUICK
@given(data=st.data())
def test_values_are_ordered_as_what_they_mean(type: str, descending: bool, data: st.DataObject) -> None:
    missing: list[tuple[Any, Any]] = [(None, None), ("", None), ([], None)]
    drawn = data.draw(st.lists(st.sampled_from([*SENT[type], *missing]), max_size=12))
    wanted = sorted(
        range(len(drawn)),
        key=lambda place: (drawn[place][1] is not None, drawn[place][1] or 0),  # missing ones first
        reverse=descending,
    )

    assert in_order([sent for sent, _ in drawn], by(type, descending=descending)) == wanted


def test_what_php_calls_false_is_missing_where_it_is_no_flag() -> None:
    assert in_order(["2024-02-01", False, None], by("date")) == [1, 2, 0]
    assert in_order([True, False, None], by("boolean")) == [2, 1, 0]


def test_the_first_key_counts_before_the_second() -> None:
    rows = [{"ID": 1, "F": "2", "G": "1"}, {"ID": 2, "F": "1", "G": "1"}, {"ID": 3, "F": "1", "G": "2"}]
    order = (by("integer"), by("integer", name="g", descending=True))

    assert [row["ID"] for page in Ordered(Pages(rows), order).pages() for row in page] == [3, 2, 1]


@pytest.mark.parametrize(
    ("type", "value"),
    [
        ("integer", "many"),
        ("integer", {"a": 1}),
        ("double", "ten"),
        ("date", "30.08.2024"),
        ("datetime", "soon"),
    ],
)
def test_a_value_of_another_kind_is_an_error_of_ours(type: str, value: Any) -> None:
    with pytest.raises(ServerFailure, match="NO_ORDER: rows can't be sorted by f: one has"):
        in_order([value, None], by(type))


@QUICK
@given(values=st.lists(st.integers(-5, 5), max_size=40), stop=st.integers(1, 10), descending=st.booleans())
def test_the_first_rows_are_those_of_the_whole(values: list[int], stop: int, descending: bool) -> None:
    order = by("integer", descending=descending)

    assert in_order(values, order, stop=stop) == in_order(values, order)[:stop]


def test_no_more_rows_are_kept_than_may_be_wanted() -> None:
    pages = [[{"F": str(page * 50 + place)} for place in range(50)] for page in range(400)]
    flow = Ordered(Pages(*pages, done=False), [by("integer", descending=True)], stop=10)

    assert list(flow.pages()) == []
    assert len(flow._rows) < 2 * 10 + BATCH_ROWS


def test_nothing_is_handed_out_before_the_last_row_is_here() -> None:
    inner = Pages([{"F": "2"}], done=False)
    flow = Ordered(inner, [by("integer")])
    early = list(flow.pages())
    inner._pages.append([{"F": "1"}])
    inner.done = True

    assert (early, list(flow.pages()), flow.done, list(flow.pages())) == (
        [],
        [[{"F": "1"}, {"F": "2"}]],
        True,
        [],
    )


@pytest.mark.parametrize(
    ("type", "more", "here"),
    [
        ("integer", {}, True),
        ("user", {}, True),
        ("double", {}, True),
        ("char", {}, True),
        ("date", {}, True),
        ("datetime", {}, True),
        ("string", {}, False),  # whose collation is the database's own
        ("crm_status", {}, False),
        ("money", {}, False),
        ("integer", {"multiple": True}, False),
    ],
)
def test_only_what_means_the_same_everywhere_is_sorted_here(
    type: str, more: dict[str, Any], here: bool
) -> None:
    assert sortable_here([Order(FieldSchema(name="f", wire="F", type=type, **more))]) is here


def test_each_key_has_to_mean_the_same() -> None:
    assert not sortable_here([by("integer"), by("string")])
