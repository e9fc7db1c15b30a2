"""Conditions of REST 3.0: values of the field's own type, and no negation that loses the rows without a value."""

from __future__ import annotations

from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

import pytest

from b24orm.errors import Unsupported
from b24orm.plan.leaves import spell
from b24orm.query.nodes import Condition
from b24orm.schema import FieldSchema

NOON = datetime(2024, 2, 1, 12, tzinfo=timezone.utc)


def condition(
    type: str, lookup: str, value: Any, *, negated: bool = False, nullable: bool = True
) -> Condition:
    return Condition(FieldSchema(name="f", wire="f", type=type, nullable=nullable), lookup, value, negated)


@pytest.mark.parametrize(
    ("type", "lookup", "value", "pair"),
    [
        ("integer", "exact", 5, ("=f", 5)),
        ("integer", "in", (3, 5), ("@f", (3, 5))),
        ("integer", "gt", 5, (">f", 5)),
        ("integer", "lte", 5, ("<=f", 5)),
        ("datetime", "gte", NOON, (">=f", NOON)),
        ("datetime", "in", (NOON,), ("@f", (NOON,))),
        ("date", "exact", date(2024, 2, 1), ("=f", date(2024, 2, 1))),
    ],
)
def test_what_is_asked_for(type: str, lookup: str, value: Any, pair: Any) -> None:
    assert spell(condition(type, lookup, value), "v3") == ((pair,),)


@pytest.mark.parametrize("value", [5, Decimal(5)])
def test_a_whole_number_goes_as_a_fraction_where_the_field_is_one(value: Any) -> None:
    (((_, sent),),) = spell(condition("double", "exact", value), "v3")

    assert (type(sent), sent) == (float, 5)


@pytest.mark.parametrize(
    ("lookup", "value", "pair"),
    [
        ("exact", 5, ("!=f", 5)),
        ("in", (3, 5), ("!@f", (3, 5))),
        ("gt", 5, ("<=f", 5)),
        ("gte", 5, ("<f", 5)),
        ("lt", 5, (">=f", 5)),
        ("lte", 5, (">f", 5)),
    ],
)
def test_where_every_row_has_a_value_it_can_be_excluded(lookup: str, value: Any, pair: Any) -> None:
    asked = condition("integer", lookup, value, negated=True, nullable=False)

    assert spell(asked, "v3") == ((pair,),)


@pytest.mark.parametrize(("lookup", "value"), [("exact", 5), ("in", (3, 5)), ("gt", 5)])
def test_elsewhere_an_exclusion_would_lose_the_rows_without_one(lookup: str, value: Any) -> None:
    with pytest.raises(Unsupported, match="the rows without a value, which belong to the answer"):
        spell(condition("integer", lookup, value, negated=True), "v3")


@pytest.mark.parametrize(
    ("type", "lookup", "value", "why"),
    [
        ("string", "contains", "x", "compares whole values only"),
        ("string", "startswith", "x", "compares whole values only"),
        ("string", "isnull", True, "can't ask for a missing value"),
        ("datetime", "gt", NOON.replace(tzinfo=None), "an aware datetime"),
        ("datetime", "exact", date(2024, 2, 1), "an aware datetime"),
        ("datetime", "in", (NOON, NOON.replace(microsecond=1)), "leave the microseconds out"),
    ],
)
def test_what_would_be_misread_is_refused(type: str, lookup: str, value: Any, why: str) -> None:
    with pytest.raises(Unsupported, match=why):
        spell(condition(type, lookup, value), "v3")
