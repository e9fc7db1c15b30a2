from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b24orm.rendering.layout import WIDTH, call, import_from, literal, text, unit

CONSTANTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4).map(tuple) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@given(CONSTANTS)
def test_a_literal_means_the_value_it_was_made_from(value: object) -> None:
    assert ast.literal_eval(text(literal(value))) == value


@given(CONSTANTS)
def test_breaking_a_literal_does_not_change_its_meaning(value: object) -> None:
    assert ast.literal_eval(text(literal(value), before=WIDTH)) == value


def test_what_fits_stays_on_its_line() -> None:
    assert text(call("f", [("a", "1"), ("b", "2")])) == "f(a=1, b=2)"


def test_what_does_not_fit_gets_a_line_for_each_item() -> None:
    assert text(call("f", [("a", "1"), ("b", "2")]), before=WIDTH) == "f(\n    a=1,\n    b=2,\n)"


def test_the_last_column_is_still_used() -> None:
    node = call("f", [("a", "1")])

    assert text(node, before=WIDTH - len(unit(node))) == "f(a=1)"


def test_a_value_of_another_type_is_refused() -> None:
    with pytest.raises(TypeError, match="no literal"):
        literal(1.5)


def test_a_long_import_is_put_into_brackets() -> None:
    assert import_from("m" * WIDTH, ["A", "B"]) == f"from {'m' * WIDTH} import (\n    A,\n    B,\n)"
