"""The table of lookups: which one fits which kind of field, under which filter dialect.

A *kind* is what a Bitrix24 type means for filtering. A *lookup* is Django's name for a
comparison. :func:`lookups_for` is the only place that says what may be asked; the code
generator writes it into the typed keywords, the QuerySet checks names against it and the
compiler relies on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from b24orm.schema import Dialect, FieldSchema, ListSchema

__all__ = ["DEFAULT", "KINDS", "LOOKUPS", "Kind", "Lookup", "Shape", "kind_of", "lookups_for"]

Kind = Literal[
    "integer",
    "reference",
    "number",
    "string",
    "status",
    "boolean",
    "date",
    "datetime",
    "multifield",
    "money",
    "address",
    "binding",
    "any",
    "none",
]
"""What a field is to a filter. ``reference`` is an id whose 0 means nothing at all."""

Lookup = Literal[
    "exact",
    "ne",
    "in",
    "gt",
    "gte",
    "lt",
    "lte",
    "range",
    "contains",
    "icontains",
    "startswith",
    "istartswith",
    "endswith",
    "iendswith",
    "isnull",
]

Shape = Literal["one", "many", "pair", "flag"]
"""What a lookup takes: one value, a collection, two bounds, or True/False."""

DEFAULT: Final = "exact"

LOOKUPS: Final[Mapping[str, Shape]] = {
    "exact": "one",
    "ne": "one",
    "in": "many",
    "gt": "one",
    "gte": "one",
    "lt": "one",
    "lte": "one",
    "range": "pair",
    "contains": "one",
    "icontains": "one",
    "startswith": "one",
    "istartswith": "one",
    "endswith": "one",
    "iendswith": "one",
    "isnull": "flag",
}
"""What each lookup takes."""

_EQUAL: Final = ("exact", "ne", "in")
_ORDERED: Final = (*_EQUAL, "gt", "gte", "lt", "lte", "range")
_TEXT: Final = ("contains", "icontains", "startswith", "istartswith", "endswith", "iendswith")

KINDS: Final[Mapping[Kind, tuple[str, ...]]] = {
    "integer": (*_ORDERED, "isnull"),
    "reference": (*_ORDERED, "isnull"),
    "number": (*_ORDERED, "isnull"),
    "string": (*_EQUAL, *_TEXT, "isnull"),
    "status": (*_EQUAL, "isnull"),
    "boolean": ("exact", "ne"),
    "date": (*_ORDERED, "isnull"),
    "datetime": (*_ORDERED, "isnull"),
    "multifield": ("startswith",),
    "money": (*_EQUAL, "isnull"),
    "address": ("startswith", "istartswith", "isnull"),
    "binding": (*_EQUAL, "isnull"),
    "any": tuple(LOOKUPS),
    "none": (),
}
"""The lookups that make sense for a kind, before the method has its say."""

_REFERENCES: Final = frozenset(
    {
        "user",
        "employee",
        "crm_company",
        "crm_contact",
        "crm_lead",
        "crm_deal",
        "crm_quote",
        "crm_category",
        "crm_dynamic_type",
        "iblock_element",
        "iblock_section",
        "hlblock",
    }
)

_TYPES: Final[Mapping[str, Kind]] = {
    "integer": "integer",
    "int": "integer",
    "double": "number",
    "money": "money",
    "address": "address",
    "crm": "binding",
    "string": "string",
    "text": "string",
    "url": "string",
    "crm_currency": "status",
    "crm_status": "status",
    "char": "boolean",
    "boolean": "boolean",
    "date": "date",
    "datetime": "datetime",
    "crm_multifield": "multifield",
    "enumeration": "status",
    "location": "string",
    "crm_enum_ownertype": "integer",
    "crm_enum_activitytype": "integer",
    "crm_enum_activitystatus": "integer",
    "crm_enum_activitypriority": "integer",
    "crm_enum_activitynotifytype": "integer",
    "crm_enum_activitydirection": "integer",
    "crm_enum_contenttype": "integer",
}

_YES_NO: Final = frozenset({"Y", "N"})


def kind_of(field: FieldSchema) -> Kind:
    """What the field is to a filter.

    >>> from b24orm.schema import FieldSchema
    >>> kind_of(FieldSchema(name="opportunity", wire="OPPORTUNITY", type="double"))
    'number'
    >>> kind_of(FieldSchema(name="company_id", wire="COMPANY_ID", type="crm_company"))
    'reference'
    """
    if field.type in _REFERENCES:
        return "reference"
    kind: Kind = _TYPES.get(field.type, "none")
    if kind == "boolean":
        closed = field.type == "boolean" or not field.enum or set(field.enum) <= _YES_NO
        return "boolean" if closed else "status"
    if kind == "status" and field.enum and all(value.lstrip("-").isdigit() for value in field.enum):
        return "integer"
    if kind == "integer" and field.relation and field.name != "id":
        return "reference"
    return kind


def _refused(dialect: Dialect, kind: Kind) -> frozenset[str]:
    """Lookups that the dialect can't express for the kind, or would misread silently."""
    if dialect == "orm":  # NULL and 0 are one thing to it
        return frozenset({"isnull"}) if kind in ("integer", "number") else frozenset()
    if dialect == "tasks":  # LIKE exists for the title only; NULL can't be asked for
        return frozenset({"startswith", "istartswith", "endswith", "iendswith", "isnull"})
    if dialect == "user":
        return frozenset({"isnull"})
    if dialect in ("iblock", "plain"):
        return _UNKNOWN
    if dialect == "v3":  # it takes no null, and looks for no parts of texts
        return frozenset({*_TEXT, "isnull"})
    if dialect in ("equality", "flat"):
        return frozenset(LOOKUPS) - {"exact"}
    return frozenset()


