"""Work that is cancelled, at whatever step: nothing is left behind, and what comes next works."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

import pytest

from b24orm.executor.executor import Executor
from b24orm.executor.limits import PortalLimits, RateLimits
from b24orm.executor.retry import RetryPolicy
from b24orm.executor.turns import _NOBODY
from b24orm.executor.writer import Writer
from b24orm.plan.calls import Ask, Call
from b24orm.plan.writes import Write
from tests.executor.fakes import BLOCKED, TOO_MANY, Asked, batch_of, client, error, result, run

Work = Callable[[Executor], Awaitable[Any]]


def calls(number: int, method: str = "crm.deal.get") -> list[Call]:
    return [Call(method, {"ID": n}) for n in range(number)]


async def company(executor: Executor) -> Any:
    return await asyncio.gather(*(executor.ask(Ask((call,))) for call in calls(5)))


async def writes(executor: Executor) -> Any:
    found = [
        Write("update", call, repeatable=True, place=n) for n, call in enumerate(calls(60, "crm.deal.update"))
    ]
    return await Writer(executor).run(found)


WORKS: dict[str, Work] = {
    "alone": lambda executor: executor.call(Call("profile")),
    "in company": company,
    "batches": lambda executor: executor.many(calls(60)),
    "writes": writes,
}


STEPS = [*range(40), *range(40, 400, 5)]


class Portal:
    """Answers; every third request is met by trouble.

    Args:
        trouble: what it answers then.
    """

    def __init__(self, trouble: Any) -> None:
        self._trouble = trouble
        self._asked = count()

    async def __call__(self, asked: Asked) -> Any:
        await asyncio.sleep(0)
        if self._trouble is not None and next(self._asked) % 3 == 0:
            return self._trouble
        if asked.method != "batch":
            return result({"ID": "1"})
        return batch_of({label: {"ID": "1"} for label in asked.commands})


TROUBLES: dict[str, Any] = {
    "none": None,
    "bucket": TOO_MANY,
    "operating time": BLOCKED,
    "failure": error("INTERNAL_SERVER_ERROR", "x", 500),
}


def left(executor: Executor, limits: PortalLimits) -> list[Any]:
    """What is left of work that has ended; nothing, as a rule."""
    sender, coalescer = executor.sender, executor._coalescer
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    return [
        found
        for found in (
            tasks,
            sender.gate._taken,
            list(sender.gate._queue),
            sender._doorway._turns._inside is not _NOBODY,
            dict(sender._doorway._turns._lines),
            sum(budget.under_way for budget in limits.operating._budgets.values()),
            dict(coalescer._waiting),
            set(coalescer._tasks),
            executor.adds._under_way,
        )
        if found
    ]


async def cancelled(work: Work, trouble: Any, steps: int) -> bool:
    """Cancels work after so many steps of its loop; whether it was over by then."""
    limits = PortalLimits(RateLimits(burst=50, per_second=100.0))
    limits.bucket.fill(0.0)  # requests wait for their place
    full, begun = limits.bucket._level, list[float]()

    def delay() -> float:
        begun.append(0.0)
        return 0.0

    policy = RetryPolicy(base=0.01, ceiling=0.02)
    executor, transport = client(Portal(trouble), limits=limits, delay=delay, policy=policy)
    task = asyncio.ensure_future(work(executor))
    for step in range(steps):
        await asyncio.sleep(0 if step % 4 else 0.004 if step < 120 else 10.0)
    if task.done():
        return True
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0.01)  # the tick of those who wait for company
    assert (left(executor, limits), transport.under_way) == ([], 0)
    assert limits.bucket._level <= full + len(begun)
    await asyncio.wait_for(executor.call(Call("profile")), 3_600)
    return False


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("work", WORKS)
def test_work_can_be_cancelled_at_every_step(work: str, trouble: str) -> None:
    steps = next(n for n in STEPS if run(cancelled(WORKS[work], TROUBLES[trouble], n)))

    assert steps > 2
