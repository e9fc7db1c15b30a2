"""REST 3.0 on the wire: addresses, bodies, credentials, errors, keys, batch."""

from __future__ import annotations

import json

import pytest

from b24orm.emulator.limits import Plan
from tests.emulator.v3_calls import V3Portal

NEW = {"fields": {"title": "Report", "creatorId": 1, "responsibleId": 2}}


@pytest.fixture
def portal() -> V3Portal:
    return V3Portal(tasks=5, events=5)


def test_an_answer_has_a_result_and_a_time(portal: V3Portal) -> None:
    body = json.loads(portal.send("tasks.task.get", {"id": 1}).body)
    assert list(body) == ["result", "time"]


def test_an_error_is_an_object_and_nothing_else(portal: V3Portal) -> None:
    body = json.loads(portal.send("tasks.task.get", {"id": "1"}).body)
    assert body == {
        "error": {
            "code": "BITRIX_REST_V3_EXCEPTION_VALIDATION_REQUESTVALIDATIONEXCEPTION",
            "message": "Error validating request object",
            "validation": [
                {"message": "Field `id` requires data type `int` for this request", "field": "id"}
            ],
        }
    }


def test_the_case_of_a_method_counts(portal: V3Portal) -> None:
    assert portal.error("TASKS.TASK.LIST", {}) == (404, "METHODNOTFOUNDEXCEPTION")


def test_a_method_of_rest_3_is_not_found_at_the_classic_address(portal: V3Portal) -> None:
    portal.engine.credentials.add_webhook({"main"}, secret="other")
    from b24orm.emulator.request import Incoming

    reply = portal.engine.take(Incoming(verb="POST", path="/rest/1/other/main.eventlog.list"))
    assert (reply.status, json.loads(reply.body)["error"]) == (404, "ERROR_METHOD_NOT_FOUND")


def test_a_wrong_secret_is_denied_with_401(portal: V3Portal) -> None:
    assert portal.error("tasks.task.list", {}, secret="wrong") == (401, "ACCESSDENIEDEXCEPTION")


def test_a_token_may_come_in_the_header(portal: V3Portal) -> None:
    token = portal.engine.credentials.issue_token({"tasks"}, expires_at=portal.clock() + 60)
    reply = portal.send("tasks.task.list", {}, secret=None, authorization=f"Bearer {token.value}")
    assert reply.status == 200


def test_a_token_may_come_in_the_body(portal: V3Portal) -> None:
    token = portal.engine.credentials.issue_token({"tasks"}, expires_at=portal.clock() + 60)
    assert portal.send("tasks.task.get", {"id": 1, "auth": token.value}, secret=None).status == 200


def test_an_expired_token_is_denied_with_401(portal: V3Portal) -> None:
    token = portal.engine.credentials.issue_token({"tasks"}, expires_at=portal.clock() - 1)
    answer = portal.error("tasks.task.list", {}, secret=None, authorization=f"Bearer {token.value}")
    assert answer == (401, "ACCESSDENIEDEXCEPTION")


def test_a_scope_that_is_missing_is_refused_with_403(portal: V3Portal) -> None:
    portal.engine.credentials.add_webhook({"main"}, secret="narrow")
    assert portal.error("tasks.task.list", {}, secret="narrow") == (403, "INSUFFICIENTSCOPEEXCEPTION")


def test_the_event_log_is_for_administrators(portal: V3Portal) -> None:
    portal.engine.credentials.add_webhook({"main"}, secret="mortal", admin=False)
    assert portal.error("main.eventlog.list", {}, secret="mortal") == (403, "ACCESSDENIEDEXCEPTION")


@pytest.mark.parametrize(
    ("body", "media"),
    [
        (b"{broken", "application/json"),
        (b"id=1", "application/x-www-form-urlencoded"),
        (b"5", "application/json"),
    ],
)
def test_what_is_no_json_is_refused(portal: V3Portal, body: bytes, media: str) -> None:
    assert portal.error("tasks.task.get", body, content_type=media) == (400, "INVALIDJSONEXCEPTION")


