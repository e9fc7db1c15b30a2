"""``placement.*`` and ``userfieldtype.*``: where applications show themselves in the portal's pages.

Both are for the tokens of administrators, and need the scope ``placement``; a place of a module needs the
module's scope besides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Method, Refusal, Registry
from b24orm.emulator.app_things import AppThings, Placement
from b24orm.emulator.methods.event_filter import argument_error
from b24orm.emulator.methods.events import check_handler
from b24orm.emulator.values import to_int, to_text, truthy

__all__ = ["methods"]

_USER_TYPE: Final = "USERFIELD_TYPE"
_PAGE: Final = 50
_SCOPES: Final[Mapping[str | None, str]] = {
    None: "REST_APP_URI",
    "crm": (
        "CRM_LEAD_DETAIL_TAB CRM_DEAL_DETAIL_TAB CRM_CONTACT_DETAIL_TAB CRM_COMPANY_DETAIL_TAB "
        "CRM_LEAD_LIST_MENU CRM_DEAL_LIST_MENU CRM_CONTACT_LIST_MENU CRM_COMPANY_LIST_MENU "
        "CRM_LEAD_DETAIL_ACTIVITY CRM_DEAL_DETAIL_ACTIVITY CRM_CONTACT_DETAIL_ACTIVITY "
        "CRM_COMPANY_DETAIL_ACTIVITY CRM_REQUISITE_AUTOCOMPLETE"
    ),
    "task": (
        "TASK_TOP_MENU TASK_LIST_CONTEXT_MENU TASK_VIEW_MODE TASK_VIEW_TAB TASK_VIEW_SIDEBAR "
        "TASK_VIEW_TOP_PANEL TASK_VIEW_MENU_ADD"
    ),
}
_PLACES: Final[Mapping[str, str | None]] = {
    place: scope for scope, places in _SCOPES.items() for place in places.split()
}
"""The scope that a place needs; None for none."""

_OF_TYPE: Final = re.compile(r"CRM_DYNAMIC_([1-9][0-9]*)_(?:DETAIL|LIST)_(?:TAB|MENU|TOOLBAR)")
"""Places of smart processes."""

_MOST: Final[Mapping[str, int]] = {"REST_APP_URI": 1}
"""How many handlers an application may have in a place."""

_Work = Callable[[AppThings, Call, Mapping[str, Any]], Answer]


def methods(things: AppThings) -> Registry:
    """The methods; scope ``placement``.

    Args:
        things: what applications have left in the portal.
    """
    handlers: Mapping[str, _Work] = {
        "placement.bind": _bind,
        "placement.unbind": _unbind,
        "placement.get": _get,
        "userfieldtype.list": _types,
        "userfieldtype.add": _add_type,
        "userfieldtype.update": _update_type,
        "userfieldtype.delete": _delete_type,
    }
    registry = {
        name: Method(partial(_for_admins, things, work), "placement") for name, work in handlers.items()
    }
    return registry | {"placement.list": Method(_list, "placement")}


def _for_admins(things: AppThings, work: _Work, call: Call) -> Answer:
    _for_applications(call)
    if not call.admin:
        raise Refusal("ACCESS_DENIED", "Access denied!", status=403)
    return work(things, call, _upper(call))


def _for_applications(call: Call) -> None:
    if call.auth != "oauth":
        text = "Current authorization type is denied for this method Application context required"
        raise Refusal("WRONG_AUTH_TYPE", text, status=403)


def _upper(call: Call) -> Mapping[str, Any]:
    return {str(name).upper(): value for name, value in call.params.items()}


# -- places


def _list(call: Call) -> Answer:
    """The places that the token's scopes open; those of one scope, or all, if asked."""
    _for_applications(call)
    query = _upper(call)
    if query.get("SCOPE") is not None:
        scopes: set[str | None] = {to_text(query["SCOPE"]) or None}
    elif truthy(query.get("FULL")):
        scopes = set(_PLACES.values())
    else:
        scopes = {None, *call.scope}
    return Answer([place for place, scope in _PLACES.items() if scope in scopes])


def _open(place: str, scope: frozenset[str]) -> bool:
    if _OF_TYPE.fullmatch(place):
        return "crm" in scope
    return place in _PLACES and _PLACES[place] in {None, *scope}


def _place(query: Mapping[str, Any]) -> str:
    place = query.get("PLACEMENT")
    if not isinstance(place, str):
        raise argument_error("Argument 'PLACEMENT' must be of type string", "PLACEMENT")
    return place.upper()


def _bind(things: AppThings, call: Call, query: Mapping[str, Any]) -> Answer:
    place, handler = _place(query), to_text(query.get("HANDLER"))
    _check_bind(place, handler)
    if not _open(place, call.scope):
        raise Refusal("ERROR_PLACEMENT_NOT_FOUND", "Placement not found")
    if to_int(query.get("USER_ID")) > 0:
        raise Refusal("ERROR_PLACEMENT_USER_MODE", "User mode is not available.")
    here = [one for one in things.placements if (one.app, one.place) == (call.client_id, place)]
    if len(here) >= _MOST.get(place, len(here) + 1):
        raise Refusal("ERROR_PLACEMENT_MAX_COUNT", f"Placement max count: {_MOST[place]}")
    options = query.get("OPTIONS")
    made = Placement(
        things.number(),
        call.client_id,
        place,
        handler,
        title=to_text(query.get("TITLE")),
        description=to_text(query.get("DESCRIPTION")),
        options=dict(options) if isinstance(options, Mapping) else {},
    )
    return _added(things, made)


