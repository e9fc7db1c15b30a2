"""``crm.item.payment.*`` and ``crm.item.delivery.*``: what is paid and sent for a row of the CRM.

A payment belongs to an order of the shop. Which order belongs to a deal or an item stands in a table of its
own; the first payment makes both. Refusals are texts without a code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.conditions import Where, every, membership
from b24orm.emulator.methods.controller import array_argument, int_argument, optional_array
from b24orm.emulator.orm_filter import compile_condition, parse_key
from b24orm.emulator.owner_types import owner_table
from b24orm.emulator.pages import Shape, order_sql, read, read_one, shape_of
from b24orm.emulator.paging import Window
from b24orm.emulator.product_rows import type_code
from b24orm.emulator.store import Store
from b24orm.emulator.tables import Column, Table, upper_snake, words
from b24orm.emulator.values import to_float, to_int, to_text

__all__ = ["methods", "named_condition"]

_BINDINGS: Final = "order_entity"
_PAYMENT: Final = tuple(
    words("id accountNumber paid datePaid empPaidId paySystemId sum currency paySystemName")
)
_DELIVERY: Final = tuple(
    words("id accountNumber deducted dateDeducted priceDelivery currency deliveryId deliveryName")
)


def methods(store: Store) -> Registry:
    """The methods; scope ``crm``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "item.payment.list": partial(_of_owner, table="sale_payment", names=_PAYMENT),
        "item.payment.get": _payment,
        "item.payment.add": _add_payment,
        "item.payment.update": _update_payment,
        "item.payment.delete": _delete_payment,
        "item.payment.pay": partial(_pay, paid="Y"),
        "item.payment.unpay": partial(_pay, paid="N"),
        "item.delivery.list": partial(_of_owner, table="sale_shipment", names=_DELIVERY),
        "item.delivery.get": _delivery,
        "item.payment.product.list": partial(_items, kind="basket"),
        "item.payment.product.add": _add_product,
        "item.payment.product.setquantity": _set_quantity,
        "item.payment.product.delete": partial(_delete_item, kind="basket"),
        "item.payment.delivery.list": partial(_items, kind="shipment"),
        "item.payment.delivery.add": _add_delivery,
        "item.payment.delivery.setdelivery": _set_delivery,
        "item.payment.delivery.delete": partial(_delete_item, kind="shipment"),
    }
    return registered(store, "crm", handlers, family="crm.")


def _failed(text: str) -> Refusal:
    return Refusal("0", text)


# ---- payments and deliveries of a row


def _orders(store: Store, kind: int, number: int) -> list[int]:
    return [
        int(row["ORDER_ID"])
        for row in store.rows(_BINDINGS, where="OWNER_TYPE_ID = ? AND OWNER_ID = ?", params=(kind, number))
    ]


def _shape(store: Store, table: str, names: tuple[str, ...]) -> Shape:
    return shape_of(store.table(table), "values").only(names)


def _of_owner(store: Store, call: Call, table: str, names: tuple[str, ...]) -> Answer:
    """Everything at once, by id unless told otherwise; filter and order know more than the answer shows."""
    number, kind = int_argument(call, "entityId"), int_argument(call, "entityTypeId")
    orders = _orders(store, kind, number)
    if not orders:
        return Answer([], cost=Cost("page"))
    where = every([membership("ORDER_ID", orders), _conditions(store.table(table), call)])
    order = {upper_snake(name): word for name, word in (optional_array(call, "order") or {}).items()}
    by = order_sql(order, store.table(table).columns) or '"ID" ASC'
    rows = read(store, _shape(store, table, names), where, by, Window(0, -1, 0, -1, "offset"))
    return Answer(rows, cost=Cost("page", rows=len(rows)))


def _conditions(table: Table, call: Call) -> Where:
    return every(
        named_condition(table, key, value) for key, value in (optional_array(call, "filter") or {}).items()
    )


