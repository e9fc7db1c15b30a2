"""The way through a proxy: found where the system names it, and told apart from the portal when it refuses."""

from __future__ import annotations

import asyncio
import re
import traceback
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from b24orm import AsyncPortal
from b24orm.emulator import LocalPortal
from b24orm.errors import ConnectFailed, NotConfigured, OutcomeUnknown
from b24orm.executor.retry import RetryPolicy
from b24orm.transport.proxies import proxy_for
from tests.faults.stage import certificate

PASSWORD = "pr0xyword77"
NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def _nothing_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RetryPolicy, "delay", lambda *given: 0.002)


# -- which one it is -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://proxy:3128"}, "http://proxy:3128"),
        ({"https_proxy": "proxy:3128"}, "http://proxy:3128"),
        ({"HTTPS_PROXY": "https://proxy"}, "https://proxy"),
        ({"ALL_PROXY": "http://proxy:3128"}, "http://proxy:3128"),
        ({"HTTP_PROXY": "http://proxy:3128"}, None),
        ({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "other,.bitrix24.com"}, None),
        ({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "*"}, None),
        ({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "other"}, "http://proxy:3128"),
    ],
    ids=str,
)
def test_the_environment_names_it(
    environment: dict[str, str], found: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert proxy_for("https", "acme.bitrix24.com") == found


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "[::1]:80"])
def test_this_machine_needs_none(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy:3128")
    assert proxy_for("http", host) is None


async def test_a_proxy_that_does_not_speak_http_is_refused_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"socks5://me:{PASSWORD}@proxy:1080")
    async with AsyncPortal("https://acme.bitrix24.com/rest/1/s3cretcode99/", progress=False) as portal:
        with pytest.raises(NotConfigured, match="the proxy for acme.bitrix24.com speaks socks5") as caught:
            await portal.call("profile")

    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert PASSWORD not in "".join(told.format())


# -- through it ----------------------------------------------------------------------------------


class Proxy:
    """Passes what it is asked for on to a port of this machine, or refuses.

    Args:
        port: where the portal listens.
        refusal: what it says instead.
    """

    def __init__(self, port: int, refusal: bytes = b"") -> None:
        self.asked: list[str] = []
        self.serving: set[asyncio.Task[Any]] = set()
        self._port = port
        self._refusal = refusal

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.serving.add(task)
        try:
            with suppress(asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
                await self._serve(reader, writer)
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.asked.append(head.partition(b" HTTP/")[0].decode())
        if self._refusal:
            writer.write(self._refusal)
            await writer.drain()
            return
        inner, outer = await asyncio.open_connection("127.0.0.1", self._port)
        if head.startswith(b"CONNECT"):
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        else:
            outer.write(_for_the_portal(head))
        with suppress(ConnectionError):
            await asyncio.gather(_copied(reader, outer), _copied(inner, writer))


def _for_the_portal(data: bytes) -> bytes:
    """A proxy is asked for whole addresses, a portal for its paths."""
    return re.sub(rb"^POST http://[^/]+", b"POST ", data)


async def _copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(_for_the_portal(data))
            await writer.drain()
    finally:
        writer.close()


@asynccontextmanager
async def proxying(
    port: int, set_to: Callable[[str, str], None], refusal: bytes = b""
) -> AsyncGenerator[Proxy]:
    proxy = Proxy(port, refusal)
    server = await asyncio.start_server(proxy, "127.0.0.1", 0)
    address = f"http://me:{PASSWORD}@127.0.0.1:{server.sockets[0].getsockname()[1]}"
    set_to("HTTP_PROXY", address)
    set_to("HTTPS_PROXY", address)
    try:
        yield proxy
    finally:
        server.close()
        for task in proxy.serving:
            task.cancel()
        await asyncio.gather(*proxy.serving, return_exceptions=True)


def named(portal: LocalPortal) -> str:
    """The address of a portal by a name that only the proxy knows."""
    return portal.url.replace("127.0.0.1", "acme.portal.test")


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
async def test_a_portal_is_reached_through_it(tls: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    with LocalPortal(deals=60, companies=0, contacts=0, tls=certificate()[0] if tls else None) as shop:
        async with proxying(shop.port, monkeypatch.setenv) as proxy:
            where: dict[str, Any] = {"verify_ssl": False} if tls else {"allow_http": True}
            async with AsyncPortal(named(shop), plan="unlimited", progress=False, **where) as portal:
                rows = await portal.get_all("crm.deal.list")

    place = (
        f"CONNECT acme.portal.test:{shop.port}" if tls else f"POST http://acme.portal.test:{shop.port}/rest/"
    )
    assert (len(rows), all(asked.startswith(place) for asked in proxy.asked)) == (60, True)


REFUSALS = {
    "no password": b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 3\r\n\r\n<p>",
    "no way": b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\n<p>",
}


@pytest.mark.usefixtures("_hasty")
@pytest.mark.parametrize("refusal", REFUSALS)
async def test_a_write_that_it_refuses_never_reached_the_portal(
    refusal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        proxying(1, monkeypatch.setenv, REFUSALS[refusal]) as proxy,
        AsyncPortal("https://acme.portal.test/rest/1/s3cretcode99/", progress=False) as portal,
    ):
        with pytest.raises(ConnectFailed, match="the proxy opens no way: HTTP (407|502)") as caught:
            await portal.call("crm.deal.add", {"fields": {"TITLE": "x"}})

    assert (PASSWORD in str(caught.value), len(proxy.asked)) == (False, 5)


@pytest.mark.usefixtures("_hasty")
async def test_without_tls_only_its_own_word_tells_it_from_the_portal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address = "http://acme.portal.test/rest/1/s3cretcode99/"
    for refusal, kind in (("no password", ConnectFailed), ("no way", OutcomeUnknown)):
        async with (
            proxying(1, monkeypatch.setenv, REFUSALS[refusal]),
            AsyncPortal(address, allow_http=True, progress=False) as portal,
        ):
            with pytest.raises(kind):
                await portal.call("crm.deal.add", {"fields": {"TITLE": "x"}})


@pytest.mark.usefixtures("_hasty")
async def test_where_no_proxy_is_found_its_own_failure_says_so(
    monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{unused_tcp_port}")
    async with AsyncPortal("https://acme.portal.test/rest/1/s3cretcode99/", progress=False) as portal:
        with pytest.raises(ConnectFailed, match="can't connect to the proxy"):
            await portal.call("profile")
