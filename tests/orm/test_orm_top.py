"""Short slices in any order: as Python would cut them, and the portal counts nothing for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from b24orm import Portal, Q
from b24orm.emulator import CostModel, LocalPortal
from b24orm.models import Contact, Deal, DealItem
from tests.conftest import Connect

COUNTING: Any = CostModel(page=0.0, counted=0.001)


@pytest.fixture(scope="module")
def crowd() -> Iterator[LocalPortal]:
    """A portal where nothing takes time but counting."""
    with LocalPortal(deals=1100, contacts=300, plan="unlimited", costs=COUNTING) as portal:
        yield portal


@pytest.fixture
def client(crowd: LocalPortal, join: Connect) -> Portal:
    return join(crowd)


@pytest.mark.parametrize("model", [Deal, DealItem, Contact])
@pytest.mark.parametrize(("start", "stop"), [(0, 1), (0, 50), (30, 120), (240, 260), (0, 600)])
def test_a_short_slice_is_python_s(client: Portal, model: Any, start: int, stop: int) -> None:
    order: Any = "-last_name" if model is Contact else "title"
    whole = [row.pk for row in model.objects.order_by(order, "-id")]

    assert [row.pk for row in model.objects.order_by(order, "-id")[start:stop]] == whole[start:stop]


@pytest.mark.parametrize("order", ["-opportunity", "date_modify"])
@pytest.mark.parametrize(("start", "stop"), [(0, 1), (3, 50), (40, 130), (0, 400)])
def test_a_short_slice_of_an_or_is_python_s(client: Portal, order: Any, start: int, stop: int) -> None:
    either = Deal.objects.filter(Q(stage="WON") | Q(opportunity__gte=5_000))
    whole = [deal.id for deal in either.order_by(order)]

    assert [deal.id for deal in either.order_by(order)[start:stop]] == whole[start:stop]


def test_the_first_rows_of_an_or_take_one_request(crowd: LocalPortal, client: Portal) -> None:
    crowd.stats.reset()
    list(Deal.objects.filter(Q(stage="WON") | Q(opportunity__gte=5_000)).order_by("-date_modify")[:10])

    assert (crowd.stats.requests, crowd.stats.commands, crowd.stats.operating_seconds) == (1, 2, 0.0)


@pytest.mark.parametrize(("rows", "requests"), [(1, 1), (50, 1), (51, 1), (250, 1), (251, 2), (750, 3)])
def test_a_short_slice_takes_a_request_for_250_rows(
    crowd: LocalPortal, client: Portal, rows: int, requests: int
) -> None:
    crowd.stats.reset()
    list(Deal.objects.order_by("title")[:rows])

    assert (crowd.stats.requests, crowd.stats.commands) == (requests, -(-rows // 50))


@pytest.mark.parametrize("model", [Deal, DealItem])
def test_nothing_is_counted_for_a_short_slice(crowd: LocalPortal, client: Portal, model: Any) -> None:
    crowd.stats.reset()
    list(model.objects.filter(closed=False).order_by("-opportunity")[:120])

    assert crowd.stats.operating_seconds == 0.0


def test_nothing_is_counted_for_the_last_changed_row(crowd: LocalPortal, client: Portal) -> None:
    crowd.stats.reset()
    Deal.objects.order_by("-date_modify").first()

    assert crowd.stats.operating_seconds == 0.0


@pytest.mark.parametrize(("start", "stop"), [(0, 1_001), (40, None), (1, 1_099)])
def test_a_long_slice_is_read_by_id_and_sorted_here(
    crowd: LocalPortal, client: Portal, start: int, stop: int | None
) -> None:
    whole = [deal.id for deal in Deal.objects.order_by("-opportunity")]
    crowd.stats.reset()
    found = [deal.id for deal in Deal.objects.order_by("-opportunity")[start:stop]]

    assert (found, crowd.stats.operating_seconds) == (whole[start:stop], 0.0)


def test_a_slice_that_goes_far_beyond_the_end_takes_no_batch_for_nothing(
    crowd: LocalPortal, client: Portal
) -> None:
    crowd.stats.reset()
    found = Deal.objects.filter(id__lte=80).order_by("title")[:100_000]

    assert (len(found), crowd.stats.commands) == (80, 2)
