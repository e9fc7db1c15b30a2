"""Runs calls and flows: alone or in batches, side by side, in order.

A call that a batch can't carry faithfully travels alone. A chain whose commands can't all
ride in one batch is run one by one, its references filled in here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from b24orm.errors import ApiError, B24Error, OperatingLimited, PortalClosed, TransportError
from b24orm.executor.adds import Adds
from b24orm.executor.ask_v3 import ask_v3, is_v3, trip_of
from b24orm.executor.batch_sizes import BatchSizes, cut_off
from b24orm.executor.coalescer import Coalescer
from b24orm.executor.nursery import Nursery
from b24orm.executor.retry import worth_retrying
from b24orm.executor.sender import Sender
from b24orm.executor.spread import Pace, size_for, takes_long
from b24orm.executor.trip import Trip
from b24orm.executor.userfields import UserFields
from b24orm.plan.calls import Ask, Call, Outcome, Ref, Reply, is_not_run, not_run
from b24orm.plan.flow import Flow, Page, Spreadable
from b24orm.plan.steps.sizes import BATCH
from b24orm.transport.encoding import command, fits_batch
from b24orm.transport.reply import batch_outcomes

__all__ = ["Executor"]

_T = TypeVar("_T")

_ENDED: Final = "an earlier command of the chain ended it"
_ARMFUL: Final = 2_500
"""Rows that are handed out together, if they are ready."""


class Executor:
    """Runs what plans and users ask for through one portal's sender."""

    def __init__(self, sender: Sender) -> None:
        self.sender = sender
        self.commands: int = 0
        self.adds: Adds = Adds()
        self.user_fields: UserFields = UserFields()
        self.sizes_v3: BatchSizes = BatchSizes()
        self._sizes = BatchSizes()
        self._pace = Pace()
        self._coalescer = Coalescer(self._ask_now, batch=BATCH)

    async def call(self, call: Call) -> Reply:
        """The reply to one call, sent alone.

        Raises:
            B24Error: it failed for good.
        """
        reply = await self.sender.send(trip_of(call), call.params)
        self.commands += 1
        return reply

    async def outcome(self, call: Call) -> Outcome:
        """Like :meth:`call`, with the error as a value."""
        try:
            return await self.call(call)
        except (ApiError, TransportError) as error:
            return error
        except PortalClosed as closed:
            if not call.write:
                raise
            return closed  # it did not leave; others of the same job may have been done

    async def ask(self, ask: Ask) -> list[Outcome]:
        """What each call of a question came to; single reads wait a moment for company."""
        alone = ask.calls[0] if len(ask.calls) == 1 and not ask.calls[0].write else None
        if alone is not None and (alone.lookup if alone.api == "v3" else fits_batch(alone)):
            return [await self._coalescer.outcome(ask.calls[0])]
        return await self._ask_now(ask)

    async def _ask_now(self, ask: Ask, cuts: int = 0) -> list[Outcome]:
        """``cuts``: how often a larger batch around these calls was cut off."""
        if len(ask.calls) == 1:
            return [await self.outcome(ask.calls[0])]
        if is_v3(ask):
            return await ask_v3(self, ask, self._ask_now)
        size = self._sizes.limit(call.method for call in ask.calls)
        if len(ask.calls) > size:
            return await self._in_parts(ask, size, cuts)
        fit = [fits_batch(call) for call in ask.calls]
        if ask.chained:
            return await (self._batch(ask, cuts) if all(fit) else self._in_parts(ask, 1, cuts))
        if all(fit):
            return await self._batch(ask, cuts)
        return await self._mixed(ask, fit)

    async def many(self, calls: Sequence[Call]) -> list[Outcome]:
        """What each of any number of calls came to, packed into batches that run side by side."""
        chunks = [Ask(tuple(calls[i : i + BATCH])) for i in range(0, len(calls), BATCH)]
        async with Nursery() as nursery:
            tasks = [nursery.start(self.ask(chunk)) for chunk in chunks]
            return [outcome for task in tasks for outcome in await task]

    async def _mixed(self, ask: Ask, fit: Sequence[bool]) -> list[Outcome]:
        riders = [call for call, fits in zip(ask.calls, fit, strict=True) if fits]
        async with Nursery() as nursery:
            batch = nursery.start(self.ask(Ask(tuple(riders)))) if riders else None
            alone = [
                nursery.start(self.outcome(call))
                for call, fits in zip(ask.calls, fit, strict=True)
                if not fits
            ]
            ridden = iter(await batch if batch else ())
            walked = iter([await task for task in alone])
            return [next(ridden) if fits else next(walked) for fits in fit]

    async def _side_by_side(self, ask: Ask, size: int, cuts: int) -> list[Outcome]:
        """The question in several batches; after a cut the first of them shows the way alone."""
        parts = [Ask(ask.calls[i : i + size], halt=ask.halt) for i in range(0, len(ask.calls), size)]
        outcomes = await self._ask_now(parts[0], cuts) if cuts else []
        async with Nursery() as nursery:
            tasks = [nursery.start(self._ask_now(part, cuts)) for part in parts[1 if cuts else 0 :]]
            for task in tasks:
                if outcomes and _given_up(ask, outcomes[-1]):
                    break
                outcomes += await task
        return [*outcomes, *[outcomes[-1]] * (len(ask.calls) - len(outcomes))]

    async def _in_parts(self, ask: Ask, size: int, cuts: int) -> list[Outcome]:
        """The question in several batches; references into an earlier part are filled in here."""
        if not ask.chained:
            if ask.ordered:
                return await self._in_turn(ask, size)
            return await self._side_by_side(ask, size, cuts)
        outcomes: list[Outcome] = []
        results: dict[str, Any] = {}
        for start in range(0, len(ask.calls), size):
            labels = ask.labels[start : start + size]
            try:
                calls = [
                    replace(call, params=_filled(call.params, results, inner=labels))
                    for call in ask.calls[start : start + size]
                ]
            except LookupError:
                break
            part = Ask(tuple(calls), labels, chained=len(calls) > 1, halt=ask.halt)
            outcomes += await self._ask_now(part, cuts)
            if isinstance(outcomes[-1], B24Error):
                break
            for label, outcome in zip(labels, outcomes[start:], strict=True):
                if isinstance(outcome, Reply):
                    results[label] = outcome.result
        return [*outcomes, *(not_run(call.method, _ENDED) for call in ask.calls[len(outcomes) :])]

    async def _in_turn(self, ask: Ask, size: int) -> list[Outcome]:
        """The question in several batches, one after the other; one that halts ends them all."""
        outcomes: list[Outcome] = []
        for start in range(0, len(ask.calls), size):
            part = Ask(ask.calls[start : start + size], halt=ask.halt)
            if ask.halt and any(isinstance(outcome, B24Error) for outcome in outcomes):
                outcomes += [not_run(call.method, _ENDED) for call in part.calls]
            else:
                outcomes += await self._ask_now(part)
        return outcomes

    async def _smaller(self, ask: Ask, error: B24Error, cuts: int) -> list[Outcome] | None:
        """The same in smaller batches; None if nothing at all was answered too often."""
        if isinstance(error, TransportError) and not await self._may_retry([error], cuts):
            return None
        self._sizes.too_long((call.method for call in ask.calls), len(ask.calls))
        return await self._ask_now(ask, cuts)

    async def _batch(self, ask: Ask, cuts: int = 0) -> list[Outcome]:
        """One batch; commands that were refused for limits, and reads that failed, are sent again."""
        calls, labels = ask.calls, ask.labels or tuple(f"c{number}" for number in range(len(ask.calls)))
        found: dict[str, Outcome] = {}
        left = dict(zip(labels, calls, strict=True))
        tries = 0
        while left:
            tries += 1
            try:
                outcomes = await self._one_batch(left, halt=ask.halt)
            except (ApiError, TransportError, PortalClosed) as error:
                if isinstance(error, PortalClosed) and not _writes(ask):
                    raise
                divisible = cut_off(error) and len(left) > 1 and not _writes(ask)
                divided = await self._smaller(ask, error, cuts + 1) if divisible else None
                # those sent again have another fate than the refusal they had before
                return divided or [error if label in left else found[label] for label in labels]
            found.update(zip(left, outcomes, strict=True))
            again = _again(ask, found)
            if not await self._may_retry([found[label] for label in again], tries):
                break
            left = {
                label: call
                for label, call in zip(labels, calls, strict=True)
                if label in again or ask.chained
            }
        return [found[label] for label in labels]

    async def _may_retry(self, outcomes: Sequence[Outcome], tries: int) -> bool:
        """Waits before refused commands are sent again; False if there are none, or they are given up."""
        refused = [outcome for outcome in outcomes if isinstance(outcome, B24Error)]
        for refusal in refused:
            refusal.attempts = tries
        try:
            if refused:
                await self.sender.before_retry(refused[0], tries, write=False, batched=True)
        except B24Error:
            return False
        return bool(refused)

    async def _one_batch(self, commands: Mapping[str, Call], *, halt: bool) -> list[Outcome]:
        methods = [call.method for call in commands.values()]
        trip = Trip("batch", methods, write=any(call.write for call in commands.values()))
        body = {"halt": int(halt), "cmd": {label: command(call) for label, call in commands.items()}}
        began = self.sender.clock.now()
        reply = await self.sender.send(trip, body)
        seconds = self.sender.clock.now() - began
        outcomes = self.batch_outcomes(reply, list(commands), methods, halt=halt)
        self._sizes.took(methods, len(methods), seconds)
        self._pace.learn(methods, outcomes, seconds)
        self.commands += len(methods)
        return outcomes

    def batch_outcomes(
        self, reply: Reply, labels: Sequence[str], methods: Sequence[str], *, halt: bool
    ) -> list[Outcome]:
        """What the commands of a batch came to; their operating times are noted."""
        who = self.sender.credentials
        outcomes = batch_outcomes(reply, labels, methods, halt=halt, host=who.host, redact=who.redact)
        came = list(zip(methods, outcomes, strict=True))
        latest = {method: outcome.time for method, outcome in came if isinstance(outcome, Reply)}
        for method, time in latest.items():
            self.sender.learn(method, time, batched=True)
        for method, outcome in came:
            if isinstance(outcome, ApiError):
                self.sender.barred(method, outcome)
        # what was served before the refusal tells when the method is free again
        for method in {method for method, outcome in came if isinstance(outcome, OperatingLimited)}:
            self.sender.refused(method, batched=True)
        return outcomes

    def _spread(self, flow: Flow, waiting: int) -> None:
        """Tells the flow how its next questions are best asked."""
        if not isinstance(flow, Spreadable) or not (left := flow.left):
            return
        seconds = self._pace.of(flow.method)
        places = self.sender.gate.places - waiting
        size = size_for(left, seconds=seconds, places=places, spare=self.sender.spare)
        flow.pace(size, slow=takes_long(seconds))

    async def close(self) -> None:
        """Ends what is under way and closes the connections."""
        try:
            await self._coalescer.close()
        finally:
            await self.sender.close()

    async def stream(self, flow: Flow) -> AsyncGenerator[Page, None]:
        """The pages of a flow, in order.

        Questions are sent only while somebody takes the pages: a consumer that pauses pauses
        the flow, one that leaves cancels what is under way.
        """
        async with Nursery() as nursery:
            waiting: dict[asyncio.Task[list[Outcome]], Ask] = {}
            ready: Iterator[Page] = iter(())
            while True:
                self._spread(flow, len(waiting))
                for ask in flow.asks(max(0, self.sender.gate.places - len(waiting))):
                    waiting[nursery.start(self.ask(ask))] = ask
                armful = next(ready, None)
                if armful is None:
                    ready = _armfuls(flow.pages())
                    armful = next(ready, None)
                if armful is not None:
                    await asyncio.sleep(0)  # what was asked just now is sent before the rows are used
                    yield armful
                elif flow.done:
                    return
                elif waiting:
                    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                else:
                    raise RuntimeError(f"{type(flow).__name__} is stuck: not done, and nothing to ask")
                for task in [task for task in waiting if task.done()]:
                    flow.receive(waiting.pop(task), task.result())


