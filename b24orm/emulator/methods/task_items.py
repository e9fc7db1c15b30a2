"""What belongs to a task: recorded time, checklist items, comments (``task.*``) and results.

The old methods read their arguments by place and refuse keys that they don't know. Only the list of
recorded time is paged, by ``PARAMS.NAV_PARAMS``; ``start`` is ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Registry, registered
from b24orm.emulator.conditions import Where, every
from b24orm.emulator.methods.params import required
from b24orm.emulator.methods.positional import (
    action_failed,
    arguments,
    keyed,
    number,
    refused,
    wrong,
)
from b24orm.emulator.orm_filter import compile_condition
from b24orm.emulator.pages import answered, order_sql, read, read_one, shape_of
from b24orm.emulator.paging import PAGE, Window
from b24orm.emulator.store import Store
from b24orm.emulator.tables import Table, words
from b24orm.emulator.values import is_array, read_datetime, to_flag, to_int, to_list, to_text

__all__ = ["methods"]

_ELAPSED_SORT: Final = words("ID TASK_ID USER_ID SECONDS MINUTES CREATED_DATE DATE_START DATE_STOP")
_ELAPSED_FILTER: Final = words("ID TASK_ID USER_ID CREATED_DATE")
_ELAPSED_WRITE: Final = words("USER_ID COMMENT_TEXT SECONDS SOURCE CREATED_DATE DATE_START DATE_STOP")
_ELAPSED_UPDATE: Final = frozenset(words("MINUTES SECONDS COMMENT_TEXT CREATED_DATE"))
_CHECK_SORT: Final = words(
    "ID PARENT_ID CREATED_BY TITLE SORT_INDEX IS_COMPLETE IS_IMPORTANT TOGGLED_BY TOGGLED_DATE"
)
_CHECK_WRITE: Final = words("PARENT_ID TITLE SORT_INDEX IS_COMPLETE IS_IMPORTANT MEMBERS")
_COMMENT_SORT: Final = words("ID AUTHOR_ID AUTHOR_NAME AUTHOR_EMAIL POST_DATE")
_COMMENT_FILTER: Final = words("ID AUTHOR_ID AUTHOR_NAME POST_DATE")
_COMMENT_WRITE: Final = words("POST_MESSAGE AUTHOR_ID POST_DATE UF_FORUM_MESSAGE_DOC")
_WHOLE: Final = Window(0, -1, 0, 0, "offset")
"""Everything on one page."""


def methods(store: Store) -> Registry:
    """The methods of what belongs to tasks; scope ``task``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "task.elapseditem.getlist": _elapsed_list,
        "task.elapseditem.get": partial(_get, table="elapsed_time"),
        "task.elapseditem.add": _add_elapsed,
        "task.elapseditem.update": _update_elapsed,
        "task.elapseditem.delete": partial(_delete, table="elapsed_time", answer=None),
        "task.checklistitem.getlist": _checklist,
        "task.checklistitem.get": partial(_get, table="checklist_item"),
        "task.checklistitem.add": _add_check,
        "task.checklistitem.update": _update_check,
        "task.checklistitem.complete": partial(_toggle, complete="Y"),
        "task.checklistitem.renew": partial(_toggle, complete="N"),
        "task.checklistitem.delete": partial(_delete, table="checklist_item", answer=True),
        "task.commentitem.getlist": _comments,
        "task.commentitem.get": partial(_get, table="task_comment"),
        "task.commentitem.add": _add_comment,
        "task.commentitem.update": _update_comment,
        "task.commentitem.delete": partial(_delete, table="task_comment", answer=True),
        "tasks.task.result.list": _results,
    }
    return registered(store, "task", handlers)


# ---- what they share


def _task(store: Store, call: Call, given: Sequence[Any]) -> int:
    task = number(call, given, 0, "taskId")
    if not store.exists("task", task):
        raise action_failed()
    return task


