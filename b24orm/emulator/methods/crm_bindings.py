"""``crm.timeline.bindings.*`` and ``crm.activity.binding.*``: the rows a comment or an activity is with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.conditions import Where
from b24orm.emulator.methods.controller import int_argument, not_found
from b24orm.emulator.methods.params import fields_param, list_param, positive
from b24orm.emulator.owner_types import owner_name, owner_table, owner_type
from b24orm.emulator.pages import answered, count, read, shape_of
from b24orm.emulator.paging import classic
from b24orm.emulator.store import Store
from b24orm.emulator.values import to_int, to_text

__all__ = ["methods"]

_BINDING: Final = "timeline_binding"


def methods(store: Store) -> Registry:
    """The methods of bindings; scope ``crm``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "timeline.bindings.list": _comment_bindings,
        "timeline.bindings.bind": _bind_comment,
        "timeline.bindings.unbind": _unbind_comment,
        "activity.binding.list": _activity_bindings,
        "activity.binding.add": _bind_activity,
        "activity.binding.delete": _unbind_activity,
        "activity.binding.move": _move_activity,
    }
    return registered(store, "crm", handlers, family="crm.")


# ---- bindings of comments in the timeline


def _comment_bindings(store: Store, call: Call) -> Answer:
    """Every binding of a comment; nothing but OWNER_ID is looked at."""
    owner = positive(list_param(call, "filter").get("OWNER_ID"), "OWNER_ID")
    table, where = store.table(_BINDING), Where("OWNER_ID = ?", (owner,))
    window = classic(max(call.start or 0, 0), count(store, table, where))
    rows = read(store, shape_of(table), where, '"ID" ASC', window)
    return answered(rows, window, len(rows))


def _comment_key(call: Call) -> tuple[int, int, str]:
    fields = fields_param(call)
    owner = positive(fields.get("OWNER_ID"), "OWNER_ID")
    entity = positive(fields.get("ENTITY_ID"), "ENTITY_ID")
    kind = owner_type(to_text(fields.get("ENTITY_TYPE")))
    if not kind:
        raise Refusal("", "ENTITY_TYPE is not defined or invalid.")
    return owner, entity, owner_name(kind).lower()


_OF_COMMENT: Final = "OWNER_ID = ? AND ENTITY_ID = ? AND ENTITY_TYPE = ?"


def _bind_comment(store: Store, call: Call) -> Answer:
    owner, entity, kind = _comment_key(call)
    if not store.count(_BINDING, _OF_COMMENT, (owner, entity, kind)):
        store.insert(_BINDING, {"OWNER_ID": owner, "ENTITY_ID": entity, "ENTITY_TYPE": kind})
    return Answer(result=True, cost=Cost("write", rows=1))


def _unbind_comment(store: Store, call: Call) -> Answer:
    found = store.ids(_BINDING, _OF_COMMENT, _comment_key(call))
    if not found:
        raise Refusal("", "Not found.")
    store.delete(_BINDING, found[0])
    return Answer(result=True, cost=Cost("write", rows=1))


# ---- bindings of activities


def _bindings(store: Store, call: Call) -> tuple[int, list[tuple[int, int]]]:
    number = int_argument(call, "activityId")
    row = store.get("activity", number)
    if row is None:
        raise not_found("Activity not found")
    entries = [entry for entry in row["BINDINGS"] or [] if isinstance(entry, Mapping)]
    return number, [(to_int(entry.get("OWNER_TYPE_ID")), to_int(entry.get("OWNER_ID"))) for entry in entries]


def _target(call: Call, prefix: str = "") -> tuple[int, int]:
    names = [
        f"{prefix}{name}" if prefix else name[0].lower() + name[1:] for name in ("EntityTypeId", "EntityId")
    ]
    return int_argument(call, names[0]), int_argument(call, names[1])


def _activity_bindings(store: Store, call: Call) -> Answer:
    _, bound = _bindings(store, call)
    rows = [{"entityTypeId": kind, "entityId": entity} for kind, entity in bound]
    return Answer(rows, cost=Cost("page", rows=len(rows)))


def _reachable(store: Store, target: tuple[int, int]) -> None:
    table = owner_table(target[0])
    if table not in store.tables or not store.exists(table, target[1]):
        raise Refusal("ACCESS_DENIED", "Access denied")


def _keep_bindings(store: Store, number: int, bound: list[tuple[int, int]]) -> Answer:
    """The bindings of an activity; it belongs to the first of them."""
    entries = [{"OWNER_ID": entity, "OWNER_TYPE_ID": kind} for kind, entity in bound]
    store.update("activity", number, {"BINDINGS": entries, **entries[0]})
    return Answer(result=True, cost=Cost("write", rows=1))


def _bound_already() -> Refusal:
    return Refusal("ACTIVITY_IS_ALREADY_BOUND", "The activity is already bound to this item")


def _not_bound() -> Refusal:
    return Refusal("BINDING_NOT_FOUND", "The activity is not bound to this item")


def _bind_activity(store: Store, call: Call) -> Answer:
    number, bound = _bindings(store, call)
    target = _target(call)
    _reachable(store, target)
    if target in bound:
        raise _bound_already()
    return _keep_bindings(store, number, [*bound, target])


def _unbind_activity(store: Store, call: Call) -> Answer:
    number, bound = _bindings(store, call)
    target = _target(call)
    _reachable(store, target)
    if target not in bound:
        raise _not_bound()
    if len(bound) == 1:
        text = "The last binding of an activity can't be deleted"
        raise Refusal("LAST_BINDING_CANNOT_BE_DELETED", text)
    return _keep_bindings(store, number, [item for item in bound if item != target])


def _move_activity(store: Store, call: Call) -> Answer:
    number, bound = _bindings(store, call)
    source, target = _target(call, "source"), _target(call, "target")
    _reachable(store, source)
    _reachable(store, target)
    if source[1] == target[1]:
        text = "Source and target entity ID cannot be equal"
        raise Refusal("SOURCE_AND_TARGET_ENTITY_ID_ARE_EQUAL_ERROR", text)
    if source[0] != target[0]:
        text = "Source and target entity types are not equal"
        raise Refusal("SOURCE_AND_TARGET_ENTITY_TYPES_ARE_NOT_EQUAL_ERROR", text)
    if target in bound:
        raise _bound_already()
    if source not in bound:
        raise _not_bound()
    return _keep_bindings(store, number, [target if item == source else item for item in bound])
