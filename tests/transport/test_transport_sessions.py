"""Connections that were kept, and sessions that the user made: whose answer it is, and what may be overruled."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from b24orm import AsyncPortal, Portal
from b24orm.emulator import Fault, LocalPortal
from b24orm.errors import (
    B24Error,
    ConnectFailed,
    Disconnected,
    NotFound,
    UntrustedCertificate,
    UsageError,
)
from b24orm.executor.retry import RetryPolicy
from b24orm.transport.base import Request
from b24orm.transport.http import HttpTransport

SECRET = "s3cretcode99"
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def request(address: str, body: bytes = b"{}") -> Request:
    return Request(f"{address}/rest/1/{SECRET}/profile", body, 10.0, "profile", "acme.bitrix24.com")


@pytest.fixture(params=["its own session", "a session of the user's"])
async def transport(request: pytest.FixtureRequest) -> AsyncIterator[HttpTransport]:
    if request.param == "its own session":
        made = HttpTransport()
        yield made
        await made.close()
    else:
        async with aiohttp.ClientSession() as session:
            yield HttpTransport(session=session)


@asynccontextmanager
async def serving(serve: Serve) -> AsyncGenerator[str]:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


class Numbering:
    """Answers each request with its number, as often as it is told; notes who asked.

    Args:
        times: how often each request is answered.
    """

    def __init__(self, *, times: int = 1) -> None:
        self.connections = 0
        self.asked = 0
        self._times = times

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                size = next(
                    line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
                )
                await reader.readexactly(int(size.partition(b":")[2]))
                self.asked += 1
                for _ in range(self._times):
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d" % self.asked)
                    await writer.drain()
                    await asyncio.sleep(0)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


async def ask(transport: HttpTransport, address: str, **options: Any) -> bytes:
    found = (await transport.send(request(address, **options))).body
    await asyncio.sleep(0.02)  # what nobody asked for is here by then
    return found


@pytest.mark.parametrize("size", [2, 2_000_000])
async def test_a_second_answer_is_not_taken_for_the_answer_to_the_next_request(
    transport: HttpTransport, size: int
) -> None:
    server = Numbering(times=2)
    async with serving(server) as address:
        bodies = [await ask(transport, address, body=b"x" * size) for _ in range(3)]

    assert (bodies, server.asked) == ([b"1", b"2", b"3"], 3)


async def test_without_a_look_at_the_connection_it_is_used_as_aiohttp_gives_it(
    transport: HttpTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Should aiohttp call its parts by other names one day, requests are sent all the same."""
    monkeypatch.delattr("aiohttp.http_writer.StreamWriter.protocol")
    server = Numbering()
    async with serving(server) as address:
        bodies = [await ask(transport, address, body=b"x" * size) for size in (2, 2_000_000)]

    assert bodies == [b"1", b"2"]


