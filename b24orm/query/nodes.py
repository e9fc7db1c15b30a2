"""Frozen values that say WHAT is asked; nothing here knows how it will be fetched.

A where-clause is a tree of :class:`Condition` leaves and :class:`Group` nodes in negation
normal form: ``~`` is pushed down to the leaves when a :class:`Q` is resolved, so that no
later stage has to think about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

from b24orm.errors import InvalidValue
from b24orm.schema import EntitySchema, FieldSchema

__all__ = [
    "EVERYTHING",
    "NOTHING",
    "Condition",
    "Connector",
    "Group",
    "Node",
    "Order",
    "Q",
    "Query",
    "conditions_in",
    "joined",
]

Connector = Literal["AND", "OR"]

_SHOWN: Final = 20
"""Values of a list that are shown; of a longer one the first."""


@dataclass(frozen=True, slots=True)
class Condition:
    """``field lookup value``, with the value already checked and normalised."""

    field: FieldSchema
    lookup: str
    value: Any
    negated: bool = False

    def __str__(self) -> str:
        name = self.field.name if self.lookup == "exact" else f"{self.field.name}__{self.lookup}"
        return f"{'~' if self.negated else ''}{name}={_brief(self.value)}"


def _brief(value: Any) -> str:
    """A value as a message shows it: of a long list its beginning."""
    values: tuple[Any, ...] = value if isinstance(value, tuple) else ()
    if len(values) <= _SHOWN:
        return repr(value)
    return f"({', '.join(map(repr, values[:3]))}, ... {len(values):,} values)"


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions joined by AND or OR. An empty AND is everything, an empty OR is nothing."""

    connector: Connector
    children: tuple[Node, ...] = ()

    def __str__(self) -> str:
        if not self.children:
            return "everything" if self.connector == "AND" else "nothing"
        sign = " & " if self.connector == "AND" else " | "
        return "(" + sign.join(str(child) for child in self.children) + ")"


Node: TypeAlias = "Condition | Group"

EVERYTHING = Group("AND")
NOTHING = Group("OR")


def joined(connector: Connector, children: Iterable[Node]) -> Node:
    """The children under one connector, with everything and nothing worked out.

    >>> joined("OR", [NOTHING, EVERYTHING]) == EVERYTHING
    True
    """
    neutral, final = (EVERYTHING, NOTHING) if connector == "AND" else (NOTHING, EVERYTHING)
    kept = [part for child in children for part in _parts(connector, child) if part != neutral]
    if final in kept:
        return final
    return kept[0] if len(kept) == 1 else Group(connector, tuple(kept))


def _parts(connector: Connector, node: Node) -> tuple[Node, ...]:
    """The children of a group of the same kind, so that groups don't nest for nothing."""
    return node.children if isinstance(node, Group) and node.connector == connector else (node,)


def conditions_in(node: Node) -> Iterator[Condition]:
    """Every condition of a node, however deep."""
    if isinstance(node, Condition):
        yield node
        return
    for child in node.children:
        yield from conditions_in(child)


@dataclass(frozen=True, slots=True)
class Order:
    """One key of the sort order."""

    field: FieldSchema
    descending: bool = False

    def __str__(self) -> str:
        return f"-{self.field.name}" if self.descending else self.field.name

    def reversed(self) -> Order:
        """The same key the other way round."""
        return replace(self, descending=not self.descending)


@dataclass(frozen=True)
class Query:
    """Everything a QuerySet has been told.

    Attributes:
        schema: the entity asked for.
        where: the conditions.
        order: the sort keys; empty means by id.
        select: the fields to fetch; None means all of them.
        start: rows to skip.
        stop: the row to stop before; None means to the end.
        params: the parameters that the list method needs beside its filter (``entityTypeId``).
    """

    schema: EntitySchema
    where: Node = EVERYTHING
    order: tuple[Order, ...] = ()
    select: tuple[FieldSchema, ...] | None = None
    start: int = 0
    stop: int | None = None
    params: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))

    def __str__(self) -> str:
        """What is asked for, in one line: ``where stage_id='WON', order by -id, only id, title, [:5]``."""
        parts = [f"where {self.where}"]
        if self.order:
            parts.append(f"order by {', '.join(map(str, self.order))}")
        if self.select is not None:
            parts.append(f"only {', '.join(each.name for each in self.select)}")
        if self.sliced:
            parts.append(f"[{self.start or ''}:{'' if self.stop is None else self.stop}]")
        return ", ".join(parts)

    def __repr__(self) -> str:
        return f"<Query {self.schema.name}: {self}>"

    @property
    def limit(self) -> int | None:
        """How many rows at the most; None for all."""
        return None if self.stop is None else self.stop - self.start

    @property
    def sliced(self) -> bool:
        """Whether only a part of the rows is wanted."""
        return self.start > 0 or self.stop is not None

    @property
    def whole(self) -> Query:
        """The same rows, all of them, in the order of their ids."""
        return replace(self, order=(), start=0, stop=None)

    def narrowed(self, node: Node) -> Query:
        """The same query with one more condition."""
        return replace(self, where=joined("AND", (self.where, node)))

    def sliced_to(self, start: int, stop: int | None) -> Query:
        """A slice of the slice, as Python's nested slices behave."""
        first = self.start + start
        last = None if stop is None else self.start + stop
        if self.stop is not None:
            first = min(first, self.stop)
            last = self.stop if last is None else min(last, self.stop)
        return replace(self, start=first, stop=None if last is None else max(first, last))


class Q:
    """Conditions to combine with ``&``, ``|`` and ``~``, as Django's.

    >>> Q(stage="WON") | ~Q(opportunity__gte=100)
    (Q(stage='WON') | ~Q(opportunity__gte=100))

    Names and values are checked when the object meets a model, in ``filter``.
    """

    __slots__ = ("children", "connector", "negated")

    children: tuple[Q | tuple[str, Any], ...]
    connector: Connector
    negated: bool

    def __init__(self, *conditions: Q, **lookups: Any) -> None:
        self.children = (*conditions, *lookups.items())
        self.connector = "AND"
        self.negated = False

    @staticmethod
    def _made(children: tuple[Q | tuple[str, Any], ...], connector: Connector, *, negated: bool = False) -> Q:
        made = Q()
        made.children, made.connector, made.negated = children, connector, negated
        return made

    def _joined(self, other: Q, connector: Connector) -> Q:
        if not isinstance(other, Q):
            raise InvalidValue(f"a Q object is combined with another Q object, not with {other!r}")
        if not self.children:
            return other
        if not other.children:
            return self
        return Q._made((self, other), connector)

    def __and__(self, other: Q) -> Q:
        return self._joined(other, "AND")

    def __or__(self, other: Q) -> Q:
        return self._joined(other, "OR")

    def __invert__(self) -> Q:
        return Q._made(self.children, self.connector, negated=not self.negated)

    def __bool__(self) -> bool:
        return bool(self.children)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Q):
            return NotImplemented
        return (self.children, self.connector, self.negated) == (
            other.children,
            other.connector,
            other.negated,
        )

    def __repr__(self) -> str:
        if all(isinstance(child, tuple) for child in self.children):
            inside = ", ".join(f"{c[0]}={c[1]!r}" for c in self.children if isinstance(c, tuple))
            text = f"Q({inside})"
        else:
            sign = " & " if self.connector == "AND" else " | "
            text = "(" + sign.join(_shown(child) for child in self.children) + ")"
        return f"~{text}" if self.negated else text


def _shown(child: Q | tuple[str, Any]) -> str:
    return f"Q({child[0]}={child[1]!r})" if isinstance(child, tuple) else repr(child)
