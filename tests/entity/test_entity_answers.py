"""Rows as the server answers them, in each family's shapes, become values of the fields' types."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from b24orm import Address, Binding, Money, StoredFile, facts, models
from b24orm.entity import types as t
from b24orm.entity.rows import hydrate
from b24orm.entity.types import MultiField
from b24orm.errors import InvalidRow
from b24orm.schema import FieldSchema, extended

MSK = timezone(timedelta(hours=3))

KINDS = {
    "flag": "boolean",
    "color": "enumeration",
    "colors": "enumeration",
    "day": "date",
    "moment": "datetime",
    "sum": "money",
    "sums": "money",
    "place": "address",
    "boss": "employee",
    "bosses": "employee",
    "tie": "crm",
    "ties": "crm",
    "paper": "file",
    "papers": "file",
    "booked": "resourcebooking",
    "count": "integer",
    "rate": "double",
    "link": "url",
    "shelf": "iblock_section",
}
MANY = {"colors", "sums", "bosses", "ties", "papers", "booked"}
FIELDS = tuple(
    FieldSchema(name=name, wire=f"UF_CRM_{name.upper()}", type=kind, multiple=name in MANY)
    for name, kind in KINDS.items()
)


class Order(models.Deal, schema=extended(facts.load("Deal"), name="Deal", fields=FIELDS)):
    """A deal with a user field of each type."""

    flag: t.Boolean = t.UNSET
    color: t.Reference = t.UNSET
    colors: t.Integers = t.UNSET
    day: t.Date = t.UNSET
    moment: t.DateTime = t.UNSET
    sum: t.Money = t.UNSET
    sums: t.Sums = t.UNSET
    place: t.Address = t.UNSET
    boss: t.Reference = t.UNSET
    bosses: t.Integers = t.UNSET
    tie: t.Binding = t.UNSET
    ties: t.Bindings = t.UNSET
    paper: t.File = t.UNSET
    papers: t.Files = t.UNSET
    booked: t.Bookings = t.UNSET
    count: t.Integer = t.UNSET
    rate: t.Number = t.UNSET
    link: t.Text = t.UNSET
    shelf: t.Reference = t.UNSET


CLASSIC: dict[str, Any] = {
    "flag": "1",
    "color": "44",
    "colors": ["44", "46"],
    "day": "2024-08-30T03:00:00+03:00",
    "moment": "2024-08-30T14:29:00+03:00",
    "sum": "1500.5|USD",
    "sums": ["1|USD", "2|EUR"],
    "place": "1 Main St|51.5;-0.12|7",
    "boss": "5",
    "bosses": ["5", "6"],
    "tie": "D_12",
    "ties": ["D_12", "CO_3"],
    "paper": {"id": "9", "showUrl": "/show", "downloadUrl": "/get"},
    "papers": [{"id": "9", "showUrl": "/show", "downloadUrl": "/get"}],
    "booked": ["41", "42"],
    "count": "7",
    "rate": "1.5",
    "link": "https://x.org",
    "shelf": "3",
}
ITEM: dict[str, Any] = {
    **CLASSIC,
    "flag": "Y",
    "color": 44,
    "colors": [44, 46],
    "boss": 5,
    "bosses": [5, 6],
    "paper": {"id": 9, "url": "/show", "urlMachine": "/get"},
    "papers": {"0": {"id": 9, "url": "/show", "urlMachine": "/get"}},
    "booked": {"0": 41, "2": 42},
    "count": 7,
    "rate": 1.5,
    "shelf": 3,
}
MEANT: dict[str, Any] = {
    "flag": True,
    "color": 44,
    "colors": (44, 46),
    "day": date(2024, 8, 30),
    "moment": datetime(2024, 8, 30, 14, 29, tzinfo=MSK),
    "sum": Money("1500.5", "USD"),
    "sums": (Money(1, "USD"), Money(2, "EUR")),
    "place": Address("1 Main St", 51.5, -0.12, 7),
    "boss": 5,
    "bosses": (5, 6),
    "tie": Binding.to("Deal", 12),
    "ties": (Binding.to("Deal", 12), Binding.to("Company", 3)),
    "paper": StoredFile(9, "/show", "/get"),
    "papers": (StoredFile(9, "/show", "/get"),),
    "booked": (41, 42),
    "count": 7,
    "rate": Decimal("1.5"),
    "link": "https://x.org",
    "shelf": 3,
}


def read(model: Any, row: dict[str, Any]) -> Any:
    (made,) = hydrate(model, [row], "raise")
    return made


def spelled(row: dict[str, Any]) -> dict[str, Any]:
    return {"ID": "1", **{f"UF_CRM_{name.upper()}": value for name, value in row.items()}}


@pytest.mark.parametrize("row", [CLASSIC, ITEM], ids=["classic", "crm.item"])
def test_a_user_field_of_each_type_is_read(row: dict[str, Any]) -> None:
    made = read(Order, spelled(row))

    assert {name: getattr(made, name) for name in KINDS} == MEANT


@pytest.mark.parametrize("name", sorted(set(KINDS) - {"link"}))
@pytest.mark.parametrize("nothing", [None, "", False, []], ids=repr)
def test_nothing_is_nothing_to_each_type(name: str, nothing: Any) -> None:
    found = getattr(read(Order, spelled({name: nothing})), name)

    expected: Any = () if name in MANY else None
    assert found == (expected if (name, nothing) != ("flag", False) else False)


@pytest.mark.parametrize(
    ("name", "nothing"), [("color", "0"), ("color", 0), ("boss", 0), ("shelf", "0"), ("sum", "|USD")]
)
def test_some_types_have_a_nothing_of_their_own(name: str, nothing: Any) -> None:
    assert getattr(read(Order, spelled({name: nothing})), name) is None


WRONG = [
    ("flag", "maybe", "boolean"),
    ("color", "red", "enumeration"),
    ("day", "soon", "date"),
    ("moment", "soon", "datetime"),
    ("sum", "much", "money"),
    ("sums", ["1|USD", "much"], "money"),
    ("boss", "Ann", "employee"),
    ("tie", "X_12", "crm"),
    ("ties", ["D_12", "?"], "crm"),
    ("paper", {"name": "a"}, "file"),
    ("booked", ["soon"], "resourcebooking"),
    ("count", "7.5", "integer"),
    ("rate", "1,5", "double"),
]


@pytest.mark.parametrize(("name", "value", "kind"), WRONG, ids=lambda value: str(value)[:20])
def test_an_answer_that_does_not_fit_is_told_with_its_field_and_type(
    name: str, value: Any, kind: str
) -> None:
    with pytest.raises(InvalidRow, match=rf"Deal 1: {name} \({kind}\) can't be read from"):
        read(Order, spelled({name: value}))


BOOLEANS = [("Y", True), ("N", False), ("1", True), ("0", False), (1, True), (0, False)]
BOOLEANS += [(True, True), (False, False), ("true", True), ("false", False)]


@pytest.mark.parametrize(("spelling", "meant"), BOOLEANS, ids=repr)
def test_a_flag_has_five_spellings(spelling: Any, meant: bool) -> None:
    made = read(models.Deal, {"ID": "1", "OPENED": spelling})

    assert made.opened is meant


def test_a_classic_row_is_strings() -> None:
    made = read(
        models.Deal,
        {
            "ID": "410",
            "TITLE": "Roof",
            "STAGE_ID": "C1:WON",
            "OPPORTUNITY": "1000000.00",
            "CURRENCY_ID": "EUR",
            "COMPANY_ID": "0",
            "PROBABILITY": None,
            "BEGINDATE": "2024-08-30T02:00:00+02:00",
            "CLOSEDATE": "",
            "DATE_CREATE": "2024-08-30T14:29:00+02:00",
            "CLOSED": "N",
        },
    )

    assert (made.id, made.stage_id, made.opportunity, made.company_id) == (
        410,
        "C1:WON",
        Decimal(1000000),
        None,
    )
    assert (made.probability, made.begindate, made.closedate) == (None, date(2024, 8, 30), None)
    assert (made.date_create.utcoffset(), made.closed) == (timedelta(hours=2), False)


def test_an_item_s_row_is_numbers() -> None:
    made = read(
        models.DealItem,
        {"id": 1, "opportunity": 999.9, "companyId": 0, "contactIds": [], "opened": "Y", "closedate": ""},
    )

    assert (made.opportunity, made.company_id, made.contact_ids) == (Decimal("999.9"), None, ())
    assert (made.opened, made.closedate) == (True, None)


def test_phones_are_entries_of_their_own() -> None:
    phone = {"ID": "7", "VALUE_TYPE": "WORK", "VALUE": "+7 900", "TYPE_ID": "PHONE"}
    made = read(models.Contact, {"ID": "1", "PHONE": [phone]})

    assert made.phone == (MultiField(id=7, value="+7 900", value_type="WORK", type_id="PHONE"),)


def test_a_user_s_row_has_real_flags_and_hollow_dates() -> None:
    row = {
        "ID": "1",
        "ACTIVE": True,
        "UF_DEPARTMENT": [1, 3],
        "PERSONAL_BIRTHDAY": "",
        "PERSONAL_PHOTO": "/a.png",
    }
    made = read(models.User, {**row, "TIMESTAMP_X": {}, "LAST_LOGIN": "2024-08-30T14:29:00+03:00"})

    assert (made.id, made.active, made.personal_photo) == (1, True, StoredFile(url="/a.png"))
    assert made.last_login == datetime(2024, 8, 30, 14, 29, tzinfo=MSK)


def test_a_task_s_row_is_texts_under_camel_case_names() -> None:
    made = read(
        models.Task,
        {
            "id": "5",
            "status": "3",
            "priority": "1",
            "deadline": None,
            "ufCrmTask": ["D_12"],
            "auditors": ["1"],
        },
    )

    assert (made.id, made.status, made.priority, made.deadline) == (5, 3, 1, None)
    assert (made.uf_crm_task, made.auditors) == ((Binding.to("Deal", 12),), (1,))
