"""Sends one HTTP request under the portal's limits, and tries it again where that is right."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from b24orm.errors import (
    ApiError,
    AuthError,
    B24Error,
    ExpiredToken,
    OperatingLimited,
    PortalDown,
    PortalMoved,
    RateLimited,
    ServerFailure,
    TransportError,
)
from b24orm.executor.batch_sizes import cut_off
from b24orm.executor.clock import Clock, SystemClock
from b24orm.executor.concurrency import Gate
from b24orm.executor.doorway import Doorway
from b24orm.executor.exchange import OnRequest, told
from b24orm.executor.leaving import leaves
from b24orm.executor.limits import Limits
from b24orm.executor.limits.portal import renamed
from b24orm.executor.outage import GIVE_UP_AFTER, Outage
from b24orm.executor.passage import Passage, per_command
from b24orm.executor.retry import RetryBudget, RetryPolicy, never_executed, worth_retrying
from b24orm.executor.trip import Trip
from b24orm.plan.calls import Reply
from b24orm.transport.auth.base import Access, Credentials
from b24orm.transport.auth.hosts import check_moved
from b24orm.transport.base import Transport
from b24orm.transport.encoding import to_json
from b24orm.transport.encoding_v3 import to_json_v3
from b24orm.transport.reply import read

__all__ = ["Sender"]

_T = TypeVar("_T")

log: Final = logging.getLogger("b24orm")
_ACCESSES: Final = 3
"""Accesses that one request tries before its last: what others renewed may have expired as well."""


_WHO: Final = "profile"
"""A call that every credential may make."""


class Sender:
    """One portal's requests.

    Args:
        transport: what reaches the network.
        credentials: who calls, and where.
        limits: the portal's limits, shared by all of its clients.
        timeout: seconds for one request.
        give_up_after: seconds without any answer, after which nothing is tried again.
        policy: how often and how patiently to try again.
        clock: what tells the time and waits.
        on_request: told of every exchange.
    """

    def __init__(
        self,
        transport: Transport,
        credentials: Credentials,
        limits: Limits,
        *,
        timeout: float = 60.0,
        give_up_after: float = GIVE_UP_AFTER,
        policy: RetryPolicy | None = None,
        clock: Clock | None = None,
        on_request: OnRequest | None = None,
    ) -> None:
        self.credentials = credentials
        self.clock: Clock = clock or SystemClock()
        self.requests: int = 0
        self.waited: dict[str, float] = {}
        self._transport = transport
        self._limits = limits
        self._timeout = timeout
        self._policy = policy or RetryPolicy()
        self._budget = RetryBudget()
        self._outage = Outage(give_up_after, apart=2 * (timeout + limits.request_limit))
        self._on_request = on_request
        self._doorway = Doorway(
            credentials,
            limits,
            self._outage,
            refusals=self._policy.refusals,
            now=lambda: self.clock.now(),
            sleep=self._sleep,
        )
        self.gate: Gate = self._doorway.gate

    @property
    def timeout(self) -> float:
        """Seconds for one request."""
        return self._timeout

    @property
    def request_limit(self) -> float:
        """Seconds after which the portal itself gives up a request."""
        return self._limits.request_limit

    async def send(self, trip: Trip, params: Mapping[str, Any] | Sequence[Any]) -> Reply:
        """The reply to one request, tried again while that may help and can do no harm.

        Raises:
            ApiError: the server answered with an error.
            TransportError: no answer arrived; the fate of a write is unknown.
        """
        trip.ready = self.clock.now()
        body = to_json_v3(params) if isinstance(params, Sequence) or trip.api == "v3" else to_json(params)
        return await self.retried(trip, lambda: self._attempt(trip, body))

    async def beside(self, trip: Trip, access: Access, work: Callable[[], Awaitable[_T]]) -> _T:
        """Lets ``work`` send one request that is no call, under the limits that calls are under.

        Args:
            trip: what may be told of it.
            access: what it is sent with.
            work: sends it, and reads its answer as far as the limits are concerned.

        Raises:
            ApiError, TransportError: what ``work`` raises; it is not tried again.
        """
        while True:
            await self._doorway.operating_turn(trip)
            turn = await self._doorway.turn(trip, access)
            if turn.granted:
                break
        accepted: bool | None = None
        self.requests += 1
        self._outage.asked(self.clock.now())
        passage = Passage(trip, access.host, self.credentials.redact, self.clock.now)
        passage.leaves(b"")
        try:
            found = await work()
            accepted = True
        except (ApiError, TransportError) as error:
            accepted = False if isinstance(error, RateLimited) else None
            error.sent_at = passage.left
            self._failed(error, trip, passage.left)
            told(passage.ended(error), self._on_request)
            raise
        finally:
            self._doorway.leave(turn, accepted=accepted)
        self._outage.answered()
        self._budget.earn()
        told(passage.ended(Reply(None)), self._on_request)
        return found

    async def retried(self, trip: Trip, attempt: Callable[[], Awaitable[_T]]) -> _T:
        """Runs ``attempt`` until it succeeds or is given up."""
        tries = 0
        before: B24Error | None = None
        try:
            while True:
                tries += 1
                try:
                    return await attempt()
                except PortalDown as error:
                    raise before or error from None  # what it was down with says more
                except (ApiError, TransportError) as error:
                    before = error
                    error.attempts = tries
                    if trip.splittable and cut_off(error):
                        raise
                    await self.before_retry(error, tries, write=trip.write, batched=trip.batched)
        finally:
            del before  # an error holds this frame

    async def before_retry(self, error: B24Error, tries: int, *, write: bool, batched: bool = False) -> None:
        """Waits before the next try, or raises the error when there shall be none."""
        if not worth_retrying(error, write=write) or self._policy.gives_up(error, tries):
            raise error
        if self.gave_up(error, batched=batched):
            raise error
        if not never_executed(error) and not self._budget.spend():
            log.warning("no retries left on %s: %s", self.credentials.host, error)
            raise error
        delay = self._policy.pause(error, tries)
        log.info("try %d in %.1f s: %s", tries + 1, delay, error)
        await self._sleep(delay, "before a retry")

    def gave_up(self, error: B24Error, *, batched: bool) -> bool:
        """Whether what ended so is not tried again because the portal has not served it for too long."""
        if isinstance(error, OperatingLimited):
            method = (error.method or "").lower()
            return self._doorway.refused_for(method, batched=batched) >= self._policy.refusals
        return self._outage.is_over_patience(self.clock.now())

    async def _attempt(self, trip: Trip, body: bytes) -> Reply:
        while True:
            await self._doorway.operating_turn(trip)
            reply = await self._request(trip, body)
            if reply is not None:
                return reply

    async def _request(self, trip: Trip, body: bytes) -> Reply | None:
        """Sends it, or does not if others spent the operating time meanwhile.

        An access that is out of date, or leads to an address that the portal had before, was refused
        before any work.
        """
        for _ in range(_ACCESSES):
            access = await self.credentials.access()
            try:
                return await self._sent(trip, body, access)
            except PortalMoved as error:
                if not await self.credentials.moved(error.base):
                    raise
                renamed(access.host, self.credentials.host)
                await self._limits.moved(self.credentials.host)
            except ApiError as error:
                try:
                    if not isinstance(error, AuthError) or not await self._renewed(error, trip, access):
                        raise
                except ApiError as final:
                    self._doorway.barrier.refused(final, trip.methods, access, self.clock.now())
                    raise
        return await self._sent(trip, body, await self.credentials.access())

    async def _renewed(self, error: AuthError, trip: Trip, access: Access) -> bool:
        """Whether there is another access now than the refused one.

        REST 3.0 has one word for every bad token. The classic address says which of them have ended; no
        other may be renewed.
        """
        if isinstance(error, ExpiredToken):
            return await self.credentials.renew(access)
        if trip.api != "v3" or error.status != 401 or not access.token:
            return False
        await self._request(Trip(_WHO, write=False), b"{}")
        return (await self.credentials.access()).token != access.token

    async def _sent(self, trip: Trip, body: bytes, access: Access) -> Reply | None:
        turn = await self._doorway.turn(trip, access)
        if not turn.granted:
            return None
        accepted: bool | None = None
        try:
            reply = await self._exchange(trip, body, access)
            accepted = True
        except RateLimited:
            accepted = False
            raise
        finally:
            self._doorway.leave(turn, accepted=accepted)
        return reply

    async def _exchange(self, trip: Trip, body: bytes, access: Access) -> Reply:
        """Sends one request, reads its answer, and learns from what came."""
        leaves()
        self.requests += 1
        self._outage.asked(self.clock.now())
        passage = Passage(trip, access.host, self.credentials.redact, self.clock.now)
        passage.leaves(body)
        request = access.request(trip.name, body, self._timeout, v3=trip.api == "v3", headers=trip.headers)
        began = self.clock.now()
        try:
            response = await self._transport.send(request)
            passage.arrives(response)
            check_moved(response, request)
            reply = read(response, method=trip.name, host=access.host, redact=self.credentials.redact)
        except (ApiError, TransportError) as error:
            error.sent_at = passage.left
            self._failed(error, trip, passage.left)
            told(passage.ended(error), self._on_request)
            raise
        self._outage.answered()
        told(passage.ended(reply), self._on_request)
        self._budget.earn()
        now = self.clock.now()
        self.gate.good(per_command(trip, reply, now - began), began, now)
        if not trip.batched:
            self.learn(trip.name, reply.time, batched=False)
        return reply

    @property
    def spare(self) -> int:
        """Requests that may leave now without waiting for the bucket."""
        return self._limits.spare(self.clock.now())

    @property
    def operating_seconds(self) -> float:
        """Server time that answers have told of so far."""
        return self._limits.operating_seconds

    async def _sleep(self, seconds: float, why: str) -> None:
        self.waited[why] = self.waited.get(why, 0.0) + seconds
        await self.clock.sleep(seconds)

    def _failed(self, error: B24Error, trip: Trip, left: float) -> None:
        silent = isinstance(error, (RateLimited, ServerFailure, TransportError))
        if silent and not isinstance(error, PortalMoved):
            now = self.clock.now()
            if isinstance(error, RateLimited):
                self.gate.bad(left, now)  # too many for its bucket, not for the portal
            else:
                self.gate.bad()
            self._outage.failed(left, now)
            return
        self._outage.answered()
        if isinstance(error, OperatingLimited):
            for method in trip.methods:
                self.refused(method, batched=trip.batched)

    def learn(self, method: str, time: Mapping[str, Any], *, batched: bool) -> None:
        """Takes in what an answer says of the method's operating time."""
        account = self._doorway.account(batched=batched)
        self._limits.learn(account, method.lower(), time, self.clock.now())

    def barred(self, method: str, error: ApiError) -> None:
        """A command was refused in a way that every call of its method would be."""
        self._doorway.barrier.refused(error, [method.lower()], None, self.clock.now())

    def refused(self, method: str, *, batched: bool) -> None:
        """A command was refused for its method's operating time."""
        self._limits.exhausted(self._doorway.account(batched=batched), method.lower(), self.clock.now())

    async def close(self) -> None:
        """Closes the connections."""
        try:
            await self._limits.close()
        finally:
            await self._transport.close()
