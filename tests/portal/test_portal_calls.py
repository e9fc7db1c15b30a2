"""``call``: one set of parameters, a list of them in order, the raw answer."""

from __future__ import annotations

from typing import Any

import pytest

from b24orm.emulator import LocalPortal
from b24orm.emulator.answers import Answer
from b24orm.errors import ApiError, InvalidValue, NotFound, ServerFailure
from tests.conftest import Connect, Serve
from tests.portal.conftest import Ask


async def test_a_call_returns_the_result(shop: LocalPortal, ask: Ask) -> None:
    row = shop.store.get("deal", 3)
    assert row is not None
    assert (await ask("call", "crm.deal.get", {"ID": 3}))["TITLE"] == row["TITLE"]


async def test_a_call_may_have_no_parameters(ask: Ask) -> None:
    assert (await ask("call", "profile"))["ID"] == "1"


async def test_the_name_of_a_method_has_no_case(ask: Ask) -> None:
    assert (await ask("call", "CRM.Deal.GET", {"id": 3}))["ID"] == "3"


async def test_an_item_comes_without_its_envelope(ask: Ask) -> None:
    assert (await ask("call", "crm.item.get", {"entityTypeId": 31, "id": 4}))["id"] == 4


async def test_a_list_of_one_page_comes_without_its_envelope(ask: Ask) -> None:
    rows = await ask("call", "crm.item.list", {"entityTypeId": 31, "select": ["id"], "filter": {"<=id": 3}})
    assert [row["id"] for row in rows] == [1, 2, 3]


async def test_raw_is_the_whole_answer(ask: Ask) -> None:
    answer = await ask("call", "crm.deal.list", {"select": ["ID"]}, raw=True)
    assert (set(answer), answer["total"], answer["next"]) == ({"result", "total", "next", "time"}, 330, 50)


async def test_a_list_of_parameters_brings_answers_in_its_order(ask: Ask) -> None:
    ids = [9, 3, 330, 3, 1]
    found = await ask("call", "crm.deal.get", [{"ID": number} for number in ids])
    assert [int(row["ID"]) for row in found] == ids


async def test_a_hundred_and_twenty_calls_are_three_requests(shop: LocalPortal, ask: Ask) -> None:
    before = shop.stats.requests
    found = await ask("call", "crm.deal.get", [{"ID": 1 + number} for number in range(120)])
    assert (len(found), shop.stats.requests - before) == (120, 3)


async def test_a_tuple_or_a_generator_is_as_good_as_a_list(ask: Ask) -> None:
    found = await ask("call", "crm.deal.get", ({"ID": number} for number in (2, 1)))
    assert [row["ID"] for row in found] == ["2", "1"]


async def test_an_empty_list_of_calls_sends_nothing(shop: LocalPortal, ask: Ask) -> None:
    before = shop.stats.requests
    assert await ask("call", "crm.deal.get", []) == []
    assert shop.stats.requests == before


async def test_a_missing_row_is_an_error_with_its_place(ask: Ask) -> None:
    with pytest.raises(NotFound) as caught:
        await ask("call", "crm.deal.get", {"ID": 99_999})
    error = caught.value
    assert (error.method, error.status, error.description) == ("crm.deal.get", 400, "Not found")


async def test_an_unknown_method_is_an_error(ask: Ask) -> None:
    with pytest.raises(NotFound, match="ERROR_METHOD_NOT_FOUND"):
        await ask("call", "crm.deel.get", {"ID": 1})


async def test_an_error_in_a_list_names_its_command(ask: Ask) -> None:
    with pytest.raises(NotFound) as caught:
        await ask("call", "crm.deal.get", [{"ID": 1}, {"ID": 99_999}, {"ID": 2}])
    assert (caught.value.command is not None, caught.value.method) == (True, "crm.deal.get")


async def test_a_method_out_of_scope_is_an_error(serve: Serve, join: Connect) -> None:
    portal = serve(deals=2)
    client = join(portal)
    narrow = type(client)(portal.add_webhook(scope=["user"]), progress=False)
    with pytest.raises(ApiError) as caught:
        narrow.call("crm.deal.get", {"ID": 1})
    narrow.close()
    assert caught.value.code.lower() == "insufficient_scope"


@pytest.mark.parametrize(
    ("items", "named"),
    [
        ("ID=1", "dict of parameters"),
        (b"ID=1", "dict of parameters"),
        (7, "dict"),
        ([{"ID": 1}, 2], "item 1"),
        ({"ID": object()}, "object can't be sent"),
        ({"ID": float("nan")}, "finite"),
        ({"TITLE": "half \ud83d"}, "surrogate"),
        ({1.5: "x"}, "1.5"),
    ],
)
async def test_parameters_of_a_wrong_shape_are_refused_before_a_request(
    shop: LocalPortal, ask: Ask, items: Any, named: str
) -> None:
    before = shop.stats.requests
    with pytest.raises(InvalidValue, match=named):
        await ask("call", "crm.deal.get", items)
    assert shop.stats.requests == before


async def test_raw_takes_one_set_of_parameters(shop: LocalPortal, ask: Ask) -> None:
    with pytest.raises(InvalidValue, match="raw"):
        await ask("call", "crm.deal.get", [{"ID": 1}], raw=True)


async def test_a_batch_is_no_call(shop: LocalPortal, ask: Ask) -> None:
    with pytest.raises(InvalidValue, match="call_batch"):
        await ask("call", "batch", {"cmd": {}})


# -- call_batch -----------------------------------------------------------------------------


async def test_a_batch_as_the_docs_write_it(ask: Ask) -> None:
    commands = {
        "deal": "crm.deal.get?ID=3",
        "same": "crm.deal.list?filter[ID]=$result[deal][ID]&select[]=ID",
        "user": "user.get?ID=1",
    }
    found = await ask("call_batch", {"halt": 0, "cmd": commands})
    assert (list(found), found["deal"]["ID"], found["same"]) == (list(commands), "3", [{"ID": "3"}])


