"""``crm.item.productrow.*`` and ``crm.deal.productrows.*``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Method, Refusal, Registry
from b24orm.emulator.fields import controller_fields_answer
from b24orm.emulator.item_fields import ItemField, camel
from b24orm.emulator.item_query import compile_filter, order_sql
from b24orm.emulator.item_rows import item_selection
from b24orm.emulator.methods.controller import array_argument, int_argument, not_found, optional_array
from b24orm.emulator.methods.params import find, id_param
from b24orm.emulator.paging import controller
from b24orm.emulator.product_rows import owner_table, recalculate, replace_rows, row_values, type_code
from b24orm.emulator.select import rows_of
from b24orm.emulator.store import Store
from b24orm.emulator.tables import upper_snake
from b24orm.emulator.values import to_int, to_list, to_text

__all__ = ["methods"]

_CLASSIC_OWNERS: Final = ("deal", "lead", "quote")
_TEXTS: Final = frozenset({"ID", "OWNER_ID", "PRICE_ACCOUNT"})


def methods(store: Store) -> Registry:
    """The methods of product rows; scope ``crm``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "list": _list,
        "get": _get,
        "add": _add,
        "set": _set,
        "update": _update,
        "delete": _delete,
        "fields": _fields,
    }
    registry = {
        f"crm.item.productrow.{kind}": Method(partial(h, store), "crm") for kind, h in handlers.items()
    }
    for owner in _CLASSIC_OWNERS:
        registry[f"crm.{owner}.productrows.get"] = Method(partial(_classic_get, store, owner), "crm")
        registry[f"crm.{owner}.productrows.set"] = Method(partial(_classic_set, store, owner), "crm")
    return registry


def _known_fields(store: Store) -> dict[str, ItemField]:
    columns = store.table("product_row").columns.values()
    return {
        camel(column.name): ItemField(camel(column.name), column.name, column, column.type)
        for column in columns
    }


def _list(store: Store, call: Call) -> Answer:
    """A page of rows of one owner; ``=ownerType`` and ``=ownerId`` can't be left out."""
    table, known = store.table("product_row"), _known_fields(store)
    sent = optional_array(call, "filter") or {}
    upper = {"=" + upper_snake(key[1:]) if key.startswith("=") else key: value for key, value in sent.items()}
    if not upper.get("=OWNER_TYPE"):
        raise Refusal("REQUIRED_ARG_MISSING", "Required argument '=ownerType' is missing")
    if to_int(upper.get("=OWNER_ID")) <= 0:
        raise Refusal("REQUIRED_ARG_MISSING", "Required argument '=ownerId' is missing")
    where = compile_filter(table, known, sent, store.clock()).where
    order = order_sql(table, known, optional_array(call, "order") or {})
    source = f"product_row WHERE {where.sql}"
    window = controller(call.start, lambda: store.count_sql(source, where.params))
    rows = _rows(
        store, f"{where.sql} ORDER BY {order} LIMIT {window.limit} OFFSET {window.offset}", where.params
    )
    cost = Cost("page", window.counted, window.offset, len(rows))
    return Answer({"productRows": rows}, window.total, window.next_start(len(rows)), cost)


def _rows(store: Store, condition: str, params: tuple[Any, ...]) -> list[dict[str, Any]]:
    selection = item_selection(store.table("product_row"), _known_fields(store).values())
    rows = rows_of(
        selection, store.fetch(f"SELECT {selection.sql} FROM product_row WHERE {condition}", params)
    )
    for row in rows:
        del row["_id"]
    return rows


def _one(store: Store, number: int) -> dict[str, Any]:
    rows = _rows(store, "ID = ?", (number,))
    if not rows:
        raise not_found("Element not found")
    return rows[0]


def _get(store: Store, call: Call) -> Answer:
    return Answer({"productRow": _one(store, int_argument(call, "id"))}, cost=Cost("get", rows=1))


