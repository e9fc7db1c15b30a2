"""An application on a local portal, and its connection by token."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from b24orm import App, AsyncPortal, Portal
from b24orm.emulator import LocalPortal

EVENTS = ("ONCRMDEALADD", "ONCRMDEALUPDATE", "ONCRMDEALDELETE")


class Clock:
    """Time that passes when somebody waits; notes each wait, and does what is to happen meanwhile."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self.meanwhile: list[Any] = []

    def now(self) -> float:
        return sum(self.waits)

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        if self.meanwhile:
            self.meanwhile.pop(0)()


def client_of(
    kind: type[Any], local: LocalPortal, client_id: str = "shop.sync", *, admin: bool = True
) -> Any:
    """An application's connection; that of an employee has nothing but a token."""
    local.install_app(client_id)
    if admin:
        tokens = App(client_id, "app-secret", server=local.token_url).installed(
            local.install_event(client_id)
        )
        return kind(tokens, plan="unlimited", progress=False)
    token = local.issue_token(client_id=client_id, admin=False)
    return kind(local.token_url, token_func=lambda: token, plan="unlimited", progress=False)


@pytest.fixture
def local() -> Iterator[LocalPortal]:
    """An empty portal."""
    with LocalPortal() as portal:
        yield portal


@pytest.fixture
def portal(local: LocalPortal) -> Iterator[Portal]:
    """An application's connection that listens to what happens to deals."""
    with client_of(Portal, local) as client:
        for event in EVENTS:
            client.bind_event(event)
        yield client


@pytest.fixture
async def aportal(local: LocalPortal) -> AsyncIterator[AsyncPortal]:
    """The same for asynchronous code."""
    async with client_of(AsyncPortal, local) as client:
        for event in EVENTS:
            await client.abind_event(event)
        yield client


@pytest.fixture
def clock() -> Clock:
    return Clock()


def add(local: LocalPortal, count: int = 1) -> list[int]:
    """Deals that somebody else adds."""
    return [local.store.insert("deal", {"TITLE": f"Deal {number}"}) for number in range(count)]


def queue(local: LocalPortal) -> list[tuple[int, bool, bool]]:
    """The portal's queue: number, whether it is reserved, whether it is in error."""
    rows = local.store.rows("event_offline", ["ID", "PROCESS_ID", "ERROR"])
    return [(row["ID"], bool(row["PROCESS_ID"]), bool(row["ERROR"])) for row in rows]
