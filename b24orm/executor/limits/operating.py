"""The time that each method may operate within ten minutes, as the portal keeps it.

After a refusal one call asks whether the portal serves the method again; the others wait for what comes of
it. Then each call that is served makes room for one more, until the refusal is forgotten.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from b24orm.executor.limits.plans import RateLimits

__all__ = [
    "BLIND",
    "CALM",
    "LOOK",
    "MOVED",
    "ROOM",
    "UNKNOWN",
    "WEIGHT",
    "WINDOW",
    "Operating",
    "Remembered",
    "reading",
]

BLIND: Final = 30.0
"""Seconds to wait after a refusal that said nothing of its end."""

CALM: Final = 0.5
"""From this share of the limit on, calls are spread over what is left of the window."""

LOOK: Final = 1.0
"""Seconds between two looks at what calls under way have told."""

MOVED: Final = 30.0
"""Seconds by which the end of the window moves, at the least, when its oldest part has passed."""

ROOM: Final = 32
"""Calls that were served one after another, after which a refusal is forgotten."""

UNKNOWN: Final = 0.01
"""Share of the limit that a call is believed to cost before two answers have told it."""

WEIGHT: Final = 0.25
"""Of the latest answer in what a call is believed to cost."""

WINDOW: Final = 600.0
"""Seconds that the portal's window lasts: the oldest of its baskets is gone by then, whatever it says."""


_LATE: Final = 60.0
"""Seconds beyond the portal's limit for a request, after which one that did not come back is forgotten."""


def reading(time: Mapping[str, Any]) -> tuple[float, float] | None:
    """Seconds spent within the window, and seconds until it moves on, as an answer's ``time`` tells.

    ``operating`` is cumulative, not the call's own. The portal's clock need not be ours, and may have
    jumped between the two times that it tells.

    >>> reading({"operating": 12.5, "operating_reset_at": 1600, "finish": 1000.0})
    (12.5, 600.0)
    """
    spent, resets, finish = (time.get(k) for k in ("operating", "operating_reset_at", "finish"))
    if not isinstance(spent, (int, float)) or not isinstance(resets, (int, float)):
        return None
    left = float(resets) - float(finish) if isinstance(finish, (int, float)) else BLIND
    return float(spent), min(WINDOW, max(0.0, left))


class Remembered(NamedTuple):
    """What is known of a method's operating time.

    Attributes:
        account: whose time it is.
        method: the method.
        spent: seconds within the window.
        left: seconds until the window moves on.
        cost: seconds that a call costs.
        blocked: seconds for which the portal refuses the method.
    """

    account: str
    method: str
    spent: float
    left: float
    cost: float
    blocked: float


@dataclass
class _Budget:
    """What is known of a method. ``room`` calls may be under way after a refusal; 0: as many as want to.

    Answers to calls side by side come in any order: ``most`` is the greatest sum that one of them told, and
    ``answers`` the number of those that told what a call costs.
    """

    spent: float = 0.0
    most: float = 0.0
    answers: int = 0
    resets: float = 0.0
    cost: float = 0.0
    under_way: int = 0
    next_turn: float = 0.0
    blocked: float = 0.0
    room: int = 0
    started: float = 0.0
    refused: float | None = None

    def each(self, limit: float) -> float:
        """Seconds that a call is believed to cost."""
        return self.cost if self.answers else min(self.spent, UNKNOWN * limit)


