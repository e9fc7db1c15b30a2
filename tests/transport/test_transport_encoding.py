"""Values on the wire: the same alone and in a batch, or found beforehand."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from b24orm.emulator import php
from b24orm.errors import InvalidValue
from b24orm.plan.calls import Call, Ref
from b24orm.transport.encoding import MAX_INPUT_VARS, command, encode, fits_batch, to_json
from b24orm.values import Money
from tests.conftest import shown
from tests.transport.php_query import is_macro, parse_str

QUICK = settings(max_examples=300, derandomize=True, deadline=None)


class Colour(Enum):
    RED = "RED"


class Row:
    pk = 7


TEXTS = st.text(max_size=6) | st.text("$result[a]\u00a0 \n0.%&=#+;", max_size=14)
KEYS = st.text(max_size=4) | st.sampled_from([">=ID", "0", "07", " ", "\t", "a b", "a.b", "é", "[x]", ""])
SCALARS = st.one_of(
    TEXTS,
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9),
    st.booleans(),
    st.dates(),
    st.datetimes(timezones=st.none() | st.just(timezone(timedelta(hours=3)))),
    st.just(Colour.RED),
)
VALUES = st.recursive(
    SCALARS | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(KEYS, inner, max_size=3)
    ),
    max_leaves=6,
)
NAMES = st.sampled_from(["filter", "select", "FIELDS", "id", "a.b", "0", "x y"])
PARAMS = st.dictionaries(NAMES, VALUES, max_size=3)

PLAIN_KEYS = st.text("abé%&=+#;! \n", min_size=1, max_size=4) | st.sampled_from([">=ID", "0", "07", "a.b"])
PLAIN_VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(PLAIN_KEYS, inner, min_size=1),
    max_leaves=6,
)
PLAIN_PARAMS = st.dictionaries(
    st.sampled_from(["filter", "select", "FIELDS", "id"]), PLAIN_VALUES, max_size=3
)
CALLS = st.builds(Call, st.just("crm.deal.list"), PLAIN_PARAMS | PLAIN_PARAMS | PARAMS)
"""Calls of which about half ride a batch: whatever can be said, and what mostly can't."""


def texts(value: Any) -> Any:
    """JSON's values as a query string says them: everything a text, every list a map."""
    if isinstance(value, dict):
        return {key: texts(item) for key, item in value.items()}
    if isinstance(value, list):
        return {str(number): texts(item) for number, item in enumerate(value)}
    return str(value)


def in_batch(call: Call) -> Any:
    """What the server finds in a command's query string."""
    return parse_str(command(call).partition("?")[2])


# -- properties ------------------------------------------------------------------------------


@QUICK
@given(params=PARAMS)
def test_what_is_encoded_survives_json(params: dict[str, Any]) -> None:
    assert json.loads(to_json(params)) == encode(params)


@QUICK
@given(call=CALLS)
def test_a_call_that_fits_means_the_same_in_a_batch(call: Call) -> None:
    assume(fits_batch(call))

    assert in_batch(call) == texts(encode(call.params))


@QUICK
@given(call=CALLS)
def test_the_local_portal_reads_a_batch_the_same_way(call: Call) -> None:
    assume(fits_batch(call))

    assert texts(php.parse_str(command(call).partition("?")[2])) == texts(encode(call.params))


@QUICK
@given(text=TEXTS)
def test_text_that_looks_like_a_macro_never_rides_a_batch(text: str) -> None:
    fits = fits_batch(Call("crm.deal.add", {"fields": {"TITLE": text}}))

    assert not (is_macro(text) and fits)


@QUICK
@given(call=CALLS)
def test_the_method_of_a_command_is_kept(call: Call) -> None:
    assume(fits_batch(call))

    assert php.split_url(command(call))[0] == "crm.deal.list"


# -- single values -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, "Y"),
        (False, "N"),
        (5, 5),
        (0.1, 0.1),
        ("a", "a"),
        (Decimal("10.50"), "10.50"),
        (Decimal("1E+3"), "1000"),
        (Decimal("0.000001"), "0.000001"),
        (date(2024, 2, 29), "2024-02-29"),
        (datetime(2024, 2, 29, 12, 30), "2024-02-29T12:30:00"),
        (datetime(2024, 2, 29, 12, 30, tzinfo=timezone(timedelta(hours=3))), "2024-02-29T12:30:00+03:00"),
        (Colour.RED, "RED"),
        (Row(), 7),
        ((1, 2), [1, 2]),
        ({2, 1}, [1, 2]),
        ([], []),
        ({"a": {"b": True}}, {"a": {"b": "Y"}}),
        ({5: 1, Colour.RED: 2}, {"5": 1, "RED": 2}),
        (Ref("c0", (49, "ID")), "$result[c0][49][ID]"),
    ],
    ids=shown,
)
def test_a_value_has_one_form(value: Any, expected: Any) -> None:
    assert encode(value) == expected


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (float("nan"), "no finite number"),
        (float("inf"), "no finite number"),
        (Decimal("NaN"), "no finite number"),
        (Decimal("sNaN"), "no finite number"),
        (Decimal("Infinity"), "no finite number"),
        ("\ud800", "surrogate"),
        ({"\ud800": 1}, "surrogate"),
        (b"a", "a bytes can't be sent"),
        (timedelta(1), "a timedelta can't be sent"),
        (object(), "a object can't be sent"),
        ({True: 1}, "can't be the name of a parameter"),
        ({1.5: 1}, "can't be the name of a parameter"),
        ({None: 1}, "can't be the name of a parameter"),
        ({1: "a", "1": "b"}, "twice"),
    ],
    ids=shown,
)
def test_a_value_without_a_form_is_refused(value: Any, reason: str) -> None:
    with pytest.raises(InvalidValue, match=reason):
        encode(value)


