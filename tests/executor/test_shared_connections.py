"""The portals of an event loop share a few connections to the Redis that keeps their limits."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis import Redis

from b24orm import AsyncPortal, RateLimits, RedisLimits, connect
from b24orm.executor.limits import SharedLimits
from b24orm.executor.limits.connections import PLACES
from tests.conftest import Serve, complaints
from tests.redis_server import RedisServer

WIDE = RateLimits(burst=1_000, per_second=1_000.0)
PORTALS = 200


def connections(server: RedisServer) -> int:
    """How many there are, but for the one that asks; one that is closed may be listed for a moment."""
    with Redis.from_url(server.url) as client:
        return len(client.client_list()) - 1


def come_down_to(server: RedisServer, count: int) -> bool:
    deadline = time.monotonic() + 5.0
    while connections(server) != count and time.monotonic() < deadline:
        time.sleep(0.02)
    return connections(server) == count


@asynccontextmanager
async def views(
    server: RedisServer, count: int, timeout: float = 5.0
) -> AsyncGenerator[list[SharedLimits], None]:
    """The limits of so many portals, which are closed at the end."""
    limits = RedisLimits(server.url, timeout=timeout)
    opened = [limits.open(f"portal-{number}.bitrix24.com", WIDE) for number in range(count)]
    yield opened
    for one in opened:
        await one.close()


async def used(limits: SharedLimits) -> bool:
    """One request of a portal: entered, sent, back. Whether Redis was asked."""
    turn = await limits.enter("hook", ["m"], 0.0)
    limits.leave(turn, 0.0, accepted=True)
    return turn.ticket != ""


async def test_hundreds_of_portals_share_a_few_connections(redis_server: RedisServer) -> None:
    async with views(redis_server, PORTALS) as opened:
        shared = [await asyncio.gather(*map(used, opened)) for _ in range(3)]

        assert shared == [[True] * PORTALS] * 3
        assert 1 <= connections(redis_server) <= PLACES


async def test_the_last_portal_closes_the_connections(redis_server: RedisServer) -> None:
    async with views(redis_server, 20) as opened:
        await asyncio.gather(*map(used, opened))
        for one in opened[1:]:
            await one.close()
        before, left_alone = connections(redis_server), await used(opened[0])
        await opened[0].close()

    assert (before >= 1, left_alone, come_down_to(redis_server, 0)) == (True, True, True)


async def test_a_portal_that_comes_after_the_last_opens_them_anew(redis_server: RedisServer) -> None:
    for _ in range(2):
        async with views(redis_server, 1) as (only,):
            assert await used(only)


def test_portals_of_synchronous_code_share_them_too(serve: Serve, redis_server: RedisServer) -> None:
    local = serve()
    limits = RedisLimits(redis_server.url, timeout=5.0)
    portals = [connect(local.url, limits=limits, plan=WIDE, progress=False) for _ in range(30)]
    for portal in portals:
        portal.call("profile")
    count = connections(redis_server)
    for portal in portals:
        portal.close()

    assert (1 <= count <= PLACES, come_down_to(redis_server, 0)) == (True, True)


def test_each_event_loop_has_its_own(serve: Serve, redis_server: RedisServer) -> None:
    local, met = serve(), threading.Barrier(3)

    async def work() -> None:
        limits = RedisLimits(redis_server.url, timeout=5.0)
        async with AsyncPortal(local.url, limits=limits, plan=WIDE, progress=False) as portal:
            await portal.call("profile")
            await asyncio.to_thread(met.wait)
            await asyncio.to_thread(met.wait)

    threads = [threading.Thread(target=asyncio.run, args=(work(),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    met.wait()
    count = connections(redis_server)
    met.wait()
    for thread in threads:
        thread.join()

    assert (2 <= count <= 2 * PLACES, come_down_to(redis_server, 0)) == (True, True)


def test_a_portal_that_outlives_its_loop_gets_new_ones(serve: Serve, redis_server: RedisServer) -> None:
    limits = RedisLimits(redis_server.url, timeout=5.0)
    portal = AsyncPortal(serve().url, limits=limits, plan=WIDE, progress=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # the first loop ended with connections open
        asyncio.run(_called(portal))
        asyncio.run(_called(portal, close=True))
        gc.collect()

    assert come_down_to(redis_server, 0)


async def _called(portal: AsyncPortal, *, close: bool = False) -> None:
    await portal.call("profile")
    assert not portal.executor.sender._limits._standby.away  # type: ignore[attr-defined]
    if close:
        await portal.close()


async def test_a_redis_that_hangs_is_waited_for_once_and_not_in_line(redis_server: RedisServer) -> None:
    async with views(redis_server, PORTALS, timeout=0.5) as opened:
        redis_server.freeze()
        began = time.monotonic()
        shared = await asyncio.gather(*map(used, opened))
        took = time.monotonic() - began
        redis_server.thaw()

    assert (shared, took < 0.5 * PORTALS / PLACES / 2) == ([False] * PORTALS, True)


FORK = """
import gc, os, sys
from redis import Redis
from b24orm import RedisLimits, connect

def here(portal):
    return not portal.executor.sender._limits._standby.away

def ids():
    with Redis.from_url(sys.argv[2]) as client:
        return {c["id"] for c in client.client_list()} - {str(client.client_id())}

async def collect():
    gc.collect()

gc.disable()
portals = [connect(sys.argv[1], limits=RedisLimits(sys.argv[2]), progress=False) for _ in range(3)]
for portal in portals:
    portal.call("profile")
before = ids()
child = os.fork()
if child == 0:
    for portal in portals:
        portal.call("profile")
    portals[0].run(collect)
    print(all(here(portal) for portal in portals), len(ids() - before) > 0, flush=True)
    for portal in portals:
        portal.close()
    os._exit(0)
_, status = os.waitpid(child, 0)
for portal in portals:
    portal.call("profile")
print(status == 0, all(here(portal) for portal in portals), before <= ids())
for portal in portals:
    portal.close()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_has_its_own_and_leaves_its_parents_alone(
    serve: Serve, redis_server: RedisServer
) -> None:
    command = [sys.executable, "-X", "dev", "-W", "ignore:This process:DeprecationWarning", "-c", FORK]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([*command, serve().url, redis_server.url], cwd=root, capture_output=True, text=True)

    assert (done.stdout.split(), complaints(done.stderr)) == (["True"] * 5, [])
