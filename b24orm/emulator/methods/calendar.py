"""``calendar.*``: events of a person, a group or the company, and the calendars they stand in.

A list takes a span of time and answers all of it; without one, a month back and three ahead. Times come in
the portal's own form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.conditions import Where, membership
from b24orm.emulator.pages import read, read_one, shape_of
from b24orm.emulator.paging import Window
from b24orm.emulator.store import Store
from b24orm.emulator.values import is_array, read_datetime, to_int, to_list, to_text

__all__ = ["methods"]

_WHOLE: Final = Window(0, -1, 0, 0, "offset")
_FAR: Final = "2038-01-01T00:00:00"
"""The end of a span that has none."""
_TEXTS: Final[Mapping[str, str]] = {
    "name": "NAME",
    "description": "DESCRIPTION",
    "color": "COLOR",
    "text_color": "TEXT_COLOR",
    "accessibility": "ACCESSIBILITY",
    "importance": "IMPORTANCE",
    "location": "LOCATION",
}


def methods(store: Store) -> Registry:
    """The methods of calendars; scope ``calendar``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "calendar.event.get": _events,
        "calendar.event.getbyid": _event,
        "calendar.event.add": _add,
        "calendar.event.update": _update,
        "calendar.event.delete": _delete,
        "calendar.section.get": _sections,
    }
    return registered(store, "calendar", handlers)


def _need(call: Call, *names: str) -> None:
    for name in names:
        value = call.params.get(name)
        if value in (None, "", [], {}) or (value in (0, "0") and name != "ownerId"):
            text = f'The required parameter "{name}" is not set for the method "{call.method}"'
            raise Refusal("", text)


# ---- lists


def _events(store: Store, call: Call) -> Answer:
    _need(call, "type")
    begin, end = _span(store, call)
    table = store.table("calendar_event")
    where = (
        "CAL_TYPE = ? AND OWNER_ID = ? AND DELETED = 'N' AND DATE_TO >= ? AND DATE_FROM <= ?",
        (to_text(call.params["type"]), to_int(call.params.get("ownerId")), begin, end),
    )
    condition = Where(*where)
    sections = call.params.get("section")
    if is_array(sections) or to_int(sections) > 0:
        chosen = membership("SECTION_ID", [to_int(item) for item in to_list(sections)] or [0])
        condition = Where(f"{condition.sql} AND {chosen.sql}", (*condition.params, *chosen.params))
    rows = read(store, shape_of(table, "portal"), condition, '"DATE_FROM", "ID"', _WHOLE)
    return Answer([_shown(store, row) for row in rows], cost=Cost("page", rows=len(rows)))


def _span(store: Store, call: Call) -> tuple[str, str]:
    now = store.clock()
    begin = read_datetime(call.params["from"], now) if "from" in call.params else None
    end = read_datetime(call.params["to"], now) if "to" in call.params else None
    if begin is None and end is None:
        today = store.now().replace(hour=0, minute=0, second=0)
        first, last = today - timedelta(days=30), today + timedelta(days=90)
        return first.strftime("%Y-%m-%dT00:00:00"), last.strftime("%Y-%m-%dT00:00:00")
    return begin or "", end or _FAR


def _sections(store: Store, call: Call) -> Answer:
    kind = call.params.get("type")
    if kind is None or ("ownerId" not in call.params and kind != "user"):
        _need(call, "type", "ownerId")
    owner = to_int(call.params["ownerId"]) if "ownerId" in call.params else call.user_id
    table = store.table("calendar_section")
    where = Where("CAL_TYPE = ? AND OWNER_ID = ?", (to_text(kind), owner))
    rows = read(store, shape_of(table, "portal"), where, '"ID"', _WHOLE)
    shown = [{**row, "ACCESS": [], "PERM": {"view_full": True, "edit": True}} for row in rows]
    return Answer(shown, cost=Cost("page", rows=len(rows)))


