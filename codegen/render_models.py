"""Renders the modules of :mod:`b24orm.models`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import Final

from b24orm.query.ids import can_be_asked
from b24orm.rendering.layout import Group, import_from, literal, text
from b24orm.rendering.lookups import is_typed, typing_block, value_keys
from b24orm.rendering.querysets import (
    conditions,
    constructor,
    field_lines,
    is_written,
    key_property,
    link_property,
    relation_property,
)
from b24orm.schema import EntitySchema
from codegen.header import header
from codegen.load import Entity

__all__ = ["render_model", "render_models_index"]

_DOC_WIDTH: Final = 100


def render_model(entity: Entity, entities: Iterable[Entity]) -> str:
    """The model module of one entity.

    Args:
        entity: what to render.
        entities: all entities, to import the related ones from.
    """
    known = {other.schema.name: other for other in entities}
    places = {name: other.place for name, other in known.items()}
    schemas = {name: other.schema for name, other in known.items()}
    block = typing_block(entity.schema, places, schemas.get)
    return "\n".join([*_head(entity), *block, *_class(entity), ""])


def _wrapped(text: str, indent: str = "") -> str:
    return textwrap.fill(
        text, _DOC_WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _methods(schema: EntitySchema) -> Sequence[str]:
    listed = [schema.list.name] if schema.list else []
    return list(dict.fromkeys([*listed, *(method.name for method in schema.methods.values())]))


def _head(entity: Entity) -> list[str]:
    schema = entity.schema
    wanted = {"TYPE_CHECKING": is_typed(schema) or schema.id_name, "ClassVar": can_be_asked(schema)}
    typing = [name for name, needed in wanted.items() if needed]
    return [
        header(entity.key),
        _module_doc(schema),
        "",
        "from __future__ import annotations",
        "",
        *([import_from("typing", typing), ""] if typing else []),
        *(["from b24orm.entity import types as t"] if schema.fields else []),
        import_from(f"b24orm.facts.{entity.place}", [entity.constant]),
        "from b24orm.orm import Model",
        "",
    ]


def _module_doc(schema: EntitySchema) -> str:
    methods = ", ".join(_methods(schema)) or "no methods of its own"
    doc = _wrapped(f'"""{schema.name}: {methods}.')
    return f'{doc}\n"""' if "\n" in doc else f'{doc}"""'


def _class(entity: Entity) -> list[str]:
    schema = entity.schema
    head = Group(f"class {schema.name}(", (("", "Model"), ("", f"schema={entity.constant}")), "):")
    lines = ["", text(head), _class_doc(schema)]
    if can_be_asked(schema):
        lines += ["", "    if TYPE_CHECKING:", f"        objects: ClassVar[{schema.name}QuerySet]"]
        lines += conditions(schema)
    if schema.fields:
        lines += ["", *field_lines(schema, schema.fields.values())]
    properties = _properties(schema)
    return [*lines, "", "    if TYPE_CHECKING:", *properties] if properties else lines


def _class_doc(schema: EntitySchema) -> str:
    lines = [f'    """One row of {schema.name}, fetched whole or in part.']
    notes = {
        "Methods": _methods(schema),
        "Relations": [f"{name} ({f.relation} by {f.name})" for name, f in schema.relations.items()],
        "Belonging rows": [f"{name} ({link.entity})" for name, link in schema.links.items()],
        "Deprecated": [f.name for f in schema.fields.values() if f.deprecated],
    }
    for title, items in notes.items():
        if items:
            lines += ["", _wrapped(f"    {title}: {', '.join(items)}.", "    ")]
    return "\n".join([*lines, '    """']) if len(lines) > 1 else f'{lines[0]}"""'


def _properties(schema: EntitySchema) -> list[str]:
    lines = key_property(schema)
    given = value_keys(schema) if is_written(schema) else {}
    if given:
        lines += constructor(schema.name)
    for name, field in schema.relations.items():
        lines += relation_property(field)
        if name in given:
            lines += ["", f"        @{name}.setter"]
            setter = Group(f"def {name}(", (("", f"self, value: {given[name]}"),), ") -> None: ...")
            lines += [f"        {_one_line_inside(setter)}"]
    for link in schema.links.values():
        lines += link_property(link)
    return lines


def _one_line_inside(head: Group) -> str:
    """A head whose parameters fit a line: without the trailing comma that would spread them."""
    return text(head, indent=8).replace(",\n        )", "\n        )")


def render_models_index(entities: Sequence[Entity]) -> str:
    """``b24orm/models/__init__.py``: every model by name, imported on first use."""
    places = {entity.schema.name: entity.place for entity in entities}
    everything = Group("[", tuple(("", literal(name)) for name in sorted(places)), "]")
    modules = "_MODULES: Final = "
    by_module = sorted(places.items(), key=lambda item: item[1])
    return "\n".join(
        [
            header(),
            '"""The models: one module an entity, imported on first use."""',
            "",
            "from __future__ import annotations",
            "",
            "from importlib import import_module",
            "from typing import TYPE_CHECKING, Any, Final",
            "",
            "from b24orm.errors import nearest",
            "",
            "if TYPE_CHECKING:",
            *(
                import_from(f"b24orm.models.{place}", [f"{name} as {name}"], indent=4)
                for name, place in by_module
            ),
            "",
            f"__all__ = {text(everything, before=len('__all__ = '))}",
            "",
            f"{modules}{text(literal(places), before=len(modules))}",
            "",
            _LAZY,
        ]
    )


_LAZY: Final = """\
if not TYPE_CHECKING:  # to a type checker the imports above are all there is

    def __getattr__(name: str) -> Any:
        place = _MODULES.get(name)
        if place is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}{nearest(name, _MODULES)}")
        model = getattr(import_module(f"{__name__}.{place}"), name)
        globals()[name] = model
        return model

    def __dir__() -> list[str]:
        return sorted({*globals(), *_MODULES})
"""
