"""Bookings, what is booked, its kinds, and who waits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.calls import Calls, refusal, small_portal

PERIOD = {
    "from": {"timestamp": 1723446900, "timezone": "Europe/Berlin"},
    "to": {"timestamp": 1723450500, "timezone": "Europe/Berlin"},
}
MADE: dict[str, dict[str, Any]] = {
    "booking": {"name": "Trip", "resourceIds": [1], "datePeriod": PERIOD},
    "resource": {"name": "Bus", "typeId": 1, "isMain": "N"},
    "resourcetype": {"code": "room", "name": "Rooms"},
    "waitlist": {"note": "Calls on Monday"},
}
KEYS = {"booking": "booking", "resource": "resource", "resourcetype": "resourceType", "waitlist": "waitList"}


@pytest.fixture
def portal() -> Calls:
    return small_portal(bookings=3)


@pytest.mark.parametrize("family", MADE)
def test_a_row_is_made_and_read(portal: Calls, family: str) -> None:
    number = portal(f"booking.v1.{family}.add", fields={**MADE[family], "nothing": 1})["id"]
    row = portal(f"booking.v1.{family}.get", id=number)[KEYS[family]]

    assert {name: row[name] for name in MADE[family]} == MADE[family]


@pytest.mark.parametrize("family", MADE)
def test_a_row_is_changed_and_removed(portal: Calls, family: str) -> None:
    number = portal(f"booking.v1.{family}.add", fields=MADE[family])["id"]
    name = "note" if family == "waitlist" else "name"
    changed = portal(f"booking.v1.{family}.update", id=number, fields={name: "Other"})
    row = portal(f"booking.v1.{family}.get", id=number)[KEYS[family]]
    removed = portal(f"booking.v1.{family}.delete", id=number)
    code, _ = refusal(portal, f"booking.v1.{family}.get", id=number)

    assert (changed, row[name], removed, code != "100") == (True, "Other", True, True)


@pytest.mark.parametrize(("start", "rows"), [(0, 50), (50, 10), (70, 10), (100, 0), (-1, 50)])
def test_resources_come_in_whole_pages_without_a_total(portal: Calls, start: int, rows: int) -> None:
    portal.store.insert_many("booking_resource", ({"NAME": f"Car {n}", "TYPE_ID": 1} for n in range(58)))
    answer = portal.answer("booking.v1.resource.list", start)

    assert (len(answer.result["resource"]), answer.total, answer.next) == (rows, 0, None)


@pytest.mark.parametrize(
    ("sent", "names"),
    [
        ({"name": "van"}, ["Van"]),
        ({"typeId": 1}, ["Van", "Sedan"]),
        ({"typeId": [2]}, []),
        ({"searchQuery": "ed"}, ["Sedan"]),
        ({"nothing": 1}, ["Van", "Sedan"]),
    ],
)
@pytest.mark.parametrize("spelled", ["filter", "FILTER"])
def test_resources_are_found(portal: Calls, spelled: str, sent: dict[str, Any], names: list[str]) -> None:
    params: dict[str, Any] = {spelled: sent, "order": {"id": "desc"}}

    assert [row["name"] for row in portal("booking.v1.resource.list", **params)["resource"]] == names


@pytest.mark.parametrize(
    ("method", "params", "code", "text"),
    [
        ("booking.get", {"id": 99}, "1021", "Booking not found"),
        ("booking.add", {"fields": {"resourceIds": [1]}}, "0", "Required fields: datePeriod"),
        (
            "booking.add",
            {"fields": {"resourceIds": [9], "datePeriod": PERIOD}},
            "1018",
            "Empty resource collection",
        ),
        (
            "booking.add",
            {"fields": {"resourceIds": [1], "datePeriod": {"from": 1}}},
            "422",
            "Invalid date period",
        ),
        ("booking.update", {"id": 99, "fields": {}}, "1019", "Booking not found"),
        ("resource.add", {"fields": {"name": "x"}}, "1006", "ResourceType not found"),
        (
            "resource.add",
            {"fields": {"name": "x", "typeId": 9}},
            "1013",
            "Resource type with id 9 does not exist",
        ),
        ("resource.add", {}, "100", "Could not find value for parameter {fields}"),
        ("resource.delete", {"id": 99}, "1008", "Resource has not been found"),
        (
            "resourcetype.add",
            {"fields": {"code": "car", "name": "x"}},
            "1010",
            "Resource type with code car already exists",
        ),
        ("waitlist.delete", {"id": 99}, "1036", "wait list item not found"),
        ("resource.get", {}, "100", "Could not find value for parameter {id}"),
    ],
)
def test_what_bookings_refuse(
    portal: Calls, method: str, params: dict[str, Any], code: str, text: str
) -> None:
    assert refusal(portal, f"booking.v1.{method}", **params) == (code, text)
