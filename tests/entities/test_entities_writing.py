"""Rows of the modules beside the CRM are added, changed and removed through their models."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from b24orm import Portal
from b24orm.emulator import LocalPortal
from b24orm.errors import InvalidValue, Unsupported
from b24orm.models import (
    CalendarEvent,
    CallStatistic,
    CatalogProduct,
    ChecklistItem,
    DiskFile,
    DiskFolder,
    ElapsedTime,
    EntityItem,
    ListElement,
    ListSection,
    Order,
    Price,
    TaskComment,
)


class FirstTask(ElapsedTime, task_id=1):
    """Time recorded for the first task."""


class FirstChecklist(ChecklistItem, task_id=1):
    """The checklist of the first task."""


class FirstComments(TaskComment, task_id=1):
    """The comments of the first task."""


class Request(ListElement, iblock_type_id="lists", iblock_id=41):
    """An element of the seeded list."""


class Shelf(ListSection, iblock_type_id="lists", iblock_id=41):
    """A section of the seeded list."""


class Meeting(CalendarEvent, type="user", owner_id=1):
    """An event of the first user."""


class Dish(EntityItem, entity="dishes"):
    """An item of the seeded storage."""


class Contracts(DiskFolder, folder_id=14):
    """Folders within the seeded one."""


def stored(shed: LocalPortal, table: str, number: int) -> dict[str, Any]:
    row = shed.store.get(table, number)
    assert row is not None
    return row


# ---- what belongs to tasks: positional arguments


def test_time_is_recorded(shed: LocalPortal, writer: Portal) -> None:
    row = FirstTask.objects.create(seconds=600, comment_text="call", user_id=2)
    kept = stored(shed, "elapsed_time", row.id)

    assert (kept["TASK_ID"], kept["SECONDS"], kept["COMMENT_TEXT"], kept["USER_ID"]) == (1, 600, "call", 2)


def test_recorded_time_is_changed(shed: LocalPortal, writer: Portal) -> None:
    row = FirstTask.objects.create(seconds=600, comment_text="x")
    row.seconds = 1200
    row.save()

    assert stored(shed, "elapsed_time", row.id)["SECONDS"] == 1200


def test_recorded_time_is_read_again(shed: LocalPortal, writer: Portal) -> None:
    row = FirstTask.objects.create(seconds=600, comment_text="x")
    shed.store.update("elapsed_time", row.id, {"SECONDS": 900})
    row.refresh_from_db()

    assert row.seconds == 900


def test_recorded_time_is_removed(shed: LocalPortal, writer: Portal) -> None:
    row = FirstTask.objects.create(seconds=600, comment_text="x")
    row.delete()

    assert shed.store.count("elapsed_time") == 0


def test_a_fetched_row_knows_its_task(shed: LocalPortal, writer: Portal) -> None:
    number = shed.store.insert("elapsed_time", {"TASK_ID": 2, "SECONDS": 60})
    row = ElapsedTime.objects.get(task_id=2, id=number)
    row.comment_text = "mine"
    row.save()

    assert stored(shed, "elapsed_time", number)["COMMENT_TEXT"] == "mine"


def test_many_rows_are_recorded_at_once(shed: LocalPortal, writer: Portal) -> None:
    FirstTask.objects.bulk_create(
        [FirstTask(seconds=60 * number, comment_text="x") for number in range(1, 61)]
    )

    assert shed.store.count("elapsed_time", "TASK_ID = 1") == 60


def test_a_checklist_is_written(shed: LocalPortal, writer: Portal) -> None:
    row = FirstChecklist.objects.create(title="Sign", is_important=True)
    row.title = "Sign twice"
    row.save()
    kept = stored(shed, "checklist_item", row.id)

    assert (kept["TITLE"], kept["IS_IMPORTANT"]) == ("Sign twice", "Y")


def test_a_comment_is_written(shed: LocalPortal, writer: Portal) -> None:
    row = FirstComments.objects.create(post_message="Done")
    row.post_message = "Not yet"
    row.save()

    assert stored(shed, "task_comment", row.id)["POST_MESSAGE"] == "Not yet"


# ---- lists: an update clears what it is not sent


def test_a_section_keeps_its_place_and_its_code(shed: LocalPortal, writer: Portal) -> None:
    outer = Shelf.objects.create(name="Tools", code="tools")
    inner = Shelf.objects.create(name="Saws", code="saws", iblock_section_id=outer.pk)
    found = Shelf.objects.get(id=inner.pk)
    found.name = "Blades"
    found.save()
    kept = stored(shed, "list_section", inner.pk)

    assert (kept["NAME"], kept["CODE"], kept["IBLOCK_SECTION_ID"]) == ("Blades", "saws", outer.pk)


def test_a_section_that_is_not_known_whole_is_not_saved(shed: LocalPortal, writer: Portal) -> None:
    row = Shelf.objects.create(name="Tools", code="tools")
    row.name = "Saws"

    with pytest.raises(InvalidValue, match="was not fetched with all of them"):
        row.save()


def test_an_element_is_added_with_its_properties(shed: LocalPortal, writer: Portal) -> None:
    row = Request.objects.create(name="New", code="new", property_101="blue", property_104=["a", "b"])
    found = Request.objects.get(id=row.id)

    assert (found.name, found.code, found.property_101, list(found.property_104.values())) == (
        "New",
        "new",
        found.property_101,
        ["a", "b"],
    )


def test_a_saved_element_keeps_what_was_not_changed(shed: LocalPortal, writer: Portal) -> None:
    def values() -> list[tuple[Any, ...]]:
        sql = "SELECT PROPERTY_ID, VALUE FROM list_value WHERE ELEMENT_ID = 2 ORDER BY PROPERTY_ID, ID"
        return shed.store.fetch(sql)

    before = values()
    row = Request.objects.get(id=2)
    row.name = "Changed"
    row.save()
    kept = stored(shed, "list_element", 2)

    assert (kept["NAME"], kept["CODE"], kept["SORT"] is not None, values()) == (
        "Changed",
        "request_2",
        True,
        before,
    )


def test_a_property_is_changed(shed: LocalPortal, writer: Portal) -> None:
    row = Request.objects.get(id=2)
    row.property_101 = "blue"
    row.save()

    assert shed.store.fetch("SELECT VALUE FROM list_value WHERE ELEMENT_ID = 2 AND PROPERTY_ID = 101") == [
        ("blue",)
    ]


def test_an_element_that_was_fetched_in_part_is_not_saved(shed: LocalPortal, writer: Portal) -> None:
    row = Request.objects.only("name", "code", "iblock_section_id").get(id=2)
    row.name = "Changed"
    shed.stats.reset()
    with pytest.raises(InvalidValue, match=r"refresh_from_db\(\)"):
        row.save()

    assert shed.stats.requests == 0


def test_an_element_that_was_read_again_is_saved(shed: LocalPortal, writer: Portal) -> None:
    row = Request.objects.only("name").get(id=2)
    row.refresh_from_db()
    row.name = "Changed"
    row.save()

    assert stored(shed, "list_element", 2)["NAME"] == "Changed"


def test_elements_are_not_changed_in_part_by_a_condition(writer: Portal) -> None:
    with pytest.raises(InvalidValue, match="clears every field"):
        Request.objects.filter(id__gt=0).update(name="x")


def test_a_property_without_a_value_is_none(shed: LocalPortal, writer: Portal) -> None:
    shed.store.execute("DELETE FROM list_value WHERE ELEMENT_ID = 2 AND PROPERTY_ID = 101")

    assert Request.objects.get(id=2).property_101 is None


def test_an_element_is_removed(shed: LocalPortal, writer: Portal) -> None:
    Request.objects.get(id=2).delete()

    assert shed.store.ids("list_element") == [1, 3]


# ---- calendars


def test_an_event_is_added(shed: LocalPortal, writer: Portal) -> None:
    row = Meeting.objects.create(
        name="Talk", date_from=datetime(2024, 3, 1, 10), date_to=datetime(2024, 3, 1, 11), section_id=1
    )
    kept = stored(shed, "calendar_event", row.id)

    assert (kept["NAME"], kept["DATE_FROM"], kept["OWNER_ID"]) == ("Talk", "2024-03-01T10:00:00", 1)


def test_an_event_is_changed_and_removed(shed: LocalPortal, writer: Portal) -> None:
    (row, *_) = Meeting.objects.filter(from_date="2000-01-01", to_date="2037-01-01")
    row.name = "Talk"
    row.save()
    name = stored(shed, "calendar_event", row.id)["NAME"]
    row.delete()

    assert (name, shed.store.count("calendar_event")) == ("Talk", 2)


def test_an_event_has_its_times(shed: LocalPortal, writer: Portal) -> None:
    shed.store.update("calendar_event", 1, {"DT_SKIP_TIME": "N"})
    rows = Meeting.objects.filter(from_date="2000-01-01", to_date="2037-01-01")
    row = next(row for row in rows if row.id == 1)

    assert row.date_from == datetime.fromisoformat(stored(shed, "calendar_event", 1)["DATE_FROM"])


# ---- disk


def test_a_folder_is_added(shed: LocalPortal, writer: Portal) -> None:
    row = Contracts.objects.create(name="2024")

    assert stored(shed, "disk_object", row.id)["PARENT_ID"] == 14


def test_files_are_read_and_removed(shed: LocalPortal, writer: Portal) -> None:
    (row, *_) = DiskFile.objects.filter(folder_id=14)
    row.delete()

    assert shed.store.count("disk_object", "TYPE = 'file'") == 2


# ---- catalog and shop: unsent values stay


def test_a_product_is_added(shed: LocalPortal, writer: Portal) -> None:
    row = CatalogProduct.objects.create(iblock_id=23, name="New", weight=Decimal("2.5"))
    kept = stored(shed, "catalog_product", row.id)

    assert (kept["NAME"], kept["WEIGHT"], row.active) == ("New", 2.5, True)


def test_a_changed_product_keeps_the_rest(shed: LocalPortal, writer: Portal) -> None:
    before = stored(shed, "catalog_product", 2)
    row = CatalogProduct.objects.get(iblock_id=23, id=2)
    row.name = "Changed"
    row.save()
    after = stored(shed, "catalog_product", 2)

    assert {name for name in after if after[name] != before[name]} == {"NAME", "TIMESTAMP_X"}


def test_a_products_property_has_its_name(writer: Portal) -> None:
    assert CatalogProduct.objects.get(iblock_id=23, id=2).property100 == {"value": "v2", "valueId": "9002"}


def test_an_order_is_changed(shed: LocalPortal, writer: Portal) -> None:
    row = Order.objects.get(id=2)
    row.comments = "by hand"
    row.status_id = "F"
    row.save()
    kept = stored(shed, "sale_order", 2)

    assert (kept["COMMENTS"], kept["STATUS_ID"]) == ("by hand", "F")


def test_prices_are_changed_by_a_condition(shed: LocalPortal, writer: Portal) -> None:
    Price.objects.filter(product_id__in=[1, 2]).update(price=Decimal("7.5"))

    assert [row["PRICE"] for row in shed.store.rows("catalog_price", ["PRICE"])][:2] == [7.5, 7.5]


# ---- storages; what can't be written


def test_a_dish_is_written(shed: LocalPortal, writer: Portal) -> None:
    row = Dish.objects.create(name="Soup")
    row.name = "Stew"
    row.save()

    assert stored(shed, "entity_item", row.id)["NAME"] == "Stew"


def test_calls_can_not_be_written(writer: Portal) -> None:
    with pytest.raises(Unsupported, match="has no method to delete"):
        CallStatistic.objects.get(id=1).delete()
