"""Values for REST 3.0: JSON's own types, moments with their zone; what has no form there is refused."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b24orm.errors import InvalidValue
from b24orm.transport.encoding_v3 import encode_v3, to_json_v3
from tests.conftest import shown


class Colour(Enum):
    RED = "red"
    DAY = date(2024, 2, 29)


class Size(IntEnum):
    LARGE = 3


class Row:
    pk = 7


class Scalar:
    """A number as numpy has it."""

    dtype, shape = "int64", ()

    def item(self) -> int:
        return 5


MSK = timezone(timedelta(hours=3))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (5, 5),
        (0.5, 0.5),
        (Decimal("10.50"), 10.5),
        (Decimal(5), 5.0),
        ("a", "a"),
        (Colour.RED, "red"),
        (Colour.DAY, "2024-02-29"),
        (Size.LARGE, 3),
        (date(2024, 2, 29), "2024-02-29"),
        (datetime(2024, 2, 29, 12, 30, tzinfo=MSK), "2024-02-29T12:30:00+03:00"),
        (datetime(2024, 2, 29, 12, 30, 1, 999, tzinfo=MSK), "2024-02-29T12:30:01+03:00"),
        (Row(), 7),
        (Scalar(), 5),
        ((1, True), [1, True]),
        ([None, Colour.RED], [None, "red"]),
        ({2, 1}, [1, 2]),
        (frozenset({7, 3}), [3, 7]),
        ({"a": {"b": Decimal(1)}}, {"a": {"b": 1.0}}),
        ({5: Scalar(), Colour.RED: 2}, {"5": 5, "red": 2}),
        ([], []),
    ],
    ids=shown,
)
def test_a_value_has_one_form(value: Any, expected: Any) -> None:
    found = encode_v3(value)

    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (float("nan"), "no finite number"),
        (Decimal("Infinity"), "no finite number"),
        (Decimal("sNaN"), "no finite number"),
        (Decimal("1e400"), "no finite number"),  # to a float
        ("\ud800", "surrogate"),
        ({"\ud800": 1}, "surrogate"),
        (datetime(2024, 2, 29, 12), "without its zone: give it a tzinfo"),
        ([datetime(2024, 2, 29, 12)], "without its zone"),
        (b"a", "a bytes can't be sent"),
        (object(), "a object can't be sent"),
        (timedelta(1), "a timedelta can't be sent"),
        ({1: "a", "1": "b"}, "twice"),
        ({True: 1}, "can't be the name of a parameter"),
        ({None: 1}, "can't be the name of a parameter"),
    ],
    ids=shown,
)
def test_a_value_without_a_form_is_refused(value: Any, reason: str) -> None:
    with pytest.raises(InvalidValue, match=reason):
        encode_v3(value)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(PLAIN)
def test_what_json_knows_goes_as_it_is(value: Any) -> None:
    assert json.loads(to_json_v3(value)) == value