async def test_a_batch_is_one_request(shop: LocalPortal, ask: Ask) -> None:
    before = shop.stats.requests
    await ask("call_batch", {"cmd": {f"c{n}": f"crm.deal.get?ID={n + 1}" for n in range(50)}})
    assert shop.stats.requests - before == 1


async def test_a_batch_of_a_list_is_labelled_by_number(ask: Ask) -> None:
    found = await ask("call_batch", {"cmd": ["crm.deal.get?ID=2", "crm.deal.get?ID=1"]})
    assert {label: row["ID"] for label, row in found.items()} == {"0": "2", "1": "1"}


async def test_an_error_in_a_batch_is_raised(ask: Ask) -> None:
    with pytest.raises(NotFound) as caught:
        await ask("call_batch", {"cmd": {"good": "crm.deal.get?ID=1", "bad": "crm.deal.get?ID=99999"}})
    assert caught.value.command == "bad"


async def test_an_error_of_one_id_among_many_names_it(ask: Ask) -> None:
    with pytest.raises(NotFound, match=r"crm.deal.get \(id 99999\)") as caught:
        await ask("get_by_ID", "crm.deal.get", [*range(1, 61), 99999])
    assert (caught.value.item, caught.value.number) == (99999, 60)


async def test_an_error_of_one_call_among_many_says_which(ask: Ask) -> None:
    calls = [{"ID": number} for number in [*range(1, 61), 99999]]
    with pytest.raises(NotFound, match=r"crm.deal.get \(item 60\)") as caught:
        await ask("call", "crm.deal.get", calls)
    assert (caught.value.item, caught.value.number) == ({"ID": 99999}, 60)


async def test_an_empty_batch_sends_nothing(shop: LocalPortal, ask: Ask) -> None:
    before = shop.stats.requests
    assert await ask("call_batch", {"cmd": {}}) == {}
    assert shop.stats.requests == before


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({}, "cmd"),
        ({"cmd": "crm.deal.get?ID=1"}, "cmd"),
        ({"cmd": {"a": 1}}, "'a'"),
        ({"cmd": {f"c{n}": "profile" for n in range(51)}}, "50 commands"),
    ],
)
async def test_a_malformed_batch_is_refused_before_a_request(
    shop: LocalPortal, ask: Ask, params: Any, named: str
) -> None:
    before = shop.stats.requests
    with pytest.raises(InvalidValue, match=named):
        await ask("call_batch", params)
    assert shop.stats.requests == before


# -- get_by_ID and list_and_get -------------------------------------------------------------


async def test_get_by_id_is_a_dict_in_the_order_of_the_ids(ask: Ask) -> None:
    found = await ask("get_by_ID", "crm.deal.get", [5, 2, 5, 60])
    assert [(key, row["ID"]) for key, row in found.items()] == [(5, "5"), (2, "2"), (60, "60")]


async def test_get_by_id_takes_other_names_and_parameters(ask: Ask) -> None:
    found = await ask("get_by_ID", "crm.item.get", [1, 2], ID_field_name="id", params={"entityTypeId": 31})
    assert {key: row["id"] for key, row in found.items()} == {1: 1, 2: 2}


async def test_get_by_id_of_nothing_sends_nothing(shop: LocalPortal, ask: Ask) -> None:
    before = shop.stats.requests
    assert await ask("get_by_ID", "crm.deal.get", []) == {}
    assert shop.stats.requests == before


async def test_get_by_id_of_a_missing_row_is_an_error(ask: Ask) -> None:
    with pytest.raises(NotFound):
        await ask("get_by_ID", "crm.deal.get", [1, 99_999])


async def test_get_by_id_fills_the_id_itself(shop: LocalPortal, ask: Ask) -> None:
    before = shop.stats.requests
    with pytest.raises(InvalidValue, match="'ID'"):
        await ask("get_by_ID", "crm.deal.get", [1], params={"id": 3})
    assert shop.stats.requests == before


async def test_list_and_get_brings_every_row_as_get_answers_it(shop: LocalPortal, ask: Ask) -> None:
    found = await ask("list_and_get", "crm.lead")
    assert [int(row["ID"]) for row in found.values()] == shop.store.ids("lead")


async def test_list_and_get_of_fifty_rows_a_request(shop: LocalPortal, ask: Ask) -> None:
    before = shop.stats.requests
    await ask("list_and_get", "crm.deal")
    assert shop.stats.requests - before <= 7 + 3


@pytest.mark.parametrize("rows", [[{"id": 5}], [{"ID": 5}]], ids=["id", "ID"])
@pytest.mark.parametrize("name", ["id", "ID"])
def test_list_and_get_finds_the_id_in_whichever_letters(
    serve: Serve, join: Connect, rows: list[Any], name: str
) -> None:
    portal = serve()
    portal.register("app.thing.list", lambda call: Answer(rows))
    portal.register("app.thing.get", lambda call: Answer({"NAME": f"thing {call.params[name]}"}))
    assert join(portal).list_and_get("app.thing", ID_field_name=name) == {5: {"NAME": "thing 5"}}


@pytest.mark.parametrize("row", [{"NAME": "a"}, {"ID": None}, 5, None], ids=repr)
def test_list_and_get_of_rows_without_an_id_is_an_error(serve: Serve, join: Connect, row: Any) -> None:
    portal = serve()
    portal.register("app.thing.list", lambda call: Answer([row]))
    with pytest.raises(ServerFailure, match=r"app\.thing\.list.*NO_ID"):
        join(portal).list_and_get("app.thing")
