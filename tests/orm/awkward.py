"""Rows whose values are what filters trip over: NULL, 0, empty text, wildcards, borders of dates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, Final

from b24orm.emulator import Store

__all__ = ["TEXTS", "fill"]

TEXTS: Final = (
    None,
    "",
    "Alpha",
    "alpha",
    "ALPHABET",
    "the Alpha",
    "100% sure",
    "100 percent",
    "snake_case",
    "snakeXcase",
    "back\\slash",
    'it\'s "quoted" <b>&amp;</b>',
    "$result[x]",
    "a&b=c+d#e;f?g",
    "0",
    "10",
    "Пример 42",
    "日本語 🚀",
)
_AMOUNTS: Final = (None, 0.0, 0.01, 99.99, 100.0, 100.5, 2_500_000.0, -5.0)
_WHOLES: Final = (None, 0, 1, 50, 100, -1)
_PEOPLE: Final = (1, 1, 2, 3, 4)
_MAYBE: Final = (None, 0, 1, 2, 3)
_DATES: Final = (None, "2023-12-31", "2024-01-01", "2024-02-29", "2025-06-15")
_TIMES: Final = (
    "2023-12-31T23:59:59",
    "2024-01-01T00:00:00",
    "2024-01-01T00:00:01",
    "2024-02-29T12:30:00",
    "2025-06-15T08:00:00",
)
_FLAGS: Final = ("Y", "N")
_STAGES: Final = ("NEW", "WON", "LOSE", "EXECUTING", "C1:NEW")
_INVOICE_STAGES: Final = ("DT31_2:N", "DT31_2:S", "DT31_2:P")

_MONEY: Final[Mapping[str, Sequence[Any]]] = {
    "TITLE": TEXTS,
    "COMMENTS": TEXTS,
    "OPPORTUNITY": _AMOUNTS,
    "TAX_VALUE": _AMOUNTS,
    "COMPANY_ID": _MAYBE,
    "CONTACT_ID": _MAYBE,
    "ASSIGNED_BY_ID": _PEOPLE,
    "CURRENCY_ID": ("USD", "EUR"),
    "BEGINDATE": _DATES,
    "CLOSEDATE": _DATES,
    "OPENED": _FLAGS,
}
_POOLS: Final[Mapping[str, Mapping[str, Sequence[Any]]]] = {
    "deal": {
        **_MONEY,
        "STAGE_ID": _STAGES,
        "PROBABILITY": _WHOLES,
        "DATE_CREATE": _TIMES,
        "CLOSED": _FLAGS,
        "UF_CRM_COLOUR": ("red", "blue", "", None),
        "UF_CRM_SIZE": (1, 2, 30, None),
    },
    "smart_invoice": {**_MONEY, "STAGE_ID": _INVOICE_STAGES, "CREATED_TIME": _TIMES},
    "task": {
        "TITLE": [text for text in TEXTS if text],
        "STATUS": (2, 3, 4, 5, 6),
        "PRIORITY": ("0", "1", "2"),
        "RESPONSIBLE_ID": _PEOPLE,
        "CREATED_BY": _PEOPLE,
        "GROUP_ID": (0, 7, 8),
        "DEADLINE": (None, *_TIMES),
        "CREATED_DATE": _TIMES,
    },
    "lead": {"TITLE": TEXTS, "STATUS_ID": ("NEW", "JUNK", "CONVERTED"), "OPPORTUNITY": _AMOUNTS},
    "contact": {"NAME": TEXTS, "LAST_NAME": TEXTS, "COMPANY_ID": _MAYBE, "BIRTHDATE": _DATES},
    "company": {"TITLE": TEXTS, "REVENUE": _AMOUNTS, "ASSIGNED_BY_ID": _PEOPLE},
    "quote": {**_MONEY, "STATUS_ID": ("DRAFT", "SENT")},
    "activity": {"SUBJECT": TEXTS, "OWNER_ID": (1, 2, 3), "OWNER_TYPE_ID": (2, 3), "COMPLETED": _FLAGS},
    "product": {"NAME": [text for text in TEXTS if text], "SORT": (100, 500), "ACTIVE": _FLAGS},
    "requisite": {"NAME": TEXTS, "ENTITY_ID": (1, 2, 3), "ENTITY_TYPE_ID": (3, 4), "SORT": (100, 500)},
}
_COUNTS: Final[Mapping[str, int]] = {"deal": 260, "smart_invoice": 170, "task": 140, "lead": 105}


def fill(store: Store, *, seed: int = 5) -> None:
    """Add some hundred rows; the same seed gives the same rows. Every third id is missing."""
    store.add_user_field("deal", "UF_CRM_COLOUR", "string")
    store.add_user_field("deal", "UF_CRM_SIZE", "integer")
    random = Random(seed)
    for table, pools in _POOLS.items():
        count = _COUNTS.get(table, 60)
        ids = [number for number in range(1, 2 * count) if number % 3][:count]
        rows = [{"ID": i, **{name: random.choice(pool) for name, pool in pools.items()}} for i in ids]
        store.insert_many(table, rows)
    for number in store.ids("contact"):
        _phone(store, number, random.choice(("+1777", "+1999", "8 (495) ")) + f"{number:04}")


def _phone(store: Store, contact: int, phone: str) -> None:
    columns = ("ENTITY", "ELEMENT_ID", "TYPE_ID", "VALUE_TYPE", "VALUE")
    store.load("field_multi", columns, [("contact", contact, "PHONE", "WORK", phone)])
