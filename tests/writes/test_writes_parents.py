"""Rows whose methods want to be told more than the row's id: the task of a comment, the list of an element."""

from __future__ import annotations

import copy
import pickle

import pytest

from b24orm import Portal
from b24orm.emulator import LocalPortal
from b24orm.errors import InvalidValue, UnknownName
from b24orm.models import ListElement, TaskComment
from tests.conftest import Connect, Serve


@pytest.fixture
def shed(serve: Serve) -> LocalPortal:
    """A small portal with comments of tasks and elements of lists."""
    return serve(tasks=3, rows={"comments": 12, "elements": 6})


@pytest.fixture(autouse=True)
def writer(shed: LocalPortal, join: Connect) -> Portal:
    """The default connection, to the shed."""
    return join(shed)


@pytest.fixture
def task(shed: LocalPortal) -> int:
    """A task with comments."""
    return int(shed.store.rows("task_comment")[0]["TASK_ID"])


def test_a_row_knows_what_it_was_asked_for_with(task: int) -> None:
    comment = TaskComment.objects.filter(task_id=task)[0]

    assert vars(comment)["task_id"] == task


def test_so_it_is_read_again_and_removed(shed: LocalPortal, task: int) -> None:
    comment = TaskComment.objects.filter(task_id=task)[0]
    number = comment.id
    comment.refresh_from_db()
    comment.delete()

    assert not shed.store.exists("task_comment", number)


def test_so_it_is_changed(shed: LocalPortal, task: int) -> None:
    comment = TaskComment.objects.get(task_id=task, id=shed.store.rows("task_comment")[0]["ID"])
    comment.post_message = "Done"
    comment.save()

    assert shed.store.rows("task_comment")[0]["POST_MESSAGE"] == "Done"


def test_an_element_of_a_list_is_read_again(shed: LocalPortal) -> None:
    number = shed.store.rows("list_element")[0]["IBLOCK_ID"]
    element = ListElement.objects.filter(iblock_type_id="lists", iblock_id=number)[0]
    name = element.name
    element.unchanged(name="?")
    element.refresh_from_db()

    assert element.name == name


def test_it_goes_with_copies_and_pickles_and_not_with_dumps(task: int) -> None:
    comment = TaskComment.objects.filter(task_id=task)[0]

    assert [vars(each)["task_id"] for each in (copy.copy(comment), copy.deepcopy(comment))] == [task, task]
    assert vars(pickle.loads(pickle.dumps(comment)))["task_id"] == task
    assert "task_id" not in comment.model_dump()


def test_a_set_of_rows_is_removed(shed: LocalPortal, task: int) -> None:
    of_task = shed.store.count("task_comment", "TASK_ID = ?", (task,))

    assert TaskComment.objects.filter(task_id=task, id__gt=0).delete() == of_task > 0
    assert shed.store.count("task_comment", "TASK_ID = ?", (task,)) == 0


def test_a_set_of_rows_is_changed(shed: LocalPortal, task: int) -> None:
    changed = TaskComment.objects.filter(task_id=task).update(post_message="Done")

    texts = [row["POST_MESSAGE"] for row in shed.store.rows("task_comment") if row["TASK_ID"] == task]
    assert texts == ["Done"] * changed


def test_a_new_row_is_told_it_like_a_field(shed: LocalPortal, task: int) -> None:
    made = TaskComment.objects.create(task_id=task, post_message="New")

    row = shed.store.get("task_comment", made.id)
    assert row is not None
    assert (row["TASK_ID"], row["POST_MESSAGE"]) == (task, "New")


def test_many_new_rows_are_told_each_its_own(shed: LocalPortal, task: int) -> None:
    tasks = shed.store.ids("task")
    TaskComment.objects.bulk_create([TaskComment(task_id=n, post_message=f"of {n}") for n in tasks])

    made = [row for row in shed.store.rows("task_comment") if str(row["POST_MESSAGE"]).startswith("of ")]
    assert [(row["TASK_ID"], row["POST_MESSAGE"]) for row in made] == [(n, f"of {n}") for n in tasks]


def test_it_is_no_field_and_no_change() -> None:
    comment = TaskComment(task_id=5, post_message="x")

    assert (comment.changed, comment.model_dump()) == (("post_message",), {"post_message": "x"})


def test_without_it_the_message_says_what_is_missing(task: int) -> None:
    comment = TaskComment(post_message="x")

    with pytest.raises(
        InvalidValue, match=r"TaskComment needs task_id: give it, as in TaskComment\(task_id="
    ):
        comment.save()


def test_other_names_are_unknown() -> None:
    with pytest.raises(UnknownName, match="no field 'task'"):
        TaskComment(task=5)  # type: ignore[call-arg]
