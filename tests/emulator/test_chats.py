"""Chats and what is said there, people and notices."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.calls import Calls, refusal, small_portal

APP = "local.1"


@pytest.fixture
def portal() -> Calls:
    return small_portal(messages=3)


def _chat(portal: Calls, **params: Any) -> int:
    sent: dict[str, Any] = {"TITLE": "Roof", "USERS": [2], **params}
    return int(portal("im.chat.add", **sent))


# ---- chats


def test_a_chat_is_of_whoever_made_it_and_whom_he_named(portal: Calls) -> None:
    chat = portal("im.dialog.get", DIALOG_ID=f"chat{_chat(portal, DESCRIPTION='All about it')}")

    assert (chat["name"], chat["description"], chat["owner"], chat["user_counter"], chat["role"]) == (
        "Roof",
        "All about it",
        1,
        2,
        "owner",
    )


def test_a_chat_without_a_title_is_called_by_its_people(portal: Calls) -> None:
    number = portal("im.chat.add", users="[2, 3]", message="Hello")
    chat = portal("im.dialog.get", DIALOG_ID=f"chat{number}")

    assert (chat["name"], chat["message_count"]) == ("Anna, Carl, Eva", 1)


@pytest.mark.parametrize(("kind", "found"), [("CRM", {"ID": "6"}), ("TASK", None)])
def test_the_chat_of_a_thing(portal: Calls, kind: str, found: Any) -> None:
    _chat(portal, ENTITY_TYPE="CRM", ENTITY_ID="DEAL|5")

    assert portal("im.chat.get", ENTITY_TYPE=kind, ENTITY_ID="DEAL|5") == found


def test_people_come_and_go(portal: Calls) -> None:
    number = _chat(portal)
    portal("im.chat.user.add", CHAT_ID=number, USERS=[3, 99])
    portal("im.chat.user.delete", CHAT_ID=number, USER_ID=2)

    assert portal("im.chat.user.list", CHAT_ID=number) == [1, 3]


def test_a_chat_gets_another_title(portal: Calls) -> None:
    portal("im.chat.updatetitle", CHAT_ID=5, TITLE="Support")

    assert portal("im.dialog.get", DIALOG_ID="chat5")["name"] == "Support"


@pytest.mark.parametrize("kind", ["CHAT", "OPEN"])
def test_who_is_not_in_a_chat_sees_it_only_if_it_is_open(portal: Calls, kind: str) -> None:
    dialog = f"chat{_chat(portal, TYPE=kind)}"
    call: dict[str, Any] = {"user_id": 3, "DIALOG_ID": dialog}

    if kind == "OPEN":
        assert portal("im.dialog.get", **call)["role"] == "guest"
    else:
        assert refusal(portal, "im.dialog.get", **call)[0] == "ACCESS_ERROR"


@pytest.mark.parametrize(
    ("params", "numbers", "total", "following"),
    [
        ({"LIMIT": 2}, [1, 2], 3, 2),
        ({"LIMIT": 2, "OFFSET": 2}, [3], 3, None),
        ({"start": 1, "LIMIT": 2}, [2, 3], 3, None),
        ({"LAST_ID": 1, "LIMIT": 1}, [2], -1, None),
    ],
)
def test_people_of_a_dialog_come_in_pages(
    portal: Calls, params: dict[str, Any], numbers: list[int], total: int, following: int | None
) -> None:
    answer = portal.answer("im.dialog.users.list", DIALOG_ID="chat5", **params)

    assert ([row["id"] for row in answer.result], answer.total, answer.next) == (numbers, total, following)


@pytest.mark.parametrize(("text", "found"), [("ROO", ["Roof"]), ("sal", ["Sales"]), ("xyz", [])])
def test_chats_are_found_by_their_names(portal: Calls, text: str, found: list[str]) -> None:
    _chat(portal)

    assert [chat["name"] for chat in portal("im.search.chat.list", FIND=text)] == found


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("dialog.get", {}, "DIALOG_ID_EMPTY"),
        ("dialog.get", {"DIALOG_ID": "chat99"}, "ACCESS_ERROR"),
        ("search.chat.list", {"FIND": "ab"}, "FIND_SHORT"),
        ("chat.user.list", {}, "CHAT_ID_EMPTY"),
        ("chat.user.add", {"CHAT_ID": 5, "USERS": [99]}, "WRONG_REQUEST"),
        ("chat.user.delete", {"CHAT_ID": 5}, "USER_ID_EMPTY"),
        ("chat.updatetitle", {"CHAT_ID": 5}, "TITLE_EMPTY"),
        ("chat.add", {"USERS": [[1]]}, "INVALID_FORMAT"),
    ],
)
def test_what_chats_refuse(portal: Calls, method: str, params: dict[str, Any], code: str) -> None:
    assert refusal(portal, f"im.{method}", **params)[0] == code


# ---- messages


@pytest.mark.parametrize("place", [{"DIALOG_ID": "chat5"}, {"CHAT_ID": 5}])
def test_a_message_to_a_chat(portal: Calls, place: dict[str, Any]) -> None:
    number = portal("im.message.add", MESSAGE=" Hi ", **place)
    message = portal("im.dialog.messages.get", DIALOG_ID="chat5")["messages"][0]

    assert (message["id"], message["text"], message["author_id"]) == (number, "Hi", 1)


def test_two_people_have_one_chat(portal: Calls) -> None:
    portal("im.message.add", DIALOG_ID=2, MESSAGE="Hi")
    portal("im.message.add", user_id=2, DIALOG_ID=1, MESSAGE="Hello")

    assert [row["text"] for row in portal("im.dialog.messages.get", DIALOG_ID=2)["messages"]] == [
        "Hello",
        "Hi",
    ]


def test_a_message_is_changed_and_taken_back(portal: Calls) -> None:
    number = portal("im.message.add", DIALOG_ID="chat5", MESSAGE="Hi")
    portal("im.message.update", MESSAGE_ID=number, MESSAGE="Hello")
    text = portal("im.dialog.messages.get", DIALOG_ID="chat5")["messages"][0]["text"]
    portal("im.message.delete", MESSAGE_ID=number)

    assert (text, portal.store.exists("im_message", number)) == ("Hello", False)


def test_a_message_without_words_is_taken_back(portal: Calls) -> None:
    number = portal("im.message.add", DIALOG_ID="chat5", MESSAGE="Hi")
    portal("im.message.update", MESSAGE_ID=number, MESSAGE=" ")

    assert not portal.store.exists("im_message", number)


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("add", {}, "MESSAGE_EMPTY"),
        ("add", {"MESSAGE": ["x"], "DIALOG_ID": "chat5"}, "MESSAGE_EMPTY"),
        ("add", {"MESSAGE": "x"}, "PARAMS_ERROR"),
        ("add", {"MESSAGE": "x", "DIALOG_ID": "99"}, "USER_NOT_FOUND"),
        ("add", {"MESSAGE": "x", "CHAT_ID": 0}, "CHAT_ID_EMPTY"),
        ("add", {"MESSAGE": "x", "DIALOG_ID": "chat99"}, "ACCESS_ERROR"),
        ("update", {"MESSAGE": "x"}, "MESSAGE_ID_ERROR"),
        ("update", {"MESSAGE_ID": 99, "MESSAGE": "x"}, "CANT_EDIT_MESSAGE"),
        ("delete", {"user_id": 2, "MESSAGE_ID": 2}, "CANT_EDIT_MESSAGE"),
    ],
)
def test_what_messages_refuse(portal: Calls, method: str, params: dict[str, Any], code: str) -> None:
    assert refusal(portal, f"im.message.{method}", **params)[0] == code


# ---- people


@pytest.mark.parametrize(
    ("sent", "name"), [({}, "Anna Berg"), ({"ID": "2"}, "Carl Dorn"), ({"id": 3}, "Eva Frank")]
)
def test_a_person_as_the_messenger_shows_him(portal: Calls, sent: dict[str, Any], name: str) -> None:
    found = portal("im.user.get", **sent)

    assert (found["name"], found["extranet"], found["phones"], type(found["departments"])) == (
        name,
        False,
        False,
        list,
    )


@pytest.mark.parametrize("sent", [[2, 1], "[2, 1]"])
def test_several_people_by_number(portal: Calls, sent: Any) -> None:
    found = portal("im.user.list.get", ID=sent)

    assert {number: row["name"] for number, row in found.items()} == {"2": "Carl Dorn", "1": "Anna Berg"}


def test_people_are_a_list_if_that_is_asked_for(portal: Calls) -> None:
    found = portal("im.user.list.get", ID=[1, 99], RESULT_TYPE="array")

    assert [row and row["id"] for row in found] == [1, None]


def test_a_department_with_the_way_to_it(portal: Calls) -> None:
    (row,) = portal("im.department.get", ID=[4], USER_DATA="Y")

    assert (row["full_name"], row["manager_user_data"]["name"]) == (
        "Key accounts / Sales / Company",
        "Anna Berg",
    )


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("user.get", {"ID": 0}, "ID_EMPTY"),
        ("user.get", {"ID": 99}, "USER_NOT_EXISTS"),
        ("user.list.get", {"ID": 1}, "INVALID_FORMAT"),
        ("department.get", {}, "INVALID_FORMAT"),
        ("notify.system.add", {"MESSAGE": "x"}, "USER_ID_EMPTY"),
        ("notify.system.add", {"USER_ID": 1}, "MESSAGE_EMPTY"),
        ("notify.get", {"LAST_ID": 1}, "LAST_ID_AND_LAST_TYPE"),
        ("notify.get", {"LAST_ID": "x", "LAST_TYPE": 4}, "LAST_ID_STRING"),
        ("notify.delete", {"TAG": "x"}, "ACCESS_DENIED"),
    ],
)
def test_what_people_refuse(portal: Calls, method: str, params: dict[str, Any], code: str) -> None:
    assert refusal(portal, f"im.{method}", **params)[0] == code


# ---- notices


def test_a_notice_of_a_person_and_one_of_the_portal(portal: Calls) -> None:
    portal("im.notify.personal.add", user_id=2, USER_ID=1, MESSAGE="Look")
    portal("im.notify.system.add", TO=1, MESSAGE="Done")
    portal("im.notify", USER_ID=2, MESSAGE="Not yours")
    body = portal("im.notify.get")

    assert (
        body["total_count"],
        [(row["text"], row["author_id"], row["notify_type"]) for row in body["notifications"]],
        [row["id"] for row in body["users"]],
    ) == (2, [("Done", 0, 4), ("Look", 2, 2)], [2])


def test_older_notices_come_after_the_last_one(portal: Calls) -> None:
    for number in range(5):
        portal("im.notify.system.add", TO=1, MESSAGE=f"No. {number}")
    rows = portal("im.notify.get", LAST_ID=4, LAST_TYPE=4, LIMIT=2)["notifications"]

    assert [row["id"] for row in rows] == [3, 2]


def test_a_notice_is_removed_by_its_reader(portal: Calls) -> None:
    number = portal("im.notify.system.add", TO=1, MESSAGE="x")

    assert [portal("im.notify.delete", user_id=2, ID=number), portal("im.notify.delete", ID=number)] == [
        False,
        True,
    ]


def test_an_application_removes_its_own_by_a_mark(portal: Calls) -> None:
    portal("im.notify.system.add", app=APP, TO=1, MESSAGE="x", TAG="deal")

    assert (portal("im.notify.delete", app=APP, TAG="deal"), portal.store.count("im_notification")) == (
        True,
        0,
    )
