"""Finds the rows of other entities that belong to a row.

A field that points to an entity under that entity's own name (``Deal.company_id``) gives that
entity the reverse (``Company.deals``). What only a method can answer (the contacts of a deal)
is declared in the overlay.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from b24orm.query.lookups import lookups_for
from b24orm.rendering.names import snake
from b24orm.schema import EntitySchema, FieldSchema, LinkSchema
from codegen.source import Source

__all__ = ["find_links"]


def find_links(
    schemas: Mapping[str, EntitySchema], sources: Iterable[Source]
) -> Mapping[str, Mapping[str, LinkSchema]]:
    """The links of every entity, by the key of its metadata file.

    Args:
        schemas: the entities by key.
        sources: their metadata, which has the plural names and the declared links.
    """
    raws = {source.key: source.raw for source in sources}
    keys = {schema.name: key for key, schema in schemas.items()}
    found: dict[str, dict[str, LinkSchema]] = {key: _declared(raws[key]) for key in schemas}
    for key, schema in schemas.items():
        plural = snake(raws[key].get("plural") or "")
        for field in _pointers(schema):
            owner = keys.get(field.relation or "")
            if owner is None or owner == key or not plural or _taken(schemas[owner], found[owner], plural):
                continue
            found[owner][plural] = LinkSchema(name=plural, entity=schema.name, field=field.name)
    return {key: dict(sorted(links.items())) for key, links in found.items()}


def _declared(raw: Mapping[str, Any]) -> dict[str, LinkSchema]:
    return {link["name"]: LinkSchema(**link) for link in raw.get("links", ())}


def _pointers(schema: EntitySchema) -> Iterable[FieldSchema]:
    """Fields named after the entity they point to, which a list of ids can be asked of."""
    if schema.list is None or schema.parent_params or not schema.list.keyset:
        return
    for name, field in schema.relations.items():
        named = name == snake(field.relation or "") and field.relation_key == "id"
        if named and "in" in lookups_for(schema.list, field):
            yield field


def _taken(owner: EntitySchema, links: Mapping[str, LinkSchema], name: str) -> bool:
    return name in owner.fields or name in owner.relations or name in links
