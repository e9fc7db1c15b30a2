"""Rows that a list of REST 3.0 is asked for."""

from __future__ import annotations

import pytest

from b24orm import facts
from b24orm.facts.index import PLACES
from b24orm.plan.page_v3 import page_of

LISTS = [
    schema
    for schema in map(facts.load, PLACES)
    if schema.api == "v3" and schema.list is not None and schema.list.paging == "pagination"
]


@pytest.mark.parametrize("name", [schema.name for schema in LISTS])
def test_what_is_known_by_the_method_is_known_by_the_model(name: str) -> None:
    spec = facts.load(name).list
    assert spec is not None
    assert page_of(spec.name) == spec.page_size


def test_an_unknown_list_is_asked_for_what_every_list_brings() -> None:
    assert page_of("somebody.else.list") == 50
