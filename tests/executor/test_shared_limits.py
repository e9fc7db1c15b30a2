"""Limits in Redis, end to end: shared, kept when Redis fails, and told nothing that is secret."""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

import b24orm.executor.limits.shared as shared_module
from b24orm import AsyncPortal, RateLimits, RedisLimits, connect
from b24orm.emulator import CostModel, LocalPortal, Plan
from b24orm.errors import InvalidValue, NotConfigured
from b24orm.executor.limits import SharedLimits
from b24orm.executor.limits.link import Keys
from tests.conftest import Serve, complaints
from tests.redis_server import RedisServer, needs_redis

WIDE = RateLimits(burst=1_000, per_second=1_000.0)
HOST = "acme.bitrix24.com"
SOON = 5.0


def nobody() -> str:
    """The address of a Redis that is not there."""
    return "redis://:s3cretword@127.0.0.1:1/0"


@asynccontextmanager
async def view(
    redis: str, plan: RateLimits = WIDE, host: str = HOST, **options: Any
) -> AsyncIterator[SharedLimits]:
    limits = RedisLimits(redis, **options).open(host, plan)
    yield limits
    await limits.close()


def now() -> float:
    return time.monotonic()


def known_to_be_empty(server: RedisServer, host: str, address: str = "") -> None:
    """A Redis that has been up for long knows that the bucket is empty; a young one takes it for full."""
    with Redis.from_url(server.url) as client:
        seconds, micros = client.time()  # type: ignore[misc]
        idle = {"level": 0, "seen": seconds + micros / 1e6, "resting": 1, "share": 1}
        client.hset(f"b24orm:{{{host}}}:bucket:{address}", mapping=idle)


async def until(done: Callable[[], bool]) -> None:
    deadline = now() + SOON
    while not done():
        assert now() < deadline
        await asyncio.sleep(0.02)


async def told(limits: Any) -> None:
    """Waits until Redis knows what these limits had to tell."""
    await until(lambda: limits._teller is None or limits._teller.done())


async def timed(work: Awaitable[Any]) -> float:
    began = now()
    await work
    return now() - began


# -- shared ------------------------------------------------------------------------------------------


async def test_clients_take_their_places_from_one_bucket(redis_server: RedisServer) -> None:
    plan = RateLimits(burst=1, per_second=2.0)
    known_to_be_empty(redis_server, HOST)
    async with view(redis_server.url, plan) as one, view(redis_server.url, plan) as two:
        asked = [(now(), await limits.enter("hook", ["m"], now()), now()) for limits in (one, two, one)]

    for (before, turn, after), (before_next, turn_next, after_next) in pairwise(asked):
        # Redis was asked at some moment between; half a second lies between two moments of leaving
        assert after_next + turn_next.wait - (before + turn.wait) >= 0.49
        assert before_next + turn_next.wait - (after + turn.wait) <= 0.51


async def test_hosts_with_addresses_of_their_own_have_buckets_of_their_own(redis_server: RedisServer) -> None:
    plan = RateLimits(burst=1, per_second=2.0)
    async with (
        view(redis_server.url, plan, address="a") as one,
        view(redis_server.url, plan, address="b") as two,
    ):
        for name in "ab":
            known_to_be_empty(redis_server, HOST, name)
        waits = [(await limits.enter("hook", ["m"], now())).wait for limits in (one, two)]

    assert waits == [0.0, 0.0]


async def test_operating_time_that_one_client_learns_of_makes_another_wait(redis_server: RedisServer) -> None:
    async with view(redis_server.url) as one, view(redis_server.url) as two:
        one.learn("hook", "m", {"operating": 479.0, "operating_reset_at": 400.0, "finish": 100.0}, 0.0)
        await one.close()
        turn = await two.enter("hook", ["m"], 10.0)

    assert (turn.granted, turn.wait) == (False, pytest.approx(300.0, abs=SOON))
    assert two.known_wait("hook", ["m"], 11.0) == pytest.approx(turn.wait - 1.0)


