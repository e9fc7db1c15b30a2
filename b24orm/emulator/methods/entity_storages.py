"""``entity.*``: storages of applications, their sections and the properties of their items.

Everything belongs to the application that calls. Names of parameters count in any case; of the codes of
storages and properties nothing is left but letters, digits and lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.conditions import EVERYTHING, Where, every
from b24orm.emulator.methods.app_context import upper_params
from b24orm.emulator.methods.params import as_map
from b24orm.emulator.orm_filter import compile_condition, parse_key
from b24orm.emulator.pages import answered, count, order_sql, read, shape_of
from b24orm.emulator.paging import classic
from b24orm.emulator.store import Store
from b24orm.emulator.tables import Table
from b24orm.emulator.values import is_array, to_flag, to_int, to_text

__all__ = ["methods"]

_STORAGES: Final = "entity_storage"
_SECTIONS: Final = "entity_section"
_PROPERTIES: Final = "entity_property"
_TYPE: Final = "rest_entity"
_FOREIGN: Final = re.compile(r"[^a-zA-Z0-9_]")
_LONGEST: Final = 40
_TYPES: Final = frozenset("SNF")
_Work = Callable[[Store, Call, dict[str, Any]], Answer]


def methods(store: Store) -> Registry:
    """The methods of storages; scope ``entity``."""
    handlers: Mapping[str, _Work] = {
        "entity.get": _get,
        "entity.add": _add,
        "entity.update": _update,
        "entity.delete": _delete,
        "entity.rights": _rights,
        "entity.section.get": _in_storage(_sections),
        "entity.section.add": _in_storage(_add_section),
        "entity.section.update": _in_storage(_update_section),
        "entity.section.delete": _in_storage(_delete_section),
        "entity.item.property.get": _in_storage(_properties),
        "entity.item.property.add": _in_storage(_add_property),
        "entity.item.property.update": _in_storage(_update_property),
        "entity.item.property.delete": _in_storage(_delete_property),
    }
    works: dict[str, Callable[[Store, Call], Answer]] = {
        name: partial(_called, work) for name, work in handlers.items()
    }
    return registered(store, "entity", works)


def _called(work: _Work, store: Store, call: Call) -> Answer:
    if not call.client_id:
        raise Refusal("ACCESS_DENIED", "Access denied! Application context required", status=403)
    query = upper_params(call)
    for name in ("ENTITY", "ENTITY_NEW", "PROPERTY", "PROPERTY_NEW"):
        if query.get(name) is not None:
            query[name] = _FOREIGN.sub("", to_text(query[name]).strip())
    return work(store, call, query)


def _empty(name: str) -> Refusal:
    return Refusal("ERROR_ARGUMENT", f"Argument '{name}' is null or empty", argument=name)


def _code(query: Mapping[str, Any]) -> str:
    code = to_text(query.get("ENTITY"))
    if not code:
        raise _empty("ENTITY")
    if len(code) > _LONGEST:
        raise Refusal("ERROR_ARGUMENT", f"Entity code is too long. Max length is {_LONGEST} characters.")
    return code


# ---- storages


def _find(store: Store, call: Call, code: str) -> dict[str, Any] | None:
    found = store.rows(_STORAGES, where="APP_ID = ? AND ENTITY = ?", params=(call.client_id, code))
    return found[0] if found else None


def _storage(store: Store, call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    row = _find(store, call, _code(query))
    if row is None:
        raise Refusal("ERROR_ENTITY_NOT_FOUND", "Entity not found")
    return row


def _in_storage(work: Callable[[Store, Call, dict[str, Any], dict[str, Any]], Answer]) -> _Work:
    return lambda store, call, query: work(store, call, query, _storage(store, call, query))


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "ID": to_text(row["ID"]),
        "IBLOCK_TYPE_ID": _TYPE,
        "ENTITY": row["ENTITY"],
        "NAME": row["NAME"],
    }


def _get(store: Store, call: Call, query: dict[str, Any]) -> Answer:
    """One storage, if one is named; all of the application otherwise."""
    if query.get("ENTITY") is not None:
        return Answer(_told(_storage(store, call, query)), cost=Cost("get", rows=1))
    rows = store.rows(_STORAGES, where="APP_ID = ?", params=(call.client_id,))
    return Answer([_told(row) for row in rows], cost=Cost("page", rows=len(rows)))


def _access(call: Call, query: Mapping[str, Any]) -> dict[str, str]:
    """Rights by who has them; whoever sets them has all."""
    sent = as_map(query.get("ACCESS")) if is_array(query.get("ACCESS")) else {}
    return {**{code: to_text(letter) for code, letter in sent.items()}, f"U{call.user_id}": "X"}


def _add(store: Store, call: Call, query: dict[str, Any]) -> Answer:
    code = _code(query)
    if _find(store, call, code) is not None:
        raise Refusal("ERROR_ENTITY_ALREADY_EXISTS", "Entity already exists")
    name = to_text(query.get("NAME")).strip()
    if not name:
        raise Refusal("ERROR_CORE", "Name is missing.")
    row = {"APP_ID": call.client_id, "ENTITY": code, "NAME": name, "ACCESS": _access(call, query)}
    store.insert(_STORAGES, row)
    return Answer(result=True, cost=Cost("write", rows=1))


def _owner(call: Call, row: Mapping[str, Any]) -> None:
    if not call.admin and (row["ACCESS"] or {}).get(f"U{call.user_id}") != "X":
        raise Refusal("ACCESS_DENIED", "Access denied!", status=403)


def _update(store: Store, call: Call, query: dict[str, Any]) -> Answer:
    row = _storage(store, call, query)
    _owner(call, row)
    change: dict[str, Any] = {}
    code = to_text(query.get("ENTITY_NEW"))
    if code and code != row["ENTITY"]:
        if _find(store, call, code) is not None:
            raise Refusal("ERROR_ENTITY_ALREADY_EXISTS", "Entity already exists")
        change["ENTITY"] = code
    if query.get("NAME") is not None:
        change["NAME"] = to_text(query["NAME"]).strip()
    if is_array(query.get("ACCESS")):
        change["ACCESS"] = _access(call, query)
    store.update(_STORAGES, row["ID"], change)
    return Answer(result=True, cost=Cost("write", rows=1))


def _delete(store: Store, call: Call, query: dict[str, Any]) -> Answer:
    """A storage goes with all that is in it."""
    row = _storage(store, call, query)
    _owner(call, row)
    with store.transaction():
        for table in (_SECTIONS, _PROPERTIES):
            store.execute(f"DELETE FROM {table} WHERE STORAGE_ID = ?", (row["ID"],))
        store.execute("DELETE FROM entity_item WHERE ENTITY = ?", (row["ENTITY"],))
        store.delete(_STORAGES, row["ID"])
    return Answer(result=True, cost=Cost("write", rows=1))


def _rights(store: Store, call: Call, query: dict[str, Any]) -> Answer:
    """Sets rights, if some are sent, and tells them; nothing at all of a storage that is not there."""
    row = _find(store, call, _code(query))
    if row is None:
        return Answer(None)
    if is_array(query.get("ACCESS")) and as_map(query["ACCESS"]):
        _owner(call, row)
        row["ACCESS"] = _access(call, query)
        store.update(_STORAGES, row["ID"], {"ACCESS": row["ACCESS"]})
    return Answer(row["ACCESS"] or {}, cost=Cost("write", rows=1))


# ---- sections


def _sections(store: Store, call: Call, query: dict[str, Any], storage: dict[str, Any]) -> Answer:
    table = store.table(_SECTIONS)
    sent = as_map(query.get("FILTER")) if is_array(query.get("FILTER")) else {}
    conditions = (_condition(table, key.upper(), value) for key, value in sent.items())
    where = every([Where("STORAGE_ID = ?", (storage["ID"],)), *conditions])
    sort = as_map(query.get("SORT")) if is_array(query.get("SORT")) else {}
    order = order_sql({name.upper(): word for name, word in sort.items()}, table.columns)
    window = classic(call.start, count(store, table, where))
    rows = read(store, shape_of(table), where, order or '"LEFT_MARGIN" ASC', window)
    return answered([{**row, "ENTITY": storage["ENTITY"]} for row in rows], window, len(rows))


def _condition(table: Table, key: str, value: Any) -> Where:
    column = table.columns.get(parse_key(key)[1])
    return EVERYTHING if column is None else compile_condition(key, value, column, f'"{column.name}"')


def _columns(store: Store, call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {"MODIFIED_BY": call.user_id, "TIMESTAMP_X": store.now()}
    row |= {name: to_text(query[name]) for name in ("NAME", "CODE", "DESCRIPTION") if name in query}
    row |= {name: to_int(query[name]) for name in ("SORT", "SECTION") if name in query}
    return row | ({"ACTIVE": to_flag(query["ACTIVE"])} if "ACTIVE" in query else {})


def _check_parent(store: Store, storage: Mapping[str, Any], parent: int) -> None:
    if parent and not store.count(_SECTIONS, "ID = ? AND STORAGE_ID = ?", (parent, storage["ID"])):
        raise Refusal("ERROR_CORE", "Invalid parent section!")


def _add_section(store: Store, call: Call, query: dict[str, Any], storage: dict[str, Any]) -> Answer:
    """A new section; answers its number."""
    row = _columns(store, call, query)
    if not row.get("NAME"):
        raise Refusal("ERROR_CORE", "Section name is missing.")
    _check_parent(store, storage, row.get("SECTION", 0))
    made = {"CREATED_BY": call.user_id, "DATE_CREATE": store.now(), "STORAGE_ID": storage["ID"]}
    with store.transaction():
        number = store.insert(_SECTIONS, {**made, **row})
        _lay_out(store, storage["ID"])
    return Answer(number, cost=Cost("write", rows=1))


def _lay_out(store: Store, storage: int) -> None:
    """Number the margins of a storage's tree, children by SORT and name."""
    rows = store.rows(_SECTIONS, where="STORAGE_ID = ?", params=(storage,), order="SORT, NAME, ID")
    children: dict[int, list[int]] = {}
    for row in rows:
        children.setdefault(row["SECTION"] or 0, []).append(row["ID"])
    margin = 0
    stack = [(number, 1, False) for number in reversed(children.get(0, []))]
    while stack:
        number, depth, closing = stack.pop()
        margin += 1
        if closing:
            store.execute(f"UPDATE {_SECTIONS} SET RIGHT_MARGIN = ? WHERE ID = ?", (margin, number))
            continue
        sql = f"UPDATE {_SECTIONS} SET LEFT_MARGIN = ?, DEPTH_LEVEL = ? WHERE ID = ?"
        store.execute(sql, (margin, depth, number))
        stack.append((number, depth, True))
        stack += [(child, depth + 1, False) for child in reversed(children.get(number, []))]


