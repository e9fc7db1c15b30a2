"""Who calls, and what an application remembers: ``app.option``, ``user.option``, ``user.admin`` ..."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Method, Refusal, Registry
from b24orm.emulator.app_things import AppThings
from b24orm.emulator.methods.event_filter import argument_error
from b24orm.emulator.store import Store
from b24orm.emulator.values import to_int, to_list, to_text

__all__ = ["methods"]

_EVERYBODY: Final = {"G2": "All visitors", "AU": "All authorized users"}


def methods(store: Store, things: AppThings) -> Registry:
    """The methods; none of them needs a scope.

    Args:
        store: the portal's data.
        things: what applications have left in the portal.
    """
    handlers: Mapping[str, Callable[[AppThings, Call], Answer]] = {
        "app.option.get": _app_option,
        "app.option.set": _set_app_options,
        "user.option.get": _user_option,
        "user.option.set": _set_user_options,
    }
    registry = {name: Method(partial(handler, things)) for name, handler in handlers.items()}
    return registry | {
        "user.admin": Method(_is_admin),
        "user.access": Method(partial(_has_access, store)),
        "access.name": Method(partial(_access_names, store)),
    }


# -- options


def _application(call: Call) -> str:
    if not call.client_id:
        raise Refusal("ACCESS_DENIED", "Access denied! Application context required", status=403)
    return call.client_id


def _app_option(things: AppThings, call: Call) -> Answer:
    return _option(things.options.get(_application(call), {}), call)


def _user_option(things: AppThings, call: Call) -> Answer:
    return _option(things.user_options.get((_application(call), call.user_id), {}), call)


def _option(kept: Mapping[str, Any], call: Call) -> Answer:
    """One option, or all of them: names count as they are written."""
    asked = call.params.get("option")
    return Answer(dict(kept) if asked is None else kept.get(to_text(asked)))


def _set_app_options(things: AppThings, call: Call) -> Answer:
    app, given = _application(call), _given(call)
    if not call.admin:
        raise Refusal("ACCESS_DENIED", "Access denied! Administrator authorization required", status=403)
    things.options.setdefault(app, {}).update(given)
    return Answer(result=True, cost=Cost("write"))


def _set_user_options(things: AppThings, call: Call) -> Answer:
    things.user_options.setdefault((_application(call), call.user_id), {}).update(_given(call))
    return Answer(result=True, cost=Cost("write"))


def _given(call: Call) -> Mapping[str, Any]:
    """``options``, or without it all parameters."""
    sent = call.params.get("options")
    given = call.params if sent is None else sent
    if not isinstance(given, Mapping) or not given:
        raise argument_error("Argument 'options' is null or empty", "options")
    return given


# -- access


def _is_admin(call: Call) -> Answer:
    return Answer(call.admin)


def _has_access(store: Store, call: Call) -> Answer:
    """Whether the user has one of the codes; an administrator has them all."""
    sent = {str(name).upper(): value for name, value in call.params.items()}.get("ACCESS")
    asked = {to_text(code) for code in (to_list(sent) if isinstance(sent, (list, Mapping)) else [sent])}
    return Answer(call.admin or bool(asked & _codes(store, call.user_id)))


def _codes(store: Store, user_id: int) -> set[str]:
    user = store.get("user", user_id) or {}
    departments = {f"{kind}{number}" for number in to_list(user.get("UF_DEPARTMENT")) for kind in ("D", "DR")}
    return {f"U{user_id}", *_EVERYBODY, *departments}


def _access_names(store: Store, call: Call) -> Answer:
    sent = {str(name).upper(): value for name, value in call.params.items()}.get("ACCESS")
    if not isinstance(sent, (list, Mapping)) or not sent:
        return Answer(result=False)
    named = {code: _named(store, code) for code in map(to_text, to_list(sent))}
    return Answer({code: found for code, found in named.items() if found is not None})


def _named(store: Store, code: str) -> Mapping[str, str] | None:
    if code in _EVERYBODY:
        return {"provider": "", "name": _EVERYBODY[code], "provider_id": "other"}
    user = store.get("user", to_int(code[1:])) if code[:1] == "U" and code[1:].isdigit() else None
    if user is None:
        return None
    name = f"{user['NAME'] or ''} {user['LAST_NAME'] or ''}".strip()
    return {"provider": "Users", "name": name, "provider_id": "user"}
