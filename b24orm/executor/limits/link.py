"""The connection to Redis that limits are shared by, and the names of their keys."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

if TYPE_CHECKING:
    from redis.asyncio import Redis, RedisCluster
    from redis.commands.core import AsyncScript

__all__ = ["Keys", "Link", "Note"]

_T = TypeVar("_T")

Note: TypeAlias = "tuple[str, Sequence[str], Sequence[Any]]"
"""A script, its keys and its arguments."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The names of a portal's keys; in a cluster they lie on one node, as scripts need them to."""

    prefix: str
    host: str
    address: str

    @property
    def bucket(self) -> str:
        return f"{self.prefix}:{{{self.host}}}:bucket:{self.address}"

    def budget(self, account: str, method: str) -> str:
        return f"{self.prefix}:{{{self.host}}}:operating:{account}:{method}"

    def all(self, account: str, methods: Sequence[str]) -> list[str]:
        budgets = [self.budget(account, method) for method in methods]
        return [self.bucket, *(key for budget in budgets for key in (budget, f"{budget}:under-way"))]


class Link:
    """The connections to Redis, made when they are first needed."""

    def __init__(self, url: str, timeout: float, *, cluster: bool) -> None:
        from redis.exceptions import RedisClusterException, RedisError

        self.failures: tuple[type[Exception], ...] = (
            RedisError,
            RedisClusterException,  # is none of the others
            OSError,
            asyncio.TimeoutError,
        )
        self._url = url
        self._timeout = timeout
        self._cluster = cluster
        self._redis: Redis | RedisCluster | None = None
        self._scripts: dict[str, AsyncScript] = {}

    async def ask(self, script: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        """The answer of a script."""
        known = self._script(script)
        return await self._in_time(known(keys, ["", "", *arguments]))

    async def tell(self, notes: Sequence[Note]) -> None:
        """Runs scripts in one step, as none may come between; their answers say nothing.

        The nodes of a cluster know no such step: there one is run after the other.
        """
        opened = self._opened()
        await self._in_time(self._in_turn(notes) if self._cluster else self._at_once(notes, opened))

    async def _at_once(self, notes: Sequence[Note], redis: Any) -> None:
        pipe = redis.pipeline()
        for script, keys, arguments in notes:
            await self._script(script)(keys, ["", "", *arguments], client=pipe)
        await pipe.execute()

    async def _in_turn(self, notes: Sequence[Note]) -> None:
        for script, keys, arguments in notes:
            await self._script(script)(keys, ["", "", *arguments])

    async def _in_time(self, work: Coroutine[Any, Any, _T]) -> _T:
        """What ``asyncio.wait_for`` does; but that one may swallow a cancellation before Python 3.12."""
        task = asyncio.get_running_loop().create_task(work)
        try:
            await asyncio.wait({task}, timeout=self._timeout)
            if not task.done():
                raise asyncio.TimeoutError
            return task.result()
        finally:
            task.cancel()  # nothing happens if it is done

    def _script(self, text: str) -> AsyncScript:
        if text not in self._scripts:
            self._scripts[text] = self._opened().register_script(text)
        return self._scripts[text]

    def _opened(self) -> Redis | RedisCluster:
        if self._redis is None:
            self._redis = self._clustered() if self._cluster else self._single()
        return self._redis

    def _single(self) -> Redis:
        from redis.asyncio import Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff

        return Redis.from_url(
            self._url,
            protocol=2,
            socket_timeout=self._timeout,
            socket_connect_timeout=self._timeout,
            retry=Retry(NoBackoff(), 1),  # a connection that was idle for long may be dead
        )

    def _clustered(self) -> RedisCluster:
        from redis.asyncio import RedisCluster

        return RedisCluster.from_url(
            self._url, protocol=2, socket_timeout=self._timeout, socket_connect_timeout=self._timeout
        )

    async def close(self) -> None:
        if self._redis is not None:
            await self._redis.aclose()