async def test_what_one_process_spends_another_waits_for_over_http(
    serve: Serve, redis_server: RedisServer
) -> None:
    costs = CostModel(by_method={"crm.deal.list": 4.0})
    portal = serve(deals=3, plan=Plan(burst=None, operating=10.0), costs=costs)
    plan, limits = RateLimits(per_second=None, operating_limit=10.0), RedisLimits(redis_server.url)
    async with (
        AsyncPortal(portal.url, plan=plan, limits=limits, progress=False) as one,
        AsyncPortal(portal.url, plan=plan, limits=limits, progress=False) as two,
    ):
        for _ in range(2):
            await one.call("crm.deal.list")
        await told(one.executor.sender._limits)
        waiting = asyncio.create_task(two.call("crm.deal.list"))
        await asyncio.wait({waiting}, timeout=0.5)
        done = waiting.done()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    assert (done, portal.stats.commands, portal.stats.requests) == (False, 2, 2)


async def test_other_accounts_go_on(redis_server: RedisServer) -> None:
    async with view(redis_server.url) as one, view(redis_server.url) as two:
        one.exhausted("hook", "m", 0.0)
        await one.close()
        granted = [(await two.enter(account, ["m"], 0.0)).granted for account in ("hook", "webhooks")]

    assert granted == [False, True]


async def test_a_place_that_was_not_used_is_given_back(redis_server: RedisServer) -> None:
    plan = RateLimits(burst=1, per_second=0.5)
    async with view(redis_server.url, plan) as limits:
        turn = await limits.enter("hook", ["m"], 0.0)
        limits.give_back(turn, 0.0)
        await told(limits)
        again = await limits.enter("hook", ["m"], 0.0)

    assert again.wait <= turn.wait


async def test_what_is_left_to_tell_is_told_before_the_end(redis_server: RedisServer) -> None:
    async with view(redis_server.url) as limits:
        turn = await limits.enter("hook", ["m"], 0.0)
        with Redis.from_url(redis_server.url) as redis:
            leases = f"b24orm:{{{HOST}}}:operating:hook:m:under-way"
            before = redis.zcard(leases)
            limits.leave(turn, 0.0, accepted=True)
            await limits.close()
            after = redis.zcard(leases)

    assert (before, after) == (1, 0)


def spent_by_a_thread(portal: LocalPortal, redis: str, plan: RateLimits, count: int) -> None:
    async def work() -> None:
        async with AsyncPortal(portal.url, plan=plan, limits=RedisLimits(redis), progress=False) as client:
            await asyncio.gather(*(client.call("server.time") for _ in range(count)))

    asyncio.run(work())


