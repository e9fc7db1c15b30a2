"""Finds the field that a name stands for: in ``filter``, ``order_by``, ``only`` or a write.

Python's spelling (``stage_id``), the relation's (``stage``) and REST's own (``STAGE_ID``) are all understood;
anything else is refused with the nearest name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from b24orm.errors import UnknownName, Unsupported, nearest
from b24orm.query.lookups import LOOKUPS
from b24orm.schema import EntitySchema, FieldSchema, ListSchema

__all__ = ["embedded_field", "find_field", "list_method", "need_field", "parent_names", "user_field"]


def user_field(schema: EntitySchema, name: str) -> FieldSchema | None:
    """The schema of a field that only a portal has by its name, if the entity can have one so named.

    Its type is not known offline, so every lookup is open and the value goes as it is.
    """
    wire = schema.custom_wire(name)
    if wire is None:
        return None
    return FieldSchema(name=wire, wire=wire, type="any")


def find_field(schema: EntitySchema, name: str) -> FieldSchema | None:
    """The field that a name stands for: attribute, relation, REST spelling or UF_ field."""
    return (
        schema.fields.get(name)
        or schema.relations.get(name)
        or schema.by_wire.get(name)
        or user_field(schema, name)
    )


def embedded_field(schema: EntitySchema, name: str) -> FieldSchema | None:
    """A field of an object that REST 3.0 answers inside the row: ``creator__name`` is ``creator.name``.

    Where the fields of that object are not known, the server refuses those that it has not.

    Raises:
        UnknownName: the object has no such field.

    >>> from b24orm.facts import load
    >>> embedded_field(load("TaskV3"), "creator__external_auth_id").select
    'creator.externalAuthId'
    """
    head, mark, rest = name.partition("__")
    field = schema.fields.get(head) if mark and rest and schema.api == "v3" else None
    if field is None or not (field.type == "object" or (field.type == "array" and field.multiple)):
        return None
    path = ".".join(_camel(part) for part in rest.split("__"))
    if field.inner and path.partition(".")[0] not in field.inner:
        raise UnknownName(f"{schema.name}.{head} has no field {rest!r}{nearest(path, field.inner)}")
    return replace(field, select=f"{field.wire}.{path}")


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def parent_names(schema: EntitySchema) -> Mapping[str, str]:
    """Python names of the parameters that listing needs beside its filter -> REST names.

    >>> from b24orm.facts import load
    >>> dict(parent_names(load("Category")))
    {'entity_type_id': 'entityTypeId'}
    """
    given = [path for path in schema.parent_params if not path.startswith("filter.=")]
    return {schema.parent_names.get(path) or _snake(path.removeprefix("filter.")): path for path in given}


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def need_field(schema: EntitySchema, name: str, used: str) -> FieldSchema:
    """The field that a name stands for.

    Args:
        schema: the entity.
        name: the name.
        used: what the field is wanted for (``filter by``), for the message.

    Raises:
        UnknownName: there is no such field; the message says what may have been meant.
    """
    found = find_field(schema, name)
    if found is None:
        raise UnknownName(f"{schema.name} has no field {name!r} to {used}{_meant(schema, name)}")
    return found


def _meant(schema: EntitySchema, name: str) -> str:
    """What somebody may have meant who wrote the name."""
    if name == "pk" and schema.id_name:
        return f"; its id is {schema.id_name!r}"
    bare, _, way = name.rpartition(" ")
    if way.lower() in ("asc", "desc") and find_field(schema, bare) is not None:
        return f"; did you mean '{'-' if way.lower() == 'desc' else ''}{bare}'?"
    if name == "?":
        return "; no method shuffles: use random.sample() in Python"
    for lookup in LOOKUPS:
        field = name.removesuffix(f"_{lookup}")
        if field != name and find_field(schema, field) is not None:
            return f"; did you mean '{field}__{lookup}'?"
    return nearest(name, _all_names(schema))


def _all_names(schema: EntitySchema) -> list[str]:
    return [*schema.relations, *schema.fields, *parent_names(schema), *schema.by_wire]


def list_method(schema: EntitySchema) -> ListSchema:
    """What an entity is listed by.

    Raises:
        Unsupported: it can't be listed.
    """
    if schema.list is None:
        raise Unsupported(f"{schema.name} has no list method; use call()")
    return schema.list
