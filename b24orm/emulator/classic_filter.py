"""The filter of the classic CRM lists (``crm.deal.list`` and its kin), compiled to SQL.

A key is ``!`` (not), ``+`` (or null), an operator, and the field's exact name. What the grammar
or the entity does not know is dropped without a word: a misspelt field, an OR group, an operator
nobody defined. Negation lets rows without a value through, except where SQL itself does not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from b24orm.emulator.answers import Refusal
from b24orm.emulator.conditions import EVERYTHING, Where, any_of, every, membership
from b24orm.emulator.orm_filter import compile_condition
from b24orm.emulator.tables import Column, Table
from b24orm.emulator.text_search import compare, contains, like, one_of
from b24orm.emulator.values import (
    is_array,
    is_blank,
    read_date,
    read_datetime,
    to_float,
    to_int,
    to_list,
    to_text,
)

__all__ = ["FilterKey", "compile_filter", "parse_key", "prepare"]

_OPERATORS: Final = (
    (">=", ">="),
    (">", ">"),
    ("<=", "<="),
    ("<", "<"),
    ("@", "IN"),
    ("=%", "PATTERN"),
    ("%=", "PATTERN"),
    ("%", "LIKE"),
    ("?", "QUERY"),
    ("*=", "WORDS"),
    ("*%", "WORDS"),
    ("*", "WORDS"),
    ("=", "="),
)
_NONE: Final[Mapping[str, str]] = {}
_WITH_EQUALITY: Final = frozenset({"=", ">=", "<="})
_COMPARISONS: Final = frozenset({"=", "<", ">", "<=", ">="})
_CAST_OPERATORS: Final = frozenset({"<", ">", ">=", "<="})
_LIKE_OPERATORS: Final = frozenset({"%", "%=", "=%"})
_NO_LIKE_TYPES: Final = frozenset({"crm_status", "crm_company", "crm_contact"})


@dataclass(frozen=True, slots=True)
class FilterKey:
    """A filter key taken apart.

    Attributes:
        name: the field, spelled as sent.
        operator: ``=``, ``>``, ``>=``, ``<``, ``<=``, ``IN``, ``LIKE``, ``PATTERN``, ``QUERY`` or ``WORDS``.
        negative: the key began with ``!``.
        or_null: the key had a ``+``: rows without a value fit as well.
        prefix: everything before the name.
    """

    name: str
    operator: str
    negative: bool
    or_null: bool
    prefix: str


@lru_cache(maxsize=4096)
def parse_key(key: str) -> FilterKey:
    """Take a filter key apart.

    >>> parse_key("!=%TITLE")
    FilterKey(name='TITLE', operator='PATTERN', negative=True, or_null=False, prefix='!=%')
    >>> parse_key("><ID").name
    '<ID'
    """
    rest = key
    negative = rest.startswith("!")
    rest = rest[1:] if negative else rest
    or_null = rest.startswith("+")
    rest = rest[1:] if or_null else rest
    text, operator = next((pair for pair in _OPERATORS if rest.startswith(pair[0])), ("", "="))
    rest = rest[len(text) :]
    return FilterKey(rest, operator, negative, or_null, key[: len(key) - len(rest)])


def prepare(
    filter: Mapping[str, Any], table: Table, known: frozenset[str] = frozenset(), now: float | None = None
) -> dict[str, Any]:
    """The filter as the REST layer hands it on: unknown names gone, values read by type.

    Args:
        filter: the filter as sent.
        table: the entity's table.
        known: further names that are let through (phones, bindings).
        now: unix seconds for relative dates.
    """
    kept: dict[str, Any] = {}
    rewritten: dict[str, Any] = {}  # takes the place of an equality that was sent as well
    for sent, value in filter.items():
        key = parse_key(str(sent))
        column = table.columns.get(key.name)
        if column is None or column.hidden:
            if key.name in known:
                kept[str(sent)] = value
        elif column.type in _NO_LIKE_TYPES and key.prefix in _LIKE_OPERATORS:
            rewritten[f"={key.name}"] = value
        elif column.type == "integer" and key.prefix in _CAST_OPERATORS:
            kept[str(sent)] = to_int(value)
        else:
            kept[str(sent)] = _read_times(column, value, now)
    return kept | rewritten


def compile_filter(filter: Mapping[str, Any], table: Table, joined: Mapping[str, str] = _NONE) -> Where:
    """The condition of a prepared filter. Names that are no column are ignored.

    Args:
        filter: a filter that went through :func:`prepare`.
        table: the entity's table.
        joined: expressions of integer fields that come from other tables, by name.
    """
    prefix = f'"{table.name}"."'
    parts: list[Where] = []
    for sent, value in filter.items():
        key = parse_key(sent)
        if key.name in joined:
            parts.append(_compile(key, "int", value, joined[key.name]))
        column = table.columns.get(key.name)
        if column is None:
            continue
        expression = f'{prefix}{column.name}"'
        if column.user:
            parts.append(compile_condition(sent, value, column, expression))
        elif column.kind != "json":
            parts.append(_compile(key, column.kind, value, expression))
    return every(parts)


def _read_times(column: Column, value: Any, now: float | None) -> Any:
    """Dates and times in stored form; what can't be read becomes false, which tests for null."""
    if column.kind not in {"date", "datetime"}:
        return value
    if is_array(value):
        return [read_datetime(item, now) or False for item in to_list(value)]
    read = read_date if column.kind == "date" and column.type == "date" else read_datetime
    return read(value, now) or False


