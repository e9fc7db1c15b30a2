"""The summary of the page about performance says what was measured."""

from __future__ import annotations

from tests.benchmarks.page import page
from tests.benchmarks.summary import summary
from tests.benchmarks.table import Measured, Shown
from tests.benchmarks.workloads import Bound


def took(client: str, wall: float, *, rows: int = 10, error: str | None = None) -> Measured:
    return Measured(client, wall, wall, 40 * wall, 20, 20.0, rows, rows, error)


def shown(name: str, *measured: Measured, least: float = 0.0) -> Shown:
    return Shown(name, measured, Bound(20, 20.0, least))


def line(text: str, label: str) -> list[str]:
    found = next(line for line in text.splitlines() if label in line)
    return [cell.strip() for cell in found.strip("|").split("|")][1:]


LIMITED = "500,000 deals under limits"


def test_a_client_counts_by_the_best_of_its_ways() -> None:
    task = shown(LIMITED, took("b24orm", 2), took("b24pysdk list", 30), took("b24pysdk fast", 5))
    assert line(summary([task]), "500,000") == ["2.0 s", "-", "2.5x", "-"]


def test_a_way_that_failed_does_not_count() -> None:
    broken = took("b24api keyset", 0, error="not done")
    task = shown(LIMITED, took("b24orm", 20), broken, took("b24api counted", 250))
    assert line(summary([task]), "500,000") == ["20 s", "-", "-", "12x"]


def test_a_client_that_failed_in_every_way_is_told() -> None:
    task = shown(LIMITED, took("b24orm", 20), took("fast_bitrix24", 0, error="refused"))
    assert line(summary([task]), "500,000")[1] == "failed"


def test_a_list_that_is_not_whole_does_not_count() -> None:
    task = shown(LIMITED, took("b24orm", 20), took("fast_bitrix24", 1, rows=9))
    assert line(summary([task]), "500,000")[1] == "failed"


def test_memory_is_told_in_megabytes() -> None:
    task = shown("500,000 deals, all columns", took("b24orm", 2), took("fast_bitrix24", 20))
    assert line(summary([task]), "Memory")[:2] == ["80 MB", "10x"]


def test_what_another_client_does_quicker_is_told() -> None:
    task = shown("filtered 1 %", took("b24orm", 1), took("fast_bitrix24", 0.5))
    assert "Quicker than b24orm: filtered 1 % (fast_bitrix24, 0.5x)." in summary([task])


def test_what_the_limits_leave_nobody_less_than_is_told() -> None:
    task = shown(LIMITED, took("b24orm", 80), least=76.03)
    assert "no client less than 76 s for 500,000 deals." in summary([task])


def test_a_page_begins_with_the_summary() -> None:
    task = shown(LIMITED, took("b24orm", 2), took("fast_bitrix24", 5))
    assert summary([task]) in page([task], []).partition("##")[0]
