"""``imconnector.*``: channels of the contact center that applications bring; scope ``imopenlines``.

A registration that fails answers HTTP 200 with ``result: false`` beside ``error``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Method, Refusal, Registry
from b24orm.emulator.app_things import AppThings, Connector
from b24orm.emulator.methods.event_filter import argument_error
from b24orm.emulator.values import to_int, to_text, truthy

__all__ = ["methods"]

_OWN: Final = {"livechat": "Live chat", "whatsappbytwilio": "WhatsApp", "network": "Bitrix24.Network"}
"""Connectors that every portal has."""

_TOLD: Final = ("ID", "URL", "URL_IM", "NAME")


def methods(things: AppThings) -> Registry:
    """The methods; all of them are for applications.

    Args:
        things: what applications have left in the portal.
    """
    handlers: Mapping[str, Callable[[AppThings, Call, Mapping[str, Any]], Answer]] = {
        "imconnector.register": _register,
        "imconnector.unregister": _unregister,
        "imconnector.activate": _activate,
        "imconnector.status": _status,
        "imconnector.connector.data.set": _set_data,
        "imconnector.list": _list,
    }
    return {
        name: Method(partial(_for_applications, things, work), "imopenlines")
        for name, work in handlers.items()
    }


def _for_applications(
    things: AppThings, work: Callable[[AppThings, Call, Mapping[str, Any]], Answer], call: Call
) -> Answer:
    if call.auth != "oauth":
        text = "Current authorization type is denied for this method Application context required"
        raise Refusal("WRONG_AUTH_TYPE", text, status=403)
    return work(things, call, _upper(call.params))


def _upper(sent: Mapping[str, Any]) -> dict[str, Any]:
    return {
        str(name).upper(): _upper(value) if isinstance(value, Mapping) else value
        for name, value in sent.items()
    }


def _failed(code: str, text: str) -> Refusal:
    return Refusal(code, text, status=200, result=False)


def _register(things: AppThings, call: Call, query: Mapping[str, Any]) -> Answer:
    icon = query.get("ICON")
    wanted = {
        "CONNECTOR_ID_REQUIRED": query.get("ID"),
        "NAME_REQUIRED": query.get("NAME"),
        "ICON_REQUIRED": icon.get("DATA_IMAGE") if isinstance(icon, Mapping) else None,
        "NO_PLACEMENT_HANDLER": query.get("PLACEMENT_HANDLER"),
    }
    if "." in to_text(query.get("ID")):
        raise _failed("APPLICATION_REGISTRATION_ERROR_POINT", "The ID of a connector holds no dot")
    for code, value in wanted.items():
        if not isinstance(value, str) or not value:
            raise _failed(code, "A required parameter is missing")
    name = str(query["ID"]).lower()
    known = things.connectors.get(name)
    if name in _OWN or (known is not None and known.app not in ("", call.client_id)):
        raise _failed("APPLICATION_REGISTRATION_ERROR", "The connector could not be registered")
    things.connectors[name] = Connector(call.client_id, str(query["NAME"]))
    return Answer({"result": True}, cost=Cost("write"))


def _unregister(things: AppThings, call: Call, query: Mapping[str, Any]) -> Answer:
    name = to_text(query.get("ID")).lower()
    known = things.connectors.get(name)
    if known is None or known.app != call.client_id:
        raise _failed("APPLICATION_UNREGISTRATION_ERROR", "The connector could not be removed")
    del things.connectors[name]
    return Answer({"result": True}, cost=Cost("write"))


def _needed(query: Mapping[str, Any], *names: str) -> None:
    for name in names:
        if query.get(name) is None:
            raise argument_error(f"Argument '{name}' is null or empty", name)


def _activate(things: AppThings, call: Call, query: Mapping[str, Any]) -> Answer:
    """Nothing says whether there is such a connector: it is active then all the same."""
    del call
    _needed(query, "CONNECTOR", "LINE", "ACTIVE")
    name, line = to_text(query["CONNECTOR"]), to_int(query["LINE"])
    found = things.connectors.setdefault(name, Connector("", name))
    if truthy(query["ACTIVE"]):
        found.lines.add(line)
        return Answer(result=True, cost=Cost("write"))
    active = line in found.lines
    found.lines.discard(line)
    return Answer(result=active, cost=Cost("write"))


def _status(things: AppThings, call: Call, query: Mapping[str, Any]) -> Answer:
    del call
    _needed(query, "CONNECTOR")
    name, line = to_text(query["CONNECTOR"]), to_int(query.get("LINE"))
    found = things.connectors.get(name)
    active = found is not None and line in found.lines
    told = {"LINE": line, "CONNECTOR": name, "ERROR": False, "CONFIGURED": active, "STATUS": active}
    return Answer(told)


def _set_data(things: AppThings, call: Call, query: Mapping[str, Any]) -> Answer:
    del call
    _needed(query, "CONNECTOR", "LINE", "DATA")
    name, data = to_text(query["CONNECTOR"]), query["DATA"]
    told = {key: data[key] for key in _TOLD if isinstance(data, Mapping) and data.get(key)}
    found = things.connectors.setdefault(name, Connector("", name))
    found.data.setdefault(to_int(query["LINE"]), {}).update(told)
    return Answer(result=True, cost=Cost("write"))


def _list(things: AppThings, call: Call, query: Mapping[str, Any]) -> Answer:
    del call, query
    return Answer({**_OWN, **{name: one.name for name, one in things.connectors.items()}})