_SEVERAL: Final = frozenset({"reference", "integer", "binding"})
"""Kinds of fields with several values that can be asked for one of them."""

_NEEDS: Final[Mapping[str, frozenset[str]]] = {
    "ne": frozenset({"!", "!="}),
    "gt": frozenset({">"}),
    "gte": frozenset({">="}),
    "lt": frozenset({"<"}),
    "lte": frozenset({"<="}),
    "contains": frozenset({"%"}),
    "icontains": frozenset({"%"}),
}
"""Prefixes one of which a method must honour for a lookup, in the plain dialect."""

_PATTERNS: Final = frozenset({"startswith", "istartswith", "endswith", "iendswith"})
_UNKNOWN: Final = _PATTERNS | {"isnull"}
"""Lookups that depend on how a method reads patterns and NULL, which is known of few."""


def _unheard(listing: ListSchema) -> frozenset[str]:
    """Lookups that a plain method has no prefix for."""
    own = set(listing.operators)
    if listing.dialect not in ("plain", "user", "iblock") or (listing.dialect != "plain" and not own):
        return frozenset()
    lost = {lookup for lookup, prefixes in _NEEDS.items() if prefixes.isdisjoint(own)}
    ranged = {"range"} if lost & {"gte", "lte"} else set[str]()
    if listing.dialect == "user":
        return frozenset(lost | ranged) | (_PATTERNS if "=%" not in own else frozenset())
    return _UNKNOWN | lost | ranged


def lookups_for(listing: ListSchema, field: FieldSchema) -> tuple[str, ...]:
    """The lookups that ``listing`` honours for ``field``, ``exact`` first; empty: not filterable.

    >>> from b24orm.schema import FieldSchema, ListSchema
    >>> deals = ListSchema(name="crm.deal.list", filter="filter")
    >>> lookups_for(deals, FieldSchema(name="phone", wire="PHONE", type="crm_multifield"))
    ('startswith',)
    """
    if not field.filterable or listing.dialect == "none":
        return ()
    kind = kind_of(field)
    if field.multiple and kind != "multifield":
        return ("exact", "in") if kind in _SEVERAL else ()
    if kind == "multifield" and listing.dialect != "classic":
        return ()
    refused = _refused(listing.dialect, kind) | _unheard(listing)
    if listing.casts_lists and kind == "number":  # of a list of prices it makes 1
        refused |= {"in"}
    if listing.casts_lists and kind in ("date", "datetime") and field.nullable:  # it can't ask for no date
        refused |= {"ne"}
    if listing.dialect == "v3" and field.nullable:  # "unequal" would leave out the rows without a value
        refused |= {"ne"}
    return tuple(lookup for lookup in KINDS[kind] if lookup not in refused)
