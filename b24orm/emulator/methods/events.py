"""``event.*`` and ``events``: who is told of changes, and the queue of those who ask for them.

All of them are for applications only, and the offline ones for administrators.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from b24orm.emulator import paging
from b24orm.emulator.answers import Answer, Call, Cost, Method, Refusal, Registry, unlicensed
from b24orm.emulator.conditions import EVERYTHING, Where, every, membership
from b24orm.emulator.event_hub import EventHub, Handler
from b24orm.emulator.event_names import OFFLINE_EVENT, TEST_EVENT, known_events
from b24orm.emulator.methods.event_filter import argument_error, conditions, ordering, reservation
from b24orm.emulator.store import Store
from b24orm.emulator.values import ZONE_OFFSET, is_array, to_int, to_list, to_text, truthy

__all__ = ["check_handler", "methods"]

_EXTENDED: Final = "rest_offline_extended"
_TAKEN: Final = ("ID", "TIMESTAMP_X", "EVENT_NAME", "MESSAGE_ID")
_LISTED: Final = (*_TAKEN, "PROCESS_ID", "ERROR")
_SHOWN: Final = ("ID", "TIMESTAMP_X", "EVENT_NAME", "EVENT_DATA", "EVENT_ADDITIONAL", "MESSAGE_ID")


@dataclass(frozen=True, slots=True)
class _Portal:
    """What the methods work on."""

    store: Store
    hub: EventHub
    lacks: frozenset[str]


def methods(store: Store, hub: EventHub, lacks: frozenset[str] = frozenset()) -> Registry:
    """The methods of events; none of them needs a scope.

    Args:
        store: the portal's data.
        hub: the handlers and the queue.
        lacks: features that the portal's plan does not have.
    """
    portal = _Portal(store, hub, lacks)
    handlers: Mapping[str, Callable[[_Portal, Call], Answer]] = {
        "events": _names,
        "event.bind": _bind,
        "event.unbind": _unbind,
        "event.get": _handlers,
        "event.test": _test,
        "event.offline.get": _offline_get,
        "event.offline.clear": _offline_clear,
        "event.offline.error": _offline_error,
        "event.offline.list": _offline_list,
    }
    return {name: Method(partial(_for_applications, portal, handler)) for name, handler in handlers.items()}


# -- who may


def _for_applications(portal: _Portal, handler: Callable[[_Portal, Call], Answer], call: Call) -> Answer:
    if call.auth != "oauth":
        raise Refusal("WRONG_AUTH_TYPE", "Current authorization type is denied for this method", status=403)
    if call.method.startswith("event.offline."):
        _administrator(call)
    return handler(portal, call)


def _administrator(call: Call, text: str = "") -> None:
    if not call.admin:
        raise Refusal("ACCESS_DENIED", f"Access denied! {text}".rstrip(), status=403)


# -- handlers


def _upper(call: Call) -> dict[str, Any]:
    return {str(key).upper(): value for key, value in call.params.items()}


def _lower(call: Call) -> dict[str, Any]:
    return {str(key).lower(): value for key, value in call.params.items() if value is not None}


def _names(portal: _Portal, call: Call) -> Answer:
    query = _upper(call)
    known = known_events(portal.store)
    if query.get("SCOPE") is not None:
        asked = to_text(query["SCOPE"])
        scopes: set[str | None] = {asked or None}
    elif truthy(query.get("FULL")):
        scopes = {None, *known.values()}
    else:
        scopes = {None, *call.scope}
    return Answer([name for name, scope in known.items() if scope in scopes])


def _wanted(query: Mapping[str, Any], call: Call, verb: str) -> tuple[str, str]:
    """Event and handler of a request; the handler is empty for an offline event."""
    event, kind = to_text(query.get("EVENT")).upper(), to_text(query.get("EVENT_TYPE")).lower()
    if not event:
        raise argument_error("Argument 'EVENT' is null or empty", "EVENT")
    if kind not in {"", "online", "offline"}:
        raise argument_error("Value must be one of {online|offline}", "EVENT_TYPE")
    if kind == "offline":
        _administrator(call, f"Offline events {verb} requires administrator access rights")
        return event, ""
    url = to_text(query.get("HANDLER"))
    if not url:
        raise argument_error("Argument 'HANDLER' is null or empty", "HANDLER")
    return event, url


def _bind(portal: _Portal, call: Call) -> Answer:
    query = _upper(call)
    user = to_int(query.get("AUTH_TYPE"))
    if user > 0 and user != call.user_id:
        _administrator(call, "Event binding with AUTH_TYPE requires administrator access rights")
    event, url = _wanted(query, call, "binding")
    if url:
        check_handler(url)
    known = known_events(portal.store)
    if event not in known or known[event] not in {None, *call.scope}:
        raise Refusal("ERROR_EVENT_NOT_FOUND", "Event not found")
    if not url and event == OFFLINE_EVENT:
        raise Refusal("ERROR_ARGUMENT", "Offline event cannot be registered for this event.")
    handler = Handler(
        0,
        call.client_id,
        event,
        url,
        (user if user > 0 else 0 if call.admin else call.user_id) if url else 0,
        call.connector,
        _options(event, query.get("OPTIONS")),
    )
    if not portal.hub.bind(handler):
        raise Refusal("ERROR_CORE", "Unable to set event handler: Handler already binded")
    return Answer(result=True, cost=Cost("write"))


def check_handler(url: str) -> None:
    """Refuse what is no address of a handler on the network.

    Raises:
        Refusal: ERROR_WRONG_HANDLER_URL or ERROR_UNSUPPORTED_PROTOCOL.
    """
    place = urlsplit(url)
    if "." not in (place.hostname or "")[1:]:
        raise Refusal("ERROR_WRONG_HANDLER_URL", "Wrong handler URL")
    if place.scheme not in {"http", "https"}:
        raise Refusal("ERROR_UNSUPPORTED_PROTOCOL", "Unsupported handler protocol")


def _options(event: str, sent: Any) -> dict[str, Any]:
    """Only what the event knows: of all events one has an option."""
    if event == OFFLINE_EVENT and isinstance(sent, Mapping) and sent.get("minTimeout") is not None:
        return {"minTimeout": to_int(sent["minTimeout"])}
    return {}


def _unbind(portal: _Portal, call: Call) -> Answer:
    query = _upper(call)
    event, url = _wanted(query, call, "unbinding")
    user: int | None = None
    if url and query.get("AUTH_TYPE") is not None:
        user = to_int(query["AUTH_TYPE"])
        if query["AUTH_TYPE"] != call.user_id:  # a text is never identical to a number
            _administrator(call, "Event unbinding with AUTH_TYPE requires administrator access rights")
    elif url and not call.admin:
        user = call.user_id

    def meant(handler: Handler) -> bool:
        same = (handler.app, handler.event, handler.url) == (call.client_id, event, url)
        return same and (
            (user is None or handler.user_id == user) if url else handler.connector == call.connector
        )

    return Answer({"count": portal.hub.unbind(meant)}, cost=Cost("write"))


def _handlers(portal: _Portal, call: Call) -> Answer:
    own = [
        handler
        for handler in portal.hub.handlers
        if handler.app == call.client_id and (call.admin or handler.user_id == call.user_id)
    ]
    return Answer([_shown(handler) for handler in own])


def _test(portal: _Portal, call: Call) -> Answer:
    """Tells the application's own handlers what it was called with."""
    portal.hub.tell_application(call.client_id, TEST_EVENT, {"QUERY": dict(call.params)})
    return Answer(1, cost=Cost("write"))


