"""Whose request is next: queries that run at the same time take turns.

A long scan puts dozens of requests in line at once. In a single line everybody who comes later
would wait for all of them. So each query has a line of its own, and the lines take turns; what
belongs to no query stands in one line together.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine, Iterable
from contextvars import Context, ContextVar, copy_context
from types import TracebackType
from typing import Any, Final, TypeVar

__all__ = ["Turns", "as_no_query", "as_one_query", "one_query"]

_T = TypeVar("_T")

_QUERY: Final[ContextVar[object | None]] = ContextVar("b24orm query", default=None)
_NOBODY: Final = object()


def as_one_query() -> Context:
    """A context for tasks that make up one query; within a query it is that query's.

    >>> context = as_one_query()
    >>> context.run(_QUERY.get) is context.run(as_one_query).run(_QUERY.get)
    True
    """
    context = copy_context()
    if context.run(_QUERY.get) is None:
        context.run(_QUERY.set, object())
    return context


def one_query(works: Iterable[Coroutine[Any, Any, _T]]) -> list[asyncio.Task[_T]]:
    """Starts coroutines that make up one query together."""
    context, loop = as_one_query(), asyncio.get_running_loop()
    return [context.copy().run(loop.create_task, work) for work in works]


def as_no_query() -> Context:
    """A context for what several queries have in common, and so belongs to none of them."""
    context = copy_context()
    context.run(_QUERY.set, None)
    return context


class Turns:
    """A lock for one event loop; who waits for it is let in query by query, then first come first.

    The line of the query that is inside goes to the end of the row when that one leaves. Who comes
    meanwhile is before it, so a query that asks seldom gets a turn as often as it asks.
    """

    def __init__(self) -> None:
        self._inside: object | None = _NOBODY
        self._lines: dict[object | None, deque[asyncio.Future[None]]] = {}
        self._row: deque[object | None] = deque()

    async def __aenter__(self) -> None:
        query = _QUERY.get()
        if self._inside is _NOBODY:
            self._inside = query
            return
        if query not in self._lines:
            self._lines[query] = deque()
            if query is not self._inside:
                self._row.append(query)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._lines[query].append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # it was given the turn at the same moment
                self._pass_on()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pass_on()

    def _pass_on(self) -> None:
        if self._inside in self._lines:
            self._row.append(self._inside)
        self._inside = _NOBODY
        while self._row and self._inside is _NOBODY:
            query = self._row.popleft()
            turn = _first(self._lines[query])
            if not self._lines[query]:
                del self._lines[query]
            if turn is not None:
                self._inside = query
                turn.set_result(None)


def _first(line: deque[asyncio.Future[None]]) -> asyncio.Future[None] | None:
    """Takes out the first who was not cancelled."""
    while line:
        turn = line.popleft()
        if not turn.done():
            return turn
    return None
