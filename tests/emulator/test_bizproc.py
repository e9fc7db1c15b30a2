"""Workflows, their templates and tasks, and what applications add to them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.calls import Calls, refusal, small_portal

DEAL = ["crm", "CCrmDocumentDeal", "DEAL"]
DATA = ["template.bpt", "eA=="]
APP = "local.1"


@pytest.fixture
def portal() -> Calls:
    portal = small_portal(workflows=60)
    portal.store.insert("deal", {"ID": 5, "TITLE": "Roof"})
    return portal


# ---- lists


@pytest.mark.parametrize(
    ("method", "names"),
    [
        ("bizproc.workflow.instances", {"ID", "MODIFIED", "OWNED_UNTIL"}),
        ("bizproc.workflow.template.list", {"ID"}),
        (
            "bizproc.task.list",
            {"ID", "WORKFLOW_ID", "DOCUMENT_NAME", "NAME", "ENTITY", "DOCUMENT_ID", "DOCUMENT_URL"},
        ),
    ],
)
@pytest.mark.parametrize("select", [None, [], ["*"], ["NOTHING"]])
def test_a_row_has_few_fields_unless_more_are_named(
    portal: Calls, method: str, names: set[str], select: list[str] | None
) -> None:
    assert set(portal(method, SELECT=select)[0]) == names


@pytest.mark.parametrize("parameter", ["SELECT", "select", "Select"])
def test_parameters_count_in_any_case(portal: Calls, parameter: str) -> None:
    sent: dict[str, Any] = {parameter: ["name", "ID"]}
    row = portal("bizproc.workflow.template.list", **sent)[0]

    assert row == {"ID": "1", "NAME": "Approve the discount"}


@pytest.mark.parametrize(
    ("start", "rows", "total", "following"),
    [(0, 50, 60, 50), (7, 50, 60, 57), (50, 10, 60, None), (90, 0, 60, None), (-1, 50, 0, None)],
)
def test_workflows_begin_at_an_exact_offset(
    portal: Calls, start: int, rows: int, total: int, following: int | None
) -> None:
    answer = portal.answer("bizproc.workflow.instances", start)

    assert (len(answer.result), answer.total, answer.next) == (rows, total, following)


@pytest.mark.parametrize(("start", "first"), [(7, "60"), (50, "10"), (150, "60"), (-1, "60")])
def test_tasks_come_in_whole_pages_the_newest_first(portal: Calls, start: int, first: str) -> None:
    assert portal("bizproc.task.list", start)[0]["ID"] == first


@pytest.mark.parametrize(
    ("sent", "count"),
    [
        ({">ID": 50, "<=ID": 55}, 5),
        ({"!ID": 3}, 59),
        ({"@ID": [1, 2]}, 60),
        ({"id": 1}, 60),
        ({"NOTHING": 1}, 60),
        ({"ID": 7}, 1),
    ],
)
def test_what_a_filter_does_not_know_is_left_out(portal: Calls, sent: dict[str, Any], count: int) -> None:
    assert portal.answer("bizproc.task.list", FILTER=sent).total == count


def test_templates_of_robots_are_not_in_the_list(portal: Calls) -> None:
    portal.store.insert("workflow_template", {"NAME": "Robots", "AUTO_EXECUTE": 8})

    assert [row["ID"] for row in portal("bizproc.workflow.template.list")] == ["1", "2"]


@pytest.mark.parametrize("method", ["bizproc.workflow.instances", "bizproc.workflow.template.list"])
def test_workflows_are_shown_to_administrators(portal: Calls, method: str) -> None:
    assert refusal(portal, method, user_id=2) == ("ACCESS_DENIED", "Access denied!")


def test_others_see_their_own_tasks(portal: Calls) -> None:
    rows = portal.answer("bizproc.task.list", user_id=2, SELECT=["USER_ID"]).result

    assert {row["USER_ID"] for row in rows} == {"2"}


# ---- running


def test_a_workflow_is_started_for_a_deal(portal: Calls) -> None:
    number = portal("bizproc.workflow.start", TEMPLATE_ID=1, DOCUMENT_ID=[*DEAL[:2], "DEAL_5"])
    (row,) = portal(
        "bizproc.workflow.instances", FILTER={"DOCUMENT_ID": "DEAL_5", "ID": number}, SELECT=["TEMPLATE_ID"]
    )

    assert row == {"TEMPLATE_ID": "1"}


@pytest.mark.parametrize(
    ("params", "code", "text"),
    [
        ({}, "ERROR_WRONG_WORKFLOW_ID", "Empty TEMPLATE_ID"),
        ({"TEMPLATE_ID": 9}, "ERROR_WRONG_WORKFLOW_ID", "Template not found"),
        ({"TEMPLATE_ID": 1}, "ERROR_CORE", "Wrong DOCUMENT_ID!"),
        (
            {"TEMPLATE_ID": 2, "DOCUMENT_ID": ["crm", "CCrmDocumentDeal", "DEAL_5"]},
            "ERROR_CORE",
            "Template type and DOCUMENT_ID mismatch!",
        ),
        (
            {"TEMPLATE_ID": 1, "DOCUMENT_ID": ["crm", "CCrmDocumentDeal", "DEAL_99"]},
            "ACCESS_DENIED",
            "Access denied!",
        ),
    ],
)
def test_a_workflow_that_can_not_be_started(
    portal: Calls, params: dict[str, Any], code: str, text: str
) -> None:
    assert refusal(portal, "bizproc.workflow.start", **params) == (code, text)


@pytest.mark.parametrize("action", ["terminate", "kill"])
def test_a_workflow_ends_with_its_tasks(portal: Calls, action: str) -> None:
    (task,) = portal("bizproc.task.list", FILTER={"ID": 9})
    portal(f"bizproc.workflow.{action}", ID=task["WORKFLOW_ID"])

    assert (portal.store.count("workflow"), portal.store.count("workflow_task")) == (59, 59)


def test_a_task_is_answered_once(portal: Calls) -> None:
    portal.store.update("workflow_task", 4, {"USER_ID": 1})
    portal("bizproc.task.complete", TASK_ID=4, STATUS="Yes")
    (row,) = portal("bizproc.task.list", FILTER={"ID": 4}, SELECT=["USER_STATUS"])

    assert (row["USER_STATUS"], refusal(portal, "bizproc.task.complete", TASK_ID=4, STATUS=1)[0]) == (
        "1",
        "ERROR_TASK_COMPLETED",
    )


# ---- templates of an application


def _template(portal: Calls, **params: Any) -> int:
    sent: dict[str, Any] = {"DOCUMENT_TYPE": DEAL, "NAME": "Mine", "TEMPLATE_DATA": DATA, **params}
    return int(portal("bizproc.workflow.template.add", app=APP, **sent))


def test_a_template_is_written_by_its_application(portal: Calls) -> None:
    number = _template(portal, AUTO_EXECUTE="1")
    portal("bizproc.workflow.template.update", app=APP, ID=number, FIELDS={"NAME": "Ours"})
    (row,) = portal("bizproc.workflow.template.list", FILTER={"ID": number}, SELECT=["NAME", "AUTO_EXECUTE"])
    portal("bizproc.workflow.template.delete", app=APP, ID=number)

    assert (row, portal.store.exists("workflow_template", number)) == (
        {"AUTO_EXECUTE": "1", "NAME": "Ours"},
        False,
    )


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"DOCUMENT_TYPE": "DEAL"}, "Incorrect field DOCUMENT_TYPE!"),
        ({"NAME": ""}, "Empty template name!"),
        ({"AUTO_EXECUTE": 1}, "Incorrect field AUTO_EXECUTE!"),
        ({"TEMPLATE_DATA": ""}, "Incorrect field TEMPLATE_DATA!"),
    ],
)
def test_a_template_that_does_not_fit(portal: Calls, params: dict[str, Any], text: str) -> None:
    sent: dict[str, Any] = {"DOCUMENT_TYPE": DEAL, "NAME": "Mine", "TEMPLATE_DATA": DATA, **params}

    assert refusal(portal, "bizproc.workflow.template.add", app=APP, **sent) == (
        "ERROR_TEMPLATE_VALIDATION_FAILURE",
        text,
    )


@pytest.mark.parametrize(
    ("number", "code"), [(1, "ERROR_TEMPLATE_NOT_OWNER"), (99, "ERROR_TEMPLATE_NOT_FOUND")]
)
def test_a_template_of_another(portal: Calls, number: int, code: str) -> None:
    sent: dict[str, Any] = {"ID": number, "FIELDS": {"NAME": "x"}}

    assert refusal(portal, "bizproc.workflow.template.update", app=APP, **sent)[0] == code


# ---- activities and robots


@pytest.mark.parametrize("family", ["activity", "robot"])
def test_what_an_application_adds(portal: Calls, family: str) -> None:
    sent: dict[str, Any] = {"CODE": "md5", "HANDLER": "https://app.example/", "NAME": "Hash"}
    portal(f"bizproc.{family}.add", app=APP, **sent)
    portal(f"bizproc.{family}.update", app=APP, CODE="md5", FIELDS={"NAME": "Digest"})
    codes = portal(f"bizproc.{family}.list", app=APP)
    others = portal(f"bizproc.{family}.list", app="local.2")
    portal(f"bizproc.{family}.delete", app=APP, CODE="md5")

    assert (codes, others, portal(f"bizproc.{family}.list", app=APP)) == (["md5"], [], [])


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({}, "Empty activity code!"),
        ({"CODE": "a b"}, "Wrong activity code!"),
        ({"CODE": "a", "HANDLER": "https://app.example/"}, "Empty activity NAME!"),
        (
            {
                "CODE": "a",
                "HANDLER": "https://app.example/",
                "NAME": "A",
                "PROPERTIES": {"1x": {"NAME": "X"}},
            },
            "Wrong property key (1x)!",
        ),
        (
            {"CODE": "a", "HANDLER": "https://app.example/", "NAME": "A", "PROPERTIES": {"x": {}}},
            "Empty property NAME (x)!",
        ),
    ],
)
def test_an_activity_that_does_not_fit(portal: Calls, params: dict[str, Any], text: str) -> None:
    assert refusal(portal, "bizproc.activity.add", app=APP, **params) == (
        "ERROR_ACTIVITY_VALIDATION_FAILURE",
        text,
    )


def test_a_code_is_taken_by_a_robot_and_an_activity_alike(portal: Calls) -> None:
    sent: dict[str, Any] = {"CODE": "md5", "HANDLER": "https://app.example/", "NAME": "Hash"}
    portal("bizproc.robot.add", app=APP, **sent)

    assert refusal(portal, "bizproc.activity.add", app=APP, **sent)[0] == "ERROR_ACTIVITY_ALREADY_INSTALLED"


@pytest.mark.parametrize("kind", ["list", "add", "update", "delete"])
def test_activities_are_an_application_s(portal: Calls, kind: str) -> None:
    text = "Access denied! Application context required"

    assert refusal(portal, f"bizproc.activity.{kind}", CODE="a") == ("ACCESS_DENIED", text)
