"""The tables of the catalog and of the shop."""

from __future__ import annotations

from typing import Final

from b24orm.emulator.table_specs import TableSpec
from b24orm.emulator.tables import Column, words

__all__ = ["SHOP_SPECS"]

_FLAGS: Final = dict.fromkeys(words("ACTIVE"), "Y")
_CATALOG: Final = (
    TableSpec(
        "catalog_catalog",
        "CatalogCatalog",
        key="IBLOCK_ID",
        extra=tuple(Column(name, "string", hidden=True) for name in words("XML_ID ORIGINATOR_ID ORIGIN_ID")),
        defaults={"IBLOCK_TYPE_ID": "CRM_PRODUCT_CATALOG"},
    ),
    TableSpec(
        "catalog_product",
        "CatalogProduct",
        extra=(Column("PROPERTY_100", "json", "property"),),
        defaults={
            **_FLAGS,
            "SORT": 500,
            "IBLOCK_ID": 23,
            "TYPE": 1,
            "BUNDLE": "N",
            "AVAILABLE": "Y",
            "VAT_INCLUDED": "N",
            "QUANTITY": 0.0,
            "QUANTITY_RESERVED": 0.0,
            "QUANTITY_TRACE": "N",
            "CAN_BUY_ZERO": "Y",
            "SUBSCRIBE": "Y",
            "PREVIEW_TEXT_TYPE": "text",
            "DETAIL_TEXT_TYPE": "text",
            "BARCODE_MULTI": "N",
            "WITHOUT_ORDER": "N",
        },
        indexes=("IBLOCK_ID",),
    ),
    TableSpec("catalog_section", "Section", defaults={**_FLAGS, "SORT": 500, "IBLOCK_ID": 23}),
    TableSpec("catalog_price", "Price", defaults={"CATALOG_GROUP_ID": 1, "CURRENCY": "USD"}),
    TableSpec("catalog_price_type", "PriceType", defaults={"BASE": "N", "SORT": 100}),
    TableSpec("catalog_measure", "CatalogMeasure", defaults={"IS_DEFAULT": "N"}),
    TableSpec("catalog_vat", "CatalogVat", defaults={**_FLAGS, "SORT": 100}),
    TableSpec("catalog_store", "Store", defaults={**_FLAGS, "SORT": 100}),
    TableSpec("catalog_store_product", "StoreProduct"),
    TableSpec("catalog_price_type_group", "PriceTypeGroup", defaults={"ACCESS": "Y"}),
    TableSpec("catalog_price_type_lang", "PriceTypeLang"),
    TableSpec("catalog_extra", "Extra"),
    TableSpec("catalog_ratio", "Ratio", defaults={"RATIO": 1.0, "IS_DEFAULT": "Y"}),
    TableSpec("catalog_rounding_rule", "RoundingRule"),
    TableSpec(
        "catalog_product_property",
        "CatalogProductProperty",
        defaults={**_FLAGS, "SORT": 500, "IBLOCK_ID": 23, "PROPERTY_TYPE": "S", "MULTIPLE": "N"},
    ),
    TableSpec("catalog_product_property_enum", "ProductPropertyEnum", defaults={"DEF": "N", "SORT": 500}),
    TableSpec("catalog_product_property_feature", "ProductPropertyFeature", defaults={"IS_ENABLED": "N"}),
    TableSpec("catalog_document", "StoreDocument", defaults={"STATUS": "N", "SITE_ID": "s1", "TOTAL": 0.0}),
    TableSpec("catalog_document_contractor", "StoreDocumentContractor"),
    TableSpec("catalog_document_element", "StoreDocumentElement", indexes=("DOC_ID",)),
)
_NUMBER: Final = (Column("ID", "int", "integer", hidden=True),)
"""The number of a row that its methods know nothing of."""