def _section(store: Store, query: Mapping[str, Any], storage: Mapping[str, Any]) -> int:
    number = to_int(query.get("ID"))
    if not number:
        raise _empty("ID")
    if not store.count(_SECTIONS, "ID = ? AND STORAGE_ID = ?", (number, storage["ID"])):
        raise Refusal("ERROR_SECTION_NOT_FOUND", "Section not found")
    return number


def _update_section(store: Store, call: Call, query: dict[str, Any], storage: dict[str, Any]) -> Answer:
    number, row = _section(store, query, storage), _columns(store, call, query)
    _check_parent(store, storage, row.get("SECTION", 0))
    with store.transaction():
        store.update(_SECTIONS, number, row)
        _lay_out(store, storage["ID"])
    return Answer(result=True, cost=Cost("write", rows=1))


def _delete_section(store: Store, call: Call, query: dict[str, Any], storage: dict[str, Any]) -> Answer:
    """A section goes with those below it."""
    del call
    gone = [_section(store, query, storage)]
    with store.transaction():
        for number in gone:
            gone += store.ids(_SECTIONS, "SECTION = ?", (number,))
            store.delete(_SECTIONS, number)
        _lay_out(store, storage["ID"])
    return Answer(result=True, cost=Cost("write", rows=1))


# ---- properties


