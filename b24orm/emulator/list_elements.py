"""Elements of universal lists: the fields of a list, filters, pages with properties, and what writes set."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from b24orm.emulator.answers import Refusal
from b24orm.emulator.conditions import EVERYTHING, Where, every
from b24orm.emulator.iblock_filter import compile_condition, parse_key
from b24orm.emulator.pages import read, shape_of
from b24orm.emulator.paging import Window
from b24orm.emulator.store import Store
from b24orm.emulator.tables import Kind, words
from b24orm.emulator.values import is_array, read_datetime, to_list, to_text

__all__ = [
    "SYSTEM_FIELDS",
    "Fields",
    "elements",
    "fields_of",
    "order_of",
    "read_filter",
    "selected",
    "write_fields",
]

Fields = Mapping[str, Mapping[str, Any]]
"""The fields of a list by their names: ``NAME``, ``PROPERTY_7``."""

SYSTEM_FIELDS: Final[Mapping[str, Kind]] = {
    "NAME": "string",
    "SORT": "int",
    "ACTIVE_FROM": "datetime",
    "ACTIVE_TO": "datetime",
    "DATE_CREATE": "datetime",
    "TIMESTAMP_X": "datetime",
    "CREATED_BY": "int",
    "MODIFIED_BY": "int",
    "PREVIEW_TEXT": "string",
    "DETAIL_TEXT": "string",
}
"""Fields that a list can have and that are no properties."""

_ALWAYS: Final = ("ID", "IBLOCK_ID", "NAME", "IBLOCK_SECTION_ID", "CREATED_BY", "BP_PUBLISHED", "CODE")
_FILTERED: Final[Mapping[str, tuple[str, Kind]]] = {
    **{name: (name, kind) for name, kind in SYSTEM_FIELDS.items()},
    "ID": ("ID", "int"),
    "SECTION_ID": ("IBLOCK_SECTION_ID", "int"),
    "DATE_ACTIVE_FROM": ("ACTIVE_FROM", "datetime"),
    "DATE_ACTIVE_TO": ("ACTIVE_TO", "datetime"),
    "CREATED_USER_ID": ("CREATED_BY", "int"),
    "MODIFIED_USER_ID": ("MODIFIED_BY", "int"),
}
_NO_COLUMN: Final[tuple[str, Kind]] = ("", "string")
_IGNORED: Final = frozenset(words("ACTIVE TAGS XML_ID EXTERNAL_ID CHECK_PERMISSIONS SEARCHABLE_CONTENT"))
_OPERATORS: Final = frozenset({"", "!%", ">=", "><", "!><", ">", "<=", "<", "%", "=", "*", "!"})
_DIRECTIONS: Final = ("nulls,asc", "asc,nulls", "nulls,desc", "desc,nulls", "asc", "desc")
_UNSORTED: Final = frozenset({"S:Money", "PREVIEW_TEXT", "DETAIL_TEXT", "S:ECrm"})
_KINDS: Final[Mapping[str, Kind]] = {"N": "double", "L": "int", "S:Date": "date", "S:DateTime": "datetime"}
_ISO: Final = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:?\d\d)?)?")


def fields_of(store: Store, iblock: int) -> Fields:
    """The fields of a list, in their order."""
    rows = store.rows("list_property", where="IBLOCK_ID = ?", params=(iblock,), order='"SORT", "ID"')
    return {row["TYPE"] if row["TYPE"] in SYSTEM_FIELDS else f"PROPERTY_{row['ID']}": row for row in rows}


def selected(fields: Fields, select: Any) -> tuple[list[str], list[str]]:
    """The columns and the properties of a page; a SELECT can only leave some out."""
    system = [name for name in fields if name in SYSTEM_FIELDS]
    names = list(dict.fromkeys((*_ALWAYS, *system)))
    if "CREATED_BY" in fields:
        names.append("CREATED_USER_NAME")
    properties = [name for name in fields if name not in SYSTEM_FIELDS]
    if not is_array(select):
        return names, properties
    wanted = {to_text(name) for name in to_list(select)}
    kept = [name for name in names if name in wanted]
    return kept or ["ID"], [name for name in properties if name in wanted]


def order_of(fields: Fields, sent: Mapping[str, Any]) -> str:
    """The ORDER BY; what can't be sorted by is left out, and without anything rows come by id."""
    allowed = {"ID"} | {
        name
        for name, field in fields.items()
        if field["MULTIPLE"] != "Y" and field["TYPE"] not in _UNSORTED and name not in _UNSORTED
    }
    parts = [
        f"{_sort_expression(fields, name)} {'DESC' if 'desc' in to_text(word).lower() else 'ASC'}"
        for name, word in sent.items()
        if name in allowed and to_text(word).lower() in _DIRECTIONS
    ]
    if not parts:
        return '"ID" ASC'
    return ", ".join(parts if any('"ID" ' in part for part in parts) else [*parts, '"ID" % 7', '"ID"'])


