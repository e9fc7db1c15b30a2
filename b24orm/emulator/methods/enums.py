"""``crm.enum.*``: the numbers that the CRM gives to kinds of things, all at once and without a total."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from b24orm.emulator import smart_types
from b24orm.emulator.answers import Answer, Call, Cost, Method, Registry
from b24orm.emulator.owner_types import owner_name
from b24orm.emulator.store import Store

__all__ = ["methods"]

_OWNERS: Final = (
    (1, "Lead", "L"),
    (2, "Deal", "D"),
    (3, "Contact", "C"),
    (4, "Company", "CO"),
    (5, "Invoice (old version)", "I"),
    (31, "Invoice", "SI"),
    (7, "Quote", "Q"),
    (8, "Billing details", "RQ"),
)
_LISTS: Final[Mapping[str, tuple[tuple[int, str], ...]]] = {
    "settings.mode": ((1, "Classic CRM"), (2, "Simple CRM")),
    "addresstype": (
        (11, "Shipping address"),
        (1, "Physical address"),
        (6, "Legal address"),
        (4, "Registered address"),
        (8, "Mailing address"),
        (9, "Beneficiary address"),
    ),
    "contenttype": ((0, ""), (1, "Plain text"), (2, "bbCode"), (3, "HTML")),
    "activitytype": (
        (0, ""),
        (1, "Meeting"),
        (2, "Call"),
        (3, "Task"),
        (4, "E-mail"),
        (5, "Action"),
        (6, "User action"),
    ),
    "activitypriority": ((0, ""), (1, "low"), (2, "medium"), (3, "high")),
    "activitydirection": ((0, ""), (1, "Incoming"), (2, "Outgoing")),
    "activitynotifytype": ((0, ""), (1, "min."), (2, "h."), (3, "d.")),
    "activitystatus": ((0, ""), (1, "Pending"), (2, "Completed"), (3, "Automatically completed")),
}
_FIELDS: Final[Mapping[str, tuple[str, str]]] = {
    "ID": ("int", "ID"),
    "NAME": ("string", "Name"),
    "SYMBOL_CODE": ("string", "Symbol code"),
    "SYMBOL_CODE_SHORT": ("string", "Short symbol code"),
}


def methods(store: Store) -> Registry:
    """The enumerations; scope ``crm``."""
    handlers: dict[str, Callable[[Call], Answer]] = {
        **{name: partial(_listed, entries) for name, entries in _LISTS.items()},
        "ownertype": partial(_owners, store),
        "getorderownertypes": partial(_order_owners, store),
        "fields": _fields,
    }
    return {f"crm.enum.{name}": Method(handler, "crm") for name, handler in handlers.items()}


def _entry(number: int, name: str, code: str | None = None, short: str | None = None) -> dict[str, Any]:
    return {"ID": number, "NAME": name, "SYMBOL_CODE": code, "SYMBOL_CODE_SHORT": short}


def _listed(entries: tuple[tuple[int, str], ...], call: Call) -> Answer:
    del call
    return Answer([_entry(number, name) for number, name in entries], cost=Cost("page", rows=len(entries)))


def _owners(store: Store, call: Call) -> Answer:
    """Kinds of rows, smart processes last; their short code is the number in hexadecimal."""
    del call
    made = [
        _entry(
            kind.entity_type_id,
            kind.title,
            owner_name(kind.entity_type_id),
            f"T{kind.entity_type_id:x}",
        )
        for kind in smart_types.all_types(store)
    ]
    usual = [_entry(number, title, owner_name(number), short) for number, title, short in _OWNERS]
    found = [*usual, *made]
    return Answer(found, cost=Cost("page", rows=len(found)))


def _order_owners(store: Store, call: Call) -> Answer:
    """What an order may belong to: deals and smart processes."""
    kinds = [(2, "Deal"), *((kind.entity_type_id, kind.title) for kind in smart_types.all_types(store))]
    del call
    found = [
        {"attribute": "DYN", "code": owner_name(number), "id": number, "name": name} for number, name in kinds
    ]
    return Answer(found, cost=Cost("page", rows=len(found)))


def _fields(call: Call) -> Answer:
    del call
    flags = {
        "isRequired": False,
        "isReadOnly": True,
        "isImmutable": False,
        "isMultiple": False,
        "isDynamic": False,
    }
    return Answer({name: {"type": kind, **flags, "title": title} for name, (kind, title) in _FIELDS.items()})
