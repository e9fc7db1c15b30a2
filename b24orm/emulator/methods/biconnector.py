"""``biconnector.*``: connectors of applications, the sources that use them, the datasets out of those.

Refusals stand inside successful answers. Each application sees what goes by its own connectors; what
no application has brought is everybody's. Nobody asks whether a source can be reached: it can.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Method, Registry
from b24orm.emulator.conditions import EVERYTHING, Where, every
from b24orm.emulator.methods.families import Row, wrapped
from b24orm.emulator.methods.params import as_map
from b24orm.emulator.orm_filter import compile_condition, compile_group
from b24orm.emulator.pages import UNORDERED, Shape, answered, order_sql, read, shape_of
from b24orm.emulator.paging import PAGE, Window
from b24orm.emulator.store import Store
from b24orm.emulator.tables import Column, upper_snake
from b24orm.emulator.values import is_array, read_datetime, to_int, to_list, to_text
from b24orm.facts import load
from b24orm.schema import FieldSchema

__all__ = ["methods"]


@dataclass(frozen=True, slots=True)
class _Kind:
    """One of the three: its name, its entity and table, and whose rows are seen."""

    name: str
    entity: str
    table: str
    own: str

    @property
    def absent(self) -> _Inside:
        return _Inside(f"{self.name.upper()}_NOT_FOUND", f"{self.name.capitalize()} was not found.")


class _Inside(Exception):
    """A refusal that stands inside a successful answer."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.answer = Answer({"error": {"error": code, "error_description": text}})


_CONNECTOR: Final = _Kind("connector", "BiconnectorConnector", "biconnector_connector", "APP_ID IN (?, '')")
_FOREIGN: Final = "SELECT ID FROM biconnector_connector WHERE APP_ID NOT IN (?, '')"
_SOURCE: Final = _Kind(
    "source", "BiconnectorSource", "biconnector_source", f"CONNECTOR_ID NOT IN ({_FOREIGN})"
)
_DATASET: Final = _Kind(
    "dataset",
    "BiconnectorDataset",
    "biconnector_dataset",
    f"SOURCE_ID NOT IN (SELECT ID FROM biconnector_source WHERE CONNECTOR_ID IN ({_FOREIGN}))",
)
_Work = Callable[[Store, _Kind, Call], Answer]


def methods(store: Store) -> Registry:
    """The methods; scope ``biconnector``. ``biconnector.table`` is another name for datasets."""
    works: Mapping[str, _Work] = {
        "add": _add,
        "update": _update,
        "delete": _delete,
        "get": _get,
        "list": _list,
        "fields": _fields,
    }
    found: Registry = {}
    for name, kind in (
        ("connector", _CONNECTOR),
        ("source", _SOURCE),
        ("dataset", _DATASET),
        ("table", _DATASET),
    ):
        own = {**works, **({"fields.update": _update_fields} if kind is _DATASET else {})}
        for verb, work in own.items():
            handler = partial(_inside, work, store, kind)
            found[f"biconnector.{name}.{verb}"] = Method(handler, "biconnector")
    return found


def _inside(work: _Work, store: Store, kind: _Kind, call: Call) -> Answer:
    try:
        if call.auth != "oauth" and not call.client_id and not call.method.endswith(".fields"):
            raise _Inside("ACCESS_DENIED", "Access denied.")
        return work(store, kind, call)
    except _Inside as refused:
        return refused.answer


# ---- lists


