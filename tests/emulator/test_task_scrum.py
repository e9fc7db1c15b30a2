"""Sprints, backlogs, epics and boards; flows; robotic processes; what prints and what ships in the shop."""

from __future__ import annotations

from typing import Any

import pytest

from b24orm.emulator.answers import Refusal
from tests.emulator.calls import Calls, refusal, small_portal

APP = "local.1"
SPRINT = {
    "groupId": 1,
    "name": "First",
    "dateStart": "2024-05-01",
    "dateEnd": "2024-05-14",
    "status": "planned",
}


@pytest.fixture
def portal() -> Calls:
    portal = small_portal(tasks=2)
    portal.store.insert("workgroup", {"NAME": "Team"})
    portal.store.execute("UPDATE task SET GROUP_ID = 1")
    return portal


def _sprint(portal: Calls, **fields: Any) -> int:
    return int(portal("tasks.api.scrum.sprint.add", fields={**SPRINT, **fields})["id"])


def test_a_sprint_begins_and_ends(portal: Calls) -> None:
    number = _sprint(portal)
    begun = portal("tasks.api.scrum.sprint.start", id=number)["status"]
    ended = portal("tasks.api.scrum.sprint.complete", id=1)["status"]

    assert (begun, ended) == ("active", "completed")


def test_a_group_has_one_active_sprint(portal: Calls) -> None:
    _sprint(portal, status="active")

    assert refusal(portal, "tasks.api.scrum.sprint.add", fields={**SPRINT, "status": "active"}) == (
        "0",
        "Unable to add two active sprint",
    )


def test_nobody_is_the_author_unless_named(portal: Calls) -> None:
    numbers = [_sprint(portal), _sprint(portal, createdBy=2)]

    assert [portal("tasks.api.scrum.sprint.get", id=number)["createdBy"] for number in numbers] == [0, 2]


def test_lists_read_upper_case_and_tell_no_total(portal: Calls) -> None:
    for name in ("a", "b"):
        _sprint(portal, name=name)
    answer = portal.answer("tasks.api.scrum.sprint.list", filter={"NAME": "b"}, order={"ID": "DESC"})

    assert ([row["name"] for row in answer.result], answer.total, answer.next) == (["b"], -1, None)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"groupId": 0}, "Group id not found"),
        ({"groupId": 9}, "Access denied"),
        ({"createdBy": 99}, "createdBy user not found"),
        ({"dateStart": "soon"}, "Incorrect dateStart format"),
        ({"status": "late"}, "Incorrect sprint status"),
    ],
)
def test_a_sprint_that_is_none(portal: Calls, fields: dict[str, Any], text: str) -> None:
    assert refusal(portal, "tasks.api.scrum.sprint.add", fields={**SPRINT, **fields}) == ("0", text)


def test_a_backlog_is_asked_for_by_its_group(portal: Calls) -> None:
    number = portal("tasks.api.scrum.backlog.add", fields={"groupId": 1, "createdBy": 1})["id"]

    assert (
        portal("tasks.api.scrum.backlog.get", id=1)["id"],
        refusal(portal, "tasks.api.scrum.backlog.add", fields={"groupId": 1})[1],
    ) == (number, "Backlog already added")


def test_what_is_undone_goes_back_to_the_backlog(portal: Calls) -> None:
    sprint = _sprint(portal, status="active")
    backlog = portal("tasks.api.scrum.backlog.add", fields={"groupId": 1})["id"]
    portal.store.execute("UPDATE task SET STATUS = CASE ID WHEN 1 THEN 5 ELSE 2 END")
    for task in (1, 2):
        portal("tasks.api.scrum.task.update", id=task, fields={"entityId": sprint, "storyPoints": "3"})
    portal("tasks.api.scrum.sprint.complete", id=1)

    assert [portal("tasks.api.scrum.task.get", id=task)["entityId"] for task in (1, 2)] == [sprint, backlog]


def test_a_stage_with_tasks_stays(portal: Calls) -> None:
    sprint = _sprint(portal)
    stage = portal("tasks.api.scrum.kanban.addstage", fields={"sprintId": sprint, "name": "Doing"})
    portal("tasks.api.scrum.kanban.addtask", sprintId=sprint, taskId=1, stageId=stage)
    refused = refusal(portal, "tasks.api.scrum.kanban.deletestage", stageId=stage)
    portal("tasks.api.scrum.kanban.deletetask", sprintId=sprint, taskId=1)

    assert (refused, portal("tasks.api.scrum.kanban.deletestage", stageId=stage)) == (
        ("0", "Stage has tasks"),
        True,
    )


def test_a_board_begins_with_three_stages(portal: Calls) -> None:
    found = portal("tasks.api.scrum.kanban.getstages", sprintId=_sprint(portal))

    assert [row["type"] for row in found] == ["NEW", "WORK", "FINISH"]


