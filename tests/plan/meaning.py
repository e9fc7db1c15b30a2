"""What a where-clause means in Python: the reference that the compiled filters are held against.

None compares unequal to everything, as in Django: ``filter(x=5)`` leaves it out, ``exclude(x=5)``
keeps it. PHP's spellings of nothing are None before anything is compared: ``""`` of a text,
``0`` of a reference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timezone
from typing import Any, Final

from b24orm.query.lookups import Kind, kind_of
from b24orm.query.nodes import Condition, Group, Node

Row = Mapping[str, Any]

_LOOKUPS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "exact": lambda stored, value: stored == value,
    "in": lambda stored, value: stored in value,
    "gt": lambda stored, value: stored > value,
    "gte": lambda stored, value: stored >= value,
    "lt": lambda stored, value: stored < value,
    "lte": lambda stored, value: stored <= value,
    "range": lambda stored, value: value[0] <= stored <= value[1],
    "contains": lambda stored, value: value in stored,
    "icontains": lambda stored, value: value in stored,
    "startswith": lambda stored, value: stored.startswith(value),
    "istartswith": lambda stored, value: stored.startswith(value),
    "endswith": lambda stored, value: stored.endswith(value),
    "iendswith": lambda stored, value: stored.endswith(value),
}


def holds(node: Node, row: Row) -> bool:
    """Whether the resolved where-clause holds for a row of stored values by field name."""
    if isinstance(node, Group):
        parts = [holds(child, row) for child in node.children]
        return all(parts) if node.connector == "AND" else any(parts)
    return _positive(node, row) != node.negated


def _positive(condition: Condition, row: Row) -> bool:
    kind = kind_of(condition.field)
    stored = plain(kind, row[condition.field.name])
    if condition.lookup == "isnull":
        return (stored is None) == condition.value
    equal = condition.lookup in ("exact", "in")
    value = _value(kind, condition.value) if equal else _moments(condition.value)
    if isinstance(stored, tuple):  # any of them
        return any(_LOOKUPS[condition.lookup](item, value) for item in stored)
    if stored is None:
        return equal and None in _many(value)
    return _LOOKUPS[condition.lookup](stored, value)


def _many(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _value(kind: Kind, value: Any) -> Any:
    return tuple(plain(kind, item) for item in value) if isinstance(value, tuple) else plain(kind, value)


def _moments(value: Any) -> Any:
    return tuple(map(_moment, value)) if isinstance(value, tuple) else _moment(value)


def plain(kind: Kind, value: Any) -> Any:
    """A value without the spellings: nothing is None, yes is True, a day is its midnight."""
    if kind in ("string", "status") and value == "":
        return None
    if kind == "reference" and value == 0:
        return None
    if kind == "boolean" and isinstance(value, str):
        return value == "Y"
    return _moment(value)


def _moment(value: Any) -> Any:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=timezone.utc)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=timezone.utc)
    return value
