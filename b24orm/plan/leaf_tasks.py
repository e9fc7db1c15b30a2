"""Conditions for tasks.task.list, whose ``TaskFilterBuilder`` casts every field in its own way.

Its habits: an empty text is no condition at all; ``!`` on the title means "does not contain"; a
negated list leaves NULL out; dates are converted at the top level and outside lists only; some
fields pay no heed to a negation.
"""

from __future__ import annotations

from typing import Final

from b24orm.plan.leaf import COMPARE, OPPOSITE, Alternatives, Leaf, all_of, referring

__all__ = ["compare", "contains", "exact", "many", "null", "pattern"]

_FILLED: Final = frozenset(
    (
        "PRIORITY",
        "CREATED_BY",
        "RESPONSIBLE_ID",
        "STAGE_ID",
        "TIME_ESTIMATE",
        "REAL_STATUS",
        "STATUS",
        "CREATED_DATE",
    )
)
"""Columns beside the id that every task has a value in; 0 is a value there."""

_TEXTS: Final = frozenset(("TITLE", "GUID"))
"""Searched with LIKE; the others are compared as a whole, whatever the prefix."""

_NO_NULL: Final = frozenset(("GUID", "FORKED_BY_TEMPLATE_ID", "SPRINT_ID", "BACKLOG_ID"))
"""A negation leaves out the rows without a value."""

_UNREADABLE: Final = frozenset(("SORTING",))
"""The server asks whether there is a value, not which."""


def _checked(leaf: Leaf) -> Leaf:
    """The leaf, if the server reads its field and values as they are meant."""
    if leaf.name in _UNREADABLE:
        raise leaf.refusal("tasks.task.list only knows whether there is a value")
    for value in leaf.values:
        if leaf.kind in ("string", "status") and value in ("", "0"):
            raise leaf.refusal(f"tasks.task.list reads {value!r} as no text at all")
        if leaf.kind == "reference" and value == 0 and leaf.name not in _FILLED:
            raise leaf.refusal("tasks.task.list can't find the ones without it")
        if (
            leaf.name in _TEXTS
            and leaf.lookup in ("exact", "in")
            and any(mark in str(value) for mark in "!%_")
        ):
            raise leaf.refusal("the server puts a backslash before !, % and _; use __contains")
    return leaf


def _negatable(leaf: Leaf) -> None:
    if leaf.custom:
        raise leaf.refusal("tasks.task.list can't exclude by a user field")
    if leaf.multiple:
        raise leaf.refusal("tasks that have another one beside it would be found too")
    if leaf.name in _NO_NULL:
        raise leaf.refusal("tasks.task.list would leave out the tasks without a value")


def exact(leaf: Leaf) -> Alternatives:
    """``field = value``."""
    leaf = _checked(leaf)
    if leaf.kind == "boolean":
        return _flag(leaf)
    if not leaf.negated:
        return all_of((leaf.name if leaf.multiple else f"={leaf.name}", leaf.value))
    _negatable(leaf)
    return all_of((_unequal(leaf), leaf.value))


def _flag(leaf: Leaf) -> Alternatives:
    """Flags are asked for by their bare names; some know no negation, but all know Y and N."""
    wanted = bool(leaf.value) != leaf.negated
    if leaf.name == "NOT_VIEWED" and not wanted:
        raise leaf.refusal("tasks.task.list ignores it; it can only find what was not viewed")
    return all_of((leaf.name, wanted))


def _unequal(leaf: Leaf) -> str:
    return f"{'!=' if leaf.name in _TEXTS else '!'}{leaf.name}"


def many(leaf: Leaf) -> Alternatives:
    """``field in values``."""
    leaf = _checked(leaf)
    if not leaf.negated:
        if leaf.dated:
            return tuple(((f"={leaf.name}", value),) for value in leaf.values)
        bare = leaf.multiple or leaf.kind in ("integer", "reference")
        return all_of((leaf.name if bare else f"={leaf.name}", leaf.value))
    _negatable(leaf)
    if leaf.dated and len(leaf.values) > 1:
        raise leaf.refusal("tasks.task.list can't leave out several dates at once")
    if len(leaf.values) == 1:
        return all_of((_unequal(leaf), leaf.values[0]))
    key = _unequal(leaf)
    if leaf.name == "ID":
        return all_of((key, leaf.value))
    # one by one, for a list would leave NULL out
    return all_of(*((f"::SUBFILTER-{key}-{value}", {key: value}) for value in leaf.values))


def compare(leaf: Leaf) -> Alternatives:
    """``field > value`` and the like."""
    if leaf.name in _UNREADABLE:
        raise leaf.refusal("tasks.task.list only knows whether there is a value")
    if not leaf.negated:
        if leaf.kind == "reference":
            return (referring(leaf),)
        return all_of((f"{COMPARE[leaf.lookup]}{leaf.name}", leaf.value))
    if not (leaf.never_null or leaf.name in _FILLED) or leaf.kind == "reference":
        raise leaf.refusal("tasks.task.list can't find the empty ones; use the opposite comparison")
    return all_of((f"{OPPOSITE[leaf.lookup]}{leaf.name}", leaf.value))


def contains(leaf: Leaf) -> Alternatives:
    """``value in field``: the title's and the GUID's alone."""
    if leaf.name not in _TEXTS and not leaf.custom:
        raise leaf.refusal("tasks.task.list compares it as a whole; it searches titles only")
    if "\\" in str(leaf.value):
        raise leaf.refusal("the server reads \\ in it as an escape")
    if leaf.negated:
        _negatable(leaf)
    return all_of((f"{'!' if leaf.negated else ''}%{leaf.name}", leaf.value))


def pattern(leaf: Leaf) -> Alternatives:
    """Never: LIKE always searches within the text."""
    raise leaf.refusal("tasks.task.list searches anywhere in a text; use __contains")


def null(leaf: Leaf) -> Alternatives:
    """Never: an empty value is no condition."""
    raise leaf.refusal("tasks.task.list can't find the empty ones")
