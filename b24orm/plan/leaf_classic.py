"""Conditions for crm.deal.list and its kin, which read them with ``CSqlUtil::PrepareWhere``.

Its habits: ``!`` finds NULL as well, except in lists under ``!@``; ``0`` under a sign with ``=``
finds NULL as well; a list under ``=`` is an OR, under ``!`` an AND; LIKE can't be negated.
"""

from __future__ import annotations

from b24orm.plan.leaf import COMPARE, LOWEST, NOT_ZERO, Alternatives, Leaf, all_of, is_zero, referring

__all__ = ["compare", "contains", "exact", "many", "null", "pattern"]

_NO_NEGATED_SEARCH = (
    "the classic list methods ignore the negation of a search; leave such rows out in Python, "
    "as in [row for row in rows if text not in (row.title or '')]"
)


def exact(leaf: Leaf) -> Alternatives:
    """``field = value``."""
    if leaf.numeric and is_zero(leaf.value):
        if leaf.negated:
            raise leaf.refusal(NOT_ZERO + "use __gt and __lt")
        return leaf.between_neighbours()
    return all_of((f"{'!=' if leaf.negated else '='}{leaf.name}", leaf.value))


def many(leaf: Leaf) -> Alternatives:
    """``field in values``."""
    if leaf.negated:
        if leaf.numeric and any(map(is_zero, leaf.values)):
            raise leaf.refusal(NOT_ZERO + "leave 0 out")
        return all_of((f"!{leaf.name}", leaf.value))
    with_nothing = not leaf.numeric and any(map(leaf.is_nothing, leaf.values))
    return all_of((f"{'=' if with_nothing else '@'}{leaf.name}", leaf.value))


def compare(leaf: Leaf) -> Alternatives:
    """``field > value`` and the like."""
    sign, value = COMPARE[leaf.lookup], leaf.value
    if leaf.kind == "reference":
        return _compare_ids(leaf)
    if is_zero(value) and sign in (">=", "<="):
        value = -leaf.step if sign == ">=" else leaf.step
        sign = sign[0]
    return all_of((f"{'!' if leaf.negated else ''}{sign}{leaf.name}", value))


def _compare_ids(leaf: Leaf) -> Alternatives:
    pairs = referring(leaf)
    return tuple(((f"!{key}", value),) for key, value in pairs) if leaf.negated else (pairs,)


def contains(leaf: Leaf) -> Alternatives:
    """``value in field``."""
    if leaf.negated:
        raise leaf.refusal(_NO_NEGATED_SEARCH)
    return all_of((f"%{leaf.name}", leaf.value))


def pattern(leaf: Leaf) -> Alternatives:
    """``startswith`` and ``endswith``; of phones, e-mails and the like the bare key is a prefix search."""
    if leaf.kind != "multifield":
        if leaf.negated:
            raise leaf.refusal(_NO_NEGATED_SEARCH)
        return all_of((f"=%{leaf.name}", leaf.pattern()))
    if leaf.negated:
        raise leaf.refusal("phones and e-mails can't be excluded by the list method")
    text = str(leaf.value)
    if "%" in text or text != text.strip():
        raise leaf.refusal("the server drops % and outer spaces from it")
    return all_of((leaf.name, text))


def null(leaf: Leaf) -> Alternatives:
    """The field is empty."""
    if leaf.numeric:
        return all_of((f"{'>' if leaf.negated else '!>'}{leaf.name}", LOWEST))
    empty = 0 if leaf.kind == "reference" else ""
    return all_of((f"{'!=' if leaf.negated else '='}{leaf.name}", empty))
