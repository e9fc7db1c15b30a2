"""What applications add to the CRM: kinds of activities, triggers of automation, traces of visitors.

Kinds and triggers belong to the application that adds them, on behalf of an administrator.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.conditions import Where
from b24orm.emulator.methods.app_context import upper_params
from b24orm.emulator.methods.params import as_map, find
from b24orm.emulator.owner_types import owner_name, owner_table, owner_type
from b24orm.emulator.pages import read, shape_of
from b24orm.emulator.paging import Window
from b24orm.emulator.store import Store
from b24orm.emulator.values import is_array, to_int, to_list, to_text, truthy

__all__ = ["methods"]

_CODE: Final = re.compile(r"[a-z0-9.\-_]+", re.IGNORECASE)
_TRACED: Final = ("COMPANY", "CONTACT", "DEAL", "LEAD", "QUOTE")


def methods(store: Store) -> Registry:
    """The methods; scope ``crm``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "crm.activity.type.list": _types,
        "crm.activity.type.add": _add_type,
        "crm.activity.type.delete": _delete_type,
        "crm.automation.trigger": _by_webhook,
        "crm.automation.trigger.list": _triggers,
        "crm.automation.trigger.add": _add_trigger,
        "crm.automation.trigger.delete": _delete_trigger,
        "crm.automation.trigger.execute": _pull_trigger,
        "crm.tracking.trace.add": _add_trace,
        "crm.tracking.trace.delete": _delete_trace,
    }
    return registered(store, "crm", handlers)


def _denied(text: str) -> Refusal:
    return Refusal("ACCESS_DENIED", f"Access denied! {text}", status=403)


def _application(call: Call) -> str:
    if not call.admin:
        raise _denied("Admin permissions required")
    if not call.client_id:
        raise _denied("Application context required")
    return call.client_id


def _own(store: Store, table: str, app: str) -> list[dict[str, Any]]:
    shape = shape_of(store.table(table))
    return read(store, shape, Where("APP_ID = ?", (app,)), '"ID"', Window(0, -1, 0, 0, "offset"))


def _one(store: Store, table: str, app: str, column: str, value: str) -> int:
    found = store.ids(table, f"APP_ID = ? AND {column} = ?", (app, value))
    return int(found[0]) if found else 0


# ---- kinds of activities


def _types(store: Store, call: Call) -> Answer:
    rows = _own(store, "activity_type", _application(call))
    return Answer(rows, cost=Cost("page", rows=len(rows)))


def _add_type(store: Store, call: Call) -> Answer:
    app, fields = _application(call), as_map(find(call, "fields"))
    code, configurable = to_text(fields.get("TYPE_ID")), fields.get("IS_CONFIGURABLE_TYPE") == "Y"
    if configurable and code == "CONFIGURABLE":
        raise Refusal("", 'Type ID "CONFIGURABLE" is reserved')
    if _one(store, "activity_type", app, "TYPE_ID", code):
        raise Refusal("", "Type is already registered")
    row = {"TYPE_ID": code, "NAME": to_text(fields.get("NAME")), "ICON_ID": 0, "APP_ID": app}
    store.insert("activity_type", {**row, "IS_CONFIGURABLE_TYPE": "Y" if configurable else "N"})
    return Answer(result=True, cost=Cost("write", rows=1))


def _delete_type(store: Store, call: Call) -> Answer:
    app = _application(call)
    number = _one(store, "activity_type", app, "TYPE_ID", to_text(upper_params(call).get("TYPE_ID")))
    if not number:
        raise Refusal("", "Type not found")
    store.delete("activity_type", number)
    return Answer(result=True, cost=Cost("write", rows=1))


# ---- triggers


def _code(call: Call) -> str:
    code = upper_params(call).get("CODE")
    if not truthy(code):
        raise Refusal("", "Empty trigger code!")
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise Refusal("", "Wrong trigger code!")
    return code


def _triggers(store: Store, call: Call) -> Answer:
    rows = _own(store, "automation_trigger", _application(call))
    return Answer(
        [{"NAME": row["NAME"], "CODE": row["CODE"]} for row in rows], cost=Cost("page", rows=len(rows))
    )


