"""Finds what a name in ``filter``, ``order_by`` or ``only`` means for an entity.

Python's spelling (``stage_id``), the relation's (``stage``) and REST's own (``STAGE_ID``,
``>=OPPORTUNITY``) are all understood; anything else is refused with the nearest name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from b24orm.errors import InvalidValue, UnknownName, Unsupported, UsageError, nearest
from b24orm.facts import twin
from b24orm.query.lookups import DEFAULT, LOOKUPS, lookups_for
from b24orm.query.nodes import EVERYTHING, NOTHING, Condition, Node, Order, Q, joined
from b24orm.query.values import check_value
from b24orm.schema import EntitySchema, FieldSchema, ListSchema
from b24orm.tracebacks import bare

__all__ = ["embedded_field", "find_field", "parent_names", "resolve", "resolve_order", "user_field"]

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
class _Named:
    field: FieldSchema
    lookup: str
    negated: bool = False


def user_field(schema: EntitySchema, name: str) -> FieldSchema | None:
    """The schema of a field that only a portal has by its name, if the entity can have one so named.

    Its type is not known offline, so every lookup is open and the value goes as it is.
    """
    wire = schema.custom_wire(name)
    if wire is None:
        return None
    return FieldSchema(name=wire, wire=wire, type="any")


def find_field(schema: EntitySchema, name: str) -> FieldSchema | None:
    """The field that a name stands for: attribute, relation, REST spelling or UF_ field."""
    return (
        schema.fields.get(name)
        or schema.relations.get(name)
        or schema.by_wire.get(name)
        or user_field(schema, name)
    )


def embedded_field(schema: EntitySchema, name: str) -> FieldSchema | None:
    """A field of an object that REST 3.0 answers inside the row: ``creator__name`` is ``creator.name``.

    Where the fields of that object are not known, the server refuses those that it has not.

    Raises:
        UnknownName: the object has no such field.

    >>> from b24orm.facts import load
    >>> embedded_field(load("TaskV3"), "creator__external_auth_id").select
    'creator.externalAuthId'
    """
    head, mark, rest = name.partition("__")
    field = schema.fields.get(head) if mark and rest and schema.api == "v3" else None
    if field is None or not (field.type == "object" or (field.type == "array" and field.multiple)):
        return None
    path = ".".join(_camel(part) for part in rest.split("__"))
    if field.inner and path.partition(".")[0] not in field.inner:
        raise UnknownName(f"{schema.name}.{head} has no field {rest!r}{nearest(path, field.inner)}")
    return replace(field, select=f"{field.wire}.{path}")


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def _all_names(schema: EntitySchema) -> list[str]:
    return [*schema.relations, *schema.fields, *parent_names(schema), *schema.by_wire]


def _need_field(schema: EntitySchema, name: str, used: str) -> FieldSchema:
    found = find_field(schema, name)
    if found is None:
        raise UnknownName(f"{schema.name} has no field {name!r} to {used}{_meant(schema, name)}")
    return found


def _meant(schema: EntitySchema, name: str) -> str:
    """What somebody may have meant who wrote the name."""
    if name == "pk" and schema.id_name:
        return f"; its id is {schema.id_name!r}"
    bare, _, way = name.rpartition(" ")
    if way.lower() in ("asc", "desc") and find_field(schema, bare) is not None:
        return f"; did you mean '{'-' if way.lower() == 'desc' else ''}{bare}'?"
    if name == "?":
        return "; no method shuffles: use random.sample() in Python"
    for lookup in LOOKUPS:
        field = name.removesuffix(f"_{lookup}")
        if field != name and find_field(schema, field) is not None:
            return f"; did you mean '{field}__{lookup}'?"
    return nearest(name, _all_names(schema))


def _parsed(schema: EntitySchema, key: str, value: object) -> tuple[_Named, Any]:
    rest = _REST_KEY.fullmatch(key)
    if rest:
        return _parsed_rest(schema, key, rest[1], rest[2], value)
    name, mark, lookup = key.rpartition("__")
    if not mark or (lookup not in LOOKUPS and find_field(schema, key) and not _is_typo(schema, name, lookup)):
        field = _need_field(schema, key, "filter by")
        return _Named(field, "in" if _is_rest_list(schema, key, value) else DEFAULT), value
    if find_field(schema, name) is None and "__" in name:
        head, _, path = key.partition("__")
        hint = _inside(head, _need_field(schema, head, "filter by"), path)
        raise Unsupported(f"{key!r} looks into {schema.name}.{head}: no method can{hint}")
    field = _need_field(schema, name, "filter by")
    if lookup not in LOOKUPS:
        hint = _inside(name, field, lookup) or nearest(lookup, LOOKUPS)
        raise UnknownName(f"there is no lookup {lookup!r} for {schema.name}.{name}{hint}")
    return _Named(field, lookup), value


def _is_typo(schema: EntitySchema, name: str, lookup: str) -> bool:
    """Whether a lookup is wrong that stands after a user field: in such names anything could be one."""
    return lookup.islower() and schema.custom_wire(name) is not None


def _inside(name: str, field: FieldSchema, path: str) -> str:
    """What to write instead of a look into a field."""
    if field.relation is None:
        return _habit(name, path.partition("__")[0])
    if path in ("id", "pk"):
        return f"; {name}=... compares its id"
    what = f"{name!r} is a related {field.relation}"
    return f"; {what}: give such rows to __in, as in {name}__in={field.relation}.objects.filter({path}=...)"


def _habit(name: str, lookup: str) -> str:
    """What to write instead of a lookup that Django has and no REST method."""
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


def _parsed_rest(schema: EntitySchema, key: str, prefix: str, name: str, value: object) -> tuple[_Named, Any]:
    field = _need_field(schema, name, "filter by")
    if prefix in _PATTERNS:
        lookup, text = _from_pattern(schema, key, value)
        return _Named(field, lookup, _PATTERNS[prefix]), text
    if prefix not in _PREFIXES:
        raise UnknownName(f"{key!r} starts with an unknown operator {prefix!r}{nearest(prefix, _PREFIXES)}")
    lookup, negated = _PREFIXES[prefix]
    if lookup == "exact" and isinstance(value, (list, tuple, set, frozenset)):
        lookup = "in"
    return _Named(field, lookup, negated), value


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


def _listing(schema: EntitySchema) -> ListSchema:
    if schema.list is None:
        raise Unsupported(f"{schema.name} has no list method; use call()")
    return schema.list


def parent_names(schema: EntitySchema) -> Mapping[str, str]:
    """Python names of the parameters that listing needs beside its filter -> REST names.

    >>> from b24orm.facts import load
    >>> dict(parent_names(load("Category")))
    {'entity_type_id': 'entityTypeId'}
    """
    given = [path for path in schema.parent_params if not path.startswith("filter.=")]
    return {schema.parent_names.get(path) or _snake(path.removeprefix("filter.")): path for path in given}


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _parameter(schema: EntitySchema, key: str, value: object, *, negated: bool) -> Condition | None:
    """A parameter of the list method that is no field of its rows, such as a folder's id."""
    wanted = parent_names(schema)
    if key not in wanted or (key in schema.fields and key not in schema.parent_names.values()):
        return None
    given = getattr(value, "pk", value)
    if negated or given is None or given == "":
        raise InvalidValue(
            f"{schema.name}: {key} is a parameter of {_listing(schema).name}: it takes a value"
        )
    return Condition(FieldSchema(name=key, wire=wanted[key], type="any"), "exact", given)