def test_threads_with_loops_of_their_own_share_one_bucket(serve: Serve, redis_server: RedisServer) -> None:
    portal, plan = serve(plan=Plan(burst=10, rate=20.0, drain="continuous")), RateLimits(10, 20.0)
    threads = [
        threading.Thread(target=spent_by_a_thread, args=(portal, redis_server.url, plan, 20))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (portal.stats.requests, portal.stats.rejected) == (60, 0)


def test_no_key_and_no_value_tells_a_secret(serve: Serve, redis_server: RedisServer) -> None:
    portal = serve(deals=60)
    with connect(portal.url, limits=RedisLimits(redis_server.url), plan=WIDE, progress=False) as client:
        client.call("crm.deal.get", {"ID": 1})
        client.get_all("crm.deal.list")
    with Redis.from_url(redis_server.url) as redis:
        keys = [key.decode() for key in redis.scan_iter()]

    secret = portal.url.rstrip("/").rsplit("/", 1)[1]
    assert {key.partition("}:")[2].partition(":")[0] for key in keys} == {"bucket", "operating"}
    assert [key for key in keys if secret in key] == []


# -- what is free ----------------------------------------------------------------------------------------


async def test_four_processes_think_together_of_no_more_places_than_are_free(
    redis_server: RedisServer,
) -> None:
    plan = RateLimits(burst=50, per_second=2.0)
    async with view(redis_server.url, plan) as first:
        await first.enter("hook", ["m"], now())  # a young Redis takes the bucket for full
        known_to_be_empty(redis_server, HOST)
        views = [RedisLimits(redis_server.url, share=1 / 4).open(HOST, plan) for _ in range(4)]
        for one in views:
            await one.enter("hook", ["m"], now())
        spare = [one.spare(now()) for one in views]
        for one in views:
            await one.close()

    assert (min(spare) >= 10, sum(spare) <= 48 - 4) == (True, True)


async def test_what_was_heard_long_ago_says_nothing_of_what_is_free(redis_server: RedisServer) -> None:
    async with view(redis_server.url, RateLimits(burst=1_000, per_second=100.0)) as limits:
        known_to_be_empty(redis_server, HOST)
        before = limits.spare(0.0)
        await limits.enter("hook", ["m"], 0.0)

        assert (before, limits.spare(1.0) > 100, limits.spare(60.0)) == (0, True, 0)


async def test_short_scans_of_four_processes_are_spread_and_none_is_refused(
    serve: Serve, redis_server: RedisServer
) -> None:
    portal = serve(deals=6_000, companies=0, contacts=0, latency=0.5, costs=CostModel(page=0.02))
    known_to_be_empty(redis_server, portal.url.split("/")[2])
    clients = [
        AsyncPortal(portal.url, limits=RedisLimits(redis_server.url, share=1 / 4), progress=False)
        for _ in range(4)
    ]
    found = await asyncio.gather(*(client.get_all("crm.deal.list", {"select": ["ID"]}) for client in clients))
    for client in clients:
        await client.close()

    assert [len(rows) for rows in found] == [6_000] * 4
    assert (portal.stats.rejected, portal.stats.requests > 4 * (1 + 3)) == (0, True)


# -- another name ----------------------------------------------------------------------------------------


async def test_who_comes_by_the_new_name_of_a_portal_shares_what_was_counted_by_the_old_one(
    serve: Serve, redis_server: RedisServer
) -> None:
    portal, plan = serve(plan=Plan(burst=10, rate=5.0, drain="continuous")), RateLimits(10, 5.0)
    limits = RedisLimits(redis_server.url)
    known_to_be_empty(redis_server, portal.url.split("/")[2])
    async with AsyncPortal(portal.url, plan=plan, limits=limits, progress=False) as old:
        await asyncio.gather(*(old.call("server.time") for _ in range(4)))
        portal.rename()
        known_to_be_empty(redis_server, portal.url.split("/")[2])
        await old.call("server.time")
        async with AsyncPortal(portal.url, plan=plan, limits=limits, progress=False) as new:
            await asyncio.gather(*(one.call("server.time") for one in (old, new) for _ in range(12)))

    assert portal.stats.rejected == 0


async def test_operating_time_follows_a_portal_to_its_new_name(redis_server: RedisServer) -> None:
    async with (
        view(redis_server.url, host="old.bitrix24.com") as one,
        view(redis_server.url, host="new.bitrix24.com") as two,
    ):
        time_of = {"operating": 479.0, "operating_reset_at": 400.0, "finish": 100.0}
        one.learn("hook", "m", time_of, now())
        await one.moved("new.bitrix24.com")
        turn = await two.enter("hook", ["m"], now())

    assert (turn.granted, turn.wait) == (False, pytest.approx(300.0, abs=SOON))


async def test_a_portal_that_moves_while_redis_is_away_is_counted_here(redis_server: RedisServer) -> None:
    async with view(nobody(), host="away-old.bitrix24.com") as limits:
        await limits.moved("away-new.bitrix24.com")
        turn = await limits.enter("hook", ["m"], now())

    assert (turn.granted, turn.ticket) == (True, "")


# -- a cluster -------------------------------------------------------------------------------------------


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[RedisServer]:
    needs_redis()
    with RedisServer(tmp_path, cluster=True) as server:
        yield server


async def test_the_nodes_of_a_cluster_keep_limits_too(serve: Serve, cluster: RedisServer) -> None:
    portal, plan = serve(deals=3, plan=Plan(burst=10, rate=20.0, drain="continuous")), RateLimits(10, 20.0)
    limits = RedisLimits(cluster.url, cluster=True)
    async with (
        AsyncPortal(portal.url, plan=plan, limits=limits, progress=False) as one,
        AsyncPortal(portal.url, plan=plan, limits=limits, progress=False) as two,
    ):
        await asyncio.gather(*(client.call("crm.deal.list") for client in (one, two) for _ in range(15)))
        away = [client.executor.sender._limits._standby.away for client in (one, two)]  # type: ignore[attr-defined]

    assert (away, portal.stats.requests, portal.stats.rejected) == ([False] * 2, 30, 0)


async def test_a_cluster_that_is_gone_is_done_without_and_used_again(cluster: RedisServer) -> None:
    host = "cluster.bitrix24.com"
    async with view(cluster.url, host=host, cluster=True, timeout=2.0, retry=0.1) as limits:
        first = await limits.enter("hook", ["m"], now())
        cluster.kill()
        alone = await limits.enter("hook", ["m"], now())
        cluster.start()
        await until(lambda: not limits._standby.away)
        together = await limits.enter("hook", ["m"], now())

    assert [bool(turn.ticket) for turn in (first, alone, together)] == [True, False, True]


async def test_a_cluster_that_was_never_there_is_done_without() -> None:
    async with view(nobody(), host="no-cluster.bitrix24.com", cluster=True) as limits:
        turn = await limits.enter("hook", ["m"], now())

    assert (turn.granted, turn.ticket) == (True, "")


async def test_a_portal_moves_within_a_cluster_too(cluster: RedisServer) -> None:
    async with (
        view(cluster.url, host="old.bitrix24.com", cluster=True) as one,
        view(cluster.url, host="new.bitrix24.com", cluster=True) as two,
    ):
        one.exhausted("hook", "m", now())
        await one.moved("new.bitrix24.com")
        turn = await two.enter("hook", ["m"], now())

    assert (turn.granted, turn.wait > 20.0) == (False, True)


def test_all_keys_of_a_portal_lie_in_one_slot_of_a_cluster(cluster: RedisServer) -> None:
    keys = Keys("b24orm", HOST, "worker-7").all("hook", ["crm.deal.list", "crm.lead.list"])
    with Redis.from_url(cluster.url) as redis:
        slots = {redis.execute_command("CLUSTER", "KEYSLOT", key) for key in keys}

    assert (len(keys), len(slots)) == (5, 1)


# -- without Redis -------------------------------------------------------------------------------------


async def test_where_redis_was_never_there_the_share_is_kept(serve: Serve) -> None:
    portal = serve(plan=Plan(burst=5, rate=5.0, drain="continuous"))
    limits = RedisLimits(nobody(), share=0.5)
    async with AsyncPortal(portal.url, plan=RateLimits(10, 10.0), limits=limits, progress=False) as client:
        took = await timed(asyncio.gather(*(client.call("server.time") for _ in range(8))))

    assert (portal.stats.rejected, 8 / 5.0 <= took <= 8 / 5.0 + SOON) == (0, True)


async def test_a_redis_that_hangs_is_not_waited_for(redis_server: RedisServer) -> None:
    async with view(redis_server.url, timeout=0.2) as limits:
        await limits.enter("hook", ["m"], now())
        redis_server.freeze()
        took = await timed(limits.enter("hook", ["m"], now()))
        then = await timed(limits.enter("hook", ["m"], now()))
        redis_server.thaw()

    assert (took < SOON, then < 0.1) == (True, True)


async def test_redis_is_used_again_when_it_is_back(redis_server: RedisServer) -> None:
    host = "back.bitrix24.com"
    async with view(redis_server.url, host=host, timeout=0.2, retry=0.1) as limits:
        redis_server.kill()
        alone = await limits.enter("hook", ["m"], now())
        redis_server.start()
        await until(lambda: not limits._standby.away)
        together = await limits.enter("hook", ["m"], now())

    assert (bool(alone.ticket), bool(together.ticket)) == (False, True)


async def test_a_redis_that_forgot_the_operating_time_is_told_it_again(redis_server: RedisServer) -> None:
    options: dict[str, Any] = {"host": "told.bitrix24.com", "timeout": 0.2, "retry": 0.1}
    async with view(redis_server.url, **options) as one, view(redis_server.url, **options) as two:
        time_of = {"operating": 479.0, "operating_reset_at": 400.0, "finish": 100.0}
        one.learn("hook", "m", time_of, now())
        redis_server.kill()
        await one.enter("hook", ["m"], now())
        redis_server.start()
        await until(lambda: not one._standby.away)
        turn = await two.enter("hook", ["m"], now())

    assert (bool(turn.ticket), turn.granted, turn.wait) == (True, False, pytest.approx(300.0, abs=SOON))


async def test_each_change_is_logged_once(
    redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    options: dict[str, Any] = {"host": "logged.bitrix24.com", "timeout": 0.2, "retry": 0.1}
    caplog.set_level(logging.INFO, "b24orm")
    async with view(redis_server.url, **options) as one, view(redis_server.url, **options) as two:
        redis_server.kill()
        await asyncio.gather(*(limits.enter("hook", ["m"], now()) for limits in (one, two)))
        await one.enter("hook", ["m"], now())
        redis_server.start()
        await until(lambda: not one._standby.away)
        for limits in (one, two):
            await limits.enter("hook", ["m"], now())

    said = [record.getMessage().split("logged.bitrix24.com ")[1] for record in caplog.records]
    assert said == ["can't be reached (ConnectionError): going on with this process's share", "are back"]


async def test_operating_time_is_known_here_too_when_redis_is_lost(redis_server: RedisServer) -> None:
    async with view(redis_server.url, host="known.bitrix24.com") as limits:
        at = now()
        limits.learn("hook", "m", {"operating": 479.0, "operating_reset_at": 400.0, "finish": 100.0}, at)
        redis_server.kill()
        await limits.enter("hook", ["other"], at)

        assert limits.known_wait("hook", ["m"], at) == pytest.approx(300.0)


async def test_an_entry_that_is_cancelled_holds_no_lease(redis_server: RedisServer) -> None:
    async with view(redis_server.url, timeout=SOON) as limits:
        await limits.enter("hook", ["other"], 0.0)
        redis_server.freeze()
        entering = asyncio.create_task(limits.enter("hook", ["m"], 0.0))
        await asyncio.sleep(0.1)  # it is on its way
        entering.cancel()
        await asyncio.gather(entering, return_exceptions=True)
        redis_server.thaw()
    with Redis.from_url(redis_server.url) as redis:
        assert redis.zcard(f"b24orm:{{{HOST}}}:operating:hook:m:under-way") == 0


async def test_the_password_of_redis_is_told_to_nobody(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with view(nobody(), host="quiet.bitrix24.com") as limits:
        await limits.enter("hook", ["m"], now())

    assert "s3cretword" not in caplog.text + repr(RedisLimits(nobody())) + repr(limits)
    assert caplog.records != []


def test_it_is_not_pickled() -> None:
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(RedisLimits(nobody()))


# -- what it takes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [{"url": "http://127.0.0.1/"}, {"url": "s3cretword"}, {"share": 0}, {"share": 1.5}, {"timeout": 0},
     {"retry": -1}, {"share": "half"}],
    ids=str,
)  # fmt: skip
def test_what_makes_no_sense_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue) as caught:
        RedisLimits(**{"url": nobody(), **options})
    assert "s3cretword" not in str(caught.value)


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_module, "find_spec", lambda name: None)
    with pytest.raises(NotConfigured, match=r"b24orm\[redis\]"):
        RedisLimits("redis://localhost")


FORK = """
import os, sys
from b24orm import RedisLimits, connect

portal = connect(sys.argv[1], limits=RedisLimits(sys.argv[2]), progress=False)
portal.call("profile")
child = os.fork()
if child == 0:
    print(bool(portal.call("profile")), flush=True)
    portal.close()
    os._exit(0)
_, status = os.waitpid(child, 0)
print(status == 0, bool(portal.call("profile")))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_has_connections_of_its_own(serve: Serve, redis_server: RedisServer) -> None:
    command = [sys.executable, "-X", "dev", "-W", "ignore:This process:DeprecationWarning", "-c", FORK]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([*command, serve().url, redis_server.url], cwd=root, capture_output=True, text=True)

    assert (done.stdout.split(), complaints(done.stderr)) == (["True"] * 3, [])
