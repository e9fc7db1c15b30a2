"""Reads the contents of files: links that go stale, redirects, refusals that look like files, lost bodies.

The contents are read piece by piece. Whoever wants all of them gets all, or an error: a body that breaks off
is asked for again from its beginning, and what arrived before is thrown away.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import replace
from typing import Any, Final, Protocol, TypeAlias, TypeVar
from urllib.parse import urljoin, urlsplit

from b24orm.errors import (
    AccessDenied,
    ApiError,
    AuthError,
    Disconnected,
    ExpiredToken,
    Incomplete,
    NotFound,
    ServerFailure,
    TransportError,
    Unsupported,
)
from b24orm.executor.executor import Executor
from b24orm.executor.file_upload import Form, Upload
from b24orm.executor.trip import Trip
from b24orm.plan.calls import Ask, Call, Reply
from b24orm.plan.file_links import Place
from b24orm.transport.arrival import Arriving, Head, is_file, next_link, refusal
from b24orm.transport.auth.base import Access
from b24orm.transport.auth.hosts import host_of, in_clear
from b24orm.transport.base import Request, Response
from b24orm.transport.encoding import to_json
from b24orm.transport.reply import read

__all__ = ["Files", "Streams"]

_T = TypeVar("_T")
Tail: TypeAlias = tuple[int, int]
"""Where the rest of a file begins, and how long the file is."""
_HOPS: Final = 5
_PAGE: Final = 2**16
"""Bytes that are read of an answer that is no file."""
_STALE: Final = (AuthError, AccessDenied)
"""How a portal refuses a link that has ended."""
_HEADERS: Final[Mapping[str, str]] = {
    "User-Agent": "b24orm/1",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "Accept-Language": "en-US,en;q=0.9",
}
"""What the portal wants to see of who downloads; packed, the length would not be the file's."""


class Streams(Protocol):
    """What reads answers piece by piece."""

    def stream(self, request: Request) -> AbstractAsyncContextManager[Arriving]:
        """The answer to a request, whose body is still to come."""
        ...


