"""Pages by offset: whole or refused, never with holes or doubles."""

from __future__ import annotations

from math import ceil
from random import Random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from b24orm.errors import ApiError, Incomplete
from b24orm.facts import load
from b24orm.plan.calls import Ask, Call, Reply
from b24orm.plan.listing import Listing
from b24orm.plan.steps.offset import OffsetPages
from b24orm.schema import EntitySchema
from tests.plan.fake_portal import FakePortal, Run, Table, drive

QUICK = settings(max_examples=100, derandomize=True, deadline=None)

DEAL, INVOICE = load("Deal"), load("SmartInvoice")
SCHEMAS = pytest.mark.parametrize("schema", [DEAL, INVOICE], ids=["classic", "controller"])


def pages(schema: EntitySchema, **options: Any) -> OffsetPages:
    listing = Listing(schema)

    def call(start: int) -> Call:
        return listing.call(order=listing.by_id(), start=start)

    return OffsetPages(call, identify=listing.id_of, **options)


def read(portal: FakePortal, seed: int = 1, **options: Any) -> Run:
    return drive(pages(portal.schema, **options), portal, Random(seed))


@SCHEMAS
@QUICK
@given(size=st.integers(0, 400), start=st.integers(0, 450), stop=st.none() | st.integers(1, 450))
@example(size=0, start=50, stop=101)
def test_a_slice_is_python_s(schema: EntitySchema, size: int, start: int, stop: int | None) -> None:
    if stop is not None and stop <= start:
        stop = start + 1
    ids = list(range(1, size + 1))

    assert read(FakePortal(schema, Table(ids)), start=start, stop=stop).ids == ids[start:stop]


@SCHEMAS
@pytest.mark.parametrize("size", [0, 1, 49, 50, 51, 2_500, 2_551, 20_000])
def test_the_whole_takes_a_request_for_2500_rows_and_one_more(schema: EntitySchema, size: int) -> None:
    run = read(FakePortal(schema, Table(list(range(size)))))

    assert (len(run.ids), run.asks) == (size, 1 + ceil(max(0, size - 50) / 2_500))


@SCHEMAS
@QUICK
@given(
    size=st.integers(1, 400),
    moment=st.integers(0, 12),
    change=st.integers(1, 60),
    inserted=st.booleans(),
    seed=st.integers(0, 99),
)
@example(size=400, moment=0, change=1, inserted=True, seed=0)
@example(size=400, moment=9, change=1, inserted=False, seed=0)
def test_rows_that_shift_are_noticed(
    schema: EntitySchema, size: int, moment: int, change: int, inserted: bool, seed: int
) -> None:
    commands, random, gone = 0, Random(seed), set[int]()
    ids = [2 * number for number in range(1, size + 1)]

    def shift(table: Table) -> None:
        nonlocal commands
        commands += 1
        if commands != moment:
            return
        for _ in range(change):
            if inserted:
                table.insert(random.randrange(0, 2 * size + 2))
            elif table.ids:
                gone.add(key := random.choice(table.ids))
                table.delete(key)

    portal = FakePortal(schema, Table(list(ids)), between=shift)
    try:
        run = read(portal, seed)
    except Incomplete:
        assert 0 < moment <= commands  # where nothing shifts, nothing is refused
        return

    assert (run.ids == sorted(set(run.ids)), set(ids) - gone <= set(run.ids)) == (True, True)


def test_a_row_that_comes_twice_is_noticed_though_the_total_stays() -> None:
    flow = pages(DEAL)
    answer(flow, [rows(range(1, 51))], total=60)
    answer(flow, [rows(range(50, 60))], total=60)

    with pytest.raises(Incomplete, match="inserted or deleted"):
        list(flow.pages())


def test_a_page_that_came_out_short_is_noticed_though_the_total_stays() -> None:
    flow = pages(DEAL)
    answer(flow, [rows(range(1, 51))], total=60)
    answer(flow, [rows(range(51, 60))], total=60)

    with pytest.raises(Incomplete):
        list(flow.pages())


def test_a_short_page_within_a_slice_is_noticed() -> None:
    flow = pages(DEAL, stop=100)
    answer(flow, [rows(range(1, 50)), rows(range(51, 101))], total=300)

    with pytest.raises(Incomplete):
        list(flow.pages())


def test_another_total_is_noticed_at_once() -> None:
    flow = pages(DEAL)
    answer(flow, [rows(range(1, 51))], total=60)

    with pytest.raises(Incomplete):
        answer(flow, [rows(range(51, 61))], total=61)


def test_without_an_identity_equal_rows_are_kept() -> None:
    flow = OffsetPages(lambda start: Call("some.list", {"start": start}))
    answer(flow, [[{"NAME": "a"}] * 3], total=3)

    assert list(flow.pages()) == [[{"NAME": "a"}] * 3]


def test_a_total_of_nothing_beside_rows_is_no_total() -> None:
    flow = pages(DEAL)
    answer(flow, [rows([1, 2])], total=0)

    assert (list(flow.pages()), flow.done) == ([rows([1, 2])], True)


def test_further_pages_without_a_total_are_not_lost_silently() -> None:
    flow = pages(DEAL)
    (ask,) = flow.asks(1)

    with pytest.raises(Incomplete, match="no total"):
        flow.receive(ask, [Reply(rows(range(50)), total=None, next=50)])


def test_what_is_expected_is_known_after_the_first_page() -> None:
    flow = pages(DEAL)
    before = flow.expected
    answer(flow, [rows(range(50))], total=1_234)

    assert (before, flow.expected) == (None, 1_234)


def test_an_error_ends_the_reading() -> None:
    flow = pages(DEAL)
    (ask,) = flow.asks(1)

    with pytest.raises(ApiError, match="Access denied"):
        flow.receive(ask, [ApiError("", "Access denied.")])


def test_pages_far_ahead_wait_until_somebody_takes_the_first() -> None:
    flow = pages(DEAL)
    answer(flow, [rows(range(50))], total=10**6)
    commands = sum(len(ask.calls) for ask in flow.asks(100))

    assert commands <= 24 * 50


def rows(ids: Any) -> list[dict[str, Any]]:
    return [{"ID": str(key)} for key in ids]


def answer(flow: OffsetPages, found: list[list[dict[str, Any]]], total: int) -> None:
    """Answers the next question of a flow."""
    (ask,) = flow.asks(1)
    assert isinstance(ask, Ask)
    flow.receive(ask, [Reply(page, total=total) for page in found])
