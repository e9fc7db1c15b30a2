"""One request over a real socket: what arrives, and what is said of what does not."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.test_utils import TestServer

from b24orm.errors import (
    ConnectFailed,
    Disconnected,
    PortalClosed,
    TimedOut,
    TransportError,
    UntrustedCertificate,
)
from b24orm.transport.base import Request, Response
from b24orm.transport.http import HttpTransport

SECRET = "s3cretcode99"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Serve = Callable[[Handler], Awaitable[str]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Starts a server: ``await serve(handler)`` is its address."""
    running: list[TestServer] = []

    async def start(handler: Handler) -> str:
        app = web.Application(client_max_size=2**26)
        app.router.add_route("*", "/{tail:.*}", handler)
        server = TestServer(app)
        await server.start_server()
        running.append(server)
        return f"http://{server.host}:{server.port}"

    yield start
    for server in running:
        await server.close()


@pytest.fixture
async def transport() -> AsyncIterator[HttpTransport]:
    made = HttpTransport()
    yield made
    await made.close()


def request(address: str, body: bytes = b"{}", timeout: float = 10.0) -> Request:
    return Request(f"{address}/rest/1/{SECRET}/profile", body, timeout, "profile", "acme.bitrix24.com")


def answering(status: int = 200, **options: Any) -> Handler:
    async def handler(asked: web.Request) -> web.StreamResponse:
        return web.Response(status=status, **options)

    return handler


async def test_a_json_document_is_posted(serve: Serve, transport: HttpTransport) -> None:
    async def handler(asked: web.Request) -> web.StreamResponse:
        return web.json_response([asked.method, asked.content_type, asked.path, await asked.json()])

    response = await transport.send(request(await serve(handler), b'{"a":1}'))

    assert response.body == b'["POST", "application/json", "/rest/1/s3cretcode99/profile", {"a": 1}]'


@pytest.mark.parametrize("coding", [web.ContentCoding.gzip, web.ContentCoding.deflate])
async def test_a_compressed_answer_is_asked_for_and_read(
    serve: Serve, transport: HttpTransport, coding: web.ContentCoding
) -> None:
    async def handler(asked: web.Request) -> web.StreamResponse:
        answer = web.json_response([coding.value in asked.headers["Accept-Encoding"], "x" * 9_000])
        answer.enable_compression(coding)
        return answer

    response = await transport.send(request(await serve(handler)))

    assert response.body == b'[true, "' + b"x" * 9_000 + b'"]'


async def test_requests_one_after_the_other_share_a_connection(
    serve: Serve, transport: HttpTransport
) -> None:
    async def handler(asked: web.Request) -> web.StreamResponse:
        assert asked.transport is not None
        return web.json_response(asked.transport.get_extra_info("peername")[1])

    address = await serve(handler)
    ports = {(await transport.send(request(address))).body for _ in range(3)}

    assert len(ports) == 1


async def test_further_headers_arrive(serve: Serve, transport: HttpTransport) -> None:
    async def handler(asked: web.Request) -> web.StreamResponse:
        return web.json_response([asked.headers.get("Idempotency-Key"), asked.content_type])

    asked = replace(request(await serve(handler)), headers={"Idempotency-Key": "k1"})

    assert (await transport.send(asked)).body == b'["k1", "application/json"]'


async def test_a_large_document_arrives_whole(serve: Serve, transport: HttpTransport) -> None:
    async def handler(asked: web.Request) -> web.StreamResponse:
        return web.Response(text=str(len(await asked.read())))

    response = await transport.send(request(await serve(handler), b"x" * 3_000_000))

    assert response.body == b"3000000"


async def test_the_answer_is_handed_on_as_it_came(serve: Serve, transport: HttpTransport) -> None:
    address = await serve(answering(503, body=b"\xff", content_type="Text/HTML", charset="utf-8"))

    assert await transport.send(request(address)) == Response(503, "text/html", b"\xff")


async def test_a_redirect_is_not_followed(serve: Serve, transport: HttpTransport) -> None:
    address = await serve(answering(302, headers={"Location": "https://new.bitrix24.com/"}))

    response = await transport.send(request(address))

    assert (response.status, response.location) == (302, "https://new.bitrix24.com/")


async def test_cookies_are_not_kept(serve: Serve, transport: HttpTransport) -> None:
    async def handler(asked: web.Request) -> web.StreamResponse:
        answer = web.Response(text=str(len(asked.cookies)))
        answer.set_cookie("sid", "1")
        return answer

    address = await serve(handler)
    await transport.send(request(address))

    assert (await transport.send(request(address))).body == b"0"


