"""How many requests are under way: halved by failures, raised by success, never leaked."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b24orm.executor.concurrency import Gate
from b24orm.plan.calls import Call
from b24orm.transport.base import Response
from tests.executor.fakes import Asked, client, result, run

QUICK = settings(max_examples=100, derandomize=True, deadline=None)


def test_success_raises_the_number_by_one_a_round() -> None:
    gate, places = Gate(start=4, ceiling=16), list[int]()
    for _ in range(11):
        gate.good()
        places.append(gate.places)

    assert places == [*[4] * 4, *[5] * 5, *[6] * 2]


def test_the_number_never_exceeds_its_ceiling() -> None:
    gate = Gate(start=4, ceiling=6)
    for _ in range(1_000):
        gate.good()

    assert gate.places == 6


def test_a_failure_halves_the_number() -> None:
    gate = Gate(start=8)
    gate.bad()

    assert gate.places == 4


def test_one_place_always_stays() -> None:
    gate = Gate(start=8)
    for _ in range(50):
        gate.bad()

    assert gate.places == 1


async def _slow_answers(gate: Gate, under_way: int, rounds: int) -> None:
    """So many requests at a time: the first round is quick, all others take ten times as long."""
    for number in range(rounds + 1):
        inside = min(under_way, gate.places)
        for _ in range(inside):
            await gate.enter()
        for _ in range(inside):
            gate.good(0.02 if number == 0 else 0.2, left=number, now=number + 1)
            gate.leave()


def test_slow_answers_bring_the_number_below_what_was_under_way() -> None:
    gate = Gate(start=40)
    run(_slow_answers(gate, under_way=10, rounds=1))

    assert gate.places == 8


def test_slow_answers_lower_the_number_once_a_round() -> None:
    gate = Gate(start=40)
    run(_slow_answers(gate, under_way=20, rounds=1))

    assert gate.places == 16


def test_slow_answers_leave_a_few_places() -> None:
    gate = Gate(start=40)
    run(_slow_answers(gate, under_way=5, rounds=10))

    assert gate.places == 4


def test_slow_answers_to_a_few_requests_are_not_for_their_number() -> None:
    gate = Gate(start=40)
    run(_slow_answers(gate, under_way=4, rounds=10))

    assert gate.places == 40


def test_what_left_before_the_number_was_halved_does_not_halve_it_again() -> None:
    gate, places = Gate(start=40), list[int]()
    for left, now in [(0, 10), (9, 11), (10, 12), (11, 13), (12, 14)]:
        gate.bad(left, now)
        places.append(gate.places)

    assert places == [20, 20, 10, 10, 5]


def test_a_failure_that_tells_no_time_counts_and_changes_no_times() -> None:
    gate = Gate(start=40)
    gate.bad(0, 10)
    gate.bad()
    gate.bad(9, 11)

    assert gate.places == 10


async def _crowded(gate: Gate) -> Gate:
    """Ten requests under way, so that slowness counts."""
    for _ in range(10):
        await gate.enter()
    return gate


def test_the_quickest_answer_is_what_others_are_measured_by() -> None:
    gate = run(_crowded(Gate(start=40)))
    for seconds in (1.0, 0.1, 0.5):
        gate.good(seconds)

    assert gate.places == 8


def test_it_is_forgotten_in_time_for_portals_change() -> None:
    gate = run(_crowded(Gate(start=40)))
    for seconds in (0.1, *[0.25] * 60, 0.5):
        gate.good(seconds)

    assert gate.places > 40


async def _lined_up(gate: Gate, names: str) -> tuple[list[str], list[asyncio.Task[None]]]:
    """Who is inside so far, and those who wait, in this order."""
    inside: list[str] = []

    async def come(name: str) -> None:
        await gate.enter()
        inside.append(name)

    tasks = [asyncio.create_task(come(name)) for name in names]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return inside, tasks


async def _settled(tasks: list[asyncio.Task[None]]) -> None:
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def test_a_place_that_success_adds_is_taken_at_once() -> None:
    async def work() -> list[str]:
        gate = Gate(start=1, ceiling=4)
        inside, tasks = await _lined_up(gate, "abc")
        gate.good()
        await _settled(tasks)
        return inside

    assert run(work()) == ["a", "b"]


def test_who_waits_gets_in_in_the_order_of_coming() -> None:
    async def work() -> list[str]:
        gate = Gate(start=1, ceiling=1)
        inside, tasks = await _lined_up(gate, "abcd")
        for _ in range(2):
            gate.leave()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        await _settled(tasks)
        return inside

    assert run(work()) == ["a", "b", "c"]


def test_nobody_passes_those_who_wait() -> None:
    async def work() -> list[str]:
        gate = Gate(start=3)
        with gate.narrowed(1):
            inside, tasks = await _lined_up(gate, "ab")
        late, more = await _lined_up(gate, "c")
        gate.leave()
        await _settled([*tasks, *more])
        return [*inside, *late]

    assert run(work()) == ["a", "b", "c"]


def test_a_narrowed_gate_is_as_wide_as_before_afterwards() -> None:
    gate = Gate(start=8, ceiling=16)
    with gate.narrowed(2):
        within = gate.places

    assert (within, gate.places) == (2, 8)


@pytest.mark.parametrize(("outer", "inner"), [(1, 2), (2, 1), (1, 1)])
def test_blocks_that_overlap_leave_nothing_behind(outer: int, inner: int) -> None:
    gate = Gate(start=8, ceiling=16)
    first, second = gate.narrowed(outer), gate.narrowed(inner)
    first.__enter__()
    second.__enter__()
    both = gate.places
    first.__exit__(None, None, None)
    one = gate.places
    second.__exit__(None, None, None)

    assert (both, one, gate.places) == (min(outer, inner), inner, 8)


def test_a_gate_that_is_narrowed_by_more_than_it_has_stays_as_it_is() -> None:
    gate = Gate(start=2)
    with gate.narrowed(5):
        assert gate.places == 2


def test_who_waits_at_a_narrowed_gate_gets_in_one_by_one() -> None:
    gate, order = Gate(start=3), list[str]()

    async def job(name: str) -> None:
        async with gate:
            order.append(f"+{name}")
            await asyncio.sleep(1)
            order.append(f"-{name}")

    async def everybody() -> None:
        with gate.narrowed(1):
            await asyncio.gather(job("a"), job("b"))

    run(everybody())

    assert order == ["+a", "-a", "+b", "-b"]


@QUICK
@given(places=st.integers(1, 5), jobs=st.integers(1, 30), seed=st.integers(0, 999))
def test_no_more_than_the_places_are_inside_and_everybody_gets_in(places: int, jobs: int, seed: int) -> None:
    gate, random, inside, most, done = Gate(start=places, ceiling=places), Random(seed), 0, 0, 0

    async def job() -> None:
        nonlocal inside, most, done
        await asyncio.sleep(random.random())
        async with gate:
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(random.random())
            inside -= 1
        done += 1

    async def everybody() -> None:
        await asyncio.gather(*(job() for _ in range(jobs)))

    run(everybody())

    assert (most <= places, done) == (True, jobs)


@QUICK
@given(places=st.integers(1, 4), jobs=st.integers(1, 20), seed=st.integers(0, 999))
def test_cancelled_jobs_leave_their_places(places: int, jobs: int, seed: int) -> None:
    gate, random = Gate(start=places, ceiling=places), Random(seed)

    async def job() -> None:
        async with gate:
            await asyncio.sleep(random.choice([0.0, 1.0]))

    async def everybody() -> int:
        tasks = [asyncio.create_task(job()) for _ in range(jobs)]
        for _ in range(jobs):
            await asyncio.sleep(random.choice([0.0, 0.5, 1.0]))
            random.choice(tasks).cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return await _free(gate)

    assert run(everybody()) == places


def test_a_turn_given_and_cancelled_at_the_same_moment_is_passed_on() -> None:
    gate = Gate(start=1, ceiling=1)

    async def work() -> int:
        await gate.__aenter__()
        waiting = [asyncio.create_task(gate.__aenter__()) for _ in range(2)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        await gate.__aexit__(None, None, None)
        results = await asyncio.gather(*waiting, return_exceptions=True)
        assert isinstance(results[0], asyncio.CancelledError)
        await gate.__aexit__(None, None, None)
        return await _free(gate)

    assert run(work()) == 1


async def _free(gate: Gate) -> int:
    """How many get in at once."""
    tasks = [asyncio.create_task(gate.__aenter__()) for _ in range(20)]
    await asyncio.sleep(1)
    free = sum(task.done() for task in tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return free


# -- on the way to a portal --------------------------------------------------------------------------


class Crowded:
    """A portal that fails whatever comes while more than so many requests are under way."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.inside = 0
        self.failed = 0

    async def __call__(self, asked: Asked) -> Any:
        self.inside += 1
        crowded = self.inside > self.most
        await asyncio.sleep(1)
        self.inside -= 1
        self.failed += crowded
        return Response(502, "text/html", b"") if crowded else result([])


