"""The scripts count as the process's own bucket and operating time do: the same waits, step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis import Redis

from b24orm.executor.limits import Bucket, Operating, RateLimits, scripts
from b24orm.executor.limits.operating import BLIND, CALM
from tests.redis_server import RedisServer, needs_redis

QUICK = settings(max_examples=150, derandomize=True, deadline=None)
BUCKET, BUDGET, LEASES = "bucket", "budget", "budget:under-way"
OLD = 1e9
"""A server that has been up for long."""
GRACE, LEASE = 2.0, 60.0


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    needs_redis()
    with RedisServer(tmp_path_factory.mktemp("redis")) as server, Redis.from_url(server.url) as client:
        yield client


class Shared:
    """The scripts, at moments that the test names."""

    def __init__(self, redis: Redis, limits: RateLimits, age: float = OLD) -> None:
        redis.flushall()
        self._redis = redis
        self._limit = -1.0 if limits.operating_limit is None else limits.operating_limit
        self._rate = (limits.burst, limits.per_second or 0.0)
        self.age = age
        self.lease = LEASE

    def _run(self, script: str, keys: Sequence[str], now: float, *arguments: Any) -> Any:
        answer: Any = self._redis.eval(script, len(keys), *keys, f"{now:.6f}", str(self.age), *arguments)
        return answer

    def enter(self, now: float, ticket: str = "t", *budgets: str) -> tuple[bool, float]:
        keys = [BUCKET, *budgets]
        granted, wait, self.refused_for, self.free = self._run(
            scripts.ENTER, keys, now, *self._rate, GRACE, self._limit, CALM, ticket, self.lease
        )
        return granted == b"1", float(wait)

    def take(self, now: float) -> float:
        return self.enter(now)[1]

    def leave(
        self, now: float, accepted: str = "", ticket: str = "t", *budgets: str, age: float = 0.0
    ) -> None:
        self._run(scripts.LEAVE, [BUCKET, *budgets], now, *self._rate, ticket, accepted, age)

    def give_back(self, now: float) -> None:
        self._run(scripts.GIVE_BACK, [BUCKET], now, *self._rate, "t")

    def declare(self, now: float) -> None:
        self._run(scripts.DECLARE, [BUCKET], now, *self._rate, GRACE)

    def learn(self, now: float, spent: float | str = "", left: float | str = "") -> None:
        self._run(scripts.LEARN, [BUDGET], now, spent, left)

    def restore(self, now: float, spent: float, left: float, blocked: float = 0.0) -> None:
        self._run(scripts.RESTORE, [BUDGET], now, spent, left, 0.0, blocked)

    def exhausted(self, now: float) -> None:
        self._run(scripts.EXHAUSTED, [BUDGET], now, self._limit, BLIND)


# -- the bucket ----------------------------------------------------------------------------------------

RATES = st.builds(RateLimits, burst=st.integers(1, 6), per_second=st.sampled_from([0.5, 2.0, 10.0]))
PAUSES = st.sampled_from([0.0, 0.0, 0.01, 0.1, 0.5, 1.5, 40.0])
DEEDS = st.sampled_from(["take", "taken", "refused", "refused late", "lost", "back"])


@QUICK
@given(limits=RATES, deeds=st.lists(st.tuples(DEEDS, PAUSES), min_size=10, max_size=30))
def test_the_shared_bucket_makes_wait_as_long_as_our_own(
    redis: Redis, limits: RateLimits, deeds: list[tuple[str, float]]
) -> None:
    own, shared, now = Bucket(limits), Shared(redis, limits), 1_700_000_000.0
    waits = [(own.take(now), shared.take(now))]
    for deed, pause in deeds:
        now += pause
        if deed == "take":
            waits.append((own.take(now), shared.take(now)))
        elif deed == "back":
            own.give_back()
            shared.give_back(now)
        else:
            own.answered(now)
            age = 1.0 if deed == "refused late" else 0.0
            if deed == "taken":
                own.accepted()
            elif deed != "lost":
                own.refused(now, age)
            shared.leave(now, {"taken": "1", "lost": ""}.get(deed, "0"), age=age)

    assert [mine for mine, _ in waits] == pytest.approx([theirs for _, theirs in waits], abs=1e-3)


@QUICK
@given(limits=RATES, pauses=st.lists(PAUSES, min_size=1, max_size=20))
def test_what_is_left_in_the_bucket_is_what_our_own_has_to_spare(
    redis: Redis, limits: RateLimits, pauses: list[float]
) -> None:
    own, shared, now, left = Bucket(limits), Shared(redis, limits), 1_700_000_000.0, list[tuple[int, int]]()
    for pause in pauses:
        now += pause
        own.take(now)
        own.answered(now)
        shared.take(now)
        shared.leave(now)
        left.append((own.spare(now), int(float(shared.free) + 1e-6)))

    assert [mine for mine, _ in left] == [theirs for _, theirs in left]


def test_what_the_old_name_of_a_portal_counted_is_poured_into_the_new_one_s_bucket(redis: Redis) -> None:
    shared = Shared(redis, RateLimits(burst=50, per_second=2.0))
    for _ in range(30):
        shared.take(100.0)
    shared.leave(100.0)
    level = float(shared._run(scripts.EMPTY, [BUCKET], 105.0, 50, 2.0))
    again = float(shared._run(scripts.EMPTY, [BUCKET], 105.0, 50, 2.0))
    for _ in range(10):
        shared.take(105.0)
    shared._run(scripts.POUR, [BUCKET], 105.0, 50, 2.0, level)
    waits = [shared.take(105.0) for _ in range(20)]

    assert (level, again) == (20.0, 0.0)
    assert sum(wait == 0 for wait in waits) == 48 - 20 - 10


def test_places_are_given_in_order_at_the_rate_of_the_plan(redis: Redis) -> None:
    shared = Shared(redis, RateLimits(burst=5, per_second=2.0))

    assert [shared.take(100.0) for _ in range(6)] == [0.0, 0.0, 0.0, 0.5, 1.0, 1.5]


def test_without_a_rate_nothing_is_counted(redis: Redis) -> None:
    shared = Shared(redis, RateLimits(per_second=None))
    shared.take(100.0)

    assert redis.keys() == []


def test_a_bucket_that_nobody_uses_is_forgotten_when_it_is_empty(redis: Redis) -> None:
    shared = Shared(redis, RateLimits(burst=50, per_second=2.0))
    for _ in range(50):
        shared.take(100.0)
    left: Any = redis.ttl(BUCKET)

    assert 50 / 2.0 <= left <= 120


def test_who_counted_alone_makes_the_bucket_full_when_it_is_back(redis: Redis) -> None:
    shared = Shared(redis, RateLimits(burst=50, per_second=2.0))
    shared.declare(100.0)

    assert shared.take(100.0) == pytest.approx(GRACE + 0.5)


@pytest.mark.parametrize(("age", "wait"), [(0.0, GRACE + 0.5), (4.0, 0.0), (OLD, 0.0)])
def test_a_server_that_started_lately_takes_an_unknown_bucket_for_full(
    redis: Redis, age: float, wait: float
) -> None:
    shared = Shared(redis, RateLimits(burst=50, per_second=2.0), age)

    assert shared.take(100.0) == pytest.approx(wait)


def test_what_a_server_knows_from_before_its_start_may_be_out_of_date(redis: Redis) -> None:
    shared = Shared(redis, RateLimits(burst=50, per_second=2.0))
    shared.take(100.0)
    shared.age = 5.0  # it was started at 195

    assert sum(shared.take(200.0) == 0.0 for _ in range(48)) == 2 * (5.0 - GRACE)


def test_what_a_server_learnt_since_its_start_is_believed(redis: Redis) -> None:
    shared = Shared(redis, RateLimits(burst=50, per_second=2.0))
    shared.take(100.0)
    shared.leave(100.0)
    shared.age = 10.0  # it was started at 95

    assert [shared.take(105.0) for _ in range(48)] == [0.0] * 48


def test_a_server_whose_clock_is_set_back_makes_nobody_wait_for_the_time_to_come_again(redis: Redis) -> None:
    shared = Shared(redis, RateLimits(burst=5, per_second=2.0))
    for _ in range(6):
        shared.take(10_000.0)
    shared.leave(10_000.0)
    shared.take(6_400.0)  # an hour before
    waits = [shared.take(6_400.0 + second) for second in range(1, 5)]

    assert waits == [1.5, 1.0, 0.5, 0.0]


# -- operating time --------------------------------------------------------------------------------------

LIMITED = RateLimits(per_second=None, operating_limit=480.0)
STEPS = st.sampled_from([0.0, 0.5, 3.0, 20.0, 150.0])


@QUICK
@given(
    deeds=st.lists(
        st.tuples(
            st.sampled_from(["call", "call", "call", "back", "learn", "served", "served", "refused"]), STEPS
        ),
        max_size=40,
    )
)
def test_shared_operating_time_makes_wait_as_long_as_our_own(
    redis: Redis, deeds: list[tuple[str, float]]
) -> None:
    own, shared, now, spent = Operating(LIMITED), Shared(redis, LIMITED), 1_700_000_000.0, 0.0
    shared.lease = 1e6  # our own leases never end
    waits: list[Any] = []
    refused: list[tuple[float, float]] = []
    under_way: list[str] = []
    for deed, step in [("learn", 5.0), ("learn", 230.0), ("learn", 1.0), ("learn", 1.0), *deeds]:
        now += step / 10
        if deed == "learn":
            spent = (spent + step) % 500
            own.learn("hook", "m", {"operating": spent, "operating_reset_at": 600.0, "finish": 100.0}, now)
            shared.learn(now, spent, 500.0)
        elif deed == "served":
            own.learn("hook", "m", {}, now)
            shared.learn(now)
        elif deed == "refused":
            own.refused("hook", "m", now)
            shared.exhausted(now)
        elif deed == "back":
            if under_way:
                own.finish("hook", "m")
                shared.leave(now, "1", under_way.pop(), BUDGET, LEASES)
        else:
            ticket = f"t{len(waits)}"
            waits.append((own.wait("hook", "m", now), shared.enter(now, ticket, BUDGET, LEASES)))
            if waits[-1][0] == 0:
                own.start("hook", "m", now)
                under_way.append(ticket)
            refused.append((own.refused_for("hook", "m", now), float(shared.refused_for)))

    assert [mine for mine, _ in waits] == pytest.approx([theirs[1] for _, theirs in waits], abs=1e-3)
    assert [mine == 0 for mine, _ in waits] == [theirs[0] for _, theirs in waits]
    assert [mine for mine, _ in refused] == pytest.approx([theirs for _, theirs in refused], abs=1e-3)


def test_calls_under_way_elsewhere_are_reckoned_with(redis: Redis) -> None:
    shared = Shared(redis, LIMITED)
    shared.learn(0.0, 0.0, 500.0)
    shared.learn(0.0, 100.0, 500.0)  # a call costs 100 s
    granted = [shared.enter(float(n), f"t{n}", BUDGET, LEASES)[0] for n in range(5)]

    assert granted == [True, True, True, False, False]


@pytest.mark.parametrize("deed", ["spent", "refused"])
def test_operating_time_of_a_time_to_come_is_not_waited_for(redis: Redis, deed: str) -> None:
    shared = Shared(redis, LIMITED)
    if deed == "spent":
        shared.learn(10_000.0, 479.0, 500.0)
    else:
        shared.exhausted(10_000.0)
    before = shared.enter(10_001.0, "t", BUDGET, LEASES)[0]
    after = shared.enter(6_400.0, "t", BUDGET, LEASES)[0]  # the clock was set back by an hour

    assert (before, after) == (False, True)


def test_after_a_refusal_one_of_all_processes_asks_again(redis: Redis) -> None:
    shared = Shared(redis, LIMITED)
    shared.exhausted(100.0)
    waiting = [shared.enter(101.0, f"t{n}", BUDGET, LEASES)[0] for n in range(4)]
    asking = [shared.enter(100.0 + BLIND, f"t{n}", BUDGET, LEASES)[0] for n in range(4)]
    shared.leave(132.0, "1", "t0", BUDGET, LEASES)
    shared.learn(132.0, 5.0, 500.0)
    after = [shared.enter(132.0, f"t{n}", BUDGET, LEASES)[0] for n in range(4)]

    assert (sum(waiting), sum(asking), sum(after)) == (0, 1, 2)


def test_the_leases_of_a_process_that_was_killed_end_by_themselves(redis: Redis) -> None:
    shared = Shared(redis, LIMITED)
    shared.learn(0.0, 0.0, 500.0)
    shared.learn(0.0, 100.0, 500.0)
    for number in range(3):
        shared.enter(1.0, f"killed{number}", BUDGET, LEASES)

    refused, granted = (
        shared.enter(now, "t", BUDGET, LEASES)[0] for now in (1.0 + LEASE - 1, 1.0 + LEASE + 1)
    )
    assert (refused, granted) == (False, True)


@pytest.mark.parametrize(("known", "wait"), [(True, 100.0), (False, 300.0)])
def test_only_a_server_that_knows_nothing_is_told_what_was(redis: Redis, known: bool, wait: float) -> None:
    shared = Shared(redis, LIMITED)
    if known:
        shared.learn(0.0, 480.0, 100.0)
    shared.restore(0.0, 480.0, 300.0)

    assert shared.enter(0.0, "t", BUDGET, LEASES) == (False, wait)


def test_what_was_refused_stays_refused_when_a_server_is_told_again(redis: Redis) -> None:
    shared = Shared(redis, RateLimits(per_second=None, operating_limit=None))
    shared.restore(0.0, 10.0, 300.0, 30.0)

    assert shared.enter(0.0, "t", BUDGET, LEASES) == (False, 30.0)


def test_who_has_to_wait_for_operating_time_takes_no_place(redis: Redis) -> None:
    shared = Shared(redis, RateLimits(burst=2, per_second=1.0, operating_limit=480.0))
    shared.learn(0.0, 479.0, 500.0)
    shared.enter(1.0, "t", BUDGET, LEASES)

    assert redis.exists(BUCKET, LEASES) == 0


@pytest.fixture
def by_the_server_s_clock(redis: Redis) -> Callable[[str, list[str], list[Any]], Any]:
    redis.flushall()
    return lambda script, keys, arguments: redis.eval(script, len(keys), *keys, "", "", *arguments)


def test_the_clock_is_the_server_s(redis: Redis, by_the_server_s_clock: Callable[..., Any]) -> None:
    by_the_server_s_clock(scripts.ENTER, [BUCKET], [50, 2.0, GRACE, -1.0, CALM, "t", LEASE])
    seconds, micros = redis.time()  # type: ignore[misc]
    seen: Any = redis.hget(BUCKET, "seen")

    assert 0 <= seconds + micros / 1e6 - float(seen) < 5
