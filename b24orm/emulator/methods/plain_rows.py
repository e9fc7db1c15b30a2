"""Rows of classic CRM entities without phones and stages: a page of them, and one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal
from b24orm.emulator.classic_query import Join, ListQuery, order_sql, shape_of
from b24orm.emulator.conditions import Where
from b24orm.emulator.methods.params import fields_param, find, id_param
from b24orm.emulator.paging import PAGE, Window, classic
from b24orm.emulator.select import rows_of
from b24orm.emulator.store import Store
from b24orm.emulator.tables import Table
from b24orm.emulator.writes import read_fields
from b24orm.facts import load

__all__ = ["Check", "Rows", "accept", "add", "delete", "get", "page", "table_of", "update"]

Check = Callable[[Store, Mapping[str, Any]], None]
"""Refuses the fields of a new row that lack something."""


def accept(store: Store, fields: Mapping[str, Any]) -> None:
    """Refuses nothing."""
    del store, fields


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one kind.

    Attributes:
        table: where they are.
        check: looks at the fields of a new one.
        entity: the entity that the methods speak of, where the table is another one's.
        spelled: columns of that table by the names of the entity's fields, where they differ.
        absent: the text for a row that is not there; ``{}`` is its number.
        unchanged: the same for an update and a delete, where it differs.
    """

    table: str
    check: Check = accept
    entity: str = ""
    spelled: Mapping[str, str] = field(default_factory=dict[str, str])
    absent: str = "Not found"
    unchanged: str = ""


def table_of(store: Store, rows: Rows) -> Table:
    """The table as the methods see it: its columns by the names of the entity's fields."""
    base = store.table(rows.table)
    if not rows.entity:
        return base
    schema = load(rows.entity)
    columns = {
        known.wire: replace(base.columns[rows.spelled.get(known.wire, known.wire)], hidden=False)
        for known in schema.fields.values()
    }
    return replace(base, schema=schema, columns=columns)


_LISTS: Final = ("BINDINGS", "COMMUNICATIONS", "SETTINGS", "PROVIDER_PARAMS", "FILES")


def page(
    store: Store,
    call: Call,
    table: Table,
    where: Where,
    order: Mapping[str, Any],
    joins: tuple[Join, ...] = (),
    *,
    counting: bool = False,
    always: tuple[str, ...] = ("ID",),
) -> Answer:
    """A page of the rows that a condition finds.

    Args:
        store: the portal's data.
        call: gives ``select`` and ``start``.
        table: the entity's table.
        where: the condition.
        order: the order.
        joins: what the condition needs.
        counting: rows are counted in any case; a negative start means the first page.
        always: names that come along with whatever else is selected.
    """
    shape = shape_of(table, find(call, "select"), joins={}, identity=False, always=always)
    sql, _ = order_sql(table, order, (), {})
    query = ListQuery(table, shape, where, sql, joins)
    window = _window(store, call, query, counting=counting)
    rows = rows_of(shape.selection, store.fetch(query.page_sql(window.limit, window.offset), where.params))
    cost = Cost("page", window.counted, window.offset, len(rows))
    return Answer(rows, window.total, window.next_start(len(rows)), cost)


def _window(store: Store, call: Call, query: ListQuery, *, counting: bool) -> Window:
    start = max(call.start or 0, 0) if counting else call.start
    window = classic(start, lambda: store.count_sql(query.count_source(), query.where.params))
    assert window.limit == PAGE
    return window


def get(store: Store, rows: Rows, call: Call) -> Answer:
    """One row, whole.

    Raises:
        Refusal: there is none.
    """
    number = id_param(call)
    table = table_of(store, rows)
    shape = shape_of(table, ["*", "UF_*"], joins={}, identity=False)
    query = ListQuery(table, shape, Where(f'"{table.name}"."ID" = ?', (number,)), '"ID"')
    found = rows_of(shape.selection, store.fetch(query.page_sql(1, 0), query.where.params))
    if not found:
        raise Refusal("", rows.absent.format(number))
    stored = store.get(table.name, number) or {}
    lists = {name: stored[name] for name in _LISTS if stored.get(name) is not None}
    return Answer(found[0] | lists, cost=Cost("get", rows=1))


def add(store: Store, rows: Rows, call: Call) -> Answer:
    """A new row; answers its number.

    Raises:
        Refusal: the fields lack something.
    """
    fields = fields_param(call)
    rows.check(store, fields)
    row = _columns(store, rows, fields, call, update=False)
    if rows.table == "activity" and not row.get("BINDINGS"):
        row["BINDINGS"] = [{"OWNER_ID": row.get("OWNER_ID"), "OWNER_TYPE_ID": row.get("OWNER_TYPE_ID")}]
    return Answer(store.insert(rows.table, row), cost=Cost("write", rows=1))


def update(store: Store, rows: Rows, call: Call) -> Answer:
    """Changes a row; answers true.

    Raises:
        Refusal: there is none.
    """
    number = _present(store, rows, call)
    store.update(rows.table, number, _columns(store, rows, fields_param(call), call, update=True))
    return Answer(result=True, cost=Cost("write", rows=1))


def delete(store: Store, rows: Rows, call: Call) -> Answer:
    """Removes a row; answers true.

    Raises:
        Refusal: there is none.
    """
    store.delete(rows.table, _present(store, rows, call))
    return Answer(result=True, cost=Cost("write", rows=1))


def _present(store: Store, rows: Rows, call: Call) -> int:
    number = id_param(call)
    if not store.exists(rows.table, number):
        raise Refusal("", (rows.unchanged or rows.absent).format(number))
    return number


def _columns(
    store: Store, rows: Rows, fields: Mapping[str, Any], call: Call, *, update: bool
) -> dict[str, Any]:
    table = table_of(store, rows)
    read = read_fields(table, fields, update=update, now=store.clock()).columns
    row = {rows.spelled.get(name, name): value for name, value in read.items()}
    makers = () if update else ("CREATED_BY_ID", "AUTHOR_ID", "CREATED_BY")
    people = ("MODIFY_BY_ID", "EDITOR_ID", "MODIFIED_BY", *makers)
    return {**{name: call.user_id for name in people if name in table.columns}, **row}