def _list(store: Store, kind: _Kind, call: Call) -> Answer:
    """Fifty from a page on; a dataset's columns are not among them."""
    hidden = {"FIELDS"} if kind is _DATASET else frozenset[str]()
    shape = shape_of(store.table(kind.table), "values", hidden=hidden)
    known = {*shape.columns, *(field.wire for field in load(kind.entity).fields.values())}
    for place in ("select", "filter", "order"):
        if call.params.get(place) is not None and not is_array(call.params[place]):
            raise _Inside(f"VALIDATION_{place.upper()}_TYPE", f'Parameter "{place}" must be array.')
    sent, order = as_map(call.params.get("filter")), as_map(call.params.get("order"))
    asked = [to_text(name) for name in to_list(call.params.get("select") or [])]
    _known_only("select", [name for name in asked if name != "*"], known)
    _check_filter(sent, known)
    _known_only("order", list(order), known)
    where = every([_own(kind, call), compile_group(sent, partial(_condition, store, shape))])
    page = max(to_int(call.params.get("page")), 1)
    window = Window((page - 1) * PAGE, PAGE, 0, -1, "controller")
    chosen = shape if not asked or "*" in asked else shape.only(asked)
    by = {name: way for name, way in order.items() if name in shape.columns}
    rows = read(store, chosen, where, order_sql(by, shape.columns) or UNORDERED, window)
    shown = [_plain(row) | ({"id": str(row["id"])} if "id" in row else {}) for row in rows]
    return answered(shown, window, len(rows))


def _known_only(place: str, names: list[str], known: set[str]) -> None:
    for name in names:
        if name not in known:
            text = f'Field "{name}" is not allowed in the "{place}".'
            raise _Inside(f"VALIDATION_FIELD_NOT_ALLOWED_IN_{place.upper()}", text)


def _check_filter(sent: Mapping[str, Any], known: set[str]) -> None:
    """What an array stands for is looked into, whatever its name is."""
    for key, value in sent.items():
        if key == "logic":
            if to_text(value).upper() not in {"AND", "OR"}:
                text = 'Field "logic" must be either "AND" or "OR".'
                raise _Inside("VALIDATION_INVALID_FILTER_LOGIC", text)
        elif is_array(value):
            _check_filter(as_map(value), known)
        elif not _bare(key).isdigit():
            _known_only("filter", [_bare(key)], known)


def _bare(key: str) -> str:
    return key.lstrip("<>=!@%")


def _condition(store: Store, shape: Shape, key: str, value: Any) -> Where:
    column = shape.columns.get(_bare(key))
    if column is None or (is_array(value) and not to_list(value)):
        return EVERYTHING
    prefix = key[: len(key) - len(_bare(key))]
    if column.kind == "datetime":
        value = read_datetime(value, store.clock()) or False
    read_value = to_list(value) if is_array(value) else value
    return compile_condition(prefix + column.name, read_value, column, f'"{column.name}"')


def _own(kind: _Kind, call: Call) -> Where:
    return Where(kind.own, (call.client_id,))


def _plain(row: Row) -> Row:
    """Times have neither a T nor a zone."""
    return {
        name: value[:19].replace("T", " ") if name.startswith("date") and value else value
        for name, value in row.items()
    }


# ---- single rows


def _kept(store: Store, kind: _Kind, call: Call) -> Row:
    if "id" not in call.params:
        raise _Inside("VALIDATION_ID_NOT_PROVIDED", "ID is missing.")
    number = to_int(call.params["id"])
    if number <= 0:
        raise _Inside("VALIDATION_INVALID_ID_FORMAT", "ID has to be a positive integer.")
    return _row(store, kind, call, number)


def _row(store: Store, kind: _Kind, call: Call, number: int) -> Row:
    rows = store.rows(kind.table, where=f"ID = ? AND {kind.own}", params=(number, call.client_id))
    if not rows:
        raise kind.absent
    return rows[0]


def _get(store: Store, kind: _Kind, call: Call) -> Answer:
    """A source's connector and settings stand beside it."""
    number = _kept(store, kind, call)["ID"]
    shape = shape_of(store.table(kind.table), "values")
    window = Window(0, 1, 0, 0, "offset")
    item = _plain(read(store, shape, Where("ID = ?", (number,)), "ID", window)[0])
    if kind is _SOURCE:
        connector, settings = item.pop("connectorId"), to_list(item.pop("settings") or [])
        numbered = [{**one, "id": place} for place, one in enumerate(settings, 1)]
        item = {"connection": item, "connectorId": connector, "settings": numbered}
    return Answer({"item": item}, cost=Cost("get", rows=1))


