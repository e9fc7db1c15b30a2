"""``log.blogpost.*``: posts of the news feed, newest first, fifty a page.

A page past the end is the first page again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.conditions import EVERYTHING, Where
from b24orm.emulator.pages import answered, count, read, shape_of
from b24orm.emulator.paging import classic
from b24orm.emulator.store import Store
from b24orm.emulator.tables import words
from b24orm.emulator.values import to_int, to_text

__all__ = ["methods"]

_WRITTEN = words("DEST SPERM IMPORTANT IMPORTANT_DATE_END SITE_ID TAGS BACKGROUND_CODE PARSE_PREVIEW FILES")
"""Fields of writes that no answer holds."""


def methods(store: Store) -> Registry:
    """The methods of the news feed; scope ``log``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "log.blogpost.get": _posts,
        "log.blogpost.add": _add,
        "log.blogpost.update": _update,
        "log.blogpost.delete": _delete,
    }
    return registered(store, "log", handlers)


def _posts(store: Store, call: Call) -> Answer:
    table = store.table("blog_post")
    number = to_int(call.params.get("POST_ID"))
    where = Where("ID = ?", (number,)) if number else EVERYTHING
    window = classic(call.start, count(store, table, where))
    rows = read(store, shape_of(table, hidden=_WRITTEN), where, '"DATE_PUBLISH" DESC, "ID" DESC', window)
    shown = [_shown(row) for row in rows]
    return answered(shown, window, len(rows))


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """User fields come as descriptions with their value inside."""
    for name in row:
        if name.startswith("UF_"):
            row[name] = {"FIELD_NAME": name, "ENTITY_ID": "BLOG_POST", "VALUE": row[name] or False}
    return row


def _add(store: Store, call: Call) -> Answer:
    text = to_text(call.params.get("POST_MESSAGE"))
    if not text:
        raise Refusal("ERROR_CORE", "Message text is not specified.")
    row = {
        "TITLE": to_text(call.params.get("POST_TITLE")) or text[:30],
        "DETAIL_TEXT": text,
        "AUTHOR_ID": to_int(call.params.get("USER_ID")) or call.user_id,
        "BLOG_ID": 1,
        "PUBLISH_STATUS": "P",
        "DATE_PUBLISH": store.now(),
    }
    return Answer(store.insert("blog_post", row), cost=Cost("write", rows=1))


def _post(store: Store, call: Call) -> int:
    number = to_int(call.params.get("POST_ID"))
    if not store.exists("blog_post", number):
        raise Refusal("ERROR_CORE", "Post not found")
    return number


def _update(store: Store, call: Call) -> Answer:
    number = _post(store, call)
    names = {"POST_TITLE": "TITLE", "POST_MESSAGE": "DETAIL_TEXT"}
    row = {column: to_text(call.params[name]) for name, column in names.items() if name in call.params}
    store.update("blog_post", number, row)
    return Answer(number, cost=Cost("write", rows=1))


def _delete(store: Store, call: Call) -> Answer:
    store.delete("blog_post", _post(store, call))
    return Answer(result=True, cost=Cost("write", rows=1))
