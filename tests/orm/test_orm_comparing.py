"""Whether a row holds already what an object says: values as they are meant, not as they are spelled."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from b24orm.entity.files import NewFile
from b24orm.entity.rows import hydrate
from b24orm.entity.types import MultiField
from b24orm.errors import InvalidValue
from b24orm.models import Contact, Deal
from b24orm.orm.comparing import differing, same

MOSCOW = timezone(timedelta(hours=3))


def deal(**row: Any) -> Deal:
    """A deal as the portal answers it."""
    return hydrate(Deal, [{"ID": "1", **row}], "raise")[0]


@pytest.mark.parametrize(
    ("given", "row", "alike"),
    [
        ({"title": "Roof"}, {"TITLE": "Roof"}, True),
        ({"title": "Roof"}, {"TITLE": "roof"}, False),
        ({"title": None}, {"TITLE": ""}, True),
        ({"title": ""}, {"TITLE": None}, True),
        ({"title": ""}, {"TITLE": "Roof"}, False),
        ({"title": "Roof"}, {"TITLE": None}, False),
        ({"title": "Roof"}, {}, False),
        ({"opportunity": 10}, {"OPPORTUNITY": "10.00"}, True),
        ({"opportunity": Decimal("10.01")}, {"OPPORTUNITY": "10.00"}, False),
        ({"opportunity": 0}, {"OPPORTUNITY": None}, False),
        ({"closed": True}, {"CLOSED": "Y"}, True),
        ({"closed": False}, {"CLOSED": "Y"}, False),
        ({"company_id": 5}, {"COMPANY_ID": "5"}, True),
        ({"company_id": None}, {"COMPANY_ID": "0"}, True),
        ({"closedate": date(2026, 3, 1)}, {"CLOSEDATE": "2026-03-01T03:00:00+03:00"}, True),
        ({"closedate": date(2026, 3, 2)}, {"CLOSEDATE": "2026-03-01T03:00:00+03:00"}, False),
        ({"uf_crm_x": 5}, {"UF_CRM_X": "5"}, True),
        ({"uf_crm_x": None}, {"UF_CRM_X": ""}, True),
        ({"uf_crm_x": [1, 2]}, {"UF_CRM_X": ["1", "2"]}, True),
        ({"uf_crm_x": [1, 2]}, {"UF_CRM_X": ["1"]}, False),
        ({"uf_crm_x": 5}, {}, False),
    ],
)
def test_a_value_is_compared_as_it_is_meant(given: dict[str, Any], row: dict[str, Any], alike: bool) -> None:
    made: Any = Deal(**given)
    assert differing(made, deal(**row), made.changed) == ([] if alike else list(made.changed))


@pytest.mark.parametrize(
    ("given", "alike"),
    [
        (datetime(2026, 3, 1, 12, 0, tzinfo=MOSCOW), True),
        (datetime(2026, 3, 1, 9, 0, tzinfo=timezone.utc), True),
        (datetime(2026, 3, 1, 12, 0, 0, 700, tzinfo=MOSCOW), True),  # portals keep whole seconds
        (datetime(2026, 3, 1, 12, 0), True),  # which the portal reads in its own zone
        (datetime(2026, 3, 1, 12, 0, tzinfo=timezone.utc), False),
        (datetime(2026, 3, 1, 12, 1), False),
    ],
)
def test_a_moment_is_the_same_in_any_zone(given: datetime, alike: bool) -> None:
    fields: dict[str, Any] = {"moved_time": given}
    assert same(Deal(**fields), deal(MOVED_TIME="2026-03-01T12:00:00+03:00"), "moved_time") is alike


def contact(*phones: tuple[str, str]) -> Contact:
    """A contact as the portal answers it."""
    entries = [
        {"ID": str(n), "VALUE": value, "VALUE_TYPE": kind, "TYPE_ID": "PHONE"}
        for n, (value, kind) in enumerate(phones, 1)
    ]
    return hydrate(Contact, [{"ID": "1", "PHONE": entries}], "raise")[0]


@pytest.mark.parametrize(
    ("given", "alike"),
    [
        (["1", "2"], True),
        (["2", "1"], True),
        (["1"], False),
        (["1", "2", "2"], False),
        (["1", "3"], False),
        ([MultiField(value="1", value_type="WORK"), "2"], True),
        ([MultiField(value="1", value_type="HOME"), "2"], False),
        ([MultiField(value="1", type_id="EMAIL"), "2"], False),
        ([], False),
    ],
)
def test_phones_are_compared_by_number_and_kind_if_one_is_given(given: list[Any], alike: bool) -> None:
    assert same(Contact(phone=given), contact(("1", "WORK"), ("2", "MOBILE")), "phone") is alike


def test_no_phones_are_none() -> None:
    assert same(Contact(phone=[]), contact(), "phone")


def test_files_can_not_be_compared() -> None:
    made = Contact(photo=NewFile("a.png", b"x"))
    assert not same(made, contact(), "photo")
    with pytest.raises(InvalidValue, match=r"Contact.photo holds files"):
        differing(made, contact(), ["photo"])


def test_only_the_named_fields_are_compared() -> None:
    made = Deal(title="new", opportunity=5)
    assert differing(made, deal(TITLE="old", OPPORTUNITY="6"), ["opportunity"]) == ["opportunity"]
