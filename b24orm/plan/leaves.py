"""One condition as the server's filter dialects spell it, without their misreadings.

A leaf becomes alternatives (OR) of conditions (AND): ``((("!@F", ids),), (("=F", 0),))`` is
"not in ids, or empty". Where a dialect would read a condition as something else (0 as NULL, a
negated LIKE as a plain one ...), it is spelled so that it means what was asked, or refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol, TypeAlias

from b24orm.plan import leaf_classic as classic
from b24orm.plan import leaf_orm as orm
from b24orm.plan import leaf_plain as plain
from b24orm.plan import leaf_tasks as tasks
from b24orm.plan import leaf_v3 as v3
from b24orm.plan.leaf import COMPARE, Alternatives, Leaf, Pair, all_of
from b24orm.query.lookups import Kind, kind_of
from b24orm.query.nodes import Condition
from b24orm.schema import Dialect

__all__ = ["spell"]

_Rule: TypeAlias = Callable[[Leaf], Alternatives]


def _equal(leaf: Leaf) -> Alternatives:
    if leaf.negated:
        raise leaf.refusal("the method knows equality only")
    if leaf.value == "":
        raise leaf.refusal("the method takes an empty value for no condition")
    return all_of((leaf.name, leaf.value))


class _Rules(Protocol):
    """How the conditions of a dialect are spelled: a module that has these functions."""

    def exact(self, leaf: Leaf, /) -> Alternatives: ...
    def many(self, leaf: Leaf, /) -> Alternatives: ...
    def compare(self, leaf: Leaf, /) -> Alternatives: ...
    def contains(self, leaf: Leaf, /) -> Alternatives: ...
    def pattern(self, leaf: Leaf, /) -> Alternatives: ...
    def null(self, leaf: Leaf, /) -> Alternatives: ...


def _table(rules: _Rules) -> dict[str, _Rule]:
    return {
        "exact": rules.exact,
        "in": rules.many,
        **dict.fromkeys(COMPARE, rules.compare),
        "contains": rules.contains,
        "icontains": rules.contains,
        **dict.fromkeys(("startswith", "istartswith", "endswith", "iendswith"), rules.pattern),
        "isnull": rules.null,
    }


_ORM: Final = _table(orm)
_PLAIN: Final = _table(plain)
_IBLOCK: Final = {**_PLAIN, **{lookup: _ORM[lookup] for lookup in ("exact", "in", "contains", "icontains")}}
_RULES: Final[Mapping[Dialect, Mapping[str, _Rule]]] = {
    "classic": _table(classic),
    "orm": _ORM,
    "user": _ORM,
    "iblock": _IBLOCK,
    "tasks": _table(tasks),
    "plain": _PLAIN,
    "v3": _table(v3),
    "equality": {"exact": _equal},
    "flat": {"exact": _equal},
}


def spell(condition: Condition, dialect: Dialect, operators: Sequence[str] = ()) -> Alternatives:
    """The condition in the dialect's own keys.

    Args:
        condition: what is asked.
        dialect: how the method reads its filter.
        operators: the prefixes that the method honours; empty: all of the dialect's.

    Raises:
        Unsupported: the dialect has no way to say it.

    >>> from b24orm.schema import FieldSchema
    >>> stage = FieldSchema(name="stage_id", wire="STAGE_ID", type="crm_status")
    >>> spell(Condition(stage, "exact", "WON"), "classic")
    ((('=STAGE_ID', 'WON'),),)
    """
    if condition.lookup == "range":
        return _range(condition, dialect, operators)
    leaf = _leaf(condition)
    # user fields go through CSQLWhere in the classic lists too
    rule = _RULES["orm" if leaf.custom and dialect == "classic" else dialect].get(condition.lookup)
    if rule is None:
        raise leaf.refusal("the method knows equality only")
    spelled = rule(leaf)
    if dialect == "v3":  # its operators are no prefixes
        return spelled
    free = leaf.custom and dialect != "plain"
    return spelled if free or not operators else _honoured(leaf, spelled, frozenset(operators))


_SPELLED: Final = frozenset({"money", "address", "binding"})
"""Kinds that the server keeps, and compares, as texts."""


def _leaf(condition: Condition) -> Leaf:
    field = condition.field
    kind = kind_of(field)
    leaf = Leaf(condition, field.query_name, "string" if kind in _SPELLED else kind)
    if not leaf.custom:
        return leaf
    known = replace(condition, value=_custom_value(condition.value))
    return Leaf(known, field.query_name, _custom_kind(known) if field.type == "any" else leaf.kind)


def _custom_kind(condition: Condition) -> Kind:
    """What the value tells of a user field: words are looked for in texts only."""
    value = condition.value
    values = value if isinstance(value, tuple) else (value,)
    words = all(isinstance(v, str) and v[:1].isalpha() for v in values)
    return "string" if words else "any"


def _custom_value(value: Any) -> Any:
    """Flags among the user fields are kept as 1 and 0; every word would be 0 to them."""
    if isinstance(value, tuple):
        return tuple(map(_custom_value, value))
    return int(value) if isinstance(value, bool) else value


def _honoured(leaf: Leaf, spelled: Alternatives, operators: frozenset[str]) -> Alternatives:
    """The pairs with only those prefixes that the method knows."""
    return tuple(tuple(_known(leaf, pair, operators) for pair in pairs) for pairs in spelled)


def _known(leaf: Leaf, pair: Pair, operators: frozenset[str]) -> Pair:
    if pair[0].startswith("::"):  # a group, whose keys were made for the method
        return pair
    prefix = pair[0].removesuffix(leaf.name)
    if prefix in ("@", "=") and prefix not in operators:  # the bare key means the same
        return leaf.name, pair[1]
    if prefix == "!=" and prefix not in operators and "!" in operators:
        return f"!{leaf.name}", pair[1]
    negated_compare = prefix[:1] == "!" and prefix[1:] in COMPARE.values() and "@" in operators
    if prefix in operators or prefix == "" or negated_compare:
        return pair
    raise leaf.refusal(f"the method knows no {prefix!r}")


def _range(condition: Condition, dialect: Dialect, operators: Sequence[str]) -> Alternatives:
    low, high = condition.value
    bounds = [
        spell(Condition(condition.field, lookup, value, condition.negated), dialect, operators)
        for lookup, value in (("gte", low), ("lte", high))
    ]
    if condition.negated:
        return (*bounds[0], *bounds[1])
    return ((*bounds[0][0], *bounds[1][0]),)