def _shown(store: Store, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with what is worked out: whether it is a meeting, its length, the calendar once more."""
    codes = row["ATTENDEES_CODES"]
    skip = row["DT_SKIP_TIME"] == "Y"
    shown = dict(row)
    for name in ("DATE_FROM", "DATE_TO"):
        if skip:
            shown[name] = row[name][:10]
    number = to_int(row["ID"])
    length = store.fetch(
        "SELECT strftime('%s', DATE_TO) - strftime('%s', DATE_FROM) FROM calendar_event WHERE ID = ?",
        (number,),
    )[0][0]
    return {
        **shown,
        "DT_LENGTH": length + (86400 if skip else 0),
        "IS_MEETING": len(codes) > 1,
        "SECT_ID": row["SECTION_ID"],
        "REMIND": row["REMIND"] or [],
        "UF_CRM_CAL_EVENT": row["UF_CRM_CAL_EVENT"] or False,
        "~USER_OFFSET_FROM": 0,
        "~USER_OFFSET_TO": 0,
    }


# ---- single events


def _event(store: Store, call: Call) -> Answer:
    """One event; an absent one is null, not an error."""
    _need(call, "id")
    row = read_one(store, shape_of(store.table("calendar_event"), "portal"), to_int(call.params["id"]))
    return Answer(None if row is None else _shown(store, row), cost=Cost("get", rows=int(row is not None)))


def _add(store: Store, call: Call) -> Answer:
    needed = ["from", "to", "name", "ownerId", "type"]
    if "auto_detect_section" in call.params and call.params["auto_detect_section"] != "Y":
        needed.append("section")
    _need(call, *needed)
    row = _row(store, call)
    owner, kind = to_int(call.params["ownerId"]), to_text(call.params["type"])
    row |= {"OWNER_ID": owner, "CAL_TYPE": kind, "CREATED_BY": call.user_id, "DATE_CREATE": store.now()}
    row.setdefault("SECTION_ID", _section(store, kind, owner))
    number = store.insert("calendar_event", row)
    store.update("calendar_event", number, {"PARENT_ID": number})
    return Answer(number, cost=Cost("write", rows=1))


def _section(store: Store, kind: str, owner: int) -> int:
    found = store.ids("calendar_section", "CAL_TYPE = ? AND OWNER_ID = ?", (kind, owner))
    return (
        int(found[0])
        if found
        else store.insert("calendar_section", {"NAME": kind, "CAL_TYPE": kind, "OWNER_ID": owner})
    )


def _update(store: Store, call: Call) -> Answer:
    _need(call, "id", "ownerId", "type")
    number = to_int(call.params["id"])
    if not store.update("calendar_event", number, _row(store, call)):
        raise Refusal("", "An error occurred while updating the event")
    return Answer(number, cost=Cost("write", rows=1))


def _row(store: Store, call: Call) -> dict[str, Any]:
    """What the parameters set; the rest stays as it is."""
    params, now = call.params, store.clock()
    if "name" in params and not isinstance(params["name"], str):
        raise Refusal("", 'The value of the parameter "name" is not correct')
    row: dict[str, Any] = {
        column: to_text(params[name]).strip() for name, column in _TEXTS.items() if name in params
    }
    skip = params.get("skip_time", params.get("skipTime")) == "Y"
    row["DT_SKIP_TIME"] = "Y" if skip else "N"
    for name, column in (("from", "DATE_FROM"), ("to", "DATE_TO")):
        if name in params:
            row[column] = read_datetime(params[name], now)
    for name, column in (("timezone_from", "TZ_FROM"), ("timezone_to", "TZ_TO")):
        row[column] = None if skip else to_text(params.get(name) or "Europe/Moscow")
    if "private_event" in params:
        row["PRIVATE_EVENT"] = "1" if params["private_event"] == "Y" else ""
    if to_int(params.get("section")):
        row["SECTION_ID"] = _checked_section(store, params)
    for name, column in (("remind", "REMIND"), ("rrule", "RRULE"), ("crm_fields", "UF_CRM_CAL_EVENT")):
        if name in params:
            row[column] = params[name]
    return row | _meeting(call)


def _checked_section(store: Store, params: Mapping[str, Any]) -> int:
    number = to_int(params["section"])
    where = "ID = ? AND CAL_TYPE = ? AND OWNER_ID = ?"
    if not store.count(
        "calendar_section", where, (number, params.get("type"), to_int(params.get("ownerId")))
    ):
        raise Refusal("", "The calendar was not found or access to it is denied")
    return number


def _meeting(call: Call) -> dict[str, Any]:
    params = call.params
    host = to_int(params.get("ownerId")) or call.user_id
    attendees = [host]
    if params.get("is_meeting") == "Y":
        attendees = [to_int(item) for item in to_list(params.get("attendees") or [host])]
    return {"ATTENDEES_CODES": [f"U{number}" for number in attendees], "MEETING_HOST": host}


def _delete(store: Store, call: Call) -> Answer:
    number = to_int(call.params.get("id"))
    if number <= 0:
        raise Refusal("", "The event ID is not specified")
    if not store.delete("calendar_event", number):
        raise Refusal("", "An error occurred while deleting the event")
    return Answer(result=True, cost=Cost("write", rows=1))
