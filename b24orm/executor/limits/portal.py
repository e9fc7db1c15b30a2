"""The limits of a portal, counted within this process."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from b24orm.executor.limits.base import Turn
from b24orm.executor.limits.bucket import Bucket
from b24orm.executor.limits.operating import Operating
from b24orm.executor.limits.plans import RateLimits
from b24orm.forking import in_child

__all__ = ["PortalLimits", "portal_limits", "renamed"]


class PortalLimits:
    """Everything that limits one portal. It waits for nobody, and so serves every thread and loop.

    Args:
        limits: what the portal permits, or this process's share of it.
        crowd: how many processes like this one may send at the same moment.
    """

    def __init__(self, limits: RateLimits, crowd: float = 1.0) -> None:
        self.bucket: Bucket = Bucket(limits)
        self.operating: Operating = Operating(limits, crowd)
        self.request_limit: float = limits.request_limit

    @property
    def operating_seconds(self) -> float:
        """Server time that answers have told of so far."""
        return self.operating.total

    def adopt(self, limits: RateLimits) -> None:
        """Takes other limits over: what the newest client knows of the plan is what counts."""
        self.bucket.adopt(limits)
        self.operating.adopt(limits)
        self.request_limit = limits.request_limit

    def known_wait(self, account: str, methods: Sequence[str], now: float) -> float:
        """Seconds that the methods' operating time makes a request wait."""
        return max(self.operating.wait(account, method, now) for method in methods)

    def refused_for(self, account: str, methods: Sequence[str], now: float) -> float:
        """Seconds for which a method has been refused, and never served, for its time."""
        return max(self.operating.refused_for(account, method, now) for method in methods)

    def spare(self, now: float) -> int:
        """Requests that may leave now without waiting."""
        return self.bucket.spare(now)

    async def enter(self, account: str, methods: Sequence[str], now: float) -> Turn:
        """A place in the bucket, unless the operating time of a method is spent. Never suspends."""
        return self.take(account, methods, now)

    def take(self, account: str, methods: Sequence[str], now: float) -> Turn:
        """:meth:`enter`, for callers that are not asynchronous."""
        wait = self.known_wait(account, methods, now)
        if wait > 0:
            return Turn(account, methods, wait, granted=False)
        for method in methods:
            self.operating.start(account, method, now)
        wait = self.bucket.take(now)
        return Turn(account, methods, wait, leaves=now + wait)

    def give_back(self, turn: Turn, now: float) -> None:  # noqa: ARG002 - the protocol's
        """The place and the time of a turn that was not used."""
        self._finish(turn)
        self.bucket.give_back()

    def leave(self, turn: Turn, now: float, *, accepted: bool | None) -> None:
        """A request is back."""
        self._finish(turn)
        self.bucket.answered(now)
        if accepted:
            self.bucket.accepted()
        elif accepted is False:
            self.bucket.refused(now, now - turn.leaves)

    def _finish(self, turn: Turn) -> None:
        for method in turn.methods:
            self.operating.finish(turn.account, method)

    def learn(self, account: str, method: str, time: Mapping[str, Any], now: float) -> None:
        """Takes in the ``time`` of an answer."""
        self.operating.learn(account, method, time, now)

    def exhausted(self, account: str, method: str, now: float) -> None:
        """The server refused the method for its operating time."""
        self.operating.refused(account, method, now)

    async def moved(self, host: str) -> None:
        """Nothing is known by the host here; see :func:`renamed`."""

    async def close(self) -> None:
        """Nothing is held open."""


_shared: dict[tuple[str, float], PortalLimits] = {}
_shared_lock = threading.Lock()


def portal_limits(host: str, limits: RateLimits, crowd: float = 1.0) -> PortalLimits:
    """The limits of a portal, the same object for every client of the process."""
    with _shared_lock:
        found = _shared.get((host, crowd))
        if found is None:
            found = _shared[host, crowd] = PortalLimits(limits, crowd)
        else:
            found.adopt(limits)
        return found


def renamed(old: str, new: str) -> None:
    """A portal has another host: who comes by the new one shares what was counted by the old one."""
    with _shared_lock:
        for (host, crowd), found in list(_shared.items()):
            if host == old:
                _shared.setdefault((new, crowd), found)


def _forked() -> None:
    """What the parent has under way is not under way here, and its locks may be locked for ever."""
    global _shared_lock
    _shared_lock = threading.Lock()
    _shared.clear()


in_child(_forked)
