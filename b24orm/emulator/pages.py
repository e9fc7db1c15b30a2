"""A page of rows as the methods beside the CRM answer it: which columns, in which spelling, in which form."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from b24orm.emulator.answers import Answer, Cost
from b24orm.emulator.conditions import Where
from b24orm.emulator.paging import Window
from b24orm.emulator.select import Selection, as_text, day, moment, rows_of
from b24orm.emulator.store import Store
from b24orm.emulator.tables import Column, Table, upper_snake
from b24orm.emulator.values import to_text

__all__ = [
    "UNORDERED",
    "Form",
    "Shape",
    "answered",
    "cost_of",
    "count",
    "order_sql",
    "read",
    "read_one",
    "shape_of",
]

UNORDERED: Final = '"ID" % 7, "ID"'
"""The order of rows nobody ordered: always the same, and not by id."""

Form = Literal["texts", "values", "portal"]
"""How values look: everything a text with ISO times; JSON's own types; texts with the portal's times."""


@dataclass(frozen=True)
class Shape:
    """The columns of an answer.

    Attributes:
        table: where they are.
        columns: by the name that the answer gives them.
        form: how the values look.
    """

    table: Table
    columns: Mapping[str, Column]
    form: Form = "texts"

    def only(self, names: Iterable[str]) -> Shape:
        """The shape with these names alone, in its own order."""
        wanted = set(names)
        return replace(self, columns={name: col for name, col in self.columns.items() if name in wanted})


def shape_of(table: Table, form: Form = "texts", *, hidden: Iterable[str] = ()) -> Shape:
    """Every column, as the facts about the entity spell it in answers."""
    spelled = _spelled(table)
    left_out = set(hidden)
    columns = {
        spelled.get(column.name, _property(table, column.name)): column
        for column in table.columns.values()
        if not column.hidden and column.name not in left_out
    }
    return Shape(table, columns, form)


def _property(table: Table, name: str) -> str:
    """A column of no declared field: a property of a product is spelled like its fields."""
    camel = table.schema is not None and table.schema.user_field_prefix == "property"
    return name.replace("PROPERTY_", "property") if camel else name


def _spelled(table: Table) -> Mapping[str, str]:
    fields = table.schema.fields.values() if table.schema else ()
    return {upper_snake(field.wire): field.wire for field in fields}


def count(store: Store, table: Table, where: Where) -> Callable[[], int]:
    """Runs the COUNT of a list when called."""
    source = f'"{table.name}"' + (f" WHERE {where.sql}" if where else "")
    return lambda: store.count_sql(source, where.params)


def read(store: Store, shape: Shape, where: Where, order: str, window: Window) -> list[dict[str, Any]]:
    """The rows of a page."""
    tail = f"LIMIT {window.limit} OFFSET {window.offset}"
    return _fetch(store, shape, where, f"ORDER BY {order or UNORDERED} {tail}")


def read_one(store: Store, shape: Shape, number: Any) -> dict[str, Any] | None:
    """The row of an id, None if there is none."""
    found = _fetch(store, shape, Where(f'"{shape.table.key}" = ?', (number,)), "")
    return found[0] if found else None


def cost_of(window: Window, rows: int) -> Cost:
    """What a page made the server do."""
    return Cost("page", window.counted, window.offset, rows)


def answered(rows: Any, window: Window, found: int) -> Answer:
    """A page in its envelope."""
    return Answer(rows, window.total, window.next_start(found), cost_of(window, found))


def order_sql(order: Mapping[str, Any], names: Mapping[str, Column]) -> str:
    """The ORDER BY of a map; names nobody knows are left out, and any direction but DESC is ASC."""
    parts = [
        f'"{names[name].name}" {"DESC" if to_text(word).strip().upper() == "DESC" else "ASC"}'
        for name, word in order.items()
        if name in names
    ]
    return ", ".join(parts if not parts or any('"ID" ' in part for part in parts) else [*parts, UNORDERED])


def _fetch(store: Store, shape: Shape, where: Where, tail: str) -> list[dict[str, Any]]:
    columns = shape.columns
    selection = Selection(
        tuple(columns),
        tuple(_expression(column, shape.form) for column in columns.values()),
        {name: _decoded for name, column in columns.items() if column.kind == "json"},
    )
    condition = f" WHERE {where.sql}" if where else ""
    sql = f'SELECT {selection.sql or "NULL"} FROM "{shape.table.name}"{condition} {tail}'
    return rows_of(selection, store.fetch(sql, where.params))


def _expression(column: Column, form: Form) -> str:
    name = f'"{column.name}"'
    if column.kind in {"date", "datetime"}:
        return _time(column, name, form)
    if form == "values" or column.kind in {"string", "char", "json"}:
        return name
    return as_text(name) if column.kind == "int" else f"printf('%.15g', {name})"


def _time(column: Column, name: str, form: Form) -> str:
    whole = column.kind == "datetime"
    if form == "portal":
        pattern = "%d.%m.%Y %H:%M:%S" if whole else "%d.%m.%Y"
        return f"strftime('{pattern}', {name})"
    return moment(name) if whole else day(name)


def _decoded(value: str | None) -> Any:
    return json.loads(value) if value else []
