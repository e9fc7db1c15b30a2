"""``crm.orderentity.*``: which order of the shop belongs to which row of the CRM."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.conditions import EVERYTHING, every
from b24orm.emulator.methods.controller import array_argument, optional_array
from b24orm.emulator.methods.crm_payments import named_condition
from b24orm.emulator.orm_filter import parse_key
from b24orm.emulator.pages import answered, count, order_sql, read, shape_of
from b24orm.emulator.paging import controller
from b24orm.emulator.store import Store
from b24orm.emulator.tables import upper_snake
from b24orm.emulator.values import to_int, to_list, to_text, truthy
from b24orm.facts import load

__all__ = ["methods"]

_BINDINGS: Final = "order_entity"


def methods(store: Store) -> Registry:
    """The methods; scope ``crm``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "list": _bindings,
        "add": _bind,
        "deletebyfilter": _unbind,
        "getfields": _binding_fields,
    }
    return registered(store, "crm", handlers, family="crm.orderentity.")


def _bindings(store: Store, call: Call) -> Answer:
    """By the numbers of the owners unless told otherwise; counted unless ``start`` is -1."""
    table, shape = store.table(_BINDINGS), shape_of(store.table(_BINDINGS), "values")
    parts = (
        named_condition(table, key, value) if parse_key(key)[1] in shape.columns else EVERYTHING
        for key, value in (optional_array(call, "filter") or {}).items()
    )
    where = every(parts)
    window = controller(call.start, count(store, table, where))
    asked = [to_text(name) for name in to_list(call.params.get("select") or [])]
    chosen = shape if not asked or "*" in asked else shape.only(asked)
    by = order_sql(optional_array(call, "order") or {}, shape.columns) or '"OWNER_ID" ASC, "ID" ASC'
    rows = read(store, chosen, where, by, window)
    return answered({"orderEntity": rows}, window, len(rows))


def _sent_binding(store: Store, call: Call) -> tuple[dict[str, int], list[int]]:
    """The binding that is meant, and the numbers of those that are like it."""
    fields = array_argument(call, "fields")
    needed = [item.wire for item in load("OrderEntity").fields.values() if item.required]
    lacking = [name for name in needed if not truthy(fields.get(name))]
    if lacking:
        raise Refusal("0", f"Required fields: {', '.join(lacking)}")
    row = {upper_snake(name): to_int(fields[name]) for name in needed}
    where = " AND ".join(f"{name} = ?" for name in row)
    return row, [int(one) for one in store.ids(_BINDINGS, where, tuple(row.values()))]


def _check_order(store: Store, number: int) -> None:
    if not store.exists("sale_order", number):
        raise Refusal("200540400001", "order does not exist")


def _bind(store: Store, call: Call) -> Answer:
    """An order belongs to one row: it leaves the one that it belonged to."""
    row, found = _sent_binding(store, call)
    if found:
        raise Refusal("201650000001", "Duplicate entry for key [ownerId, ownerTypeId, orderId]")
    _check_order(store, row["ORDER_ID"])
    with store.transaction():
        store.execute(f"DELETE FROM {_BINDINGS} WHERE ORDER_ID = ?", (row["ORDER_ID"],))
        store.insert(_BINDINGS, row)
    names = {"orderId": "ORDER_ID", "ownerId": "OWNER_ID", "ownerTypeId": "OWNER_TYPE_ID"}
    return Answer(
        {"dealOrder": {name: row[column] for name, column in names.items()}}, cost=Cost("write", rows=1)
    )


def _unbind(store: Store, call: Call) -> Answer:
    row, found = _sent_binding(store, call)
    if not found:
        raise Refusal("201640400004", "entity relation is not exists")
    _check_order(store, row["ORDER_ID"])
    store.delete(_BINDINGS, found[0])
    return Answer(result=True, cost=Cost("write", rows=1))


def _binding_fields(store: Store, call: Call) -> Answer:
    del store, call
    known = {
        item.wire: {
            "type": item.type,
            "isRequired": item.required,
            "isReadOnly": item.read_only,
            "isImmutable": item.immutable,
        }
        for item in load("OrderEntity").fields.values()
    }
    return Answer({"orderEntity": known})