# -- no answer -----------------------------------------------------------------------------------


async def failure(transport: HttpTransport, asked: Request) -> TransportError:
    with pytest.raises(TransportError) as caught:
        await transport.send(asked)
    return caught.value


async def test_an_answer_that_comes_too_late_is_a_timeout(serve: Serve, transport: HttpTransport) -> None:
    async def handler(asked: web.Request) -> web.StreamResponse:
        await asyncio.sleep(5)
        return web.Response()

    error = await failure(transport, request(await serve(handler), timeout=0.05))

    assert (type(error), str(error)) == (TimedOut, "profile on acme.bitrix24.com: no answer within 0.05 s")


async def test_nobody_at_home_is_a_failed_connection(transport: HttpTransport, unused_tcp_port: int) -> None:
    error = await failure(transport, request(f"http://127.0.0.1:{unused_tcp_port}"))

    assert type(error) is ConnectFailed


async def test_a_line_cut_before_the_answer_is_a_broken_connection(
    serve: Serve, transport: HttpTransport
) -> None:
    async def handler(asked: web.Request) -> web.StreamResponse:
        assert asked.transport is not None
        asked.transport.close()
        return web.Response()

    assert type(await failure(transport, request(await serve(handler)))) is Disconnected


async def test_a_line_cut_within_the_answer_is_a_broken_connection(
    serve: Serve, transport: HttpTransport
) -> None:
    async def handler(asked: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Length": "100"})
        await answer.prepare(asked)
        await answer.write(b"half")
        assert asked.transport is not None
        asked.transport.close()
        return answer

    assert type(await failure(transport, request(await serve(handler)))) is Disconnected


async def test_a_get_is_not_sent_again_without_a_word(serve: Serve, transport: HttpTransport) -> None:
    asked_for: list[str] = []

    async def handler(asked: web.Request) -> web.StreamResponse:
        asked_for.append(asked.path)
        assert asked.transport is not None
        asked.transport.close()
        return web.Response()

    error = await failure(transport, replace(request(await serve(handler)), verb="GET"))
    assert (type(error), len(asked_for)) == (Disconnected, 1)
    assert str(error).endswith("the connection broke: ServerDisconnectedError")


class BrokenSession:
    """A session whose every request fails."""

    closed = False

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def request(self, *_: Any, **__: Any) -> Any:
        raise self.error


KEY = ConnectionKey("acme.bitrix24.com", 443, True, True, None, None, None)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (aiohttp.ClientConnectorError(KEY, OSError(111, "Connection refused")), ConnectFailed),
        (aiohttp.ClientConnectorDNSError(KEY, OSError(-2, "Name or service not known")), ConnectFailed),
        (aiohttp.ClientConnectorSSLError(KEY, OSError(1, "handshake failure")), ConnectFailed),
        (aiohttp.ClientConnectorCertificateError(KEY, ssl.CertificateError("bad")), UntrustedCertificate),
        (aiohttp.ConnectionTimeoutError("connecting"), ConnectFailed),
        (aiohttp.ServerTimeoutError("reading"), TimedOut),
        (asyncio.TimeoutError(), TimedOut),
        (aiohttp.ServerDisconnectedError(), Disconnected),
        (aiohttp.ClientOSError(104, "Connection reset by peer"), Disconnected),
        (aiohttp.ClientPayloadError("half"), Disconnected),
        (aiohttp.InvalidURL(f"https://acme/rest/1/{SECRET}/"), TransportError),
    ],
    ids=lambda part: type(part).__name__ if isinstance(part, Exception) else part.__name__,
)
async def test_every_failure_has_its_class(error: Exception, kind: type[TransportError]) -> None:
    found = await failure(HttpTransport(session=BrokenSession(error)), request("https://acme"))  # type: ignore[arg-type]

    assert (isinstance(found, kind), SECRET in str(found)) == (True, False)


# -- sessions ----------------------------------------------------------------------------------------


async def test_a_session_of_ones_own_is_left_open(serve: Serve) -> None:
    async with aiohttp.ClientSession() as session:
        transport = HttpTransport(session=session)
        await transport.send(request(await serve(answering())))
        await transport.close()

        assert not session.closed


async def test_nothing_is_sent_after_closing() -> None:
    transport = HttpTransport()
    await transport.close()

    with pytest.raises(PortalClosed):
        await transport.send(request("http://127.0.0.1"))


async def test_a_session_that_was_closed_elsewhere_is_refused() -> None:
    session = aiohttp.ClientSession()
    await session.close()

    with pytest.raises(PortalClosed):
        await HttpTransport(session=session).send(request("http://127.0.0.1"))
