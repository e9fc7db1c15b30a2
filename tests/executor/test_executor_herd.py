"""After a refusal one request finds out whether the portal serves again; the others wait for what it says."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from b24orm.errors import OperatingLimited
from b24orm.executor.executor import Executor
from b24orm.executor.limits import PLANS, Operating, PortalLimits, RateLimits
from b24orm.executor.retry import RetryPolicy
from b24orm.plan.calls import Call, Reply
from b24orm.plan.steps.sizes import BATCH
from tests.executor.fakes import BLOCKED, TOO_MANY, Asked, Ledger, Steady, batch_of, client, result, run

LIMITED = RateLimits(burst=1_000_000, per_second=None, operating_limit=480.0)
METHOD = "crm.deal.get"
SECONDS = 1.0
"""What a request takes."""
PLACES = 40
"""Requests that a client sends before it has learnt anything of a portal."""


@dataclass
class Portal:
    """Refuses a method while its operating time is spent; counts the requests that it refused.

    Attributes:
        ledger: its books.
        silent: its answers tell no operating time.
        refused: when it refused.
        served: when it did not.
    """

    ledger: Ledger = field(default_factory=Ledger)
    silent: bool = False
    refused: list[float] = field(default_factory=list)
    served: list[float] = field(default_factory=list)
    serves: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, asked: Asked) -> Any:
        now = asyncio.get_running_loop().time
        blocked = self.ledger.blocked(METHOD, now())
        (self.refused if blocked else self.served).append(now())
        if not blocked:
            self.serves.set()
        await asyncio.sleep(0.1 if blocked else SECONDS)
        if asked.method != "batch":
            return BLOCKED if blocked else result({}, time=self._time(now()))
        if blocked:
            refusal = {"error": "OPERATION_TIME_LIMIT", "error_description": "blocked"}
            return batch_of(dict.fromkeys(asked.commands, refusal))
        return batch_of(
            {label: {} for label in asked.commands}, {label: self._time(now()) for label in asked.commands}
        )

    def _time(self, at: float) -> dict[str, Any]:
        return {} if self.silent else self.ledger.charge(METHOD, at, 0.01)


def spent(at: float = 0.0, seconds: float = 481.0) -> Ledger:
    """Books in which others have used up the method's time."""
    ledger = Ledger()
    ledger.charge(METHOD, at, seconds)
    return ledger


async def batches(executor: Executor, count: int) -> float:
    """So many batches at once; when the last of them was answered."""
    outcomes = await executor.many([Call(METHOD, {"id": n}) for n in range(BATCH * count)])
    assert all(isinstance(outcome, Reply) for outcome in outcomes)
    return asyncio.get_running_loop().time()


async def singles(executor: Executor, count: int) -> float:
    """So many requests at once."""
    await asyncio.gather(*(executor.call(Call(METHOD, {"id": n})) for n in range(count)))
    return asyncio.get_running_loop().time()


@pytest.mark.parametrize("work", [batches, singles])
@pytest.mark.parametrize("count", [10, 120])
@pytest.mark.parametrize("silent", [False, True], ids=["telling", "silent"])
def test_one_request_asks_again_and_the_others_wait_for_its_answer(
    work: Any, count: int, silent: bool
) -> None:
    portal = Portal(spent(), silent)
    executor, _ = client(portal, limits=LIMITED)

    run(work(executor, count))

    # those that were sent before anybody knew, and then one each half minute until the window has moved on
    assert len(portal.refused) <= min(PLACES, count) + 600 / 30 + 1


@pytest.mark.parametrize("work", [batches, singles])
@pytest.mark.parametrize("silent", [False, True], ids=["telling", "silent"])
def test_what_waited_is_let_through_quickly_once_the_portal_serves_again(work: Any, silent: bool) -> None:
    portal, count = Portal(spent(), silent), 120
    executor, _ = client(portal, limits=LIMITED)

    ended = run(work(executor, count))

    # a probe within half a minute, then twice as many each round, and all places in the end
    assert portal.served[0] <= 600 + 31
    assert ended - portal.served[0] <= 6 * (SECONDS + 1.0) + (count / PLACES + 1) * SECONDS


def test_a_reset_that_the_portal_told_is_waited_for_without_asking() -> None:
    ledger = Ledger()
    ledger.charge(METHOD, 0.0, 1.0)
    portal = Portal(ledger)
    executor, _ = client(portal, limits=RateLimits(per_second=None, operating_limit=None))

    async def work() -> None:
        await singles(executor, 1)  # tells when the window moves on
        ledger.charge(METHOD, 1.0, 480.0)  # somebody else
        await singles(executor, 20)

    run(work())

    assert (len(portal.refused), portal.served[1] >= 599) == (20, True)


@pytest.mark.parametrize("number", range(5))
def test_a_probe_that_is_cancelled_leaves_its_place_to_another(number: int) -> None:
    portal = Portal(spent())
    executor, _ = client(portal, limits=LIMITED)

    async def work() -> float:
        tasks = [asyncio.create_task(singles(executor, 1)) for _ in range(5)]
        await portal.serves.wait()
        tasks[number].cancel()  # one of them is the probe
        await asyncio.gather(*tasks, return_exceptions=True)
        return asyncio.get_running_loop().time()

    assert run(work()) <= portal.served[0] + 5 * (SECONDS + 1.0)


