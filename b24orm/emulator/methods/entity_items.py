"""``entity.item.*``: items of an application's own storages."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.conditions import EVERYTHING, Where, any_of, every
from b24orm.emulator.iblock_filter import compile_condition, parse_key
from b24orm.emulator.pages import answered, count, order_sql, read, shape_of
from b24orm.emulator.paging import classic
from b24orm.emulator.store import Store
from b24orm.emulator.tables import Table
from b24orm.emulator.values import is_array, read_datetime, to_flag, to_int, to_text

__all__ = ["methods"]

_OPERATIONS: Final = frozenset({"", "!", "<", "<=", ">", ">=", "><", "!><", "?", "=", "!=", "%", "!%"})
_KEY: Final = re.compile(r"([^A-Z0-9]*)(.*)", re.DOTALL)


def methods(store: Store) -> Registry:
    """The methods of storages; scope ``entity``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "entity.item.get": _items,
        "entity.item.add": _add,
        "entity.item.update": _update,
        "entity.item.delete": _delete,
    }
    return registered(store, "entity", handlers)


def _entity(call: Call) -> str:
    name = to_text(call.params.get("ENTITY"))
    if not name:
        raise Refusal("ERROR_ARGUMENT", "Argument 'ENTITY' is null or empty", argument="ENTITY")
    return name


def _items(store: Store, call: Call) -> Answer:
    table, entity = store.table("entity_item"), _entity(call)
    sent, sort = call.params.get("FILTER"), call.params.get("SORT")
    own = Where("ENTITY = ?", (entity,))
    where = every([own, _group(table, sent)]) if is_array(sent) else own
    names = {str(key).upper(): word for key, word in sort.items()} if isinstance(sort, Mapping) else {}
    order = order_sql(names, table.columns) or '"ID" ASC'
    window = classic(call.start, count(store, table, where))
    rows = read(store, shape_of(table, hidden=("PROPERTY_VALUES",)), where, order, window)
    return answered(rows, window, len(rows))


def _group(table: Table, sent: Any) -> Where:
    """Conditions; a numeric name holds a group, LOGIC joins it."""
    items = dict(sent) if isinstance(sent, Mapping) else dict(enumerate(sent))
    parts: list[Where] = []
    logic = "AND"
    for key, value in items.items():
        name = str(key).upper()
        if name == "LOGIC":
            logic = to_text(value).upper()
        elif name.isdigit():
            parts.append(_group(table, value) if is_array(value) else EVERYTHING)
        else:
            parts.append(_condition(table, name, value))
    return (any_of if logic == "OR" else every)(parts)


def _condition(table: Table, key: str, value: Any) -> Where:
    found = _KEY.fullmatch(key)
    operation, name = (found[1], found[2]) if found else ("", key)
    column = table.columns.get(name)
    if column is None or operation not in _OPERATIONS:
        return EVERYTHING
    if column.kind == "datetime" and not is_array(value):
        stored = read_datetime(value) or ""
        day, _, time = stored.partition("T")
        value = ".".join(reversed(day.split("-"))) + f" {time}"
    return compile_condition(parse_key(operation + "X")[0], value, column.kind, f'"{name}"')


def _row(store: Store, call: Call) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name in ("NAME", "CODE", "PREVIEW_TEXT", "DETAIL_TEXT"):
        if name in call.params:
            row[name] = to_text(call.params[name])
    for name in ("SORT", "SECTION"):
        if name in call.params:
            row[name] = to_int(call.params[name])
    for name in ("DATE_ACTIVE_FROM", "DATE_ACTIVE_TO"):
        if name in call.params:
            row[name] = read_datetime(call.params[name], store.clock())
    if "ACTIVE" in call.params:
        row["ACTIVE"] = to_flag(call.params["ACTIVE"])
    return row | {"MODIFIED_BY": call.user_id, "TIMESTAMP_X": store.now()}


def _add(store: Store, call: Call) -> Answer:
    entity, row = _entity(call), _row(store, call)
    if not row.get("NAME"):
        raise Refusal("ERROR_ARGUMENT", "Argument 'NAME' is null or empty", argument="NAME")
    stamps = {"ENTITY": entity, "CREATED_BY": call.user_id, "DATE_CREATE": store.now()}
    return Answer(store.insert("entity_item", stamps | row), cost=Cost("write", rows=1))


def _item(store: Store, call: Call) -> int:
    number = to_int(call.params.get("ID"))
    if not store.count("entity_item", "ID = ? AND ENTITY = ?", (number, _entity(call))):
        raise Refusal("ERROR_ITEM_NOT_FOUND", "Item not found")
    return number


def _update(store: Store, call: Call) -> Answer:
    store.update("entity_item", _item(store, call), _row(store, call))
    return Answer(result=True, cost=Cost("write", rows=1))


def _delete(store: Store, call: Call) -> Answer:
    store.delete("entity_item", _item(store, call))
    return Answer(result=True, cost=Cost("write", rows=1))
