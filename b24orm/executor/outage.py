"""When a portal counts as down: it has answered nothing for so long that waiting on makes no sense."""

from __future__ import annotations

from typing import Final

__all__ = ["GIVE_UP_AFTER", "Outage"]

GIVE_UP_AFTER: Final = 600.0
"""Seconds without any answer, after which nothing is tried again."""

_PAUSE: Final = 30.0
"""Seconds between two requests to a portal that is down; whatever comes between fails unsent."""


class Outage:
    """How long a portal has answered nothing to what it was sent.

    One answer ends it, whatever it says. Failures that are far apart belong to different outages: in
    between nobody asked.

    Args:
        patience: seconds after which the portal counts as down.
        apart: seconds between a failure and the next request that may belong together.

    >>> outage = Outage(600, apart=240)
    >>> for minute in range(11):
    ...     outage.failed(60.0 * minute, 60.0 * minute + 60)
    >>> outage.is_over_patience(660.0), outage.is_over_patience(3_600.0)
    (True, False)
    """

    def __init__(self, patience: float, *, apart: float) -> None:
        self.patience = patience
        self._apart = apart
        self._since: float | None = None
        self._latest = 0.0
        self._asked = 0.0

    def asked(self, now: float) -> None:
        """A request leaves."""
        self._asked = now

    def failed(self, left: float, now: float) -> None:
        """A request that left then got no answer."""
        if self._since is None or left - self._latest > self._apart:
            self._since = left
        self._latest = now

    def answered(self) -> None:
        """The portal answered."""
        self._since = None

    def seconds(self, now: float) -> float:
        """How long it has lasted; 0 if there is none."""
        if self._since is None or now - max(self._latest, self._asked) > self._apart:
            return 0.0
        return now - self._since

    def is_over_patience(self, now: float) -> bool:
        """Whether the portal counts as down."""
        return self.seconds(now) >= self.patience

    def keeps_back(self, now: float) -> bool:
        """Whether a request is not sent: the portal is down, and was asked a moment ago."""
        return self.is_over_patience(now) and now - max(self._asked, self._latest) < _PAUSE
