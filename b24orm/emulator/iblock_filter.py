"""Filter operators of information blocks: elements of lists, products and sections of the catalog.

``!`` finds rows without a value as well; a bare key on a text is a pattern, ``=`` is not; an empty text
means "no value"; of several values any fits, or with ``!`` none; dates come in the portal's own form or
not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from b24orm.emulator.conditions import EVERYTHING, Where, any_of, every
from b24orm.emulator.tables import Kind
from b24orm.emulator.text_search import compare, contains, like
from b24orm.emulator.values import is_array, is_blank, read_datetime, to_float, to_list, to_text

__all__ = ["compile_condition", "parse_key"]

_OPERATIONS: Final[Mapping[str, str]] = {
    "!><": "NB",
    "!=": "NI",
    "!%": "NS",
    "><": "B",
    ">=": "GE",
    "<=": "LE",
    "=": "I",
    "%": "S",
    "?": "?",
    ">": "G",
    "<": "L",
    "!": "N",
    "*=": "FTI",
    "*%": "FTL",
    "*": "FT",
}
_SIGNS: Final[Mapping[str, str]] = {"G": ">", "GE": ">=", "L": "<", "LE": "<="}


def parse_key(key: str) -> tuple[str, str]:
    """The operation and the name of a key.

    >>> parse_key("!%NAME"), parse_key("ID"), parse_key("=PROPERTY_7")
    (('NS', 'NAME'), ('E', 'ID'), ('I', 'PROPERTY_7'))
    """
    for length in (3, 2, 1):
        operation = _OPERATIONS.get(key[:length])
        if operation and len(key) >= length:
            return operation, key[length:]
    return "E", key


def compile_condition(operation: str, value: Any, kind: Kind, expression: str) -> Where:
    """The condition of one key.

    Args:
        operation: as :func:`parse_key` gives it.
        value: as sent; one value or several.
        kind: how the column compares.
        expression: the SQL of the column.
    """
    negative = operation.startswith("N")
    if operation in {"B", "NB"}:
        return _between(to_list(value) if is_array(value) else [], kind, expression, negative=negative)
    values = to_list(value) if is_array(value) else [value]
    compiler = _COMPILERS[kind]
    parts = [
        compiler(operation, item, expression, negative)
        for item in values
        if item is False or to_text(item) != "" or not is_array(value)
    ]
    return (every if negative else any_of)(parts)


def _or_null(expression: str, found: Where, *, negative: bool) -> Where:
    return Where(f"{expression} IS NULL OR NOT ({found.sql})", found.params) if negative else found


def _number(operation: str, value: Any, expression: str, negative: bool) -> Where:  # noqa: FBT001
    if is_blank(value):
        return Where(f"{expression} IS {'NOT ' if negative else ''}NULL")
    sign = _SIGNS.get(operation, "=")
    return _or_null(expression, Where(f"{expression} {sign} ?", (to_float(value),)), negative=negative)


def _string(operation: str, value: Any, expression: str, negative: bool) -> Where:  # noqa: FBT001
    text = to_text(value)
    if operation == "?":
        return every(contains(expression, word) for word in text.split())
    if operation in {"S", "NS"}:
        return _or_null(expression, contains(expression, text), negative=negative)
    if operation in {"FT", "FTI", "FTL"}:
        return every(contains(expression, word) for word in text.split())
    if text == "":
        blank = Where(f"{expression} IS NULL OR LENGTH({expression}) <= 0")
        return blank.negated() if negative else blank
    if operation in {"E", "N"}:
        return _or_null(expression, like(expression, text), negative=negative)
    return _or_null(expression, compare(expression, _SIGNS.get(operation, "="), text), negative=negative)


def _date(operation: str, value: Any, expression: str, negative: bool) -> Where:  # noqa: FBT001
    if not is_array(value) and is_blank(value):
        return Where(f"{expression} IS {'NOT ' if operation == 'N' else ''}NULL")
    moment = _portal_time(value)
    if moment is None:
        return EVERYTHING
    sign = _SIGNS.get(operation, "=")
    return _or_null(expression, Where(f"{expression} {sign} ?", (moment,)), negative=negative)


def _portal_time(value: Any) -> str | None:
    """A time in the portal's own form; any other form is no time."""
    text = to_text(value)
    return read_datetime(text) if "." in text and "-" not in text else None


def _between(bounds: list[Any], kind: Kind, expression: str, *, negative: bool) -> Where:
    if len(bounds) != 2:
        return EVERYTHING
    ends: list[Any] = [_portal_time(end) for end in bounds] if kind in {"date", "datetime"} else bounds
    if kind in {"int", "double"}:
        ends = [to_float(end) for end in bounds]
    if None in ends:
        return EVERYTHING
    found = Where(f"{expression} BETWEEN ? AND ?", tuple(ends))
    return _or_null(expression, found, negative=negative)


_COMPILERS: Final[Mapping[str, Callable[[str, Any, str, bool], Where]]] = {
    "int": _number,
    "double": _number,
    "string": _string,
    "char": _string,
    "json": _string,
    "date": _date,
    "datetime": _date,
}
