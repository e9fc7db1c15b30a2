"""``get_all``: every row once, in the order asked, equals kept, whatever the method's paging."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from b24orm import Portal
from b24orm.emulator import Churn, LocalPortal
from b24orm.emulator.answers import Answer, Call, Cost
from b24orm.errors import ApiError, Incomplete, InvalidValue
from tests.conftest import Connect, Serve
from tests.portal.conftest import Ask

LISTS: list[tuple[str, dict[str, Any], str, str]] = [
    ("crm.deal.list", {}, "deal", "ID"),
    ("crm.deal.list", {"select": ["ID", "TITLE"]}, "deal", "ID"),
    ("crm.deal.list", {"select": ["TITLE"]}, "deal", "ID"),
    ("crm.deal.list", {"SELECT": ["*", "UF_*"], "FILTER": {}}, "deal", "ID"),
    ("CRM.Deal.List", {}, "deal", "ID"),
    ("crm.lead.list", {}, "lead", "ID"),
    ("crm.item.list", {"entityTypeId": 31}, "smart_invoice", "id"),
    ("crm.item.list", {"entityTypeId": 31, "select": ["id"]}, "smart_invoice", "id"),
    ("crm.item.list", {"entityTypeId": 2}, "deal", "id"),
    ("tasks.task.list", {}, "task", "id"),
    ("tasks.task.list", {"select": ["ID", "TITLE"]}, "task", "id"),
    ("user.get", {}, "user", "ID"),
    ("department.get", {}, "department", "ID"),
    ("crm.status.list", {}, "status", "ID"),
    ("crm.currency.list", {}, "currency", "CURRENCY"),
]


@pytest.mark.parametrize(("method", "params", "table", "key"), LISTS)
async def test_every_row_comes_exactly_once(
    shop: LocalPortal, ask: Ask, method: str, params: dict[str, Any], table: str, key: str
) -> None:
    found = [str(row[key]) for row in await ask("get_all", method, params)]
    assert sorted(found) == sorted(str(number) for number in shop.store.ids(table))


async def test_rows_are_as_the_method_answers_them(ask: Ask) -> None:
    params = {"filter": {"<ID": 20}, "select": ["ID", "TITLE", "OPPORTUNITY", "DATE_CREATE"]}
    rows = await ask("call", "crm.deal.list", params)
    assert await ask("get_all", "crm.deal.list", params) == sorted(rows, key=lambda row: int(row["ID"]))


async def test_parameters_are_left_as_they_were(ask: Ask) -> None:
    params = {"filter": {">ID": 300}, "select": ["ID"], "order": {"ID": "DESC"}}
    await ask("get_all", "crm.deal.list", params)
    assert params == {"filter": {">ID": 300}, "select": ["ID"], "order": {"ID": "DESC"}}


@pytest.mark.parametrize(
    ("order", "sql"),
    [
        ({"ID": "DESC"}, '"ID" DESC'),
        ({"TITLE": "ASC", "ID": "ASC"}, '"TITLE", "ID"'),
        ({"OPPORTUNITY": "DESC", "ID": "DESC"}, '"OPPORTUNITY" DESC, "ID" DESC'),
    ],
)
async def test_the_order_asked_is_kept(shop: LocalPortal, ask: Ask, order: dict[str, str], sql: str) -> None:
    found = await ask("get_all", "crm.deal.list", {"order": order, "select": ["ID"]})
    assert [int(row["ID"]) for row in found] == [row["ID"] for row in shop.store.rows("deal", order=sql)]


@pytest.mark.parametrize(
    ("conditions", "where"),
    [
        ({"STAGE_ID": "WON"}, "STAGE_ID = 'WON'"),
        ({">ID": 100, "<=ID": 260}, "ID > 100 AND ID <= 260"),
        ({"@ID": list(range(1, 201))}, "ID <= 200"),
        ({">OPPORTUNITY": 200, "!STAGE_ID": "WON"}, "OPPORTUNITY > 200 AND STAGE_ID <> 'WON'"),
        ({"%TITLE": "1"}, "TITLE LIKE '%1%'"),
    ],
)
async def test_the_filter_asked_is_kept(
    shop: LocalPortal, ask: Ask, conditions: dict[str, Any], where: str
) -> None:
    found = await ask("get_all", "crm.deal.list", {"filter": conditions, "select": ["ID"]})
    assert sorted(int(row["ID"]) for row in found) == shop.store.ids("deal", where)


@pytest.mark.parametrize(
    ("conditions", "where"),
    [
        ({"logic": "OR", "0": {">id": 200}, "1": {"<id": 100}}, "ID > 200 OR ID < 100"),
        ({"logic": "OR", "stageId": "WON", "!stageId": "WON"}, "1"),
        ({"LOGIC": "OR", "0": {"stageId": "WON"}, "1": {"!stageId": "WON"}, "2": {">id": 9}}, "1"),
        (
            {"0": {"logic": "OR", "0": {">id": 200}, "1": {"<id": 100}}, "<id": 300},
            "(ID > 200 OR ID < 100) AND ID < 300",
        ),
    ],
)
def test_an_or_at_the_top_is_kept(
    shop: LocalPortal, plain: Portal, conditions: dict[str, Any], where: str
) -> None:
    asked = {"entityTypeId": 2, "filter": conditions, "select": ["id"]}
    found = [row["id"] for row in plain.get_all("crm.item.list", asked)]
    assert (sorted(found), len(found)) == (shop.store.ids("deal", where), len(set(found)))


@pytest.mark.parametrize("select", [["TITLE"], ("TITLE",), {"TITLE"}, {"0": "TITLE"}, {"5": "TITLE"}])
def test_what_is_selected_comes_however_it_is_listed(shop: LocalPortal, plain: Portal, select: Any) -> None:
    found = plain.get_all("crm.deal.list", {"select": select})
    assert [row["TITLE"] for row in found] == [row["TITLE"] for row in shop.store.rows("deal")]


@pytest.mark.parametrize("select", ["TITLE", 5])
def test_a_select_that_is_no_list_is_read_as_the_portal_reads_it(
    shop: LocalPortal, plain: Portal, select: Any
) -> None:
    found = plain.get_all("crm.deal.list", {"select": select})
    page = plain.call("crm.deal.list", {"select": select})
    assert (len(found), found[0].keys()) == (330, page[0].keys())


@pytest.mark.parametrize("start", [1, 49, 50, 60, "100", 329, 330, 1000])
@pytest.mark.parametrize("order", [{}, {"order": {"ID": "ASC"}}], ids=["no order", "by id"])
def test_a_start_begins_there(
    shop: LocalPortal, plain: Portal, start: int | str, order: dict[str, Any]
) -> None:
    found = plain.get_all("crm.deal.list", {"start": start, "select": ["ID"], **order})
    assert [int(row["ID"]) for row in found] == shop.store.ids("deal")[int(start) :]


@pytest.mark.parametrize("start", [0, -1, "-1", None, ""])
@pytest.mark.parametrize("more", [{}, {"order": {"TITLE": "ASC", "ID": "ASC"}}], ids=["no order", "by title"])
def test_a_start_that_asks_for_no_count_begins_with_the_first(
    shop: LocalPortal, plain: Portal, start: Any, more: dict[str, Any]
) -> None:
    found = plain.get_all("crm.deal.list", {"start": start, "select": ["ID"], **more})
    assert sorted(int(row["ID"]) for row in found) == shop.store.ids("deal")


@pytest.mark.parametrize("start", ["abc", "5.5", 5.5, [5], True])
def test_a_start_that_is_no_number_is_refused(shop: LocalPortal, plain: Portal, start: Any) -> None:
    before = shop.stats.requests
    with pytest.raises(InvalidValue, match=r"crm\.deal\.list: start is a number of rows to skip, not "):
        plain.get_all("crm.deal.list", {"start": start})
    assert shop.stats.requests == before


async def test_nothing_is_an_empty_list(ask: Ask) -> None:
    assert await ask("get_all", "crm.deal.list", {"filter": {"TITLE": "no such title"}}) == []


async def test_seven_pages_by_offset_are_two_requests(shop: LocalPortal, ask: Ask) -> None:
    before = shop.stats.requests
    await ask("get_all", "crm.deal.list", {"order": {"TITLE": "ASC", "ID": "ASC"}, "select": ["ID"]})
    assert shop.stats.requests - before == 2


async def test_an_error_of_the_method_is_raised(ask: Ask) -> None:
    with pytest.raises(ApiError, match="INVALID_ARG_VALUE|not allowed"):
        await ask("get_all", "crm.item.list", {"entityTypeId": 31, "filter": {"noSuchField": 1}})


@pytest.mark.parametrize("params", ["ID=1", ["ID"], 5])
async def test_parameters_of_a_wrong_shape_are_refused(shop: LocalPortal, ask: Ask, params: Any) -> None:
    before = shop.stats.requests
    with pytest.raises(InvalidValue):
        await ask("get_all", "crm.deal.list", params)
    assert shop.stats.requests == before


# -- methods that nobody knows ----------------------------------------------------------------


Envelope = Callable[[list[Any]], Any]


def paged(
    rows: list[Any], envelope: Envelope = lambda page: page, size: int = 50
) -> Callable[[Call], Answer]:
    """A list method over fixed rows with classic paging."""

    def handler(call: Call) -> Answer:
        start = (call.start or 0) // size * size
        page = rows[start : start + size]
        after = start + size
        return Answer(envelope(page), len(rows), after if after < len(rows) else None, Cost("page"))

    return handler


EQUALS = [{"NAME": f"n{number // 40}", "VALUE": "same"} for number in range(180)]
SCALARS = [number // 3 for number in range(170)]


@pytest.fixture
def strange(serve: Serve, join: Connect) -> tuple[LocalPortal, Portal]:
    """A portal to register methods of one's own at, and a connection to it."""
    portal = serve()
    return portal, join(portal)


