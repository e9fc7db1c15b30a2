"""Fetches what a plan describes: pages from a portal, cut to the slice, shaped for the user."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any, Generic, Protocol, TypeVar

from b24orm.entity.rows import OnInvalid
from b24orm.plan.calls import Row
from b24orm.plan.compiler import Plan
from b24orm.plan.flow import Flow, Page
from b24orm.plan.steps.single import Count

__all__ = ["Backend", "Shape", "Slicer", "acount", "afetch", "fetch"]

_R = TypeVar("_R")
_T = TypeVar("_T")

Shape = Callable[[Sequence[Row], OnInvalid], list[_R]]
"""Makes what the user gets out of a page of rows."""


class Backend(Protocol):
    """What a portal does for a query."""

    on_invalid: OnInvalid

    def run(self, work: Callable[[], Any]) -> Any:
        """Runs asynchronous work and waits for it."""
        ...

    async def arun(self, work: Callable[[], Any]) -> Any:
        """Runs asynchronous work on the portal's loop."""
        ...

    def stream(self, flow: Flow, label: str) -> AsyncIterator[Page]:
        """The pages of a flow, on the portal's own loop."""
        ...

    def iterate(self, flow: Flow, label: str) -> Iterator[Page]:
        """The pages of a flow, for synchronous code."""
        ...

    def astream(self, flow: Flow, label: str) -> AsyncIterator[Page]:
        """The pages of a flow, for any event loop."""
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


def fetch(plan: Plan, portal: Backend, shape: Shape[_R]) -> Iterator[list[_R]]:
    """The pages of a plan, for synchronous code."""
    slicer: Slicer[Row] = Slicer(plan.skip, plan.take)
    pages = portal.iterate(plan.flow(), plan.query.schema.name)
    try:
        for page in pages:
            cut = slicer.cut(page)
            if cut:
                yield shape(cut, portal.on_invalid)
            if slicer.full:
                return
    finally:
        close = getattr(pages, "close", None)
        if close is not None:
            close()


async def afetch(plan: Plan, portal: Backend, shape: Shape[_R]) -> AsyncIterator[list[_R]]:
    """The pages of a plan, for asynchronous code."""
    slicer: Slicer[Row] = Slicer(plan.skip, plan.take)
    pages = portal.astream(plan.flow(), plan.query.schema.name)
    try:
        async for page in pages:
            cut = slicer.cut(page)
            if cut:
                yield shape(cut, portal.on_invalid)
            if slicer.full:
                return
    finally:
        close = getattr(pages, "aclose", None)
        if close is not None:
            await close()


async def acount(plan: Plan, portal: Backend) -> int:
    """The number of a plan's rows; awaited on the portal's own loop."""
    flow = plan.flow()
    rows = 0
    async for page in portal.stream(flow, plan.query.schema.name):
        rows += len(page)
    if isinstance(flow, Count):
        rows = flow.total
        rows = max(0, rows - plan.query.start)
        return rows if plan.query.limit is None else min(rows, plan.query.limit)
    rows = max(0, rows - plan.skip)
    return rows if plan.take is None else min(rows, plan.take)
