"""Notes beside entries of the timeline and activities, and the roles of a group's members."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.calls import Calls, empty_portal, refusal

OF_DEAL = {"ownerTypeId": 2, "ownerId": 7}
ENTRY: dict[str, Any] = {**OF_DEAL, "itemType": 1, "itemId": 3}
CALL: dict[str, Any] = {**OF_DEAL, "itemType": 2, "itemId": 5}


@pytest.fixture
def portal() -> Calls:
    portal = empty_portal()
    portal.store.insert("deal", {"ID": 7, "TITLE": "Roof"})
    portal.store.insert("timeline_comment", {"ID": 3, "ENTITY_TYPE": "deal", "ENTITY_ID": 7, "COMMENT": "x"})
    bound = [{"OWNER_TYPE_ID": 2, "OWNER_ID": 7}]
    portal.store.insert("activity", {"ID": 5, "SUBJECT": "Call", "BINDINGS": bound})
    return portal


@pytest.mark.parametrize("place", [ENTRY, CALL])
def test_a_note_is_written_read_and_removed(portal: Calls, place: dict[str, Any]) -> None:
    portal("crm.timeline.note.save", **place, text="First")
    portal("crm.timeline.note.save", **place, text="Second")
    note = portal("crm.timeline.note.get", **place)
    portal("crm.timeline.note.delete", **place)

    assert (note, portal.store.count("timeline_note")) == (
        {
            "text": "Second",
            "createdById": 1,
            "createdTime": "2023-11-15T01:13:20+03:00",
            "updatedById": 1,
            "updatedTime": "2023-11-15T01:13:20+03:00",
        },
        0,
    )


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("get", ENTRY, "NOT_FOUND"),
        ("delete", ENTRY, "NOT_FOUND"),
        ("save", {**ENTRY, "itemId": 4, "text": "x"}, "NOT_FOUND"),
        ("save", {**CALL, "itemId": 4, "text": "x"}, "NOT_FOUND"),
        ("save", {**ENTRY, "ownerId": 99, "text": "x"}, "ACCESS_DENIED"),
        ("save", ENTRY, "100"),
        ("get", OF_DEAL, "100"),
    ],
)
def test_what_notes_refuse(portal: Calls, method: str, params: dict[str, Any], code: str) -> None:
    assert refusal(portal, f"crm.timeline.note.{method}", **params)[0] == code


# ---- roles


@pytest.fixture
def group(portal: Calls) -> int:
    number = int(portal("sonet_group.create", NAME="Builders"))
    portal("sonet_group.user.add", GROUP_ID=number, USER_ID=[2, 3])
    return number


def test_members_get_another_role(portal: Calls, group: int) -> None:
    changed = [
        portal("sonet_group.user.update", GROUP_ID=group, USER_ID=[1, 2, 9], ROLE="E") for _ in range(2)
    ]
    roles = {row["USER_ID"]: row["ROLE"] for row in portal("sonet_group.user.get", ID=group)}

    assert (changed, roles) == ([["2"], []], {"1": "A", "2": "E", "3": "K"})


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({}, "Wrong group ID"),
        ({"GROUP_ID": 1, "user_id": 2}, "No permissions to update users role"),
        ({"GROUP_ID": 1, "ROLE": "A"}, "Incorrect role code"),
        ({"GROUP_ID": 1, "ROLE": "K"}, "Wrong user IDs"),
        ({"GROUP_ID": 99, "ROLE": "K", "USER_ID": 2}, "Socialnetwork group not found"),
    ],
)
def test_a_role_that_can_not_be_given(portal: Calls, params: dict[str, Any], text: str) -> None:
    assert refusal(portal, "sonet_group.user.update", **params) == ("", text)