def _leaf(schema: EntitySchema, key: str, value: object, *, negated: bool) -> Node:
    parameter = _parameter(schema, key, value, negated=negated)
    if parameter is not None:
        return parameter
    named, value = _parsed(schema, key, value)
    allowed = _allowed(schema, named.field)
    if not allowed:
        raise Unsupported(
            f"{_listing(schema).name} can't filter {schema.name} by {named.field.name!r}"
            + _filterable_hint(schema, named.field)
            + _elsewhere(schema, named.field)
        )
    if named.lookup not in allowed:
        raise Unsupported(
            f"{_listing(schema).name} can't do {named.field.name}__{named.lookup}; "
            f"it can do {', '.join(_spelled(named.field.name, lookup) for lookup in allowed)}"
        )
    lookup, value = named.lookup, check_value(schema.name, named.field, named.lookup, value)
    if value == "" and _listing(schema).dialect == "equality":
        raise Unsupported(f"{_listing(schema).name} ignores an empty {named.field.name}")
    negated = named.negated != negated
    if lookup == "ne":
        lookup, negated = "exact", not negated
    if lookup == "isnull":
        negated, lookup, value = negated == value, "isnull", True
    elif lookup == "exact" and value is None:
        lookup, value = "isnull", True
    if lookup == "isnull" and "isnull" not in allowed:
        raise Unsupported(f"{_listing(schema).name} can't tell a missing {named.field.name} from 0")
    if lookup == "in" and _listing(schema).casts_lists and _lost_in_lists(value):
        raise Unsupported(
            f"{_listing(schema).name} leaves out of a list what is no positive number: "
            f"compare {named.field.name} with 0 by itself"
        )
    if lookup == "in" and not value:
        return EVERYTHING if negated else NOTHING
    if negated and named.field.name in parent_names(schema):
        raise Unsupported(
            f"{_listing(schema).name} needs {named.field.name} to be one value, not its opposite"
        )
    return Condition(named.field, lookup, value, negated)


