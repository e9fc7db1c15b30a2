"""A portal that answers something else than it was asked for: an error, never a list with holes or doubles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Final

import pytest

from b24orm.errors import Incomplete, ServerFailure
from b24orm.facts import load
from b24orm.plan.calls import Ask, Call, Outcome, Reply
from b24orm.plan.compiler import compile_query
from b24orm.plan.flow import Flow
from b24orm.plan.listing import Listing
from b24orm.plan.steps.by_cursor import ByCursor
from b24orm.plan.steps.by_ids import ByIds
from b24orm.plan.steps.keyset import KeysetScan
from b24orm.plan.steps.offset import OffsetPages
from b24orm.plan.steps.order import check_order, identified
from b24orm.plan.steps.tail import TailScan
from b24orm.plan.steps.until_empty import UntilEmpty
from b24orm.plan.steps.windows import WindowScan
from b24orm.query.nodes import Query
from b24orm.schema import EntitySchema
from tests.plan.fake_portal import FakePortal, Table, drive

DEAL, INVOICE, LOG = load("Deal"), load("SmartInvoice"), load("EventLogRecord")
SCHEMAS: Final = pytest.mark.parametrize("schema", [DEAL, INVOICE], ids=["classic", "orm"])
BOTH_WAYS: Final = pytest.mark.parametrize("descending", [False, True], ids=["up", "down"])
IDS: Final = list(range(1, 7_001, 2))

Twist = Callable[[Sequence[int]], Sequence[int]]


@dataclass
class Twisted(FakePortal):
    """A portal that does something to each page.

    Attributes:
        twist: makes other ids of those of a page.
        deaf: beginnings of the filter keys that it does not heed.
    """

    twist: Twist = field(default=lambda ids: ids)
    deaf: tuple[str, ...] = ()

    def _reply(self, ids: Sequence[int], total: int | None, after: int | None) -> Reply:
        return super()._reply(self.twist(ids), total, after)

    def _command(self, call: Call, results: Any) -> Outcome:
        heard = {k: v for k, v in call.params.get("filter", {}).items() if not k.startswith(self.deaf)}
        heeded = replace(call, params={**call.params, "filter": heard}) if self.deaf else call
        return super()._command(heeded, results)


def run(flow: Flow, portal: FakePortal) -> list[int]:
    return drive(flow, portal, Random(1)).ids


# -- scans by id -------------------------------------------------------------------------------

TWISTS: dict[str, Twist] = {
    "backwards": lambda ids: ids[::-1],
    "mixed up": lambda ids: Random(len(ids)).sample(ids, len(ids)),
    "twice": lambda ids: [*ids, *ids],
    "the last one twice": lambda ids: [*ids, *ids[-1:]],
    "ten a page": lambda ids: ids[:10],
}


@SCHEMAS
@BOTH_WAYS
@pytest.mark.parametrize("twist", TWISTS)
def test_a_scan_does_not_take_a_page_that_is_not_what_it_asked_for(
    schema: EntitySchema, descending: bool, twist: str
) -> None:
    portal = Twisted(schema, Table(IDS), collapse=False, twist=TWISTS[twist])

    with pytest.raises(Incomplete, match=schema.list.name if schema.list else ""):
        run(KeysetScan(Listing(schema), descending=descending), portal)


@SCHEMAS
@pytest.mark.parametrize("twist", [name for name in TWISTS if name != "ten a page"])
def test_nor_does_a_scan_for_a_few_rows(schema: EntitySchema, twist: str) -> None:
    portal = Twisted(schema, Table(IDS), collapse=False, twist=TWISTS[twist])

    with pytest.raises(Incomplete):
        run(KeysetScan(Listing(schema), limit=300), portal)


@SCHEMAS
@BOTH_WAYS
@pytest.mark.parametrize("deaf", [(">", "<"), ("<",), (">",)], ids=["bounds", "upper", "lower"])
def test_a_scan_notices_that_its_bounds_are_not_heeded(
    schema: EntitySchema, descending: bool, deaf: tuple[str, ...]
) -> None:
    portal = Twisted(schema, Table(list(range(1, 7_001))), deaf=deaf)
    scan = KeysetScan(Listing(schema), lower=100, upper=6_000, descending=descending)

    with pytest.raises(Incomplete):
        run(scan, portal)


@SCHEMAS
@BOTH_WAYS
def test_rows_inserted_behind_a_short_first_page_are_no_fault(schema: EntitySchema, descending: bool) -> None:
    def insert(table: Table) -> None:
        for key in range(1_000, 1_200):
            table.insert(key)
        for key in range(1, 101):
            table.insert(key)
        portal.between = lambda table: None

    def once(table: Table) -> None:
        portal.between = insert

    stable = list(range(500, 530))
    portal = FakePortal(schema, Table(list(stable)), between=once)

    found = run(KeysetScan(Listing(schema), descending=descending), portal)

    assert [key for key in found if key in stable] == sorted(stable, reverse=descending)
    assert len(set(found)) == len(found)


def sized(size: int) -> FakePortal:
    """A portal with so many rows in a page."""
    portal = FakePortal(DEAL, Table(IDS))
    portal._page = lambda found, start: portal._reply(found.rows(0, size), 0, None)  # type: ignore[method-assign]
    return portal


@pytest.mark.parametrize("size", [51, 60, 100, 500])
def test_pages_that_hold_more_rows_than_known_are_not_taken(size: int) -> None:
    with pytest.raises(Incomplete, match=r"crm\.deal\.list answered other rows"):
        run(KeysetScan(Listing(DEAL)), sized(size))


def test_pages_of_the_size_that_is_known_are() -> None:
    assert run(KeysetScan(Listing(DEAL)), sized(50)) == IDS


@BOTH_WAYS
def test_the_first_rows_are_the_first(descending: bool) -> None:
    query = Query(DEAL, stop=10)
    query = replace(query, order=Listing(DEAL).by_id(descending=descending))
    flow = compile_query(query).flow()
    (ask,) = flow.asks(1)
    page = [{"ID": str(number)} for number in (range(1, 51) if descending else range(50, 0, -1))]

    with pytest.raises(Incomplete):
        flow.receive(ask, [Reply(page)])


@pytest.mark.parametrize(
    ("ids", "fine"),
    [
        (["1", "2", "10"], True),
        (["9", "10", "11"], True),
        (["10", "9"], False),
        (["10", "11", "11"], False),
        ([9, "10", 11], True),
        ([9, "8"], False),
        (["10", "x1", "12"], None),
        (["10", "12", None], None),
    ],
    ids=str,
)
def test_ids_are_compared_as_numbers_however_they_are_spelled(ids: list[Any], fine: bool | None) -> None:
    page = [{"ID": key} for key in ids]
    if fine:
        check_order(Listing(DEAL), page, None, None)
        return
    with pytest.raises(ServerFailure if fine is None else Incomplete):
        check_order(Listing(DEAL), page, None, None)


def test_downwards_the_greatest_id_comes_first() -> None:
    page = [{"ID": key} for key in ("12", "11", "11", "9")]

    check_order(Listing(DEAL), page, -13, -9, descending=True, repeats=True)


# -- rows without an id --------------------------------------------------------------------------

ROWS: list[Any] = [
    None,
    5,
    [1],
    {},
    {"ID": None, "id": None},
    {"ID": "abc", "id": "abc"},
    {"ID": [1], "id": [1]},
]


def call(start: int) -> Call:
    return Listing(DEAL).call(start=start)


FLOWS: dict[str, Callable[[], Flow]] = {
    "keyset": lambda: KeysetScan(Listing(DEAL)),
    "few": lambda: KeysetScan(Listing(DEAL), limit=60),
    "ids": lambda: ByIds(Listing(DEAL), [1, 2, 3]),
    "offset": lambda: OffsetPages(call, identify=Listing(DEAL).id_of),
    "until empty": lambda: UntilEmpty(call, identify=Listing(DEAL).id_of),
    "cursor": lambda: ByCursor(call, Listing(DEAL).id_of),
    "windows": lambda: WindowScan(Listing(LOG)),
    "tail": lambda: TailScan(Listing(LOG), limit=60),
}


@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_row_without_an_id_is_an_error_of_ours(flow: str, row: Any) -> None:
    made = FLOWS[flow]()
    (ask,) = made.asks(1)

    with pytest.raises((ServerFailure, Incomplete)):
        made.receive(ask, [Reply(wrapped(asked, [row]), 1) for asked in ask.calls])
        list(made.pages())


@pytest.mark.parametrize(
    "row", [row for row in ROWS if not isinstance(row, dict) or row.get("ID") == [1]], ids=str
)
def test_a_row_without_an_identity_is_an_error_of_ours(row: Any) -> None:
    with pytest.raises(ServerFailure, match="NO_ID"):
        identified([row], lambda row: row["ID"], "crm.deal.list")


def wrapped(asked: Call, rows: list[Any]) -> Any:
    result: Any = rows
    for part in reversed(asked.envelope):
        result = {part: result}
    return result


# -- other steps -----------------------------------------------------------------------------------


def test_rows_that_were_not_asked_for_by_id_are_not_taken() -> None:
    flow = ByIds(Listing(DEAL), [7, 8])
    (ask,) = flow.asks(1)

    with pytest.raises(Incomplete):
        flow.receive(ask, [Reply([{"ID": "7"}, {"ID": "9"}])])


def test_a_cursor_that_repeats_some_rows_is_noticed() -> None:
    flow = ByCursor(call, lambda row: int(row["id"]))
    for page in ([9, 8, 7],):
        flow.receive(*asked(flow, page))

    with pytest.raises(Incomplete):
        flow.receive(*asked(flow, [7, 6, 5]))


def asked(flow: Flow, page: list[int]) -> tuple[Ask, list[Outcome]]:
    (ask,) = flow.asks(1)
    return ask, [Reply([{"id": number} for number in page])]


def test_more_rows_than_the_total_are_noticed() -> None:
    flow = OffsetPages(call)
    (ask,) = flow.asks(1)
    flow.receive(ask, [Reply([{"ID": "1"}] * 12, 6)])

    with pytest.raises(Incomplete):
        list(flow.pages())


@BOTH_WAYS
@pytest.mark.parametrize("make", [WindowScan, TailScan])
def test_scans_of_rest_3_take_nothing_in_another_order(make: Any, descending: bool) -> None:
    flow = make(Listing(LOG), descending=descending)
    (ask,) = flow.asks(1)
    page = [{"id": number} for number in (range(1, 11) if descending else range(10, 0, -1))]

    with pytest.raises(Incomplete):
        flow.receive(ask, [Reply(wrapped(asked, page)) for asked in ask.calls])
