"""Queries that run at the same time take turns: a long one leaves room for a short one."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b24orm import AsyncPortal, RateLimits
from b24orm.emulator import Plan
from b24orm.emulator.answers import Answer
from b24orm.executor.executor import Executor
from b24orm.executor.turns import Turns, as_one_query
from b24orm.executor.writer import Writer
from b24orm.plan.calls import Call
from b24orm.plan.writes import Write
from tests.conftest import Serve
from tests.executor.fakes import Asked, Steady, batch_of, client, run
from tests.executor.test_executor_bucket import Portal as Refusing

Query: TypeAlias = Callable[[Executor, str], Coroutine[Any, Any, None]]
RATE = 2.0
LIMITS = RateLimits(burst=5, per_second=RATE)
QUICK = settings(max_examples=60, derandomize=True, deadline=None)


class Portal(Refusing):
    """Answers batches too, and remembers which methods were called when."""

    def __init__(self) -> None:
        super().__init__(Steady(burst=5, rate=RATE))
        self.came: list[tuple[float, str]] = []

    def __call__(self, asked: Asked) -> object:
        if asked.method != "batch":
            self.came.append((asked.at, asked.method))
            return super().__call__(asked)
        self.came.append((asked.at, next(iter(asked.commands.values())).partition("?")[0]))
        answer = super().__call__(asked)
        return batch_of({label: [] for label in asked.commands}) if isinstance(answer, dict) else answer

    def between(self, begin: float, end: float) -> Counter[str]:
        return Counter(method for at, method in self.came if begin <= at < end)


async def scan(executor: Executor, method: str, batches: int = 200) -> None:
    """A query of many batches."""
    await executor.many([Call(method, {"start": number}) for number in range(50 * batches)])


async def gets(executor: Executor, count: int) -> float:
    """Single calls, one after the other; the longest that one of them took."""
    clock, longest = asyncio.get_running_loop().time, 0.0
    for number in range(count):
        began = clock()
        await executor.call(Call("crm.deal.get", {"id": number}))
        longest = max(longest, clock() - began)
    return longest


async def write(executor: Executor, method: str) -> None:
    """A job of many writes."""
    calls = (Call(method, {"id": n}, write=True) for n in range(5_000))
    await Writer(executor).run([Write("update", call, place=n) for n, call in enumerate(calls)])


def beside(portal: Portal, methods: list[str], count: int, query: Query = scan) -> float:
    """The longest that a single call took while long queries were running."""
    executor, _ = client(portal, limits=LIMITS)

    async def work() -> float:
        scans = [asyncio.create_task(query(executor, method)) for method in methods]
        await asyncio.sleep(10)
        longest = await gets(executor, count)
        for task in scans:
            task.cancel()
        await asyncio.gather(*scans, return_exceptions=True)
        return longest

    return run(work())


@pytest.mark.parametrize("query", [scan, write])
@pytest.mark.parametrize("methods", [["crm.deal.list"], ["crm.deal.list", "crm.lead.list"]], ids=len)
def test_a_single_call_waits_for_one_round_of_turns(methods: list[str], query: Query) -> None:
    longest = beside(Portal(), methods, 20, query)

    assert longest <= (len(methods) + 1) / RATE + 0.01


def test_two_scans_and_a_stream_of_single_calls_get_a_third_each() -> None:
    portal = Portal()
    beside(portal, ["crm.deal.list", "crm.lead.list"], 20)

    assert max(portal.between(12, 32).values()) - min(portal.between(12, 32).values()) <= 1
    assert len(portal.between(12, 32)) == 3


def test_turns_cost_no_speed() -> None:
    portal = Portal()
    beside(portal, ["crm.deal.list", "crm.lead.list"], 20)

    assert (portal.refused, portal.between(2, 32).total()) == (0, pytest.approx(30 * RATE, abs=1))


async def test_single_calls_pass_long_jobs_over_http(serve: Serve) -> None:
    rate = 10.0
    portal = serve(plan=Plan(burst=4, rate=rate, drain="continuous"))
    portal.register("app.tick.get", lambda call: Answer(1))
    plan = RateLimits(burst=4, per_second=rate)
    async with AsyncPortal(portal.url, plan=plan, progress=False) as client:
        loop, longest = asyncio.get_running_loop(), 0.0
        jobs = [asyncio.create_task(client.call("app.tick.get", [{}] * 1_000)) for _ in range(2)]
        await asyncio.sleep(0.5)
        for _ in range(5):
            began = loop.time()
            await client.call("app.tick.get")
            longest = max(longest, loop.time() - began)
        busy = [not job.done() for job in jobs]
        answers = await asyncio.gather(*jobs)

    assert (busy, [len(answer) for answer in answers], portal.stats.rejected) == ([True] * 2, [1_000] * 2, 0)
    assert longest <= 3 / rate + 0.5


# -- the lock itself ---------------------------------------------------------------------------------


class Order:
    """Who got the turn, in order."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.came: list[str] = []

    async def ask(self, name: str, seconds: float = 1.0) -> None:
        async with self.turns:
            self.came.append(name)
            await asyncio.sleep(seconds)

    def start(self, name: str, count: int) -> list[asyncio.Task[None]]:
        """One query's requests."""
        context = as_one_query()
        loop = asyncio.get_running_loop()
        return [context.copy().run(loop.create_task, self.ask(name)) for _ in range(count)]


