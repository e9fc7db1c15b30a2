"""What is noted of a write is noted when it leaves, not when it begins to wait for its turn."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from b24orm.errors import JournalFailed
from b24orm.executor.leaving import noting
from b24orm.executor.limits import RateLimits
from b24orm.plan.calls import Ask, Call
from tests.executor.fakes import TOO_MANY, Asked, client, result, run

ONE_A_SECOND = RateLimits(burst=1, per_second=1.0, operating_limit=None)
ADD = Ask((Call("crm.deal.add", {"fields": {}}, write=True),))


def test_each_request_is_noted_at_the_moment_when_it_leaves() -> None:
    noted: list[float] = []
    executor, transport = client(lambda asked: result(1), limits=ONE_A_SECOND)

    async def work() -> None:
        with noting(lambda: noted.append(asyncio.get_running_loop().time())):
            await asyncio.gather(*(executor.ask(ADD) for _ in range(4)))

    run(work())
    assert noted == [asked.at for asked in transport.log]
    assert noted[-1] > noted[0]


def test_one_more_try_is_noted_too() -> None:
    noted: list[int] = []
    answers = [TOO_MANY, result(1)]
    executor, transport = client(lambda asked: answers.pop(0), limits=ONE_A_SECOND)

    async def work() -> None:
        with noting(partial(noted.append, 1)):
            await executor.ask(ADD)

    run(work())
    assert len(noted) == len(transport.log) == 2


def test_what_can_not_be_noted_does_not_leave() -> None:
    def full() -> None:
        raise JournalFailed("the disk is full")

    def refused(asked: Asked) -> object:
        raise AssertionError("it left")

    executor, transport = client(refused, limits=ONE_A_SECOND)

    async def work() -> None:
        with noting(full), pytest.raises(JournalFailed):
            await executor.ask(ADD)

    run(work())
    assert transport.log == []
