"""Lists that page in ways of their own: dialogs, messages, papers, RPA, open lines.

None of them tells a total, save RPA's items.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Method, Refusal, Registry
from b24orm.emulator.chats import dialog_chat
from b24orm.emulator.conditions import EVERYTHING, Where, every
from b24orm.emulator.methods.controller import int_argument, optional_array
from b24orm.emulator.methods.params import as_map
from b24orm.emulator.orm_filter import compile_condition
from b24orm.emulator.pages import answered, count, order_sql, read, shape_of
from b24orm.emulator.paging import PAGE, Window, controller
from b24orm.emulator.store import Store
from b24orm.emulator.tables import Column, upper_snake, words
from b24orm.emulator.values import is_array, read_datetime, to_int, to_list, to_text

__all__ = ["methods"]

_MOST_RECENT: Final = 200
_MOST_MESSAGES: Final = 50
_MOST_SIGNED: Final = 1000


def methods(store: Store) -> Registry:
    """The methods of these lists, each with its own scope."""
    handlers: Mapping[str, tuple[str, Callable[[Store, Call], Answer]]] = {
        "im.recent.list": ("im", _recent),
        "im.dialog.messages.get": ("im", _messages),
        "sign.b2e.personal.tail": ("sign.b2e", _signed),
        "rpa.item.list": ("rpa", _rpa_items),
        "imopenlines.config.list.get": ("imopenlines", _lines),
    }
    return {name: Method(partial(handler, store), scope) for name, (scope, handler) in handlers.items()}


def _recent(store: Store, call: Call) -> Answer:
    """Dialogs from OFFSET on, the last ones first. What several records of a page are about comes once."""
    size = min(_MOST_RECENT, to_int(call.params.get("LIMIT")) or PAGE)
    begin = to_int(call.params.get("OFFSET"))
    table = store.table("recent_item")
    window = Window(begin, size, 0, 0, "offset")
    shape = shape_of(table, "values", hidden=words("USER CHAT LINES OPTIONS"))
    rows = read(store, shape, EVERYTHING, '"DATE_UPDATE" DESC, "ID" DESC', window)
    total = store.count("recent_item")
    collapsed = list({row["chat_id"]: row for row in rows}.values())
    more = begin + size < total
    flags = ("pinned", "unread", "has_reminder")
    shown = [{**row, "id": row["chat_id"], **{name: row[name] == "Y" for name in flags}} for row in collapsed]
    body = {"items": shown, "hasMorePages": more, "hasMore": more}
    return Answer(body, cost=Cost("page", 0, begin, len(shown)))


def _messages(store: Store, call: Call) -> Answer:
    """Messages of a chat, newest first; LAST_ID brings older ones, FIRST_ID newer ones."""
    chat = dialog_chat(store, call.user_id, call.params.get("DIALOG_ID"))["ID"]
    size = min(_MOST_MESSAGES, to_int(call.params.get("LIMIT")) or 20)
    parts = [Where("CHAT_ID = ?", (chat,))]
    order = '"ID" DESC'
    if to_int(call.params.get("LAST_ID")):
        parts.append(Where("ID < ?", (to_int(call.params["LAST_ID"]),)))
    elif to_int(call.params.get("FIRST_ID")):
        parts.append(Where("ID > ?", (to_int(call.params["FIRST_ID"]),)))
        order = '"ID" ASC'
    shape = shape_of(store.table("im_message"), "values", hidden=_SENT)
    rows = read(store, shape, every(parts), order, Window(0, size, 0, 0, "offset"))
    shown = [{**row, "unread": row["unread"] == "Y"} for row in rows]
    body = {"chat_id": chat, "messages": shown, "users": [], "files": []}
    return Answer(body, cost=Cost("page", rows=len(rows)))


_SENT: Final = words("ATTACH KEYBOARD MENU SYSTEM URL_PREVIEW REPLY_ID IS_EDITED")


def _bare(key: str) -> str:
    return key.lstrip("<>=!@%")


def _orm(column: Column, key: str, value: Any, now: float) -> Where:
    prefix = key[: len(key) - len(_bare(key))]
    if column.kind == "datetime":
        value = read_datetime(value, now) or False
    read_value = to_list(value) if is_array(value) else value
    return compile_condition(prefix + column.name, read_value, column, f'"{column.name}"')


def _signed(store: Store, call: Call) -> Answer:
    """Papers from ``offset`` on, twenty unless told otherwise; an application's method."""
    if call.auth != "oauth":
        text = "Current authorization type is denied for this method Application context required"
        raise Refusal("WRONG_AUTH_TYPE", text, status=403)
    asked = to_int(call.params.get("limit", 20))
    size = asked if 1 <= asked <= _MOST_SIGNED else 20
    window = Window(max(to_int(call.params.get("offset")), 0), size, 0, -1, "offset")
    table = store.table("sign_personal_document")
    rows = read(store, shape_of(table, "values"), EVERYTHING, '"ID" DESC', window)
    return answered(rows, window, len(rows))


def _rpa_items(store: Store, call: Call) -> Answer:
    """Items of a process by whole pages; the count is run unless ``start`` is -1."""
    kind = int_argument(call, "typeId")
    table = store.table("rpa_item")
    parts = [Where("TYPE_ID = ?", (kind,))]
    for key, value in (optional_array(call, "filter") or {}).items():
        name = upper_snake(_bare(key))
        if name not in table.columns:
            raise Refusal("ERROR_CORE", f"Unknown field definition `{name}` for Item Entity.")
        parts.append(_orm(table.columns[name], key, value, store.clock()))
    where = every(parts)
    order = {upper_snake(name): word for name, word in (optional_array(call, "order") or {}).items()}
    window = controller(call.start, count(store, table, where))
    rows = read(
        store, shape_of(table, "values", hidden=_RPA_EXTRA), where, order_sql(order, table.columns), window
    )
    return answered({"items": rows}, window, len(rows))


def _lines(store: Store, call: Call) -> Answer:
    """Open lines; all that the ORM is told stands inside PARAMS, and goes to it as it is."""
    params = call.params.get("PARAMS")
    told = params if isinstance(params, Mapping) else {}
    table = store.table("open_line")
    sent, order = (as_map(told.get(name)) for name in ("filter", "order"))
    for name in [_bare(key) for key in sent] + list(order):
        if name not in table.columns:
            raise Refusal("ERROR_CORE", f"Unknown field definition `{name}` ({name}) for Config Entity.")
    where = every(_orm(table.columns[_bare(key)], key, value, store.clock()) for key, value in sent.items())
    window = Window(max(to_int(told.get("offset")), 0), to_int(told.get("limit")) or -1, 0, -1, "offset")
    shape = shape_of(table, hidden=_LINE_EXTRA)
    asked = [to_text(name) for name in to_list(told.get("select") or ["*"])]
    chosen = shape if "*" in asked else shape.only(asked)
    rows = read(store, chosen, where, order_sql(order, table.columns), window)
    return answered(rows, window, len(rows))


_LINE_EXTRA: Final = words("QUEUE QUEUE_USERS_FIELDS CONFIG_QUEUE DEFAULT_OPERATOR_DATA")
_RPA_EXTRA: Final = words("TASKS_COUNTER TASKS_FACES USERS PERMISSIONS")
