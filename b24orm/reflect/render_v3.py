"""Writes the entities of REST 3.0 that a portal has otherwise than the package knows them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import MISSING, Field, fields
from typing import Any, Final

from b24orm import facts
from b24orm.rendering.layout import Group, Node, call, literal, text
from b24orm.rendering.lookups import typing_block
from b24orm.rendering.names import constant
from b24orm.rendering.querysets import OVERRIDES, conditions, constructor, field_lines, is_written
from b24orm.schema import EntitySchema, FieldSchema, LinkSchema, ListSchema, MethodSchema

__all__ = ["imports_for", "render_v3"]

_NEEDED: Final = {
    "from b24orm.orm import Model": ("(Model, ",),
    "from b24orm.schema import EntitySchema, ListSchema": ("EntitySchema(",),
    "from b24orm.schema import LinkSchema": ("LinkSchema(",),
    "from b24orm.schema import MethodSchema": ("MethodSchema(",),
}
"""What the classes may need beside the imports that every module has, and the text that shows it."""

_Facts = EntitySchema | FieldSchema | LinkSchema | ListSchema | MethodSchema


def render_v3(schemas: Iterable[EntitySchema], places: Mapping[str, str], own: Collection[str]) -> list[str]:
    """The lines of the classes.

    Args:
        schemas: the entities, each under a name of its own.
        places: where the package's models are (``{"Deal": "crm.deal"}``).
        own: the names of all classes of the module, which need no import.
    """
    return [line for schema in schemas for line in _entity(schema, places, own)]


def imports_for(lines: Iterable[str]) -> str:
    """The imports that the lines need, one a line."""
    body = "\n".join(lines)
    needed = [line for line, marks in _NEEDED.items() if any(mark in body for mark in marks)]
    return "".join(f"{line}\n" for line in needed)


def _entity(schema: EntitySchema, places: Mapping[str, str], own: Collection[str]) -> list[str]:
    known = schema.name in facts.names()
    symbol = f"_FACTS_{constant(schema.name)}"
    head = f"{symbol}: Final = "
    return [
        "",
        f"{head}{text(_constructor(schema), before=len(head))}",
        "",
        *typing_block(schema, places, facts.load, tuple(own), inherits=known),
        *_class(schema, symbol, known=known),
    ]


def _class(schema: EntitySchema, symbol: str, *, known: bool) -> list[str]:
    base = f"models.{schema.name}" if known else "Model"
    ignored = "  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleVariableOverride]"
    lines = [
        "",
        f"class {schema.name}({base}, schema={symbol}):",
        f'    """{schema.name} of REST 3.0 as this portal has it."""',
        "",
        "    if TYPE_CHECKING:",
        f"        objects: ClassVar[{schema.name}QuerySet]{ignored if known else ''}",
        *conditions(schema, OVERRIDES if known else ""),
    ]
    if is_written(schema):
        lines += constructor(schema.name)
    declared = _new_fields(schema) if known else schema.fields.values()
    shown = field_lines(schema, declared)
    return [*lines, *(["", *shown] if shown else []), ""]


def _new_fields(schema: EntitySchema) -> Sequence[FieldSchema]:
    before = facts.load(schema.name).fields
    return [field for name, field in schema.fields.items() if name not in before]


# --- facts ------------------------------------------------------------------------------


def _default(spec: Field[Any]) -> object:
    if spec.default_factory is not MISSING:
        return spec.default_factory()
    return spec.default


def _node(value: object) -> Node:
    if isinstance(value, (EntitySchema, FieldSchema, LinkSchema, ListSchema, MethodSchema)):
        return _constructor(value)
    if isinstance(value, Mapping) and any(isinstance(item, _SCHEMAS) for item in value.values()):
        items = tuple((f"{text(literal(key))}: ", _node(item)) for key, item in value.items())
        return Group("{", items, "}")
    return literal(value)


_SCHEMAS: Final = (FieldSchema, LinkSchema, MethodSchema)


def _constructor(value: _Facts) -> Group:
    given = [(spec.name, getattr(value, spec.name), _default(spec)) for spec in fields(value)]
    arguments = [(name, _node(own)) for name, own, usual in given if own != usual]
    return call(type(value).__name__, arguments)
