"""A where-clause as the filters to send: one, or several whose rows are merged.

Conditions on an integer id are lifted out of the filter into bounds and sets, because the
keyset strategies need the keys ``>ID`` and ``<=ID`` for themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, Final

from b24orm.errors import Unsupported
from b24orm.plan.leaf import Alternatives, Pair
from b24orm.plan.leaves import spell
from b24orm.query.nodes import Condition, Group, Node
from b24orm.schema import Dialect, EntitySchema, ListSchema

__all__ = ["MAX_BRANCHES", "Branch", "branches", "parted"]

MAX_BRANCHES: Final = 16
"""An OR that falls apart into more commands than this is refused."""

_LONG: Final = 900
"""Values of a list above which a call does not fit into a batch: PHP reads a thousand variables of one."""

_PART: Final = 500
"""Values of a part of such a list."""

_GROUPED: Final[frozenset[Dialect]] = frozenset({"orm", "v3"})
"""Dialects that read an OR by themselves."""

_EXCLUSIVE: Final = re.compile(r"[=@]\w")
"""Keys under which two different values can't both hold."""

_NEGATED: Final = re.compile(r"!=?\w")
"""Keys under which several values may all be unwanted."""

_OPPOSITE: Final = {"gt": "lte", "gte": "lt", "lt": "gte", "lte": "gt"}


@dataclass(frozen=True)
class Branch:
    """One filter to send.

    Attributes:
        filter: keys and Python values, without what stands in the next three.
        lower: ids must be greater.
        upper: ids must not be greater.
        ids: ids must be among these, ascending.
        joins: the filter reads a one-to-many table, so pages may be short or repeat rows.
    """

    filter: dict[str, Any] = field(default_factory=dict)
    lower: int | None = None
    upper: int | None = None
    ids: tuple[int, ...] | None = None
    joins: bool = False

    @property
    def empty(self) -> bool:
        """Whether no row can match."""
        if self.ids is not None:
            return not self.ids
        return self.lower is not None and self.upper is not None and self.lower >= self.upper

    def within(self, lower: int | None, upper: int | None) -> Branch:
        """The branch with tighter bounds on the id."""
        low = lower if self.lower is None else self.lower if lower is None else max(lower, self.lower)
        high = upper if self.upper is None else self.upper if upper is None else min(upper, self.upper)
        return replace(self, lower=low, upper=high)._settled()

    def among(self, ids: Iterable[int]) -> Branch:
        """The branch with the id among these as well."""
        wanted = set(ids) if self.ids is None else set(ids) & set(self.ids)
        return replace(self, ids=tuple(sorted(wanted)))._settled()

    def _settled(self) -> Branch:
        if self.ids is None:
            return self
        kept = tuple(
            i
            for i in self.ids
            if (self.lower is None or i > self.lower) and (self.upper is None or i <= self.upper)
        )
        return replace(self, ids=kept)


def branches(schema: EntitySchema, where: Node) -> tuple[Branch, ...]:
    """The filters that together find what ``where`` asks for; none if nothing can match.

    Raises:
        Unsupported: the list method has no way to say it.
    """
    listing = schema.list
    dialect: Dialect = listing.dialect if listing is not None else "none"
    lift = (
        listing is not None
        and schema.key is not None
        and schema.key.type == "integer"
        and (dialect in ("classic", "orm", "tasks", "user", "iblock") or listing.keyset)
    )
    found = []
    for conditions in _conjunctions(where, nested=dialect in _GROUPED):
        for branch in _built(conditions, listing, schema.id_name if lift else None):
            if not branch.empty and branch not in found:
                found.append(branch)
        if len(found) > MAX_BRANCHES:
            raise Unsupported(
                f"{schema.name}: this OR would need more than {MAX_BRANCHES} separate reads; "
                "use __in, or several queries"
            )
    return tuple(found)


def parted(found: tuple[Branch, ...]) -> tuple[Branch, ...]:
    """Branches with a long list of wanted values as several with a part of it, so that batches carry them.

    A row that has one value is in one part; whoever merges the parts counts the others once.

    >>> long = Branch({"@COMPANY_ID": tuple(range(1200))})
    >>> [len(part.filter["@COMPANY_ID"]) for part in parted((long,))]
    [500, 500, 200]
    """
    parts = [part for branch in found for part in _parts(branch)]
    return tuple(parts) if len(parts) <= MAX_BRANCHES else found


