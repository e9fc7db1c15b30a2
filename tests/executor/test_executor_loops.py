"""An event loop that ends without a word takes nothing of what all loops share with it."""

from __future__ import annotations

import asyncio
import gc
from contextlib import suppress
from typing import Any

import pytest

from b24orm.executor.clock import SystemClock
from b24orm.executor.executor import Executor
from b24orm.executor.limits import PortalLimits, RateLimits
from b24orm.executor.sender import Sender
from b24orm.plan.calls import Call
from tests.executor.fakes import WEBHOOK, Asked, FakeTransport, result

ACCOUNT = WEBHOOK.account(batched=False)
METHOD = "crm.deal.list"


async def hang(asked: Asked) -> Any:
    await asyncio.Event().wait()


def abandoned(limits: PortalLimits, calls: int, *, places: int) -> None:
    """A loop is closed while calls are under way and others wait in line; nobody cancels them."""
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)
    executor = Executor(Sender(FakeTransport(hang), WEBHOOK, limits, clock=SystemClock()))
    with executor.sender.gate.narrowed(places):
        tasks = [loop.create_task(executor.call(Call(METHOD))) for _ in range(calls)]
        loop.run_until_complete(asyncio.sleep(0.05))
    loop.close()
    for task in tasks:
        with suppress(RuntimeError):  # others can't be woken any more
            task.get_coro().close()  # what the garbage collector does, some time
    del tasks, executor
    gc.collect()


@pytest.mark.parametrize("places", [1, 3, 10])
def test_calls_of_a_loop_that_was_closed_are_not_under_way_for_ever(places: int) -> None:
    limits = PortalLimits(RateLimits(burst=1_000_000, per_second=None))
    abandoned(limits, 5, places=places)

    assert limits.operating._budgets[ACCOUNT, METHOD].under_way == 0


def test_another_loop_goes_on_with_the_same_limits() -> None:
    limits = PortalLimits(RateLimits(burst=1_000_000, per_second=None))
    abandoned(limits, 5, places=1)
    executor = Executor(Sender(FakeTransport(lambda asked: result(7)), WEBHOOK, limits))

    assert asyncio.run(executor.call(Call(METHOD))).result == 7
