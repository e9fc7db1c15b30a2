"""What a lookup takes: values come out in one shape, or are refused with what would fit."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b24orm.errors import InvalidValue
from b24orm.query.values import check_value
from b24orm.schema import FieldSchema
from tests.conftest import shown

QUICK = settings(max_examples=200, derandomize=True, deadline=None)

TYPES = {
    "id": "integer",
    "owner": "user",
    "amount": "double",
    "title": "string",
    "stage": "crm_status",
    "open": "char",
    "day": "date",
    "moment": "datetime",
    "phone": "crm_multifield",
    "uf_any": "any",
}
FIELDS = {name: FieldSchema(name=name, wire=name.upper(), type=kind) for name, kind in TYPES.items()}
COLOUR = FieldSchema(name="colour", wire="COLOUR", type="crm_status", enum=("RED", "GREEN"))
UTC = timezone.utc


class Colour(Enum):
    RED = "RED"


class Size(IntEnum):
    LARGE = 3


class Row:
    pk = 7


class NotADay(date):
    """As pandas' "not a time": it differs from itself."""

    def __eq__(self, other: object) -> bool:
        return False

    def __ne__(self, other: object) -> bool:
        return True

    __hash__ = date.__hash__


def checked(name: str, lookup: str, value: Any) -> Any:
    return check_value("Deal", FIELDS[name], lookup, value)


@pytest.mark.parametrize(
    ("name", "lookup", "value", "expected"),
    [
        ("id", "exact", 5, 5),
        ("owner", "exact", Row(), 7),
        ("id", "exact", Size.LARGE, 3),
        ("id", "in", (n for n in [3, 1, 3]), (3, 1)),
        ("id", "in", {5}, (5,)),
        ("id", "range", [1, 2], (1, 2)),
        ("amount", "gte", 10, 10),
        ("amount", "gte", 0.1, Decimal("0.1")),
        ("amount", "gte", Decimal("1.50"), Decimal("1.50")),
        ("title", "contains", "a", "a"),
        ("title", "exact", "", ""),
        ("title", "exact", None, None),
        ("title", "ne", None, None),
        ("stage", "exact", Colour.RED, "RED"),
        ("open", "exact", True, True),
        ("open", "exact", "N", False),
        ("day", "gt", "2024-02-29", date(2024, 2, 29)),
        ("day", "gt", date(2024, 2, 29), date(2024, 2, 29)),
        ("moment", "gt", date(2024, 2, 29), date(2024, 2, 29)),
        ("moment", "gt", "2024-02-29", date(2024, 2, 29)),
        ("moment", "gt", "2024-02-29T12:30:00+03:00", datetime(2024, 2, 29, 12, 30, tzinfo=timezone(timedelta(hours=3)))),
        ("moment", "gt", "2024-02-29T12:30:00Z", datetime(2024, 2, 29, 12, 30, tzinfo=UTC)),
        ("title", "isnull", True, True),
        ("uf_any", "exact", True, True),
        ("uf_any", "exact", 0.5, Decimal("0.5")),
    ],
    ids=shown,
)  # fmt: skip
def test_a_fitting_value_comes_out_in_one_shape(name: str, lookup: str, value: Any, expected: Any) -> None:
    assert checked(name, lookup, value) == expected


@pytest.mark.parametrize(
    ("name", "lookup", "value", "fits"),
    [
        ("id", "exact", "5", "an int"),
        ("id", "exact", 5.0, "an int"),
        ("id", "exact", True, "an int"),
        ("id", "gt", None, "an int"),
        ("id", "in", 5, "a list, tuple or set"),
        ("id", "in", "56", "a list, tuple or set"),
        ("id", "in", {5: 6}, "a list, tuple or set"),
        ("id", "in", [5, None], "an int"),
        ("id", "range", (1, 2, 3), r"a pair \(lower, upper\)"),
        ("id", "range", {1, 2}, r"a pair \(lower, upper\)"),
        ("amount", "exact", "10", "a Decimal, an int or a float"),
        ("amount", "exact", float("nan"), "a finite number"),
        ("amount", "exact", float("inf"), "a finite number"),
        ("amount", "exact", Decimal("sNaN"), "a finite number"),
        ("title", "exact", 5, "a str"),
        ("title", "exact", b"a", "a str"),
        ("title", "contains", "", "a text that is not empty"),
        ("open", "exact", 1, "True or False"),
        ("open", "exact", "yes", "True or False"),
        ("day", "exact", datetime(2024, 2, 29, tzinfo=UTC), "a date without a time"),
        ("day", "exact", "29.02.2024", "a date, or 'YYYY-MM-DD'"),
        ("day", "exact", 20240229, "a date"),
        ("moment", "exact", "yesterday", "a datetime, or an ISO 8601 string"),
        ("moment", "exact", 1709164800, "a datetime or a date"),
        ("title", "isnull", 1, "True or False"),
        ("title", "isnull", None, "True or False"),
        ("uf_any", "exact", [1], "a str, number, bool or date"),
        ("uf_any", "exact", Decimal("NaN"), "a finite number"),
        ("uf_any", "gt", Decimal("sNaN"), "a finite number"),
        ("uf_any", "in", [Decimal("sNaN")], "a finite number in its list"),
        ("uf_any", "exact", float("inf"), "a finite number"),
        ("day", "exact", NotADay(2024, 2, 29), "a value"),
        ("moment", "in", [NotADay(2024, 2, 29)], "a value in its list"),
    ],
    ids=shown,
)
def test_another_value_is_refused_with_what_would_fit(name: str, lookup: str, value: Any, fits: str) -> None:
    with pytest.raises(InvalidValue, match=fits):
        checked(name, lookup, value)


def test_the_refusal_names_the_entity_the_field_and_the_value() -> None:
    with pytest.raises(InvalidValue, match=r"^Deal\.amount__gte takes .*, not 'ten' \(str\)$"):
        checked("amount", "gte", "ten")


def test_a_long_value_is_cut_in_the_message() -> None:
    with pytest.raises(InvalidValue, match=r"\.\.\. \(list\); one of several is title__in$"):
        checked("title", "exact", ["a" * 500])


def test_a_value_outside_a_closed_set_is_refused_with_the_nearest() -> None:
    with pytest.raises(InvalidValue, match="one of RED, GREEN; did you mean 'GREEN'"):
        check_value("Deal", COLOUR, "exact", "GREN")


def test_a_closed_set_may_be_empty() -> None:
    assert check_value("Deal", COLOUR, "exact", "") == ""


ANYTHING: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.text(max_size=4),
    st.binary(max_size=2),
    st.dates(),
    st.datetimes(),
    st.lists(st.integers() | st.decimals() | st.floats(), max_size=3),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
    st.builds(object),
)


@QUICK
@given(
    name=st.sampled_from(sorted(FIELDS)),
    lookup=st.sampled_from(["exact", "in", "gt", "range", "isnull"]),
    value=ANYTHING,
)
def test_whatever_is_given_is_taken_or_refused(name: str, lookup: str, value: Any) -> None:
    try:
        found = checked(name, lookup, value)
    except InvalidValue:
        return

    assert checked(name, lookup, found) == found
