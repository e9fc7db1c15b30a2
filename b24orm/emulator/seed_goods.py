"""Seeded goods and orders."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from b24orm.emulator.seed_dice import Dice, always, load_columns
from b24orm.emulator.seed_words import GOODS
from b24orm.emulator.store import Store

__all__ = ["CATALOG", "add_catalog", "add_kinds", "add_orders"]

CATALOG: Final = 23
"""The information block of the seeded catalog."""


_OFFERS: Final = 25
"""The information block of the variants of its goods, where any are asked for."""


def add_catalog(store: Store, dice: Dice, count: int) -> None:
    store.insert("catalog_catalog", {"ID": CATALOG, "IBLOCK_ID": CATALOG, "NAME": "Catalog", "LID": "s1"})
    load_columns(
        store, "catalog_section", "ID NAME IBLOCK_ID", (47, 48), ("Machines", "Parts"), (CATALOG, CATALOG)
    )
    load_columns(store, "catalog_vat", "ID NAME RATE", (1, 2), ("No VAT", "VAT 20%"), (None, 20.0))
    load_columns(
        store,
        "catalog_measure",
        "ID CODE MEASURE_TITLE SYMBOL",
        (1, 5),
        (6, 796),
        ("Metre", "Piece"),
        ("m", "pc."),
    )
    store.insert("catalog_price_type", {"ID": 1, "NAME": "BASE", "BASE": "Y"})
    store.insert("catalog_store", {"ID": 1, "TITLE": "Main", "ADDRESS": "1 Dock Road"})
    ids = range(1, count + 1)
    load_columns(
        store,
        "catalog_product",
        "ID NAME CODE ACTIVE IBLOCK_SECTION_ID QUANTITY PURCHASING_PRICE PURCHASING_CURRENCY VAT_ID MEASURE "
        "WEIGHT XML_ID DATE_CREATE TIMESTAMP_X CREATED_BY MODIFIED_BY PROPERTY_100",
        ids,
        [f"{what} {number}" for number, what in zip(ids, dice.pick(GOODS, count), strict=True)],
        [f"product-{number}" if number % 4 else None for number in ids],
        dice.pick(("Y", "Y", "Y", "N"), count),
        dice.pick((47, 48, None), count),
        dice.pick((0.0, 1.0, 10.5), count),
        dice.pick((None, 100.0, 999.9), count),
        always("USD", count),
        dice.pick((1, 2, None), count),
        always(5, count),
        dice.pick((None, 0.0, 12.5), count),
        [str(number) for number in ids],
        dice.moments(count),
        dice.moments(count),
        always(1, count),
        always(1, count),
        [json.dumps({"value": f"v{number}", "valueId": str(9000 + number)}) for number in ids],
    )
    prices = [float(number % 9 * 10 + 1) for number in ids]
    load_columns(
        store,
        "catalog_price",
        "ID PRODUCT_ID PRICE PRICE_SCALE TIMESTAMP_X",
        ids,
        ids,
        prices,
        prices,
        dice.moments(count),
    )


def add_kinds(store: Store, first: int, sizes: Mapping[str, int]) -> None:
    """Goods that come in variants, the variants in a catalog of their own, and services."""
    if sizes["offers"]:
        store.insert(
            "catalog_catalog",
            {
                "ID": _OFFERS,
                "IBLOCK_ID": _OFFERS,
                "NAME": "Offers",
                "LID": "s1",
                "PRODUCT_IBLOCK_ID": CATALOG,
                "SKU_PROPERTY_ID": 97,
            },
        )
    for kind, type_number, block in (("skus", 3, CATALOG), ("offers", 4, _OFFERS), ("services", 7, CATALOG)):
        ids = range(first, first + sizes[kind])
        names = [f"{kind.capitalize()[:-1]} {number}" for number in ids]
        load_columns(
            store,
            "catalog_product",
            "ID NAME TYPE IBLOCK_ID",
            ids,
            names,
            always(type_number, len(ids)),
            always(block, len(ids)),
        )
        first += sizes[kind]


def add_orders(store: Store, dice: Dice, staff: Sequence[int], count: int) -> None:
    load_columns(
        store,
        "sale_status",
        "ID TYPE SORT",
        ("N", "P", "F", "DN"),
        ("O", "O", "O", "D"),
        (100, 130, 200, 300),
    )
    load_columns(
        store,
        "sale_person_type",
        "ID NAME CODE",
        (1, 2),
        ("Person", "Company"),
        ("CRM_CONTACT", "CRM_COMPANY"),
    )
    store.insert("pay_system", {"ID": 1, "NAME": "Cash", "PSA_NAME": "Cash", "ACTION_FILE": "cash"})
    store.update("pay_system", 1, {"PERSON_TYPE_ID": 1, "IS_CASH": "Y"})
    ids, moments = range(1, count + 1), dice.moments(count)
    load_columns(
        store,
        "sale_order",
        "ID ACCOUNT_NUMBER PERSON_TYPE_ID STATUS_ID PRICE CURRENCY USER_ID RESPONSIBLE_ID PAYED DATE_INSERT "
        "DATE_UPDATE DATE_STATUS COMPANY_ID DISCOUNT_VALUE",
        ids,
        [str(number) for number in ids],
        dice.pick((1, 2), count),
        dice.pick(("N", "P", "F"), count),
        dice.pick((0.0, 100.0, 250.5, 9999.99), count),
        dice.pick(("USD", "EUR"), count),
        dice.pick(staff, count),
        dice.pick((*staff, None), count),
        dice.pick(("Y", "N"), count),
        moments,
        moments,
        moments,
        dice.pick((None, 1, 2), count),
        dice.pick((0.0, 5.5), count),
    )
    load_columns(
        store,
        "sale_basket_item",
        "ID ORDER_ID PRODUCT_ID NAME PRICE QUANTITY DATE_INSERT",
        ids,
        ids,
        ids,
        dice.pick(GOODS, count),
        dice.pick((100.0, 250.5), count),
        dice.pick((1.0, 2.0), count),
        moments,
    )
    load_columns(
        store,
        "sale_payment",
        "ID ORDER_ID SUM PAID",
        ids,
        ids,
        dice.pick((100.0, 250.5), count),
        dice.pick(("Y", "N"), count),
    )