def test_what_was_refused_long_enough_is_given_up_by_everybody() -> None:
    portal, count = Portal(), 100
    portal.ledger.limit = -1.0
    executor, _ = client(portal, limits=LIMITED)

    async def work() -> tuple[int, float]:
        outcomes = await executor.many([Call(METHOD, {"id": n}) for n in range(BATCH * count)])
        refused = sum(isinstance(outcome, OperatingLimited) for outcome in outcomes)
        return refused, asyncio.get_running_loop().time()

    refused, ended = run(work())

    assert (refused, ended <= RetryPolicy().refusals + 60) == (BATCH * count, True)
    assert len(portal.refused) <= PLACES + RetryPolicy().refusals / 30 + 2


def test_the_next_calls_of_a_method_that_was_given_up_are_given_up_at_the_first_refusal() -> None:
    portal = Portal()
    portal.ledger.limit = -1.0
    executor, _ = client(portal, limits=LIMITED)

    async def work() -> float:
        await executor.outcome(Call(METHOD))
        before = asyncio.get_running_loop().time()
        await executor.outcome(Call(METHOD))
        return asyncio.get_running_loop().time() - before

    assert run(work()) <= 31


def test_a_call_that_was_served_begins_a_new_patience() -> None:
    operating = Operating(LIMITED)
    operating.refused("hook", "m", 0.0)
    operating.refused("hook", "m", 100.0)
    before = operating.refused_for("hook", "m", 150.0)
    operating.learn("hook", "m", {}, 160.0)

    assert (before, operating.refused_for("hook", "m", 200.0)) == (150.0, 0.0)


def test_an_answer_to_a_call_that_left_before_the_refusal_makes_no_room() -> None:
    operating = Operating(LIMITED)
    operating.refused("hook", "m", 0.0)
    operating.learn("hook", "m", {}, 1.0)
    operating.start("hook", "m", 40.0)

    assert operating.wait("hook", "m", 40.0) > 0


def test_a_batch_that_was_served_in_part_tells_when_the_rest_may_go_on() -> None:
    finish, label = 1_700_000_000.0, iter("ab")
    time = {"operating": 481.0, "operating_reset_at": finish + 300.0, "finish": finish}

    def answer(asked: Asked) -> Any:
        if next(label, "") != "a":
            return batch_of(dict.fromkeys(asked.commands, 2))
        refusal = {"error": "OPERATION_TIME_LIMIT", "error_description": "blocked"}
        return batch_of({"c0": 1, "c1": refusal, "c2": refusal}, {"c0": time})

    executor, transport = client(answer, limits=LIMITED)
    run(executor.many([Call(METHOD, {"id": n}) for n in range(3)]))

    assert [asked.at for asked in transport.log] == pytest.approx([0.0, 300.0])


def test_a_probe_that_never_comes_back_is_not_waited_for_for_ever() -> None:
    operating = Operating(LIMITED)
    operating.refused("hook", "m", 0.0)
    operating.start("hook", "m", 40.0)  # by a loop that ended without a word

    waits = [operating.wait("hook", "m", now) > 0 for now in (41.0, 99.0, 161.0)]
    assert waits == [True, True, False]


# -- the bucket ----------------------------------------------------------------------------------------


@dataclass
class Drained:
    """A portal whose bucket others have filled; they go on taking so many requests a second."""

    others: float
    bucket: Steady = field(default_factory=lambda: Steady(level=50.0))
    refused: int = 0
    _seen: float = 0.0
    _due: float = 0.0

    async def __call__(self, asked: Asked) -> Any:
        self._due += self.others * (asked.at - self._seen)
        self._seen = asked.at
        while self._due >= 1:
            self.bucket.takes(asked.at)
            self._due -= 1
        taken = self.bucket.takes(asked.at)
        self.refused += not taken
        await asyncio.sleep(SECONDS / 4)
        return result({}) if taken else TOO_MANY


@pytest.mark.parametrize(("others", "most"), [(0.0, 0), (1.0, 5)])
def test_a_full_bucket_refuses_what_was_sent_at_once_and_little_more(others: float, most: int) -> None:
    portal, count = Drained(others), 120
    executor, _ = client(portal, limits=PLANS["standard"])

    ended = run(singles(executor, count))

    assert portal.refused <= PLACES + most
    assert ended <= 1.2 * count / (2.0 - others)


def test_refusals_of_requests_that_left_together_halve_the_rate_once() -> None:
    limits = PortalLimits(PLANS["standard"])
    turns = [limits.take("hook", ["m"], 0.0) for _ in range(10)]
    for turn in turns:
        limits.leave(turn, 1.0, accepted=False)

    waits = [limits.take("hook", ["m"], 1.0).wait for _ in range(2)]
    assert waits[1] - waits[0] == pytest.approx(1.0)
