"""A portal that fails on demand, and a client that does not wait long between its tries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest

from b24orm import Portal
from b24orm.emulator import Fault, LocalPortal
from b24orm.errors import AuthError, B24Error, Disconnected, RateLimited, ServerFailure, TimedOut
from b24orm.executor.retry import RetryPolicy

TIMEOUT: Final = 0.15
"""Seconds that the client waits for an answer of a portal that hangs."""
PATIENCE: Final = 20.0
"""Seconds that it waits for any other answer: the machine may be busy."""

FAULTS: Final[dict[str, Fault]] = {
    "rate limited": Fault("rate_limited"),
    "unavailable": Fault("unavailable"),
    "server error": Fault("server_error"),
    "bad gateway": Fault("bad_gateway"),
    "gateway timeout": Fault("gateway_timeout"),
    "reset before": Fault("reset_before"),
    "reset after": Fault("reset_after"),
    "truncated": Fault("truncated_json"),
    "cut": Fault("cut_body"),
    "content type": Fault("wrong_content_type"),
    "hang": Fault("hang", seconds=2 * TIMEOUT),
    "redirect": Fault("redirect"),
    "expired": Fault("expired_token"),
    "connection error": Fault("connection_error"),
}
"""Every fault the local portal can play."""

HARMLESS: Final = frozenset({"content type"})
"""Faults that leave the answer readable."""
FINAL: Final = frozenset({"redirect", "expired"})
"""Faults that no retry can mend."""
EXECUTED: Final = frozenset({"gateway timeout", "reset after", "truncated", "cut", "hang"})
"""Faults that lose the answer of work that was done."""
REFUSED: Final = frozenset({"rate limited", "connection error"})
"""Faults that say that nothing was done."""

LASTING: Final[dict[str, type[B24Error]]] = {
    "rate limited": RateLimited,
    "unavailable": ServerFailure,
    "server error": ServerFailure,
    "bad gateway": ServerFailure,
    "gateway timeout": ServerFailure,
    "reset before": Disconnected,
    "reset after": Disconnected,
    "truncated": ServerFailure,
    "cut": Disconnected,
    "hang": TimedOut,
    "redirect": ServerFailure,
    "expired": AuthError,
    "connection error": ServerFailure,
}
"""The error that each fault ends in when it does not stop."""


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long between two tries."""
    monkeypatch.setattr(RetryPolicy, "delay", lambda *given: 0.002)


@pytest.fixture(scope="session")
def _running() -> Iterator[LocalPortal]:
    with LocalPortal(deals=130, companies=0, contacts=0) as portal:
        yield portal


@pytest.fixture
def broken(_running: LocalPortal) -> Iterator[LocalPortal]:
    """A portal of three pages that fails as told; as new for each test."""
    yield _running
    _running.faults.clear()
    _running.churn = None
    _running.store.execute("DELETE FROM deal WHERE ID > 130")
    _running.stats.reset()


@pytest.fixture
def timeout(request: pytest.FixtureRequest) -> float:
    """Seconds that the client waits for an answer, by the fault that the test is about."""
    cell = getattr(request.node, "callspec", None)
    return TIMEOUT if cell is not None and cell.params.get("fault") == "hang" else PATIENCE


@pytest.fixture
def client(broken: LocalPortal, timeout: float) -> Iterator[Portal]:
    """A client of that portal."""
    portal = Portal(broken.url, plan="unlimited", progress=False, timeout=timeout)
    yield portal
    portal.close()


def play(portal: LocalPortal, name: str, *, times: int = 1, method: str | None = None) -> None:
    """Lets the next requests fail."""
    fault = FAULTS[name]
    options: dict[str, Any] = {"seconds": fault.seconds, "times": times, "method": method}
    portal.faults.script(Fault(fault.kind, **options))


def fill(portal: LocalPortal, rows: int) -> None:
    """Adds rows, as many as it takes to need several requests."""
    portal.store.load("deal", ("ID", "TITLE"), ((131 + n, f"more {n}") for n in range(rows)))
