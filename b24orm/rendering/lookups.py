"""Renders what only a type checker sees of a model: names, lookups and the typed QuerySet."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from b24orm.query.lookups import DEFAULT, kind_of, lookups_for
from b24orm.query.names import parent_names
from b24orm.rendering.annotations import literal_values, lookup_type, parent_type, value_type
from b24orm.rendering.layout import Group, import_from, literal, text
from b24orm.schema import EntitySchema, FieldSchema, ListSchema

__all__ = ["closed_type", "is_typed", "lookup_keys", "typing_block"]

_STANDARD: Final = (
    ("import datetime as dt", "dt."),
    ("from decimal import Decimal", "Decimal"),
    ("from typing import Literal", "Literal["),
)
"""Imports that a model may need, and the text that shows it does."""


def is_typed(schema: EntitySchema) -> bool:
    """Whether there is anything for a type checker besides the fields."""
    return bool(schema.list or schema.relations or schema.links)


def typing_block(schema: EntitySchema, places: Mapping[str, str], own: Collection[str] = ()) -> list[str]:
    """The lines of ``if TYPE_CHECKING:`` above the model.

    Args:
        schema: the entity.
        places: where each entity's model is (``{"Deal": "crm.deal"}``).
        own: models of the same module, which need no import.
    """
    if not is_typed(schema):
        return []
    aliases, classes = _aliases(schema), _classes(schema)
    elsewhere = {name: place for name, place in places.items() if name not in own}
    imports = _imports(schema, elsewhere, "\n".join([*aliases, *classes]))
    return ["if TYPE_CHECKING:", *_spaced([imports, aliases, classes]), ""]


def _spaced(blocks: Iterable[Sequence[str]]) -> list[str]:
    """The blocks that are not empty, with a blank line between them."""
    lines: list[str] = []
    for block in blocks:
        lines += [""] if lines and block else []
        lines += block
    return lines


def _imports(schema: EntitySchema, places: Mapping[str, str], body: str) -> list[str]:
    """Imports of the names that ``body`` and the relations use, as the import sorter wants them."""
    collections = [name for name in ("Iterable",) if f"{name}[" in body]
    collections += ["Sequence"] if schema.links else []
    standard = [f"    {line}" for line, mark in _STANDARD if mark in body]
    if collections:
        line = f"    from collections.abc import {', '.join(collections)}"
        standard.insert(sum(1 for known in standard if known.startswith("    import ")), line)
    extensions = ["Self", "TypedDict", "Unpack"] if schema.list else []
    extensions = ["Never", *extensions] if "= Never" in body else extensions
    third = [import_from("typing_extensions", extensions, indent=4)] if extensions else []
    related = {field.relation or "" for field in schema.relations.values()}
    related = (related | {link.entity for link in schema.links.values()}) - {schema.name}
    own = [
        import_from(f"b24orm.models.{place}", [name], indent=4)
        for place, name in sorted((places[name], name) for name in related if name in places)
    ]
    model = ["Model"] if "Model |" in body else []
    own += [import_from("b24orm.orm", [*model, "Q", "QuerySet"], indent=4)] if schema.list else []
    kinds = [kind for kind in ("Binding", "Money") if f"{kind} |" in body]
    own += [import_from("b24orm.values", kinds, indent=4)] if kinds else []
    return _spaced([standard, third, own])


# --- names ------------------------------------------------------------------------------


def _aliases(schema: EntitySchema) -> list[str]:
    if schema.list is None:
        return []
    fields = schema.fields.values()
    closed = {
        alias: literal_values(field)
        for field in fields
        if (alias := closed_type(schema, field)) and lookups_for(schema.list, field)
    }
    named = {
        "Field": [field.name for field in fields if field.selectable],
        "Order": [sign + field.name for field in fields if field.sortable for sign in ("", "-")],
        "Relation": list(schema.relations),
    }
    aliases = {**closed, **{f"{schema.name}{kind}": names for kind, names in named.items()}}
    return [_alias(name, values) for name, values in aliases.items()]


def _alias(name: str, values: Sequence[str] | Sequence[int]) -> str:
    before = f"{name} = "
    node = Group("Literal[", tuple(("", literal(value)) for value in values), "]") if values else "Never"
    return f"    {before}{text(node, indent=4, before=len(before))}"


def closed_type(schema: EntitySchema, field: FieldSchema) -> str | None:
    """The alias of the field's closed set of values, if it has one."""
    title = "".join(part.capitalize() for part in field.name.split("_"))
    return f"{schema.name}{title}Value" if literal_values(field) else None


# --- lookups and QuerySet ---------------------------------------------------------------


def lookup_keys(schema: EntitySchema, listing: ListSchema) -> Mapping[str, str]:
    """The keywords of ``filter`` and their types.

    >>> from b24orm.facts import load
    >>> category = load("Category")
    >>> lookup_keys(category, category.list)
    {'entity_type_id': 'int'}
    """
    keys = {name: parent_type(schema, param) for name, param in parent_names(schema).items()}
    for field in schema.fields.values():
        if field.name in keys:  # a parameter of the method takes one value
            continue
        names = {field.name: closed_type(schema, field)}
        if field.relation_name:
            names[field.relation_name] = _related(schema, field)
        for name, own in names.items():
            for lookup in lookups_for(listing, field):
                key = name if lookup == DEFAULT else f"{name}__{lookup}"
                keys[key] = lookup_type(lookup, value_type(field), own)
    return keys


def _related(schema: EntitySchema, field: FieldSchema) -> str | None:
    """A related object can stand for its id."""
    by_id = kind_of(field) == "reference" and field.relation
    return f"int | {field.relation}" if by_id else closed_type(schema, field)


def _classes(schema: EntitySchema) -> list[str]:
    if schema.list is None:
        return []
    keys = [f"        {key}: {kind}" for key, kind in lookup_keys(schema, schema.list).items()]
    return [
        f"    class {schema.name}Lookups(TypedDict, total=False):",
        f'        """What ``filter`` takes for {schema.name}."""',
        *(["", *keys] if keys else []),
        "",
        *_queryset(schema.name),
    ]


def _queryset(name: str) -> list[str]:
    base = Group("QuerySet[", (("", literal(name)), ("", f"{name}Field"), ("", f"{name}Order")), "]")
    head = Group(f"class {name}QuerySet(", (("", base),), "):")
    results = {"def filter": "Self", "def exclude": "Self", "def get": name, "async def aget": name}
    return [
        f"    {text(head, indent=4)}",
        f'        """Rows of {name}, with its own lookups."""',
        "",
        *(f"        {_method(name, method, result)}" for method, result in results.items()),
    ]


def _method(entity: str, method: str, result: str) -> str:
    parameters = ("self", "*conditions: Q", f"**lookups: Unpack[{entity}Lookups]")
    node = Group(f"{method}(", tuple(("", p) for p in parameters), f") -> {result}: ...")
    return text(node, indent=8)
