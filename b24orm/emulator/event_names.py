"""Which events a change raises, and what they say of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from b24orm.emulator.store import Store
from b24orm.emulator.tables import DYNAMIC_PREFIX, Table

__all__ = [
    "OFFLINE_EVENT",
    "ROBOT",
    "TEST_EVENT",
    "Action",
    "events_of",
    "known_events",
    "sends_refresh_token",
]

Action = Literal["ADD", "UPDATE", "DELETE", "MOVE"]
Raised = tuple[str, Mapping[str, Any]]

OFFLINE_EVENT: Final = "ONOFFLINEEVENT"
"""Tells an application that its queue of offline events has something; it can't be offline itself."""

TEST_EVENT: Final = "ONAPPTEST"
"""Raised by ``event.test``, for the application that calls it."""

ROBOT: Final = "BIZPROC"
"""Not an event: stands for the run of a robot or an activity where one is asked for."""

_OF_APPLICATIONS: Final = (
    "ONAPPUNINSTALL",
    "ONAPPINSTALL",
    "ONAPPUPDATE",
    "ONAPPPAYMENT",
    "ONSUBSCRIPTIONRENEW",
    TEST_EVENT,
    "ONAPPMETHODCONFIRM",
)
"""Events about the application itself; each may hear of them."""

_WITH_REFRESH_TOKEN: Final = frozenset(
    (OFFLINE_EVENT, "ONAPPINSTALL", "ONAPPUPDATE", "ONSUBSCRIPTIONRENEW", TEST_EVENT, ROBOT)
)
_MOVED: Final = "ONCRMDEALMOVETOCATEGORY"
_ACTIONS: Final[tuple[Action, ...]] = ("ADD", "UPDATE", "DELETE")
_ITEM: Final = "ONCRMDYNAMICITEM"


@dataclass(frozen=True, slots=True)
class _Family:
    """Events about the rows of one table.

    Attributes:
        stem: what their names begin with.
        scope: what is needed to hear of them.
        data: what they say of a row.
        actions: what they tell of.
    """

    stem: str
    scope: str
    data: Callable[[Action, int | str], Mapping[str, Any]]
    actions: tuple[Action, ...] = _ACTIONS


def _fields(action: Action, row_id: int | str) -> Mapping[str, Any]:
    del action
    return {"FIELDS": {"ID": row_id}}


def _upper(action: Action, row_id: int | str) -> Mapping[str, Any]:
    del action
    return {"ID": row_id}


def _lower(action: Action, row_id: int | str) -> Mapping[str, Any]:
    del action
    return {"id": row_id}


def _before_and_after(action: Action, row_id: int | str) -> Mapping[str, Any]:
    row = {"ID": row_id}
    return {
        "FIELDS_BEFORE": "undefined" if action == "ADD" else row,
        "FIELDS_AFTER": "undefined" if action == "DELETE" else row,
        "IS_ACCESSIBLE_BEFORE": "N" if action == "ADD" else "undefined",
        "IS_ACCESSIBLE_AFTER": "N" if action == "DELETE" else "undefined",
    }


_FAMILIES: Final[Mapping[str, _Family]] = {
    "deal": _Family("ONCRMDEAL", "crm", _fields),
    "lead": _Family("ONCRMLEAD", "crm", _fields),
    "contact": _Family("ONCRMCONTACT", "crm", _fields),
    "company": _Family("ONCRMCOMPANY", "crm", _fields),
    "quote": _Family("ONCRMQUOTE", "crm", _fields),
    "activity": _Family("ONCRMACTIVITY", "crm", _fields),
    "product": _Family("ONCRMPRODUCT", "crm", _fields),
    "requisite": _Family("ONCRMREQUISITE", "crm", _fields),
    "bank_detail": _Family("ONCRMBANKDETAIL", "crm", _fields),
    "timeline_comment": _Family("ONCRMTIMELINECOMMENT", "crm", _fields),
    "currency": _Family("ONCRMCURRENCY", "crm", _fields),
    "workgroup": _Family("ONSONETGROUP", "sonet_group", _fields),
    "task": _Family("ONTASK", "task", _before_and_after),
    "user": _Family("ONUSER", "user", _upper, ("ADD",)),
    "calendar_event": _Family("ONCALENDARENTRY", "calendar", _lower),
    "calendar_section": _Family("ONCALENDARSECTION", "calendar", _lower),
    "booking": _Family("ONBOOKING", "booking", _upper),
    "catalog_price": _Family("CATALOG.PRICE.ON.", "catalog", _fields),
    "catalog_price_type": _Family("CATALOG.PRICE.TYPE.ON.", "catalog", _fields),
    "catalog_measure": _Family("CATALOG.MEASURE.ON.", "catalog", _fields),
}


def events_of(table: Table, action: Action, row_id: int | str, row: Mapping[str, Any]) -> Iterator[Raised]:
    """The names of the events that a change raises, with their data.

    The data of most say no more than the row's number; items of smart processes say their type too,
    tasks what there was before and after, and a deal that moved to another pipeline where it is now.

    Args:
        table: whose row it is.
        action: what happened to it.
        row_id: its number.
        row: the row as it is now; empty if it is gone.
    """
    if action == "MOVE":
        if table.name == "deal":
            told = {name: row.get(name) for name in ("CATEGORY_ID", "STAGE_ID")}
            yield _MOVED, {"FIELDS": {"ID": row_id, **told}}
        return
    family = _FAMILIES.get(table.name)
    if family is not None and action in family.actions:
        yield f"{family.stem}{action}", family.data(action, row_id)
    elif _is_item(table):
        data = {"FIELDS": {"ID": row_id, "ENTITY_TYPE_ID": table.owner_type_id}}
        yield f"{_ITEM}{action}", data
        yield f"{_ITEM}{action}_{table.owner_type_id}", data


def known_events(store: Store) -> Mapping[str, str | None]:
    """The events of a portal by name, each with the scope that it needs; None for none."""
    known: dict[str, str | None] = dict.fromkeys((*_OF_APPLICATIONS, OFFLINE_EVENT))
    known[_MOVED] = "crm"
    for family in _FAMILIES.values():
        known |= {f"{family.stem}{action}": family.scope for action in family.actions}
    tails = ["", *(f"_{table.owner_type_id}" for table in store.tables.values() if _is_item(table))]
    return known | {f"{_ITEM}{action}{tail}": "crm" for tail in tails for action in _ACTIONS}


def sends_refresh_token(event: str) -> bool:
    """Whether a refresh token comes with an event's access token: so with few of them."""
    return event in _WITH_REFRESH_TOKEN or event.startswith("ONCALENDAR")


def _is_item(table: Table) -> bool:
    return table.name == "smart_invoice" or table.name.startswith(DYNAMIC_PREFIX)
