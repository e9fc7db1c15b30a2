"""Reads that are awaited at the same time travel together."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest

import b24orm
from b24orm import errors
from b24orm.emulator import Fault, LocalPortal
from b24orm.models import Company, Deal


@pytest.fixture
async def portal() -> AsyncIterator[LocalPortal]:
    """A portal with 1,200 deals, and a client for it."""
    with LocalPortal(deals=1_200) as running:
        async with b24orm.AsyncPortal(running.url, plan="unlimited"):
            yield running


async def test_a_thousand_gets_are_one_request(portal: LocalPortal) -> None:
    found = await asyncio.gather(*(Deal.objects.aget(id=key) for key in range(1, 1001)))

    assert [deal.id for deal in found] == list(range(1, 1001))
    assert (portal.stats.requests, portal.stats.commands) == (1, 20)


async def test_equal_calls_are_sent_once(portal: LocalPortal) -> None:
    counts = await asyncio.gather(*(Deal.objects.acount() for _ in range(40)))

    assert counts == [1_200] * 40
    assert (portal.stats.requests, portal.stats.commands) == (1, 1)


async def test_different_questions_share_a_batch(portal: LocalPortal) -> None:
    await asyncio.gather(
        Deal.objects.acount(),
        Deal.objects.filter(stage="WON").aexists(),
        Company.objects.afirst(),
        Deal.objects.aget(id=7),
    )

    assert (portal.stats.requests, portal.stats.commands) == (1, 4)


async def test_an_error_reaches_only_its_own_caller(portal: LocalPortal) -> None:
    found = await asyncio.gather(
        Deal.objects.aget(id=1),
        Deal.objects.aget(id=999_999),
        Deal.objects.aget(id=2),
        return_exceptions=True,
    )

    assert isinstance(found[1], errors.DoesNotExist)
    assert [deal.id for deal in (found[0], found[2])] == [1, 2]  # type: ignore[union-attr]


async def test_a_caller_that_leaves_takes_nobody_along(portal: LocalPortal) -> None:
    gone = asyncio.ensure_future(Deal.objects.aget(id=1))
    stays = asyncio.ensure_future(Deal.objects.aget(id=2))
    await asyncio.sleep(0)
    gone.cancel()

    assert (await stays).id == 2
    assert gone.cancelled()


async def test_nothing_is_sent_for_callers_that_left(portal: LocalPortal) -> None:
    gone = asyncio.ensure_future(Deal.objects.aget(id=1))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0.05)

    assert portal.stats.requests == 0


async def test_a_lost_reply_is_asked_for_again(portal: LocalPortal) -> None:
    portal.faults.script(Fault("reset_after"))

    found = await asyncio.gather(*(Deal.objects.aget(id=key) for key in (1, 2, 3)))

    assert [deal.id for deal in found] == [1, 2, 3]


def test_threads_share_requests() -> None:
    with LocalPortal(deals=100) as running, b24orm.connect(running.url, plan="unlimited"):
        Deal.objects.first()
        running.stats.reset()
        start = threading.Barrier(50)
        found: list[int] = []

        def get(key: int) -> None:
            start.wait()
            found.append(Deal.objects.get(id=key).id)

        threads = [threading.Thread(target=get, args=(key,)) for key in range(1, 51)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(found) == list(range(1, 51))
        assert running.stats.requests < 25
