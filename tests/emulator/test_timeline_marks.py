"""Icons, logos, badges and records of the timeline, laid out activities, workplaces, lists of calls."""

from __future__ import annotations

import base64
import struct
from typing import Any

import pytest

from b24orm.emulator.answers import Refusal
from tests.emulator.calls import Calls, refusal, small_portal

APP = "local.1"


def png(side: int) -> str:
    """The head of a picture."""
    head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", side, side)
    return base64.b64encode(head).decode()


@pytest.fixture
def portal() -> Calls:
    portal = small_portal()
    portal.store.insert("deal", {"TITLE": "Roof"})
    for name in ("Anna", "Carl", "Eva"):
        portal.store.insert("contact", {"NAME": name})
    return portal


@pytest.mark.parametrize(("family", "side"), [("icon", 24), ("logo", 60)])
def test_a_picture_has_the_right_size(portal: Calls, family: str, side: int) -> None:
    method = f"crm.timeline.{family}.add"
    added = portal(method, code="sun", fileContent=png(side))[family]
    wrong = refusal(portal, method, code="moon", fileContent=png(side + 1))

    assert (added["isSystem"], wrong) == (
        False,
        ("INVALID_ARG_VALUE", f"Only png {side}px on {side}px is supported"),
    )


def test_pictures_of_the_portal_stay(portal: Calls) -> None:
    first = portal("crm.timeline.icon.list")["icons"][0]

    assert (first["isSystem"], refusal(portal, "crm.timeline.icon.delete", code=first["code"])[0]) == (
        True,
        "NOT_FOUND",
    )


def test_pictures_tell_how_many_there_are(portal: Calls) -> None:
    answer = portal.answer("crm.timeline.logo.list")

    assert answer.total == len(answer.result["logos"])


def test_only_administrators_add_pictures(portal: Calls) -> None:
    with pytest.raises(Refusal) as caught:
        portal.answer("crm.timeline.icon.add", user_id=2, code="sun", fileContent=png(24))

    assert caught.value.code == "ACCESS_DENIED"


def test_a_badge_is_found_by_its_code(portal: Calls) -> None:
    portal("crm.activity.badge.add", code="missed", title="Call", value="Missed", type="failure")
    answer = portal.answer("crm.activity.badge.list")
    badge = {"code": "missed", "title": "Call", "value": "Missed", "type": "failure"}

    assert (answer.result, answer.total, portal("crm.activity.badge.get", code="missed")) == (
        {"badges": [badge]},
        1,
        {"badge": badge},
    )


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"code": "a", "title": "", "value": "b", "type": "failure"}, "REQUIRED_ARG_MISSING"),
        ({"code": "a", "value": "b", "type": "failure"}, "100"),
        ({"code": "a", "title": "t", "value": "b", "type": "pink"}, "0"),
    ],
)
def test_a_badge_that_is_none(portal: Calls, params: dict[str, Any], code: str) -> None:
    assert refusal(portal, "crm.activity.badge.add", **params)[0] == code


# ---- records


def record(portal: Calls, **fields: Any) -> int:
    sent = {"entityTypeId": 2, "entityId": 1, "title": "T", "text": "x", "iconCode": "info", **fields}
    return int(portal.answer("crm.timeline.logmessage.add", app=APP, fields=sent).result["logMessage"]["id"])


def test_records_come_by_ten_the_last_ones_first(portal: Calls) -> None:
    for number in range(12):
        record(portal, title=str(number))
    asked: dict[str, Any] = {"entityTypeId": 2, "entityId": 1}
    first = portal.answer("crm.timeline.logmessage.list", **asked)
    second = portal("crm.timeline.logmessage.list", **asked, offset=10)

    assert (
        [row["title"] for row in first.result["logMessages"]][:2],
        first.total,
        len(second["logMessages"]),
    ) == (
        ["11", "10"],
        12,
        2,
    )


def test_only_its_application_removes_a_record(portal: Calls) -> None:
    number = record(portal)
    refused = refusal(portal, "crm.timeline.logmessage.delete", id=number)[0]
    portal.answer("crm.timeline.logmessage.delete", app=APP, id=number)

    assert (refused, refusal(portal, "crm.timeline.logmessage.get", id=number)) == (
        "REMOVING_DISABLED",
        ("NOT_FOUND", f"Timeline logmessage not found for id `{number}`"),
    )


def test_a_record_needs_everything(portal: Calls) -> None:
    assert refusal(portal, "crm.timeline.logmessage.add", fields={"entityTypeId": 2}) == (
        "0",
        "Missing a required field: entityId",
    )


# ---- activities that applications lay out


def test_a_laid_out_activity_is_one_of_the_crm(portal: Calls) -> None:
    added = portal.answer(
        "crm.activity.configurable.add",
        app=APP,
        ownerTypeId=2,
        ownerId=1,
        fields={"deadline": "2024-05-01T10:00:00+03:00"},
        layout={"icon": {"code": "call"}},
    ).result["activity"]["id"]
    portal.answer("crm.activity.configurable.update", app=APP, id=added, fields={"completed": "Y"})
    laid = portal("crm.activity.configurable.get", id=added)["activity"]

    assert (
        laid["fields"]["completed"],
        laid["layout"],
        portal("crm.activity.get", id=added)["PROVIDER_ID"],
        portal("crm.activity.get", id=added)["COMPLETED"],
    ) == (True, {"icon": {"code": "call"}}, "CONFIGURABLE_REST_APP", "Y")


