"""Speaks HTTP, with aiohttp."""

from __future__ import annotations

import asyncio
import io
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, TypeVar
from weakref import WeakSet

from b24orm.errors import (
    B24Error,
    ConnectFailed,
    PortalClosed,
    UsageError,
)
from b24orm.forking import in_child
from b24orm.transport.base import Request, Response

if TYPE_CHECKING:
    import aiohttp

    from b24orm.transport.arrival import Arriving
    from b24orm.transport.connections import Body

__all__ = ["HttpTransport"]

_T = TypeVar("_T")
_A = TypeVar("_A", "Response", "aiohttp.ClientResponse")

_JSON: Final = {"Content-Type": "application/json", "Accept": "application/json"}
_LARGE: Final = 2**20
_PIECE: Final = 2**18
"""Bytes of a piece of a long body."""
_CONNECT: Final = 15.0
"""Seconds until a connection that does not come about is given up."""
_open: Final[WeakSet[HttpTransport]] = WeakSet()
"""Those that may have connections."""


class HttpTransport:
    """Sends requests with aiohttp, over connections that are kept alive.

    Args:
        verify_ssl: True, False, or an SSLContext of your own.
        session: a session of the running event loop to use instead of one of our own; it is not closed by
            :meth:`close`. How it treats answers (``raise_for_status``) and addresses (``base_url``) is
            overruled; its proxy, headers, traces and middlewares are heeded.
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
        self._proxies: dict[str, str | None] = {}

    def _opened(self, request: Request) -> aiohttp.ClientSession:
        import aiohttp

        from b24orm.transport.connections import KEPT, connector_type

        if self._closed or (self._session is not None and self._session.closed):
            raise PortalClosed(f"the connections to {request.host} were closed")
        if self._own:
            self._look_for_proxy(request)
        elif getattr(self._session, "_loop", None) not in (None, asyncio.get_running_loop()):
            raise UsageError(
                "the session belongs to another event loop. A Portal sends on its own loop, and makes its "
                "session there; AsyncPortal takes a session of the loop that it is awaited on"
            )
        if self._session is None:
            connector = connector_type()(
                ssl=self._verify_ssl,
                limit_per_host=self._connections,
                ttl_dns_cache=300,
                keepalive_timeout=KEPT,
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
        found = await self._answered(self._opened(request), request, _whole)
        if isinstance(found, B24Error):
            raise found  # from here: the frames of aiohttp hold addresses with secrets in them
        return found

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncGenerator[Arriving, None]:
        """The answer to a request, with a body to be read piece by piece; follows no redirect.

        The request's ``timeout`` is how long nothing may come; the whole may take as long as it takes.
        """
        from b24orm.transport.arrival import Arriving, head_of

        answer = await self._answered(self._opened(request), request, _begun)
        if isinstance(answer, B24Error):
            raise answer
        try:
            yield Arriving(head_of(answer.status, answer.headers), self._pieces(answer, request))
        finally:
            answer.close()  # unless it was read to its end, its connection is of no more use

    async def _pieces(self, answer: aiohttp.ClientResponse, request: Request) -> AsyncGenerator[bytes, None]:
        while piece := await self._guarded(request, lambda: answer.content.read(_PIECE)):
            if isinstance(piece, B24Error):
                raise piece
            yield piece

    async def _answered(
        self,
        session: aiohttp.ClientSession,
        request: Request,
        take: Callable[[aiohttp.ClientResponse], Awaitable[_A]],
    ) -> _A | B24Error:
        where = {"method": request.label, "host": request.host}
        response = await self._guarded(request, lambda: self._exchanged(session, request, take))
        if isinstance(response, B24Error):
            return response
        if response is None:
            return ConnectFailed("no connection to it could be trusted", **where)
        if response.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
            return ConnectFailed("the proxy asks for a user and a password", **where)
        return response

    async def _guarded(self, request: Request, work: Callable[[], Awaitable[_T]]) -> _T | B24Error:
        """What ``work`` comes to; an error of aiohttp becomes one of ours, as a value."""
        import aiohttp

        from b24orm.transport.connections import failure, is_cancelled

        session = self._session
        try:
            return await work()
        except asyncio.CancelledError:
            if not (self._closed or session is None or session.closed) or is_cancelled():
                raise
            return PortalClosed(f"the connections to {request.host} were closed")
        except Exception as error:
            if isinstance(error, aiohttp.ClientConnectorError):
                self._forget_addresses()
            return failure(error, request)

    def _look_for_proxy(self, request: Request) -> None:
        """Takes the proxy that the system names; a session of the user's own has its own."""
        from b24orm.transport.proxies import proxy_for

        if request.host not in self._proxies:
            self._proxies[request.host] = proxy_for(request.url.partition(":")[0], request.host)

    def _forget_addresses(self) -> None:
        """The host may have another address by now."""
        import aiohttp

        if self._own and self._session and isinstance(self._session.connector, aiohttp.TCPConnector):
            self._session.connector.clear_dns_cache()

    async def _exchanged(
        self,
        session: aiohttp.ClientSession,
        request: Request,
        take: Callable[[aiohttp.ClientResponse], Awaitable[_T]],
    ) -> _T | None:
        """The response. Idle connections that can't be trusted are thrown away one by one; None: all were."""
        import aiohttp

        for _ in range(self._connections):
            body = _body(request)
            try:
                response = await _sent(session, request, body, self._proxies.get(request.host), take)
            except aiohttp.ClientError:
                if body is None or not body.kept_back:
                    raise
            else:
                if response is not None:
                    return response
        return None

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


def _body(request: Request) -> Any:
    """The body; aiohttp wants large ones as streams. A GET of a file has one of no bytes, which looks at the
    connection as the others do: an answer that was meant for another file must not be taken for this one.
    """
    from b24orm.transport.connections import body_types

    text, stream, pieces = body_types()
    if request.pieces is not None:
        return pieces(request.pieces())
    if request.verb == "GET":
        return text(b"") if request.long else None
    small = len(request.body) < _LARGE
    return text(request.body) if small else stream(io.BytesIO(request.body))


async def _sent(
    session: aiohttp.ClientSession,
    request: Request,
    body: Body | None,
    proxy: str | None,
    take: Callable[[aiohttp.ClientResponse], Awaitable[_T]],
) -> _T | None:
    """The response; None if it was there before the request was, so that it answers something else."""
    import aiohttp

    from b24orm.transport.connections import sent_once

    once = {"middlewares": (sent_once(),)} if request.verb == "GET" else {}
    headers = request.headers if request.long else {**_JSON, **request.headers}
    total, silence = (None, request.timeout) if request.long else (request.timeout, None)
    answer = await session.request(
        request.verb,
        request.url,
        data=body,
        headers=headers,
        skip_auto_headers=("Content-Type",),
        timeout=aiohttp.ClientTimeout(total=total, sock_read=silence, sock_connect=_CONNECT),
        allow_redirects=False,
        raise_for_status=False,
        proxy=proxy,
        **once,
    )
    if body is not None and body.observed and not body.written:
        answer.close()
        return None
    return await take(answer)


async def _whole(answer: aiohttp.ClientResponse) -> Response:
    """The answer, read to its end."""
    async with answer:
        content = await answer.read()
        kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return Response(answer.status, kind, content, answer.headers.get("Location"))


async def _begun(answer: aiohttp.ClientResponse) -> aiohttp.ClientResponse:
    """The answer, its body still to come."""
    return answer


def _forked() -> None:
    """A child has its parent's connections too, and must leave them alone."""
    for transport in list(_open):
        transport.abandon()


in_child(_forked)
