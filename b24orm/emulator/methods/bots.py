"""``imbot.register`` and its companions: chat bots of applications; scope ``imbot``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Method, Refusal, Registry
from b24orm.emulator.app_things import AppThings, Bot
from b24orm.emulator.event_hub import EventHub, Handler
from b24orm.emulator.methods.events import check_handler
from b24orm.emulator.values import to_int, to_text

__all__ = ["FIRST_BOT", "methods"]

FIRST_BOT: Final = 100_000
"""Bots are users; their numbers keep clear of those of people here."""

_EVENTS: Final[Mapping[str, str]] = {
    "EVENT_MESSAGE_ADD": "ONIMBOTMESSAGEADD",
    "EVENT_MESSAGE_UPDATE": "ONIMBOTMESSAGEUPDATE",
    "EVENT_MESSAGE_DELETE": "ONIMBOTMESSAGEDELETE",
    "EVENT_WELCOME_MESSAGE": "ONIMBOTJOINCHAT",
    "EVENT_BOT_DELETE": "ONIMBOTDELETE",
}
_NEEDED: Final[Mapping[str, str]] = {
    "EVENT_MESSAGE_ADD": "Message add",
    "EVENT_WELCOME_MESSAGE": "Welcome message",
    "EVENT_BOT_DELETE": "Bot delete",
}


@dataclass(frozen=True, slots=True)
class _Portal:
    things: AppThings
    hub: EventHub


def methods(things: AppThings, hub: EventHub) -> Registry:
    """The methods.

    Args:
        things: what applications have left in the portal.
        hub: where the handlers of a bot's events are bound.
    """
    handlers: Mapping[str, Callable[[_Portal, Call], Answer]] = {
        "imbot.register": _register,
        "imbot.unregister": _unregister,
        "imbot.bot.list": _list,
    }
    portal = _Portal(things, hub)
    return {name: Method(partial(work, portal), "imbot") for name, work in handlers.items()}


def _upper(call: Call) -> dict[str, Any]:
    return {str(name).upper(): value for name, value in call.params.items()}


def _owner(call: Call, query: Mapping[str, Any]) -> str:
    """The application; a webhook names one of its own."""
    if call.client_id:
        return call.client_id
    named = to_text(query.get("CLIENT_ID"))
    if not named:
        raise Refusal("ACCESS_DENIED", "Access denied! Client ID not specified", status=403)
    return f"custom{named}"


def _register(portal: _Portal, call: Call) -> Answer:
    """The bot's number. A code that is taken gives the bot that has it, whoever registered that."""
    query = _upper(call)
    owner, addresses = _owner(call, query), _addresses(query)
    code = to_text(query.get("CODE"))
    if not code:
        raise Refusal("CODE_ERROR", "Bot code isn't specified")
    properties = query.get("PROPERTIES")
    told = properties if isinstance(properties, Mapping) else {}
    names = [to_text(told[name]) for name in ("NAME", "LAST_NAME") if told.get(name) is not None]
    if not names:
        raise Refusal("NAME_ERROR", "Bot name isn't specified")
    known = next((bot for bot in portal.things.bots if bot.code == code), None)
    if known is None:
        openline = "Y" if to_text(query.get("OPENLINE")) == "Y" else "N"
        known = Bot(FIRST_BOT + portal.things.number(), owner, code, " ".join(names), openline)
        portal.things.bots.append(known)
    for name, url in addresses.items():
        event = _EVENTS[name]
        portal.hub.unbind(lambda one, event=event: (one.app, one.event) == (owner, event))  # type: ignore[misc]
        portal.hub.bind(Handler(0, owner, event, url))
    return Answer(known.id, cost=Cost("write"))


def _addresses(query: Mapping[str, Any]) -> dict[str, str]:
    """The handlers by parameter; EVENT_HANDLER stands for all of them."""
    common = to_text(query.get("EVENT_HANDLER"))
    addresses = {name: common or to_text(query.get(name)) for name in _EVENTS}
    for name, url in addresses.items():
        if url:
            _check(name, url)
        elif name in _NEEDED:
            raise Refusal(f"{name}_ERROR", f'Handler for "{_NEEDED[name]}" event isn\'t specified')
    return {name: url for name, url in addresses.items() if url}


def _check(name: str, url: str) -> None:
    try:
        check_handler(url)
    except Refusal as refusal:
        raise Refusal(f"{name}_ERROR", refusal.description) from None


def _unregister(portal: _Portal, call: Call) -> Answer:
    query = _upper(call)
    owner, number = _owner(call, query), to_int(query.get("BOT_ID"))
    found = next((bot for bot in portal.things.bots if bot.id == number), None)
    if found is None:
        raise Refusal("BOT_ID_ERROR", "Bot not found")
    if found.app != owner:
        raise Refusal("APP_ID_ERROR", "Bot was installed by another rest application")
    portal.things.bots.remove(found)
    return Answer(result=True, cost=Cost("write"))


def _list(portal: _Portal, call: Call) -> Answer:
    """The bots of everybody, by number."""
    del call
    rows = {
        bot.id: {"ID": bot.id, "NAME": bot.name, "CODE": bot.code, "OPENLINE": bot.openline}
        for bot in portal.things.bots
    }
    return Answer({str(number): row for number, row in rows.items()})
