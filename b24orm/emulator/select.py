"""What a list puts into its rows: columns, their order, and how values look on the wire.

The database does the rendering, so that a page costs one query and no Python per value.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from b24orm.emulator.tables import Column
from b24orm.emulator.values import ZONE_OFFSET

__all__ = ["Selection", "as_text", "classic_expression", "day", "decode_list", "moment", "rows_of"]

MIDNIGHT: Final = f"T{ZONE_OFFSET[1:]}:00{ZONE_OFFSET}"
"""The time a date-only value carries: midnight UTC as the server's zone has it."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The columns of a page.

    Attributes:
        names: keys of a row, in order.
        expressions: the SQL of each.
        decoders: what is left to do in Python, by key.
    """

    names: tuple[str, ...]
    expressions: tuple[str, ...]
    decoders: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict[str, Callable[[Any], Any]])

    @property
    def sql(self) -> str:
        """The part between SELECT and FROM."""
        return ", ".join(self.expressions)


def rows_of(selection: Selection, fetched: Sequence[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """Fetched tuples as rows."""
    names = selection.names
    rows = [dict(zip(names, row, strict=True)) for row in fetched]
    for name, decode in selection.decoders.items():
        for row in rows:
            row[name] = decode(row[name])
    return rows


def classic_expression(column: Column, expression: str) -> str:
    """A value as the classic CRM methods answer it: a string, null, or ``""`` for an absent date."""
    if column.user and column.kind == "double":
        return f"CASE WHEN {expression} IS NULL THEN NULL ELSE printf('%.15g', {expression}) END"
    return _CLASSIC[column.kind](expression)


def as_text(expression: str) -> str:
    """A number as a string; null stays null."""
    return f"CAST({expression} AS TEXT)"


def moment(expression: str) -> str:
    """A time with the server's offset; null stays null."""
    return f"{expression} || '{ZONE_OFFSET}'"


def day(expression: str) -> str:
    """A date with the server's midnight; null stays null."""
    return f"{expression} || '{MIDNIGHT}'"


def decode_list(value: str | None) -> Any:
    """A multiple field: PHP says false where there is nothing."""
    return (json.loads(value) if value else None) or False


def _money(expression: str) -> str:
    return f"CASE WHEN {expression} IS NULL THEN NULL ELSE printf('%.2f', {expression}) END"


_CLASSIC: Final[Mapping[str, Callable[[str], str]]] = {
    "int": as_text,
    "double": _money,
    "string": lambda expression: expression,
    "char": lambda expression: expression,
    "date": lambda expression: f"IFNULL({day(expression)}, '')",
    "datetime": lambda expression: f"IFNULL({moment(expression)}, '')",
    "json": lambda expression: expression,
}
