"""``tasks.template.*`` and ``tasks.template.checklist.*``: what tasks are made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.conditions import Where, every
from b24orm.emulator.methods.controller import array_argument, int_argument, optional_array
from b24orm.emulator.orm_filter import compile_condition
from b24orm.emulator.pages import order_sql, read, read_one, shape_of
from b24orm.emulator.paging import Window
from b24orm.emulator.store import Store
from b24orm.emulator.tables import upper_snake, words
from b24orm.emulator.values import is_array, to_flag, to_int, to_list, to_text

__all__ = ["methods"]

_TABLE: Final = "task_template"
_ITEMS: Final = "template_check"
_PEOPLE: Final = ("ACCOMPLICES", "AUDITORS", "RESPONSIBLES", "REPLICATE_PARAMS")
"""Lists that are kept as PHP's serialized text."""
_FLAGS: Final = words(
    "REPLICATE ALLOW_CHANGE_DEADLINE ALLOW_TIME_TRACKING TASK_CONTROL ADD_IN_REPORT MULTITASK"
)
_SHOWN: Final = words("id templateId parentId title sortIndex isComplete isImportant")
_ITEM_FLAGS: Final = ("IS_COMPLETE", "IS_IMPORTANT")
_DENIED: Final = "Access to the task template is denied"


def methods(store: Store) -> Registry:
    """The methods of templates; scope ``task``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "get": _get,
        "add": _add,
        "update": _update,
        "delete": _delete,
        "fields": _fields,
        "checklist.list": _items,
        "checklist.get": _item,
        "checklist.add": _add_item,
        "checklist.update": _update_item,
        "checklist.delete": _delete_item,
        "checklist.complete": lambda store, call: _toggle(store, call, "Y"),
        "checklist.renew": lambda store, call: _toggle(store, call, "N"),
    }
    return registered(store, "task", handlers, family="tasks.template.")


# ---- templates


def _get(store: Store, call: Call) -> Answer:
    """One template with the names of its people; false if it isn't there."""
    row = read_one(store, shape_of(store.table(_TABLE)), int_argument(call, "templateId"))
    if row is None:
        return Answer(result=False, cost=Cost("get"))
    people = {**_person(store, row, "CREATED_BY"), **_person(store, row, "RESPONSIBLE")}
    lists = {name: row[name] or None for name in words("FILES TAGS DEPENDS_ON")}
    return Answer({**row, **lists, **people}, cost=Cost("get", rows=1))


def _person(store: Store, row: Mapping[str, Any], role: str) -> dict[str, Any]:
    number = to_int(row["CREATED_BY" if role == "CREATED_BY" else "RESPONSIBLE_ID"])
    known = store.get("user", number) or {}
    names = {name: known.get(name) for name in words("NAME LAST_NAME SECOND_NAME WORK_POSITION")}
    found = {**names, "LOGIN": known.get("EMAIL"), "PHOTO": known.get("PERSONAL_PHOTO")}
    return {f"{role}_{name}": value for name, value in found.items()}


