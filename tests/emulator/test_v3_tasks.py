"""tasks.task.* of REST 3.0 over the table of the classic methods."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.v3_calls import V3Portal

NEW = {"title": "Report", "creatorId": 1, "responsibleId": 2}


@pytest.fixture
def portal() -> V3Portal:
    return V3Portal(tasks=9)


def test_a_list_without_a_select_brings_ids(portal: V3Portal) -> None:
    assert portal.call("tasks.task.list", pagination={"limit": 2})["items"] == [{"id": 1}, {"id": 2}]


def test_a_list_sorts_by_id_before_anything_else(portal: V3Portal) -> None:
    assert portal.ids("tasks.task.list", select=["id"], order={"title": "DESC"}) == list(range(1, 10))


def test_a_list_can_be_turned_round(portal: V3Portal) -> None:
    assert portal.ids("tasks.task.list", order={"id": "DESC"}, pagination={"limit": 2}) == [9, 8]


def test_only_the_id_can_be_filtered(portal: V3Portal) -> None:
    answer = portal.error("tasks.task.list", {"filter": [["status", "pending"]]})
    assert answer == (400, "VALIDATION_REQUESTVALIDATIONEXCEPTION")


def test_a_list_fills_in_fewer_fields_than_get(portal: V3Portal) -> None:
    (row,) = portal.call("tasks.task.list", select=["id", "fileIds", "title"], filter=[["id", 1]])["items"]
    assert sorted(row) == ["id", "title"]


def test_a_related_object_comes_with_its_own_name_only(portal: V3Portal) -> None:
    (row,) = portal.call("tasks.task.list", select=["id", "creator.name"], filter=[["id", 1]])["items"]
    assert sorted(row) == ["creatorId", "id"]
    (row,) = portal.call("tasks.task.list", select=["creator", "creator.name"], filter=[["id", 1]])["items"]
    assert list(row["creator"]) == ["name"]


def test_get_adds_related_objects_to_the_basic_fields(portal: V3Portal) -> None:
    item = portal.call("tasks.task.get", id=1, select=["responsible.name", "responsible.email"])["item"]
    assert sorted(item["responsible"]) == ["email", "name"]
    assert "title" in item


def test_get_never_says_whose_task_it_is(portal: V3Portal) -> None:
    assert portal.call("tasks.task.get", id=1, select=["id", "creatorId"])["item"] == {"id": 1}


def test_an_absent_task_is_not_found(portal: V3Portal) -> None:
    assert portal.error("tasks.task.get", {"id": 99}) == (400, "ENTITYNOTFOUNDEXCEPTION")


def test_a_new_task_is_answered_whole(portal: V3Portal) -> None:
    fields = {**NEW, "needsControl": True, "deadline": "2025-12-31T23:59:59+02:00", "priority": "high"}
    item = portal.call("tasks.task.add", fields=fields)["item"]
    assert (item["id"], item["needsControl"], item["deadline"], item["priority"]) == (
        10,
        True,
        "2026-01-01T00:59:59+03:00",
        "high",
    )


@pytest.mark.parametrize("name", ["title", "creatorId", "responsibleId"])
def test_a_new_task_needs_three_fields(portal: V3Portal, name: str) -> None:
    fields = {key: value for key, value in NEW.items() if key != name}
    answer = portal.error("tasks.task.add", {"fields": fields})
    assert answer == (400, "VALIDATION_REQUESTVALIDATIONEXCEPTION")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("deadline", "2025-12-31"),
        ("deadline", ""),
        ("needsControl", "Y"),
        ("responsibleId", "2"),
        ("estimatedTime", 1.5),
        ("responsibleId", 99),
        ("parentId", 99),
        ("created", "2025-12-31T23:59:59+02:00"),
    ],
)
def test_a_value_of_another_type_is_refused(portal: V3Portal, name: str, value: Any) -> None:
    answer = portal.error("tasks.task.add", {"fields": {**NEW, name: value}})
    assert answer == (400, "VALIDATION_REQUESTVALIDATIONEXCEPTION")
    assert portal.store.count("task") == 9


def test_an_unknown_field_is_refused(portal: V3Portal) -> None:
    answer = portal.error("tasks.task.add", {"fields": {**NEW, "nope": 1}})
    assert answer == (400, "UNKNOWNDTOPROPERTYEXCEPTION")


def test_an_update_answers_true(portal: V3Portal) -> None:
    assert portal.call("tasks.task.update", id=1, fields={"status": "completed"}) == {"result": True}
    (row,) = portal.store.rows("task", ["STATUS"], where="ID = 1")
    assert row["STATUS"] == 5


def test_null_clears_a_field(portal: V3Portal) -> None:
    portal.call("tasks.task.update", id=1, fields={"deadline": None})
    assert portal.store.rows("task", ["DEADLINE"], where="ID = 1") == [{"DEADLINE": None}]


def test_the_creator_can_not_be_changed(portal: V3Portal) -> None:
    answer = portal.error("tasks.task.update", {"id": 1, "fields": {"creatorId": 2}})
    assert answer == (400, "VALIDATION_REQUESTVALIDATIONEXCEPTION")


def test_an_update_of_an_absent_task_is_denied(portal: V3Portal) -> None:
    answer = portal.error("tasks.task.update", {"id": 99, "fields": {"title": "x"}})
    assert answer == (403, "ACCESSDENIEDEXCEPTION")


def test_a_delete_answers_true_once(portal: V3Portal) -> None:
    assert portal.call("tasks.task.delete", id=1) == {"result": True}
    assert portal.error("tasks.task.delete", {"id": 1}) == (403, "ACCESSDENIEDEXCEPTION")