def _item(store: Store, call: Call, given: Sequence[Any], table: str) -> int:
    """The number of an item of the task that is there."""
    task, item = _task(store, call, given), number(call, given, 1, "itemId")
    if not _is_there(store, table, task, item):
        raise action_failed()
    return item


def _is_there(store: Store, table: str, task: int, item: int) -> bool:
    return bool(store.count(table, "ID = ? AND TASK_ID = ?", (item, task)))


def _get(store: Store, call: Call, *, table: str) -> Answer:
    given = arguments(call)
    task, item = number(call, given, 0, "taskId"), number(call, given, 1, "itemId")
    found = store.exists(table, item) and store.exists("task", task)
    if not found or (table == "checklist_item" and not _is_there(store, table, task, item)):
        # the others are looked up by their own number alone, whatever task is named
        raise refused(512, "Check listitem not found or not accessible")
    row = read_one(store, shape_of(store.table(table)), item)
    assert row is not None
    return Answer(_SHOWN[table](store, row), cost=Cost("get", rows=1))


def _delete(store: Store, call: Call, *, table: str, answer: bool | None) -> Answer:
    store.delete(table, _item(store, call, arguments(call), table))
    return Answer(answer, cost=Cost("write", rows=1))


def _where(table: Table, sent: Mapping[str, Any], now: float) -> Where:
    return every(_condition(table, key, value, now) for key, value in sent.items())


def _condition(table: Table, key: str, value: Any, now: float) -> Where:
    column = table.columns[key.lstrip("!<=>")]
    if column.kind == "datetime":
        value = read_datetime(value, now) or ""
    return compile_condition(key, to_list(value) if is_array(value) else value, column, f'"{column.name}"')


def _sorted(order: Mapping[str, Any], table: Table, usual: str) -> str:
    return order_sql(order, table.columns) or usual


# ---- recorded time


def _elapsed_list(store: Store, call: Call) -> Answer:
    given = arguments(call)
    if given and is_array(given[0]):  # without a task: the time of all of them
        given = [0, *given]
    table = store.table("elapsed_time")
    order = keyed(call, given, 1, "order", _ELAPSED_SORT)
    sent = keyed(call, given, 2, "filter", _ELAPSED_FILTER, prefixes=True)
    names = _selected(call, given, table)
    params = keyed(call, given, 4, "params", ("NAV_PARAMS",))
    where = [_where(table, sent, store.clock())]
    of_task = bool(given) and given[0] != 0
    if of_task:
        where.append(Where("TASK_ID = ?", (_task(store, call, given),)))
    condition = every(where)
    total = store.count("elapsed_time", condition.sql, condition.params)
    window = _elapsed_window(params.get("NAV_PARAMS"), total, whole=of_task)
    shape = shape_of(table).only(names)
    rows = read(store, shape, condition, _sorted(order, table, '"ID" ASC'), window)
    return answered(rows, window, len(rows))


def _selected(call: Call, given: Sequence[Any], table: Table) -> list[str]:
    wanted = [to_text(name) for name in to_list(given[3])] if len(given) > 3 else []
    for name in wanted:
        if name not in table.columns and name not in {"", "*"}:
            raise wrong(3, "select", call.method, f'must not contain value "{name}".')
    return wanted if wanted and "*" not in wanted else list(table.columns)


def _elapsed_window(nav: Any, total: int, *, whole: bool) -> Window:
    """At most fifty rows from a page on; without a page all rows of a task, or fifty of any."""
    if not isinstance(nav, Mapping):
        return Window(0, -1 if whole else PAGE, total, total, "offset")
    size = min(PAGE, to_int(nav["nPageSize"])) if "nPageSize" in nav else PAGE
    page = to_int(nav.get("iNumPage"))
    return Window(max(page - 1, 0) * size, size or -1, total, total, "offset")


