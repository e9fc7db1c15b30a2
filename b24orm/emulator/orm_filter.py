"""Filter operators of the server's ORM, as conditions of SQL.

``crm.item.list``, ``crm.type.list`` and their kin use them, ``user.get`` too, and classic lists
for user fields. Unlike the classic grammar, ``!`` leaves rows without a value out (``!=`` does
not), a bare key on a text is a case-blind pattern, and an empty list fits nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from b24orm.emulator.answers import Refusal
from b24orm.emulator.conditions import ALWAYS, EVERYTHING, NOTHING, Where, any_of, every, membership
from b24orm.emulator.tables import Column
from b24orm.emulator.text_search import compare, contains, like, one_of
from b24orm.emulator.values import is_array, is_blank, to_float, to_int, to_list, to_text

__all__ = ["compile_condition", "compile_group", "parse_key"]

_OPERATORS: Final[Mapping[str, str]] = {
    "!><": "not between",
    "!=%": "not pattern",
    "!%=": "not pattern",
    "!==": "not same",
    "!=": "not exact",
    "!%": "not holds",
    "!@": "not in",
    "><": "between",
    ">=": ">=",
    "<=": "<=",
    "=%": "pattern",
    "%=": "pattern",
    "==": "same",
    "=": "exact",
    "%": "holds",
    "?": "words",
    ">": ">",
    "<": "<",
    "!": "unlike",
    "@": "in",
    "*=": "words",
    "*%": "words",
    "*": "words",
}
_ORDERED: Final = frozenset({">", "<", ">=", "<="})
_EQUAL: Final = frozenset({"exact", "like", "holds", "pattern"})
_UNEQUAL: Final = frozenset({"not exact", "unlike", "not holds", "not pattern"})


def _sql_failure() -> Refusal:
    """What the server answers when the SQL it wrote is wrong."""
    return Refusal("ERROR_CORE", "SQL query error!", status=500)


def _php_failure() -> Refusal:
    """What the server answers when its code can't go on: PHP's own error, which nothing there catches."""
    return Refusal("INTERNAL_SERVER_ERROR", "Internal server error", status=500)


@lru_cache(maxsize=4096)
def parse_key(key: str) -> tuple[str, str]:
    """The operator and the name of a key, longest operator first.

    >>> parse_key("!%TITLE"), parse_key("ID"), parse_key("!><ID")
    (('not holds', 'TITLE'), ('like', 'ID'), ('not between', 'ID'))
    """
    for length in (3, 2, 1):
        operator = _OPERATORS.get(key[:length])
        if operator and len(key) >= length:
            return operator, key[length:]
    return "like", key


def compile_group(filter: Mapping[Any, Any] | Sequence[Any], condition: Callable[[str, Any], Where]) -> Where:
    """The condition of a filter with nested groups.

    Args:
        filter: keys are conditions or, where numeric, nested groups; ``logic`` (``OR``, ``AND``, ``NOT``)
            joins them, anything else but OR and NOT means AND.
        condition: compiles one key and its value.
    """
    items: dict[Any, Any] = dict(filter) if isinstance(filter, Mapping) else dict(enumerate(filter))
    logic = items.pop("LOGIC", items.pop("logic", "AND"))
    parts: list[Where] = []
    for key, value in items.items():
        if isinstance(key, int) or str(key).isdigit():
            if is_array(value):
                parts.append(compile_group(value, condition))
        else:
            parts.append(condition(str(key), value))
    if logic == "OR":
        return any_of(parts)
    joined = every(parts)
    return joined.negated() if logic == "NOT" and joined else joined


def compile_condition(key: str, value: Any, column: Column, expression: str) -> Where:
    """The condition of one key on a column.

    Args:
        key: with its operator.
        value: dates and times in stored form.
        column: tells how values compare; on a ``multiple`` one an element that fits is enough.
        expression: the SQL of the column.

    Raises:
        Refusal: ``@`` with an empty list, which is wrong SQL; ``@`` on a fraction or a time, which PHP gives
            up on.
    """
    operator, _ = parse_key(key)
    if not column.multiple:
        return _COMPILERS[column.kind](operator, value, expression)
    kind = _ELEMENT_KINDS.get(column.type, "string")
    element = _COMPILERS[kind](
        operator, value, "each.value" if kind != "string" else "CAST(each.value AS TEXT)"
    )
    if operator in _EQUAL and _is_empty(value):
        return Where(f"{expression} IS NULL OR {expression} = '[]'")
    return Where(
        f"EXISTS (SELECT 1 FROM json_each({expression}) AS each WHERE {element.sql})", element.params
    )


def _is_empty(value: Any) -> bool:
    return is_blank(value) or value == 0 or value == "0"


def _ordered(operator: str, values: Any, expression: str, cast: Callable[[Any], Any]) -> Where:
    """A list in place of a bound means its first element."""
    if is_array(values):
        elements = to_list(values)
        return Where(f"{expression} {operator} ?", (cast(elements[0]),)) if elements else NOTHING
    return Where(f"{expression} {operator} ?", (cast(values),))


def _between(operator: str, value: Any, expression: str, cast: Callable[[Any], Any]) -> Where:
    bounds = to_list(value) if is_array(value) else []
    if len(bounds) < 2:
        return EVERYTHING
    word = "NOT BETWEEN" if operator.startswith("not") else "BETWEEN"
    return Where(f"{expression} {word} ? AND ?", (cast(bounds[0]), cast(bounds[1])))


def _member(operator: str, value: Any, expression: str, cast: Callable[[Any], Any]) -> Where:
    values = [cast(item) for item in to_list(value)]
    if not values:
        raise _sql_failure()
    test = one_of if cast is to_text else membership
    return test(expression, values, negative=operator == "not in")


def _number(operator: str, value: Any, expression: str, cast: Callable[[Any], int | float]) -> Where:
    if operator in _ORDERED:
        return _ordered(operator, value, expression, cast)
    if operator in {"between", "not between"}:
        return _between(operator, value, expression, cast)
    if operator in {"in", "not in"}:
        return _member(operator, value, expression, cast)
    if operator in _EQUAL | _UNEQUAL:
        equal = operator in _EQUAL
        if is_array(value):
            return _numbers(to_list(value), expression, cast, equal=equal)
        return _same_number(cast(value), expression, equal=equal)
    return EVERYTHING


def _numbers(values: list[Any], expression: str, cast: Callable[[Any], Any], *, equal: bool) -> Where:
    """One of several numbers; a whole 0 among them is no number, too, a fraction of 0 isn't."""
    if not values:
        return NOTHING if equal else ALWAYS
    numbers = [cast(item) for item in values]
    if equal:
        absent = 0 in numbers and cast is to_int
        return any_of(
            [membership(expression, numbers), Where(f"{expression} IS NULL") if absent else EVERYTHING]
        )
    outside = membership(expression, numbers, negative=True)
    return every([outside, Where(f"{expression} IS NOT NULL") if 0 in numbers else EVERYTHING])


