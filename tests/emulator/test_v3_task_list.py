"""tasks.task.list of REST 3.0: what it brings, whatever it was asked for."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.v3_calls import V3Portal


@pytest.fixture(scope="module")
def portal() -> V3Portal:
    return V3Portal(tasks=120)


def ids(portal: V3Portal, *filter_: Any, **params: Any) -> list[int]:
    return portal.ids("tasks.task.list", filter=list(filter_), **params)


@pytest.mark.parametrize(("limit", "count"), [(20, 20), (50, 50), (51, 50), (1000, 50)])
def test_a_page_holds_fifty_tasks_at_the_most(portal: V3Portal, limit: int, count: int) -> None:
    assert ids(portal, pagination={"limit": limit}) == list(range(1, count + 1))


def test_a_larger_page_holds_those_that_the_table_has_first(portal: V3Portal) -> None:
    found = ids(portal, order={"id": "DESC"}, pagination={"limit": 100})
    assert found == list(range(70, 20, -1))


def test_a_page_skips_what_it_was_asked_to_skip_not_what_it_brought(portal: V3Portal) -> None:
    assert ids(portal, pagination={"limit": 100, "offset": 100}) == list(range(101, 121))


def test_a_negation_is_dropped(portal: V3Portal) -> None:
    assert ids(portal, {"negative": True, "conditions": [["id", "in", [3, 4]]]}) == [3, 4]


def test_between_is_dropped(portal: V3Portal) -> None:
    assert len(ids(portal, ["id", "between", [3, 4]])) == 50


def test_an_or_that_lost_an_alternative_is_lost(portal: V3Portal) -> None:
    either = {"logic": "or", "conditions": [["id", "=", 3], ["id", "between", [5, 6]]]}
    assert len(ids(portal, either)) == 50


def test_no_ids_are_no_condition(portal: V3Portal) -> None:
    assert len(ids(portal, ["id", "in", []])) == 50


def test_conditions_and_groups_are_followed(portal: V3Portal) -> None:
    either = {"logic": "or", "conditions": [["id", "=", 3], ["id", "=", 5], ["id", ">", 118]]}
    assert ids(portal, either, ["id", "!=", 5]) == [3, 119, 120]


def test_who_changed_a_task_is_told_if_he_takes_part_in_one_of_the_page() -> None:
    portal = V3Portal(tasks=2)
    for number, changer in ((1, 4), (2, 4)):
        row = {"CREATED_BY": 1, "RESPONSIBLE_ID": 2, "ACCOMPLICES": [], "AUDITORS": [], "CHANGED_BY": changer}
        portal.store.update("task", number, row)
    asked: dict[str, Any] = {"select": ["id", "changedById"]}
    assert [row["changedById"] for row in portal.call("tasks.task.list", **asked)["items"]] == [None, None]
    portal.store.update("task", 2, {"AUDITORS": [4]})
    assert [row["changedById"] for row in portal.call("tasks.task.list", **asked)["items"]] == [4, 4]


@pytest.mark.parametrize(
    ("code", "word"), [("days", "days"), ("mins", "hours"), ("secs", None), ("monts", None)]
)
def test_durations_that_it_has_no_word_for_are_null(code: str, word: str | None) -> None:
    portal = V3Portal(tasks=1)
    portal.store.update("task", 1, {"DURATION_TYPE": code})
    (row,) = portal.call("tasks.task.list", select=["id", "durationType"])["items"]
    assert row["durationType"] == word
