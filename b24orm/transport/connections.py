"""What aiohttp's connections have to be told: which may be used again, and what their failures mean."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from functools import cache
from pathlib import Path
from traceback import walk_tb
from typing import TYPE_CHECKING, Any, Final, Protocol
from weakref import WeakKeyDictionary

from b24orm.errors import (
    B24Error,
    ConnectFailed,
    Disconnected,
    TimedOut,
    UntrustedCertificate,
    UsageError,
)
from b24orm.transport.base import Request

if TYPE_CHECKING:
    import aiohttp

__all__ = ["KEPT", "Body", "body_types", "connector_type", "failure", "is_cancelled", "sent_once"]

KEPT: Final = 15.0
"""Seconds that a connection is kept while nobody uses it."""

_ahead: Final[WeakKeyDictionary[Any, float]] = WeakKeyDictionary()
"""Seconds that the wall clock was ahead of the one that stands still in a sleeping machine, by connection."""


@cache
def connector_type() -> type[aiohttp.TCPConnector]:
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


class Body(Protocol):
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
def body_types() -> tuple[type[Any], type[Any], type[Any]]:
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
    return not getattr(connection, "should_close", False) and abs(now - before) <= KEPT


@cache
def sent_once() -> aiohttp.ClientMiddlewareType:
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


def failure(error: Exception, request: Request) -> B24Error:
    """An error that aiohttp raised, or anything that a session of the user's own did, as one of ours."""
    import aiohttp

    where = {"method": request.label, "host": request.host}
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return ConnectFailed("no connection in time", **where)
    if isinstance(error, asyncio.TimeoutError):
        return TimedOut(f"no answer within {request.timeout:g} s", **where)
    if isinstance(error, (aiohttp.ClientConnectorCertificateError, aiohttp.ServerFingerprintMismatch)):
        return UntrustedCertificate(f"the certificate is not trusted: {_verdict(error)}", **where)
    if isinstance(error, aiohttp.ClientConnectorError):
        return ConnectFailed(f"can't connect{_through(error)}: {_reason(error)}", **where)
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return ConnectFailed(f"the proxy opens no way: HTTP {error.status} {error.message}", **where)
    if isinstance(error, aiohttp.ClientError):
        return Disconnected(f"the connection broke: {type(error.__cause__ or error).__name__}", **where)
    if isinstance(error, RuntimeError) and not threading.main_thread().is_alive():
        return UsageError(f"the program is ending: no connection to {request.host} can be opened any more")
    return Disconnected(f"the session raised {type(error).__name__} at {_place(error)}", **where)


def is_cancelled() -> bool:
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
