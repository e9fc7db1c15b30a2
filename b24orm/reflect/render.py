"""Writes a typed module: models with the portal's own fields, processes and values.

Nothing of what the portal says gets into the module but as a quoted string, a number, or a
name made of ASCII letters and digits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from b24orm import facts
from b24orm.facts.index import PLACES
from b24orm.orm import Model
from b24orm.query.lookups import kind_of, lookups_for
from b24orm.reflect.naming import attribute_names, class_title
from b24orm.reflect.reading import Reading, Reflected, UserField
from b24orm.reflect.render_v3 import imports_for, render_v3
from b24orm.rendering.layout import Group, Node, call, literal, quoted, text
from b24orm.rendering.lookups import closed_type, typing_block
from b24orm.rendering.names import constant, relation_name
from b24orm.rendering.querysets import (
    OVERRIDES,
    conditions,
    constructor,
    field_lines,
    is_written,
    relation_property,
)
from b24orm.schema import EntitySchema, FieldSchema, extended

__all__ = ["render"]

_TYPES: Final = frozenset(
    {
        *("string", "integer", "double", "boolean", "date", "datetime", "url", "file", "money", "address"),
        *("enumeration", "employee", "crm", "crm_status", "resourcebooking"),
        *("iblock_element", "iblock_section", "hlblock"),
    }
)
"""Types of user fields that the models know; others are read as they come and not filtered by."""

_OPEN: Final[Mapping[str, str]] = {"enumeration": "integer", "crm_status": "string"}
"""What a field is that would take the values of a list, where there is no list."""

_NOT_FILTERED: Final = frozenset({"file", "json", "resourcebooking"})

_RESERVED: Final = frozenset(
    {
        *(
            "Any",
            "ClassVar",
            "Decimal",
            "Final",
            "Iterable",
            "Literal",
            "Mapping",
            "Never",
            "Self",
            "Sequence",
        ),
        *("TypedDict", "Unpack", "FieldSchema", "Model", "MultiField", "Q", "QuerySet", "Binding", "Money"),
        *("Rows", "Links", "TYPE_CHECKING", "None", "True", "False"),
    }
)

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


def render(reading: Reading) -> str:
    """The module's text; the same portal always gives the same.

    Args:
        reading: what :func:`b24orm.reflect.read_portal` read.
    """
    names = _class_names(reading.entities)
    places = {name: module.removeprefix("b24orm.facts.") for name, (module, _) in PLACES.items()}
    own = {*names.values(), *(schema.name for schema in reading.v3)}
    listed = Group("[", tuple(("", quoted(name)) for name in sorted({*own, *_TOLD})), "]")
    of_v3 = render_v3(reading.v3, places, own)
    parts = [_HEAD + imports_for(of_v3), f"__all__ = {text(listed, before=10)}"]
    parts += [*_told("SCOPES", reading.scopes), *_told("UNDOCUMENTED", reading.undocumented)]
    for number, entity in enumerate(reading.entities):
        parts += _entity(entity, names[number], places, names.values())
    return "\n".join([*parts, *of_v3]) + "\n"


_TOLD: Final[Mapping[str, str]] = {
    "SCOPES": "What the webhook or the application may use.",
    "UNDOCUMENTED": "Methods that the portal serves and the documentation does not know.",
}


def _told(name: str, values: Iterable[str]) -> list[str]:
    head = f"{name}: Final = "
    return ["", f"{head}{text(_strings(values), before=len(head))}", f'"""{_TOLD[name]}"""']


def _class_names(found: Sequence[Reflected]) -> Mapping[int, str]:
    names: dict[int, str] = {}
    aliases: set[str] = set()
    for number, entity in enumerate(found):
        taken = {*names.values(), *facts.names(), *_RESERVED}
        process = entity.entity_type_id
        name = entity.base if process is None else class_title(entity.title, process, taken)
        if process is not None and not aliases.isdisjoint(_aliases(entity, name)):
            name = f"{name}{process}"
        aliases |= _aliases(entity, name)
        names[number] = name
    return names


def _aliases(entity: Reflected, name: str) -> set[str]:
    """The types of its values: what a field ``b_c`` of ``A`` has, a field ``c`` of ``AB`` would have too."""
    schema = _schema(entity, name)
    found = {closed_type(schema, field) for field in schema.fields.values()}
    return {alias for alias in found if alias is not None}


def _camel(wire: str) -> str:
    """How tasks answer the field's name."""
    first, *rest = wire.lower().split("_")
    return first + "".join(part.capitalize() for part in rest)


def _field(base: EntitySchema, name: str, field: UserField, taken: Iterable[str]) -> FieldSchema:
    told = base.name == "Task"  # its answers spell names in another way than its requests
    kind = field.type if field.type in _TYPES else "json"
    kind = kind if field.items else _OPEN.get(kind, kind)
    multiple = field.multiple or kind == "resourcebooking"
    person = kind == "employee" and not multiple
    return FieldSchema(
        name=name,
        wire=_camel(field.wire) if told else field.wire,
        write=field.wire if told else "",
        query=field.wire if told else "",
        type=kind,
        multiple=multiple,
        filterable=kind not in _NOT_FILTERED,
        sortable=not multiple and kind not in _NOT_FILTERED,
        relation="User" if kind == "employee" else None,
        relation_name=relation_name(name, "User", tuple(taken)) if person else None,
        enum=tuple(value for value, _ in field.items) or field.targets,
        titles=tuple(title for _, title in field.items),
    )