def _same_number(number: int | float, expression: str, *, equal: bool) -> Where:
    if number == 0:
        return Where(
            f"{expression} IS NULL OR {expression} = 0"
            if equal
            else f"{expression} IS NOT NULL AND {expression} <> 0"
        )
    return Where(f"{expression} {'=' if equal else '<>'} ?", (number,))


def _int(operator: str, value: Any, expression: str) -> Where:
    if operator == "same" and not is_array(value):
        return Where(f"{expression} = ?", (to_int(value),))
    operator = "exact" if operator == "same" else operator
    return _number(operator, value, expression, to_int)


def _double(operator: str, value: Any, expression: str) -> Where:
    if operator in {"in", "not in"}:
        raise _php_failure()
    return _number(operator, value, expression, to_float)


def _string(operator: str, value: Any, expression: str) -> Where:
    if operator in _ORDERED:
        bounds = to_list(value)
        return compare(expression, operator, to_text(bounds[0])) if bounds else NOTHING
    if operator in {"between", "not between"}:
        return _text_between(operator, value, expression)
    if operator in {"in", "not in"}:
        return _member(operator, value, expression, to_text)
    values = [to_text(item) for item in to_list(value)]
    if is_array(value):
        glue = every if operator in _UNEQUAL else any_of
        return glue(_text(operator, item, expression) for item in values or [""])
    if is_blank(value) and operator in _EQUAL:
        return Where(f"{expression} IS NULL OR {expression} = ''")
    if is_blank(value) and operator in _UNEQUAL:
        return Where(f"{expression} IS NOT NULL AND LENGTH({expression}) > 0")
    return _text(operator, values[0], expression)


