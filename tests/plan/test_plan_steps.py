"""The smaller steps: rows by ids, merged scans, single calls and counts."""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b24orm.errors import ApiError, ServerFailure
from b24orm.facts import load
from b24orm.plan.calls import Call, Lookup, Ref, Reply, rows_of
from b24orm.plan.flow import Flow
from b24orm.plan.listing import Listing
from b24orm.plan.steps.ahead import WINDOW
from b24orm.plan.steps.by_ids import ByIds
from b24orm.plan.steps.keyset import KeysetScan
from b24orm.plan.steps.single import Count, Nothing, Single
from b24orm.plan.steps.union import Union
from b24orm.schema import EntitySchema
from tests.plan.fake_portal import FakePortal, Table, drive

QUICK = settings(max_examples=100, derandomize=True, deadline=None)

DEAL, INVOICE, TASK = load("Deal"), load("SmartInvoice"), load("Task")
SCHEMAS = pytest.mark.parametrize("schema", [DEAL, INVOICE], ids=["classic", "orm"])
IDS = st.sets(st.integers(1, 300), max_size=200)

# -- rows by ids ---------------------------------------------------------------------------


@SCHEMAS
@QUICK
@given(stored=IDS, wanted=IDS, descending=st.booleans(), places=st.integers(1, 3))
def test_known_ids_come_in_their_order_without_the_missing(
    schema: EntitySchema, stored: set[int], wanted: set[int], descending: bool, places: int
) -> None:
    flow = ByIds(Listing(schema), sorted(wanted), descending=descending)

    run = drive(flow, FakePortal(schema, Table.of(stored)), Random(1), places=places)

    assert run.ids == sorted(stored & wanted, reverse=descending)


@pytest.mark.parametrize("size", [1, 50, 51, 2_500, 2_501, 6_000])
def test_2500_known_ids_are_one_request(size: int) -> None:
    flow = ByIds(Listing(DEAL), range(1, size + 1))

    assert drive(flow, FakePortal(DEAL, Table.of(range(1, 9_000))), Random(1)).asks == ceil(size / 2_500)


def test_rows_that_come_twice_are_handed_out_once() -> None:
    portal = FakePortal(DEAL, Table([1, 2, 3], copies=lambda key: 2), collapse=False)

    assert drive(ByIds(Listing(DEAL), [1, 2, 3]), portal, Random(1)).ids == [1, 2, 3]


@pytest.mark.parametrize(("characters", "most"), [(0, WINDOW), (2_000, 15_000)])
def test_ids_are_looked_up_no_further_ahead_than_their_rows_may_wait(characters: int, most: int) -> None:
    flow, rows = ByIds(Listing(DEAL), range(1, 200_001)), 0
    first, *under_way = flow.asks(40)
    while under_way:
        ask = under_way.pop()
        pages = [
            [{"ID": key, "COMMENTS": "x" * characters} for key in call.params["filter"]["@ID"]]
            for call in ask.calls
        ]
        flow.receive(ask, [Reply(page) for page in pages])
        under_way += flow.asks(39 - len(under_way))
        rows += sum(map(len, pages))

    assert rows + 50 * len(first.calls) == most


@pytest.mark.parametrize(
    ("schema", "key"), [(DEAL, "@ID"), (INVOICE, "@id"), (TASK, "ID")], ids=["classic", "orm", "tasks"]
)
def test_ids_stand_under_the_key_that_the_method_reads(schema: EntitySchema, key: str) -> None:
    (ask,) = ByIds(Listing(schema), [5, 6]).asks(1)

    assert ask.calls[0].params["filter"] == {key: [5, 6]}


def test_a_single_id_may_be_looked_up_together_with_others() -> None:
    (ask,) = ByIds(Listing(DEAL), [5]).asks(1)

    assert ask.calls[0].lookup == Lookup("filter", "@ID", 5, "ID")


# -- merged scans ----------------------------------------------------------------------------

DIVISORS = st.lists(st.sampled_from([1, 2, 3, 5, 7, 50]), min_size=1, max_size=4, unique=True)


def branch(schema: EntitySchema, divisor: int, *, descending: bool, limit: int | None) -> Flow:
    listing = replace(Listing(schema), filter={f"divisor{divisor}": "Y"})
    return KeysetScan(listing, descending=descending, limit=limit)


def divided(schema: EntitySchema, size: int) -> FakePortal:
    """Rows that can be filtered by what divides their ids."""
    kept = {f"divisor{number}": lambda key, n=number: key % n == 0 for number in (1, 2, 3, 5, 7, 50)}
    return FakePortal(schema, Table.of(range(1, size + 1)), kept)  # type: ignore[arg-type]


@SCHEMAS
@QUICK
@given(
    divisors=DIVISORS,
    size=st.integers(0, 700),
    descending=st.booleans(),
    limit=st.none() | st.integers(1, 200),
    places=st.integers(1, 6),
)
def test_merged_scans_hand_out_each_row_once_and_in_order(
    schema: EntitySchema, divisors: list[int], size: int, descending: bool, limit: int | None, places: int
) -> None:
    flows = [branch(schema, divisor, descending=descending, limit=limit) for divisor in divisors]
    flow = Union(flows, Listing(schema).id_of, descending=descending)
    expected = [key for key in range(1, size + 1) if any(key % divisor == 0 for divisor in divisors)]

    run = drive(flow, divided(schema, size), Random(1), places=places, take=limit)

    assert run.ids[:limit] == sorted(expected, reverse=descending)[:limit]


