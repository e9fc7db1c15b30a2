"""Webhooks and OAuth tokens, and the server's way of checking them.

A webhook is recognised when both path parts (user and secret) are present; otherwise a token is
looked for in the ``Authorization: Bearer`` header, then in ``auth``, then in ``access_token``.
Every refusal here is HTTP 401, insufficient scope included. The scope is looked at before the user: a
webhook's even before anything but its secret, a token's once it is known to be alive.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from b24orm.emulator.answers import Refusal
from b24orm.emulator.php import intval

__all__ = ["Credentials", "Identity", "Token", "Webhook", "check_scope"]

_ALSO_GRANTED_BY: Mapping[str, frozenset[str]] = {"user": frozenset({"user_brief", "user_basic"})}
_WEBHOOK_KEYS = ("aplogin", "ap")
_TOKEN_KEYS = ("auth", "access_token", "auth_connector")
_LACKING = "The request requires higher privileges than provided by the {} token"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An inbound webhook; ``secret`` is left out of its repr."""

    id: str
    user_id: int
    secret: str
    scope: frozenset[str]
    login: str = ""
    admin: bool = True

    def __repr__(self) -> str:
        return f"Webhook(id={self.id!r}, user_id={self.user_id})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An OAuth access token; ``value`` is left out of its repr. ``expires_at`` is in unix seconds.

    ``session`` is how many generations of events it may still cause, if it came with an event.
    """

    value: str
    user_id: int
    scope: frozenset[str]
    client_id: str
    expires_at: float
    admin: bool = True
    session: int = 0

    def __repr__(self) -> str:
        return f"Token(client_id={self.client_id!r}, user_id={self.user_id})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who calls.

    Attributes:
        auth: ``apauth`` for a webhook, ``oauth`` for a token.
        entity: what the operating counter of a direct call hangs on: webhook id or client id.
        batch_entity: the same for a batched call; webhooks lose theirs and share one counter.
        auth_keys: parameters that carried the credential and never reach a method.
    """

    user_id: int
    admin: bool
    scope: frozenset[str]
    auth: str
    entity: str
    batch_entity: str
    auth_keys: tuple[str, ...]
    client_id: str = ""
    connector: str = ""
    session: int = 0