def test_the_query_string_is_not_read(portal: V3Portal) -> None:
    answer = portal.error("tasks.task.get", verb="GET", query="id=1")
    assert answer == (400, "VALIDATION_REQUESTVALIDATIONEXCEPTION")


def test_the_documentation_is_the_whole_body(portal: V3Portal) -> None:
    body = json.loads(portal.send("documentation", verb="GET").body)
    assert "result" not in body
    assert "/tasks.task.list" in body["paths"]
    assert body["components"]["schemas"]["TaskDto"]["properties"]["deadline"]["format"] == "date-time"


def test_operating_time_is_counted_and_refused() -> None:
    plan = Plan(burst=None, operating=2.0)
    portal = V3Portal(tasks=5, plan=plan, by_method={"tasks.task.list": 1.5})
    for _ in range(2):
        portal.send("tasks.task.list", {})
    assert portal.error("tasks.task.list", {}) == (429, "RATELIMITEXCEPTION")


def test_a_batch_counts_as_itself_and_not_as_its_methods() -> None:
    plan = Plan(burst=None, operating=2.0)
    portal = V3Portal(tasks=5, plan=plan, by_method={"tasks.task.list": 3.0})
    portal.send("batch", [{"method": "tasks.task.list", "query": {}}])
    assert portal.send("tasks.task.list", {}).status == 200
    assert portal.error("batch", [{"method": "tasks.task.get", "query": {"id": 1}}])[0] == 429


# -- Idempotency-Key ----------------------------------------------------------------------------


def test_the_same_key_is_answered_again_without_running(portal: V3Portal) -> None:
    first = portal.send("tasks.task.add", NEW, idempotency_key="k1")
    again = portal.send("tasks.task.add", NEW, idempotency_key="k1")
    assert first.body == again.body
    assert ("Idempotent-Replayed", "true") in again.headers
    assert ("Idempotent-Replayed", "true") not in first.headers
    assert portal.store.count("task") == 6


def test_the_key_is_echoed(portal: V3Portal) -> None:
    assert ("Idempotency-Key", "k1") in portal.send("tasks.task.add", NEW, idempotency_key="k1").headers


def test_the_same_key_with_another_body_is_refused(portal: V3Portal) -> None:
    portal.send("tasks.task.add", NEW, idempotency_key="k1")
    other = {"fields": {**NEW["fields"], "title": "Other"}}
    assert portal.error("tasks.task.add", other, idempotency_key="k1") == (
        422,
        "IDEMPOTENCYKEYREUSEDEXCEPTION",
    )


def test_a_failure_is_not_kept(portal: V3Portal) -> None:
    bad = {"fields": {**NEW["fields"], "responsibleId": 99}}
    portal.send("tasks.task.add", bad, idempotency_key="k1")
    assert portal.send("tasks.task.add", NEW, idempotency_key="k1").status == 200


def test_another_method_has_keys_of_its_own(portal: V3Portal) -> None:
    portal.send("tasks.task.add", NEW, idempotency_key="k1")
    reply = portal.send("tasks.task.delete", {"id": 1}, idempotency_key="k1")
    assert (reply.status, portal.store.exists("task", 1)) == (200, False)


def test_another_webhook_has_keys_of_its_own(portal: V3Portal) -> None:
    portal.engine.credentials.add_webhook({"tasks"}, secret="second")
    portal.send("tasks.task.add", NEW, idempotency_key="k1")
    portal.send("tasks.task.add", NEW, idempotency_key="k1", secret="second")
    assert portal.store.count("task") == 7


def test_an_answer_is_kept_for_a_day(portal: V3Portal) -> None:
    portal.send("tasks.task.add", NEW, idempotency_key="k1")
    portal.clock.sleep(24 * 3600 - 1)
    portal.send("tasks.task.add", NEW, idempotency_key="k1")
    portal.clock.sleep(1)
    portal.send("tasks.task.add", NEW, idempotency_key="k1")
    assert portal.store.count("task") == 7


