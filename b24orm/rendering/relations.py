"""The names that ``select_related`` and ``prefetch_related`` take, and what ``values_list`` gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeAlias

from b24orm.rendering.annotations import annotation
from b24orm.rendering.layout import WIDTH, Group, Node, literal, text, unit
from b24orm.schema import EntitySchema, FieldSchema

__all__ = ["QUERYSET", "Related", "flat_lists", "python_type", "relation_methods", "relation_paths"]

Related: TypeAlias = "Callable[[str], EntitySchema | None]"
"""The facts about an entity by its name."""

_DEPTH: Final = 2
"""Steps of a path that is typed; longer ones go into a ``Prefetch``."""

_PYTHON: Final[Mapping[str, str]] = {
    "Id": "int",
    "StringId": "str",
    "Integer": "int | None",
    "Reference": "int | None",
    "Number": "Decimal | None",
    "Text": "str | None",
    "Status": "str | None",
    "Boolean": "bool | None",
    "Date": "dt.date | None",
    "DateTime": "dt.datetime | None",
}
"""What a field's value is in Python, by the name of its type; others are Any."""


QUERYSET: Final[Mapping[str, str]] = {
    "filter": "The rows for which all conditions hold: ``name=value``, ``name__lookup=value``, ``Q``.",
    "exclude": "The rows for which not all conditions hold.",
    "get": "The one row for which all conditions hold; raises DoesNotExist or MultipleObjects.",
    "select_related": "The rows with the one row that each named relation points to, fetched in batches.",
    "prefetch_related": "The rows with all rows of the named relations, fetched in batches.",
    "values_list": "The rows as tuples of fields, as a NamedTuple, or with ``flat`` as single values.",
    "create": "A new row with these values, saved.",
    "get_or_create": "The one row with these values, or a new one; and whether it is new.",
    "update_or_create": "Changes the one row with these values to the defaults, or makes a new row of both.",
    "update": "Changes all of these rows, in batches; how many there were.",
    "explain_update": "How ``update`` with these values would be sent; nothing is.",
}
"""What the typed methods of a QuerySet do; their awaited twins do the same."""


def relation_paths(schema: EntitySchema, related: Related, *, to_one: bool) -> tuple[str, ...]:
    """The relations of an entity, and those of what they lead to: ``company``, ``company__lead``.

    Args:
        schema: the entity.
        related: where the facts about others are.
        to_one: only relations to one row, as ``select_related`` takes them.
    """
    return tuple(_paths(schema, related, _DEPTH, to_one=to_one))


def _paths(schema: EntitySchema, related: Related, depth: int, *, to_one: bool) -> Iterable[str]:
    targets = {name: field.relation or "" for name, field in schema.relations.items()}
    if not to_one:
        targets |= {name: link.entity for name, link in schema.links.items()}
    yield from targets
    if depth == 1:
        return
    for name, target in targets.items():
        other = related(target)
        if other is not None:
            yield from (f"{name}__{path}" for path in _paths(other, related, depth - 1, to_one=to_one))


def relation_methods(schema: EntitySchema) -> list[str]:
    """The typed methods that name relations; none where there are none to name."""
    lines: list[str] = []
    if schema.relations:
        lines += ["", f"        def select_related(self, *names: {schema.name}Relation) -> Self:"]
        lines += [f'            """{QUERYSET["select_related"]}"""', "            ..."]
    if schema.relations or schema.links:
        words = ("self", f"*names: {schema.name}Prefetch | Prefetch")
        node = Group("def prefetch_related(", tuple(("", word) for word in words), ") -> Self:")
        lines += ["", f"        {text(node, indent=8)}"]
        lines += [f'            """{QUERYSET["prefetch_related"]}"""', "            ..."]
    return lines


def python_type(schema: EntitySchema, field: FieldSchema) -> str:
    """What a field's value is in Python; Any where that depends on the portal.

    >>> from b24orm.facts import load
    >>> deal = load("Deal")
    >>> python_type(deal, deal.fields["opportunity"])
    'Decimal | None'
    """
    return _PYTHON.get(annotation(schema, field), "Any")


def flat_lists(schema: EntitySchema, inner: Iterable[str] = ()) -> list[str]:
    """``values_list``: tuples of fields, rows of a class, or with ``flat`` the values of one field.

    Args:
        schema: the entity.
        inner: names of what is inside its fields.
    """
    name = schema.name
    groups: dict[str, list[str]] = {}
    for field in schema.fields.values():
        if field.selectable:
            groups.setdefault(python_type(schema, field), []).append(field.name)
    for further in inner:
        groups.setdefault("Any", []).append(further)
    lines = [
        "",
        *_overload(("*fields: " + name + "Field", "flat: Literal[False] = ..."), "tuple[Any, ...]", name),
    ]
    lines += _overload(("row: type[NamedRow]", "/"), "NamedRow", name)
    lines += _overload((f"pick: Callable[[{name}], Picked]", "/"), "Picked", name)
    for kind, fields in groups.items():
        which = Group("field: Literal[", tuple(("", literal(field)) for field in fields), "]")
        lines += _overload((which, "/", "*", "flat: Literal[True]"), kind, name)
    last = "        def values_list(self, *fields: Any, flat: bool = False) -> Any:"
    return [*lines, last, f'            """{QUERYSET["values_list"]}"""', "            ..."]


def _overload(parameters: tuple[Node, ...], result: str, name: str) -> list[str]:
    """One overload, broken into lines as the formatter breaks it."""
    types = f"{result}, {name}Field, {name}Order"
    inner = ", ".join(["self", *map(unit, parameters)])
    whole = f"        def values_list({inner}) -> ValuesSet[{types}]: ..."
    if len(whole) <= WIDTH:
        return ["        @overload", whole]
    if len(inner) + 12 <= WIDTH:
        head = ["        def values_list(", f"            {inner}"]
    else:
        items: tuple[tuple[str, Node], ...] = (("", "self"), *(("", parameter) for parameter in parameters))
        head = f"        {text(Group('def values_list(', items, ')'), indent=8, after=99)}".split("\n")[:-1]
    tail = f"        ) -> ValuesSet[{types}]: ..."
    broken = ["        ) -> ValuesSet[", f"            {types}", "        ]: ..."]
    return ["        @overload", *head, *([tail] if len(tail) <= WIDTH else broken)]
