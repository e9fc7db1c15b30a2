"""Operating time: read as the cumulative figure it is, and waited for before it is used up."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b24orm.errors import OperatingLimited
from b24orm.executor.executor import Executor
from b24orm.executor.limits import Operating, PortalLimits, RateLimits
from b24orm.executor.limits.operating import LOOK
from b24orm.plan.calls import Ask, Call, Reply
from tests.executor.fakes import (
    BLOCKED,
    WEBHOOK,
    Answers,
    Asked,
    FakeTransport,
    Ledger,
    batch_of,
    client,
    result,
    run,
)

LIMITED = RateLimits(burst=1_000_000, per_second=None, operating_limit=480.0)
SLOW, QUICK = Call("crm.deal.list"), Call("crm.lead.list")


def time_of(operating: float, resets_in: float, finish: float = 1_700_000_000.0) -> dict[str, float]:
    return {"finish": finish, "operating": operating, "operating_reset_at": finish + resets_in}


class Portal:
    """Spends so many seconds on each method, as a portal keeps the books."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self.seconds = seconds
        self.ledger = Ledger()

    async def __call__(self, asked: Asked) -> Any:
        now = asyncio.get_running_loop().time
        if asked.method == "batch":
            return await self._batch(asked)
        if self.ledger.blocked(asked.method, now()):
            return BLOCKED
        await asyncio.sleep(self.seconds[asked.method])
        return result([], time=self.ledger.charge(asked.method, now(), self.seconds[asked.method]))

    async def _batch(self, asked: Asked) -> Any:
        now = asyncio.get_running_loop().time
        answers: dict[str, Any] = {}
        times: dict[str, Any] = {}
        for label, command in asked.commands.items():
            method = command.partition("?")[0]
            if self.ledger.blocked(method, now()):
                answers[label] = {"error": "OPERATION_TIME_LIMIT", "error_description": "blocked"}
                continue
            await asyncio.sleep(self.seconds[method])
            answers[label] = []
            times[label] = self.ledger.charge(method, now(), self.seconds[method])
        return batch_of(answers, times)


async def many(executor: Executor, call: Call, count: int) -> list[Reply]:
    return list(await asyncio.gather(*(executor.call(call) for _ in range(count))))


# -- alone ---------------------------------------------------------------------------------------


def test_the_figure_is_cumulative() -> None:
    operating = Operating(LIMITED)
    for spent in (100.0, 200.0, 300.0):
        operating.learn("hook", "m", time_of(spent, 500), 0.0)

    assert operating.wait("hook", "m", 0.0) == 0.0


def test_a_method_near_its_limit_waits_until_the_window_moves_on() -> None:
    operating = Operating(LIMITED)
    operating.learn("hook", "m", time_of(300.0, 500), 0.0)
    operating.learn("hook", "m", time_of(470.0, 500), 0.0)

    assert operating.wait("hook", "m", 100.0) == 400.0


def test_after_the_window_has_moved_on_it_may_go_on() -> None:
    operating = Operating(LIMITED)
    operating.learn("hook", "m", time_of(479.0, 500), 0.0)

    assert operating.wait("hook", "m", 500.0) == 0.0


@pytest.mark.parametrize(("limit", "wait"), [(90.0, 500.0), (480.0, 0.0), (None, 0.0)])
def test_another_limit_is_taken_over_with_the_time_that_was_spent(limit: float | None, wait: float) -> None:
    operating = Operating(LIMITED)
    operating.learn("hook", "m", time_of(90.0, 500), 0.0)
    operating.adopt(RateLimits(operating_limit=limit))

    assert operating.wait("hook", "m", 0.0) == wait


@pytest.mark.parametrize(("account", "method"), [("hook", "other"), ("webhooks", "m")])
def test_other_methods_and_other_accounts_have_their_own_time(account: str, method: str) -> None:
    operating = Operating(LIMITED)
    operating.learn("hook", "m", time_of(479.0, 500), 0.0)

    assert operating.wait(account, method, 0.0) == 0.0


def test_the_portal_s_clock_need_not_be_ours() -> None:
    operating = Operating(LIMITED)
    operating.learn("hook", "m", time_of(479.0, 500, finish=99.0), 1_000.0)

    assert operating.wait("hook", "m", 1_000.0) == 500.0


@pytest.mark.parametrize(("left", "wait"), [(86_400.0, 600.0), (-86_400.0, 0.0)])
def test_a_portal_whose_clock_jumped_is_waited_for_no_longer_than_its_window(
    left: float, wait: float
) -> None:
    operating = Operating(LIMITED)
    operating.learn("hook", "m", time_of(479.0, left), 1_000.0)

    assert operating.wait("hook", "m", 1_000.0) == wait


