"""Python names for REST names: a mechanical mapping, no synonyms."""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from b24orm.entity.habits import GIVEN_UP

__all__ = ["RESERVED", "class_name", "constant", "field_names", "relation_name", "snake"]

_WORD_EDGE: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

_ENTITY: Final = frozenset(
    [
        "add_value",
        "adelete",
        "arefresh_from_db",
        "asave",
        "before",
        "belonging",
        "change_value",
        "changed",
        "create",
        "custom",
        "delete",
        "extra",
        "loaded",
        "objects",
        "pk",
        "portal",
        "q",
        "readable",
        "refresh_from_db",
        "remove_value",
        "save",
        "take",
        "take_extra",
        "unchanged",
        "update",
        "using",
    ]
)
_IN_GENERATED_CODE: Final = frozenset(
    ["bool", "classmethod", "dt", "float", "int", "property", "str", "t", "tuple"]
)
"""Names that a model module uses inside class bodies: a field so named would hide them there."""

RESERVED: Final = GIVEN_UP | _ENTITY | _IN_GENERATED_CODE
"""Attributes that a model has anyway, so that a field can't be called so."""


def snake(wire: str) -> str:
    """The snake_case spelling of a REST name.

    >>> snake("STAGE_ID"), snake("assignedById"), snake("ufCrm_1639"), snake("~DESCRIPTION")
    ('stage_id', 'assigned_by_id', 'uf_crm_1639', 'description')
    """
    return re.sub(r"\W", "_", _WORD_EDGE.sub("_", wire)).strip("_").lower()


def constant(name: str) -> str:
    """The constant that holds an entity's schema.

    >>> constant("SmartInvoice")
    'SMART_INVOICE'
    """
    return snake(name).upper()


def class_name(module: str, entity: str) -> str:
    """The name of an entity whose own name is taken: prefixed with its module's.

    >>> class_name("catalog", "Product")
    'CatalogProduct'
    """
    return "".join(part.capitalize() for part in module.split("_")) + entity


def _free(name: str, taken: Collection[str]) -> str:
    while not name or keyword.iskeyword(name) or name in RESERVED or name in taken:
        name += "_"
    return name


def field_names(wires: Iterable[str]) -> Mapping[str, str]:
    """Attributes for the fields of one entity, in their order.

    A name that Python or the model needs, or that an earlier field has, gets an underscore.

    >>> dict(field_names(["ID", "EXTRA", "from"]))
    {'ID': 'id', 'EXTRA': 'extra_', 'from': 'from_'}
    """
    found: dict[str, str] = {}
    for wire in wires:
        found[wire] = _free(snake(wire), set(found.values()))
    return found


def relation_name(field: str, target: str, taken: Collection[str]) -> str:
    """The attribute of the object that a field identifies.

    A field ``x_id`` points to ``x``; one without the suffix points to ``field_target``, and so
    does one whose short name is taken.

    Args:
        field: the attribute of the identifying field.
        target: the entity it identifies.
        taken: names of the entity's fields and of relations already named.

    >>> relation_name("stage_id", "Status", ())
    'stage'
    >>> relation_name("created_by", "User", ["created_by"])
    'created_by_user'
    >>> relation_name("responsible_id", "User", ["responsible"])
    'responsible_user'
    """
    short = field.removesuffix("_id")
    long = f"{short}_{snake(target)}"
    plain = short != field and short and short not in taken and _free(short, ()) == short
    return short if plain else _free(long, taken)
