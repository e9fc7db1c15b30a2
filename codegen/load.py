"""Turns metadata files and the overlay into :class:`b24orm.schema.EntitySchema` values.

What a file does not say follows from what it says, by the rules below; what is an exception
stands in the overlay, with its reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from b24orm.rendering.names import constant, field_names
from b24orm.schema import EntitySchema, LinkSchema, MethodSchema
from codegen.fields import Fields
from codegen.links import find_links
from codegen.lists import list_schema
from codegen.overlay import apply, read_overlay
from codegen.parents import Documented, documented, methods_with_parents, parent_types
from codegen.source import METHOD_KINDS, WILDCARD, Source, read_sources
from codegen.targets import Target, class_names, resolve_targets

__all__ = ["Entity", "load"]


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity as the generator sees it.

    Attributes:
        key: its metadata file (``crm/deal``).
        stem: the name of its generated modules (``deal``).
        schema: its facts.
    """

    key: str
    stem: str
    schema: EntitySchema

    @property
    def constant(self) -> str:
        """The name of the constant in the facts module."""
        return constant(self.schema.name)

    @property
    def place(self) -> str:
        """The module below ``b24orm.facts`` and ``b24orm.models`` (``crm.deal``)."""
        return f"{self.schema.module}.{self.stem}"


def load(root: Path) -> tuple[Entity, ...]:
    """Every entity below ``root``, the overlay applied, ordered by name.

    Raises:
        codegen.source.MetadataError: a file or the overlay is wrong.
    """
    sources = apply(read_sources(root), read_overlay(root))
    names = class_names(sources)
    targets = resolve_targets(sources, names)
    entities = [_entity(source, names[source.key], targets[source.key]) for source in sources]
    links = find_links({entity.key: entity.schema for entity in entities}, sources)
    methods = documented(root.parent / "methods")
    entities = [replace(entity, schema=_joined(entity, links[entity.key], methods)) for entity in entities]
    return tuple(sorted(entities, key=lambda entity: entity.schema.name))


def _joined(entity: Entity, links: Mapping[str, LinkSchema], methods: Documented) -> EntitySchema:
    """The entity with what others say of it: the rows that belong to its own, the documented parameters."""
    schema = replace(entity.schema, links=links)
    return replace(
        schema,
        methods=methods_with_parents(schema, methods),
        parent_types=parent_types(schema, methods),
    )


def _entity(source: Source, name: str, targets: Mapping[str, Target]) -> Entity:
    raw = source.raw
    wires = _field_wires(raw)
    attributes = field_names(wires)
    listing = list_schema(raw)
    fields = Fields(raw, attributes, listing, targets).build()
    schema = EntitySchema(
        name=name,
        scope=raw["scope"],
        module=raw["module"],
        api=raw.get("api", "v2"),
        fields={field.name: field for field in fields},
        list=listing,
        methods={
            kind: _method_schema(raw["methods"][kind])
            for kind in METHOD_KINDS
            if kind != "list" and raw["methods"].get(kind)
        },
        actions={a["name"]: tuple(a["params"]) for a in raw["methods"].get("other", ())},
        id_name=attributes.get(raw["id_field"] or "", ""),
        fixed_params=raw.get("fixed_params", {}),
        parent_params=tuple(raw.get("parent_params", ())),
        parent_names=raw.get("parent_names", {}),
        parent_types=raw.get("parent_types", {}),
        user_fields=bool(raw.get("supports_user_fields")),
        user_field_prefix=raw.get("user_field_prefix") or _prefix(raw),
    )
    return Entity(source.key, source.stem, schema)


def _prefix(raw: Mapping[str, Any]) -> str:
    return "uf" if (raw["id_field"] or "")[:1].islower() else "UF_"


def _field_wires(raw: Mapping[str, Any]) -> Sequence[str]:
    return [wire for wire in raw["fields"] if WILDCARD not in wire]  # a pattern is no field


def _method_schema(raw: Mapping[str, Any]) -> MethodSchema:
    return MethodSchema(
        name=raw["name"],
        envelope=tuple(raw.get("envelope", ())),
        id_param=raw.get("id_param"),
        fields_param=raw.get("fields_param"),
        returns=raw.get("returns", "other"),
        extra_params=tuple(raw.get("extra_params", ())),
        whole_key=raw.get("whole_key"),
        parents=None if raw.get("parents") is None else tuple(raw["parents"]),
        id_form=raw.get("id_form", "{}"),
        absent=tuple(raw.get("absent", ())),
    )