@pytest.mark.parametrize(
    "time",
    [{}, {"operating": 479.0}, {"operating": "479", "operating_reset_at": 5}, {"duration": 1.0}],
    ids=str,
)
def test_a_portal_that_tells_nothing_is_not_waited_for(time: dict[str, Any]) -> None:
    operating = Operating(LIMITED)
    operating.learn("hook", "m", time, 0.0)

    assert operating.wait("hook", "m", 0.0) == 0.0


def test_a_refusal_that_tells_no_end_is_waited_out_for_a_while() -> None:
    operating = Operating(LIMITED)
    operating.refused("hook", "m", 0.0)

    assert 0.0 < operating.wait("hook", "m", 0.0) <= 60.0


def test_a_refusal_counts_even_where_no_limit_is_known() -> None:
    operating = Operating(RateLimits(operating_limit=None))
    operating.refused("hook", "m", 0.0)

    assert operating.wait("hook", "m", 0.0) > 0.0


# -- with the sender -------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [5.0, 20.0, 100.0])
def test_a_costly_method_is_never_refused(seconds: float) -> None:
    portal = Portal({"crm.deal.list": seconds})
    executor, _ = client(portal, limits=LIMITED)

    run(many(executor, SLOW, 60))

    assert portal.ledger.refused == 0


def test_batches_of_a_costly_method_are_never_refused() -> None:
    portal = Portal({"crm.deal.list": 0.5})
    executor, _ = client(portal, limits=LIMITED)
    ask = Ask(tuple(Call("crm.deal.list", {"start": n}) for n in range(50)))

    async def work() -> None:
        for _ in range(30):
            await executor.ask(ask)

    run(work())

    assert portal.ledger.refused == 0


def test_a_scan_through_the_limit_takes_little_longer_than_the_limit_makes_it() -> None:
    portal = Portal({"crm.deal.list": 10.0})
    executor, _ = client(portal, limits=LIMITED)

    async def work() -> float:
        for _ in range(200):
            await executor.call(SLOW)
        return asyncio.get_running_loop().time()

    assert run(work()) <= 1.25 * 200 * 10.0 / 480.0 * 600.0


def test_other_methods_go_on_while_one_waits() -> None:
    portal = Portal({"crm.deal.list": 100.0, "crm.lead.list": 0.01})
    executor, _ = client(portal, limits=LIMITED)

    async def work() -> float:
        slow = asyncio.create_task(many(executor, SLOW, 30))
        await asyncio.sleep(200)
        began = asyncio.get_running_loop().time()
        await many(executor, QUICK, 10)
        took = asyncio.get_running_loop().time() - began
        slow.cancel()
        await asyncio.gather(slow, return_exceptions=True)
        return took

    assert run(work()) < 1.0


# -- refusals ------------------------------------------------------------------------------------------


def test_a_refused_call_is_tried_again_when_its_time_has_come() -> None:
    executor, transport = client(Answers(BLOCKED, BLOCKED, result([])), limits=LIMITED)

    assert (run(executor.call(SLOW)).result, len(transport.log)) == ([], 3)


def test_a_refused_write_is_tried_again_for_it_was_never_executed() -> None:
    executor, transport = client(Answers(BLOCKED, result(7)), limits=LIMITED)

    assert (run(executor.call(Call("crm.deal.add", write=True))).result, len(transport.log)) == (7, 2)


def test_a_method_that_stays_blocked_is_given_up_in_the_end() -> None:
    executor, _ = client(Answers(BLOCKED), limits=LIMITED)

    with pytest.raises(OperatingLimited) as caught:
        run(executor.call(SLOW))
    assert caught.value.attempts > 10


COMMAND_BLOCKED = {"error": "OPERATION_TIME_LIMIT", "error_description": "blocked"}


def batched(*answers: dict[str, Any]) -> tuple[Executor, FakeTransport]:
    return client(Answers(*(batch_of(answer) for answer in answers)), limits=LIMITED)


def test_only_the_refused_commands_of_a_batch_are_sent_again() -> None:
    executor, transport = batched({"c0": 1, "c1": COMMAND_BLOCKED, "c2": 3}, {"c1": 2})
    ask = Ask(tuple(Call("crm.deal.get", {"id": n}) for n in range(3)))

    outcomes = run(executor.ask(ask))

    assert ([o.result for o in outcomes if isinstance(o, Reply)], list(transport.log[1].commands)) == (
        [1, 2, 3],
        ["c1"],
    )


