"""Fetches what a plan describes: pages from a portal, cut to the slice, shaped for the user."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol, TypeVar

from b24orm.entity.rows import OnInvalid
from b24orm.executor.executor import Executor
from b24orm.executor.userfields import check_asked
from b24orm.orm.loads import Load
from b24orm.orm.related import with_relations
from b24orm.plan.calls import Row
from b24orm.plan.flow import Flow, Page
from b24orm.plan.plan import Plan
from b24orm.plan.steps.single import Count

__all__ = ["Actual", "Backend", "Shape", "Slicer", "Source", "acount", "afetch", "ameasure", "fetch"]

_R = TypeVar("_R")
_T = TypeVar("_T")

Shape = Callable[[Sequence[Row], OnInvalid], list[_R]]
"""Makes what the user gets out of a page of rows."""


Source = Callable[[Executor], AsyncGenerator[Page, None]]
"""Where pages come from, once there is an executor to fetch them."""


class Backend(Protocol):
    """What a portal does for a query."""

    on_invalid: OnInvalid

    def run(self, work: Callable[[], Any]) -> Any:
        """Runs asynchronous work and waits for it."""
        ...

    async def arun(self, work: Callable[[], Any]) -> Any:
        """Runs asynchronous work on the portal's loop."""
        ...

    def stream(self, source: Source, label: str, flow: Flow) -> AsyncIterator[Page]:
        """The pages of a source, on the portal's own loop."""
        ...

    def iterate(self, source: Source, label: str, flow: Flow) -> Iterator[Page]:
        """The pages of a source, for synchronous code."""
        ...

    def astream(self, source: Source, label: str, flow: Flow) -> AsyncIterator[Page]:
        """The pages of a source, for any event loop."""
        ...


class Slicer(Generic[_T]):
    """Cuts a run of pages down to ``skip`` and ``take`` rows.

    >>> slicer = Slicer(1, 2)
    >>> slicer.cut([1, 2]), slicer.cut([3, 4]), slicer.full
    ([2], [3], True)
    """

    def __init__(self, skip: int, take: int | None) -> None:
        self._skip = skip
        self._left = take

    def cut(self, page: list[_T]) -> list[_T]:
        """The rows of the page that lie within the slice."""
        if self._skip:
            dropped = min(self._skip, len(page))
            self._skip -= dropped
            page = page[dropped:]
        if self._left is not None:
            page = page[: self._left]
            self._left -= len(page)
        return page

    @property
    def full(self) -> bool:
        """Whether nothing more is wanted."""
        return self._left is not None and self._left <= 0


def _source(plan: Plan, flow: Flow, loads: Sequence[Load]) -> Source:
    """The plan's pages, cut to its slice, with the related rows that are wanted."""

    async def sliced(executor: Executor) -> AsyncGenerator[Page, None]:
        await check_asked(executor, plan.query)
        slicer: Slicer[Row] = Slicer(plan.skip, plan.take)
        async with aclosing(executor.stream(flow)) as pages:
            async for page in pages:
                cut = slicer.cut(page)
                if cut:
                    yield cut
                if slicer.full:
                    return

    def related(executor: Executor) -> AsyncGenerator[Page, None]:
        return with_relations(executor, sliced(executor), loads)

    return related if loads else sliced


_PORTION: Final = 100
"""Rows that are made into objects at a time: few enough to stay in the processor's cache."""


def _portions(page: Page) -> Iterator[Page]:
    """The page in portions: who takes them one by one lets the memory of one serve the next."""
    if len(page) <= _PORTION or type(page) is not list:  # what comes with relations stays together
        yield page
        return
    for begin in range(0, len(page), _PORTION):
        yield page[begin : begin + _PORTION]


def fetch(plan: Plan, portal: Backend, shape: Shape[_R], loads: Sequence[Load] = ()) -> Iterator[list[_R]]:
    """The pages of a plan, for synchronous code."""
    flow = plan.flow()
    pages = portal.iterate(_source(plan, flow, loads), plan.query.schema.name, flow)
    try:
        for page in pages:
            for portion in _portions(page):
                yield shape(portion, portal.on_invalid)
    finally:
        close = getattr(pages, "close", None)
        if close is not None:
            close()


async def afetch(
    plan: Plan, portal: Backend, shape: Shape[_R], loads: Sequence[Load] = ()
) -> AsyncGenerator[list[_R], None]:
    """The pages of a plan, for asynchronous code."""
    flow = plan.flow()
    pages = portal.astream(_source(plan, flow, loads), plan.query.schema.name, flow)
    try:
        async for page in pages:
            for portion in _portions(page):
                yield shape(portion, portal.on_invalid)
    finally:
        close = getattr(pages, "aclose", None)
        if close is not None:
            await close()


@dataclass(frozen=True)
class Actual:
    """What a plan really took.

    Attributes:
        rows: rows handed out.
        requests: HTTP requests, retries included.
        commands: calls answered.
        seconds: from the first call to the last row.
        operating: seconds of server time that the answers told of.
        waits: seconds that requests stood in line, by the reason; several may wait at once.
    """

    rows: int
    requests: int
    commands: int
    seconds: float
    operating: float
    waits: Mapping[str, float]


async def ameasure(plan: Plan, portal: Backend, loads: Sequence[Load] = ()) -> Actual:
    """Runs a plan, drops its rows and says what it took; awaited on the portal's own loop."""
    flow = plan.flow()
    source = _source(plan, flow, loads)
    rows, seen = 0, _Meter()

    async def metered(executor: Executor) -> AsyncGenerator[Page, None]:
        seen.begin(executor)
        async with aclosing(source(executor)) as pages:
            async for page in pages:
                yield page

    async for page in portal.stream(metered, plan.query.schema.name, flow):
        rows += len(page)
    return seen.end(rows)


class _Meter:
    """Reads an executor's counters twice."""

    def begin(self, executor: Executor) -> None:
        self._executor = executor
        self._before = self._read()

    def _read(self) -> tuple[int, int, float, float, dict[str, float]]:
        sender = self._executor.sender
        return (
            sender.requests,
            self._executor.commands,
            sender.clock.now(),
            sender.operating_seconds,
            dict(sender.waited),
        )

    def end(self, rows: int) -> Actual:
        """What happened in between; queries that ran beside it are counted too."""
        requests, commands, now, operating, waited = self._read()
        waits = {why: s - self._before[4].get(why, 0.0) for why, s in waited.items()}
        return Actual(
            rows,
            requests - self._before[0],
            commands - self._before[1],
            now - self._before[2],
            operating - self._before[3],
            {why: seconds for why, seconds in waits.items() if seconds > 0},
        )


async def acount(plan: Plan, portal: Backend) -> int:
    """The number of a plan's rows; awaited on the portal's own loop."""
    flow = plan.flow()
    rows = 0
    async for page in portal.stream(_source(plan, flow, ()), plan.query.schema.name, flow):
        rows += len(page)
    if not isinstance(flow, Count):
        return rows
    rows = max(0, flow.total - plan.query.start)
    return rows if plan.query.limit is None else min(rows, plan.query.limit)
