"""``im.user.*``, ``im.department.get`` and ``im.notify.*``: people as the messenger sees them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.conditions import Where, every
from b24orm.emulator.methods.app_context import upper_params
from b24orm.emulator.pages import read, shape_of
from b24orm.emulator.paging import Window
from b24orm.emulator.store import Store
from b24orm.emulator.values import is_array, to_int, to_list, to_text

__all__ = ["methods", "person"]

_COLORS: Final = ("#048bd0", "#58cc47", "#f76187", "#1eb4aa", "#ab7761")
_MOST: Final = 50
_NOTES: Final = "im_notification"


def methods(store: Store) -> Registry:
    """The methods of people and of notices; scope ``im``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "user.get": _user,
        "user.list.get": _users,
        "department.get": _departments,
        "notify": lambda store, call: _notify(
            store, call, personal=upper_params(call).get("TYPE") != "SYSTEM"
        ),
        "notify.personal.add": lambda store, call: _notify(store, call, personal=True),
        "notify.system.add": lambda store, call: _notify(store, call, personal=False),
        "notify.get": _notices,
        "notify.delete": _delete,
    }
    return registered(store, "im", handlers, family="im.")


# ---- people


def person(store: Store, number: int) -> dict[str, Any]:
    """A user as the messenger shows him; what is not known of him is false, or empty."""
    row = store.get("user", number) or {}
    first, last = row.get("NAME") or "", row.get("LAST_NAME") or ""
    phones = {
        name: row[column]
        for name, column in (("work_phone", "WORK_PHONE"), ("personal_mobile", "PERSONAL_MOBILE"))
        if row.get(column)
    }
    absent = dict.fromkeys(("idle", "mobile_last_date", "desktop_last_date", "absent"), False)
    never = dict.fromkeys(("extranet", "network", "bot", "connector"), False)
    return {
        "id": number,
        "active": row.get("ACTIVE") == "Y",
        "name": f"{first} {last}".strip(),
        "first_name": first,
        "last_name": last,
        "work_position": row.get("WORK_POSITION") or "",
        "color": _COLORS[number % len(_COLORS)],
        "avatar": "",
        "avatar_hr": "",
        "gender": row.get("PERSONAL_GENDER") or "M",
        "birthday": "",
        **never,
        "external_auth_id": "default",
        "status": "online",
        **absent,
        "last_activity_date": False,
        "departments": [to_int(item) for item in to_list(row.get("UF_DEPARTMENT") or [])],
        "phones": phones or False,
        "bot_data": None,
        "type": "user",
        "website": row.get("PERSONAL_WWW") or "",
        "email": row.get("EMAIL") or "",
    }


def _user(store: Store, call: Call) -> Answer:
    """One person; who asks, unless somebody is named."""
    sent = upper_params(call).get("ID")
    number = call.user_id if sent is None else to_int(sent)
    if number <= 0:
        raise Refusal("ID_EMPTY", "User ID can't be empty")
    if not store.exists("user", number):
        raise Refusal("USER_NOT_EXISTS", "User is not exists")
    return Answer(person(store, number), cost=Cost("get", rows=1))