@pytest.mark.parametrize("rows", [EQUALS, SCALARS], ids=["dicts", "numbers"])
@pytest.mark.parametrize("count", [0, 1, 50, 51, 150, 170])
def test_equal_rows_without_an_id_are_all_kept(
    strange: tuple[LocalPortal, Portal], rows: list[Any], count: int
) -> None:
    portal, client = strange
    portal.register("app.rows.list", paged(rows[:count]))
    assert client.get_all("app.rows.list") == rows[:count]


@pytest.mark.parametrize(
    "envelope",
    [
        lambda page: {"items": page},
        lambda page: {"rows": page},
        lambda page: {str(2 * number): row for number, row in enumerate(page)},
    ],
    ids=["items", "rows", "holes"],
)
def test_rows_are_found_in_any_envelope(strange: tuple[LocalPortal, Portal], envelope: Envelope) -> None:
    portal, client = strange
    portal.register("app.rows.list", paged(EQUALS, envelope))
    assert client.get_all("app.rows.list") == EQUALS


@pytest.mark.parametrize("size", [10, 20, 50, 100])
@pytest.mark.parametrize("start", [0, 50, 60, 75, 179, 180])
def test_pages_of_another_size_are_read_whole(
    strange: tuple[LocalPortal, Portal], size: int, start: int
) -> None:
    portal, client = strange
    portal.register("app.rows.list", paged(EQUALS, size=size))
    assert client.get_all("app.rows.list", {"start": start}) == EQUALS[start:]


