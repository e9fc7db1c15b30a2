"""Rows of items as ``crm.item`` answers them: numbers are numbers, dates ISO, flags Y or N."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Final

from b24orm.emulator import multifields
from b24orm.emulator.crm_files import item_answer, with_owner
from b24orm.emulator.item_fields import ItemField
from b24orm.emulator.select import Selection, day, moment, rows_of
from b24orm.emulator.store import Store
from b24orm.emulator.tables import Table
from b24orm.emulator.values import to_int

__all__ = ["item_rows", "item_selection"]

_ZERO_WHEN_ABSENT: Final = frozenset({"crm_company", "crm_contact"})
_SHORTCUTS: Final = (
    ("emailHome", "EMAIL", "HOME"),
    ("emailWork", "EMAIL", "WORK"),
    ("emailMailing", "EMAIL", "MAILING"),
    ("phoneMobile", "PHONE", "MOBILE"),
    ("phoneWork", "PHONE", "WORK"),
    ("phoneMailing", "PHONE", "MAILING"),
    ("imol", "IM", "IMOL"),
    ("email", "EMAIL", ""),
    ("phone", "PHONE", ""),
)


def item_selection(table: Table, chosen: Iterable[ItemField]) -> Selection:
    """The columns of chosen fields; the id always comes first, under ``_id``."""
    names, expressions = ["_id"], [f'"{table.name}"."ID"']
    decoders: dict[str, Callable[[Any], Any]] = {}
    for item in chosen:
        if item.column is None:
            continue
        names.append(item.name)
        expression = _expression(item, f'"{table.name}"."{item.column.name}"')
        if item.column.kind == "json":
            decoders[item.name] = _decode
        if item.column.user and item.column.type == "file":
            expression = with_owner(table, expression)
            decoders[item.name] = partial(item_answer, table, item.column)
        expressions.append(expression)
    return Selection(tuple(names), tuple(expressions), decoders)


def item_rows(
    store: Store,
    table: Table,
    chosen: Sequence[ItemField],
    selection: Selection,
    fetched: Sequence[tuple[Any, ...]],
    *,
    whole: bool,
) -> list[dict[str, Any]]:
    """Fetched tuples as items. A row that a join repeated comes once.

    Args:
        store: the portal's data.
        table: the items' table.
        chosen: the fields asked for.
        selection: their columns.
        fetched: what the database gave.
        whole: add phones, addresses and the entity's number, as ``*`` does.
    """
    rows = {row.pop("_id"): row for row in rows_of(selection, fetched)}
    for item in chosen:
        if item.target:
            _add_bound(store, table, item, rows)
    if whole:
        _add_rest(store, table, rows)
    return list(rows.values())


def _number_expression(expression: str) -> str:
    """A sum as JSON writes it: without a fraction if it has none."""
    whole = f"CAST({expression} AS INTEGER)"
    return f"CASE WHEN {expression} = {whole} THEN {whole} ELSE {expression} END"


def _expression(item: ItemField, expression: str) -> str:
    column = item.column
    assert column is not None
    if column.user and column.type == "boolean":
        return f"CASE WHEN {expression} THEN 'Y' ELSE 'N' END"
    if column.kind == "double":
        return _number_expression(expression)
    if column.kind == "date":
        return day(expression)
    if column.kind == "datetime":
        return moment(expression)
    if column.kind == "char":
        return f"IFNULL({expression}, 'N')"
    if item.type in _ZERO_WHEN_ABSENT or item.name == "webformId":
        return f"IFNULL({expression}, 0)"
    return expression


def _decode(value: str | None) -> list[Any]:
    return json.loads(value) if value else []


def _add_bound(store: Store, table: Table, item: ItemField, rows: dict[int, dict[str, Any]]) -> None:
    for row in rows.values():
        row[item.name] = []
    marks = ", ".join("?" * len(rows))
    sql = (
        f"SELECT OWNER_ID, TARGET_ID FROM binding WHERE OWNER = ? AND TARGET = ? AND OWNER_ID IN ({marks}) "
        "ORDER BY IS_PRIMARY DESC, SORT, TARGET_ID"
    )
    for owner, bound in store.fetch(sql, (table.name, item.target, *rows)) if rows else ():
        rows[owner][item.name].append(bound)


def _add_rest(store: Store, table: Table, rows: dict[int, dict[str, Any]]) -> None:
    known = multifields.read(store, table.name, list(rows)) if table.multifields else {}
    for number, row in rows.items():
        if table.multifields:
            entries = [entry for values in known.get(number, {}).values() for entry in values]
            for name, type_id, value_type in _SHORTCUTS:
                row[name] = _first(entries, type_id, value_type)
            row["fm"] = [
                {
                    "id": to_int(entry["ID"]),
                    "valueType": entry["VALUE_TYPE"],
                    "value": entry["VALUE"],
                    "typeId": entry["TYPE_ID"],
                }
                for entry in sorted(entries, key=lambda entry: to_int(entry["ID"]))
            ]
        row["entityTypeId"] = table.owner_type_id


def _first(entries: Sequence[dict[str, Any]], type_id: str, value_type: str) -> str:
    fitting = (e["VALUE"] for e in entries if e["TYPE_ID"] == type_id and value_type in {"", e["VALUE_TYPE"]})
    return next(fitting, "")
