"""What a query should find, worked out row by row from the portal's own tables.

A test of a row says what a *user* means by a lookup: a missing value fits no comparison, texts
compare without case, and the negation of a condition is everything else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from b24orm.emulator import LocalPortal

__all__ = ["Case", "among", "cmp", "ends", "has", "ids_where", "is_", "missing", "starts", "within"]

Stored: TypeAlias = dict[str, Any]
Test: TypeAlias = Callable[[Stored], bool]


@dataclass(frozen=True)
class Case:
    """Lookups and what they mean.

    Attributes:
        test: what a row has to pass.
        asked: the keywords of ``filter``.
        excludes: ``exclude`` can be asked too.
    """

    test: Test
    asked: dict[str, Any] = field(default_factory=dict)
    excludes: bool = True

    def __str__(self) -> str:
        return ",".join(f"{name}={value!r}" for name, value in self.asked.items())


def ids_where(portal: LocalPortal, table: str, test: Test) -> list[int]:
    """Ids of the stored rows that pass the test, ascending."""
    return [row["ID"] for row in portal.store.rows(table) if test(row)]


def _folded(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def is_(column: str, value: Any) -> Test:
    """The column equals the value."""
    return lambda row: row[column] is not None and _folded(row[column]) == _folded(value)


def among(column: str, values: Iterable[Any]) -> Test:
    """The column equals one of the values."""
    wanted = {_folded(value) for value in values}
    return lambda row: row[column] is not None and _folded(row[column]) in wanted


def cmp(column: str, compare: Callable[[Any, Any], bool], value: Any) -> Test:
    """The column is there and compares so with the value."""
    return lambda row: row[column] is not None and compare(row[column], value)


def within(column: str, low: Any, high: Any) -> Test:
    """The column lies between the bounds, both included."""
    return lambda row: row[column] is not None and low <= row[column] <= high


def has(column: str, part: str) -> Test:
    """The text holds the part."""
    return lambda row: _folded(part) in _folded(row[column] or "")


def starts(column: str, part: str) -> Test:
    """The text begins with the part."""
    return lambda row: _folded(row[column] or "").startswith(_folded(part))


def ends(column: str, part: str) -> Test:
    """The text ends with the part."""
    return lambda row: _folded(row[column] or "").endswith(_folded(part))


def missing(column: str, *nothing: Any) -> Test:
    """The column is NULL, or one of the values that mean nothing."""
    return lambda row: row[column] is None or row[column] in nothing
