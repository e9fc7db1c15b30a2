"""The client never meets the portal's limit, and wastes next to nothing keeping away from it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from b24orm import AsyncPortal, RateLimits
from b24orm.emulator import CostModel, Fault, LocalPortal, Plan
from b24orm.emulator.answers import Answer
from b24orm.errors import PortalDown, TransportError
from b24orm.executor.executor import Executor
from b24orm.executor.limits import PLANS, PortalLimits
from b24orm.executor.sender import Sender
from b24orm.plan.calls import Call
from b24orm.transport.auth.webhook import Webhook
from b24orm.transport.http import HttpTransport
from tests.conftest import Serve
from tests.faults.stage import SkippingClock

SLACK = 1.05
"""How much longer than the bucket itself demands the client may take."""


def executor_of(portal: LocalPortal, limits: RateLimits, clock: SkippingClock) -> Executor:
    """A client whose waiting is skipped; the portal goes by the same clock."""
    transport = clock.watching(HttpTransport())
    return Executor(Sender(transport, Webhook.parse(portal.url), PortalLimits(limits), clock=clock))


def amid_a_minute(clock: SkippingClock) -> Callable[[], float]:
    """A clock for the portal, whose baskets of a minute are half over now.

    The local portal's answers are as late as their costs say, though no time passes for that here. So what
    they tell of the window's end is early, by no more than the rest of a minute.
    """
    ahead = 30.0 - clock.now() % 60
    return lambda: clock.now() + ahead


def arrivals(portal: LocalPortal, clock: Callable[[], float]) -> list[float]:
    """When calls of ``app.tick.get`` arrive."""
    found: list[float] = []

    def tick(call: object) -> Answer:
        found.append(clock())
        return Answer(len(found))

    portal.register("app.tick.get", tick)
    return found


async def all_at_once(count: int, send: Callable[[], Awaitable[object]]) -> None:
    await asyncio.gather(*(send() for _ in range(count)))


@pytest.mark.parametrize(("plan", "count"), [("standard", 120), ("enterprise", 520)])
async def test_a_plan_is_used_to_the_full_without_a_rejection(serve: Serve, plan: str, count: int) -> None:
    clock, limits = SkippingClock(), PLANS[plan]
    portal = serve(plan=plan, clock=clock.now)
    came = arrivals(portal, clock.now)
    executor = executor_of(portal, limits, clock)
    await all_at_once(count, lambda: executor.call(Call("app.tick.get")))
    await executor.close()
    assert limits.per_second is not None
    least = (count - limits.burst) / limits.per_second
    assert (portal.stats.requests, portal.stats.rejected) == (count, 0)
    assert came[-1] - came[0] <= SLACK * least


async def test_limits_of_ones_own_are_kept_in_real_time(serve: Serve) -> None:
    count, burst, rate = 52, 4, 24.0
    portal = serve(plan=Plan(burst=burst, rate=rate, drain="continuous"))
    came = arrivals(portal, time.monotonic)
    limits = RateLimits(burst=burst, per_second=rate)
    async with AsyncPortal(portal.url, plan=limits, progress=False) as client:
        await all_at_once(count, lambda: client.call("app.tick.get"))
    assert (portal.stats.requests, portal.stats.rejected) == (count, 0)
    assert came[-1] - came[0] >= (count - burst - 1) / rate


async def test_two_clients_of_a_portal_keep_one_limit_together(serve: Serve) -> None:
    portal = serve(plan=Plan(burst=10, rate=10.0, drain="continuous"))
    limits = RateLimits(burst=10, per_second=10.0)
    async with AsyncPortal(portal.url, plan=limits, progress=False) as one:
        other = portal.add_webhook()
        async with AsyncPortal(other, plan=limits, progress=False) as two:
            await asyncio.gather(
                all_at_once(20, lambda: one.call("server.time")),
                all_at_once(20, lambda: two.call("server.time")),
            )
    assert (portal.stats.requests, portal.stats.rejected) == (40, 0)


async def test_somebody_else_at_the_bucket_costs_retries_and_no_answers(serve: Serve) -> None:
    clock = SkippingClock()
    portal = serve(deals=60, plan=Plan(burst=5, rate=2.0, drain="continuous"), clock=clock.now)
    executor = executor_of(portal, PLANS["unlimited"], clock)
    answers = await asyncio.gather(
        *(executor.call(Call("crm.deal.get", {"ID": number})) for number in range(1, 41))
    )
    await executor.close()
    assert [int(answer.result["ID"]) for answer in answers] == list(range(1, 41))
    assert portal.stats.rejected > 0


async def test_the_operating_time_of_a_method_is_waited_for_without_a_refusal(serve: Serve) -> None:
    clock, costs = SkippingClock(), CostModel(by_method={"crm.deal.list": 4.0})
    portal = serve(deals=3, plan=Plan(burst=None, operating=10.0), costs=costs, clock=amid_a_minute(clock))
    executor = executor_of(portal, RateLimits(per_second=None, operating_limit=10.0), clock)
    begun = clock.now()
    for _ in range(6):
        await executor.call(Call("crm.deal.list", {"start": -1}))
    await executor.close()
    assert (portal.stats.commands, portal.stats.requests) == (6, 6)
    assert 540 <= clock.now() - begun <= 1300


async def test_many_who_were_refused_for_operating_time_ask_one_at_a_time(serve: Serve) -> None:
    clock, count, places = SkippingClock(), 60, 40
    portal = serve(deals=3, plan=Plan(burst=None, operating=480.0), clock=amid_a_minute(clock))
    portal.spend("crm.deal.list", 481.0)
    executor = executor_of(portal, PLANS["unlimited"], clock)
    await all_at_once(count, lambda: executor.call(Call("crm.deal.list", {"start": -1})))
    await executor.close()
    refused = portal.stats.requests - portal.stats.commands
    assert (portal.stats.commands, 0 < refused <= places + 600 / 30 + 1) == (count, True)


async def test_a_refusal_for_operating_time_is_waited_out(serve: Serve) -> None:
    clock, costs = SkippingClock(), CostModel(by_method={"crm.deal.list": 4.0})
    portal = serve(deals=3, plan=Plan(burst=None, operating=10.0), costs=costs, clock=amid_a_minute(clock))
    executor = executor_of(
        portal, RateLimits(per_second=None, operating_limit=None), clock
    )  # knows of no limit
    answers = [await executor.call(Call("crm.deal.list", {"start": -1})) for _ in range(5)]
    await executor.close()
    assert [len(answer.result) for answer in answers] == [3] * 5


async def test_thousands_of_reads_end_soon_when_the_portal_hangs_for_good(serve: Serve) -> None:
    portal = serve(deals=60)
    portal.faults.script(Fault("hang", times=1_000_000, seconds=30))
    async with AsyncPortal(
        portal.url, plan="unlimited", progress=False, timeout=0.2, give_up_after=1.0
    ) as client:
        began = time.monotonic()
        with pytest.raises(TransportError):
            await client.get_by_ID("crm.deal.get", range(1, 50_001))
        took = time.monotonic() - began
        with pytest.raises(PortalDown, match="has served nothing for"):
            await client.call("crm.deal.get", {"ID": 1})
        portal.faults.clear()
    assert (took < 30, portal.stats.requests < 200) == (True, True)
