"""What happened to a task, as its journal tells it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.calls import Calls, refusal, small_portal


@pytest.fixture
def portal() -> Calls:
    return small_portal(tasks=2)


def _entries(portal: Calls, **params: Any) -> list[tuple[str, Any, Any]]:
    rows = portal("tasks.task.history.list", **{"taskId": 1, **params})["list"]
    return [(row["field"], row["value"]["from"], row["value"]["to"]) for row in rows]


def test_a_task_was_made(portal: Calls) -> None:
    assert _entries(portal) == [("NEW", None, None)]


def test_a_new_task_was_made_by_somebody(portal: Calls) -> None:
    made = portal("tasks.task.add", fields={"TITLE": "x", "RESPONSIBLE_ID": 2})["task"]["id"]
    (row,) = portal("tasks.task.history.list", taskId=made)["list"]

    assert (row["field"], row["createdDate"], row["user"]["id"], row["user"]["name"]) == (
        "NEW",
        "2023-11-15T01:13:20+03:00",
        1,
        "Anna",
    )


def test_each_changed_field_is_an_entry(portal: Calls) -> None:
    portal.store.update("task", 1, {"TITLE": "Old", "PRIORITY": "1"})
    portal(
        "tasks.task.update",
        taskId=1,
        fields={"TITLE": "New", "PRIORITY": 2, "DESCRIPTION": "See the [B]brief[/B]"},
    )
    changed = {entry for entry in _entries(portal) if entry[0] in {"TITLE", "PRIORITY"}}

    assert changed == {("TITLE", "Old", "New"), ("PRIORITY", "1", "2")}


def test_what_people_do_is_written_down(portal: Calls) -> None:
    portal.store.update("task", 1, {"STATUS": 2})
    portal("tasks.task.start", taskId=1)

    assert _entries(portal, filter={"FIELD": "STATUS"}) == [("STATUS", "2", "3")]


@pytest.mark.parametrize(
    ("sent", "count"),
    [
        ({"field": "TITLE"}, 1),
        ({"FIELD": "TIT"}, 0),
        ({"%FIELD": "TIT"}, 1),
        ({"USER_ID": 1, "FIELD": ["TITLE", "NEW"]}, 1),
        ({">=CREATED_DATE": "01.11.2023"}, 1),
        ({">=CREATED_DATE": "2023-11-01"}, 0),
        ({"VALUE": "x"}, 2),
    ],
)
def test_entries_are_found(portal: Calls, sent: dict[str, Any], count: int) -> None:
    portal.store.execute("UPDATE task_history SET USER_ID = 2, CREATED_DATE = '2023-01-10T09:00:00'")
    portal("tasks.task.update", taskId=1, fields={"TITLE": "Other"})

    assert len(_entries(portal, filter=sent)) == count


@pytest.mark.parametrize(
    ("order", "first"), [({}, "NEW"), ({"CREATED_DATE": "desc"}, "TITLE"), ({"field": "DESC"}, "TITLE")]
)
def test_entries_come_in_an_order(portal: Calls, order: dict[str, str], first: str) -> None:
    portal.store.execute("UPDATE task_history SET CREATED_DATE = '2023-01-10T09:00:00'")
    portal("tasks.task.update", taskId=1, fields={"TITLE": "Other"})

    assert _entries(portal, order=order)[0][0] == first


def test_a_task_that_is_not_there_has_no_journal(portal: Calls) -> None:
    assert refusal(portal, "tasks.task.history.list", taskId=99)[0] == "100"
