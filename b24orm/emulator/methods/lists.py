"""``lists.*``: universal lists and their elements.

A row has its properties as maps of value numbers to values (``PROPERTY_7: {"31": "red"}``), and times in the
portal's own form. An update clears every field that it doesn't send.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from b24orm.emulator.answers import NO_TOTAL, Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.conditions import Where
from b24orm.emulator.list_elements import (
    elements,
    fields_of,
    order_of,
    read_filter,
    selected,
    write_fields,
)
from b24orm.emulator.pages import cost_of, count, order_sql, read, shape_of
from b24orm.emulator.paging import classic
from b24orm.emulator.store import Store
from b24orm.emulator.values import to_int, to_text

__all__ = ["MISSING", "iblock_of", "methods", "need", "upper_params"]

MISSING: Final = "ERROR_REQUIRED_PARAMETERS_MISSING"
_INSTEAD: Final = {
    "IBLOCK_ID": "IBLOCK_CODE",
    "IBLOCK_CODE": "IBLOCK_ID",
    "ELEMENT_ID": "ELEMENT_CODE",
    "ELEMENT_CODE": "ELEMENT_ID",
    "SECTION_ID": "SECTION_CODE",
    "SECTION_CODE": "SECTION_ID",
}


def methods(store: Store) -> Registry:
    """The methods of universal lists; scope ``lists``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "lists.get": _lists,
        "lists.field.get": _fields,
        "lists.element.get": _elements,
        "lists.element.add": _add,
        "lists.element.update": _update,
        "lists.element.delete": _delete,
    }
    return registered(store, "lists", handlers)


# ---- parameters: every key in upper case, at any depth


def upper_params(call: Call) -> dict[str, Any]:
    """The parameters with every key in upper case, at any depth."""
    return {str(key).upper(): _raised(value) for key, value in call.params.items()}


def _raised(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key).upper(): _raised(item) for key, item in value.items()}
    return [_raised(item) for item in value] if isinstance(value, list) else value


def need(params: Mapping[str, Any], *names: str) -> None:
    """Each is there, or what may stand in for it; the last one missing is reported.

    Raises:
        Refusal: one is not.
    """
    missing = [
        name for name in names if params.get(name) is None and params.get(_INSTEAD.get(name, name)) is None
    ]
    if missing:
        raise Refusal(MISSING, f'Required parameter "{missing[-1]}" is missing')


def iblock_of(store: Store, params: Mapping[str, Any]) -> int:
    """The number of the list that a call is about.

    Raises:
        Refusal: it isn't named, or isn't there.
    """
    need(params, "IBLOCK_TYPE_ID", "IBLOCK_CODE", "IBLOCK_ID")
    column, value = (
        ("ID", params["IBLOCK_ID"]) if params.get("IBLOCK_ID") else ("CODE", params["IBLOCK_CODE"])
    )
    where = f'"{column}" = ? AND IBLOCK_TYPE_ID = ?'
    found = store.ids("iblock", where, (value, to_text(params["IBLOCK_TYPE_ID"])))
    if not found:
        raise Refusal("ERROR_IBLOCK_NOT_FOUND", "Iblock not found")
    return int(found[0])


def _element(store: Store, params: Mapping[str, Any], iblock: int) -> int:
    need(params, "ELEMENT_CODE", "ELEMENT_ID")
    code, number = params.get("ELEMENT_CODE"), to_int(params.get("ELEMENT_ID"))
    where, values = "IBLOCK_ID = ?", [iblock]
    if number:
        where, values = f"{where} AND ID = ?", [*values, number]
    if code:
        where, values = f"{where} AND CODE = ?", [*values, code]
    found = store.ids("list_element", where, values) if number or code else []
    if not found:
        raise Refusal("ERROR_ELEMENT_NOT_FOUND", "Element not found")
    return int(found[0])


# ---- lists and their fields


