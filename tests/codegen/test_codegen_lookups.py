"""The typed keywords are exactly what the QuerySet accepts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from b24orm import facts
from b24orm.query.lookups import LOOKUPS, kind_of
from b24orm.query.names import find_field, parent_names
from b24orm.query.nodes import Q
from b24orm.query.resolving import resolve
from b24orm.rendering.annotations import literal_values
from b24orm.rendering.lookups import lookup_keys
from b24orm.schema import EntitySchema

LISTED = [name for name in facts.names() if facts.load(name).list is not None]

VALUES: Mapping[str, Any] = {
    "integer": 7,
    "reference": 7,
    "number": Decimal("1.5"),
    "string": "text",
    "status": "NEW",
    "boolean": True,
    "date": dt.date(2026, 1, 2),
    "datetime": dt.datetime(2026, 1, 2, tzinfo=dt.timezone.utc),
    "multifield": "+1",
}


def sample(schema: EntitySchema, key: str) -> Any:
    """A value that fits the type of the keyword."""
    name, mark, lookup = key.rpartition("__")
    name = name if mark else key
    lookup = lookup if mark else ""
    field = find_field(schema, name)
    assert field is not None
    kind = kind_of(field)
    value = literal_values(field)[0] if literal_values(field) else VALUES[kind]
    return {"one": value, "many": [value], "pair": (value, value), "flag": True}[LOOKUPS[lookup or "exact"]]


def own_keys(schema: EntitySchema) -> list[str]:
    assert schema.list is not None
    parents = parent_names(schema)
    return [key for key in lookup_keys(schema) if key not in parents]


@pytest.mark.parametrize("name", LISTED)
def test_every_typed_keyword_is_accepted(name: str) -> None:
    schema = facts.load(name)

    for key in own_keys(schema):
        assert resolve(schema, Q(**{key: sample(schema, key)})) is not None


@pytest.mark.parametrize("name", LISTED)
def test_every_parameter_that_listing_needs_is_a_keyword(name: str) -> None:
    schema = facts.load(name)
    assert schema.list is not None

    assert set(parent_names(schema)) <= set(lookup_keys(schema))


def test_a_relation_has_all_the_lookups_of_its_field() -> None:
    keys = own_keys(facts.load("Deal"))
    tails = {
        name: {key.removeprefix(name) for key in keys if key == name or key.startswith(f"{name}__")}
        for name in ("stage", "stage_id")
    }

    assert tails["stage"] == tails["stage_id"]
