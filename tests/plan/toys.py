"""Small entities with a field of every kind, one for each way of reading a filter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any, Final

from hypothesis import strategies as st

from b24orm.facts import load
from b24orm.query.lookups import LOOKUPS, kind_of, lookups_for
from b24orm.query.nodes import Q
from b24orm.schema import EntitySchema, FieldSchema, ListSchema
from tests.plan.server_model import Column

KINDS: Final[Mapping[str, tuple[str, Column]]] = {
    "id": ("integer", "int"),
    "size": ("integer", "int"),
    "owner": ("user", "int"),
    "amount": ("double", "double"),
    "title": ("string", "string"),
    "stage": ("crm_status", "string"),
    "open": ("char", "string"),
    "day": ("date", "datetime"),
    "moment": ("datetime", "datetime"),
}
"""Field -> Bitrix24's type, and the column that keeps it."""

_DEAL = load("Deal").list
_ITEM = load("Item").list
_USER = load("User").list
assert _DEAL is not None
assert _ITEM is not None
assert _USER is not None
LISTS: Final[Mapping[str, ListSchema]] = {"classic": _DEAL, "orm": _ITEM, "user": _USER}


def toy(dialect: str) -> EntitySchema:
    """An entity whose list method reads its filter in the given dialect."""
    fields = {
        name: FieldSchema(name=name, wire=name.upper(), type=kind, nullable=name != "id")
        for name, (kind, _) in KINDS.items()
    }
    return EntitySchema(name="Toy", scope="crm", module="crm", fields=fields, list=LISTS[dialect])


TASK_FIELDS: Final = (
    "id",
    "title",
    "mark",
    "guid",
    "xml_id",
    "created_by",
    "group_id",
    "parent_id",
    "forked_by_template_id",
    "status",
    "time_estimate",
    "forum_topic_id",
    "deadline",
    "add_in_report",
    "favorite",
    "is_muted",
    "auditors",
)

TASK_FILLED: Final = frozenset({"title", "created_by", "status", "time_estimate"})
"""Columns that every task has a value in."""

# -- rows and values -----------------------------------------------------------------------

TEXTS: Final = ("", "a", "b", "ab", "ba", "a%b", "a_b", "axb", "a\\b", "!a", "0", "12", "112")
DAYS: Final = tuple(date(2024, 2, day) for day in (1, 2, 29))
MOMENTS: Final = tuple(
    datetime(2024, 2, day, hour, tzinfo=timezone.utc) for day in (1, 2) for hour in (0, 12)
)
NUMBERS: Final = tuple(map(Decimal, ("-1.5", "-1", "0", "0.5", "1", "2.25")))

STORED: Final[Mapping[str, st.SearchStrategy[Any]]] = {
    "integer": st.sampled_from([None, -2, -1, 0, 1, 2, 3]),
    "reference": st.sampled_from([None, 0, 1, 2, 3]),
    "number": st.sampled_from([None, *NUMBERS]),
    "string": st.sampled_from([None, *TEXTS]),
    "status": st.sampled_from([None, "", "N", "P", "WON"]),
    "boolean": st.sampled_from(["Y", "N"]),
    "date": st.sampled_from([None, *(datetime(d.year, d.month, d.day, tzinfo=timezone.utc) for d in DAYS)]),
    "datetime": st.sampled_from([None, *MOMENTS]),
}
ASKED: Final[Mapping[str, st.SearchStrategy[Any]]] = {
    "integer": st.sampled_from([-2, -1, 0, 1, 2, 3]),
    "reference": st.sampled_from([-1, 0, 1, 2, 3]),
    "number": st.sampled_from([*NUMBERS, 0, 1]),
    "string": st.sampled_from(TEXTS),
    "status": st.sampled_from(["", "N", "P"]),
    "boolean": st.booleans(),
    "date": st.sampled_from(DAYS),
    "datetime": st.sampled_from([*MOMENTS, *DAYS]),
}


def rows_of(schema: EntitySchema, names: Iterable[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Rows of stored values by field name."""
    return st.fixed_dictionaries({name: stored(schema.fields[name]) for name in sorted(names)})


def stored(field: FieldSchema) -> st.SearchStrategy[Any]:
    """What the server may keep in a field."""
    if field.multiple:
        return st.lists(st.sampled_from([1, 2, 3]), max_size=2, unique=True).map(tuple)
    found = STORED[kind_of(field)]
    return (
        found
        if field.nullable and field.name not in TASK_FILLED
        else found.filter(lambda value: value is not None)
    )


def conditions(schema: EntitySchema, names: tuple[str, ...]) -> st.SearchStrategy[tuple[str, Any]]:
    """``field__lookup`` and a value, of those that the list method honours."""
    assert schema.list is not None
    listing = schema.list
    pairs = [(name, lookup) for name in names for lookup in lookups_for(listing, schema.fields[name])]

    def with_value(pair: tuple[str, str]) -> st.SearchStrategy[tuple[str, Any]]:
        name, lookup = pair
        return st.tuples(st.just(f"{name}__{lookup}"), value_for(schema.fields[name], lookup))

    return st.sampled_from(pairs).flatmap(with_value)


def value_for(field: FieldSchema, lookup: str) -> st.SearchStrategy[Any]:
    """A value that the lookup takes."""
    one = ASKED[kind_of(field)]
    if lookup not in ("exact", "ne", "in"):
        one = one.filter(lambda value: value != "")
    shapes: dict[str, Callable[[], st.SearchStrategy[Any]]] = {
        "one": lambda: one,
        "many": lambda: st.lists(one, max_size=3, unique_by=str),
        "pair": lambda: st.tuples(one, one),
        "flag": st.booleans,
    }
    return shapes[LOOKUPS[lookup]]()


def clauses(leaf: st.SearchStrategy[tuple[str, Any]], *, leaves: int = 6) -> st.SearchStrategy[Q]:
    """Trees of conditions."""
    return st.recursive(
        leaf.map(lambda pair: Q(**{pair[0]: pair[1]})),
        lambda inner: st.one_of(
            st.tuples(inner, inner).map(lambda two: two[0] & two[1]),
            st.tuples(inner, inner).map(lambda two: two[0] | two[1]),
            inner.map(lambda one: ~one),
        ),
        max_leaves=leaves,
    )
