"""Renders what only a type checker sees of a model: names, lookups and the typed QuerySet."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from b24orm.query.ids import can_be_asked, lookups_of
from b24orm.query.lookups import DEFAULT, kind_of
from b24orm.query.names import parent_names
from b24orm.rendering.annotations import given_type, literal_values, lookup_type, parent_type, value_type
from b24orm.rendering.layout import Group, import_from, literal, text
from b24orm.rendering.querysets import ROWS, inner_names, is_written, queryset_class
from b24orm.rendering.relations import Related, relation_paths
from b24orm.schema import EntitySchema, FieldSchema

__all__ = [
    "closed_type",
    "is_typed",
    "lookup_keys",
    "typing_block",
    "value_keys",
]

_STANDARD: Final = (
    ("import datetime as dt", "dt."),
    ("from decimal import Decimal", "Decimal"),
)
"""Imports that a model may need, and the text that shows it does."""


def is_typed(schema: EntitySchema) -> bool:
    """Whether there is anything for a type checker besides the fields."""
    return bool(can_be_asked(schema) or schema.relations or schema.links or is_written(schema))


def typing_block(
    schema: EntitySchema,
    places: Mapping[str, str],
    related: Related,
    own: Collection[str] = (),
    *,
    inherits: bool = False,
) -> list[str]:
    """The lines of ``if TYPE_CHECKING:`` above the model.

    Args:
        schema: the entity.
        places: where each entity's model is (``{"Deal": "crm.deal"}``).
        related: where the facts about other entities are.
        own: models of the same module, which need no import.
        inherits: the class has its relations from another one and does not name them.
    """
    if not is_typed(schema):
        return []
    aliases, classes = _aliases(schema, related), _classes(schema)
    elsewhere = {name: place for name, place in places.items() if name not in own}
    body = "\n".join([*aliases, *classes])
    named = () if inherits else _related_names(schema)
    imports = _imports(schema, elsewhere, body, named)
    return ["if TYPE_CHECKING:", *_spaced([imports, aliases, classes]), ""]


def _spaced(blocks: Iterable[Sequence[str]]) -> list[str]:
    """The blocks that are not empty, with a blank line between them."""
    lines: list[str] = []
    for block in blocks:
        lines += [""] if lines and block else []
        lines += block
    return lines


def _related_names(schema: EntitySchema) -> list[str]:
    """What the properties of its relations name."""
    links = schema.links.values()
    related = [field.relation or "" for field in schema.relations.values()]
    return [*related, *(link.entity for link in links), *(ROWS[link.kind] for link in links)]


def _pointed_to(schema: EntitySchema) -> set[str]:
    return {field.relation for field in schema.fields.values() if field.relation}


def _imports(schema: EntitySchema, places: Mapping[str, str], body: str, named: Collection[str]) -> list[str]:
    """Imports of the names that ``body`` has, and of others, as the import sorter wants them."""
    collections = [name for name in ("Callable", "Iterable") if f"{name}[" in body]
    standard = [f"    {line}" for line, mark in _STANDARD if mark in body]
    if collections:
        line = f"    from collections.abc import {', '.join(collections)}"
        standard.insert(sum(1 for known in standard if known.startswith("    import ")), line)
    typing = [name for name in ("Any", "Literal", "overload") if re.search(rf"\b{name}\b", body)]
    standard += [import_from("typing", typing, indent=4)] if typing else []
    asked = can_be_asked(schema)
    extensions = ["Self"] if asked else []
    extensions += ["TypedDict", "Unpack"] if asked or is_written(schema) else []
    extensions = ["Never", *extensions] if re.search(r"\bNever\b", body) else extensions
    third = [import_from("typing_extensions", extensions, indent=4)] if extensions else []
    related = {name for name in _pointed_to(schema) if re.search(rf"\| {name}\b", body)}
    related = (related | {name for name in named if name in places}) - {schema.name}
    own = [
        import_from(f"b24orm.models.{place}", [name], indent=4)
        for place, name in sorted((places[name], name) for name in related if name in places)
    ]
    orm = {name for name in ROWS.values() if name in named} | ({"Q", "QuerySet"} if asked else set())
    orm |= {"Model"} if re.search(r"\bModel \|", body) else set()
    orm |= {name for name in ("Prefetch", "ValuesSet") if re.search(rf"\| {name}\b|> {name}\b", body)}
    orm |= {"NamedRow", "Picked"} if "NamedRow" in body else set()
    own += [import_from("b24orm.orm", sorted(orm), indent=4)] if orm else []
    kinds = [kind for kind in ("Binding", "Money") if re.search(rf"(?<!t\.)\b{kind} \|", body)]
    own += [import_from("b24orm.values", kinds, indent=4)] if kinds else []
    multifield = ["    from b24orm.entity.types import MultiField"] if "MultiField]" in body else []
    return _spaced([standard, third, multifield + own])


# --- names ------------------------------------------------------------------------------


def _aliases(schema: EntitySchema, related: Related) -> list[str]:
    if not can_be_asked(schema):
        return []
    fields = schema.fields.values()
    closed = {
        alias: literal_values(field)
        for field in fields
        if (alias := closed_type(schema, field)) and lookups_of(schema, field)
    }
    named = {
        "Field": [name for field in fields if field.selectable for name in (field.name, *inner_names(field))],
        "Order": [sign + field.name for field in _sortable(schema) for sign in ("", "-")],
    }
    if schema.relations:
        named["Relation"] = list(relation_paths(schema, related, to_one=True))
    if schema.relations or schema.links:
        named["Prefetch"] = list(relation_paths(schema, related, to_one=False))
    aliases = {**closed, **{f"{schema.name}{kind}": names for kind, names in named.items()}}
    return [_alias(name, values) for name, values in aliases.items()]


def _sortable(schema: EntitySchema) -> Iterable[FieldSchema]:
    listed = schema.list is not None
    return (field for field in schema.fields.values() if field.sortable and (listed or field is schema.key))


def _alias(name: str, values: Sequence[str | int]) -> str:
    before = f"{name} = "
    node = Group("Literal[", tuple(("", literal(value)) for value in values), "]") if values else "Never"
    return f"    {before}{text(node, indent=4, before=len(before))}"


def closed_type(schema: EntitySchema, field: FieldSchema) -> str | None:
    """The alias of the field's closed set of values, if it has one."""
    parts = field.name.split("_")
    title = "".join(part.capitalize() if part[:1].isalpha() else f"_{part}" for part in parts)
    return f"{schema.name}{title}Value" if literal_values(field) else None