def _add_trigger(store: Store, call: Call) -> Answer:
    """A code that the application has already gets the new name."""
    app, code, name = _application(call), _code(call), upper_params(call).get("NAME")
    if not truthy(name):
        raise Refusal("", "Empty trigger name!")
    number = _one(store, "automation_trigger", app, "CODE", code)
    if number:
        store.update("automation_trigger", number, {"NAME": to_text(name)})
    else:
        store.insert("automation_trigger", {"APP_ID": app, "CODE": code, "NAME": to_text(name)})
    return Answer(result=True, cost=Cost("write", rows=1))


def _delete_trigger(store: Store, call: Call) -> Answer:
    number = _one(store, "automation_trigger", _application(call), "CODE", _code(call))
    if not number:
        raise Refusal("", "Trigger not found")
    store.delete("automation_trigger", number)
    return Answer(result=True, cost=Cost("write", rows=1))


def _pull_trigger(store: Store, call: Call) -> Answer:
    """Nothing waits for triggers here: only what is asked is looked at."""
    app, code, query = _application(call), _code(call), upper_params(call)
    if not _one(store, "automation_trigger", app, "CODE", code):
        raise Refusal("", f"Trigger with code {code} is not registered.")
    if not owner_name(to_int(query.get("OWNER_TYPE_ID"))):
        raise Refusal("", "Incorrect parameter OWNER_TYPE_ID.")
    if to_int(query.get("OWNER_ID")) <= 0:
        raise Refusal("", "Incorrect parameter OWNER_ID.")
    return Answer(result=True, cost=Cost("write", rows=1))


def _by_webhook(store: Store, call: Call) -> Answer:
    target = call.params.get("target")
    if target is None:
        raise Refusal("", "Target is not set.")
    kind, line, number = to_text(target).rpartition("_")
    if not line:
        raise Refusal("", "Incorrect target format.")
    table = owner_table(owner_type(kind))
    if not owner_type(kind) or to_int(number) <= 0 or table not in store.tables:
        raise Refusal("", "Target is not found.")
    if not store.exists(table, to_int(number)):
        raise _denied("There is no permissions to update the entity.")
    return Answer(result=True, cost=Cost("write", rows=1))


# ---- traces


def _failed(text: str) -> Refusal:
    return Refusal("ERROR_CORE", text)


def _add_trace(store: Store, call: Call) -> Answer:
    trace = call.params.get("TRACE")
    if not truthy(trace):
        raise _failed("Parameter `TRACE` required.")
    try:
        json.loads(to_text(trace))
    except ValueError:
        raise _failed("Can not parse JSON in parameter `TRACE`.") from None
    sent = call.params.get("ENTITIES")
    entities = [_traced(store, one) for one in (to_list(sent) if is_array(sent) else [])]
    number = store.insert("tracking_trace", {"TRACE": to_text(trace), "ENTITIES": entities})
    return Answer(number, cost=Cost("write", rows=1))


def _traced(store: Store, entity: Any) -> dict[str, Any]:
    known = entity if isinstance(entity, Mapping) else {}
    kind, number = known.get("TYPE"), to_int(known.get("ID"))
    if kind not in _TRACED:
        allowed = ",".join(_TRACED)
        raise _failed(f"Wrong TYPE in parameter `ENTITIES`. Allowed types: {allowed}")
    if number <= 0:
        raise _failed("Wrong ID in parameter `ENTITIES`.")
    if not store.exists(str(kind).lower(), number):
        raise _failed(f"You have no access to entity `{kind}` with ID `{number}`.")
    return {"TYPE": kind, "ID": number}


def _delete_trace(store: Store, call: Call) -> Answer:
    """Answers nothing; a trace that is not there counts as removed."""
    number = to_int(call.params.get("id"))
    if not number:
        raise _failed("Parameter `id` required.")
    store.delete("tracking_trace", number)
    return Answer(None, cost=Cost("write", rows=1))
