"""``catalog.*`` and ``sale.*``: entities that the server describes by a *view* and handles alike.

Names are camelCase, values have JSON's types. What the view doesn't know is dropped from filter, order,
select and fields without a word; a list in place of a number or of a date is cast, not refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from b24orm.emulator.answers import NO_TOTAL, Answer, Call, Cost, Method, Refusal, Registry
from b24orm.emulator.conditions import EVERYTHING, Where, every, membership
from b24orm.emulator.methods.controller import array_argument, optional_array
from b24orm.emulator.methods.params import required
from b24orm.emulator.methods.view_specs import VIEWS, View
from b24orm.emulator.pages import Shape, cost_of, count, order_sql, read, read_one, shape_of
from b24orm.emulator.paging import PAGE, Window, classic, controller
from b24orm.emulator.store import Store
from b24orm.emulator.tables import Table, upper_snake
from b24orm.emulator.values import to_int, to_text
from b24orm.emulator.view_fields import read_filter, read_row
from b24orm.facts import load
from b24orm.schema import EntitySchema, MethodSchema

__all__ = ["methods"]


def methods(store: Store) -> Registry:
    """The methods of catalog and shop; scopes ``catalog`` and ``sale``."""
    found: Registry = {}
    for view in VIEWS:
        schema = _schema(store, view)
        assert schema.list is not None
        found[schema.list.name.lower()] = Method(partial(_list, store, view), view.scope)
        for kind, handler in _SINGLE.items():
            method = schema.method(kind)
            if method is not None:
                found[method.name.lower()] = Method(partial(handler, store, view, method), view.scope)
    return found


def _schema(store: Store, view: View) -> EntitySchema:
    schema = load(view.entity) if view.entity else store.table(view.table).schema
    assert schema is not None
    return schema


def _shape(store: Store, view: View) -> Shape:
    """The columns of an entity; one that shares its table knows fewer of them."""
    table = store.table(view.table)
    if not view.entity:
        return shape_of(table, "values")
    schema = _schema(store, view)
    own = {upper_snake(name) for name in schema.by_wire}
    columns = {
        name: column
        for name, column in table.columns.items()
        if name in own or column.user or column.type == "property"
    }
    return shape_of(replace(table, schema=schema, columns=columns), "values")


# ---- list


def _list(store: Store, view: View, call: Call) -> Answer:
    listing = _schema(store, view).list
    assert listing is not None
    shape = _shape(store, view)
    sent, select = optional_array(call, "filter") or {}, optional_array(call, "select") or {}
    asked = [to_text(name) for name in select.values()]
    _check_demands(view, asked, sent)
    if view.kinds:
        _check_kind(store, view, sent.get("iblockId"))
    where = every([_of_kinds(view), read_filter(shape, sent, store.clock(), iblock=view.iblock)])
    order = order_sql(optional_array(call, "order") or {}, shape.columns)
    window = _window(view, call.start, count(store, shape.table, where))
    chosen = shape if not asked or "*" in asked else shape.only(asked)
    rows = read(store, chosen, where, order or _usual(view, shape.table), window)
    end = max(call.start or 0, 0) // PAGE * PAGE + len(rows)  # of the page that was asked for
    more = end < window.counted and call.start != -1
    wrapped = {listing.envelope[0]: rows}
    return Answer(wrapped, window.total, end if more else None, cost_of(window, len(rows)))


def _check_demands(view: View, asked: list[str], sent: Mapping[str, Any]) -> None:
    if not view.demands:
        return
    missing = [name for name in view.demands if name not in asked]
    texts = [f"Required select fields: {', '.join(missing)}"] if missing else []
    if "iblockId" not in sent:
        texts.append("Required filter fields: iblockId")
    if texts:
        raise Refusal("0", texts[0])


def _check_kind(store: Store, view: View, block: Any) -> None:
    """Variants are in a catalog of their own; goods in variants are where such a catalog belongs to."""
    found = store.get("catalog_catalog", to_int(block))
    if found is None:
        raise Refusal("0", "iblock is not catalog")
    offers = bool(found["PRODUCT_IBLOCK_ID"])
    varied = store.count("catalog_catalog", "PRODUCT_IBLOCK_ID = ?", (found["IBLOCK_ID"],)) > 0
    allowed = {4, 5} if offers else {7, 3, 6} if varied else {7}
    if view.kinds[0] not in allowed:
        raise Refusal("0", "productType is not allowed for this catalog")


def _usual(view: View, table: Table) -> str:
    return f'"{table.key}" ASC' if view.order == '"ID" ASC' else view.order


def _of_kinds(view: View) -> Where:
    return membership('"TYPE"', view.kinds) if view.kinds else EVERYTHING


def _window(view: View, start: int | None, counted: Callable[[], int]) -> Window:
    if view.one_page:
        start = min(start or 0, 0)
    if view.counting == "asked":
        return controller(start, counted)
    total = counted()
    told = NO_TOTAL if start == -1 else total
    begin = max(start or 0, 0)
    if view.counting == "paged":
        window = classic(begin, lambda: total)
        return Window(window.offset, PAGE, total, told, "controller")
    return Window(begin // PAGE * PAGE, PAGE, total, told, "controller")


# ---- single rows


def _get(store: Store, view: View, method: MethodSchema, call: Call) -> Answer:
    row = _row(store, view, required(call, "id"))
    return Answer(_wrapped(method, _whole(store, view, row)), cost=Cost("get", rows=1))


def _add(store: Store, view: View, method: MethodSchema, call: Call) -> Answer:
    schema, table = _schema(store, view), store.table(view.table)
    fields = array_argument(call, "fields")
    row = read_row(_shape(store, view), fields, schema, store.clock(), update=False)
    lacking = [
        field.wire
        for field in schema.fields.values()
        if field.required and not field.read_only and fields.get(field.wire) in (None, "")
    ]
    if lacking:
        raise Refusal("0", f"Required fields: {', '.join(lacking)}")
    _check_references(store, view, row)
    if view.kinds:
        _check_kind(store, view, row.get("IBLOCK_ID"))
        row["TYPE"] = view.kinds[0]
    number = store.insert(view.table, _stamped(store, table, row))
    return Answer(
        _wrapped(method, _whole(store, view, _row(store, view, number))), cost=Cost("write", rows=1)
    )


def _update(store: Store, view: View, method: MethodSchema, call: Call) -> Answer:
    number = required(call, "id")
    _row(store, view, number)
    fields = array_argument(call, "fields")
    row = read_row(_shape(store, view), fields, _schema(store, view), store.clock(), update=True)
    _check_references(store, view, row)
    store.update(view.table, number, row)
    return Answer(
        _wrapped(method, _whole(store, view, _row(store, view, number))), cost=Cost("write", rows=1)
    )


def _delete(store: Store, view: View, method: MethodSchema, call: Call) -> Answer:
    del method
    number = required(call, "id")
    _row(store, view, number)
    store.delete(view.table, number)
    return Answer(result=True, cost=Cost("write", rows=1))


def _fields(store: Store, view: View, method: MethodSchema, call: Call) -> Answer:
    del call
    known = {
        field.wire: {
            "isImmutable": field.immutable,
            "isReadOnly": field.read_only,
            "isRequired": field.required,
            "name": field.name.replace("_", " ").capitalize(),
            "type": field.type,
        }
        for field in _schema(store, view).fields.values()
    }
    return Answer(_wrapped(method, known))


_SINGLE: Final[Mapping[str, Callable[[Store, View, MethodSchema, Call], Answer]]] = {
    "get": _get,
    "add": _add,
    "update": _update,
    "delete": _delete,
    "fields": _fields,
}


def _wrapped(method: MethodSchema, row: Any) -> dict[str, Any]:
    return {str(method.envelope[0]): row}


def _row(store: Store, view: View, number: Any) -> dict[str, Any]:
    key = to_text(number) if store.table(view.table).columns["ID"].kind == "string" else to_int(number)
    found = read_one(store, _shape(store, view), key)
    if found is None or (view.kinds and found["type"] not in view.kinds):
        raise Refusal(*view.absent)
    return found


def _whole(store: Store, view: View, row: dict[str, Any]) -> dict[str, Any]:
    """An order comes with what belongs to it; a list of orders doesn't bring that."""
    if view.table != "sale_order":
        return row
    where = f'"ORDER_ID" = {to_int(row["id"])}'
    parts = {
        "basketItems": [_row(store, _BASKET, number) for number in store.ids("sale_basket_item", where)],
        "payments": [_row(store, _PAYMENT, number) for number in store.ids("sale_payment", where)],
    }
    empty: dict[str, Any] = {name: [] for name in _ORDER_PARTS}
    return {**row, **empty, **parts}


def _check_references(store: Store, view: View, row: Mapping[str, Any]) -> None:
    if (
        view.iblock
        and row.get("IBLOCK_SECTION_ID")
        and not store.exists("catalog_section", row["IBLOCK_SECTION_ID"])
    ):
        raise Refusal("0", "Section is not exists")
    if "VAT_ID" in row and row["VAT_ID"] and not store.exists("catalog_vat", row["VAT_ID"]):
        raise Refusal("0", "VAT vatId is not exists")


def _stamped(store: Store, table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """What the server fills in by itself."""
    now = store.now()
    stamps = {
        name: now
        for name in ("DATE_INSERT", "DATE_UPDATE", "DATE_STATUS", "TIMESTAMP_X", "DATE_CREATE", "DATE_MODIFY")
        if name in table.columns
    }
    return {**stamps, **row}


_ORDER_PARTS: Final = ("clients", "shipments", "propertyValues", "tradeBindings", "requisiteLink")
_BASKET: Final = next(view for view in VIEWS if view.table == "sale_basket_item")
_PAYMENT: Final = next(view for view in VIEWS if view.table == "sale_payment")
