"""``tasks.flow.Flow.*``: ways that tasks take through a team; scope ``task``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.methods.controller import array_argument, int_argument
from b24orm.emulator.methods.families import Family, Row, absent, methods_of
from b24orm.emulator.store import Store
from b24orm.emulator.values import to_int, to_text
from b24orm.facts import load

__all__ = ["methods"]

_TABLE: Final = "task_flow"
_WAYS: Final = frozenset({"manually", "queue", "himself", "by_workload", "immutable"})
_FLAGS: Final = frozenset(item.wire for item in load("Flow").fields.values() if item.type == "boolean")


def methods(store: Store) -> Registry:
    """The methods of flows."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "delete": _delete,
        "activate": _activate,
        "pin": _pin,
        "isexists": _exists,
    }
    return methods_of(store, (_FLOWS,)) | registered(store, "task", handlers, family="tasks.flow.flow.")


def _check(store: Store, call: Call, row: Row, before: Row | None) -> None:
    fields = array_argument(call, "flowData")
    if before is None:
        for name in ("name", "plannedCompletionTime", "distributionType"):
            if not fields.get(name):
                raise Refusal("0", f"'{name}': field must be filled")
        usual = {"CREATOR_ID": call.user_id, "OWNER_ID": call.user_id, "ACTIVITY": store.now()}
        row |= {name: value for name, value in usual.items() if not row.get(name)}
    if row.get("DISTRIBUTION_TYPE", "manually") not in _WAYS:
        raise Refusal("0", "'distributionType': field's value has an invalid value")
    number = (before or {}).get("ID", 0)
    if row.get("NAME") and store.count(_TABLE, "NAME = ? AND ID <> ?", (row["NAME"], number)):
        raise Refusal("0", "A flow with this name already exists")
    people = row.get("RESPONSIBLE_LIST") or (before or {}).get("RESPONSIBLE_LIST")
    if not people:
        raise Refusal("0", "'responsibleList': field's value has an invalid value")
    row["TEAM"] = people


def _show(store: Store, call: Call, row: Row) -> Row:
    del store, call
    whole = {"taskCreators": [["meta-user", "all-users"]]} if not row.get("taskCreators") else {}
    return {name: value == "Y" if name in _FLAGS else value for name, value in row.items()} | whole


def _flow(store: Store, number: int) -> Row:
    row = store.get(_TABLE, number)
    if row is None:
        raise Refusal("0", "Flow not found")
    return row


def _delete(store: Store, call: Call) -> Answer:
    row = _flow(store, to_int(array_argument(call, "flowData").get("id")))
    store.delete(_TABLE, row["ID"])
    return Answer({"deleted": True}, cost=Cost("write", rows=1))


def _activate(store: Store, call: Call) -> Answer:
    """Switches a flow on, and the next time off."""
    row = _flow(store, int_argument(call, "flowId"))
    store.update(_TABLE, row["ID"], {"ACTIVE": "N" if row["ACTIVE"] == "Y" else "Y"})
    return Answer(result=True, cost=Cost("write", rows=1))


def _pin(store: Store, call: Call) -> Answer:
    """Pins a flow for the user, and the next time lets it go."""
    row = _flow(store, int_argument(call, "flowId"))
    pinned = set(row["PINNED"] or []) ^ {call.user_id}
    store.update(_TABLE, row["ID"], {"PINNED": sorted(pinned)})
    return Answer(result=True, cost=Cost("write", rows=1))


def _exists(store: Store, call: Call) -> Answer:
    """Whether another flow has a name."""
    fields: Mapping[str, Any] = array_argument(call, "flowData")
    where = "NAME = ? AND ID <> ?"
    taken = store.count(_TABLE, where, (to_text(fields.get("name")), to_int(fields.get("id"))))
    return Answer({"exists": bool(taken)}, cost=Cost("get"))


_FLOWS: Final = Family(
    "Flow",
    _TABLE,
    "task",
    absent=absent("0", "Flow not found"),
    check=_check,
    show=_show,
    only=("get", "add", "update"),
)
