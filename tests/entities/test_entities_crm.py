"""What the CRM keeps beside its great tables, through its models: written, read, found, changed, removed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from b24orm import Portal
from b24orm.emulator import LocalPortal
from b24orm.models import (
    Activity,
    ActivityBinding,
    Address,
    Catalog,
    LegacyProductRow,
    Measure,
    ProductSection,
    RequisiteCountry,
    RequisiteLink,
    RequisitePresetField,
    StageHistory,
    StatusEntityType,
    TimelineBinding,
    TimelineNote,
    UserFieldType,
    Vat,
)
from tests.conftest import Connect, Serve


class FirmField(RequisitePresetField, preset_id=1):
    """The fields of the first template."""


@pytest.fixture
def shop(serve: Serve) -> LocalPortal:
    """A portal with two deals of a company that has requisites."""
    portal = serve(deals=2, companies=1, activities=1)
    portal.store.insert("requisite", {"ID": 3, "ENTITY_TYPE_ID": 4, "ENTITY_ID": 1, "PRESET_ID": 1})
    return portal


@pytest.fixture
def client(shop: LocalPortal, join: Connect) -> Portal:
    return join(shop)


# ---- product rows of old


def _row(owner: int = 1, **values: object) -> LegacyProductRow:
    fields = {"owner_type": "D", "owner_id": owner, "product_id": 1, "price": 10, "quantity": 2}
    return LegacyProductRow.objects.create(**{**fields, **values})  # type: ignore[arg-type]


def test_a_product_row_of_old_is_read_again(client: Portal) -> None:
    number = _row(product_name="Tile").id
    found = LegacyProductRow.objects.get(owner_type="D", owner_id=1, id=number)

    assert (found.product_name, found.price, found.quantity) == ("Tile", Decimal(10), Decimal(2))


def test_a_product_row_of_old_is_changed(shop: LocalPortal, client: Portal) -> None:
    row = _row()
    row.quantity = 5
    row.save()

    assert shop.store.get("deal", 1)["OPPORTUNITY"] == 50  # type: ignore[index]


def test_a_product_row_of_old_is_removed(shop: LocalPortal, client: Portal) -> None:
    row = _row()
    row.delete()

    assert shop.store.count("product_row") == 0


def test_many_product_rows_of_old(shop: LocalPortal, client: Portal) -> None:
    made = ({"OWNER_TYPE": "D", "OWNER_ID": 2, "PRODUCT_ID": 1, "PRICE": n} for n in range(130))
    shop.store.insert_many("product_row", made)
    found = [row.id for row in LegacyProductRow.objects.filter(owner_type="D", owner_id=2)]

    assert sorted(found) == shop.store.ids("product_row")


# ---- sections, units, rates, catalogs


@pytest.mark.parametrize("model", [ProductSection, Measure, Vat, Catalog])
def test_rows_of_old_come_whole(shop: LocalPortal, client: Portal, model: type[Vat]) -> None:
    tables = {
        "ProductSection": "catalog_section",
        "Measure": "catalog_measure",
        "Vat": "catalog_vat",
        "Catalog": "catalog_catalog",
    }
    found = [row.pk for row in model.objects.all()]

    assert sorted(found) == shop.store.ids(tables[model.__name__])


def test_a_section_of_old_is_written(shop: LocalPortal, client: Portal) -> None:
    row = ProductSection.objects.create(name="Roofs", section_id=47)
    row.name = "Tiles"
    row.save()
    kept = shop.store.get("catalog_section", row.id) or {}

    assert (kept["NAME"], kept["IBLOCK_SECTION_ID"], kept["IBLOCK_ID"]) == ("Tiles", 47, 23)


def test_sections_of_old_are_found(client: Portal) -> None:
    assert [row.name for row in ProductSection.objects.filter(name="Parts")] == ["Parts"]


def test_a_unit_is_written(shop: LocalPortal, client: Portal) -> None:
    row = Measure.objects.create(code=112, measure_title="Litre", symbol_rus="l")
    row.measure_title = "Liter"
    row.save()
    kept = shop.store.get("catalog_measure", row.id) or {}

    assert (kept["CODE"], kept["MEASURE_TITLE"], kept["SYMBOL"]) == (112, "Liter", "l")


def test_a_unit_is_removed(shop: LocalPortal, client: Portal) -> None:
    Measure.objects.get(code=796).delete()

    assert shop.store.ids("catalog_measure") == [1]


def test_a_rate_is_written(shop: LocalPortal, client: Portal) -> None:
    row = Vat.objects.create(name="VAT 5%", rate=5)
    row.rate = Decimal("5.5")
    row.save()

    assert (shop.store.get("catalog_vat", row.id) or {})["RATE"] == 5.5


def test_rates_are_found_in_their_order(client: Portal) -> None:
    assert [row.id for row in Vat.objects.filter(id__gt=0).order_by("-id")] == [2, 1]


# ---- what has no number


def test_an_address_is_written(shop: LocalPortal, client: Portal) -> None:
    Address.objects.create(type_id=1, entity_type_id=8, entity_id=3, city="Riga")

    assert [row["CITY"] for row in shop.store.rows("address")] == ["Riga"]


def test_addresses_of_a_client_are_read(client: Portal) -> None:
    for kind in (1, 6):
        Address.objects.create(type_id=kind, entity_type_id=8, entity_id=3, city=f"City {kind}")
    found = Address.objects.filter(anchor_type_id=4, anchor_id=1).order_by("city")

    assert [(row.city, row.type_id) for row in found] == [("City 1", 1), ("City 6", 6)]


def test_many_addresses_come_once_each(shop: LocalPortal, client: Portal) -> None:
    made = ({"TYPE_ID": 1, "ENTITY_TYPE_ID": 8, "ENTITY_ID": n, "CITY": f"City {n}"} for n in range(130))
    shop.store.insert_many("address", made)

    assert {row.entity_id for row in Address.objects.all()} == set(range(130))


def test_a_link_is_written_and_read(shop: LocalPortal, client: Portal) -> None:
    shop.store.update("deal", 1, {"COMPANY_ID": 1})
    targets = {"requisite_id": 3, "bank_detail_id": 0, "mc_requisite_id": 0, "mc_bank_detail_id": 0}
    RequisiteLink.objects.create(entity_type_id=2, entity_id=1, **targets)
    found = RequisiteLink.objects.filter(entity_type_id=2)

    assert [(row.entity_id, row.requisite_id) for row in found] == [(1, 3)]


def test_a_comment_is_bound_to_a_second_row(client: Portal) -> None:
    TimelineBinding.objects.create(owner_id=11, entity_id=2, entity_type="deal")

    assert [row.entity_id for row in TimelineBinding.objects.filter(owner_id=11)] == [2]


def test_the_rows_of_an_activity_are_read(shop: LocalPortal, client: Portal) -> None:
    (bound,) = Activity.objects.all()
    found = ActivityBinding.objects.filter(activity_id=bound.id)

    assert [(row.entity_type_id, row.entity_id) for row in found] == [(2, bound.owner_id)]


def test_the_journal_of_a_seeded_deal_ends_where_it_stands(shop: LocalPortal, client: Portal) -> None:
    entries = StageHistory.objects.filter(entity_type_id=2, owner_id=1).order_by("id")

    assert [row.stage_id for row in entries][-1] == (shop.store.get("deal", 1) or {})["STAGE_ID"]


# ---- directories


def test_the_fields_of_a_template_are_written(shop: LocalPortal, client: Portal) -> None:
    shop.store.insert("requisite_preset", {"ID": 1, "NAME": "Firm", "COUNTRY_ID": 122})
    made = FirmField.objects.create(field_name="RQ_NAME", sort=510)
    made.field_name, made.sort = "RQ_INN", 520
    made.save()

    assert [(row.id, row.field_name, row.sort) for row in FirmField.objects.all()] == [(1, "RQ_INN", 520)]


def test_a_field_of_a_template_is_removed(shop: LocalPortal, client: Portal) -> None:
    shop.store.insert("requisite_preset", {"ID": 1, "NAME": "Firm", "COUNTRY_ID": 122})
    FirmField.objects.create(field_name="RQ_NAME").delete()

    assert shop.store.count("preset_field") == 0


@pytest.mark.parametrize(
    ("model", "code"),
    [(StatusEntityType, "DEAL_STAGE"), (RequisiteCountry, 122), (UserFieldType, "enumeration")],
)
def test_what_never_changes_is_read(client: Portal, model: type[StatusEntityType], code: object) -> None:
    assert code in {row.pk for row in model.objects.all()}


# ---- notes


def test_a_note_is_saved_beside_an_activity(shop: LocalPortal, client: Portal) -> None:
    (bound,) = Activity.objects.all()

    class Beside(TimelineNote, owner_type_id=2, owner_id=bound.owner_id, item_type=2, item_id=bound.id):
        """What is noted beside the call."""

    Beside(text="Call again").save()

    assert [row["TEXT"] for row in shop.store.rows("timeline_note")] == ["Call again"]
