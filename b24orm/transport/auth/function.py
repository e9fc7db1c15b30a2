"""Access tokens that a function of the program's own brings."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
from collections.abc import Awaitable, Callable, Collection
from typing import Any, NoReturn
from urllib.parse import urlsplit

from b24orm.errors import AuthError, B24Error, InvalidValue, TokenServerFailed
from b24orm.transport.auth import hosts
from b24orm.transport.auth.base import Access
from b24orm.transport.auth.secret import Secret

__all__ = ["TokenFunction", "TokenSource"]

TokenSource = Callable[[], str] | Callable[[], Awaitable[str]]
"""Brings an access token: an asynchronous function, or one that may block."""


class TokenFunction:
    """Credentials whose access token a function brings: at first, and whenever the portal says it has ended.

    Args:
        url: the portal's REST address, ``https://acme.bitrix24.com/rest/``.
        source: brings a token. It is called once, however many calls wait for it; a function that is
            not asynchronous runs in a thread.
        allow_http: accept plain http for hosts other than loopback.
        trusted_hosts: hosts besides those of Bitrix24's cloud that the portal may move to.

    Raises:
        InvalidValue: the URL is no REST address, or would send tokens in clear text.
    """

    def __init__(
        self,
        url: str | Secret,
        source: TokenSource,
        *,
        allow_http: bool = False,
        trusted_hosts: Collection[str] = (),
    ) -> None:
        base = hosts.endpoint_of(url.reveal() if isinstance(url, Secret) else url)
        del url
        if base is None:
            raise InvalidValue("this is no REST address; with token_func it looks like https://PORTAL/rest/")
        if hosts.in_clear(base) and not allow_http:
            raise InvalidValue(f"{base} would send tokens in clear text; use https, or allow_http=True")
        self._base = base
        self._source = source
        self._trusted = hosts.named_hosts(trusted_hosts)
        self._token = Secret()
        self._gone = Secret()
        self._fetching: asyncio.Task[None] | None = None

    @property
    def host(self) -> str:
        """The portal's host."""
        return hosts.host_of(urlsplit(self._base))

    async def access(self) -> Access:
        """The token of the moment; the first one is fetched now.

        Raises:
            AuthError: the function brought no token.
            TokenServerFailed: it raised something, which is the cause.
        """
        if not self._token:
            await self._fetched()
        return Access(self._base, self.host, token=self._token.reveal())

    async def renew(self, refused: Access) -> bool:
        """Whether the function brought another token than the refused one."""
        if self._token.reveal() == refused.token:
            await self._fetched()
        return self._token.reveal() != refused.token

    async def _fetched(self) -> None:
        loop, fetching = asyncio.get_running_loop(), self._fetching
        if fetching is None or fetching.done() or fetching.get_loop() is not loop:
            fetching = self._fetching = loop.create_task(self._fetch())
        await asyncio.shield(fetching)

    async def _fetch(self) -> None:
        try:
            token = await self._brought()
        except B24Error:
            raise
        except Exception as error:
            text = f"token_func raised {type(error).__name__}"
            raise TokenServerFailed("TOKEN_FUNC", text, host=self.host) from error
        found = Secret(token) if isinstance(token, str) else Secret()
        kind = type(token).__name__
        del token
        if not found:
            raise AuthError(
                "NO_TOKEN", f"token_func must give an access token, not an empty {kind}", host=self.host
            )
        self._gone, self._token = self._token, found

    async def _brought(self) -> Any:
        if inspect.iscoroutinefunction(self._source):
            return await self._source()
        token = await asyncio.to_thread(self._source)
        return await token if inspect.isawaitable(token) else token

    async def moved(self, base: str) -> bool:
        """Whether the tokens may go to the portal's new address."""
        if not hosts.allows(self._base, base, self._trusted):
            return False
        self._base = base
        return True

    def account(self, *, batched: bool) -> str:  # noqa: ARG002 - the protocol's
        """Nobody says which application the tokens belong to: all of one portal are taken together."""
        return f"tokens-{hashlib.sha256(self._base.encode()).hexdigest()[:16]}"

    def redact(self, text: str) -> str:
        """The text without the tokens."""
        return self._gone.redact(self._token.redact(text))

    def __repr__(self) -> str:
        return f"<TokenFunction on {self.host}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("credentials hold secrets and are not pickled")
