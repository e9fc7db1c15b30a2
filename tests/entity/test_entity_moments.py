"""Dates in the form that a portal shows to people: the form tells itself, or is refused."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from b24orm.entity import types
from b24orm.entity.moments import portal_moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("15.11.2023 01:13:20", datetime(2023, 11, 15, 1, 13, 20)),
        ("15.11.2023 01:13", datetime(2023, 11, 15, 1, 13)),
        ("15-11-2023 01:13:20", datetime(2023, 11, 15, 1, 13, 20)),
        ("11/15/2023 01:13:20 am", datetime(2023, 11, 15, 1, 13, 20)),
        ("04/03/2023 12:00:00 am", datetime(2023, 4, 3)),
        ("04/03/2023 12:00:00 pm", datetime(2023, 4, 3, 12)),
        ("04/03/2023 13:00:00", datetime(2023, 3, 4, 13)),
        ("12/31/2023", datetime(2023, 12, 31)),
        ("31/12/2023", datetime(2023, 12, 31)),
        ("05/05/2023", datetime(2023, 5, 5)),
    ],
)
def test_the_form_tells_itself(text: str, moment: datetime) -> None:
    assert portal_moment(text) == moment


@pytest.mark.parametrize("text", ["04/03/2023", "soon", "2023.11.15", "15.13.2023", "", "15.11/2023"])
def test_what_could_be_two_days_or_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        portal_moment(text)


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("DateTime", "15.11.2023 01:13:20", datetime(2023, 11, 15, 1, 13, 20)),
        ("Date", "15.11.2023", date(2023, 11, 15)),
        ("Date", "12/31/2023", date(2023, 12, 31)),
    ],
)
def test_fields_read_it(name: str, value: str, read: Any) -> None:
    assert TypeAdapter(getattr(types, name)).validate_python(value, context=types.FROM_PORTAL) == read


def test_a_date_that_could_be_two_days_is_no_date() -> None:
    with pytest.raises(ValidationError, match="two days"):
        TypeAdapter(types.Date).validate_python("04/03/2023", context=types.FROM_PORTAL)


def test_a_user_gives_iso_dates() -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(types.DateTime).validate_python("15.11.2023 01:13:20")