def test_a_method_without_paging_is_read_once(strange: tuple[LocalPortal, Portal]) -> None:
    portal, client = strange
    portal.register("app.rows.list", lambda call: Answer(EQUALS))
    before = portal.stats.requests
    assert (client.get_all("app.rows.list"), portal.stats.requests - before) == (EQUALS, 1)


def test_further_pages_without_a_total_are_an_error_and_no_partial_list(
    strange: tuple[LocalPortal, Portal],
) -> None:
    portal, client = strange
    portal.register("app.rows.list", lambda call: Answer(EQUALS[:50], next=50))
    with pytest.raises(Incomplete, match="no total"):
        client.get_all("app.rows.list")


def test_rows_with_the_same_id_on_one_page_are_all_kept(strange: tuple[LocalPortal, Portal]) -> None:
    portal, client = strange
    rows = [{"ID": str(number // 2), "ROLE": number % 2} for number in range(130)]
    portal.register("app.roles.list", paged(rows))
    assert client.get_all("app.roles.list") == rows


# -- lists that move under our hands --------------------------------------------------------


def test_a_list_that_moved_once_is_read_again(serve: Serve, join: Connect) -> None:
    portal = serve(deals=330, companies=0, contacts=0)
    client = join(portal)
    portal.churn = Churn("deal", inserts=0, deletes=1, seed=3, after=1, limit=1)
    found = client.get_all("crm.deal.list", {"order": {"TITLE": "ASC", "ID": "ASC"}, "select": ["ID"]})
    assert sorted(int(row["ID"]) for row in found) == portal.store.ids("deal")


def test_a_list_that_never_rests_is_an_error_and_no_partial_list(serve: Serve, join: Connect) -> None:
    portal = serve(deals=330, companies=0, contacts=0)
    client = join(portal)
    portal.churn = Churn("deal", inserts=0, deletes=3, seed=3)
    with pytest.raises(Incomplete):
        client.get_all("crm.deal.list", {"order": {"TITLE": "ASC"}, "select": ["ID"]})


# -- slow -----------------------------------------------------------------------------------


def test_a_list_that_hides_rows_is_whole_without_them(plain: Portal) -> None:
    whole = plain.call("disk.storage.getlist", raw=True)
    assert whole["total"] > len(whole["result"])  # one is not for this user's eyes
    assert plain.get_all("disk.storage.getlist") == sorted(whole["result"], key=lambda row: int(row["ID"]))


def test_slow_keeps_one_request_under_way(serve: Serve, join: Connect) -> None:
    portal = serve(deals=20_000, companies=0, contacts=0)
    client = join(portal)
    under_way: list[int] = []
    with client.slow():
        gate = client._open().sender.gate
        portal.register("app.peek", lambda call: Answer(under_way.append(gate._taken)))
        client.call("app.peek", [{"n": number} for number in range(400)])
    assert set(under_way) == {1}


def test_after_slow_requests_run_side_by_side_again(plain: Portal) -> None:
    gate = plain._open().sender.gate
    before = gate.places
    with plain.slow(2):
        within = gate.places
    assert (within, gate.places) == (2, before)


@pytest.mark.parametrize("wrong", [0, -1])
def test_slow_needs_at_least_one_request(plain: Portal, wrong: int) -> None:
    with pytest.raises(InvalidValue, match="at least 1"), plain.slow(wrong):
        pass


async def test_slow_reads_the_same_rows(shop: LocalPortal, plain: Portal) -> None:
    with plain.slow():
        found = plain.get_all("crm.deal.list", {"select": ["ID"]})
    assert [int(row["ID"]) for row in found] == shop.store.ids("deal")
