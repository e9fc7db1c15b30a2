"""``imbot.v2.Bot.*`` and ``imbot.v2.Command.*``: the same chat bots by newer methods, and their commands.

A webhook names its bots by the token that it chose; those of an application are its own. Nobody calls a bot.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Method, Refusal, Registry
from b24orm.emulator.app_things import AppThings, Bot
from b24orm.emulator.event_hub import EventHub, Handler
from b24orm.emulator.methods.bots import FIRST_BOT
from b24orm.emulator.methods.events import check_handler
from b24orm.emulator.methods.params import as_map
from b24orm.emulator.store import Store
from b24orm.emulator.values import is_array, to_int, to_text

__all__ = ["methods"]

_COMMANDS: Final = "bot_command"
_TYPES: Final = ("bot", "network", "openline", "supervisor", "personal")
_EVENTS: Final = (
    "ONIMBOTV2MESSAGEADD",
    "ONIMBOTV2MESSAGEUPDATE",
    "ONIMBOTV2MESSAGEDELETE",
    "ONIMBOTV2JOINCHAT",
    "ONIMBOTV2DELETE",
    "ONIMBOTV2CONTEXTGET",
    "ONIMBOTV2COMMANDADD",
    "ONIMBOTV2REACTIONCHANGE",
)
_MOST_BOTS: Final = 100


@dataclass(frozen=True, slots=True)
class _Portal:
    store: Store
    things: AppThings
    hub: EventHub


def methods(store: Store, things: AppThings, hub: EventHub) -> Registry:
    """The methods; scope ``imbot``.

    Args:
        store: where the commands are.
        things: where the bots are.
        hub: where the handlers of a bot's events are bound.
    """
    portal = _Portal(store, things, hub)
    handlers: Mapping[str, Callable[[_Portal, Call], Answer]] = {
        "bot.register": _register,
        "bot.unregister": _unregister,
        "bot.update": _update,
        "bot.get": _get,
        "bot.list": _list,
        "command.register": _add_command,
        "command.unregister": _remove_command,
        "command.update": _change_command,
        "command.list": _commands,
    }
    return {f"imbot.v2.{name}": Method(partial(work, portal), "imbot") for name, work in handlers.items()}


def _owner(call: Call, token: Any = None) -> str:
    if call.client_id:
        return call.client_id
    named = call.params.get("botToken") or token or call.params.get("clientId")
    if not named:
        text = "Bot token not specified (botToken is required for webhook auth)"
        raise Refusal("BOT_TOKEN_NOT_SPECIFIED", text)
    return f"custom{to_text(named)}"


def _own(portal: _Portal, call: Call) -> Bot:
    """The bot that a call is about, if it is the caller's."""
    owner, number = _owner(call), to_int(call.params.get("botId"))
    if number <= 0:
        raise Refusal("BOT_ID_REQUIRED", "botId is required")
    found = next((bot for bot in portal.things.bots if bot.id == number), None)
    if found is None:
        raise Refusal("BOT_NOT_FOUND", "Bot not found")
    if found.app != owner:
        raise Refusal("BOT_OWNERSHIP_ERROR", "Bot was installed by another rest application")
    return found


def _yes(value: Any) -> bool:
    return value is True or to_text(value).upper() in {"Y", "1", "TRUE"}


# ---- bots


def _told(portal: _Portal, bot: Bot) -> dict[str, Any]:
    return {
        "id": bot.id,
        "code": bot.code,
        "type": bot.kind,
        "isHidden": bot.hidden,
        "isSupportOpenline": bot.openline == "Y",
        "isReactionsEnabled": bot.reactions,
        "backgroundId": bot.background or None,
        "language": "en",
        "moduleId": "rest",
        "eventMode": bot.mode,
        "countMessage": 0,
        "countCommand": portal.store.count(_COMMANDS, "BOT_ID = ?", (bot.id,)),
        "countChat": 0,
        "countUser": 0,
    }


def _user(bot: Bot) -> dict[str, Any]:
    first, _, last = bot.name.partition(" ")
    person = {"id": bot.id, "active": True, "name": bot.name, "firstName": first, "lastName": last}
    return {**person, "bot": True, "externalAuthId": "bot", "type": "bot"}


def _answer(portal: _Portal, bot: Bot, kind: str = "write") -> Answer:
    return Answer({"bot": _told(portal, bot), "users": [_user(bot)]}, cost=Cost(kind, rows=1))


def _name(properties: Mapping[str, Any]) -> str:
    names = [to_text(properties.get(name) or "") for name in ("name", "lastName")]
    return " ".join(name for name in names if name)


