"""``crm.timeline.note.*``: what somebody noted beside an entry of the timeline or an activity.

An entry has one note. It is named by what it is beside, and by the row whose timeline shows that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.methods.controller import int_argument, not_found
from b24orm.emulator.methods.params import required
from b24orm.emulator.owner_types import owner_name, owner_table
from b24orm.emulator.store import Store
from b24orm.emulator.values import ZONE_OFFSET, to_int, to_text

__all__ = ["methods"]

_TABLE: Final = "timeline_note"
_ENTRY, _ACTIVITY = 1, 2
"""What a note can be beside."""


def methods(store: Store) -> Registry:
    """The methods of notes; scope ``crm``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {"get": _get, "save": _save, "delete": _delete}
    return registered(store, "crm", handlers, family="crm.timeline.note.")


def _place(store: Store, call: Call) -> tuple[int, int]:
    """What the note is beside: an entry or an activity of a row that is there."""
    item, kind = int_argument(call, "itemId"), int_argument(call, "itemType")
    owner_kind, owner = int_argument(call, "ownerTypeId"), int_argument(call, "ownerId")
    table = owner_table(owner_kind)
    if table not in store.tables or not store.exists(table, owner):
        raise Refusal("ACCESS_DENIED", "Access denied")
    if kind == _ENTRY and not _entry_of(store, item, owner_kind, owner):
        raise not_found("Element not found")
    if kind == _ACTIVITY and (owner_kind, owner) not in _bindings(store, item):
        raise not_found("Element not found")
    return item, kind


def _entry_of(store: Store, item: int, owner_kind: int, owner: int) -> bool:
    name = owner_name(owner_kind).lower()
    own = store.count("timeline_comment", "ID = ? AND ENTITY_TYPE = ? AND ENTITY_ID = ?", (item, name, owner))
    bound = "OWNER_ID = ? AND ENTITY_TYPE = ? AND ENTITY_ID = ?"
    return bool(own or store.count("timeline_binding", bound, (item, name, owner)))


def _bindings(store: Store, activity: int) -> set[tuple[int, int]]:
    entries = (store.get("activity", activity) or {}).get("BINDINGS") or []
    return {(to_int(entry["OWNER_TYPE_ID"]), to_int(entry["OWNER_ID"])) for entry in entries}


def _note(store: Store, place: tuple[int, int]) -> dict[str, Any] | None:
    found = store.rows(_TABLE, where="ITEM_ID = ? AND ITEM_TYPE = ?", params=place)
    return found[0] if found else None


def _get(store: Store, call: Call) -> Answer:
    row = _note(store, _place(store, call))
    if row is None:
        raise not_found("Element not found")
    shown = {
        "text": row["TEXT"],
        "createdById": row["CREATED_BY_ID"],
        "createdTime": f"{row['CREATED_TIME']}{ZONE_OFFSET}",
        "updatedById": row["UPDATED_BY_ID"],
        "updatedTime": f"{row['UPDATED_TIME']}{ZONE_OFFSET}",
    }
    return Answer(shown, cost=Cost("get", rows=1))


def _save(store: Store, call: Call) -> Answer:
    """The note anew, or for the first time."""
    place, text = _place(store, call), to_text(required(call, "text"))
    change = {"TEXT": text, "UPDATED_BY_ID": call.user_id, "UPDATED_TIME": store.now()}
    row = _note(store, place)
    if row is not None:
        store.update(_TABLE, row["ID"], change)
    else:
        made = {"ITEM_ID": place[0], "ITEM_TYPE": place[1], "CREATED_BY_ID": call.user_id}
        store.insert(_TABLE, {**made, "CREATED_TIME": store.now(), **change})
    return Answer(result=True, cost=Cost("write", rows=1))


def _delete(store: Store, call: Call) -> Answer:
    row = _note(store, _place(store, call))
    if row is None:
        raise not_found("Element not found")
    store.delete(_TABLE, row["ID"])
    return Answer(result=True, cost=Cost("write", rows=1))