@pytest.mark.parametrize("fields", [{"TITLE": "\ud800"}, {1: "a", "1": "b"}, {"IDS": [b"a"]}], ids=shown)
def test_a_value_without_a_form_is_refused_in_a_batch_too(fields: dict[Any, Any]) -> None:
    with pytest.raises(InvalidValue):
        command(Call("crm.deal.add", {"fields": fields}))


def test_names_may_be_numbers_and_enums_in_a_batch_too() -> None:
    assert in_batch(Call("crm.deal.add", {"fields": {5: 1, Colour.RED: 2}})) == {
        "fields": {"5": "1", "RED": "2"}
    }


# -- what can't ride a batch ---------------------------------------------------------------------


class Named(Enum):
    PLAIN = "plain"
    MACRO = "$result[x]"
    BRACKET = "a[b"


def nested(depth: int) -> Any:
    return {"a": nested(depth - 1)} if depth else 1


@pytest.mark.parametrize(
    "params",
    [
        {"fields": {"TITLE": None}},
        {"fields": {"IDS": []}},
        {"fields": {}},
        {"fields": [[1], []]},
        {"fields": {"TITLE": "$result[x]"}},
        {"fields": {"TITLE": "costs US$TOTAL[x] net"}},
        {"fields": {"TITLE": "$errors\u00a0[0]"}},
        {"fields": {"TITLE": "$signature[a]"}},
        {"fields": {"": 1}},
        {"fields": {" ": 1}},
        {"fields": {"a[b": 1}},
        {"fields": {"a]": 1}},
        {"fields": {"a\0": 1}},
        {"0": 1},
        {"a.b": 1},
        {"a b": 1},
        {"fields": {"TITLE": "x" * 100_001}},
        {"fields": {"TITLE": Named.MACRO}},
        {"fields": {Named.BRACKET: 1}},
        {"fields": {5: None}},
        {"fields": nested(65)},
        {"ids": list(range(MAX_INPUT_VARS + 1))},
        {"ids": ["x"] * (MAX_INPUT_VARS + 1)},
        {"ids": [1.5] * (MAX_INPUT_VARS + 1)},
        {"ids": [Named.PLAIN] * (MAX_INPUT_VARS + 1)},
        {"ids": [Money(1, "USD")] * (MAX_INPUT_VARS + 1)},
        {"one": list(range(600)), "two": list(range(600))},
    ],
    ids=lambda params: repr(params)[:40],
)
def test_what_a_query_string_can_t_say_travels_alone(params: dict[str, Any]) -> None:
    assert not fits_batch(Call("crm.deal.add", params))


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"fields": {"TITLE": "$result"}},
        {"fields": {"TITLE": "$5 [each]"}},
        {"fields": {"TITLE": "$result [x]"}},
        {"fields": {"TITLE": "a&b=c#d+e%20\n"}},
        {"filter": {">=ID": 5, "!@STAGE_ID": ["A", "B"]}},
        {"filter": {">ID": Ref("c0", (49, "ID"))}},
        {"fields": {"TITLE": "x" * 100_000}},
        {"fields": {"TITLE": Named.PLAIN, "OPPORTUNITY": 1.5, "UF_SUM": Money(1, "USD")}},
        {"fields": {5: "x", Named.PLAIN: "x"}},
        {"fields": nested(64)},
        {"ids": list(range(MAX_INPUT_VARS))},
        {"ids": [1.5] * MAX_INPUT_VARS},
    ],
    ids=lambda params: repr(params)[:40],
)
def test_everything_else_rides_a_batch(params: dict[str, Any]) -> None:
    assert fits_batch(Call("crm.deal.add", params))


@pytest.mark.parametrize("method", ["crm.deal.list?x=1", "crm.deal.list#x"])
def test_a_method_that_would_be_cut_travels_alone(method: str) -> None:
    assert not fits_batch(Call(method))


def test_a_command_without_parameters_is_its_method() -> None:
    assert command(Call("profile")) == "profile"


def test_a_reference_reaches_the_server_as_a_macro() -> None:
    call = Call("crm.deal.list", {"filter": {">ID": Ref("c0", (49, "ID"))}})

    assert in_batch(call) == {"filter": {">ID": "$result[c0][49][ID]"}}
