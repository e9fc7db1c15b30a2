"""What a whole bulk write came to: the results of all its items, or their number."""

from __future__ import annotations

from collections.abc import AsyncIterable, Generator, Iterable
from contextlib import contextmanager
from typing import Any

from typing_extensions import TypeVar

from b24orm.errors import JobStopped
from b24orm.orm.results import RaiseOnError, WriteResult, group_of, raised

__all__ = ["acollected", "acounted", "collected", "counted"]

T = TypeVar("T")
K = TypeVar("K")


def collected(results: Iterable[WriteResult[T, K]], mode: RaiseOnError) -> list[WriteResult[T, K]]:
    """All results as a list.

    Raises:
        WriteErrors: some failed, and the mode is ``group``.
        JobStopped: the job ended early; it has the results so far.
    """
    with _gathering() as gathered:
        gathered.extend(results)
    return _unless_failed(gathered, mode)


async def acollected(
    results: AsyncIterable[WriteResult[T, K]], mode: RaiseOnError
) -> list[WriteResult[T, K]]:
    """As :func:`collected`, for asynchronous code."""
    with _gathering() as gathered:
        async for result in results:
            gathered.append(result)
    return _unless_failed(gathered, mode)


@contextmanager
def _gathering() -> Generator[list[WriteResult[Any, Any]], None, None]:
    """A list for results, which a job that ends early has with it."""
    gathered: list[WriteResult[Any, Any]] = []
    try:
        yield gathered
    except JobStopped as stopped:
        stopped.results = gathered
        raise


def _unless_failed(results: list[WriteResult[T, K]], mode: RaiseOnError) -> list[WriteResult[T, K]]:
    if mode == "group" and (errors := raised(results)):
        raise group_of(errors, len(results))
    return results


def counted(results: Iterable[WriteResult[Any, Any]]) -> int:
    """How many items were written; only what failed is kept.

    Raises:
        WriteErrors: some failed.
    """
    kept = _Count()
    for result in results:
        kept.add(result)
    return kept.total()


async def acounted(results: AsyncIterable[WriteResult[Any, Any]]) -> int:
    """As :func:`counted`, for asynchronous code."""
    kept = _Count()
    async for result in results:
        kept.add(result)
    return kept.total()


class _Count:
    """Counts results."""

    def __init__(self) -> None:
        self._items = 0
        self._failed: list[WriteResult[Any, Any]] = []

    def add(self, result: WriteResult[Any, Any]) -> None:
        """One result more."""
        self._items += 1
        if result.error is not None:
            self._failed.append(result)

    def total(self) -> int:
        """The number of items, all of which were written."""
        if self._failed:
            raise group_of(raised(self._failed), self._items)
        return self._items
