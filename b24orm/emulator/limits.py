"""The two limits of the cloud: requests a second and operating time per method.

*Requests*: a counter per remote address grows by one with each HTTP request and shrinks by ``rate``
once a second; a request that meets ``burst`` or more is refused before anything runs and is not counted.
*Operating time*: seconds spent inside methods, per credential and method, in one-minute baskets
of which the last ten count. The check comes before a call, the entry after the response.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, Literal

__all__ = [
    "BUCKETS",
    "BUCKET_SECONDS",
    "PLANS",
    "LeakyBucket",
    "Meter",
    "OperatingBudget",
    "Plan",
    "plan_named",
]

BUCKETS: Final = 10
BUCKET_SECONDS: Final = 60
WINDOW_SECONDS: Final = BUCKETS * BUCKET_SECONDS
_MINIMUM_SECONDS: Final = 0.1
"""A method's time within one request up to here is not counted at all."""

Key = Hashable


@dataclass(frozen=True, slots=True)
class Plan:
    """What a portal allows.

    Attributes:
        burst: requests that the counter holds; None switches the request limit off.
        rate: requests drained each second.
        operating: seconds a method may run in ten minutes; None switches that limit off.
        drain: ``step`` takes ``rate`` off at each full second, ``continuous`` all the time.
        license: how ``app.info`` spells the plan.
        lacks: features that it does not have, as ``feature.get`` names them: without
            ``rest_offline_extended`` offline events can't be reserved, without ``rest_auth_connector``
            they have no parts.
    """

    burst: int | None = 50
    rate: float = 2.0
    operating: float | None = 480.0
    drain: Literal["step", "continuous"] = "step"
    license: str = "com_pro100"
    lacks: frozenset[str] = frozenset()


PLANS: Final = MappingProxyType(
    {
        "standard": Plan(),
        "enterprise": Plan(burst=250, rate=5.0, license="com_ent250"),
        "unlimited": Plan(burst=None, operating=None),
    }
)


def plan_named(plan: str | Plan, **changes: object) -> Plan:
    """A plan by name, or the plan itself, with single parameters changed.

    Raises:
        ValueError: no plan has that name.
    """
    if isinstance(plan, str):
        if plan not in PLANS:
            raise ValueError(f"no plan is called {plan!r}; there are {', '.join(PLANS)}")
        plan = PLANS[plan]
    return replace(plan, **changes)  # type: ignore[arg-type]


class LeakyBucket:
    """The request counter, one level per remote address."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._levels: dict[str, tuple[float, float]] = {}

    def take(self, remote: str, now: float) -> bool:
        """Count a request at ``now`` (seconds); False if it is to be refused."""
        if self._plan.burst is None:
            return True
        level = self.level(remote, now)
        accepted = level < self._plan.burst
        self._levels[remote] = (level + accepted, now)
        return accepted

    def level(self, remote: str, now: float) -> float:
        """The counter of an address at ``now``."""
        level, seen = self._levels.get(remote, (0.0, now))
        passed = now - seen if self._plan.drain == "continuous" else int(now) - int(seen)
        return max(0.0, level - max(0.0, passed) * self._plan.rate)


@dataclass(slots=True)
class _Basket:
    seconds: float
    expires_at: float


class OperatingBudget:
    """Operating seconds by key, kept for the running minute and the nine before."""

    def __init__(self, limit: float | None) -> None:
        self.limit = limit
        self._baskets: dict[Key, dict[int, _Basket]] = {}

    def used(self, key: Key, minute: int) -> float:
        """Seconds in the window that ends with ``minute`` (unix time div 60)."""
        return sum(basket.seconds for basket in self._window(key, minute).values())

    def reset_at(self, key: Key, minute: int) -> float | None:
        """When the oldest filled basket expires, in unix seconds; None if all are empty."""
        window = self._window(key, minute)
        return window[min(window)].expires_at if window else None

    def add(self, key: Key, minute: int, seconds: float, first_start: float) -> None:
        """Enter seconds; the first entry of a minute decides when that basket expires."""
        baskets = self._baskets.setdefault(key, {})
        for old in [number for number in baskets if number <= minute - BUCKETS]:
            del baskets[old]
        basket = baskets.setdefault(minute, _Basket(0.0, first_start + WINDOW_SECONDS))
        basket.seconds += seconds

    def clear(self) -> None:
        """Forget everything that was used."""
        self._baskets.clear()

    def _window(self, key: Key, minute: int) -> dict[int, _Basket]:
        baskets = self._baskets.get(key)
        if not baskets:
            return {}
        return {number: basket for number, basket in baskets.items() if minute - BUCKETS < number <= minute}


@dataclass(slots=True)
class _Runs:
    starts: list[float] = field(default_factory=list[float])
    finishes: list[float] = field(default_factory=list[float])

    def pairs(self) -> list[float]:
        # Ends are paired with starts by position, so a run that failed shifts those after it.
        return [finish - start for start, finish in zip(self.starts, self.finishes, strict=False)]


class Meter:
    """The operating time of one HTTP request, entered into the budget when it is over."""

    def __init__(self, budget: OperatingBudget, started: float) -> None:
        self._budget = budget
        self._started = started
        self._minute = int(started) // BUCKET_SECONDS
        self._runs: dict[Key, _Runs] = {}

    def blocked(self, key: Key) -> bool:
        """Whether the method has used more than its limit, earlier long runs of this request included."""
        limit = self._budget.limit
        return limit is not None and self.operating(key) > limit

    def operating(self, key: Key) -> float:
        """What ``time.operating`` says: the stored window plus this request's runs of over 0.1 s."""
        runs = self._runs.get(key)
        own = sum(seconds for seconds in runs.pairs() if seconds > _MINIMUM_SECONDS) if runs else 0.0
        return self._budget.used(key, self._minute) + own

    def reset_at(self, key: Key) -> int:
        """What ``time.operating_reset_at`` says."""
        stored = self._budget.reset_at(key, self._minute)
        return int(self._started + WINDOW_SECONDS if stored is None else stored)

    def start(self, key: Key, moment: float) -> None:
        """A method begins."""
        self._runs.setdefault(key, _Runs()).starts.append(moment)

    def finish(self, key: Key, moment: float) -> None:
        """A method ended well; one that failed is never entered."""
        self._runs[key].finishes.append(moment)

    def commit(self) -> None:
        """Enter what this request used, each method's sum only if it is over 0.1 s."""
        for key, runs in self._runs.items():
            seconds = sum(runs.pairs())
            if seconds > _MINIMUM_SECONDS:
                self._budget.add(key, self._minute, seconds, runs.starts[0])
        self._runs.clear()