def _property_row(row: Mapping[str, Any]) -> dict[str, Any]:
    told = {"PROPERTY": row["PROPERTY"], "NAME": row["NAME"], "TYPE": row["TYPE"]}
    return {**told, "SORT": to_text(row["SORT"])}


def _find_property(store: Store, storage: Mapping[str, Any], code: str) -> dict[str, Any] | None:
    found = store.rows(_PROPERTIES, where="STORAGE_ID = ? AND PROPERTY = ?", params=(storage["ID"], code))
    return found[0] if found else None


def _property(store: Store, query: Mapping[str, Any], storage: Mapping[str, Any]) -> dict[str, Any]:
    row = _find_property(store, storage, to_text(query.get("PROPERTY")))
    if row is None:
        raise Refusal("ERROR_PROPERTY_NOT_FOUND", "Property not found")
    return row


def _properties(store: Store, call: Call, query: dict[str, Any], storage: dict[str, Any]) -> Answer:
    del call
    if query.get("PROPERTY"):
        return Answer(_property_row(_property(store, query, storage)), cost=Cost("get", rows=1))
    rows = store.rows(_PROPERTIES, where="STORAGE_ID = ?", params=(storage["ID"],))
    return Answer([_property_row(row) for row in rows], cost=Cost("page", rows=len(rows)))


