"""``ai.engine.*``: services of artificial intelligence that applications bring; nobody ever calls them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.conditions import EVERYTHING, Where
from b24orm.emulator.methods.params import as_map
from b24orm.emulator.orm_filter import compile_condition, compile_group, parse_key
from b24orm.emulator.pages import read, shape_of
from b24orm.emulator.paging import Window
from b24orm.emulator.store import Store
from b24orm.emulator.values import is_array, to_int, to_text

__all__ = ["methods"]

_TABLE: Final = "ai_engine"
_CATEGORIES: Final = ("text", "image", "audio", "call")
_TEXTS: Final = ("name", "code", "completions_url")


def methods(store: Store) -> Registry:
    """The methods; scope ``ai_admin``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "register": _register,
        "unregister": _unregister,
        "list": _list,
    }
    return registered(store, "ai_admin", handlers, family="ai.engine.")


def _lower(call: Call) -> dict[str, Any]:
    return {str(name).lower(): value for name, value in call.params.items()}


def _app(call: Call) -> str:
    return f"rest_app_{call.client_id}" if call.client_id else ""


def _wrong(name: str, text: str) -> Refusal:
    return Refusal(f"ENGINE_REGISTER_ERROR_{name}", text)


def _register(store: Store, call: Call) -> Answer:
    """A service's number. One code a category."""
    data = _lower(call)
    for name in _TEXTS:
        if not data.get(name) or not isinstance(data[name], str):
            raise _wrong(name.upper(), f"The `{name}` key with a string value is required")
        if name == "code":
            _check_code(store, data)
    if urlsplit(data["completions_url"]).scheme not in {"http", "https"}:
        text = "The value of the `completions_url` key must be a valid URL that returns status `200`"
        raise _wrong("COMPLETIONS_URL_FAIL", f"{text} upon verification")
    settings = data.get("settings") or {}
    if not is_array(settings):
        raise _wrong("SETTINGS_FORMAT", "The value of the `settings` key must be valid JSON")
    row: dict[str, Any] = {name.upper(): to_text(data[name]) for name in (*_TEXTS, "category")}
    row |= {"APP_CODE": _app(call), "DATE_CREATE": int(store.clock()), "SETTINGS": settings}
    return Answer(store.insert(_TABLE, row), cost=Cost("write", rows=1))


def _check_code(store: Store, data: Mapping[str, Any]) -> None:
    if not re.fullmatch(r"[A-Za-z0-9\-_]+", data["code"]):
        raise _wrong("CODE_FORMAT", "The `code` key must contain only characters `A-Za-z0-9-_`")
    if not data.get("category"):
        raise _wrong("CATEGORY", "The `category` key is required")
    if data["category"] not in _CATEGORIES:
        text = f"The `category` key can contain one of the values: `{', '.join(_CATEGORIES)}`"
        raise _wrong("CATEGORY_FORMAT", text)
    if store.count(_TABLE, "CODE = ? AND CATEGORY = ?", (data["code"], data["category"])):
        raise _wrong("CODE_UNIQUE", "A record with this `code` already exists")


def _unregister(store: Store, call: Call) -> Answer:
    """False for a code that is not there, or not the application's."""
    code = to_text(_lower(call).get("code") or "")
    found = store.ids(_TABLE, "CODE = ? AND APP_CODE = ?", (code, _app(call)))
    if found:
        store.delete(_TABLE, found[0])
    return Answer(bool(found), cost=Cost("write", rows=1))


def _list(store: Store, call: Call) -> Answer:
    """An application's own; those of all for a webhook."""
    data, table = _lower(call), store.table(_TABLE)
    sent = {str(key).upper(): value for key, value in as_map(data.get("filter")).items()}
    sent |= {"APP_CODE": _app(call)} if call.client_id else {}

    def condition(key: str, value: Any) -> Where:
        column = table.columns.get(parse_key(key)[1])
        if column is None:
            name = parse_key(key)[1]
            raise Refusal("ERROR_CORE", f"Unknown field definition `{name}` ({name}) for Engine Entity.")
        return compile_condition(key, value, column, f'"{column.name}"')

    where = compile_group(sent, condition) if sent else EVERYTHING
    window = Window(0, to_int(data.get("limit")) or -1, 0, -1, "offset")
    rows = read(store, shape_of(table, "values"), where, '"ID"', window)
    return Answer(rows, cost=Cost("page", rows=len(rows)))
