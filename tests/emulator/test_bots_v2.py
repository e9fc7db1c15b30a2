"""Chat bots by the newer methods, and their commands."""

from __future__ import annotations

from typing import Any

import pytest

from b24orm.emulator.answers import Refusal
from tests.emulator.calls import Calls, empty_portal, refusal

APP = "local.1"
BOT: dict[str, Any] = {"code": "helper", "properties": {"name": "Help", "lastName": "Desk"}}
HELP: dict[str, Any] = {"command": "/help", "title": {"de": "Hilfe", "en": "Help"}}


@pytest.fixture
def portal() -> Calls:
    return empty_portal()


def _ask(portal: Calls, verb: str, **params: Any) -> Any:
    return portal.answer(f"imbot.v2.{verb}", app=APP, **params).result


def _code(portal: Calls, verb: str, **params: Any) -> str:
    with pytest.raises(Refusal) as caught:
        _ask(portal, verb, **params)
    return caught.value.code


def _bot(portal: Calls, **fields: Any) -> int:
    return int(_ask(portal, "bot.register", fields={**BOT, **fields})["bot"]["id"])


def test_a_code_gives_the_bot_that_has_it(portal: Calls) -> None:
    numbers = {_bot(portal), _bot(portal)}
    listed = _ask(portal, "bot.list")

    assert ({bot["id"] for bot in listed["bots"]}, listed["hasNextPage"]) == (numbers, False)
    assert [user["name"] for user in listed["users"]] == ["Help Desk"]


def test_older_methods_know_it_too(portal: Calls) -> None:
    number = _bot(portal, isSupportOpenline=True)
    row = portal("imbot.bot.list")[str(number)]

    assert (row["CODE"], row["OPENLINE"]) == ("helper", "Y")


def test_a_bot_changes_and_goes_with_its_commands(portal: Calls) -> None:
    number = _bot(portal)
    _ask(portal, "command.register", botId=number, fields=HELP)
    changed = _ask(portal, "bot.update", botId=number, fields={"isHidden": "Y"})["bot"]
    gone = _ask(portal, "bot.unregister", botId=number)

    assert (changed["isHidden"], changed["countCommand"], gone) == (True, 1, {"result": True})
    assert (_code(portal, "bot.get", botId=number), portal.store.count("bot_command")) == ("BOT_NOT_FOUND", 0)


def test_a_webhook_names_its_bot_by_a_token(portal: Calls) -> None:
    number = portal("imbot.v2.bot.register", fields={**BOT, "botToken": "secret"})["bot"]["id"]
    own = portal("imbot.v2.bot.list", botToken="secret")["bots"]

    assert [bot["id"] for bot in own] == [number]
    assert refusal(portal, "imbot.v2.bot.list")[0] == "BOT_TOKEN_NOT_SPECIFIED"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"code": ""}, "BOT_CODE_REQUIRED"),
        ({"properties": {}}, "BOT_PROPERTIES_REQUIRED"),
        ({"eventMode": "smoke"}, "BOT_INVALID_EVENT_MODE"),
        ({"eventMode": "webhook"}, "BOT_WEBHOOK_URL_REQUIRED"),
        ({"eventMode": "webhook", "webhookUrl": "https://here"}, "BOT_INVALID_CALLBACK"),
        ({"type": "cat"}, "BOT_INVALID_TYPE"),
    ],
)
def test_bots_are_refused(portal: Calls, fields: dict[str, Any], code: str) -> None:
    assert _code(portal, "bot.register", fields={**BOT, **fields}) == code


def test_another_application_leaves_it_alone(portal: Calls) -> None:
    number = _bot(portal)
    with pytest.raises(Refusal) as caught:
        portal.answer("imbot.v2.bot.update", app="local.2", botId=number)

    assert caught.value.code == "BOT_OWNERSHIP_ERROR"


def test_commands_are_listed_in_english(portal: Calls) -> None:
    number = _bot(portal)
    made = _ask(portal, "command.register", botId=number, fields=HELP)["command"]
    again = _ask(portal, "command.register", botId=number, fields=HELP)["command"]
    (row,) = _ask(portal, "command.list", botId=number)["commands"]

    assert (made, row["command"], row["title"], row["hidden"]) == (again, "/help", "Help", False)


@pytest.mark.parametrize(
    ("verb", "params", "code"),
    [
        ("register", {"fields": {"command": "/"}}, "COMMAND_REQUIRED"),
        ("register", {"fields": {"command": 1}}, "COMMAND_NAME_INVALID"),
        ("register", {"fields": {"command": "x"}}, "COMMAND_TITLE_REQUIRED"),
        ("update", {"commandId": 9}, "COMMAND_NOT_FOUND"),
        ("update", {"commandId": 1, "fields": {"command": "/"}}, "COMMAND_NAME_EMPTY"),
        ("update", {"commandId": 1, "fields": {"command": "other"}}, "COMMAND_ALREADY_EXISTS"),
    ],
)
def test_commands_are_refused(portal: Calls, verb: str, params: dict[str, Any], code: str) -> None:
    number = _bot(portal)
    for fields in (HELP, {**HELP, "command": "other"}):
        _ask(portal, "command.register", botId=number, fields=fields)

    assert _code(portal, f"command.{verb}", botId=number, **params) == code
