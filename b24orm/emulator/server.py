"""The socket side: an aiohttp server that reads requests, waits as long as they cost, and sends.

Failures that concern the connection itself (resets, cut bodies, silence) are played here.
"""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct
import time
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from b24orm.emulator.engine import Engine
from b24orm.emulator.reply import Reply
from b24orm.emulator.request import Incoming

__all__ = ["Door"]

_TOKEN_ENDPOINT: Final = "/oauth/token"
"""Another server in truth, which does not move with the portal."""
_GLANCE: Final = 0.02
"""Seconds between two looks at whether a client that is told nothing is still there."""


class Door:
    """Handles the HTTP requests of one portal.

    Args:
        engine: the portal.
        latency: seconds slept for each modelled second; 0 never sleeps.
        compress: gzip answers for clients that accept it.

    Attributes:
        moved_to: gives the scheme and host that the portal has now; this door only says so.
    """

    def __init__(self, engine: Engine, *, latency: float = 0.0, compress: bool = False) -> None:
        self._engine = engine
        self._latency = latency
        self._compress = compress
        self.moved_to: Callable[[], str] | None = None

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        if self.moved_to is not None and not request.path.startswith(_TOKEN_ENDPOINT):
            return web.Response(status=302, headers={"Location": self.moved_to() + request.raw_path})
        loop = asyncio.get_running_loop()
        arrived = loop.time()
        if self._latency:
            await asyncio.sleep(0)  # who arrived at the same time shall note it before anybody is served
        try:
            incoming = await _incoming(request)
        except ConnectionError:
            return web.Response(status=400)  # who asked is gone, and nobody reads it
        reply = self._engine.take(incoming)
        try:
            if self._latency and reply.seconds:  # a portal serves side by side; this machine in turn
                await asyncio.sleep(max(0.0, arrived + reply.seconds * self._latency - loop.time()))
        finally:
            self._engine.settle(reply)
        if reply.fault is not None and reply.fault.kind in _BREAKERS:
            return await _BREAKERS[reply.fault.kind](request, reply, reply.fault.seconds)
        return self._response(request, reply)

    def _response(self, request: web.BaseRequest, reply: Reply) -> web.StreamResponse:
        response = web.Response(status=reply.status, body=reply.body, headers=_headers(reply))
        if self._compress and "gzip" in request.headers.get("Accept-Encoding", ""):
            response.body = gzip.compress(reply.body, 1)
            response.headers["Content-Encoding"] = "gzip"
        return response


async def _incoming(request: web.BaseRequest) -> Incoming:
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer proper is still to come
    path, _, query = request.raw_path.partition("?")
    return Incoming(
        verb=request.method,
        path=path,
        query=query,
        content_type=request.headers.get("Content-Type", ""),
        authorization=request.headers.get("Authorization", ""),
        body=await request.content.read() if request.can_read_body else b"",
        idempotency_key=request.headers.get("Idempotency-Key"),
        remote=request.remote or "",
        origin=f"{request.scheme}://{request.host}",
        range=request.headers.get("Range", ""),
        agent=request.headers.get("User-Agent", ""),
    )


def _headers(reply: Reply) -> dict[str, str]:
    return {**dict(reply.headers), "Content-Type": reply.content_type}


# -- failures of the connection -----------------------------------------------------------------


async def _reset(request: web.BaseRequest, _: Reply, __: float) -> web.StreamResponse:
    """Reset the connection: no lingering, so that the peer sees RST instead of an orderly end."""
    transport = request.transport
    if transport is not None:
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response()


async def _cut(request: web.BaseRequest, reply: Reply, _: float) -> web.StreamResponse:
    """Announce the whole body, send half of it and close."""
    response = web.StreamResponse(status=reply.status, headers=_headers(reply))
    response.content_length = len(reply.body)
    await response.prepare(request)
    await response.write(reply.body[: len(reply.body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response


async def _hang(request: web.BaseRequest, reply: Reply, seconds: float) -> web.StreamResponse:
    """Say nothing for a while, or until the client has gone, then break the connection."""
    over = time.monotonic() + seconds
    while (left := over - time.monotonic()) > 0 and not _gone(request):  # noqa: ASYNC110
        await asyncio.sleep(min(left, _GLANCE))
    return await _reset(request, reply, seconds)


def _gone(request: web.BaseRequest) -> bool:
    return request.transport is None or request.transport.is_closing()


_Breaker = Callable[[web.BaseRequest, Reply, float], Awaitable[web.StreamResponse]]

_BREAKERS: Final[dict[str, _Breaker]] = {
    "reset_before": _reset,
    "reset_after": _reset,
    "cut_body": _cut,
    "hang": _hang,
}
