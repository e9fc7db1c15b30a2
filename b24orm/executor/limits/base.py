"""What a sender asks before each request, and tells after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

__all__ = ["Limits", "Turn"]


@dataclass(frozen=True, slots=True)
class Turn:
    """What the limits say to a request that wants to leave.

    Attributes:
        account: whose operating time it spends.
        methods: the methods that it calls.
        wait: seconds to wait.
        granted: whether it may leave after that; if not, it has to ask again.
        ticket: what the limits know the turn by, if they need to.
        leaves: when it leaves, by the client's clock.
    """

    account: str
    methods: Sequence[str]
    wait: float
    granted: bool = True
    ticket: str = ""
    leaves: float = 0.0


class Limits(Protocol):
    """One client's view of a portal's limits.

    The order of things: :meth:`known_wait`, then :meth:`enter`; for a turn that was granted,
    :meth:`give_back` if it was not used and else :meth:`leave`. Only :meth:`enter` and :meth:`moved` may
    ask somebody else. ``now`` is the client's own clock, in seconds.
    """

    @property
    def request_limit(self) -> float:
        """Seconds after which the portal itself gives up a request."""
        ...

    @property
    def operating_seconds(self) -> float:
        """Server time that answers have told of so far."""
        ...

    def known_wait(self, account: str, methods: Sequence[str], now: float) -> float:
        """Seconds that the methods' operating time is known to make a request wait."""
        ...

    def refused_for(self, account: str, methods: Sequence[str], now: float) -> float:
        """Seconds for which a method is known to have been refused, and never served, for its time."""
        ...

    def spare(self, now: float) -> int:
        """Requests that may leave now without waiting; fewer, if that is not known for sure."""
        ...

    async def enter(self, account: str, methods: Sequence[str], now: float) -> Turn:
        """Takes a place in the bucket and notes the methods as under way, or takes nothing."""
        ...

    def give_back(self, turn: Turn, now: float) -> None:
        """A turn that was granted is not used."""
        ...

    def leave(self, turn: Turn, now: float, *, accepted: bool | None) -> None:
        """A request is back: taken, refused for the bucket (False), or nobody can say (None)."""
        ...

    def learn(self, account: str, method: str, time: Mapping[str, Any], now: float) -> None:
        """Takes in the ``time`` of an answer."""
        ...

    def exhausted(self, account: str, method: str, now: float) -> None:
        """The server refused the method for its operating time."""
        ...

    async def moved(self, host: str) -> None:
        """The portal has another host."""
        ...

    async def close(self) -> None:
        """Lets go of whatever the client's view holds open."""
        ...