def _register(portal: _Portal, call: Call) -> Answer:
    """A code that the caller has taken already gives the bot that has it."""
    fields = as_map(call.params.get("fields"))
    owner = _owner(call, fields.get("botToken"))
    code, properties = to_text(fields.get("code") or ""), as_map(fields.get("properties"))
    if not code:
        raise Refusal("BOT_CODE_REQUIRED", "Bot code is required")
    if not properties.get("name"):
        raise Refusal("BOT_PROPERTIES_REQUIRED", "Bot properties are required")
    mode = _mode(fields.get("eventMode", "fetch"))
    if mode == "webhook" and not fields.get("webhookUrl"):
        raise Refusal("BOT_WEBHOOK_URL_REQUIRED", "Webhook URL is required for webhook event mode")
    known = next((bot for bot in portal.things.bots if bot.code == code), None)
    if known is not None:
        if known.app != owner:
            raise Refusal("BOT_CODE_ALREADY_TAKEN", "Bot with this code already exists")
        return _answer(portal, known)
    if sum(bot.app == owner for bot in portal.things.bots) >= _MOST_BOTS:
        raise Refusal("BOT_LIMIT_EXCEEDED", "Bot registration limit exceeded")
    kind = to_text(fields.get("type") or "bot")
    if kind not in _TYPES:
        raise Refusal("BOT_INVALID_TYPE", "Invalid bot type")
    if mode == "webhook":
        _bind(portal, owner, fields["webhookUrl"])
    bot = Bot(
        FIRST_BOT + portal.things.number(),
        owner,
        code,
        _name(properties),
        "Y" if _yes(fields.get("isSupportOpenline", "N")) else "N",
        kind,
        mode,
        _yes(fields.get("isHidden", "N")),
        _yes(fields.get("isReactionsEnabled", "Y")),
        to_text(fields.get("backgroundId") or ""),
    )
    portal.things.bots.append(bot)
    return _answer(portal, bot)


def _mode(value: Any) -> str:
    mode = to_text(value).lower()
    if mode not in {"fetch", "webhook"}:
        raise Refusal("BOT_INVALID_EVENT_MODE", "Invalid event mode")
    return mode


def _bind(portal: _Portal, owner: str, url: Any) -> None:
    try:
        check_handler(to_text(url))
    except Refusal as refusal:
        raise Refusal("BOT_INVALID_CALLBACK", refusal.description) from None
    portal.hub.unbind(lambda one: one.app == owner and one.event in _EVENTS)
    for event in _EVENTS:
        portal.hub.bind(Handler(0, owner, event, to_text(url)))


def _update(portal: _Portal, call: Call) -> Answer:
    """Changes what is named."""
    bot = _own(portal, call)
    fields = as_map(call.params.get("fields"))
    changed = bot
    if fields.get("properties"):
        changed = replace(changed, name=_name(as_map(fields["properties"])))
    if fields.get("isHidden") is not None:
        changed = replace(changed, hidden=_yes(fields["isHidden"]))
    if fields.get("isReactionsEnabled") is not None:
        changed = replace(changed, reactions=_yes(fields["isReactionsEnabled"]))
    if fields.get("isSupportOpenline") is not None:
        changed = replace(changed, openline="Y" if _yes(fields["isSupportOpenline"]) else "N")
    if fields.get("backgroundId") is not None:
        changed = replace(changed, background=to_text(fields["backgroundId"]))
    if fields.get("eventMode") is not None:
        changed = replace(changed, mode=_mode(fields["eventMode"]))
    if changed.mode == "webhook" and fields.get("webhookUrl"):
        _bind(portal, bot.app, fields["webhookUrl"])
    portal.things.bots[portal.things.bots.index(bot)] = changed
    return _answer(portal, changed)


def _unregister(portal: _Portal, call: Call) -> Answer:
    """A bot goes with its commands."""
    bot = _own(portal, call)
    portal.things.bots.remove(bot)
    portal.store.execute(f"DELETE FROM {_COMMANDS} WHERE BOT_ID = ?", (bot.id,))
    return Answer({"result": True}, cost=Cost("write", rows=1))


def _get(portal: _Portal, call: Call) -> Answer:
    """Anybody's, by number or by code."""
    _owner(call)
    number, code = to_int(call.params.get("botId")), call.params.get("code")
    if number <= 0 and code is None:
        raise Refusal("PARAMS_REQUIRED", "botId or code is required")
    found = [bot for bot in portal.things.bots if (bot.id == number if number > 0 else bot.code == code)]
    if not found:
        raise Refusal("BOT_NOT_FOUND", "Bot not found")
    return _answer(portal, found[0], "get")


def _list(portal: _Portal, call: Call) -> Answer:
    """The caller's own, by offset; a type that is not known sifts nothing."""
    owner = _owner(call)
    kind = as_map(call.params.get("filter")).get("type")
    own = [bot for bot in portal.things.bots if bot.app == owner]
    own = [bot for bot in own if bot.kind == kind] if kind in _TYPES else own
    begin, limit = max(to_int(call.params.get("offset")), 0), to_int(call.params.get("limit", 50))
    page = own[begin : begin + limit]
    told = {"bots": [_told(portal, bot) for bot in page], "users": [_user(bot) for bot in page]}
    return Answer({**told, "hasNextPage": len(page) == limit}, cost=Cost("page", rows=len(page)))


