"""Conditions for crm.item.list, user.get, and user fields of the classic lists: ``CSQLWhere``.

Its habits: ``0`` and ``""`` under ``=`` find NULL as well; ``!=`` finds NULL in texts only;
``@`` and ``!@`` are for whole numbers and texts only (PHP gives up on others); dates are converted
one by one, never inside a list; a field with several values is asked for by its bare name.
"""

from __future__ import annotations

from b24orm.plan.leaf import (
    COMPARE,
    NOT_ZERO,
    OPPOSITE,
    Alternatives,
    Leaf,
    Pair,
    all_of,
    is_zero,
    referring,
)

__all__ = ["compare", "contains", "exact", "many", "null", "pattern"]


def _empty(leaf: Leaf) -> Pair:
    return (f"={leaf.name}", 0 if leaf.kind in ("integer", "reference", "number") else "")


def exact(leaf: Leaf) -> Alternatives:
    """``field = value``."""
    if leaf.multiple:
        return _one_of_several(leaf)
    if leaf.numeric and is_zero(leaf.value):
        if leaf.negated:
            raise leaf.refusal(NOT_ZERO + "use __gt and __lt")
        return leaf.between_neighbours()
    if not leaf.negated:
        return all_of((f"={leaf.name}", leaf.value))
    unequal = (f"!={leaf.name}", leaf.value)
    if leaf.textual or leaf.never_null or leaf.is_nothing(leaf.value):
        return all_of(unequal)
    return (unequal,), (_empty(leaf),)


def _one_of_several(leaf: Leaf) -> Alternatives:
    if leaf.negated:
        raise leaf.refusal("rows that have another value beside it would be found too")
    if any(map(leaf.is_nothing, leaf.values)):
        raise leaf.refusal("rows without any value can't be asked for")
    return all_of((leaf.name, leaf.values))


def many(leaf: Leaf) -> Alternatives:
    """``field in values``."""
    if leaf.multiple:
        return _one_of_several(leaf)
    return _outside(leaf) if leaf.negated else _inside(leaf)


def _inside(leaf: Leaf) -> Alternatives:
    name, values = leaf.name, leaf.values
    if leaf.dated:
        return tuple(((f"={name}", value),) for value in values)
    if leaf.kind == "any":
        return all_of((f"={name}", values))
    nothing = [value for value in values if leaf.is_nothing(value) or (leaf.numeric and is_zero(value))]
    if not nothing:
        return all_of((f"{'=' if leaf.kind == 'number' else '@'}{name}", values))
    if leaf.kind == "reference":  # a list with a 0 finds NULL as well
        return all_of((f"={name}", values))
    rest = tuple(value for value in values if value not in nothing)
    alone = leaf.between_neighbours() if leaf.numeric else all_of((f"={name}", ""))
    key = f"{'=' if leaf.kind == 'number' else '@'}{name}"
    return (((key, rest),), *alone) if rest else alone


def _outside(leaf: Leaf) -> Alternatives:
    name, values = leaf.name, leaf.values
    nothing = any(map(leaf.is_nothing, values))
    if (leaf.kind == "any" and nothing) or (leaf.numeric and any(map(is_zero, values))):
        raise leaf.refusal(NOT_ZERO + "leave 0 out")
    if leaf.dated:
        unequal: tuple[Pair, ...] = tuple((f"!={name}", value) for value in values)
    elif leaf.textual and nothing:
        rest = tuple(value for value in values if value != "")
        return all_of((f"!={name}", ""), *([(f"!@{name}", rest)] if rest else []))
    else:
        listed = "!=" if leaf.textual or leaf.kind in ("number", "any") else "!@"
        unequal = ((f"{listed}{name}", values),)
    if leaf.textual or leaf.never_null or nothing:
        return (unequal,)
    return unequal, (_empty(leaf),)


def compare(leaf: Leaf) -> Alternatives:
    """``field > value`` and the like."""
    if not leaf.negated:
        if leaf.kind == "reference":
            return (referring(leaf),)
        return all_of((f"{COMPARE[leaf.lookup]}{leaf.name}", leaf.value))
    opposite = (f"{OPPOSITE[leaf.lookup]}{leaf.name}", leaf.value)
    if leaf.never_null:
        return all_of(opposite)
    number = leaf.numeric or (leaf.kind == "any" and not leaf.dated and not isinstance(leaf.value, str))
    if number and not _satisfied_by_zero(leaf):
        raise leaf.refusal(NOT_ZERO + "use the opposite comparison")
    return (opposite,), (_empty(leaf),)


def _satisfied_by_zero(leaf: Leaf) -> bool:
    """Whether 0 passes the negated comparison, so that "empty or 0" adds nothing wrong."""
    value = leaf.value
    beyond = {"gt": value < 0, "gte": value <= 0, "lt": value > 0, "lte": value >= 0}
    return not beyond[leaf.lookup]


def contains(leaf: Leaf) -> Alternatives:
    """``value in field``."""
    if not leaf.negated:
        return all_of((f"%{leaf.name}", leaf.value))
    return ((f"!%{leaf.name}", leaf.value),), ((f"={leaf.name}", ""),)


def pattern(leaf: Leaf) -> Alternatives:
    """``startswith`` and ``endswith``."""
    if not leaf.negated:
        return all_of((f"=%{leaf.name}", leaf.pattern()))
    return ((f"!=%{leaf.name}", leaf.pattern()),), ((f"={leaf.name}", ""),)


def null(leaf: Leaf) -> Alternatives:
    """The field is empty."""
    key, value = _empty(leaf)
    return all_of((f"!{key}" if leaf.negated else key, value))
