"""explain() says how rows will be fetched, and with analyze what it took."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

import b24orm
from b24orm.emulator import LocalPortal
from b24orm.models import Category, Deal, Item


@pytest.fixture(scope="module")
def portal() -> Iterator[LocalPortal]:
    """A portal with 6,000 deals."""
    with LocalPortal(deals=6_000) as running, b24orm.connect(running.url, plan="unlimited"):
        yield running


@pytest.mark.parametrize(
    ("rows", "strategy"),
    [
        (Deal.objects.filter(id__in=[]), "Nothing"),
        (Deal.objects.all()[:10], "Single"),
        (Category.objects.filter(entity_type_id=2), "Single"),
        (Deal.objects.filter(id__in=range(1, 200)), "ByIds"),
        (Deal.objects.all(), "KeysetScan"),
        (Deal.objects.reverse(), "KeysetScan"),
        (Item.objects.filter(entity_type_id=2), "KeysetScan"),
        (Deal.objects.order_by("-opportunity"), "OrderedScan"),
        (Deal.objects.order_by("-opportunity")[:100], "TopPages"),
        (Deal.objects.order_by("title"), "OffsetPages"),
        (Deal.objects.filter(b24orm.Q(stage="WON") | b24orm.Q(stage="LOSE")), "Union"),
    ],
)
def test_the_strategy_comes_first(rows: object, strategy: str) -> None:
    assert rows.explain().startswith(f"{strategy}: ")  # type: ignore[attr-defined]


def test_explain_sends_nothing(portal: LocalPortal) -> None:
    before = portal.stats.requests
    Deal.objects.filter(stage="WON").explain()

    assert portal.stats.requests == before


def test_analyze_counts_what_was_sent(portal: LocalPortal) -> None:
    portal.stats.reset()
    said = Deal.objects.only("title").explain(analyze=True)
    figures = {
        name: int(value.replace(",", "")) for name, value in re.findall(r"^  (\w+) +([\d,]+)", said, re.M)
    }

    assert figures["rows"] == 6_000
    assert (figures["requests"], figures["commands"]) == (portal.stats.requests, portal.stats.commands)


async def test_analyze_works_in_asynchronous_code(portal: LocalPortal) -> None:
    async with b24orm.AsyncPortal(portal.url, plan="unlimited") as client:
        said = await Deal.objects.using(client)[:5].aexplain(analyze=True)

    assert "rows      5 in" in said


@pytest.mark.parametrize("order", ["opportunity", "-opportunity", "date_create", "closedate", "company_id"])
def test_a_whole_result_is_sorted_as_the_server_sorts(portal: LocalPortal, order: str) -> None:
    here = Deal.objects.only("title").order_by(order).values_list("id", flat=True)  # type: ignore[arg-type]
    field = order.lstrip("-").upper()
    direction = "DESC" if order.startswith("-") else "ASC"
    server = b24orm.portal.current_portal().get_all(
        "crm.deal.list", {"select": ["ID"], "order": {field: direction, "ID": "ASC"}}
    )

    assert list(here) == [int(row["ID"]) for row in server]


def test_a_sorted_result_costs_no_counting(portal: LocalPortal) -> None:
    portal.stats.reset()
    list(Deal.objects.only("title").order_by("-opportunity"))

    assert portal.stats.counted == 0
