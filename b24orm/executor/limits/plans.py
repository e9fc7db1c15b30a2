"""What a portal's plan permits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from b24orm.errors import InvalidValue, nearest

__all__ = ["PLANS", "RateLimits", "limits_for"]


@dataclass(frozen=True, slots=True)
class RateLimits:
    """What a portal permits, for ``connect(url, plan=RateLimits(...))``.

    >>> RateLimits(burst=10, per_second=1.0).request_limit
    60.0

    Attributes:
        burst: requests that an idle portal takes at once.
        per_second: requests a second that it takes for ever; None: no limit at all.
        operating_limit: seconds that one method may operate within ten minutes; None: no limit.
        request_limit: seconds after which the portal itself gives up a request; a write whose
            answer was lost may still be under way for so long.
    """

    burst: int = 50
    per_second: float | None = 2.0
    operating_limit: float | None = 480.0
    request_limit: float = 60.0

    def __post_init__(self) -> None:
        if self.burst < 1:
            raise InvalidValue(f"RateLimits.burst must be at least 1, not {self.burst!r}")
        if self.per_second is not None and not self.per_second > 0:
            raise InvalidValue(f"RateLimits.per_second must be positive, not {self.per_second!r}")
        if self.operating_limit is not None and not self.operating_limit > 0:
            text = f"positive, or None for no limit, not {self.operating_limit!r}"
            raise InvalidValue(f"RateLimits.operating_limit must be {text}")
        if not self.request_limit > 0:
            raise InvalidValue(f"RateLimits.request_limit must be positive, not {self.request_limit!r}")


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
