"""``socialnetwork.api.workgroup.*``: workgroups once more, by the module's own controller."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.classic_filter import compile_filter
from b24orm.emulator.methods.params import as_map
from b24orm.emulator.methods.workgroups import known_filter
from b24orm.emulator.pages import UNORDERED, answered, count, order_sql, read, shape_of
from b24orm.emulator.paging import controller
from b24orm.emulator.store import Store
from b24orm.emulator.tables import words
from b24orm.emulator.values import is_array, to_int, to_list, to_text
from b24orm.facts import load

__all__ = ["methods"]

_TABLE: Final = "workgroup"
_ENTITY: Final = "SocialnetworkWorkgroup"


def methods(store: Store) -> Registry:
    """The methods; scope ``socialnetwork``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {"list": _list, "get": _get}
    return registered(store, "socialnetwork", handlers, family="socialnetwork.api.workgroup.")


def _type(row: Mapping[str, Any]) -> str:
    if to_int(row.get("SCRUM_MASTER_ID")):
        return "scrum"
    return "project" if row.get("PROJECT") == "Y" else "group"


_UNKEPT: Final[Mapping[str, Any]] = {
    "IMAGE_ID": None,
    "AVATAR_TYPE": None,
    "LANDING": "N",
    "NUMBER_OF_MODERATORS": "1",
    "SCRUM_OWNER_ID": "0",
    "SCRUM_SPRINT_DURATION": "0",
    "SCRUM_TASK_RESPONSIBLE": "A",
}
"""Columns of the server that this portal keeps nothing in."""


def _list(store: Store, call: Call) -> Answer:
    """A page of groups with what was asked for; the id always comes along, and alone when nothing was."""
    table = store.table(_TABLE)
    allowed = {name: field.wire for field in load(_ENTITY).fields.values() for name in [field.query_name]}
    sent = to_list(call.params.get("select") or []) if is_array(call.params.get("select")) else []
    asked = [name for name in (to_text(one).upper() for one in sent) if name in allowed]
    where = compile_filter(known_filter(store, table, as_map(call.params.get("filter"))), table)
    order = order_sql(as_map(call.params.get("order")), table.columns) or UNORDERED
    window = controller(call.start, count(store, table, where))
    rows = read(store, shape_of(table), where, order, window)
    names = list(dict.fromkeys(["ID", *asked]))
    shown = [{allowed[name]: _value(row, name) for name in names} for row in rows]
    return answered({"workgroups": shown}, window, len(rows))


def _value(row: Mapping[str, Any], name: str) -> Any:
    if name == "TYPE":
        return _type(row)
    return "" if name == "AVATAR" else row.get(name, _UNKEPT.get(name))


_NUMBERS: Final = words("ID SUBJECT_ID OWNER_ID NUMBER_OF_MEMBERS")


def _get(store: Store, call: Call) -> Answer:
    """A group in upper case, with the portal's own times; further parts by ``select``."""
    params = as_map(call.params.get("params"))
    number = to_int(params.get("groupId"))
    if number <= 0:
        raise Refusal("SONET_CONTROLLER_WORKGROUP_EMPTY", "No value for the workgroup ID was provided.")
    row = store.get(_TABLE, number)
    if row is None:
        raise Refusal("SONET_CONTROLLER_WORKGROUP_NOT_FOUND", "Workgroup not found.")
    hidden = words("SUBJECT_NAME IMAGE IMAGE_FILE_ID IS_EXTRANET")
    shape = shape_of(store.table(_TABLE), "portal", hidden=hidden)
    where = compile_filter({"ID": number}, store.table(_TABLE))
    shown = read(store, shape, where, "1", controller(0, lambda: 1))[0]
    fixed: dict[str, Any] = {"IMAGE_ID": 0, "LANDING": "N", "NUMBER_OF_MODERATORS": 1, "SCRUM_OWNER_ID": 0}
    shown |= {name: to_int(row[name]) for name in _NUMBERS} | fixed
    for part in to_list(params.get("select") or []):
        if part in _PARTS:
            shown |= _PARTS[part](store, row)
    return Answer(shown, cost=Cost("get", rows=1))


def _owner(store: Store, row: Mapping[str, Any]) -> dict[str, Any]:
    user = store.get("user", to_int(row["OWNER_ID"])) or {}
    name = f"{to_text(user.get('NAME') or '')} {to_text(user.get('LAST_NAME') or '')}".strip()
    return {"OWNER_DATA": {"ID": to_int(row["OWNER_ID"]), "PHOTO": None, "FORMATTED_NAME": name}}


def _subject(store: Store, row: Mapping[str, Any]) -> dict[str, Any]:
    del store
    return {"SUBJECT_DATA": {"ID": to_int(row["SUBJECT_ID"]), "NAME": row["SUBJECT_NAME"]}}


def _tags(store: Store, row: Mapping[str, Any]) -> dict[str, Any]:
    del store
    return {"TAGS": [tag.strip() for tag in to_text(row["KEYWORDS"] or "").split(",") if tag.strip()]}


def _privacy(store: Store, row: Mapping[str, Any]) -> dict[str, Any]:
    del store
    if row["OPENED"] == "Y":
        return {"PRIVACY_CODE": "open"}
    return {"PRIVACY_CODE": "closed" if row["VISIBLE"] == "Y" else "secret"}


_PARTS: Final[Mapping[str, Callable[[Store, Mapping[str, Any]], dict[str, Any]]]] = {
    "OWNER_DATA": _owner,
    "SUBJECT_DATA": _subject,
    "TAGS": _tags,
    "PRIVACY_TYPE": _privacy,
    "AVATAR": lambda *_: {"AVATAR": ""},
}
