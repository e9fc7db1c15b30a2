"""Knows which user fields a portal has, so that a misspelt one is refused.

The portal ignores a field that it does not have: a filter by it finds every row, and a value for it
is lost. Which user fields there are only the portal can tell. It is asked when one is named that the
model does not declare, once for each entity, and again before a name is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from b24orm.errors import AccessDenied, InsufficientScope, NotFound, UnknownName, nearest
from b24orm.plan.calls import Call
from b24orm.query.nodes import Query, conditions_in
from b24orm.schema import EntitySchema

if TYPE_CHECKING:
    from b24orm.executor.executor import Executor

__all__ = ["UserFields", "check_asked", "check_sent", "looked_up"]

_TELLING: Final[Mapping[str, str]] = {
    "crm.deal.fields": "",
    "crm.lead.fields": "",
    "crm.contact.fields": "",
    "crm.company.fields": "",
    "crm.quote.fields": "",
    "crm.item.fields": "fields",
    "tasks.task.getFields": "fields",
    "user.fields": "",
}
"""Methods that name every user field that the entity's other methods read, and where in the answer."""

_REFUSING: Final = frozenset({"orm", "v3"})
"""Dialects that answer an error for a field that there is not, so that reads need no check."""

_WRITES_MORE: Final = frozenset({"User"})
"""Entities whose writes read more fields than the method tells of."""

_REMEMBERED: Final = 10.0
"""Seconds for which the portal is not asked again for a name that it did not have."""

_SHOWN: Final = 12
"""User fields that a message names."""


_Key: TypeAlias = "tuple[str, Any]"


class UserFields:
    """The user fields of one portal, as far as it was asked for them.

    Attributes:
        known: by the method that told of them, by a spelling that all methods agree on; None where
            the portal does not tell.
        refused: names that it did not have, and when it was asked.
    """

    def __init__(self) -> None:
        self.known: dict[_Key, Mapping[str, str] | None] = {}
        self.refused: dict[tuple[_Key, str], float] = {}


async def check_asked(executor: Executor, query: Query) -> None:
    """Refuses a query that names a user field that the portal does not have.

    Raises:
        UnknownName: it would be ignored, and the query answer other rows, or others' order.
    """
    await _check(executor, query.schema, _doubtful(query), query.params)


def looked_up(query: Query) -> str:
    """What is asked about the user fields that a query names, in words; empty: nothing."""
    names = _doubtful(query)
    ask = _asking(query.schema, query.params) if names else None
    return "" if ask is None else f"{', '.join(dict.fromkeys(names))}: {ask.method} is asked once"


def _doubtful(query: Query) -> list[str]:
    """The user fields of a query that the list method would ignore if there were no such."""
    listing = query.schema.list
    if not query.schema.user_fields or listing is None or listing.dialect in _REFUSING:
        return []
    return _names(query)


async def check_sent(executor: Executor, schema: EntitySchema, kind: str, call: Call) -> None:
    """Refuses a write of a user field that the portal does not have.

    Args:
        executor: what asks the portal.
        schema: the entity.
        kind: ``add`` or ``update``.
        call: the write.

    Raises:
        UnknownName: the value would be lost.
    """
    if not schema.user_fields or kind == "delete" or schema.name in _WRITES_MORE:
        return
    param = schema.methods[kind].fields_param
    fields: Mapping[str, Any] = call.params[param] if param else call.params
    names = [name for name in fields if name not in schema.by_wire and schema.custom_wire(name)]
    await _check(executor, schema, names, call.params)


def _names(query: Query) -> list[str]:
    """The user fields that a query names and the model does not declare."""
    compared = (condition.field for condition in conditions_in(query.where))
    fields = [*compared, *(key.field for key in query.order), *(query.select or ())]
    schema = query.schema
    return [f.wire for f in fields if f.name not in schema.fields and schema.custom_wire(f.wire)]


async def _check(
    executor: Executor, schema: EntitySchema, names: Iterable[str], params: Mapping[str, Any]
) -> None:
    names = list(names)
    ask = _asking(schema, params) if names else None
    if ask is None:
        return
    fields, key = executor.user_fields, (ask.method, ask.params.get("entityTypeId"))
    known, now = fields.known, executor.sender.clock.now()
    lost = _missing(known[key], names) if key in known else names
    if any(now - fields.refused.get((key, name), -_REMEMBERED) >= _REMEMBERED for name in lost):
        known[key] = await _told(executor, ask)  # also of fields that are new
        lost = _missing(known[key], names)
        fields.refused.update(((key, name), now) for name in lost)
    if lost:
        told = sorted((known[key] or {}).values())
        near, host = nearest(lost[0], told) or _list(told), executor.sender.credentials.host
        raise UnknownName(f"{schema.name} has no field {lost[0]!r} on {host}{near}")


def _list(told: list[str]) -> str:
    if not told:
        return "; it has no user fields"
    return f"; its user fields are {', '.join(told[:_SHOWN])}{' ...' if len(told) > _SHOWN else ''}"


def _asking(schema: EntitySchema, params: Mapping[str, Any]) -> Call | None:
    """The call that tells of the entity's fields, if there is one that tells of all."""
    method = schema.method("fields")
    if method is None or method.name not in _TELLING:
        return None
    given = {**params, **schema.fixed_params}
    needed = ("entityTypeId",) if method.name == "crm.item.fields" else ()
    if any(name not in given for name in needed):
        return None
    return Call(method.name, {name: given[name] for name in needed})


async def _told(executor: Executor, ask: Call) -> Mapping[str, str] | None:
    """The user fields by a spelling that all methods agree on; None if the portal doesn't tell."""
    try:
        answer = (await executor.call(ask)).result
    except (AccessDenied, InsufficientScope, NotFound):
        return None
    inside = _TELLING[ask.method]
    fields = answer.get(inside) if inside and isinstance(answer, Mapping) else answer
    if not isinstance(fields, Mapping):
        return None
    return {
        _plain(name): _shown(name, about) for name, about in fields.items() if _plain(name).startswith("UF")
    }


def _plain(name: str) -> str:
    return name.replace("_", "").upper()


def _shown(name: str, about: Any) -> str:
    upper = about.get("upperName") if isinstance(about, Mapping) else None
    return str(upper or name)


def _missing(known: Mapping[str, str] | None, names: Iterable[str]) -> list[str]:
    return [] if known is None else [name for name in names if _plain(name) not in known]