def _property_columns(query: Mapping[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    if query.get("TYPE") is not None:
        row["TYPE"] = to_text(query["TYPE"]).upper()
        if row["TYPE"] not in _TYPES:
            raise Refusal("ERROR_ARGUMENT", "Wrong entity item property type", argument="TYPE")
    if query.get("NAME") is not None:
        row["NAME"] = to_text(query["NAME"])
    return row | ({"SORT": to_int(query["SORT"])} if query.get("SORT") is not None else {})


def _add_property(store: Store, call: Call, query: dict[str, Any], storage: dict[str, Any]) -> Answer:
    del call
    code, row = to_text(query.get("PROPERTY")), _property_columns(query)
    if not code:
        raise _empty("PROPERTY")
    if _find_property(store, storage, code) is not None:
        raise Refusal("ERROR_PROPERTY_ALREADY_EXISTS", "Property already exists")
    if not row.get("NAME"):
        raise Refusal("ERROR_CORE", "Property name is not specified.")
    store.insert(_PROPERTIES, {"STORAGE_ID": storage["ID"], "PROPERTY": code, **row})
    return Answer(result=True, cost=Cost("write", rows=1))


def _update_property(store: Store, call: Call, query: dict[str, Any], storage: dict[str, Any]) -> Answer:
    del call
    row, change = _property(store, query, storage), _property_columns(query)
    code = to_text(query.get("PROPERTY_NEW"))
    if code and code != row["PROPERTY"]:
        if _find_property(store, storage, code) is not None:
            raise Refusal("ERROR_PROPERTY_ALREADY_EXISTS", f"Property {code} already exists")
        change["PROPERTY"] = code
    if change.get("TYPE", row["TYPE"]) == "F" and row["TYPE"] != "F":
        raise Refusal("ERROR_ARGUMENT", "Cannot change property type to File", argument="TYPE")
    store.update(_PROPERTIES, row["ID"], change)
    return Answer(result=True, cost=Cost("write", rows=1))


def _delete_property(store: Store, call: Call, query: dict[str, Any], storage: dict[str, Any]) -> Answer:
    del call
    store.delete(_PROPERTIES, _property(store, query, storage)["ID"])
    return Answer(result=True, cost=Cost("write", rows=1))
