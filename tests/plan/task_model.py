"""An independent reading of how tasks.task.list understands its filter.

Written from the server's ``prepareFilter`` (dates, members and the like are prepared by the
controller) and ``TaskFilterBuilder`` (each field has its own cast). A row is a dict of stored
values; conditions on fields that the builder does not know fall away.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from tests.plan.server_model import Misread, Stored, doubleval, intval, moment
from tests.plan.sql import Truth, among, compared, every, like, negated, some

_PREFIXES: Final = ("=", "!=", "%", "!%", "?", "><", "*=", "*%", "*", "!><", ">=", ">", "<=", "<", "!", "@")
_SIGNS: Final = frozenset({">", ">=", "<=", "<", "!=", "@"})
_DATES: Final = frozenset(
    ("DEADLINE", "START_DATE_PLAN", "END_DATE_PLAN", "DATE_START", "CREATED_DATE", "CLOSED_DATE")
)

CASTS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("PARENT_ID", "GROUP_ID", "FORUM_TOPIC_ID", "REAL_STATUS", "FLOW_ID"), "number"),
    **dict.fromkeys(
        ("ID", "PRIORITY", "CREATED_BY", "RESPONSIBLE_ID", "TIME_ESTIMATE", "FORKED_BY_TEMPLATE_ID"),
        "number_wo_nulls",
    ),
    **dict.fromkeys(("GUID", "TITLE"), "string"),
    **dict.fromkeys(("MARK", "XML_ID", "SITE_ID", "ADD_IN_REPORT", "ALLOW_TIME_TRACKING"), "string_equal"),
    **dict.fromkeys(_DATES, "date"),
    **dict.fromkeys(("FAVORITE", "SORTING"), "left_existence"),
    **dict.fromkeys(("IS_MUTED", "IS_PINNED"), "option"),
    **dict.fromkeys(("AUDITOR", "ACCOMPLICE"), "members"),
}


def tasks(conditions: Mapping[str, Any], row: Stored) -> bool:
    """Whether tasks.task.list finds the row.

    Raises:
        Misread: a date that the controller does not convert.
    """
    return _group(_prepared(conditions), row) is True


def _parsed(key: str) -> tuple[str, str]:
    for prefix in _PREFIXES:
        if key.startswith(prefix):
            return prefix, key[len(prefix) :]
    return "", key


def _prepared(conditions: Mapping[str, Any]) -> dict[str, Any]:
    """The dates of the top level as moments; every other one stays a text."""
    found = dict(conditions)
    for key, value in conditions.items():
        if _parsed(key)[1] in _DATES and value:
            if not isinstance(value, str):
                raise Misread(f"{key}: a list of dates is read as 1970")
            found[key] = moment(value)
    return found


def _group(conditions: Mapping[str, Any], row: Stored) -> Truth:
    found: list[Truth] = []
    for key, value in conditions.items():
        if key.startswith("::SUBFILTER-"):
            found.append(_group(value, row))
            continue
        prefix, name = _parsed(key)
        if name in CASTS:
            found.append(_condition(name, prefix, value, row))
    return every(found)


def _condition(name: str, prefix: str, value: Any, row: Stored) -> Truth:
    cast = CASTS[name]
    if cast == "option":
        return row[name] == ("N" if value == "N" else "Y")
    if cast == "members":
        return _members(prefix, value, row[name])
    if cast == "string":
        return _text(name, prefix, value, row)
    return _cast(row[name], prefix, value, cast)


def _members(prefix: str, value: Any, stored: tuple[int, ...]) -> Truth:
    """Over the joined rows: one member is enough, whatever is asked of it."""
    wanted = [v for v in (value if isinstance(value, list) else [value]) if v]
    if not wanted:
        return True
    return any((member in wanted) != (prefix == "!") for member in stored)


def _text(name: str, prefix: str, value: Any, row: Stored) -> Truth:
    """TITLE and GUID: lists go with three prefixes only, and every value is escaped for LIKE."""
    if not isinstance(value, list):
        return _cast(row[name], prefix, _stencil(value), "string")
    if prefix not in ("!", "=", ""):
        return True
    parts = [_cast(row[name], prefix, _stencil(item), "string") for item in value]
    return every(parts) if prefix == "!" else some(parts)


def _stencil(value: Any) -> str:
    return str(value).replace("!", r"\!").replace("_", r"\_").replace("%", r"\%")


def _cast(stored: Any, prefix: str, value: Any, cast: str) -> Truth:
    values = list(dict.fromkeys(value if isinstance(value, list) else [value]))
    if prefix == "@" or (cast == "number" and len(values) > 1):
        found = among(stored, map(intval, values))
        return negated(found) if prefix == "!" else found
    parts: list[Truth] = []
    for item in values:
        if cast == "number" and not item:
            item = 0
        if item in ("", None) and cast not in ("date", "left_existence"):
            continue
        parts.append(_CASTS[cast](stored, prefix, item))
    if not parts:
        return True
    return every(parts) if prefix == "!" else some(parts)


def _sign(prefix: str) -> str:
    return prefix if prefix in _SIGNS else "="


def _php_empty(value: Any) -> bool:
    return value in ("", "0", 0, None)


def _negatable(stored: Any, truth: Truth, prefix: str) -> Truth:
    return some([stored is None, negated(truth)]) if prefix == "!" else truth


def _number(stored: Any, prefix: str, value: Any) -> Truth:
    return _negatable(stored, compared(stored, _sign(prefix), doubleval(value)), prefix)


def _number_wo_nulls(stored: Any, prefix: str, value: Any) -> Truth:
    found = compared(stored, _sign(prefix), doubleval(value))
    return negated(found) if prefix == "!" else found


def _blank(stored: Any) -> Truth:
    return some([stored is None, None if stored is None else len(stored) <= 0])


def _string(stored: Any, prefix: str, value: str) -> Truth:
    within = like(stored, f"%{value}%")
    if prefix in ("?", "%"):
        return within
    if prefix == "!%":
        return negated(within)
    if _php_empty(value):
        return negated(_blank(stored)) if prefix == "!" else _blank(stored)
    if prefix == "!":
        return some([stored is None, negated(within)])
    if prefix == "=":
        return compared(stored, "=", value)
    return within if _sign(prefix) == "=" else compared(stored, _sign(prefix), value)


def _string_equal(stored: Any, prefix: str, value: str) -> Truth:
    if _php_empty(value):
        return negated(_blank(stored)) if prefix == "!" else _blank(stored)
    return _negatable(stored, compared(stored, _sign(prefix), value), prefix)


def _date(stored: datetime | None, prefix: str, value: Any) -> Truth:
    if _php_empty(value):
        return stored is not None if prefix == "!" else stored is None
    if isinstance(value, str):
        raise Misread("a date that the controller did not convert is read in the portal's own format")
    return _negatable(stored, compared(stored, _sign(prefix), value), prefix)


def _left_existence(stored: Any, prefix: str, value: Any) -> Truth:
    there = (value == "Y" and prefix != "!") or (value == "N" and prefix == "!")
    return bool(stored == ("Y" if there else "N"))


_CASTS: Final[Mapping[str, Callable[[Any, str, Any], Truth]]] = {
    "number": _number,
    "number_wo_nulls": _number_wo_nulls,
    "string": _string,
    "string_equal": _string_equal,
    "date": _date,
    "left_existence": _left_existence,
}
