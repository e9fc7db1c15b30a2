"""One budget for many processes and hosts, kept in Redis.

The limits of a portal are counted by scripts that Redis runs one at a time, by its own clock.
Where Redis can't be reached, each process goes on with a fixed share of the limits, and looks in
the background for Redis to come back.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from math import floor
from typing import Any, Final
from urllib.parse import urlsplit

from b24orm.errors import InvalidValue, NotConfigured
from b24orm.executor.clock import Clock, SystemClock
from b24orm.executor.limits import scripts
from b24orm.executor.limits.base import Turn
from b24orm.executor.limits.connections import Note, Server
from b24orm.executor.limits.link import Keys, Link
from b24orm.executor.limits.operating import BLIND, CALM, Remembered, reading
from b24orm.executor.limits.plans import RateLimits
from b24orm.executor.limits.standby import Standby, standby_for, standby_moves
from b24orm.guard import guard

__all__ = ["RedisLimits", "SharedLimits"]

_SCHEMES: Final = ("redis", "rediss", "unix")
_NO_LIMIT: Final = -1.0
_FRESH: Final = 5.0
"""Seconds for which what Redis said of the bucket is worth something."""


@guard
@dataclass(frozen=True, slots=True)
class RedisLimits:
    """Where many processes keep the limits of their portals together. Rule: ``limits``.

    >>> RedisLimits("redis://localhost:6379/0", share=0.25)
    RedisLimits(share=0.25, prefix='b24orm', address='', timeout=1.0, retry=1.0, cluster=False)

    Args:
        url: of the Redis server: ``redis://``, ``rediss://`` or ``unix://``. May hold a password.
        share: the part of the limits that this process keeps to while Redis is away: for ``n``
            processes ``1 / n``.
        prefix: what the names of the keys begin with.
        address: a name for the address that this host's requests come from. The portal counts
            requests by address. Hosts behind one address leave this empty; hosts that have one
            each name it, and each name has a bucket of its own.
        timeout: seconds to wait for an answer of Redis before it counts as away.
        retry: seconds between two looks whether Redis is back.
        cluster: the URL leads to a node of a Redis Cluster. All keys of a portal lie on one of its nodes.

    Raises:
        InvalidValue: the URL is none of Redis, or a number makes no sense.
        NotConfigured: the package ``redis`` is not installed.
    """

    url: str = field(repr=False)
    share: float | int = 0.25
    prefix: str = "b24orm"
    address: str = ""
    timeout: float | int = 1.0
    retry: float | int = 1.0
    cluster: bool = False

    def __post_init__(self) -> None:
        if urlsplit(self.url).scheme not in _SCHEMES:
            raise InvalidValue("RedisLimits.url must begin with redis://, rediss:// or unix://")
        if not 0 < self.share <= 1:
            raise InvalidValue(f"RedisLimits.share must be more than 0 and at most 1, not {self.share!r}")
        for name in ("timeout", "retry"):
            if not getattr(self, name) > 0:
                raise InvalidValue(f"RedisLimits.{name} must be positive, not {getattr(self, name)!r}")
        if find_spec("redis") is None:
            raise NotConfigured("RedisLimits needs redis: pip install 'b24orm[redis]'")

    def open(self, host: str, limits: RateLimits) -> SharedLimits:
        """A client's view of a portal's shared limits; to be used on one event loop."""
        return SharedLimits(self, host, limits)

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("the URL may hold a password and is not pickled; make RedisLimits where it is used")


class SharedLimits:
    """One client's view of the limits that a portal's clients keep in Redis.

    Entering asks Redis and waits for the answer. Everything else is told to it in the background,
    in order; what is lost on the way ends by itself.
    """

    def __init__(self, config: RedisLimits, host: str, limits: RateLimits) -> None:
        self._config = config
        self._limits = limits
        self._standby: Standby = standby_for(config, host, limits, config.share)
        self._keys = Keys(config.prefix, host, config.address)
        self._link = Link(Server(config.url, config.timeout, config.cluster))
        self._clock: Clock = SystemClock()
        self._known: dict[tuple[str, tuple[str, ...]], _Told] = {}
        self._free = _Free()
        self._notes: list[Note] = []
        self._teller: asyncio.Task[None] | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def request_limit(self) -> float:
        """Seconds after which the portal itself gives up a request."""
        return self._limits.request_limit

    @property
    def operating_seconds(self) -> float:
        """Server time that answers to this process have told of so far."""
        return self._standby.limits.operating_seconds

    def known_wait(self, account: str, methods: Sequence[str], now: float) -> float:
        """Seconds that Redis told these methods to wait, and that have not passed yet."""
        if self._standby.away:
            return self._standby.limits.known_wait(account, methods, now)
        told = self._known.get((account, tuple(methods)))
        return 0.0 if told is None else max(0.0, told.until - now)

    def refused_for(self, account: str, methods: Sequence[str], now: float) -> float:
        """Seconds for which a method was refused, and never served, when Redis was asked last."""
        if self._standby.away:
            return self._standby.limits.refused_for(account, methods, now)
        wanted = set(methods)
        told = [t for (who, names), t in self._known.items() if who == account and wanted.intersection(names)]
        return max((one.refused for one in told), default=0.0)

    def spare(self, now: float) -> int:
        """This process's share of what was free when Redis was asked last, a moment ago."""
        if self._standby.away or self._limits.per_second is None:
            return self._standby.limits.spare(now)
        return floor(self._free.places * self._config.share) if now - self._free.at < _FRESH else 0

    async def moved(self, host: str) -> None:
        """The portal has another host; its keys take over what those of the old one held."""
        if host == self._keys.host:
            return
        known = self._standby.limits.operating.remembered(self._clock.now())
        old, self._keys = self._keys, replace(self._keys, host=host)
        self._standby = standby_moves(self._config, host, self._standby)
        if self._standby.away or self._closed:
            return
        try:
            level = await self._link.ask(scripts.EMPTY, [old.bucket], self._rate)
            poured: Note = (scripts.POUR, [self._keys.bucket], (*self._rate, level))
            await self._link.tell([poured, *self._restoring(known)])
        except self._link.failures:
            return  # whoever enters next finds out

    async def enter(self, account: str, methods: Sequence[str], now: float) -> Turn:
        """A place in the bucket and leases of the methods, as Redis gives them."""
        if self._standby.away or self._closed:
            self._watch()
            return self._standby.limits.take(account, methods, now)
        if (known := self.known_wait(account, methods, now)) > 0:  # others in line were told meanwhile
            return Turn(account, methods, known, granted=False)
        ticket = uuid.uuid4().hex
        try:
            granted, wait, refused = await self._ask_for(account, methods, ticket, now)
        except self._link.failures as error:
            self._standby.lost(error, now)
            self._watch()
            return self._standby.limits.take(account, methods, now)
        except asyncio.CancelledError:  # Redis may have granted it; the place drains by itself
            self.leave(Turn(account, methods, 0.0, ticket=ticket), now, accepted=None)
            raise
        if granted and not refused:
            self._known.pop((account, tuple(methods)), None)
        else:
            self._known[account, tuple(methods)] = _Told(now if granted else now + wait, refused)
        return Turn(account, methods, wait, granted, ticket, now + wait)

    async def _ask_for(
        self, account: str, methods: Sequence[str], ticket: str, now: float
    ) -> tuple[bool, float, float]:
        arguments = (*self._rate, self._grace, self._limit, CALM, ticket, self._lease)
        answer = await self._link.ask(scripts.ENTER, self._keys.all(account, methods), arguments)
        granted, wait, refused, free = answer
        if free:
            self._free = _Free(float(free), now)
        return granted == b"1", float(wait), float(refused)

    @property
    def _rate(self) -> tuple[float, float]:
        return self._limits.burst, self._limits.per_second or 0.0

    @property
    def _limit(self) -> float:
        limit = self._limits.operating_limit
        return _NO_LIMIT if limit is None else limit

    @property
    def _lease(self) -> float:
        """Seconds after which a call is surely over, whatever became of its process."""
        return self._limits.request_limit + self._config.timeout

    @property
    def _grace(self) -> float:
        """Seconds within which every process has noticed that Redis is back."""
        return self._config.retry + self._config.timeout

    def give_back(self, turn: Turn, now: float) -> None:
        """The place and the leases of a turn that was not used."""
        if not turn.ticket:
            self._standby.limits.give_back(turn, now)
            return
        keys = self._keys.all(turn.account, turn.methods)
        self._tell(scripts.GIVE_BACK, keys, (*self._rate, turn.ticket))

    def leave(self, turn: Turn, now: float, *, accepted: bool | None) -> None:
        """A request is back."""
        if not turn.ticket:
            self._standby.limits.leave(turn, now, accepted=accepted)
            return
        fate = "" if accepted is None else str(int(accepted))
        keys = self._keys.all(turn.account, turn.methods)
        self._tell(scripts.LEAVE, keys, (*self._rate, turn.ticket, fate, now - turn.leaves))

    def learn(self, account: str, method: str, time: Mapping[str, Any], now: float) -> None:
        """Takes in the ``time`` of an answer."""
        self._standby.limits.learn(account, method, time, now)
        for key in [key for key in self._known if key[0] == account and method in key[1]]:
            del self._known[key]
        self._tell(scripts.LEARN, [self._keys.budget(account, method)], reading(time) or ("", ""))

    def exhausted(self, account: str, method: str, now: float) -> None:
        """The server refused the method for its operating time."""
        self._standby.limits.exhausted(account, method, now)
        self._tell(scripts.EXHAUSTED, [self._keys.budget(account, method)], (self._limit, BLIND))

    def _tell(self, script: str, keys: Sequence[str], arguments: Sequence[Any]) -> None:
        if self._standby.away or self._closed:
            return
        self._notes.append((script, keys, arguments))
        if self._teller is None or self._teller.done():
            self._teller = asyncio.get_running_loop().create_task(self._telling())

    async def _telling(self) -> None:
        while self._notes:
            notes, self._notes = self._notes, []
            try:
                await self._link.tell(notes)
            except self._link.failures:
                return  # whoever enters next finds out; leases end by themselves

    def _watch(self) -> None:
        if not self._closed and (self._watcher is None or self._watcher.done()):
            self._watcher = asyncio.get_running_loop().create_task(self._watching())

    async def _watching(self) -> None:
        """Looks for Redis until it is back."""
        while self._standby.away:
            await self._clock.sleep(self._config.retry)
            try:
                await self._return()
            except self._link.failures:
                continue
            self._standby.found()

    async def _return(self) -> None:
        """Says that others have been counting alone, and what Redis may have forgotten."""
        await self._link.ask(scripts.DECLARE, [self._keys.bucket], (*self._rate, self._grace))
        known = self._standby.limits.operating.remembered(self._clock.now())
        if known:
            await self._link.tell(self._restoring(known))

    def _restoring(self, known: Sequence[Remembered]) -> list[Note]:
        """Tells what this process knows of operating time to a place that does not know it."""
        return [(scripts.RESTORE, [self._keys.budget(one.account, one.method)], one[2:]) for one in known]

    async def close(self) -> None:
        """Tells what is left to tell, and lets go of the connections."""
        self._closed = True
        if self._watcher is not None:
            self._watcher.cancel()
        running = [task for task in (self._teller, self._watcher) if task is not None]
        await asyncio.gather(*running, return_exceptions=True)
        await self._link.close()


@dataclass(frozen=True, slots=True)
class _Told:
    """What Redis said last of methods: until when they wait, and for how long they had been refused."""

    until: float
    refused: float


@dataclass(frozen=True, slots=True)
class _Free:
    """Places that the bucket had left, and when."""

    places: float = 0.0
    at: float = float("-inf")
