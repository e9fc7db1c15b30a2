"""Every kind of list, whole, through its model: what comes is what the store holds.

The lists stand for the ways a method pages: ``start`` of the three families, the number of a page inside
positional arguments, rows to skip, a cursor, and not at all.
"""

from __future__ import annotations

from typing import Any

import pytest

from b24orm import Portal
from b24orm.emulator import LocalPortal
from b24orm.models import (
    BankDetail,
    BasketItem,
    BasketProperty,
    BizprocTask,
    BlogPost,
    Booking,
    CalendarEvent,
    CalendarSection,
    CallStatistic,
    CatalogMeasure,
    CatalogProduct,
    CatalogProductProperty,
    ChecklistItem,
    DealCategory,
    DiskFile,
    DiskFileVersion,
    DiskFolder,
    DiskStorage,
    ElapsedTime,
    EntityItem,
    Extra,
    ListElement,
    ListSection,
    Mailbox,
    MailMessage,
    Message,
    OpenLine,
    Order,
    OrderProperty,
    OrderPropertyGroup,
    OrderPropertyValue,
    OrderPropertyVariant,
    PaymentItemBasket,
    PaymentItemShipment,
    Price,
    PriceTypeGroup,
    PriceTypeLang,
    ProductOffer,
    ProductPropertyEnum,
    ProductPropertyFeature,
    ProductService,
    ProductSku,
    Ratio,
    RequisitePreset,
    RoundingRule,
    RpaItem,
    SalePayment,
    SalePersonType,
    SaleStatus,
    Section,
    Shipment,
    ShipmentItem,
    ShipmentProperty,
    ShipmentPropertyValue,
    StageHistory,
    StoreDocument,
    StoreDocumentContractor,
    StoreDocumentElement,
    Task,
    TaskComment,
    TaskResult,
    TimelineComment,
    TimeRecord,
    TradeBinding,
    TradePlatform,
    UniversalList,
    User,
    WorkflowInstance,
    Workgroup,
)
from tests.conftest import Connect, Serve

ELEMENTS = {"iblock_type_id": "lists", "iblock_id": 41}
OF_DEAL = {"entity_type": "deal", "entity_id": 1}
EVER = {"from_date": "2000-01-01", "to_date": "2037-01-01"}

LISTS: dict[str, tuple[Any, dict[str, Any], str, str]] = {
    "a page's number, positional": (ElapsedTime, {"task_id": 1}, "elapsed_time", "TASK_ID = 1"),
    "all at once, positional": (ChecklistItem, {"task_id": 1}, "checklist_item", "TASK_ID = 1"),
    "all at once, positional, filtered": (TaskComment, {"task_id": 1}, "task_comment", "TASK_ID = 1"),
    "all at once": (TaskResult, {"task_id": 1}, "task_result", "TASK_ID = 1"),
    "all of a span": (CalendarEvent, {"type": "user", "owner_id": 1, **EVER}, "calendar_event", ""),
    "all of an owner": (CalendarSection, {"type": "user", "owner_id": 1}, "calendar_section", "OWNER_ID = 1"),
    "exact offsets, files": (DiskFile, {"folder_id": 14}, "disk_object", "PARENT_ID = 14"),
    "exact offsets, folders": (DiskFolder, {"folder_id": 10}, "disk_object", "PARENT_ID = 10"),
    "exact offsets, versions": (DiskFileVersion, {"file_id": 101}, "disk_version", "OBJECT_ID = 101"),
    "exact offsets, hidden rows": (DiskStorage, {}, "disk_storage", "ENTITY_TYPE <> 'restapp'"),
    "exact offsets, calls": (CallStatistic, {}, "call_statistic", ""),
    "whole pages, elements": (ListElement, ELEMENTS, "list_element", ""),
    "whole pages, sections": (ListSection, ELEMENTS, "list_section", ""),
    "whole pages, lists": (UniversalList, {"iblock_type_id": "lists"}, "iblock", ""),
    "whole pages, items": (EntityItem, {"entity": "dishes"}, "entity_item", ""),
    "whole pages, posts": (BlogPost, {}, "blog_post", ""),
    "controller, counts always": (CatalogProduct, {"iblock_id": 23}, "catalog_product", ""),
    "controller, sections": (Section, {"iblock_id": 23}, "catalog_section", ""),
    "controller, count free": (Order, {}, "sale_order", ""),
    "controller, unordered": (Price, {}, "catalog_price", ""),
    "controller, basket": (BasketItem, {}, "sale_basket_item", ""),
    "controller, payments": (SalePayment, {}, "sale_payment", ""),
    "controller, measures": (CatalogMeasure, {}, "catalog_measure", ""),
    "controller, people": (SalePersonType, {}, "sale_person_type", ""),
    "controller, ids of text": (SaleStatus, {}, "sale_status", ""),
    "controller, one process": (RpaItem, {"type_id": 1}, "rpa_item", ""),
    "controller, tasks": (Task, {}, "task", ""),
    "exact offsets, users": (User, {}, "user", ""),
    "offsets inside PARAMS": (OpenLine, {}, "open_line", ""),
    "controller, no total": (Booking, {}, "booking", ""),
    "cursor": (Message, {"dialog_id": "chat5"}, "im_message", ""),
    "whole pages, comments of a row": (TimelineComment, OF_DEAL, "timeline_comment", "ENTITY_ID = 1"),
    "controller, a journal": (StageHistory, {"entity_type_id": 2}, "stage_history", ""),
    "REST 3.0, of one person": (TimeRecord, {"user_id": 1}, "time_record", "USER_ID = 1"),
    "REST 3.0, pages of a hundred": (Mailbox, {}, "mailbox", ""),
    "REST 3.0, pages of two hundred": (MailMessage, {}, "mail_message", ""),
    "whole pages, groups": (Workgroup, {}, "workgroup", ""),
    "exact offsets, workflows": (WorkflowInstance, {}, "workflow", ""),
    "whole pages, tasks of workflows": (BizprocTask, {}, "workflow_task", ""),
    "all at once, pipelines": (DealCategory, {}, "category", "ENTITY_TYPE_ID = 2"),
    **{
        f"a table alone, {table}": (model, {}, table, "")
        for table, model in {
            "bank_detail": BankDetail,
            "catalog_extra": Extra,
            "catalog_ratio": Ratio,
            "catalog_rounding_rule": RoundingRule,
            "catalog_price_type_group": PriceTypeGroup,
            "catalog_price_type_lang": PriceTypeLang,
            "catalog_product_property": CatalogProductProperty,
            "catalog_product_property_enum": ProductPropertyEnum,
            "catalog_product_property_feature": ProductPropertyFeature,
            "catalog_document": StoreDocument,
            "catalog_document_contractor": StoreDocumentContractor,
            "catalog_document_element": StoreDocumentElement,
            "requisite_preset": RequisitePreset,
            "sale_basket_property": BasketProperty,
            "sale_payment_item_basket": PaymentItemBasket,
            "sale_payment_item_shipment": PaymentItemShipment,
            "sale_property": OrderProperty,
            "sale_property_group": OrderPropertyGroup,
            "sale_property_value": OrderPropertyValue,
            "sale_property_variant": OrderPropertyVariant,
            "sale_shipment": Shipment,
            "sale_shipment_item": ShipmentItem,
            "sale_shipment_property": ShipmentProperty,
            "sale_shipment_property_value": ShipmentPropertyValue,
            "sale_trade_binding": TradeBinding,
            "sale_trade_platform": TradePlatform,
        }.items()
    },
}


