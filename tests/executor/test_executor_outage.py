"""A portal that answers nothing is given up after a time, by everybody at once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from b24orm.errors import B24Error, ConnectFailed, PortalDown, ServerFailure, TimedOut
from b24orm.executor.executor import Executor
from b24orm.executor.outage import GIVE_UP_AFTER, Outage
from b24orm.executor.retry import never_executed, worth_retrying
from b24orm.plan.calls import Call
from b24orm.plan.steps.sizes import BATCH
from tests.executor.fakes import TOO_MANY, Answers, Asked, FakeTransport, client, error, result, run

TIMEOUT = 60.0


class Hanging:
    """A portal that answers nothing until a moment, and then everything."""

    def __init__(self, until: float = float("inf"), failure: Any = None) -> None:
        self.until = until
        self.failure = failure
        self.answered = 0

    async def __call__(self, asked: Asked) -> Any:
        if asked.at >= self.until:
            self.answered += 1
            commands = asked.commands if asked.method == "batch" else {}
            body = {"result": dict.fromkeys(commands, 1), "result_error": [], "result_time": []}
            return result(body if commands else 1)
        if self.failure is not None:
            return self.failure
        await asyncio.sleep(TIMEOUT)
        raise TimedOut("no answer in time")


async def many(executor: Executor, count: int) -> list[Any]:
    """What so many batches came to."""
    return await executor.many([Call("crm.deal.get", {"id": n}) for n in range(count * BATCH)])


def timed(executor: Executor, count: int) -> tuple[list[Any], float]:
    async def work() -> tuple[list[Any], float]:
        return await many(executor, count), asyncio.get_running_loop().time()

    return run(work())


def test_two_thousand_batches_end_when_the_portal_has_hung_for_its_time() -> None:
    executor, transport = client(Hanging())

    outcomes, ended = timed(executor, 2_000)

    assert ended <= GIVE_UP_AFTER + 2 * TIMEOUT
    assert {type(outcome) for outcome in outcomes} <= {TimedOut, PortalDown}
    assert len(transport.log) <= 400


@pytest.mark.parametrize(
    "failure",
    [ConnectFailed("refused"), error("INTERNAL_SERVER_ERROR", "?", 500), TOO_MANY],
    ids=["not reached", "500", "503"],
)
def test_so_do_they_when_it_fails_in_another_way(failure: Any) -> None:
    executor, _ = client(Answers(failure), delay=lambda: 1.0)

    outcomes, ended = timed(executor, 2_000)

    assert ended <= GIVE_UP_AFTER + 2 * TIMEOUT
    assert [isinstance(outcome, B24Error) for outcome in outcomes] == [True] * 100_000


def test_one_answer_is_enough_to_go_on() -> None:
    portal = Hanging(until=GIVE_UP_AFTER - 100)
    executor, _ = client(portal)

    outcomes, _ = timed(executor, 200)

    assert sum(not isinstance(outcome, B24Error) for outcome in outcomes[-50 * BATCH :]) == 50 * BATCH


def down(until: float = float("inf")) -> tuple[Executor, FakeTransport]:
    executor, transport = client(Hanging(until))
    return executor, transport


def test_a_portal_that_is_down_is_asked_once_each_half_minute() -> None:
    executor, transport = down()

    async def work() -> tuple[int, list[Any]]:
        await many(executor, 200)
        before = len(transport.log)
        ends = asyncio.get_running_loop().time() + 300
        found = []
        while asyncio.get_running_loop().time() < ends:
            await asyncio.gather(*(executor.outcome(Call("crm.deal.get", {"id": n})) for n in range(20)))
            found.append(await executor.outcome(Call("crm.deal.get")))
            await asyncio.sleep(1)
        return len(transport.log) - before, found

    asked, found = run(work())

    assert 2 <= asked <= 300 / 30 + 1
    assert {type(outcome) for outcome in found} <= {PortalDown, TimedOut}


def test_it_is_used_again_as_soon_as_it_answers() -> None:
    executor, _ = down(until=2_000)

    async def work() -> list[Any]:
        await many(executor, 200)
        await asyncio.sleep(2_000 - asyncio.get_running_loop().time())
        return [await executor.outcome(Call("crm.deal.get", {"id": n})) for n in range(3)]

    assert [outcome.result for outcome in run(work())] == [1, 1, 1]


def test_what_failed_long_ago_costs_a_new_call_no_patience() -> None:
    executor, transport = down()

    async def work() -> int:
        await many(executor, 200)
        await asyncio.sleep(3_600)
        before = len(transport.log)
        await executor.outcome(Call("crm.deal.get"))
        return len(transport.log) - before

    assert run(work()) == 5


def test_what_was_not_sent_was_surely_not_executed_and_is_not_tried_again() -> None:
    unsent = PortalDown("not sent")

    assert (never_executed(unsent), worth_retrying(unsent, write=False)) == (True, False)


def test_an_error_of_a_method_is_an_answer() -> None:
    executor, transport = client(
        Answers(*[TimedOut("no answer")] * 3, error("X", "no"), *[TimedOut("no answer")] * 5, result(1)),
        delay=lambda: 100.0,
    )

    async def work() -> list[Any]:
        return [await executor.outcome(Call("crm.deal.get")) for _ in range(3)]

    outcomes = run(work())

    # 3 + 5 silent requests of 100 s each are more than ten minutes; the answer between begins anew
    assert ([getattr(o, "result", o.__class__.__name__) for o in outcomes], len(transport.log)) == (
        ["ApiError", "TimedOut", 1],
        10,
    )


def test_seconds_count_from_when_the_first_lost_request_left() -> None:
    outage = Outage(100.0, apart=240.0)
    outage.failed(10.0, 70.0)
    outage.failed(65.0, 125.0)

    assert (outage.seconds(125.0), outage.is_over_patience(105.0), outage.is_over_patience(115.0)) == (
        115.0,
        False,
        True,
    )


@pytest.mark.parametrize("failure", [ServerFailure("HTTP_502"), TimedOut("?")], ids=repr)
def test_retries_of_a_read_end_with_the_patience_too(failure: Any) -> None:
    executor, transport = client(Answers(failure), delay=lambda: 400.0)

    run(executor.outcome(Call("crm.deal.get")))

    assert len(transport.log) == 2
