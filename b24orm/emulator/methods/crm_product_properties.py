"""``crm.product.property.*`` and ``catalog.productPropertySection.*``: properties of goods.

The rows are those of ``catalog.productProperty.*``; the values of a list are rows of their own. The list
answers everything at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.conditions import EVERYTHING, Where, every
from b24orm.emulator.fields import entity_fields_answer
from b24orm.emulator.iblock_filter import compile_condition, parse_key
from b24orm.emulator.methods.params import as_map, fields_param, id_param, list_param
from b24orm.emulator.pages import order_sql, read, shape_of
from b24orm.emulator.paging import Window
from b24orm.emulator.store import Store
from b24orm.emulator.tables import words
from b24orm.emulator.values import is_array, to_int, to_text
from b24orm.facts import load

__all__ = ["methods"]

_TABLE: Final = "catalog_product_property"
_VALUES: Final = "catalog_product_property_enum"
_FLAGS: Final = frozenset(words("ACTIVE IS_REQUIRED MULTIPLE"))
_NUMBERS: Final = frozenset(words("SORT ROW_COUNT COL_COUNT"))
_TEXTS: Final = frozenset(words("XML_ID CODE NAME FILE_TYPE"))
_FIXED: Final = ("PROPERTY_TYPE", "USER_TYPE")
_TYPES: Final = (
    ("S", "", "String"),
    ("N", "", "Number"),
    ("L", "", "List"),
    ("F", "", "File"),
    ("E", "", "Bind to elements"),
    ("S", "HTML", "HTML/text"),
    ("S", "Date", "Date"),
    ("S", "DateTime", "Date/Time"),
    ("S", "Money", "Money"),
    ("S", "employee", "Bind to employee"),
    ("S", "ECrm", "Bind to CRM items"),
    ("S", "map_yandex", "Bind to map"),
    ("N", "Sequence", "Counter"),
    ("E", "EList", "Bind to elements as a list"),
)
_SETTINGS: Final[Mapping[tuple[str, str], Mapping[str, str]]] = {
    ("S", "HTML"): {"HEIGHT": "integer"},
    ("E", "Elist"): {"SIZE": "integer", "WIDTH": "integer", "GROUP": "char", "MULTIPLE": "char"},
    ("N", "Sequence"): {"WRITE": "char", "CURRENT_VALUE": "integer"},
}
_VALUE: Final = {"ID": "integer", "VALUE": "string", "XML_ID": "string", "SORT": "integer", "DEF": "char"}


def methods(store: Store) -> Registry:
    """The methods; scope ``crm``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "list": _list,
        "get": _get,
        "add": _add,
        "update": _update,
        "delete": _delete,
        "fields": lambda *_: Answer(entity_fields_answer(load("ProductProperty"))),
        "types": _types,
        "settings.fields": _settings,
        "enumeration.fields": lambda *_: Answer(_described(_VALUE)),
    }
    return registered(store, "crm", handlers, family="crm.product.property.")


def _described(fields: Mapping[str, str]) -> dict[str, Any]:
    flags = dict.fromkeys(("isRequired", "isReadOnly", "isImmutable", "isMultiple", "isDynamic"), False)
    return {name: {"type": kind, **flags, "title": name} for name, kind in fields.items()}


def _types(store: Store, call: Call) -> Answer:
    del store, call
    names = ("PROPERTY_TYPE", "USER_TYPE", "DESCRIPTION")
    return Answer([dict(zip(names, known, strict=True)) for known in _TYPES])


def _settings(store: Store, call: Call) -> Answer:
    """What a type of properties can be told; names of parameters count in any case."""
    del store
    query = {name.lower(): to_text(value) for name, value in call.params.items()}
    for name in ("propertyType", "userType"):
        if not query.get(name.lower()):
            raise Refusal("", f"Parameter '{name}' is not specified or empty.")
    return Answer(_described(_SETTINGS.get((query["propertytype"], query["usertype"]), {})))


# ---- reading


def _catalog(store: Store) -> int:
    """The catalog of the CRM: the first one."""
    return int(store.ids("catalog_catalog")[0])


def _whole(store: Store, row: dict[str, Any]) -> dict[str, Any]:
    """A list comes with its values by their numbers; whatever else a property is, it has none."""
    values = None
    if row["PROPERTY_TYPE"] == "L":
        found = store.rows(_VALUES, where="PROPERTY_ID = ?", params=(row["ID"],), order="SORT, ID")
        values = {
            str(one["ID"]): {name: None if one[name] is None else to_text(one[name]) for name in _VALUE}
            for one in found
        }
    return {**row, "VALUES": values}


def _rows(store: Store, where: Where, order: str) -> list[dict[str, Any]]:
    shape = shape_of(store.table(_TABLE))
    named = replace(shape, columns={column.name: column for column in shape.columns.values()})
    return [_whole(store, row) for row in read(store, named, where, order, Window(0, -1, 0, 0, "offset"))]


