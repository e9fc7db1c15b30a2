"""What belongs to tasks: positional arguments, the paging of recorded time, whole lists, writes, refusals."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.calls import Calls, refusal, small_portal


@pytest.fixture(scope="module")
def office() -> Calls:
    """Two tasks; the first has most of what there is."""
    return small_portal(tasks=2, elapsed=240, checklist=12, comments=9, results=6)


@pytest.fixture
def fresh() -> Calls:
    return small_portal(tasks=1)


def of_first(office: Calls, table: str) -> list[int]:
    return office.store.ids(table, "TASK_ID = 1")


def page(number: int, size: int = 50) -> dict[str, Any]:
    return {"NAV_PARAMS": {"nPageSize": size, "iNumPage": number}}


# ---- arguments by their place


def test_names_of_arguments_mean_nothing(office: Calls) -> None:
    rows = office("task.elapseditem.getlist", FILTER=1, TASKID={"ID": "desc"})

    assert [int(row["ID"]) for row in rows] == of_first(office, "elapsed_time")[::-1]


def test_a_text_with_the_methods_name_is_no_argument(office: Calls) -> None:
    rows = office("task.checklistitem.getlist", q="task.checklistitem.getlist", TASKID=1)

    assert len(rows) == len(of_first(office, "checklist_item"))


@pytest.mark.parametrize("key", ["SOURCE", "=USER_ID", "@ID", "%COMMENT_TEXT", "SECONDS"])
def test_a_filter_key_that_it_does_not_know_is_refused(office: Calls, key: str) -> None:
    code, text = refusal(office, "task.elapseditem.getlist", a=1, b=[], c={key: 1})

    assert (code, f'must not contain key "{key}"' in text) == ("ERROR_CORE", True)


def test_a_sort_key_that_it_does_not_know_is_refused(office: Calls) -> None:
    code, text = refusal(office, "task.commentitem.getlist", a=1, b={"POST_MESSAGE": "asc"})

    assert (code, "256/TE/WRONG_ARGUMENTS" in text) == ("ERROR_CORE", True)


def test_a_column_that_it_does_not_know_is_refused(office: Calls) -> None:
    assert (
        "must not contain value" in refusal(office, "task.elapseditem.getlist", a=1, b=[], c=[], d=["X"])[1]
    )


@pytest.mark.parametrize("task", ["x", [1], None])
def test_a_task_that_is_no_number(office: Calls, task: Any) -> None:
    assert 'expected to be of type "integer"' in refusal(office, "task.checklistitem.getlist", a=task)[1]


def test_a_task_that_is_not_there(office: Calls) -> None:
    text = "TASKS_ERROR_EXCEPTION_#8; ; 8/TE/ACTION_FAILED_TO_BE_PROCESSED<br>"

    assert refusal(office, "task.elapseditem.getlist", a=404) == ("ERROR_CORE", text)


def test_an_argument_that_is_missing(office: Calls) -> None:
    assert "expected by method" in refusal(office, "task.checklistitem.getlist")[1]


# ---- recorded time


def test_without_a_page_all_of_a_task_comes(office: Calls) -> None:
    answer = office.answer("task.elapseditem.getlist", a=1)

    assert (len(answer.result), answer.total, answer.next) == (160, 160, None)


def test_without_a_task_fifty_of_all_come(office: Calls) -> None:
    answer = office.answer("task.elapseditem.getlist", a={"ID": "asc"})

    assert (len(answer.result), answer.total, answer.next) == (50, 240, 50)


@pytest.mark.parametrize(
    ("number", "rows", "following"), [(1, 50, 50), (4, 10, None), (5, 0, None), (0, 50, 50)]
)
def test_pages_count_from_one(office: Calls, number: int, rows: int, following: int | None) -> None:
    answer = office.answer("task.elapseditem.getlist", a=1, b=[], c=[], d=[], e=page(number))

    assert (len(answer.result), answer.total, answer.next) == (rows, 160, following)


def test_a_page_holds_fifty_rows_at_most(office: Calls) -> None:
    assert len(office("task.elapseditem.getlist", a=1, b=[], c=[], d=[], e=page(1, 500))) == 50


def test_start_is_ignored(office: Calls) -> None:
    plain = office("task.elapseditem.getlist", a=1, b=[], c=[], d=[], e=page(1))

    assert office("task.elapseditem.getlist", 100, a=1, b=[], c=[], d=[], e=page(1)) == plain


def test_a_row_holds_texts(office: Calls) -> None:
    row = office("task.elapseditem.getlist", a=1)[0]

    assert {type(value) for value in row.values()} == {str}


@pytest.mark.parametrize(
    ("sent", "where"),
    [
        ({"USER_ID": 2}, "USER_ID = 2"),
        ({"!USER_ID": 2}, "USER_ID <> 2"),
        ({">=ID": 100, "<ID": 120}, "ID BETWEEN 100 AND 119"),
        ({"ID": [3, 4, 400]}, "ID IN (3, 4)"),
        ({">CREATED_DATE": "2023-05-01T00:00:00+03:00"}, "CREATED_DATE > '2023-05-01T00:00:00'"),
    ],
)
def test_conditions(office: Calls, sent: dict[str, Any], where: str) -> None:
    rows = office("task.elapseditem.getlist", a=1, b=[], c=sent)

    assert [int(row["ID"]) for row in rows] == office.store.ids("elapsed_time", f"TASK_ID = 1 AND {where}")


def test_select_leaves_the_others_out(office: Calls) -> None:
    assert set(office("task.elapseditem.getlist", a=1, b=[], c=[], d=["ID", "SECONDS"])[0]) == {
        "ID",
        "SECONDS",
    }


def test_time_is_recorded_changed_and_removed(fresh: Calls) -> None:
    number = fresh("task.elapseditem.add", a=1, b={"SECONDS": 600, "COMMENT_TEXT": "x"})
    fresh("task.elapseditem.update", a=1, b=number, c={"SECONDS": 1200})
    row = fresh("task.elapseditem.get", a=1, b=number)
    fresh("task.elapseditem.delete", a=1, b=number)

    assert (row["SECONDS"], row["MINUTES"], row["COMMENT_TEXT"], fresh.store.count("elapsed_time")) == (
        "1200",
        "20",
        "x",
        0,
    )


def test_the_user_of_recorded_time_stays(fresh: Calls) -> None:
    number = fresh("task.elapseditem.add", a=1, b={"SECONDS": 600})

    assert (
        "256/TE/WRONG_ARGUMENTS"
        in refusal(fresh, "task.elapseditem.update", a=1, b=number, c={"USER_ID": 2})[1]
    )


# ---- checklists, comments, results


def test_a_checklist_comes_whole_in_its_own_order(office: Calls) -> None:
    rows = office("task.checklistitem.getlist", a=1)

    assert [int(row["ID"]) for row in rows] == sorted(
        of_first(office, "checklist_item"),
        key=lambda number: office.store.get("checklist_item", number)["SORT_INDEX"],  # type: ignore[index]
    )


def test_a_top_item_has_the_number_0_and_an_absent_time_is_an_empty_text(office: Calls) -> None:
    row = office("task.checklistitem.getlist", a=1)[0]

    assert (row["PARENT_ID"], row["TOGGLED_DATE"], row["TOGGLED_BY"], row["MEMBERS"]) == (0, "", None, [])


def test_an_item_is_added_ticked_and_removed(fresh: Calls) -> None:
    number = fresh("task.checklistitem.add", a=1, b={"TITLE": "Sign", "MEMBERS": [2]})
    fresh("task.checklistitem.complete", a=1, b=number)
    row = fresh("task.checklistitem.get", a=1, b=number)

    assert (row["IS_COMPLETE"], row["TOGGLED_BY"], row["MEMBERS"][0]["ID"]) == ("Y", "1", "2")


@pytest.mark.parametrize("method", ["task.checklistitem.delete", "task.commentitem.delete"])
def test_an_item_of_another_task_is_not_there(office: Calls, method: str) -> None:
    assert refusal(office, method, a=2, b=2)[1].startswith("TASKS_ERROR_EXCEPTION_#8")


@pytest.mark.parametrize("item", ["checklistitem", "commentitem", "elapseditem"])
def test_getting_an_item_that_is_not_there_says_so(office: Calls, item: str) -> None:
    text = "Check listitem not found or not accessible; 512/TE/ITEM_NOT_FOUND_OR_NOT_ACCESSIBLE<br>"

    assert refusal(office, f"task.{item}.get", a=1, b=404)[1] == f"TASKS_ERROR_EXCEPTION_#512; {text}"


def test_of_items_only_one_of_a_checklist_has_to_be_the_tasks(office: Calls) -> None:
    assert "512/TE" in refusal(office, "task.checklistitem.get", a=2, b=2)[1]
    assert office("task.elapseditem.get", a=2, b=2)["ID"] == "2"


def test_comments_come_whole_whatever_start_says(office: Calls) -> None:
    answer = office.answer("task.commentitem.getlist", 50, a=1)

    assert (len(answer.result), answer.total) == (len(of_first(office, "task_comment")), -1)


def test_a_comment_without_a_text_is_refused(fresh: Calls) -> None:
    assert "Message text not specified." in refusal(fresh, "task.commentitem.add", a=1, b={"AUTHOR_ID": 2})[1]


def test_results_have_numbers(office: Calls) -> None:
    row = office("tasks.task.result.list", taskId=1)[0]

    assert (row["taskId"], type(row["id"]), row["files"]) == (1, int, [])
