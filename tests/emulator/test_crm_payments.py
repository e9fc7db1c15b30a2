"""Payments and deliveries of deals, and which order belongs to which deal."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.calls import Calls, refusal, small_portal

DEAL = {"entityTypeId": 2, "entityId": 1}


@pytest.fixture
def portal() -> Calls:
    portal = small_portal()
    portal.store.insert("deal", {"TITLE": "Roof", "CURRENCY_ID": "EUR"})
    return portal


def _goods(portal: Calls, quantity: float = 3, owner: int = 1) -> int:
    row = {"OWNER_ID": owner, "OWNER_TYPE": "D", "PRODUCT_NAME": "Tile", "PRICE": 10.0}
    return portal.store.insert("product_row", {**row, "QUANTITY": quantity})


def test_a_payment_makes_an_order_of_its_deal(portal: Calls) -> None:
    number = portal("crm.item.payment.add", **DEAL)
    (payment,) = portal("crm.item.payment.list", **DEAL)
    (binding,) = portal("crm.orderentity.list", filter={"ownerId": 1})["orderEntity"]

    assert (payment["id"], payment["sum"], payment["currency"], payment["paid"], binding["ownerTypeId"]) == (
        number,
        0.0,
        "EUR",
        "N",
        2,
    )


def test_the_second_payment_is_in_the_same_order(portal: Calls) -> None:
    for _ in range(2):
        portal("crm.item.payment.add", **DEAL)

    assert [row["accountNumber"].rpartition("/")[2] for row in portal("crm.item.payment.list", **DEAL)] == [
        "1",
        "2",
    ]


def test_a_payment_is_made_and_taken_back(portal: Calls) -> None:
    number = portal("crm.item.payment.add", **DEAL)
    portal("crm.item.payment.pay", id=number)
    paid = portal("crm.item.payment.get", id=number)
    portal("crm.item.payment.unpay", id=number)
    unpaid = portal("crm.item.payment.get", id=number)

    assert [(row["paid"], row["empPaidId"]) for row in (paid, unpaid)] == [("Y", 1), ("N", None)]


def test_a_way_to_pay_gives_its_name(portal: Calls) -> None:
    number = portal("crm.item.payment.add", **DEAL, fields={"paySystemId": 1})

    assert portal("crm.item.payment.get", id=number)["paySystemName"] == "Cash"


@pytest.mark.parametrize(
    ("method", "params", "text"),
    [
        ("crm.item.payment.get", {"id": 99}, "Payment has not been found"),
        ("crm.item.payment.update", {"id": 99, "fields": {"paid": "Y"}}, "Payment has not been found"),
        ("crm.item.payment.update", {"id": 99, "fields": {"sum": 5}}, "Empty fields"),
        (
            "crm.item.payment.add",
            {"entityTypeId": 2, "entityId": 9},
            "Entity with identifier №9 does not exist",
        ),
        ("crm.item.delivery.get", {"id": 99}, "Delivery has not been found"),
        ("crm.item.payment.product.delete", {"id": 99}, "Payable item has not been found"),
    ],
)
def test_what_is_not_there(portal: Calls, method: str, params: dict[str, Any], text: str) -> None:
    assert refusal(portal, method, **params) == ("0", text)


def test_a_payment_is_as_large_as_its_goods(portal: Calls) -> None:
    row, payment = _goods(portal), portal("crm.item.payment.add", **DEAL)
    item = portal("crm.item.payment.product.add", paymentId=payment, rowId=row, quantity=2)
    before = portal("crm.item.payment.get", id=payment)["sum"]
    portal("crm.item.payment.product.setquantity", id=item, quantity=3)
    listed = portal("crm.item.payment.product.list", paymentId=payment)

    assert (before, portal("crm.item.payment.get", id=payment)["sum"], listed) == (
        20.0,
        30.0,
        [{"id": item, "paymentId": payment, "quantity": 3.0, "rowId": row}],
    )


def test_no_more_is_paid_than_there_is(portal: Calls) -> None:
    row = _goods(portal, 3)
    payments = [portal("crm.item.payment.add", **DEAL) for _ in range(2)]
    portal("crm.item.payment.product.add", paymentId=payments[0], rowId=row, quantity=2)
    asked = {"paymentId": payments[1], "rowId": row, "quantity": 2}

    assert refusal(portal, "crm.item.payment.product.add", **asked)[1].startswith(
        "Insufficient product quantity"
    )


def test_goods_of_another_deal_are_not_paid_here(portal: Calls) -> None:
    row, payment = _goods(portal, owner=2), portal("crm.item.payment.add", **DEAL)
    asked = {"paymentId": payment, "rowId": row, "quantity": 1}

    assert refusal(portal, "crm.item.payment.product.add", **asked) == ("0", "Product item not found")


def test_an_order_moves_from_deal_to_deal(portal: Calls) -> None:
    portal("crm.item.payment.add", **DEAL)
    (order,) = [row["orderId"] for row in portal("crm.orderentity.list")["orderEntity"]]
    other = portal.store.insert("deal", {"TITLE": "Wall"})
    bound = portal("crm.orderentity.add", fields={"orderId": order, "ownerId": other, "ownerTypeId": 2})

    assert (bound["dealOrder"]["ownerId"], portal("crm.item.payment.list", **DEAL)) == (other, [])


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"orderId": 1, "ownerId": 1, "ownerTypeId": 2}, "201640400004"),
        ({"orderId": 1}, "0"),
    ],
)
def test_a_binding_that_is_not_there(portal: Calls, fields: dict[str, int], code: str) -> None:
    assert refusal(portal, "crm.orderentity.deletebyfilter", fields=fields)[0] == code
