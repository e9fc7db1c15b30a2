"""The a-prefixed twins, ``await`` and ``async for``: the same answers on either kind of portal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest

from b24orm import AsyncPortal, Portal
from b24orm.emulator import LocalPortal
from b24orm.models import Deal

Twins = list[tuple[Callable[[Any], Any], Callable[[Any], Awaitable[Any]]]]


@pytest.fixture(params=["AsyncPortal", "Portal"])
async def portal(request: pytest.FixtureRequest, office: LocalPortal) -> AsyncIterator[Any]:
    """Both kinds of portal; inside a running loop both answer the twins."""
    if request.param == "Portal":
        client = Portal(office.url, plan="unlimited", progress=False)
        yield client
        client.close()
        return
    async with AsyncPortal(office.url, plan="unlimited", progress=False) as aclient:
        yield aclient


@pytest.fixture
def plain(office: LocalPortal) -> Iterator[Portal]:
    client = Portal(office.url, plan="unlimited", progress=False)
    yield client
    client.close()


TWINS: Twins = [
    (lambda rows: rows.get(id=7), lambda rows: rows.aget(id=7)),
    (lambda rows: rows.first(), lambda rows: rows.afirst()),
    (lambda rows: rows.last(), lambda rows: rows.alast()),
    (lambda rows: rows.count(), lambda rows: rows.acount()),
    (lambda rows: rows.exists(), lambda rows: rows.aexists()),
    (lambda rows: rows.in_bulk([1, 2, 9]), lambda rows: rows.ain_bulk([1, 2, 9])),
    (lambda rows: rows.filter(stage="WON").count(), lambda rows: rows.filter(stage="WON").acount()),
]


@pytest.mark.parametrize(
    "twins", TWINS, ids=["get", "first", "last", "count", "exists", "in_bulk", "filtered"]
)
async def test_a_twin_answers_as_its_plain_form(
    portal: Any, plain: Portal, twins: tuple[Callable[[Any], Any], Callable[[Any], Awaitable[Any]]]
) -> None:
    sync, twin = twins
    assert await twin(Deal.objects.using(portal)) == sync(Deal.objects.using(plain))


async def test_await_makes_the_list(office: LocalPortal, portal: Any) -> None:
    deals = await Deal.objects.using(portal).only("id")
    assert [deal.id for deal in deals] == office.store.ids("deal")


async def test_await_of_values(office: LocalPortal, portal: Any) -> None:
    found = await Deal.objects.using(portal).values_list("id", flat=True)[10:13]
    assert found == office.store.ids("deal")[10:13]


async def test_async_for_yields_every_row(office: LocalPortal, portal: Any) -> None:
    found = [deal.id async for deal in Deal.objects.using(portal).only("id")]
    assert found == office.store.ids("deal")


async def test_aiterator_yields_every_row_and_keeps_none(office: LocalPortal, portal: Any) -> None:
    deals = Deal.objects.using(portal).filter(id__lte=9)
    before = office.stats.requests
    first = [deal.id async for deal in deals.aiterator()]
    second = [deal.id async for deal in deals.aiterator()]
    assert (first == second, office.stats.requests - before) == (True, 2)


async def test_a_set_that_was_awaited_is_read(office: LocalPortal, portal: Any) -> None:
    deals = Deal.objects.using(portal).filter(id__lte=60)
    await deals
    before = office.stats.requests
    assert (await deals.acount(), len(await deals), await deals.aexists()) == (60, 60, True)
    assert [deal.id async for deal in deals] == list(range(1, 61))
    assert office.stats.requests == before


async def test_leaving_async_for_early_leaves_no_task(office: LocalPortal, portal: Any) -> None:
    pages = Deal.objects.using(portal).aiterator()
    async for _ in pages:
        break
    await pages.aclose()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_many_queries_run_side_by_side(office: LocalPortal, portal: Any) -> None:
    counts = await asyncio.gather(*(Deal.objects.using(portal).filter(id__lte=n).acount() for n in range(30)))
    assert list(counts) == list(range(30))


async def test_a_cancelled_reading_leaves_the_portal_usable(office: LocalPortal, portal: Any) -> None:
    reading = asyncio.ensure_future(Deal.objects.using(portal)._afetched())
    await asyncio.sleep(0.01)
    reading.cancel()
    await asyncio.wait([reading])
    assert await Deal.objects.using(portal).acount() == office.store.count("deal")


async def test_inside_async_with_the_portal_is_the_default(office: LocalPortal) -> None:
    async with AsyncPortal(office.url, plan="unlimited", progress=False):
        assert await Deal.objects.acount() == office.store.count("deal")
