"""``bizproc.activity.*`` and ``bizproc.robot.*``: what an application adds to workflows and to automation."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Method, Refusal, Registry
from b24orm.emulator.methods.app_context import application, upper_params
from b24orm.emulator.methods.params import as_map
from b24orm.emulator.store import Store
from b24orm.emulator.tables import words
from b24orm.emulator.values import is_array, to_int, to_text

__all__ = ["methods"]

_CODE: Final = re.compile(r"[a-z0-9.\-_]+", re.IGNORECASE)
_PROPERTY: Final = re.compile(r"[a-z][a-z0-9_]*", re.IGNORECASE)
_BAD: Final = "ERROR_ACTIVITY_VALIDATION_FAILURE"


def methods(store: Store) -> Registry:
    """The methods of activities and robots; scope ``bizproc``."""
    handlers: Mapping[str, Callable[[Store, str, Call], Answer]] = {
        "list": _activities,
        "add": _add_activity,
        "update": _update_activity,
        "delete": _delete_activity,
    }
    return {
        f"bizproc.{family}.{kind}": Method(partial(handler, store, robot), "bizproc")
        for family, robot in (("activity", "N"), ("robot", "Y"))
        for kind, handler in handlers.items()
    }


def _activities(store: Store, robot: str, call: Call) -> Answer:
    """The codes of the application's own."""
    application(call)
    sql = "SELECT CODE FROM workflow_activity WHERE APP_ID = ? AND IS_ROBOT = ? ORDER BY ID"
    codes = [row[0] for row in store.fetch(sql, (call.client_id, robot))]
    return Answer(codes, cost=Cost("page", rows=len(codes)))


def _activity_code(params: Mapping[str, Any]) -> str:
    code = params.get("CODE")
    if not code:
        raise Refusal(_BAD, "Empty activity code!")
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise Refusal(_BAD, "Wrong activity code!")
    return code


def _check_properties(value: Any) -> None:
    if not is_array(value):
        raise Refusal(_BAD, "Wrong properties array!")
    for key, item in as_map(value).items():
        if not _PROPERTY.fullmatch(str(key)):
            raise Refusal(_BAD, f"Wrong property key ({key})!")
        if not (isinstance(item, Mapping) and item.get("NAME")):
            raise Refusal(_BAD, f"Empty property NAME ({key})!")


def _check_activity(fields: Mapping[str, Any]) -> None:
    for name in ("PROPERTIES", "RETURN_PROPERTIES"):
        if fields.get(name) is not None:
            _check_properties(fields[name])
    if fields.get("FILTER") and not is_array(fields["FILTER"]):
        raise Refusal(_BAD, "Wrong activity FILTER!")


def _activity_row(fields: Mapping[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name in words("HANDLER NAME DESCRIPTION USE_SUBSCRIPTION"):
        if fields.get(name) is not None:
            value = fields[name]
            row[name] = value if isinstance(value, str) else to_text(value)
    for name in words("PROPERTIES RETURN_PROPERTIES DOCUMENT_TYPE FILTER"):
        if name in fields:
            row[name] = fields[name] or None
    if fields.get("AUTH_USER_ID") is not None:
        row["AUTH_USER_ID"] = to_int(fields["AUTH_USER_ID"])
    if "USE_PLACEMENT" in fields:
        row["USE_PLACEMENT"] = "Y" if fields["USE_PLACEMENT"] == "Y" else "N"
    return row


def _add_activity(store: Store, robot: str, call: Call) -> Answer:
    application(call)
    params = upper_params(call)
    code = _activity_code(params)
    if not params.get("HANDLER"):
        raise Refusal("ERROR_CORE", "Handler URL is not specified")
    if not params.get("NAME"):
        raise Refusal(_BAD, "Empty activity NAME!")
    _check_activity(params)
    if store.count("workflow_activity", "APP_ID = ? AND CODE = ?", (call.client_id, code)):
        raise Refusal("ERROR_ACTIVITY_ALREADY_INSTALLED", "Activity or Robot already installed!")
    made = {"CODE": code, "APP_ID": call.client_id, "IS_ROBOT": robot}
    store.insert("workflow_activity", {**made, **_activity_row(params)})
    return Answer(result=True, cost=Cost("write", rows=1))


def _activity(store: Store, robot: str, call: Call) -> int:
    application(call)
    code = _activity_code(upper_params(call))
    where = "APP_ID = ? AND CODE = ? AND IS_ROBOT = ?"
    found = store.ids("workflow_activity", where, (call.client_id, code, robot))
    if not found:
        raise Refusal("ERROR_ACTIVITY_NOT_FOUND", "Activity or Robot not found!")
    return int(found[0])


def _update_activity(store: Store, robot: str, call: Call) -> Answer:
    number = _activity(store, robot, call)
    fields = upper_params(call).get("FIELDS")
    sent = {str(key): value for key, value in fields.items()} if isinstance(fields, Mapping) else {}
    _check_activity(sent)
    row = _activity_row(sent)
    if not row:
        raise Refusal(_BAD, "No fields to update")
    store.update("workflow_activity", number, row)
    return Answer(result=True, cost=Cost("write", rows=1))


def _delete_activity(store: Store, robot: str, call: Call) -> Answer:
    store.delete("workflow_activity", _activity(store, robot, call))
    return Answer(result=True, cost=Cost("write", rows=1))