def _shown(handler: Handler) -> dict[str, Any]:
    if handler.offline:
        return {"event": handler.event, "connector_id": handler.connector, "offline": 1}
    return {
        "event": handler.event,
        "handler": handler.url,
        "auth_type": str(handler.user_id),
        "offline": 0,
    }


# -- the queue


def _offline_get(portal: _Portal, call: Call) -> Answer:
    query, queue = _lower(call), portal.hub.queue
    clear = to_int(query.get("clear", 1)) != 0
    if not clear and _EXTENDED in portal.lacks:
        raise unlicensed("extended offline events handling")
    limit = to_int(query.get("limit", 50))
    if limit <= 0:
        raise argument_error("Value must be positive integer", "LIMIT")
    sent = query.get("filter", {})
    where = conditions(sent, queue.columns, _TAKEN)
    order = ordering(query.get("order", {"TIMESTAMP_X": "ASC"}), _TAKEN)
    error = Where("ERROR = ?", (int(to_int(query.get("error")) == 1),))
    who = (call.client_id, call.connector)
    process = to_text(query["process_id"]).strip() if "process_id" in query else None
    shown = process is not None or not clear
    if process is None:
        free = every([error, reservation(sent, queue.columns, _TAKEN)])
        process = queue.reserve(*who, free, order, limit)
    held = every([error, where, Where("PROCESS_ID = ?", (process,))])
    rows = queue.rows(*who, held, order, limit)
    if clear and rows:
        queue.clear(*who, process, EVERYTHING)
    found = [_row(row, _SHOWN) for row in rows]
    return Answer(
        {"process_id": process if shown else None, "events": found}, cost=Cost("page", rows=len(rows))
    )


