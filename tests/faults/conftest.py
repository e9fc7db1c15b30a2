"""A portal that fails on demand, and a client that does not wait long between its tries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest

from b24orm import Portal
from b24orm.emulator import Fault, LocalPortal
from b24orm.executor.retry import RetryPolicy

TIMEOUT: Final = 0.25
"""Seconds that the client waits for an answer."""

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
}
"""Every fault the local portal can play."""

HARMLESS: Final = frozenset({"content type"})
"""Faults that leave the answer readable."""
FINAL: Final = frozenset({"redirect", "expired"})
"""Faults that no retry can mend."""
EXECUTED: Final = frozenset({"gateway timeout", "reset after", "truncated", "cut", "hang"})
"""Faults that lose the answer of work that was done."""
REFUSED: Final = frozenset({"rate limited"})
"""Faults that say that nothing was done."""


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RetryPolicy, "delay", lambda *given: 0.002)


@pytest.fixture
def broken() -> Iterator[LocalPortal]:
    """A portal of three pages that fails as told."""
    with LocalPortal(deals=130, companies=0, contacts=0) as portal:
        yield portal


@pytest.fixture
def client(broken: LocalPortal) -> Iterator[Portal]:
    """A client of that portal."""
    portal = Portal(broken.url, plan="unlimited", progress=False, timeout=TIMEOUT)
    yield portal
    portal.close()


def play(portal: LocalPortal, name: str, *, times: int = 1, method: str | None = None) -> None:
    """Lets the next requests fail."""
    fault = FAULTS[name]
    options: dict[str, Any] = {"seconds": fault.seconds, "times": times, "method": method}
    portal.faults.script(Fault(fault.kind, **options))
