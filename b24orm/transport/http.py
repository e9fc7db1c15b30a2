"""The only module that knows aiohttp."""

from __future__ import annotations

import asyncio
import io
import os
import ssl
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakSet

from b24orm.errors import (
    ConnectFailed,
    Disconnected,
    PortalClosed,
    TimedOut,
    TransportError,
    UntrustedCertificate,
)
from b24orm.forking import in_child
from b24orm.transport.base import Request, Response

if TYPE_CHECKING:
    import aiohttp

__all__ = ["HttpTransport"]

_JSON: Final = {"Content-Type": "application/json", "Accept": "application/json"}
_LARGE: Final = 2**20
_CONNECT: Final = 15.0
"""Seconds until a connection that does not come about is given up."""
_open: Final[WeakSet[HttpTransport]] = WeakSet()
"""Those that may have connections."""


class HttpTransport:
    """Sends requests with aiohttp, over connections that are kept alive.

    Args:
        verify_ssl: True, False, or an SSLContext of your own.
        session: a session to use instead of one of our own; it is not closed by :meth:`close`.
        user_agent: what to call ourselves; file downloads want a telling one.
        connections: connections to one host at the most.
    """

    def __init__(
        self,
        *,
        verify_ssl: bool | ssl.SSLContext = True,
        session: aiohttp.ClientSession | None = None,
        user_agent: str = "b24orm",
        connections: int = 50,
    ) -> None:
        self._verify_ssl = verify_ssl
        self._session = session
        self._own = session is None
        self._closed = False
        self._user_agent = user_agent
        self._connections = connections

    def _opened(self, host: str) -> aiohttp.ClientSession:
        import aiohttp

        if self._closed or (self._session is not None and self._session.closed):
            raise PortalClosed(f"the connections to {host} were closed")
        if self._session is None:
            connector = _connector_type()(
                ssl=self._verify_ssl, limit_per_host=self._connections, ttl_dns_cache=300
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                headers={"User-Agent": self._user_agent},
                cookie_jar=aiohttp.DummyCookieJar(),
            )
            _open.add(self)
        return self._session

    async def send(self, request: Request) -> Response:
        """Sends the body as JSON; never follows a redirect, for that would lose the body."""
        found = await self._answered(self._opened(request.host), request)
        if isinstance(found, TransportError):
            raise found  # from here: the frames of aiohttp hold addresses with secrets in them
        return found

    async def _answered(self, session: aiohttp.ClientSession, request: Request) -> Response | TransportError:
        import aiohttp

        where = {"method": request.label, "host": request.host}
        try:
            return await self._exchanged(session, request)
        except aiohttp.ConnectionTimeoutError:
            return ConnectFailed("no connection in time", **where)
        except asyncio.TimeoutError:
            return TimedOut(f"no answer within {request.timeout:g} s", **where)
        except aiohttp.ClientConnectorCertificateError as error:
            return UntrustedCertificate(f"the certificate is not trusted: {_verdict(error)}", **where)
        except aiohttp.ClientConnectorError as error:
            return ConnectFailed(f"can't connect: {_reason(error)}", **where)
        except aiohttp.ClientError as error:
            return Disconnected(f"the connection broke: {type(error.__cause__ or error).__name__}", **where)

    async def _exchanged(self, session: aiohttp.ClientSession, request: Request) -> Response:
        import aiohttp

        once = {"middlewares": (_sent_once(),)} if request.verb == "GET" else {}
        async with session.request(
            request.verb,
            request.url,
            data=_data(request),
            headers={**_JSON, **request.headers},
            timeout=aiohttp.ClientTimeout(total=request.timeout, sock_connect=_CONNECT),
            allow_redirects=False,
            **once,
        ) as answer:
            body = await answer.read()
            kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            return Response(answer.status, kind, body, answer.headers.get("Location"))

    def abandon(self) -> None:
        """Forgets the connections without touching them: their process or their loop is another one.

        What is sent after that goes over new ones.
        """
        if self._session is not None and self._own:
            self._session.detach()
            self._session = None

    async def close(self) -> None:
        """Closes the session, if it is our own; nothing can be sent after that."""
        self._closed = True
        if self._session is not None and self._own:
            await self._session.close()
        self._session = None


@cache
def _connector_type() -> type[aiohttp.TCPConnector]:
    """aiohttp's connector, which closes its connections when it is thrown away: but not in a forked child.

    There it would take them out of the selector that the child shares with its parent.

    It closes a connection, too, on which something came that nobody had asked for, be it an answer that was
    sent twice, or the word of a proxy that it is tired of waiting. The next request would take that for its
    own answer.
    """
    import aiohttp

    class Connector(aiohttp.TCPConnector):
        def __init__(self, **settings: Any) -> None:
            self._process = os.getpid()
            super().__init__(**settings)

        async def _get(self, key: Any, traces: Any) -> Any:
            for protocol, _ in tuple(getattr(self, "_conns", {}).get(key, ())):
                if protocol.should_close:
                    protocol.close()
            return await super()._get(key, traces)

        def __del__(self, *given: Any) -> None:
            if self._process == os.getpid() and not self._loop.is_closed():
                super().__del__(*given)

    return Connector


@cache
def _sent_once() -> aiohttp.ClientMiddlewareType:
    """Keeps aiohttp from sending a GET a second time by itself when its connection breaks.

    The GET of this client is one that must not be repeated without a word: it spends a refresh token.
    """
    import aiohttp

    class Broken(aiohttp.ClientError):
        """A kind of error that is not repeated."""

    async def once(
        request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        try:
            return await handler(request)
        except (
            aiohttp.ConnectionTimeoutError,
            aiohttp.ClientConnectorError,
            aiohttp.ClientConnectorCertificateError,
        ):
            raise
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
            raise Broken from error

    return once


def _forked() -> None:
    """A child has its parent's connections too, and must leave them alone."""
    for transport in list(_open):
        transport.abandon()


in_child(_forked)


def _data(request: Request) -> bytes | io.BytesIO | None:
    """The body; aiohttp wants large ones as streams."""
    if request.verb == "GET":
        return None
    return request.body if len(request.body) < _LARGE else io.BytesIO(request.body)


def _verdict(error: aiohttp.ClientConnectorCertificateError) -> str:
    return getattr(error.certificate_error, "verify_message", "") or type(error.certificate_error).__name__


def _reason(error: aiohttp.ClientConnectorError) -> str:
    cause = error.os_error
    return cause.strerror or type(cause).__name__