def _parts(branch: Branch) -> Iterator[Branch]:
    lists = {key: tuple(value) for key, value in branch.filter.items() if isinstance(value, (list, tuple))}
    long = [key for key, values in lists.items() if len(values) > _LONG]
    if len(long) != 1 or not long[0].startswith("@") or branch.ids is not None:
        yield branch
        return
    values = lists[long[0]]
    size = min(_LONG, max(_PART, -(-len(values) // MAX_BRANCHES)))
    for start in range(0, len(values), size):
        yield replace(branch, filter={**branch.filter, long[0]: values[start : start + size]})


def _conjunctions(node: Node, *, nested: bool) -> Iterator[tuple[Node, ...]]:
    """Disjunctive normal form; with ``nested`` OR groups stay whole, for the server to read."""
    if isinstance(node, Condition):
        yield (node,)
    elif node.connector == "AND":
        parts = [list(_conjunctions(child, nested=nested)) for child in node.children]
        for choice in product(*parts):
            yield tuple(leaf for part in choice for leaf in part)
    elif nested and node.children:
        yield (node,)
    else:
        for child in node.children:
            yield from _conjunctions(child, nested=nested)


def _built(nodes: Sequence[Node], listing: ListSchema | None, id_name: str | None) -> Iterator[Branch]:
    """The branches that a conjunction becomes: one, unless a condition has several alternatives."""
    dialect: Dialect = listing.dialect if listing is not None else "none"
    operators = listing.operators if listing is not None else ()
    groups = [node for node in nodes if isinstance(node, Group)]
    branch, left = _without_ids([node for node in nodes if isinstance(node, Condition)], id_name)
    options = [spell(condition, dialect, operators) for condition in left]
    if dialect in _GROUPED:
        yield replace(branch, filter=_orm_filter(options, groups, dialect))
        return
    for choice in product(*options):
        pairs = tuple(pair for part in choice for pair in part)
        merged = _merged(pairs, negations=dialect == "classic")
        if merged is not None:
            yield replace(branch, filter=merged)


def _without_ids(
    conditions: Iterable[Condition], id_name: str | None
) -> tuple[Branch, tuple[Condition, ...]]:
    """A branch with the conditions on the id taken in, and the conditions that stay in its filter."""
    branch, left = Branch(), list[Condition]()
    for condition in conditions:
        lifted = _lifted(branch, condition) if condition.field.name == id_name else None
        branch = lifted or replace(branch, joins=branch.joins or condition.field.joins)
        left += [] if lifted else [condition]
    return branch, tuple(left)


def _lifted(branch: Branch, condition: Condition) -> Branch | None:
    """The branch with the id condition taken in, or None if it has to stay in the filter."""
    value, lookup = condition.value, condition.lookup
    if condition.negated:
        if lookup not in _OPPOSITE:
            return None
        lookup = _OPPOSITE[lookup]
    if lookup == "exact":
        return branch.among((value,))
    if lookup == "in":
        return branch.among(value)
    if lookup == "range":
        return branch.within(value[0] - 1, value[1])
    if lookup in ("gt", "gte"):
        return branch.within(value - 1 if lookup == "gte" else value, None)
    if lookup in ("lt", "lte"):
        return branch.within(None, value - 1 if lookup == "lt" else value)
    return None


def _orm_filter(options: Iterable[Alternatives], groups: Iterable[Node], dialect: Dialect) -> dict[str, Any]:
    """A nested filter: plain keys, and numbered groups where a key alone can't say it."""
    pairs: list[Pair] = []
    nested = [_orm_group(group, dialect) for group in groups]
    for alternatives in options:
        only, *others = alternatives
        if others:
            nested.append(_any_of(alternatives))
        else:
            pairs.extend(only)
    return _all_of(pairs, nested)


def _orm_group(node: Node, dialect: Dialect) -> dict[str, Any]:
    if isinstance(node, Condition):
        if node.field.multiple:  # the method looks for it at the top level only
            raise Unsupported(f"a condition on {node.field.name} can't stand in an OR")
        alternatives = spell(node, dialect)
        return _all_of(alternatives[0]) if len(alternatives) == 1 else _any_of(alternatives)
    parts = [_orm_group(child, dialect) for child in node.children]
    return {"logic": node.connector, **{str(number): part for number, part in enumerate(parts)}}


def _any_of(alternatives: Alternatives) -> dict[str, Any]:
    parts = [_all_of(pairs) for pairs in alternatives]
    return {"logic": "OR", **{str(number): part for number, part in enumerate(parts)}}


def _all_of(pairs: Iterable[Pair], groups: Iterable[dict[str, Any]] = ()) -> dict[str, Any]:
    """The pairs side by side; those that can't share a key go into groups of their own."""
    merged: dict[str, Any] = {}
    nested = list(groups)
    for key, value in pairs:
        joined = value if key not in merged else _joined(key, merged[key], value)
        if joined is None:
            if key.isidentifier():  # a field with several values, which the method knows at the top only
                raise Unsupported(f"two different conditions {key!r} can't stand in one filter: {value!r}")
            nested.append({key: value})
        else:
            merged[key] = joined
    return {**merged, **{str(number): group for number, group in enumerate(nested)}}


def _merged(pairs: Iterable[Pair], *, negations: bool) -> dict[str, Any] | None:
    """The pairs as one filter without groups; None where they contradict one another.

    Args:
        pairs: what must hold.
        negations: a list under a negated key means that none of its values is wanted, NULL kept.

    Raises:
        Unsupported: two conditions need the same key.
    """
    merged: dict[str, Any] = {}
    for key, value in pairs:
        if key not in merged:
            merged[key] = value
            continue
        joined = _joined(key, merged[key], value)
        if joined is None and negations and _NEGATED.match(key):
            joined = tuple(dict.fromkeys((*_listed(merged[key]), *_listed(value))))
        if joined is None:
            if not _EXCLUSIVE.match(key):
                raise Unsupported(f"two different conditions {key!r} can't stand in one filter: {value!r}")
            return None
        merged[key] = joined
    return merged


def _joined(key: str, one: Any, two: Any) -> Any:
    """What two values under one key come to, or None."""
    if one == two:
        return one
    if _EXCLUSIVE.match(key):
        common = tuple(value for value in _listed(one) if value in _listed(two))
        return common or None
    try:
        return max(one, two) if key.startswith(">") else min(one, two) if key.startswith("<") else None
    except TypeError:  # a date beside a datetime
        return None


def _listed(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)
