"""``calendar.section.*`` and ``calendar.resource.*``: calendars, and what can be booked in them.

A resource is a calendar of the type ``resource``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.store import Store
from b24orm.emulator.values import is_array, to_int, to_text

__all__ = ["methods"]

_TABLE: Final = "calendar_section"
_COLORS: Final[Mapping[str, tuple[str, str]]] = {
    "color": ("COLOR", "#E6A469"),
    "text_color": ("TEXT_COLOR", "#000000"),
}


def methods(store: Store) -> Registry:
    """The methods of calendars and of resources; scope ``calendar``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "section.add": _add,
        "section.update": _update,
        "section.delete": _delete,
        "resource.list": _resources,
        "resource.add": _add_resource,
        "resource.update": _update_resource,
        "resource.delete": _delete_resource,
    }
    return registered(store, "calendar", handlers, family="calendar.")


def _unset(call: Call, name: str) -> Refusal:
    return Refusal("", f'The required parameter "{name}" for the method "{call.method}" is not set.')


def _owner(call: Call) -> tuple[str, int]:
    """Type and owner; the owner of a person's calendar is who asks, unless somebody is named."""
    kind, owner = call.params.get("type"), call.params.get("ownerId")
    if kind is None:
        raise _unset(call, "type")
    if owner is None and kind != "user":
        raise _unset(call, "ownerId")
    return to_text(kind), call.user_id if owner is None else to_int(owner)


def _texts(call: Call) -> None:
    for name in ("name", "description"):
        if call.params.get(name) is not None and not isinstance(call.params[name], str):
            raise Refusal("", f'Invalid value for the "{name}" parameter')


def _row(call: Call) -> dict[str, Any]:
    params = call.params
    row: dict[str, Any] = {
        column: to_text(params[name]) for name, (column, _) in _COLORS.items() if params.get(name) is not None
    }
    for name, column in (("name", "NAME"), ("description", "DESCRIPTION")):
        text = to_text(params.get(name)).strip()
        if text:
            row[column] = text
    return row


def _add(store: Store, call: Call) -> Answer:
    """A new calendar; answers its number."""
    kind, owner = _owner(call)
    if not isinstance(call.params.get("name"), str):
        raise Refusal("", 'Invalid value for the "name" parameter')
    _texts(call)
    usual = dict(_COLORS.values())
    place = {"CAL_TYPE": kind, "OWNER_ID": owner, "CREATED_BY": call.user_id}
    stamps = {"DATE_CREATE": store.now(), "TIMESTAMP_X": store.now()}
    row = {**usual, "NAME": "", **place, **stamps, **_row(call)}
    return Answer(store.insert(_TABLE, row), cost=Cost("write", rows=1))


def _section(store: Store, call: Call) -> int:
    kind, owner = _owner(call)
    number = to_int(call.params.get("id"))
    if number <= 0:
        raise Refusal("", "Section ID is not set.")
    _texts(call)
    if not store.count(_TABLE, "ID = ? AND CAL_TYPE = ? AND OWNER_ID = ?", (number, kind, owner)):
        raise Refusal("", "Access denied.")
    return number


def _update(store: Store, call: Call) -> Answer:
    """Changes a calendar; an empty text changes nothing. Answers its number."""
    number = _section(store, call)
    store.update(_TABLE, number, {**_row(call), "TIMESTAMP_X": store.now()})
    return Answer(number, cost=Cost("write", rows=1))


def _delete(store: Store, call: Call) -> Answer:
    """Removes a calendar with its events."""
    return _removed(store, _section(store, call))


def _removed(store: Store, number: int) -> Answer:
    for event in store.ids("calendar_event", "SECTION_ID = ?", (number,)):
        store.delete("calendar_event", event)
    store.delete(_TABLE, number)
    return Answer(result=True, cost=Cost("write", rows=1))


# ---- resources


def _resources(store: Store, call: Call) -> Answer:
    del call
    sql = f"SELECT ID, NAME, CREATED_BY FROM {_TABLE} WHERE CAL_TYPE = 'resource' ORDER BY ID"
    found = store.fetch(sql)
    rows = [{"ID": str(number), "NAME": name, "CREATED_BY": str(maker)} for number, name, maker in found]
    return Answer(rows, cost=Cost("page", rows=len(rows)))


def _name(call: Call) -> str:
    value = call.params.get("name")
    if not value or is_array(value):
        raise _unset(call, "name")
    return to_text(value)


def _add_resource(store: Store, call: Call) -> Answer:
    row = {"NAME": _name(call), "CAL_TYPE": "resource", "OWNER_ID": 0, "CREATED_BY": call.user_id}
    return Answer(store.insert(_TABLE, row), cost=Cost("write", rows=1))


def _resource(store: Store, call: Call) -> int:
    number = to_int(call.params.get("resourceId"))
    if number <= 0:
        raise _unset(call, "resourceId")
    if not store.count(_TABLE, "ID = ? AND CAL_TYPE = 'resource'", (number,)):
        raise Refusal("", "Access denied")
    return number


def _update_resource(store: Store, call: Call) -> Answer:
    """Renames a resource; answers its number."""
    number = _resource(store, call)
    store.update(_TABLE, number, {"NAME": _name(call)})
    return Answer(number, cost=Cost("write", rows=1))


def _delete_resource(store: Store, call: Call) -> Answer:
    return _removed(store, _resource(store, call))
