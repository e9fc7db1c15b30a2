"""Conditions for REST 3.0.

Its values are strict: of the field's own type, never null, a moment always with its zone. ``!=`` and a
negated group leave out the rows without a value, as SQL does, and nothing can put them back; so a
negation is said of fields only that always have a value.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from b24orm.plan.leaf import COMPARE, OPPOSITE, Alternatives, Leaf, all_of

__all__ = ["compare", "contains", "exact", "many", "null", "pattern"]


def _value(leaf: Leaf, value: Any) -> Any:
    if leaf.kind == "datetime":
        return _moment(leaf, value)
    return float(value) if leaf.kind == "number" else value


def _moment(leaf: Leaf, value: Any) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise leaf.refusal("REST 3.0 takes moments with their zone only: give an aware datetime")
    if value.microsecond:
        raise leaf.refusal("REST 3.0 compares whole seconds: leave the microseconds out")
    return value


def _sure(leaf: Leaf) -> None:
    """Refuses a negation that would lose the rows without a value."""
    if not leaf.never_null:
        raise leaf.refusal("REST 3.0 can't ask for the rows without a value, which belong to the answer")


def exact(leaf: Leaf) -> Alternatives:
    """Equal to a value, or not."""
    value = _value(leaf, leaf.value)
    if not leaf.negated:
        return all_of((f"={leaf.name}", value))
    _sure(leaf)
    return all_of((f"!={leaf.name}", value))


def many(leaf: Leaf) -> Alternatives:
    """Equal to one of several values, or to none of them."""
    values = tuple(_value(leaf, value) for value in leaf.values)
    if not leaf.negated:
        return all_of((f"@{leaf.name}", values))
    _sure(leaf)
    return all_of((f"!@{leaf.name}", values))


def compare(leaf: Leaf) -> Alternatives:
    """Greater or less; a negation is the opposite comparison."""
    value = _value(leaf, leaf.value)
    if not leaf.negated:
        return all_of((f"{COMPARE[leaf.lookup]}{leaf.name}", value))
    _sure(leaf)
    return all_of((f"{OPPOSITE[leaf.lookup]}{leaf.name}", value))


def contains(leaf: Leaf) -> Alternatives:
    """Refused: no operator looks for parts of texts."""
    raise leaf.refusal("REST 3.0 compares whole values only; filter the rows in Python")


def pattern(leaf: Leaf) -> Alternatives:
    """Refused as :func:`contains` is."""
    return contains(leaf)


def null(leaf: Leaf) -> Alternatives:
    """Refused: null is no value to compare with."""
    raise leaf.refusal("REST 3.0 can't ask for a missing value; filter the rows in Python")