def _lost_in_lists(values: object) -> bool:
    """Whether there are numbers among the values that are not positive."""
    found = values if isinstance(values, tuple) else ()
    return any(isinstance(value, int) and value <= 0 for value in found)


def _allowed(schema: EntitySchema, field: FieldSchema) -> tuple[str, ...]:
    if field.name in parent_names(schema):  # a parameter of the method, not of its filter
        return (DEFAULT,)
    return lookups_for(_listing(schema), field) if field.type != "any" else tuple(LOOKUPS)


def _spelled(name: str, lookup: str) -> str:
    return name if lookup == DEFAULT else f"{name}__{lookup}"


def _filterable_hint(schema: EntitySchema, field: FieldSchema) -> str:
    listing = _listing(schema)
    names = [f.name for f in schema.fields.values() if lookups_for(listing, f)]
    if f"{field.name}_id" in names:
        return f"; did you mean '{field.name}_id'?"
    if not names:
        return "; the method takes no filter: filter the rows in Python"
    return f"; it can by {', '.join(names[:12])}{' ...' if len(names) > 12 else ''}"


def _elsewhere(schema: EntitySchema, field: FieldSchema) -> str:
    """The model of the other REST, where that can filter by the field."""
    other = twin(schema.name)
    listing, same = (None, None) if other is None else (other.list, other.fields.get(field.name))
    if other is None or listing is None or same is None or not lookups_for(listing, same):
        return ""
    return f", or take {other.name}{' of REST 3.0' if other.api == 'v3' else ''}, which can"


def resolve(schema: EntitySchema, q: Q, *, negated: bool = False) -> Node:
    """Checks every name, lookup and value of ``q`` and pushes negations down to the leaves.

    Raises:
        UnknownName: no such field or lookup; the message names the nearest.
        Unsupported: the list method can't do it or would misread it silently.
        InvalidValue: the value does not fit the field.
    """
    try:
        found = _resolved(schema, q, negated=negated)
    except UsageError as error:
        raise bare(error)  # noqa: B904 - the same error, without the way through the tree of conditions
    return EVERYTHING if found is None else found


def _resolved(schema: EntitySchema, q: Q, *, negated: bool) -> Node | None:
    """The node of a Q, or None if it says nothing: like Django's, an empty Q can't be negated."""
    flipped = q.negated != negated
    connector = q.connector
    if flipped:
        connector = "OR" if connector == "AND" else "AND"
    children: list[Node] = []
    for child in q.children:
        if isinstance(child, tuple):
            children.append(_leaf(schema, child[0], child[1], negated=flipped))
        elif (node := _resolved(schema, child, negated=flipped)) is not None:
            children.append(node)
    return joined(connector, children) if children else None


def resolve_order(schema: EntitySchema, name: str) -> Order:
    """The sort key that ``name`` or ``-name`` stands for.

    Raises:
        UnknownName: no such field.
        Unsupported: the list method can't sort, or not by this field.
    """
    descending = name.startswith("-")
    bare = name[1:] if descending else name
    head, path, _ = bare.partition("__")
    if path and head in schema.relations and find_field(schema, bare) is None:
        raise Unsupported(
            f"no method sorts by what stands in related rows ({bare!r}): "
            f"fetch them with select_related({head!r}), and sort in Python"
        )
    field = _need_field(schema, bare, "order by")
    listing = _listing(schema)
    if listing.order_style is None and field is not schema.key:
        raise Unsupported(f"{listing.name} can't sort; sort the rows in Python")
    if not field.sortable or field.type == "crm_multifield":
        raise Unsupported(f"{listing.name} can't sort by {field.name!r}")
    return Order(field, descending)
