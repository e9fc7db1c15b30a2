"""``crm.calllist.*``: which contacts or companies to call. Names of parameters count in any case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.conditions import Where, every
from b24orm.emulator.methods.app_context import upper_params
from b24orm.emulator.methods.params import as_map
from b24orm.emulator.orm_filter import compile_condition, parse_key
from b24orm.emulator.owner_types import owner_name, owner_table, owner_type
from b24orm.emulator.pages import order_sql, read, read_one, shape_of
from b24orm.emulator.paging import PAGE, Window
from b24orm.emulator.store import Store
from b24orm.emulator.tables import Table, words
from b24orm.emulator.values import is_array, read_datetime, to_int, to_list, to_text

__all__ = ["methods"]

_LISTS: Final = "call_list"
_ITEMS: Final = "call_list_item"
_CALLED: Final = (3, 4)
_SHOWN: Final = tuple(words("ID DATE_CREATE CREATED_BY_ID WEBFORM_ID ENTITY_TYPE_ID"))
_STATUSES: Final = "ENTITY_ID = 'CALL_LIST'"


def methods(store: Store) -> Registry:
    """The methods; scope ``crm``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "list": _lists,
        "get": _get,
        "add": _add,
        "update": _update,
        "items.get": _items,
        "statuslist": _status_list,
    }
    return registered(store, "crm", handlers, family="crm.calllist.")


def _needed(query: Mapping[str, Any], *names: str) -> None:
    for name in names:
        if query.get(name) is None:
            raise Refusal("ERROR_ARGUMENT", f"{name} is not found")


def _lists(store: Store, call: Call) -> Answer:
    """Fifty from ``start`` on, and all of them when it is -1; never with a total."""
    query, table = upper_params(call), store.table(_LISTS)
    where = every(_condition(table, key, value) for key, value in as_map(query.get("FILTER")).items())
    order = as_map(query.get("ORDER"))
    select = query.get("SELECT")
    asked = [to_text(name) for name in to_list(select)] if is_array(select) else []
    for name in [*asked, *order]:
        _known(table, name)
    begin, size = max(call.start or 0, 0), -1 if call.start == -1 else PAGE
    names = [name for name in _SHOWN if not asked or "*" in asked or name in asked]
    window = Window(begin, size, 0, -1, "offset")
    rows = read(store, shape_of(table).only(names), where, order_sql(order, table.columns), window)
    return Answer([_row(row) for row in rows], cost=Cost("page", skipped=begin, rows=len(rows)))


def _known(table: Table, name: str) -> None:
    if name != "*" and name not in table.columns:
        entity = "\\Bitrix\\Crm\\CallList\\Internals\\CallList"
        raise Refusal("100", f"Unknown field definition `{name}` ({name}) for {entity} Entity.")


def _condition(table: Table, key: str, value: Any) -> Where:
    name = parse_key(key)[1]
    _known(table, name)
    column = table.columns[name]
    read = read_datetime(value) if column.kind == "datetime" and not is_array(value) else value
    return compile_condition(key, read, column, f'"{name}"')


def _row(row: dict[str, Any]) -> dict[str, Any]:
    """The time stands without its zone."""
    if row.get("DATE_CREATE"):
        row["DATE_CREATE"] = row["DATE_CREATE"][:19].replace("T", " ")
    return row


def _get(store: Store, call: Call) -> Answer:
    query = upper_params(call)
    _needed(query, "ID")
    row = read_one(store, shape_of(store.table(_LISTS)), to_int(query["ID"]))
    if row is None:
        raise Refusal("LIST_ID_ERROR", "Incorrect list id")
    kind = {"ENTITY_TYPE": owner_name(to_int(row["ENTITY_TYPE_ID"]))}
    return Answer({**_row(row), **kind}, cost=Cost("get", rows=1))


