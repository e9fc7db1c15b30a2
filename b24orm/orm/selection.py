"""The fields that ``only()`` and ``values()`` name."""

from __future__ import annotations

from collections.abc import Sequence

from b24orm.errors import InvalidValue, UnknownName, Unsupported, nearest
from b24orm.query.names import embedded_field, find_field
from b24orm.schema import EntitySchema, FieldSchema

__all__ = ["check_names", "selected", "selected_field"]


def selected(schema: EntitySchema, names: Sequence[str]) -> tuple[FieldSchema, ...] | None:
    """The fields to fetch; None, which means all, where none are named."""
    return tuple(selected_field(schema, name) for name in names) if names else None


def selected_field(schema: EntitySchema, name: str) -> FieldSchema:
    """The field of a name, if the list method can bring it.

    Raises:
        InvalidValue: it is no name.
        UnknownName: there is no such field.
        Unsupported: the list does not bring it, or not among the fields of a row.
    """
    check_names("only() and values()", (name,))
    field = find_field(schema, name) or embedded_field(schema, name)
    if field is None:
        raise _no_field(schema, name)
    if not field.selectable:
        never = ": the list of REST 3.0 does not bring it, or not reliably"
        how = never if schema.api == "v3" else " by itself: leave only() or values() out"
        raise Unsupported(f"{schema.name}.{field.name} can't be selected{how}")
    return field


def _no_field(schema: EntitySchema, name: str) -> UnknownName | Unsupported:
    """Why a name is none of a field, and how related rows are fetched where it is one of theirs."""
    head, path, rest = name.partition("__")
    if head in schema.links:
        return Unsupported(
            f"{schema.name}.{head} are rows of their own: fetch objects with prefetch_related({head!r})"
        )
    if path and head in schema.relations:
        return Unsupported(
            f"{name!r} is not a field of {schema.name}: fetch objects with "
            f"select_related({head!r}), and read row.{head}.{rest.replace('__', '.')}"
        )
    hint = (
        f"; its id is {schema.id_name!r}" if name == "pk" and schema.id_name else nearest(name, schema.fields)
    )
    return UnknownName(f"{schema.name} has no field {name!r}{hint}")


def check_names(what: str, names: Sequence[object]) -> None:
    """Refuses fields that are not named by strings, one by one."""
    for name in names:
        if not isinstance(name, str):
            hint = "; unpack it with *" if isinstance(name, (list, tuple, set, frozenset)) else ""
            if callable(name) and not isinstance(name, type):
                hint = "; values_list() takes one function alone, as in lambda deal: (deal.id, deal.title)"
            raise InvalidValue(f"{what}: fields are named one by one, not as {name!r}{hint}")
