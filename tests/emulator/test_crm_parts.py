"""Bank details, templates of requisites, the old pipelines of deals, and the search for duplicates."""

from __future__ import annotations

from typing import Any

import pytest

from b24orm.emulator.methods.duplicates import normalized_phone
from tests.emulator.calls import Calls, empty_portal, refusal


@pytest.fixture
def portal() -> Calls:
    portal = empty_portal()
    portal.store.insert("company", {"ID": 4, "TITLE": "Dorn", "PHONE": "8 (495) 123-45-67"})
    portal.store.insert("contact", {"ID": 9, "NAME": "Eva", "EMAIL": ["Eva@Portal.example"], "PHONE": "112"})
    row = {"ID": 3, "ENTITY_TYPE_ID": 4, "ENTITY_ID": 4, "PRESET_ID": 1, "NAME": "Dorn GmbH"}
    portal.store.insert("requisite", row)
    return portal


# ---- bank details and templates


def test_a_bank_detail_belongs_to_a_requisite(portal: Calls) -> None:
    number = portal("crm.requisite.bankdetail.add", fields={"ENTITY_ID": 3, "NAME": "Main"})

    row = portal("crm.requisite.bankdetail.get", id=number)

    assert (row["ENTITY_TYPE_ID"], row["ENTITY_ID"], row["NAME"]) == ("8", "3", "Main")


@pytest.mark.parametrize(
    ("owner", "text"), [(0, "ENTITY_ID is not defined or invalid."), (77, "Access denied.")]
)
def test_a_bank_detail_of_nobody_is_refused(portal: Calls, owner: int, text: str) -> None:
    fields = {"ENTITY_ID": owner, "NAME": "Main"}

    assert refusal(portal, "crm.requisite.bankdetail.add", fields=fields) == ("", text)


def test_a_bank_detail_that_is_not_there(portal: Calls) -> None:
    found = refusal(portal, "crm.requisite.bankdetail.get", id=5)

    assert found == ("", "The RequisiteBankDetail with ID '5' is not found")


@pytest.mark.parametrize(("start", "first", "following"), [(-1, "1", 50), (50, "51", None), (500, "1", 50)])
def test_bank_details_are_always_counted(
    portal: Calls, start: int, first: str, following: int | None
) -> None:
    portal.store.insert_many("bank_detail", ({"ENTITY_ID": 3, "NAME": f"No. {n}"} for n in range(60)))

    answer = portal.answer("crm.requisite.bankdetail.list", start, order={"ID": "ASC"})

    assert (answer.result[0]["ID"], answer.total, answer.next) == (first, 60, following)


def test_a_template_is_one_of_requisites(portal: Calls) -> None:
    fields = {"ENTITY_TYPE_ID": 4, "NAME": "Firm", "COUNTRY_ID": 1}

    assert refusal(portal, "crm.requisite.preset.add", fields=fields) == (
        "",
        "ENTITY_TYPE_ID is not defined or invalid.",
    )


# ---- pipelines of deals


def test_the_first_pipeline_is_not_in_the_list(portal: Calls) -> None:
    answer = portal.answer("crm.dealcategory.list", 50)

    assert (answer.result, answer.total) == (
        [
            {
                "ID": "1",
                "CREATED_DATE": "2023-11-15T03:00:00+03:00",
                "NAME": "Service",
                "SORT": "200",
                "IS_LOCKED": "N",
            }
        ],
        1,
    )


def test_a_new_pipeline_has_stages(portal: Calls) -> None:
    number = portal("crm.dealcategory.add", fields={"NAME": "Repairs"})

    stages = portal("crm.dealcategory.stage.list", id=number)

    assert stages[0] == {"NAME": "Start", "SORT": 10, "STATUS_ID": f"C{number}:NEW"}


@pytest.mark.parametrize(("number", "directory"), [(0, "DEAL_STAGE"), (1, "DEAL_STAGE_1")])
def test_the_directory_of_a_pipeline(portal: Calls, number: int, directory: str) -> None:
    assert portal("crm.dealcategory.status", id=number) == directory


def test_a_pipeline_is_renamed_and_removed(portal: Calls) -> None:
    portal("crm.dealcategory.update", id=1, fields={"NAME": "Care"})
    named = portal("crm.dealcategory.get", id=1)["NAME"]
    portal("crm.dealcategory.delete", id=1)

    assert (named, refusal(portal, "crm.dealcategory.get", id=1)) == ("Care", ("", "Not found"))


# ---- duplicates


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ({"type": "PHONE", "values": ["+7 495 1234567"]}, {"COMPANY": [4]}),
        ({"type": "phone", "values": ["112", "+74951234567"]}, {"CONTACT": [9], "COMPANY": [4]}),
        ({"type": "EMAIL", "values": ["eva@portal.EXAMPLE "]}, {"CONTACT": [9]}),
        ({"type": "EMAIL", "values": ["eva@portal.example"], "entity_type": "COMPANY"}, {}),
        ({"type": "PHONE", "values": ["495"]}, {}),
    ],
)
def test_duplicates_by_a_number_or_an_address(
    portal: Calls, sent: dict[str, Any], found: dict[str, list[int]]
) -> None:
    assert portal("crm.duplicate.findbycomm", **sent) == found


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ({}, "Communication type is not defined."),
        ({"type": "WEB"}, "Communication type 'WEB' is not supported in current context."),
        ({"type": "PHONE"}, "Communication values is not defined."),
        (
            {"type": "PHONE", "values": ["1"], "entity_type": "DEAL"},
            "Deal is not supported in current context.",
        ),
    ],
)
def test_what_can_not_be_searched_for(portal: Calls, sent: dict[str, Any], text: str) -> None:
    assert refusal(portal, "crm.duplicate.findbycomm", **sent) == ("", text)


@pytest.mark.parametrize(
    ("number", "normal"),
    [
        ("8 800 555 35 35", "78005553535"),
        ("+8 613 912 345 678", "8613912345678"),
        ("00 49 30 1234567", "49301234567"),
        ("+49 30 1234567;12", "49301234567"),
        ("no number", ""),
    ],
)
def test_a_number_in_its_international_form(number: str, normal: str) -> None:
    assert normalized_phone(number) == normal