def _add_elapsed(store: Store, call: Call) -> Answer:
    given = arguments(call)
    task, fields = _task(store, call, given), _fields(call, given, 1, _ELAPSED_WRITE)
    seconds = to_int(fields.get("SECONDS"))
    row = {
        "TASK_ID": task,
        "USER_ID": to_int(fields.get("USER_ID")) or call.user_id,
        "COMMENT_TEXT": to_text(fields.get("COMMENT_TEXT")),
        "SECONDS": seconds,
        "MINUTES": round(seconds / 60),
        "SOURCE": 2,
        "CREATED_DATE": read_datetime(fields.get("CREATED_DATE"), store.clock()) or store.now(),
        "DATE_START": store.now(),
        "DATE_STOP": store.now(),
    }
    return Answer(store.insert("elapsed_time", row), cost=Cost("write", rows=1))


def _update_elapsed(store: Store, call: Call) -> Answer:
    given = arguments(call)
    item, fields = _item(store, call, given, "elapsed_time"), _fields(call, given, 2, _ELAPSED_WRITE)
    if not fields:
        return Answer(None)
    if not _ELAPSED_UPDATE.issuperset(fields):
        raise refused(256)
    row: dict[str, Any] = {"SOURCE": 2}
    if "SECONDS" in fields:
        seconds = to_int(fields["SECONDS"])
        row |= {"SECONDS": seconds, "MINUTES": round(seconds / 60)}
    if "COMMENT_TEXT" in fields:
        row["COMMENT_TEXT"] = to_text(fields["COMMENT_TEXT"])
    if "CREATED_DATE" in fields:
        row["CREATED_DATE"] = read_datetime(fields["CREATED_DATE"], store.clock())
    store.update("elapsed_time", item, row)
    return Answer(None, cost=Cost("write", rows=1))


def _fields(call: Call, given: Sequence[Any], place: int, allowed: Collection[str]) -> dict[str, Any]:
    if place >= len(given):
        raise refused(256, f"Param #{place} (fields) expected by method {call.method}(), but not given.")
    return keyed(call, given, place, "fields", allowed)


# ---- checklist


def _checklist(store: Store, call: Call) -> Answer:
    given = arguments(call)
    task, order = _task(store, call, given), keyed(call, given, 1, "arOrder", _CHECK_SORT)
    table = store.table("checklist_item")
    by = _sorted(order, table, '"SORT_INDEX" ASC, "ID" ASC')
    rows = read(store, shape_of(table), Where("TASK_ID = ?", (task,)), by, _WHOLE)
    return Answer([_check_shown(store, row) for row in rows], cost=Cost("page", rows=len(rows)))


def _check_shown(store: Store, row: dict[str, Any]) -> dict[str, Any]:
    """The root has the number 0 for a parent; members come with their names."""
    parent = 0 if row["PARENT_ID"] in (None, "0") else row["PARENT_ID"]
    members = [_member(store, user) for user in row["MEMBERS"]]
    return {
        **row,
        "PARENT_ID": parent,
        "TOGGLED_DATE": row["TOGGLED_DATE"] or "",
        "MEMBERS": members,
        "ATTACHMENTS": [],
    }


def _member(store: Store, user: int) -> dict[str, Any]:
    found = store.get("user", user) or {}
    name = f"{found.get('NAME') or ''} {found.get('LAST_NAME') or ''}".strip()
    return {"ID": str(user), "TYPE": "A", "NAME": name, "IS_COLLABER": False}


def _check_row(fields: Mapping[str, Any]) -> dict[str, Any]:
    casts: Mapping[str, Callable[[Any], Any]] = {
        "PARENT_ID": to_int,
        "TITLE": to_text,
        "SORT_INDEX": to_int,
        "IS_COMPLETE": to_flag,
        "IS_IMPORTANT": to_flag,
        "MEMBERS": _user_ids,
    }
    return {name: casts[name](value) for name, value in fields.items()}


def _user_ids(value: Any) -> list[int]:
    """Members as a map by user, or a list of users."""
    if isinstance(value, Mapping):
        return [to_int(key) for key in value]
    return [to_int(item) for item in to_list(value) if to_int(item)]


