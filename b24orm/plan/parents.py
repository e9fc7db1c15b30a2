"""The parameters that a list method needs beside its filter, taken out of the conditions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from b24orm.errors import InvalidValue
from b24orm.query.names import parent_names
from b24orm.query.nodes import Condition, Group, Node, Query
from b24orm.schema import EntitySchema

__all__ = ["conjoined", "known_parents", "missing_parent", "needed_names", "with_parents"]


def needed_names(schema: EntitySchema) -> tuple[str, ...]:
    """What ``filter`` has to name before an entity can be listed.

    >>> from b24orm.facts import load
    >>> needed_names(load("Category")), needed_names(load("ProductRow"))
    (('entity_type_id',), ('owner_type', 'owner_id'))
    """
    parents = (name for name, rest in parent_names(schema).items() if rest not in schema.fixed_params)
    return (*parents, *_required_conditions(schema))


def with_parents(query: Query) -> Query:
    """Moves the parameters that the method needs out of the conditions."""
    schema = query.schema
    wanted = parent_names(schema)
    params = {rest: query.params[rest] for rest in wanted.values() if rest in query.params}
    kept: list[Node] = []
    for node in conjoined(query.where):
        if (
            isinstance(node, Condition)
            and node.field.name in wanted
            and node.lookup == "exact"
            and not node.negated
        ):
            _settle(params, schema, wanted[node.field.name], node)
        else:
            kept.append(node)
    missing = [
        name for name in needed_names(schema) if wanted.get(name) not in params and not _asks_for(kept, name)
    ]
    if missing:
        given = ", ".join(f"{name}=..." for name in missing)
        raise InvalidValue(f"{schema.name} can only be listed with filter({given})")
    return replace(query, where=Group("AND", tuple(kept)), params=params)


def known_parents(query: Query) -> dict[str, object]:
    """What a query says of the parameters beside its rows, by Python name: the task of its comments.

    >>> from b24orm.models import TaskComment
    >>> known_parents(TaskComment.objects.filter(task_id=5, author_id=1).query)
    {'task_id': 5}
    """
    names = parent_names(query.schema)
    said = {name: query.params[rest] for name, rest in names.items() if rest in query.params}
    for node in conjoined(query.where):
        if isinstance(node, Condition) and node.lookup == "exact" and not node.negated:
            said.update({node.field.name: node.value} if node.field.name in names else {})
    return said


def missing_parent(schema: EntitySchema, name: str) -> InvalidValue:
    """The error for a row that lacks what its methods take beside it."""
    kind = schema.name
    return InvalidValue(
        f"{kind} needs {name}: give it, as in {kind}({name}=...), or once with class X({kind}, {name}=...)"
    )


def conjoined(node: Node) -> Iterator[Node]:
    """What all must hold, however the filters were nested."""
    if isinstance(node, Group) and node.connector == "AND":
        for child in node.children:
            yield from conjoined(child)
    else:
        yield node


def _settle(params: dict[str, object], schema: EntitySchema, rest: str, node: Condition) -> None:
    """Takes the parameter's value in; there can be only one."""
    known = params.get(rest, schema.fixed_params.get(rest, node.value))
    if known != node.value:
        raise InvalidValue(
            f"{schema.name} can't be listed with {node}: {node.field.name} is {known!r} already"
        )
    params[rest] = node.value


def _required_conditions(schema: EntitySchema) -> list[str]:
    """Fields that must be compared for equality (``filter.=ownerId``)."""
    wanted = [
        path.removeprefix("filter.").lstrip("=")
        for path in schema.parent_params
        if path.startswith("filter.=")
    ]
    return [schema.by_wire[name].name for name in wanted]


def _asks_for(nodes: list[Node], name: str) -> bool:
    return any(
        isinstance(n, Condition) and n.field.name == name and n.lookup == "exact" and not n.negated
        for n in nodes
    )
