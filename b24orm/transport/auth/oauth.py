"""OAuth credentials: tokens that are renewed when the portal says that they are out of date.

A renewal happens once, however many tasks, threads and processes find the token out of date at the
same time. It has a thread and an event loop of its own: stores may block there, and a caller that
is cancelled, or whose loop ends, does not take the new pair of tokens with it, which nobody could
ask for again.

Only the end of the process can, between the server's answer and the moment when it is kept. So the store is
told before that somebody asks: whoever finds the refresh token used up afterwards can say why.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Collection
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime, timezone
from socket import gethostname
from typing import Final, NoReturn

from b24orm.errors import AuthError, InvalidGrant, TokenServerFailed, TokenStoreFailed
from b24orm.transport.auth import hosts
from b24orm.transport.auth.base import Access
from b24orm.transport.auth.crew import frameless, in_thread, renewals
from b24orm.transport.auth.endpoint import TokenServer
from b24orm.transport.auth.secret import Secret
from b24orm.transport.auth.stores.base import TokenStore
from b24orm.transport.auth.stores.guarded import GuardedStore
from b24orm.transport.auth.tokens import Tokens

__all__ = ["OAuth"]

log: Final = logging.getLogger("b24orm")


_LOOKS: Final = (0.0, 0.05, 0.2)
"""Seconds before each look into the store for the tokens of somebody who was quicker: they may not
have been kept yet."""


class OAuth:
    """The tokens of an application on one portal; made by :class:`b24orm.App`.

    Args:
        server: whom to ask for new tokens.
        store: where they are kept.
        key: what they are kept by.
        tokens: the tokens that the store holds now.
        trusted_hosts: hosts besides those of Bitrix24's cloud that the portal may move to.
        proven: whether the authorization server has vouched for the tokens.
    """

    def __init__(
        self,
        server: TokenServer,
        store: TokenStore,
        key: str,
        tokens: Tokens,
        *,
        trusted_hosts: Collection[str] = (),
        proven: bool = True,
    ) -> None:
        self._proven = proven
        self._server = server
        self._store = GuardedStore(store)
        self._key = key
        self._tokens = tokens
        self._trusted = frozenset(trusted_hosts)
        self._unsaved: Tokens | None = None
        self._gone: deque[Tokens] = deque(maxlen=4)
        self._mutex = threading.Lock()
        self._flight: Future[None] | None = None
        self._pid = os.getpid()

    # -- what the protocol asks for ----------------------------------------------------

    @property
    def host(self) -> str:
        """The portal's host; another one after the portal was renamed."""
        return self._tokens.endpoint.partition("://")[2].removesuffix("/rest")

    @property
    def member_id(self) -> str:
        """The portal's identity; stays when the portal is renamed."""
        return self._tokens.member_id

    @property
    def user_id(self) -> int | None:
        """The user that the tokens act for, if that is known."""
        return self._tokens.user_id

    @property
    def proven(self) -> bool:
        """Whether the authorization server has vouched for the tokens."""
        return self._proven

    @property
    def tokens(self) -> Tokens:
        """The tokens of the moment; the next moment may have others."""
        return self._tokens

    @property
    def application_token(self) -> Secret:
        """What proves an event of this installation; empty if the installation told none."""
        return self._tokens.application_token

    async def access(self) -> Access:
        """The token of the moment.

        Raises:
            TokenStoreFailed: new tokens could not be kept, now as before.
        """
        if self._unsaved is not None:
            await in_thread(self._save_late)
        tokens = self._tokens
        return Access(tokens.endpoint, self.host, token=tokens.access_token.reveal())

    async def renew(self, refused: Access) -> bool:
        """Waits until there is another token than the refused one: asked for once by all who wait.

        Raises:
            InvalidGrant: the refresh token is worthless: the user must authorise the application again.
            TokenServerFailed: the authorization server did not answer.
            TokenStoreFailed: the tokens could not be kept or read.
            AuthError: any other refusal.
        """
        flight = self._joined(refused.token)
        if flight is not None:
            await asyncio.wrap_future(flight)
        return True

    async def moved(self, base: str) -> bool:
        """Whether the tokens may go to the portal's new address; it is remembered, in the store too."""
        if not hosts.allows(self._tokens.endpoint, base, self._trusted):
            return False
        if base != self._tokens.endpoint:
            await in_thread(lambda: self._move(base))
        return True

    def account(self, *, batched: bool) -> str:  # noqa: ARG002 - the protocol's
        """An application spends its own time, in batches or alone."""
        return f"app-{hashlib.sha256(self._server.client_id.encode()).hexdigest()[:16]}"

    def redact(self, text: str) -> str:
        """The text without any token or secret of the application."""
        for tokens in (self._tokens, *self._gone):
            text = tokens.redact(text)
        return self._server.client_secret.redact(text)

    def __repr__(self) -> str:
        return f"<OAuth {self._server.client_id} on {self.host}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("credentials hold secrets and are not pickled; make them anew from the store")

    # -- renewal -------------------------------------------------------------------------

    def _joined(self, refused: str) -> Future[None] | None:
        """The renewal under way, begun if need be; None if there is another token already."""
        if self._pid != os.getpid():  # a forked child has none of its parent's threads
            self._mutex, self._flight, self._pid = threading.Lock(), None, os.getpid()
        with self._mutex:
            if self._tokens.access_token.reveal() != refused and self._unsaved is None:
                return None
            if self._flight is None:
                flight: Future[None] = Future()
                flight.set_running_or_notify_cancel()  # who gives up waiting does not cancel it
                silence = self._server.silence(self._tokens.server)
                renewals.give(lambda: self._fly(flight, silence))
                self._flight = flight
            return self._flight

    def _fly(self, flight: Future[None], silence: int) -> None:
        failure: BaseException | None = None
        try:
            self._renewed(silence)
        except BaseException as error:
            failure = frameless(error)
        with self._mutex:
            self._flight = None
        if failure is None:
            flight.set_result(None)
        else:
            flight.set_exception(failure)

    def _renewed(self, silence: int) -> None:
        """Runs in a thread: under the store's lock, for other processes may do the same.

        The lock may be a transaction. So the store is told in one of its own that somebody asks.
        """
        if self._server.silence(self._tokens.server) > silence:
            text = "it left others without an answer while this renewal stood in line; nothing was asked"
            raise TokenServerFailed("UNREACHABLE", text, method="oauth/token", host=self.host)
        mark = self._announced()
        with self._store.lock(self._key):
            stored = self._store.load(self._key)
            current = self._latest(stored)
            if current is not self._tokens:
                log.info("%s: somebody else has renewed the tokens", self.host)
                fresh = current
            elif self._unsaved is not None:
                fresh = self._kept(self._unsaved)
            else:
                fresh = self._kept(self._checked(self._asked(current, stored, mark), current))
        self._adopt(fresh)

    def _announced(self) -> str:
        """Tells the store who is about to ask for new tokens, unless somebody else is; gives the word."""
        now = datetime.now(timezone.utc)
        mark = f"{now:%Y-%m-%d %H:%M:%S.%f} UTC by process {os.getpid()} on {gethostname()}"
        with self._store.lock(self._key):
            stored = self._store.load(self._key)
            current = self._latest(stored)
            asks = current is self._tokens and self._unsaved is None and current.refresh_token
            if asks and stored is not None and not stored.asking:
                self._store.save(self._key, stored.asked_by(mark))
        return mark

    def _save_late(self) -> None:
        """Offers tokens to the store again that it did not take: they are all there is."""
        with self._store.lock(self._key):
            current, fresh = self._latest(self._store.load(self._key)), self._unsaved
            if current is self._tokens and fresh is not None:
                current = self._kept(fresh)
        self._adopt(current)

    def _latest(self, stored: Tokens | None) -> Tokens:
        """Our own tokens, or those that somebody else has put into the store since."""
        if stored is None or stored.access_token == self._tokens.access_token:
            return self._tokens
        return stored

    def _asked(self, current: Tokens, stored: Tokens | None, mark: str) -> Tokens:
        """New tokens; those in the store if somebody was quicker who does not heed its lock."""
        if not current.refresh_token:
            text = "the access token has ended, and came without a refresh token"
            raise InvalidGrant("invalid_grant", text, host=self.host)
        log.info("%s: the access token has ended; asking for another", self.host)
        try:
            return asyncio.run(self._server.refresh(current))
        except InvalidGrant as error:
            return self._of_another(current) or self._used_up(error, stored, mark)
        except TokenServerFailed:  # it may have heard; what it said is lost then, and the word stays
            raise
        except AuthError:
            self._take_back(stored, mark)
            raise

    def _of_another(self, current: Tokens) -> Tokens | None:
        """The tokens of somebody who was quicker."""
        for pause in _LOOKS:
            time.sleep(pause)
            latest = self._latest(self._store.load(self._key))
            if latest is not current:
                return latest
        return None

    def _used_up(self, error: InvalidGrant, stored: Tokens | None, mark: str) -> NoReturn:
        """Says why the refresh token is worthless, if somebody left word before."""
        if stored is not None and stored.asking not in ("", mark):
            raise _lost(error, stored.asking) from None
        if error.attempts == 1:  # else an earlier try of our own may have used it up
            self._take_back(stored, mark)
        raise error

    def _take_back(self, stored: Tokens | None, mark: str) -> None:
        """A refusal has used nothing up: nobody asks any more."""
        if stored is not None and stored.asking == mark:
            with suppress(TokenStoreFailed):
                self._store.save(self._key, stored.asked_by(""))

    def _checked(self, fresh: Tokens, current: Tokens) -> Tokens:
        """New tokens with all that is known, at an address that they may go to."""
        fresh = fresh.after(current)
        if hosts.allows(current.endpoint, fresh.endpoint, self._trusted):
            return fresh
        text = "the tokens of %s name the address %s, where they may not go; trusted_hosts may allow it"
        log.warning(text, current.endpoint, fresh.endpoint)
        return fresh.moved(current.endpoint)

    def _kept(self, fresh: Tokens) -> Tokens:
        """Keeps new tokens. They are used after that, once the lock is open; never the other way round."""
        self._unsaved = fresh
        self._store.save(self._key, fresh)
        return fresh

    def _adopt(self, tokens: Tokens) -> None:
        if tokens is not self._tokens:
            self._gone.append(self._tokens)
        self._tokens, self._unsaved, self._proven = tokens, None, True

    def _move(self, endpoint: str) -> None:
        with self._store.lock(self._key):
            stored = self._store.load(self._key)
            moved = self._latest(stored).moved(endpoint)
            self._kept(moved if stored is None else moved.asked_by(stored.asking))
        self._adopt(moved)


def _lost(error: InvalidGrant, asking: str) -> InvalidGrant:
    """The refusal, with what a program left behind that asked before and never came to keep the answer."""
    text = (
        f"{error.description}; the renewal that began {asking} has not ended: if that program was killed, "
        "the new tokens were lost with it. Have the application authorised or installed again, or have an "
        "administrator open it, and App.keep what App.opened gives"
    )
    return InvalidGrant(error.code, text, method=error.method, status=error.status, host=error.host)