def _items(store: Store, call: Call) -> Answer:
    """Who is called, in their order; nobody at all counts as nobody that one may see."""
    query = upper_params(call)
    _needed(query, "LIST_ID")
    number = to_int(query["LIST_ID"])
    if number <= 0:
        raise Refusal("LIST_ID_ERROR", "List id should be positive")
    if not store.exists(_LISTS, number):
        raise Refusal("LIST_ID_ERROR", "Call list is not found")
    parts = [Where("LIST_ID = ?", (number,))]
    status = as_map(query.get("FILTER")).get("STATUS")
    if status is not None:
        if not store.count("status", f"{_STATUSES} AND STATUS_ID = ?", (status,)):
            raise Refusal("STATUS_ERROR", "Incorrect status")
        parts.append(Where("STATUS = ?", (status,)))
    where, begin = every(parts), max(call.start or 0, 0)
    window = Window(begin, PAGE, 0, -1, "offset")
    rows = read(store, shape_of(store.table(_ITEMS), "values"), where, '"ROW_ID"', window)
    if not rows:
        text = "You do not have access to the participants of this call list"
        raise Refusal("ACCESS_ERROR", text, status=403)
    return Answer(rows, cost=Cost("page", skipped=begin, rows=len(rows)))


def _status_list(store: Store, call: Call) -> Answer:
    del call
    rows = store.rows("status", ("ID", "NAME", "SORT", "STATUS_ID"), where=_STATUSES, order='"SORT", "ID"')
    return Answer(rows, cost=Cost("page", rows=len(rows)))


# ---- writes


def _kind(query: Mapping[str, Any], text: str) -> int:
    kind = owner_type(to_text(query["ENTITY_TYPE"]))
    if kind not in _CALLED:
        raise Refusal("ENTITY_TYPE_ERROR", text)
    return kind


def _people(store: Store, query: Mapping[str, Any], kind: int, code: str) -> list[int]:
    numbers = [to_int(one) for one in to_list(query["ENTITIES"])]
    if not all(store.exists(owner_table(kind), number) for number in numbers):
        raise Refusal(code, "Incorrect entities id")
    return list(dict.fromkeys(numbers))


def _form(query: Mapping[str, Any]) -> dict[str, Any]:
    """There are no forms here that a list could be filled from."""
    if query.get("WEBFORM_ID") is not None:
        raise Refusal("WEBFORM_ERROR", "Incorrect webform id")
    return {}


def _array(query: Mapping[str, Any]) -> None:
    if not is_array(query["ENTITIES"]):
        raise Refusal("ENTITIES_ERROR", "Entities is not array")


def _add(store: Store, call: Call) -> Answer:
    """A new list with an activity for it; answers its number."""
    query = upper_params(call)
    _needed(query, "ENTITY_TYPE", "ENTITIES")
    _array(query)
    kind = _kind(query, "Incorrect entity type")
    people = _people(store, query, kind, "ENTITY_ERROR")
    if not people:
        raise Refusal("ACCESS_ERROR", "You don't have access to these entities", status=403)
    row = {"ENTITY_TYPE_ID": kind, "CREATED_BY_ID": call.user_id, "DATE_CREATE": store.now(), **_form(query)}
    with store.transaction():
        number = store.insert(_LISTS, row)
        _put(store, number, kind, people)
        activity = {"PROVIDER_ID": "CALL_LIST", "PROVIDER_TYPE_ID": "CALL_LIST", "TYPE_ID": 6}
        store.insert("activity", {**activity, "SUBJECT": "", "RESPONSIBLE_ID": call.user_id})
    return Answer(number, cost=Cost("write", rows=len(people)))


def _put(store: Store, number: int, kind: int, people: list[int]) -> None:
    for person in people:
        store.insert(_ITEMS, {"LIST_ID": number, "ID": person, "ENTITY_TYPE": kind})


def _update(store: Store, call: Call) -> Answer:
    """The list as it shall be: who is not named leaves it, who stays keeps his status."""
    query = upper_params(call)
    _needed(query, "LIST_ID", "ENTITY_TYPE", "ENTITIES")
    kind = _kind(query, "EntityType is incorrect")
    _array(query)
    people = _people(store, query, kind, "ENTITIES_ERROR")
    row = store.get(_LISTS, to_int(query["LIST_ID"]))
    if row is None:
        raise Refusal("LIST_ID_ERROR", "Incorrect list id or access denied")
    if row["ENTITY_TYPE_ID"] != kind:
        text = "Discrepancy between the type of call participants and incoming type"
        raise Refusal("ENTITY_TYPE_ERROR", text)
    present = {
        one["ID"]: one["ROW_ID"] for one in store.rows(_ITEMS, where="LIST_ID = ?", params=(row["ID"],))
    }
    with store.transaction():
        _form(query)
        for person in present.keys() - set(people):
            store.delete(_ITEMS, present[person])
        _put(store, row["ID"], kind, [person for person in people if person not in present])
    return Answer(result=True, cost=Cost("write", rows=len(people)))