def _list(store: Store, call: Call) -> Answer:
    table = store.table(_TABLE)
    parts = [Where("IBLOCK_ID = ?", (_catalog(store),)), Where("PROPERTY_TYPE <> 'G'")]
    for key, value in list_param(call, "filter").items():
        operation, name = parse_key(key)
        column = table.columns.get(name)
        if is_array(value):
            raise Refusal("", f"Filter by {name} must be a scalar value")
        parts.append(
            EVERYTHING if column is None else compile_condition(operation, value, column.kind, f'"{name}"')
        )
    order = order_sql(list_param(call, "order"), table.columns)
    rows = _rows(store, every(parts), order or '"ID"')
    return Answer(rows, len(rows), cost=Cost("page", rows=len(rows)))


def _kept(store: Store, call: Call) -> dict[str, Any]:
    row = store.get(_TABLE, id_param(call))
    if row is None or row["IBLOCK_ID"] != _catalog(store):
        raise Refusal("", "Not found")
    return row


def _get(store: Store, call: Call) -> Answer:
    (row,) = _rows(store, Where("ID = ?", (_kept(store, call)["ID"],)), '"ID"')
    return Answer(row, cost=Cost("get", rows=1))


# ---- writing


def _guard(call: Call) -> None:
    if not call.admin:
        raise Refusal("", "Access denied.")


def _columns(store: Store, fields: Mapping[str, Any]) -> dict[str, Any]:
    known = store.table(_TABLE).columns
    row: dict[str, Any] = {name: to_text(fields[name]) for name in _TEXTS if name in fields}
    row |= {name: "Y" if fields[name] == "Y" else "N" for name in _FLAGS if name in fields}
    row |= {name: to_int(fields[name]) for name in _NUMBERS if name in fields}
    for name in ("DEFAULT_VALUE", "USER_TYPE_SETTINGS"):
        if name in fields:
            row[name] = fields[name]
    return {name: value for name, value in row.items() if name in known}


def _add(store: Store, call: Call) -> Answer:
    """A new property; answers its number."""
    _guard(call)
    fields = fields_param(call)
    if not to_text(fields.get("NAME")):
        raise Refusal("", "Property name is not specified.")
    kind = {"PROPERTY_TYPE": to_text(fields.get("PROPERTY_TYPE")) or "S"}
    row = {**_columns(store, fields), **kind, "USER_TYPE": to_text(fields.get("USER_TYPE"))}
    linked = {"LINK_IBLOCK_ID": _catalog(store)} if kind["PROPERTY_TYPE"] == "E" else {}
    with store.transaction():
        number = store.insert(_TABLE, {"IBLOCK_ID": _catalog(store), **linked, **row})
        _set_values(store, number, kind["PROPERTY_TYPE"], fields.get("VALUES"))
    return Answer(number, cost=Cost("write", rows=1))


def _update(store: Store, call: Call) -> Answer:
    """Its type stays what it was, whatever is sent."""
    _guard(call)
    row, fields = _kept(store, call), fields_param(call)
    with store.transaction():
        store.update(_TABLE, row["ID"], _columns(store, fields))
        _set_values(store, row["ID"], row["PROPERTY_TYPE"], fields.get("VALUES"))
    return Answer(result=True, cost=Cost("write", rows=1))


def _set_values(store: Store, number: int, kind: str, sent: Any) -> None:
    """The values of a list as they shall be: a key that is one's number changes it, the others are new."""
    if kind != "L" or not is_array(sent):
        return
    present = set(store.ids(_VALUES, "PROPERTY_ID = ?", (number,)))
    kept: set[int] = set()
    for key, value in as_map(sent).items():
        fields = as_map(value)
        if not to_text(fields.get("VALUE")).strip():
            continue
        row = {
            "PROPERTY_ID": number,
            "VALUE": to_text(fields["VALUE"]),
            "XML_ID": to_text(fields.get("XML_ID")),
            "SORT": to_int(fields["SORT"]) if "SORT" in fields else 500,
            "DEF": "Y" if fields.get("DEF") == "Y" else "N",
        }
        known = to_int(key)
        if known in present:
            kept.add(known)
            store.update(_VALUES, known, row)
        else:
            kept.add(store.insert(_VALUES, row))
    for gone in present - kept:
        store.delete(_VALUES, gone)


def _delete(store: Store, call: Call) -> Answer:
    _guard(call)
    row = _kept(store, call)
    with store.transaction():
        for value in store.ids(_VALUES, "PROPERTY_ID = ?", (row["ID"],)):
            store.delete(_VALUES, value)
        store.delete(_TABLE, row["ID"])
    return Answer(result=True, cost=Cost("write", rows=1))
