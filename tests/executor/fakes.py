"""A loop whose time passes at once, a portal in memory, and models of the portal's limits."""

from __future__ import annotations

import asyncio
import json
import selectors
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from b24orm.executor.executor import Executor
from b24orm.executor.limits import PortalLimits, RateLimits
from b24orm.executor.retry import RetryPolicy
from b24orm.executor.sender import Sender
from b24orm.transport.auth.webhook import Webhook
from b24orm.transport.base import Request, Response

_T = TypeVar("_T")

SECRET = "s3cretcode99"
WEBHOOK = Webhook.parse(f"https://acme.bitrix24.com/rest/1/{SECRET}/")
UNLIMITED = RateLimits(burst=1_000_000, per_second=None, operating_limit=None)


# -- time that passes at once ----------------------------------------------------------------


class _Instant(selectors.SelectSelector):
    """Instead of waiting it moves the loop's clock on."""

    loop: _InstantLoop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("everybody waits, and nothing will ever happen")
        self.loop.moment += max(0.0, timeout)
        return super().select(0)


class _InstantLoop(asyncio.SelectorEventLoop):
    moment = 0.0

    def __init__(self) -> None:
        selector = _Instant()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        return self.moment


def run(work: Coroutine[Any, Any, _T]) -> _T:
    """Runs a coroutine on a loop that never really waits."""
    loop = _InstantLoop()
    try:
        asyncio.set_event_loop(loop)
        return loop.run_until_complete(work)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        asyncio.set_event_loop(None)
        loop.close()


class LoopClock:
    """The running loop's own time."""

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


# -- a portal in memory ------------------------------------------------------------------------

Handler = Callable[["Asked"], "Any | Awaitable[Any]"]


@dataclass(frozen=True)
class Asked:
    """One request that arrived.

    Attributes:
        method: the method called.
        params: its parameters.
        at: when it arrived.
    """

    method: str
    params: Mapping[str, Any]
    at: float

    @property
    def commands(self) -> dict[str, str]:
        """The commands of a batch."""
        return dict(self.params["cmd"])


@dataclass
class FakeTransport:
    """Hands every request to a handler, which returns a body, a response, or raises."""

    handler: Handler
    delay: Callable[[], float] = lambda: 0.0
    log: list[Asked] = field(default_factory=list)
    under_way: int = 0
    most: int = 0
    closed: bool = False

    async def send(self, request: Request) -> Response:
        assert SECRET in request.url
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await asyncio.sleep(self.delay())
            asked = Asked(request.label, json.loads(request.body), asyncio.get_running_loop().time())
            self.log.append(asked)
            answer = self.handler(asked)
            if isinstance(answer, Awaitable):
                answer = await answer
            return answer if isinstance(answer, Response) else ok(answer)
        finally:
            self.under_way -= 1

    async def close(self) -> None:
        self.closed = True


def ok(body: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(status, "application/json", json.dumps(body).encode())


def result(value: Any, **envelope: Any) -> dict[str, Any]:
    """A successful body."""
    return {"result": value, **envelope}


def error(code: str, text: str = "", status: int = 400) -> Response:
    """An error."""
    return ok({"error": code, "error_description": text}, status)


TOO_MANY = error("QUERY_LIMIT_EXCEEDED", "Too many requests", 503)
BLOCKED = error("OPERATION_TIME_LIMIT", "Method is blocked due to operation time limit.", 429)


def batch_of(answers: Mapping[str, Any], times: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The body of a batch; an answer with an ``error`` key is an error."""
    errors = {k: v for k, v in answers.items() if isinstance(v, dict) and "error" in v}
    good = {k: v for k, v in answers.items() if k not in errors}
    inner = {"result": good, "result_error": errors, "result_time": times or {}}
    return result({k: v or [] for k, v in inner.items()})


class Answers:
    """Answers one after the other; the last one is repeated."""

    def __init__(self, *answers: Any) -> None:
        self._answers = deque(answers)

    def __call__(self, asked: Asked) -> Any:
        answer = self._answers[0] if len(self._answers) == 1 else self._answers.popleft()
        if isinstance(answer, Exception):
            raise answer
        return answer(asked) if callable(answer) else answer


def client(
    handler: Handler,
    *,
    limits: RateLimits | PortalLimits = UNLIMITED,
    delay: Callable[[], float] = lambda: 0.0,
    policy: RetryPolicy | None = None,
) -> tuple[Executor, FakeTransport]:
    """An executor and the transport behind it."""
    transport = FakeTransport(handler, delay)
    shared = limits if isinstance(limits, PortalLimits) else PortalLimits(limits)
    sender = Sender(transport, WEBHOOK, shared, policy=policy, clock=LoopClock())
    return Executor(sender), transport


# -- the portal's own counting -------------------------------------------------------------------


class Leaky(Protocol):
    """A bucket of the portal."""

    def takes(self, at: float) -> bool:
        """Whether a request that arrives now is let through."""
        ...


@dataclass
class Steady:
    """Drains all the time."""

    burst: int = 50
    rate: float = 2.0
    level: float = 0.0
    seen: float = 0.0

    def takes(self, at: float) -> bool:
        self.level = max(0.0, self.level - self.rate * (at - self.seen))
        self.seen = at
        if self.level > self.burst - 1:
            return False
        self.level += 1
        return True


@dataclass
class OnceASecond:
    """Drains in steps, each second; the phase of its seconds is its own."""

    burst: int = 50
    rate: float = 2.0
    phase: float = 0.0
    level: float = 0.0
    ticks: int = 0

    def takes(self, at: float) -> bool:
        ticks = int(at + self.phase)
        self.level = max(0.0, self.level - self.rate * (ticks - self.ticks))
        self.ticks = ticks
        if self.level > self.burst - 1:
            return False
        self.level += 1
        return True


@dataclass
class Ledger:
    """Operating time as the portal keeps it: ten baskets of a minute for each method."""

    limit: float = 480.0
    baskets: dict[tuple[str, int], float] = field(default_factory=dict)
    refused: int = 0

    def spent(self, method: str, at: float) -> float:
        """The sum of the ten baskets."""
        now = int(at // 60)
        return sum(s for (m, b), s in self.baskets.items() if m == method and now - b < 10)

    def blocked(self, method: str, at: float) -> bool:
        """Whether a call is refused; what crosses the limit is still let through."""
        if self.spent(method, at) > self.limit:
            self.refused += 1
            return True
        return False

    def charge(self, method: str, at: float, seconds: float) -> dict[str, Any]:
        """Notes a call's seconds and tells what its ``time`` says."""
        key = (method, int(at // 60))
        self.baskets[key] = self.baskets.get(key, 0.0) + seconds
        now = int(at // 60)
        oldest = min(b for (m, b), s in self.baskets.items() if m == method and s and now - b < 10)
        return {
            "finish": 1_700_000_000 + at,
            "operating": self.spent(method, at),
            "operating_reset_at": 1_700_000_000 + oldest * 60 + 600,
        }
