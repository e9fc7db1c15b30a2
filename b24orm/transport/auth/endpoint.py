"""The authorization server: a code or a refresh token goes in, a pair of tokens comes out.

Which server that is depends on the portal's region, so the one that came with the tokens is asked;
but the application's secret goes only to servers that are known to be Bitrix24's, or were named.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from b24orm.errors import (
    ApiError,
    AuthError,
    B24Error,
    InsufficientScope,
    InvalidClient,
    InvalidGrant,
    InvalidValue,
    NotInstalled,
    PaymentRequired,
    ServerFailure,
    TokenServerFailed,
    TransportError,
)
from b24orm.transport.auth.hosts import host_of, in_clear
from b24orm.transport.auth.secret import Secret
from b24orm.transport.auth.tokens import Tokens
from b24orm.transport.base import Request, Response, Transport

__all__ = ["SERVERS", "TokenServer", "server_named"]

SERVERS: Final = ("https://oauth.bitrix.info", "https://oauth.bitrix24.tech")
"""Where Bitrix24's authorization servers are: the world's, and that of Russia and its neighbours."""

_LABEL: Final = "oauth/token"
_TIMEOUT: Final = 15.0
_TRIES: Final = 3
_KINDS: Final[Mapping[str, type[ApiError]]] = {
    "INVALID_GRANT": InvalidGrant,
    "EXPIRED_TOKEN": InvalidGrant,
    "INVALID_CLIENT": InvalidClient,
    "WRONG_CLIENT": InvalidClient,
    "INVALID_SCOPE": InsufficientScope,
    "INSUFFICIENT_SCOPE": InsufficientScope,
    "PAYMENT_REQUIRED": PaymentRequired,
    "NOT_INSTALLED": NotInstalled,
    "ERROR_OAUTH": NotInstalled,
    "APPLICATION_NOT_FOUND": NotInstalled,
}

_HINTS: Final[Mapping[str, str]] = {
    "INVALID_GRANT": (
        "have the application authorised again; a copy of the store elsewhere would spend its tokens"
    ),
    "INVALID_CLIENT": "compare client_secret with the one that is shown where the application was registered",
    "WRONG_CLIENT": "compare client_id with the one that is shown where the application was registered",
    "PAYMENT_REQUIRED": "the subscription of the application on this portal has ended",
    "NOT_INSTALLED": "it was removed from the portal: have it installed again",
}


def server_named(url: str) -> str:
    """Scheme and host of a server's address.

    Raises:
        InvalidValue: it is no https address (http is for loopback only).

    >>> server_named("https://oauth.bitrix.info/rest/")
    'https://oauth.bitrix.info'
    """
    try:
        parts = urlsplit(url)
        host = host_of(parts)
    except ValueError:
        parts, host = urlsplit(""), ""
    if not host or parts.scheme not in ("http", "https") or in_clear(url):
        raise InvalidValue(f"{url!r} is no authorization server; it looks like {SERVERS[0]}")
    return f"{parts.scheme}://{host}"


@dataclass(frozen=True, slots=True)
class TokenServer:
    """What an application asks for tokens.

    Attributes:
        client_id: the application.
        client_secret: its secret.
        transport: makes what reaches the network, for each request a new one.
        default: the server to ask when none came with the tokens.
        pause: waits between two tries, a number of seconds.
        silences: how often each server was given up since it answered last.
    """

    client_id: str
    client_secret: Secret
    transport: Callable[[], Transport]
    default: str = SERVERS[0]
    pause: Callable[[float], Awaitable[object]] = asyncio.sleep
    silences: dict[str, int] = field(default_factory=dict[str, int], repr=False, compare=False)

    async def exchange(self, code: Secret, server: str = "") -> Tokens:
        """The first pair of tokens, for a code: it is good for 30 seconds, once.

        Raises:
            InvalidGrant: the code is used up.
            AuthError: see :meth:`refresh`.
        """
        return await self._asked("authorization_code", "code", code, server)

    async def refresh(self, tokens: Tokens) -> Tokens:
        """The next pair of tokens. The old refresh token is worthless from then on.

        Raises:
            InvalidGrant: the refresh token is used up, or older than 180 days.
            InvalidClient: the application's id or secret is wrong.
            PaymentRequired, NotInstalled, InsufficientScope: as they say.
            AuthError: any other refusal.
            TokenServerFailed: the server did not answer, several times.
        """
        return await self._asked("refresh_token", "refresh_token", tokens.refresh_token, tokens.server)

    def server(self, told: str) -> str:
        """The server that is told of, if secrets may go there; else the default."""
        try:
            named = server_named(told) if told else self.default
        except InvalidValue:
            return self.default
        return named if named in SERVERS else self.default

    def silence(self, told: str) -> int:
        """How often the server was given up since it answered last."""
        return self.silences.get(self.server(told), 0)

    async def _asked(self, grant: str, name: str, value: Secret, told: str) -> Tokens:
        """Tries again while nobody answers: should the first try have been heard, no more harm is done."""
        server, tries = self.server(told), 1
        while True:
            found = await self._once(grant, name, value, server)
            if not isinstance(found, (ServerFailure, TransportError)):
                self.silences.pop(server, None)
                return _granted(found, tries)
            if tries >= _TRIES:
                self.silences[server] = self.silences.get(server, 0) + 1
                raise _given_up(found, tries)
            await self.pause(0.5 * 2 ** (tries - 1))
            tries += 1

    async def _once(self, grant: str, name: str, value: Secret, server: str) -> Tokens | B24Error:
        request = self._request(grant, name, value, server)
        transport = self.transport()
        try:
            response = await transport.send(request)
        except TransportError as error:
            return error
        finally:
            await transport.close()
        return self._judged(response, request.host, value)

    def _request(self, grant: str, name: str, value: Secret, server: str) -> Request:
        query = {
            "grant_type": grant,
            "client_id": self.client_id,
            "client_secret": self.client_secret.reveal(),
            name: value.reveal(),
        }
        url = f"{server}/oauth/token/?{urlencode(query)}"
        return Request(url, b"", _TIMEOUT, _LABEL, urlsplit(server).netloc, verb="GET")

    def _judged(self, response: Response, host: str, value: Secret) -> Tokens | B24Error:
        body = _decoded(response)
        where: dict[str, Any] = {"method": _LABEL, "status": response.status, "host": host}
        if "error" in body:
            code, text = (
                self.client_secret.redact(value.redact(str(body.get(name) or "")))
                for name in ("error", "error_description")
            )
            hint = _HINTS.get(code.upper(), "")
            return _KINDS.get(code.upper(), AuthError)(code, text, **where, hint=hint)
        try:
            return Tokens.parse(body)
        except InvalidValue:
            return ServerFailure("NO_TOKENS", f"HTTP {response.status} without tokens", **where)


def _granted(found: Tokens | B24Error, tries: int) -> Tokens:
    """The tokens; a refusal may be owed to an earlier try, whose answer was lost with the tokens in it."""
    if isinstance(found, Tokens):
        return found
    if tries > 1 and isinstance(found, InvalidGrant):
        text = f"{found.description}; an earlier try got no answer, and the tokens may have been in it"
        where: dict[str, Any] = {"method": found.method, "status": found.status, "host": found.host}
        found = InvalidGrant(found.code, text, **where)
    found.attempts = tries
    raise found


def _given_up(error: ServerFailure | TransportError, tries: int) -> TokenServerFailed:
    """An error that nobody takes for one of the portal's, where the fate of a call would be unknown."""
    text = error.description or error.code if isinstance(error, ServerFailure) else error.text
    status = error.status if isinstance(error, ServerFailure) else None
    text = f"no tokens in {tries} tries: {text}"
    return TokenServerFailed("UNREACHABLE", text, method=_LABEL, host=error.host, status=status)


def _decoded(response: Response) -> Mapping[str, Any]:
    try:
        body = json.loads(response.body)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
