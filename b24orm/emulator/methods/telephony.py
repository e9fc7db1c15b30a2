"""``voximplant.statistic.get``: calls. ``start`` is an exact offset; a negative one spares the count."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Method, Registry
from b24orm.emulator.conditions import EVERYTHING, Where, every
from b24orm.emulator.orm_filter import compile_condition
from b24orm.emulator.pages import UNORDERED, answered, count, order_sql, read, shape_of
from b24orm.emulator.paging import Window, offset
from b24orm.emulator.store import Store
from b24orm.emulator.tables import Table
from b24orm.emulator.values import is_array, read_datetime, to_list

__all__ = ["methods"]

_KEY: Final = re.compile(r"([^A-Z]*)(.*)", re.DOTALL)
_OPERATIONS: Final = frozenset({"", "!", "<", "<=", ">", ">=", "><", "!><", "?", "=", "!=", "%", "!%"})


def methods(store: Store) -> Registry:
    """The methods of telephony; scope ``telephony``."""
    return {"voximplant.statistic.get": Method(partial(_calls, store), "telephony")}


def _calls(store: Store, call: Call) -> Answer:
    """A page; names in upper case only, what isn't known is dropped, and so is an empty list."""
    params = {str(key).upper(): value for key, value in call.params.items()}
    table, now = store.table("call_statistic"), store.clock()
    sent = params.get("FILTER")
    conditions = sent.items() if isinstance(sent, Mapping) else ()
    where = every(_condition(table, str(key).upper(), value, now) for key, value in conditions)
    window = offset(call.start, count(store, table, where))
    rows = read(store, shape_of(table), where, _order(table, params), _told(window, call.start))
    return answered(rows, window, len(rows))


def _told(window: Window, start: int | None) -> Window:
    """A negative start begins at the first row."""
    return window if (start or 0) >= 0 else Window(0, window.limit, 0, 0, "offset")


def _condition(table: Table, key: str, value: Any, now: float) -> Where:
    found = _KEY.fullmatch(key)
    operation, name = (found[1], found[2]) if found else ("", key)
    column = table.columns.get(name)
    if column is None or operation not in _OPERATIONS or (is_array(value) and not to_list(value)):
        return EVERYTHING
    if column.kind == "datetime" and not is_array(value):
        value = read_datetime(value, now) or False
    value = to_list(value) if is_array(value) else value
    return compile_condition((operation or "=") + name, value, column, f'"{name}"')


def _order(table: Table, params: Mapping[str, Any]) -> str:
    """One field and one direction, both needed and in upper case."""
    sort, word = params.get("SORT"), params.get("ORDER")
    if isinstance(sort, str) and sort.strip() in table.columns and word in ("ASC", "DESC"):
        return order_sql({sort.strip(): word}, table.columns)
    return UNORDERED
