"""The leaky bucket: as fast as the portal lets us, and never refused."""

from __future__ import annotations

import asyncio
import threading
from random import Random

import pytest

from b24orm.errors import InvalidValue
from b24orm.executor.limits import PLANS, Bucket, PortalLimits, RateLimits, limits_for, portal_limits
from b24orm.plan.calls import Call
from tests.executor.fakes import TOO_MANY, Asked, Leaky, OnceASecond, Steady, client, result, run

STANDARD, ENTERPRISE = PLANS["standard"], PLANS["enterprise"]
READ = Call("crm.deal.list")


class Portal:
    """Refuses what its bucket does not take."""

    def __init__(self, bucket: Leaky) -> None:
        self.bucket = bucket
        self.refused = 0

    def __call__(self, asked: Asked) -> object:
        if self.bucket.takes(asked.at):
            return result([])
        self.refused += 1
        return TOO_MANY


async def all_of(count: int, *executors: object) -> float:
    """Sends so many calls, dealt out among the clients; when the last one was answered."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    calls = [executors[number % len(executors)].call(READ) for number in range(count)]  # type: ignore[attr-defined]
    await asyncio.gather(*calls)
    return loop.time() - began


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("delay", [0.0, 0.5], ids=["at once", "with jitter"])
@pytest.mark.parametrize("kind", [Steady, OnceASecond])
@pytest.mark.parametrize(
    ("limits", "count"), [(STANDARD, 300), (ENTERPRISE, 600)], ids=["standard", "enterprise"]
)
def test_requests_take_as_long_as_they_must_and_none_is_refused(
    limits: RateLimits, count: int, kind: type[Leaky], delay: float, seed: int
) -> None:
    assert limits.per_second is not None
    random = Random(seed)
    phase = {"phase": random.random()} if kind is OnceASecond else {}
    portal = Portal(kind(burst=limits.burst, rate=limits.per_second, **phase))  # type: ignore[call-arg]
    executor, _ = client(portal, limits=limits, delay=lambda: random.random() * delay)
    least = (count - limits.burst) / limits.per_second

    took = run(all_of(count, executor))

    assert (portal.refused, took <= 1.05 * least) == (0, True)


def test_a_pause_refills_the_burst() -> None:
    portal = Portal(Steady())
    executor, _ = client(portal, limits=STANDARD)

    async def twice() -> float:
        await all_of(50, executor)
        await asyncio.sleep(60)
        return await all_of(48, executor)

    assert (run(twice()), portal.refused) == (0.0, 0)


def test_clients_of_one_portal_share_its_bucket() -> None:
    portal, shared = Portal(OnceASecond()), PortalLimits(STANDARD)
    clients = [client(portal, limits=shared)[0] for _ in range(3)]

    took = run(all_of(300, *clients))

    assert (portal.refused, took <= 1.05 * 125) == (0, True)


def test_threads_share_its_bucket_too() -> None:
    bucket, waits = Bucket(STANDARD), list[float]()

    def take() -> None:
        for _ in range(50):
            waits.append(bucket.take(0.0))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(waits) == pytest.approx([max(0.0, (n - 48) / 2) for n in range(1, 401)])


def test_a_portal_s_limits_are_one_object_for_the_process() -> None:
    assert portal_limits("shared.bitrix24.com", STANDARD) is portal_limits("shared.bitrix24.com", STANDARD)


def test_other_portals_have_their_own() -> None:
    assert portal_limits("one.bitrix24.com", STANDARD) is not portal_limits("two.bitrix24.com", STANDARD)


def test_a_known_portal_adopts_the_limits_of_the_newest_client() -> None:
    portal_limits("adopted.bitrix24.com", STANDARD)
    found = portal_limits("adopted.bitrix24.com", PLANS["unlimited"])

    assert [found.bucket.take(0.0) for _ in range(500)] == [0.0] * 500


def test_somebody_else_at_the_bucket_is_yielded_to() -> None:
    bucket = Steady()
    for _ in range(50):
        bucket.takes(0.0)  # another program took all there was
    portal = Portal(bucket)
    executor, transport = client(portal, limits=STANDARD)

    run(all_of(60, executor))

    assert (len(transport.log) - portal.refused, portal.refused < 60) == (60, True)


def test_a_wait_that_was_cancelled_gives_its_place_back() -> None:
    portal = Portal(Steady())
    executor, _ = client(portal, limits=STANDARD)

    async def impatient() -> float:
        await all_of(50, executor)
        late = [asyncio.create_task(executor.call(READ)) for _ in range(40)]
        await asyncio.sleep(0.01)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return await all_of(2, executor)

    assert run(impatient()) <= 2.5


def test_without_limits_nobody_waits() -> None:
    executor, _ = client(lambda asked: result([]))

    assert run(all_of(1_000, executor)) == 0.0


@pytest.mark.parametrize(
    ("plan", "burst", "rate"), [("standard", 50, 2.0), ("enterprise", 250, 5.0), ("unlimited", 10**6, None)]
)
def test_plans_have_their_limits(plan: str, burst: int, rate: float | None) -> None:
    assert (limits_for(plan).burst, limits_for(plan).per_second) == (burst, rate)


def test_limits_of_ones_own_are_taken_as_they_are() -> None:
    assert limits_for(RateLimits(burst=7)).burst == 7


def test_an_unknown_plan_is_refused_with_the_nearest() -> None:
    with pytest.raises(InvalidValue, match="did you mean 'enterprise'"):
        limits_for("enterprize")


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        ({"burst": 0}, "burst must be at least 1, not 0"),
        ({"per_second": 0.0}, "per_second must be positive, not 0.0"),
        ({"per_second": float("nan")}, "per_second must be positive, not nan"),
        ({"operating_limit": 0}, "operating_limit must be positive, or None for no limit, not 0"),
        ({"operating_limit": float("nan")}, "operating_limit must be positive"),
        ({"request_limit": 0.0}, "request_limit must be positive, not 0.0"),
    ],
)
def test_limits_that_let_nothing_through_are_refused(limits: dict[str, float], why: str) -> None:
    with pytest.raises(InvalidValue, match=rf"^RateLimits\.{why}"):
        RateLimits(**limits)  # type: ignore[arg-type]


# -- step by step: the standard plan takes 50 and drains two a second, of which one second is kept in hand


def taken(count: int) -> Bucket:
    bucket = Bucket(STANDARD)
    for _ in range(count):
        bucket.take(0.0)
    return bucket


@pytest.mark.parametrize(("count", "left"), [(0, 48), (10, 38), (48, 0), (60, 0)])
def test_what_is_spare_is_what_was_not_taken(count: int, left: int) -> None:
    assert taken(count).spare(0.0) == left


def test_nothing_drains_until_something_was_answered() -> None:
    bucket = taken(10)
    before = bucket.spare(100.0)
    bucket.answered(100.0)

    assert [before, bucket.spare(103.0), bucket.spare(1_000.0)] == [38, 44, 48]


def test_a_portal_without_the_limit_always_has_room() -> None:
    assert Bucket(PLANS["unlimited"]).spare(0.0) >= 100_000


def test_a_place_is_given_back_once() -> None:
    bucket = taken(1)
    bucket.give_back()
    bucket.give_back()

    assert bucket.spare(0.0) == 48


def test_a_bucket_that_was_taken_for_full_drains_at_once() -> None:
    bucket = taken(0)
    bucket.fill(10.0)

    assert [bucket.spare(10.0), bucket.spare(13.0), bucket.take(10.0)] == [0, 6, 0.5]


@pytest.mark.parametrize(("refusals", "wait"), [([0.0], 1.0), ([0.0, 10.0], 2.0), ([0.0, 10.0, 20.0], 2.0)])
def test_a_refusal_halves_the_rate_down_to_a_quarter(refusals: list[float], wait: float) -> None:
    bucket = taken(0)
    for moment in refusals:
        bucket.refused(moment)

    assert bucket.take(refusals[-1]) == wait


def test_what_left_before_the_rate_was_halved_does_not_halve_it_again() -> None:
    bucket = taken(0)
    bucket.refused(5.0)
    bucket.refused(5.5, age=1.0)

    assert bucket.take(5.5) == 1.0


@pytest.mark.parametrize(("accepted", "wait"), [(1, 1 / 1.02), (100, 0.5)])
def test_what_is_accepted_wins_the_rate_back_and_no_more(accepted: int, wait: float) -> None:
    bucket = taken(0)
    bucket.refused(0.0)
    for _ in range(accepted):
        bucket.accepted()

    assert bucket.take(0.0) == pytest.approx(wait)
