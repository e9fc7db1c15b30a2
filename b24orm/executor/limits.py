"""The portal's limits, counted exactly as the server counts them.

Two rules (cloud): a leaky bucket of HTTP requests per portal, and the time that each method
may operate within ten minutes. Both are kept per portal and shared by every client object of
the process, whatever thread or event loop it lives in; so this module waits for nobody, it
only says how long to wait.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from b24orm.errors import InvalidValue, nearest

__all__ = ["PLANS", "Bucket", "Operating", "PortalLimits", "RateLimits", "limits_for", "portal_limits"]


@dataclass(frozen=True, slots=True)
class RateLimits:
    """What a portal permits.

    Attributes:
        burst: requests that an idle portal takes at once.
        per_second: requests a second that it takes for ever; None: no limit at all.
        operating_limit: seconds that one method may operate within the window; None: no limit.
        operating_window: the window, in seconds.
    """

    burst: int = 50
    per_second: float | None = 2.0
    operating_limit: float | None = 480.0
    operating_window: float = 600.0

    def __post_init__(self) -> None:
        if self.burst < 1:
            raise InvalidValue(f"RateLimits.burst must be at least 1, not {self.burst!r}")
        if self.per_second is not None and not self.per_second > 0:
            raise InvalidValue(f"RateLimits.per_second must be positive, not {self.per_second!r}")


PLANS: Final[Mapping[str, RateLimits]] = {
    "standard": RateLimits(burst=50, per_second=2.0),
    "enterprise": RateLimits(burst=250, per_second=5.0),
    "unlimited": RateLimits(burst=1_000_000, per_second=None, operating_limit=None),
}


def limits_for(plan: str | RateLimits) -> RateLimits:
    """The limits of a plan.

    Raises:
        InvalidValue: there is no such plan.

    >>> limits_for("standard").burst
    50
    """
    if isinstance(plan, RateLimits):
        return plan
    if plan not in PLANS:
        raise InvalidValue(f"there is no plan {plan!r}; there are {', '.join(PLANS)}{nearest(plan, PLANS)}")
    return PLANS[plan]


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
            drained = 0.0 if self._resting else rate * max(0.0, now - self._seen)
            self._resting = self._resting or drained >= self._level
            self._level = max(0.0, self._level - drained) + 1
            self._seen = max(now, self._seen)
            return max(0.0, self._level - self._room) / rate

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

    def refused(self) -> None:
        """The server refused a request: somebody else drinks from the bucket too."""
        with self._lock:
            self._level = max(self._level, self._room)
            self._share = max(0.25, self._share / 2)

    def accepted(self) -> None:
        """The server took a request."""
        if self._share < 1.0:
            with self._lock:
                self._share = min(1.0, self._share * self._RESTORE)


@dataclass
class _Budget:
    spent: float = 0.0
    resets: float = 0.0
    cost: float = 0.0
    under_way: int = 0
    next_turn: float = 0.0
    blocked: float = 0.0


class Operating:
    """Operating time per method, read from the cumulative ``time.operating`` of each answer."""

    _BLIND: Final = 30.0
    """Seconds to wait after a refusal that said nothing of its end."""

    _CALM: Final = 0.5
    """From this share of the limit on, calls are spread over what is left of the window."""

    def __init__(self, limits: RateLimits) -> None:
        self.total = 0.0
        self._limit = limits.operating_limit
        self._budgets: dict[tuple[str, bool], _Budget] = {}
        self._lock = threading.Lock()

    def adopt(self, limits: RateLimits) -> None:
        """Takes another limit over, with the time spent so far."""
        self._limit = limits.operating_limit

    def wait(self, method: str, now: float, *, batched: bool) -> float:
        """Seconds until the method may be called again; 0 when it may be called now."""
        with self._lock:
            budget = self._budgets.get((method, batched))
            if budget is not None and now < budget.blocked:
                return budget.blocked - now
            if self._limit is None or budget is None or now >= budget.resets:
                return 0.0
            ahead = budget.cost * (budget.under_way + 1)
            if budget.spent + ahead >= self._limit:
                return budget.resets - now
            return max(0.0, budget.next_turn - now)

    def start(self, method: str, now: float, *, batched: bool) -> None:
        """A call of the method leaves.

        When much of the limit is spent, the next call's turn is put off, so that a long scan
        goes on steadily instead of stopping dead until the window has passed.
        """
        with self._lock:
            budget = self._budget(method, batched)
            budget.under_way += 1
            if self._limit is None or budget.spent < self._CALM * self._limit or now >= budget.resets:
                return
            left = self._limit - budget.spent
            pace = budget.cost * (budget.resets - now) / left if left > 0 else 0.0
            budget.next_turn = max(now, budget.next_turn) + pace

    def finish(self, method: str, *, batched: bool) -> None:
        """A call of the method is back, or was given up."""
        with self._lock:
            budget = self._budget(method, batched)
            budget.under_way = max(0, budget.under_way - 1)

    def learn(self, method: str, time: Mapping[str, Any], now: float, *, batched: bool) -> None:
        """Takes in the ``time`` of an answer. ``operating`` is cumulative, not this call's own."""
        spent, resets, finish = (time.get(k) for k in ("operating", "operating_reset_at", "finish"))
        if not isinstance(spent, (int, float)) or not isinstance(resets, (int, float)):
            return
        left = float(resets) - float(finish) if isinstance(finish, (int, float)) else self._BLIND
        with self._lock:
            budget = self._budget(method, batched)
            step = float(spent) - budget.spent
            self.total += max(0.0, step)  # requests side by side don't see each other's time
            if step > 0:
                budget.cost = step if budget.cost == 0 else (budget.cost + step) / 2
            budget.spent = float(spent)
            budget.resets = now + max(0.0, left)

    def refused(self, method: str, now: float, *, batched: bool) -> None:
        """The server answered OPERATION_TIME_LIMIT."""
        with self._lock:
            budget = self._budget(method, batched)
            budget.spent = self._limit or 0.0
            if budget.resets <= now:
                budget.resets = now + self._BLIND
            budget.blocked = budget.resets  # whatever limit we were told of

    def _budget(self, method: str, batched: bool) -> _Budget:  # noqa: FBT001 - half of the key
        return self._budgets.setdefault((method, batched), _Budget())


class PortalLimits:
    """Everything that limits one portal."""

    def __init__(self, limits: RateLimits) -> None:
        self.bucket = Bucket(limits)
        self.operating = Operating(limits)

    def adopt(self, limits: RateLimits) -> None:
        """Takes other limits over: what the newest client knows of the plan is what counts."""
        self.bucket.adopt(limits)
        self.operating.adopt(limits)


_shared: dict[str, PortalLimits] = {}
_shared_lock = threading.Lock()


def portal_limits(host: str, limits: RateLimits) -> PortalLimits:
    """The limits of a portal, the same object for every client of the process."""
    with _shared_lock:
        found = _shared.get(host)
        if found is None:
            found = _shared[host] = PortalLimits(limits)
        else:
            found.adopt(limits)
        return found
