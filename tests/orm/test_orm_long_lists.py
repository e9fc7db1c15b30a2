"""Long lists of wanted values: too long for a batch as a whole, so they are read in parts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from b24orm import Portal
from b24orm.emulator import LocalPortal
from b24orm.models import Deal, DealItem
from tests.conftest import Connect


@pytest.fixture(scope="module")
def crowd() -> Iterator[LocalPortal]:
    """A portal with many deals of many companies."""
    with LocalPortal(deals=1500) as portal:
        yield portal


@pytest.fixture
def client(crowd: LocalPortal, join: Connect) -> Portal:
    return join(crowd)


def test_a_long_list_finds_each_row_once_in_order(client: Portal) -> None:
    ids = [deal.id for deal in Deal.objects.filter(company__in=range(1, 1201)).only("id")]
    assert ids == sorted(Deal.objects.filter(company__lte=1200).values_list("id", flat=True))


def test_a_long_list_does_not_take_a_request_for_each_page(crowd: LocalPortal, client: Portal) -> None:
    crowd.stats.reset()
    assert len(Deal.objects.filter(company__in=range(1, 5001)).only("id")) == 1500
    assert crowd.stats.requests <= 12


def test_values_without_rows_and_other_conditions_hold(client: Portal) -> None:
    few = Deal.objects.filter(company__in=range(100_000, 101_200), closed=False)
    assert list(few) == []
    wanted = Deal.objects.filter(company__in=range(1, 1201), closed=False)
    assert {deal.id for deal in wanted} == {d.id for d in Deal.objects.filter(closed=False)}


def test_a_slice_and_the_other_way_round(client: Portal) -> None:
    deals = Deal.objects.filter(company__in=range(1, 1201))
    assert [deal.id for deal in deals[3:6]] == [4, 5, 6]
    assert [deal.id for deal in deals.order_by("-id")[:3]] == [1500, 1499, 1498]
    assert deals.exists()


def test_items_are_read_in_parts_too(client: Portal) -> None:
    assert len(DealItem.objects.filter(company__in=range(1, 1201)).only("id")) == 1500


def test_the_plan_says_so_and_shows_the_beginning_of_the_list() -> None:
    plan = Deal.objects.filter(company__in=range(1, 1201)).explain()
    assert "a list of values is too long for a batch: 3 scans, merged by id" in plan
    assert '"@COMPANY_ID": [1, 2, 3, "... 500 values"]' in plan


def test_a_set_shows_the_beginning_of_a_long_list() -> None:
    shown = repr(Deal.objects.filter(company__in=range(1, 1201)))
    assert shown == "<QuerySet Deal: where company_id__in=(1, 2, 3, ... 1,200 values)>"
