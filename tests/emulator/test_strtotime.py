"""How texts are read as times. What is expected was answered by PHP 8.2 itself."""

from __future__ import annotations

import pytest

from b24orm.emulator.values import read_datetime

NOW = 1_700_000_000.0
"""2023-11-15 01:13:20 in the portal's zone."""


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-02", "2024-01-02T00:00:00"),
        ("2024-1-2 3:04", "2024-01-02T03:04:00"),
        ("2024-01-02T10", "2024-01-02T10:00:00"),
        ("2024-01-02T03:04:05.000Z", "2024-01-02T06:04:05"),
        ("2024-01-02T03:04:05+03", "2024-01-02T03:04:05"),
        ("2024-01-02T03:04:05-05:30", "2024-01-02T11:34:05"),
        ("2024-01-02 3:04 pm", "2024-01-02T15:04:00"),
        ("2024-01", "2024-01-01T00:00:00"),
        ("20240102T030405", "2024-01-02T03:04:05"),
        ("02.01.2024 10:00", "2024-01-02T10:00:00"),
        ("02-01-2024", "2024-01-02T00:00:00"),
        ("2 January 2024", "2024-01-02T00:00:00"),
        ("Jan 2 2024", "2024-01-02T00:00:00"),
        ("Tue, 02 Jan 2024 03:04:05 GMT", "2024-01-02T06:04:05"),
        ("@1700000000", "2023-11-15T01:13:20"),
        ("10:00", "2023-11-15T10:00:00"),
        ("yesterday 10:00", "2023-11-14T10:00:00"),
        ("+1 day 2 hours", "2023-11-16T03:13:20"),
        ("3 days ago", "2023-11-12T01:13:20"),
        ("-1 month", "2023-10-15T01:13:20"),
    ],
)
def test_a_text_that_means_a_time(text: str, moment: str) -> None:
    assert read_datetime(text, NOW) == moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-02-30", "2024-03-01T00:00:00"),
        ("31.06.2024", "2024-07-01T00:00:00"),
        ("2024-01-00", "2023-12-31T00:00:00"),
        ("2024-00-10", "2023-12-10T00:00:00"),
        ("2024-01-02T24:00:00", "2024-01-03T00:00:00"),
    ],
)
def test_what_is_too_much_runs_over(text: str, moment: str) -> None:
    assert read_datetime(text, NOW) == moment


def test_slashes_mean_the_american_order() -> None:
    assert read_datetime("01/02/2024", NOW) == "2024-01-02T00:00:00"


@pytest.mark.parametrize(
    "text", ["", "soon", "2024-13-01", "13/31/2024", "31.12.2024 25:00", "99.99.9999", "1700000000", "null"]
)
def test_a_text_that_means_no_time(text: str) -> None:
    assert read_datetime(text, NOW) is None
