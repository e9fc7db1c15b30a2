"""``imopenlines.config.*``: open lines, one at a time. The list of them is told from ``pagers``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.methods.families import Family, Row, columns_of
from b24orm.emulator.methods.params import as_map
from b24orm.emulator.pages import read_one, shape_of
from b24orm.emulator.store import Store
from b24orm.emulator.values import to_int, to_list, to_text

__all__ = ["methods"]

_TABLE: Final = "open_line"
_FAMILY: Final = Family("OpenLine", _TABLE, "imopenlines")
_NEW: Final[Mapping[str, Any]] = {
    "CRM_CREATE": "none",
    "CRM_CREATE_SECOND": "0",
    "CRM_CREATE_THIRD": "Y",
    "CRM_FORWARD": "Y",
    "CRM_CHAT_TRACKER": "Y",
    "CRM_TRANSFER_CHANGE": "Y",
    "CRM_SOURCE": "create",
    "QUEUE_TIME": 60,
    "NO_ANSWER_TIME": 60,
    "CHECK_AVAILABLE": "N",
    "WATCH_TYPING": "Y",
    "WELCOME_MESSAGE": "Y",
    "VOTE_MESSAGE": "Y",
    "TEMPORARY": "N",
    "SESSION_PRIORITY": 0,
}
"""What an open line is unless told otherwise."""


def methods(store: Store) -> Registry:
    """The methods of single lines; scope ``imopenlines``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "get": _get,
        "add": _add,
        "update": _update,
        "delete": _delete,
        "path.get": _path,
    }
    return registered(store, "imopenlines", handlers, family="imopenlines.config.")


def _number(call: Call) -> int:
    number = to_int(call.params.get("CONFIG_ID"))
    if number <= 0:
        raise Refusal("CONFIG_ID_EMPTY", "Config ID can't be empty")
    return number


def _editable(call: Call) -> int:
    number = _number(call)
    if not call.admin:
        raise Refusal("CONFIG_WRONG_USER_PERMISSION", "Permission denied", status=403)
    return number


def _get(store: Store, call: Call) -> Answer:
    """A line with who answers in it; false where there is none."""
    number = _number(call)
    row = store.get(_TABLE, number)
    if row is None:
        return Answer(result=False)
    shape = shape_of(store.table(_TABLE), hidden=_LISTS)
    shown: Row = dict(read_one(store, shape, number) or {})
    queue = [to_int(user) for user in to_list(row["QUEUE"] or [])]
    queue = queue if call.params.get("WITH_QUEUE", "Y") == "Y" else []
    found = {user: store.get("user", user) for user in queue}
    people = {str(user): _person(kept) for user, kept in found.items() if kept is not None}
    shown |= {name: to_list(row[name] or [""]) for name in ("WORKTIME_DAYOFF", "WORKTIME_HOLIDAYS")}
    shown |= {"QUEUE": [str(user) for user in queue], "QUEUE_USERS_FIELDS": people or []}
    return Answer({**shown, "QUEUE_ONLINE": "N"}, cost=Cost("get", rows=1))


_LISTS: Final = ("QUEUE", "QUEUE_USERS_FIELDS", "CONFIG_QUEUE", "WORKTIME_DAYOFF", "WORKTIME_HOLIDAYS")


def _person(user: Row) -> Row:
    name = f"{to_text(user['NAME'] or '')} {to_text(user['LAST_NAME'] or '')}".strip()
    return {"USER_NAME": name, "USER_WORK_POSITION": None, "USER_AVATAR": "", "USER_AVATAR_ID": None}


def _add(store: Store, call: Call) -> Answer:
    row = columns_of(store, _FAMILY, as_map(call.params.get("PARAMS")), update=False)
    name = row.get("LINE_NAME") or f"Open Channel {store.count(_TABLE) + 1}"
    stamps = {"DATE_CREATE": store.now(), "DATE_MODIFY": store.now(), "MODIFY_USER_ID": str(call.user_id)}
    number = store.insert(_TABLE, {**_NEW, **row, **stamps, "LINE_NAME": name})
    return Answer(number, cost=Cost("write", rows=1))


def _update(store: Store, call: Call) -> Answer:
    number = _editable(call)
    if not store.exists(_TABLE, number):
        return Answer(result=False)
    row = columns_of(store, _FAMILY, as_map(call.params.get("PARAMS")), update=True)
    if not row.get("LINE_NAME", "x"):
        del row["LINE_NAME"]
    stamps = {"DATE_MODIFY": store.now(), "MODIFY_USER_ID": str(call.user_id)}
    store.update(_TABLE, number, {**row, **stamps})
    return Answer(result=True, cost=Cost("write", rows=1))


def _delete(store: Store, call: Call) -> Answer:
    number = _editable(call)
    known = store.exists(_TABLE, number)
    if known:
        store.delete(_TABLE, number)
    return Answer(known, cost=Cost("write", rows=1))


def _path(store: Store, call: Call) -> Answer:
    del store, call
    return Answer({"SERVER_ADDRESS": "https://portal.example", "PUBLIC_PATH": "/contact_center/"})