def _sort_expression(fields: Fields, name: str) -> str:
    if name not in fields or name in SYSTEM_FIELDS:
        return f'"{name}"'
    field = fields[name]
    value = "CAST(VALUE AS REAL)" if field["TYPE"] == "N" else "VALUE"
    return (
        f"(SELECT {value} FROM list_value WHERE ELEMENT_ID = list_element.ID AND PROPERTY_ID = {field['ID']})"
    )


# ---- filter


def read_filter(fields: Fields, params: Mapping[str, Any], iblock: int, now: float) -> Where:
    """The condition of a request.

    Raises:
        Refusal: a name or an operator that the list doesn't allow.
    """
    parts = [Where("IBLOCK_ID = ?", (iblock,))]
    if params.get("ELEMENT_ID") not in (None, ""):
        parts.append(compile_condition("E", params["ELEMENT_ID"], "int", '"ID"'))
    if params.get("ELEMENT_CODE") not in (None, ""):
        parts.append(compile_condition("I", params["ELEMENT_CODE"], "string", '"CODE"'))
    sent = params.get("FILTER")
    if isinstance(sent, (Mapping, list)):
        given = dict(sent) if isinstance(sent, Mapping) else dict(enumerate(sent))
        parts += [_condition(fields, str(key), value, now) for key, value in given.items()]
    return every(parts)


def _condition(fields: Fields, key: str, value: Any, now: float) -> Where:
    prefix = key[: len(key) - len(key.lstrip("!<>=%*?@"))]
    name = key[len(prefix) :]
    if prefix not in _OPERATORS:
        raise Refusal("ERROR_ARGUMENT", f"Filter operation not allowed: {prefix}")
    field = _property(fields, name)
    if field is None and name not in _FILTERED:
        if name in _IGNORED:
            return EVERYTHING
        raise Refusal("ERROR_ARGUMENT", f"Filter field not allowed: {name}")
    column, kind = _FILTERED.get(name, _NO_COLUMN) if field is None else ("", _kind(field))
    if kind in {"date", "datetime"} and (field is not None or name in fields):
        value = _in_portal_form(value, now)
    operation, _ = parse_key(prefix + "X")
    value = False if value == "" else value
    if field is None:
        return compile_condition(operation, value, kind, f'"{column}"')
    return _property_condition(field, operation, value, kind)


def _kind(field: Mapping[str, Any]) -> Kind:
    return _KINDS.get(field["TYPE"], "string")


def _property(fields: Fields, name: str) -> Mapping[str, Any] | None:
    """The property of a name: by its number, or by its code."""
    if not name.startswith("PROPERTY_"):
        return None
    coded = (field for field in fields.values() if field["CODE"] and name == f"PROPERTY_{field['CODE']}")
    return fields.get(name) or next(coded, None)


def _property_condition(field: Mapping[str, Any], operation: str, value: Any, kind: Kind) -> Where:
    """One of the values fits; or, for what is negated or absent, the first."""
    column = "CAST(value.VALUE AS REAL)" if kind in {"double", "int"} else _STORED.get(kind, "value.VALUE")
    own = f"value.ELEMENT_ID = list_element.ID AND value.PROPERTY_ID = {field['ID']}"
    source = f"FROM list_value value WHERE {own}"
    if operation.startswith("N") or value is False:
        return compile_condition(operation, value, kind, f"(SELECT {column} {source} LIMIT 1)")
    found = compile_condition(operation, value, kind, column)
    return Where(f"EXISTS (SELECT 1 {source} AND ({found.sql}))", found.params) if found else EVERYTHING


_STORED: Final[Mapping[str, str]] = dict.fromkeys(
    ("date", "datetime"),
    "substr(value.VALUE, 7, 4) || '-' || substr(value.VALUE, 4, 2) || '-' || substr(value.VALUE, 1, 2) "
    "|| 'T' || IFNULL(NULLIF(substr(value.VALUE, 12, 8), ''), '00:00:00')",
)
"""A time in the portal's own form as the other tables keep it."""


def _in_portal_form(value: Any, now: float) -> Any:
    if is_array(value):
        return [_in_portal_form(item, now) for item in to_list(value)]
    if not isinstance(value, str) or not _ISO.fullmatch(value):
        return value
    stored = read_datetime(value, now) or ""
    day, _, time = stored.partition("T")
    return ".".join(reversed(day.split("-"))) + f" {time}"


# ---- pages


