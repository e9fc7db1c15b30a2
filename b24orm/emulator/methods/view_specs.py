"""The entities of ``catalog.*`` and ``sale.*``: where their rows are, and how their lists differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["VIEWS", "View"]

Counting = Literal["asked", "eager", "paged"]
"""When rows are counted: unless ``start`` is -1; always, though the answer doesn't tell; always, and a page
past the end is the first page again."""


@dataclass(frozen=True, slots=True)
class View:
    """One entity.

    Attributes:
        table: where its rows are.
        scope: the scope that its methods need.
        counting: when its list counts.
        absent: code and text for a row that is not there.
        demands: the names that a list must select, of which ``iblockId`` must stand in the filter.
        iblock: its filter is that of information blocks.
        order: the SQL order of a list that asks for none.
        entity: the entity, where several share a table.
        kinds: the types of products that belong to it, the one of new rows first; all when empty.
        one_page: the list doesn't hear of ``start``: whatever is asked for, the first page comes.
    """

    table: str
    scope: str
    counting: Counting = "asked"
    absent: tuple[str, str] = ("0", "does not exist.")
    demands: tuple[str, ...] = ()
    iblock: bool = False
    order: str = '"ID" ASC'
    entity: str = ""
    kinds: tuple[int, ...] = ()
    one_page: bool = False


_SECTION: Final = ("200700300030", "section does not exist.")
_IN_BLOCK: Final = ("id", "iblockId")


def _product(word: str, entity: str = "", kinds: tuple[int, ...] = ()) -> View:
    absent = ("", f"{word} does not exist.")
    return View(
        "catalog_product", "catalog", "paged", absent, _IN_BLOCK, iblock=True, entity=entity, kinds=kinds
    )


def _catalog(name: str, word: str, code: str = "") -> View:
    """Unordered, and counted only when that is asked for."""
    return View(f"catalog_{name}", "catalog", absent=(code, f"{word} does not exist."), order="")


def _sale(
    name: str, code: str, text: str, *, order: str = '"ID" ASC', asked: bool = False, one_page: bool = False
) -> View:
    """Counted whether it is told or not, save for a few."""
    counting: Counting = "asked" if asked else "eager"
    return View(f"sale_{name}", "sale", counting, (code, text), order=order, one_page=one_page)


VIEWS: Final = (
    _product("product"),
    _product("sku", "ProductSku", (6, 3)),
    _product("offer", "ProductOffer", (4, 5)),
    _product("service", "ProductService", (7,)),
    View("catalog_section", "catalog", "paged", _SECTION, _IN_BLOCK, iblock=True),
    View("catalog_catalog", "catalog", "eager", ("", "catalog does not exist.")),
    _catalog("price", "price"),
    _catalog("price_type", "priceType", "201000000000"),
    _catalog("price_type_group", "priceTypeGroup"),
    _catalog("price_type_lang", "priceTypeLang", "201200000000"),
    _catalog("measure", "measure", "200600000020"),
    _catalog("vat", "vat", "200800000000"),
    _catalog("extra", "extra", "202000000000"),
    _catalog("ratio", "ratio"),
    _catalog("rounding_rule", "roundingRule", "200900000000"),
    _catalog("store", "store", "201100000000"),
    _catalog("store_product", "storeProduct"),
    _catalog("product_property", "productProperty"),
    _catalog("product_property_enum", "productPropertyEnum"),
    _catalog("product_property_feature", "productPropertyFeature"),
    _catalog("document", "document"),
    _catalog("document_contractor", "documentContractor"),
    _catalog("document_element", "element"),
    _sale("order", "200540400001", "order is not exists", asked=True),
    _sale("basket_item", "200140400001", "basket item is not exists", asked=True),
    _sale("basket_property", "200240400003", "basket property is not exists", asked=True),
    _sale("payment", "200640400001", "payment is not exists", asked=True),
    _sale("payment_item_basket", "201240400001", "payment item is not exists"),
    _sale("payment_item_shipment", "201240400001", "payment item is not exists"),
    _sale("shipment", "201140400001", "shipment is not exists"),
    _sale("shipment_item", "201240400001", "shipment item is not exists"),
    _sale("shipment_property", "200840400001", "property is not exists"),
    _sale("shipment_property_value", "201040400001", "Property value has not been found"),
    _sale("status", "201340400001", "status is not exists"),
    _sale("status_lang", "201740400001", "status lang is not exists", order='"STATUS_ID" ASC'),
    _sale("person_type", "200740400001", "person type is not exists"),
    _sale(
        "person_domain",
        "201440400001",
        "business value person domain is not exists",
        order='"PERSON_TYPE_ID" ASC',
    ),
    _sale("property", "200840400001", "property is not exists"),
    _sale("property_group", "200940400001", "property group is not exists", one_page=True),
    _sale("property_variant", "201540400001", "property variant is not exists", one_page=True),
    _sale("property_value", "201040400001", "property value is not exists"),
    _sale("property_relation", "201640400004", "property relation is not exists", order='"PROPERTY_ID" ASC'),
    _sale("trade_binding", "", ""),
    _sale("trade_platform", "", ""),
)
