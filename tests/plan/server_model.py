"""An independent reading of how the server's list methods understand their filters.

Written from what the server's own PHP does with each key, not from what the client sends:
``CSqlUtil::PrepareWhere`` for the classic lists (:func:`classic`), ``CSQLWhere`` behind the checks
of crm.item.list (:func:`orm`). A row is a dict of stored values: None, int, Decimal, str or
datetime. The reading of tasks.task.list stands in :mod:`tests.plan.task_model`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal, TypeAlias

from tests.plan.sql import Truth, among, compared, every, like, negated, some

Column: TypeAlias = Literal["int", "double", "string", "datetime"]
Columns: TypeAlias = Mapping[str, Column]
Stored: TypeAlias = Mapping[str, Any]


class ServerError(Exception):
    """The server would answer with an error."""


class Misread(Exception):
    """The server would read the value as something else than it is."""


# -- PHP's casts -------------------------------------------------------------------------


def intval(value: Any) -> int:
    """What ``intval`` makes of a JSON value."""
    if isinstance(value, list):
        return int(bool(value))
    try:
        return int(Decimal(str(value)))
    except InvalidOperation:
        return 0


def doubleval(value: Any) -> Decimal:
    """What ``doubleval`` makes of a JSON value, without the rounding."""
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return Decimal(0)


def moment(value: Any) -> datetime | None:
    """What ``strtotime`` makes of a text; None where it fails, and then the text counts as empty."""
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


# -- classic: CSqlUtil::PrepareWhere -----------------------------------------------------

_CLASSIC: Final = (
    (">=", ">="),
    (">", ">"),
    ("<=", "<="),
    ("<", "<"),
    ("@", "IN"),
    ("=%", "RLIKE"),
    ("%=", "LLIKE"),
    ("%", "LIKE"),
    ("=", "="),
)


def _classic_key(key: str) -> tuple[str, str, bool]:
    negative = key.startswith("!")
    key = key.removeprefix("!").removeprefix("+")
    for prefix, operation in _CLASSIC:
        if key.startswith(prefix):
            return operation, key[len(prefix) :], negative
    return "=", key, negative


def classic(conditions: Mapping[str, Any], row: Stored, columns: Columns) -> bool:
    """Whether a classic list finds the row; conditions on unknown fields fall away."""
    found: list[Truth] = []
    for key, value in conditions.items():
        operation, name, negative = _classic_key(key)
        values = value if isinstance(value, list) else [value]
        if name not in columns or not values:
            continue
        column = columns[name]
        if operation in (">", ">=", "<", "<=") and column == "int" and not key.startswith("!"):
            values = [intval(value)]
        if operation == "IN":
            truth = among(row[name], [_classic_cast(item, column) for item in values])
            found.append(negated(truth) if negative else truth)
            continue
        parts = [_CLASSIC_TYPES[column](row[name], operation, item, negative) for item in values]
        found.append(every(parts) if negative else some(parts))
    return every(found) is True


def _classic_cast(value: Any, column: Column) -> Any:
    return {"int": intval, "double": doubleval, "string": str, "datetime": moment}[column](value)


def _null(stored: Any) -> Truth:
    return stored is None


def _or_null(stored: Any, truth: Truth, *, negative: bool) -> Truth:
    """The negation of the classic lists: it finds the rows without a value as well."""
    return some([_null(stored), negated(truth)]) if negative else truth


def _classic_number(cast: Callable[[Any], Any]) -> Callable[[Any, str, Any, bool], Truth]:
    def truth(stored: Any, operation: str, value: Any, negative: bool) -> Truth:
        sign = "=" if operation in ("LIKE", "RLIKE", "LLIKE") else operation
        number = cast(value)
        if number == 0 and "=" in sign:
            empty = some([_null(stored), compared(stored, sign, 0)])
            return negated(empty) if negative else empty
        return _or_null(stored, compared(stored, sign, number), negative=negative)

    return truth


def _classic_string(stored: Any, operation: str, value: Any, negative: bool) -> Truth:
    text = str(value)
    if text == "" and "=" in operation:
        empty = some([_null(stored), stored is not None and len(stored) <= 0])
        return negated(empty) if negative else empty
    if text == "" and operation in ("LIKE", "RLIKE", "LLIKE"):
        return some([_null(stored), compared(stored, "=", "")])
    if operation == "LIKE":  # whatever the key's negation says
        escaped = text.replace("!", "!!").replace("_", "!_").replace("%", "!%")
        return like(stored, f"%{escaped}%", escape="!")
    if operation in ("RLIKE", "LLIKE"):
        return like(stored, text)
    return _or_null(stored, compared(stored, operation, text), negative=negative)


def _classic_moment(stored: Any, operation: str, value: Any, negative: bool) -> Truth:
    wanted = moment(value)
    if wanted is None:
        return negated(_null(stored)) if negative else _null(stored)
    sign = operation if operation in ("=", "<", ">", "<=", ">=") else "="
    return _or_null(stored, compared(stored, sign, wanted), negative=negative)


_CLASSIC_TYPES: Final[Mapping[Column, Callable[[Any, str, Any, bool], Truth]]] = {
    "int": _classic_number(intval),
    "double": _classic_number(doubleval),
    "string": _classic_string,
    "datetime": _classic_moment,
}


# -- orm: the checks of crm.item.list, then CSQLWhere --------------------------------------

_ORM: Final = (
    ("!><", "NB"),
    ("!=%", "NM"),
    ("!%=", "NM"),
    ("!=", "NI"),
    ("!%", "NS"),
    ("><", "B"),
    (">=", ">="),
    ("<=", "<="),
    ("=%", "M"),
    ("%=", "M"),
    ("!@", "NIN"),
    ("=", "I"),
    ("%", "S"),
    (">", ">"),
    ("<", "<"),
    ("!", "N"),
    ("@", "IN"),
)
_LISTS_ALLOWED: Final = frozenset({"@", "!@", "!=", "=", ""})


def _orm_key(key: str) -> tuple[str, str, str]:
    for prefix, operation in _ORM:
        if key.startswith(prefix):
            return prefix, operation, key[len(prefix) :]
    return "", "E", key


def orm(conditions: Mapping[str, Any], row: Stored, columns: Columns) -> bool:
    """Whether crm.item.list finds the row.

    Raises:
        ServerError: the method answers with an error.
        Misread: a date inside a list, which the method hands on without converting it.
    """
    return _orm_group(conditions, row, columns) is True


def _orm_group(conditions: Mapping[str, Any], row: Stored, columns: Columns) -> Truth:
    logic = str(conditions.get("logic", "AND")).upper()
    found: list[Truth] = []
    for key, value in conditions.items():
        if key == "logic":
            continue
        if key.isdigit():
            if not value:
                raise ServerError("an empty group")
            found.append(_orm_group(value, row, columns))
        else:
            found.append(_orm_condition(key, value, row, columns))
    return some(found) if logic == "OR" else every(found)


def _orm_condition(key: str, value: Any, row: Stored, columns: Columns) -> Truth:
    prefix, operation, name = _orm_key(key)
    if name not in columns:
        raise ServerError(f"field {key!r} is not allowed in filter")
    if isinstance(value, dict) or (isinstance(value, list) and prefix not in _LISTS_ALLOWED):
        raise ServerError(f"field {key!r} has invalid value")
    return _ORM_TYPES[columns[name]](row[name], operation, value)


def _orm_number(cast: Callable[[Any], Any], *, whole: bool) -> Callable[[Any, str, Any], Truth]:
    def truth(stored: Any, operation: str, value: Any) -> Truth:
        wanted = [cast(v) for v in value] if isinstance(value, list) else cast(value)
        if operation in ("IN", "NIN"):
            if not whole:  # the method is called on an array: PHP gives up
                raise ServerError("Call to a member function compile() on array")
            found = among(stored, wanted if isinstance(wanted, list) else [wanted])
            return negated(found) if operation == "NIN" else found
        if operation in (">", ">=", "<", "<="):
            return compared(stored, operation, wanted)
        if operation in ("I", "E", "S", "M"):
            return _number_equal(stored, wanted, whole=whole)
        if operation in ("NI", "N", "NS", "NM"):
            return _number_unequal(stored, wanted, whole=whole)
        return True

    return truth


def _number_equal(stored: Any, wanted: Any, *, whole: bool) -> Truth:
    if isinstance(wanted, list):
        if not wanted:
            return False
        found = among(stored, wanted)
        return some([found, _null(stored)]) if whole and 0 in wanted else found
    return some([_null(stored), compared(stored, "=", 0)]) if wanted == 0 else compared(stored, "=", wanted)


def _number_unequal(stored: Any, wanted: Any, *, whole: bool) -> Truth:
    if isinstance(wanted, list):
        if not wanted:
            return True
        found = negated(among(stored, wanted))
        return every([found, negated(_null(stored))]) if whole and 0 in wanted else found
    if wanted == 0:
        return every([negated(_null(stored)), compared(stored, "<>", 0)])
    return compared(stored, "<>", wanted)


def _empty(stored: Any) -> Truth:
    return some([_null(stored), compared(stored, "=", "")])


def _orm_string(stored: Any, operation: str, value: Any) -> Truth:
    if operation in ("IN", "NIN"):
        found = among(stored, [str(v) for v in value] if isinstance(value, list) else [str(value)])
        return negated(found) if operation == "NIN" else found
    if isinstance(value, list):
        return _orm_strings(stored, operation, [str(v) for v in value])
    text = str(value)
    if operation in (">", ">=", "<", "<="):
        return compared(stored, operation, text)
    if text == "":
        return _empty(stored) if operation in ("I", "E", "S", "M") else negated(_empty(stored))
    if operation == "I":
        return compared(stored, "=", text)
    if operation == "NI":
        return some([_null(stored), compared(stored, "<>", text)])
    pattern, escape = (f"%{_escaped(text)}%", "!") if operation in ("S", "NS") else (text, "\\")
    if operation in ("E", "M") and text.isdigit():
        return compared(stored, "=", text)
    found = like(stored, pattern, escape=escape)
    return found if operation in ("E", "S", "M") else negated(found)


def _orm_strings(stored: Any, operation: str, texts: list[str]) -> Truth:
    if operation == "I":
        return among(stored, texts)
    if operation == "NI":
        return some([_null(stored), negated(among(stored, texts))])
    if operation == "E":
        return some(like(stored, text) for text in texts)
    raise ServerError("lists go with these prefixes only")


def _escaped(text: str) -> str:
    return text.replace("!", "!!").replace("_", "!_").replace("%", "!%")


def _orm_moment(stored: Any, operation: str, value: Any) -> Truth:
    if isinstance(value, list):
        if operation in ("IN", "NIN"):
            raise ServerError("Call to a member function compile() on array")
        raise Misread("dates inside a list are not converted")
    if operation in ("IN", "NIN"):
        raise ServerError("Call to a member function compile() on string")
    wanted = moment(value)
    if operation in (">", ">=", "<", "<="):
        return compared(stored, operation, wanted)
    if wanted is None:
        return _null(stored) if operation in ("I", "E", "S", "M") else negated(_null(stored))
    return compared(stored, "=" if operation in ("I", "E", "S", "M") else "<>", wanted)


_ORM_TYPES: Final[Mapping[Column, Callable[[Any, str, Any], Truth]]] = {
    "int": _orm_number(intval, whole=True),
    "double": _orm_number(doubleval, whole=False),
    "string": _orm_string,
    "datetime": _orm_moment,
}
