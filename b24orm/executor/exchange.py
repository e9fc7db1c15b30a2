"""What may be known of each HTTP request: for metrics, traces and logs of one's own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from b24orm.errors import ApiError, TransportError
from b24orm.plan.calls import Reply

__all__ = ["Exchange", "OnRequest", "told"]

log: Final = logging.getLogger("b24orm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One HTTP request, and what came back. It holds no secret and no data of the portal.

    ``connect(url, on_request=...)`` takes a function that is called with one for each request:

    >>> def measure(exchange: Exchange) -> None:
    ...     print(exchange.method, exchange.status, exchange.seconds)

    Attributes:
        host: the portal's host.
        method: the REST method; ``batch`` for a batch.
        commands: the methods of a batch's commands, in their order.
        write: whether it may have changed something.
        attempt: 1, or more for a request that was sent again.
        waited: seconds between the moment it was ready to leave and the moment it left: for the portal's
            limits, for its turn among others, and before it was tried again.
        seconds: seconds from leaving to the end of the answer.
        status: the HTTP status; None if no answer arrived.
        error: what it failed with; None if it went well. Commands of a batch fail on their own.
        sent, received: bytes of the two bodies, unpacked.
        duration: seconds that the portal says to have worked, if it says so.
        operating: seconds of the method's operating time that are spent by now, if the portal says so.
    """

    host: str
    method: str
    commands: tuple[str, ...] = ()
    write: bool
    attempt: int
    waited: float
    seconds: float
    status: int | None
    error: ApiError | TransportError | None
    sent: int
    received: int
    duration: float | None = None
    operating: float | None = None

    @classmethod
    def of(cls, came: Reply | ApiError | TransportError, **known: Any) -> Exchange:
        """An exchange by what came of it."""
        if isinstance(came, Reply):
            known |= {name: _seconds(came.time, name) for name in ("duration", "operating")}
            return cls(status=200, error=None, **known)
        return cls(status=came.status if isinstance(came, ApiError) else None, error=came, **known)

    def __str__(self) -> str:
        """One line for a log."""
        what = f"batch of {len(self.commands)}" if self.commands else self.method
        outcome = self.status if self.error is None else _code(self.error)
        again = f", attempt {self.attempt}" if self.attempt > 1 else ""
        return (
            f"{self.host} {what}: {outcome} in {self.seconds:.3f} s, waited {self.waited:.3f} s"
            f", {self.sent:,} bytes out, {self.received:,} in{again}"
        )


OnRequest: TypeAlias = Callable[[Exchange], object]
"""Is called with every exchange, on the thread that sent it. It must not block."""


def _seconds(time: Mapping[str, Any], name: str) -> float | None:
    value = time.get(name)
    return float(value) if isinstance(value, (int, float)) else None


def _code(error: ApiError | TransportError) -> str:
    if isinstance(error, ApiError):
        return f"{error.status or ''} {error.code or type(error).__name__}".strip()
    return type(error).__name__


def told(exchange: Exchange, on_request: OnRequest | None) -> None:
    """Tells the log of an exchange, and who wants to know; nobody who fails at that fails the call."""
    log.debug("%s", exchange)
    if on_request is None:
        return
    try:
        on_request(exchange)
    except Exception:
        log.exception("on_request failed")
