"""What a model takes: any of a field's names, related rows for their keys, titles for values; the rest is refused."""

from __future__ import annotations

from enum import Enum
from typing import Any

import pytest

from b24orm import Binding
from b24orm.entity import types as t
from b24orm.entity.given import given, taken_by
from b24orm.entity.types import MultiField
from b24orm.errors import InvalidValue
from b24orm.facts import load
from b24orm.models import Company, Contact, Currency, Deal, Lead, Status
from b24orm.schema import FieldSchema, extended

OWN = (
    FieldSchema(name="color", wire="UF_COLOR", type="enumeration", enum=("1", "2"), titles=("Red", "Blue")),
    FieldSchema(
        name="sizes", wire="UF_SIZES", type="enumeration", multiple=True, enum=("3", "4"), titles=("S", "L")
    ),
    FieldSchema(name="tie", wire="UF_TIE", type="crm", enum=("D",)),
    FieldSchema(name="ties", wire="UF_TIES", type="crm", multiple=True, enum=("D", "CO")),
    FieldSchema(name="paper", wire="UF_PAPER", type="file"),
)


class Car(Deal, schema=extended(load("Deal"), name="Deal", fields=OWN)):
    """A deal with fields of the portal's own."""

    color: t.Integer = t.UNSET
    sizes: t.Integers = t.UNSET
    tie: t.Binding = t.UNSET
    ties: t.Bindings = t.UNSET
    paper: t.File = t.UNSET


class Colour(Enum):
    RED = "Red"


class Scalar:
    """A number as numpy has it."""

    dtype, shape = "int64", ()

    def __repr__(self) -> str:
        return "Scalar()"

    def item(self) -> int:
        return 5


def fields(**values: Any) -> dict[str, Any]:
    return given(Car, values).fields


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("stage_id", "WON", {"stage_id": "WON"}),
        ("stage", "WON", {"stage_id": "WON"}),
        ("STAGE_ID", "WON", {"stage_id": "WON"}),
        ("company", 5, {"company_id": 5}),
        ("company", Company(id=5), {"company_id": 5}),
        ("company_id", Company(id=5), {"company_id": 5}),
        ("stage", Status(id=7, status_id="NEW"), {"stage_id": "NEW"}),
        ("currency", Currency(currency="USD"), {"currency_id": "USD"}),
        ("contact_ids", [Contact(id=1), 2], {"contact_ids": [1, 2]}),
        ("company", Scalar(), {"company_id": 5}),
        ("opportunity", None, {"opportunity": None}),
        ("tilte", "a", {"tilte": "a"}),  # the model says what was meant
    ],
    ids=str,
)
def test_a_value_is_sorted_to_its_field(name: str, value: Any, found: dict[str, Any]) -> None:
    assert given(Car, {name: value}).fields == found


def test_a_related_row_stays_at_hand_beside_its_key() -> None:
    company = Company(id=5)

    assert [given(Car, {name: company}).related for name in ("company", "company_id")] == [
        {"company": company}
    ] * 2


def test_a_key_brings_no_related_row() -> None:
    assert given(Car, {"company": 5}).related == {}


