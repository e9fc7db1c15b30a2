"""One request on its way there and back, as logs and observers are told of it."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from typing import Final

from b24orm.errors import ApiError, TransportError
from b24orm.executor.exchange import Exchange
from b24orm.executor.trip import Trip
from b24orm.plan.calls import Reply
from b24orm.transport.base import Response

__all__ = ["Passage", "per_command"]

wire: Final = logging.getLogger("b24orm.wire")
_COMPARABLE: Final = 25
"""Commands that a batch must hold for its time to say something about the portal."""
_SHOWN: Final = 2_000
"""Characters of a body that a log record holds at the most."""


class Passage:
    """One sending of a trip.

    Args:
        trip: what is sent.
        host: where.
        redact: takes secrets out of texts.
        now: tells the time, in seconds.

    Attributes:
        left: when it left.
    """

    def __init__(self, trip: Trip, host: str, redact: Callable[[str], str], now: Callable[[], float]) -> None:
        self._trip = trip
        self._host = host
        self._redact = redact
        self._now = now
        self._mark = uuid.uuid4().hex[:8]
        self._sent = self._received = 0
        self.left: float = now()

    def leaves(self, body: bytes) -> None:
        """It is sent now."""
        self._sent = len(body)
        wire.debug("-> %s %s %s %s", self._mark, self._host, self._trip.name, self._shown(body))
        self.left = self._now()

    def arrives(self, response: Response) -> None:
        """An answer is there."""
        self._received = len(response.body)
        wire.debug("<- %s %d %s", self._mark, response.status, self._shown(response.body))

    def ended(self, came: Reply | ApiError | TransportError) -> Exchange:
        """What there is to tell of it; the next sending of its trip is ready from now on."""
        if not isinstance(came, Reply):
            wire.debug("<- %s %s", self._mark, came)
        trip, now = self._trip, self._now()
        ready, trip.ready, trip.sent = trip.ready, now, trip.sent + 1
        return Exchange.of(
            came,
            host=self._host,
            method=trip.name,
            commands=trip.commands,
            write=trip.write,
            attempt=trip.sent,
            waited=0.0 if ready is None else self.left - ready,
            seconds=now - self.left,
            sent=self._sent,
            received=self._received,
        )

    def _shown(self, body: bytes) -> str:
        if not wire.isEnabledFor(logging.DEBUG):
            return ""
        text = self._redact(body[:_SHOWN].decode(errors="replace"))
        return text if len(body) <= _SHOWN else f"{text}... ({len(body):,} bytes)"


def per_command(trip: Trip, reply: Reply, seconds: float) -> float | None:
    """Seconds a command, of batches large enough to be compared; commands that fail take no time."""
    failed = isinstance(reply.result, dict) and bool(reply.result.get("result_error"))
    return None if failed or len(trip.commands) < _COMPARABLE else seconds / len(trip.commands)
