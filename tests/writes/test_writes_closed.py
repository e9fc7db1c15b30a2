"""A portal that is closed by somebody else while a bulk write goes on: what was done is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from b24orm import AsyncPortal, Portal, RateLimits
from b24orm.emulator import LocalPortal
from b24orm.errors import JobStopped, PortalClosed
from b24orm.executor.journal import Journal
from b24orm.models import Deal
from tests.conftest import Connect, Serve

COUNT = 4_000


@pytest.fixture
def desk(serve: Serve) -> LocalPortal:
    """A portal that takes its time."""
    return serve(deals=0, latency=0.01)


def rows(count: int = COUNT) -> Iterator[Deal]:
    return (Deal(title=f"t{n}", origin_id=f"A{n}") for n in range(count))


def hasty(desk: LocalPortal, join: Connect) -> Portal:
    return join(desk, plan=RateLimits(1_000_000, None, None, request_limit=0.3))


def closing(desk: LocalPortal, client: Portal, at: int = 1_000) -> threading.Thread:
    """Closes the client once so many rows are there."""

    def work() -> None:
        deadline = time.monotonic() + 60
        while desk.store.count("deal") < at and time.monotonic() < deadline:
            time.sleep(0.005)
        client.close()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


WAYS: dict[str, Callable[[], Any]] = {
    "create": lambda: Deal.objects.bulk_create(rows()),
    "create, no look": lambda: Deal.objects.bulk_create(rows(), idempotency=None),
    "create, keys": lambda: Deal.objects.bulk_create(rows(), idempotency="origin"),
    "create, ordered": lambda: Deal.objects.bulk_create(rows(), ordered=True),
    "upsert": lambda: Deal.objects.bulk_upsert(rows(), key="origin_id"),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_error_has_what_was_done(desk: LocalPortal, join: Connect, way: str) -> None:
    closer = closing(desk, hasty(desk, join))
    with pytest.raises(JobStopped) as caught:
        WAYS[way]()
    closer.join()
    time.sleep(0.2)  # what the portal was at goes on
    stopped, there = caught.value, {row["TITLE"] for row in desk.store.rows("deal")}
    done = {result.item.title for result in stopped.results if result.ok}
    left = {row.title for row in stopped.not_sent}
    unknown = {row.title for row in stopped.unknown}
    assert len(done) == stopped.done > 0
    assert done <= there
    assert not left & there
    assert there - done <= unknown
    assert len(done) + len(left) + len(unknown) == stopped.taken
    assert isinstance(stopped.__cause__, PortalClosed) or "closed" in str(stopped.__cause__)


def test_the_journal_leaves_in_doubt_what_had_left_and_nothing_that_stood_in_line(
    desk: LocalPortal, join: Connect, tmp_path: Path
) -> None:
    client = join(desk, plan=RateLimits(burst=5, per_second=20, operating_limit=None, request_limit=0.3))
    closer = closing(desk, client, at=200)
    with pytest.raises(JobStopped) as caught:
        Deal.objects.bulk_create(rows(), idempotency=None, journal=tmp_path / "j")
    closer.join()
    journal = Journal(tmp_path / "j", {"method": "crm.deal.add", "portal": client.host})
    counts = journal.counts()
    journal.close()
    assert (counts["done"], counts.get("sent", 0)) == (caught.value.done, len(caught.value.unknown))
    assert len(caught.value.not_sent) > 0


def test_a_portal_that_was_closed_before_is_said_to_be(desk: LocalPortal, join: Connect) -> None:
    client = join(desk)
    client.close()
    with pytest.raises(PortalClosed):
        Deal.objects.using(client).bulk_create(rows(3))


async def test_an_asynchronous_portal_tells_as_well(desk: LocalPortal) -> None:
    client = AsyncPortal(desk.url, plan=RateLimits(1_000_000, None, None, request_limit=0.3), progress=False)
    done = 0
    with pytest.raises(JobStopped) as caught:
        async for result in Deal.objects.using(client).astream_create(rows()):
            done += result.ok
            if done == 700:
                await client.close()
    assert caught.value.done == done == len(desk.store.rows("deal"))