def _lists(store: Store, call: Call) -> Answer:
    params = upper_params(call)
    need(params, "IBLOCK_TYPE_ID")
    table = store.table("iblock")
    where = Where("IBLOCK_TYPE_ID = ?", (to_text(params["IBLOCK_TYPE_ID"]),))
    if to_int(params.get("IBLOCK_ID")):
        where = Where(f"{where.sql} AND ID = ?", (*where.params, to_int(params["IBLOCK_ID"])))
    window = classic(call.start, count(store, table, where))
    sent = params.get("IBLOCK_ORDER")
    order = order_sql(sent if isinstance(sent, Mapping) else {}, table.columns) or '"ID" ASC'
    rows = read(store, shape_of(table, "portal"), where, order, window)
    if not rows:
        return Answer([], NO_TOTAL, cost=Cost("page"))
    return Answer(rows, window.total, window.next_start(len(rows)), cost_of(window, len(rows)))


def _fields(store: Store, call: Call) -> Answer:
    """The fields by their names."""
    iblock = iblock_of(store, upper_params(call))
    found = {
        name: {
            "FIELD_ID": name,
            "SORT": str(field["SORT"]),
            "NAME": field["NAME"],
            "IS_REQUIRED": field["IS_REQUIRED"],
            "MULTIPLE": field["MULTIPLE"],
            "DEFAULT_VALUE": field["DEFAULT_VALUE"],
            "TYPE": field["TYPE"],
            "PROPERTY_TYPE": field["TYPE"][0] if name.startswith("PROPERTY_") else False,
            "CODE": field["CODE"] or "",
            "ID": str(field["ID"]) if name.startswith("PROPERTY_") else False,
            "SETTINGS": {"SHOW_ADD_FORM": "Y", "SHOW_EDIT_FORM": "Y"},
            **({"DISPLAY_VALUES_FORM": field["CHOICES"] or {}} if field["TYPE"] == "L" else {}),
        }
        for name, field in fields_of(store, iblock).items()
    }
    return Answer(found, cost=Cost("get", rows=len(found)))


# ---- elements


def _elements(store: Store, call: Call) -> Answer:
    params = upper_params(call)
    iblock = iblock_of(store, params)
    fields = fields_of(store, iblock)
    where = read_filter(fields, params, iblock, store.clock())
    names, properties = selected(fields, params.get("SELECT"))
    sent = params.get("ELEMENT_ORDER")
    order = order_of(fields, sent if isinstance(sent, Mapping) else {})
    window = classic(call.start, count(store, store.table("list_element"), where))
    rows = elements(store, names, properties, where, order, window)
    if not rows:
        return Answer([], NO_TOTAL, cost=Cost("page", window.counted))
    return Answer(rows, window.total, window.next_start(len(rows)), cost_of(window, len(rows)))


def _add(store: Store, call: Call) -> Answer:
    params = upper_params(call)
    iblock = iblock_of(store, params)
    need(params, "ELEMENT_CODE")
    fields = _sent(params)
    if fields.get("NAME") is None:
        raise Refusal(MISSING, 'Required parameter "NAME" is missing')
    code = to_text(params.get("ELEMENT_CODE"))
    if code and store.count("list_element", "IBLOCK_ID = ? AND CODE = ?", (iblock, code)):
        raise Refusal("ERROR_ELEMENT_ALREADY_EXISTS", "Element already exists")
    row = {"IBLOCK_ID": iblock, "CODE": code, "CREATED_BY": call.user_id, "DATE_CREATE": store.now()}
    number = store.insert("list_element", row)
    try:
        write_fields(store, iblock, number, fields, call.user_id)
    except Refusal:
        store.delete("list_element", number)
        raise
    return Answer(number, cost=Cost("write", rows=1))


def _update(store: Store, call: Call) -> Answer:
    params = upper_params(call)
    iblock = iblock_of(store, params)
    number = _element(store, params, iblock)
    write_fields(store, iblock, number, _sent(params), call.user_id)
    store.update("list_element", number, {"CODE": to_text(params.get("ELEMENT_CODE"))})
    return Answer(result=True, cost=Cost("write", rows=1))


def _sent(params: Mapping[str, Any]) -> dict[str, Any]:
    fields = params.get("FIELDS")
    if not isinstance(fields, Mapping):
        raise Refusal(MISSING, 'Required parameter "FIELDS" is missing')
    return dict(fields)


def _delete(store: Store, call: Call) -> Answer:
    params = upper_params(call)
    number = _element(store, params, iblock_of(store, params))
    store.delete("list_element", number)
    store.execute("DELETE FROM list_value WHERE ELEMENT_ID = ?", (number,))
    return Answer(result=True, cost=Cost("write", rows=1))
