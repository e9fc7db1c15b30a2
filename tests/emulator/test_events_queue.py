"""The queue of offline events: what gets in, who gets it, and when it is gone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from b24orm.emulator import LocalPortal
from b24orm.emulator.actor import Actor, acting
from b24orm.emulator.event_queue import LIFETIME_SECONDS
from b24orm.emulator.limits import plan_named
from tests.emulator.event_calls import App, post
from tests.emulator.toy import Clock

EXTENDED = "rest_offline_extended"
CONNECTOR = "rest_auth_connector"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def portal(clock: Clock) -> Iterator[LocalPortal]:
    with LocalPortal(clock=clock) as portal:
        yield portal


@pytest.fixture
def app(portal: LocalPortal) -> App:
    app = App(portal)
    app.listen("ONCRMDEALADD", "ONCRMDEALUPDATE", "ONCRMDEALDELETE")
    return app


def names(rows: list[dict[str, Any]]) -> list[str]:
    return [row["EVENT_NAME"] for row in rows]


def add_deals(portal: LocalPortal, count: int) -> list[int]:
    return [portal.store.insert("deal", {"TITLE": f"Deal {number}"}) for number in range(count)]


# -- what gets in


def test_a_row_says_what_happened_to_which_row(portal: LocalPortal, app: App) -> None:
    deal = portal.store.insert("deal", {"TITLE": "x"})
    expected = {
        "ID": "1",
        "TIMESTAMP_X": "2023-11-15T01:13:20+03:00",
        "EVENT_NAME": "ONCRMDEALADD",
        "EVENT_DATA": {"FIELDS": {"ID": deal}},
        "EVENT_ADDITIONAL": {"user_id": 1},
        "MESSAGE_ID": hashlib.md5(f'ONCRMDEALADD|{{"FIELDS":{{"ID":{deal}}}}}'.encode()).hexdigest(),
    }
    assert app.take() == [expected]


def test_nothing_is_kept_without_a_handler(portal: LocalPortal) -> None:
    portal.store.insert("deal", {"TITLE": "x"})
    assert App(portal).take() == []


def test_a_webhook_s_add_update_and_delete_are_three_events(portal: LocalPortal, app: App) -> None:
    deal = post(f"{portal.url}crm.deal.add", {"fields": {"TITLE": ""}})[1]["result"]
    post(f"{portal.url}crm.deal.update", {"id": deal, "fields": {"TITLE": "b"}})
    post(f"{portal.url}crm.deal.delete", {"id": deal})
    assert names(app.take()) == ["ONCRMDEALADD", "ONCRMDEALUPDATE", "ONCRMDEALDELETE"]


def test_a_change_that_failed_is_none(portal: LocalPortal, app: App) -> None:
    post(f"{portal.url}crm.deal.update", {"id": 999, "fields": {"TITLE": "b"}})
    assert app.take() == []


def test_an_application_does_not_hear_of_its_own_changes(app: App) -> None:
    app("crm.deal.add", fields={"TITLE": "mine"})
    assert app.take() == []


def test_another_application_does(portal: LocalPortal, app: App) -> None:
    App(portal, "app.two")("crm.deal.add", fields={"TITLE": "theirs"})
    assert names(app.take()) == ["ONCRMDEALADD"]


def test_another_connector_of_the_same_application_does(app: App) -> None:
    app("crm.deal.add", fields={"TITLE": "mine"}, auth_connector="warehouse")
    assert names(app.take()) == ["ONCRMDEALADD"]


def test_a_connector_has_a_queue_of_its_own(portal: LocalPortal, app: App) -> None:
    app("event.bind", event="ONCRMDEALADD", event_type="offline", auth_connector="warehouse")
    portal.store.insert("deal", {"TITLE": "x"})
    app.take()
    assert names(app.take(auth_connector="warehouse")) == ["ONCRMDEALADD"]


def test_applications_have_queues_of_their_own(portal: LocalPortal, app: App) -> None:
    other = App(portal, "app.two")
    other.listen("ONCRMDEALADD")
    portal.store.insert("deal", {"TITLE": "x"})
    app.take()
    assert len(other.take()) == 1


def test_the_user_is_the_one_who_changed_it(portal: LocalPortal, app: App) -> None:
    with acting(Actor(user_id=7)):
        portal.store.insert("deal", {"TITLE": "x"})
    assert app.take()[0]["EVENT_ADDITIONAL"] == {"user_id": 7}


def test_changes_of_the_same_row_collapse_to_the_latest(portal: LocalPortal, app: App, clock: Clock) -> None:
    (deal,) = add_deals(portal, 1)
    app.take()
    for _ in range(3):
        clock.sleep(10)
        portal.store.update("deal", deal, {"TITLE": "y"})
    assert [row["TIMESTAMP_X"] for row in app.take()] == ["2023-11-15T01:13:50+03:00"]


def test_a_change_while_the_row_is_reserved_comes_beside_it(portal: LocalPortal, app: App) -> None:
    (deal,) = add_deals(portal, 1)
    portal.store.update("deal", deal, {"TITLE": "y"})
    held = app("event.offline.get", clear=0)
    portal.store.update("deal", deal, {"TITLE": "z"})
    newer = app.take()
    assert (len(held["events"]), names(newer)) == (2, ["ONCRMDEALUPDATE"])


def test_an_item_of_a_smart_process_says_its_type(portal: LocalPortal, app: App) -> None:
    number = portal.store.add_smart_type("Claims")
    app.listen("ONCRMDYNAMICITEMADD", f"ONCRMDYNAMICITEMADD_{number}")
    item = portal.store.insert(f"dynamic_{number}", {"TITLE": "x"})
    data = {"FIELDS": {"ID": item, "ENTITY_TYPE_ID": number}}
    assert [(row["EVENT_NAME"], row["EVENT_DATA"]) for row in app.take()] == [
        ("ONCRMDYNAMICITEMADD", data),
        (f"ONCRMDYNAMICITEMADD_{number}", data),
    ]


def test_a_task_says_what_there_was_before_and_after(portal: LocalPortal, app: App) -> None:
    app.listen("ONTASKDELETE")
    task = portal.store.insert("task", {"TITLE": "x"})
    portal.store.delete("task", task)
    assert app.take()[0]["EVENT_DATA"] == {
        "FIELDS_BEFORE": {"ID": task},
        "FIELDS_AFTER": "undefined",
        "IS_ACCESSIBLE_BEFORE": "undefined",
        "IS_ACCESSIBLE_AFTER": "N",
    }


@pytest.mark.parametrize(
    ("table", "row", "event", "data"),
    [
        ("lead", {"TITLE": "x"}, "ONCRMLEADADD", {"FIELDS": {"ID": 90_001}}),
        (
            "smart_invoice",
            {"TITLE": "x"},
            "ONCRMDYNAMICITEMADD_31",
            {"FIELDS": {"ID": 90_001, "ENTITY_TYPE_ID": 31}},
        ),
        ("calendar_section", {"NAME": "x"}, "ONCALENDARSECTIONADD", {"id": 90_001}),
        ("booking", {}, "ONBOOKINGADD", {"ID": 90_001}),
        ("catalog_price", {}, "CATALOG.PRICE.ON.ADD", {"FIELDS": {"ID": 90_001}}),
        ("bank_detail", {"NAME": "x"}, "ONCRMBANKDETAILADD", {"FIELDS": {"ID": 90_001}}),
        ("timeline_comment", {"COMMENT": "x"}, "ONCRMTIMELINECOMMENTADD", {"FIELDS": {"ID": 90_001}}),
        ("workgroup", {"NAME": "x"}, "ONSONETGROUPADD", {"FIELDS": {"ID": 90_001}}),
    ],
)
def test_each_family_of_events_has_its_own_form(
    portal: LocalPortal, app: App, table: str, row: dict[str, Any], event: str, data: Any
) -> None:
    app.listen(event)
    portal.store.insert(table, {"ID": 90_001, **row})
    assert [(row["EVENT_NAME"], row["EVENT_DATA"]) for row in app.take()] == [(event, data)]


# -- taking


def test_by_default_what_is_taken_is_gone(portal: LocalPortal, app: App) -> None:
    add_deals(portal, 2)
    answer = app("event.offline.get")
    assert (answer["process_id"], len(answer["events"]), app.take()) == (None, 2, [])


def test_without_clearing_rows_stay_reserved(portal: LocalPortal, app: App) -> None:
    add_deals(portal, 2)
    process = app("event.offline.get", clear=0)["process_id"]
    rows = app("event.offline.list")
    assert len(process) == 32
    assert ([row["PROCESS_ID"] for row in rows], app.take()) == ([process, process], [])


def test_a_process_reads_its_rows_again(portal: LocalPortal, app: App) -> None:
    add_deals(portal, 2)
    held = app("event.offline.get", clear=0)
    add_deals(portal, 1)
    assert app("event.offline.get", clear=0, process_id=held["process_id"]) == held


def test_a_process_read_again_with_clear_is_gone(portal: LocalPortal, app: App) -> None:
    add_deals(portal, 2)
    process = app("event.offline.get", clear=0)["process_id"]
    answer = app("event.offline.get", process_id=process)
    assert (answer["process_id"], len(answer["events"])) == (process, 2)
    assert app("event.offline.list") == []


def test_an_empty_queue_gives_a_process_all_the_same(app: App) -> None:
    answer = app("event.offline.get", clear=0)
    assert (len(answer["process_id"]), answer["events"]) == (32, [])


def test_parallel_callers_get_disjoint_rows(portal: LocalPortal, app: App) -> None:
    add_deals(portal, 40)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: app.take(clear=0, limit=5), range(8)))
    ids = [row["ID"] for rows in taken for row in rows]
    assert sorted(map(int, ids)) == list(range(1, 41))


def test_rows_come_oldest_first(portal: LocalPortal, app: App, clock: Clock) -> None:
    first, second = add_deals(portal, 2)
    clock.sleep(1)
    portal.store.update("deal", second, {"TITLE": "y"})
    clock.sleep(1)
    portal.store.insert("deal", {"TITLE": "z"})
    portal.store.update("deal", first, {"TITLE": "y"})
    assert names(app.take())[2:] == ["ONCRMDEALUPDATE", "ONCRMDEALADD", "ONCRMDEALUPDATE"]


def test_order_and_limit(portal: LocalPortal, app: App) -> None:
    add_deals(portal, 5)
    assert [row["ID"] for row in app.take(order={"ID": "DESC"}, limit=2)] == ["5", "4"]


def test_the_default_limit_is_50(portal: LocalPortal, app: App) -> None:
    add_deals(portal, 60)
    assert (len(app.take()), len(app.take())) == (50, 10)


def test_without_the_plan_s_feature_nothing_can_be_reserved() -> None:
    with LocalPortal(plan=plan_named("standard", lacks=frozenset({EXTENDED}))) as portal:
        app = App(portal)
        assert app.error("event.offline.get", clear=0) == (
            403,
            "WRONG_LICENSE",
            "This feature is not enabled for the current license: extended offline events handling",
        )
        assert app("feature.get", CODE=EXTENDED) == {"value": "N"}


def test_without_the_plan_s_feature_what_is_taken_is_gone() -> None:
    with LocalPortal(plan=plan_named("standard", lacks=frozenset({EXTENDED}))) as portal:
        app = App(portal)
        app.listen("ONCRMDEALADD")
        add_deals(portal, 1)
        assert (len(app.take()), app.take()) == (1, [])


def test_without_the_plan_s_feature_there_are_no_connectors() -> None:
    with LocalPortal(plan=plan_named("standard", lacks=frozenset({CONNECTOR}))) as portal:
        app = App(portal)
        refused = [app.error(method, auth_connector="x")[:2] for method in ("event.offline.get", "profile")]
        assert refused == [(403, "WRONG_LICENSE")] * 2


# -- filters


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ({"EVENT_NAME": "ONCRMDEALUPDATE"}, ["3"]),
        ({"=EVENT_NAME": "oncrmdealadd"}, ["1", "2"]),
        ({">ID": 1, "<=id": 2}, ["2"]),
        ({">TIMESTAMP_X": "2023-11-15T01:13:25+03:00"}, ["3"]),
    ],
)
def test_rows_can_be_chosen(
    portal: LocalPortal, app: App, clock: Clock, filter: dict[str, Any], found: list[str]
) -> None:
    deal, _ = add_deals(portal, 2)
    clock.sleep(10)
    portal.store.update("deal", deal, {"TITLE": "y"})
    assert [row["ID"] for row in app.take(filter=filter)] == found


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"filter": {"TITLE": 1}}, "Filter field not allowed: TITLE"),
        ({"filter": {"PROCESS_ID": ""}}, "Filter field not allowed: PROCESS_ID"),
        ({"filter": {"!ID": 1}}, "Filter operation not allowed: !"),
        ({"filter": {"ID": [1, 2]}}, "The value of an argument 'ID' has an invalid type"),
        ({"filter": {"@ID": 1}}, "Unknown operator `@`"),
        ({"filter": {"%EVENT_NAME": "DEAL"}}, "Unknown operator `%`"),
        ({"filter": "ID"}, "The filter is not an array."),
        ({"order": "ID"}, "The order is not an array."),
        ({"order": {"TITLE": "ASC"}}, "Order field not allowed: TITLE"),
        ({"order": {"ID": "UP"}}, "Order direction should be one of {ASC|DESC}"),
        ({"limit": 0}, "Value must be positive integer"),
    ],
)
def test_what_get_refuses(app: App, params: dict[str, Any], text: str) -> None:
    assert app.error("event.offline.get", **params) == (400, "ERROR_ARGUMENT", text)


def test_a_list_reads_more_operators(portal: LocalPortal, app: App) -> None:
    add_deals(portal, 3)
    rows = app("event.offline.list", filter={"@ID": [1, 3], "%EVENT_NAME": "dealadd", "PROCESS_ID": ""})
    assert [row["ID"] for row in rows] == ["1", "3"]


def test_a_list_changes_nothing(portal: LocalPortal, app: App) -> None:
    add_deals(portal, 1)
    app("event.offline.list")
    assert len(app.take()) == 1


def test_a_list_says_what_became_of_each_row(portal: LocalPortal, app: App) -> None:
    add_deals(portal, 1)
    (row,) = app("event.offline.list")
    assert (row["PROCESS_ID"], row["ERROR"]) == ("", "0")


def test_a_list_is_paged_by_exact_offsets(portal: LocalPortal, app: App) -> None:
    add_deals(portal, 60)
    _, body = app.answer("event.offline.list", start=7)
    assert (body["result"][0]["ID"], body["total"], body["next"]) == ("8", 60, 57)


def test_a_list_refuses_other_fields(app: App) -> None:
    assert app.error("event.offline.list", filter={"EVENT_DATA": 1})[1:] == (
        "ERROR_ARGUMENT",
        "Filter field not allowed: EVENT_DATA",
    )


# -- clearing


@pytest.fixture
def held(portal: LocalPortal, app: App) -> dict[str, Any]:
    add_deals(portal, 3)
    answer: dict[str, Any] = app("event.offline.get", clear=0)
    return answer


def left(app: App) -> list[str]:
    return [row["ID"] for row in app("event.offline.list")]


def test_clear_by_message(app: App, held: dict[str, Any]) -> None:
    messages = [row["MESSAGE_ID"] for row in held["events"][:2]]
    assert app("event.offline.clear", process_id=held["process_id"], message_id=messages) is True
    assert left(app) == ["3"]


def test_clear_by_number(app: App, held: dict[str, Any]) -> None:
    app("event.offline.clear", process_id=held["process_id"], id=[1, 3])
    assert left(app) == ["2"]


def test_clear_without_a_list_clears_the_process(app: App, held: dict[str, Any]) -> None:
    app("event.offline.clear", process_id=held["process_id"])
    assert left(app) == []


@pytest.mark.parametrize("name", ["message_id", "id"])
def test_an_empty_list_clears_the_whole_process(app: App, held: dict[str, Any], name: str) -> None:
    app("event.offline.clear", process_id=held["process_id"], **{name: []})
    assert left(app) == []


def test_clear_leaves_newer_changes_of_the_same_row(portal: LocalPortal, app: App) -> None:
    deal, *_ = add_deals(portal, 1)
    held = app("event.offline.get", clear=0)
    app("event.offline.clear", process_id=held["process_id"])
    portal.store.update("deal", deal, {"TITLE": "y"})
    held = app("event.offline.get", clear=0)
    portal.store.update("deal", deal, {"TITLE": "z"})
    messages = [row["MESSAGE_ID"] for row in held["events"]]
    app("event.offline.clear", process_id=held["process_id"], message_id=messages)
    assert names(app.take()) == ["ONCRMDEALUPDATE"]


def test_clear_of_another_process_does_nothing(app: App, held: dict[str, Any]) -> None:
    app("event.offline.clear", process_id="x" * 32)
    assert len(left(app)) == len(held["events"])


@pytest.mark.parametrize(
    ("params", "argument"),
    [
        ({}, "PROCESS_ID"),
        ({"process_id": "x", "message_id": "y"}, "message_id"),
        ({"process_id": "x", "message_id": ["short"]}, "messsage_id"),
        ({"process_id": "x", "id": 5}, "id"),
        ({"process_id": "x", "id": ["abc"]}, "id"),
    ],
)
def test_what_clear_refuses(app: App, params: dict[str, Any], argument: str) -> None:
    status, body = app.answer("event.offline.clear", **params)
    assert (status, body["error"], body["argument"]) == (400, "ERROR_ARGUMENT", argument)


# -- errors


def test_an_error_takes_the_row_out_of_the_queue(app: App, held: dict[str, Any]) -> None:
    messages = [held["events"][0]["MESSAGE_ID"]]
    assert app("event.offline.error", process_id=held["process_id"], message_id=messages) is True
    assert (app.take(), [row["ID"] for row in app.take(error=1)]) == ([], ["1"])


def test_a_later_change_of_a_row_in_error_stays_in_error(portal: LocalPortal, app: App, clock: Clock) -> None:
    (deal,) = add_deals(portal, 1)
    app.take()
    portal.store.update("deal", deal, {"TITLE": "y"})
    held = app("event.offline.get", clear=0)
    messages = [held["events"][0]["MESSAGE_ID"]]
    app("event.offline.error", process_id=held["process_id"], message_id=messages)
    clock.sleep(10)
    portal.store.update("deal", deal, {"TITLE": "z"})
    assert app.take() == []
    assert [row["TIMESTAMP_X"] for row in app.take(error=1)] == ["2023-11-15T01:13:30+03:00"]


def test_an_error_swallows_newer_changes_of_the_same_row(portal: LocalPortal, app: App) -> None:
    (deal,) = add_deals(portal, 1)
    app.take()
    portal.store.update("deal", deal, {"TITLE": "y"})
    held = app("event.offline.get", clear=0)
    portal.store.update("deal", deal, {"TITLE": "z"})
    messages = [held["events"][0]["MESSAGE_ID"]]
    app("event.offline.error", process_id=held["process_id"], message_id=messages)
    assert [(row["PROCESS_ID"], row["ERROR"]) for row in app("event.offline.list")] == [("", "1")]


def test_an_error_needs_a_list_of_messages(app: App, held: dict[str, Any]) -> None:
    status, body = app.answer("event.offline.error", process_id=held["process_id"])
    assert (status, body["argument"]) == (400, "message_id")


def test_old_rows_are_forgotten_whoever_holds_them(
    portal: LocalPortal, held: dict[str, Any], clock: Clock
) -> None:
    clock.sleep(LIFETIME_SECONDS + 1)
    add_deals(portal, 1)
    assert portal.events.queue.purge() == len(held["events"])
    assert portal.store.count("event_offline") == 1