def _writes(ask: Ask) -> bool:
    return any(call.write for call in ask.calls)


def _given_up(ask: Ask, outcome: Outcome) -> bool:
    """Whether the rest of a question need not be waited for: its portal does not answer."""
    return isinstance(outcome, B24Error) and cut_off(outcome) and not _writes(ask)


def _armfuls(pages: Iterator[Page]) -> Iterator[Page]:
    """Pages that are ready at the same time, put together: fewer steps for whoever takes them."""
    armful: Page = []
    for page in pages:
        armful.extend(page)
        if len(armful) >= _ARMFUL:
            yield armful
            armful = []
    if armful:
        yield armful


def _again(ask: Ask, found: Mapping[str, Outcome]) -> list[str]:
    """Labels of the commands to send again: refused for the limits, or read without an answer."""
    errors = {label: outcome for label, outcome in found.items() if isinstance(outcome, B24Error)}
    writes = {label: call.write for label, call in zip(found, ask.calls, strict=True)}
    failed = [label for label, error in errors.items() if worth_retrying(error, write=writes[label])]
    if not failed or not (ask.chained or ask.halt):
        return failed
    first = next(iter(errors))
    if first != failed[0]:
        return []
    if ask.chained:
        # the whole chain is sent again, so what was executed must not have written anything
        return [first] if not any(writes[label] for label in list(found)[: list(found).index(first)]) else []
    return [label for label in errors if label in failed or is_not_run(errors[label])]


def _filled(value: Any, results: Mapping[str, Any], *, inner: Sequence[str] = ()) -> Any:
    """The parameters with their references replaced, but for those to ``inner`` labels.

    Raises:
        LookupError: a reference leads nowhere.
    """
    if isinstance(value, Ref):
        if value.label in inner:
            return value
        found = results[value.label]
        for part in value.path:
            found = found[part]
        return found
    if isinstance(value, Mapping):
        return {key: _filled(item, results, inner=inner) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_filled(item, results, inner=inner) for item in value]
    return value
