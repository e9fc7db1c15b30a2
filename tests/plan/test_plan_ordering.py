"""The order of a query as a plan has to know it."""

from __future__ import annotations

import pytest

from b24orm.facts import load
from b24orm.plan.listing import Listing
from b24orm.plan.ordering import by_id, descending, selecting_keys, total_order
from b24orm.query.nodes import Query
from b24orm.query.resolving import resolve_order


def asked(entity: str, *order: str, only: tuple[str, ...] | None = None) -> Query:
    schema = load(entity)
    select = None if only is None else tuple(schema.fields[name] for name in only)
    return Query(schema, order=tuple(resolve_order(schema, name) for name in order), select=select)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (asked("Deal"), (True, False)),
        (asked("Deal", "id"), (True, False)),
        (asked("Deal", "-id", "title"), (True, True)),
        (asked("Deal", "-title"), (False, True)),
        (asked("Deal", "title", "-id"), (False, False)),
        (Query(load("TimelineBinding")), (False, False)),
    ],
)
def test_an_order_is_that_of_the_ids_or_another(query: Query, expected: tuple[bool, bool]) -> None:
    assert (by_id(query), descending(query)) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (asked("Deal"), ["id"]),
        (asked("Deal", "-title"), ["-title", "id"]),
        (asked("Deal", "title", "-id"), ["title", "-id"]),
        (asked("User", "-last_name"), ["-last_name"]),  # it sorts by one field
        (asked("Employee"), []),  # it knows no order
    ],
)
def test_an_order_is_made_total_by_the_id(query: Query, expected: list[str]) -> None:
    assert list(map(str, total_order(query, Listing.of(query, {})))) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (asked("Deal", "closedate", only=("title",)), ("ID", "TITLE", "CLOSEDATE")),
        (asked("Deal", "title", only=("title",)), ("ID", "TITLE")),
        (asked("Status", "sort", only=("name",)), None),  # it brings every field
    ],
)
def test_the_fields_to_sort_by_are_selected_too(query: Query, expected: tuple[str, ...] | None) -> None:
    assert selecting_keys(query, Listing.of(query, {})).select == expected


def test_nothing_is_added_to_what_brings_every_field() -> None:
    query = asked("Deal", "closedate")
    listing = Listing.of(query, {})

    assert selecting_keys(query, listing) == listing
