"""A handler served from a daemon thread with an event loop of its own, on a loopback port."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from ssl import SSLContext
from threading import Event, Thread

from aiohttp import web

__all__ = ["ServerThread", "loopback"]

_SHUTDOWN_SECONDS = 0.1

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def loopback(host: str) -> str:
    """The host itself if it is a loopback address.

    Raises:
        ValueError: the address could be reached from elsewhere.
    """
    if host != "localhost" and not _is_loopback(host):
        raise ValueError(f"a local portal listens on loopback only, not on {host!r}")
    return host


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class ServerThread:
    """Serves until stopped; a new object is needed to serve again.

    Args:
        handler: answers the requests.
        host, port: where to listen; port 0 takes a free one.
        tls: serves https with this context, plain http when None.

    Attributes:
        port: the port it listens on, once started.
    """

    def __init__(
        self, handler: Handler, *, host: str = "127.0.0.1", port: int = 0, tls: SSLContext | None = None
    ) -> None:
        self._handler = handler
        self._host = loopback(host)
        self._tls = tls
        self._ready = Event()
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._thread = Thread(target=self._run, name="b24orm-emulator", daemon=True)
        self.port: int = port

    def start(self) -> None:
        """Listen; returns when connections are accepted.

        Raises:
            OSError: the port is taken.
        """
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure

    def stop(self) -> None:
        """Close every connection and end the thread. Does nothing if it is not running."""
        if self._thread.is_alive() and self._loop is not None and self._stopping is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
        if self._thread.ident is not None:
            self._thread.join()

    @property
    def alive(self) -> bool:
        """Whether it is serving."""
        return self._thread.is_alive()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as failure:  # handed to the thread that waits in start()
            self._failure = failure
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        server = web.Server(self._handler, access_log=None)
        runner = web.ServerRunner(server, shutdown_timeout=_SHUTDOWN_SECONDS)
        await runner.setup()
        listening = await self._loop.create_server(server, self._host, self.port, ssl=self._tls, backlog=1024)
        try:
            self.port = listening.sockets[0].getsockname()[1]
            self._ready.set()
            await self._stopping.wait()
        finally:
            await _deafen(self._loop, listening)
            listening.close()
            transports = [connection.transport for connection in server.connections]
            await runner.cleanup()
            await _abort(transports)


async def _deafen(loop: asyncio.AbstractEventLoop, listening: asyncio.Server) -> None:
    """Takes no more connections; those taken already come about, which they could not after a close."""
    for sock in listening.sockets:
        with suppress(NotImplementedError):
            loop.remove_reader(sock.fileno())
    for _ in range(3):
        await asyncio.sleep(0)


async def _abort(transports: Iterable[asyncio.BaseTransport | None]) -> None:
    """Drops connections that still have something to say to a client that went away."""
    for transport in transports:
        if isinstance(transport, asyncio.Transport):
            transport.abort()
    await asyncio.sleep(0)
