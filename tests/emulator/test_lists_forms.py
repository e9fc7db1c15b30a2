"""Universal lists are made, changed and removed, and so are the fields of their elements."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.calls import Calls, refusal, small_portal

OWN: dict[str, Any] = {"IBLOCK_TYPE_ID": "lists", "IBLOCK_ID": 41}


@pytest.fixture
def portal() -> Calls:
    return small_portal(elements=3)


def _made(portal: Calls, code: str = "bills") -> int:
    fields = {"NAME": "Bills", "DESCRIPTION": "To pay", "SORT": 20}
    return int(portal("lists.add", IBLOCK_TYPE_ID="lists", IBLOCK_CODE=code, FIELDS=fields))


def test_a_new_list_has_a_name_for_its_elements(portal: Calls) -> None:
    number = _made(portal)
    own: dict[str, Any] = {"IBLOCK_TYPE_ID": "lists", "IBLOCK_ID": number}
    (row,) = portal("lists.get", **own)
    element = portal("lists.element.add", **own, ELEMENT_CODE="a", FIELDS={"NAME": "First"})

    assert (row["NAME"], row["CODE"], list(portal("lists.field.get", **own)), element > 0) == (
        "Bills",
        "bills",
        ["NAME"],
        True,
    )


def test_a_list_is_changed_by_its_code(portal: Calls) -> None:
    fields = {"NAME": "Wishes", "LID": "xx"}
    portal("lists.update", IBLOCK_TYPE_ID="lists", IBLOCK_CODE="requests", FIELDS=fields)
    (row,) = portal("lists.get", **OWN)

    assert (row["NAME"], row["LID"]) == ("Wishes", "s1")


def test_a_list_goes_with_all_that_is_in_it(portal: Calls) -> None:
    portal("lists.delete", **OWN)
    left = [portal.store.count(table) for table in ("list_element", "list_value", "list_property", "iblock")]

    assert left == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"IBLOCK_CODE": "bills"}, "ERROR_REQUIRED_PARAMETERS_MISSING"),
        ({"IBLOCK_TYPE_ID": "lists"}, "ERROR_REQUIRED_PARAMETERS_MISSING"),
        ({"IBLOCK_TYPE_ID": "lists", "IBLOCK_CODE": "bills"}, "ERROR_REQUIRED_PARAMETERS_MISSING"),
        (
            {"IBLOCK_TYPE_ID": "lists", "IBLOCK_CODE": "requests", "FIELDS": {"NAME": "x"}},
            "ERROR_IBLOCK_ALREADY_EXISTS",
        ),
        ({"IBLOCK_TYPE_ID": "lists", "IBLOCK_CODE": "bills", "FIELDS": {"NAME": ""}}, "ERROR_ADD_IBLOCK"),
    ],
)
def test_a_list_that_can_not_be_made(portal: Calls, params: dict[str, Any], code: str) -> None:
    assert refusal(portal, "lists.add", **params)[0] == code


@pytest.mark.parametrize("action", ["update", "delete"])
def test_a_list_that_is_not_there(portal: Calls, action: str) -> None:
    sent: dict[str, Any] = {"IBLOCK_TYPE_ID": "lists", "IBLOCK_ID": 99, "FIELDS": {"NAME": "x"}}

    assert refusal(portal, f"lists.{action}", **sent)[0] == "ERROR_IBLOCK_NOT_FOUND"


@pytest.mark.parametrize(("number", "kind"), [(41, "lists"), (99, None)])
def test_the_type_of_a_list(portal: Calls, number: int, kind: str | None) -> None:
    assert portal("lists.get.iblock.type.id", IBLOCK_ID=number) == kind


# ---- fields


def test_a_field_of_one_s_own_takes_values(portal: Calls) -> None:
    name = portal("lists.field.add", **OWN, FIELDS={"NAME": "Size", "TYPE": "N", "CODE": "SIZE"})
    portal("lists.element.add", **OWN, ELEMENT_CODE="big", FIELDS={"NAME": "Big", name: 7})
    (row,) = portal("lists.element.get", **OWN, FILTER={name: 7})

    assert (name.startswith("PROPERTY_"), list(row[name].values())) == (True, ["7"])


def test_a_field_that_every_list_may_have_has_its_name(portal: Calls) -> None:
    name = portal("lists.field.add", **OWN, FIELDS={"NAME": "From", "TYPE": "ACTIVE_FROM"})

    assert (name, portal("lists.field.get", **OWN)["ACTIVE_FROM"]["ID"]) == ("ACTIVE_FROM", False)


def test_the_choices_of_a_field(portal: Calls) -> None:
    choices = {"n0": {"VALUE": "red", "SORT": 10}}
    fields = {
        "NAME": "Hue",
        "TYPE": "L",
        "CODE": "HUE",
        "LIST": choices,
        "LIST_TEXT_VALUES": "blue\n green\nred",
    }
    name = portal("lists.field.add", **OWN, FIELDS=fields)

    assert list(portal("lists.field.get", **OWN)[name]["DISPLAY_VALUES_FORM"].values()) == [
        "red",
        "blue",
        "green",
    ]


def test_a_field_is_changed_and_removed(portal: Calls) -> None:
    portal(
        "lists.field.update", **OWN, FIELD_ID="PROPERTY_101", FIELDS={"NAME": "Hue", "TYPE": "S", "SORT": 5}
    )
    field = portal("lists.field.get", **OWN)["PROPERTY_101"]
    portal("lists.field.delete", **OWN, FIELD_ID="PROPERTY_101")
    known = portal("lists.field.get", **OWN)

    assert (
        field["NAME"],
        field["SORT"],
        "PROPERTY_101" in known,
        portal.store.count("list_value", "PROPERTY_ID = 101"),
    ) == (
        "Hue",
        "5",
        False,
        0,
    )


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"TYPE": "S"}, 'Required parameter "NAME" is missing'),
        ({"NAME": "x"}, 'Required parameter "TYPE" is missing'),
        ({"NAME": "x", "TYPE": "S"}, "Please fill the code fields"),
        ({"NAME": "x", "TYPE": "S", "CODE": "COLOUR"}, "Property already exists"),
        ({"NAME": "x", "TYPE": "NAME"}, "Error saving the field"),
    ],
)
def test_a_field_that_can_not_be_made(portal: Calls, fields: dict[str, Any], text: str) -> None:
    assert refusal(portal, "lists.field.add", **OWN, FIELDS=fields)[1] == text


def test_a_field_keeps_its_type(portal: Calls) -> None:
    sent = {**OWN, "FIELD_ID": "PROPERTY_101", "FIELDS": {"NAME": "x", "TYPE": "N"}}

    assert refusal(portal, "lists.field.update", **sent) == (
        "ERROR_UPDATE_FIELD",
        "Field type can not be changed",
    )


def test_the_types_that_a_list_does_not_have_yet(portal: Calls) -> None:
    found = portal("lists.field.type.get", **OWN)

    assert ("SORT" in found, "ACTIVE_FROM" in found, found["S:Date"]) == (False, True, "Date")
