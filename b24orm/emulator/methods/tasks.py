"""``tasks.task.*``: upper-case names in requests, camelCase names and texts in answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from b24orm.emulator import task_journal
from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.methods.controller import optional_array
from b24orm.emulator.paging import controller
from b24orm.emulator.select import Selection, as_text, moment, rows_of
from b24orm.emulator.store import Store
from b24orm.emulator.tables import Column, Table
from b24orm.emulator.task_filter import compile_filter, status_expression
from b24orm.emulator.values import read_datetime, to_flag, to_float, to_int, to_list, to_text, truthy
from b24orm.emulator.writes import read_user_value

__all__ = ["answered", "camel", "methods", "task_id"]

_ORDERS: Final[Mapping[str, str]] = {
    **{
        name: f'"{name}"'
        for name in (
            "ID",
            "TITLE",
            "TIME_SPENT_IN_LOGS",
            "DATE_START",
            "CREATED_DATE",
            "CHANGED_DATE",
            "CLOSED_DATE",
            "ACTIVITY_DATE",
            "START_DATE_PLAN",
            "END_DATE_PLAN",
            "DEADLINE",
            "PRIORITY",
            "MARK",
            "GROUP_ID",
            "TIME_ESTIMATE",
            "ALLOW_CHANGE_DEADLINE",
            "ALLOW_TIME_TRACKING",
            "MATCH_WORK_TIME",
            "FAVORITE",
            "SORTING",
            "IS_PINNED",
            "IS_PINNED_IN_GROUP",
        )
    },
    "REAL_STATUS": '"STATUS"',
    "STATUS_COMPLETE": '"STATUS" = 5',
    "CREATED_BY_LAST_NAME": '(SELECT LAST_NAME FROM "user" WHERE "user".ID = task.CREATED_BY)',
    "RESPONSIBLE_LAST_NAME": '(SELECT LAST_NAME FROM "user" WHERE "user".ID = task.RESPONSIBLE_ID)',
}
_FLAGS: Final = frozenset(
    {
        "ALLOW_CHANGE_DEADLINE",
        "ALLOW_TIME_TRACKING",
        "TASK_CONTROL",
        "ADD_IN_REPORT",
        "MATCH_WORK_TIME",
        "REPLICATE",
    }
)
_STATUSES: Final = frozenset({1, 2, 3, 4, 5, 6, 7})
_NO_TASK_ID: Final = Refusal("100", "CTaskItem All parameters in the constructor must have real class type")


def camel(name: str) -> str:
    """The spelling of answers; unlike that of items, every part begins with a capital.

    >>> camel("RESPONSIBLE_ID"), camel("UF_AUTO_25")
    ('responsibleId', 'ufAuto25')
    """
    first, *rest = name.lower().split("_")
    return first + "".join(part.capitalize() for part in rest)


def methods(store: Store) -> Registry:
    """The methods of tasks; scope ``task``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "list": _list,
        "get": _get,
        "add": _add,
        "update": _update,
        "delete": _delete,
        "getfields": _fields,
    }
    return registered(store, "task", handlers, family="tasks.task.")


def _list(store: Store, call: Call) -> Answer:
    table, now = store.table("task"), _now(store)
    order = _order(optional_array(call, "order") or {})
    names = _names(table, optional_array(call, "select"))
    where = compile_filter(optional_array(call, "filter") or {}, table, call.user_id, now)
    source = "task" + (f" WHERE {where.sql}" if where else "")
    window = controller(call.start, lambda: store.count_sql(source, where.params))
    selection = _selection(table, names, call.user_id, now)
    sql = f"SELECT {selection.sql} FROM {source} ORDER BY {order} LIMIT {window.limit} OFFSET {window.offset}"
    rows = rows_of(selection, store.fetch(sql, where.params))
    _fill_people(store, rows)
    cost = Cost("page", window.counted, window.offset, len(rows))
    return Answer({"tasks": rows}, window.total, window.next_start(len(rows)), cost)


def _get(store: Store, call: Call) -> Answer:
    """One task; an absent one is an empty answer, not an error."""
    names = _names(store.table("task"), optional_array(call, "select"))
    task = _task(store, task_id(call), names, call.user_id)
    if task is None:
        return Answer([], cost=Cost("get"))
    return Answer({"task": task | {"action": _ACTIONS}}, cost=Cost("get", rows=1))


def _add(store: Store, call: Call) -> Answer:
    row = _written(store, _fields_argument(call))
    row = {"CREATED_BY": call.user_id, "CHANGED_BY": call.user_id, **row}
    if not row.get("TITLE"):
        raise Refusal("ERROR_CORE", "Task title is not specified<br>")
    if not row.get("RESPONSIBLE_ID"):
        raise Refusal("ERROR_CORE", "Responsible person not specified<br>")
    _check(store, row)
    number = store.insert("task", row)
    task_journal.born(store, number, call.user_id)
    return answered(store, number, call)