async def test_so_it_is_where_aiohttp_writes_bodies_in_another_way(
    transport: HttpTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Unseen(aiohttp.BytesPayload):
        written = kept_back = observed = False

    monkeypatch.setattr("b24orm.transport.connections.body_types", lambda: (Unseen, Unseen, Unseen))
    server = Numbering()
    async with serving(server) as address:
        bodies = [await ask(transport, address) for _ in range(2)]

    assert bodies == [b"1", b"2"]


async def test_a_connection_that_was_kept_through_a_sleep_of_the_machine_is_not_used(
    transport: HttpTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, real = Numbering(), time.time
    async with serving(server) as address:
        await ask(transport, address)
        await ask(transport, address)
        monkeypatch.setattr(time, "time", lambda: real() + 3600)
        bodies = [await ask(transport, address) for _ in range(2)]

    assert (bodies, server.connections) == ([b"3", b"4"], 2)


async def test_addresses_are_looked_up_again_when_nobody_is_there(
    monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int
) -> None:
    """A portal may move to another address while the old one is remembered."""
    server, known = Numbering(), iter(["127.0.0.2"])
    loop = asyncio.get_running_loop()
    real = loop.getaddrinfo

    async def look_up(host: str, *given: Any, **options: Any) -> Any:
        return await real(next(known, "127.0.0.1") if host == "acme.test" else host, *given, **options)

    monkeypatch.setattr(loop, "getaddrinfo", look_up)
    transport = HttpTransport()
    async with serving(server) as address:
        there = address.replace("127.0.0.1", "acme.test")
        with pytest.raises(ConnectFailed):
            await ask(transport, there)
        found = await ask(transport, there)
    await transport.close()

    assert found == b"1"


LAST = """
import atexit, sys
from b24orm import Portal
portal = Portal(sys.argv[1], progress=False, allow_http=True)

def last():
    try:
        portal.call("profile")
    except Exception as error:
        print(type(error).__name__, error)

atexit.register(last)
"""


def test_a_first_call_of_a_program_that_ends_is_refused_at_once(unused_tcp_port: int) -> None:
    """Names are looked up in threads, and there are none any more."""
    command = [sys.executable, "-c", LAST, f"http://localhost:{unused_tcp_port}/rest/1/{SECRET}/"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert ended.stdout.startswith("UsageError the program is ending: no connection to localhost")


# -- sessions of the user's own ----------------------------------------------------------------------


@pytest.fixture
def shop() -> Any:
    with LocalPortal(deals=60, companies=0, contacts=0, users=1) as portal:
        yield portal


@asynccontextmanager
async def portal_of(shop: LocalPortal, **options: Any) -> AsyncGenerator[AsyncPortal]:
    async with (
        aiohttp.ClientSession(**options) as session,
        AsyncPortal(shop.url, session=session, progress=False, plan="unlimited") as portal,
    ):
        yield portal


async def test_a_session_that_raises_for_a_status_does_not_hide_what_the_portal_says(
    shop: LocalPortal,
) -> None:
    async with portal_of(shop, raise_for_status=True) as portal:
        with pytest.raises(NotFound, match="Not found"):
            await portal.call("crm.deal.get", {"id": 9_999})


async def test_nor_does_it_make_a_refused_write_an_unknown_one(shop: LocalPortal) -> None:
    shop.faults.script("rate_limited")
    async with portal_of(shop, raise_for_status=True) as portal:
        assert await portal.call("crm.deal.add", {"fields": {"TITLE": "x"}}) == 61


@pytest.mark.parametrize(
    "options",
    [
        {"base_url": "https://elsewhere.example/rest/"},
        {"auto_decompress": False},
        {"timeout": aiohttp.ClientTimeout(total=1e-6)},
        {"headers": {"Content-Type": "text/plain", "Accept": "text/html"}},
        {"read_bufsize": 16},
        {"cookies": {"a": "b"}},
        {"version": aiohttp.HttpVersion10},
    ],
    ids=lambda options: next(iter(options)),
)
async def test_what_a_session_is_set_to_changes_no_answer(shop: LocalPortal, options: Any) -> None:
    async with portal_of(shop, **options) as portal:
        assert len(await portal.get_all("crm.deal.list")) == 60


async def breaks(*given: Any) -> Any:
    raise KeyError(SECRET)


def tracing() -> aiohttp.TraceConfig:
    trace: Any = aiohttp.TraceConfig()
    trace.on_request_end.append(breaks)
    return trace


@pytest.mark.parametrize(
    "options",
    [{"trace_configs": [tracing()]}, {"middlewares": (breaks,)}],
    ids=lambda options: next(iter(options)),
)
async def test_a_mistake_in_it_is_an_error_that_leaves_the_fate_of_a_write_open(
    shop: LocalPortal, options: Any
) -> None:
    async with aiohttp.ClientSession(**options) as session:
        with pytest.raises(Disconnected) as caught:
            await HttpTransport(session=session).send(request(shop.url.partition("/rest")[0]))

    place = f"test_transport_sessions.py:{breaks.__code__.co_firstlineno + 1}"
    assert str(caught.value).endswith(f"the session raised KeyError at {place}")


def test_a_session_of_another_loop_is_refused_before_anything_is_sent(shop: LocalPortal) -> None:
    async def used() -> None:
        async with aiohttp.ClientSession() as session:
            portal = Portal(shop.url, session=session, progress=False)
            with pytest.raises(UsageError, match="AsyncPortal takes a session of the loop"):
                await portal.call("profile")  # type: ignore[misc]
            portal.close()

    asyncio.run(used())
    assert shop.stats.requests == 0


async def test_a_session_that_is_closed_while_answers_are_awaited_ends_them_all(
    shop: LocalPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RetryPolicy, "delay", lambda *given: 0.002)
    shop.faults.script(Fault("hang", times=9))
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)) as session,
        AsyncPortal(shop.url, session=session, progress=False, plan="unlimited") as portal,
    ):
        waiting = [asyncio.ensure_future(portal.call("crm.deal.get", {"id": n})) for n in range(3)]
        await asyncio.sleep(0.05)
        await session.close()
        outcomes = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 5)

    assert all(isinstance(outcome, B24Error) for outcome in outcomes), outcomes


async def test_a_certificate_with_another_fingerprint_is_not_trusted() -> None:
    class Pinned:
        closed = False

        def request(self, *given: Any, **options: Any) -> Any:
            raise aiohttp.ServerFingerprintMismatch(b"1" * 32, b"2" * 32, "acme", 443)

    with pytest.raises(UntrustedCertificate, match="ServerFingerprintMismatch"):
        await HttpTransport(session=Pinned()).send(request("https://acme"))  # type: ignore[arg-type]