def test_fewer_requests_are_sent_to_a_portal_that_can_take_no_more() -> None:
    portal = Crowded(4)
    executor, _ = client(portal)

    async def work() -> int:
        await asyncio.gather(*(executor.call(Call("crm.deal.list")) for _ in range(40)))
        return executor.sender.gate.places

    assert run(work()) <= 8


def test_a_portal_that_can_take_more_gets_more() -> None:
    executor, transport = client(lambda asked: result([]), delay=lambda: 1.0)
    gate = executor.sender.gate
    gate._places, gate._ceiling = 2.0, 16

    async def work() -> None:
        await asyncio.gather(*(executor.call(Call("crm.deal.list")) for _ in range(200)))

    run(work())

    assert (gate.places, transport.most) == (16, 16)


@pytest.mark.parametrize("moment", [0.0, 0.5, 1.0, 1.5])
def test_a_call_that_is_cancelled_leaves_its_place(moment: float) -> None:
    executor, transport = client(lambda asked: result([]), delay=lambda: 1.0)

    async def work() -> None:
        tasks = [asyncio.create_task(executor.call(Call("crm.deal.list"))) for _ in range(3)]
        await asyncio.sleep(moment)
        tasks[0].cancel()
        tasks[1].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await executor.call(Call("crm.deal.list"))

    with executor.sender.gate.narrowed(1):
        run(work())

    assert transport.under_way == 0
