"""What related rows to fetch beside a query: names checked, paths turned into a tree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from b24orm.entity.habits import familiar
from b24orm.errors import InvalidValue, UnknownName, Unsupported, nearest
from b24orm.facts import load as load_schema
from b24orm.query.nodes import Query
from b24orm.schema import EntitySchema, FieldSchema, LinkSchema

if TYPE_CHECKING:
    from b24orm.orm.queryset import QuerySet

__all__ = ["Load", "Prefetch", "grown", "loads_of"]


class Prefetch:
    """A relation to prefetch, with a QuerySet that says which rows and fields of it.

    >>> from b24orm.models import Contact, Deal
    >>> wanted = Prefetch("contacts", Contact.objects.only("name", "last_name"))
    >>> deals = Deal.objects.prefetch_related(wanted)
    """

    @familiar
    def __init__(self, name: str, queryset: QuerySet[Any, Any, Any] | None = None) -> None:
        self.name = name
        self.queryset = queryset


@dataclass(frozen=True)
class Load:
    """One relation to fetch.

    Attributes:
        name: the attribute it fills.
        path: its place in the tree (``company__assigned_by``).
        field: the field that points to the one related row, for a to-one relation.
        link: how the many related rows are found, for a to-many relation.
        query: which related rows, and which of their fields.
        model: the class of the related rows; None for the generated one.
        children: relations of the related rows.
    """

    name: str
    path: str
    field: FieldSchema | None
    link: LinkSchema | None
    query: Query
    model: type[Any] | None = None
    children: tuple[Load, ...] = ()

    @property
    def many(self) -> bool:
        """Whether it fills the attribute with a list."""
        return self.link is not None


def loads_of(schema: EntitySchema, names: Iterable[str | Prefetch], *, to_one: bool) -> tuple[Load, ...]:
    """The relations that ``names`` ask for.

    Args:
        schema: the entity they start from.
        names: ``company``, ``company__assigned_by`` or :class:`Prefetch` objects.
        to_one: only relations to one row are allowed (``select_related``).

    Raises:
        UnknownName: there is no such relation; the message names the nearest.
        InvalidValue: no relation to one row is named; Django would fetch all.
        Unsupported: a to-many relation where only to-one is allowed.
    """
    found: tuple[Load, ...] = ()
    names = tuple(names)
    if to_one and not names:
        known = ", ".join(map(repr, schema.relations)) or "none"
        raise InvalidValue(f"select_related() names the relations to fetch; {schema.name} has {known}")
    for name in names:
        prefetch = name if isinstance(name, Prefetch) else Prefetch(name)
        if not isinstance(prefetch.name, str) or not prefetch.name:
            raise InvalidValue(f"a relation is named by a str, not {prefetch.name!r}")
        found = grown(found, (_branch(schema, prefetch.name.split("__"), "", prefetch, to_one=to_one),))
    return found


def _branch(schema: EntitySchema, parts: list[str], before: str, prefetch: Prefetch, *, to_one: bool) -> Load:
    head, *rest = parts
    field, link = schema.relations.get(head), schema.links.get(head)
    path = f"{before}__{head}" if before else head
    if field is None and link is None:
        known = [*schema.relations, *(() if to_one else schema.links)]
        hint = nearest(head, known) or (f"; it has {', '.join(known)}" if known else "")
        raise UnknownName(f"{schema.name} has no relation {head!r}{hint}")
    if link is not None and to_one:
        raise Unsupported(f"{schema.name}.{head} is many {link.entity}: use prefetch_related({path!r})")
    related = load_schema(link.entity if link is not None else _target(schema, field, head))
    own = prefetch.queryset if not rest else None
    if own is not None and own.query.schema.name != related.name:
        raise InvalidValue(f"Prefetch({path!r}) takes {related.name}.objects, not {own.query.schema.name}")
    children = (_branch(related, rest, path, prefetch, to_one=to_one),) if rest else ()
    query = own.query if own is not None else Query(related)
    if query.sliced or query.order:
        raise Unsupported(f"Prefetch({path!r}): a slice or an order can't be kept for each row apart")
    return Load(head, path, field, link, query, own.model if own is not None else None, children)


def _target(schema: EntitySchema, field: FieldSchema | None, name: str) -> str:
    if field is None or field.relation is None:
        raise UnknownName(f"{schema.name}.{name} points nowhere")
    return field.relation


def grown(one: tuple[Load, ...], two: tuple[Load, ...]) -> tuple[Load, ...]:
    """Both trees as one."""
    merged = {load.name: load for load in one}
    for load in two:
        present = merged.get(load.name)
        if present is None:
            merged[load.name] = load
            continue
        newer = load if load.query.select or load.query != Query(load.query.schema) else present
        merged[load.name] = replace(newer, children=grown(present.children, load.children))
    return tuple(merged.values())