def _own_fields(entity: Reflected, base: EntitySchema) -> tuple[FieldSchema, ...]:
    taken = {*base.fields, *base.relations, *base.links, *dir(Model), "models"}
    names = attribute_names({field.wire: field.label for field in entity.fields}, taken)
    used = {*taken, *names.values()}
    found: list[FieldSchema] = []
    for field in entity.fields:
        made = _field(base, names[field.wire], field, used)
        used |= {made.relation_name} if made.relation_name else set()
        found.append(made)
    return tuple(found)


def _schema(entity: Reflected, name: str) -> EntitySchema:
    base = facts.load(entity.base)
    return extended(
        base,
        name=name,
        fields=_own_fields(entity, base),
        enums=entity.enums,
        titles=entity.titles,
        fixed_params=_fixed(entity, base),
    )


def _fixed(entity: Reflected, base: EntitySchema) -> dict[str, object]:
    """What is sent with each request."""
    number = entity.entity_type_id
    fixed: dict[str, object] = {} if number is None else {"entityTypeId": number}
    if entity.fields and base.list is not None and base.list.name == "crm.item.list":
        fixed["useOriginalUfNames"] = "Y"  # else it spells them in its own way
    return fixed


def _entity(entity: Reflected, name: str, places: Mapping[str, str], own: Iterable[str]) -> list[str]:
    base = facts.load(entity.base)
    fields, fixed = _own_fields(entity, base), _fixed(entity, base)
    schema = _schema(entity, name)
    symbol = f"_FACTS_{constant(name)}"
    body = _facts(entity, name, fields, fixed)
    return [
        "",
        f"{symbol}: Final = {text(body, before=len(symbol) + 10)}",
        "",
        *typing_block(schema, places, facts.load, tuple(own), inherits=True),
        *_class(entity.base, name, symbol, schema, fields),
    ]


def _strings(values: Iterable[str]) -> Group:
    return Group("(", tuple(("", quoted(value)) for value in values), ")")


def _by_field(values: Mapping[str, tuple[str, ...]]) -> Group:
    return Group("{", tuple((f"{quoted(k)}: ", _strings(v)) for k, v in sorted(values.items())), "}")


def _facts(entity: Reflected, name: str, fields: Sequence[FieldSchema], fixed: Mapping[str, object]) -> Group:
    arguments: list[tuple[str, Node]] = [("name", quoted(name))]
    arguments.append(("fields", Group("(", tuple(("", _constructor(field)) for field in fields), ")")))
    arguments.append(("enums", _by_field(entity.enums)))
    arguments.append(("titles", _by_field(entity.titles)))
    if fixed:
        pairs = tuple((f"{quoted(key)}: ", literal(value)) for key, value in fixed.items())
        arguments.append(("fixed_params", Group("{", pairs, "}")))
    made = call("extended", arguments)
    return Group("extended(", (("", f'facts.load("{entity.base}")'), *made.items), ")")


def _constructor(field: FieldSchema) -> Group:
    arguments: list[tuple[str, Node]] = [
        ("name", quoted(field.name)),
        ("wire", quoted(field.wire)),
        ("type", quoted(field.type)),
    ]
    spelled = {"write": field.write, "query": field.query}
    arguments += [(key, quoted(value)) for key, value in spelled.items() if value]
    arguments += [("multiple", "True")] if field.multiple else []
    arguments += [] if field.filterable else [("filterable", "False")]
    arguments += [] if field.sortable else [("sortable", "False")]
    pointing = {"relation": field.relation, "relation_name": field.relation_name}
    arguments += [(key, quoted(value)) for key, value in pointing.items() if value]
    arguments += [("enum", _strings(field.enum))] if field.enum else []
    arguments += [("titles", _strings(field.titles))] if any(field.titles) else []
    return call("FieldSchema", arguments)


def _titles(schema: EntitySchema) -> list[str]:
    """The values by their titles, for those who want them: ``Deal.COLOR["Red"]``."""
    lines: list[str] = []
    for field in schema.fields.values():
        if not field.titles or not field.by_title:
            continue
        numbers = kind_of(field) in ("integer", "reference")
        pairs = tuple(
            (f"{quoted(title)}: ", value if numbers else quoted(value))
            for title, value in sorted(field.by_title.items(), key=lambda pair: field.enum.index(pair[1]))
        )
        kind = closed_type(schema, field) if schema.list and lookups_for(schema.list, field) else None
        kind = kind or ("int" if numbers else "str")
        head = f"    {field.name.upper()}: ClassVar[Mapping[str, {kind}]] = "
        lines.append(f"{head}{text(Group('{', pairs, '}'), indent=4, before=len(head) - 4)}")
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
        *conditions(schema, OVERRIDES),
    ]
    if is_written(schema):
        lines += constructor(name)
    if fields:
        lines += ["", *field_lines(schema, fields)]
    titles, people = _titles(schema), [field for field in fields if field.relation_name]
    lines += ["", *titles] if titles else []
    if people:
        lines += ["", "    if TYPE_CHECKING:"]
        for field in people:
            lines += relation_property(field, "models.")
    return [*lines, ""]
