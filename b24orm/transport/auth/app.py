"""An application: how it gets its first tokens on a portal, and finds them again."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final, NoReturn, TypeVar
from urllib.parse import urlencode

from b24orm.errors import AuthError, B24Error, InvalidValue, NotConfigured
from b24orm.guard import guard
from b24orm.transport.auth import hosts
from b24orm.transport.auth.crew import alone, in_thread
from b24orm.transport.auth.endpoint import SERVERS, TokenServer, server_named
from b24orm.transport.auth.oauth import OAuth
from b24orm.transport.auth.payloads import Payload, fields_of, signed_by, tokens_of
from b24orm.transport.auth.secret import Secret, same
from b24orm.transport.auth.stores.base import TokenStore
from b24orm.transport.auth.stores.guarded import GuardedStore
from b24orm.transport.auth.stores.memory import MemoryTokens
from b24orm.transport.auth.tokens import Tokens
from b24orm.transport.base import Transport
from b24orm.transport.http import HttpTransport

__all__ = ["App", "Authorization"]

_T = TypeVar("_T")
log: Final = logging.getLogger("b24orm")


@dataclass(frozen=True, slots=True)
class Authorization:
    """Where to send a user's browser.

    Attributes:
        url: the portal's page that asks for the user's consent.
        state: comes back with the code; keep it in the user's session and give it to ``exchange``.
    """

    url: str
    state: str


class App:
    """An application that was registered with Bitrix24, or locally on one portal.

    >>> app = App("local.5f3a", "secret", ["crm", "task"])
    >>> app.authorization("acme.bitrix24.com", state="s1").url
    'https://acme.bitrix24.com/oauth/authorize/?client_id=local.5f3a&state=s1'

    Args:
        client_id: ``client_id`` of the application.
        client_secret: its ``client_secret``.
        scope: the scopes that it needs; a warning tells which of them a portal did not grant.
        store: where tokens are kept: :class:`FileTokens`, :class:`SqliteTokens`, :class:`RedisTokens`,
            or any object with the methods of :class:`TokenStore`. In memory if there is none.
        server: the authorization server, where tokens don't say another one of Bitrix24's.
        trusted_hosts: hosts besides those of Bitrix24's cloud that portals may move to.
        allow_http: accept portals at plain http, which shows tokens to everybody on the way.
        transport: makes what reaches the authorization server.

    Raises:
        InvalidValue: the server is no https address.
    """

    def __init__(
        self,
        client_id: str,
        client_secret: str | Secret,
        scope: Collection[str] = (),
        *,
        store: TokenStore | None = None,
        server: str = SERVERS[0],
        trusted_hosts: Collection[str] = (),
        allow_http: bool = False,
        transport: Callable[[], Transport] = HttpTransport,
    ) -> None:
        secret = client_secret if isinstance(client_secret, Secret) else Secret(client_secret)
        del client_secret
        if not client_id or not secret:
            raise InvalidValue("an App needs its client_id and its client_secret")
        self.client_id: Final = client_id
        self._scope = frozenset([scope] if isinstance(scope, str) else scope)
        self._given: TokenStore = MemoryTokens() if store is None else store
        self._store = GuardedStore(self._given)
        self._unsaved: dict[str, Tokens] = {}
        self._trusted = hosts.named_hosts(trusted_hosts)
        self._allow_http = allow_http
        self._server = TokenServer(client_id, secret, transport, server_named(server))

    # -- the user's consent ----------------------------------------------------------------

    @guard
    def authorization(self, portal: str, state: str | None = None) -> Authorization:
        """Where to send the browser of a user who is to let the application into a portal.

        Args:
            portal: its host, ``acme.bitrix24.com``, or its address.
            state: comes back unchanged; a random one if you give none.

        Raises:
            InvalidValue: this is no portal.
        """
        address = portal if "://" in portal else f"https://{portal}"
        base = hosts.endpoint_of(f"{address.rstrip('/').removesuffix('/rest')}/rest/")
        if base is None or hosts.in_clear(base):
            raise InvalidValue(f"{portal!r} is no portal; it looks like acme.bitrix24.com")
        chosen = state or secrets.token_urlsafe(24)
        query = urlencode({"client_id": self.client_id, "state": chosen})
        return Authorization(f"{base.removesuffix('/rest')}/oauth/authorize/?{query}", chosen)

    def exchange(self, returned: Payload, *, state: str | None, user: str = "") -> OAuth:
        """The credentials behind the code that a browser came back with. Do it at once: it lasts 30 seconds.

        >>> credentials = app.exchange(returned, state=None)                  # doctest: +SKIP

        Args:
            returned: the query that the browser came back with.
            state: what :meth:`authorization` gave; None if the user typed the code in by hand.
            user: keeps tokens of several users of a portal apart, by whatever you call them.

        Raises:
            InvalidGrant: the code is used up.
            AuthError: the state is another one, or the server refuses the application.
            InvalidValue: there is no code.
        """
        grant = _grant_of(returned, state)
        del returned, state  # the frames of a traceback show what they hold
        code, server = _good(grant)
        return alone(lambda: self._exchange(code, server, user))

    async def aexchange(self, returned: Payload, *, state: str | None, user: str = "") -> OAuth:
        """As :meth:`exchange`, awaited."""
        grant = _grant_of(returned, state)
        del returned, state
        code, server = _good(grant)
        return await in_thread(lambda: self._exchange(code, server, user))

    def _exchange(self, code: Secret, server: str, user: str) -> OAuth:
        return self._kept(asyncio.run(self._server.exchange(code, server)), user)

    # -- installed, opened, removed ----------------------------------------------------------

    def installed(self, *payloads: Payload, user: str = "") -> OAuth:
        """The credentials in the event of an installation, or in the form of its page.

        Anybody can post a form. So the tokens are proved: the authorization server exchanges them
        for new ones, and what it says of the portal is what counts.

        >>> credentials = app.installed(body)                                 # doctest: +SKIP

        Args:
            payloads: the body, raw or parsed; for a form also the query of its address.
            user: keeps tokens of several users of a portal apart.

        Raises:
            InvalidValue: there are no tokens in it.
            InvalidGrant: the tokens are not genuine.
            AuthError: the server refuses the application.
        """
        found = tokens_of(*payloads)
        del payloads
        told = _good(found)
        return alone(lambda: self._proved(told, user))

    async def ainstalled(self, *payloads: Payload, user: str = "") -> OAuth:
        """As :meth:`installed`, awaited."""
        found = tokens_of(*payloads)
        del payloads
        told = _good(found)
        return await in_thread(lambda: self._proved(told, user))

    def _proved(self, told: Tokens, user: str) -> OAuth:
        """A store that is out of order fails before the tokens are used up: the payload is good for later."""
        self._store.load(self._key(told.member_id, user))
        return self._kept(asyncio.run(self._server.refresh(told)).after(told), user)

    def opened(self, *payloads: Payload, prove: bool = True) -> OAuth:
        """The credentials of the user who has opened the application in a portal.

        Anybody can post such a form, and name any portal in it. So the tokens are proved as those of an
        installation are: ``member_id`` and ``user_id`` of the credentials are the authorization server's
        word. They are not kept; use them for what this user does. The portal must be one that the
        application was installed on.

        >>> user = app.opened(form, query)                                    # doctest: +SKIP

        Args:
            payloads: the body, raw or parsed, and the query of its address.
            prove: False saves the request to the authorization server. Then nothing but the portal's answer
                to a call says that the form is genuine: grant nothing by it before.

        Raises:
            InvalidValue: there are no tokens in the form.
            NotConfigured: the application was not installed there.
            InvalidGrant: the tokens are not genuine.
            AuthError: the form names another portal than its tokens are for, or another address than the
                portal's.
        """
        found = tokens_of(*payloads)
        del payloads
        told = _good(found)
        return alone(lambda: self._opened(told, prove=prove))

    async def aopened(self, *payloads: Payload, prove: bool = True) -> OAuth:
        """As :meth:`opened`, awaited."""
        found = tokens_of(*payloads)
        del payloads
        told = _good(found)
        return await in_thread(lambda: self._opened(told, prove=prove))

    def _opened(self, told: Tokens, *, prove: bool) -> OAuth:
        self._check_place(self._loaded(told.member_id, ""), told)
        proven = asyncio.run(self._server.refresh(told)).after(told) if prove else told
        if proven.member_id != told.member_id:
            raise AuthError("WRONG_PORTAL", "the form names another portal than the one its tokens are for")
        return self._credentials(proven, "opened", MemoryTokens(), proven=prove)

    def _check_place(self, known: Tokens, told: Tokens) -> None:
        if not hosts.allows(known.endpoint, told.endpoint, self._trusted):
            raise AuthError("WRONG_HOST", f"the form names {told.endpoint}; the portal is {known.endpoint}")

    @guard
    def keep(self, credentials: OAuth, user: str = "") -> OAuth:
        """Keeps the tokens of a user who has opened the application, and gives what to go on with.

        Without a name they become the portal's own: that is how tokens that were lost come back. See to it
        before that the user is an administrator, where your application needs one.

        >>> app.keep(credentials, user=str(credentials.user_id))              # doctest: +SKIP

        Args:
            credentials: what :meth:`opened` gave; not to be used after this.
            user: keeps tokens of several users of a portal apart.

        Raises:
            InvalidValue: nobody has vouched for the tokens (``prove=False``).
            TokenStoreFailed: the store can't keep them.
        """
        if not credentials.proven:
            raise InvalidValue("these tokens are not proven: keep what opened() gives without prove=False")
        return self._kept(credentials.tokens, user)

    async def akeep(self, credentials: OAuth, user: str = "") -> OAuth:
        """As :meth:`keep`, awaited."""
        return await in_thread(lambda: self.keep(credentials, user))

    def accepts(self, *payloads: Payload) -> bool:
        """Whether an event comes from a portal: it knows the ``application_token`` of the installation.

        The comparison takes the same time whatever the difference. If the installation told no
        token, nothing is accepted.

        >>> app.accepts(body)                                                 # doctest: +SKIP
        True
        """
        member_id, token = signed_by(*payloads)
        del payloads
        return self._accepts(member_id, token)

    async def aaccepts(self, *payloads: Payload) -> bool:
        """As :meth:`accepts`, awaited."""
        member_id, token = signed_by(*payloads)
        del payloads
        return await in_thread(lambda: self._accepts(member_id, token))

    def _accepts(self, member_id: str, token: Secret) -> bool:
        tokens = self._found(self._key(member_id, ""))
        if tokens is not None and not tokens.application_token:
            log.warning(
                "no event of %s can be accepted: its installation told no application_token", member_id
            )
        return tokens is not None and same(tokens.application_token, token)

    def caused(self, *payloads: Payload) -> OAuth:
        """The credentials of the user who caused an event, or whose robot runs, if it is accepted.

        They are not kept, and good for an hour: few events bring what they could be renewed with.

        >>> with Portal(app.caused(body)) as portal:                           # doctest: +SKIP
        ...     portal.call("crm.deal.get", {"id": 7})

        Raises:
            InvalidValue: no user caused it: it brings no token.
            NotConfigured: the application was not installed there.
            AuthError: the event does not come from the portal that it names, or names another address.
        """
        found = tokens_of(*payloads, renewable=False)
        del payloads
        told = _good(found)
        return self._caused(told)

    async def acaused(self, *payloads: Payload) -> OAuth:
        """As :meth:`caused`, awaited."""
        found = tokens_of(*payloads, renewable=False)
        del payloads
        told = _good(found)
        return await in_thread(lambda: self._caused(told))

    def _caused(self, told: Tokens) -> OAuth:
        known = self._loaded(told.member_id, "")
        if not same(known.application_token, told.application_token):
            raise AuthError("WRONG_APPLICATION_TOKEN", f"the event does not come from {known.endpoint}")
        self._check_place(known, told)
        return self._credentials(told, "caused", MemoryTokens())

    def uninstalled(self, *payloads: Payload) -> bool:
        """Forgets a portal's tokens, if the event that says so (ONAPPUNINSTALL) is accepted.

        >>> app.uninstalled(body)                                             # doctest: +SKIP
        True
        """
        member_id, token = signed_by(*payloads)
        del payloads
        return self._uninstalled(member_id, token)

    async def auninstalled(self, *payloads: Payload) -> bool:
        """As :meth:`uninstalled`, awaited."""
        member_id, token = signed_by(*payloads)
        del payloads
        return await in_thread(lambda: self._uninstalled(member_id, token))

    def _uninstalled(self, member_id: str, token: Secret) -> bool:
        accepted = self._accepts(member_id, token)
        if accepted:
            self._store.delete(self._key(member_id, ""))
        return accepted

    # -- found again -------------------------------------------------------------------------

    @guard
    def credentials(self, member_id: str, user: str = "") -> OAuth:
        """The credentials that were kept for a portal.

        >>> portal = b24orm.connect(app.credentials(credentials.member_id))   # doctest: +SKIP

        Raises:
            NotConfigured: the application was not installed there.
            TokenStoreFailed: the store can't be read.
        """
        return self._credentials(self._loaded(member_id, user), self._key(member_id, user), self._given)

    async def acredentials(self, member_id: str, user: str = "") -> OAuth:
        """As :meth:`credentials`, awaited."""
        return await in_thread(lambda: self.credentials(member_id, user))

    def _loaded(self, member_id: str, user: str) -> Tokens:
        tokens = self._found(self._key(member_id, user))
        if tokens is None:
            raise NotConfigured(
                f"{self.client_id} has no tokens of the portal {member_id!r}: install it there first"
            )
        return tokens

    def _key(self, member_id: str, user: str) -> str:
        return ":".join(part for part in (self.client_id, member_id, user) if part)

    def _kept(self, tokens: Tokens, user: str) -> OAuth:
        missing = self._scope - set(tokens.scope)
        if missing:
            log.warning("%s did not grant %s the scopes %s", tokens.endpoint, self.client_id, sorted(missing))
        key = self._key(tokens.member_id, user)
        self._checked(tokens)
        self._unsaved[key] = tokens
        return self._credentials(self._saved(key) or tokens, key, self._given)

    def _saved(self, key: str) -> Tokens | None:
        """Saves what an installation brought; it is there until that succeeds, for nobody gets it again."""
        with self._store.lock(key):
            kept, fresh = self._store.load(key), self._unsaved.get(key)
            if fresh is not None:
                kept = fresh.after_installation(kept)
                self._store.save(key, kept)
        self._unsaved.pop(key, None)
        return kept

    def _found(self, key: str) -> Tokens | None:
        return self._saved(key) if key in self._unsaved else self._store.load(key)

    def _checked(self, tokens: Tokens) -> None:
        if hosts.in_clear(tokens.endpoint) and not self._allow_http:
            text = "would show its tokens in clear text; it needs https, or App(allow_http=True)"
            raise InvalidValue(f"{tokens.endpoint} {text}")

    def _credentials(self, tokens: Tokens, key: str, store: TokenStore, *, proven: bool = True) -> OAuth:
        self._checked(tokens)
        return OAuth(self._server, store, key, tokens, trusted_hosts=self._trusted, proven=proven)

    def __repr__(self) -> str:
        return f"<App {self.client_id}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("an App holds a secret and is not pickled; make it anew")


def _grant_of(returned: Payload, state: str | None) -> tuple[Secret, str] | B24Error:
    """The code, and the server that it is for."""
    found = fields_of(returned)
    code, server = Secret(str(found.get("code") or "")), str(found.get("server_domain") or "")
    if state is not None and not same(str(found.get("state") or ""), state):
        return AuthError("WRONG_STATE", "the browser came back with another state than it was sent with")
    if not code:
        return InvalidValue("there is no code in what the browser came back with")
    return code, f"https://{server}" if server else ""


def _good(found: _T | B24Error) -> _T:
    """What was found. An error is raised only here, where no variable holds what it was found in."""
    if isinstance(found, B24Error):
        raise found
    return found
