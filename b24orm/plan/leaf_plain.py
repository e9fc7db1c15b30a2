"""Conditions for the methods of which nothing is known but what their documentation lists.

No condition is spelled in a way that would depend on how the method reads NULL or a pattern.
"""

from __future__ import annotations

from b24orm.plan.leaf import COMPARE, Alternatives, Leaf, all_of

__all__ = ["compare", "contains", "exact", "many", "null", "pattern"]

_UNKNOWN = "how the method reads empty values is not known; "


def exact(leaf: Leaf) -> Alternatives:
    """Equal to a value, or not."""
    return all_of((f"!={leaf.name}" if leaf.negated else f"={leaf.name}", leaf.value))


def many(leaf: Leaf) -> Alternatives:
    """Equal to one of several values."""
    return all_of((f"!@{leaf.name}" if leaf.negated else f"@{leaf.name}", leaf.value))


def compare(leaf: Leaf) -> Alternatives:
    """Greater or less; a negation would have to find the empty ones."""
    if leaf.negated:
        raise leaf.refusal(f"{_UNKNOWN}use the opposite comparison")
    return all_of((f"{COMPARE[leaf.lookup]}{leaf.name}", leaf.value))


def contains(leaf: Leaf) -> Alternatives:
    """A part of a text."""
    if leaf.negated:
        raise leaf.refusal(f"{_UNKNOWN}filter the rows in Python")
    return all_of((f"%{leaf.name}", leaf.value))


def pattern(leaf: Leaf) -> Alternatives:
    """Refused: whether the method knows patterns is not known."""
    raise leaf.refusal("whether the method knows patterns is not known; use __contains")


def null(leaf: Leaf) -> Alternatives:
    """Refused: how the method reads NULL is not known."""
    raise leaf.refusal(f"{_UNKNOWN}filter the rows in Python")
