"""The query behind a classic CRM list: select, joins, order, page.

The columns a request asks for are worked out once and kept, filters are compiled anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from b24orm.emulator.conditions import Where
from b24orm.emulator.crm_files import classic_answer, with_owner
from b24orm.emulator.select import Selection, classic_expression, decode_list
from b24orm.emulator.tables import Column, Table
from b24orm.emulator.values import is_array, to_list, to_text

__all__ = ["Join", "ListQuery", "Shape", "Sorting", "order_sql", "shape_of"]

UNORDERED: Final = '"ID" % 7, "ID"'
"""The order of rows nobody ordered: always the same, and not by id."""


@dataclass(frozen=True, slots=True)
class Join:
    """A field that lives in another table; the join may repeat rows.

    Attributes:
        name: the field (``PARENT_ID_128``).
        sql: the join.
        expression: the field's value in the joined table.
    """

    name: str
    sql: str
    expression: str


@dataclass(frozen=True, slots=True)
class Sorting:
    """A field whose order is that of a directory: by the entry's SORT, not by its code.

    Attributes:
        field: as the request spells it (``STAGE_ID``).
        expression: what the database sorts by.
    """

    field: str
    expression: str


@dataclass(frozen=True, slots=True)
class Shape:
    """What a ``select`` comes to.

    Attributes:
        selection: the columns.
        joins: the joins they need.
        multifields: the types of phones and addresses asked for.
        keyed: rows are collected by id, so that repeated ones collapse.
    """

    selection: Selection
    joins: tuple[Join, ...] = ()
    multifields: tuple[str, ...] = ()
    keyed: bool = False


@dataclass(frozen=True, slots=True)
class ListQuery:
    """A list request in terms of the database."""

    table: Table
    shape: Shape
    where: Where
    order: str
    joins: tuple[Join, ...] = ()
    """Joins of the filter; the COUNT knows these only."""

    def count_source(self) -> str:
        """The part of the COUNT after FROM."""
        return self._from(self.joins)

    def page_sql(self, limit: int, offset: int) -> str:
        """The SELECT of one page."""
        joins = (*self.joins, *(join for join in self.shape.joins if join not in self.joins))
        tail = f" LIMIT {limit}" + (f" OFFSET {offset}" if offset else "")
        return f"SELECT {self.shape.selection.sql} FROM {self._from(joins)} ORDER BY {self.order}{tail}"

    def _from(self, joins: Sequence[Join]) -> str:
        joined = "".join(f" {join.sql}" for join in joins)
        condition = f" WHERE {self.where.sql}" if self.where else ""
        return f'"{self.table.name}"{joined}{condition}'


def shape_of(
    table: Table,
    select: Any,
    *,
    joins: Mapping[str, Join],
    multifields: Sequence[str] = (),
    flexible: frozenset[str] = frozenset(),
    identity: bool = True,
    always: tuple[str, ...] = ("ID",),
) -> Shape:
    """What a ``select`` parameter comes to.

    A list names columns in any case; user fields and multi-fields in upper case only. Unknown names
    are ignored, ``*`` stands for everything but user fields and multi-fields, ``UF_*`` for all user
    fields, and some names, mostly ID, are added to whatever else is asked for. Something that is no list
    selects like an empty list: everything.

    Args:
        table: the entity's table.
        select: as sent.
        joins: fields kept in other tables.
        multifields: types the entity has.
        flexible: fields that make the rows be collected by id, like ``*`` does.
        identity: whether the entity's rows are ever collected by id.
        always: the names that are added.
    """
    names = [to_text(name) for name in to_list(select)] if is_array(select) else []
    wanted_multifields = tuple(name for name in multifields if name in names)
    everything = not names or "*" in names
    keyed = identity and (everything or bool(wanted_multifields) or bool(flexible.intersection(names)))
    if names and not everything:
        names += [name for name in always if name not in names]
    chosen = _chosen(table, names or ["*"], joins)
    user = _user_names(table, names)
    selection = Selection(
        (*chosen, *user),
        (
            *(_expression(table, name, joins) for name in chosen),
            *(_expression(table, name, joins) for name in user),
        ),
        {
            **{name: decode_list for name in user if table.columns[name].multiple},
            **{
                name: partial(classic_answer, table, column)
                for name in (*chosen, *user)
                if (column := table.columns.get(name)) is not None and column.type == "file"
            },
        },
    )
    return Shape(selection, tuple(joins[name] for name in chosen if name in joins), wanted_multifields, keyed)


def order_sql(
    table: Table,
    order: Mapping[str, Any] | Sequence[Any],
    sortings: Sequence[Sorting],
    joins: Mapping[str, Join],
) -> tuple[str, tuple[Join, ...]]:
    """The ORDER BY of an ``order`` parameter, with the joins it needs.

    Names in any case; any direction but ASC is DESC; unknown names are ignored. Fields of a directory
    go to the end of the order. With nothing left there is no order at all.
    """
    items = (
        dict(order) if isinstance(order, Mapping) else {str(index): name for index, name in enumerate(order)}
    )
    for sorting in sortings:
        if sorting.field in items:
            items[sorting.expression] = items.pop(sorting.field)
    directory = {sorting.expression for sorting in sortings}
    parts: dict[str, str] = {}
    needed: list[Join] = []
    for name, direction in items.items():
        word = "ASC" if to_text(direction).upper() == "ASC" else "DESC"
        upper = name.upper()
        if name in directory:
            parts.setdefault(name, word)
        elif upper in joins:
            parts.setdefault(joins[upper].expression, word)
            needed.append(joins[upper])
        elif upper in table.columns and _sortable(table.columns[upper], name):
            parts.setdefault(f'"{table.name}"."{table.columns[upper].name}"', word)
    sql = ", ".join(f"{expression} {word}" for expression, word in parts.items())
    if f'"{table.name}"."ID"' in parts:
        return sql, tuple(needed)
    tie = ", ".join(f'"{table.name}".{part}' for part in UNORDERED.split(", "))
    return (f"{sql}, {tie}" if sql else tie), tuple(needed)


def _sortable(column: Column, name: str) -> bool:
    return column.kind != "json" and not column.hidden and (not column.user or name == column.name)


def _chosen(table: Table, names: Sequence[str], joins: Mapping[str, Join]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for name in names:
        upper = name.upper()
        if name == "*":
            found.update(dict.fromkeys((*table.classic_names, *joins)))
        elif upper in joins or _plain(table, upper):
            found[upper] = None
    return tuple(found)


def _plain(table: Table, name: str) -> bool:
    column = table.columns.get(name)
    return column is not None and not (column.user or column.hidden or column.kind == "json")


def _user_names(table: Table, names: Sequence[str]) -> tuple[str, ...]:
    if "UF_*" in names:
        return tuple(column.name for column in table.user_columns)
    return tuple(dict.fromkeys(name for name in names if name in table.columns and table.columns[name].user))


def _expression(table: Table, name: str, joins: Mapping[str, Join]) -> str:
    if name in joins:
        return f"CAST({joins[name].expression} AS TEXT)"
    column = table.columns[name]
    expression = classic_expression(column, f'"{table.name}"."{column.name}"')
    return with_owner(table, expression) if column.type == "file" else expression
