"""Lists that page in ways of their own, and those of calls, posts and storages."""

from __future__ import annotations

from typing import Any

import pytest

from b24orm.emulator.answers import Call
from tests.emulator.calls import Calls, refusal, small_portal


@pytest.fixture(scope="module")
def portal() -> Calls:
    kinds = (
        "calls",
        "posts",
        "entity_items",
        "bookings",
        "dialogs",
        "messages",
        "sources",
        "signed",
        "rpa_items",
    )
    return small_portal(**dict.fromkeys(kinds, 130))


def by_app(portal: Calls, method: str, **params: Any) -> Any:
    return portal.registry[method].handler(Call(method, params, auth="oauth")).result


# ---- bookings: whole pages, a total of 0


def test_bookings_tell_no_total(portal: Calls) -> None:
    answer = portal.answer("booking.v1.booking.list", 100)

    assert (len(answer.result["booking"]), answer.total, answer.next) == (30, 0, None)


def test_bookings_past_the_end_are_none(portal: Calls) -> None:
    assert portal("booking.v1.booking.list", 150) == {"booking": []}


# ---- dialogs: LIMIT and OFFSET, repeats within and between pages


def test_dialogs_of_a_page_that_are_one_come_once(portal: Calls) -> None:
    page = portal("im.recent.list", LIMIT=50)

    assert (len(page["items"]), page["hasMore"]) == (45, True)


def test_dialogs_take_two_hundred_at_most(portal: Calls) -> None:
    assert portal("im.recent.list", LIMIT=500)["hasMore"] is False


# ---- messages: LAST_ID


def test_messages_come_from_the_newest(portal: Calls) -> None:
    assert [
        row["id"] for row in portal("im.dialog.messages.get", DIALOG_ID="chat5", LIMIT=3)["messages"]
    ] == [260, 258, 256]


def test_last_id_brings_older_ones(portal: Calls) -> None:
    rows = portal("im.dialog.messages.get", DIALOG_ID="chat5", LAST_ID=10)["messages"]

    assert [row["id"] for row in rows] == [8, 6, 4, 2]


def test_messages_take_fifty_at_most(portal: Calls) -> None:
    assert len(portal("im.dialog.messages.get", DIALOG_ID="chat5", LIMIT=500)["messages"]) == 50


def test_twenty_messages_come_unless_told_otherwise(portal: Calls) -> None:
    assert len(portal("im.dialog.messages.get", DIALOG_ID="chat5")["messages"]) == 20


def test_a_dialog_is_needed(portal: Calls) -> None:
    assert refusal(portal, "im.dialog.messages.get")[0] == "DIALOG_ID_EMPTY"


# ---- sources: numbers of pages, refusals inside answers


def test_a_webhook_gets_a_refusal_inside_a_successful_answer(portal: Calls) -> None:
    refused = {"error": "ACCESS_DENIED", "error_description": "Access denied."}

    assert portal("biconnector.source.list") == {"error": refused}


@pytest.mark.parametrize(("page", "rows"), [(None, 50), (1, 50), (3, 30), (4, 0)])
def test_sources_come_by_pages_from_one(portal: Calls, page: int | None, rows: int) -> None:
    params = {} if page is None else {"page": page}

    assert len(by_app(portal, "biconnector.source.list", **params)) == rows


@pytest.mark.parametrize(
    ("params", "place"),
    [({"filter": {">ID": 1}}, "filter"), ({"order": {"ID": "asc"}}, "order"), ({"select": ["x"]}, "select")],
)
def test_a_name_that_sources_do_not_know_is_refused_inside_the_answer(
    portal: Calls, params: dict[str, Any], place: str
) -> None:
    code = by_app(portal, "biconnector.source.list", **params)["error"]["error"]

    assert code == f"VALIDATION_FIELD_NOT_ALLOWED_IN_{place.upper()}"


# ---- papers: limit and offset


def test_papers_are_for_applications(portal: Calls) -> None:
    assert refusal(portal, "sign.b2e.personal.tail")[0] == "WRONG_AUTH_TYPE"


@pytest.mark.parametrize(
    ("params", "rows"), [({}, 20), ({"limit": 7}, 7), ({"limit": 5000}, 20), ({"offset": 125}, 5)]
)
def test_papers_come_twenty_at_a_time_unless_told_otherwise(
    portal: Calls, params: dict[str, Any], rows: int
) -> None:
    assert len(by_app(portal, "sign.b2e.personal.tail", **params)) == rows


# ---- open lines: everything inside PARAMS


