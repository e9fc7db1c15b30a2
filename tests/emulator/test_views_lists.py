"""Catalog and shop: JSON's own types, casts instead of refusals, counts that nothing spares."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.calls import Calls, refusal, small_portal

IN_CATALOG: dict[str, Any] = {"select": ["id", "iblockId"], "filter": {"iblockId": 23}}


@pytest.fixture(scope="module")
def shop() -> Calls:
    return small_portal(products=130, orders=130)


@pytest.fixture
def fresh() -> Calls:
    return small_portal(products=3, orders=3)


def orders(shop: Calls, sent: dict[str, Any], **params: Any) -> list[int]:
    return [row["id"] for row in shop("sale.order.list", filter=sent, **params)["orders"]]


def products(shop: Calls, sent: dict[str, Any], **params: Any) -> list[int]:
    sent = {"iblockId": 23, **sent}
    found = shop("catalog.product.list", select=["id", "iblockId"], filter=sent, **params)
    return [row["id"] for row in found["products"]]


# ---- pages and counts


@pytest.mark.parametrize(("start", "begin", "following"), [(None, 1, 50), (99, 51, 100), (100, 101, None)])
def test_an_order_list_pages_by_whole_pages(
    shop: Calls, start: int | None, begin: int, following: int | None
) -> None:
    answer = shop.answer("sale.order.list", start)

    assert (answer.result["orders"][0]["id"], answer.total, answer.next) == (begin, 130, following)


def test_an_order_list_past_its_end_is_empty(shop: Calls) -> None:
    assert shop.answer("sale.order.list", 500).result == {"orders": []}


def test_a_negative_start_spares_the_count_of_orders(shop: Calls) -> None:
    answer = shop.answer("sale.order.list", -1)

    assert (len(answer.result["orders"]), answer.total, answer.cost.counted) == (50, -1, 0)


def test_a_negative_start_does_not_spare_the_count_of_products(shop: Calls) -> None:
    answer = shop.answer("catalog.product.list", -1, **IN_CATALOG)

    assert (len(answer.result["products"]), answer.total, answer.next, answer.cost.counted) == (
        50,
        -1,
        None,
        130,
    )


def test_products_past_the_end_are_the_first_page_again_without_a_next(shop: Calls) -> None:
    answer = shop.answer("catalog.product.list", 500, **IN_CATALOG)

    assert (answer.result["products"][0]["id"], answer.total, answer.next) == (1, 130, None)


def test_statuses_are_counted_behind_the_scenes(shop: Calls) -> None:
    answer = shop.answer("sale.status.list", -1)

    assert (answer.total, answer.cost.counted) == (-1, 4)


# ---- what a product list demands


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({}, "Required select fields: id, iblockId"),
        ({"select": ["*"], "filter": {"iblockId": 23}}, "Required select fields: id, iblockId"),
        ({"select": ["id", "iblockId"]}, "Required filter fields: iblockId"),
        ({"select": ["id", "iblockId"], "filter": {"=iblockId": 23}}, "Required filter fields: iblockId"),
    ],
)
def test_a_product_list_has_demands(shop: Calls, params: dict[str, Any], text: str) -> None:
    assert refusal(shop, "catalog.product.list", **params) == ("0", text)


# ---- filter, order, select


@pytest.mark.parametrize(
    ("sent", "where"),
    [
        ({"@id": [3, 5, 900]}, "ID IN (3, 5)"),
        ({"@id": ["5", 0, -1, 5]}, "ID = 5"),
        ({"@id": []}, "ID = 1"),
        ({"=statusId": "P"}, "STATUS_ID = 'P'"),
        ({"!=statusId": "P"}, "STATUS_ID <> 'P'"),
        ({">=price": 250}, "PRICE >= 250"),
        ({"=price": [100, 250.5]}, "PRICE = 1"),
        ({"companyId": 0}, "COMPANY_ID IS NULL OR COMPANY_ID = 0"),
        ({"!companyId": 1}, "COMPANY_ID <> 1"),
        ({">dateInsert": "2023-06-01"}, "DATE_INSERT > '2023-06-01T00:00:00'"),
        ({">dateInsert": "soon"}, "1 = 1"),
        ({"@dateInsert": ["2023-06-01"]}, "1 = 1"),
        ({"statusID": "P"}, "1 = 1"),
        ({"><id": [1, 2]}, "1 = 1"),
        ({"0": {"logic": "OR", "0": {"id": 1}}}, "1 = 1"),
        ({"%accountNumber": "7"}, "ACCOUNT_NUMBER LIKE '%7%'"),
        ({"!%accountNumber": "7"}, "ACCOUNT_NUMBER NOT LIKE '%7%'"),
    ],
)
def test_conditions_of_orders(shop: Calls, sent: dict[str, Any], where: str) -> None:
    assert orders(shop, sent, order={"id": "asc"}) == shop.store.ids("sale_order", where)[:50]


@pytest.mark.parametrize(
    ("sent", "where"),
    [
        ({"id": [3, 5]}, "ID IN (3, 5)"),
        ({">id": 100}, "ID > 100"),
        ({"@id": [3]}, "1 = 1"),
        ({"=%name": "p%"}, "1 = 1"),
        ({"!code": "product-1"}, "CODE IS NULL OR CODE <> 'product-1'"),
        ({"code": ""}, "CODE IS NULL"),
        ({"!code": ""}, "CODE IS NOT NULL"),
        ({"code": "product-_"}, "CODE LIKE 'product-_'"),
        ({"=code": "product-_"}, "1 = 2"),
        ({"%name": "pump"}, "NAME LIKE '%pump%'"),
        ({"!weight": 12.5}, "WEIGHT IS NULL OR WEIGHT <> 12.5"),
        ({"vatId": 0}, "VAT_ID = 0"),
        ({">dateCreate": "2023-06-01T00:00:00+03:00"}, "DATE_CREATE > '2023-06-01T00:00:00'"),
        ({"colour": "red"}, "1 = 1"),
    ],
)
def test_conditions_of_products(shop: Calls, sent: dict[str, Any], where: str) -> None:
    assert products(shop, sent) == shop.store.ids("catalog_product", where)[:50]


def test_an_unknown_sort_key_is_dropped(shop: Calls) -> None:
    assert orders(shop, {}, order={"colour": "desc"}) == list(range(1, 51))


def test_prices_nobody_ordered_do_not_come_by_id(shop: Calls) -> None:
    ids = [row["id"] for row in shop("catalog.price.list")["prices"]]

    assert ids != sorted(ids)


def test_select_keeps_what_it_knows(shop: Calls) -> None:
    assert set(shop("sale.order.list", select=["id", "price", "colour"])["orders"][0]) == {"id", "price"}


def test_values_have_jsons_types(shop: Calls) -> None:
    row = shop("sale.order.list")["orders"][0]

    assert [type(row[name]) for name in ("id", "price", "accountNumber", "payed")] == [int, float, str, str]


def test_a_list_does_not_bring_what_belongs_to_an_order(shop: Calls) -> None:
    assert (
        "basketItems" in shop("sale.order.list")["orders"][0],
        "basketItems" in shop("sale.order.get", id=1)["order"],
    ) == (
        False,
        True,
    )


# ---- single rows


@pytest.mark.parametrize(
    ("method", "code"),
    [
        ("sale.order.get", "200540400001"),
        ("sale.basketitem.update", "200140400001"),
        ("catalog.price.delete", ""),
    ],
)
def test_a_row_that_is_not_there(fresh: Calls, method: str, code: str) -> None:
    assert refusal(fresh, method, id=404, fields={"xmlId": "x"})[0] == code


def test_a_missing_id(fresh: Calls) -> None:
    assert refusal(fresh, "sale.order.get") == ("100", "Could not find value for parameter {id}")


def test_an_add_answers_the_row(fresh: Calls) -> None:
    row = fresh(
        "catalog.product.add", fields={"iblockId": 23, "name": "New", "weight": "2.5", "colour": "red"}
    )

    assert (row["element"]["name"], row["element"]["weight"], row["element"]["active"]) == ("New", 2.5, "Y")


def test_an_add_needs_what_is_required(fresh: Calls) -> None:
    assert refusal(fresh, "catalog.product.add", fields={"iblockId": 23}) == ("0", "Required fields: name")


def test_an_update_leaves_the_rest_alone(fresh: Calls) -> None:
    before = fresh("catalog.product.get", id=2)["product"]
    after = fresh("catalog.product.update", id=2, fields={"name": "Changed"})["element"]

    assert {name for name in after if after[name] != before[name]} == {"name", "timestampX"}


def test_a_read_only_name_vanishes(fresh: Calls) -> None:
    assert fresh("catalog.product.update", id=2, fields={"available": "N"})["element"]["available"] == "Y"


def test_a_section_that_is_not_there(fresh: Calls) -> None:
    fields = {"iblockId": 23, "name": "New", "iblockSectionId": 404}

    assert refusal(fresh, "catalog.product.add", fields=fields) == ("0", "Section is not exists")


def test_a_delete_answers_true_once(fresh: Calls) -> None:
    assert (fresh("sale.order.delete", id=1), refusal(fresh, "sale.order.delete", id=1)[0]) == (
        True,
        "200540400001",
    )


# ---- kinds of goods, and what belongs to orders


@pytest.fixture(scope="module")
def stocked() -> Calls:
    many = dict.fromkeys(("sale_property_group", "sale_shipment", "sale_status_lang"), 60)
    return small_portal(products=3, skus=2, offers=2, services=2, **many)


@pytest.mark.parametrize(
    ("method", "wrapped", "block", "kinds"),
    [
        ("catalog.product.sku.list", "units", 23, {3}),
        ("catalog.product.offer.list", "offers", 25, {4}),
        ("catalog.product.service.list", "services", 23, {7}),
        ("catalog.product.list", "products", 23, {1, 3, 7}),
    ],
)
def test_goods_of_a_kind(stocked: Calls, method: str, wrapped: str, block: int, kinds: set[int]) -> None:
    found = stocked(method, select=["id", "iblockId", "type"], filter={"iblockId": block})

    assert {row["type"] for row in found[wrapped]} == kinds


@pytest.mark.parametrize(
    ("method", "block", "text"),
    [
        ("catalog.product.offer.list", 23, "productType is not allowed for this catalog"),
        ("catalog.product.sku.list", 25, "productType is not allowed for this catalog"),
        ("catalog.product.service.list", 99, "iblock is not catalog"),
    ],
)
def test_a_kind_that_a_catalog_does_not_hold(stocked: Calls, method: str, block: int, text: str) -> None:
    sent = {"select": ["id", "iblockId"], "filter": {"iblockId": block}}

    assert refusal(stocked, method, **sent) == ("0", text)


def test_goods_of_another_kind_are_not_there(stocked: Calls) -> None:
    assert refusal(stocked, "catalog.product.sku.get", id=1) == ("", "sku does not exist.")


def test_a_new_service_is_one() -> None:
    portal = small_portal()

    added = portal("catalog.product.service.add", fields={"iblockId": 23, "name": "Care", "type": 1})

    assert added["service"]["type"] == 7


@pytest.mark.parametrize("start", [0, 50, 500])
def test_groups_of_properties_do_not_hear_of_a_start(stocked: Calls, start: int) -> None:
    answer = stocked.answer("sale.propertygroup.list", start)

    assert (answer.result["propertyGroups"][0]["id"], answer.total) == (1, 60)


@pytest.mark.parametrize(("start", "total"), [(0, 60), (-1, -1)])
def test_shipments_are_counted_behind_the_scenes(stocked: Calls, start: int, total: int) -> None:
    answer = stocked.answer("sale.shipment.list", start)

    assert (answer.total, answer.cost.counted) == (total, 60)


def test_texts_of_statuses_have_no_number(stocked: Calls) -> None:
    rows = stocked("sale.statusLang.list".lower())["statusLangs"]

    assert list(rows[0]) == ["statusId", "lid", "name", "description"]


@pytest.mark.parametrize(
    ("method", "code", "text"),
    [
        ("catalog.product.get", "", "product does not exist."),
        ("catalog.section.get", "200700300030", "section does not exist."),
        ("catalog.price.get", "", "price does not exist."),
        ("catalog.vat.get", "200800000000", "vat does not exist."),
        ("catalog.store.get", "201100000000", "store does not exist."),
        ("sale.order.get", "200540400001", "order is not exists"),
        ("sale.payment.get", "200640400001", "payment is not exists"),
        ("sale.shipment.get", "201140400001", "shipment is not exists"),
        ("sale.property.get", "200840400001", "property is not exists"),
    ],
)
def test_each_entity_says_in_its_own_way_what_is_not_there(
    stocked: Calls, method: str, code: str, text: str
) -> None:
    assert refusal(stocked, method, id=999) == (code, text)