def _numbers(value: Any) -> list[int]:
    """Numbers as a list, or as one in a text."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = None
    found = [to_int(item) for item in to_list(value)] if is_array(value) else []
    kept = list(dict.fromkeys(number for number in found if number > 0))
    if not kept:
        raise Refusal("INVALID_FORMAT", "A wrong format for the ID field is passed")
    return kept


def _users(store: Store, call: Call) -> Answer:
    """Several people by number, those who are not there as null; a list, if that is asked for."""
    params = upper_params(call)
    found = {
        str(number): person(store, number) if store.exists("user", number) else None
        for number in _numbers(params.get("ID"))
    }
    listed = to_text(params.get("RESULT_TYPE")).lower() == "array"
    return Answer(list(found.values()) if listed else found, cost=Cost("get", rows=len(found)))


def _departments(store: Store, call: Call) -> Answer:
    """Departments with the way to them, and with who leads them if that is asked for."""
    params = upper_params(call)
    rows = [store.get("department", number) for number in _numbers(params.get("ID"))]
    told = params.get("USER_DATA") == "Y"
    shown = [_department(store, row, told=told) for row in rows if row is not None]
    return Answer(shown, cost=Cost("get", rows=len(shown)))


def _department(store: Store, row: Mapping[str, Any], *, told: bool) -> dict[str, Any]:
    path, current = [row["NAME"]], row
    while current["PARENT"]:
        parent = store.get("department", current["PARENT"])
        if parent is None:
            break
        path.append(parent["NAME"])
        current = parent
    head = to_int(row["UF_HEAD"])
    found = {"id": row["ID"], "name": row["NAME"], "full_name": " / ".join(path), "manager_user_id": head}
    return {**found, "manager_user_data": person(store, head)} if told and head else found


# ---- notices


def _notify(store: Store, call: Call, *, personal: bool) -> Answer:
    """A notice to somebody, of a person's own or of the portal's; answers its number."""
    params = upper_params(call)
    reader = to_int(params.get("TO", params.get("USER_ID")))
    if reader <= 0:
        raise Refusal("USER_ID_EMPTY", "User ID can't be empty")
    text = params["MESSAGE"].strip() if isinstance(params.get("MESSAGE"), str) else ""
    if not text:
        raise Refusal("MESSAGE_EMPTY", "Message can't be empty")
    marks = {
        column: f"MP|{call.client_id}|{to_text(params[name])}"
        for name, column in (("TAG", "NOTIFY_TAG"), ("SUB_TAG", "NOTIFY_SUB_TAG"))
        if call.client_id and params.get(name)
    }
    row = {
        "READER": reader,
        "CHAT_ID": reader,
        "AUTHOR_ID": call.user_id if personal else 0,
        "DATE": store.now(),
        "NOTIFY_TYPE": 2 if personal else 4,
        "NOTIFY_MODULE": "rest",
        "NOTIFY_EVENT": "rest_notify",
        "SETTING_NAME": "rest|rest_notify",
        "TEXT": text if personal or not call.client_id else f"{call.client_id}#BR#{text}",
        "NOTIFY_READ": "N",
        **marks,
    }
    return Answer(store.insert(_NOTES, row), cost=Cost("write", rows=1))


def _notices(store: Store, call: Call) -> Answer:
    """What the user was told, the newest first; LAST_ID brings older ones."""
    params = upper_params(call)
    if (params.get("LAST_ID") is None) != (params.get("LAST_TYPE") is None):
        raise Refusal("LAST_ID_AND_LAST_TYPE", "Parameters LAST_ID and LAST_TYPE should be used together.")
    mine = Where("READER = ?", (call.user_id,))
    where = mine
    if params.get("LAST_ID") is not None:
        if not to_text(params["LAST_ID"]).isdecimal():
            raise Refusal("LAST_ID_STRING", "Last notification ID can't be string")
        where = every([mine, Where("ID < ?", (to_int(params["LAST_ID"]),))])
    asked = to_int(params.get("LIMIT"))
    window = Window(0, min(asked, _MOST) if asked > 0 else _MOST, 0, 0, "offset")
    rows = read(store, shape_of(store.table(_NOTES), "values"), where, '"ID" DESC', window)
    authors = sorted({row["author_id"] for row in rows if row["author_id"]})
    unread = store.count(_NOTES, "READER = ? AND NOTIFY_READ = 'N'", (call.user_id,))
    body = {
        "total_count": store.count(_NOTES, mine.sql, mine.params),
        "total_unread_count": unread,
        "chat_id": call.user_id,
        "notifications": [{**row, "params": row["params"] or None} for row in rows],
        "users": [person(store, number) for number in authors],
    }
    return Answer(body, cost=Cost("page", rows=len(rows)))


def _delete(store: Store, call: Call) -> Answer:
    """Removes a notice by number, or an application's own by their mark; false if there is none."""
    params = upper_params(call)
    if params.get("ID") is not None:
        row = store.get(_NOTES, to_int(params["ID"]))
        mine = row is not None and row["READER"] == call.user_id
        return Answer(mine and store.delete(_NOTES, to_int(params["ID"])), cost=Cost("write", rows=1))
    if not call.client_id and not params.get("CLIENT_ID"):
        raise Refusal("ACCESS_DENIED", "Access denied! Client ID not specified", status=403)
    for name, column in (("TAG", "NOTIFY_TAG"), ("SUB_TAG", "NOTIFY_SUB_TAG")):
        if params.get(name):
            found = store.ids(_NOTES, f"{column} = ?", (f"MP|{call.client_id}|{to_text(params[name])}",))
            for number in found:
                store.delete(_NOTES, number)
            return Answer(bool(found), cost=Cost("write", rows=len(found)))
    raise Refusal("PARAMS_ERROR", "Incorrect params")