def test_refused_writes_of_a_batch_are_sent_again_but_never_the_others() -> None:
    executor, transport = batched({"c0": 1, "c1": COMMAND_BLOCKED}, {"c1": 2})
    ask = Ask(tuple(Call("crm.deal.add", {"fields": {"n": n}}, write=True) for n in range(2)))

    run(executor.ask(ask))

    assert [list(asked.commands) for asked in transport.log] == [["c0", "c1"], ["c1"]]


def test_a_chain_that_was_refused_in_the_middle_begins_anew() -> None:
    executor, transport = batched({"a": [1], "b": COMMAND_BLOCKED}, {"a": [1], "b": [2]})
    ask = Ask((SLOW, QUICK), ("a", "b"), chained=True)

    run(executor.ask(ask))

    assert [list(asked.commands) for asked in transport.log] == [["a", "b"], ["a", "b"]]


def test_a_chain_that_has_written_is_never_begun_anew() -> None:
    executor, transport = batched({"a": 1, "b": COMMAND_BLOCKED})
    ask = Ask((Call("crm.deal.add", {"x": 1}, write=True), QUICK), ("a", "b"), chained=True)

    outcomes = run(executor.ask(ask))

    assert ([type(o) for o in outcomes], len(transport.log)) == ([Reply, OperatingLimited], 1)


def test_a_command_that_stays_blocked_tells_how_often_it_was_tried() -> None:
    executor, transport = batched({"c0": 1, "c1": COMMAND_BLOCKED}, {"c1": COMMAND_BLOCKED})
    ask = Ask(tuple(Call("crm.deal.get", {"id": n}) for n in range(2)))

    _, refused = run(executor.ask(ask))

    assert isinstance(refused, OperatingLimited)
    assert refused.attempts == len(transport.log)


def test_what_is_learnt_is_shared_by_the_clients_of_a_portal() -> None:
    shared = PortalLimits(LIMITED)
    shared.operating.learn(WEBHOOK.account(batched=False), "crm.deal.list", time_of(479.0, 500), 0.0)
    executor, transport = client(lambda asked: result([]), limits=shared)

    run(executor.call(SLOW))

    assert transport.log[0].at == pytest.approx(500.0)


@settings(max_examples=100, derandomize=True, deadline=None)
@given(order=st.permutations(range(24)), before=st.sampled_from([0.0, 100.0, 300.0]))
def test_answers_that_overtake_one_another_stop_nobody(order: list[int], before: float) -> None:
    operating = Operating(RateLimits(operating_limit=480.0))
    for _ in order:
        operating.start("hook", "m", 0.0)
    waits = []
    for moment, number in enumerate(order, 1):
        now = 1.0 + moment / 1_000
        told = {"operating": before + number + 1.0, "operating_reset_at": 600.0, "finish": now}
        operating.finish("hook", "m")
        operating.learn("hook", "m", told, now)
        waits.append(operating.wait("hook", "m", now))

    assert (max(waits) <= LOOK, waits[-1]) == (True, 0.0)


def test_what_others_spent_before_is_not_what_a_call_costs() -> None:
    operating = Operating(RateLimits(operating_limit=480.0))
    operating.learn("hook", "m", {"operating": 300.0, "operating_reset_at": 600.0, "finish": 0.0}, 0.0)

    assert operating.wait("hook", "m", 1.0) == 0.0


def test_a_long_wait_is_told_once_in_a_while_however_many_wait(caplog: pytest.LogCaptureFixture) -> None:
    answers = Answers(BLOCKED, BLOCKED, BLOCKED, result([]))
    executor, _ = client(answers, limits=LIMITED)

    async def work() -> float:
        await asyncio.gather(*(executor.call(SLOW) for _ in range(50)))
        return asyncio.get_running_loop().time()

    with caplog.at_level("WARNING", "b24orm"):
        seconds = run(work())
    told = [record for record in caplog.records if "for operating time" in record.getMessage()]
    assert 1 <= len(told) <= 1 + seconds / 60


# -- step by step ------------------------------------------------------------------------------------


def told(*figures: float, crowd: float = 1.0) -> Operating:
    """After answers to ``m`` that told these sums, at the moment 0; its window moves on at 600."""
    operating = Operating(LIMITED, crowd)
    for spent in figures:
        operating.learn("a", "m", time_of(spent, 600.0), 0.0)
    return operating


@pytest.mark.parametrize(("figures", "total"), [((10,), 10), ((10, 15), 15), ((10, 15, 12), 15), ((5, 5), 5)])
def test_the_time_that_was_spent_is_counted_once(figures: tuple[float, ...], total: float) -> None:
    assert told(*figures).total == total


