"""Lists, their fields, calendars and resources through their models."""

from __future__ import annotations

import pytest

from b24orm import Portal
from b24orm.emulator import LocalPortal
from b24orm.models import CalendarResource, CalendarSection, ListField, UniversalList


class Lists(UniversalList, iblock_type_id="lists"):
    """Universal lists."""


class Fields(ListField, iblock_type_id="lists", iblock_id=41):
    """The fields of the seeded list."""


class Mine(CalendarSection, type="user", owner_id=1):
    """Calendars of the first user."""


@pytest.fixture(autouse=True)
def _connected(writer: Portal) -> None:
    """The default connection, to the shed."""


def _new_list() -> Lists:
    made = Lists(name="Bills")
    made.save(params={"IBLOCK_CODE": "bills"})
    return made


def test_a_list_is_made_with_a_code(shed: LocalPortal) -> None:
    made = _new_list()

    assert [(row.id, row.code) for row in Lists.objects.all()] == [(41, "requests"), (made.id, "bills")]


def test_a_list_is_changed(shed: LocalPortal) -> None:
    made = _new_list()
    made.name = "Paid"
    made.save()

    assert (shed.store.get("iblock", made.id) or {})["NAME"] == "Paid"


def test_a_list_is_removed(shed: LocalPortal) -> None:
    _new_list().delete()

    assert shed.store.ids("iblock") == [41]


def test_a_field_is_made(shed: LocalPortal) -> None:
    made = Fields.objects.create(name="Size", type="N", code="SIZE")

    assert made.field_id in {row.field_id for row in Fields.objects.all()}


def test_a_field_is_removed(shed: LocalPortal) -> None:
    made = Fields.objects.create(name="Size", type="N", code="SIZE")
    made.delete()

    assert shed.store.count("list_property", "CODE = 'SIZE'") == 0


def test_a_calendar_is_written(shed: LocalPortal) -> None:
    made = Mine.objects.create(name="Trips")
    made.name = "Journeys"
    made.save()

    assert "Journeys" in {row.name for row in Mine.objects.all()}


def test_a_calendar_is_removed(shed: LocalPortal) -> None:
    Mine.objects.create(name="Trips").delete()

    assert shed.store.ids("calendar_section") == [1, 2, 3]


def test_a_resource_is_written(shed: LocalPortal) -> None:
    made = CalendarResource.objects.create(name="Room")
    made.name = "Hall"
    made.save()

    assert [row.name for row in CalendarResource.objects.all()] == ["Hall"]


def test_a_resource_is_removed(shed: LocalPortal) -> None:
    CalendarResource.objects.create(name="Room").delete()

    assert list(CalendarResource.objects.all()) == []
