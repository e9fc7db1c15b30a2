"""``crm.activity.configurable.*``: activities that applications lay out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.methods.controller import array_argument, int_argument, optional_array
from b24orm.emulator.methods.timeline_marks import check_owner
from b24orm.emulator.store import Store
from b24orm.emulator.values import ZONE_OFFSET, read_datetime, to_int, to_list, to_text

__all__ = ["methods"]

_LAID_OUT: Final = "configurable_activity"


def methods(store: Store) -> Registry:
    """The methods; scope ``crm``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "get": _laid_out,
        "add": _add_laid_out,
        "update": _update_laid_out,
    }
    return registered(store, "crm", handlers, family="crm.activity.configurable.")


def _laid_out(store: Store, call: Call) -> Answer:
    row = _find_laid_out(store, call)
    fields = {
        "typeId": row["TYPE_ID"],
        "completed": row["COMPLETED"] == "Y",
        "deadline": f"{row['DEADLINE']}{ZONE_OFFSET}" if row["DEADLINE"] else None,
        "pingOffsets": row["PING_OFFSETS"] or [],
        "isIncomingChannel": row["IS_INCOMING_CHANNEL"] == "Y",
        "responsibleId": row["RESPONSIBLE_ID"],
        "badgeCode": row["BADGE_CODE"] or "",
        "originatorId": row["ORIGINATOR_ID"],
        "originId": row["ORIGIN_ID"],
    }
    shown = {"id": row["ID"], "ownerTypeId": row["OWNER_TYPE_ID"], "ownerId": row["OWNER_ID"]}
    return Answer(
        {"activity": {**shown, "fields": fields, "layout": row["LAYOUT"]}}, cost=Cost("get", rows=1)
    )


def _find_laid_out(store: Store, call: Call) -> dict[str, Any]:
    row = store.get(_LAID_OUT, int_argument(call, "id"))
    if row is None:
        raise Refusal("NOT_FOUND", "Not found")
    return row


def _wrong(name: str) -> Refusal:
    return Refusal("WRONG_FIELD_VALUE", f"Wrong value of field `{name}`")


def _flag(fields: Mapping[str, Any], name: str) -> bool | None:
    value = fields.get(name)
    if value is None:
        return None
    if value in (True, "Y", "y", "1", 1, "true"):
        return True
    if value in (False, "N", "n", "0", 0, "false"):
        return False
    raise _wrong(name)


def _checked(store: Store, call: Call, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that the fields set."""
    if call.auth != "oauth" and not call.client_id:
        raise Refusal("ERROR_WRONG_CONTEXT", "The method can only be called in the context of an application")
    completed, incoming = _flag(fields, "completed"), _flag(fields, "isIncomingChannel")
    if incoming and fields.get("deadline"):
        raise Refusal(
            "INCOMING_ACTIVITY_CAN_NOT_BE_WITH_DEADLINE", "An incoming activity can not have a deadline"
        )
    if fields.get("responsibleId") is not None and to_int(fields["responsibleId"]) <= 0:
        raise _wrong("responsibleId")
    badge = to_text(fields.get("badgeCode"))
    if badge and not store.count("activity_badge", "CODE = ?", (badge,)):
        raise _wrong("badgeCode")
    kind = fields.get("typeId")
    if kind is not None and kind != "CONFIGURABLE" and not _own_type(store, call, kind):
        raise _wrong("typeId")
    texts = {"badgeCode": "BADGE_CODE", "originatorId": "ORIGINATOR_ID", "originId": "ORIGIN_ID"}
    row: dict[str, Any] = {
        column: to_text(fields[name]) for name, column in texts.items() if fields.get(name) is not None
    }
    numbers = {"RESPONSIBLE_ID": fields.get("responsibleId")}
    row |= {column: to_int(value) for column, value in numbers.items() if value is not None}
    row |= {"TYPE_ID": to_text(kind)} if kind is not None else {}
    row |= {"COMPLETED": "Y" if completed else "N"} if completed is not None else {}
    row |= {"IS_INCOMING_CHANNEL": "Y" if incoming else "N"} if incoming is not None else {}
    row |= {"DEADLINE": read_datetime(fields["deadline"], store.clock())} if fields.get("deadline") else {}
    if fields.get("pingOffsets") is not None:
        row["PING_OFFSETS"] = [to_int(one) for one in to_list(fields["pingOffsets"])]
    return row


def _own_type(store: Store, call: Call, kind: Any) -> int:
    where = "APP_ID = ? AND TYPE_ID = ? AND IS_CONFIGURABLE_TYPE = 'Y'"
    return store.count("activity_type", where, (call.client_id, to_text(kind)))


def _add_laid_out(store: Store, call: Call) -> Answer:
    """A new activity: it is one of the CRM's, too, of a provider of its own."""
    kind, owner = int_argument(call, "ownerTypeId"), int_argument(call, "ownerId")
    fields, layout = array_argument(call, "fields"), array_argument(call, "layout")
    row = _checked(store, call, fields)
    if not layout:
        raise Refusal("ERROR_EMPTY_LAYOUT", "The layout must not be empty")
    check_owner(store, kind, owner)
    place = {"OWNER_TYPE_ID": kind, "OWNER_ID": owner}
    usual = {"TYPE_ID": "CONFIGURABLE", "RESPONSIBLE_ID": call.user_id, "COMPLETED": "N"}
    whole = {**usual, "IS_INCOMING_CHANNEL": "N", **row, **place, "LAYOUT": layout, "APP_ID": call.client_id}
    with store.transaction():
        number = store.insert("activity", {**place, "BINDINGS": [place], **_of_activity(whole)})
        store.insert(_LAID_OUT, {**whole, "ID": number})
    return Answer({"activity": {"id": number}}, cost=Cost("write", rows=1))


def _of_activity(row: Mapping[str, Any]) -> dict[str, Any]:
    names = ("COMPLETED", "DEADLINE", "RESPONSIBLE_ID", "ORIGINATOR_ID", "ORIGIN_ID")
    fixed = {"TYPE_ID": 6, "PROVIDER_ID": "CONFIGURABLE_REST_APP", "SUBJECT": ""}
    kind = {"PROVIDER_TYPE_ID": row["TYPE_ID"]} if "TYPE_ID" in row else {}
    return {**fixed, **kind, **{name: row[name] for name in names if name in row}}


def _update_laid_out(store: Store, call: Call) -> Answer:
    """Changes an activity, if the application has made it."""
    row = _find_laid_out(store, call)
    if call.client_id and row["APP_ID"] != call.client_id:
        raise Refusal("ERROR_WRONG_APPLICATION", "The activity was created by another application")
    change = _checked(store, call, optional_array(call, "fields") or {})
    layout = optional_array(call, "layout")
    with store.transaction():
        store.update(_LAID_OUT, row["ID"], {**change, **({"LAYOUT": layout} if layout else {})})
        store.update("activity", row["ID"], _of_activity(change))
    return Answer({"activity": {"id": row["ID"]}}, cost=Cost("write", rows=1))
