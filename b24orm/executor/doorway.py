"""What a request waits for before it may leave: operating time, its turn, a place in the bucket.

Whoever is at the door is sent back if the portal counts as down, or has refused for good whoever was before.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from b24orm.errors import OperatingLimited, PortalDown
from b24orm.executor.concurrency import Gate
from b24orm.executor.limits import Limits, Turn
from b24orm.executor.outage import Outage
from b24orm.executor.refusals import Barrier
from b24orm.executor.trip import Trip
from b24orm.executor.turns import Turns
from b24orm.transport.auth.base import Access, Credentials

__all__ = ["Doorway"]

log: Final = logging.getLogger("b24orm")
_LONG: Final = 5.0
"""Seconds of waiting that users are told of."""
_QUIET: Final = 60.0
"""Seconds between two warnings of the same."""


class Doorway:
    """The way out of one portal's sender.

    Args:
        credentials: who calls, and where.
        limits: the portal's limits, shared by all of its clients.
        outage: whether the portal counts as down.
        refusals: seconds for which a method may be refused for its operating time, and never served.
        now: tells the time, in seconds.
        sleep: waits so many seconds, and is told why.

    Attributes:
        gate: how many requests may be under way.
        barrier: what was refused for good.
    """

    def __init__(
        self,
        credentials: Credentials,
        limits: Limits,
        outage: Outage,
        *,
        refusals: float,
        now: Callable[[], float],
        sleep: Callable[[float, str], Awaitable[Any]],
    ) -> None:
        self.gate: Gate = Gate()
        self.barrier: Barrier = Barrier()
        self._turns = Turns()  # one at a time: a place ahead of its time would be kept from others
        self._credentials = credentials
        self._limits = limits
        self._outage = outage
        self._refusals = refusals
        self._told: dict[str, float] = {}
        self._now = now
        self._sleep = sleep
        self._accounts = {batched: credentials.account(batched=batched) for batched in (False, True)}

    def account(self, *, batched: bool) -> str:
        """Whose operating time calls spend."""
        return self._accounts[batched]

    async def operating_turn(self, trip: Trip) -> None:
        """Waits as long as the operating time is known to be spent, without a place at the gate.

        Raises:
            OperatingLimited: a method of the trip has been refused all the time.
        """
        account = self._accounts[trip.batched]
        while (wait := self._limits.known_wait(account, trip.methods, self._now())) > 0:
            self._tell(trip, wait)
            self._check_served(trip)
            await self._sleep(wait, "for operating time")

    def _tell(self, trip: Trip, wait: float) -> None:
        """Tells of a wait for operating time; of a long one once in a while, however many wait."""
        what, now = ", ".join(trip.methods), self._now()
        level = logging.DEBUG
        if wait > _LONG and now - self._told.get(what, float("-inf")) >= _QUIET:
            level, self._told[what] = logging.WARNING, now
        log.log(level, "%s %s: waiting %.1f s for operating time", self._credentials.host, what, wait)

    def _check_served(self, trip: Trip) -> None:
        for method in trip.methods:
            if (seconds := self.refused_for(method, batched=trip.batched)) >= self._refusals:
                text = f"the portal has refused it for {seconds / 60:.0f} minutes"
                host = self._credentials.host
                raise OperatingLimited("OPERATION_TIME_LIMIT", text, method=method, host=host)

    def refused_for(self, method: str, *, batched: bool) -> float:
        """Seconds for which a method has been refused for its operating time, and never served."""
        return self._limits.refused_for(self._accounts[batched], [method], self._now())

    async def turn(self, trip: Trip, access: Access) -> Turn:
        """The limits' word. A turn that they granted has come when this returns, and has the gate's place.

        Raises:
            PortalDown: the portal has answered nothing for too long.
            ApiError: the like was refused for good while this one stood in line.
        """
        async with self._turns:
            await self.gate.enter()
            try:
                turn = await self._granted(trip, access)
            except BaseException:
                self.gate.leave()
                raise
        if not turn.granted:
            self.gate.leave()
        return turn

    async def _granted(self, trip: Trip, access: Access) -> Turn:
        now = self._now()
        self.barrier.check(trip, access)
        self._check_up(trip, now)
        turn = await self._limits.enter(self._accounts[trip.batched], trip.methods, now)
        if turn.granted and turn.wait > 0:
            try:
                await self._sleep(turn.wait, "for the bucket")
                self.barrier.check(trip, access)
            except BaseException:
                self._limits.give_back(turn, self._now())
                raise
        return turn

    def _check_up(self, trip: Trip, now: float) -> None:
        if self._outage.keeps_back(now):
            text = f"not sent: the portal has served nothing for {self._outage.seconds(now):.0f} s"
            raise PortalDown(text, method=trip.name, host=self._credentials.host)

    def leave(self, turn: Turn, *, accepted: bool | None) -> None:
        """A request is back: taken, refused for the bucket (False), or nobody can say (None)."""
        self._limits.leave(turn, self._now(), accepted=accepted)
        self.gate.leave()  # wakes others, and fails if their loop has ended
