"""Stages of a kanban and of a planner, and templates of tasks with their checklists."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.calls import Calls, refusal, small_portal


@pytest.fixture
def portal() -> Calls:
    portal = small_portal(tasks=2, workgroup=1)
    return portal


def _titles(portal: Calls, entity: int = 0) -> list[str]:
    return [stage["TITLE"] for stage in portal("task.stages.get", entityId=entity).values()]


# ---- stages


@pytest.mark.parametrize(
    ("entity", "titles"),
    [(0, ["Not planned", "Will do this week"]), (1, ["New", "In progress", "Completed"])],
)
def test_a_board_begins_with_the_usual_stages(portal: Calls, entity: int, titles: list[str]) -> None:
    assert _titles(portal, entity) == titles


def test_stages_are_keyed_by_their_numbers(portal: Calls) -> None:
    found = portal("task.stages.get", entityId=1)

    assert (list(found), found["1"]["ENTITY_TYPE"], found["1"]["SYSTEM_TYPE"], found["2"]["TO_UPDATE"]) == (
        ["1", "2", "3"],
        "G",
        "NEW",
        [],
    )


def test_stages_are_a_list_if_that_is_asked_for(portal: Calls) -> None:
    assert [stage["SORT"] for stage in portal("task.stages.get", entityId=1, numeric=True)] == [
        "100",
        "200",
        "300",
    ]


@pytest.mark.parametrize(
    ("after", "titles"),
    [
        (None, ["Later", "New", "In progress", "Completed"]),
        (1, ["New", "Later", "In progress", "Completed"]),
        (3, ["New", "In progress", "Completed", "Later"]),
    ],
)
def test_a_stage_is_put_behind_another(portal: Calls, after: int | None, titles: list[str]) -> None:
    _titles(portal, 1)
    portal("task.stages.add", fields={"TITLE": "Later", "ENTITY_ID": 1, "AFTER_ID": after})

    assert _titles(portal, 1) == titles


def test_a_stage_moves_and_keeps_its_title(portal: Calls) -> None:
    _titles(portal, 1)
    portal("task.stages.update", id=1, fields={"AFTER_ID": 2, "COLOR": "FF0000"})

    assert _titles(portal, 1) == ["In progress", "New", "Completed"]


def test_a_task_goes_to_a_stage(portal: Calls) -> None:
    number = portal("task.stages.add", fields={"TITLE": "Later", "ENTITY_ID": 1})
    portal("task.stages.movetask", id=2, stageId=number)

    assert refusal(portal, "task.stages.delete", id=number)[0] == "NO_EMPTY"


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("get", {"entityId": 99}, "ACCESS_DENIED"),
        ("get", {}, "100"),
        ("add", {"fields": {"ENTITY_ID": 1}}, "EMPTY_TITLE"),
        ("add", {"fields": {"TITLE": "x", "ENTITY_ID": 99}}, "ACCESS_DENIED"),
        ("update", {"id": 99, "fields": {}}, "NOT_FOUND"),
        ("update", {"id": 1, "fields": {"TITLE": " "}}, "EMPTY_TITLE"),
        ("delete", {"id": 1}, "IS_SYSTEM"),
        ("delete", {"id": 99}, "NOT_FOUND"),
        ("movetask", {"id": 99, "stageId": 1}, "TASK_NOT_FOUND"),
        ("movetask", {"id": 1, "stageId": 99}, "NOT_FOUND"),
    ],
)
def test_what_stages_refuse(portal: Calls, method: str, params: dict[str, Any], code: str) -> None:
    _titles(portal, 1)

    assert refusal(portal, f"task.stages.{method}", **params)[0] == code


# ---- templates


def _template(portal: Calls, **fields: Any) -> int:
    sent = {"TITLE": "Weekly report", "RESPONSIBLE_ID": 2, **fields}
    return int(portal("tasks.template.add", fields=sent))


def test_a_template_is_made_of_texts_and_names(portal: Calls) -> None:
    number = _template(portal, ACCOMPLICES=[3], TAGS=["report"])
    row = portal("tasks.template.get", templateId=number)

    assert (row["ID"], row["CREATED_BY"], row["RESPONSIBLE_NAME"], row["ACCOMPLICES"], row["TAGS"]) == (
        str(number),
        "1",
        "Carl",
        'a:1:{i:0;s:1:"3";}',
        ["report"],
    )


def test_a_template_is_changed_and_removed(portal: Calls) -> None:
    number = _template(portal)
    changed = portal(
        "tasks.template.update", templateId=number, fields={"TITLE": "Monthly", "CREATED_BY_NAME": "x"}
    )
    title = portal("tasks.template.get", templateId=number)["TITLE"]
    removed = portal("tasks.template.delete", templateId=number)

    assert (changed, title, removed, portal("tasks.template.get", templateId=number)) == (
        True,
        "Monthly",
        True,
        False,
    )


@pytest.mark.parametrize("lacking", ["TITLE", "RESPONSIBLE_ID"])
def test_a_template_that_lacks_something_is_number_nothing(portal: Calls, lacking: str) -> None:
    assert _template(portal, **{lacking: None}) == 0


@pytest.mark.parametrize("action", ["update", "delete"])
def test_a_template_that_is_not_there(portal: Calls, action: str) -> None:
    assert portal(f"tasks.template.{action}", templateId=99, fields={"TITLE": "x"}) is False


def test_the_fields_of_a_template(portal: Calls) -> None:
    found = portal("tasks.template.fields")

    assert (found["ID"]["primary"], found["TITLE"]["required"], set(found["PRIORITY"]["values"])) == (
        True,
        True,
        {"0", "1", "2"},
    )


# ---- their checklists


def _item(portal: Calls, template: int, **fields: Any) -> dict[str, Any]:
    sent = {"TITLE": "Step", "PARENT_ID": 0, **fields}
    found: dict[str, Any] = portal("tasks.template.checklist.add", templateId=template, fields=sent)
    return dict(found["checkListItem"])


def test_one_item_has_numbers_and_truth_values(portal: Calls) -> None:
    item = _item(portal, _template(portal), IS_IMPORTANT="Y", MEMBERS={"2": {"TYPE": "A"}})

    assert (item["id"], item["isComplete"], item["isImportant"], item["members"]) == (
        1,
        False,
        True,
        [{"type": "A", "id": 2}],
    )


def test_a_list_of_items_is_made_of_texts(portal: Calls) -> None:
    template = _template(portal)
    root = _item(portal, template)
    _item(portal, template, TITLE="Part", PARENT_ID=root["id"])

    assert portal("tasks.template.checklist.list", templateId=template, filter={"PARENT_ID": root["id"]}) == {
        "checkListItems": {
            "2": {
                "id": "2",
                "templateId": str(template),
                "parentId": "1",
                "title": "Part",
                "sortIndex": "0",
                "isComplete": "N",
                "isImportant": "N",
            }
        }
    }


def test_an_item_is_done_and_undone(portal: Calls) -> None:
    template = _template(portal)
    _item(portal, template)
    steps = [
        portal(f"tasks.template.checklist.{action}", templateId=template, checkListItemId=1)["checkListItem"][
            "isComplete"
        ]
        for action in ("complete", "renew")
    ]

    assert steps == [True, False]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"PARENT_ID": 0}, "Item name is not specified"),
        ({"TITLE": "x"}, "Invalid value [] for field [PARENT_ID] in element [, x]"),
    ],
)
def test_an_item_that_lacks_something(portal: Calls, fields: dict[str, Any], text: str) -> None:
    template = _template(portal)

    found = refusal(portal, "tasks.template.checklist.add", templateId=template, fields=fields)

    assert found == ("0", text)


def test_an_item_belongs_to_its_template(portal: Calls) -> None:
    first, second = _template(portal), _template(portal)
    _item(portal, first)

    code, _ = refusal(portal, "tasks.template.checklist.get", templateId=second, checkListItemId=1)

    assert code == "0"
