"""What a QuerySet is: lazy, immutable, cached once it was read, and able to explain itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from b24orm import Portal, connect
from b24orm.emulator import LocalPortal
from b24orm.errors import NotConfigured
from b24orm.models import Deal, Status, User
from tests.conftest import Connect, Serve

CHAINS: list[Callable[[Any], Any]] = [
    lambda deals: deals.all(),
    lambda deals: deals.none(),
    lambda deals: deals.filter(stage="WON"),
    lambda deals: deals.exclude(stage="WON"),
    lambda deals: deals.order_by("-title"),
    lambda deals: deals.reverse(),
    lambda deals: deals.only("title"),
    lambda deals: deals.values("title"),
    lambda deals: deals.values_list("title", flat=True),
    lambda deals: deals[3:9],
    lambda deals: deals.using(None),
]


@pytest.mark.parametrize("chain", CHAINS)
def test_chaining_sends_nothing(office: LocalPortal, client: Portal, chain: Callable[[Any], Any]) -> None:
    before = office.stats.requests
    repr(chain(Deal.objects.filter(id__gt=3)))
    assert office.stats.requests == before


@pytest.mark.parametrize("chain", CHAINS)
def test_chaining_leaves_the_set_as_it_was(client: Portal, chain: Callable[[Any], Any]) -> None:
    deals = Deal.objects.filter(id__gt=300)
    before = deals.explain()
    chain(deals)
    assert deals.explain() == before


@pytest.mark.parametrize("chain", CHAINS)
def test_two_chains_from_one_set_are_alike_and_apart(client: Portal, chain: Callable[[Any], Any]) -> None:
    deals = Deal.objects.filter(id__gt=300)
    one, two = chain(deals), chain(deals)
    assert (one is two, list(one)) == (False, list(two))


def test_a_narrower_set_narrows_only_itself(office: LocalPortal, client: Portal) -> None:
    won = Deal.objects.filter(stage="WON")
    won.filter(id__lt=50)
    assert [deal.id for deal in won] == office.store.ids("deal", "STAGE_ID = 'WON'")


def test_chaining_from_a_read_set_reads_anew(office: LocalPortal, client: Portal) -> None:
    deals = Deal.objects.filter(id__lte=3)
    list(deals)
    before = office.stats.requests
    list(deals.all())
    assert office.stats.requests - before == 1


def test_a_set_reads_once(office: LocalPortal, client: Portal) -> None:
    deals = Deal.objects.filter(id__lte=40)
    before = office.stats.requests
    same = [list(deals), list(deals), [deals[7]], list(deals[2:4])]
    assert (office.stats.requests - before, [len(rows) for rows in same]) == (1, [40, 40, 1, 2])


def test_a_set_hands_out_the_same_objects_again(client: Portal) -> None:
    deals = Deal.objects.filter(id__lte=3)
    len(deals)
    assert [one is two for one, two in zip(deals, deals, strict=True)] == [True] * 3


def test_a_set_that_was_read_counts_for_itself(office: LocalPortal, client: Portal) -> None:
    deals = Deal.objects.filter(id__lte=60)
    list(deals)
    before = office.stats.requests
    assert (deals.count(), deals.exists(), len(deals)) == (60, True, 60)
    assert office.stats.requests == before


def test_a_set_left_half_read_keeps_nothing(office: LocalPortal, client: Portal) -> None:
    deals = Deal.objects.all()
    for deal in deals:
        if deal.id == 60:
            break
    assert len(list(deals)) == office.store.count("deal")


def test_leaving_a_loop_early_stops_the_reading(serve: Serve, join: Connect) -> None:
    portal = serve(deals=30_000)
    client = join(portal)
    for _ in Deal.objects.only("id").iterator():
        break
    sent = client.requests
    assert (sent < 10, client.call("server.time") is not None, client.requests - sent) == (True, True, 1)


def test_objects_is_a_fresh_set_each_time() -> None:
    assert Deal.objects is not Deal.objects


def test_objects_belongs_to_the_class(client: Portal) -> None:
    deal: Any = Deal.objects.get(id=1)
    with pytest.raises(AttributeError, match=r"Deal\.objects"):
        _ = deal.objects


# -- none -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ask", "answer"),
    [
        (lambda rows: list(rows), []),
        (lambda rows: rows.count(), 0),
        (lambda rows: rows.exists(), False),
        (lambda rows: rows.first(), None),
        (lambda rows: rows.last(), None),
        (lambda rows: rows.in_bulk(), {}),
        (lambda rows: list(rows.filter(stage="WON").order_by("title").values("id")), []),
    ],
)
@pytest.mark.parametrize("nothing", [Deal.objects.none(), Deal.objects.filter(id__in=[])], ids=["none", "in"])
def test_nothing_is_known_without_a_request(
    office: LocalPortal, client: Portal, nothing: Any, ask: Callable[[Any], Any], answer: Any
) -> None:
    before = office.stats.requests
    assert ask(nothing) == answer
    assert office.stats.requests == before


# -- using ----------------------------------------------------------------------------------


def test_using_asks_another_portal(serve: Serve, join: Connect) -> None:
    small, large = serve(deals=3), serve(deals=5)
    other = join(small)
    join(large)
    assert (Deal.objects.count(), Deal.objects.using(other).count()) == (5, 3)


def test_using_holds_for_what_is_chained_after_it(serve: Serve, join: Connect) -> None:
    other = join(serve(deals=3))
    join(serve(deals=5))
    chained = Deal.objects.using(other).filter(id__gt=1).order_by("-id").values_list("id", flat=True)
    assert list(chained) == [3, 2]


def test_without_a_portal_a_query_can_be_made_but_not_read() -> None:
    deals = Deal.objects.filter(stage="WON")
    with pytest.raises(NotConfigured, match="connect"):
        list(deals)


def test_the_last_connection_is_the_default(serve: Serve, join: Connect) -> None:
    for number in (2, 4):
        join(serve(deals=number))
    assert Deal.objects.count() == 4


def test_connect_reads_the_address_from_the_environment(
    office: LocalPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("B24_WEBHOOK_URL", office.url)
    with connect(progress=False) as portal:
        assert User.objects.using(portal).count() == office.store.count("user")


# -- explain --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "strategy"),
    [
        (Deal.objects.all(), "KeysetScan: Deal by crm.deal.list"),
        (Deal.objects.filter(id__in=range(1, 200)), "ByIds"),
        (Deal.objects.all()[:20], "Single"),
        (Deal.objects.order_by("title"), "OffsetPages"),
        (Deal.objects.none(), "Nothing"),
        (Status.objects.filter(entity_id="SOURCE"), "Single: Status by crm.status.list"),
    ],
)
def test_explain_names_the_strategy_without_a_request(
    office: LocalPortal, client: Portal, rows: Any, strategy: str
) -> None:
    before = office.stats.requests
    assert rows.explain().startswith(strategy)
    assert office.stats.requests == before


def test_explain_works_without_a_portal() -> None:
    assert "start=-1 spares the COUNT" in Deal.objects.filter(stage="WON").explain()


def test_explain_tells_the_requests_that_ids_take(serve: Serve, join: Connect) -> None:
    portal = serve(deals=6000)
    join(portal)
    deals = Deal.objects.filter(id__in=range(1, 6001))
    list(deals)
    assert f"requests  {portal.stats.requests}" in deals.explain()
