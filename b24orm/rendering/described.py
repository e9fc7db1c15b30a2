"""What editors show of a field: one sentence, from the facts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from b24orm.rendering.annotations import annotation, literal_values
from b24orm.rendering.relations import python_type
from b24orm.schema import EntitySchema, FieldSchema

__all__ = ["field_doc", "flags", "plain_type"]

_PYTHON: Final[Mapping[str, str]] = {
    "Integers": "tuple[int, ...]",
    "Numbers": "tuple[Decimal, ...]",
    "Texts": "tuple[str, ...]",
    "Dates": "tuple[dt.date, ...]",
    "DateTimes": "tuple[dt.datetime, ...]",
    "MultiFields": "tuple[MultiField, ...]",
    "Sums": "tuple[Money, ...]",
    "Addresses": "tuple[Address, ...]",
    "Bindings": "tuple[Binding, ...]",
    "Bookings": "tuple[Booking, ...]",
    "File": "StoredFile",
    "Files": "tuple[StoredFile, ...]",
    "Json": "as it comes",
    "Jsons": "a tuple, as it comes",
}
"""What values are in Python, by the name of their type among the package's own."""

_MANY: Final = 8
"""Values of a closed set that are named; more are too long to read."""

_PLAIN: Final = re.compile(r"[\w .,:`|~\[\]-]+", re.ASCII)
"""What may stand in a docstring as it is; names and values of a portal may be anything."""

_WIDTH: Final = 104
"""Letters of a sentence that stands in a class."""


def plain_type(schema: EntitySchema, field: FieldSchema) -> str:
    """The type of a field's values, nulls apart.

    >>> from b24orm.facts import load
    >>> contact = load("Contact")
    >>> plain_type(contact, contact.fields["phone"])
    'tuple[MultiField, ...]'
    """
    known = python_type(schema, field).replace(" | None", "")
    named = annotation(schema, field)
    return known if known != "Any" else _PYTHON.get(named, named)


def flags(field: FieldSchema) -> str:
    """What is to be known before a field is given."""
    given = {
        "required": field.required,
        "read only": field.read_only,
        "set once": field.immutable,
        "several values": field.multiple,
        "not in answers": not field.selectable,
        "deprecated": field.deprecated,
    }
    return ", ".join(name for name, holds in given.items() if holds)


def field_doc(schema: EntitySchema, field: FieldSchema) -> str:
    """What an editor shows of a field.

    >>> from b24orm.facts import load
    >>> deal = load("Deal")
    >>> field_doc(deal, deal.fields["stage_id"])
    'str | None: ``STAGE_ID``, crm_status. The Status itself is ``stage``.'
    """
    known = python_type(schema, field)
    value = known if known != "Any" else plain_type(schema, field)
    said = [
        f"{value}: ``{field.wire}``, {field.type}.",
        f"{flags(field).capitalize()}." if flags(field) else "",
    ]
    if field.relation and field.relation_name:
        said.append(f"The {field.relation} itself is ``{field.relation_name}``.")
    closed = literal_values(field)
    if closed and len(closed) <= _MANY:
        said.append(f"One of {', '.join(f'``{one}``' for one in closed)}.")
    said = [sentence for sentence in said if _PLAIN.fullmatch(sentence)] or [f"{value}."]
    while len(" ".join(said)) > _WIDTH and len(said) > 1:
        said.pop()
    return " ".join(said)
