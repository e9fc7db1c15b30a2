"""Renders the methods that only a type checker sees: of the typed QuerySet, and of the model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from b24orm.query.ids import can_be_asked
from b24orm.rendering.annotations import annotation
from b24orm.rendering.described import field_doc
from b24orm.rendering.layout import Group, literal, text
from b24orm.rendering.names import snake
from b24orm.rendering.relations import QUERYSET, flat_lists, python_type, relation_methods
from b24orm.schema import EntitySchema, FieldSchema, LinkSchema

__all__ = [
    "OVERRIDES",
    "ROWS",
    "conditions",
    "constructor",
    "field_lines",
    "id_type",
    "inner_names",
    "is_written",
    "key_property",
    "link_property",
    "queryset_class",
    "relation_property",
]

OVERRIDES: Final = (
    "  # type: ignore[override, unused-ignore]  # pyright: ignore[reportIncompatibleMethodOverride]"
)
"""What stands behind a method whose keywords may be others than those of the base's."""


ROWS: Final = {"bound": "BoundRows", "owned": "OwnedRows", "pointing": "RelatedRows"}
"""What stands for each kind of link at an object."""


def is_written(schema: EntitySchema) -> bool:
    """Whether rows can be added or changed."""
    return bool(schema.method("add") or schema.method("update"))


def inner_names(field: FieldSchema) -> list[str]:
    """How the fields of the object inside a field are named."""
    return [f"{field.name}__{snake(name)}" for name in field.inner]


def id_type(schema: EntitySchema) -> str:
    """What the ids of an entity are.

    >>> from b24orm.facts import load
    >>> id_type(load("Deal")), id_type(load("Currency"))
    ('int', 'str')
    """
    return python_type(schema, schema.id_field) if schema.id_name else "Never"


# --- the QuerySet -----------------------------------------------------------------------


def queryset_class(schema: EntitySchema) -> list[str]:
    """The class of an entity's QuerySets."""
    name = schema.name
    parameters = (literal(name), f"{name}Field", f"{name}Order", id_type(schema))
    base = Group("QuerySet[", tuple(("", parameter) for parameter in parameters), "]")
    head = Group(f"class {name}QuerySet(", (("", base),), "):")
    return [
        f"    {text(head, indent=4)}",
        f'        """Rows of {name}, with its own lookups."""',
        *_reading(name),
        *relation_methods(schema),
        *flat_lists(schema, [name for field in schema.fields.values() for name in inner_names(field)]),
        *_writing(schema),
    ]


def _reading(name: str) -> list[str]:
    words = ("self", "*conditions: Q", f"**lookups: Unpack[{name}Lookups]")
    results = {"filter": "Self", "exclude": "Self", "get": name}
    lines = [line for own, result in results.items() for line in _method(own, words, result)]
    return [*lines, *_method("get", words, name, twin=True)]


def _writing(schema: EntitySchema) -> list[str]:
    name, adds, updates = schema.name, schema.method("add"), schema.method("update")
    made, defaults = f"tuple[{name}, bool]", (f"defaults: {name}Values | None = None",)
    methods: list[tuple[str, Sequence[str], str]] = []
    if adds:
        methods += [("create", (), name), ("get_or_create", defaults, made)]
    if adds and updates:
        methods += [("update_or_create", defaults, made)]
    if updates:
        methods += [("update", (), "int")]
    lines: list[str] = []
    for own, before, result in methods:
        words = ("self", *before, f"**values: Unpack[{name}Values]")
        lines += [*_method(own, words, result), *_method(own, words, result, twin=True)]
    if updates:
        lines += _method("explain_update", ("self", f"**values: Unpack[{name}Values]"), "str")
    return lines


def _method(name: str, parameters: Sequence[str], result: str, *, twin: bool = False) -> list[str]:
    """A method of QuerySets; ``twin``: the one that is awaited."""
    kind = f"async def a{name}" if twin else f"def {name}"
    return _described(kind, parameters, result, QUERYSET[name])


def _described(head: str, parameters: Sequence[str], result: str, doc: str) -> list[str]:
    node = Group(f"{head}(", tuple(("", p) for p in parameters), f") -> {result}:")
    return ["", *f"        {text(node, indent=8)}".split("\n"), f'            """{doc}"""', "            ..."]


# --- the model --------------------------------------------------------------------------


def conditions(schema: EntitySchema, ignored: str = "") -> list[str]:
    """``q`` in the class of a model, as lines below ``if TYPE_CHECKING:``; none where nothing is listed.

    Args:
        schema: the entity.
        ignored: comments for a class whose base has one of its own.
    """
    if not can_be_asked(schema):
        return []
    words = ("cls", "*conditions: Q", f"**lookups: Unpack[{schema.name}Lookups]")
    doc = "Conditions to combine with ``&``, ``|`` and ``~``; takes what ``filter`` takes."
    blank, first, *rest = _described("def q", words, "Q", doc)
    return [blank, "        @classmethod", f"{first}{ignored}", *rest]


def key_property(schema: EntitySchema) -> list[str]:
    """``pk`` of a model, as lines below ``if TYPE_CHECKING:``; none where rows have no id."""
    if not schema.id_name:
        return []
    kind = id_type(schema)
    doc = "The id, or None for a row that was never saved."
    return _property("pk", kind if kind == "Any" else f"{kind} | None", doc)


def constructor(name: str) -> list[str]:
    """``__init__`` of a model, as lines below ``if TYPE_CHECKING:``."""
    words = ("self", f"**values: Unpack[{name}Values]")
    return _described("def __init__", words, "None", f"A {name} of these values, not saved yet.")


def relation_property(field: FieldSchema, module: str = "") -> list[str]:
    """The attribute of a related object, as lines below ``if TYPE_CHECKING:``.

    Args:
        field: what points to it.
        module: what its class is found in.
    """
    doc = f"The {field.relation} of ``{field.name}``; fetched by ``select_related({field.relation_name!r})``."
    return _property(field.relation_name or "", f"{module}{field.relation} | None", doc)


def link_property(link: LinkSchema) -> list[str]:
    """The attribute of belonging rows, as lines below ``if TYPE_CHECKING:``."""
    doc = f"Rows of {link.entity}; fetched by ``prefetch_related({link.name!r})``, or by ``all()``."
    return _property(link.name, f"{ROWS[link.kind]}[{link.entity}]", doc)


def _property(name: str, kind: str, doc: str) -> list[str]:
    head = f"        def {name}(self) -> {kind}:"
    return ["", "        @property", head, f'            """{doc}"""', "            ..."]


def field_lines(schema: EntitySchema, fields: Iterable[FieldSchema]) -> list[str]:
    """The fields of a model, each with what editors show of it."""
    lines: list[str] = []
    for field in fields:
        lines += [f"    {field.name}: t.{annotation(schema, field)} = t.UNSET"]
        lines += [f'    """{field_doc(schema, field)}"""']
    return lines
