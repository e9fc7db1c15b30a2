"""Product rows, sections, units, rates of VAT and catalogs through the older methods of the CRM."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.calls import Calls, empty_portal, refusal


@pytest.fixture
def portal() -> Calls:
    portal = empty_portal()
    portal.store.insert("deal", {"ID": 7, "TITLE": "Roof"})
    return portal


ROW = {
    "OWNER_TYPE": "D",
    "OWNER_ID": 7,
    "PRODUCT_ID": 1,
    "PRODUCT_NAME": "Tile",
    "PRICE": 12.5,
    "QUANTITY": 4,
}
OF_DEAL = {"OWNER_TYPE": "D", "OWNER_ID": 7}


# ---- product rows


def test_a_product_row_is_made_of_texts(portal: Calls) -> None:
    number = portal("crm.productrow.add", fields=ROW)

    row = portal("crm.productrow.get", id=number)

    assert (row["ID"], row["PRICE"], row["QUANTITY"], row["TAX_INCLUDED"]) == ("1", "12.50", "4.0000", "N")


def test_a_deal_is_worth_its_product_rows(portal: Calls) -> None:
    first = portal("crm.productrow.add", fields=ROW)
    portal("crm.productrow.add", fields=ROW)
    portal("crm.productrow.update", id=first, fields={"PRICE": 10, "QUANTITY": 1})
    portal("crm.productrow.delete", id=first)

    assert portal("crm.deal.get", id=7)["OPPORTUNITY"] == "50.00"


def test_a_product_row_keeps_its_owner(portal: Calls) -> None:
    number = portal("crm.productrow.add", fields=ROW)

    portal("crm.productrow.update", id=number, fields={"OWNER_ID": 99, "PRICE": 1})

    assert portal("crm.productrow.get", id=number)["OWNER_ID"] == "7"


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ({}, "The field OWNER_ID is required in filer.\nThe field OWNER_TYPE is required in filer."),
        ({"OWNER_TYPE": "D"}, "The field OWNER_ID is required in filer."),
        ({"=OWNER_ID": 7, "OWNER_TYPE": "D"}, "The field OWNER_ID is required in filer."),
    ],
)
def test_product_rows_are_those_of_an_owner(portal: Calls, sent: dict[str, Any], text: str) -> None:
    assert refusal(portal, "crm.productrow.list", filter=sent) == ("", text)


@pytest.mark.parametrize(
    ("lacking", "text"),
    [
        ("OWNER_ID", "The field OWNER_ID is required."),
        ("PRODUCT_ID", "Could not find Product ID."),
        ("PRICE", "Could not find Price."),
        ("QUANTITY", "Could not find Quantity."),
    ],
)
def test_a_product_row_that_lacks_something(portal: Calls, lacking: str, text: str) -> None:
    fields = {name: value for name, value in ROW.items() if name != lacking}

    assert refusal(portal, "crm.productrow.add", fields=fields) == ("", text)


@pytest.mark.parametrize(("start", "total", "following"), [(0, 60, 50), (-1, 0, None), (50, 60, None)])
def test_product_rows_are_counted_unless_told_otherwise(
    portal: Calls, start: int, total: int, following: int | None
) -> None:
    portal.store.insert_many("product_row", ({**ROW, "SORT": number} for number in range(60)))

    answer = portal.answer("crm.productrow.list", start, filter=OF_DEAL, order={"ID": "ASC"})

    assert (answer.total, answer.next) == (total, following)


@pytest.mark.parametrize("action", ["update", "delete"])
def test_a_product_row_that_is_not_there(portal: Calls, action: str) -> None:
    assert refusal(portal, f"crm.productrow.{action}", id=5, fields={}) == ("", "Product Row is not found")


# ---- sections: those of catalog.section.*


def test_a_section_is_one_of_the_catalog(portal: Calls) -> None:
    number = portal("crm.productsection.add", fields={"NAME": "Roofs", "SECTION_ID": 47, "CODE": "roofs"})

    found = portal("catalog.section.get", id=number)["section"]

    assert (found["name"], found["iblockId"], found["iblockSectionId"], found["code"]) == (
        "Roofs",
        23,
        47,
        "roofs",
    )


@pytest.mark.parametrize(
    ("sent", "names"),
    [
        ({"NAME": "parts"}, ["Parts"]),
        ({"%NAME": "a"}, ["Machines", "Parts"]),
        ({"CATALOG_ID": 23, "ID": 47}, ["Machines"]),
        ({"CATALOG_ID": 999}, ["Machines", "Parts"]),
        ({"NOTHING": 1}, ["Machines", "Parts"]),
    ],
)
def test_sections_are_found(portal: Calls, sent: dict[str, Any], names: list[str]) -> None:
    rows = portal("crm.productsection.list", filter=sent, order={"ID": "ASC"}, select=["NAME"])

    assert rows == [{"NAME": name} for name in names]


def test_a_section_without_a_name_is_refused(portal: Calls) -> None:
    code, text = refusal(portal, "crm.productsection.add", fields={"CODE": "x"})

    assert (code, text) == ("", "Section name is not specified.")


def test_a_section_is_renamed_and_removed(portal: Calls) -> None:
    portal("crm.productsection.update", id=47, fields={"NAME": "Engines", "CATALOG_ID": 99})
    named = portal("crm.productsection.get", id=47)
    portal("crm.productsection.delete", id=47)

    assert (named["NAME"], named["CATALOG_ID"]) == ("Engines", "23")
    assert refusal(portal, "crm.productsection.get", id=47) == ("", "Product section is not found.")


# ---- units


def test_a_unit_is_one_of_the_catalog(portal: Calls) -> None:
    number = portal("crm.measure.add", fields={"CODE": 112, "MEASURE_TITLE": "Litre", "SYMBOL_RUS": "l"})

    found = portal("catalog.measure.get", id=number)["measure"]

    assert (found["code"], found["measureTitle"], found["symbol"]) == (112, "Litre", "l")


def test_the_code_of_a_unit_comes_along(portal: Calls) -> None:
    assert portal("crm.measure.list", select=["SYMBOL_RUS"], order={"ID": "ASC"})[0] == {
        "SYMBOL_RUS": "m",
        "CODE": "6",
    }


@pytest.mark.parametrize(
    ("fields", "start"),
    [
        ({}, "Please specify a code"),
        ({"CODE": "a1", "MEASURE_TITLE": "x"}, "The CODE of unit of measurement can include only numbers."),
        ({"CODE": 7}, "Please provide the name"),
        ({"CODE": 796, "MEASURE_TITLE": "x"}, 'A unit of measurement with the CODE "796" already exists.'),
    ],
)
def test_a_unit_that_can_not_be_made(portal: Calls, fields: dict[str, Any], start: str) -> None:
    assert refusal(portal, "crm.measure.add", fields=fields)[1].startswith(start)


def test_one_unit_is_the_default(portal: Calls) -> None:
    portal("crm.measure.update", id=1, fields={"IS_DEFAULT": "Y"})
    portal("crm.measure.update", id=5, fields={"IS_DEFAULT": "Y"})

    assert portal.ids("crm.measure.list", filter={"IS_DEFAULT": "Y"}, select=["ID"]) == [5]


def test_a_unit_that_is_not_there_counts_as_removed(portal: Calls) -> None:
    assert portal("crm.measure.delete", id=777) is True


# ---- rates of VAT


def test_a_rate_is_one_of_the_catalog(portal: Calls) -> None:
    number = portal("crm.vat.add", fields={"NAME": "VAT 5%", "RATE": 5, "C_SORT": 300})

    found = portal("catalog.vat.get", id=number)["vat"]

    assert (found["name"], found["rate"], found["sort"]) == ("VAT 5%", 5, 300)


@pytest.mark.parametrize(
    ("sent", "found"), [({">=rate": 10}, [2]), ({"?NAME": "VAT"}, [1, 2]), ({"~NAME": "VAT%"}, [2])]
)
def test_rates_are_found_by_names_in_any_case(portal: Calls, sent: dict[str, Any], found: list[int]) -> None:
    assert sorted(portal.ids("crm.vat.list", filter=sent)) == found


def test_what_no_rate_has_can_not_be_selected(portal: Calls) -> None:
    assert refusal(portal, "crm.vat.list", select=["name"]) == ("", "Inadmissible fields for selection")


def test_a_changed_rate_answers_its_number(portal: Calls) -> None:
    assert portal("crm.vat.update", id=2, fields={"RATE": 22}) == 2


@pytest.mark.parametrize(
    ("method", "params", "text"),
    [
        ("get", {"id": 9}, "VAT rate not found."),
        ("add", {"fields": {"ID": 4}}, "Invalid parameters."),
        ("add", {"fields": {"NAME": "x"}}, "Error on creating VAT rate."),
        ("update", {"fields": {"NAME": "x"}}, "Invalid identifier."),
        ("update", {"id": 9, "fields": {"NAME": "x"}}, "Error on updating VAT rate."),
        ("delete", {"id": 0}, "Invalid identifier."),
    ],
)
def test_what_rates_refuse(portal: Calls, method: str, params: dict[str, Any], text: str) -> None:
    assert refusal(portal, f"crm.vat.{method}", **params) == ("", text)


# ---- catalogs and fields


def test_the_catalog_is_that_of_the_products(portal: Calls) -> None:
    (row,) = portal("crm.catalog.list", filter={"%NAME": "cat"})

    assert row == portal("crm.catalog.get", id=23)


@pytest.mark.parametrize(
    ("family", "name", "type"),
    [
        ("productrow", "QUANTITY", "double"),
        ("productsection", "SECTION_ID", "integer"),
        ("measure", "SYMBOL_RUS", "string"),
        ("vat", "C_SORT", "integer"),
        ("address", "CITY", "string"),
        ("requisite.link", "MC_REQUISITE_ID", "integer"),
        ("timeline.bindings", "ENTITY_TYPE", "string"),
        ("dealcategory", "SORT", "integer"),
        ("multifield", "VALUE", "string"),
    ],
)
def test_the_fields_of_small_entities(portal: Calls, family: str, name: str, type: str) -> None:
    assert portal(f"crm.{family}.fields")[name]["type"] == type
