"""Batches are kept small enough to end within the portal's 60 seconds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import b24orm
from b24orm.emulator import CostModel, LocalPortal
from b24orm.errors import ServerFailure, TimedOut
from b24orm.executor.batch_sizes import BatchSizes, cut_off
from b24orm.models import Deal
from b24orm.plan.steps.sizes import BATCH


def test_a_batch_that_was_cut_off_is_halved() -> None:
    sizes = BatchSizes()
    sizes.too_long(["crm.deal.list"], 50)

    assert sizes.limit(["crm.deal.list"]) == 25


def test_a_slow_batch_teaches_before_it_is_cut_off() -> None:
    sizes = BatchSizes()
    sizes.took(["tasks.task.list"], 50, 50.0)

    assert sizes.limit(["tasks.task.list"]) == 25


def test_quick_batches_win_the_size_back() -> None:
    sizes = BatchSizes()
    sizes.too_long(["crm.deal.list"], 50)
    for _ in range(5):
        sizes.took(["crm.deal.list"], 25, 1.0)

    assert sizes.limit(["crm.deal.list"]) == BATCH


@pytest.mark.parametrize(
    ("commands", "seconds", "expected"),
    [
        (8, 4.0, 10),  # a quarter at a time
        (8, 24.0, 8),  # no more would be done in time
        (8, 25.0, 8),
        (8, 50.0, 4),
        (1, 90.0, 1),  # a single command can't be split
        (8, 0.0, 10),
    ],
)
def test_a_size_follows_what_a_batch_took(commands: int, seconds: float, expected: int) -> None:
    sizes = BatchSizes()
    sizes.too_long(["crm.deal.list"], 16)
    sizes.took(["crm.deal.list"], commands, seconds)

    assert sizes.limit(["crm.deal.list"]) == expected


def test_a_batch_of_one_that_was_cut_off_stays_one() -> None:
    sizes = BatchSizes()
    sizes.too_long(["crm.deal.list"], 1)

    assert sizes.limit(["crm.deal.list"]) == 1


def test_the_smallest_size_grows_too() -> None:
    sizes = BatchSizes()
    sizes.too_long(["crm.deal.list"], 2)
    sizes.took(["crm.deal.list"], 1, 0.1)

    assert sizes.limit(["crm.deal.list"]) == 2


@pytest.mark.parametrize(
    ("commands", "seconds", "expected"), [(10, 10.0, 25), (10, 0.0, BATCH), (1, 60.0, 1), (10, 1.0, BATCH)]
)
def test_at_a_pace_a_batch_holds_what_is_done_in_time(commands: int, seconds: float, expected: int) -> None:
    sizes = BatchSizes()
    sizes.at_pace(["tasks.task.list"], commands, seconds)

    assert sizes.limit(["tasks.task.list"]) == expected


def test_a_good_pace_does_not_win_a_size_back() -> None:
    sizes = BatchSizes()
    sizes.too_long(["tasks.task.list"], 16)
    sizes.at_pace(["tasks.task.list"], 10, 1.0)

    assert sizes.limit(["tasks.task.list"]) == 8


def test_a_batch_of_several_methods_holds_what_the_slowest_allows() -> None:
    sizes = BatchSizes()
    sizes.too_long(["tasks.task.list"], 16)

    assert sizes.limit(["crm.deal.list", "tasks.task.list"]) == 8


def test_other_methods_keep_their_size() -> None:
    sizes = BatchSizes()
    sizes.too_long(["tasks.task.list"], 50)

    assert sizes.limit(["crm.deal.list"]) == BATCH


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (TimedOut("no answer"), True),
        (ServerFailure("HTTP_504", status=504), True),
        (ServerFailure("HTTP_502", status=502), False),
    ],
)
def test_what_counts_as_cut_off(error: ServerFailure | TimedOut, expected: bool) -> None:
    assert cut_off(error) is expected


@pytest.fixture
def slow() -> Iterator[LocalPortal]:
    """A portal whose pages take 2 modelled seconds: 50 of them are cut off at 60, 25 are not."""
    with LocalPortal(deals=2_600, costs=CostModel(page=2.0)) as running:
        yield running


def test_a_scan_gets_through_where_full_batches_are_cut_off(slow: LocalPortal) -> None:
    with b24orm.connect(slow.url, plan="unlimited"):
        ids = list(Deal.objects.values_list("id", flat=True))

    assert ids == sorted(slow.store.ids("deal"))


def test_a_chain_gets_through_in_parts(slow: LocalPortal) -> None:
    with b24orm.connect(slow.url, plan="unlimited"):
        ids = list(Deal.objects.values_list("id", flat=True)[:2_300])

    assert ids == sorted(slow.store.ids("deal"))[:2_300]