def _update(store: Store, call: Call) -> Answer:
    number = task_id(call)
    row = _written(store, _fields_argument(call))
    if not store.exists("task", number):
        raise Refusal("0", "Action on the task is not allowed")
    if row.get("PARENT_ID") == number:
        raise Refusal("ERROR_CORE", "Cannot bind the node to itself<br>")
    _check(store, row)
    if "STATUS" in row:
        row |= {"STATUS_CHANGED_BY": call.user_id, "STATUS_CHANGED_DATE": store.now()}
        row |= {"CLOSED_DATE": store.now() if row["STATUS"] == 5 else None}
    before = store.get("task", number)
    store.update("task", number, {**row, "CHANGED_BY": call.user_id})
    task_journal.changed(store, number, call.user_id, before)
    return answered(store, number, call)


def _delete(store: Store, call: Call) -> Answer:
    number = task_id(call)
    if not store.delete("task", number):
        raise Refusal("1048582", "No access to delete the task")
    return Answer({"task": True}, cost=Cost("write", rows=1))


def _fields(store: Store, call: Call) -> Answer:
    del call
    table = store.table("task")
    assert table.schema is not None
    found: dict[str, Any] = {}
    for column in table.columns.values():
        spec = table.schema.by_wire.get(camel(column.name))
        entry: dict[str, Any] = {
            "title": column.name.replace("_", " ").capitalize(),
            "type": _shown_type(column),
        }
        if column.name == "ID":
            entry["primary"] = True
        if column.name in {"TITLE", "RESPONSIBLE_ID", "CREATED_BY"}:
            entry["required"] = True
        if spec is not None and spec.enum:
            entry["values"] = {value: value for value in spec.enum}
        if column.default is not None:
            entry["default"] = column.default
        found[column.name] = entry
    return Answer({"fields": found})


def _shown_type(column: Column) -> str:
    return {"char": "enum", "enumeration": "enum"}.get(column.type, column.type)


def answered(store: Store, number: int, call: Call) -> Answer:
    """A task as it is after a write."""
    names = _names(store.table("task"), None)
    task = _task(store, number, names, call.user_id) or {}
    return Answer({"task": task | {"action": _ACTIONS}}, cost=Cost("write", rows=1))


def _task(store: Store, number: int, names: Sequence[str], user_id: int) -> dict[str, Any] | None:
    table = store.table("task")
    selection = _selection(table, names, user_id, _now(store))
    rows = rows_of(selection, store.fetch(f"SELECT {selection.sql} FROM task WHERE ID = ?", (number,)))
    _fill_people(store, rows)
    return rows[0] if rows else None


def _now(store: Store) -> str:
    return store.now().strftime("%Y-%m-%dT%H:%M:%S")


def task_id(call: Call) -> int:
    """The number of the task that a call is about.

    Raises:
        Refusal: it is absent, or no positive number.
    """
    value = call.params.get("taskId", call.params.get("id"))
    if value is None:
        raise _NO_TASK_ID
    if not str(value).strip().isdigit() or to_int(value) <= 0:
        raise Refusal("0", "wrong task id")
    return to_int(value)


def _fields_argument(call: Call) -> dict[str, Any]:
    fields = optional_array(call, "fields")
    if not fields:
        raise Refusal("100", "Could not find value for parameter {fields}")
    return fields


def _order(order: Mapping[str, Any]) -> str:
    """By id, newest first, unless told otherwise."""
    parts: list[str] = []
    for name, direction in order.items():
        if name.upper() not in _ORDERS:
            raise Refusal("0", "Invalid sorting key")
        word = "DESC" if to_text(direction).lower().startswith("desc") else "ASC"
        parts.append(f"{_ORDERS[name.upper()]} {word}")
    if not parts:
        return '"ID" DESC'
    return (
        ", ".join(parts)
        if any(part.startswith('"ID" ') for part in parts)
        else ", ".join([*parts, '"ID" % 7', '"ID"'])
    )


def _names(table: Table, select: Mapping[str, Any] | None) -> list[str]:
    asked = list(select.values()) if select else []
    if any(not isinstance(name, str) for name in asked):
        raise Refusal("0", "Invalid select data")
    plain = [name for name in table.columns if not name.startswith("UF_")]
    user = [name for name in table.columns if name.startswith("UF_")]
    with_user = any(name.startswith("UF_") for name in asked)
    if not asked or "*" in asked:
        return plain + (user if with_user else [])
    chosen = [name for name in asked if name in table.columns]
    return ["ID", *(name for name in chosen if name != "ID")]


