"""How many HTTP requests a query takes, counted by the portal."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest

from b24orm import Portal, Q
from b24orm.emulator import Churn, LocalPortal
from b24orm.errors import Incomplete
from b24orm.models import Contact, Deal, Lead, SmartInvoice, Task
from tests.conftest import Connect, Serve
from tests.orm.standing import Standing


@pytest.fixture
def join(join: Connect) -> Connect:
    """Connects, with a clock that stands."""

    def start(portal: LocalPortal, **options: Any) -> Portal:
        client = join(portal, **options)
        client._open().sender.clock = Standing()
        return client

    return start


def bound(rows: int) -> int:
    """Requests that a reading of so many rows on dense ids may take."""
    return math.ceil(rows / 2500) + 2


def read(portal: LocalPortal, rows: Any) -> tuple[list[int], int]:
    """The ids that a query finds, and the requests it took."""
    before = portal.stats.requests
    found = [row.id for row in rows.only("id").iterator()]
    return found, portal.stats.requests - before


@pytest.mark.parametrize("rows", [0, 1, 49, 50, 51, 2500, 2501, 7600])
def test_dense_ids_take_one_request_for_2500_rows(serve: Serve, join: Connect, rows: int) -> None:
    portal = serve(deals=rows, companies=0, contacts=0)
    join(portal)
    found, requests = read(portal, Deal.objects.all())
    assert found == list(range(1, rows + 1))
    assert requests <= bound(rows)


@pytest.fixture(scope="module")
def factory() -> Iterator[LocalPortal]:
    """A portal of fifty thousand deals."""
    with LocalPortal(deals=50_000, companies=0, contacts=0) as portal:
        yield portal


@pytest.mark.parametrize("order", ["id", "-id"])
def test_fifty_thousand_rows_take_twenty_two_requests(
    factory: LocalPortal, join: Connect, order: Any
) -> None:
    join(factory)
    found, requests = read(factory, Deal.objects.order_by(order))
    assert (len(found), len(set(found)), requests <= bound(50_000)) == (50_000, 50_000, True)


def test_nothing_is_counted_while_rows_are_read(factory: LocalPortal, join: Connect) -> None:
    join(factory)
    before = factory.stats.counted
    read(factory, Deal.objects.filter(id__lte=9000))
    assert factory.stats.counted == before


def test_get_all_takes_no_more_requests_than_a_query(factory: LocalPortal, join: Connect) -> None:
    client = join(factory)
    before = factory.stats.requests
    rows = client.get_all("crm.deal.list", {"select": ["ID"]})
    assert (len(rows), factory.stats.requests - before <= bound(50_000)) == (50_000, True)


def test_counting_fifty_thousand_is_one_request(factory: LocalPortal, join: Connect) -> None:
    join(factory)
    before = factory.stats.requests
    assert Deal.objects.filter(opportunity__gt=100).count() == factory.store.count(
        "deal", "OPPORTUNITY > 100"
    )
    assert factory.stats.requests - before == 1


def test_ids_come_2500_a_request(factory: LocalPortal, join: Connect) -> None:
    join(factory)
    found, requests = read(factory, Deal.objects.filter(id__in=range(20_000, 30_000)))
    assert (found, requests) == (list(range(20_000, 30_000)), 4)


@pytest.mark.parametrize("rows", [300, 2500, 12_000])
def test_sparse_ids_take_at_most_twice_as_many(serve: Serve, join: Connect, rows: int) -> None:
    portal = serve(deals=rows, sparse=10, companies=0, contacts=0)
    join(portal)
    found, requests = read(portal, Deal.objects.all())
    assert found == list(range(10, 10 * rows + 1, 10))
    assert requests <= 2 * bound(rows)


def test_ids_with_one_great_hole_take_at_most_twice_as_many(serve: Serve, join: Connect) -> None:
    portal = serve(deals=3000, companies=0, contacts=0)
    join(portal)
    first = portal.store.insert("deal", {"ID": 5_000_000, "TITLE": "far away"})
    portal.store.insert_many("deal", [{"ID": first + n} for n in range(1, 3000)])
    found, requests = read(portal, Deal.objects.all())
    assert (len(found), found[-1], requests <= 2 * bound(6000)) == (6000, first + 2999, True)


def test_a_filter_that_few_rows_fit_is_not_read_row_by_row(factory: LocalPortal, join: Connect) -> None:
    join(factory)
    found, requests = read(factory, Deal.objects.filter(probability=90, currency="EUR", stage="WON"))
    where = "PROBABILITY = 90 AND CURRENCY_ID = 'EUR' AND STAGE_ID = 'WON'"
    assert (found, requests <= 2 * bound(len(found))) == (factory.store.ids("deal", where), True)


@pytest.mark.parametrize(
    ("model", "options"),
    [(Contact, {"contacts": 3000}), (SmartInvoice, {"invoices": 3000}), (Lead, {"leads": 3000})],
)
def test_the_other_lists_are_read_as_fast(
    serve: Serve, join: Connect, model: Any, options: dict[str, int]
) -> None:
    portal = serve(**options)
    join(portal)
    found, requests = read(portal, model.objects.all())
    assert (len(found), requests <= bound(3000)) == (3000, True)


def test_a_list_too_slow_for_fifty_pages_a_request_is_read_all_the_same(serve: Serve, join: Connect) -> None:
    portal = serve(tasks=3000)  # fifty pages of tasks take longer than the cloud waits
    join(portal)
    found, requests = read(portal, Task.objects.all())
    assert (len(found), requests <= 2 * bound(3000)) == (3000, True)


# -- rows that come and go ------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("order", ["id", "-id"])
def test_rows_that_stay_are_returned_exactly_once(serve: Serve, join: Connect, seed: int, order: Any) -> None:
    portal = serve(deals=9000, companies=0, contacts=0, seed=seed)
    join(portal)
    before = set(portal.store.ids("deal"))
    portal.churn = Churn("deal", inserts=40, deletes=60, seed=seed)
    found = [deal.id for deal in Deal.objects.order_by(order).only("id").iterator()]
    stayed = before & set(portal.store.ids("deal"))
    assert len(portal.churn.deleted) > 200
    assert stayed <= set(found)
    assert len(found) == len(set(found))


@pytest.mark.parametrize("seed", range(3))
def test_rows_that_stay_are_returned_once_by_get_all(serve: Serve, join: Connect, seed: int) -> None:
    portal = serve(deals=6000, sparse=3, companies=0, contacts=0)
    client = join(portal)
    before = set(portal.store.ids("deal"))
    portal.churn = Churn("deal", inserts=30, deletes=30, seed=seed)
    found = [int(row["ID"]) for row in client.get_all("crm.deal.list", {"select": ["ID"]})]
    stayed = before & set(portal.store.ids("deal"))
    assert (stayed <= set(found), len(found)) == (True, len(set(found)))


@pytest.mark.parametrize("seed", range(3))
def test_an_or_on_a_moving_table_keeps_what_stays(serve: Serve, join: Connect, seed: int) -> None:
    portal = serve(deals=4000, companies=0, contacts=0)
    join(portal)
    before = set(portal.store.ids("deal", "STAGE_ID = 'WON' OR ID > 2000"))
    portal.churn = Churn("deal", inserts=10, deletes=20, seed=seed)
    found = [deal.id for deal in Deal.objects.filter(Q(stage="WON") | Q(id__gt=2000)).only("id")]
    stayed = before & set(portal.store.ids("deal"))
    assert (stayed <= set(found), len(found)) == (True, len(set(found)))


@pytest.mark.parametrize("seed", range(3))
def test_pages_by_offset_that_shifted_are_refused(serve: Serve, join: Connect, seed: int) -> None:
    portal = serve(deals=700, companies=0, contacts=0)
    join(portal)
    portal.churn = Churn("deal", inserts=0, deletes=1, seed=seed, after=1, limit=1)
    with pytest.raises(Incomplete, match="inserted or deleted while the pages were read by offset"):
        list(Deal.objects.order_by("title").only("id"))


def test_pages_by_offset_are_whole_where_nothing_shifts_in_between(serve: Serve, join: Connect) -> None:
    portal = serve(deals=700, companies=0, contacts=0)
    join(portal)
    portal.churn = Churn("deal", inserts=0, deletes=3, limit=1)  # before the first page
    found = [deal.id for deal in Deal.objects.order_by("title").only("id")]
    assert (len(found), sorted(found)) == (697, portal.store.ids("deal"))