@pytest.mark.parametrize("kind", LISTS)
def test_a_list_brings_every_row_once(works: LocalPortal, client: Portal, kind: str) -> None:
    model, parents, table, where = LISTS[kind]
    found = [row.pk for row in model.objects.filter(**parents)]

    assert sorted(found) == works.store.ids(table, where)


@pytest.mark.parametrize("kind", LISTS)
def test_a_count_is_the_number_of_rows(works: LocalPortal, client: Portal, kind: str) -> None:
    model, parents, table, where = LISTS[kind]

    assert model.objects.filter(**parents).count() == works.store.count(table, where)


@pytest.mark.parametrize("kind", LISTS)
def test_a_slice_is_a_part_of_the_list(client: Portal, kind: str) -> None:
    model, parents, _, _ = LISTS[kind]
    rows = model.objects.filter(**parents)
    whole = [row.pk for row in rows]

    assert [row.pk for row in rows[1:3]] == whole[1:3]


@pytest.mark.parametrize(
    "kind", [kind for kind in LISTS if kind not in {"controller, ids of text", "exact offsets, versions"}]
)
def test_rows_can_be_ordered_by_their_ids(works: LocalPortal, client: Portal, kind: str) -> None:
    model, parents, table, where = LISTS[kind]
    found = [row.pk for row in model.objects.filter(**parents).order_by("-id")]

    assert found == works.store.ids(table, where)[::-1]


@pytest.mark.parametrize(
    ("kind", "counted"),
    [
        ("controller, count free", False),
        ("controller, unordered", False),
        ("controller, one process", False),
        ("whole pages, elements", False),
        ("exact offsets, calls", False),
        ("controller, counts always", True),
        ("exact offsets, files", True),
        ("a page's number, positional", True),
    ],
)
def test_rows_are_counted_only_where_nothing_spares_it(
    works: LocalPortal, client: Portal, kind: str, counted: bool
) -> None:
    model, parents, _, _ = LISTS[kind]
    works.stats.reset()
    list(model.objects.filter(**parents))

    assert (works.stats.counted > 0) is counted


@pytest.mark.parametrize(
    ("kind", "requests"),
    [
        ("controller, count free", 3),
        ("controller, counts always", 3),
        ("whole pages, elements", 3),
        ("exact offsets, files", 3),
        ("a page's number, positional", 3),
        ("all at once", 1),
        ("all of a span", 1),
    ],
)
def test_few_requests_are_enough(works: LocalPortal, client: Portal, kind: str, requests: int) -> None:
    model, parents, _, _ = LISTS[kind]
    works.stats.reset()
    list(model.objects.filter(**parents))

    assert works.stats.requests <= requests


@pytest.mark.parametrize(
    ("model", "block", "kind"), [(ProductSku, 23, 3), (ProductOffer, 25, 4), (ProductService, 23, 7)]
)
def test_goods_of_a_kind_are_read_alone(
    serve: Serve, join: Connect, model: Any, block: int, kind: int
) -> None:
    portal = serve(rows={"products": 5, "skus": 60, "offers": 60, "services": 60})
    join(portal)

    found = [row.pk for row in model.objects.filter(iblock_id=block)]

    assert sorted(found) == portal.store.ids("catalog_product", "TYPE = ?", (kind,))
