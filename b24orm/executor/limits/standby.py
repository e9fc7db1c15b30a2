"""What a process counts by while the place that limits are shared in can't be reached."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Hashable
from dataclasses import replace
from typing import Final

from b24orm.executor.limits.plans import RateLimits
from b24orm.executor.limits.portal import PortalLimits, portal_limits
from b24orm.forking import in_child

__all__ = ["Standby", "standby_for", "standby_moves"]

log: Final = logging.getLogger("b24orm")


def _share_of(limits: RateLimits, share: float) -> RateLimits:
    """A process's part of the limits. Operating time is told by each answer and is not divided.

    >>> _share_of(RateLimits(burst=50, per_second=2.0), 0.25).burst
    12
    """
    rate = None if limits.per_second is None else limits.per_second * share
    return replace(limits, burst=max(1, math.floor(limits.burst * share)), per_second=rate)


class Standby:
    """A process's share of a portal's limits, and whether it is in use.

    Attributes:
        limits: the share. It is told of operating time all along, so as to know when it is needed.
        away: whether the process counts by it.
    """

    def __init__(self, host: str, limits: PortalLimits) -> None:
        self.limits = limits
        self.away: bool = False
        self._host = host
        self._lock = threading.Lock()

    def lost(self, reason: Exception, now: float) -> None:
        """The process counts alone from now on. What others did is not known: the bucket is full."""
        with self._lock:
            if self.away:
                return
            self.away = True
        self.limits.bucket.fill(now)
        log.warning(
            "the shared limits of %s can't be reached (%s): going on with this process's share",
            self._host,
            type(reason).__name__,
        )

    def found(self) -> None:
        """The process counts with the others again."""
        with self._lock:
            if not self.away:
                return
            self.away = False
        log.warning("the shared limits of %s are back", self._host)


_standbys: dict[tuple[Hashable, str], Standby] = {}
_lock = threading.Lock()


def standby_for(where: Hashable, host: str, limits: RateLimits, share: float) -> Standby:
    """The standby of a portal, the same object for every client of the process."""
    counted = portal_limits(host, _share_of(limits, share), crowd=1 / share)
    with _lock:
        return _standbys.setdefault((where, host), Standby(host, counted))


def standby_moves(where: Hashable, host: str, standby: Standby) -> Standby:
    """The standby of a portal that has another host now: who comes by that shares it."""
    with _lock:
        return _standbys.setdefault((where, host), standby)


def _forked() -> None:
    """A child finds out by itself whether the shared place can be reached."""
    global _lock
    _lock = threading.Lock()
    _standbys.clear()


in_child(_forked)
