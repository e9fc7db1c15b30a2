"""``lists.add`` and its kin, ``lists.field.*``: universal lists, and the fields of their elements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.list_elements import SYSTEM_FIELDS, fields_of
from b24orm.emulator.methods.lists import MISSING, iblock_of, need, upper_params
from b24orm.emulator.store import Store
from b24orm.emulator.values import is_array, to_flag, to_int, to_list, to_text

__all__ = ["methods"]

_MESSAGES: Final = ("ELEMENTS_NAME", "ELEMENT_NAME", "SECTIONS_NAME", "SECTION_NAME")
_TYPES: Final[Mapping[str, str]] = {
    "SORT": "Sort index",
    "ACTIVE_FROM": "Active from",
    "ACTIVE_TO": "Active to",
    "PREVIEW_PICTURE": "Preview picture",
    "PREVIEW_TEXT": "Preview text",
    "DETAIL_PICTURE": "Detail picture",
    "DETAIL_TEXT": "Detail text",
    "DATE_CREATE": "Created on",
    "CREATED_BY": "Created by",
    "TIMESTAMP_X": "Modified on",
    "MODIFIED_BY": "Modified by",
    "S": "String",
    "N": "Number",
    "L": "List",
    "F": "File",
    "G": "Link to sections",
    "E": "Link to elements",
    "S:Date": "Date",
    "S:DateTime": "Date/Time",
    "S:HTML": "HTML/text",
    "S:Money": "Money",
    "N:Sequence": "Counter",
    "E:EList": "Link to elements as a list",
    "S:ECrm": "Link to the CRM",
    "S:employee": "Link to an employee",
}
"""Types of fields, and what people call them."""


def methods(store: Store) -> Registry:
    """The methods of lists and of their fields; scope ``lists``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "lists.add": _add,
        "lists.update": _update,
        "lists.delete": _delete,
        "lists.get.iblock.type.id": _type_of,
        "lists.field.add": _add_field,
        "lists.field.update": _update_field,
        "lists.field.delete": _delete_field,
        "lists.field.type.get": _field_types,
    }
    return registered(store, "lists", handlers)


# ---- lists


def _fields(params: Mapping[str, Any], *names: str) -> dict[str, Any]:
    sent = params.get("FIELDS")
    fields: dict[str, Any] = (
        {str(key): value for key, value in sent.items()} if isinstance(sent, Mapping) else {}
    )
    for name in names:
        if fields.get(name) is None:
            raise Refusal(MISSING, f'Required parameter "{name}" is missing')
    return fields


def _list_row(params: Mapping[str, Any]) -> dict[str, Any]:
    fields, messages = _fields(params), params.get("MESSAGES")
    row: dict[str, Any] = {}
    for name in ("NAME", "DESCRIPTION"):
        if fields.get(name) is not None:
            row[name] = to_text(fields[name])
    if fields.get("SORT") is not None:
        row["SORT"] = to_int(fields["SORT"])
    if fields.get("BIZPROC") is not None:
        row["BIZPROC"] = to_flag(fields["BIZPROC"])
    told = messages if isinstance(messages, Mapping) else {}
    return row | {name: to_text(told[name]) for name in _MESSAGES if name in told}


def _add(store: Store, call: Call) -> Answer:
    """A new list with a name for its elements, and no more fields."""
    params = upper_params(call)
    need(params, "IBLOCK_TYPE_ID", "IBLOCK_CODE")
    code = to_text(params.get("IBLOCK_CODE"))
    if code and store.count("iblock", "CODE = ?", (code,)):
        raise Refusal("ERROR_IBLOCK_ALREADY_EXISTS", "Iblock already exists")
    _fields(params, "NAME")
    row = _list_row(params)
    if not row["NAME"]:
        raise Refusal("ERROR_ADD_IBLOCK", "Name is not specified.<br>")
    place = {"IBLOCK_TYPE_ID": to_text(params["IBLOCK_TYPE_ID"]), "CODE": code}
    number = store.insert("iblock", {**place, **row})
    name = {"IBLOCK_ID": number, "NAME": "Name", "TYPE": "NAME", "IS_REQUIRED": "Y", "SORT": 10}
    store.insert("list_property", name)
    return Answer(number, cost=Cost("write", rows=1))


def _update(store: Store, call: Call) -> Answer:
    params = upper_params(call)
    store.update("iblock", iblock_of(store, params), _list_row(params))
    return Answer(result=True, cost=Cost("write", rows=1))


def _delete(store: Store, call: Call) -> Answer:
    """Removes a list with everything in it."""
    number = iblock_of(store, upper_params(call))
    with store.transaction():
        store.execute(
            "DELETE FROM list_value WHERE ELEMENT_ID IN (SELECT ID FROM list_element WHERE IBLOCK_ID = ?)",
            (number,),
        )
        for table in ("list_element", "list_section", "list_property"):
            store.execute(f"DELETE FROM {table} WHERE IBLOCK_ID = ?", (number,))
        store.delete("iblock", number)
    return Answer(result=True, cost=Cost("write", rows=1))


