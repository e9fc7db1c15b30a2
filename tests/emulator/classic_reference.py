"""The filter of classic lists read row by row, as slowly and plainly as it can be said.

Truth has three values, as in SQL: True, False and None for what is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

KEY = re.compile(r"(!?)(\+?)(>=|<=|=%|%=|\*=|\*%|>|<|@|%|\?|\*|=|)(.*)", re.DOTALL)
KINDS: Mapping[str, str] = {
    "ID": "int",
    "ASSIGNED_BY_ID": "int",
    "OPPORTUNITY": "double",
    "TITLE": "string",
    "STAGE_ID": "string",
    "CLOSEDATE": "date",
}
Truth = bool | None


def fits(row: Mapping[str, Any], filter: Mapping[str, Any]) -> bool:
    """Whether a row of deals passes a filter."""
    patterns = {
        key: value for key, value in filter.items() if key in {"%STAGE_ID", "%=STAGE_ID", "=%STAGE_ID"}
    }
    read = {key: value for key, value in filter.items() if key not in patterns}
    if patterns:
        read["=STAGE_ID"] = list(patterns.values())[-1]
    return all(_condition(row, key, value) is True for key, value in read.items())


def _condition(row: Mapping[str, Any], key: str, value: Any) -> Truth:
    found = KEY.fullmatch(key)
    assert found is not None
    negative, or_null, operator, name = found[1] == "!", found[2] == "+", found[3] or "=", found[4]
    kind = KINDS.get(name)
    if kind is None:
        return True
    if name == "ID" and found[1] + found[2] + found[3] in {">", "<", ">=", "<="}:
        value = _int(value)
    values = value if isinstance(value, list) else [value]
    content = row[name]
    if not values:
        result: Truth = True
    elif operator == "@":
        inside = _some(_compare("=", content, _cast(kind, item)) for item in values)
        result = _not(inside) if negative else inside
    else:
        parts = [_single(kind, operator, content, item, negative=negative) for item in values]
        result = _all(parts) if negative else _some(parts)
    if or_null:
        empty = {"int": 0, "double": 0.0, "string": ""}.get(kind)
        if negative:
            extra: list[Truth] = [content is not None]
            extra += [] if empty is None else [_compare("<>", content, empty)]
            result = _all([*([result] if values else []), *extra])
        else:
            extra = [content is None] + ([] if empty is None else [_compare("=", content, empty)])
            result = _some([*([result] if values else []), *extra])
    return result


def _single(kind: str, operator: str, content: Any, value: Any, *, negative: bool) -> Truth:
    if kind == "string" and operator in {"%", "=%", "%="}:
        return _like(operator, content, _text(value))
    if kind != "string" and operator in {"%", "=%", "%="}:
        operator = "="
    absent = value is None or value is False or value == ""
    blank = absent if kind in {"string", "date"} else _cast(kind, value) == 0
    if blank and kind == "date":
        return (content is not None) if negative else content is None
    if blank and "=" in operator:
        zero = "" if kind == "string" else 0
        test = _compare(operator, content, zero)
        if kind == "string" and content is not None and content == "":
            test = True
        return _all([content is not None, _not(test)]) if negative else _some([content is None, test])
    test = _compare(operator, content, _cast(kind, value))
    return _some([content is None, _not(test)]) if negative else test


def _like(operator: str, content: str | None, value: str) -> Truth:
    if value == "":
        return content is None or content == ""
    if content is None:
        return None
    if operator == "%":
        return value.casefold() in content.casefold()
    pattern = "".join({"%": ".*", "_": "."}.get(mark, re.escape(mark)) for mark in value)
    return re.fullmatch(pattern, content, re.IGNORECASE | re.DOTALL) is not None


def _cast(kind: str, value: Any) -> Any:
    return {"int": _int, "double": _float, "string": _text, "date": lambda v: _text(v)[:10]}[kind](value)


def _int(value: Any) -> int:
    if isinstance(value, list):
        return int(bool(value))
    if isinstance(value, str):
        found = re.match(r"\s*[+-]?\d+", value)
        return int(found[0]) if found else 0
    return int(value or 0)


def _float(value: Any) -> float:
    if isinstance(value, str):
        found = re.match(r"\s*[+-]?\d+(\.\d*)?", value.replace(",", "."))
        return float(found[0]) if found else 0.0
    return float(value or 0)


def _text(value: Any) -> str:
    return "" if value is None or value is False else "1" if value is True else str(value)


def _compare(operator: str, content: Any, value: Any) -> Truth:
    if content is None:
        return None
    if isinstance(content, str):
        content, value = content.casefold(), value.casefold()
    tests: Mapping[str, Callable[[], bool]] = {
        "=": lambda: content == value,
        "<>": lambda: content != value,
        ">": lambda: content > value,
        ">=": lambda: content >= value,
        "<": lambda: content < value,
        "<=": lambda: content <= value,
    }
    return tests[operator]()


def _not(truth: Truth) -> Truth:
    return None if truth is None else not truth


def _all(parts: Iterable[Truth]) -> Truth:
    known = list(parts)
    return False if False in known else None if None in known else True


def _some(parts: Iterable[Truth]) -> Truth:
    known = list(parts)
    return True if True in known else None if None in known else False