def _fields(store: Store, kind: _Kind, call: Call) -> Answer:
    del store, call
    told = [
        {
            "title": field.wire,
            "type": field.type,
            "isRequired": field.required or field.read_only,
            "isReadOnly": field.read_only,
            "isImmutable": field.immutable,
            "isMultiple": field.multiple,
        }
        for field in load(kind.entity).fields.values()
    ]
    return Answer(wrapped(("fields",), told))


# ---- writes

_TYPES: Final[Mapping[str, Callable[[Any], bool]]] = {
    "integer": lambda value: to_text(value).lstrip("-").replace(".", "", 1).isdigit(),
    "string": lambda value: isinstance(value, str),
    "array": is_array,
    "boolean": lambda value: isinstance(value, bool),
}


def _sent(kind: _Kind, call: Call, *, update: bool) -> Row:
    """The fields of a write; the first thing wrong with them is told."""
    sent = call.params.get("fields")
    if not sent or not is_array(sent):
        raise _Inside("VALIDATION_FIELDS_NOT_PROVIDED", "Fields not provided.")
    fields, known = as_map(sent), load(kind.entity).fields.values()
    strange = [name for name in fields if name not in {field.wire for field in known}]
    if strange:
        raise _Inside("VALIDATION_UNKNOWN_PARAMETERS", f"Unknown parameters: {', '.join(strange)}")
    for field in known:
        _check_field(field, fields, update=update)
    return fields


def _check_field(field: FieldSchema, fields: Row, *, update: bool) -> None:
    name = field.wire
    if name not in fields:
        if field.required and not field.read_only and not update:
            raise _Inside("VALIDATION_REQUIRED_FIELD_MISSING", f'Field "{name}" is required.')
        return
    if field.read_only:
        raise _Inside("VALIDATION_READ_ONLY_FIELD", f'Field "{name}" is read only.')
    if update and field.immutable:
        raise _Inside("VALIDATION_IMMUTABLE_FIELD", f'Field "{name}" is immutable.')
    if not _TYPES.get(field.type, bool)(fields[name]):
        raise _Inside("VALIDATION_INVALID_FIELD_TYPE", f'Field "{name}" must be of type {field.type}.')


def _columns(store: Store, kind: _Kind, fields: Row) -> Row:
    columns: Mapping[str, Column] = store.table(kind.table).columns
    row = {upper_snake(name): value for name, value in fields.items() if upper_snake(name) in columns}
    if "ACTIVE" in row:
        row["ACTIVE"] = "Y" if row["ACTIVE"] else "N"
    return row


def _add(store: Store, kind: _Kind, call: Call) -> Answer:
    row = _columns(store, kind, _sent(kind, call, update=False))
    row |= {"DATE_CREATE": store.now()} | _SHAPED[kind.name](store, call, row, None)
    if kind is not _CONNECTOR:
        people = dict.fromkeys(("CREATED_BY_ID", "UPDATED_BY_ID"), call.user_id)
        row |= {"DATE_UPDATE": store.now(), "TYPE": "rest"} | people
    with store.transaction():
        number = store.insert(kind.table, row)
        if kind is _DATASET:
            store.update(kind.table, number, {"EXTERNAL_ID": number})
    return Answer({"id": number}, cost=Cost("write", rows=1))