def _written(store: Store, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that count; what nobody knows, and what is worked out, is left out."""
    table = store.table(_TABLE)
    assert table.schema is not None
    row: dict[str, Any] = {}
    for name, value in fields.items():
        column, field = table.columns.get(name), table.schema.by_wire.get(name)
        if column is None or (field is not None and field.read_only and name != "DESCRIPTION_IN_BBCODE"):
            continue
        if name in _PEOPLE:
            row[name] = _serialized(value) if is_array(value) else to_text(value)
        elif name in _FLAGS:
            row[name] = to_flag(value)
        elif column.kind == "json":
            row[name] = to_list(value) if value else []
        else:
            row[name] = to_int(value) if column.kind == "int" else to_text(value)
    return row


def _serialized(value: Any) -> str:
    """A list of numbers as PHP's ``serialize`` writes it.

    >>> _serialized([102])
    'a:1:{i:0;s:3:"102";}'
    """
    texts = [to_text(item) for item in to_list(value)]
    parts = "".join(f'i:{place};s:{len(text.encode())}:"{text}";' for place, text in enumerate(texts))
    return f"a:{len(texts)}:{{{parts}}}"


def _add(store: Store, call: Call) -> Answer:
    """A new template; answers its number, or 0 if it lacks a title or somebody responsible."""
    row = {"CREATED_BY": call.user_id, **_written(store, array_argument(call, "fields"))}
    if not to_text(row.get("TITLE")).strip() or not row.get("RESPONSIBLE_ID"):
        return Answer(0, cost=Cost("write"))
    row.setdefault("RESPONSIBLES", _serialized([row["RESPONSIBLE_ID"]]))
    return Answer(store.insert(_TABLE, row), cost=Cost("write", rows=1))


def _update(store: Store, call: Call) -> Answer:
    number, fields = int_argument(call, "templateId"), array_argument(call, "fields")
    if not store.exists(_TABLE, number):
        return Answer(result=False)
    store.update(_TABLE, number, _written(store, fields))
    return Answer(result=True, cost=Cost("write", rows=1))


def _delete(store: Store, call: Call) -> Answer:
    """Removes a template with its checklist; false if it isn't there."""
    number = int_argument(call, "templateId")
    for item in store.ids(_ITEMS, "TEMPLATE_ID = ?", (number,)):
        store.delete(_ITEMS, item)
    return Answer(store.delete(_TABLE, number), cost=Cost("write", rows=1))


def _fields(store: Store, call: Call) -> Answer:
    del call
    schema = store.table(_TABLE).schema
    assert schema is not None
    found: dict[str, Any] = {}
    for field in schema.fields.values():
        kind = "enum" if field.enum and field.type == "enumeration" else field.type
        flags = {"primary": True} if field.wire == "ID" else {"required": True} if field.required else {}
        values = {"values": dict.fromkeys(field.enum)} if kind == "enum" else {}
        found[field.wire] = {
            "title": field.name.replace("_", " ").capitalize(),
            "type": kind,
            **values,
            **flags,
        }
    return Answer(found)


# ---- checklists


def _template(store: Store, call: Call) -> int:
    number = int_argument(call, "templateId")
    if not store.exists(_TABLE, number):
        raise Refusal("0", _DENIED)
    return number


def _items(store: Store, call: Call) -> Answer:
    """Every item of a template by its number. Names are in upper case in the request, values are texts."""
    table, template = store.table(_ITEMS), _template(store, call)
    parts = [Where("TEMPLATE_ID = ?", (template,))]
    for key, value in (optional_array(call, "filter") or {}).items():
        column = table.columns.get(key.lstrip("!<>=%@"))
        if column is None:
            raise Refusal("0", f"Unknown field definition `{key.lstrip('!<>=%@')}`")
        given = to_list(value) if is_array(value) else value
        parts.append(compile_condition(key, given, column, f'"{column.name}"'))
    order = order_sql(optional_array(call, "order") or {}, table.columns) or '"ID" ASC'
    rows = read(store, shape_of(table), every(parts), order, Window(0, -1, 0, 0, "offset"))
    asked = {to_text(name) for name in (optional_array(call, "select") or {}).values()}
    names = [
        name for name in _SHOWN if not asked or "*" in asked or upper_snake(name) in asked or name == "id"
    ]
    shown = {row["id"]: {name: _root(name, row[name]) for name in names} for row in rows}
    return Answer({"checkListItems": shown}, cost=Cost("page", rows=len(rows)))


def _root(name: str, value: Any) -> Any:
    return 0 if name == "parentId" and value in (None, "0") else value


def _item_of(store: Store, call: Call) -> dict[str, Any]:
    template, number = _template(store, call), int_argument(call, "checkListItemId")
    row = read_one(store, shape_of(store.table(_ITEMS), "values"), number)
    if row is None or row["templateId"] != template:
        raise Refusal("0", _DENIED)
    return row


def _whole(row: Mapping[str, Any]) -> dict[str, Any]:
    """One item: with numbers and truth values."""
    flags = {name: row[name] == "Y" for name in ("isComplete", "isImportant")}
    parent: dict[str, Any] = {"parentId": row["parentId"] or 0, "displaySortIndex": "", "attachments": []}
    return {**row, **parent, **flags, "completedCount": row["completedCount"] or 0}


def _answered(store: Store, number: int) -> Answer:
    row = read_one(store, shape_of(store.table(_ITEMS), "values"), number)
    assert row is not None
    return Answer({"checkListItem": _whole(row)}, cost=Cost("write", rows=1))


def _item(store: Store, call: Call) -> Answer:
    row = _item_of(store, call)
    return Answer({"checkListItem": _whole({**row, "createdBy": None})}, cost=Cost("get", rows=1))


def _item_row(fields: Mapping[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for key, value in fields.items():
        name = upper_snake(key)
        if name in {"PARENT_ID", "SORT_INDEX"}:
            row[name] = to_int(value)
        elif name == "TITLE":
            row[name] = to_text(value)
        elif name in _ITEM_FLAGS:
            row[name] = to_flag(value)
        elif name == "MEMBERS":
            row[name] = _members(value)
    return row


def _members(value: Any) -> list[dict[str, Any]]:
    """People by number: ``{547: {"TYPE": "A"}}``."""
    items = value.items() if isinstance(value, Mapping) else ()
    return [
        {"type": item.get("TYPE", "A") if isinstance(item, Mapping) else "A", "id": to_int(key)}
        for key, item in items
    ]


def _add_item(store: Store, call: Call) -> Answer:
    template, row = _template(store, call), _item_row(array_argument(call, "fields"))
    if not to_text(row.get("TITLE")).strip():
        raise Refusal("0", "Item name is not specified")
    if "PARENT_ID" not in row:
        raise Refusal("0", f"Invalid value [] for field [PARENT_ID] in element [, {row['TITLE']}]")
    people = {"USER_ID": call.user_id, "CREATED_BY": call.user_id, "TEMPLATE_ID": template}
    return _answered(store, store.insert(_ITEMS, {**people, **row}))


def _update_item(store: Store, call: Call) -> Answer:
    number = _item_of(store, call)["id"]
    store.update(_ITEMS, number, _item_row(array_argument(call, "fields")))
    return _answered(store, number)


def _toggle(store: Store, call: Call, flag: str) -> Answer:
    number = _item_of(store, call)["id"]
    store.update(_ITEMS, number, {"IS_COMPLETE": flag})
    return _answered(store, number)


def _delete_item(store: Store, call: Call) -> Answer:
    store.delete(_ITEMS, _item_of(store, call)["id"])
    return Answer(result=True, cost=Cost("write", rows=1))
