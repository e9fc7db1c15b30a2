"""Both kinds of portal behind one way to ask them, and a portal to ask."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, TypeAlias

import pytest

from b24orm import AsyncPortal, Portal
from b24orm.emulator import LocalPortal

Ask: TypeAlias = Callable[..., Awaitable[Any]]
"""``await ask("call", "crm.deal.get", {"ID": 1})``: a method of the portal and its arguments."""


@pytest.fixture(scope="session")
def shop() -> Iterator[LocalPortal]:
    """A portal that tests of reading share."""
    with LocalPortal(deals=330, leads=20, tasks=60, invoices=120, users=60) as portal:
        yield portal


@pytest.fixture
def plain(shop: LocalPortal) -> Iterator[Portal]:
    """A connection to the shop that is nobody's default."""
    client = Portal(shop.url, plan="unlimited", progress=False)
    yield client
    client.close()


@pytest.fixture(params=["Portal", "AsyncPortal"])
async def ask(request: pytest.FixtureRequest, shop: LocalPortal) -> AsyncIterator[Ask]:
    """Asks the shop through either kind of portal, inside a running loop."""
    if request.param == "AsyncPortal":
        async with AsyncPortal(shop.url, plan="unlimited", progress=False) as aclient:
            yield lambda name, *given, **named: getattr(aclient, name)(*given, **named)
        return

    client = Portal(shop.url, plan="unlimited", progress=False)

    async def sync(name: str, *given: Any, **named: Any) -> Any:
        return getattr(client, name)(*given, **named)

    yield sync
    client.close()