class Operating:
    """Operating time per account and method, read from the cumulative ``time.operating`` of each answer.

    Args:
        limits: the portal's limits.
        crowd: how many others like this process may send calls of a method at the same moment.
    """

    def __init__(self, limits: RateLimits, crowd: float = 1.0) -> None:
        self.total: float = 0.0
        self._crowd = crowd
        self._limit = limits.operating_limit
        self._longest = limits.request_limit + _LATE
        self._budgets: dict[tuple[str, str], _Budget] = {}
        self._lock = threading.Lock()

    def adopt(self, limits: RateLimits) -> None:
        """Takes another limit over, with the time spent so far."""
        self._limit = limits.operating_limit
        self._longest = limits.request_limit + _LATE

    def wait(self, account: str, method: str, now: float) -> float:
        """Seconds until the method may be called again; 0 when it may be called now."""
        with self._lock:
            budget = self._budgets.get((account, method))
            if budget is None:
                return 0.0
            if now < budget.blocked:
                return budget.blocked - now
            if 0 < budget.room <= budget.under_way and now < budget.started + self._longest:
                return LOOK
            if self._limit is None or now >= budget.resets:
                return 0.0
            ahead = budget.each(self._limit) * (budget.under_way + 1) * self._crowd
            if budget.spent + ahead >= self._limit:
                return LOOK if budget.under_way else budget.resets - now
            return max(0.0, budget.next_turn - now)

    def refused_for(self, account: str, method: str, now: float) -> float:
        """Seconds for which the method has been refused and never served."""
        with self._lock:
            budget = self._budgets.get((account, method))
            return 0.0 if budget is None or budget.refused is None else now - budget.refused

    def start(self, account: str, method: str, now: float) -> None:
        """A call of the method leaves.

        When much of the limit is spent, the next call's turn is put off, so that a long scan
        goes on steadily instead of stopping dead until the window has passed.
        """
        with self._lock:
            budget = self._budget(account, method)
            budget.under_way += 1
            budget.started = now
            if self._limit is None or budget.spent < CALM * self._limit or now >= budget.resets:
                return
            left = self._limit - budget.spent
            pace = self._crowd * budget.each(self._limit) * (budget.resets - now) / left if left > 0 else 0.0
            budget.next_turn = max(now, budget.next_turn) + pace

    def finish(self, account: str, method: str) -> None:
        """A call of the method is back, or was given up."""
        with self._lock:
            budget = self._budget(account, method)
            budget.under_way = max(0, budget.under_way - 1)

    def learn(self, account: str, method: str, time: Mapping[str, Any], now: float) -> None:
        """Takes in the ``time`` of an answer: the method was served."""
        known = reading(time)
        with self._lock:
            budget = self._budget(account, method)
            _served(budget, now)
            if known is None:
                return
            spent, left = known
            step = max(0.0, spent - budget.most)  # an answer that was overtaken tells no cost
            self.total += step
            if budget.resets > 0 and abs(now + left - budget.resets) < MOVED:
                budget.answers += 1
                budget.cost += (step - budget.cost) * max(WEIGHT, 1 / budget.answers)
                budget.most = max(spent, budget.most)
            else:  # others may have spent it, or the window has moved on
                budget.most = spent
            budget.spent = spent
            budget.resets = now + left

    def refused(self, account: str, method: str, now: float) -> None:
        """The server answered OPERATION_TIME_LIMIT."""
        with self._lock:
            budget = self._budget(account, method)
            budget.spent = self._limit or 0.0
            if budget.resets <= now:
                budget.resets = now + BLIND
            budget.blocked = budget.resets  # whatever limit we were told of
            budget.room = 1
            budget.refused = now if budget.refused is None else budget.refused

    def remembered(self, now: float) -> list[Remembered]:
        """What answers have told that still counts."""
        with self._lock:
            return [
                Remembered(*key, b.spent, b.resets - now, b.cost, max(0.0, b.blocked - now))
                for key, b in self._budgets.items()
                if b.resets > now
            ]

    def _budget(self, account: str, method: str) -> _Budget:
        return self._budgets.setdefault((account, method), _Budget())


def _served(budget: _Budget, now: float) -> None:
    """A call was served. Those that are answered while others are refused had left before."""
    budget.refused = None
    if budget.room and now >= budget.blocked:
        budget.room = budget.room + 1 if budget.room < ROOM else 0
