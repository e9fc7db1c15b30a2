"""A portal whose clock can be moved on, an application on it, and stores of every kind."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from b24orm import App, FileTokens, MemoryTokens, Portal, RedisTokens, SqliteTokens
from b24orm.emulator import LocalPortal
from b24orm.transport.auth.stores.base import TokenStore

HOUR = 3600.0


@dataclass
class Clock:
    """The wall clock, and what the test adds to it."""

    ahead: float = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead

    def pass_an_hour(self) -> None:
        """Every access token that exists ends."""
        self.ahead += HOUR + 1


@dataclass
class Scene:
    """A local portal with an installed application."""

    local: LocalPortal
    clock: Clock
    clients: list[Portal] = field(default_factory=list)

    def app(self, **options: Any) -> App:
        """The application; it does not pause between two tries."""
        made = App("local.app", "app-secret", **{"server": self.local.oauth_url, **options})
        made._server = replace(made._server, pause=lambda _: asyncio.sleep(0))
        return made

    def join(self, credentials: Any, **options: Any) -> Portal:
        """A client that nobody else uses, closed after the test."""
        client = Portal(credentials, **{"plan": "unlimited", "progress": False, **options})
        self.clients.append(client)
        return client

    @property
    def exchanges(self) -> int:
        """Token requests so far."""
        return self.local.oauth.requests


@pytest.fixture
def scene() -> Iterator[Scene]:
    """A portal and an application on it."""
    clock = Clock()
    with LocalPortal(deals=60, clock=clock) as local:
        local.install_app()
        made = Scene(local, clock)
        yield made
        for client in made.clients:
            client.close()


Stores = Callable[[], TokenStore]
"""Each call opens the same store, as another process would."""


@pytest.fixture(params=["memory", "file", "sqlite", "redis"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Stores:
    """Every kind of store."""
    if request.param == "memory":
        only = MemoryTokens()
        return lambda: only
    if request.param == "redis":
        url = request.getfixturevalue("redis_server").url
        return lambda: RedisTokens(url)
    kinds: dict[str, Stores] = {
        "file": lambda: FileTokens(tmp_path / "tokens"),
        "sqlite": lambda: SqliteTokens(tmp_path / "tokens.db"),
    }
    return kinds[request.param]
