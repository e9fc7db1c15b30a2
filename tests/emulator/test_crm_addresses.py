"""Addresses, links to requisites, and the rows that comments and activities are bound to."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.calls import Calls, empty_portal, refusal

OF_REQUISITE = {"TYPE_ID": 1, "ENTITY_TYPE_ID": 8, "ENTITY_ID": 3}
NONE = {"BANK_DETAIL_ID": 0, "MC_REQUISITE_ID": 0, "MC_BANK_DETAIL_ID": 0}
OF_DEAL = {"ENTITY_TYPE_ID": 2, "ENTITY_ID": 7, **NONE}


@pytest.fixture
def portal() -> Calls:
    portal = empty_portal()
    store = portal.store
    store.insert_many("company", ({"ID": number, "TITLE": f"Firm {number}"} for number in (4, 5)))
    store.insert("requisite", {"ID": 3, "ENTITY_TYPE_ID": 4, "ENTITY_ID": 4, "PRESET_ID": 1, "NAME": "Dorn"})
    store.insert_many("deal", [{"ID": 7, "TITLE": "Roof", "COMPANY_ID": 4}, {"ID": 8, "TITLE": "Alone"}])
    store.insert("activity", {"ID": 2, "SUBJECT": "Call", "BINDINGS": [{"OWNER_TYPE_ID": 2, "OWNER_ID": 7}]})
    return portal


# ---- addresses


def test_an_address_knows_whose_requisite_it_belongs_to(portal: Calls) -> None:
    portal("crm.address.add", fields={**OF_REQUISITE, "CITY": "Riga"})

    (row,) = portal("crm.address.list", filter={"ENTITY_ID": 3})

    assert (row["TYPE_ID"], row["CITY"], row["ANCHOR_TYPE_ID"], row["ANCHOR_ID"]) == ("1", "Riga", "4", "4")


def test_the_address_of_a_company_goes_to_its_requisite(portal: Calls) -> None:
    portal("crm.address.add", fields={"TYPE_ID": 6, "ENTITY_TYPE_ID": 4, "ENTITY_ID": 4, "CITY": "Riga"})

    (row,) = portal("crm.address.list", filter={"ENTITY_TYPE_ID": 4, "ENTITY_ID": 4})

    assert (row["ENTITY_TYPE_ID"], row["ENTITY_ID"]) == ("8", "3")


def test_a_company_without_requisites_gets_one_for_its_address(portal: Calls) -> None:
    portal("crm.address.add", fields={"TYPE_ID": 1, "ENTITY_TYPE_ID": 4, "ENTITY_ID": 5, "CITY": "Oslo"})

    (row,) = portal("crm.requisite.list", filter={"ENTITY_ID": 5})

    assert (row["NAME"], row["ADDRESS_ONLY"]) == ("Firm 5", "Y")


def test_an_update_empties_what_it_is_not_sent(portal: Calls) -> None:
    portal("crm.address.add", fields={**OF_REQUISITE, "CITY": "Riga", "ADDRESS_1": "1 Dock Road"})
    portal("crm.address.update", fields={**OF_REQUISITE, "CITY": "Oslo"})

    (row,) = portal("crm.address.list", select=["CITY", "ADDRESS_1"])

    assert row == {"ADDRESS_1": "", "CITY": "Oslo"}


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "TYPE_ID is not defined or invalid."),
        ({"TYPE_ID": 2}, "TYPE_ID is not defined or invalid."),
        ({"TYPE_ID": 1}, "ENTITY_TYPE_ID is not defined or invalid."),
        ({"TYPE_ID": 1, "ENTITY_TYPE_ID": 8}, "ENTITY_ID is not defined or invalid."),
    ],
)
@pytest.mark.parametrize("action", ["add", "update", "delete"])
def test_an_address_of_nothing(portal: Calls, action: str, fields: dict[str, Any], text: str) -> None:
    assert refusal(portal, f"crm.address.{action}", fields=fields) == ("", text)


@pytest.mark.parametrize("action", ["update", "delete"])
def test_an_address_that_is_not_there(portal: Calls, action: str) -> None:
    assert refusal(portal, f"crm.address.{action}", fields=OF_REQUISITE) == ("", "TypeAddress not found.")


def test_a_second_address_of_a_kind(portal: Calls) -> None:
    portal("crm.address.add", fields={**OF_REQUISITE, "CITY": "Riga"})

    assert refusal(portal, "crm.address.add", fields=OF_REQUISITE) == ("", "TypeAddress exists.")


def test_an_address_is_removed(portal: Calls) -> None:
    portal("crm.address.add", fields={**OF_REQUISITE, "CITY": "Riga"})
    portal("crm.address.delete", fields=OF_REQUISITE)

    assert portal("crm.address.list") == []


@pytest.mark.parametrize(
    ("start", "rows", "total", "following"),
    [(0, 50, 60, 50), (7, 50, 60, 57), (70, 0, 60, None), (-1, 50, -1, None)],
)
def test_addresses_begin_at_an_exact_offset(
    portal: Calls, start: int, rows: int, total: int, following: int | None
) -> None:
    made = ({**OF_REQUISITE, "ENTITY_ID": number, "CITY": "Riga"} for number in range(60))
    portal.store.insert_many("address", made)

    answer = portal.answer("crm.address.list", start)

    assert (len(answer.result), answer.total, answer.next) == (rows, total, following)


# ---- links


def test_a_link_comes_as_numbers_and_texts(portal: Calls) -> None:
    portal("crm.requisite.link.register", fields={**OF_DEAL, "REQUISITE_ID": 3})

    assert portal("crm.requisite.link.get", entityTypeId=2, entityId=7) == {
        "ENTITY_TYPE_ID": 2,
        "ENTITY_ID": 7,
        "REQUISITE_ID": "3",
        "BANK_DETAIL_ID": "0",
        "MC_REQUISITE_ID": "0",
        "MC_BANK_DETAIL_ID": "0",
    }


def test_a_link_takes_the_place_of_the_old_one(portal: Calls) -> None:
    portal("crm.requisite.link.register", fields={**OF_DEAL, "REQUISITE_ID": 3})
    portal("crm.requisite.link.register", fields={**OF_DEAL, "REQUISITE_ID": 0})

    rows = portal("crm.requisite.link.list", filter={"=ENTITY_TYPE_ID": 2}, select=["REQUISITE_ID"])

    assert rows == [{"REQUISITE_ID": "0"}]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"ENTITY_TYPE_ID": 0}, "ENTITY_TYPE_ID is not defined or invalid."),
        ({"REQUISITE_ID": ""}, "REQUISITE_ID is not defined or invalid."),
        ({"ENTITY_ID": 99}, "Entity is not found"),
        ({"ENTITY_TYPE_ID": 1}, "Entity type is not defined or invalid."),
        ({"REQUISITE_ID": 44}, "The Requisite with ID '44' is not found."),
        (
            {"ENTITY_ID": 8, "REQUISITE_ID": 3},
            "Requisite with ID '3' can not be tied to the Deal in which the client is not selected.",
        ),
        ({"BANK_DETAIL_ID": 1}, "The BankDetail can not be assigned without Requisite."),
    ],
)
def test_a_link_that_does_not_fit(portal: Calls, fields: dict[str, Any], text: str) -> None:
    sent = {**OF_DEAL, "REQUISITE_ID": 0, **fields}

    assert refusal(portal, "crm.requisite.link.register", fields=sent) == ("", text)


def test_the_requisite_of_a_stranger(portal: Calls) -> None:
    portal.store.update("deal", 7, {"COMPANY_ID": 5})
    code, text = refusal(portal, "crm.requisite.link.register", fields={**OF_DEAL, "REQUISITE_ID": 3})

    assert (code, text) == ("", "The Requisite with ID '3' is not assigned to Company with ID '5'.")


def test_a_link_is_removed_as_often_as_one_likes(portal: Calls) -> None:
    portal("crm.requisite.link.register", fields={**OF_DEAL, "REQUISITE_ID": 3})
    answers = [portal("crm.requisite.link.unregister", entityTypeId=2, entityId=7) for _ in range(2)]

    assert (answers, refusal(portal, "crm.requisite.link.get", entityTypeId=2, entityId=7)) == (
        [True, True],
        ("", "Not found"),
    )


def test_links_are_always_counted(portal: Calls) -> None:
    portal.store.insert_many("requisite_link", ({**OF_DEAL, "ENTITY_ID": number} for number in range(60)))

    answer = portal.answer("crm.requisite.link.list", -1)

    assert (len(answer.result), answer.total, answer.next) == (50, 60, 50)


# ---- comments


def test_a_comment_is_bound_to_a_row_once(portal: Calls) -> None:
    fields = {"OWNER_ID": 11, "ENTITY_ID": 7, "ENTITY_TYPE": "DEAL"}
    for _ in range(2):
        portal("crm.timeline.bindings.bind", fields=fields)

    answer = portal.answer("crm.timeline.bindings.list", filter={"OWNER_ID": 11})

    assert (answer.result, answer.total) == (
        [{"OWNER_ID": "11", "ENTITY_ID": "7", "ENTITY_TYPE": "deal"}],
        1,
    )


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "OWNER_ID is not defined or invalid."),
        ({"OWNER_ID": 1}, "ENTITY_ID is not defined or invalid."),
        ({"OWNER_ID": 1, "ENTITY_ID": 7, "ENTITY_TYPE": "thing"}, "ENTITY_TYPE is not defined or invalid."),
    ],
)
@pytest.mark.parametrize("action", ["bind", "unbind"])
def test_a_binding_of_nothing(portal: Calls, action: str, fields: dict[str, Any], text: str) -> None:
    assert refusal(portal, f"crm.timeline.bindings.{action}", fields=fields) == ("", text)


def test_a_binding_that_is_not_there(portal: Calls) -> None:
    fields = {"OWNER_ID": 11, "ENTITY_ID": 7, "ENTITY_TYPE": "deal"}

    assert refusal(portal, "crm.timeline.bindings.unbind", fields=fields) == ("", "Not found.")


def test_bindings_are_those_of_a_comment(portal: Calls) -> None:
    text = "OWNER_ID is not defined or invalid."

    assert refusal(portal, "crm.timeline.bindings.list") == ("", text)


# ---- activities


def test_an_activity_is_bound_to_several_rows(portal: Calls) -> None:
    portal("crm.activity.binding.add", activityId=2, entityTypeId=4, entityId=5)

    assert portal("crm.activity.binding.list", activityId=2) == [
        {"entityTypeId": 2, "entityId": 7},
        {"entityTypeId": 4, "entityId": 5},
    ]


def test_an_activity_is_found_by_its_new_binding(portal: Calls) -> None:
    portal("crm.activity.binding.add", activityId=2, entityTypeId=4, entityId=5)

    bound = [{"OWNER_TYPE_ID": 4, "OWNER_ID": 5}]

    assert portal.ids("crm.activity.list", filter={"BINDINGS": bound}) == [2]


def test_an_activity_moves_to_another_row(portal: Calls) -> None:
    target = {"targetEntityTypeId": 2, "targetEntityId": 8}
    portal("crm.activity.binding.move", activityId=2, sourceEntityTypeId=2, sourceEntityId=7, **target)

    assert portal("crm.activity.binding.list", activityId=2) == [{"entityTypeId": 2, "entityId": 8}]


@pytest.mark.parametrize(
    ("action", "sent", "code"),
    [
        ("add", {"activityId": 99, "entityTypeId": 2, "entityId": 7}, "NOT_FOUND"),
        ("add", {"activityId": 2, "entityTypeId": 2, "entityId": 99}, "ACCESS_DENIED"),
        ("add", {"activityId": 2, "entityTypeId": 2, "entityId": 7}, "ACTIVITY_IS_ALREADY_BOUND"),
        ("add", {"activityId": 2}, "100"),
        ("delete", {"activityId": 2, "entityTypeId": 4, "entityId": 5}, "BINDING_NOT_FOUND"),
        ("delete", {"activityId": 2, "entityTypeId": 2, "entityId": 7}, "LAST_BINDING_CANNOT_BE_DELETED"),
    ],
)
def test_what_bindings_refuse(portal: Calls, action: str, sent: dict[str, Any], code: str) -> None:
    assert refusal(portal, f"crm.activity.binding.{action}", **sent)[0] == code