def _check_bind(place: str, handler: str) -> None:
    if not place:
        raise argument_error("Argument 'The placement code is not specified' is null or empty", "PLACEMENT")
    if place == "DEFAULT":
        text = "Argument 'The placement code has an incorrect value' is null or empty"
        raise argument_error(text, "PLACEMENT")
    if not handler:
        text = "Argument 'The URL of the placement handler is not specified' is null or empty"
        raise argument_error(text, "HANDLER")
    check_handler(handler)


def _added(things: AppThings, made: Placement) -> Answer:
    """One handler is in a place once; a type of user fields is there once in the portal."""
    for known in things.placements:
        same = (known.app, known.place, known.handler) == (made.app, made.place, made.handler)
        if same or (made.user_type and known.user_type == made.user_type):
            raise Refusal("ERROR_CORE", "Unable to set placement handler: Handler already binded")
    things.placements.append(made)
    return Answer(result=True, cost=Cost("write"))


def _unbind(things: AppThings, call: Call, query: Mapping[str, Any]) -> Answer:
    """Each handler that goes is counted twice: when it is found, and when it is gone."""
    place, handler = _place(query), to_text(query.get("HANDLER"))
    if not place:
        raise argument_error("Argument 'PLACEMENT' is null or empty", "PLACEMENT")
    gone = [
        one
        for one in things.placements
        if (one.app, one.place) == (call.client_id, place) and handler in ("", one.handler)
    ]
    things.placements = [one for one in things.placements if one not in gone]
    return Answer({"count": 2 * len(gone)}, cost=Cost("write"))


def _get(things: AppThings, call: Call, query: Mapping[str, Any]) -> Answer:
    del query
    return Answer(
        [
            {
                "id": one.id,
                "placement": one.place,
                "userId": one.user_id,
                "handler": one.handler,
                "options": dict(one.options) or [],
                "title": one.title,
                "description": one.description,
                "langAll": {
                    "en": {"TITLE": one.title, "DESCRIPTION": one.description, "GROUP_NAME": ""},
                },
            }
            for one in things.placements
            if one.app == call.client_id and not one.user_type
        ]
    )


# -- types of user fields


def _types(things: AppThings, call: Call, query: Mapping[str, Any]) -> Answer:
    del query
    mine = [one for one in things.placements if one.app == call.client_id and one.user_type]
    start = max(call.start or 0, 0)
    rows = [
        {
            "USER_TYPE_ID": one.user_type,
            "HANDLER": one.handler,
            "TITLE": one.title,
            "DESCRIPTION": one.description,
        }
        for one in mine[start : start + _PAGE]
    ]
    following = start + _PAGE if start + _PAGE < len(mine) else None
    return Answer(rows, total=len(mine), next=following)


def _add_type(things: AppThings, call: Call, query: Mapping[str, Any]) -> Answer:
    name, handler = _type_name(query), to_text(query.get("HANDLER"))
    if not handler:
        raise argument_error("Argument 'HANDLER' is null or empty", "HANDLER")
    check_handler(handler)
    made = Placement(
        things.number(),
        call.client_id,
        _USER_TYPE,
        handler,
        title=to_text(query.get("TITLE")) or name,
        description=to_text(query.get("DESCRIPTION")),
        user_type=name,
        options=_height(query.get("OPTIONS")),
    )
    return _added(things, made)


def _update_type(things: AppThings, call: Call, query: Mapping[str, Any]) -> Answer:
    name = _type_name(query)
    changes: dict[str, Any] = {}
    if query.get("HANDLER"):
        check_handler(to_text(query["HANDLER"]))
        changes["handler"] = to_text(query["HANDLER"])
    if "OPTIONS" in query:
        changes["options"] = _height(query["OPTIONS"])
    changes |= {
        field.lower(): to_text(query[field]) for field in ("TITLE", "DESCRIPTION") if query.get(field)
    }
    if not changes:
        text = "Argument 'HANDLER|TITLE|DESCRIPTION' is null or empty"
        raise argument_error(text, "HANDLER|TITLE|DESCRIPTION")
    found = _own_type(things, call, name)
    place = things.placements.index(found)
    things.placements[place] = replace(found, **changes)
    return Answer(result=True, cost=Cost("write"))


def _delete_type(things: AppThings, call: Call, query: Mapping[str, Any]) -> Answer:
    things.placements.remove(_own_type(things, call, _type_name(query)))
    return Answer(result=True, cost=Cost("write"))


def _type_name(query: Mapping[str, Any]) -> str:
    name = to_text(query.get("USER_TYPE_ID")).lower()
    if not name:
        raise argument_error("Argument 'USER_TYPE_ID' is null or empty", "USER_TYPE_ID")
    return name


def _own_type(things: AppThings, call: Call, name: str) -> Placement:
    for one in things.placements:
        if (one.app, one.user_type) == (call.client_id, name):
            return one
    raise Refusal("ERROR_NOT_FOUND", "User Field Type not found")


def _height(sent: Any) -> dict[str, Any]:
    options = {str(name).lower(): value for name, value in sent.items()} if isinstance(sent, Mapping) else {}
    return {"height": to_int(options["height"])} if truthy(options.get("height")) else {}