def _row(row: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    found = {name: row[name] for name in names}
    for name in ("ID", "ERROR"):
        if name in found:
            found[name] = str(found[name])
    return {**found, "TIMESTAMP_X": f"{row['TIMESTAMP_X']}{ZONE_OFFSET}"}


def _process(query: Mapping[str, Any]) -> str:
    if "process_id" not in query:
        raise argument_error("Argument 'PROCESS_ID' is null or empty", "PROCESS_ID")
    return to_text(query["process_id"]).strip()


def _offline_clear(portal: _Portal, call: Call) -> Answer:
    query = _lower(call)
    process = _process(query)
    if "message_id" in query:
        which = _among("MESSAGE_ID", _messages(query["message_id"]))
    else:
        which = _among("ID", _numbers(query.get("id", [])))
    portal.hub.queue.clear(call.client_id, call.connector, process, which)
    return Answer(result=True, cost=Cost("write"))


def _among(name: str, values: Sequence[Any]) -> Where:
    """An empty list names nothing, so it limits nothing: the whole process is meant."""
    return membership(name, values) if values else EVERYTHING


def _messages(sent: Any) -> list[str]:
    text = "Value must be array of MESSAGE_ID values"
    if not is_array(sent):
        raise argument_error(text, "message_id")
    found = [to_text(item).strip() for item in to_list(sent)]
    if any(len(item) != 32 for item in found):
        raise argument_error(text, "messsage_id")
    return found


def _numbers(sent: Any) -> list[int]:
    found = [to_int(item) for item in to_list(sent)] if is_array(sent) else [0]
    if any(number <= 0 for number in found):
        raise argument_error("Value must be array of integers", "id")
    return found


def _offline_error(portal: _Portal, call: Call) -> Answer:
    query = _lower(call)
    process = _process(query)
    if not is_array(query.get("message_id")):
        raise argument_error("Value must be array of MESSAGE_ID values", "message_id")
    messages = [to_text(item) for item in to_list(query["message_id"])]
    if messages:
        portal.hub.queue.fail(call.client_id, call.connector, process, messages)
    return Answer(result=True, cost=Cost("write"))


def _offline_list(portal: _Portal, call: Call) -> Answer:
    query, queue = _lower(call), portal.hub.queue
    where = conditions(query.get("filter", {}), queue.columns, _LISTED)
    order = ordering(query.get("order", {"ID": "ASC"}), _LISTED)
    who = (call.client_id, call.connector)
    begin = max(call.start or 0, 0)
    total = queue.count(*who, where)
    rows = queue.rows(*who, where, order, paging.PAGE, begin)
    following = begin + len(rows)
    return Answer(
        [_row(row, (*_SHOWN, "PROCESS_ID", "ERROR")) for row in rows],
        total,
        following if following < total else None,
        Cost("page", total, begin, len(rows)),
    )
