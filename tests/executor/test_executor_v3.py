"""Questions to REST 3.0: side by side, in a batch, cut down when a batch takes too long."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from b24orm.errors import ApiError, B24Error, ServerFailure, TimedOut
from b24orm.executor.ask_v3 import ask_v3
from b24orm.executor.batch_sizes import BatchSizes
from b24orm.executor.trip import Trip
from b24orm.plan.calls import Ask, Call, Outcome, Reply


@dataclass
class Portal:
    """Answers each call with its number; batches of more than ``slow`` calls are cut off."""

    slow: int = 99
    error: B24Error | None = None
    commands: int = 0
    pace: float = 0.01
    sizes_v3: BatchSizes = field(default_factory=BatchSizes)
    sent: list[int] = field(default_factory=list[int])
    sender: Any = None
    clock: Any = None

    def __post_init__(self) -> None:
        self.sender = self.clock = self
        self.moment = 0.0

    def now(self) -> float:
        return self.moment

    async def send(self, trip: Trip, body: list[dict[str, Any]]) -> Reply:
        assert (trip.name, trip.api, trip.methods, trip.batched) == ("batch", "v3", ("batch",), False)
        self.sent.append(len(body))
        self.moment += self.pace * len(body)
        if len(body) > self.slow:
            raise ServerFailure("HTTP_504", status=504)
        if self.error is not None:
            raise self.error
        return Reply([{"n": call["query"]["n"]} for call in body])

    async def outcome(self, call: Call) -> Outcome:
        await asyncio.sleep(0)
        self.sent.append(1)
        return Reply({"n": call.params["n"]})


def calls(count: int, **options: Any) -> tuple[Call, ...]:
    return tuple(Call("main.eventlog.list", {"n": n}, api="v3", **options) for n in range(count))


async def classic(ask: Ask) -> list[Outcome]:
    return [Reply({"n": call.params["n"]}) for call in ask.calls]


def numbers(outcomes: list[Outcome]) -> list[int]:
    return [outcome.result["n"] for outcome in outcomes if isinstance(outcome, Reply)]


async def test_reads_of_one_scan_share_a_batch() -> None:
    portal = Portal()
    outcomes = await ask_v3(portal, Ask(calls(5), halt=True), classic)
    assert (numbers(outcomes), portal.sent, portal.commands) == ([0, 1, 2, 3, 4], [5], 5)


async def test_reads_of_different_people_travel_side_by_side() -> None:
    portal = Portal()
    outcomes = await ask_v3(portal, Ask(calls(3)), classic)
    assert (numbers(outcomes), portal.sent) == ([0, 1, 2], [1, 1, 1])


async def test_writes_never_share_a_batch() -> None:
    portal = Portal()
    outcomes = await ask_v3(portal, Ask(calls(3, write=True), halt=True), classic)
    assert (numbers(outcomes), portal.sent) == ([0, 1, 2], [1, 1, 1])


async def test_classic_calls_of_the_same_question_go_their_own_way() -> None:
    older = [Call("x", {"n": 10 + n}) for n in range(3)]
    mixed = [call for pair in zip(calls(3), older, strict=True) for call in pair]
    outcomes = await ask_v3(Portal(), Ask(tuple(mixed)), classic)
    assert numbers(outcomes) == [0, 10, 1, 11, 2, 12]


async def test_a_batch_that_takes_too_long_is_halved_until_it_fits() -> None:
    portal = Portal(slow=2)
    outcomes = await ask_v3(portal, Ask(calls(5), halt=True), classic)
    assert numbers(outcomes) == [0, 1, 2, 3, 4]
    assert portal.sent == [5, 3, 2, 1, 2]


async def test_a_batch_holds_no_more_than_the_portal_does_in_time() -> None:
    portal = Portal(pace=1.25)
    await ask_v3(portal, Ask(calls(2), halt=True), classic)
    outcomes = await ask_v3(portal, Ask(calls(50), halt=True), classic)
    assert numbers(outcomes) == list(range(50))
    assert portal.sent[1:] == [20, 20, 10]


async def test_what_was_cut_off_once_is_asked_in_smaller_batches_from_then_on() -> None:
    portal = Portal(slow=10, pace=3)
    await ask_v3(portal, Ask(calls(16), halt=True), classic)
    portal.sent.clear()
    await ask_v3(portal, Ask(calls(16), halt=True), classic)
    assert max(portal.sent) <= 10


async def test_the_error_of_one_call_is_the_error_of_all() -> None:
    portal = Portal(error=ApiError("BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION", status=403))
    outcomes = await ask_v3(portal, Ask(calls(3), halt=True), classic)
    assert [type(outcome) for outcome in outcomes] == [ApiError] * 3


async def test_a_batch_that_answers_too_little_is_a_failure() -> None:
    class Short(Portal):
        async def send(self, trip: Trip, body: list[dict[str, Any]]) -> Reply:
            return Reply([{"n": 0}])

    outcomes = await ask_v3(Short(), Ask(calls(3), halt=True), classic)
    assert [type(outcome) for outcome in outcomes] == [ServerFailure] * 3


async def test_ordered_writes_wait_for_one_another_and_stop_at_an_error() -> None:
    class Refusing(Portal):
        async def outcome(self, call: Call) -> Outcome:
            self.sent.append(call.params["n"])
            return TimedOut("late") if call.params["n"] == 1 else Reply({"n": call.params["n"]})

    portal = Refusing()
    outcomes = await ask_v3(portal, Ask(calls(4, write=True), ordered=True, halt=True), classic)
    assert portal.sent == [0, 1]
    assert [getattr(outcome, "code", "") for outcome in outcomes[2:]] == ["NOT_RUN", "NOT_RUN"]


async def test_a_call_that_fails_here_leaves_no_other_behind() -> None:
    ended: list[int] = []

    class Broken(Portal):
        async def outcome(self, call: Call) -> Outcome:
            if call.params["n"] == 1:
                raise RuntimeError("broken")
            try:
                await asyncio.sleep(60)
            finally:
                ended.append(call.params["n"])
            return Reply({})

    with pytest.raises(RuntimeError):
        await ask_v3(Broken(), Ask(calls(3)), classic)
    assert sorted(ended) == [0, 2]
