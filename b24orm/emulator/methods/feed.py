"""``log.blogpost.*`` and ``log.blogcomment.*``: posts of the news feed, newest first, and comments.

Posts come fifty a page. A page past the end is the first page again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.conditions import EVERYTHING, Where, every
from b24orm.emulator.methods.app_context import upper_params
from b24orm.emulator.pages import answered, count, read, shape_of
from b24orm.emulator.paging import Window, classic
from b24orm.emulator.store import Store
from b24orm.emulator.tables import words
from b24orm.emulator.values import to_int, to_list, to_text

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
        "log.blogcomment.add": _add_comment,
        "log.blogcomment.delete": _delete_comment,
        "log.blogcomment.user.get": _comments,
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


# ---- comments

_COMMENTS: Final = "blog_comment"
_MOST_COMMENTS: Final = 1000


def _acting(call: Call, params: dict[str, Any]) -> int:
    """Who does it; an administrator may name somebody else."""
    return (to_int(params.get("USER_ID")) if call.admin else 0) or call.user_id


def _add_comment(store: Store, call: Call) -> Answer:
    params = upper_params(call)
    number = to_int(params.get("POST_ID"))
    if not store.exists("blog_post", number):
        raise Refusal("", "No post found")
    row = {"POST_ID": number, "TEXT": to_text(params.get("TEXT") or ""), "DATE": store.now()}
    files = list(to_list(params.get("FILES") or []))
    comment = store.insert(_COMMENTS, {**row, "ATTACH": files, "AUTHOR_ID": _acting(call, params)})
    return Answer(comment, cost=Cost("write", rows=1))


def _delete_comment(store: Store, call: Call) -> Answer:
    """One's own; an administrator any."""
    params = upper_params(call)
    number = to_int(params.get("COMMENT_ID"))
    if number <= 0:
        raise Refusal("", "Wrong comment ID")
    row = store.get(_COMMENTS, number)
    if row is None or (row["AUTHOR_ID"] != _acting(call, params) and not call.admin):
        raise Refusal("", "No delete perms")
    store.delete(_COMMENTS, number)
    return Answer(result=True, cost=Cost("write", rows=1))


def _comments(store: Store, call: Call) -> Answer:
    """The comments of one user: older ones than LAST_ID, or newer ones than FIRST_ID."""
    params = upper_params(call)
    parts = [Where("AUTHOR_ID = ?", (_acting(call, params),))]
    order = '"ID" DESC'
    if params.get("FIRST_ID") is not None:
        parts.append(Where("ID > ?", (to_int(params["FIRST_ID"]),)))
        order = '"ID" ASC'
    elif to_int(params.get("LAST_ID")) > 0:
        parts.append(Where("ID < ?", (to_int(params["LAST_ID"]),)))
    size = min(to_int(params.get("LIMIT", 100)), _MOST_COMMENTS)
    shape = shape_of(store.table(_COMMENTS), "values", hidden=("POST_ID",))
    rows = read(store, shape, every(parts), order, Window(0, size, 0, -1, "offset"))
    shown = [
        {**row, "comment_id": row["id"], "log_id": row["id"], "attach": row["attach"] or []} for row in rows
    ]
    return Answer({"comments": shown, "files": []}, cost=Cost("page", rows=len(rows)))
