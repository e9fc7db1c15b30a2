"""Which events a change raises, and what they say of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from b24orm.emulator.store import Store
from b24orm.emulator.tables import DYNAMIC_PREFIX, Table

__all__ = ["OFFLINE_EVENT", "Action", "events_of", "known_events"]

Action = Literal["ADD", "UPDATE", "DELETE"]
Raised = tuple[str, Mapping[str, Any]]

OFFLINE_EVENT: Final = "ONOFFLINEEVENT"
"""Tells an application that its queue of offline events has something; it can't be offline itself."""

_ACTIONS: Final[tuple[Action, ...]] = ("ADD", "UPDATE", "DELETE")
_CRM: Final[Mapping[str, str]] = {
    "deal": "DEAL",
    "lead": "LEAD",
    "contact": "CONTACT",
    "company": "COMPANY",
    "quote": "QUOTE",
    "activity": "ACTIVITY",
    "product": "PRODUCT",
    "requisite": "REQUISITE",
    "currency": "CURRENCY",
}
_ITEM: Final = "ONCRMDYNAMICITEM"


def events_of(table: Table, action: Action, row_id: int | str) -> Iterator[Raised]:
    """The names of the events that a change raises, with their data.

    The data of most say no more than the row's number; items of smart processes say their type too,
    and tasks what there was before and after.
    """
    if table.name in _CRM:
        yield f"ONCRM{_CRM[table.name]}{action}", {"FIELDS": {"ID": row_id}}
    elif _is_item(table):
        data = {"FIELDS": {"ID": row_id, "ENTITY_TYPE_ID": table.owner_type_id}}
        yield f"{_ITEM}{action}", data
        yield f"{_ITEM}{action}_{table.owner_type_id}", data
    elif table.name == "task":
        yield f"ONTASK{action}", _task(action, row_id)
    elif table.name == "user" and action == "ADD":
        yield "ONUSERADD", {"ID": row_id}


def known_events(store: Store) -> Mapping[str, str | None]:
    """The events of a portal by name, each with the scope that it needs; None for none."""
    crm = [f"ONCRM{stem}{action}" for stem in _CRM.values() for action in _ACTIONS]
    items = [table.owner_type_id for table in store.tables.values() if _is_item(table)]
    tails = ["", *(f"_{number}" for number in items)]
    crm += [f"{_ITEM}{action}{tail}" for tail in tails for action in _ACTIONS]
    tasks = [f"ONTASK{action}" for action in _ACTIONS]
    found: dict[str, str | None] = {OFFLINE_EVENT: None}
    return found | dict.fromkeys(crm, "crm") | dict.fromkeys(tasks, "task") | {"ONUSERADD": "user"}


def _is_item(table: Table) -> bool:
    return table.name == "smart_invoice" or table.name.startswith(DYNAMIC_PREFIX)


def _task(action: Action, row_id: int | str) -> Mapping[str, Any]:
    row = {"ID": row_id}
    return {
        "FIELDS_BEFORE": "undefined" if action == "ADD" else row,
        "FIELDS_AFTER": "undefined" if action == "DELETE" else row,
        "IS_ACCESSIBLE_BEFORE": "N" if action == "ADD" else "undefined",
        "IS_ACCESSIBLE_AFTER": "N" if action == "DELETE" else "undefined",
    }
