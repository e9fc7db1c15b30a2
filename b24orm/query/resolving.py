"""A :class:`~b24orm.query.nodes.Q` as conditions: names found, lookups allowed, values checked.

What the list method can't do, or would silently misread, is refused here, before anything is sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from b24orm.errors import InvalidValue, Unsupported, UsageError
from b24orm.facts import twin
from b24orm.query.ids import is_found_by_id, lookups_of
from b24orm.query.keys import Named, parsed
from b24orm.query.lookups import DEFAULT, LOOKUPS, lookups_for
from b24orm.query.names import find_field, list_method, need_field, parent_names
from b24orm.query.nodes import EVERYTHING, NOTHING, Condition, Node, Order, Q, joined
from b24orm.query.values import check_value
from b24orm.schema import EntitySchema, FieldSchema
from b24orm.tracebacks import bare

__all__ = ["resolve", "resolve_order"]


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


def _leaf(schema: EntitySchema, key: str, value: object, *, negated: bool) -> Node:
    parameter = _parameter(schema, key, value, negated=negated)
    if parameter is not None:
        return parameter
    named, value = parsed(schema, key, value)
    _check_lookup(schema, named)
    checked = check_value(schema.name, named.field, named.lookup, value)
    condition = _plain(Condition(named.field, named.lookup, checked, named.negated != negated))
    _check_meaning(schema, condition)
    if condition.lookup == "in" and not condition.value:
        return EVERYTHING if condition.negated else NOTHING
    return condition


def _plain(condition: Condition) -> Condition:
    """The same without ``ne``, ``isnull=False`` and comparisons with None: as negations and ``isnull``."""
    if condition.lookup == "ne":
        condition = replace(condition, lookup="exact", negated=not condition.negated)
    if condition.lookup == "isnull":
        return replace(condition, value=True, negated=condition.negated == condition.value)
    if condition.lookup == "exact" and condition.value is None:
        return replace(condition, lookup="isnull", value=True)
    return condition


def _check_lookup(schema: EntitySchema, named: Named) -> None:
    """Refuses what the list method can't do."""
    field, allowed = named.field, _allowed(schema, named.field)
    if not allowed:
        raise Unsupported(
            f"{list_method(schema).name} can't filter {schema.name} by {field.name!r}"
            + _filterable_hint(schema, field)
            + _elsewhere(schema, field)
        )
    if named.lookup not in allowed:
        raise Unsupported(
            f"{list_method(schema).name} can't do {field.name}__{named.lookup}; "
            f"it can do {', '.join(_spelled(field.name, lookup) for lookup in allowed)}"
        )


def _check_meaning(schema: EntitySchema, condition: Condition) -> None:
    """Refuses what the list method would take for something else."""
    if _is_beside_the_list(schema, condition):
        _check_id(schema, condition)
        return
    listing, name, lookup = list_method(schema), condition.field.name, condition.lookup
    if condition.value == "" and listing.dialect == "equality":
        raise Unsupported(f"{listing.name} ignores an empty {name}")
    if lookup == "isnull" and "isnull" not in _allowed(schema, condition.field):
        python = f"find such rows in Python, as in [row for row in rows if row.{name} is None]"
        raise Unsupported(f"{listing.name} can't tell a missing {name} from 0; {python}")
    if lookup == "in" and listing.casts_lists and _lost_in_lists(condition.value):
        raise Unsupported(
            f"{listing.name} leaves out of a list what is no positive number: compare {name} with 0 by itself"
        )
    if condition.negated and listing.casts_lists and "ne" not in _allowed(schema, condition.field):
        raise Unsupported(
            f"{listing.name} can't find the rows without {name}, which belong to the answer: "
            "leave such rows out in Python"
        )
    if condition.negated and name in parent_names(schema):
        raise Unsupported(f"{listing.name} needs {name} to be one value, not its opposite")


def _is_beside_the_list(schema: EntitySchema, condition: Condition) -> bool:
    """Whether it names ids in a way that the list's filter does not know, but that has other answers."""
    own = lookups_for(schema.list, condition.field) if schema.list is not None else ()
    return condition.field is schema.key and condition.lookup not in own and is_found_by_id(schema)


def _check_id(schema: EntitySchema, condition: Condition) -> None:
    """Refuses what can be answered by a filter only."""
    name = f"{schema.name}.{condition.field.name}"
    if condition.negated:
        raise Unsupported(f"no method leaves rows out by {name}: leave them out in Python")
    if condition.lookup == "isnull":
        raise InvalidValue(f"{name} takes a value: every row has one")


def _parameter(schema: EntitySchema, key: str, value: object, *, negated: bool) -> Condition | None:
    """A parameter of the list method that is no field of its rows, such as a folder's id."""
    wanted = parent_names(schema)
    if key not in wanted or (key in schema.fields and key not in schema.parent_names.values()):
        return None
    given = getattr(value, "pk", value)
    if negated or given is None or given == "":
        raise InvalidValue(
            f"{schema.name}: {key} is a parameter of {list_method(schema).name}: it takes a value"
        )
    given = _parameter_value(schema, key, schema.parent_types.get(wanted[key], ""), given)
    return Condition(FieldSchema(name=key, wire=wanted[key], type="any"), "exact", given)


def _parameter_value(schema: EntitySchema, key: str, kinds: str, value: object) -> object:
    """A parameter's value, if it is of one of the kinds that the method takes; lists come as tuples."""
    refused: InvalidValue | None = None
    for kind in kinds.split("|") if kinds else ():
        try:
            return _of_kind(schema, key, kind, value)
        except InvalidValue as error:
            refused = error
    if refused is not None:
        raise refused
    return value


def _of_kind(schema: EntitySchema, key: str, kind: str, value: object) -> object:
    several = kind.endswith("s")
    field = FieldSchema(name=key, wire=key, type="integer" if kind.startswith("int") else "string")
    if not several:
        return check_value(schema.name, field, DEFAULT, value)
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise InvalidValue(f"{schema.name}.{key} takes a list of them, not {value!r}")
    return tuple(check_value(schema.name, field, DEFAULT, each) for each in value)


def _lost_in_lists(values: object) -> bool:
    """Whether there are numbers among the values that are not positive."""
    found = values if isinstance(values, tuple) else ()
    return any(isinstance(value, int) and value <= 0 for value in found)


def _allowed(schema: EntitySchema, field: FieldSchema) -> tuple[str, ...]:
    if field.name in parent_names(schema):  # a parameter of the method, not of its filter
        return (DEFAULT,)
    return lookups_of(schema, field) if field.type != "any" else tuple(LOOKUPS)


def _spelled(name: str, lookup: str) -> str:
    return name if lookup == DEFAULT else f"{name}__{lookup}"


def _filterable_hint(schema: EntitySchema, field: FieldSchema) -> str:
    listing = list_method(schema)
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
    field = need_field(schema, bare, "order by")
    if field is schema.key and schema.list is None and is_found_by_id(schema):
        return Order(field, descending)
    listing = list_method(schema)
    if listing.order_style is None and field is not schema.key:
        raise Unsupported(f"{listing.name} can't sort; sort the rows in Python")
    if not field.sortable or field.type == "crm_multifield":
        raise Unsupported(f"{listing.name} can't sort by {field.name!r}")
    return Order(field, descending)