def test_open_lines_read_what_stands_inside_params() -> None:
    lines = small_portal(lines=30)
    told = {"filter": {">ID": 10}, "order": {"ID": "ASC"}, "limit": 5, "offset": 2, "select": ["ID"]}

    assert lines("imopenlines.config.list.get", PARAMS=told) == [
        {"ID": str(number)} for number in range(13, 18)
    ]


def test_open_lines_refuse_a_name_that_they_do_not_know() -> None:
    told = {"filter": {"LINE": "x"}}

    assert refusal(small_portal(), "imopenlines.config.list.get", PARAMS=told)[0] == "ERROR_CORE"


# ---- RPA: whole pages, counted


def test_rpa_items_count_unless_told_not_to(portal: Calls) -> None:
    counted, spared = (portal.answer("rpa.item.list", start, typeId=1) for start in (0, -1))

    assert (counted.total, counted.next, spared.total, spared.cost.counted) == (130, 50, -1, 0)


def test_an_rpa_list_needs_a_process(portal: Calls) -> None:
    assert refusal(portal, "rpa.item.list") == ("100", "Could not find value for parameter {typeId}")


# ---- calls: exact offsets


def test_calls_start_exactly_where_they_are_told(portal: Calls) -> None:
    answer = portal.answer("voximplant.statistic.get", 120, SORT="ID", ORDER="ASC")

    assert ([int(row["ID"]) for row in answer.result], answer.total) == (list(range(121, 131)), 130)


def test_calls_past_the_end_are_none(portal: Calls) -> None:
    assert portal("voximplant.statistic.get", 500) == []


def test_calls_without_a_count_have_a_total_of_0(portal: Calls) -> None:
    answer = portal.answer("voximplant.statistic.get", -1)

    assert (len(answer.result), answer.total, answer.cost.counted) == (50, 0, 0)


@pytest.mark.parametrize(
    ("sent", "where"),
    [
        ({">ID": 100}, "ID > 100"),
        ({"CALL_TYPE": 2}, "CALL_TYPE = 2"),
        ({"!PORTAL_USER_ID": 2}, "PORTAL_USER_ID <> 2"),
        ({">=CALL_START_DATE": "2023-06-01T00:00:00+03:00"}, "CALL_START_DATE >= '2023-06-01'"),
        ({"@ID": [1]}, "1 = 1"),
        ({"COLOUR": 1}, "1 = 1"),
        ({"ID": []}, "1 = 1"),
    ],
)
def test_conditions_of_calls(portal: Calls, sent: dict[str, Any], where: str) -> None:
    found = portal.ids("voximplant.statistic.get", FILTER=sent, SORT="ID", ORDER="ASC")

    assert found == portal.store.ids("call_statistic", where)[:50]


def test_an_order_of_calls_needs_both_words(portal: Calls) -> None:
    assert portal.ids("voximplant.statistic.get", SORT="ID") != list(range(1, 51))


# ---- posts and items of storages: family A


@pytest.mark.parametrize(
    ("method", "params"), [("log.blogpost.get", {}), ("entity.item.get", {"ENTITY": "dishes"})]
)
def test_past_the_end_comes_the_first_page_again(portal: Calls, method: str, params: dict[str, Any]) -> None:
    assert portal(method, 500, **params) == portal(method, 0, **params)


def test_posts_come_newest_first(portal: Calls) -> None:
    dates = [row["DATE_PUBLISH"] for row in portal("log.blogpost.get")]

    assert dates == sorted(dates, reverse=True)


def test_a_user_field_of_a_post_is_a_description(portal: Calls) -> None:
    assert portal("log.blogpost.get")[0]["UF_BLOG_POST_DOC"]["VALUE"] is False


def test_items_need_a_storage(portal: Calls) -> None:
    assert refusal(portal, "entity.item.get")[0] == "ERROR_ARGUMENT"


@pytest.mark.parametrize(
    ("sent", "where"),
    [
        ({">ID": 100}, "ID > 100"),
        ({"sort": 100}, "SORT = 100"),
        ({"LOGIC": "OR", "0": {"ID": 1}, "1": {"ID": 3}}, "ID IN (1, 3)"),
        ({"@ID": [1]}, "1 = 1"),
        ({"COLOUR": "red"}, "1 = 1"),
        ({"!CODE": "dish_1"}, "CODE <> 'dish_1'"),
    ],
)
def test_conditions_of_items(portal: Calls, sent: dict[str, Any], where: str) -> None:
    found = portal.ids("entity.item.get", ENTITY="dishes", FILTER=sent)

    assert found == portal.store.ids("entity_item", where)[:50]
