"""A thousand portals in one process: what they cost is counted in objects, sockets, threads and tasks."""

from __future__ import annotations

import asyncio
import gc
import os
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import aiohttp
import pytest

from b24orm import App, AsyncPortal, MemoryTokens, Portal
from b24orm.emulator import LocalPortal
from b24orm.errors import UntrustedCertificate
from b24orm.loop import background
from b24orm.transport.auth.tokens import Tokens
from tests.faults.stage import certificate

PORTALS = 1_000
OPEN = 100
_linux = pytest.mark.skipif(sys.platform != "linux", reason="counts the files of /proc")


@pytest.fixture(scope="module")
def local() -> Iterator[LocalPortal]:
    """One portal that plays all of them: what differs is their tokens."""
    with LocalPortal() as local:
        local.install_app()
        yield local


@pytest.fixture
def app(local: LocalPortal) -> App:
    """An application whose store knows a thousand portals."""
    store = MemoryTokens()
    answer = local.oauth.tokens("local.app")
    for number in range(PORTALS):
        store.save(f"local.app:m{number}", Tokens.parse({**answer, "member_id": f"m{number}"}))
    return App("local.app", "app-secret", store=store, server=local.oauth_url)


def opened(app: App, number: int) -> list[Portal]:
    return [Portal(app.credentials(f"m{n}"), plan="unlimited", progress=False) for n in range(number)]


def files() -> int:
    """Open files and sockets of this process."""
    return len(os.listdir("/proc/self/fd"))


def objects() -> int:
    """What Python's collector knows of."""
    gc.collect()
    return len(gc.get_objects())


def tasks() -> int:
    """Tasks of the background loop, without the one that counts them."""

    async def count() -> int:
        return len(asyncio.all_tasks()) - 1

    return background().run(count())


@_linux
def test_a_portal_that_sends_nothing_costs_a_few_objects(app: App) -> None:
    opened(app, 1)
    before, handles, threads = objects(), files(), threading.active_count()
    made = opened(app, PORTALS)
    each = (objects() - before) / PORTALS
    assert (each <= 12, files() - handles, threading.active_count() - threads) == (True, 0, 0)
    assert len(made) == PORTALS


@_linux
def test_each_that_was_called_holds_one_socket_and_nothing_once_closed(local: LocalPortal, app: App) -> None:
    with opened(app, 1)[0] as first:
        first.call("profile")
    made = opened(app, OPEN)
    threads = threading.active_count()
    for portal in made:
        portal.call("profile")
    ours = sum(_sockets(portal) for portal in made)
    waiting = tasks()
    for portal in made:
        portal.close()
    left = sum(_sockets(portal) for portal in made)
    assert (ours, waiting, threading.active_count() - threads, left) == (OPEN, 0, 0, 0)


def _sockets(portal: Portal) -> int:
    """Connections that a portal holds."""
    session: Any = portal._transport._session if portal._transport is not None else None
    if session is None or session.connector is None:
        return 0
    return sum(len(held) for held in session.connector._conns.values()) + len(session.connector._acquired)


def test_what_was_closed_leaves_no_objects(app: App) -> None:
    def once() -> None:
        for portal in opened(app, OPEN):
            portal.call("profile")
            portal.close()

    once()
    before = objects()
    once()
    assert (objects() - before) / OPEN < 1


@pytest.mark.parametrize("verify", ["as usual", "not at all", "as the program says"])
def test_they_share_what_certificates_are_checked_with(verify: str) -> None:
    """What aiohttp makes for each of its connectors would be half a megabyte a portal."""
    theirs, own = certificate()
    with LocalPortal(tls=theirs) as local:

        def called() -> list[Portal]:
            how: Any = {"as usual": True, "not at all": False}.get(verify, own)
            made = [Portal(local.url, plan="unlimited", progress=False, verify_ssl=how) for _ in range(20)]
            for portal in made:
                with suppress(UntrustedCertificate):
                    portal.call("profile")
            return made

        first = called()
        before = sum(isinstance(thing, ssl.SSLContext) for thing in gc.get_objects())
        second = called()
        after = sum(isinstance(thing, ssl.SSLContext) for thing in gc.get_objects())
        for portal in (*first, *second):
            portal.close()
    assert after == before


async def test_they_are_served_side_by_side_in_asynchronous_code(app: App) -> None:
    async def one(number: int) -> str:
        credentials = await app.acredentials(f"m{number}")
        async with AsyncPortal(credentials, plan="unlimited", progress=False) as portal:
            return str((await portal.call("profile"))["ID"])

    threads = threading.active_count()
    answers = await asyncio.gather(*(one(number) for number in range(OPEN)))
    assert (set(answers), len(answers)) == ({"1"}, OPEN)
    assert threading.active_count() - threads <= 32


async def test_those_that_come_and_go_may_share_the_connections_of_a_session(app: App) -> None:
    made: list[int] = []
    trace = aiohttp.TraceConfig()

    async def created(*_: Any) -> None:
        made.append(1)

    trace.on_connection_create_end.append(created)
    async with aiohttp.ClientSession(trace_configs=[trace], cookie_jar=aiohttp.DummyCookieJar()) as session:
        for number in range(20):
            credentials = await app.acredentials(f"m{number}")
            async with AsyncPortal(credentials, plan="unlimited", progress=False, session=session) as portal:
                await portal.call("profile")
        open_still = not session.closed
    assert (len(made), open_still) == (1, True)
