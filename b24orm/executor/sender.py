"""Sends one HTTP request under the portal's limits, and tries it again where that is right."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

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
from b24orm.executor.clock import Clock, SystemClock
from b24orm.executor.concurrency import Gate
from b24orm.executor.exchange import Exchange, OnRequest, told
from b24orm.executor.limits import Limits, Turn
from b24orm.executor.limits.portal import renamed
from b24orm.executor.outage import GIVE_UP_AFTER, Outage
from b24orm.executor.retry import RetryBudget, RetryPolicy, never_executed, worth_retrying
from b24orm.executor.sizes import cut_off
from b24orm.executor.turns import Turns
from b24orm.plan.calls import Reply
from b24orm.schema import Api
from b24orm.transport.auth.base import Access, Credentials
from b24orm.transport.auth.hosts import check_moved
from b24orm.transport.base import Transport
from b24orm.transport.encoding import to_json
from b24orm.transport.encoding_v3 import to_json_v3
from b24orm.transport.reply import read

__all__ = ["Sender", "Trip"]

log: Final = logging.getLogger("b24orm")
wire: Final = logging.getLogger("b24orm.wire")
_COMPARABLE: Final = 25
"""Commands that a batch must hold for its time to say something about the portal."""
_LONG: Final = 5.0
"""Seconds of waiting that users are told of."""
_ACCESSES: Final = 3
"""Accesses that one request tries before its last: what others renewed may have expired as well."""
_SHOWN: Final = 2_000
"""Characters of a body that a log record holds at the most."""


class Trip:
    """What one HTTP request is about: the method, and the methods of its commands.

    The calls of a batch of REST 3.0 are not metered one by one: their time counts as the batch's own.
    """

    __slots__ = ("api", "batched", "commands", "key", "methods", "name", "ready", "sent", "write")

    def __init__(
        self, name: str, methods: Sequence[str] = (), *, write: bool, api: Api = "v2", key: str | None = None
    ) -> None:
        metered = methods if api == "v2" else ()
        self.name: str = name
        self.batched: bool = bool(metered)
        self.commands: tuple[str, ...] = tuple(methods)
        self.methods: tuple[str, ...] = tuple(dict.fromkeys(m.lower() for m in metered)) or (name.lower(),)
        self.write: bool = write
        self.api: Api = api
        self.key: str | None = key
        self.sent: int = 0
        self.ready: float | None = None

    @property
    def headers(self) -> Mapping[str, str]:
        """What travels beside the body."""
        return {} if self.key is None else {"Idempotency-Key": self.key}

    @property
    def splittable(self) -> bool:
        """Whether it is better sent in parts when it took too long."""
        return len(self.commands) > 1 and not self.write


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
        self.gate: Gate = Gate()
        self._turns = Turns()  # one at a time: a place ahead of its time would be kept from others
        self.requests: int = 0
        self.waited: dict[str, float] = {}
        self._transport = transport
        self._limits = limits
        self._accounts = {batched: credentials.account(batched=batched) for batched in (False, True)}
        self._timeout = timeout
        self._policy = policy or RetryPolicy()
        self._budget = RetryBudget()
        self._outage = Outage(give_up_after, apart=2 * (timeout + limits.request_limit))
        self._clock = clock or SystemClock()
        self._on_request = on_request

    @property
    def clock(self) -> Clock:
        """What tells the time and waits."""
        return self._clock

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
        trip.ready = self._clock.now()
        body = to_json_v3(params) if isinstance(params, Sequence) or trip.api == "v3" else to_json(params)
        return await self.retried(trip, lambda: self._attempt(trip, body))

    async def retried(self, trip: Trip, attempt: Callable[[], Awaitable[Reply]]) -> Reply:
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
        now = self._clock.now()
        if isinstance(error, OperatingLimited):
            methods = [(error.method or "").lower()]
            return self._limits.refused_for(self._accounts[batched], methods, now) >= self._policy.refusals
        return self._outage.is_over_patience(now)

    async def _attempt(self, trip: Trip, body: bytes) -> Reply:
        while True:
            await self._operating_turn(trip)
            reply = await self._request(trip, body)
            if reply is not None:
                return reply

    async def _operating_turn(self, trip: Trip) -> None:
        """Waits as long as the operating time is known to be spent, without a place at the gate."""
        account = self._accounts[trip.batched]
        while (wait := self._limits.known_wait(account, trip.methods, self._clock.now())) > 0:
            level = logging.WARNING if wait > _LONG else logging.DEBUG
            what = ", ".join(trip.methods)
            log.log(level, "%s %s: waiting %.1f s for operating time", self.credentials.host, what, wait)
            self._check_served(trip)
            await self._sleep(wait, "for operating time")

    def _check_served(self, trip: Trip) -> None:
        """Gives up a request whose method has been refused all the time.

        Raises:
            OperatingLimited: it has.
        """
        account, now = self._accounts[trip.batched], self._clock.now()
        for method in trip.methods:
            if (seconds := self._limits.refused_for(account, [method], now)) >= self._policy.refusals:
                text = f"the portal has refused it for {seconds / 60:.0f} minutes"
                host = self.credentials.host
                raise OperatingLimited("OPERATION_TIME_LIMIT", text, method=method, host=host)

    async def _turn(self, trip: Trip) -> Turn:
        """The limits' word. A turn that they granted has come when this returns, and has the gate's place."""
        async with self._turns:
            await self.gate.enter()
            try:
                turn = await self._granted(trip)
            except BaseException:
                self.gate.leave()
                raise
        if not turn.granted:
            self.gate.leave()
        return turn

    async def _granted(self, trip: Trip) -> Turn:
        now = self._clock.now()
        if self._outage.keeps_back(now):
            text = f"not sent: the portal has served nothing for {self._outage.seconds(now):.0f} s"
            raise PortalDown(text, method=trip.name, host=self.credentials.host)
        turn = await self._limits.enter(self._accounts[trip.batched], trip.methods, now)
        if turn.granted and turn.wait > 0:
            try:
                await self._sleep(turn.wait, "for the bucket")
            except BaseException:
                self._limits.give_back(turn, self._clock.now())
                raise
        return turn

    async def _request(self, trip: Trip, body: bytes) -> Reply | None:
        """Sends it, or does not if others spent the operating time meanwhile.

        An access that is out of date, or leads to an address that the portal had before, was refused
        before any work.
        """
        for _ in range(_ACCESSES):
            access = await self.credentials.access()
            try:
                return await self._sent(trip, body, access)
            except AuthError as error:
                if not await self._renewed(error, trip, access):
                    raise
            except PortalMoved as error:
                if not await self.credentials.moved(error.base):
                    raise
                renamed(access.host, self.credentials.host)
                await self._limits.moved(self.credentials.host)
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
        turn = await self._turn(trip)
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
            self._limits.leave(turn, self._clock.now(), accepted=accepted)
            self.gate.leave()  # wakes others, and fails if their loop has ended
        return reply

    async def _exchange(self, trip: Trip, body: bytes, access: Access) -> Reply:
        """Sends one request and reads its answer."""
        self.requests += 1
        self._outage.asked(self._clock.now())
        mark = uuid.uuid4().hex[:8]
        wire.debug("-> %s %s %s %s", mark, access.host, trip.name, self._shown(body))
        left = self._clock.now()
        request = access.request(trip.name, body, self._timeout, v3=trip.api == "v3", headers=trip.headers)
        began = self._clock.now()
        received = 0
        try:
            response = await self._transport.send(request)
            received = len(response.body)
            wire.debug("<- %s %d %s", mark, response.status, self._shown(response.body))
            check_moved(response, request)
            reply = read(response, method=trip.name, host=access.host, redact=self.credentials.redact)
        except (ApiError, TransportError) as error:
            wire.debug("<- %s %s", mark, error)
            error.sent_at = left
            self._failed(error, trip, left)
            self._tell(trip, access.host, (len(body), received), left, error)
            raise
        self._outage.answered()
        self._tell(trip, access.host, (len(body), received), left, reply)
        self._budget.earn()
        self.gate.good(self._per_command(trip, reply, self._clock.now() - began))
        if not trip.batched:
            self.learn(trip.name, reply.time, batched=False)
        return reply

    def _tell(
        self,
        trip: Trip,
        host: str,
        size: tuple[int, int],
        left: float,
        came: Reply | ApiError | TransportError,
    ) -> None:
        """Tells of one exchange; the next one of this trip is ready from now on."""
        now, trip.sent = self._clock.now(), trip.sent + 1
        exchange = Exchange.of(
            came,
            host=host,
            method=trip.name,
            commands=trip.commands,
            write=trip.write,
            attempt=trip.sent,
            waited=0.0 if trip.ready is None else left - trip.ready,
            seconds=now - left,
            sent=size[0],
            received=size[1],
        )
        trip.ready = now
        told(exchange, self._on_request)

    @staticmethod
    def _per_command(trip: Trip, reply: Reply, seconds: float) -> float | None:
        """Seconds a command, of batches large enough to be compared; commands that fail take no time."""
        failed = isinstance(reply.result, dict) and bool(reply.result.get("result_error"))
        return None if failed or len(trip.commands) < _COMPARABLE else seconds / len(trip.commands)

    @property
    def spare(self) -> int:
        """Requests that may leave now without waiting for the bucket."""
        return self._limits.spare(self._clock.now())

    def now(self) -> float:
        """The clock's time, in seconds."""
        return self._clock.now()

    @property
    def operating_seconds(self) -> float:
        """Server time that answers have told of so far."""
        return self._limits.operating_seconds

    async def _sleep(self, seconds: float, why: str) -> None:
        self.waited[why] = self.waited.get(why, 0.0) + seconds
        await self._clock.sleep(seconds)

    def _failed(self, error: B24Error, trip: Trip, left: float) -> None:
        silent = isinstance(error, (RateLimited, ServerFailure, TransportError))
        if silent and not isinstance(error, PortalMoved):
            now = self._clock.now()
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
        account = self._accounts[batched]
        self._limits.learn(account, method.lower(), time, self._clock.now())

    def refused(self, method: str, *, batched: bool) -> None:
        """A command was refused for its method's operating time."""
        self._limits.exhausted(self._accounts[batched], method.lower(), self._clock.now())

    def _shown(self, body: bytes) -> str:
        if not wire.isEnabledFor(logging.DEBUG):
            return ""
        text = self.credentials.redact(body[:_SHOWN].decode(errors="replace"))
        return text if len(body) <= _SHOWN else f"{text}... ({len(body):,} bytes)"

    async def close(self) -> None:
        """Closes the connections."""
        try:
            await self._limits.close()
        finally:
            await self._transport.close()