def named_condition(table: Table, key: str, value: Any) -> Where:
    """The condition of a camelCase name.

    Raises:
        Refusal: there is no such column.
    """
    name = parse_key(key)[1]
    column: Column | None = table.columns.get(upper_snake(name))
    if column is None:
        raise Refusal("100", f"Unknown field definition `{upper_snake(name)}`")
    return compile_condition(key.removesuffix(name) + column.name, value, column, f'"{column.name}"')


def _single(store: Store, call: Call, table: str, names: tuple[str, ...], text: str) -> Answer:
    row = read_one(store, _shape(store, table, names), int_argument(call, "id"))
    if row is None:
        raise _failed(text)
    return Answer(row, cost=Cost("get", rows=1))


_NO_PAYMENT: Final = "Payment has not been found"
_NO_ITEM: Final = "Payable item has not been found"


def _payment(store: Store, call: Call) -> Answer:
    return _single(store, call, "sale_payment", _PAYMENT, _NO_PAYMENT)


def _delivery(store: Store, call: Call) -> Answer:
    return _single(store, call, "sale_shipment", _DELIVERY, "Delivery has not been found")


def _kept_payment(store: Store, number: int) -> dict[str, Any]:
    row = store.get("sale_payment", number)
    if row is None:
        raise _failed(_NO_PAYMENT)
    return row


def _add_payment(store: Store, call: Call) -> Answer:
    """A payment of nothing in the order of the row; answers its number."""
    number, kind = int_argument(call, "entityId"), int_argument(call, "entityTypeId")
    fields, table = optional_array(call, "fields") or {}, owner_table(kind)
    if table not in store.tables:
        raise _failed(f"Unknown entity type {kind}")
    owner = store.get(table, number)
    if owner is None:
        raise _failed(f"Entity with identifier №{number} does not exist")
    system = to_int(fields.get("paySystemId"))
    with store.transaction():
        order = next(iter(_orders(store, kind, number)), 0) or _new_order(store, call, owner, kind, number)
        account = f"{order}/{store.count('sale_payment', 'ORDER_ID = ?', (order,)) + 1}"
        row = {"ORDER_ID": order, "SUM": 0.0, "ACCOUNT_NUMBER": account, "DATE_BILL": store.now()}
        made = store.insert("sale_payment", {**row, **_system(store, system), "CURRENCY": _currency(owner)})
    return Answer(made, cost=Cost("write", rows=1))


def _currency(owner: Mapping[str, Any]) -> str:
    return to_text(owner.get("CURRENCY_ID")) or "USD"


def _new_order(store: Store, call: Call, owner: Mapping[str, Any], kind: int, number: int) -> int:
    row = {"CURRENCY": _currency(owner), "RESPONSIBLE_ID": call.user_id, "USER_ID": call.user_id}
    order = store.insert("sale_order", {**row, "DATE_INSERT": store.now(), "DATE_UPDATE": store.now()})
    store.insert(_BINDINGS, {"ORDER_ID": order, "OWNER_ID": number, "OWNER_TYPE_ID": kind})
    return order


def _system(store: Store, number: int) -> dict[str, Any]:
    found = store.get("pay_system", number) if number else None
    return {"PAY_SYSTEM_ID": number, "PAY_SYSTEM_NAME": found["NAME"]} if found else {}


def _update_payment(store: Store, call: Call) -> Answer:
    number, fields = int_argument(call, "id"), array_argument(call, "fields")
    known = {name: fields[name] for name in ("paid", "paySystemId") if name in fields}
    if not known:
        raise _failed("Empty fields")
    _kept_payment(store, number)
    row: dict[str, Any] = {}
    if known.get("paySystemId") is not None:
        row = _system(store, to_int(known["paySystemId"]))
        if not row:
            raise _failed("Payment system has not been found")
    if "paid" in known:
        row |= _paid(store, call, "Y" if to_text(known["paid"]) == "Y" else "N")
    store.update("sale_payment", number, row)
    return Answer(result=True, cost=Cost("write", rows=1))