def test_user_fields_go_by_the_server_s_spelling() -> None:
    found = given(Car, {"uf_crm_1": "red", "UF_CRM_2": Scalar()})

    assert (found.user, found.fields) == ({"UF_CRM_1": "red", "UF_CRM_2": 5}, {})


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"color": "Blue"}, {"color": 2}),
        ({"color": "2"}, {"color": "2"}),
        ({"color": 2}, {"color": 2}),
        ({"color": Colour.RED}, {"color": 1}),
        ({"color": ""}, {"color": ""}),
        ({"color": None}, {"color": None}),
        ({"UF_COLOR": "Blue"}, {"color": 2}),
        ({"sizes": ["S", 4]}, {"sizes": [3, 4]}),
        ({"sizes": {"L"}}, {"sizes": [4]}),
        ({"tie": "D_5"}, {"tie": Binding("", 5)}),
        ({"tie": Deal(id=5)}, {"tie": Binding("", 5)}),
        ({"ties": [Deal(id=5), "CO_7"]}, {"ties": [Binding("D", 5), Binding("CO", 7)]}),
        ({"ties": ["nonsense"]}, {"ties": ["nonsense"]}),  # the model says what it takes
    ],
    ids=str,
)
def test_titles_and_bindings_stand_for_values(values: dict[str, Any], found: dict[str, Any]) -> None:
    assert fields(**values) == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("+1", [MultiField(value="+1")]),
        (MultiField(value="+1"), [MultiField(value="+1")]),
        (["+1", MultiField(value="+2")], [MultiField(value="+1"), MultiField(value="+2")]),
        (("+1",), [MultiField(value="+1")]),
        ({"VALUE": "+1"}, [{"VALUE": "+1"}]),
        ([], []),
        (None, None),
    ],
    ids=str,
)
def test_a_text_will_do_for_a_phone(value: Any, found: Any) -> None:
    assert given(Contact, {"phone": value}).fields == {"phone": found}


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (
            {"opportunity": float("nan")},
            r"Deal\.opportunity can't be nan: a missing value is None; in pandas",
        ),
        ({"UF_CRM_1": float("nan")}, r"Deal\.UF_CRM_1 can't be nan"),
        ({"stage": "A", "STAGE_ID": "B"}, r"Deal\.stage_id is given twice: also as 'STAGE_ID'"),
        ({"UF_A": 1, "uf_a": 2}, r"Deal\.UF_A is given twice: also as 'uf_a'"),
        ({"company": Deal(id=5)}, r"Deal\.company_id can't be a Deal: it takes a Company or its id"),
        ({"contact_ids": [Lead(id=5)]}, r"Deal\.contact_ids can't be a Lead: it takes a Contact or its id"),
        ({"company": Company(title="x")}, r"Deal\.company can't be a Company without id: save it first"),
        ({"stage": Status(id=7)}, r"Deal\.stage can't be a Status without status_id: save it first"),
        ({"title": Company(id=5)}, r"Deal\.title can't be a Company: it takes a string"),
        ({"contacts": [1]}, r"Deal\.contacts can't be given: save the Deal, then call its contacts\.set"),
        ({"quotes": []}, r"Deal\.quotes can't be given: change deal_id of the Quote and save it"),
        (
            {"color": "Rde"},
            r"Deal\.color can't be 'Rde': it is one of 1 \('Red'\), 2 \('Blue'\); did you mean 'Red'",
        ),
        ({"color": 7}, r"Deal\.color can't be 7: it is one of"),
        ({"sizes": ["S", "M"]}, r"Deal\.sizes can't be 'M': it is one of"),
        ({"tie": "CO_5"}, r"Deal\.tie can't be 'CO_5': it takes a binding to one of D, as in 'D_12'"),
        ({"ties": [5]}, r"Deal\.ties can't be 5: it takes a binding to one of D, CO"),
        ({"paper": "a.txt"}, r"Deal\.paper can't be 'a\.txt': it takes a NewFile, or None"),
        ({"paper": b"bytes"}, r"Deal\.paper can't be b'bytes'"),
        ({"paper": 7}, r"Deal\.paper can't be 7"),
    ],
    ids=str,
)
def test_what_no_field_can_be_is_refused(values: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidValue, match=f"^{why}"):
        fields(**values)


@pytest.mark.parametrize(
    ("spec", "taken"),
    [
        (None, ""),
        (
            FieldSchema(name="f", wire="F", type="date"),
            "it takes a date, or a text such as '2026-03-01'; of a datetime take its date()",
        ),
        (FieldSchema(name="f", wire="F", type="char"), "it takes True or False"),
        (FieldSchema(name="f", wire="F", type="string"), ""),
        (FieldSchema(name="f", wire="F", type="integer", multiple=True), ""),
        (
            FieldSchema(name="f", wire="F", type="integer", relation="Company"),
            "it takes a Company, or its id",
        ),
        (
            FieldSchema(name="f", wire="F", type="crm_status", relation="Status", relation_key="status_id"),
            "it takes a Status, or its status_id",
        ),
    ],
)
def test_what_fits_is_said_where_the_type_does_not(spec: FieldSchema | None, taken: str) -> None:
    assert taken_by(spec) == taken


def test_what_fits_a_phone_is_said_though_there_may_be_several() -> None:
    assert taken_by(load("Contact").fields["phone"]).startswith(
        "it takes a text, a MultiField, or a list of them"
    )