def _update(store: Store, kind: _Kind, call: Call) -> Answer:
    """Settings that are not named stay. A dataset's columns have a method of their own."""
    if "id" not in call.params or to_int(call.params["id"]) <= 0:
        _kept(store, kind, call)
    row = _columns(store, kind, _sent(kind, call, update=True))
    before = _kept(store, kind, call)
    if kind is _DATASET and "FIELDS" in row:
        text = 'Use the method "biconnector.dataset.fields.update" to update the dataset fields."'
        raise _Inside("INVALID_METHOD", text)
    row |= _SHAPED[kind.name](store, call, row, before)
    if kind is not _CONNECTOR:
        row |= {"DATE_UPDATE": store.now(), "UPDATED_BY_ID": call.user_id}
    store.update(kind.table, before["ID"], row)
    return Answer(result=True, cost=Cost("write", rows=1))


def _delete(store: Store, kind: _Kind, call: Call) -> Answer:
    """What something is made out of stays."""
    number = _kept(store, kind, call)["ID"]
    if kind is _CONNECTOR and store.count(_SOURCE.table, "CONNECTOR_ID = ?", (number,)):
        text = "Connector cannot be removed. Remove the connections related to the connector first."
        raise _Inside("CONNECTOR_DELETE_RESTRICTED", text)
    if kind is _SOURCE and store.count(_DATASET.table, "SOURCE_ID = ?", (number,)):
        raise _Inside("BX_ERROR", "Cannot delete source. Delete all related datasets first.")
    store.delete(kind.table, number)
    return Answer(result=True, cost=Cost("write", rows=1))


# ---- what each of them holds


_LONGEST_SETTING: Final = 512


def _connector(store: Store, call: Call, row: Row, before: Row | None) -> Row:
    del store
    own: Row = {} if before else {"APP_ID": call.client_id}
    if "SETTINGS" not in row:
        return own
    settings: list[Row] = []
    for one in to_list(row["SETTINGS"]):
        named = {str(name).lower(): to_text(value) for name, value in as_map(one).items()}
        if not {"type", "name", "code"} <= set(named):
            text = 'Settings must include "type", "name" and "code" fields.'
            raise _Inside("VALIDATION_SETTINGS_MISSING_REQUIRED_FIELDS", text)
        for name in ("name", "code"):
            if len(named[name]) > _LONGEST_SETTING:
                text = f'Parameter "{name}" must be less than 512 characters.'
                raise _Inside(f"VALIDATION_SETTINGS_{name.upper()}_TOO_LONG", text)
        if named["type"] not in {"STRING", "INT"}:
            raise _Inside("VALIDATION_SETTINGS_INVALID_TYPE", 'Parameter "type" is not correct.')
        settings.append({name: named[name] for name in ("name", "code", "type")})
    return {**own, "SETTINGS": settings}


def _source(store: Store, call: Call, row: Row, before: Row | None) -> Row:
    number = to_int((before or row)["CONNECTOR_ID"])
    asked = to_list(_row(store, _CONNECTOR, call, number)["SETTINGS"] or [])
    values = {to_text(one["code"]): one.get("value") for one in to_list((before or {}).get("SETTINGS") or [])}
    values |= as_map(row.get("SETTINGS"))
    settings = [{**one, "value": to_text(values.get(one["code"]))} for one in asked]
    return {"SETTINGS": settings} if before else {"SETTINGS": settings, "CODE": f"rest_{number}"}


_FIELD_TYPES: Final = frozenset({"int", "string", "double", "date", "datetime", "money", "timezone"})
_LONGEST_NAME: Final = 230
_LONGEST_FIELD: Final = 32


def _dataset(store: Store, call: Call, row: Row, before: Row | None) -> Row:
    if before is not None:
        return {}
    name = to_text(row["NAME"])
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        text = "Dataset name has to start with a lowercase Latin character. "
        allowed = "Possible entry includes lowercase Latin characters (a-z), numbers (0-9) and underscores."
        raise _Inside("VALIDATION_DATASET_NAME_INVALID", text + allowed)
    _row(store, _SOURCE, call, to_int(row["SOURCE_ID"]))
    if len(name) > _LONGEST_NAME:
        raise _Inside("VALIDATION_DATASET_NAME_TOO_LONG", "Dataset name must not exceed 230 characters.")
    if store.count(_DATASET.table, "NAME = ?", (name,)):
        raise _Inside("DATASET_ALREADY_EXIST", "Dataset with this name already exists.")
    return {"FIELDS": _checked([as_map(one) for one in to_list(row["FIELDS"])], [])}


