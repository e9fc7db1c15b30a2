"""``tasks.task.history.list``: what happened to a task, all at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.conditions import NOTHING, Where, every, membership
from b24orm.emulator.methods.controller import optional_array
from b24orm.emulator.methods.tasks import task_id
from b24orm.emulator.select import moment
from b24orm.emulator.store import Store
from b24orm.emulator.task_journal import JOURNAL
from b24orm.emulator.values import is_array, to_int, to_list, to_text

__all__ = ["methods"]

_COLUMNS: Final = ("CREATED_DATE", "USER_ID", "TASK_ID", "FIELD")
_SIGNS: Final = {"!=": "<>", "!": "<>", ">=": ">=", ">": ">", "<=": "<=", "<": "<"}
_FORMS: Final = ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y")
"""How the portal writes times; others are none."""


def methods(store: Store) -> Registry:
    """The journal of tasks; scope ``task``."""
    return registered(store, "task", {"tasks.task.history.list": _list})


def _list(store: Store, call: Call) -> Answer:
    """Entries of a task, the oldest first unless told otherwise. Names that nobody knows are left out."""
    task = task_id(call)
    if not store.exists("task", task):
        raise Refusal("100", "Could not find value for parameter {task}")
    where = every([Where("TASK_ID = ?", (task,)), *_conditions(optional_array(call, "filter") or {})])
    order = _order(optional_array(call, "order") or {})
    sql = (
        f"SELECT H.ID, {moment('CREATED_DATE')}, FIELD, FROM_VALUE, TO_VALUE, H.USER_ID, U.NAME, "
        f"U.LAST_NAME, U.SECOND_NAME, U.EMAIL FROM {JOURNAL} H LEFT JOIN user U ON U.ID = H.USER_ID "
        f"WHERE {where.sql} ORDER BY {order}, H.ID"
    )
    rows = [_shown(row) for row in store.fetch(sql, where.params)]
    return Answer({"list": rows}, cost=Cost("page", rows=len(rows)))


def _shown(row: tuple[Any, ...]) -> dict[str, Any]:
    number, created, field, old, new, user, name, last_name, second_name, mail = row
    names = {"name": name, "lastName": last_name, "secondName": second_name, "login": mail}
    return {
        "id": number,
        "createdDate": created,
        "field": field,
        "value": {"from": old, "to": new},
        "user": {"id": user, **{key: value or "" for key, value in names.items()}},
    }


def _conditions(sent: Mapping[str, Any]) -> list[Where]:
    parts: list[Where] = []
    for key, value in sent.items():
        sign = next(
            (prefix for prefix in ("!=", ">=", "<=", "!", ">", "<", "=", "%") if key.startswith(prefix)), ""
        )
        name = key[len(sign) :].upper()
        if name in _COLUMNS and not (name == "CREATED_DATE" and not isinstance(value, str)):
            parts.append(_condition(name, sign, value))
    return parts


def _condition(name: str, sign: str, value: Any) -> Where:
    expression = f'H."{name}"'
    if is_array(value):
        return membership(expression, to_list(value) or [None])
    if name == "FIELD":
        text = to_text(value)
        return Where(f"{expression} LIKE ?", (f"%{text}%" if sign == "%" else text,))
    if name == "CREATED_DATE":
        stored = _stored(to_text(value))
        return Where(f"{expression} {_SIGNS.get(sign, '=')} ?", (stored,)) if stored else NOTHING
    return Where(f"{expression} {_SIGNS.get(sign, '=')} ?", (to_int(value),))


def _stored(text: str) -> str | None:
    """A time in the portal's own form."""
    for form in _FORMS:
        try:
            return datetime.strptime(text, form).strftime("%Y-%m-%dT%H:%M:%S")
        except ValueError:
            continue
    return None


def _order(sent: Mapping[str, Any]) -> str:
    names = {"USER": "USER_ID", **{name: name for name in _COLUMNS}}
    parts = [
        f'H."{names[key.upper()]}" {"ASC" if to_text(word).upper() == "ASC" else "DESC"}'
        for key, word in sent.items()
        if key.upper() in names
    ]
    return ", ".join(parts) or 'H."CREATED_DATE" ASC'
