"""The scan by ids: every row once, in order, in few requests, whatever happens meanwhile."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from math import ceil
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from b24orm.errors import ApiError
from b24orm.facts import load
from b24orm.plan.calls import Ask, Outcome
from b24orm.plan.listing import Listing
from b24orm.plan.steps.ahead import WINDOW
from b24orm.plan.steps.keyset import KeysetScan
from b24orm.schema import EntitySchema
from tests.plan.fake_portal import FakePortal, Table, drive

QUICK = settings(max_examples=60, derandomize=True, deadline=None, phases=[Phase.explicit, Phase.generate])

DEAL, INVOICE = load("Deal"), load("SmartInvoice")
SCHEMAS = pytest.mark.parametrize("schema", [DEAL, INVOICE], ids=["classic", "orm"])
BOTH_WAYS = pytest.mark.parametrize("descending", [False, True], ids=["up", "down"])


def scan(schema: EntitySchema, **options: Any) -> KeysetScan:
    return KeysetScan(Listing(schema), **options)


def brute(
    ids: list[int], *, lower: int | None = None, upper: int | None = None, descending: bool = False, **_: Any
) -> list[int]:
    """The rows that are wanted, the slow way."""
    inside = [key for key in ids if (lower is None or key > lower) and (upper is None or key <= upper)]
    return sorted(inside, reverse=descending)


# -- tables ------------------------------------------------------------------------------

SIZES = st.integers(0, 400) | st.sampled_from([49, 50, 51, 2_499, 2_551, 6_000])
STARTS = st.sampled_from([1, 2, 1_000, 2**31 - 40_000])


@st.composite
def dense(draw: st.DrawFn) -> list[int]:
    first = draw(STARTS)
    return list(
        range(first, first + draw(st.integers(0, 400) | st.sampled_from([49, 50, 51, 2_499, 2_551, 6_000])))
    )


@st.composite
def sparse(draw: st.DrawFn) -> list[int]:
    first, step, size = draw(STARTS), draw(st.integers(2, 90)), draw(st.integers(1, 400))
    return list(range(first, min(first + step * size, 2**31), step))


@st.composite
def scattered(draw: st.DrawFn) -> list[int]:
    return sorted(draw(st.sets(st.integers(1, 2**31), max_size=60)))


@st.composite
def clustered(draw: st.DrawFn) -> list[int]:
    found: set[int] = set()
    for _ in range(draw(st.integers(1, 5))):
        first = draw(st.integers(1, 2**31))
        found.update(range(first, first + draw(st.integers(1, 700)), draw(st.integers(1, 3))))
    return sorted(found)


SIZES = st.sampled_from([(), (1,), (7, 50), (1, 2, 3, 49, 50)])
"""Commands that a question may hold, as whoever runs a scan chooses them anew each time."""

TABLES = st.one_of(dense(), sparse(), scattered(), clustered())


@st.composite
def bounds(draw: st.DrawFn, ids: list[int]) -> dict[str, Any]:
    edges = st.none() | st.sampled_from([*ids[:3], *ids[-3:], 0, 1, 2**31]) | st.integers(0, 2**31)
    return {"lower": draw(edges), "upper": draw(edges), "descending": draw(st.booleans())}


@SCHEMAS
@QUICK
@given(data=st.data())
def test_every_row_comes_once_and_in_order(schema: EntitySchema, data: st.DataObject) -> None:
    ids = data.draw(TABLES)
    options = data.draw(bounds(ids))
    places, sizes = data.draw(st.integers(1, 8)), data.draw(SIZES)
    portal = FakePortal(schema, Table(list(ids)))

    run = drive(scan(schema, **options), portal, Random(1), places=places, sizes=sizes)

    assert run.ids == brute(ids, **options)


@SCHEMAS
@QUICK
@given(data=st.data())
def test_a_limited_scan_begins_with_the_rows_wanted(schema: EntitySchema, data: st.DataObject) -> None:
    ids = data.draw(TABLES)
    options = data.draw(bounds(ids))
    limit = data.draw(st.integers(1, 300) | st.sampled_from([2_500, 4_999, 5_001]))

    run = drive(scan(schema, limit=limit, **options), FakePortal(schema, Table(list(ids))), Random(1))

    assert run.ids[:limit] == brute(ids, **options)[:limit]


@SCHEMAS
@QUICK
@given(data=st.data())
def test_rows_that_stay_are_returned_once_while_others_come_and_go(
    schema: EntitySchema, data: st.DataObject
) -> None:
    ids = data.draw(TABLES.filter(bool))
    descending = data.draw(st.booleans())
    random, ever, gone = Random(data.draw(st.integers(0, 99))), set(ids), set[int]()

    def churn(table: Table) -> None:
        if table.ids and random.random() < 0.3:
            gone.add(key := random.choice(table.ids))
            table.delete(key)
        if random.random() < 0.3:
            key = max(ever) + 1 if random.random() < 0.7 else random.randint(min(ids), max(ever))
            if key not in gone:
                ever.add(key)
                table.insert(key)

    portal = FakePortal(schema, Table(list(ids)), between=churn)
    run = drive(scan(schema, descending=descending), portal, random, sizes=data.draw(SIZES))

    assert run.ids == sorted(set(run.ids), reverse=descending)
    assert set(ids) - gone <= set(run.ids) <= ever


@SCHEMAS
@pytest.mark.parametrize("collapse", [True, False], ids=["short pages", "repeated rows"])
@QUICK
@given(data=st.data())
def test_a_filter_that_joins_neither_loses_nor_repeats_rows(
    schema: EntitySchema, collapse: bool, data: st.DataObject
) -> None:
    ids = data.draw(TABLES)
    options = data.draw(bounds(ids))
    limit = data.draw(st.none() | st.integers(1, 300))
    table = Table(list(ids), copies=lambda key: 1 + key % 3)
    flow = scan(schema, joins=True, limit=limit, **options)

    run = drive(flow, FakePortal(schema, table, collapse=collapse), Random(1))

    assert run.ids[:limit] == brute(ids, **options)[:limit]


# -- what it costs ---------------------------------------------------------------------------


@SCHEMAS
@BOTH_WAYS
@pytest.mark.parametrize("size", [0, 1, 49, 50, 51, 2_500, 2_501, 50_000])
def test_a_dense_table_takes_a_request_for_2500_rows(
    schema: EntitySchema, descending: bool, size: int
) -> None:
    portal = FakePortal(schema, Table(list(range(1, size + 1))))

    run = drive(scan(schema, descending=descending), portal, Random(1))

    assert (len(run.ids), run.asks <= ceil(size / 2_500) + 2) == (size, True)


@SCHEMAS
@BOTH_WAYS
@pytest.mark.parametrize("size", [50, 2_500, 20_000])
def test_with_nine_ids_of_ten_missing_it_takes_at_most_twice_as_many(
    schema: EntitySchema, descending: bool, size: int
) -> None:
    portal = FakePortal(schema, Table(Random(1).sample(range(1, 10 * size + 1), size)))
    portal.table.ids.sort()

    run = drive(scan(schema, descending=descending), portal, Random(1))

    assert (len(run.ids), run.asks <= 2 * (ceil(size / 2_500) + 2)) == (size, True)


@SCHEMAS
@BOTH_WAYS
def test_a_great_hole_is_jumped_over(schema: EntitySchema, descending: bool) -> None:
    ids = [*range(1, 2_501), *range(2**31 - 2_500, 2**31)]

    run = drive(scan(schema, descending=descending), FakePortal(schema, Table(ids)), Random(1))

    assert (len(run.ids), run.asks <= 2 * (2 + 2)) == (5_000, True)


@pytest.mark.parametrize("limit", [1, 50, 51, 120, 2_500])
def test_a_limited_scan_takes_one_request(limit: int) -> None:
    portal = FakePortal(DEAL, Table(list(range(1, 9_000))))

    assert drive(scan(DEAL, limit=limit), portal, Random(1)).asks == 1


def test_a_limited_scan_asks_for_no_more_pages_than_it_needs() -> None:
    portal = FakePortal(DEAL, Table(list(range(1, 9_000))))
    drive(scan(DEAL, limit=120), portal, Random(1))

    assert portal.commands == 3


UNEVEN = pytest.mark.parametrize(
    "ids",
    [
        list(range(1, 150_000)),
        [*range(1, 400_000, 40), *range(400_000, 550_000)],
        [*range(1, 60), *range(1_000_000, 1_150_000)],
        [*range(1, 6_000_000, 100_000), *range(6_000_000, 6_150_000)],
        [*range(1, 100_000, 1_000), *range(100_000, 240_000), *range(240_000, 10_000_000, 1_000)],
    ],
    ids=["dense", "denser at the end", "behind a hole", "behind a desert", "between deserts"],
)


@UNEVEN
def test_few_rows_wait_for_their_turn(ids: list[int]) -> None:
    run = drive(scan(DEAL), FakePortal(DEAL, Table(ids)), _NewestFirst(1), slow=True)

    assert run.waiting <= WINDOW + 2_500


@pytest.mark.parametrize(("slow", "places", "most"), [(0, 4, 4), (0, 6, 6), (0, 40, 24), (1, 60, 48)])
def test_a_long_scan_asks_for_more_at_once_while_its_window_keeps_it_waiting(
    slow: int, places: int, most: int
) -> None:
    portal = FakePortal(DEAL, Table(list(range(1, 800_000))))
    run = drive(scan(DEAL), portal, Random(1), places=places, slow=bool(slow))

    assert run.under_way == most


@pytest.mark.parametrize(("characters", "most"), [(0, 24), (2_000, 5), (50_000, 3)])  # one looks ahead
def test_the_wider_the_rows_the_fewer_are_under_way(characters: int, most: int) -> None:
    portal = FakePortal(DEAL, Table(list(range(1, 400_000))), text="x" * characters)
    run = drive(scan(DEAL), portal, Random(1), places=40)

    assert run.under_way == most


@pytest.mark.parametrize(("step", "asked"), [(1, 1 + 4), (10, 1)], ids=["dense", "sparse"])
def test_stretches_that_a_look_ahead_cannot_change_are_asked_for_beside_it(step: int, asked: int) -> None:
    flow, portal = scan(DEAL), FakePortal(DEAL, Table(list(range(step, 400_000, step))))
    (probe,) = flow.asks(40)
    flow.receive(probe, portal.answer(probe))

    assert len(flow.asks(40)) == asked


def test_a_long_scan_does_not_read_further_ahead_for_want_of_places() -> None:
    flow, portal = scan(DEAL), FakePortal(DEAL, Table(list(range(1, 400_000))))
    under_way: deque[Ask] = deque()
    for _ in range(40):
        under_way += flow.asks(4 - len(under_way))
        ask = under_way.popleft()
        flow.receive(ask, portal.answer(ask))
        list(flow.pages())

    assert len(under_way) + len(flow.asks(40)) == 12


@UNEVEN
def test_an_uneven_table_takes_at_most_twice_as_many_requests(ids: list[int]) -> None:
    run = drive(scan(DEAL), FakePortal(DEAL, Table(ids)), Random(1))

    assert (len(run.ids), run.asks <= 2 * (ceil(len(ids) / 2_500) + 2)) == (len(ids), True)


@pytest.mark.parametrize(
    "ids",
    [
        list(range(1, 50_001)),
        list(range(10, 500_001, 10)),
        sorted(Random(1).sample(range(1, 500_001), 50_000)),
        sorted(Random(2).sample(range(1, 70_001), 50_000)),
        sorted(Random(3).sample(range(1, 2**31), 50_000)),
    ],
    ids=["dense", "every tenth", "one in ten", "seven in ten", "scattered"],
)
def test_a_long_scan_costs_the_server_hardly_more_than_its_pages(ids: list[int]) -> None:
    portal = FakePortal(DEAL, Table(ids))
    run = drive(scan(DEAL), portal, Random(1), places=40)

    assert (run.ids == ids, portal.commands <= 1.05 * len(ids) / 50) == (True, True)


@pytest.mark.parametrize("step", [1, 1_000], ids=["dense", "sparse"])
@pytest.mark.parametrize("rows", [1, 50, 51, 99])
def test_the_first_and_the_last_page_are_all_of_a_short_list(rows: int, step: int) -> None:
    ids = list(range(step, rows * step + 1, step))
    portal = FakePortal(DEAL, Table(ids))
    run = drive(scan(DEAL), portal, Random(1))

    assert (run.ids, run.asks, portal.commands) == (ids, 1, 2)


@pytest.mark.parametrize("rows", [101, 150, 151, 2_600, 2_601, 7_000])
def test_a_dense_list_is_read_without_a_page_too_many(rows: int) -> None:
    portal = FakePortal(DEAL, Table(list(range(1, rows + 1))))
    drive(scan(DEAL), portal, Random(1))

    assert portal.commands == -(-rows // 50)


@pytest.mark.parametrize("rows", [300, 500, 1_000, 2_000])
def test_a_short_list_with_holes_costs_hardly_more_than_its_pages(rows: int) -> None:
    costs = []
    for seed in range(30):
        ids = sorted(Random(seed).sample(range(1, rows * 100), rows + seed))
        portal = FakePortal(DEAL, Table(ids))
        drive(scan(DEAL), portal, Random(1))
        costs.append(portal.commands / (len(ids) // 50 + 1))  # a full page does not tell that it is the last

    assert sum(costs) / len(costs) <= 1.055


@QUICK
@given(data=st.data())
def test_a_scan_keeps_to_its_bound_of_requests(data: st.DataObject) -> None:
    clusters = data.draw(
        st.lists(st.tuples(st.integers(1, 2**31), st.integers(1, 4_000), st.integers(1, 3)), max_size=6)
    )
    ids = sorted({key for first, width, step in clusters for key in range(first, first + width, step)})
    run = drive(scan(DEAL), FakePortal(DEAL, Table(ids)), Random(data.draw(st.integers(0, 99))))

    assert run.asks <= 2 * -(-len(ids) // 2_500) + 4 * (len(clusters) + 1)  # the survey finds the holes


class _NewestFirst(Random):
    """Answers the oldest question as late as can be."""

    def randrange(self, start: int, *_: Any, **__: Any) -> int:  # type: ignore[override]
        return start - 1


# -- errors ------------------------------------------------------------------------------------


def test_an_error_ends_the_scan() -> None:
    flow = scan(DEAL)
    (ask,) = flow.asks(1)
    refused: list[Outcome] = [ApiError("", "Access denied.", method=call.method) for call in ask.calls]

    with pytest.raises(ApiError, match="Access denied"):
        flow.receive(ask, refused)


def test_the_error_behind_a_short_page_of_a_halted_chain_is_no_error() -> None:
    flow = scan(INVOICE, limit=200)
    (ask,) = flow.asks(1)
    portal = FakePortal(INVOICE, Table(list(range(1, 61))))
    flow.receive(ask, portal.answer(ask))

    assert sum(len(page) for page in flow.pages()) == 60


def test_a_chain_refers_to_the_last_row_of_the_page_before() -> None:
    (ask,) = scan(DEAL, limit=120).asks(1)

    assert [str(call.params["filter"][">ID"]) for call in ask.calls[1:]] == [
        "$result[c0][49][ID]",
        "$result[c1][49][ID]",
    ]


def test_only_chains_of_controllers_halt_at_an_error() -> None:
    asks: list[Ask] = [scan(schema, limit=120).asks(1)[0] for schema in (DEAL, INVOICE)]

    assert [ask.halt for ask in asks] == [False, True]


def test_a_scan_keeps_the_conditions_of_its_listing() -> None:
    listing = replace(Listing(DEAL), filter={"=STAGE_ID": "WON"})
    (ask,) = KeysetScan(listing, lower=5).asks(1)

    assert [call.params["filter"] for call in ask.calls] == [{"=STAGE_ID": "WON", ">ID": 5}] * 2


# -- how many rows there will be ------------------------------------------------------------------


def begun(flow: KeysetScan, portal: FakePortal, questions: int) -> int | None:
    """What a scan says of its rows after so many answers."""
    waiting: list[Ask] = []
    for _ in range(questions):
        waiting += flow.asks(6 - len(waiting))
        for _ in flow.pages():
            pass
        ask = waiting.pop(0)
        flow.receive(ask, portal.answer(ask))
    return flow.about


def test_before_the_first_answer_nothing_is_known_of_the_number_of_rows() -> None:
    assert scan(DEAL).about is None


@BOTH_WAYS
@pytest.mark.parametrize("step", [1, 3, 10])
@pytest.mark.parametrize("questions", [1, 2, 5])
def test_it_is_about_the_ids_that_are_left_as_dense_as_those_that_were_seen(
    questions: int, step: int, *, descending: bool
) -> None:
    portal = FakePortal(DEAL, Table(list(range(1, 30_000 * step, step))))
    about = begun(scan(DEAL, descending=descending), portal, questions)

    assert about == pytest.approx(30_000, rel=0.03)


def test_a_hole_that_was_found_holds_no_rows() -> None:
    table = Table([*range(1, 20_001), *range(1_000_001, 1_020_001)])
    about = begun(scan(DEAL), FakePortal(DEAL, table), 2)

    assert about is not None
    assert about < 200_000


def test_no_more_rows_are_expected_than_are_wanted() -> None:
    portal = FakePortal(DEAL, Table(list(range(1, 30_001))))

    assert begun(scan(DEAL, limit=7_000), portal, 2) == 7_000


def test_at_the_end_it_is_the_number_of_rows() -> None:
    flow = scan(DEAL)
    run = drive(flow, FakePortal(DEAL, Table(list(range(1, 9_001, 2)))), Random(1))

    assert flow.about == len(run.ids)