def _add(store: Store, call: Call) -> Answer:
    fields = {upper_snake(key): value for key, value in array_argument(call, "fields").items()}
    table, owner = _owner(store, fields)
    row = {"SORT": 10, "QUANTITY": 1.0, "PRICE": 0.0, **row_values(store, fields)}
    owned = {
        "OWNER_ID": owner,
        "OWNER_TYPE": type_code(table),
        "TYPE": 1,
        "CUSTOMIZED": "Y",
        "DISCOUNT_TYPE_ID": 2,
    }
    number = store.insert("product_row", {**owned, **row})
    recalculate(store, table, owner)
    return Answer({"productRow": _one(store, number)}, cost=Cost("write", rows=1))


def _set(store: Store, call: Call) -> Answer:
    sent = {"OWNER_TYPE": call.params.get("ownerType"), "OWNER_ID": call.params.get("ownerId")}
    table, owner = _owner(store, sent)
    rows = [row for row in array_argument(call, "productRows").values() if isinstance(row, Mapping)]
    upper = [{upper_snake(str(key)): value for key, value in row.items()} for row in rows]
    replace_rows(store, table, owner, upper)
    found = _rows(store, "OWNER_TYPE = ? AND OWNER_ID = ? ORDER BY SORT, ID", (type_code(table), owner))
    return Answer({"productRows": found}, cost=Cost("write", rows=len(found)))


def _update(store: Store, call: Call) -> Answer:
    number = int_argument(call, "id")
    known = store.get("product_row", number)
    if known is None:
        raise not_found("Element not found")
    fields = {upper_snake(key): value for key, value in array_argument(call, "fields").items()}
    row = row_values(store, fields)
    if not row:
        name = next(iter(call.params["fields"]), "")
        raise Refusal("INVALID_ARG_VALUE", f"Field '{name}' not available for update")
    store.update("product_row", number, row)
    recalculate(store, owner_table(known["OWNER_TYPE"]), known["OWNER_ID"])
    return Answer({"productRow": _one(store, number)}, cost=Cost("write", rows=1))


def _delete(store: Store, call: Call) -> Answer:
    number = int_argument(call, "id")
    known = store.get("product_row", number)
    if known is None:
        raise not_found("Element not found")
    store.delete("product_row", number)
    recalculate(store, owner_table(known["OWNER_TYPE"]), known["OWNER_ID"])
    return Answer(None, cost=Cost("write", rows=1))


def _fields(store: Store, call: Call) -> Answer:
    del call
    return Answer({"fields": controller_fields_answer(store.table("product_row"))})


def _owner(store: Store, sent: Mapping[str, Any]) -> tuple[str, int]:
    table = owner_table(to_text(sent.get("OWNER_TYPE")))
    if table not in store.tables:
        raise Refusal(
            "ENTITY_TYPE_NOT_SUPPORTED", f"Entity type {to_text(sent.get('OWNER_TYPE'))} is not supported"
        )
    owner = to_int(sent.get("OWNER_ID"))
    if not store.exists(table, owner):
        raise Refusal("OWNER_NOT_FOUND", "Owner was not found")
    return table, owner


# ---- the rows of a deal, a lead or a quote as the classic methods see them


def _classic_get(store: Store, owner: str, call: Call) -> Answer:
    number = _classic_id(store, owner, call)
    rows = _rows(store, "OWNER_TYPE = ? AND OWNER_ID = ? ORDER BY SORT, ID", (type_code(owner), number))
    return Answer([_classic_row(row) for row in rows], cost=Cost("get", rows=len(rows)))


def _classic_row(row: Mapping[str, Any]) -> dict[str, Any]:
    found = {upper_snake(name): value for name, value in row.items()}
    return {
        name: str(value) if name in _TEXTS and value is not None else value for name, value in found.items()
    }


def _classic_set(store: Store, owner: str, call: Call) -> Answer:
    number = _classic_id(store, owner, call)
    sent = find(call, "rows")
    if sent is None or not isinstance(sent, (list, Mapping)):
        raise Refusal("", "Parameter 'rows' must be array.")
    rows = [
        {str(key).upper(): value for key, value in row.items()}
        for row in to_list(sent)
        if isinstance(row, Mapping)
    ]
    replace_rows(store, owner, number, rows)
    return Answer(result=True, cost=Cost("write", rows=len(rows)))


def _classic_id(store: Store, owner: str, call: Call) -> int:
    number = id_param(call)
    if not store.exists(owner, number):
        raise Refusal("", "Not found")
    return number