def _text_between(operator: str, value: Any, expression: str) -> Where:
    bounds = [to_text(item) for item in to_list(value)] if is_array(value) else []
    if len(bounds) < 2:
        return EVERYTHING
    inside = every([compare(expression, ">=", bounds[0]), compare(expression, "<=", bounds[1])])
    return inside.negated() if operator.startswith("not") else inside


def _text(operator: str, value: str, expression: str) -> Where:
    return _TEXT[operator](expression, value) if operator in _TEXT else EVERYTHING


def _exact(expression: str, value: str) -> Where:
    return compare(expression, "=", value)


def _not_exact(expression: str, value: str) -> Where:
    found = compare(expression, "<>", value)
    return Where(f"{expression} IS NULL OR {found.sql}", found.params)


def _like(expression: str, value: str) -> Where:
    return like(expression, value) if not value.isdigit() else _exact(expression, value)


def _unlike(expression: str, value: str) -> Where:
    return like(expression, value).negated()


def _lacks(expression: str, value: str) -> Where:
    return contains(expression, value).negated()


def _words(expression: str, value: str) -> Where:
    return every(contains(expression, word) for word in value.split())


def _moment(value: Any) -> str | None:
    return None if is_blank(value) else to_text(value)


def _time(operator: str, value: Any, expression: str) -> Where:
    many = is_array(value)
    if operator in _ORDERED:
        return _ordered(operator, value, expression, _moment)
    if operator in {"between", "not between"}:
        return _between(operator, value, expression, _moment)
    if operator == "in":
        raise _php_failure()
    if many and operator in _EQUAL | _UNEQUAL:
        return _member("not in" if operator in _UNEQUAL else "in", value, expression, _moment)
    if operator in _EQUAL:
        return (
            Where(f"{expression} IS NULL")
            if is_blank(value)
            else Where(f"{expression} = ?", (to_text(value),))
        )
    if operator in _UNEQUAL:
        return (
            Where(f"{expression} IS NOT NULL")
            if is_blank(value)
            else Where(f"{expression} <> ?", (to_text(value),))
        )
    return EVERYTHING


_TEXT: Final[Mapping[str, Callable[[str, str], Where]]] = {
    "exact": _exact,
    "like": _like,
    "holds": contains,
    "pattern": like,
    "words": _words,
    "not exact": _not_exact,
    "unlike": _unlike,
    "not holds": _lacks,
    "not pattern": _unlike,
}
_COMPILERS: Final[Mapping[str, Callable[[str, Any, str], Where]]] = {
    "int": _int,
    "double": _double,
    "string": _string,
    "char": _string,
    "date": _time,
    "datetime": _time,
    "json": _string,
}
_ELEMENT_KINDS: Final[Mapping[str, str]] = {
    "integer": "int",
    "user": "int",
    "enumeration": "int",
    "employee": "int",
    "boolean": "int",
    "double": "double",
    "date": "date",
    "datetime": "datetime",
}
