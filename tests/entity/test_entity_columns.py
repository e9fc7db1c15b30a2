"""A page read column by column holds what the same page holds when it is read row by row."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from b24orm.entity import columns
from b24orm.entity.columns import table_of
from b24orm.entity.rows import _validator
from b24orm.entity.types import FROM_PORTAL
from b24orm.models import Contact, Deal

QUICK = settings(max_examples=300, derandomize=True, deadline=None)

VALUES: dict[str, list[Any]] = {
    "ID": ["1", "2", 3],
    "TITLE": ["a", "", None, False, 5],
    "COMPANY_ID": ["7", "0", "", None, 0, False, 8, []],
    "PROBABILITY": ["10", "0", "", None, 0, 1, 2.0, False, []],
    "OPPORTUNITY": ["10.50", "0.00", "", None, 0, 1, 1.0, False, []],
    "CLOSED": ["Y", "N", "", None, True, False, 1, 0],
    "BEGINDATE": [
        "2024-08-30T03:00:00+03:00",
        "2024-08-30",
        "",
        "0",
        None,
        False,
        0,
        [],
        "30.08.2024",
        "1960-05-05",
    ],
    "DATE_CREATE": [
        "2024-08-30T14:29:00+03:00",
        "",
        "0",
        None,
        0,
        [],
        "30.08.2024 14:29:00",
        "1960-05-05T03:00:00Z",
    ],
    "STAGE_ID": ["WON", "", None, False, 1, True],
    "UF_CRM_1": ["red", "", None, 1, True, 1.0, ["a"], {"a": 1}],
}


@st.composite
def pages(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Rows with the same keys; each column draws from a few values, so that many hold only one."""
    names = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, unique=True))
    size = draw(st.integers(1, 6))
    pools = {name: draw(st.lists(st.sampled_from(VALUES[name]), min_size=1, max_size=3)) for name in names}
    return [{name: draw(st.sampled_from(pools[name])) for name in names} for _ in range(size)]


def exact(rows: list[dict[str, Any]]) -> list[dict[str, tuple[type, Any]]]:
    """The rows with the types of their values, for True equals 1."""
    return [{name: (type(value), value) for name, value in row.items()} for row in rows]


@QUICK
@given(page=pages(), used=st.booleans())
def test_a_page_read_by_columns_is_the_page_read_by_rows(page: list[dict[str, Any]], used: bool) -> None:
    if not used:  # no column has seen anything unusual yet
        columns._layout.cache_clear()
    try:
        expected = _validator(Deal).validate_python(page, context=FROM_PORTAL)
    except ValidationError:
        expected = None
    table = table_of(Deal, page)

    assert (table and exact(table.dicts())) == (expected and exact(expected))


def test_what_a_column_holds_throughout_is_not_kept_for_each_row() -> None:
    table = table_of(Deal, [{"ID": str(key), "CLOSED": "Y", "QUOTE_ID": None} for key in range(1, 9)])

    assert table is not None
    assert (dict(table.same), list(table.columns)) == ({"closed": True, "quote_id": None}, ["id"])


def test_rows_never_share_a_value_that_can_be_changed() -> None:
    table = table_of(Deal, [{"ID": "1", "UF_CRM_1": ["a"]}, {"ID": "2", "UF_CRM_1": ["a"]}])

    assert table is not None
    first, second = table.dicts()
    assert first["UF_CRM_1"] is not second["UF_CRM_1"]


@pytest.mark.parametrize("name", ["id", "closed", "title"])
def test_a_column_has_a_value_for_each_row(name: str) -> None:
    table = table_of(Deal, [{"ID": "1", "CLOSED": "Y"}, {"ID": "2", "CLOSED": "Y"}])

    assert table is not None
    assert list(table.column(name)) == {"id": [1, 2], "closed": [True, True], "title": [None, None]}[name]


def test_lists_of_values_that_are_null_throughout_are_empty_lists() -> None:
    table = table_of(Contact, [{"ID": "1", "PHONE": None}, {"ID": "2", "PHONE": None}])

    assert table is not None
    assert [row["phone"] for row in table.dicts()] == [(), ()]
