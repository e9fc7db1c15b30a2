"""The only module that knows aiohttp."""

from __future__ import annotations

import asyncio
import io
import os
import ssl
import threading
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache
from http import HTTPStatus
from pathlib import Path
from traceback import walk_tb
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar
from weakref import WeakKeyDictionary, WeakSet

from b24orm.errors import (
    B24Error,
    ConnectFailed,
    Disconnected,
    PortalClosed,
    TimedOut,
    UntrustedCertificate,
    UsageError,
)
from b24orm.forking import in_child
from b24orm.transport.base import Request, Response

if TYPE_CHECKING:
    import aiohttp

    from b24orm.transport.arrival import Arriving

__all__ = ["HttpTransport"]

_T = TypeVar("_T")
_A = TypeVar("_A", "Response", "aiohttp.ClientResponse")

_JSON: Final = {"Content-Type": "application/json", "Accept": "application/json"}
_LARGE: Final = 2**20
_PIECE: Final = 2**18
"""Bytes of a piece of a long body."""
_CONNECT: Final = 15.0
"""Seconds until a connection that does not come about is given up."""
_KEPT: Final = 15.0
"""Seconds that a connection is kept while nobody uses it."""
_open: Final[WeakSet[HttpTransport]] = WeakSet()
"""Those that may have connections."""
_ahead: Final[WeakKeyDictionary[Any, float]] = WeakKeyDictionary()
"""Seconds that the wall clock was ahead of the one that stands still in a sleeping machine, by connection."""


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
            connector = _connector_type()(
                ssl=self._verify_ssl,
                limit_per_host=self._connections,
                ttl_dns_cache=300,
                keepalive_timeout=_KEPT,
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

        session = self._session
        where = {"method": request.label, "host": request.host}
        try:
            return await work()
        except aiohttp.ConnectionTimeoutError:
            return ConnectFailed("no connection in time", **where)
        except asyncio.TimeoutError:
            return TimedOut(f"no answer within {request.timeout:g} s", **where)
        except (aiohttp.ClientConnectorCertificateError, aiohttp.ServerFingerprintMismatch) as error:
            return UntrustedCertificate(f"the certificate is not trusted: {_verdict(error)}", **where)
        except aiohttp.ClientConnectorError as error:
            self._forget_addresses()
            return ConnectFailed(f"can't connect{_through(error)}: {_reason(error)}", **where)
        except aiohttp.ClientHttpProxyError as error:
            return ConnectFailed(f"the proxy opens no way: HTTP {error.status} {error.message}", **where)
        except aiohttp.ClientError as error:
            return Disconnected(f"the connection broke: {type(error.__cause__ or error).__name__}", **where)
        except asyncio.CancelledError:
            if not (self._closed or session is None or session.closed) or _is_cancelled():
                raise
            return PortalClosed(f"the connections to {request.host} were closed")
        except Exception as error:
            if isinstance(error, RuntimeError) and not threading.main_thread().is_alive():
                return UsageError(
                    f"the program is ending: no connection to {request.host} can be opened any more"
                )
            return Disconnected(f"the session raised {type(error).__name__} at {_place(error)}", **where)

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


@cache
def _connector_type() -> type[aiohttp.TCPConnector]:
    """aiohttp's connector, which closes its connections when it is thrown away: but not in a forked child.

    There it would take them out of the selector that the child shares with its parent.
    """
    import aiohttp

    class Connector(aiohttp.TCPConnector):
        def __init__(self, **settings: Any) -> None:
            self._process = os.getpid()
            self._home = asyncio.get_running_loop()
            super().__init__(**settings)

        def __del__(self, *given: Any) -> None:
            end = getattr(super(), "__del__", None)
            if end is not None and self._process == os.getpid() and not self._home.is_closed():
                end(*given)

    return Connector


class _Body(Protocol):
    """A body that is written only to a connection that can be trusted.

    Attributes:
        written: whether writing has begun.
        observed: whether the beginning of writing was seen of any body so far. If not, aiohttp does it in
            another way, and nothing can be told by it.
        kept_back: whether it was not written, so that the portal can't have worked on it.
    """

    written: bool
    observed: bool
    kept_back: bool


@cache
def _body_types() -> tuple[type[Any], type[Any], type[Any]]:
    """aiohttp's bodies, of bytes, of streams, and of pieces that are still to be made.

    They see the connection before anything is written to it.
    """
    import aiohttp

    class Careful(aiohttp.Payload):
        written = observed = kept_back = False

        async def write_with_length(self, writer: Any, content_length: int | None) -> None:
            Careful.observed = True
            if not _trusted(getattr(writer, "protocol", None)):
                self.kept_back = True
                raise ConnectionAbortedError
            self.written = True
            await super().write_with_length(writer, content_length)

    class Text(Careful, aiohttp.BytesPayload):
        pass

    class Stream(Careful, aiohttp.BytesIOPayload):
        pass

    class Pieces(Careful, aiohttp.AsyncIterablePayload):
        pass

    return Text, Stream, Pieces


def _trusted(connection: Any) -> bool:
    """Whether a connection may be used.

    Not one on which something came that nobody had asked for, be it an answer that was sent twice, or the
    word of a proxy that it is tired of waiting: that would be taken for the answer. Nor one that was kept
    while the machine slept: its other end has gone, and often nothing says so.
    """
    if connection is None:
        return True
    now = time.time() - time.monotonic()
    before = _ahead.setdefault(connection, now)
    _ahead[connection] = now
    return not getattr(connection, "should_close", False) and abs(now - before) <= _KEPT


def _body(request: Request) -> Any:
    """The body; aiohttp wants large ones as streams. A GET of a file has one of no bytes, which looks at the
    connection as the others do: an answer that was meant for another file must not be taken for this one.
    """
    text, stream, pieces = _body_types()
    if request.pieces is not None:
        return pieces(request.pieces())
    if request.verb == "GET":
        return text(b"") if request.long else None
    small = len(request.body) < _LARGE
    return text(request.body) if small else stream(io.BytesIO(request.body))


async def _sent(
    session: aiohttp.ClientSession,
    request: Request,
    body: _Body | None,
    proxy: str | None,
    take: Callable[[aiohttp.ClientResponse], Awaitable[_T]],
) -> _T | None:
    """The response; None if it was there before the request was, so that it answers something else."""
    import aiohttp

    once = {"middlewares": (_sent_once(),)} if request.verb == "GET" else {}
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


def _is_cancelled() -> bool:
    """Whether somebody has cancelled this task; Python 3.10 can't tell.

    A session that is closed ends who waits for a connection in the same way.
    """
    task: Any = asyncio.current_task()
    return hasattr(task, "cancelling") and bool(task.cancelling())


def _verdict(error: aiohttp.ClientConnectorCertificateError | aiohttp.ServerFingerprintMismatch) -> str:
    cause = getattr(error, "certificate_error", error)
    return getattr(cause, "verify_message", "") or type(cause).__name__


def _reason(error: aiohttp.ClientConnectorError) -> str:
    cause = error.os_error
    return cause.strerror or type(cause).__name__


def _through(error: aiohttp.ClientConnectorError) -> str:
    import aiohttp

    return " to the proxy" if isinstance(error, aiohttp.ClientProxyConnectionError) else ""


def _place(error: Exception) -> str:
    """Where it was raised: all that may be told, for frames and texts may hold the address."""
    frames = [(frame.f_code.co_filename, line) for frame, line in walk_tb(error.__traceback__)]
    file, line = frames[-1]
    return f"{Path(file).name}:{line}"
