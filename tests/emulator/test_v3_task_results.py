"""tasks.task.result.* of REST 3.0."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.v3_calls import V3Portal

LIST = "tasks.task.result.list"


@pytest.fixture
def portal() -> V3Portal:
    portal = V3Portal(tasks=3)
    portal.store.execute("DELETE FROM task_result")
    for task, text in ((1, "done"), (2, "half"), (1, "really done")):
        portal.call("tasks.task.result.add", fields={"taskId": task, "text": text})
    return portal


def test_the_results_of_a_task(portal: V3Portal) -> None:
    assert portal.ids(LIST, filter=[["taskId", 1]]) == [1, 3]
    assert portal.ids(LIST, filter=[["taskId", "=", 1], ["id", ">", 1]], order={"id": "DESC"}) == [3]


@pytest.mark.parametrize(
    "given",
    [
        [["id", ">", 0]],
        [["taskId", ">", 0]],
        [["taskId", "in", [1]]],
        [{"logic": "or", "conditions": [["taskId", 1], ["id", 2]]}],
    ],
)
def test_a_list_says_which_task(portal: V3Portal, given: Any) -> None:
    assert portal.error(LIST, {"filter": given}) == (400, "VALIDATION_REQUESTFILTERVALIDATIONEXCEPTION")


def test_a_list_has_a_filter(portal: V3Portal) -> None:
    assert portal.error(LIST, {}) == (400, "VALIDATION_REQUESTVALIDATIONEXCEPTION")


def test_a_new_result_belongs_to_its_author(portal: V3Portal) -> None:
    item = portal.call("tasks.task.result.add", fields={"taskId": 3, "text": "x"})["item"]
    assert (item["id"], item["taskId"], item["authorId"], item["status"]) == (4, 3, 1, "open")


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({"text": "x"}, (400, "VALIDATION_REQUESTVALIDATIONEXCEPTION")),
        ({"taskId": 1}, (400, "VALIDATION_REQUESTVALIDATIONEXCEPTION")),
        ({"taskId": "1", "text": "x"}, (400, "VALIDATION_REQUESTVALIDATIONEXCEPTION")),
        ({"taskId": 1, "text": "x", "status": "closed"}, (400, "VALIDATION_REQUESTVALIDATIONEXCEPTION")),
        ({"taskId": 1, "text": "x", "nope": 1}, (400, "UNKNOWNDTOPROPERTYEXCEPTION")),
        ({"taskId": 99, "text": "x"}, (403, "ACCESSDENIEDEXCEPTION")),
    ],
)
def test_what_an_add_refuses(portal: V3Portal, fields: dict[str, Any], answer: tuple[int, str]) -> None:
    assert portal.error("tasks.task.result.add", {"fields": fields}) == answer


def test_a_result_is_changed_and_removed(portal: V3Portal) -> None:
    item = portal.call("tasks.task.result.update", id=1, fields={"text": "other"})["item"]
    assert item["text"] == "other"
    assert portal.call("tasks.task.result.delete", id=1) == {"result": True}
    assert portal.error("tasks.task.result.delete", {"id": 1}) == (403, "ACCESSDENIEDEXCEPTION")
