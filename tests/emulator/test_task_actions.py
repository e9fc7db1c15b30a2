"""What is done with tasks: which status leads to which, and how refusals are numbered."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.calls import Calls, empty_portal, refusal

NOT_ALLOWED = "Action on the task is not allowed"


@pytest.fixture
def portal() -> Calls:
    return empty_portal()


def task(portal: Calls, status: int, **fields: Any) -> int:
    row = {"TITLE": "Roof", "RESPONSIBLE_ID": 2, "CREATED_BY": 1, "STATUS": status, **fields}
    return portal.store.insert("task", row)


@pytest.mark.parametrize(
    ("action", "before", "after"),
    [
        ("start", 2, "3"),
        ("pause", 3, "2"),
        ("defer", 2, "6"),
        ("renew", 5, "2"),
        ("renew", 6, "2"),
        ("approve", 4, "5"),
        ("disapprove", 4, "2"),
        ("complete", 2, "5"),
    ],
)
def test_an_action_leads_to_a_status(portal: Calls, action: str, before: int, after: str) -> None:
    answer = portal(f"tasks.task.{action}", taskId=task(portal, before))

    assert answer["task"]["status"] == after


@pytest.mark.parametrize(
    ("action", "status", "code"),
    [
        ("start", 5, "0"),
        ("complete", 5, "0"),
        ("delegate", 5, "0"),
        ("pause", 2, "1048582"),
        ("defer", 3, "1048582"),
        ("renew", 2, "1048582"),
        ("approve", 2, "1048582"),
    ],
)
def test_an_action_that_a_status_forbids(portal: Calls, action: str, status: int, code: str) -> None:
    found = refusal(portal, f"tasks.task.{action}", taskId=task(portal, status), userId=3)

    assert found == (code, NOT_ALLOWED)


@pytest.mark.parametrize(
    ("action", "refused"),
    [
        ("complete", ("0", NOT_ALLOWED)),
        ("defer", ("1048582", NOT_ALLOWED)),
        ("startwatch", ("1048584", "a:0:{}")),
        ("favorite.add", ("1", "Task not found or not accessible")),
    ],
)
def test_a_task_that_is_not_there(portal: Calls, action: str, refused: tuple[str, str]) -> None:
    assert refusal(portal, f"tasks.task.{action}", taskId=77) == refused


def test_a_task_under_control_waits_for_who_made_it(portal: Calls) -> None:
    number = task(portal, 3, TASK_CONTROL="Y")

    answer = portal.answer("tasks.task.complete", user_id=2, taskId=number)

    assert answer.result["task"]["status"] == "4"


def test_who_delegates_watches_from_then_on(portal: Calls) -> None:
    answer = portal("tasks.task.delegate", taskId=task(portal, 2), userId=3)

    assert (answer["task"]["responsibleId"], answer["task"]["auditors"]) == ("3", ["2"])


def test_a_completed_task_says_when(portal: Calls) -> None:
    answer = portal("tasks.task.complete", taskId=task(portal, 2))

    assert answer["task"]["closedDate"] == "2023-11-15T01:13:20+03:00"


def test_watching_begins_and_ends(portal: Calls) -> None:
    number = task(portal, 2)
    began = portal("tasks.task.startwatch", taskId=number)["task"]["auditors"]

    assert (began, portal("tasks.task.stopwatch", taskId=number)["task"]["auditors"]) == (["1"], [])


def test_a_favorite_is_answered_with_true(portal: Calls) -> None:
    number = task(portal, 2)
    answer = portal("tasks.task.favorite.add", taskId=number)

    assert (answer, portal("tasks.task.get", taskId=number)["task"]["favorite"]) == (True, "Y")
