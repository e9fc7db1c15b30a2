"""Renders the modules of :mod:`b24orm.facts`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, fields
from typing import Any, Final

from b24orm.rendering.layout import Group, Node, call, literal, text
from b24orm.schema import EntitySchema, FieldSchema, LinkSchema, ListSchema, MethodSchema
from codegen.header import header
from codegen.load import Entity

__all__ = ["render_facts", "render_index"]

_NESTED: Final = ("fields", "list", "methods", "links")


def _default(spec: Field[Any]) -> object:
    if spec.default_factory is not MISSING:
        return spec.default_factory()
    return spec.default


def _arguments(
    value: EntitySchema | FieldSchema | LinkSchema | ListSchema | MethodSchema,
) -> Iterable[tuple[str, object]]:
    """The constructor's arguments that differ from their defaults."""
    for spec in fields(value):
        given = getattr(value, spec.name)
        if given != _default(spec):
            yield spec.name, given


def _constructor(value: FieldSchema | LinkSchema | ListSchema | MethodSchema) -> Group:
    return call(type(value).__name__, [(name, literal(given)) for name, given in _arguments(value)])


def _nested(schema: EntitySchema) -> Mapping[str, Node]:
    methods = tuple((f'"{kind}": ', _constructor(method)) for kind, method in schema.methods.items())
    links = tuple((f'"{name}": ', _constructor(link)) for name, link in schema.links.items())
    return {
        "fields": "{field.name: field for field in _FIELDS}",
        "list": _constructor(schema.list) if schema.list else "None",
        "methods": Group("{", methods, "}"),
        "links": Group("{", links, "}"),
    }


def _schema(schema: EntitySchema) -> Group:
    nested = _nested(schema)
    arguments = [(name, nested.get(name) or literal(given)) for name, given in _arguments(schema)]
    return call("EntitySchema", arguments)


def render_facts(entity: Entity) -> str:
    """The facts module of one entity."""
    schema = entity.schema
    used = ["EntitySchema", "FieldSchema"]
    used += ["LinkSchema"] if schema.links else []
    used += ["ListSchema"] if schema.list else []
    used += ["MethodSchema"] if schema.methods else []
    rows = Group("(", tuple(("", _constructor(field)) for field in schema.fields.values()), ")")
    before = len("_FIELDS = ")
    return "\n".join(
        [
            header(entity.key),
            f'"""Facts about {schema.name}."""',
            "",
            "from __future__ import annotations",
            "",
            f"from b24orm.schema import {', '.join(used)}",
            "",
            f'__all__ = ["{entity.constant}"]',
            "",
            f"_FIELDS: tuple[FieldSchema, ...] = {text(rows, before=before + 25)}",
            "",
            f"{entity.constant} = {text(_schema(schema), before=len(entity.constant) + 3)}",
            "",
        ]
    )


def render_index(entities: Iterable[Entity]) -> str:
    """The index of the facts: where each entity's module is, and which list method is whose."""
    entities = list(entities)
    lists = _lists(entities)
    places = {e.schema.name: (f"b24orm.facts.{e.place}", e.constant) for e in entities}
    before = "PLACES: Final[Mapping[str, tuple[str, str]]] = "
    lists_before = "LISTS: Final[Mapping[str, str]] = "
    return "\n".join(
        [
            header(),
            '"""Where the facts of each entity are, and which list method lists which entity."""',
            "",
            "from __future__ import annotations",
            "",
            "from collections.abc import Mapping",
            "from typing import Final",
            "",
            '__all__ = ["LISTS", "PLACES"]',
            "",
            f"{before}{text(literal(places), before=len(before))}",
            "",
            f"{lists_before}{text(literal(lists), before=len(lists_before))}",
            "",
        ]
    )


def _lists(entities: Iterable[Entity]) -> dict[str, str]:
    """Entities by list method; one that serves several is given to the plainest of them."""
    found: dict[str, str] = {}
    for entity in entities:
        listing = entity.schema.list
        if listing is not None and not entity.schema.fixed_params:
            found.setdefault(listing.name.lower(), entity.schema.name)
    return dict(sorted(found.items()))
