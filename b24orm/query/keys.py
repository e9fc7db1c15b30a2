"""A keyword of ``filter`` taken apart: the field, the lookup, and whether it is negated.

Django's keywords (``opportunity__gte``) and REST's own keys (``>=OPPORTUNITY``) are both understood.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from b24orm.errors import InvalidValue, UnknownName, Unsupported, nearest
from b24orm.query.lookups import DEFAULT, LOOKUPS
from b24orm.query.names import find_field, need_field
from b24orm.schema import EntitySchema, FieldSchema

__all__ = ["Named", "parsed"]

_REST_KEY: Final = re.compile(r"([!=<>@%]+)(\w+)", re.ASCII)

_PREFIXES: Final[Mapping[str, tuple[str, bool]]] = {
    "=": ("exact", False),
    "!": ("exact", True),
    "!=": ("exact", True),
    ">": ("gt", False),
    ">=": ("gte", False),
    "<": ("lt", False),
    "<=": ("lte", False),
    "!>": ("gt", True),
    "!>=": ("gte", True),
    "!<": ("lt", True),
    "!<=": ("lte", True),
    "@": ("in", False),
    "!@": ("in", True),
    "%": ("contains", False),
    "!%": ("contains", True),
    "><": ("range", False),
    "!><": ("range", True),
}

_PATTERNS: Final[Mapping[str, bool]] = {"=%": False, "%=": False, "!=%": True, "!%=": True}
"""Operators that take a LIKE pattern, and whether they negate it."""

_PARTS: Final = frozenset(
    {
        "date",
        "time",
        "year",
        "iso_year",
        "quarter",
        "month",
        "week",
        "week_day",
        "day",
        "hour",
        "minute",
        "second",
    }
)
"""Lookups of Django that take a moment apart."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a keyword names.

    Attributes:
        field: the field.
        lookup: Django's name of the comparison.
        negated: the operator says "not".
    """

    field: FieldSchema
    lookup: str
    negated: bool = False


def parsed(schema: EntitySchema, key: str, value: object) -> tuple[Named, Any]:
    """What a keyword names, and the value to compare with.

    Raises:
        UnknownName: there is no such field or lookup.
        Unsupported: it looks into a related row.
        InvalidValue: a pattern is none that a lookup could stand for.

    >>> from b24orm.facts import load
    >>> named, value = parsed(load("Deal"), ">=OPPORTUNITY", 5)
    >>> named.field.name, named.lookup, value
    ('opportunity', 'gte', 5)
    """
    rest = _REST_KEY.fullmatch(key)
    if rest:
        return _parsed_rest(schema, key, rest[1], rest[2], value)
    name, mark, lookup = key.rpartition("__")
    if not mark or (lookup not in LOOKUPS and find_field(schema, key) and not _is_typo(schema, name, lookup)):
        field = need_field(schema, key, "filter by")
        return Named(field, "in" if _is_rest_list(schema, key, value) else DEFAULT), value
    if find_field(schema, name) is None and "__" in name:
        head, _, path = key.partition("__")
        hint = _inside(head, need_field(schema, head, "filter by"), path)
        raise Unsupported(f"{key!r} looks into {schema.name}.{head}: no method can{hint}")
    field = need_field(schema, name, "filter by")
    if lookup not in LOOKUPS:
        hint = _inside(name, field, lookup) or nearest(lookup, LOOKUPS)
        raise UnknownName(f"there is no lookup {lookup!r} for {schema.name}.{name}{hint}")
    return Named(field, lookup), value


def _is_typo(schema: EntitySchema, name: str, lookup: str) -> bool:
    """Whether a lookup is wrong that stands after a user field: in such names anything could be one."""
    return lookup.islower() and schema.custom_wire(name) is not None


_OTHERWISE: Final[Mapping[str, str]] = {
    **dict.fromkeys(("not", "neq", "noteq", "not_eq", "isnot"), "{}__ne=..."),
    **dict.fromkeys(("eq", "equals", "is"), "{}=..."),
    **dict.fromkeys(("like", "ilike", "has", "match"), "{}__contains=..."),
    **dict.fromkeys(("notin", "not_in", "nin"), "exclude({}__in=[...])"),
    **dict.fromkeys(("null", "is_null", "empty", "isempty", "isblank"), "{}__isnull=True"),
    **dict.fromkeys(("between",), "{}__range=(lower, upper)"),
    **dict.fromkeys(("ge", "min", "after", "since"), "{}__gte=..."),
    **dict.fromkeys(("le", "max"), "{}__lte=..."),
    **dict.fromkeys(("before",), "{}__lt=..."),
}
"""Lookups as others call them."""


def _inside(name: str, field: FieldSchema, path: str) -> str:
    """What to write instead of a look into a field."""
    if field.relation is None or path in _OTHERWISE:
        return _habit(name, path.partition("__")[0])
    if path in ("id", "pk"):
        return f"; {name}=... compares its id"
    what = f"{name!r} is a related {field.relation}"
    return f"; {what}: give such rows to __in, as in {name}__in={field.relation}.objects.filter({path}=...)"


def _habit(name: str, lookup: str) -> str:
    """What to write instead of a lookup that others have, and no REST method."""
    if lookup in _OTHERWISE:
        return f"; write {_OTHERWISE[lookup].format(name)}"
    if lookup == "iexact":
        return f"; {name}=... compares without regard to capitals, as the portal does"
    if lookup in ("regex", "iregex", "search"):
        return f"; use {name}__contains or {name}__startswith, or look at the rows in Python"
    if lookup in _PARTS:
        return f"; say when it begins and ends: {name}__gte=..., {name}__lt=..."
    return ""


def _is_rest_list(schema: EntitySchema, key: str, value: object) -> bool:
    """Whether a list stands under REST's own spelling of a name, where it means "one of these"."""
    python = key in schema.fields or key in schema.relations or key.startswith(("uf_", "property"))
    return isinstance(value, (list, tuple, set, frozenset)) and not python


def _parsed_rest(schema: EntitySchema, key: str, prefix: str, name: str, value: object) -> tuple[Named, Any]:
    field = need_field(schema, name, "filter by")
    if prefix in _PATTERNS:
        lookup, text = _from_pattern(schema, key, value)
        return Named(field, lookup, _PATTERNS[prefix]), text
    if prefix not in _PREFIXES:
        raise UnknownName(f"{key!r} starts with an unknown operator {prefix!r}{nearest(prefix, _PREFIXES)}")
    lookup, negated = _PREFIXES[prefix]
    if lookup == "exact" and isinstance(value, (list, tuple, set, frozenset)):
        lookup = "in"
    return Named(field, lookup, negated), value


def _from_pattern(schema: EntitySchema, key: str, value: object) -> tuple[str, str]:
    """The lookup that a LIKE pattern comes to, and its text."""
    if not isinstance(value, str):
        raise InvalidValue(f"{schema.name}: {key!r} takes a str pattern, not {value!r}")
    core = value.strip("%")
    if any(mark in core for mark in "%_"):
        raise InvalidValue(f"{schema.name}: {key!r} can't have % or _ inside its pattern {value!r}")
    lookup = {
        (False, False): "exact",
        (False, True): "startswith",
        (True, False): "endswith",
        (True, True): "contains",
    }[(value.startswith("%"), value.endswith("%"))]
    return lookup, core