# ---- commands


def _command(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": row["ID"],
        "botId": row["BOT_ID"],
        "command": f"/{row['COMMAND']}",
        "common": row["COMMON"] == "Y",
        "hidden": row["HIDDEN"] == "Y",
        "extranetSupport": row["EXTRANET_SUPPORT"] == "Y",
    }


def _worded(value: Any) -> str:
    """A text of several languages in English, or in the first of them."""
    texts = {str(name).lower(): to_text(text) for name, text in as_map(value).items()}
    return texts.get("en", next(iter(texts.values()), ""))


def _named(value: Any) -> str:
    if not isinstance(value, str):
        raise Refusal("COMMAND_NAME_INVALID", "Command name must be a string")
    return value.removeprefix("/")


def _add_command(portal: _Portal, call: Call) -> Answer:
    """A name that the bot has already gives the command that it is of."""
    bot, fields = _own(portal, call), as_map(call.params.get("fields"))
    name = _named(fields.get("command", ""))
    if not name:
        raise Refusal("COMMAND_REQUIRED", "Command is required")
    known = portal.store.rows(_COMMANDS, where="BOT_ID = ? AND COMMAND = ?", params=(bot.id, name))
    if known:
        return Answer({"command": _command(known[0])}, cost=Cost("get", rows=1))
    hidden = _yes(fields.get("hidden", "N"))
    if not hidden and not (is_array(fields.get("title")) and fields["title"]):
        raise Refusal("COMMAND_TITLE_REQUIRED", "Title is required for visible commands")
    row = {"BOT_ID": bot.id, "COMMAND": name, "CATEGORY": bot.name, "CONTEXT": "", **_flags(fields)}
    row |= {"TITLE": _worded(fields.get("title")), "PARAMS": _worded(fields.get("params"))}
    number = portal.store.insert(_COMMANDS, {**dict.fromkeys(_FLAGS.values(), "N"), **row})
    return _kept_command(portal, number)


_FLAGS: Final[Mapping[str, str]] = {
    "common": "COMMON",
    "hidden": "HIDDEN",
    "extranetSupport": "EXTRANET_SUPPORT",
}


def _flags(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        column: "Y" if _yes(fields[name]) else "N"
        for name, column in _FLAGS.items()
        if fields.get(name) is not None
    }


def _kept_command(portal: _Portal, number: int) -> Answer:
    row = portal.store.get(_COMMANDS, number) or {}
    return Answer({"command": _command(row)}, cost=Cost("write", rows=1))


def _own_command(portal: _Portal, call: Call) -> dict[str, Any]:
    bot, number = _own(portal, call), to_int(call.params.get("commandId"))
    row = portal.store.get(_COMMANDS, number)
    if row is None or row["BOT_ID"] != bot.id:
        raise Refusal("COMMAND_NOT_FOUND", "Command not found")
    return row


def _change_command(portal: _Portal, call: Call) -> Answer:
    before, fields = _own_command(portal, call), as_map(call.params.get("fields"))
    row = _flags(fields)
    if fields.get("command") is not None:
        row["COMMAND"] = _named(fields["command"])
        if not row["COMMAND"]:
            raise Refusal("COMMAND_NAME_EMPTY", "Command name cannot be empty")
        taken = "BOT_ID = ? AND COMMAND = ? AND ID <> ?"
        if portal.store.count(_COMMANDS, taken, (before["BOT_ID"], row["COMMAND"], before["ID"])):
            raise Refusal("COMMAND_ALREADY_EXISTS", "Command with this name already exists")
    texts = {"title": "TITLE", "params": "PARAMS"}
    row |= {column: _worded(fields[name]) for name, column in texts.items() if fields.get(name)}
    portal.store.update(_COMMANDS, before["ID"], row)
    return _kept_command(portal, before["ID"])


def _remove_command(portal: _Portal, call: Call) -> Answer:
    portal.store.delete(_COMMANDS, _own_command(portal, call)["ID"])
    return Answer({"result": True}, cost=Cost("write", rows=1))


def _commands(portal: _Portal, call: Call) -> Answer:
    """All of one bot."""
    bot = _own(portal, call)
    rows = portal.store.rows(_COMMANDS, where="BOT_ID = ?", params=(bot.id,))
    names = ("TITLE", "PARAMS", "CATEGORY", "CONTEXT")
    told = [{**_command(row), **{name.lower(): row[name] or "" for name in names}} for row in rows]
    return Answer({"commands": told}, cost=Cost("page", rows=len(rows)))