def _selection(table: Table, names: Sequence[str], user_id: int, now: str) -> Selection:
    keys: list[str] = []
    expressions: list[str] = []
    decoders: dict[str, Callable[[Any], Any]] = {}
    for name in dict.fromkeys(names):
        column = table.columns[name]
        keys.append(camel(name))
        expressions.append(_expression(column))
        if column.kind == "json":
            decoders[camel(name)] = _DECODERS[column.type == "object"]
        if name == "STATUS":
            keys.append("subStatus")
            expressions.append(as_text(f"({status_expression(user_id, now)})"))
    return Selection(tuple(keys), tuple(expressions), decoders)


def _expression(column: Column) -> str:
    name = f'"{column.name}"'
    if column.kind == "datetime":
        return moment(name)
    return as_text(name) if column.kind in {"int", "double"} else name


def _texts(value: str | None) -> list[str]:
    from json import loads

    return [to_text(item) for item in loads(value)] if value else []


def _tags(value: str | None) -> Any:
    """Tags as a map by number, an empty list when there are none."""
    return {
        str(number): {"id": number, "title": title} for number, title in enumerate(_texts(value), start=1)
    } or []


_DECODERS: Final[Mapping[bool, Callable[[Any], Any]]] = {False: _texts, True: _tags}


def _fill_people(store: Store, rows: Sequence[dict[str, Any]]) -> None:
    """Who made the task and who does it, where their ids were asked for."""
    wanted = {row[key] for row in rows for key in ("createdBy", "responsibleId") if row.get(key)}
    people = {number: _person(store, number) for number in wanted}
    for row in rows:
        row["group"] = []
        for key, name in (("createdBy", "creator"), ("responsibleId", "responsible")):
            if row.get(key):
                row[name] = people[row[key]]
        for key, name in (("accomplices", "accomplicesData"), ("auditors", "auditorsData")):
            if key in row:
                row[name] = {number: _person(store, number) for number in row[key]} or []


def _person(store: Store, number: str) -> dict[str, Any]:
    user = store.get("user", to_int(number)) or {}
    return {
        "id": number,
        "name": f"{user.get('NAME') or ''} {user.get('LAST_NAME') or ''}".strip(),
        "link": f"/company/personal/user/{number}/",
        "icon": "/bitrix/images/tasks/default_avatar.png",
        "workPosition": user.get("WORK_POSITION") or "",
    }


def _written(store: Store, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields that a write sets: known upper-case names, cast by type; what can't be set is dropped."""
    table = store.table("task")
    assert table.schema is not None
    row: dict[str, Any] = {}
    for name, value in fields.items():
        column = table.columns.get(name)
        spec = table.schema.by_wire.get(camel(name)) if column else None
        if column is None or (spec is not None and spec.read_only):
            continue
        row[name] = _stored(column, value, store.clock())
    return row


def _stored(column: Column, value: Any, now: float) -> Any:
    if column.user:
        return read_user_value(column, value, now)
    if column.kind == "datetime":
        return read_datetime(value, now) if value else None
    if column.name in _FLAGS:
        return to_flag(value)
    if column.kind == "json":
        items = to_list(value) if truthy(value) else []
        return [
            to_text(item) if column.type == "object" or column.name.startswith("UF_") else to_int(item)
            for item in items
        ]
    if column.kind == "int" or column.name == "STATUS":
        return to_int(value)
    return to_float(value) if column.kind == "double" else to_text(value)


def _check(store: Store, row: Mapping[str, Any]) -> None:
    if "RESPONSIBLE_ID" in row and not store.exists("user", row["RESPONSIBLE_ID"]):
        raise Refusal("ERROR_CORE", 'The user specified in the "Responsible" field was not found<br>')
    if "STATUS" in row and row["STATUS"] not in _STATUSES:
        raise Refusal("ERROR_CORE", "Invalid status<br>")
    if row.get("PARENT_ID") and not store.exists("task", row["PARENT_ID"]):
        raise Refusal("ERROR_CORE", 'The task specified in the "Parent Task" field was not found<br>')
    begin, end = row.get("START_DATE_PLAN"), row.get("END_DATE_PLAN")
    if begin and end and end < begin:
        raise Refusal(
            "ERROR_CORE", "The end date specified in the scheduling is earlier than the start date<br>"
        )


_ACTIONS: Final = dict.fromkeys(
    ("complete", "start", "delegate", "remove", "edit", "defer", "rate"), True
) | dict.fromkeys(("accept", "decline", "approve", "disapprove", "pause", "renew", "take"), False)