@pytest.mark.parametrize("key", ["", "x" * 256, "ключ", "a\tb"])
def test_a_key_is_1_to_255_printable_ascii_characters(portal: V3Portal, key: str) -> None:
    answer = portal.error("tasks.task.add", NEW, idempotency_key=key)
    assert answer == (400, "INVALIDIDEMPOTENCYKEYEXCEPTION")


def test_a_read_takes_no_notice_of_a_key(portal: V3Portal) -> None:
    reply = portal.send("tasks.task.get", {"id": 1}, idempotency_key="k1")
    assert "Idempotency-Key" not in dict(reply.headers)


# -- batch --------------------------------------------------------------------------------------


def test_a_batch_answers_a_list_in_order(portal: V3Portal) -> None:
    calls = [{"method": "tasks.task.get", "query": {"id": n, "select": ["id"]}} for n in (2, 1)]
    assert json.loads(portal.send("batch", calls).body)["result"] == [
        {"item": {"id": 2}},
        {"item": {"id": 1}},
    ]


def test_a_batch_stops_at_the_first_failure_and_keeps_what_was_done(portal: V3Portal) -> None:
    calls = [
        {"method": "tasks.task.add", "query": NEW},
        {"method": "tasks.task.get", "query": {"id": 999}},
        {"method": "tasks.task.add", "query": NEW},
    ]
    assert portal.error("batch", calls) == (400, "ENTITYNOTFOUNDEXCEPTION")
    assert portal.store.count("task") == 6


def test_nothing_of_a_batch_runs_if_one_method_is_unknown(portal: V3Portal) -> None:
    calls = [{"method": "tasks.task.add", "query": NEW}, {"method": "nope", "query": {}}]
    assert portal.error("batch", calls) == (404, "METHODNOTFOUNDEXCEPTION")
    assert portal.store.count("task") == 5


def test_the_format_of_the_classic_batch_is_refused(portal: V3Portal) -> None:
    answer = portal.error("batch", {"cmd": {"a": "tasks.task.get?id=1"}})
    assert answer == (400, "INVALIDSELECTEXCEPTION")


@pytest.mark.parametrize(
    "call", [{"query": {}}, {"method": "tasks.task.get"}, {"method": "x", "query": None}]
)
def test_a_call_of_a_batch_has_a_method_and_a_query(portal: V3Portal, call: dict[str, object]) -> None:
    assert portal.error("batch", [call]) == (400, "INVALIDSELECTEXCEPTION")


def test_references_reach_into_earlier_answers(portal: V3Portal) -> None:
    calls = [
        {"method": "tasks.task.list", "query": {"pagination": {"limit": 2}}, "as": "found"},
        {"method": "tasks.task.get", "query": {"id": {"$ref": "found.1.id"}, "select": ["id"]}},
        {"method": "tasks.task.list", "query": {"filter": [["id", "in", {"$refArray": "found.id"}]]}},
        {"method": "tasks.task.get", "query": {"id": {"$ref": "1.id"}, "select": ["id"]}},
    ]
    results = json.loads(portal.send("batch", calls).body)["result"]
    assert results[1:] == [{"item": {"id": 2}}, {"items": [{"id": 1}, {"id": 2}]}, {"item": {"id": 2}}]


@pytest.mark.parametrize("reference", [{"$ref": "a.9.id"}, {"$ref": "b.id"}, {"$refArray": "a"}])
def test_a_reference_that_leads_nowhere_is_refused(portal: V3Portal, reference: dict[str, str]) -> None:
    calls = [
        {"method": "tasks.task.list", "query": {}, "as": "a"},
        {"method": "tasks.task.get", "query": {"id": reference}},
    ]
    assert portal.error("batch", calls) == (400, "INVALIDSELECTEXCEPTION")


def test_two_calls_may_not_share_an_alias(portal: V3Portal) -> None:
    calls = [{"method": "tasks.task.list", "query": {}, "as": "a"}] * 2
    assert portal.error("batch", calls) == (400, "INVALIDSELECTEXCEPTION")
