"""``user.*``: employees of the portal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from b24orm.emulator.answers import NO_TOTAL, Answer, Call, Cost, Method, Refusal, Registry
from b24orm.emulator.conditions import Where, every
from b24orm.emulator.paging import offset
from b24orm.emulator.select import Selection, as_text, day, moment, rows_of
from b24orm.emulator.store import Store
from b24orm.emulator.tables import Column, Table
from b24orm.emulator.user_filter import compile_filter, name_search
from b24orm.emulator.values import is_array, read_date, read_datetime, to_flag, to_int, to_list, to_text

__all__ = ["methods"]

_SEARCHED: Final = ("NAME", "LAST_NAME", "SECOND_NAME", "WORK_POSITION")
_READ_ONLY: Final = frozenset(
    {"ID", "LAST_LOGIN", "DATE_REGISTER", "IS_ONLINE", "TIMESTAMP_X", "LAST_ACTIVITY_DATE", "USER_TYPE"}
)


def methods(store: Store) -> Registry:
    """The methods of users; scope ``user``."""
    handlers = {
        "user.get": partial(_list, store, searching=False),
        "user.search": partial(_list, store, searching=True),
        "user.current": partial(_current, store),
        "user.fields": partial(_fields, store),
        "user.add": partial(_add, store),
        "user.update": partial(_update, store),
    }
    return {name: Method(handler, "user") for name, handler in handlers.items()}


def _list(store: Store, call: Call, *, searching: bool) -> Answer:
    """Conditions stand in FILTER or, without one, at the top level; an empty page has no total."""
    table = store.table("user")
    query = {str(key).upper(): value for key, value in call.params.items()}
    sent = query.get("FILTER")
    conditions = (
        {str(key).upper(): value for key, value in sent.items()} if isinstance(sent, Mapping) else query
    )
    where = compile_filter(_without_names(conditions) if searching else conditions, table, store.clock())
    if searching:
        where = every([where, *(_named(name, conditions) for name in _SEARCHED)])
    order = _order(table, query.get("SORT"), query.get("ORDER"))
    source = f'"user" WHERE {where.sql}' if where else '"user"'
    window = offset(call.start, lambda: store.count_sql(source, where.params))
    selection = _selection(table, query.get("SELECT"))
    page = f"LIMIT {window.limit} OFFSET {window.offset}"
    sql = f"SELECT {selection.sql} FROM {source} ORDER BY {order} {page}"
    rows = rows_of(selection, store.fetch(sql, where.params))
    cost = Cost("page", window.counted, window.offset, len(rows))
    return Answer(
        rows, window.total if rows else NO_TOTAL, window.next_start(len(rows)) if rows else None, cost
    )


def _without_names(filter: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in filter.items() if name not in _SEARCHED}


def _named(name: str, filter: Mapping[str, Any]) -> Where:
    return name_search(to_text(filter.get(name)), (name,))


def _order(table: Table, sort: Any, direction: Any) -> str:
    """One field and one direction, both needed; otherwise no order."""
    if not sort or not direction:
        return '"ID" % 7, "ID"'
    name, word = to_text(sort), to_text(direction).upper()
    if name not in table.columns:
        raise Refusal("ERROR_CORE", f"Unknown field definition `{name}` ({name}) for User Entity.")
    return f'"{name}" {word if word in {"ASC", "DESC"} else "ASC"}, "ID" % 7, "ID"'


def _selection(table: Table, select: Any) -> Selection:
    names = [to_text(name) for name in to_list(select)] if is_array(select) else []
    everything = not names or "*" in names
    columns = [
        column
        for column in table.columns.values()
        if everything or column.name in names or (column.name.startswith("UF_") and "UF_*" in names)
    ]
    return Selection(
        tuple(column.name for column in columns),
        tuple(_expression(column) for column in columns),
        {column.name: _DECODERS[key] for column in columns if (key := _decoder(column))},
    )


def _decoder(column: Column) -> str:
    return "flag" if column.name == "ACTIVE" else "list" if column.kind == "json" else ""


def _expression(column: Column) -> str:
    name = f'"{column.name}"'
    if column.type == "datetime":
        return f"IFNULL({moment(name)}, '')"
    if column.type == "date":
        return f"IFNULL({day(name)}, '')"
    if column.kind == "json" or column.name == "ACTIVE":
        return name
    return f"IFNULL({as_text(name)}, '')"


def _numbers(value: str | None) -> list[Any]:
    return json.loads(value) if value else []


_DECODERS: Final = {"flag": lambda value: value == "Y", "list": _numbers}


def _current(store: Store, call: Call) -> Answer:
    table = store.table("user")
    selection = _selection(table, None)
    rows = rows_of(
        selection, store.fetch(f'SELECT {selection.sql} FROM "user" WHERE ID = ?', (call.user_id,))
    )
    return Answer(rows[0] if rows else [], cost=Cost("get", rows=len(rows)))


def _fields(store: Store, call: Call) -> Answer:
    """Labels by field; the portal's own words are the names."""
    del call
    labels = {
        name: name.replace("UF_", "").replace("_", " ").capitalize() for name in store.table("user").columns
    }
    return Answer(labels, cost=Cost("system"))


def _add(store: Store, call: Call) -> Answer:
    if not call.admin:
        raise Refusal("ERROR_CORE", "access_denied")
    row = _written(store, call)
    email = to_text(row.get("EMAIL")).strip()
    if "@" not in email:
        raise Refusal("ERROR_ARGUMENT", "wrong_email", argument="")
    if not row.get("UF_DEPARTMENT") and to_text(call.params.get("EXTRANET")) != "Y":
        raise Refusal("ERROR_ARGUMENT", "no_extranet_field", argument="")
    return Answer(store.insert("user", {"ACTIVE": "Y", **row}), cost=Cost("write", rows=1))


def _update(store: Store, call: Call) -> Answer:
    params = {str(key).upper(): value for key, value in call.params.items()}
    row_id = to_int(params.get("ID"))
    if row_id <= 0 or not (call.admin or row_id == call.user_id):
        raise Refusal("ERROR_CORE", "access_denied")
    row = _written(store, call)
    if not call.admin:
        row = {name: value for name, value in row.items() if name not in {"ACTIVE", "UF_DEPARTMENT"}}
    if not store.update("user", row_id, row):
        raise Refusal("ERROR_CORE", "")
    return Answer(result=True, cost=Cost("write", rows=1))


def _written(store: Store, call: Call) -> dict[str, Any]:
    table = store.table("user")
    fields = {str(key).upper(): value for key, value in call.params.items()}
    return {
        name: _stored(table.columns[name], value)
        for name, value in fields.items()
        if name in table.columns and name not in _READ_ONLY
    }


def _stored(column: Column, value: Any) -> Any:
    if column.name == "ACTIVE":
        return to_flag(value)
    if column.kind == "json":
        return [to_int(item) for item in to_list(value) if item not in (None, "", False)]
    if column.type == "date":
        return read_date(value)
    if column.type == "datetime":
        return read_datetime(value)
    return to_int(value) if column.kind == "int" else to_text(value)