def test_a_scan_that_is_far_ahead_waits_for_the_others() -> None:
    listing = Listing(DEAL)
    flow = Union(
        [KeysetScan(listing), ByIds(listing, [100_000])], listing.id_of
    )  # the second is answered last of all
    portal = FakePortal(DEAL, Table.of(range(1, 100_001)))
    answered = 0
    held = []
    while True:
        asks = flow.asks(4 - len(held))
        late = [ask for ask in asks if len(ask.calls) == 1]
        held += late
        early = [ask for ask in asks if ask not in late]
        if not early:
            break
        for ask in early:
            outcomes = portal.answer(ask)
            answered += sum(len(o.result) for o in outcomes if isinstance(o, Reply))
            flow.receive(ask, outcomes)
        list(flow.pages())

    assert answered <= 20_000


# -- single calls ------------------------------------------------------------------------------


def test_a_single_call_is_the_whole_result() -> None:
    flow = Single(Call("crm.status.list"))
    (ask,) = flow.asks(3)
    flow.receive(ask, [Reply([{"ID": "1"}, {"ID": "2"}])])

    assert (list(flow.pages()), flow.done, flow.asks(3)) == ([[{"ID": "1"}, {"ID": "2"}]], True, ())


def test_a_single_call_waits_for_a_free_place() -> None:
    assert Single(Call("crm.status.list")).asks(0) == ()


def test_a_single_call_s_error_is_raised() -> None:
    flow = Single(Call("crm.status.list"))
    (ask,) = flow.asks(1)

    with pytest.raises(ApiError):
        flow.receive(ask, [ApiError("ACCESS_DENIED")])


@pytest.mark.parametrize(
    ("reply", "expected"),
    [(Reply([{"ID": "1"}], total=1_234), 1_234), (Reply([], total=0), 0), (Reply([]), 0)],
    ids=["counted", "none", "not even a total"],
)
def test_a_count_is_the_total(reply: Reply, expected: int) -> None:
    flow = Count(Call("crm.deal.list"))
    (ask,) = flow.asks(1)
    flow.receive(ask, [reply])

    assert (list(flow.pages()), flow.done, flow.total) == ([], True, expected)


def test_nothing_asks_nothing() -> None:
    flow = Nothing()

    assert (flow.asks(9), list(flow.pages()), flow.done, flow.expected) == ((), [], True, 0)


# -- rows below an envelope ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "envelope", "expected"),
    [
        ([{"ID": "1"}], (), [{"ID": "1"}]),
        ([], (), []),
        ({}, (), []),
        ({"items": [{"id": 1}]}, ("items",), [{"id": 1}]),
        ({"items": []}, ("items",), []),
        ([], ("items",), []),
        ({}, ("items",), []),
        ({"items": {"0": {"id": 1}, "2": {"id": 3}}}, ("items",), [{"id": 1}, {"id": 3}]),
        ({"item": {"id": 1, "title": "a"}}, ("item",), [{"id": 1, "title": "a"}]),
        ([{"ID": "1"}, {"ID": "2"}], (0,), [{"ID": "1"}]),
        ([], (0,), []),
    ],
    ids=str,
)  # fmt: skip
def test_php_s_lists_become_lists(result: Any, envelope: tuple[str | int, ...], expected: list[Any]) -> None:
    assert rows_of(result, envelope) == expected


@pytest.mark.parametrize(
    ("result", "envelope"),
    [
        (None, ()),
        (False, ()),
        (True, ()),
        ("a page", ()),
        ({"items": None}, ("items",)),
        ({"item": []}, ("items",)),
        ("a page", ("items",)),
    ],
    ids=str,
)
def test_what_is_no_list_is_not_taken_for_an_empty_one(result: Any, envelope: tuple[str | int, ...]) -> None:
    with pytest.raises(ServerFailure, match=r"crm\.deal\.list: NO_ROWS"):
        rows_of(result, envelope, "crm.deal.list")


@pytest.mark.parametrize("result", [None, False])
def test_nothing_may_be_said_by_null_where_one_call_brings_everything(result: Any) -> None:
    flow = Single(Call("crm.status.list"))
    (ask,) = flow.asks(1)
    flow.receive(ask, [Reply(result)])

    assert (list(flow.pages()), flow.done) == ([], True)


def test_a_full_page_without_a_total_is_no_count() -> None:
    flow = Count(Call("crm.deal.list"))
    (ask,) = flow.asks(1)

    with pytest.raises(ServerFailure, match="NO_TOTAL"):
        flow.receive(ask, [Reply([{"ID": str(number)} for number in range(50)])])


def test_a_reference_is_spelled_as_a_macro() -> None:
    assert str(Ref("c0", ("items", 49, "id"))) == "$result[c0][items][49][id]"
