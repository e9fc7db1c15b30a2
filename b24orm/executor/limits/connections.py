"""The connections of an event loop to a Redis: one client for all portals whose limits are kept there."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar
from weakref import WeakKeyDictionary, WeakSet, WeakValueDictionary

from b24orm.forking import in_child

if TYPE_CHECKING:
    from redis.asyncio import Redis, RedisCluster
    from redis.commands.core import AsyncScript

__all__ = ["PLACES", "Connections", "Note", "Server", "connections_of", "failures", "let_go"]

_T = TypeVar("_T")

Note: TypeAlias = "tuple[str, Sequence[str], Sequence[Any]]"
"""A script, its keys and its arguments."""

PLACES: Final = 8
"""Scripts that are under way at once, and so connections: each answers in less than a millisecond."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where a Redis is, and how long an answer of it is waited for.

    Attributes:
        url: its address; may hold a password.
        timeout: seconds.
        cluster: the address is that of a node of a cluster.
    """

    url: str = field(repr=False)
    timeout: float
    cluster: bool


def failures() -> tuple[type[Exception], ...]:
    """What is raised where Redis does not answer, or answers with an error."""
    from redis.exceptions import RedisClusterException, RedisError

    return (
        RedisError,
        RedisClusterException,
        OSError,
        asyncio.TimeoutError,
    )  # the second is none of the first


class Connections:
    """One event loop's connections to one Redis, made when they are first needed.

    Args:
        server: where it is.

    Attributes:
        server: the same.
        users: who has not let go of them yet.
    """

    def __init__(self, server: Server) -> None:
        self.server = server
        self._failures = failures()
        self._places = asyncio.Semaphore(PLACES)
        self._failed = float("-inf")
        self._redis: Redis | RedisCluster | None = None
        self._scripts: dict[str, AsyncScript] = {}
        self.users: WeakSet[object] = WeakSet()

    async def ask(self, script: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        """The answer of a script."""
        return await self._in_turn(lambda: self._run(script, keys, arguments))

    async def tell(self, notes: Sequence[Note]) -> None:
        """Runs scripts in one step, as none may come between; their answers say nothing.

        The nodes of a cluster know no such step: there one is run after the other.
        """
        work = self._one_by_one if self.server.cluster else self._at_once
        await self._in_turn(lambda: work(notes))

    async def _run(
        self, script: str, keys: Sequence[str], arguments: Sequence[Any], client: Any = None
    ) -> Any:
        return await self._script(script)(keys, ["", "", *arguments], client=client)

    async def _at_once(self, notes: Sequence[Note]) -> None:
        pipe: Any = self._opened().pipeline()
        for note in notes:
            await self._run(*note, client=pipe)
        await pipe.execute()

    async def _one_by_one(self, notes: Sequence[Note]) -> None:
        for note in notes:
            await self._run(*note)

    async def _in_turn(self, work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        """Does the work when a place is free.

        The time in line is not limited, for many portals may ask at the same moment. But if Redis fails
        those who are inside meanwhile, whoever waits for their places has waited in vain.
        """
        came = self._now()
        async with self._places:
            if self._failed > came:
                raise asyncio.TimeoutError
            used = self._redis
            try:
                return await self._in_time(work())
            except self._failures as error:
                await self._learn(error, used)
                raise

    async def _in_time(self, work: Coroutine[Any, Any, _T]) -> _T:
        """What ``asyncio.wait_for`` does; but that one may swallow a cancellation before Python 3.12."""
        task = asyncio.get_running_loop().create_task(work)
        try:
            await asyncio.wait({task}, timeout=self.server.timeout)
            if not task.done():
                raise asyncio.TimeoutError
            return task.result()
        finally:
            task.cancel()  # nothing happens if it is done

    async def _learn(self, error: Exception, used: Redis | RedisCluster | None) -> None:
        from redis.exceptions import RedisClusterException, ResponseError

        if isinstance(error, ResponseError):
            return  # it answered
        self._failed = self._now()
        if isinstance(error, RedisClusterException) and used is self._redis:
            await self.close()  # it forgets each node that fails, and with the last one the way back

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    def _script(self, text: str) -> AsyncScript:
        redis = self._opened()
        if text not in self._scripts:
            self._scripts[text] = redis.register_script(text)
        return self._scripts[text]

    def _opened(self) -> Redis | RedisCluster:
        if self._redis is None:
            self._redis = self._clustered() if self.server.cluster else self._single()
        return self._redis

    def _single(self) -> Redis:
        from redis.asyncio import Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff

        return Redis.from_url(
            self.server.url,
            protocol=2,
            socket_timeout=self.server.timeout,
            socket_connect_timeout=self.server.timeout,
            retry=Retry(NoBackoff(), 1),  # a connection that was idle for long may be dead
        )

    def _clustered(self) -> RedisCluster:
        from redis.asyncio import RedisCluster

        seconds = self.server.timeout
        return RedisCluster.from_url(
            self.server.url, protocol=2, socket_timeout=seconds, socket_connect_timeout=seconds
        )

    async def close(self) -> None:
        """Closes them; what is asked after that opens new ones."""
        redis, self._redis = self._redis, None
        self._scripts.clear()
        if redis is not None:
            with suppress(*self._failures):
                await redis.aclose()


_Known: TypeAlias = "WeakValueDictionary[Server, Connections]"

_known: WeakKeyDictionary[asyncio.AbstractEventLoop, _Known] = WeakKeyDictionary()
_lock = threading.Lock()
_parents: Final[list[Connections]] = []
"""Those of the process that this one was forked from: never closed here, not even by the collector."""


def connections_of(user: object, server: Server) -> Connections:
    """The running loop's connections to a Redis, the same object for each of its users.

    Who is done with them calls :func:`let_go`.
    """
    with _lock:
        here = _known.setdefault(asyncio.get_running_loop(), WeakValueDictionary())
        found = here.get(server)
        if found is None:
            found = here[server] = Connections(server)
        found.users.add(user)
        return found


async def let_go(user: object, connections: Connections) -> None:
    """A user is done with connections; the last one closes them."""
    with _lock:
        connections.users.discard(user)
        last = not connections.users
        here = _known.get(asyncio.get_running_loop())
        if last and here is not None and here.get(connections.server) is connections:
            del here[connections.server]
    if last:
        await connections.close()


def _forked() -> None:
    """What belongs to a loop of the parent is left alone: to close it here would close it there."""
    global _lock
    _lock = threading.Lock()
    _parents.extend(connections for here in _known.values() for connections in here.values())
    _known.clear()


in_child(_forked)
