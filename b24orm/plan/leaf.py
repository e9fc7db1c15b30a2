"""What the filter dialects share: one condition about to be spelled, and the shape of the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, TypeAlias

from b24orm.errors import Unsupported
from b24orm.query.lookups import Kind
from b24orm.query.nodes import Condition

__all__ = [
    "COMPARE",
    "LOWEST",
    "NOT_ZERO",
    "OPPOSITE",
    "Alternatives",
    "Leaf",
    "Pair",
    "all_of",
    "is_zero",
    "referring",
]

Pair: TypeAlias = tuple[str, Any]
Alternatives: TypeAlias = tuple[tuple[Pair, ...], ...]

COMPARE: Final[Mapping[str, str]] = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
OPPOSITE: Final[Mapping[str, str]] = {"gt": "<=", "gte": "<", "lt": ">=", "lte": ">"}

LOWEST: Final = -(2**53)
"""Below every stored number: ``> lowest`` is how a classic list says "not NULL"."""

NOT_ZERO: Final = "the server can't tell 0 from an empty value here; "

_TINY: Final = Decimal("0.000001")
"""Less than any stored money or number can differ from 0 (they keep at most four decimals)."""


def is_zero(value: Any) -> bool:
    """Whether the value is the number 0."""
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool) and value == 0


def all_of(*pairs: Pair) -> Alternatives:
    """One alternative: all of the pairs hold."""
    return (tuple(pairs),)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A condition with the name and the kind that its field has for the method.

    Attributes:
        condition: what is asked.
        name: the field's spelling in filters.
        kind: what the field is to a filter.
    """

    condition: Condition
    name: str
    kind: Kind

    @property
    def value(self) -> Any:
        """The value, checked and normalised."""
        return self.condition.value

    @property
    def values(self) -> tuple[Any, ...]:
        """The values, of a lookup that takes one or several."""
        return self.value if isinstance(self.value, tuple) else (self.value,)

    @property
    def lookup(self) -> str:
        """Django's name of the comparison."""
        return self.condition.lookup

    @property
    def negated(self) -> bool:
        """Whether the rows are wanted for which it does not hold."""
        return self.condition.negated

    @property
    def custom(self) -> bool:
        """Whether it is a user field, whose type is not known."""
        return self.condition.field.type == "any" or self.name.startswith("UF_")

    @property
    def multiple(self) -> bool:
        """Whether a row has several values of the field."""
        return self.condition.field.multiple

    @property
    def numeric(self) -> bool:
        """Whether 0 is a value like any other, and NULL something else."""
        return self.kind in ("integer", "number")

    @property
    def textual(self) -> bool:
        """Whether the column holds texts."""
        return self.kind in ("string", "status", "boolean")

    @property
    def dated(self) -> bool:
        """Whether dates are compared."""
        return any(isinstance(value, date) for value in self.values)

    @property
    def never_null(self) -> bool:
        """Whether every row has a value."""
        return not self.condition.field.nullable

    @property
    def step(self) -> int | Decimal:
        """What two different values differ by at least."""
        return 1 if self.kind in ("integer", "reference") else _TINY

    def is_nothing(self, value: Any) -> bool:
        """Whether the value is one of PHP's spellings of nothing for the field.

        A user field's type is not known: what may mean nothing is taken for nothing.
        """
        if self.kind == "any":
            return value in (0, "", "0")
        return value == "" or (self.kind == "reference" and is_zero(value))

    def between_neighbours(self) -> Alternatives:
        """Equal to 0, where ``= 0`` would find NULL as well."""
        return all_of((f">{self.name}", -self.step), (f"<{self.name}", self.step))

    def pattern(self) -> str:
        """The LIKE pattern of ``startswith`` and ``endswith``.

        Raises:
            Unsupported: the text holds what LIKE reads as something else.
        """
        text = str(self.value)
        if any(mark in text for mark in "%_\\"):
            raise self.refusal("the server reads %, _ and \\ in it as wildcards; use __contains")
        return f"{text}%" if self.lookup.endswith("startswith") else f"%{text}"

    def refusal(self, why: str) -> Unsupported:
        """The error that says why the dialect can't do it."""
        shown = f"{self.condition.field.name}__{self.lookup}"
        verb = "exclude" if self.negated else "filter"
        return Unsupported(f"{verb}({shown}={self.value!r}): {why}")


def referring(leaf: Leaf) -> tuple[Pair, ...]:
    """A comparison of ids, without the rows whose 0 means that they refer to nothing."""
    name, value = leaf.name, leaf.value
    if leaf.lookup in ("gt", "gte"):
        inside = value > 0 if leaf.lookup == "gte" else value >= 0
        return ((f"{COMPARE[leaf.lookup]}{name}", value),) if inside else ((f">{name}", 0),)
    return (f">{name}", 0), (f"{COMPARE[leaf.lookup]}{name}", value)
