"""Seeded rows of what few portals have much of: asked for by the name of the table, and none by default.

Values follow from the kind of a column: numbers point at the first rows of what they refer to, names tell
their row, flags and prices alternate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from b24orm.emulator.seed_dice import Dice, load_columns
from b24orm.emulator.store import Store
from b24orm.emulator.tables import Column, words

__all__ = ["PARTS", "add_parts"]

PARTS: Final[Mapping[str, str]] = {
    "catalog_extra": "NAME PERCENTAGE",
    "catalog_ratio": "PRODUCT_ID RATIO",
    "catalog_rounding_rule": "CATALOG_GROUP_ID PRICE ROUND_TYPE ROUND_PRECISION",
    "catalog_price_type_group": "CATALOG_GROUP_ID GROUP_ID",
    "catalog_price_type_lang": "CATALOG_GROUP_ID LANG NAME",
    "catalog_product_property": "NAME CODE",
    "catalog_product_property_enum": "PROPERTY_ID VALUE XML_ID",
    "catalog_product_property_feature": "PROPERTY_ID MODULE_ID FEATURE_ID",
    "catalog_document": "DOC_TYPE TITLE RESPONSIBLE_ID CURRENCY DATE_CREATE",
    "catalog_document_contractor": "DOCUMENT_ID ENTITY_TYPE_ID ENTITY_ID",
    "catalog_document_element": "DOC_ID ELEMENT_ID AMOUNT PURCHASING_PRICE",
    "bank_detail": "ENTITY_ID COUNTRY_ID NAME RQ_ACC_NUM DATE_CREATE",
    "list_section": "NAME CODE DATE_CREATE",
    "mailbox": "NAME EMAIL SENDER_NAME",
    "mail_message": "MAILBOX_ID MAILBOX_EMAIL SUBJECT FROM TO DATE IS_SEEN HAS_ATTACHMENTS BODY",
    "requisite_preset": "COUNTRY_ID NAME DATE_CREATE",
    "sale_basket_property": "BASKET_ID NAME VALUE CODE",
    "sale_payment_item_basket": "PAYMENT_ID BASKET_ID QUANTITY",
    "sale_payment_item_shipment": "PAYMENT_ID SHIPMENT_ID",
    "sale_property": "PERSON_TYPE_ID NAME TYPE CODE PROPS_GROUP_ID",
    "sale_property_group": "PERSON_TYPE_ID NAME",
    "sale_property_relation": "PROPERTY_ID ENTITY_ID ENTITY_TYPE",
    "sale_property_value": "ORDER_ID ORDER_PROPS_ID NAME VALUE CODE",
    "sale_property_variant": "ORDER_PROPS_ID NAME VALUE",
    "sale_shipment": "ORDER_ID DELIVERY_ID PRICE_DELIVERY DATE_INSERT",
    "sale_shipment_item": "ORDER_DELIVERY_ID BASKET_ID QUANTITY",
    "sale_shipment_property": "PERSON_TYPE_ID PROPS_GROUP_ID NAME TYPE CODE",
    "sale_shipment_property_value": "SHIPMENT_ID SHIPMENT_PROPS_ID NAME VALUE",
    "sale_status_lang": "STATUS_ID LID NAME",
    "sale_trade_binding": "ORDER_ID TRADING_PLATFORM_ID",
    "sale_trade_platform": "CODE NAME ACTIVE",
    "stage_history": "OWNER_TYPE_ID OWNER_ID TYPE_ID CREATED_TIME STAGE_ID STAGE_SEMANTIC_ID CATEGORY_ID",
    "time_record": "USER_ID START_TIME END_TIME DURATION",
    "workgroup": "NAME OPENED DATE_CREATE DATE_UPDATE DATE_ACTIVITY",
    "timeline_comment": "ENTITY_TYPE ENTITY_ID COMMENT AUTHOR_ID CREATED",
}
"""The columns that a seeded row of these tables has, beside its number."""

_TEXTS: Final[Mapping[str, str]] = {
    "CURRENCY": "USD",
    "DOC_TYPE": "A",
    "ENTITY_TYPE": "deal",
    "LANG": "en",
    "LID": "en",
    "MODULE_ID": "catalog",
    "STAGE_ID": "NEW",
    "STAGE_SEMANTIC_ID": "P",
    "TYPE": "STRING",
}


def add_parts(store: Store, dice: Dice, sizes: Mapping[str, int]) -> None:
    """Fill the tables of :data:`PARTS`.

    Args:
        store: the store.
        dice: random columns.
        sizes: numbers of rows by table; none of those left out.
    """
    for table, names in PARTS.items():
        count = sizes.get(table, 0)
        if count:
            columns = [_column(dice, store.table(table).columns[name], count) for name in words(names)]
            load_columns(store, table, f"ID {names}", range(1, count + 1), *columns)


def _column(dice: Dice, column: Column, count: int) -> Sequence[Any]:
    return [2] * count if column.name == "OWNER_TYPE_ID" else _VALUES[column.kind](dice, column, count)


def _texts(dice: Dice, column: Column, count: int) -> Sequence[Any]:
    del dice
    fixed = _TEXTS.get(column.name)
    if fixed is not None:
        return [fixed] * count
    return [f"{column.name.capitalize()} {number}" for number in range(1, count + 1)]


def _picked(values: Sequence[Any], dice: Dice, column: Column, count: int) -> Sequence[Any]:
    del column
    return dice.pick(values, count)


def _moments(dice: Dice, column: Column, count: int) -> Sequence[Any]:
    del column
    return dice.moments(count)


_VALUES: Final[Mapping[str, Callable[[Dice, Column, int], Sequence[Any]]]] = {
    "string": _texts,
    "char": partial(_picked, ("Y", "N")),
    "int": partial(_picked, (1, 2)),
    "double": partial(_picked, (1.0, 2.5, 100.0)),
    "datetime": _moments,
    "date": lambda dice, column, count: [moment[:10] for moment in _moments(dice, column, count)],
    "json": partial(_picked, (None,)),
}
