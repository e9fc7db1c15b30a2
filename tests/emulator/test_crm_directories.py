"""Directories of the CRM, how currencies are written, and the fields of templates of requisites."""

from __future__ import annotations

from typing import Any

import pytest

from b24orm.emulator.seed import seed_portal
from b24orm.emulator.store import Store
from tests.emulator.calls import NOW, Calls, empty_portal, refusal

PRESET = {"ID": 1}


@pytest.fixture
def portal() -> Calls:
    portal = empty_portal()
    portal.store.insert("requisite_preset", {"ID": 1, "NAME": "Firm", "COUNTRY_ID": 122})
    return portal


# ---- currencies


def test_a_currency_is_written_in_languages(portal: Calls) -> None:
    german = {"FULL_NAME": "Dollar", "FORMAT_STRING": "# $", "DECIMALS": 0, "NOTHING": 1}
    portal("crm.currency.localizations.set", id="usd", localizations={"de": german})
    found = portal("crm.currency.localizations.get", id="USD")

    assert (list(found), found["en"]["FORMAT_STRING"], found["de"]["DECIMALS"], found["de"]["HIDE_ZERO"]) == (
        ["en", "de"],
        "$#",
        "0",
        "Y",
    )


def test_a_currency_forgets_a_language(portal: Calls) -> None:
    portal("crm.currency.localizations.delete", id="USD", lids=["en"])

    assert portal("crm.currency.localizations.get", id="USD") == {}


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("set", {"id": "USD"}),
        ("set", {"id": "XXX", "localizations": {"en": {"FULL_NAME": "x"}}}),
        ("delete", {"id": "USD", "lids": []}),
    ],
)
def test_nothing_to_write_is_false(portal: Calls, method: str, params: dict[str, Any]) -> None:
    assert portal(f"crm.currency.localizations.{method}", **params) is False


def test_a_language_of_no_currency(portal: Calls) -> None:
    text = "The parameter id is invalid or not defined."

    assert refusal(portal, "crm.currency.localizations.get") == ("", text)


def test_one_currency_is_the_base(portal: Calls) -> None:
    before = portal("crm.currency.base.get")
    portal("crm.currency.base.set", id="EUR")

    assert (before, portal("crm.currency.base.get"), portal("crm.currency.get", id="USD")["BASE"]) == (
        "USD",
        "EUR",
        "N",
    )


# ---- directories


def test_directories_of_stages_tell_where_rows_begin_and_end() -> None:
    store = Store(clock=lambda: NOW)
    seed_portal(store, items=1)
    found = {row["ID"]: row for row in Calls(store)("crm.status.entity.types")}

    assert found["DEAL_STAGE_1"]["SEMANTIC_INFO"] == {
        "START_FIELD": "C1:NEW",
        "FINAL_SUCCESS_FIELD": "C1:WON",
        "FINAL_UNSUCCESS_FIELD": "C1:LOSE",
        "FINAL_SORT": 0,
    }
    assert found["SOURCE"] == {"ID": "SOURCE", "NAME": "Sources"}
    assert (found["DYNAMIC_128_STAGE_3"]["ENTITY_TYPE_ID"], found["SMART_INVOICE_STAGE_2"]["PREFIX"]) == (
        128,
        "DT31_2",
    )


# ---- fields of templates


def test_a_field_has_a_number_within_its_template(portal: Calls) -> None:
    numbers = [
        portal("crm.requisite.preset.field.add", preset=PRESET, fields={"FIELD_NAME": name, "SORT": sort})
        for name, sort in (("RQ_NAME", 520), ("RQ_INN", 510))
    ]

    assert (numbers, portal("crm.requisite.preset.field.list", preset=PRESET)) == (
        [1, 2],
        [
            {"ID": 2, "FIELD_NAME": "RQ_INN", "FIELD_TITLE": "", "IN_SHORT_LIST": "N", "SORT": 510},
            {"ID": 1, "FIELD_NAME": "RQ_NAME", "FIELD_TITLE": "", "IN_SHORT_LIST": "N", "SORT": 520},
        ],
    )


def test_a_field_of_a_template_is_changed_and_removed(portal: Calls) -> None:
    add = {"FIELD_NAME": "RQ_NAME", "FIELD_TITLE": "Who"}
    portal("crm.requisite.preset.field.add", preset=PRESET, fields=add)
    change = {"FIELD_NAME": "RQ_NAME", "IN_SHORT_LIST": "Y"}
    portal("crm.requisite.preset.field.update", preset=PRESET, id=1, fields=change)
    row = portal("crm.requisite.preset.field.get", preset=PRESET, id=1)
    portal("crm.requisite.preset.field.delete", preset=PRESET, id=1)

    assert (
        row["FIELD_TITLE"],
        row["IN_SHORT_LIST"],
        portal("crm.requisite.preset.field.list", preset=PRESET),
    ) == (
        "Who",
        "Y",
        [],
    )


def test_a_field_that_is_there_is_not_free(portal: Calls) -> None:
    portal("crm.requisite.preset.field.add", preset=PRESET, fields={"FIELD_NAME": "RQ_NAME"})
    free = portal("crm.requisite.preset.field.availabletoadd", preset=PRESET)
    found = refusal(portal, "crm.requisite.preset.field.add", preset=PRESET, fields={"FIELD_NAME": "RQ_NAME"})

    assert ("RQ_NAME" in free, "RQ_INN" in free, found) == (
        False,
        True,
        ("", "The field 'RQ_NAME' can not be added."),
    )


@pytest.mark.parametrize(
    ("method", "params", "text"),
    [
        ("list", {}, "PRESET[ID] is not defined or invalid."),
        ("list", {"preset": 1}, "Parameter 'PRESET' is not specified or incorrect."),
        ("list", {"preset": {"ID": 9}}, "The Preset with ID '9' is not found"),
        ("get", {"preset": PRESET}, "ID is not defined or invalid."),
        ("get", {"preset": PRESET, "id": 5}, "The PresetField with ID '5' is not found"),
        ("add", {"preset": PRESET, "fields": {}}, "FIELD_NAME is not specified."),
    ],
)
def test_what_fields_of_templates_refuse(
    portal: Calls, method: str, params: dict[str, Any], text: str
) -> None:
    assert refusal(portal, f"crm.requisite.preset.field.{method}", **params) == ("", text)


# ---- what is the same everywhere


@pytest.mark.parametrize(
    ("method", "name"),
    [
        ("crm.userfield.types", "enumeration"),
        ("task.item.userfield.gettypes", "crm"),
        ("crm.requisite.preset.countries", 122),
    ],
)
def test_lists_that_never_change(portal: Calls, method: str, name: Any) -> None:
    assert name in {row["ID"] for row in portal(method)}


@pytest.mark.parametrize(
    ("method", "name", "type"),
    [
        ("crm.userfield.fields", "FIELD_NAME", "string"),
        ("task.item.userfield.getfields", "SORT", "int"),
        ("crm.currency.localizations.fields", "DECIMALS", "integer"),
        ("crm.requisite.preset.field.fields", "IN_SHORT_LIST", "char"),
    ],
)
def test_fields_that_never_change(portal: Calls, method: str, name: str, type: str) -> None:
    assert portal(method)[name]["type"] == type


def test_the_fields_of_smart_processes(portal: Calls) -> None:
    assert portal("crm.type.fields")["fields"]["entityTypeId"]["type"] == "integer"
