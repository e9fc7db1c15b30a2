"""Conditions and orders through the models: what comes is what the same question finds in the store."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from b24orm import Portal
from b24orm.emulator import LocalPortal
from b24orm.emulator.values import ZONE
from b24orm.errors import Unsupported
from b24orm.models import (
    CallStatistic,
    CatalogProduct,
    DiskFile,
    ElapsedTime,
    EntityItem,
    ListElement,
    Order,
    Price,
    RpaItem,
    Section,
    TaskComment,
    User,
)

ELEMENTS = {"iblock_type_id": "lists", "iblock_id": 41}
DAY = datetime(2023, 6, 1, tzinfo=ZONE)
STORED = "'2023-06-01T00:00:00'"
RED = "ID IN (SELECT ELEMENT_ID FROM list_value WHERE PROPERTY_ID = 101 AND VALUE = 'red')"


def elapsed() -> Any:
    return ElapsedTime.objects.filter(task_id=1)


def elements() -> Any:
    return ListElement.objects.filter(**ELEMENTS)


def products() -> Any:
    return CatalogProduct.objects.filter(iblock_id=23)


def files() -> Any:
    return DiskFile.objects.filter(folder_id=14)


def dishes() -> Any:
    return EntityItem.objects.filter(entity="dishes")


FILTERS: list[tuple[Any, str, str]] = [
    # recorded time: the ORM behind a list of allowed keys
    (lambda: elapsed().filter(user_id=3), "elapsed_time", "TASK_ID = 1 AND USER_ID = 3"),
    (lambda: elapsed().exclude(user_id=3), "elapsed_time", "TASK_ID = 1 AND USER_ID <> 3"),
    (lambda: elapsed().filter(user_id__in=[2, 3]), "elapsed_time", "TASK_ID = 1 AND USER_ID IN (2, 3)"),
    (lambda: elapsed().filter(id__in=[2, 3, 999]), "elapsed_time", "TASK_ID = 1 AND ID IN (2, 3)"),
    (
        lambda: elapsed().filter(created_date__gte=DAY),
        "elapsed_time",
        f"TASK_ID = 1 AND CREATED_DATE >= {STORED}",
    ),
    (lambda: elapsed().filter(id__range=(50, 150)), "elapsed_time", "TASK_ID = 1 AND ID BETWEEN 50 AND 150"),
    (
        lambda: TaskComment.objects.filter(task_id=1, author_id=2),
        "task_comment",
        "TASK_ID = 1 AND AUTHOR_ID = 2",
    ),
    # files: the ORM, names of types
    (lambda: files().filter(name__contains="pump"), "disk_object", "PARENT_ID = 14 AND NAME LIKE '%pump%'"),
    (
        lambda: files().filter(create_time__lt=DAY),
        "disk_object",
        f"PARENT_ID = 14 AND CREATE_TIME < {STORED}",
    ),
    (lambda: files().filter(id__in=[101, 103, 9]), "disk_object", "ID IN (101, 103)"),
    # elements: information blocks
    (lambda: elements().filter(name__contains="pump"), "list_element", "NAME LIKE '%pump%'"),
    (lambda: elements().filter(id__gt=100, id__lte=160), "list_element", "ID BETWEEN 101 AND 160"),
    (lambda: elements().filter(id__in=[3, 5, 999]), "list_element", "ID IN (3, 5)"),
    (lambda: elements().filter(sort=200), "list_element", "SORT = 200"),
    (lambda: elements().filter(created_by__in=[2, 3]), "list_element", "CREATED_BY IN (2, 3)"),
    (lambda: elements().filter(property_101="red"), "list_element", RED),
    (lambda: elements().filter(PROPERTY_101="red"), "list_element", RED),
    (lambda: elements().filter(property_colour="red"), "list_element", RED),
    (lambda: elements().filter(property_102__gte=5), "list_element", "ID % 7 >= 5"),
    (lambda: elements().filter(property_102__in=[5, 6]), "list_element", "ID % 7 IN (5, 6)"),
    (lambda: elements().filter(property_104="vip"), "list_element", "ID % 3 = 2"),
    # products: information blocks behind a view
    (lambda: products().filter(name__contains="pump"), "catalog_product", "NAME LIKE '%pump%'"),
    (lambda: products().filter(active=True), "catalog_product", "ACTIVE = 'Y'"),
    (lambda: products().filter(code="product-5"), "catalog_product", "CODE = 'product-5'"),
    (lambda: products().exclude(code="product-5"), "catalog_product", "CODE IS NULL OR CODE <> 'product-5'"),
    (lambda: products().filter(id__in=[3, 5, 999]), "catalog_product", "ID IN (3, 5)"),
    (lambda: products().exclude(name__contains="pump"), "catalog_product", "NAME NOT LIKE '%pump%'"),
    (lambda: products().exclude(vat_id=2), "catalog_product", "VAT_ID IS NULL OR VAT_ID <> 2"),
    (
        lambda: products().exclude(weight=Decimal("12.5")),
        "catalog_product",
        "WEIGHT IS NULL OR WEIGHT <> 12.5",
    ),
    (lambda: products().exclude(active=True), "catalog_product", "ACTIVE <> 'Y'"),
    (lambda: products().filter(weight=0), "catalog_product", "WEIGHT = 0"),
    (
        lambda: products().filter(code__in=["product-5", "product-6"]),
        "catalog_product",
        "CODE IN ('product-5', 'product-6')",
    ),
    (
        lambda: products().exclude(code__in=["product-5", "product-6"]),
        "catalog_product",
        "CODE IS NULL OR CODE NOT IN ('product-5', 'product-6')",
    ),
    (lambda: Section.objects.filter(iblock_id=23, id__in=[47, 9]), "catalog_section", "ID = 47"),
    (lambda: products().filter(quantity__gt=1), "catalog_product", "QUANTITY > 1"),
    (
        lambda: products().filter(purchasing_price=Decimal("999.9")),
        "catalog_product",
        "PURCHASING_PRICE = 999.9",
    ),
    (lambda: products().filter(vat_id=2), "catalog_product", "VAT_ID = 2"),
    (lambda: products().filter(date_create__gte=DAY), "catalog_product", f"DATE_CREATE >= {STORED}"),
    # orders and prices: the ORM behind a view
    (lambda: Order.objects.filter(status_id="P"), "sale_order", "STATUS_ID = 'P'"),
    (lambda: Order.objects.filter(status_id__in=["P", "F"]), "sale_order", "STATUS_ID IN ('P', 'F')"),
    (lambda: Order.objects.exclude(status_id="P"), "sale_order", "STATUS_ID <> 'P'"),
    (lambda: Order.objects.filter(price__gte=250), "sale_order", "PRICE >= 250"),
    (
        lambda: Order.objects.exclude(recurring_id=1),
        "sale_order",
        "RECURRING_ID IS NULL OR RECURRING_ID <> 1",
    ),
    (lambda: Order.objects.exclude(locked_by=1), "sale_order", "LOCKED_BY IS NULL OR LOCKED_BY <> 1"),
    (lambda: Order.objects.filter(price=Decimal("250.5")), "sale_order", "PRICE = 250.5"),
    (lambda: Order.objects.filter(payed=True), "sale_order", "PAYED = 'Y'"),
    (lambda: Order.objects.filter(person_type_id__in=[2]), "sale_order", "PERSON_TYPE_ID = 2"),
    (lambda: Order.objects.exclude(company_id=1), "sale_order", "COMPANY_ID IS NULL OR COMPANY_ID <> 1"),
    (lambda: Order.objects.filter(date_insert__gte=DAY), "sale_order", f"DATE_INSERT >= {STORED}"),
    (lambda: Order.objects.filter(account_number__startswith="1"), "sale_order", "ACCOUNT_NUMBER LIKE '1%'"),
    (lambda: Price.objects.filter(product_id__in=[5, 6]), "catalog_price", "PRODUCT_ID IN (5, 6)"),
    # calls, storages, RPA, users
    (lambda: CallStatistic.objects.filter(portal_user_id=2), "call_statistic", "PORTAL_USER_ID = 2"),
    (
        lambda: CallStatistic.objects.filter(call_start_date__gte=DAY),
        "call_statistic",
        f"CALL_START_DATE >= {STORED}",
    ),
    (
        lambda: CallStatistic.objects.filter(phone_number__contains="7"),
        "call_statistic",
        "PHONE_NUMBER LIKE '%7%'",
    ),
    (lambda: dishes().filter(sort=100), "entity_item", "SORT = 100"),
    (lambda: dishes().filter(name__contains="7"), "entity_item", "NAME LIKE '%7%'"),
    (lambda: RpaItem.objects.filter(type_id=1, stage_id=2), "rpa_item", "STAGE_ID = 2"),
    (lambda: User.objects.filter(active=True, id__gt=2), "user", "ACTIVE = 'Y' AND ID > 2"),
]


@pytest.mark.parametrize(("rows", "table", "where"), FILTERS)
def test_a_filter_finds_what_it_means(
    works: LocalPortal, client: Portal, rows: Any, table: str, where: str
) -> None:
    assert sorted(row.pk for row in rows()) == works.store.ids(table, where)


@pytest.mark.parametrize(("rows", "table", "where"), FILTERS)
def test_a_count_of_a_filter(works: LocalPortal, client: Portal, rows: Any, table: str, where: str) -> None:
    assert rows().count() == len(works.store.ids(table, where))


UNSAID: list[Any] = [
    lambda: Order.objects.filter(price__in=[100, Decimal("250.5")]),  # a list in place of a number is 1
    lambda: Order.objects.filter(company_id__in=[0, 1]),  # what is no positive number is left out of a list
    lambda: products().filter(purchasing_price__in=[100, 999]),
]


@pytest.mark.parametrize("rows", UNSAID)
def test_a_list_that_a_view_would_misread_is_refused(client: Portal, rows: Any) -> None:
    with pytest.raises(Unsupported, match="price__gte|leaves out of a list"):
        list(rows())


ORDERS: list[tuple[Any, tuple[str, ...], str, str, str]] = [
    (elapsed, ("-seconds", "id"), "elapsed_time", "TASK_ID = 1", "SECONDS DESC, ID"),
    (elapsed, ("created_date",), "elapsed_time", "TASK_ID = 1", "CREATED_DATE, ID"),
    (files, ("name",), "disk_object", "PARENT_ID = 14", "NAME, ID"),
    (elements, ("-name",), "list_element", "", "NAME DESC, ID"),
    (products, ("name",), "catalog_product", "", "NAME, ID"),
    (products, ("-quantity", "id"), "catalog_product", "", "QUANTITY DESC, ID"),
    (Order.objects.all, ("-price", "id"), "sale_order", "", "PRICE DESC, ID"),
    (Order.objects.all, ("account_number",), "sale_order", "", "ACCOUNT_NUMBER, ID"),
    (CallStatistic.objects.all, ("-call_duration",), "call_statistic", "", "CALL_DURATION DESC, ID"),
    (dishes, ("sort", "id"), "entity_item", "", "SORT, ID"),
]


@pytest.mark.parametrize(("rows", "names", "table", "where", "order"), ORDERS)
def test_an_order(
    works: LocalPortal, client: Portal, rows: Any, names: tuple[str, ...], table: str, where: str, order: str
) -> None:
    wanted = [row["ID"] for row in works.store.rows(table, ["ID"], where=where, order=order)]

    assert [row.pk for row in rows().order_by(*names)] == wanted


@pytest.mark.parametrize(
    ("rows", "number"),
    [
        (elapsed, 2),
        (files, 101),
        (elements, 7),
        (products, 7),
        (Order.objects.all, 7),
        (CallStatistic.objects.all, 7),
    ],
)
def test_a_row_by_its_id(client: Portal, rows: Any, number: int) -> None:
    assert rows().get(id=number).pk == number
