"""Parts of bookings, of who waits and of resources: clients, data of other modules, hours.

They are set and unset as a whole; a list answers all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Method, Refusal, Registry
from b24orm.emulator.methods.controller import array_argument, int_argument
from b24orm.emulator.methods.params import as_map
from b24orm.emulator.store import Store
from b24orm.emulator.values import to_int, to_list, to_text

__all__ = ["methods"]


@dataclass(frozen=True, slots=True)
class _Part:
    """One kind of parts.

    Attributes:
        family: what its methods begin with, after ``booking.v1.``.
        table, column: where they are kept.
        owner: the parameter with the owner's id.
        absent: the refusal for an owner that isn't there.
        sent, told: what a call, and an answer, holds them under.
        shaped: what is kept of what was sent.
    """

    family: str
    table: str
    column: str
    owner: str
    absent: tuple[str, str]
    sent: str
    told: str
    shaped: Callable[[Sequence[Any]], list[dict[str, Any]]]


def methods(store: Store) -> Registry:
    """The methods; scope ``booking``."""
    handlers: Mapping[str, Callable[[Store, _Part, Call], Answer]] = {
        "list": _list,
        "set": _set,
        "unset": _unset,
    }
    found = {
        f"booking.v1.{part.family}.{name}": Method(partial(handler, store, part), "booking")
        for part in _PARTS
        for name, handler in handlers.items()
    }
    return {**found, "booking.v1.clienttype.list": Method(_client_types, "booking")}


def _client_types(call: Call) -> Answer:
    del call
    return Answer({"clientType": [{"code": code, "module": "crm"} for code in ("COMPANY", "CONTACT")]})


def _owner(store: Store, part: _Part, call: Call) -> dict[str, Any]:
    row = store.get(part.table, int_argument(call, part.owner))
    if row is None:
        raise Refusal(*part.absent)
    return row


def _list(store: Store, part: _Part, call: Call) -> Answer:
    rows = to_list(_owner(store, part, call)[part.column] or [])
    return Answer({part.told: rows}, cost=Cost("get", rows=1))


def _set(store: Store, part: _Part, call: Call) -> Answer:
    number = int_argument(call, part.owner)
    sent = to_list(array_argument(call, part.sent))
    _owner(store, part, call)
    store.update(part.table, number, {part.column: part.shaped(sent)})
    return Answer(result=True, cost=Cost("write", rows=1))


def _unset(store: Store, part: _Part, call: Call) -> Answer:
    _owner(store, part, call)
    store.update(part.table, int_argument(call, part.owner), {part.column: []})
    return Answer(result=True, cost=Cost("write", rows=1))


def _needed(one: Mapping[str, Any], names: Sequence[str]) -> None:
    lacking = [name for name in names if one.get(name) in (None, "", [])]
    if lacking:
        raise Refusal("0", f"Required fields: {', '.join(lacking)}")


def _clients(sent: Sequence[Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for one in map(as_map, sent):
        _needed(one, ("id", "type"))
        kind = as_map(one["type"])
        _needed(kind, ("module", "code"))
        found.append(
            {
                "id": to_int(one["id"]),
                "type": {"code": to_text(kind["code"]), "module": to_text(kind["module"])},
            }
        )
    return found


def _external(sent: Sequence[Any]) -> list[dict[str, Any]]:
    names = ("moduleId", "entityTypeId", "value")
    for one in map(as_map, sent):
        _needed(one, names)
    return [{name: to_text(as_map(one)[name]) for name in names} for one in sent]


def _slots(sent: Sequence[Any]) -> list[dict[str, Any]]:
    names = ("from", "to", "timezone", "weekDays", "slotSize")
    for one in map(as_map, sent):
        _needed(one, names)
    return [
        {
            "id": place,
            **{name: to_int(one[name]) for name in ("from", "to", "slotSize")},
            "timezone": to_text(one["timezone"]),
            "weekDays": [to_text(day) for day in to_list(one["weekDays"])],
        }
        for place, one in enumerate(map(as_map, sent), 1)
    ]


_BOOKING: Final = ("booking", "bookingId", ("1021", "Booking not found"))
_WAITING: Final = ("booking_waitlist", "waitListId", ("1040", "Wait list not found"))
_VISITS: Final = tuple(
    _Part(f"{family}.{name}", table, column, owner, absent, sent, told, shaped)
    for family, (table, owner, absent), answer in (
        ("booking", _BOOKING, "bookingClient"),
        ("waitlist", _WAITING, "waitListClient"),
    )
    for name, column, sent, told, shaped in (
        ("client", "CLIENTS", "clients", answer, _clients),
        ("externaldata", "EXTERNAL_DATA", "externalData", "externalData", _external),
    )
)
_PARTS: Final = (
    *_VISITS,
    _Part(
        "resource.slots",
        "booking_resource",
        "SLOTS",
        "resourceId",
        ("1009", "Resource not found"),
        "slots",
        "slots",
        _slots,
    ),
)
