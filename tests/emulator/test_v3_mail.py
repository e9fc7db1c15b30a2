"""Time records, mailboxes and messages of REST 3.0."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.v3_calls import V3Portal

RECORDS = "timeman.record.list"
MESSAGES = "mail.message.list"


@pytest.fixture
def portal() -> V3Portal:
    portal = V3Portal()
    for number in range(1, 231):
        subject = "Offer" if number == 7 else f"Letter {number}"
        row = {"ID": number, "MAILBOX_ID": 1 + number % 2, "SUBJECT": subject, "IS_SEEN": number > 228}
        portal.store.insert("mail_message", {**row, "DATE": "2024-01-02T03:04:05"})
    for number, person in enumerate((1, 2, 1), start=1):
        times = {"START_TIME": f"2024-01-0{number}T09:00:00", "END_TIME": f"2024-01-0{number}T18:00:00"}
        portal.store.insert("time_record", {"ID": number, "USER_ID": person, "DURATION": 32_400, **times})
    for name in ("work", "private"):
        portal.store.insert("mailbox", {"NAME": name, "EMAIL": f"{name}@portal.example"})
    return portal


# ---- time records


def test_the_records_of_a_person(portal: V3Portal) -> None:
    assert portal.ids(RECORDS, filter=[["userId", 1]]) == [1, 3]


def test_a_record_has_json_s_own_types(portal: V3Portal) -> None:
    (row, _) = portal.call(RECORDS, filter=[["userId", "=", 1]])["items"]

    assert (row["startTime"], row["duration"], row["isApproved"]) == (
        "2024-01-01T09:00:00+03:00",
        32_400,
        True,
    )


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        ({}, (400, "VALIDATION_REQUESTVALIDATIONEXCEPTION")),
        ({"filter": [["userId", ">", 0]]}, (400, "VALIDATION_REQUESTVALIDATIONEXCEPTION")),
        ({"filter": [["userId", 1], ["userId", 2]]}, (400, "INVALIDFILTEREXCEPTION")),
    ],
)
def test_a_list_of_records_is_about_one_person(
    portal: V3Portal, given: dict[str, Any], answer: tuple[int, str]
) -> None:
    assert portal.error(RECORDS, given) == answer


# ---- mail


@pytest.mark.parametrize(
    ("pagination", "rows"), [({}, 25), ({"limit": 100}, 100), ({"limit": 1000}, 200), ({"page": 10}, 5)]
)
def test_pages_of_messages_are_small(portal: V3Portal, pagination: dict[str, int], rows: int) -> None:
    assert len(portal.ids(MESSAGES, pagination=pagination)) == rows


def test_the_newest_message_comes_first(portal: V3Portal) -> None:
    assert portal.ids(MESSAGES, pagination={"limit": 2}) == [230, 229]


@pytest.mark.parametrize(
    ("given", "ids"),
    [
        ({"searchQuery": "offer"}, [7]),
        ({"isSeen": True}, [230, 229]),
        ({"isSeen": True, "mailboxId": 1}, [230]),
        ({"dateFrom": "2024-01-02T03:04:06+03:00"}, []),
        ({"folder": "Spam"}, []),
    ],
)
def test_messages_are_found_by_names_of_their_own(
    portal: V3Portal, given: dict[str, Any], ids: list[int]
) -> None:
    assert portal.ids(MESSAGES, **given) == ids


def test_a_condition_of_another_type_is_refused(portal: V3Portal) -> None:
    found = portal.error(MESSAGES, {"isSeen": "true"})

    assert found == (400, "VALIDATION_REQUESTVALIDATIONEXCEPTION")


def test_a_mailbox_by_a_part_of_its_address(portal: V3Portal) -> None:
    found = portal.call("mail.mailbox.list", email="PRIVATE@")["items"]

    assert [row["name"] for row in found] == ["private"]


def test_a_message_alone(portal: V3Portal) -> None:
    item = portal.call("mail.message.get", id=7, select=["id", "subject", "isSeen"])["item"]

    assert item == {"id": 7, "subject": "Offer", "isSeen": False}


def test_a_message_that_is_not_there(portal: V3Portal) -> None:
    assert portal.error("mail.message.get", {"id": 999}) == (400, "ENTITYNOTFOUNDEXCEPTION")
