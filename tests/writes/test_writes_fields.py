"""Fields of every type: given by name or by number, cleared by None, alike in both families of methods."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from b24orm import Money, Portal
from b24orm.emulator import LocalPortal
from b24orm.entity import types as t
from b24orm.errors import InvalidValue
from b24orm.facts import load
from b24orm.models import Company, Contact, Deal, DealItem
from b24orm.schema import FieldSchema, extended
from tests.writes.test_writes_instances import sent

OWN = (
    FieldSchema(
        name="color", wire="UF_CRM_COLOR", type="enumeration", enum=("1", "2"), titles=("Red", "Blue")
    ),
    FieldSchema(
        name="sizes",
        wire="UF_CRM_SIZES",
        type="enumeration",
        multiple=True,
        enum=("3", "4"),
        titles=("S", "L"),
    ),
    FieldSchema(name="price", wire="UF_CRM_PRICE", type="money"),
    FieldSchema(name="seen", wire="UF_CRM_SEEN", type="datetime"),
)
TYPES = {"COLOR": "enumeration", "SIZES": "enumeration", "PRICE": "money", "SEEN": "datetime"}


class Car(
    Deal,
    schema=extended(
        load("Deal"), fields=OWN, enums={"stage_id": ("NEW", "WON")}, titles={"stage_id": ("New", "Sold")}
    ),
):
    """A deal with fields of the portal's own."""

    color: t.Integer = t.UNSET
    sizes: t.Integers = t.UNSET
    price: t.Money = t.UNSET
    seen: t.DateTime = t.UNSET


class CarItem(DealItem, schema=extended(load("DealItem"), fields=OWN)):
    """The same as an item."""

    color: t.Integer = t.UNSET
    sizes: t.Integers = t.UNSET
    price: t.Money = t.UNSET
    seen: t.DateTime = t.UNSET


@pytest.fixture(autouse=True)
def fields(client: Portal) -> None:
    """The portal's own fields."""
    for name, kind in TYPES.items():
        several = "Y" if name == "SIZES" else "N"
        fields = {"FIELD_NAME": name, "USER_TYPE_ID": kind, "MULTIPLE": several, "EDIT_FORM_LABEL": name}
        client.call("crm.deal.userfield.add", {"fields": fields})


def again(row: Any) -> Any:
    """The row as the portal has it."""
    fresh = type(row)(id=row.id)
    fresh.refresh_from_db()
    return fresh


@pytest.mark.parametrize("model", [Car, CarItem])
@pytest.mark.parametrize(("color", "sizes"), [("Red", ["S", "L"]), (1, [3, 4]), ("1", ("3", "4"))])
def test_values_of_lists_are_given_by_title_or_by_number(model: Any, color: Any, sizes: Any) -> None:
    car = model.objects.create(title="car", color=color, sizes=sizes)
    assert (again(car).color, list(again(car).sizes)) == (1, [3, 4])
    car.color = "Blue"
    car.save()
    assert again(car).color == 2


def test_a_stage_is_given_by_its_title(client: Portal) -> None:
    car = Car.objects.create(title="car", stage="Sold")
    assert client.call("crm.deal.get", {"id": car.id})["STAGE_ID"] == "WON"


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"color": "Rde"}, r"did you mean 'Red'"),
        ({"color": 7}, r"Deal\.color can't be 7"),
        ({"sizes": ["S", "XL"]}, r"Deal\.sizes can't be 'XL'"),
        ({"stage": "Slod"}, r"did you mean 'Sold'"),
    ],
)
def test_a_title_that_there_is_not_is_refused_before_sending(
    desk: LocalPortal, values: dict[str, Any], text: str
) -> None:
    before = desk.stats.requests
    with pytest.raises(InvalidValue, match=text):
        Car(title="car", **values)
    assert desk.stats.requests == before


@pytest.mark.parametrize("model", [Car, CarItem])
def test_money_is_written_and_read(client: Portal, model: Any) -> None:
    car = model.objects.create(title="car", price=Money(1500, "USD"))
    assert again(car).price == Money(1500, "USD")
    assert client.call("crm.deal.get", {"id": car.id})["UF_CRM_PRICE"] == "1500|USD"
    car.price = "7.50|EUR"
    car.save()
    assert again(car).price == Money("7.5", "EUR")


FULL: dict[str, Any] = {
    "title": "car",
    "opportunity": Decimal(5),
    "closedate": date(2026, 2, 3),
    "source_description": "text",
    "assigned_by_id": 1,
    "color": "Red",
    "sizes": ["S"],
    "price": Money(1, "USD"),
    "seen": datetime(2026, 2, 3, 4, 5, tzinfo=timezone.utc),
}


@pytest.mark.parametrize("model", [Car, CarItem])
@pytest.mark.parametrize(
    ("name", "empty"),
    [
        ("closedate", None),
        ("company", None),
        ("contact_ids", []),
        ("source_description", None),
        ("opportunity", None),
        ("color", None),
        ("sizes", []),
        ("price", None),
        ("seen", None),
    ],
)
def test_none_clears_a_field_and_nothing_else(model: Any, name: str, empty: Any) -> None:
    company, ann = Company.objects.create(title="Acme"), Contact.objects.create(name="Ann")
    car = model.objects.create(**FULL, company=company, contact_ids=[ann])
    car = again(car)
    whole = {key: value for key, value in vars(car).items() if key not in {"updated_time", "date_modify"}}
    setattr(car, name, empty)
    car.save()
    field = {"company": "company_id"}.get(name, name)
    cleared = vars(again(car)).get(field)  # classic methods tell no contact_ids
    assert not cleared or cleared == 0
    untouched = whole.keys() - {field, "contact_id", "contacts", "tax_value", "opportunity_account"}
    after = vars(again(car))
    assert {key: after[key] for key in untouched if after.get(key) != whole[key]} == {}


def test_a_date_is_the_portals_and_an_instant_keeps_its_zone(client: Portal) -> None:
    noon = datetime(2026, 2, 3, 12, tzinfo=timezone(timedelta(hours=9)))
    aware = Car.objects.create(title="car", seen=noon, begindate=date(2026, 2, 3))
    naive = Car.objects.create(title="car", seen=datetime(2026, 2, 3, 12))  # the portal's own noon
    assert again(aware).seen == noon
    assert again(naive).seen.replace(tzinfo=None) == datetime(2026, 2, 3, 12)
    assert again(aware).begindate == date(2026, 2, 3)


def test_setting_what_is_there_already_sends_nothing(desk: LocalPortal) -> None:
    car = again(Car.objects.create(**FULL))
    assert sent(desk, car.save) == 0
