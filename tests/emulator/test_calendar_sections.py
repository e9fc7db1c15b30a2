"""Calendars and resources."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.calls import Calls, refusal, small_portal


@pytest.fixture
def portal() -> Calls:
    return small_portal(events=3)


def test_a_calendar_is_the_asker_s_own(portal: Calls) -> None:
    number = portal("calendar.section.add", type="user", name=" Trips ", color="#112233")
    row = next(
        row for row in portal("calendar.section.get", type="user", ownerId=1) if row["ID"] == str(number)
    )

    assert (row["NAME"], row["COLOR"], row["TEXT_COLOR"], row["OWNER_ID"]) == (
        "Trips",
        "#112233",
        "#000000",
        "1",
    )


def test_an_empty_text_changes_nothing(portal: Calls) -> None:
    answer = portal("calendar.section.update", type="user", ownerId=1, id=1, name=" ", description="Mine")
    row = portal("calendar.section.get", type="user", ownerId=1)[0]

    assert (answer, row["NAME"], row["DESCRIPTION"]) == (1, "Anna Berg", "Mine")


def test_a_calendar_goes_with_its_events(portal: Calls) -> None:
    portal("calendar.section.delete", type="user", ownerId=1, id=1)

    assert portal.store.count("calendar_event", "SECTION_ID = 1") == 0


@pytest.mark.parametrize(
    ("action", "params", "text"),
    [
        ("add", {}, 'The required parameter "type" for the method "calendar.section.add" is not set.'),
        (
            "add",
            {"type": "group"},
            'The required parameter "ownerId" for the method "calendar.section.add" is not set.',
        ),
        ("add", {"type": "user"}, 'Invalid value for the "name" parameter'),
        (
            "add",
            {"type": "user", "name": "x", "description": ["x"]},
            'Invalid value for the "description" parameter',
        ),
        ("update", {"type": "user"}, "Section ID is not set."),
        ("update", {"type": "user", "id": 99}, "Access denied."),
        ("delete", {"type": "user", "id": 2}, "Access denied."),
    ],
)
def test_what_calendars_refuse(portal: Calls, action: str, params: dict[str, Any], text: str) -> None:
    assert refusal(portal, f"calendar.section.{action}", **params) == ("", text)


# ---- resources


def test_a_resource_has_a_name_and_a_maker(portal: Calls) -> None:
    number = portal("calendar.resource.add", name="Room")
    renamed = portal("calendar.resource.update", resourceId=number, name="Hall")
    rows = portal("calendar.resource.list")
    portal("calendar.resource.delete", resourceId=number)

    assert (renamed, rows, portal("calendar.resource.list")) == (
        number,
        [{"ID": str(number), "NAME": "Hall", "CREATED_BY": "1"}],
        [],
    )


@pytest.mark.parametrize(
    ("action", "params", "text"),
    [
        ("add", {}, 'The required parameter "name" for the method "calendar.resource.add" is not set.'),
        (
            "delete",
            {},
            'The required parameter "resourceId" for the method "calendar.resource.delete" is not set.',
        ),
        ("update", {"resourceId": 1, "name": "x"}, "Access denied"),
    ],
)
def test_what_resources_refuse(portal: Calls, action: str, params: dict[str, Any], text: str) -> None:
    assert refusal(portal, f"calendar.resource.{action}", **params) == ("", text)
