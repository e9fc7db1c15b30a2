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
    count = sizes["bookings"]
    period = {"from": {"timestamp": 1723446900, "timezone": "Europe/Berlin"}}
    period["to"] = {"timestamp": 1723447800, "timezone": "Europe/Berlin"}
    names = [f"Booking {number}" for number in range(1, count + 1)]
    columns = "ID NAME DATE_PERIOD RESOURCE_IDS"
    load_columns(
        store,
        "booking",
        columns,
        range(1, count + 1),
        names,
        always(json.dumps(period), count),
        always("[1, 2]", count),
    )
    count = sizes["dialogs"]
    columns = "ID CHAT_ID TYPE TITLE COUNTER LAST_ID PINNED UNREAD HAS_REMINDER DATE_UPDATE"
    days = [
        f"2024-01-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}" for number in range(count)
    ]
    load_columns(
        store,
        "recent_item",
        columns,
        range(1, count + 1),
        [number + (number % 10 != 9) for number in range(count)],
        always("user", count),
        [f"Dialog {number}" for number in range(1, count + 1)],
        always(0, count),
        range(1, count + 1),
        always("N", count),
        always("N", count),
        always("N", count),
        days,
    )
    count = sizes["messages"]
    texts = [f"Message {number}" for number in range(1, count + 1)]
    columns = "ID CHAT_ID AUTHOR_ID DATE TEXT UNREAD"
    times = dice.moments(count)
    load_columns(
        store,
        "im_message",
        columns,
        range(2, 2 * count + 2, 2),
        always(5, count),
        always(1, count),
        times,
        texts,
        always("N", count),
    )
    count = sizes["sources"]
    titles = [f"Source {number}" for number in range(1, count + 1)]
    load_columns(
        store,
        "biconnector_source",
        "ID TITLE CONNECTOR_ID TYPE",
        range(1, count + 1),
        titles,
        always(1, count),
        always("rest", count),
    )
    count = sizes["signed"]
    titles = [f"Paper {number}" for number in range(1, count + 1)]
    load_columns(
        store,
        "sign_personal_document",
        "ID TITLE SIGNED_DATE",
        range(1, count + 1),
        titles,
        dice.moments(count),
    )
    count = sizes["rpa_items"]
    times = dice.moments(count)
    load_columns(
        store,
        "rpa_item",
        "ID STAGE_ID NAME TYPE_ID CREATED_BY CREATED_TIME UPDATED_TIME",
        range(1, count + 1),
        dice.pick((1, 2), count),
        [f"Item {number}" for number in range(1, count + 1)],
        always(1, count),
        always(1, count),
        times,
        times,
    )
    count = sizes["lines"]
    names = [f"Line {number}" for number in range(1, count + 1)]
    queues = dice.pick(("evenly", "strictly", "all"), count)
    times = dice.moments(count)
    columns = "ID LINE_NAME QUEUE_TYPE DATE_CREATE DATE_MODIFY"
    load_columns(store, "open_line", columns, range(1, count + 1), names, queues, times, times)