class Credentials:
    """The credentials that a portal has given out.

    Attributes:
        without_plan: the portal's plan has no REST (any more).
        dismissed: users for whom nobody may act.
        tokens: access tokens by value.
        removed: applications that were removed, by client id.
    """

    def __init__(self) -> None:
        self._webhooks: dict[str, Webhook] = {}
        self.tokens: dict[str, Token] = {}
        self._held: set[str] = set()
        self.removed: set[str] = set()
        self.without_plan: bool = False
        self.dismissed: set[int] = set()

    def add_webhook(
        self,
        scope: Iterable[str],
        *,
        user_id: int = 1,
        secret: str | None = None,
        login: str = "",
        admin: bool = True,
    ) -> Webhook:
        """Create a webhook with a random secret unless one is given."""
        hook = Webhook(
            id=str(len(self._webhooks) + 1),
            user_id=user_id,
            secret=secret or secrets.token_hex(8),
            scope=frozenset(scope),
            login=login,
            admin=admin,
        )
        self._webhooks[hook.secret] = hook
        return hook

    def issue_token(
        self,
        scope: Iterable[str],
        *,
        expires_at: float,
        user_id: int = 1,
        client_id: str = "local.app",
        admin: bool = True,
        session: int = 0,
    ) -> Token:
        """Create an access token that expires at a unix time."""
        token = Token(
            value=secrets.token_hex(24),
            user_id=user_id,
            scope=frozenset(scope),
            client_id=client_id,
            expires_at=expires_at,
            admin=admin,
            session=session,
        )
        self.tokens[token.value] = token
        return token

    def revoke(self, secret: str) -> None:
        """Forget a webhook secret or a token."""
        self._webhooks.pop(secret, None)
        self.tokens.pop(secret, None)

    def hold(self, entity: str) -> None:
        """Block a webhook secret or a client id by hand, as the cloud's staff can: OVERLOAD_LIMIT."""
        self._held.add(entity)

    def release(self, entity: str) -> None:
        """Undo :meth:`hold`."""
        self._held.discard(entity)

    def inactive(self, client_id: str) -> None:
        """The application was removed: its tokens are refused with APPLICATION_NOT_FOUND."""
        self.removed.add(client_id)

    def active(self, client_id: str) -> None:
        """Undo :meth:`inactive`."""
        self.removed.discard(client_id)

    def is_inactive(self, client_id: str) -> bool:
        """Whether the application was removed."""
        return client_id in self.removed

    def identify(
        self, params: Mapping[str, Any], authorization: str, now: float, scope: str | None = None
    ) -> Identity:
        """The caller behind a request.

        Args:
            params: of the request, those of its path included.
            authorization: the header of that name.
            now: unix seconds.
            scope: what the method needs; None for a global one.

        Raises:
            Refusal: 401 NO_AUTH_FOUND, INVALID_CREDENTIALS, OVERLOAD_LIMIT, invalid_token, ACCESS_DENIED,
                APPLICATION_NOT_FOUND, expired_token, insufficient_scope or authorization_error.
        """
        if all(key in params for key in _WEBHOOK_KEYS):
            return self._by_webhook(params["aplogin"], params["ap"], scope)
        token = _bearer(authorization) or _scalar(params.get("auth")) or _scalar(params.get("access_token"))
        if not token:
            raise Refusal("NO_AUTH_FOUND", "Wrong authorization data", status=401)
        return self._by_token(token, now, _scalar(params.get("auth_connector")), scope)

    def _by_webhook(self, login: Any, secret: Any, scope: str | None) -> Identity:
        hook = self._webhooks.get(secret) if isinstance(secret, str) else None
        if hook is None or not _names_user(hook, login):
            raise Refusal("INVALID_CREDENTIALS", "Invalid request credentials", status=401)
        check_scope(hook.scope, scope, _LACKING.format("webhook"))
        self._check_hold(hook.secret)
        self._check_plan("by subscription")
        self._check_user(hook.user_id)
        return Identity(
            user_id=hook.user_id,
            admin=hook.admin,
            scope=hook.scope,
            auth="apauth",
            entity=hook.id,
            batch_entity="",
            auth_keys=_WEBHOOK_KEYS,
        )

    def _by_token(self, value: str, now: float, connector: str, scope: str | None) -> Identity:
        token = self.tokens.get(value)
        if token is None:
            raise Refusal("invalid_token", "Unable to get application by token", status=401)
        self._check_hold(token.client_id)
        self._check_plan("on commercial plans")
        if token.client_id in self.removed:
            raise Refusal("APPLICATION_NOT_FOUND", "Application not found", status=401)
        if now >= token.expires_at:
            raise Refusal("expired_token", "The access token provided has expired", status=401)
        check_scope(token.scope, scope, _LACKING.format("access"))
        self._check_user(token.user_id)
        return Identity(
            user_id=token.user_id,
            admin=token.admin,
            scope=token.scope,
            auth="oauth",
            entity=token.client_id,
            batch_entity=token.client_id,
            auth_keys=_TOKEN_KEYS,
            client_id=token.client_id,
            connector=connector,
            session=token.session,
        )

    def _check_plan(self, where: str) -> None:
        if self.without_plan:
            raise Refusal("ACCESS_DENIED", f"REST is available only {where}.", status=401)

    def _check_user(self, user_id: int) -> None:
        if user_id in self.dismissed:
            raise Refusal("authorization_error", "Unable to authorize user", status=401)

    def _check_hold(self, entity: str) -> None:
        if entity in self._held:
            raise Refusal("OVERLOAD_LIMIT", "REST API is blocked due to overload.", status=401)


def check_scope(granted: frozenset[str], scope: str | None, text: str = "") -> None:
    """Refuse a method outside the scopes of a credential; inside a batch without a text.

    Raises:
        Refusal: 401 insufficient_scope.
    """
    if scope is None or scope in granted or granted & _ALSO_GRANTED_BY.get(scope, frozenset()):
        return
    raise Refusal("insufficient_scope", text, status=401)


def _names_user(hook: Webhook, login: Any) -> bool:
    text = str(login)
    if str(intval(text)) == text:
        return int(text) == hook.user_id
    return bool(hook.login) and text == hook.login


def _bearer(authorization: str) -> str:
    kind, _, token = authorization.partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def _scalar(value: Any) -> str:
    return str(value) if isinstance(value, (str, int, float)) and value else ""
