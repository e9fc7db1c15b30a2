"""Rows of classic CRM entities without phones and stages: a page of them, and one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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

__all__ = ["Check", "add", "delete", "get", "page", "update"]

Check = Callable[[Store, Mapping[str, Any]], None]
"""Refuses the fields of a new row that lack something."""

_LISTS: Final = ("BINDINGS", "COMMUNICATIONS", "SETTINGS", "PROVIDER_PARAMS", "FILES")
_MISSING: Final[Mapping[str, str]] = {
    "requisite": "The Requisite with ID '{}' is not found",
    "bank_detail": "The RequisiteBankDetail with ID '{}' is not found",
    "requisite_preset": "The Preset with ID '{}' is not found",
    "activity": "Activity is not found.",
}


def page(
    store: Store,
    call: Call,
    table: Table,
    where: Where,
    order: Mapping[str, Any],
    joins: tuple[Join, ...] = (),
    *,
    counting: bool = False,
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
    """
    shape = shape_of(table, find(call, "select"), joins={}, identity=False)
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


def get(store: Store, entity: str, call: Call) -> Answer:
    """One row, whole.

    Raises:
        Refusal: there is none.
    """
    number = id_param(call)
    table = store.table(entity)
    shape = shape_of(table, ["*", "UF_*"], joins={}, identity=False)
    query = ListQuery(table, shape, Where(f'"{entity}"."ID" = ?', (number,)), '"ID"')
    rows = rows_of(shape.selection, store.fetch(query.page_sql(1, 0), query.where.params))
    if not rows:
        raise _missing(entity, number)
    row = rows[0]
    stored = store.get(entity, number) or {}
    lists = {name: stored[name] for name in _LISTS if stored.get(name) is not None}
    return Answer(row | lists, cost=Cost("get", rows=1))


def _existing(store: Store, entity: str, call: Call) -> int:
    """The id of the row that a call names."""
    number = id_param(call)
    if not store.exists(entity, number):
        raise _missing(entity, number)
    return number


def _missing(entity: str, number: int) -> Refusal:
    return Refusal("", _MISSING.get(entity, "Not found").format(number))


def add(store: Store, entity: str, check: Check, call: Call) -> Answer:
    """A new row; answers its number.

    Raises:
        Refusal: the fields lack something.
    """
    fields = fields_param(call)
    check(store, fields)
    row = _columns(store, entity, fields, call, update=False)
    if entity == "activity" and not row.get("BINDINGS"):
        row["BINDINGS"] = [{"OWNER_ID": row.get("OWNER_ID"), "OWNER_TYPE_ID": row.get("OWNER_TYPE_ID")}]
    return Answer(store.insert(entity, row), cost=Cost("write", rows=1))


def update(store: Store, entity: str, call: Call) -> Answer:
    """Changes a row; answers true.

    Raises:
        Refusal: there is none.
    """
    number = _existing(store, entity, call)
    store.update(entity, number, _columns(store, entity, fields_param(call), call, update=True))
    return Answer(result=True, cost=Cost("write", rows=1))


def delete(store: Store, entity: str, call: Call) -> Answer:
    """Removes a row; answers true.

    Raises:
        Refusal: there is none.
    """
    store.delete(entity, _existing(store, entity, call))
    return Answer(result=True, cost=Cost("write", rows=1))


def _columns(
    store: Store, entity: str, fields: Mapping[str, Any], call: Call, *, update: bool
) -> dict[str, Any]:
    table = store.table(entity)
    row = read_fields(table, fields, update=update, now=store.clock()).columns
    makers = () if update else ("CREATED_BY_ID", "AUTHOR_ID", "CREATED_BY")
    people = ("MODIFY_BY_ID", "EDITOR_ID", "MODIFIED_BY", *makers)
    return {**{name: call.user_id for name in people if name in table.columns}, **row}