def test_an_epic_of_another_group_is_none(portal: Calls) -> None:
    other = portal.store.insert("workgroup", {"NAME": "Others"})
    epic = portal("tasks.api.scrum.epic.add", fields={"groupId": other, "name": "Big"})["id"]
    fields = {"entityId": _sprint(portal), "epicId": epic}

    assert refusal(portal, "tasks.api.scrum.task.update", id=1, fields=fields) == ("0", "Epic not found")


# ---- flows


FLOW = {
    "name": "Support",
    "plannedCompletionTime": 7200,
    "distributionType": "manually",
    "responsibleList": [["user", "1"]],
}


def test_a_flow_has_flags_of_its_own_type(portal: Calls) -> None:
    made = portal("tasks.flow.flow.create", flowData={**FLOW, "taskControl": True})
    portal("tasks.flow.flow.activate", flowId=made["id"])
    shown = portal("tasks.flow.flow.get", flowId=made["id"])

    assert (made["taskControl"], made["active"], shown["active"], shown["team"]) == (
        True,
        False,
        True,
        [["user", "1"]],
    )


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"distributionType": "luck"}, "'distributionType': field's value has an invalid value"),
        ({"name": ""}, "'name': field must be filled"),
        ({}, "A flow with this name already exists"),
    ],
)
def test_a_flow_that_is_none(portal: Calls, change: dict[str, Any], text: str) -> None:
    portal("tasks.flow.flow.create", flowData=FLOW)

    assert refusal(portal, "tasks.flow.flow.create", flowData={**FLOW, **change}) == ("0", text)


def test_a_flow_is_changed_and_removed(portal: Calls) -> None:
    number = portal("tasks.flow.flow.create", flowData=FLOW)["id"]
    changed = portal("tasks.flow.flow.update", flowData={"id": number, "name": "Sales"})["name"]
    taken = portal("tasks.flow.flow.isexists", flowData={"name": "Sales"})["exists"]
    gone = portal("tasks.flow.flow.delete", flowData={"id": number})

    assert (changed, taken, gone, refusal(portal, "tasks.flow.flow.get", flowId=number)) == (
        "Sales",
        True,
        {"deleted": True},
        ("0", "Flow not found"),
    )


# ---- robotic processes


def test_a_process_begins_with_stages(portal: Calls) -> None:
    kind = portal("rpa.type.add", fields={"title": "Bills"})["type"]["id"]
    stages = portal("rpa.stage.listfortype", typeId=kind)["stages"]
    item = portal("rpa.item.add", typeId=kind, fields={"name": "Bill"})["item"]

    assert ([(row["isFirst"], row["isSuccess"], row["isFail"]) for row in stages], item["stageId"]) == (
        [(True, False, False), (False, True, False), (False, False, True)],
        stages[0]["id"],
    )


def test_an_item_that_moves_remembers_where_it_was(portal: Calls) -> None:
    number = portal("rpa.item.add", typeId=1, fields={"name": "Holiday"})["item"]["id"]
    moved = portal("rpa.item.update", typeId=1, id=number, fields={"stageId": 2})["item"]

    assert (moved["stageId"], moved["previousStageId"]) == (2, 1)


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("rpa.type.get", {"id": 9}, "100"),
        ("rpa.item.get", {"typeId": 9, "id": 1}, "100"),
        ("rpa.item.get", {"typeId": 1, "id": 99}, "0"),
        ("rpa.stage.delete", {"id": 1}, "0"),
        ("rpa.timeline.listforitem", {"typeId": 1, "itemId": 99}, "0"),
    ],
)
def test_what_processes_refuse(portal: Calls, method: str, params: dict[str, Any], code: str) -> None:
    portal("rpa.item.add", typeId=1, fields={"name": "Holiday"})

    assert refusal(portal, method, **params)[0] == code


def test_records_of_an_item(portal: Calls) -> None:
    item = portal("rpa.item.add", typeId=1, fields={"name": "Holiday"})["item"]["id"]
    made = portal("rpa.timeline.add", typeId=1, itemId=item, fields={"title": "Note", "description": "x"})
    fixed = portal("rpa.timeline.updateisfixed", id=made["timeline"]["id"], isFixed="Y")
    (row,) = portal("rpa.timeline.listforitem", typeId=1, itemId=item)["timeline"]

    assert (row["title"], row["isFixed"], fixed["timeline"]["isFixed"]) == ("Note", True, True)


# ---- the shop


def called(portal: Calls, method: str, app: str = APP, **params: Any) -> Any:
    return portal.answer(method, app=app, **params).result


PRINTER: dict[str, Any] = {
    "NAME": "Printer",
    "CODE": "print",
    "SETTINGS": {"PRINT_URL": "https://a.example", "CHECK_URL": "https://b.example", "CONFIG": {"x": 1}},
}
COURIER: dict[str, Any] = {
    "NAME": "Courier",
    "CODE": "fast",
    "SETTINGS": {"CALCULATE_URL": "https://a.example"},
    "PROFILES": [{"NAME": "Taxi", "CODE": "TAXI"}],
}