def _checked(added: list[Row], kept: list[Row]) -> list[Row]:
    """A dataset's columns with new ones after them."""
    for one in added:
        if not all(one.get(name) for name in ("name", "externalCode", "type")):
            text = 'Field must include the required parameters: "name", "externalCode" and "type".'
            raise _Inside("VALIDATION_FIELD_MISSING_REQUIRED_PARAMETERS", text)
        if not re.fullmatch(r"[A-Z][A-Z0-9_]*", to_text(one["name"])):
            text = 'Field "name" has to start with an uppercase Latin character. '
            allowed = (
                "Possible entry includes uppercase Latin characters (A-Z), numbers (0-9) and underscores."
            )
            raise _Inside("VALIDATION_FIELD_NAME_INVALID_FORMAT", text + allowed)
        if len(to_text(one["name"])) > _LONGEST_FIELD:
            raise _Inside("VALIDATION_FIELD_NAME_TOO_LONG", 'Field "name" must not exceed 32 characters.')
        if one["type"] not in _FIELD_TYPES:
            raise _Inside("VALIDATION_FIELD_INVALID_TYPE", "Invalid field type.")
    for spelled, told in (("externalCode", "code"), ("name", "name")):
        names = [to_text(one[spelled]) for one in (*kept, *added)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            text = f'Duplicate values found in the "{told}" parameter: {", ".join(twice)}'
            raise _Inside(f"VALIDATION_DUPLICATE_FIELD_{told.upper()}", text)
    last = max((one["id"] for one in kept), default=0)
    new = [
        {
            "id": last + place,
            **{name: to_text(one[name]) for name in ("type", "name", "externalCode")},
            "visible": True,
        }
        for place, one in enumerate(added, 1)
    ]
    return [*kept, *new]


_SHAPED: Final[Mapping[str, Callable[[Store, Call, Row, Row | None], Row]]] = {
    "connector": _connector,
    "source": _source,
    "dataset": _dataset,
}


def _update_fields(store: Store, kind: _Kind, call: Call) -> Answer:
    """Columns that come, are shown or hidden, or go."""
    before = _kept(store, kind, call)
    added, changed = (
        [as_map(one) for one in to_list(call.params.get(name) or [])] for name in ("add", "update")
    )
    if not all(one.get(name) is not None for one in added for name in ("name", "externalCode", "type")):
        text = 'Field to be added must include the required parameters: "name", "externalCode" and "type".'
        raise _Inside("VALIDATION_FIELD_ADD_MISSING_REQUIRED_FIELDS", text)
    if not all(one.get(name) is not None for one in changed for name in ("id", "visible")):
        text = 'Field to be updated must include the required parameters: "id" and "visible".'
        raise _Inside("VALIDATION_FIELD_UPDATE_MISSING_REQUIRED_FIELDS", text)
    gone = [to_int(one) for one in to_list(call.params.get("delete") or [])]
    if any(one < 1 for one in gone):
        raise _Inside("VALIDATION_FIELD_DELETE_INVALID_ID", "ID to be deleted must be a positive integer.")
    shown = {to_int(one["id"]): one["visible"] is True or one["visible"] == "true" for one in changed}
    kept = [
        {**one, "visible": shown.get(one["id"], one["visible"])}
        for one in to_list(before["FIELDS"] or [])
        if one["id"] not in gone
    ]
    store.update(kind.table, before["ID"], {"FIELDS": _checked(added, kept), "DATE_UPDATE": store.now()})
    return Answer(result=True, cost=Cost("write", rows=1))
