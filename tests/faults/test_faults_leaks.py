"""Nothing is left behind by a failure: no task, no connection, no place at the gate."""

from __future__ import annotations

import asyncio
import gc
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from b24orm import AsyncPortal, Portal
from b24orm.emulator import LocalPortal
from b24orm.errors import B24Error
from b24orm.loop import background
from b24orm.models import Deal
from tests.faults.conftest import FAULTS, fill, play

pytestmark = pytest.mark.usefixtures("hasty")

READS: list[Callable[[Portal], Any]] = [
    lambda portal: list(Deal.objects.using(portal)),
    lambda portal: Deal.objects.using(portal).count(),
    lambda portal: portal.get_all("crm.deal.list", {"order": {"TITLE": "ASC"}}),
    lambda portal: portal.call("crm.deal.get", [{"ID": number} for number in range(1, 130)]),
    lambda portal: next(iter(Deal.objects.using(portal).iterator())),
]


def tasks_left() -> list[Any]:
    """Tasks of the background loop that are still there once it has had time to breathe."""
    deadline = time.monotonic() + 2
    while True:
        left = [task for task in asyncio.all_tasks(background()._loop) if not task.done()]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.005)


def read_all(portal: Portal) -> None:
    """Every reading, whatever comes of it."""
    for read in READS:
        with suppress(B24Error):
            read(portal)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("times", [1, 500], ids=["once", "for good"])
def test_no_task_and_no_place_at_the_gate_outlives_a_call(
    broken: LocalPortal, client: Portal, fault: str, times: int
) -> None:
    play(broken, fault, times=times)
    read_all(client)
    gate = client._open().sender.gate
    assert (tasks_left(), gate._taken, list(gate._queue)) == ([], 0, [])


@pytest.mark.parametrize("fault", FAULTS)
def test_no_connection_is_left_open(broken: LocalPortal, timeout: float, fault: str) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        client = Portal(broken.url, plan="unlimited", progress=False, timeout=timeout)
        play(broken, fault, times=3)
        read_all(client)
        client.close()
        del client
        gc.collect()
    assert [str(warning.message) for warning in caught] == []


async def test_leaving_an_async_iteration_cancels_what_is_under_way(broken: LocalPortal) -> None:
    fill(broken, 9000)
    async with AsyncPortal(broken.url, plan="unlimited", progress=False) as portal:
        rows = Deal.objects.using(portal).only("id").aiterator()
        async for _ in rows:
            break
        await rows.aclose()
        left = asyncio.all_tasks() - {asyncio.current_task()}
    assert left == set()


async def test_cancelling_a_reading_leaves_no_task(broken: LocalPortal) -> None:
    play(broken, "hang", times=500)
    async with AsyncPortal(broken.url, plan="unlimited", progress=False, timeout=5) as portal:
        reading = asyncio.ensure_future(portal.get_all("crm.deal.list"))
        await asyncio.sleep(0.05)
        reading.cancel()
        await asyncio.wait([reading])
        gate = portal._open().sender.gate
        left = asyncio.all_tasks() - {asyncio.current_task()}
    assert (left, gate._taken) == (set(), 0)


def test_an_interrupted_sync_iteration_leaves_no_task(broken: LocalPortal, client: Portal) -> None:
    fill(broken, 9000)
    with pytest.raises(KeyboardInterrupt):
        for _ in Deal.objects.using(client).only("id").iterator():
            raise KeyboardInterrupt
    assert tasks_left() == []
