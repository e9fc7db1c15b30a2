"""The narrow seam to the network: a request goes in, a response comes out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

__all__ = ["Request", "Response", "Transport"]


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request.

    Attributes:
        url: where to; holds the secret of a webhook, so it stays out of the repr.
        body: a JSON document.
        timeout: seconds until it is given up.
        label: what may be said of it in logs and errors: the REST method.
        host: the portal's host.
        headers: further headers; may hold a token, so they stay out of the repr.
        verb: ``POST``, or ``GET``, which sends no body.
        long: the answer, or the body, may take long: ``timeout`` is how long nothing may come.
        pieces: what makes the pieces of a body that is not held in memory; ``headers`` tell their length.
    """

    url: str = field(repr=False)
    body: bytes = field(repr=False)
    timeout: float
    label: str
    host: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    verb: Literal["GET", "POST"] = "POST"
    long: bool = False
    pieces: Callable[[], AsyncIterator[bytes]] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Response:
    """What came back.

    Attributes:
        status: the HTTP status.
        content_type: the media type, lower case, without parameters.
        body: the decoded bytes.
        location: the target of a redirect.
    """

    status: int
    content_type: str
    body: bytes = field(repr=False)
    location: str | None = field(default=None, repr=False)


class Transport(Protocol):
    """Sends requests."""

    async def send(self, request: Request) -> Response:
        """The response to one request.

        Raises:
            ConnectFailed: the request never reached the portal.
            TimedOut: no answer in time.
            Disconnected: the connection broke before the answer was whole.
            PortalClosed: the connections were closed before.
        """
        ...

    async def close(self) -> None:
        """Closes every connection."""
        ...
