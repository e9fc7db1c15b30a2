"""Bookings, resources, their kinds and who waits, through their models."""

from __future__ import annotations

from typing import Any

import pytest

from b24orm import Portal
from b24orm.emulator import LocalPortal
from b24orm.models import Booking, BookingResource, BookingResourceType, WaitlistItem

PERIOD = {
    "from": {"timestamp": 1723446900, "timezone": "Europe/Berlin"},
    "to": {"timestamp": 1723450500, "timezone": "Europe/Berlin"},
}
KINDS: dict[str, tuple[Any, dict[str, Any], str]] = {
    "booking": (Booking, {"name": "Trip", "resource_ids": [1], "date_period": PERIOD}, "name"),
    "resource": (BookingResource, {"name": "Bus", "type_id": 1}, "name"),
    "kind": (BookingResourceType, {"name": "Rooms", "code": "room"}, "name"),
    "waiting": (WaitlistItem, {"note": "Monday"}, "note"),
}


@pytest.fixture(autouse=True)
def _connected(writer: Portal) -> None:
    """The default connection, to the shed."""


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_is_made_changed_and_read_again(kind: str) -> None:
    model, values, name = KINDS[kind]
    made = model.objects.create(**values)
    setattr(made, name, "Other")
    made.save()
    made.refresh_from_db()

    assert getattr(made, name) == "Other"


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_is_removed(kind: str) -> None:
    model, values, _ = KINDS[kind]
    made = model.objects.create(**values)
    number = made.id
    made.delete()

    assert number not in {row.id for row in model.objects.all()}


def test_resources_come_whole(shed: LocalPortal) -> None:
    shed.store.insert_many("booking_resource", ({"NAME": f"Car {n}", "TYPE_ID": 1} for n in range(128)))

    assert [row.id for row in BookingResource.objects.all()] == shed.store.ids("booking_resource")


def test_resources_are_found(shed: LocalPortal) -> None:
    assert [row.name for row in BookingResource.objects.filter(name="Van")] == ["Van"]