_SALE: Final = (
    TableSpec(
        "sale_order",
        "Order",
        defaults={
            "LID": "s1",
            "PERSON_TYPE_ID": 1,
            "CURRENCY": "USD",
            "PRICE": 0.0,
            "DISCOUNT_VALUE": 0.0,
            "TAX_VALUE": 0.0,
            "STATUS_ID": "N",
            "CANCELED": "N",
            "PAYED": "N",
            "DEDUCTED": "N",
            "MARKED": "N",
            "RECOUNT_FLAG": "Y",
            "UPDATED_1C": "N",
            "EXTERNAL_ORDER": "N",
            "VERSION": 0,
            "USER_ID": 1,
            "REASON_CANCELED": "",
            "USER_DESCRIPTION": "",
            "ADDITIONAL_INFO": "",
            "COMMENTS": "",
        },
        omit=frozenset(
            words(
                "PERSON_TYPE_XML_ID STATUS_XML_ID BASKET_ITEMS CLIENTS PAYMENTS SHIPMENTS PROPERTY_VALUES "
                "REQUISITE_LINK TRADE_BINDINGS"
            )
        ),
    ),
    TableSpec(
        "sale_basket_item",
        "BasketItem",
        defaults={"SORT": 100, "CURRENCY": "USD", "LID": "s1", "CUSTOM_PRICE": "N", "CAN_BUY": "Y"},
        indexes=("ORDER_ID",),
        omit=frozenset(words("PROPERTIES RESERVATIONS")),
    ),
    TableSpec(
        "sale_payment", "SalePayment", defaults={"PAID": "N", "CURRENCY": "USD"}, indexes=("ORDER_ID",)
    ),
    TableSpec("sale_status", "SaleStatus", defaults={"TYPE": "O", "SORT": 100, "NOTIFY": "Y"}),
    TableSpec("sale_person_type", "SalePersonType", defaults={**_FLAGS, "SORT": 100, "LID": "s1"}),
    TableSpec("sale_property", "OrderProperty", defaults={**_FLAGS, "SORT": 100}),
    TableSpec("sale_property_group", "OrderPropertyGroup", defaults={"SORT": 100}),
    TableSpec("sale_property_variant", "OrderPropertyVariant", defaults={"SORT": 100}),
    TableSpec("sale_property_value", "OrderPropertyValue", indexes=("ORDER_ID",)),
    TableSpec("sale_property_relation", "OrderPropertyRelation", extra=_NUMBER),
    TableSpec("sale_basket_property", "BasketProperty", defaults={"SORT": 100}, indexes=("BASKET_ID",)),
    TableSpec("sale_payment_item_basket", "PaymentItemBasket", indexes=("PAYMENT_ID",)),
    TableSpec("sale_payment_item_shipment", "PaymentItemShipment", indexes=("PAYMENT_ID",)),
    TableSpec(
        "sale_shipment",
        "Shipment",
        defaults={
            "STATUS_ID": "DN",
            "ALLOW_DELIVERY": "N",
            "DEDUCTED": "N",
            "MARKED": "N",
            "CANCELED": "N",
            "CURRENCY": "USD",
            "CUSTOM_PRICE_DELIVERY": "N",
        },
        indexes=("ORDER_ID",),
        omit=frozenset({"SHIPMENT_ITEMS"}),
    ),
    TableSpec("sale_shipment_item", "ShipmentItem", indexes=("ORDER_DELIVERY_ID",)),
    TableSpec("sale_shipment_property", "ShipmentProperty", defaults={**_FLAGS, "SORT": 100}),
    TableSpec("sale_shipment_property_value", "ShipmentPropertyValue"),
    TableSpec("sale_status_lang", "SaleStatusLang", extra=_NUMBER),
    TableSpec("sale_person_domain", "BusinessValuePersonDomain", extra=_NUMBER),
    TableSpec("sale_trade_binding", "TradeBinding", indexes=("ORDER_ID",)),
    TableSpec("sale_trade_platform", "TradePlatform"),
)

_PAYMENT: Final = (
    TableSpec(
        "pay_system",
        "SalePaySystem",
        defaults={
            **dict.fromkeys(
                words("HAVE_PAYMENT HAVE_ACTION HAVE_RESULT HAVE_PREPAY HAVE_PRICE IS_CASH"), "N"
            ),
            **dict.fromkeys(words("AUTO_CHANGE_1C CAN_PRINT_CHECK NEW_WINDOW"), "N"),
            **dict.fromkeys(words("ACTIVE ALLOW_EDIT_PAYMENT HAVE_RESULT_RECEIVE"), "Y"),
            "ENTITY_REGISTRY_TYPE": "ORDER",
            "SORT": 100,
        },
    ),
    TableSpec(
        "pay_system_handler",
        "PaySystemHandler",
        extra=(Column("APP_ID", "string", hidden=True),),
    ),
    TableSpec(
        "catalog_image",
        "ProductImage",
        extra=(Column("CONTENT_ID", "int", "integer", hidden=True),),
        indexes=("PRODUCT_ID",),
        omit=frozenset(words("DOWNLOAD_URL DETAIL_URL")),
    ),
)
SHOP_SPECS: Final = (*_CATALOG, *_SALE, *_PAYMENT)
"""What the tables of both are made of."""
