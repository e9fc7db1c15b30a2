"""Writes a typed module: models with the portal's own fields, processes and values.

Nothing of what the portal says gets into the module but as a quoted string, a number, or a
name made of ASCII letters and digits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from b24orm import facts
from b24orm.facts.index import PLACES
from b24orm.reflect.naming import attribute_names, class_title
from b24orm.reflect.portal import Reflected, UserField
from b24orm.rendering.annotations import annotation
from b24orm.rendering.layout import Group, Node, call, quoted, text
from b24orm.rendering.lookups import closed_type, is_written, typing_block
from b24orm.rendering.names import constant
from b24orm.schema import EntitySchema, FieldSchema, extended

__all__ = ["render"]

_TYPES: Final[Mapping[str, str]] = {
    "string": "string",
    "integer": "integer",
    "double": "double",
    "boolean": "boolean",
    "date": "date",
    "datetime": "datetime",
    "enumeration": "enumeration",
    "employee": "employee",
    "url": "string",
    "file": "file",
    "iblock_element": "integer",
    "iblock_section": "integer",
    "crm_status": "string",
}
"""What a user field's type is to the models; others are read as they come and not filtered by."""

_NOT_FILTERED: Final = frozenset({"file", "json"})

_RESERVED: Final = frozenset({"Any", "ClassVar", "Final", "FieldSchema", "Iterable", "Literal", "Never", "Q"})

_HEAD: Final = '''\
# Written by `b24orm reflect`. Do not edit: run it again.
"""Models of one portal: its own fields, smart processes and values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Final

from b24orm import facts, models
from b24orm.entity import types as t
from b24orm.schema import FieldSchema, extended
'''


def render(found: Iterable[Reflected]) -> str:
    """The module's text; the same portal always gives the same.

    Args:
        found: what :func:`b24orm.reflect.read_portal` read.
    """
    found = tuple(found)
    names = _class_names(found)
    places = {name: module.removeprefix("b24orm.facts.") for name, (module, _) in PLACES.items()}
    exported = ", ".join(f'"{name}"' for name in sorted(names.values()))
    listed = Group("[", tuple(("", part) for part in exported.split(", ")), "]")
    parts = [_HEAD, f"__all__ = {text(listed, before=10)}"]
    for number, entity in enumerate(found):
        parts += _entity(entity, names[number], places, names.values())
    return "\n".join(parts) + "\n"


def _class_names(found: Sequence[Reflected]) -> Mapping[int, str]:
    names: dict[int, str] = {}
    for number, entity in enumerate(found):
        taken = {*names.values(), *facts.names(), *_RESERVED}
        process = entity.entity_type_id
        names[number] = entity.base if process is None else class_title(entity.title, process, taken)
    return names


def _field(name: str, field: UserField) -> FieldSchema:
    kind = _TYPES.get(field.type, "json")
    return FieldSchema(
        name=name,
        wire=field.wire,
        type=kind,
        multiple=field.multiple,
        required=field.required,
        filterable=kind not in _NOT_FILTERED,
        sortable=not field.multiple and kind not in _NOT_FILTERED,
        enum=tuple(number for number, _ in field.items),
    )


def _own_fields(entity: Reflected, base: EntitySchema) -> tuple[FieldSchema, ...]:
    taken = {*base.fields, *base.relations, *base.links}
    names = attribute_names({field.wire: field.label for field in entity.fields}, taken)
    return tuple(_field(names[field.wire], field) for field in entity.fields)


def _entity(entity: Reflected, name: str, places: Mapping[str, str], own: Iterable[str]) -> list[str]:
    base = facts.load(entity.base)
    fields = _own_fields(entity, base)
    number = entity.entity_type_id
    fixed = {} if number is None else {"entityTypeId": number}
    schema = extended(base, name=name, fields=fields, enums=entity.enums, fixed_params=fixed)
    symbol = f"{constant(name)}_FACTS"
    body = _facts(entity, name, fields, fixed)
    return [
        "",
        f"{symbol}: Final = {text(body, before=len(symbol) + 10)}",
        "",
        *typing_block(schema, places, tuple(own)),
        *_titles(schema, entity, fields),
        *_class(entity.base, name, symbol, schema, fields),
    ]


def _strings(values: Iterable[str]) -> Group:
    return Group("(", tuple(("", quoted(value)) for value in values), ")")


def _facts(entity: Reflected, name: str, fields: Sequence[FieldSchema], fixed: Mapping[str, int]) -> Group:
    enums = Group("{", tuple((f"{quoted(k)}: ", _strings(v)) for k, v in sorted(entity.enums.items())), "}")
    arguments: list[tuple[str, Node]] = [("name", quoted(name))]
    arguments.append(("fields", Group("(", tuple(("", _constructor(field)) for field in fields), ")")))
    arguments.append(("enums", enums))
    if fixed:
        pairs = tuple((f"{quoted(key)}: ", repr(value)) for key, value in fixed.items())
        arguments.append(("fixed_params", Group("{", pairs, "}")))
    made = call("extended", arguments)
    return Group("extended(", (("", f'facts.load("{entity.base}")'), *made.items), ")")


def _constructor(field: FieldSchema) -> Group:
    arguments: list[tuple[str, Node]] = [
        ("name", quoted(field.name)),
        ("wire", quoted(field.wire)),
        ("type", quoted(field.type)),
    ]
    flags = {"required": field.required, "multiple": field.multiple}
    arguments += [(flag, "True") for flag, given in flags.items() if given]
    arguments += [] if field.filterable else [("filterable", "False")]
    arguments += [] if field.sortable else [("sortable", "False")]
    arguments += [("enum", _strings(field.enum))] if field.enum else []
    return call("FieldSchema", arguments)


def _titles(schema: EntitySchema, entity: Reflected, fields: Sequence[FieldSchema]) -> list[str]:
    """The titles of list fields' values: ``DEAL_COLOR["Red"]`` is the number to filter by."""
    lines: list[str] = []
    for known, field in zip(entity.fields, fields, strict=True):
        if known.items:
            titles = {title: number for number, title in reversed(known.items)}
            ordered = sorted(titles.items(), key=lambda item: int(item[1]))
            pairs = tuple((f"{quoted(title)}: ", str(int(number))) for title, number in ordered)
            head = f"{constant(schema.name)}_{field.name.upper()}"
            head += f": Final[Mapping[str, {closed_type(schema, field)}]] = "
            lines.append(f"{head}{text(Group('{', pairs, '}'), before=len(head))}")
    return lines


def _class(
    base: str, name: str, symbol: str, schema: EntitySchema, fields: Sequence[FieldSchema]
) -> list[str]:
    ignored = "# type: ignore[assignment]  # pyright: ignore[reportIncompatibleVariableOverride]"
    lines = [
        "",
        f"class {name}(models.{base}, schema={symbol}):",
        f'    """{name} as this portal has it."""',
        "",
        "    if TYPE_CHECKING:",
        f"        objects: ClassVar[{name}QuerySet]  {ignored}",
    ]
    if is_written(schema):
        lines += ["", f"        def __init__(self, **values: Unpack[{name}Values]) -> None: ..."]
    if fields:
        lines += ["", *(f"    {field.name}: t.{annotation(schema, field)} = t.UNSET" for field in fields)]
    return [*lines, ""]