def _add_check(store: Store, call: Call) -> Answer:
    given = arguments(call)
    task, fields = _task(store, call, given), _fields(call, given, 1, _CHECK_WRITE)
    if not to_text(fields.get("TITLE")).strip():
        raise refused(8, "Title is not specified")
    row = {"TASK_ID": task, "CREATED_BY": call.user_id, **_check_row(fields)}
    return Answer(store.insert("checklist_item", row), cost=Cost("write", rows=1))


def _update_check(store: Store, call: Call) -> Answer:
    given = arguments(call)
    item, fields = _item(store, call, given, "checklist_item"), _fields(call, given, 2, _CHECK_WRITE)
    store.update("checklist_item", item, _check_row(fields))
    return Answer(None, cost=Cost("write", rows=1))


def _toggle(store: Store, call: Call, *, complete: str) -> Answer:
    item = _item(store, call, arguments(call), "checklist_item")
    row = {"IS_COMPLETE": complete, "TOGGLED_BY": call.user_id, "TOGGLED_DATE": store.now()}
    store.update("checklist_item", item, row)
    return Answer(result=True, cost=Cost("write", rows=1))


# ---- comments and results


def _comments(store: Store, call: Call) -> Answer:
    given = arguments(call)
    task, order = _task(store, call, given), keyed(call, given, 1, "arOrder", _COMMENT_SORT)
    sent = keyed(call, given, 2, "arFilter", _COMMENT_FILTER, prefixes=True)
    table = store.table("task_comment")
    where = every([_where(table, sent, store.clock()), Where("TASK_ID = ?", (task,))])
    rows = read(store, shape_of(table), where, _sorted(order, table, ""), _WHOLE)
    return Answer([_comment_shown(store, row) for row in rows], cost=Cost("page", rows=len(rows)))


def _comment_shown(store: Store, row: dict[str, Any]) -> dict[str, Any]:
    del store
    body = {name: value for name, value in row.items() if name != "UF_FORUM_MESSAGE_DOC"}
    return {"POST_MESSAGE_HTML": None, **body, "ATTACHED_OBJECTS": {}}


def _add_comment(store: Store, call: Call) -> Answer:
    given = arguments(call)
    task, fields = _task(store, call, given), _fields(call, given, 1, _COMMENT_WRITE)
    text = to_text(fields.get("POST_MESSAGE"))
    if not text:
        raise refused(8, "Message text not specified.")
    author = to_int(fields.get("AUTHOR_ID")) or call.user_id
    user = store.get("user", author) or {}
    row = {
        "TASK_ID": task,
        "AUTHOR_ID": author,
        "AUTHOR_NAME": f"{user.get('NAME') or ''} {user.get('LAST_NAME') or ''}".strip(),
        "AUTHOR_EMAIL": "",
        "POST_MESSAGE": text,
        "POST_DATE": read_datetime(fields.get("POST_DATE"), store.clock()) or store.now(),
    }
    return Answer(store.insert("task_comment", row), cost=Cost("write", rows=1))


def _update_comment(store: Store, call: Call) -> Answer:
    given = arguments(call)
    item, fields = _item(store, call, given, "task_comment"), _fields(call, given, 2, _COMMENT_WRITE)
    text = to_text(fields.get("POST_MESSAGE"))
    if not text:
        raise refused(8, "Message text not specified.")
    store.update("task_comment", item, {"POST_MESSAGE": text})
    return Answer(result=True, cost=Cost("write", rows=1))


def _results(store: Store, call: Call) -> Answer:
    task = to_int(required(call, "taskId"))
    if not store.exists("task", task):
        raise refused(4)
    table = store.table("task_result")
    shape = shape_of(table, "values")
    rows = read(store, shape, Where("TASK_ID = ?", (task,)), '"ID" DESC', _WHOLE)
    return Answer(rows, cost=Cost("page", rows=len(rows)))


_SHOWN: Final[Mapping[str, Callable[[Store, dict[str, Any]], dict[str, Any]]]] = {
    "elapsed_time": lambda _, row: row,
    "checklist_item": _check_shown,
    "task_comment": _comment_shown,
}