def order_of(*queries: tuple[str, int]) -> str:
    order = Order()

    async def work() -> None:
        await asyncio.gather(*(task for name, count in queries for task in order.start(name, count)))

    run(work())
    return "".join(order.came)


@pytest.mark.parametrize(
    ("queries", "expected"),
    [
        ([("a", 3)], "aaa"),
        ([("a", 3), ("b", 3)], "ababab"),
        ([("a", 4), ("b", 1), ("c", 2)], "abcaca" + "a"),
    ],
)
def test_queries_take_turns(queries: list[tuple[str, int]], expected: str) -> None:
    assert order_of(*queries) == expected


def test_tasks_that_a_query_starts_belong_to_it() -> None:
    order = Order()

    async def inner() -> None:
        await asyncio.gather(*order.start("a", 2))

    async def work() -> None:
        outer = as_one_query().run(asyncio.get_running_loop().create_task, inner())
        await asyncio.sleep(0)
        await asyncio.gather(outer, *order.start("b", 2))

    run(work())
    assert "".join(order.came) == "abab"


@QUICK
@given(
    jobs=st.lists(
        st.tuples(st.sampled_from("abc"), st.floats(0, 9), st.floats(0, 9)), min_size=1, max_size=25
    )
)
def test_everybody_who_is_not_cancelled_gets_one_turn_and_two_are_never_inside(
    jobs: list[tuple[str, float, float]],
) -> None:
    turns, inside, most, done = Turns(), 0, 0, 0

    async def job(begin: float, patience: float) -> None:
        nonlocal inside, most, done
        await asyncio.sleep(begin)
        async with turns:
            inside += 1
            most = max(most, inside)
            try:
                await asyncio.sleep(1)
            finally:
                inside -= 1
        done += 1

    async def work() -> int:
        contexts = {name: as_one_query() for name in "abc"}
        loop = asyncio.get_running_loop()
        tasks = [
            contexts[name].copy().run(loop.create_task, job(begin, patience))
            for name, begin, patience in jobs
        ]
        for task, (_, begin, patience) in zip(tasks, jobs, strict=True):
            if patience < 5:
                loop.call_later(begin + patience, task.cancel)
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        async with turns:  # it is free in the end
            return sum(outcome is None for outcome in outcomes)

    patient = sum(patience >= 5 for _, _, patience in jobs)
    assert (run(work()), most <= 1) == (done, True)
    assert done >= patient
