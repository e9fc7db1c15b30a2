"""Which annotation a field gets, and which type a lookup takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from b24orm.entity.filefields import is_file
from b24orm.query.closed import is_closed
from b24orm.query.lookups import LOOKUPS, Kind, kind_of
from b24orm.schema import EntitySchema, FieldSchema

__all__ = ["annotation", "given_type", "literal_values", "lookup_type", "parent_type", "value_type"]

_SINGLE: Final[Mapping[Kind, str]] = {
    "integer": "Integer",
    "reference": "Reference",
    "number": "Number",
    "string": "Text",
    "status": "Status",
    "boolean": "Boolean",
    "date": "Date",
    "datetime": "DateTime",
    "multifield": "MultiFields",
    "money": "Money",
    "address": "Address",
    "binding": "Binding",
    "any": "Json",
    "none": "Json",
}
_MULTIPLE: Final[Mapping[Kind, str]] = {
    "integer": "Integers",
    "reference": "Integers",
    "string": "Texts",
    "status": "Texts",
    "multifield": "MultiFields",
    "number": "Numbers",
    "date": "Dates",
    "datetime": "DateTimes",
    "money": "Sums",
    "address": "Addresses",
    "binding": "Bindings",
}

_VALUES: Final[Mapping[Kind, str]] = {
    "integer": "int",
    "reference": "int",
    "number": "Decimal | int | float",
    "string": "str",
    "status": "str",
    "boolean": "bool",
    "date": "dt.date",
    "datetime": "dt.datetime | dt.date",
    "multifield": "str",
    "money": "Money | str",
    "address": "str",
    "binding": "Binding | Model | str | int",
}

_CLOSED: Final = frozenset({"exact", "ne", "in"})
"""Lookups whose value is one of the field's own values."""


def annotation(schema: EntitySchema, field: FieldSchema) -> str:
    """The name in :mod:`b24orm.entity.types` that says how the field's values are read.

    >>> from b24orm.facts import load
    >>> deal = load("Deal")
    >>> annotation(deal, deal.fields["opportunity"]), annotation(deal, deal.fields["contact_ids"])
    ('Number', 'Integers')
    """
    kind = kind_of(field)
    if field.name == schema.id_name:
        return "Id" if kind in ("integer", "reference") else "StringId"
    if is_file(field):
        return "Files" if field.multiple else "File"
    if field.type == "resourcebooking":
        return "Bookings"
    if field.multiple:
        return _MULTIPLE.get(kind, "Jsons")
    if field.type == "enumeration" and field.wire.startswith("UF_"):
        return "Reference"  # 0 is none of its values
    return _SINGLE[kind]


def literal_values(field: FieldSchema) -> tuple[str | int, ...]:
    """The field's closed set of values and their titles; empty if it is open.

    >>> color = FieldSchema(name="x", wire="X", type="enumeration", enum=("1", "2"), titles=("Red", ""))
    >>> literal_values(color)
    (1, 2, 'Red')
    """
    if not is_closed(field):
        return ()
    numbers = kind_of(field) in ("integer", "reference")
    values: tuple[str | int, ...] = tuple(int(value) for value in field.enum) if numbers else field.enum
    return tuple(dict.fromkeys((*values, *field.by_title)))


def value_type(field: FieldSchema) -> str:
    """The type of one value in a lookup.

    >>> value_type(FieldSchema(name="closedate", wire="CLOSEDATE", type="date"))
    'dt.date'
    """
    return _VALUES[kind_of(field)]


def lookup_type(lookup: str, value: str, closed: str | None = None) -> str:
    """The type of a lookup's argument.

    Args:
        lookup: a key of :data:`b24orm.query.lookups.LOOKUPS`.
        value: the type of one value.
        closed: the narrower type of the field's own values, if they are a closed set.

    >>> lookup_type("in", "int"), lookup_type("range", "dt.date"), lookup_type("isnull", "str")
    ('Iterable[int]', 'tuple[dt.date, dt.date]', 'bool')
    """
    if closed and lookup in _CLOSED:
        value = closed
    shapes = {
        "one": value,
        "many": f"Iterable[{value}]",
        "pair": f"tuple[{value}, {value}]",
        "flag": "bool",
    }
    return shapes[LOOKUPS[lookup]]


_PARENTS: Final = {"int": "int", "str": "str", "ints": "Iterable[int]", "strs": "Iterable[str]"}
"""Types of parameters, by what facts call them."""


_GIVEN: Final[Mapping[Kind, str]] = {
    **_VALUES,
    "money": "t.Money | Decimal | int | str",
    "address": "t.Address | str",
    "binding": "t.Binding | Model | str | int",
    "any": "Any",
    "none": "Any",
}
"""``t`` is :mod:`b24orm.entity.types`, as in the models."""


def given_type(schema: EntitySchema, field: FieldSchema, closed: str | None = None) -> str:
    """The type of what a field is given.

    Args:
        schema: the entity.
        field: its field.
        closed: the narrower type of the field's own values, if they are a closed set.

    >>> from b24orm.facts import load
    >>> deal, contact = load("Deal"), load("Contact")
    >>> given_type(deal, deal.fields["opportunity"]), given_type(contact, contact.fields["phone"])
    ('Decimal | int | float | None', 'Iterable[str | MultiField] | None')
    """
    kind = kind_of(field)
    if kind == "multifield":
        return "Iterable[str | MultiField] | None"
    one = closed or ("t.File" if is_file(field) else _GIVEN[kind])
    if kind == "reference" and field.relation and field.multiple:
        one = f"{one} | {field.relation}"
    if one == "Any":
        return "Any"
    if field.name == schema.id_name:
        return one
    return f"Iterable[{one}] | None" if field.multiple else f"{one} | None"


def parent_type(schema: EntitySchema, param: str) -> str:
    """The type of a parameter that the caller must supply to list an entity.

    >>> from b24orm.facts import load
    >>> parent_type(load("ImUser"), "ID"), parent_type(load("CatalogProduct"), "filter.iblockId")
    ('Iterable[int]', 'int')
    """
    if given := schema.parent_types.get(param):
        return " | ".join(_PARENTS[kind] for kind in given.split("|"))
    field = schema.by_wire.get(param) or schema.by_wire.get(param.removeprefix("filter."))
    return _VALUES.get(kind_of(field), "int | str") if field else "int | str"
