"""Keys that point to related rows, as the server writes them."""

from __future__ import annotations

from typing import Any

import pytest

from b24orm.orm.related import _key, _keys
from b24orm.schema import FieldSchema


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (7, 7),
        ("7", 7),
        ("-7", -7),
        ("NEW", "NEW"),
        ("07a", "07a"),
        ("--7", "--7"),
        ("\N{SUPERSCRIPT TWO}", "\N{SUPERSCRIPT TWO}"),
        ("9" * 5_000, "9" * 5_000),
    ],
    ids=lambda part: str(part)[:8],
)
def test_a_key_is_a_number_where_it_is_written_as_one(value: Any, key: Any) -> None:
    assert _key(value) == key


def test_what_points_nowhere_is_no_key_and_each_key_is_asked_for_once() -> None:
    field = FieldSchema(name="company_id", wire="COMPANY_ID", type="crm_company", relation="Company")
    values = ["7", 7, None, "", "0", 0, False, [], "8"]

    assert _keys(field, [*({"COMPANY_ID": value} for value in values), {}]) == [7, 8]
