"""``crm.item.*``: one set of methods over leads, deals, contacts, companies, quotes, invoices and
smart processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.conditions import Where
from b24orm.emulator.fields import item_fields_answer
from b24orm.emulator.item_fields import ItemField, fields_of
from b24orm.emulator.item_query import compile_filter, order_sql, selected
from b24orm.emulator.item_rows import item_rows, item_selection
from b24orm.emulator.item_writes import add, update
from b24orm.emulator.methods.controller import array_argument, int_argument, not_found, optional_array
from b24orm.emulator.owner_types import owner_table
from b24orm.emulator.paging import controller
from b24orm.emulator.select import Selection
from b24orm.emulator.store import Store
from b24orm.emulator.tables import DYNAMIC_PREFIX, Table
from b24orm.emulator.values import to_list

__all__ = ["TABLES", "methods", "table_of"]

TABLES: Final[Mapping[int, str]] = {number: owner_table(number) for number in (1, 2, 3, 4, 7, 31)}
"""Tables of the entity types that every portal has."""

_MAX_IMPORT: Final = 20


def methods(store: Store) -> Registry:
    """The methods of items; scope ``crm``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "list": _list,
        "get": _get,
        "add": _add,
        "update": _update,
        "delete": _delete,
        "fields": _fields,
        "import": _import,
        "batchimport": _batch_import,
    }
    return registered(store, "crm", handlers, family="crm.item.")


def table_of(store: Store, entity_type_id: int) -> Table:
    """The table of an entity type.

    Raises:
        Refusal: there is no such type.
    """
    name = TABLES.get(entity_type_id, f"{DYNAMIC_PREFIX}{entity_type_id}")
    if name not in store.tables:
        raise not_found("SPA not found")
    return store.table(name)


def _table(store: Store, call: Call) -> Table:
    return table_of(store, int_argument(call, "entityTypeId"))


def _list(store: Store, call: Call) -> Answer:
    """A page of items; rows that a join repeated are joined again, so a page may be short."""
    table = _table(store, call)
    fields = fields_of(table)
    select = optional_array(call, "select")
    filtered = compile_filter(table, fields, optional_array(call, "filter") or {}, store.clock())
    order = order_sql(table, fields, optional_array(call, "order") or {})
    chosen = selected(fields, to_list(select) if select is not None else ["*"])
    whole = chosen is None
    columns = list(fields.values()) if chosen is None else chosen
    selection = item_selection(table, columns)
    joins = "".join(f" {join}" for join in filtered.joins)
    source = f'"{table.name}"{joins}' + (f" WHERE {filtered.where.sql}" if filtered.where else "")
    window = controller(call.start, lambda: store.count_sql(source, filtered.where.params))
    sql = f"SELECT {selection.sql} FROM {source} ORDER BY {order} LIMIT {window.limit} OFFSET {window.offset}"
    fetched = store.fetch(sql, filtered.where.params)
    rows = item_rows(store, table, columns, selection, fetched, whole=whole)
    cost = Cost("page", window.counted, window.offset, len(rows))
    return Answer(
        {"items": [_spelled(table, call, row) for row in rows]},
        window.total,
        window.next_start(len(rows)),
        cost,
    )


def _get(store: Store, call: Call) -> Answer:
    table = _table(store, call)
    return Answer({"item": _whole(store, table, int_argument(call, "id"), call)}, cost=Cost("get", rows=1))


def _add(store: Store, call: Call) -> Answer:
    table = _table(store, call)
    item = add(store, table, fields_of(table), array_argument(call, "fields"), call.user_id)
    return Answer({"item": _whole(store, table, item, call)}, cost=Cost("write", rows=1))


def _update(store: Store, call: Call) -> Answer:
    table = _table(store, call)
    item = int_argument(call, "id")
    sent = array_argument(call, "fields")
    _require(store, table, item)
    update(store, table, fields_of(table), item, sent, call.user_id)
    return Answer({"item": _whole(store, table, item, call)}, cost=Cost("write", rows=1))


def _delete(store: Store, call: Call) -> Answer:
    table = _table(store, call)
    item = int_argument(call, "id")
    _require(store, table, item)
    store.delete(table.name, item)
    return Answer([], cost=Cost("write", rows=1))


def _fields(store: Store, call: Call) -> Answer:
    table = _table(store, call)
    original = call.params.get("useOriginalUfNames") == "Y"
    return Answer({"fields": item_fields_answer(store, table, original_names=original)})


def _import(store: Store, call: Call) -> Answer:
    table = _table(store, call)
    item = add(store, table, fields_of(table), array_argument(call, "fields"), call.user_id)
    return Answer({"item": {"id": item}}, cost=Cost("write", rows=1))


def _batch_import(store: Store, call: Call) -> Answer:
    """Up to 20 new items; each row succeeds or fails by itself."""
    table = _table(store, call)
    data = array_argument(call, "data")
    if len(data) > _MAX_IMPORT:
        raise Refusal("MAX_IMPORT_BATCH_SIZE_EXCEEDED", f"Max batch size is {_MAX_IMPORT}")
    items: dict[str, Any] = {}
    for key, sent in data.items():
        try:
            fields = sent if isinstance(sent, Mapping) else {}
            items[key] = {"item": {"id": add(store, table, fields_of(table), fields, call.user_id)}}
        except Refusal as problem:
            items[key] = {"error": problem.code, "error_description": problem.description}
    return Answer({"items": items}, cost=Cost("write", rows=len(items)))


def _whole(store: Store, table: Table, item: int, call: Call) -> dict[str, Any]:
    columns = list(fields_of(table).values())
    selection = _whole_selection(table, columns)
    where = Where(f'"{table.name}"."ID" = ?', (item,))
    fetched = store.fetch(f'SELECT {selection.sql} FROM "{table.name}" WHERE {where.sql}', where.params)
    rows = item_rows(store, table, columns, selection, fetched, whole=True)
    if not rows:
        raise not_found("Item not found")
    return _spelled(table, call, rows[0])


def _whole_selection(table: Table, columns: list[ItemField]) -> Selection:
    known = _SELECTIONS.get(table.name)
    if known is None or known[0] is not table:
        known = _SELECTIONS[table.name] = (table, item_selection(table, columns))
    return known[1]


_SELECTIONS: Final[dict[str, tuple[Table, Selection]]] = {}


def _require(store: Store, table: Table, item: int) -> None:
    if not store.exists(table.name, item):
        raise not_found("Item not found")


def _spelled(table: Table, call: Call, row: dict[str, Any]) -> dict[str, Any]:
    """User fields under their own names, if the request asks so."""
    if call.params.get("useOriginalUfNames") != "Y":
        return row
    fields = fields_of(table)
    return {_original(fields, name): value for name, value in row.items()}


def _original(fields: Mapping[str, ItemField], name: str) -> str:
    item = fields.get(name)
    return item.upper if item is not None and item.column is not None and item.column.user else name
