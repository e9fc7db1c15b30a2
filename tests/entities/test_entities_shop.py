"""Ways to pay, pictures of products and lists of the shop, through their models."""

from __future__ import annotations

from typing import Any

import pytest

from b24orm import Portal
from b24orm.emulator import LocalPortal
from b24orm.models import (
    BusinessValuePersonDomain,
    OrderPropertyRelation,
    PaySystemHandler,
    PriceTypeLanguage,
    ProductImage,
    RoundType,
    SaleLanguage,
    SalePaySystem,
    SaleStatusLang,
    StoreDocumentType,
)

SETTINGS = {"CODES": {"KEY": {"NAME": "Key"}}, "FORM_DATA": {"ACTION_URI": "https://pay.example/"}}


@pytest.fixture(autouse=True)
def _connected(writer: Portal) -> None:
    """The default connection, to the shed."""


def test_a_way_to_pay_is_written(shed: LocalPortal) -> None:
    made = SalePaySystem.objects.create(name="Card", action_file="cash", person_type_id=1)
    made.name = "Credit card"
    made.save()

    assert [row.name for row in SalePaySystem.objects.filter(id=made.id)] == ["Credit card"]


def test_a_way_to_pay_is_removed(shed: LocalPortal) -> None:
    SalePaySystem.objects.get(id=1).delete()

    assert list(SalePaySystem.objects.all()) == []


def test_a_handler_is_written(shed: LocalPortal) -> None:
    made = PaySystemHandler.objects.create(name="Cards", code="cards", settings=SETTINGS)
    made.name = "Bank cards"
    made.save()

    assert [(row.id, row.name, row.settings) for row in PaySystemHandler.objects.all()] == [
        (made.id, "Bank cards", SETTINGS)
    ]


def test_pictures_of_a_product_are_read(shed: LocalPortal) -> None:
    shed.store.insert("catalog_image", {"ID": 4, "NAME": "roof.png", "PRODUCT_ID": 1, "TYPE": "MORE_PHOTO"})

    assert [row.name for row in ProductImage.objects.filter(product_id=1)] == ["roof.png"]


@pytest.mark.parametrize(
    ("model", "key"),
    [(RoundType, 1), (StoreDocumentType, "A"), (PriceTypeLanguage, "en"), (SaleLanguage, "en")],
)
def test_what_never_changes_is_read(model: Any, key: object) -> None:
    assert key in {row.pk for row in model.objects.all()}


@pytest.mark.parametrize(
    ("model", "shared", "own"),
    [
        (OrderPropertyRelation, {"property_id": 1, "entity_type": "P"}, [{"entity_id": 1}, {"entity_id": 2}]),
        (BusinessValuePersonDomain, {"person_type_id": 1}, [{"domain": "I"}, {"domain": "E"}]),
        (SaleStatusLang, {"status_id": "N"}, [{"lid": "en", "name": "New"}, {"lid": "de", "name": "Neu"}]),
    ],
)
def test_rows_that_share_what_they_point_to_are_all_read(
    shed: LocalPortal, model: Any, shared: dict[str, Any], own: list[dict[str, Any]]
) -> None:
    for values in own:
        model.objects.create(**shared, **values)
    (name,) = own[0].keys() - {"name"}
    found = [row for row in model.objects.all() if all(getattr(row, key) == shared[key] for key in shared)]
    assert [getattr(row, name) for row in found[-2:]] == [values[name] for values in own]
