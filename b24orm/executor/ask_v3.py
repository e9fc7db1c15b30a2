"""Runs questions to REST 3.0.

Its batch answers nothing but the error when one call fails, and keeps what ran before. So a batch is made
only of reads whose question says that one error ends it (``halt``): what a scan asks. Everything
else travels side by side, each call in a request of its own.

How many calls a batch holds is learned from the first answers, for a page of tasks may take a second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any, Protocol

from b24orm.errors import ApiError, ServerFailure, TransportError
from b24orm.executor.batch_sizes import BatchSizes, cut_off
from b24orm.executor.nursery import Nursery
from b24orm.executor.sender import Sender
from b24orm.executor.trip import Trip
from b24orm.plan.calls import Ask, Call, Outcome, Reply, not_run

__all__ = ["Runner", "ask_v3", "is_v3", "trip_of"]


class Runner(Protocol):
    """What sends single calls: the executor."""

    sender: Sender
    commands: int
    sizes_v3: BatchSizes

    async def outcome(self, call: Call) -> Outcome:
        """What one call came to."""
        ...


def trip_of(call: Call) -> Trip:
    """The trip of a call that travels alone."""
    return Trip(call.method, write=call.write, api=call.api, key=call.key)


def is_v3(ask: Ask) -> bool:
    """Whether a question has calls of REST 3.0."""
    return any(call.api == "v3" for call in ask.calls)


async def ask_v3(
    runner: Runner, ask: Ask, classic: Callable[[Ask], Coroutine[Any, Any, list[Outcome]]]
) -> list[Outcome]:
    """What each call of a question came to.

    Args:
        runner: sends single calls.
        ask: the question; its classic calls, if there are any, are asked beside the others.
        classic: answers those.
    """
    own = [call for call in ask.calls if call.api == "v3"]
    if len(own) == len(ask.calls):
        return await _asked(runner, ask)
    others = replace(ask, calls=tuple(call for call in ask.calls if call.api != "v3"))
    async with Nursery() as nursery:
        ours = nursery.start(_asked(runner, replace(ask, calls=tuple(own))))
        theirs = nursery.start(classic(others))
        of_v3, of_classic = map(iter, await asyncio.gather(ours, theirs))
    return [next(of_v3 if call.api == "v3" else of_classic) for call in ask.calls]


async def _asked(runner: Runner, ask: Ask) -> list[Outcome]:
    if ask.ordered:
        return await _in_turn(runner, ask)
    if ask.halt and len(ask.calls) > 1 and not any(call.write for call in ask.calls):
        return await _batches(runner, ask.calls)
    async with Nursery() as nursery:
        tasks = [nursery.start(runner.outcome(call)) for call in ask.calls]
        return list(await asyncio.gather(*tasks))


async def _in_turn(runner: Runner, ask: Ask) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for call in ask.calls:
        if ask.halt and outcomes and not isinstance(outcomes[-1], Reply):
            outcomes.append(not_run(call.method, "an earlier call failed"))
        else:
            outcomes.append(await runner.outcome(call))
    return outcomes


async def _batches(runner: Runner, calls: Sequence[Call]) -> list[Outcome]:
    """As few requests as the portal does in time, side by side."""
    size = runner.sizes_v3.limit(call.method for call in calls)
    async with Nursery() as nursery:
        tasks = [nursery.start(_batch(runner, calls[i : i + size])) for i in range(0, len(calls), size)]
        return [outcome for task in tasks for outcome in await task]


async def _batch(runner: Runner, calls: Sequence[Call]) -> list[Outcome]:
    """One request for all; in two halves if it took the portal too long."""
    if len(calls) == 1:
        return [await runner.outcome(calls[0])]
    methods, sizes = tuple(call.method for call in calls), runner.sizes_v3
    trip = Trip("batch", methods, write=False, api="v3")
    body = [{"method": call.method, "query": call.params} for call in calls]
    began = runner.sender.clock.now()
    try:
        reply = await runner.sender.send(trip, body)
    except (ApiError, TransportError) as error:
        if not cut_off(error):
            return [error] * len(calls)
        sizes.too_long(methods, len(calls))
        middle = (len(calls) + 1) // 2
        return [*await _batch(runner, calls[:middle]), *await _batch(runner, calls[middle:])]
    runner.commands += len(calls)
    sizes.took(methods, len(calls), seconds := runner.sender.clock.now() - began)
    sizes.at_pace(methods, len(calls), seconds)
    return _results(reply, calls)


def _results(reply: Reply, calls: Sequence[Call]) -> list[Outcome]:
    results: Any = reply.result
    if not isinstance(results, list) or len(results) != len(calls):
        return [
            ServerFailure("NO_RESULT", "a call of the batch has no answer", method=c.method) for c in calls
        ]
    return [Reply(result, time=reply.time) for result in results]
