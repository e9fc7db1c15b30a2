"""Failures on demand: scripted one by one, or at random with a seed.

::

    portal.faults.script("unavailable", "reset_after")        # the next two requests
    portal.faults.script(Fault("rate_limited", method="crm.deal.add", times=3))
    portal.faults.script(Fault("reset_after", after=2))              # the third request
    portal.faults.random({"rate_limited": 0.05, "reset_before": 0.01}, seed=7)
    portal.faults.clear()

A fault happens *before* the work, so that nothing was executed, or *after* it, so that the work is
done and only its answer is lost or damaged. Each kind has its usual side; ``executed`` overrides it.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass
from threading import Lock
from types import MappingProxyType
from typing import Final, Literal

__all__ = ["EXECUTED", "STATUS", "Fault", "FaultKind", "Faults"]

FaultKind = Literal[
    "rate_limited",
    "unavailable",
    "server_error",
    "bad_gateway",
    "gateway_timeout",
    "reset_before",
    "reset_after",
    "truncated_json",
    "cut_body",
    "wrong_content_type",
    "hang",
    "expired_token",
    "connection_error",
    "redirect",
    "html_page",
    "half_done",
    "half_answered",
]
"""What goes wrong.

``rate_limited``
    503 with QUERY_LIMIT_EXCEEDED.
``unavailable``, ``server_error``, ``bad_gateway``, ``gateway_timeout``
    503, 500, 502, 504 with an HTML page.
``reset_before``, ``reset_after``
    the connection is reset without an answer, before or after the work.
``truncated_json``
    a complete HTTP answer whose JSON stops in the middle.
``cut_body``
    the connection breaks in the middle of the body.
``wrong_content_type``
    the right body called ``text/html``.
``hang``
    no answer for ``seconds``, then the connection is closed.
``expired_token``
    401 with expired_token.
``connection_error``
    401 with CONNECTION_ERROR: the portal can't ask the authorization server about the token. REST 3.0 has
    one word for this and for a token that has ended.
``redirect``
    302 to another host, as a renamed portal does.
``html_page``
    200 with an HTML page, as a gateway shows during maintenance.
``half_done``
    the server dies in the middle: the first half of a batch was executed, then 500 with an HTML page.
``half_answered``
    a batch is executed, but its answer says nothing of the second half of its commands.
"""

EXECUTED: Final[Mapping[str, bool]] = MappingProxyType(
    {
        "rate_limited": False,
        "unavailable": False,
        "server_error": False,
        "bad_gateway": False,
        "gateway_timeout": True,
        "reset_before": False,
        "reset_after": True,
        "truncated_json": True,
        "cut_body": True,
        "wrong_content_type": True,
        "hang": True,
        "expired_token": False,
        "connection_error": False,
        "redirect": False,
        "html_page": False,
        "half_done": True,
        "half_answered": True,
    }
)
"""Whether the work is done although the answer fails, by kind."""


STATUS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "rate_limited": 503,
        "unavailable": 503,
        "server_error": 500,
        "bad_gateway": 502,
        "gateway_timeout": 504,
        "reset_before": 0,
        "reset_after": 0,
        "hang": 0,
        "expired_token": 401,
        "connection_error": 401,
        "redirect": 302,
        "html_page": 200,
        "half_done": 500,
    }
)
"""The HTTP status of a kind that has one of its own; 0 where no answer comes."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure.

    Attributes:
        kind: what goes wrong.
        method: only requests for this method, or batches with a command of it.
        times: how many matching requests it hits.
        after: how many matching requests pass before.
        seconds: how long ``hang`` is silent.
        location: scheme and host that ``redirect`` names.
        executed: whether the work is done; by default what is usual for the kind.

    Raises:
        ValueError: an unknown kind.
    """

    kind: FaultKind
    _: KW_ONLY
    method: str | None = None
    times: int = 1
    after: int = 0
    seconds: float = 3600.0
    location: str = "https://renamed.invalid"
    executed: bool | None = None

    def __post_init__(self) -> None:
        if self.kind not in EXECUTED:
            raise ValueError(f"no fault is called {self.kind!r}; there are {', '.join(EXECUTED)}")

    @property
    def works(self) -> bool:
        """Whether the request is executed."""
        return EXECUTED[self.kind] if self.executed is None else self.executed

    def matches(self, methods: Iterable[str]) -> bool:
        """Whether it is meant for a request that names these lower-cased methods."""
        return self.method is None or self.method.lower() in methods


@dataclass(slots=True)
class _Scripted:
    fault: Fault
    left: int
    passing: int


class Faults:
    """The failures a portal plays; may be changed while it runs, from any thread."""

    def __init__(self, *scripted: Fault | FaultKind) -> None:
        self._lock = Lock()
        self._script: list[_Scripted] = []
        self._chances: tuple[tuple[Fault, float], ...] = ()
        self._random = random.Random(0)
        self.script(*scripted)

    def script(self, *faults: Fault | FaultKind) -> None:
        """Add failures to be played in this order, one a matching request."""
        entries = [fault if isinstance(fault, Fault) else Fault(fault) for fault in faults]
        with self._lock:
            self._script.extend(_Scripted(entry, entry.times, entry.after) for entry in entries)

    def random(self, chances: Mapping[FaultKind, float] | Mapping[Fault, float], *, seed: int = 0) -> None:
        """Play each kind with its probability (0..1) a request, repeatably by seed.

        Raises:
            ValueError: the probabilities exceed 1 together.
        """
        if sum(chances.values()) > 1:
            raise ValueError("the chances of all faults together exceed 1")
        table = tuple(
            (kind if isinstance(kind, Fault) else Fault(kind), chance) for kind, chance in chances.items()
        )
        with self._lock:
            self._chances, self._random = table, random.Random(seed)

    def clear(self) -> None:
        """No more failures."""
        with self._lock:
            self._script.clear()
            self._chances = ()

    @property
    def pending(self) -> int:
        """Scripted failures not yet played."""
        with self._lock:
            return sum(entry.left for entry in self._script)

    def draw(self, methods: Iterable[str]) -> Fault | None:
        """The failure for a request that names these methods, if any; consumes it."""
        names = tuple(methods)
        with self._lock:
            return self._scripted(names) or self._by_chance(names)

    def _scripted(self, methods: tuple[str, ...]) -> Fault | None:
        for place, entry in enumerate(self._script):
            if entry.fault.matches(methods) and entry.passing:
                entry.passing -= 1
            elif entry.fault.matches(methods):
                entry.left -= 1
                if entry.left <= 0:
                    del self._script[place]
                return entry.fault
        return None

    def _by_chance(self, methods: tuple[str, ...]) -> Fault | None:
        if not self._chances:
            return None
        dice = self._random.random()
        for fault, chance in self._chances:
            dice -= chance
            if dice < 0:
                return fault if fault.matches(methods) else None
        return None