def test_what_is_spent_in_the_next_window_counts_too() -> None:
    operating = told(10, 15)
    for spent in (5, 8):
        operating.learn("a", "m", time_of(spent, 600.0), 500.0)

    assert operating.total == 18


@pytest.mark.parametrize(
    ("figures", "crowd", "wait"),
    [
        ((430, 450), 1.0, 0.0),  # one more costs 20
        ((440, 460), 1.0, 600.0),
        ((430, 450), 2.0, 600.0),  # and another process sends one too
    ],
)
def test_a_call_waits_where_it_would_use_up_the_limit(
    figures: tuple[float, ...], crowd: float, wait: float
) -> None:
    assert told(*figures, crowd=crowd).wait("a", "m", 0.0) == wait


def test_where_calls_under_way_may_use_up_the_limit_one_looks_again() -> None:
    operating = told(430, 450)
    operating.start("a", "m", 0.0)

    assert operating.wait("a", "m", 0.0) == LOOK


@pytest.mark.parametrize(
    ("figures", "began", "at", "wait"),
    [
        ((430, 450), 0.0, 0.0, 400.0),  # 30 seconds are left for 600, and each call costs 20
        ((430, 450), 0.0, 100.0, 300.0),
        ((430, 450), 0.0, 450.0, 0.0),
        ((100, 120), 0.0, 0.0, 0.0),  # not half of the limit
        ((220, 240), 0.0, 0.0, 50.0),
        ((430, 450), 600.0, 600.0, 0.0),  # the window has moved on
    ],
)
def test_calls_are_spread_over_what_is_left_of_the_window(
    figures: tuple[float, ...], began: float, at: float, wait: float
) -> None:
    operating = told(*figures)
    operating.start("a", "m", began)
    operating.finish("a", "m")

    assert operating.wait("a", "m", at) == wait


def test_a_refusal_is_told_since_the_first_one_until_a_call_is_served() -> None:
    operating = told(10)
    before = operating.refused_for("a", "m", 5.0)
    operating.refused("a", "m", 10.0)
    operating.refused("a", "m", 20.0)
    since = operating.refused_for("a", "m", 25.0)
    operating.learn("a", "m", {}, 30.0)

    assert [before, since, operating.refused_for("a", "m", 40.0)] == [0.0, 15.0, 0.0]


def test_of_a_method_that_was_never_called_no_refusal_is_known() -> None:
    assert Operating(LIMITED).refused_for("a", "m", 5.0) == 0.0


@pytest.mark.parametrize(
    ("refused", "at", "known"),
    [
        (False, 100.0, [("a", "m", 450.0, 500.0, 20.0, 0.0)]),
        (True, 100.0, [("a", "m", 480.0, 500.0, 20.0, 500.0)]),
        (False, 600.0, []),
    ],
)
def test_what_still_counts_is_remembered(refused: bool, at: float, known: list[tuple[Any, ...]]) -> None:
    operating = told(430, 450)
    if refused:
        operating.refused("a", "m", 50.0)

    assert operating.remembered(at) == known


def at_once(operating: Operating, now: float) -> int:
    """Calls that may leave at a moment, up to a hundred; they are taken back."""
    count = 0
    while count < 100 and operating.wait("a", "m", now) == 0.0:
        operating.start("a", "m", now)
        count += 1
    for _ in range(count):
        operating.finish("a", "m")
    return count


@pytest.mark.parametrize(("served", "room"), [(0, 1), (1, 2), (30, 31), (31, 32), (32, 100)])
def test_after_a_refusal_each_call_that_is_served_makes_room_for_one_more(served: int, room: int) -> None:
    operating = told(10)
    operating.refused("a", "m", 50.0)
    for _ in range(served):
        operating.learn("a", "m", {}, 600.0)

    assert (operating.wait("a", "m", 599.0), at_once(operating, 600.0)) == (1.0, room)


def test_what_had_left_before_the_refusal_makes_no_room() -> None:
    operating = told(10)
    operating.refused("a", "m", 50.0)
    operating.learn("a", "m", {}, 60.0)

    assert at_once(operating, 600.0) == 1


def test_a_call_that_never_came_back_is_not_waited_for_for_ever() -> None:
    operating = told(10)
    operating.refused("a", "m", 50.0)
    operating.start("a", "m", 600.0)
    longest = LIMITED.request_limit + 60.0

    assert [operating.wait("a", "m", 600.0 + longest - 1), operating.wait("a", "m", 600.0 + longest)] == [
        LOOK,
        0,
    ]
