"""Tasks that belong to one block of code."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from b24orm.executor.turns import as_one_query

__all__ = ["Nursery"]

_T = TypeVar("_T")


class Nursery:
    """Tasks of one query. They never outlive the block: whatever ends it, they are cancelled and awaited."""

    def __init__(self) -> None:
        self._context = as_one_query()
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, _T]) -> asyncio.Task[_T]:
        task = self._context.copy().run(asyncio.get_running_loop().create_task, work)
        self._tasks.add(task)
        task.add_done_callback(self._over)
        return task

    def _over(self, task: asyncio.Task[Any]) -> None:
        """Lets go of a task. What several failed with is raised once: of the others nobody need be told."""
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()

    async def __aenter__(self) -> Nursery:
        return self

    async def __aexit__(self, *exc: object) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.gather(*tasks, return_exceptions=True)
