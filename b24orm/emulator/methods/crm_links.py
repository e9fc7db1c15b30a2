"""``crm.deal.contact.*`` and its kin: rows bound to a row, one of them the primary."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from b24orm.emulator import bindings
from b24orm.emulator.answers import Answer, Call, Cost, Method, Refusal, Registry
from b24orm.emulator.methods.params import fields_param, find
from b24orm.emulator.store import Store
from b24orm.emulator.values import to_int, to_list

__all__ = ["methods"]

_LINKS: Final = (
    ("deal", "contact"),
    ("lead", "contact"),
    ("quote", "contact"),
    ("company", "contact"),
    ("contact", "company"),
)


def methods(store: Store) -> Registry:
    """The methods of bindings; scope ``crm``."""
    handlers: Mapping[str, Callable[[Store, str, str, Call], Answer]] = {
        "items.get": _get,
        "items.set": _set,
        "items.delete": _clear,
        "add": _add,
        "delete": _delete,
        "fields": _fields,
    }
    return {
        f"crm.{owner}.{target}.{kind}": Method(partial(handler, store, owner, target), "crm")
        for owner, target in _LINKS
        for kind, handler in handlers.items()
    }


def _get(store: Store, owner: str, target: str, call: Call) -> Answer:
    rows = bindings.items_of(store, owner, _owner_id(store, owner, call), target)
    return Answer(rows, cost=Cost("get", rows=len(rows)))


def _set(store: Store, owner: str, target: str, call: Call) -> Answer:
    """Replaces every binding of a row."""
    number = _owner_id(store, owner, call)
    items = find(call, "items")
    if not isinstance(items, (list, Mapping)):
        raise Refusal("", "The parameter 'items' must be array.")
    entries = [item for item in to_list(items) if isinstance(item, Mapping)]
    bindings.set_items(store, owner, number, target, entries)
    return Answer(result=True, cost=Cost("write", rows=len(entries)))


def _clear(store: Store, owner: str, target: str, call: Call) -> Answer:
    bindings.set_items(store, owner, _owner_id(store, owner, call), target, [])
    return Answer(result=True, cost=Cost("write", rows=1))


def _add(store: Store, owner: str, target: str, call: Call) -> Answer:
    """Adds one binding; answers false if it is there already."""
    number, fields = _owner_id(store, owner, call), fields_param(call)
    bound = to_int(fields.get(f"{target.upper()}_ID"))
    if bound <= 0:
        raise Refusal("", "The parameter 'fields' is not valid.")
    if not store.exists(target, bound):
        raise Refusal("", "Not found.")
    return Answer(bindings.bind(store, owner, number, target, fields), cost=Cost("write", rows=1))


def _delete(store: Store, owner: str, target: str, call: Call) -> Answer:
    """Removes one binding; answers false if there is none."""
    number, fields = _owner_id(store, owner, call), fields_param(call)
    bound = to_int(fields.get(f"{target.upper()}_ID"))
    if bound <= 0:
        raise Refusal("", "The parameter 'fields' is not valid.")
    return Answer(bindings.unbind(store, owner, number, target, bound), cost=Cost("write", rows=1))


def _fields(store: Store, owner: str, target: str, call: Call) -> Answer:
    del store, owner, call
    plain = {
        "isRequired": False,
        "isReadOnly": False,
        "isImmutable": False,
        "isMultiple": False,
        "isDynamic": False,
    }
    key = f"{target.upper()}_ID"
    fields: dict[str, Any] = {
        "SORT": {"type": "integer", **plain, "title": "SORT"},
        "IS_PRIMARY": {"type": "char", **plain, "title": "IS_PRIMARY"},
        key: {"type": "integer", **plain, "isRequired": True, "title": key},
    }
    return Answer(fields)


def _owner_id(store: Store, owner: str, call: Call) -> int:
    number = to_int(call.params.get("ID", call.params.get("id")))
    if number <= 0:
        raise Refusal("", "The parameter 'ownerEntityID' is invalid or not defined.")
    if not store.exists(owner, number):
        raise Refusal("", "Not found.")
    return number
