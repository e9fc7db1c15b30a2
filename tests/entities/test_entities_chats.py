"""Chats, messages and people through their models."""

from __future__ import annotations

from typing import Any

import pytest

from b24orm import Portal
from b24orm.emulator import LocalPortal
from b24orm.models import Chat, ChatUser, ImDepartment, ImUser, Message, Notification


class Sales(Message, dialog_id="chat5"):
    """What is said in the seeded chat."""


@pytest.fixture(autouse=True)
def _connected(writer: Portal) -> None:
    """The default connection, to the shed."""


def test_a_message_is_written(shed: LocalPortal) -> None:
    made = Sales.objects.create(text="Hi")
    made.text = "Hello"
    made.save()

    assert next(iter(Sales.objects.all())).text == "Hello"


def test_a_message_is_taken_back(shed: LocalPortal) -> None:
    made = Sales.objects.create(text="Hi")
    made.delete()

    assert shed.store.count("im_message", "TEXT = 'Hi'") == 0


def test_people_of_a_chat_are_read(shed: LocalPortal) -> None:
    found = [row.id for row in ChatUser.objects.filter(dialog_id="chat5")]

    assert sorted(found) == shed.store.ids("user")


def test_people_are_read_by_number(shed: LocalPortal) -> None:
    asked: Any = {"ids": [2, 1]}

    assert [row.name for row in ImUser.objects.filter(**asked)] == ["Carl Dorn", "Anna Berg"]


def test_departments_are_read_by_number(shed: LocalPortal) -> None:
    asked: Any = {"ids": [2]}

    assert [row.name for row in ImDepartment.objects.filter(**asked)] == ["Sales"]


def test_chats_are_found(shed: LocalPortal) -> None:
    assert [row.name for row in Chat.objects.filter(find="Sales")] == ["Sales"]


def test_a_chat_is_made(shed: LocalPortal) -> None:
    made = Chat(name="Roof", users=[2])
    made.save()

    assert (shed.store.get("im_chat", made.id) or {})["USERS"] == [1, 2]


def test_a_notice_is_sent(shed: LocalPortal) -> None:
    Notification(user_id=1, text="Done").save()

    assert [row.text for row in Notification.objects.all()[:50]] == ["Done"]