@pytest.mark.parametrize(
    ("app", "fields", "layout", "code"),
    [
        ("", {}, {"icon": {}}, "ERROR_WRONG_CONTEXT"),
        (APP, {}, {}, "ERROR_EMPTY_LAYOUT"),
        (APP, {"completed": "maybe"}, {"icon": {}}, "WRONG_FIELD_VALUE"),
        (APP, {"badgeCode": "lost"}, {"icon": {}}, "WRONG_FIELD_VALUE"),
        (
            APP,
            {"isIncomingChannel": "Y", "deadline": "2024-05-01"},
            {"icon": {}},
            "INCOMING_ACTIVITY_CAN_NOT_BE_WITH_DEADLINE",
        ),
    ],
)
def test_a_laid_out_activity_that_is_none(
    portal: Calls, app: str, fields: dict[str, Any], layout: dict[str, Any], code: str
) -> None:
    sent: dict[str, Any] = {"ownerTypeId": 2, "ownerId": 1, "fields": fields, "layout": layout}
    with pytest.raises(Refusal) as caught:
        portal.answer("crm.activity.configurable.add", app=app, **sent)

    assert caught.value.code == code


# ---- workplaces, fields that duplicates are looked for by


def test_a_smart_process_lies_in_one_workplace(portal: Calls) -> None:
    portal.store.add_smart_type("Equipment", 128)
    ids = [
        portal("crm.automatedsolution.add", fields={"title": title, "typeIds": [1, 77]})["automatedSolution"][
            "id"
        ]
        for title in ("HR", "R&D")
    ]
    found = portal.answer("crm.automatedsolution.list", order={"id": "ASC"})
    refused = refusal(portal, "crm.automatedsolution.delete", id=ids[1])[0]
    portal("crm.automatedsolution.delete", id=ids[0])

    assert (
        [row["typeIds"] for row in found.result["automatedSolutions"]],
        found.total,
        refused,
        portal.store.ids("automated_solution"),
    ) == ([[], [1]], 2, "HAS_BOUND_TYPES", [ids[1]])


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("crm.automatedsolution.add", {"fields": {}}, "BX_EMPTY_REQUIRED"),
        ("crm.automatedsolution.get", {"id": 9}, "NOT_FOUND"),
        ("crm.automatedsolution.get", {}, "100"),
        ("crm.automatedsolution.list", {"filter": {"colour": 1}}, "INVALID_ARG_VALUE"),
        ("crm.duplicate.volatiletype.register", {"entityTypeId": 1, "fieldCode": "X"}, "FIELD_NOT_FOUND"),
        ("crm.duplicate.volatiletype.unregister", {"id": 9}, "TYPE_IS_NOT_ASSIGNED"),
    ],
)
def test_what_controllers_of_the_crm_refuse(
    portal: Calls, method: str, params: dict[str, Any], code: str
) -> None:
    assert refusal(portal, method, **params)[0] == code


def test_a_field_is_watched_once(portal: Calls) -> None:
    asked: dict[str, Any] = {"entityTypeId": 1, "fieldCode": "TITLE"}
    numbers = {portal("crm.duplicate.volatiletype.register", **asked)["id"] for _ in range(2)}

    assert (len(numbers), portal("crm.duplicate.volatiletype.list")) == (1, [{"id": min(numbers), **asked}])


# ---- lists of calls


def test_a_list_of_calls_keeps_who_stays(portal: Calls) -> None:
    number = portal("crm.calllist.add", ENTITY_TYPE="CONTACT", ENTITIES=[1, 2])
    portal.store.execute("UPDATE call_list_item SET STATUS = 'SUCCESS' WHERE ID = 2")
    portal("crm.calllist.update", LIST_ID=number, ENTITY_TYPE="CONTACT", ENTITIES=[2, 3])

    assert portal("crm.calllist.items.get", LIST_ID=number) == [
        {"ID": 2, "STATUS": "SUCCESS", "ENTITY_TYPE": 3},
        {"ID": 3, "STATUS": "IN_WORK", "ENTITY_TYPE": 3},
    ]


def test_a_list_of_calls_tells_its_time_without_a_zone(portal: Calls) -> None:
    number = portal("crm.calllist.add", ENTITY_TYPE="CONTACT", ENTITIES=[1])

    assert portal("crm.calllist.get", ID=number) == {
        "ID": "1",
        "DATE_CREATE": "2023-11-15 01:13:20",
        "CREATED_BY_ID": "1",
        "WEBFORM_ID": None,
        "ENTITY_TYPE_ID": "3",
        "ENTITY_TYPE": "CONTACT",
    }


def test_a_negative_start_brings_all_lists(portal: Calls) -> None:
    for _ in range(52):
        portal.store.insert("call_list", {"ENTITY_TYPE_ID": 3})
    sizes = [len(portal.answer("crm.calllist.list", start).result) for start in (None, 50, -1)]

    assert sizes == [50, 2, 52]


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("crm.calllist.add", {"ENTITY_TYPE": "CONTACT"}, "ERROR_ARGUMENT"),
        ("crm.calllist.add", {"ENTITY_TYPE": "CONTACT", "ENTITIES": 1}, "ENTITIES_ERROR"),
        ("crm.calllist.add", {"ENTITY_TYPE": "DEAL", "ENTITIES": [1]}, "ENTITY_TYPE_ERROR"),
        ("crm.calllist.add", {"ENTITY_TYPE": "CONTACT", "ENTITIES": [99]}, "ENTITY_ERROR"),
        ("crm.calllist.items.get", {"LIST_ID": 0}, "LIST_ID_ERROR"),
        ("crm.calllist.list", {"FILTER": {"TITLE": 1}}, "100"),
    ],
)
def test_what_lists_of_calls_refuse(portal: Calls, method: str, params: dict[str, Any], code: str) -> None:
    assert refusal(portal, method, **params)[0] == code