def _compile(key: FilterKey, kind: str, value: Any, expression: str) -> Where:
    values = to_list(value)
    glue = every if key.negative else any_of
    if not values:
        condition = EVERYTHING
    elif key.operator == "IN":
        condition = _in(key, kind, values, expression)
    elif kind == "int" and key.negative and key.operator == "=" and 0 not in map(to_int, values):
        # the same as one by one, and quicker
        unwanted = membership(expression, [to_int(item) for item in values], negative=True)
        condition = Where(f"{expression} IS NULL OR {unwanted.sql}", unwanted.params)
    else:
        condition = glue(_SCALAR[kind](key, item, expression) for item in values)
    return _or_null(condition, key, kind, expression) if key.or_null else condition


def _in(key: FilterKey, kind: str, values: Sequence[Any], expression: str) -> Where:
    distinct = list(dict.fromkeys(_CASTS[kind](item) for item in values))
    found = (one_of if kind in {"string", "char"} else membership)(expression, distinct)
    return found.negated() if key.negative else found


def _or_null(condition: Where, key: FilterKey, kind: str, expression: str) -> Where:
    negation, unequal = ("NOT ", "<>") if key.negative else ("", "=")
    extra = [Where(f"{expression} IS {negation}NULL")]
    if kind in {"int", "double"}:
        extra.append(Where(f"{expression} {unequal} 0"))
    elif kind in {"string", "char"}:
        extra.append(Where(f"{expression} {unequal} ''"))
    return (every if key.negative else any_of)([condition, *extra])


def _maybe_negated(key: FilterKey, expression: str, test: Where) -> Where:
    """Negation that lets rows without a value through."""
    return Where(f"{expression} IS NULL OR NOT ({test.sql})", test.params) if key.negative else test


def _number(key: FilterKey, expression: str, value: int | float) -> Where:
    operator = "=" if key.operator in {"LIKE", "PATTERN", "QUERY"} else key.operator
    if operator not in _COMPARISONS:
        raise Refusal("ERROR_CORE", "SQL query error!", status=500)
    if value == 0 and operator in _WITH_EQUALITY:
        if key.negative:
            return Where(f"{expression} IS NOT NULL AND NOT ({expression} {operator} 0)")
        return Where(f"{expression} IS NULL OR {expression} {operator} 0")
    return _maybe_negated(key, expression, Where(f"{expression} {operator} ?", (value,)))


def _int(key: FilterKey, value: Any, expression: str) -> Where:
    return _number(key, expression, to_int(value))


def _double(key: FilterKey, value: Any, expression: str) -> Where:
    return _number(key, expression, to_float(to_text(value).replace(",", ".")))


def _string(key: FilterKey, value: Any, expression: str) -> Where:
    text = to_text(value)
    if key.operator in _TEXT:
        # The negation of these is parsed and then forgotten.
        return _TEXT[key.operator](expression, text)
    if is_blank(value) and key.operator in _WITH_EQUALITY:
        if key.negative:
            return Where(
                f"{expression} IS NOT NULL AND NOT (LENGTH({expression}) <= 0) "
                f"AND NOT ({expression} {key.operator} '')"
            )
        return Where(f"{expression} IS NULL OR LENGTH({expression}) <= 0 OR {expression} {key.operator} ''")
    return _maybe_negated(key, expression, compare(expression, key.operator, text))


def _time(key: FilterKey, value: Any, expression: str) -> Where:
    operator = key.operator if key.operator in _COMPARISONS else "="
    if is_blank(value):
        return Where(f"{expression} IS {'NOT ' if key.negative else ''}NULL")
    return _maybe_negated(key, expression, Where(f"{expression} {operator} ?", (value,)))


def _date(key: FilterKey, value: Any, expression: str) -> Where:
    return _time(key, to_text(value)[:10] if not is_blank(value) else value, expression)


def _holds(expression: str, value: str) -> Where:
    return contains(expression, value) if value else Where(f"{expression} IS NULL OR {expression} = ''")


def _fits(expression: str, value: str) -> Where:
    return like(expression, value) if value else Where(f"{expression} IS NULL OR {expression} = ''")


def _words(expression: str, value: str) -> Where:
    """Full-text search: every word of the value stands somewhere in the text."""
    return every(contains(expression, word) for word in value.split())


_TEXT: Final[Mapping[str, Callable[[str, str], Where]]] = {
    "LIKE": _holds,
    "PATTERN": _fits,
    "QUERY": _words,
    "WORDS": _words,
}
_SCALAR: Final[Mapping[str, Callable[[FilterKey, Any, str], Where]]] = {
    "int": _int,
    "double": _double,
    "string": _string,
    "char": _string,
    "date": _date,
    "datetime": _time,
}
_CASTS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "int": to_int,
    "double": to_float,
    "string": to_text,
    "char": to_text,
    "date": lambda value: to_text(value)[:10],
    "datetime": to_text,
}