def test_a_cash_register_works_by_a_handler(portal: Calls) -> None:
    called(portal, "sale.cashbox.handler.add", **PRINTER)
    number = called(portal, "sale.cashbox.add", NAME="Desk", REST_CODE="print", EMAIL="a@b.example")
    called(portal, "sale.cashbox.update", ID=number, FIELDS={"NAME": "Counter"})

    assert called(portal, "sale.cashbox.list", SELECT=["ID", "NAME"], FILTER={">=ID": number}) == [
        {"ID": str(number), "NAME": "Counter"}
    ]


def test_a_handler_that_is_used_stays(portal: Calls) -> None:
    handler = called(portal, "sale.cashbox.handler.add", **PRINTER)
    called(portal, "sale.cashbox.add", NAME="Desk", REST_CODE="print", EMAIL="a@b.example")
    with pytest.raises(Refusal, match="There are cashboxes with this handler: 1"):
        called(portal, "sale.cashbox.handler.delete", ID=handler)

    assert portal.store.ids("cashbox_handler") == [handler]


def test_another_application_changes_no_handler(portal: Calls) -> None:
    handler = called(portal, "sale.cashbox.handler.add", **PRINTER)
    with pytest.raises(Refusal) as caught:
        called(portal, "sale.cashbox.handler.update", "local.2", ID=handler, FIELDS={"NAME": "Mine"})

    assert caught.value.code == "ACCESS_DENIED"


def test_a_delivery_comes_with_its_profiles(portal: Calls) -> None:
    called(portal, "sale.delivery.handler.add", **COURIER)
    made = called(portal, "sale.delivery.add", REST_CODE="fast", NAME="Fast", CURRENCY="USD")
    called(portal, "sale.delivery.delete", ID=made["parent"]["ID"])

    assert ([row["NAME"] for row in made["profiles"]], called(portal, "sale.delivery.getlist")) == (
        ["Taxi"],
        [],
    )


def test_settings_that_are_not_named_stay(portal: Calls) -> None:
    called(portal, "sale.delivery.handler.add", **COURIER)
    config = [{"CODE": "A", "VALUE": "1"}, {"CODE": "B", "VALUE": "2"}]
    sent: dict[str, Any] = {"REST_CODE": "fast", "NAME": "Fast", "CURRENCY": "USD", "CONFIG": config}
    number = called(portal, "sale.delivery.add", **sent)["parent"]["ID"]
    called(portal, "sale.delivery.config.update", ID=number, CONFIG=[{"CODE": "B", "VALUE": "3"}])

    assert [one["VALUE"] for one in called(portal, "sale.delivery.config.get", ID=number)] == ["1", "3"]


def test_extras_have_a_price_or_items(portal: Calls) -> None:
    called(portal, "sale.delivery.handler.add", **COURIER)
    number = called(portal, "sale.delivery.add", REST_CODE="fast", NAME="Fast", CURRENCY="USD")["parent"][
        "ID"
    ]
    place = {"DELIVERY_ID": number}
    called(portal, "sale.delivery.extra.service.add", **place, NAME="Door", TYPE="checkbox", PRICE=9.5)
    items = [{"TITLE": "Small", "PRICE": 5}]
    called(portal, "sale.delivery.extra.service.add", **place, NAME="Size", TYPE="enum", ITEMS=items)
    rows = called(portal, "sale.delivery.extra.service.get", **place)

    assert [(row["TYPE"], row.get("PRICE"), row.get("ITEMS")) for row in rows] == [
        ("checkbox", 9.5, None),
        ("enum", None, items),
    ]


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("sale.cashbox.list", {"SELECT": ["COLOUR"]}, ""),
        ("sale.cashbox.add", {"NAME": "x", "REST_CODE": "lost"}, "ERROR_CHECK_FAILURE"),
        ("sale.cashbox.delete", {"ID": 9}, "ERROR_CASHBOX_NOT_FOUND"),
        ("sale.cashbox.delete", {}, "ERROR_CHECK_FAILURE"),
        ("sale.delivery.getlist", {"ORDER": {"COLOUR": "ASC"}}, "ERROR_CHECK_FAILURE"),
        (
            "sale.delivery.add",
            {"NAME": "x", "REST_CODE": "lost", "CURRENCY": "USD"},
            "ERROR_HANDLER_NOT_FOUND",
        ),
        ("sale.delivery.config.get", {"ID": 9}, "ERROR_DELIVERY_NOT_FOUND"),
        ("sale.delivery.handler.delete", {"ID": 9}, "ERROR_HANDLER_NOT_FOUND"),
    ],
)
def test_what_the_shop_refuses(portal: Calls, method: str, params: dict[str, Any], code: str) -> None:
    assert refusal(portal, method, **params)[0] == code
