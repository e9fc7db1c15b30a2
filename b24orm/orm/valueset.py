"""Rows as dicts or tuples: what ``values()`` and ``values_list()`` make of a QuerySet."""

from __future__ import annotations

from typing import Any

from typing_extensions import Self, TypeVar

from b24orm.orm.asked import F, O
from b24orm.orm.rowset import Rows
from b24orm.query.nodes import Q
from b24orm.schema import FieldSchema

__all__ = ["ValuesSet"]

R = TypeVar("R")


class ValuesSet(Rows[R, F, O]):
    """Rows as dicts or tuples instead of objects."""

    def filter(self, *conditions: Q, **lookups: Any) -> Self:
        """The rows for which all conditions hold."""
        return self._where(conditions, lookups)

    def exclude(self, *conditions: Q, **lookups: Any) -> Self:
        """The rows for which not all conditions hold."""
        return self._where(conditions, lookups, negated=True)

    def _keys_for(self, entity: str, field: FieldSchema) -> list[Any]:
        """What ``__in`` compares a field with: the values, also if each stands in a dict or tuple."""
        self._readable_now(f"{entity}.{field.name}__in")
        return [_only(row) for row in self._fetched()]


def _only(row: Any) -> Any:
    """The one value of a row; a row of several stays what it is, and is refused later."""
    if not isinstance(row, (dict, tuple)):
        return row
    known: Any = row
    values: list[Any] = list(known.values() if isinstance(row, dict) else known)
    return values[0] if len(values) == 1 else known
