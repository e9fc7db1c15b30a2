"""The leaky bucket of HTTP requests, as the portal keeps it."""

from __future__ import annotations

import threading
from typing import Final

from b24orm.executor.limits.plans import RateLimits

__all__ = ["Bucket"]

_ENDLESS: Final = 1_000_000
"""Requests that a portal without this limit takes at once."""


class Bucket:
    """The leaky bucket: +1 a request, drained steadily, refused when over the burst.

    What drains in a second is kept in hand, because the server may drain once a second instead of
    steadily. Requests that arrive late, or closer together than they were sent, do no harm: until
    then the server has drained the more.
    """

    _RESTORE: Final = 1.02
    """After a refusal the rate is halved; each accepted request wins this factor back."""

    def __init__(self, limits: RateLimits) -> None:
        self._level = 0.0
        self._seen = 0.0
        self._resting = True
        self._share = 1.0
        self._cut = float("-inf")
        self._lock = threading.Lock()
        self.adopt(limits)

    def adopt(self, limits: RateLimits) -> None:
        """Takes other limits over, with the requests counted so far."""
        with self._lock:
            self._rate = limits.per_second
            hand = 0.0 if self._rate is None else min(self._rate, limits.burst - 1)
            self._room = limits.burst - hand

    def take(self, now: float) -> float:
        """Takes a place and says how many seconds to wait for it."""
        if self._rate is None:
            return 0.0
        with self._lock:
            rate = self._rate * self._share
            drained = self._drained(now)
            self._resting = self._resting or drained >= self._level
            self._level = max(0.0, self._level - drained) + 1
            self._seen = max(now, self._seen)
            return max(0.0, self._level - self._room) / rate

    def _drained(self, now: float) -> float:
        """What has drained since it was last looked at."""
        if self._resting or self._rate is None:
            return 0.0
        return self._rate * self._share * max(0.0, now - self._seen)

    def spare(self, now: float) -> int:
        """Requests that may leave now without waiting."""
        if self._rate is None:
            return _ENDLESS
        with self._lock:
            return max(0, int(self._room - max(0.0, self._level - self._drained(now))))

    def answered(self, now: float) -> None:
        """A request is back: from now on at the latest the server drains what it was sent.

        An empty bucket has nothing to drain until a request has found its way there.
        """
        if self._resting:
            with self._lock:
                self._resting = False
                self._seen = max(now, self._seen)

    def give_back(self) -> None:
        """Gives a place back that was not used."""
        with self._lock:
            self._level = max(0.0, self._level - 1)

    def fill(self, now: float) -> None:
        """Takes the bucket for full: nobody knows what others put into it."""
        with self._lock:
            self._level = max(self._level, self._room)
            self._resting, self._seen = False, max(now, self._seen)

    def refused(self, now: float, age: float = 0.0) -> None:
        """The server refused a request: somebody else drinks from the bucket too.

        What left before the rate was halved does not halve it again.

        Args:
            now: the moment.
            age: seconds since the request left.
        """
        with self._lock:
            self._level = max(self._level, self._room)
            if now - age >= self._cut:
                self._share = max(0.25, self._share / 2)
                self._cut = now

    def accepted(self) -> None:
        """The server took a request."""
        if self._share < 1.0:
            with self._lock:
                self._share = min(1.0, self._share * self._RESTORE)
