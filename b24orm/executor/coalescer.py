"""Reads that are awaited at the same time travel together.

A thousand tasks that each get one row would be a thousand requests. What arrives within one
tick is collected: calls that look up one id each become lists of ids, equal calls are sent
once, and what is left travels as commands of a batch. Each caller gets its own answer, and
only its own error.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

from b24orm.errors import B24Error, PortalClosed, ServerFailure
from b24orm.executor.turns import as_no_query
from b24orm.plan.calls import Ask, Call, Outcome, Reply, rows_of
from b24orm.plan.steps.order import strangers
from b24orm.transport.encoding import to_json
from b24orm.transport.encoding_v3 import to_json_v3

__all__ = ["Coalescer"]

TICK: Final = 0.005
"""Seconds that a call waits for company: little beside any request."""

_Turn: TypeAlias = "asyncio.Future[Outcome]"


@dataclass
class _Waiting:
    """One call and everybody who waits for its outcome."""

    call: Call
    turns: list[_Turn] = field(default_factory=list)
    leave: Callable[[], None] | None = None

    def answer(self, outcome: Outcome) -> None:
        for turn in self.turns:
            if not turn.done():
                turn.set_result(outcome)

    @property
    def wanted(self) -> bool:
        return any(not turn.done() for turn in self.turns)


class Coalescer:
    """Collects reads for a tick, then runs them in as few requests as possible.

    Args:
        run: answers a question of several calls.
        batch: calls that one question may hold.
    """

    def __init__(self, run: Callable[[Ask], Awaitable[list[Outcome]]], *, batch: int = 50) -> None:
        self._run = run
        self._batch = batch
        self._waiting: dict[tuple[str, bytes], _Waiting] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def outcome(self, call: Call) -> Outcome:
        """What the call came to."""
        key = _identity(call)
        waiting = self._waiting.get(key)
        loop = asyncio.get_running_loop()
        if waiting is None:
            if not self._waiting:
                loop.call_later(TICK, self._flush, context=as_no_query())
            waiting = self._waiting[key] = _Waiting(call)
        turn: _Turn = loop.create_future()
        waiting.turns.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if waiting.leave is not None:
                waiting.leave()
            raise

    def _flush(self) -> None:
        waiting = [entry for entry in self._waiting.values() if entry.wanted]
        self._waiting.clear()
        lookups = [entry for entry in waiting if entry.call.lookup is not None]
        plain = [entry for entry in waiting if entry.call.lookup is None]
        groups: list[tuple[Call, list[_Waiting]]] = [(entry.call, [entry]) for entry in plain]
        groups += self._merged(lookups)
        for start in range(0, len(groups), self._batch):
            self._start(groups[start : start + self._batch])

    def _start(self, groups: Sequence[tuple[Call, list[_Waiting]]]) -> None:
        task = asyncio.get_running_loop().create_task(self._answer(groups))
        self._tasks.add(task)
        everybody = [entry for _, entries in groups for entry in entries]

        def ended(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            if task.cancelled():  # maybe before it began
                for entry in everybody:
                    method = entry.call.method
                    _fail(entry, PortalClosed(f"the portal was closed while {method} was under way"))

        task.add_done_callback(ended)

        def leave() -> None:
            if not any(entry.wanted for entry in everybody):
                task.cancel()  # nobody waits any more; nothing happens if it is done

        for entry in everybody:
            entry.leave = leave

    def _merged(self, lookups: Iterable[_Waiting]) -> list[tuple[Call, list[_Waiting]]]:
        """Calls that look up lists of ids, each with those who wait for some of the ids."""
        kinds: dict[tuple[str, bytes], list[_Waiting]] = {}
        for entry in lookups:
            kinds.setdefault(_identity(_with_ids(entry.call, ())), []).append(entry)
        found: list[tuple[Call, list[_Waiting]]] = []
        for entries in kinds.values():
            page = _most(entries[0].call)
            for start in range(0, len(entries), page):
                chunk = entries[start : start + page]
                ids = [_id_of(entry.call) for entry in chunk]
                found.append((_with_ids(chunk[0].call, ids), chunk))
        return found

    async def _answer(self, groups: Sequence[tuple[Call, list[_Waiting]]]) -> None:
        try:
            outcomes = await self._run(Ask(tuple(call for call, _ in groups)))
            for (_, entries), outcome in zip(groups, outcomes, strict=True):
                asked = {str(_id_of(entry.call)) for entry in entries if entry.call.lookup is not None}
                for entry in entries:
                    entry.answer(_own(entry.call, outcome, asked))
        except asyncio.CancelledError:
            raise  # by close(): who waits was not cancelled itself
        except BaseException as error:  # whoever waits must not wait for ever
            for _, entries in groups:
                for entry in entries:
                    _fail(entry, error)

    async def close(self) -> None:
        """Ends what is under way; who waits is told."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _fail(entry: _Waiting, error: BaseException) -> None:
    for turn in entry.turns:
        if not turn.done():
            turn.set_exception(error)


def _most(call: Call) -> int:
    assert call.lookup is not None
    return call.lookup.most


def _id_of(call: Call) -> Any:
    assert call.lookup is not None
    return call.lookup.id


def _identity(call: Call) -> tuple[str, bytes]:
    """What is the same of equal calls."""
    body = to_json(call.params) if call.api == "v2" else to_json_v3(call.params)
    return f"{call.api} {call.method.lower()}", body


def _with_ids(call: Call, ids: Sequence[Any]) -> Call:
    """The call with another list of ids to look up."""
    assert call.lookup is not None
    param, key = call.lookup.param, call.lookup.key
    before = call.params[param]
    own = [key, "in", list(ids)]  # in REST 3.0 the last of a list of conditions
    conditions: Any = [*before[:-1], own] if call.api == "v3" else {**before, key: list(ids)}
    return replace(call, params={**call.params, param: conditions})


def _own(call: Call, outcome: Outcome, asked: Set[str]) -> Outcome:
    """The part of an outcome that belongs to the call, of all the ids that were asked for."""
    lookup = call.lookup
    if lookup is None or isinstance(outcome, B24Error):
        return outcome
    try:
        found: list[Any] = rows_of(outcome.result, call.envelope, call.method)
    except ServerFailure as error:
        return error
    if not all(isinstance(row, Mapping) for row in found):
        return ServerFailure("NO_ROWS", "the answer is a list of something else", method=call.method)
    named = [(str(row.get(lookup.field)), row) for row in found]
    if any(name not in asked for name, _ in named):
        return strangers(call.method)
    rows: Any = [row for name, row in named if name == str(lookup.id)]
    for part in reversed(call.envelope):
        rows = {part: rows}
    return Reply(rows, time=outcome.time)