# --- lookups and QuerySet ---------------------------------------------------------------


def lookup_keys(schema: EntitySchema) -> Mapping[str, str]:
    """The keywords of ``filter`` and their types.

    >>> from b24orm.facts import load
    >>> lookup_keys(load("Category"))
    {'entity_type_id': 'int', 'id': 'int', 'id__in': 'Iterable[int]'}
    """
    keys = {name: parent_type(schema, param) for name, param in parent_names(schema).items()}
    for field in schema.fields.values():
        if field.name in keys:  # a parameter of the method takes one value
            continue
        names = {field.name: closed_type(schema, field)}
        if field.relation_name:
            names[field.relation_name] = _related(schema, field)
        for name, own in names.items():
            for lookup in lookups_of(schema, field):
                key = name if lookup == DEFAULT else f"{name}__{lookup}"
                keys[key] = lookup_type(lookup, value_type(field), own)
    return keys


def _related(schema: EntitySchema, field: FieldSchema) -> str | None:
    """A related object can stand for its id."""
    by_id = kind_of(field) == "reference" and field.relation
    return f"int | {field.relation}" if by_id else closed_type(schema, field)


def _classes(schema: EntitySchema) -> list[str]:
    name = schema.name
    values: list[str] = []
    if is_written(schema):
        doc = f"What {'an' if name[0] in 'AEIO' else 'a'} {name} is made of and what can be changed in it."
        values = _typed_dict(f"{name}Values", doc, value_keys(schema))
    if not can_be_asked(schema):
        return values
    doc = f"What ``filter`` takes for {name}."
    lookups = _typed_dict(f"{name}Lookups", doc, lookup_keys(schema))
    return _spaced([lookups, values, queryset_class(schema)])


def _typed_dict(name: str, doc: str, keys: Mapping[str, str]) -> list[str]:
    lines = [f"        {key}: {kind}" for key, kind in keys.items()]
    head = [f"    class {name}(TypedDict, total=False):", f'        """{doc}"""']
    return [*head, "", *lines] if lines else head


def value_keys(schema: EntitySchema) -> Mapping[str, str]:
    """The keywords of ``create`` and ``update``, and their types.

    >>> from b24orm.facts import load
    >>> keys = value_keys(load("Deal"))
    >>> keys["company_id"], keys["company"], "date_modify" in keys
    ('int | None', 'int | Company | None', False)
    """
    keys = {name: parent_type(schema, param) for name, param in parent_names(schema).items()}
    for field in schema.fields.values():
        if field.name in keys or (field.read_only and field.name != schema.id_name):
            continue
        closed = closed_type(schema, field)
        if closed and not (can_be_asked(schema) and lookups_of(schema, field)):
            closed = None  # it has no alias
        keys[field.name] = given_type(schema, field, closed)
        if field.relation_name:
            one = given_type(schema, replace(field, multiple=False), closed)
            known = f" | {field.relation}" if field.relation else ""
            keys[field.relation_name] = one.replace(" | None", f"{known} | None")
    return keys
