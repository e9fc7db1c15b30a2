"""``crm.timeline.comment.*``: what people write beside a row of the CRM.

Reads are classic methods, writes belong to a controller; so their refusals differ. A list belongs to one
row and is always counted; of the filter nothing else is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.conditions import Where
from b24orm.emulator.methods.controller import array_argument, not_found
from b24orm.emulator.methods.params import find, id_param, list_param, required
from b24orm.emulator.owner_types import owner_name, owner_type
from b24orm.emulator.pages import answered, count, order_sql, read, read_one, shape_of
from b24orm.emulator.paging import PAGE, Window
from b24orm.emulator.store import Store
from b24orm.emulator.values import ZONE_OFFSET, is_array, to_int, to_list, to_text

__all__ = ["methods"]

_TABLE: Final = "timeline_comment"
_SHOWN: Final = ("ID", "ENTITY_ID", "ENTITY_TYPE", "CREATED", "COMMENT", "AUTHOR_ID")
_SORTED: Final = ("ID", "CREATED", "AUTHOR_ID")
_IMAGES: Final = ("gif", "png", "jpg", "jpeg", "bmp", "webp")


def methods(store: Store) -> Registry:
    """The methods of comments in the timeline; scope ``crm``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "list": _list,
        "get": _get,
        "add": _add,
        "update": _update,
        "delete": _delete,
    }
    return registered(store, "crm", handlers, family="crm.timeline.comment.")


def _list(store: Store, call: Call) -> Answer:
    table, filter_ = store.table(_TABLE), list_param(call, "filter")
    kind = owner_type(to_text(filter_.get("ENTITY_TYPE")))
    if not kind:
        raise Refusal("", "Access denied.")
    where = Where(
        "ENTITY_TYPE = ? AND ENTITY_ID = ?", (owner_name(kind).lower(), to_int(filter_.get("ENTITY_ID")))
    )
    total = count(store, table, where)()
    window = Window(max(call.start or 0, 0) // PAGE * PAGE, PAGE, total, total, "controller")
    order = {
        name: "DESC" if word == "DESC" else "ASC"
        for name, word in list_param(call, "order").items()
        if name in _SORTED
    }
    rows = read(store, shape_of(table), where, order_sql(order, table.columns), window)
    chosen = _chosen(find(call, "select"))
    return answered([_shown(row, chosen) for row in rows], window, len(rows))


def _chosen(select: Any) -> tuple[str, ...]:
    names = to_list(select) if is_array(select) else []
    return tuple(name for name in _SHOWN if name in names) if names else _SHOWN


def _shown(row: Mapping[str, Any], names: tuple[str, ...] = _SHOWN) -> dict[str, Any]:
    """Files come along whatever was selected, but only if there are any."""
    files = {"FILES": row["FILES"]} if row["FILES"] else {}
    return {name: row[name] for name in names} | files


def _get(store: Store, call: Call) -> Answer:
    row = read_one(store, shape_of(store.table(_TABLE)), id_param(call))
    if row is None:
        raise Refusal("", "Not found.")
    return Answer(_shown(row), cost=Cost("get", rows=1))


def _add(store: Store, call: Call) -> Answer:
    fields = array_argument(call, "fields")
    kind = to_int(fields.get("ENTITY_TYPE_ID")) or owner_type(to_text(fields.get("ENTITY_TYPE")))
    owner = to_int(fields.get("ENTITY_ID"))
    _check_owner(kind, owner)
    row = {
        "ENTITY_TYPE": owner_name(kind).lower(),
        "ENTITY_ID": owner,
        "AUTHOR_ID": call.user_id,
        "CREATED": store.now(),
        "COMMENT": _text(fields),
        "FILES": _files(store, fields, call.user_id),
    }
    return Answer(store.insert(_TABLE, row), cost=Cost("write", rows=1))


def _update(store: Store, call: Call) -> Answer:
    """Changes the text; answers the number of the comment."""
    number = _found(store, call)
    fields = array_argument(call, "fields")
    _check_binding(store, call, number)
    row: dict[str, Any] = {"COMMENT": _text(fields)}
    if "FILES" in fields:
        row["FILES"] = _files(store, fields, call.user_id)
    store.update(_TABLE, number, row)
    return Answer(number, cost=Cost("write", rows=1))


def _delete(store: Store, call: Call) -> Answer:
    """Removes a comment; answers null."""
    number = _found(store, call)
    _check_binding(store, call, number)
    store.delete(_TABLE, number)
    return Answer(None, cost=Cost("write", rows=1))


def _found(store: Store, call: Call) -> int:
    number = to_int(required(call, "id"))
    if not store.exists(_TABLE, number):
        raise not_found("Not found.")
    return number


def _check_owner(kind: int, owner: int) -> None:
    if owner <= 0 or not owner_name(kind):
        raise Refusal("OWNER_NOT_FOUND", "Owner was not found")


def _check_binding(store: Store, call: Call, number: int) -> None:
    """An owner may be named; then it has to be the comment's own."""
    kind, owner = call.params.get("ownerTypeId"), call.params.get("ownerId")
    if kind is None or owner is None:
        return
    _check_owner(to_int(kind), to_int(owner))
    row = store.get(_TABLE, number) or {}
    if (row["ENTITY_TYPE"], row["ENTITY_ID"]) != (owner_name(to_int(kind)).lower(), to_int(owner)):
        raise not_found("Not found.")


def _text(fields: Mapping[str, Any]) -> str:
    text = to_text(fields.get("COMMENT")).strip()
    if not text:
        raise Refusal("INVALID_ARG_VALUE", "Empty comment message")
    return text


def _files(store: Store, fields: Mapping[str, Any], author: int) -> dict[str, Any] | None:
    """Pairs of a name and a content in base64, as the timeline shows them: by number."""
    sent = fields.get("FILES")
    pairs = [to_list(pair) for pair in to_list(sent)] if is_array(sent) else []
    first = 1 + sum(len(row["FILES"] or {}) for row in store.rows(_TABLE, ["FILES"]))
    return {
        str(number): {
            "id": number,
            "date": store.now().strftime("%Y-%m-%dT%H:%M:%S") + ZONE_OFFSET,
            "type": "image" if to_text(pair[0]).rpartition(".")[2].lower() in _IMAGES else "file",
            "name": to_text(pair[0]),
            "size": len(to_text(pair[1])) * 3 // 4 - to_text(pair[1]).count("="),
            "authorId": author,
        }
        for number, pair in enumerate((pair for pair in pairs if len(pair) == 2), start=first)
    } or None