class Files:
    """The contents of one portal's files.

    Args:
        executor: what sends this portal's calls.
        streams: what reads answers piece by piece.
    """

    def __init__(self, executor: Executor, streams: Streams) -> None:
        self._executor = executor
        self._sender = executor.sender
        self._streams = streams

    async def chunks(self, place: Place) -> AsyncGenerator[bytes, None]:
        """The contents, piece by piece; whole when the last one came.

        Raises:
            ApiError: the portal does not give them.
            TransportError: they did not arrive, or broke off.
        """
        trip = Trip(place.label, write=False)
        async with AsyncExitStack() as stack:
            arriving = await self._sender.retried(trip, lambda: self._opened(stack, trip, place))
            async for piece in self._lasting(stack, trip, place, arriving):
                yield piece

    async def whole(self, place: Place, use: Callable[[Arriving], Awaitable[_T]]) -> _T:
        """What ``use`` makes of the contents. It is called again, with new ones, if they broke off.

        Raises:
            ApiError: the portal does not give them.
            TransportError: they did not arrive, several times.
        """
        trip = Trip(place.label, write=False)

        async def once() -> _T:
            async with AsyncExitStack() as stack:
                arriving = await self._opened(stack, trip, place)
                return await use(replace(arriving, pieces=self._lasting(stack, trip, place, arriving)))

        return await self._sender.retried(trip, once)

    async def _lasting(
        self, stack: AsyncExitStack, trip: Trip, place: Place, arriving: Arriving
    ) -> AsyncGenerator[bytes, None]:
        """The pieces. If they break off, the rest is asked for apart, where contents never change."""
        length, came, tries = arriving.head.length or 0, 0, 0
        pieces: AsyncIterator[bytes] | None = arriving.pieces
        while True:
            try:
                if pieces is None:
                    pieces = (await self._opened(stack, trip, place, (came, length))).pieces
                async for piece in pieces:
                    came += len(piece)
                    yield piece
                return
            except TransportError as error:
                if not (place.fixed and 0 < came < length):
                    raise
                tries += 1
                await self._sender.before_retry(error, tries, write=False)
            pieces = None

    async def upload(self, sent: Upload, folder: int, *, unique: bool) -> Any:
        """The row of a new file of the disk. It is sent once; a link that had ended was refused unread.

        Raises:
            ApiError: the portal refuses it.
            TransportError: the answer was lost, and nobody can say whether the file is there.
        """
        trip = Trip("upload", write=True)
        try:
            return await self._sender.retried(trip, lambda: self._uploaded(trip, sent, folder, unique=unique))
        except AuthError:
            return await self._uploaded(trip, sent, folder, unique=unique)

    async def _uploaded(self, trip: Trip, sent: Upload, folder: int, *, unique: bool) -> Any:
        params = {"id": folder, "data": {"NAME": sent.name}, "generateUniqueName": unique}
        told = (await self._executor.call(Call("disk.folder.uploadFile", params))).result
        access = await self._sender.credentials.access()
        form, url = Form(told["field"], sent), told["uploadUrl"]
        host, redact = host_of(urlsplit(url)), self._sender.credentials.redact
        headers = {"Accept": "application/json", **form.headers}
        request = Request(
            url, b"", self._sender.timeout, trip.name, host, headers=headers, long=True, pieces=form.pieces
        )

        async def work() -> Reply:
            async with self._streams.stream(request) as arriving:
                body = await _beginning(b"", arriving.pieces)
            response = Response(arriving.head.status, arriving.head.content_type, body)
            return read(response, method=trip.name, host=host, redact=redact)

        return (await self._sender.beside(trip, access, work)).result

    async def _opened(
        self, stack: AsyncExitStack, trip: Trip, place: Place, tail: Tail | None = None
    ) -> Arriving:
        """The file, about to arrive: by the link at hand, or by one that is told anew if that has ended."""
        access = await self._sender.credentials.access()
        found = await self._tried(stack, trip, place, access, tail) if place.link or place.call else None
        if isinstance(found, Arriving):
            return found
        if place.fresh is not None and place.host in ("", access.host):
            link = await self._told_anew(place)
        elif place.call is not None and isinstance(found, ExpiredToken):
            await self._sender.credentials.renew(access)
            link = ""
        else:
            raise found or Unsupported(f"the portal tells no program where this file is ({place.label})")
        return await self._followed(stack, trip, place, link, await self._sender.credentials.access(), tail)

    async def _tried(
        self, stack: AsyncExitStack, trip: Trip, place: Place, access: Access, tail: Tail | None
    ) -> Arriving | ApiError:
        try:
            return await self._followed(stack, trip, place, place.link, access, tail)
        except _STALE as error:
            return error

    async def _told_anew(self, place: Place) -> str:
        assert place.fresh is not None
        (outcome,) = await self._executor.ask(Ask((place.fresh.call,)))
        if not isinstance(outcome, Reply):
            raise outcome
        link = place.fresh.pick(outcome.result)
        if not isinstance(link, str) or not link:
            method, host = place.fresh.call.method, self._sender.credentials.host
            raise NotFound("NO_FILE", "the row holds this file no more", method=method, host=host)
        return link

    async def _followed(
        self,
        stack: AsyncExitStack,
        trip: Trip,
        place: Place,
        link: str,
        access: Access,
        tail: Tail | None,
    ) -> Arriving:
        request = self._request(access, place, link)
        if tail is not None:
            request = replace(request, headers={**request.headers, "Range": f"bytes={tail[0]}-"})
        for _ in range(_HOPS):
            found = await self._sent(stack, trip, access, request, place.size, tail)
            if isinstance(found, Arriving):
                return found
            request = replace(request, url=found, host=host_of(urlsplit(found)), verb="GET", body=b"")
        raise ServerFailure("REDIRECTED", "the portal sends on and on", method=trip.name, host=request.host)

    def _request(self, access: Access, place: Place, link: str) -> Request:
        origin = access.base.removesuffix("/rest")
        headers = {**_HEADERS, "Referer": f"{origin}/"}
        if not link and place.call is not None:
            method, body = place.call.method, to_json(place.call.params)
            made = access.request(method, body, self._sender.timeout)
            return replace(made, headers={**headers, "Content-Type": "application/json"}, long=True)
        url = urljoin(f"{origin}/", link)
        if in_clear(url) and not in_clear(access.base):
            raise Unsupported("the file's address would be read in clear text; it begins with http://")
        host = host_of(urlsplit(url))
        return Request(
            url, b"", self._sender.timeout, place.label, host, headers=headers, verb="GET", long=True
        )

    async def _sent(
        self,
        stack: AsyncExitStack,
        trip: Trip,
        access: Access,
        request: Request,
        size: int | None,
        tail: Tail | None,
    ) -> Arriving | str:
        """The file, or where it is instead. What is asked of REST is asked under its limits."""

        async def work() -> Arriving | str:
            return await self._arrival(stack, request, size, tail)

        await stack.aclose()  # whatever came before was not the file
        rest = urlsplit(request.url).path.startswith("/rest/") and request.host == access.host
        return await self._sender.beside(trip, access, work) if rest else await work()

    async def _arrival(
        self, stack: AsyncExitStack, request: Request, size: int | None, tail: Tail | None
    ) -> Arriving | str:
        arriving = await stack.enter_async_context(self._streams.stream(request))
        head, first = arriving.head, await anext(arriving.pieces, b"")
        onward = next_link(request.url, head)
        if isinstance(onward, ApiError):
            raise onward
        if onward is not None:
            return onward
        if tail is not None and (is_file(head, first) or head.status in (206, 416)):
            if head.status != 206 or head.span != f"bytes {tail[0]}-{tail[1] - 1}/{tail[1]}":
                text = "the rest of the file is not given apart"
                raise Disconnected(text, method=request.label, host=request.host)
            return Arriving(head, _checked(request, head, first, arriving.pieces, None))
        if is_file(head, first):
            return Arriving(head, _checked(request, head, first, arriving.pieces, size))
        body = await _beginning(first, arriving.pieces)
        raise refusal(
            head, body, method=request.label, host=request.host, redact=self._sender.credentials.redact
        )


async def _beginning(first: bytes, rest: AsyncIterator[bytes]) -> bytes:
    body = first
    async for piece in rest:
        body += piece
        if len(body) > _PAGE:
            break
    return body[:_PAGE]


async def _checked(
    request: Request, head: Head, first: bytes, rest: AsyncIterator[bytes], size: int | None
) -> AsyncGenerator[bytes, None]:
    """The pieces, and at their end an error if they are not all."""
    came = len(first)
    if first:
        yield first
    async for piece in rest:
        came += len(piece)
        yield piece
    if head.length is not None and came != head.length:
        text = f"{came:,} of {head.length:,} bytes arrived"
        raise Disconnected(text, method=request.label, host=request.host)
    if not head.framed and came != size:
        told = "does not say how long the file is" if size is None else f"says that it has {size:,}"
        raise Incomplete(f"{request.host} sent {came:,} bytes of a file, and {told}")
