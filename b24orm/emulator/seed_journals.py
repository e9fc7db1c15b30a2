"""Seeded calls, posts, items of storages, and rows of lists that page in ways of their own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from b24orm.emulator.seed_dice import Dice, always, load_columns
from b24orm.emulator.store import Store

__all__ = ["add_journals", "add_pagers"]


def add_journals(store: Store, dice: Dice, staff: Sequence[int], sizes: Mapping[str, int]) -> None:
    count = sizes["calls"]
    load_columns(
        store,
        "call_statistic",
        "ID PORTAL_USER_ID PHONE_NUMBER CALL_ID CALL_TYPE CALL_DURATION CALL_START_DATE COST COST_CURRENCY",
        range(1, count + 1),
        dice.pick(staff, count),
        [f"+4930{number:07}" for number in range(count)],
        [f"call.{number}" for number in range(count)],
        dice.pick((1, 2, 3), count),
        dice.pick((0, 15, 120, 900), count),
        dice.moments(count),
        dice.pick((0.0, 0.12), count),
        always("USD", count),
    )
    count = sizes["posts"]
    load_columns(
        store,
        "blog_post",
        "ID BLOG_ID PUBLISH_STATUS TITLE AUTHOR_ID DETAIL_TEXT DATE_PUBLISH",
        range(1, count + 1),
        always(1, count),
        always("P", count),
        [f"Post {number}" for number in range(1, count + 1)],
        dice.pick(staff, count),
        dice.pick(("Hello", "Всем привет"), count),
        dice.moments(count),
    )
    count = sizes["entity_items"]
    load_columns(
        store,
        "entity_item",
        "ID ENTITY NAME SORT CODE DATE_CREATE TIMESTAMP_X CREATED_BY MODIFIED_BY",
        range(1, count + 1),
        always("dishes", count),
        [f"Dish {number}" for number in range(1, count + 1)],
        dice.pick((100, 500), count),
        [f"dish_{number}" for number in range(1, count + 1)],
        dice.moments(count),
        dice.moments(count),
        always(1, count),
        always(1, count),
    )


def add_pagers(store: Store, dice: Dice, sizes: Mapping[str, int]) -> None:
    """Rows of the modules that are there to be paged through."""
    _add_bookings(store, sizes["bookings"])
    _add_dialogs(store, sizes["dialogs"])
    _add_messages(store, dice, sizes["messages"])
    _add_sources(store, sizes["sources"])
    _add_signed(store, dice, sizes["signed"])
    _add_rpa_items(store, dice, sizes["rpa_items"])
    _add_lines(store, dice, sizes["lines"])


def _numbered(word: str, count: int) -> list[str]:
    return [f"{word} {number}" for number in range(1, count + 1)]


def _add_bookings(store: Store, count: int) -> None:
    store.insert("booking_resource_type", {"ID": 1, "CODE": "car", "NAME": "Cars"})
    load_columns(store, "booking_resource", "ID NAME TYPE_ID", (1, 2), ("Sedan", "Van"), (1, 1))
    period = {"from": {"timestamp": 1723446900, "timezone": "Europe/Berlin"}}
    period["to"] = {"timestamp": 1723447800, "timezone": "Europe/Berlin"}
    load_columns(
        store,
        "booking",
        "ID NAME DATE_PERIOD RESOURCE_IDS",
        range(1, count + 1),
        _numbered("Booking", count),
        always(json.dumps(period), count),
        always("[1, 2]", count),
    )


def _add_dialogs(store: Store, count: int) -> None:
    days = [
        f"2024-01-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}" for number in range(count)
    ]
    load_columns(
        store,
        "recent_item",
        "ID CHAT_ID TYPE TITLE COUNTER LAST_ID PINNED UNREAD HAS_REMINDER DATE_UPDATE",
        range(1, count + 1),
        [number + (number % 10 != 9) for number in range(count)],
        always("user", count),
        _numbered("Dialog", count),
        always(0, count),
        range(1, count + 1),
        always("N", count),
        always("N", count),
        always("N", count),
        days,
    )


def _add_messages(store: Store, dice: Dice, count: int) -> None:
    """Messages of the chat of the whole staff."""
    chat = {"ID": 5, "TYPE": "C", "NAME": "Sales", "OWNER": 1, "USERS": store.ids("user")}
    store.insert("im_chat", {**chat, "DATE_CREATE": "2022-01-10T09:00:00"})
    load_columns(
        store,
        "im_message",
        "ID CHAT_ID AUTHOR_ID DATE TEXT UNREAD",
        range(2, 2 * count + 2, 2),
        always(5, count),
        always(1, count),
        dice.moments(count),
        _numbered("Message", count),
        always("N", count),
    )


def _add_sources(store: Store, count: int) -> None:
    store.load("biconnector_connector", ("ID", "TITLE", "SETTINGS"), [(1, "Connector", "[]")])
    load_columns(
        store,
        "biconnector_source",
        "ID TITLE CONNECTOR_ID TYPE",
        range(1, count + 1),
        _numbered("Source", count),
        always(1, count),
        always("rest", count),
    )


def _add_signed(store: Store, dice: Dice, count: int) -> None:
    load_columns(
        store,
        "sign_personal_document",
        "ID TITLE SIGNED_DATE",
        range(1, count + 1),
        _numbered("Paper", count),
        dice.moments(count),
    )


def _add_rpa_items(store: Store, dice: Dice, count: int) -> None:
    times = dice.moments(count)
    store.load("rpa_type", ("ID", "TITLE", "CREATED_BY"), [(1, "Holidays", 1)])
    stages = ((1, "Launch", None), (2, "Done", "SUCCESS"))
    rows = [(number, name, 1, 1000 * number, meaning) for number, name, meaning in stages]
    store.load("rpa_stage", ("ID", "NAME", "TYPE_ID", "SORT", "SEMANTIC"), rows)
    load_columns(
        store,
        "rpa_item",
        "ID STAGE_ID NAME TYPE_ID CREATED_BY CREATED_TIME UPDATED_TIME",
        range(1, count + 1),
        dice.pick((1, 2), count),
        _numbered("Item", count),
        always(1, count),
        always(1, count),
        times,
        times,
    )


def _add_lines(store: Store, dice: Dice, count: int) -> None:
    queues = dice.pick(("evenly", "strictly", "all"), count)
    times = dice.moments(count)
    load_columns(
        store,
        "open_line",
        "ID LINE_NAME QUEUE_TYPE DATE_CREATE DATE_MODIFY",
        range(1, count + 1),
        _numbered("Line", count),
        queues,
        times,
        times,
    )
