"""Seeded rows of the modules beside the CRM: a few of each kind, or as many as are asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from b24orm.emulator.seed_dice import Dice, always, load_columns
from b24orm.emulator.seed_goods import add_catalog, add_kinds, add_orders
from b24orm.emulator.seed_journals import add_journals, add_pagers
from b24orm.emulator.seed_parts import PARTS, add_parts
from b24orm.emulator.seed_words import GOODS, SURNAMES
from b24orm.emulator.seed_workflows import add_workflows
from b24orm.emulator.store import Store
from b24orm.emulator.tables import words
from b24orm.errors import UnknownName, nearest

__all__ = ["FEW", "LIST", "add_modules"]

LIST: Final = 41
"""The information block of the seeded universal list."""

FEW: Final[Mapping[str, int]] = {
    "elapsed": 0,
    "checklist": 0,
    "comments": 0,
    "results": 0,
    "files": 3,
    "elements": 3,
    "events": 3,
    "products": 3,
    "orders": 2,
    "calls": 3,
    "posts": 2,
    "entity_items": 2,
    "bookings": 2,
    "dialogs": 2,
    "messages": 3,
    "sources": 2,
    "signed": 2,
    "rpa_items": 2,
    "lines": 2,
    "skus": 0,
    "offers": 0,
    "services": 0,
    "workflows": 2,
    **dict.fromkeys(PARTS, 0),
}
"""Rows of each kind unless another number is asked for. What belongs to tasks needs tasks."""


def add_modules(
    store: Store, dice: Dice, staff: Sequence[int], tasks: Sequence[int], wanted: Mapping[str, int]
) -> None:
    """Fill the tables of the modules.

    Args:
        store: the store, with its users and tasks.
        dice: random columns.
        staff: the users' ids.
        tasks: the tasks' ids.
        wanted: numbers of rows by kind, see :data:`FEW`.

    Raises:
        UnknownName: there is no such kind.
    """
    for kind in wanted:
        if kind not in FEW:
            raise UnknownName(f"no rows of kind {kind!r} can be seeded{nearest(kind, FEW)}")
    sizes = {**FEW, **wanted}
    _add_task_parts(store, dice, staff, tasks, sizes)
    _add_disk(store, dice, sizes["files"])
    _add_list(store, dice, staff, sizes["elements"])
    _add_calendar(store, dice, sizes["events"])
    add_catalog(store, dice, sizes["products"])
    add_kinds(store, sizes["products"] + 1, sizes)
    add_orders(store, dice, staff, sizes["orders"])
    add_journals(store, dice, staff, sizes)
    add_pagers(store, dice, sizes)
    add_parts(store, dice, sizes)
    add_workflows(store, dice, staff, sizes["workflows"])


def _add_task_parts(
    store: Store, dice: Dice, staff: Sequence[int], tasks: Sequence[int], sizes: Mapping[str, int]
) -> None:
    if not tasks:
        return
    count = sizes["elapsed"]
    seconds = dice.pick((60, 600, 1800, 3600, 5400), count)
    moments = dice.moments(count)
    load_columns(
        store,
        "elapsed_time",
        "ID TASK_ID USER_ID COMMENT_TEXT SECONDS MINUTES SOURCE CREATED_DATE DATE_START DATE_STOP",
        range(1, count + 1),
        _first_then(tasks, dice, count),
        dice.pick(staff, count),
        dice.pick(("", "call", "дорога", "travel & visit"), count),
        seconds,
        [number // 60 for number in seconds],
        dice.pick((1, 2, 3), count),
        moments,
        moments,
        moments,
    )
    count = sizes["checklist"]
    load_columns(
        store,
        "checklist_item",
        "ID TASK_ID TITLE SORT_INDEX IS_COMPLETE CREATED_BY",
        range(1, count + 1),
        _first_then(tasks, dice, count),
        [f"Step {number}" for number in range(1, count + 1)],
        [count - number for number in range(count)],
        dice.pick(("Y", "N"), count),
        dice.pick(staff, count),
    )
    count = sizes["comments"]
    load_columns(
        store,
        "task_comment",
        "ID TASK_ID AUTHOR_ID AUTHOR_NAME AUTHOR_EMAIL POST_MESSAGE POST_DATE",
        range(1, count + 1),
        _first_then(tasks, dice, count),
        dice.pick(staff, count),
        dice.pick(SURNAMES, count),
        always("", count),
        dice.pick(("Done", "Where is the [B]brief[/B]?", "готово"), count),
        dice.moments(count),
    )
    count = sizes["results"]
    load_columns(
        store,
        "task_result",
        "ID TASK_ID COMMENT_ID CREATED_BY CREATED_AT UPDATED_AT STATUS TEXT FORMATTED_TEXT",
        range(1, count + 1),
        _first_then(tasks, dice, count),
        range(1, count + 1),
        dice.pick(staff, count),
        dice.moments(count),
        dice.moments(count),
        dice.pick((0, 1), count),
        always("Signed", count),
        always("Signed", count),
    )


def _first_then(tasks: Sequence[int], dice: Dice, count: int) -> list[int]:
    """Two rows in three belong to the first task, the others to the rest."""
    others = dice.pick(tasks[1:] or tasks, count)
    return [tasks[0] if number % 3 else others[number] for number in range(count)]


def _add_disk(store: Store, dice: Dice, files: int) -> None:
    """The company's disk and one of each of two users; an application's storage among them."""
    load_columns(
        store,
        "disk_storage",
        "ID NAME CODE ENTITY_TYPE ENTITY_ID ROOT_OBJECT_ID",
        (1, 3, 5, 7),
        ("Company drive", "Anna Berg", "my.app", "Carl Dorn"),
        ("shared_files", None, None, None),
        ("common", "user", "restapp", "user"),
        ("shared_files_s1", "1", "12", "2"),
        (10, 11, 12, 13),
    )
    folders = (
        (10, "Company drive", 1, 0),
        (11, "Anna Berg", 3, 0),
        (12, "my.app", 5, 0),
        (13, "Carl Dorn", 7, 0),
        (14, "Contracts", 1, 10),
        (15, "Photos", 1, 10),
    )
    moment = dice.moments(1)[0]
    columns = "ID NAME STORAGE_ID PARENT_ID TYPE CREATE_TIME UPDATE_TIME CREATED_BY UPDATED_BY DELETED_BY"
    rows = [(*folder, "folder", moment, moment, 1, 1, 0) for folder in folders]
    store.load("disk_object", words(columns), rows)
    times = dice.moments(files)
    load_columns(
        store,
        "disk_object",
        f"{columns} SIZE FILE_ID",
        range(101, 2 * files + 101, 2),
        [f"{what} {number}.pdf" for number, what in enumerate(dice.pick(GOODS, files), start=1)],
        always(1, files),
        always(14, files),
        always("file", files),
        times,
        times,
        always(1, files),
        always(1, files),
        always(0, files),
        dice.pick((0, 1024, 52486, 1495700), files),
        range(1, files + 1),
    )
    store.execute(
        "INSERT INTO disk_version (OBJECT_ID, SIZE, NAME, GLOBAL_CONTENT_VERSION, CREATE_TIME, CREATED_BY) "
        "SELECT ID, SIZE, NAME, 1, CREATE_TIME, CREATED_BY FROM disk_object WHERE TYPE = 'file' ORDER BY ID"
    )


_FIELDS: Final = (
    (1, "Name", "", "NAME", "N", "Y"),
    (2, "Sorting", "", "SORT", "N", "N"),
    (3, "Created", "", "DATE_CREATE", "N", "N"),
    (101, "Colour", "COLOUR", "S", "N", "N"),
    (102, "Amount", "AMOUNT", "N", "N", "N"),
    (103, "Price", "PRICE", "S:Money", "N", "N"),
    (104, "Tags", "TAGS", "S", "Y", "N"),
    (105, "Due", "DUE", "S:Date", "N", "N"),
)
"""Number, name, code, type, whether it has several values, whether it is required."""


def _add_list(store: Store, dice: Dice, staff: Sequence[int], count: int) -> None:
    store.insert("iblock", {"ID": LIST, "NAME": "Requests", "CODE": "requests"})
    columns = "ID NAME CODE TYPE MULTIPLE IS_REQUIRED IBLOCK_ID SORT"
    store.load("list_property", words(columns), [(*field, LIST, 10 * field[0]) for field in _FIELDS])
    authors = dice.pick(staff, count)
    load_columns(
        store,
        "list_element",
        "ID NAME CODE IBLOCK_ID CREATED_BY MODIFIED_BY DATE_CREATE TIMESTAMP_X SORT",
        range(1, count + 1),
        [f"{what} {number}" for number, what in enumerate(dice.pick(GOODS, count), start=1)],
        [f"request_{number}" for number in range(1, count + 1)],
        always(LIST, count),
        authors,
        authors,
        dice.moments(count),
        dice.moments(count),
        dice.pick((100, 200, 500), count),
    )
    values: list[tuple[int, int, str]] = []
    colours = dice.pick(("red", "green", None), count)
    for number in range(1, count + 1):
        if colours[number - 1]:
            values.append((number, 101, str(colours[number - 1])))
        values.append((number, 102, str(number % 7)))
        values.append((number, 103, f"{100 * number}|USD"))
        values += [(number, 104, tag) for tag in ("new", "vip")[: number % 3]]
        values.append((number, 105, f"{number % 28 + 1:02}.03.2024"))
    store.load("list_value", words("ELEMENT_ID PROPERTY_ID VALUE"), values)


def _add_calendar(store: Store, dice: Dice, count: int) -> None:
    load_columns(
        store,
        "calendar_section",
        "ID NAME CAL_TYPE OWNER_ID CREATED_BY",
        (1, 2, 3),
        ("Anna Berg", "Company", "Private"),
        ("user", "company_calendar", "user"),
        (1, 0, 1),
        (1, 1, 1),
    )
    days, hours = dice.pick(dice.days, count), dice.pick(range(8, 18), count)
    load_columns(
        store,
        "calendar_event",
        "ID PARENT_ID NAME OWNER_ID SECTION_ID DATE_FROM DATE_TO DT_SKIP_TIME TZ_FROM TZ_TO ATTENDEES_CODES "
        "MEETING_HOST CREATED_BY DESCRIPTION DATE_CREATE PRIVATE_EVENT",
        range(1, count + 1),
        range(1, count + 1),
        [f"Meeting {number}" for number in range(1, count + 1)],
        always(1, count),
        dice.pick((1, 3), count),
        [f"{day}T{hour:02}:00:00" for day, hour in zip(days, hours, strict=True)],
        [f"{day}T{hour + 1:02}:30:00" for day, hour in zip(days, hours, strict=True)],
        dice.pick(("N", "N", "N", "Y"), count),
        always("Europe/Moscow", count),
        always("Europe/Moscow", count),
        [json.dumps(["U1", "U2"][: number % 2 + 1]) for number in range(count)],
        always(1, count),
        always(1, count),
        dice.pick(("", "Bring the papers"), count),
        dice.moments(count),
        always("", count),
    )
