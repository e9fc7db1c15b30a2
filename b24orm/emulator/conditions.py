"""A piece of SQL with its parameters, the currency of the filter modules."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["ALWAYS", "EVERYTHING", "NOTHING", "Where", "any_of", "every", "membership"]

_MANY: Final = 500
"""Longer lists travel as one JSON parameter, so that the number of parameters stays small."""


@dataclass(frozen=True, slots=True)
class Where:
    """An SQL condition; empty text means no condition."""

    sql: str = ""
    params: tuple[Any, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.sql)

    def negated(self) -> Where:
        """The opposite, in SQL's sense: what is unknown stays unknown."""
        return Where(f"NOT ({self.sql})", self.params)


EVERYTHING: Final = Where()
"""No condition."""

NOTHING: Final = Where("1 = 2")
"""No row fits."""

ALWAYS: Final = Where("1 = 1")
"""A condition that every row meets; unlike no condition it counts among alternatives."""


def every(parts: Iterable[Where]) -> Where:
    """All of the conditions."""
    return _joined(" AND ", parts)


def any_of(parts: Iterable[Where]) -> Where:
    """At least one of the conditions."""
    return _joined(" OR ", parts)


def membership(expression: str, values: Sequence[Any], *, negative: bool = False) -> Where:
    """``expression IN (values)``, or NOT IN; the values must not be empty."""
    word = "NOT IN" if negative else "IN"
    if len(values) > _MANY:
        return Where(f"{expression} {word} (SELECT value FROM json_each(?))", (json.dumps(list(values)),))
    return Where(f"{expression} {word} ({', '.join('?' * len(values))})", tuple(values))


def _joined(glue: str, parts: Iterable[Where]) -> Where:
    present = [part for part in parts if part]
    if len(present) < 2:
        return present[0] if present else EVERYTHING
    params = tuple(value for part in present for value in part.params)
    return Where(glue.join(f"({part.sql})" for part in present), params)