def _type_of(store: Store, call: Call) -> Answer:
    """The type of a list; null if it isn't there."""
    params = upper_params(call)
    if not params.get("IBLOCK_ID"):
        raise Refusal(MISSING, 'Required parameter "IBLOCK_ID" is missing')
    row = store.get("iblock", to_int(params["IBLOCK_ID"]))
    return Answer(row["IBLOCK_TYPE_ID"] if row else None, cost=Cost("get", rows=1))


# ---- fields


def _field_row(fields: Mapping[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {"NAME": to_text(fields["NAME"])}
    if "SORT" in fields:
        row["SORT"] = to_int(fields["SORT"])
    row |= {name: to_flag(fields[name]) for name in ("IS_REQUIRED", "MULTIPLE") if name in fields}
    if "CODE" in fields:
        row["CODE"] = to_text(fields["CODE"])
    if "DEFAULT_VALUE" in fields:
        row["DEFAULT_VALUE"] = fields["DEFAULT_VALUE"]
    return row


def _choices(number: int, known: Mapping[str, str], fields: Mapping[str, Any]) -> dict[str, str]:
    """The values of a field of the type L by their numbers: those sent, and those in lines of their own."""
    values = [
        to_text(item.get("VALUE")).strip()
        for item in to_list(fields.get("LIST") or [])
        if isinstance(item, Mapping)
    ]
    values += [line.strip() for line in to_text(fields.get("LIST_TEXT_VALUES")).split("\n")]
    kept, taken = dict(known), set(known.values())
    for value in values:
        if value and value not in taken:
            kept[str(100 * number + len(kept) + 1)] = value
            taken.add(value)
    return kept


def _add_field(store: Store, call: Call) -> Answer:
    """A new field; answers its name: ``PROPERTY_`` with a number, or that of a field every list may have."""
    params = upper_params(call)
    iblock = iblock_of(store, params)
    fields = _fields(params, "NAME", "TYPE")
    kind = to_text(fields["TYPE"])
    known = fields_of(store, iblock)
    if kind not in SYSTEM_FIELDS:
        if not fields.get("CODE"):
            raise Refusal("ERROR_SAVE_FIELD", "Please fill the code fields")
        if any(field["CODE"] == to_text(fields["CODE"]) for field in known.values()):
            raise Refusal("ERROR_SAVE_FIELD", "Property already exists")
    elif kind in known:
        raise Refusal("ERROR_SAVE_FIELD", "Error saving the field")
    if kind not in _TYPES and kind not in SYSTEM_FIELDS:
        raise Refusal("ERROR_SAVE_FIELD", "Error saving the field")
    number = store.insert("list_property", {"IBLOCK_ID": iblock, "TYPE": kind, **_field_row(fields)})
    if kind == "L":
        store.update("list_property", number, {"CHOICES": _choices(number, {}, fields)})
    name = kind if kind in SYSTEM_FIELDS else f"PROPERTY_{number}"
    return Answer(name, cost=Cost("write", rows=1))


def _update_field(store: Store, call: Call) -> Answer:
    """Changes a field, whose type stays what it is."""
    params = upper_params(call)
    iblock = iblock_of(store, params)
    need(params, "FIELD_ID")
    fields = _fields(params, "NAME", "TYPE")
    field = fields_of(store, iblock).get(to_text(params["FIELD_ID"]))
    if field is None:
        raise Refusal("ERROR_UPDATE_FIELD", "Error update the field")
    if field["TYPE"] != to_text(fields["TYPE"]):
        raise Refusal("ERROR_UPDATE_FIELD", "Field type can not be changed")
    row = _field_row(fields)
    if field["TYPE"] == "L":
        row["CHOICES"] = _choices(field["ID"], field["CHOICES"] or {}, fields)
    store.update("list_property", field["ID"], row)
    return Answer(result=True, cost=Cost("write", rows=1))


def _delete_field(store: Store, call: Call) -> Answer:
    """Removes a field with its values; one that isn't there counts as removed."""
    params = upper_params(call)
    iblock = iblock_of(store, params)
    need(params, "FIELD_ID")
    field = fields_of(store, iblock).get(to_text(params["FIELD_ID"]))
    if field is not None:
        store.execute("DELETE FROM list_value WHERE PROPERTY_ID = ?", (field["ID"],))
        store.delete("list_property", field["ID"])
    return Answer(result=True, cost=Cost("write", rows=1))


def _field_types(store: Store, call: Call) -> Answer:
    """What a new field may be: fields that every list may have are there until the list has them."""
    params = upper_params(call)
    known = fields_of(store, iblock_of(store, params))
    named = to_text(params.get("FIELD_ID")) if not is_array(params.get("FIELD_ID")) else ""
    free = {name: title for name, title in _TYPES.items() if name not in known or name == named}
    return Answer(free, cost=Cost("get"))
