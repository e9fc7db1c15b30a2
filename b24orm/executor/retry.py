"""When a call is tried again, and when it must not be."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Final

from b24orm.errors import (
    B24Error,
    ConnectFailed,
    OperatingLimited,
    PortalDown,
    RateLimited,
    ServerFailure,
    TransportError,
    UntrustedCertificate,
)

__all__ = ["READS", "RetryBudget", "RetryPolicy", "is_read", "never_executed", "worth_retrying"]

READS: Final = frozenset(
    (
        "aggregate",
        "children",
        "count",
        "countries",
        "current",
        "documentation",
        "export",
        "fields",
        "findbycomm",
        "get",
        "getchildren",
        "getfields",
        "getlist",
        "getstatus",
        "info",
        "isexisting",
        "items",
        "list",
        "listcontacts",
        "listemployees",
        "methods",
        "multidepartment",
        "openapi",
        "profile",
        "scope",
        "search",
        "senders",
        "subordinates",
        "tail",
        "thread",
        "time",
        "types",
    )
)
"""Last words of the names of methods that only read."""

_TAKES: Final = frozenset(("event.offline.get",))
"""Methods that are called like reads and change something: what they answer is gone from the queue."""


def is_read(method: str) -> bool:
    """Whether a method only reads, by its name; in doubt it writes.

    >>> is_read("crm.deal.list"), is_read("crm.deal.add"), is_read("event.offline.get")
    (True, False, False)
    """
    name = method.lower()
    return name.rpartition(".")[2] in READS and name not in _TAKES


def never_executed(error: B24Error) -> bool:
    """The server, or the network, refused before any work was done.

    A portal that can't ask its authorization server about a token says so before it looks at the method.
    """
    if isinstance(error, ServerFailure):
        return error.code == "CONNECTION_ERROR"
    return isinstance(error, (RateLimited, OperatingLimited, ConnectFailed))


def worth_retrying(error: B24Error, *, write: bool) -> bool:
    """Whether sending again may help, and cannot do harm."""
    if isinstance(error, (PortalDown, UntrustedCertificate)):
        return False
    if never_executed(error):
        return True
    if isinstance(error, ServerFailure):
        return not write and error.code != "REDIRECTED"
    return isinstance(error, TransportError) and not write


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how patiently.

    Attributes:
        attempts: tries in all for a call that fails.
        patience: tries in all for a call that the portal's limits refuse (it was never executed), while
            they let others through.
        base: seconds before the second try; doubled each time, with jitter.
        ceiling: seconds between two tries at the most.
        refusals: seconds for which a method may be refused for its operating time, and never served, before
            its calls are given up: the portal's window lasts ten minutes.
    """

    attempts: int = 5
    patience: int = 100
    base: float = 0.5
    ceiling: float = 30.0
    refusals: float = 900.0

    def delay(self, tries: int, random_share: float | None = None) -> float:
        """Seconds to wait after the given number of tries, between half and all of the step."""
        step = min(self.ceiling, self.base * 2.0 ** (tries - 1))
        share = random.random() if random_share is None else random_share
        return float(step * (0.5 + share / 2))

    def pause(self, error: B24Error, tries: int) -> float:
        """Seconds to wait before the next try. For operating time the limits themselves make wait."""
        return self.delay(1 if isinstance(error, OperatingLimited) else tries)

    def gives_up(self, error: B24Error, tries: int) -> bool:
        """Whether it was tried often enough."""
        limit = self.patience if isinstance(error, (RateLimited, OperatingLimited)) else self.attempts
        return tries >= limit


@dataclass
class RetryBudget:
    """Retries that a client may spend: a portal that fails all the time is not hammered.

    Each failure costs one, each success brings a little back.
    """

    size: float = 60.0
    gain: float = 0.2
    left: float = field(init=False)

    def __post_init__(self) -> None:
        self.left = self.size

    def spend(self) -> bool:
        """Takes one retry, if there is one."""
        if self.left < 1:
            return False
        self.left -= 1
        return True

    def earn(self) -> None:
        """A call went well."""
        self.left = min(self.size, self.left + self.gain)
