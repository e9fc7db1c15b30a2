"""The ORM's filter read row by row: operators, nested groups, three-valued truth."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

Truth = bool | None
KINDS: Mapping[str, str] = {"id": "int", "assignedById": "int", "opportunity": "double", "title": "text"}
KEY = re.compile(r"([^\w]*)(\w+)")


def fits(row: Mapping[str, Any], group: Mapping[str, Any]) -> Truth:
    """What a group of conditions says of a row."""
    logic = group.get("logic", "AND")
    parts = [
        fits(row, value) if key.isdigit() else _condition(row, key, value)
        for key, value in group.items()
        if key != "logic" and not (key.isdigit() and _is_empty_group(value))
    ]
    if logic == "OR":
        return _some(parts) if parts else True
    joined = _all(parts)
    return _not(joined) if logic == "NOT" and parts else joined


def _is_empty_group(value: Mapping[str, Any]) -> bool:
    return all(key == "logic" or (key.isdigit() and _is_empty_group(value[key])) for key in value)


def _condition(row: Mapping[str, Any], key: str, value: Any) -> Truth:
    found = KEY.fullmatch(key)
    assert found is not None
    operator, name = found[1], found[2]
    content = row[name]
    return (
        _text(operator, content, value)
        if KINDS[name] == "text"
        else _number(operator, content, value, KINDS[name])
    )


def _number(operator: str, content: Any, value: Any, kind: str) -> Truth:
    def cast(item: Any) -> Any:
        number = float(re.match(r"[+-]?\d*\.?\d*", str(item or 0))[0] or 0)  # type: ignore[index]
        return int(number) if kind == "int" else number

    if operator in {"@", "!@"}:
        inside = _some(_same(content, cast(item)) for item in value)
        return inside if operator == "@" else _not(inside)
    equal = not operator.startswith("!")
    if operator in {">", "<", ">=", "<="}:
        return None if content is None else _ordered(operator, content, cast(value))
    if isinstance(value, list):
        numbers = [cast(item) for item in value]
        if not numbers:
            return not equal if not equal else False
        inside = _some(_same(content, item) for item in numbers)
        if equal:
            return _some([inside, content is None]) if 0 in numbers and kind == "int" else inside
        return _all([_not(inside), content is not None]) if 0 in numbers else _not(inside)
    number = cast(value)
    if number == 0:
        return (content is None or content == 0) if equal else (content is not None and content != 0)
    return None if content is None else (content == number) is equal


def _text(operator: str, content: str | None, value: Any) -> Truth:
    if operator in {"@", "!@"}:
        inside = _some(_equals(content, str(item)) for item in value)
        return inside if operator == "@" else _not(inside)
    if operator in {">", "<", ">=", "<="}:
        return None if content is None else _ordered(operator, content.casefold(), str(value).casefold())
    negative = operator.startswith("!")
    if isinstance(value, list):
        parts = [_single(operator, content, str(item)) for item in value or [""]]
        return _all(parts) if negative else _some(parts)
    if value is None or value == "":
        return bool(content) if negative else not content
    return _single(operator, content, str(value))


def _single(operator: str, content: str | None, value: str) -> Truth:
    if operator == "!=":
        return content is None or not _equals(content, value)
    plain = operator.removeprefix("!")
    if plain == "%":
        test: Truth = None if content is None else value.casefold() in content.casefold()
    elif plain == "=" or (operator == "" and value.isdigit()):
        test = _equals(content, value)
    else:
        test = None if content is None else _pattern(value, content)
    return _not(test) if operator.startswith("!") else test


def _pattern(pattern: str, content: str) -> bool:
    regex = "".join({"%": ".*", "_": "."}.get(mark, re.escape(mark)) for mark in pattern)
    return re.fullmatch(regex, content, re.IGNORECASE | re.DOTALL) is not None


def _equals(content: str | None, value: str) -> Truth:
    return None if content is None else content.casefold() == value.casefold()


def _same(content: Any, value: Any) -> Truth:
    return None if content is None else content == value


def _ordered(operator: str, content: Any, value: Any) -> bool:
    return bool(
        {">": content > value, "<": content < value, ">=": content >= value, "<=": content <= value}[operator]
    )


def _not(truth: Truth) -> Truth:
    return None if truth is None else not truth


def _all(parts: Iterable[Truth]) -> Truth:
    known = list(parts)
    return False if False in known else None if None in known else True


def _some(parts: Iterable[Truth]) -> Truth:
    known = list(parts)
    return True if True in known else None if None in known else False