def _paid(store: Store, call: Call, paid: str) -> dict[str, Any]:
    done = paid == "Y"
    return {
        "PAID": paid,
        "DATE_PAID": store.now() if done else None,
        "EMP_PAID_ID": call.user_id if done else None,
    }


def _pay(store: Store, call: Call, paid: str) -> Answer:
    number = int_argument(call, "id")
    _kept_payment(store, number)
    store.update("sale_payment", number, _paid(store, call, paid))
    return Answer(result=True, cost=Cost("write", rows=1))


def _delete_payment(store: Store, call: Call) -> Answer:
    row = _kept_payment(store, int_argument(call, "id"))
    if row["PAID"] == "Y":
        raise _failed("The payment has been made and can not be deleted")
    store.delete("sale_payment", row["ID"])
    return Answer(result=True, cost=Cost("write", rows=1))


# ---- what a payment is for

_OBJECTS: Final = {"basket": "BASKET_ID", "shipment": "SHIPMENT_ID"}


def _items(store: Store, call: Call, kind: str) -> Answer:
    """The goods, or the deliveries, of a payment, all at once."""
    payment = _kept_payment(store, int_argument(call, "paymentId"))
    table = store.table(f"sale_payment_item_{kind}")
    where = every([Where("PAYMENT_ID = ?", (payment["ID"],)), _conditions(table, call)])
    rows = store.rows(table.name, where=where.sql, params=where.params, order='"ID"')
    shown = [
        {
            "id": row["ID"],
            "paymentId": row["PAYMENT_ID"],
            "quantity": row["QUANTITY"],
            **_object(store, kind, row),
        }
        for row in rows
    ]
    return Answer(shown, cost=Cost("page", rows=len(shown)))


def _object(store: Store, kind: str, row: Mapping[str, Any]) -> dict[str, Any]:
    if kind == "shipment":
        return {"deliveryId": row["SHIPMENT_ID"]}
    basket = store.get("sale_basket_item", row["BASKET_ID"]) or {}
    return {"rowId": to_int(to_text(basket.get("XML_ID")).removeprefix(_ROW))}


_ROW: Final = "crm_pr_"
"""What the external id of an order's item begins with, if it is a product row of the CRM."""


def _quantity(call: Call) -> int:
    quantity = int_argument(call, "quantity")
    if quantity <= 0:
        raise _failed("Product quantity cannot be less than or equal to 0")
    return quantity


def _add_product(store: Store, call: Call) -> Answer:
    """So many of a product row of the owner, as far as no other payment has them."""
    payment_id, number, quantity = (
        int_argument(call, "paymentId"),
        int_argument(call, "rowId"),
        _quantity(call),
    )
    payment = _kept_payment(store, payment_id)
    bindings = store.rows(_BINDINGS, where="ORDER_ID = ?", params=(payment["ORDER_ID"],))
    if not bindings:
        raise _failed("Order binding has not been found")
    row = store.get("product_row", number)
    owner = bindings[0]
    own = row and (row["OWNER_ID"], row["OWNER_TYPE"]) == (
        owner["OWNER_ID"],
        type_code(owner_table(owner["OWNER_TYPE_ID"])),
    )
    if not row or not own:
        raise _failed("Product item not found")
    with store.transaction():
        basket = _basket(store, payment["ORDER_ID"], row)
        if _taken(store, basket) + quantity > to_float(row["QUANTITY"]):
            raise _failed("Insufficient product quantity to add to payment")
        item = {
            "PAYMENT_ID": payment_id,
            "BASKET_ID": basket,
            "QUANTITY": quantity,
            "DATE_INSERT": store.now(),
        }
        made = store.insert("sale_payment_item_basket", item)
        _sum_up(store, payment_id)
    return Answer(made, cost=Cost("write", rows=1))


