"""Sections of universal lists."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.calls import Calls, refusal, small_portal

OF_LIST: dict[str, Any] = {"IBLOCK_TYPE_ID": "lists", "IBLOCK_ID": 41}


@pytest.fixture
def portal() -> Calls:
    return small_portal()


def section(portal: Calls, name: str, **params: Any) -> int:
    code = {"SECTION_CODE": name.lower()}
    number: int = portal("lists.section.add", **{**OF_LIST, **code, **params}, FIELDS={"NAME": name})
    return number


def row(portal: Calls, number: int) -> dict[str, Any]:
    found: dict[str, Any] = portal("lists.section.get", **OF_LIST, FILTER={"ID": number})[0]
    return found


def test_a_section_within_another(portal: Calls) -> None:
    outer = section(portal, "Tools")
    inner = section(portal, "Saws", IBLOCK_SECTION_ID=outer)

    found = row(portal, inner)

    assert (found["IBLOCK_SECTION_ID"], found["DEPTH_LEVEL"], found["CODE"]) == (str(outer), "2", "saws")


def test_times_come_in_the_portal_s_own_form(portal: Calls) -> None:
    assert row(portal, section(portal, "Tools"))["DATE_CREATE"] == "15.11.2023 01:13:20"


def test_an_update_that_leaves_out_place_and_code_loses_them(portal: Calls) -> None:
    inner = section(portal, "Saws", IBLOCK_SECTION_ID=section(portal, "Tools"))

    portal("lists.section.update", **OF_LIST, SECTION_ID=inner, FIELDS={"NAME": "Blades"})
    found = row(portal, inner)

    assert (found["NAME"], found["IBLOCK_SECTION_ID"], found["CODE"]) == ("Blades", None, None)


def test_an_update_without_a_name_is_refused(portal: Calls) -> None:
    number = section(portal, "Tools")

    found = refusal(portal, "lists.section.update", **OF_LIST, SECTION_ID=number, FIELDS={"SORT": 5})

    assert found == ("ERROR_REQUIRED_PARAMETERS_MISSING", 'Required parameter "NAME" is missing')


@pytest.mark.parametrize(
    ("sent", "names"),
    [
        ({"NAME": "Tools"}, {"Tools"}),
        ({"SECTION_ID": 1}, {"Saws"}),
        ({"CODE": "saws"}, {"Saws"}),
        ({"SORT": 1}, {"Tools", "Saws"}),
        ({">ID": 1}, {"Tools", "Saws"}),
    ],
)
def test_a_filter_knows_bare_names_only(portal: Calls, sent: dict[str, Any], names: set[str]) -> None:
    section(portal, "Saws", IBLOCK_SECTION_ID=section(portal, "Tools"))

    assert {found["NAME"] for found in portal("lists.section.get", **OF_LIST, FILTER=sent)} == names


def test_a_star_selects_everything(portal: Calls) -> None:
    section(portal, "Tools")

    assert {"ID", "NAME", "CODE", "IBLOCK_ID"} <= set(portal("lists.section.get", **OF_LIST, SELECT=["*"])[0])


def test_a_section_goes_with_what_is_in_it(portal: Calls) -> None:
    outer = section(portal, "Tools")
    section(portal, "Saws", IBLOCK_SECTION_ID=outer)

    portal("lists.section.delete", **OF_LIST, SECTION_ID=outer)

    assert portal("lists.section.get", **OF_LIST) == []


def test_a_section_that_is_not_there(portal: Calls) -> None:
    found = refusal(portal, "lists.section.delete", **OF_LIST, SECTION_ID=9)

    assert found == ("ERROR_SECTION_NOT_FOUND", "Section not found")
