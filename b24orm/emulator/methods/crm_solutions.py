"""``crm.automatedsolution.*`` and ``crm.duplicate.volatileType.*``: for administrators of the CRM alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from b24orm.emulator import smart_types
from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.methods.controller import int_argument
from b24orm.emulator.methods.families import Family, Row, absent, methods_of
from b24orm.emulator.methods.params import required
from b24orm.emulator.methods.timeline_marks import crm_admins
from b24orm.emulator.owner_types import owner_table
from b24orm.emulator.store import Store
from b24orm.emulator.values import is_array, to_int, to_list, to_text

__all__ = ["methods"]

_VOLATILE: Final = "volatile_type"
_MOST_VOLATILE: Final = 7
_WATCHED: Final = (1, 3, 4)
"""Leads, contacts and companies: what may have duplicates."""


def methods(store: Store) -> Registry:
    """The methods; scope ``crm``."""
    volatile: Mapping[str, Callable[[Store, Call], Answer]] = {
        "list": _volatile,
        "fields": _candidates,
        "register": _register,
        "unregister": _unregister,
    }
    return methods_of(store, (_SOLUTIONS,)) | registered(
        store, "crm", volatile, family="crm.duplicate.volatiletype."
    )


# ---- digital workplaces


def _check_solution(store: Store, call: Call, row: Row, before: Row | None) -> None:
    """A title has to be; of the smart processes those that there are get bound."""
    del call
    if not row.get("TITLE") and (before is None or "TITLE" in row):
        raise Refusal("BX_EMPTY_REQUIRED", "The required field 'Title' is not filled")
    if "TYPE_IDS" in row or before is None:
        sent = row.get("TYPE_IDS")
        known = {known.id for known in smart_types.all_types(store)}
        wanted = [to_int(one) for one in (to_list(sent) if is_array(sent) else [])]
        row["TYPE_IDS"] = [number for number in wanted if number in known]


def _rebind(store: Store, call: Call, number: Any, row: Row | None) -> None:
    """A smart process lies in one workplace: it leaves the others."""
    del call
    if row is None:
        return
    taken = set(row.get("TYPE_IDS") or ())
    for other in store.rows("automated_solution", where="ID <> ?", params=(number,)):
        left = [one for one in other["TYPE_IDS"] or [] if one not in taken]
        if left != (other["TYPE_IDS"] or []):
            store.update("automated_solution", other["ID"], {"TYPE_IDS": left})


def _guard(store: Store, call: Call) -> None:
    crm_admins(call)
    if call.method != "crm.automatedsolution.delete":
        return
    row = store.get("automated_solution", to_int(call.params.get("id")))
    if row and row["TYPE_IDS"]:
        text = "Cannot delete the workplace that has SPAs. Move them to another workplace"
        raise Refusal("HAS_BOUND_TYPES", text)


def _unknown(place: str, name: str) -> Refusal:
    if place == "filter":
        return Refusal("INVALID_ARG_VALUE", f"Invalid filter: field '{name}' is not allowed in filter")
    return Refusal("INVALID_ARG_VALUE", f"Invalid order: field '{name}' is not allowed in order")


_SOLUTIONS: Final = Family(
    "AutomatedSolution",
    "automated_solution",
    "crm",
    absent=absent("NOT_FOUND", "Not found"),
    unknown=_unknown,
    guard=_guard,
    check=_check_solution,
    after=_rebind,
    order='"ID" ASC',
)


# ---- fields that duplicates are looked for by


def _volatile(store: Store, call: Call) -> Answer:
    crm_admins(call)
    rows = store.rows(_VOLATILE)
    shown = [
        {"id": row["ID"], "entityTypeId": row["ENTITY_TYPE_ID"], "fieldCode": row["FIELD_CODE"]}
        for row in rows
    ]
    return Answer(shown, cost=Cost("page", rows=len(shown)))


def _fields_of(store: Store, kind: int) -> dict[str, str]:
    """Texts of a kind of rows with what they are called; nothing where no duplicates are looked for."""
    if kind not in _WATCHED:
        return {}
    columns = store.table(owner_table(kind)).columns.values()
    texts = [one.name for one in columns if one.kind == "string" and one.type == "string" and not one.hidden]
    return {name: name.replace("_", " ").capitalize() for name in texts}


def _candidates(store: Store, call: Call) -> Answer:
    crm_admins(call)
    asked = to_int(call.params.get("entityTypeId"))
    found = [
        {"entityTypeId": kind, "fieldCode": code, "fieldTitle": title}
        for kind in ((asked,) if asked else _WATCHED)
        for code, title in _fields_of(store, kind).items()
    ]
    return Answer(found)


def _register(store: Store, call: Call) -> Answer:
    """The number of the type; that of the one there is, if the field has one."""
    kind, code = int_argument(call, "entityTypeId"), to_text(required(call, "fieldCode"))
    crm_admins(call)
    if code not in _fields_of(store, kind):
        raise Refusal("FIELD_NOT_FOUND", "Field not found")
    found = store.ids(_VOLATILE, "ENTITY_TYPE_ID = ? AND FIELD_CODE = ?", (kind, code))
    if not found and store.count(_VOLATILE) >= _MOST_VOLATILE:
        text = "There is already a maximum number of volatile types"
        raise Refusal("MAX_TYPES_COUNT_EXCEEDED", text)
    number = found[0] if found else store.insert(_VOLATILE, {"ENTITY_TYPE_ID": kind, "FIELD_CODE": code})
    return Answer({"id": number}, cost=Cost("write", rows=1))


def _unregister(store: Store, call: Call) -> Answer:
    number = int_argument(call, "id")
    crm_admins(call)
    if not store.delete(_VOLATILE, number):
        raise Refusal("TYPE_IS_NOT_ASSIGNED", "This type is not assigned")
    return Answer(result=True, cost=Cost("write", rows=1))