def _basket(store: Store, order: int, row: Mapping[str, Any]) -> int:
    """The item of the order that stands for a product row; a new one if there is none."""
    code = f"{_ROW}{row['ID']}"
    found = store.ids("sale_basket_item", "ORDER_ID = ? AND XML_ID = ?", (order, code))
    if found:
        return int(found[0])
    item = {"ORDER_ID": order, "XML_ID": code, "NAME": row["PRODUCT_NAME"], "PRODUCT_ID": row["PRODUCT_ID"]}
    sums = {"PRICE": row["PRICE"], "QUANTITY": row["QUANTITY"]}
    return store.insert("sale_basket_item", {**item, **sums})


def _taken(store: Store, basket: int) -> float:
    sql = "SELECT IFNULL(SUM(QUANTITY), 0) FROM sale_payment_item_basket WHERE BASKET_ID = ?"
    return float(store.fetch(sql, (basket,))[0][0])


def _sum_up(store: Store, payment: int) -> None:
    """A payment is as large as what it is for."""
    goods = (
        "SELECT IFNULL(SUM(item.QUANTITY * basket.PRICE), 0) FROM sale_payment_item_basket AS item "
        "JOIN sale_basket_item AS basket ON basket.ID = item.BASKET_ID WHERE item.PAYMENT_ID = ?"
    )
    sent = (
        "SELECT IFNULL(SUM(shipment.PRICE_DELIVERY), 0) FROM sale_payment_item_shipment AS item "
        "JOIN sale_shipment AS shipment ON shipment.ID = item.SHIPMENT_ID WHERE item.PAYMENT_ID = ?"
    )
    total = sum(float(store.fetch(sql, (payment,))[0][0]) for sql in (goods, sent))
    store.update("sale_payment", payment, {"SUM": total})


def _item(store: Store, call: Call, kind: str) -> dict[str, Any]:
    row = store.get(f"sale_payment_item_{kind}", int_argument(call, "id"))
    if row is None:
        raise _failed(_NO_ITEM)
    return row


def _set_quantity(store: Store, call: Call) -> Answer:
    quantity = _quantity(call)
    row = _item(store, call, "basket")
    basket = store.get("sale_basket_item", row["BASKET_ID"]) or {"QUANTITY": 0}
    if _taken(store, row["BASKET_ID"]) - row["QUANTITY"] + quantity > to_float(basket["QUANTITY"]):
        raise _failed("Insufficient product quantity to add to payment")
    store.update("sale_payment_item_basket", row["ID"], {"QUANTITY": quantity})
    _sum_up(store, row["PAYMENT_ID"])
    return Answer(result=True, cost=Cost("write", rows=1))


def _delete_item(store: Store, call: Call, kind: str) -> Answer:
    row = _item(store, call, kind)
    store.delete(f"sale_payment_item_{kind}", row["ID"])
    _sum_up(store, row["PAYMENT_ID"])
    return Answer(result=True, cost=Cost("write", rows=1))


def _shipment(store: Store, number: int, order: Any) -> int:
    row = store.get("sale_shipment", number)
    if row is None or row["ORDER_ID"] != order:
        raise _failed("Delivery item not found")
    return number


def _add_delivery(store: Store, call: Call) -> Answer:
    payment_id, number = int_argument(call, "paymentId"), int_argument(call, "deliveryId")
    payment = _kept_payment(store, payment_id)
    item = {"PAYMENT_ID": payment_id, "SHIPMENT_ID": _shipment(store, number, payment["ORDER_ID"])}
    made = store.insert("sale_payment_item_shipment", {**item, "QUANTITY": 1, "DATE_INSERT": store.now()})
    _sum_up(store, payment_id)
    return Answer(made, cost=Cost("write", rows=1))


def _set_delivery(store: Store, call: Call) -> Answer:
    """Whether the delivery belongs to the order, nobody asks."""
    row, number = _item(store, call, "shipment"), int_argument(call, "deliveryId")
    store.update("sale_payment_item_shipment", row["ID"], {"SHIPMENT_ID": number})
    _sum_up(store, row["PAYMENT_ID"])
    return Answer(result=True, cost=Cost("write", rows=1))