def elements(
    store: Store, names: Sequence[str], properties: Sequence[str], where: Where, order: str, window: Window
) -> list[dict[str, Any]]:
    """A page of rows with their properties; a property without a value is left out."""
    shape = shape_of(store.table("list_element"), "portal").only({"ID", *names})
    rows = read(store, shape, where, order, window)
    if "CREATED_USER_NAME" in names:
        for row in rows:
            row["CREATED_USER_NAME"] = _user_name(store, row)
    values = _values(store, [int(row["ID"]) for row in rows], properties)
    return [row | values.get(int(row["ID"]), {}) for row in rows]


def _user_name(store: Store, row: Mapping[str, Any]) -> str:
    author = store.rows("list_element", ["CREATED_BY"], where="ID = ?", params=(int(row["ID"]),))[0]
    user = store.get("user", author["CREATED_BY"] or 0) or {}
    return f"({user.get('EMAIL') or ''}) {user.get('NAME') or ''} {user.get('LAST_NAME') or ''}"


def _values(
    store: Store, ids: Sequence[int], properties: Sequence[str]
) -> dict[int, dict[str, dict[str, str]]]:
    wanted = {int(name.removeprefix("PROPERTY_")) for name in properties}
    if not ids or not wanted:
        return {}
    where = f"ELEMENT_ID IN ({', '.join('?' * len(ids))})"
    sql = f"SELECT ID, ELEMENT_ID, PROPERTY_ID, VALUE FROM list_value WHERE {where} ORDER BY ID"
    found: dict[int, dict[str, dict[str, str]]] = {}
    for number, element, property_id, value in store.fetch(sql, list(ids)):
        if property_id in wanted:
            found.setdefault(element, {}).setdefault(f"PROPERTY_{property_id}", {})[str(number)] = value
    return found


# ---- writes


def write_fields(store: Store, iblock: int, number: int, sent: Mapping[str, Any], user_id: int) -> None:
    """Set every field of the list: what was not sent is cleared.

    Raises:
        Refusal: a required field is empty, or a number is none.
    """
    fields = fields_of(store, iblock)
    _check(fields, sent)
    row: dict[str, Any] = {"MODIFIED_BY": user_id, "TIMESTAMP_X": store.now()}
    for name in fields:
        if name in SYSTEM_FIELDS and name not in {"TIMESTAMP_X", "DATE_CREATE", "CREATED_BY", "MODIFIED_BY"}:
            row[name] = _system_value(name, sent.get(name), store.clock())
    section = to_text(sent.get("IBLOCK_SECTION_ID"))
    row["IBLOCK_SECTION_ID"] = int(section) if section.isdigit() else None
    store.update("list_element", number, row)
    store.execute("DELETE FROM list_value WHERE ELEMENT_ID = ?", (number,))
    for name, field in fields.items():
        if name not in SYSTEM_FIELDS:
            for value in _property_values(field, sent.get(name), store.clock()):
                store.insert("list_value", {"ELEMENT_ID": number, "PROPERTY_ID": field["ID"], "VALUE": value})


def _check(fields: Fields, sent: Mapping[str, Any]) -> None:
    for name, field in fields.items():
        value = sent.get(name)
        if field["IS_REQUIRED"] == "Y" and value in (None, "", [], {}):
            raise Refusal("ERROR_ELEMENT_FIELD_VALUE", f'The field "{field["NAME"]}" is required')
        if field["TYPE"] == "N" and not all(map(_is_number, to_list(value))):
            raise Refusal("ERROR_ELEMENT_FIELD_VALUE", f'Value of the "{field["NAME"]}" field is not correct')


def _is_number(value: Any) -> bool:
    try:
        float(to_text(value).replace(",", ".").replace(" ", "") or 0)
    except ValueError:
        return False
    return True


def _system_value(name: str, value: Any, now: float) -> Any:
    if is_array(value):
        value = next(iter(to_list(value)), None)
    if value in (None, ""):
        return None
    if SYSTEM_FIELDS[name] == "datetime":
        return read_datetime(value, now)
    return int(value) if SYSTEM_FIELDS[name] == "int" and to_text(value).isdigit() else to_text(value)


def _property_values(field: Mapping[str, Any], value: Any, now: float) -> list[str]:
    flat: list[Any] = []
    for item in to_list(value):
        flat += to_list(item) if is_array(item) else [item]
    texts = [to_text(item) for item in flat if to_text(item) != ""]
    if field["TYPE"] in {"S:Date", "S:DateTime"}:
        texts = [_in_portal_form(text, now) for text in texts]
        texts = [text[:10] for text in texts] if field["TYPE"] == "S:Date" else texts
    return texts if field["MULTIPLE"] == "Y" else texts[:1]
