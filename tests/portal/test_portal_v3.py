"""REST 3.0 by the names of its methods: addresses, answers, whole lists, batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from b24orm import AsyncPortal, Portal
from b24orm.emulator import LocalPortal
from b24orm.emulator.faults import Fault
from b24orm.emulator.v3 import V3Call, V3Method
from b24orm.emulator.v3.registry import V3Answer
from b24orm.errors import ApiError, Incomplete, InvalidValue, OutcomeUnknown, UnknownName
from tests.conftest import Connect

NEW = {"title": "Report", "creatorId": 1, "responsibleId": 2}


@pytest.fixture
def desk() -> Iterator[LocalPortal]:
    with LocalPortal(tasks=20, log_entries=1500, users=4) as portal:
        yield portal


@pytest.fixture
def client(desk: LocalPortal, join: Connect) -> Portal:
    return join(desk)


def test_a_name_that_only_rest_3_knows_goes_there(client: Portal) -> None:
    assert client.main.eventlog.list(select=["id"], pagination={"limit": 2}) == [{"id": 1}, {"id": 2}]
    assert client.call("main.eventlog.get", {"id": 3, "select": ["id"]}) == {"id": 3}


def test_a_name_that_both_know_is_the_classic_one(client: Portal) -> None:
    assert client.call("tasks.task.get", {"taskId": 5})["title"] == client.tasks.task.get(taskId=5)["title"]
    assert client.call("tasks.task.get", {"taskId": 5})["id"] == "5"


def test_the_other_is_reached_through_v3(client: Portal) -> None:
    assert client.v3.tasks.task.get(id=5, select=["id"])["id"] == 5


async def test_the_same_awaited(desk: LocalPortal) -> None:
    async with AsyncPortal(desk.url, plan="unlimited", progress=False) as portal:
        assert (await portal.v3.tasks.task.get(id=5))["id"] == 5
        assert len(await portal.v3.get_all("tasks.task.list")) == 20
        assert await portal.main.eventlog.tail(select=["id"], cursor={"field": "id", "value": 1499}) == [
            {"id": 1500}
        ]


def test_many_calls_answer_in_order(client: Portal) -> None:
    found = client.v3.call("tasks.task.get", [{"id": n, "select": ["id"]} for n in (3, 1, 2)])
    assert [item["id"] for item in found] == [3, 1, 2]


def test_an_operation_answers_true(client: Portal, desk: LocalPortal) -> None:
    assert client.v3.tasks.task.update(id=1, fields={"title": "Changed"}) is True
    assert client.v3.tasks.task.delete(id=1) is True
    assert not desk.store.exists("task", 1)


def test_the_raw_answer(client: Portal) -> None:
    assert set(client.v3.call("tasks.task.get", {"id": 1}, raw=True)) == {"result", "time"}


def test_the_documentation_is_the_whole_answer(client: Portal) -> None:
    assert client.rest.documentation.openapi()["openapi"] == "3.0.0"


def test_a_parameter_that_is_none_is_named(client: Portal, desk: LocalPortal) -> None:
    with pytest.raises(UnknownName, match=r"portal\.v3\.call"):
        client.v3.tasks.task.get(taskId=1)
    with pytest.raises(InvalidValue, match="needs id"):
        client.v3.tasks.task.get()
    assert desk.stats.requests == 0


def test_an_unknown_method_names_the_nearest(client: Portal) -> None:
    with pytest.raises(AttributeError, match="eventlog"):
        _ = client.v3.main.eventlogs


def test_an_error_has_its_code(client: Portal) -> None:
    with pytest.raises(ApiError, match="ENTITYNOTFOUNDEXCEPTION"):
        client.v3.call("tasks.task.get", {"id": 999})


def test_flags_and_null_travel_as_themselves(client: Portal, desk: LocalPortal) -> None:
    item = client.v3.tasks.task.add(fields={**NEW, "needsControl": True, "deadline": None})
    assert (item["needsControl"], item["deadline"]) == (True, None)


# -- whole lists --------------------------------------------------------------------------------


def test_a_whole_list(client: Portal, desk: LocalPortal) -> None:
    rows = client.get_all("main.eventlog.list", {"select": ["id"], "filter": [["id", ">", 10]]})
    assert [row["id"] for row in rows] == list(range(11, 1501))
    assert desk.stats.requests == 3


def test_a_method_that_allows_fewer_rows_is_read_to_its_end(client: Portal, desk: LocalPortal) -> None:
    def listed(call: V3Call) -> V3Answer:
        page = call.params["pagination"]
        first = page.get("offset", 0)
        return V3Answer({"items": [{"id": n} for n in range(first, min(first + 200, 450))]})

    desk.register_v3("mail.mailbox.list", V3Method(listed))
    assert len(client.v3.get_all("mail.mailbox.list")) == 450


def test_no_task_is_lost_whatever_the_order(join: Connect) -> None:
    with LocalPortal(tasks=120) as desk:
        rows = join(desk).v3.get_all("tasks.task.list", {"select": ["id"], "order": {"id": "DESC"}})
    assert [row["id"] for row in rows] == list(range(120, 0, -1))


def test_a_list_that_begins_anew_is_noticed(client: Portal, desk: LocalPortal) -> None:
    desk.register_v3("mail.mailbox.list", V3Method(lambda _: V3Answer({"items": [{"id": 1}]})))
    with pytest.raises(Incomplete):
        client.v3.get_all("mail.mailbox.list")


def test_pages_are_not_the_callers(client: Portal) -> None:
    with pytest.raises(InvalidValue, match="pagination"):
        client.v3.get_all("tasks.task.list", {"pagination": {"limit": 5}})


# -- batch --------------------------------------------------------------------------------------


def test_a_batch_with_references(client: Portal, desk: LocalPortal) -> None:
    found = client.v3.call_batch(
        [
            {"method": "tasks.task.list", "query": {"pagination": {"limit": 2}}, "as": "some"},
            {"method": "tasks.task.list", "query": {"filter": [["id", "in", {"$refArray": "some.id"}]]}},
            {"method": "tasks.task.get", "query": {"id": {"$ref": "some.1.id"}, "select": ["id"]}},
        ]
    )
    assert found == [[{"id": 1}, {"id": 2}], [{"id": 1}, {"id": 2}], {"id": 2}]
    assert desk.stats.requests == 1


def test_a_batch_ends_with_its_first_error(client: Portal, desk: LocalPortal) -> None:
    with pytest.raises(ApiError, match="ENTITYNOTFOUND"):
        client.v3.call_batch(
            [
                {"method": "tasks.task.add", "query": {"fields": NEW}},
                {"method": "tasks.task.get", "query": {"id": 999}},
            ]
        )
    assert desk.store.count("task") == 21


def test_a_batch_that_writes_is_not_sent_twice(client: Portal, desk: LocalPortal) -> None:
    desk.faults.script(Fault("reset_after", method="batch", times=1))
    with pytest.raises(OutcomeUnknown):
        client.v3.call_batch([{"method": "tasks.task.add", "query": {"fields": NEW}}])
    assert desk.store.count("task") == 21


def test_a_batch_that_reads_is(client: Portal, desk: LocalPortal) -> None:
    desk.faults.script(Fault("reset_after", method="batch", times=1))
    found = client.v3.call_batch([{"method": "tasks.task.get", "query": {"id": 1, "select": ["id"]}}])
    assert found == [{"id": 1}]


@pytest.mark.parametrize("calls", [[{"query": {}}], [{"method": "x", "query": 5}], [{"method": "x"}] * 51])
def test_a_batch_is_checked_before_it_is_sent(client: Portal, desk: LocalPortal, calls: list[Any]) -> None:
    with pytest.raises(InvalidValue):
        client.v3.call_batch(calls)
    assert desk.stats.requests == 0


# -- OAuth --------------------------------------------------------------------------------------


def test_a_token_travels_in_the_header_and_is_renewed_once(desk: LocalPortal) -> None:
    asked: list[int] = []

    def token() -> str:
        asked.append(1)
        return desk.issue_token(expires_in=3600 if len(asked) > 1 else -1)

    portal = Portal(desk.token_url, token_func=token, plan="unlimited", progress=False)
    assert portal.v3.tasks.task.get(id=5)["id"] == 5
    assert len(asked) == 2
    portal.close()
