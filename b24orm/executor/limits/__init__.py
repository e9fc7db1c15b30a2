"""The portal's limits, counted exactly as the server counts them.

Two rules (cloud): a leaky bucket of HTTP requests per portal, and the time that each method
may operate within ten minutes. Both are kept per portal and shared by every client object of
the process, whatever thread or event loop it lives in. A sender asks them by the protocol
:class:`Limits`, which says how long to wait and waits for nobody.
"""

from __future__ import annotations

from b24orm.executor.limits.base import Limits, Turn
from b24orm.executor.limits.bucket import Bucket
from b24orm.executor.limits.operating import Operating
from b24orm.executor.limits.plans import PLANS, RateLimits, limits_for
from b24orm.executor.limits.portal import PortalLimits, portal_limits
from b24orm.executor.limits.shared import RedisLimits, SharedLimits

__all__ = [
    "PLANS",
    "Bucket",
    "Limits",
    "Operating",
    "PortalLimits",
    "RateLimits",
    "RedisLimits",
    "SharedLimits",
    "Turn",
    "limits_for",
    "portal_limits",
]
