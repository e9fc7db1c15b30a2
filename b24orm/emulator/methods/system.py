"""Methods that belong to no entity: who am I, what can I call, what time is it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Method, Refusal, Registry
from b24orm.emulator.app_things import AppThings
from b24orm.emulator.store import Store
from b24orm.emulator.values import to_text, truthy

__all__ = ["PortalInfo", "methods"]


@dataclass(frozen=True, slots=True)
class PortalInfo:
    """What a portal says of itself.

    Attributes:
        license: the plan as ``app.info`` spells it; one that begins with ``xx_ent`` means Enterprise.
        language: the portal's language.
        lacks: features that the plan does not have.
    """

    license: str = "com_pro100"
    language: str = "en"
    lacks: frozenset[str] = frozenset()


def methods(store: Store, info: PortalInfo, others: Registry, things: AppThings | None = None) -> Registry:
    """The system methods; all of them are free of scopes.

    Args:
        store: the portal's data.
        info: what the portal says of itself.
        others: the methods that ``methods`` and ``method.get`` speak of.
        things: what is known of applications.
    """
    registry: Registry = {}
    registry |= {
        "profile": Method(partial(_profile, store)),
        "app.info": Method(partial(_app_info, info, things or AppThings())),
        "server.time": Method(partial(_server_time, store)),
        "scope": Method(partial(_scope, others)),
        "methods": Method(partial(_methods, registry, others)),
        "method.get": Method(partial(_method_get, registry, others)),
        "feature.get": Method(partial(_feature, info)),
    }
    return registry


def _profile(store: Store, call: Call) -> Answer:
    user = store.get("user", call.user_id)
    if user is None or user["ACTIVE"] != "Y":
        return Answer([])
    result = {
        "ID": str(user["ID"]),
        "ADMIN": call.admin,
        "NAME": user["NAME"] or "",
        "LAST_NAME": user["LAST_NAME"] or "",
        "PERSONAL_GENDER": user["PERSONAL_GENDER"] or "",
        "TIME_ZONE": user["TIME_ZONE"] or "",
    }
    return Answer(result)


def _app_info(info: PortalInfo, things: AppThings, call: Call) -> Answer:
    if call.auth != "oauth":
        return Answer({"SCOPE": sorted(call.scope), "LICENSE": info.license})
    known = things.state(call.client_id)
    return Answer(
        {
            "ID": str(known.id),
            "CODE": call.client_id,
            "VERSION": known.version,
            "STATUS": "L",
            "INSTALLED": known.installed,
            "PAYMENT_EXPIRED": "N",
            "DAYS": None,
            "LANGUAGE_ID": info.language,
            "LICENSE": info.license,
        }
    )


def _server_time(store: Store, call: Call) -> Answer:
    del call
    return Answer(store.now().isoformat())


def _scope(others: Registry, call: Call) -> Answer:
    if truthy(_upper(call).get("FULL")):
        return Answer(sorted({method.scope for method in others.values() if method.scope}))
    return Answer(sorted(call.scope))


def _methods(own: Registry, others: Registry, call: Call) -> Answer:
    """Names of classic methods; those of engine controllers stand in no table."""
    params = _upper(call)
    asked = params.get("SCOPE")
    if asked is not None:
        scopes: set[str | None] = {to_text(asked)} if asked else {None}
    elif truthy(params.get("FULL")):
        scopes = {None, *(method.scope for method in others.values())}
    else:
        scopes = {None, *call.scope}
    known = {**own, **others}
    return Answer(
        [name for name, method in known.items() if method.scope in scopes and not _of_controller(name)]
    )


def _of_controller(name: str) -> bool:
    return name.startswith(_CONTROLLERS)


_CONTROLLERS: Final = (
    "crm.item.",
    "crm.category.",
    "crm.type.",
    "crm.stagehistory.",
    "crm.timeline.comment.add",
    "crm.timeline.comment.update",
    "crm.timeline.comment.delete",
    "tasks.",
    "catalog.",
    "sale.",
    "rpa.",
    "booking.v1.",
    "biconnector.",
)
"""Methods of engine controllers begin so; their modules list events in the old tables, if anything."""


def _method_get(own: Registry, others: Registry, call: Call) -> Answer:
    method = {**own, **others}.get(to_text(call.params.get("name")))
    available = method is not None and (method.scope is None or method.scope in call.scope)
    return Answer({"isExisting": method is not None, "isAvailable": available})


def _feature(info: PortalInfo, call: Call) -> Answer:
    code = to_text(_upper(call).get("CODE"))
    if not code:
        raise Refusal("CODE_EMPTY", "CODE can't be empty")
    return Answer({"value": "N" if code in info.lacks else "Y"})


def _upper(call: Call) -> Mapping[str, Any]:
    return {str(key).upper(): value for key, value in call.params.items()}
