"""Enumerations of the CRM."""

from __future__ import annotations

import pytest

from tests.emulator.calls import Calls, empty_portal


@pytest.fixture
def portal() -> Calls:
    return empty_portal()


def test_numbers_are_numbers_and_nothing_is_counted(portal: Calls) -> None:
    answer = portal.answer("crm.enum.activitypriority")

    assert (answer.result[3], answer.total) == (
        {"ID": 3, "NAME": "high", "SYMBOL_CODE": None, "SYMBOL_CODE_SHORT": None},
        -1,
    )


def test_smart_processes_are_kinds_of_rows(portal: Calls) -> None:
    portal.store.add_smart_type("Equipment", 177)

    assert portal("crm.enum.ownertype")[-1] == {
        "ID": 177,
        "NAME": "Equipment",
        "SYMBOL_CODE": "DYNAMIC_177",
        "SYMBOL_CODE_SHORT": "Tb1",
    }


def test_kinds_of_rows_have_codes(portal: Calls) -> None:
    codes = {row["ID"]: row["SYMBOL_CODE_SHORT"] for row in portal("crm.enum.ownertype")}

    assert (codes[2], codes[31]) == ("D", "SI")


def test_an_entry_is_read_only(portal: Calls) -> None:
    fields = portal("crm.enum.fields")

    assert (list(fields), fields["ID"]["type"], fields["ID"]["isReadOnly"]) == (
        ["ID", "NAME", "SYMBOL_CODE", "SYMBOL_CODE_SHORT"],
        "int",
        True,
    )
