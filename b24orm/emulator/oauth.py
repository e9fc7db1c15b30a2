"""The authorization server beside the portal: exchanges codes and refresh tokens for access tokens.

An access token is good for an hour. A code is good for 30 seconds, once. A refresh token is good for
180 days, once: every exchange hands out a new one and the old one is worthless from then on.

The user's consent is the portal's own page, ``/oauth/authorize/``; here the user always agrees.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from b24orm.emulator.answers import Refusal
from b24orm.emulator.credentials import Credentials
from b24orm.emulator.envelope import error_body
from b24orm.emulator.faults import Faults

__all__ = ["ACCESS_SECONDS", "Application", "AuthorizationServer", "Grant"]

ACCESS_SECONDS: Final = 3600
_CODE_SECONDS: Final = 30
_REFRESH_SECONDS: Final = 180 * 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """An installed application; its secrets are left out of its repr.

    Attributes:
        application_token: comes with every event of this installation.
        redirect_uri: where the user's browser is sent with a code.
    """

    client_id: str
    client_secret: str = field(repr=False)
    scope: frozenset[str]
    application_token: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    redirect_uri: str = "http://127.0.0.1/app"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a code or a refresh token stands for. ``expires_at`` is in unix seconds."""

    client_id: str
    user_id: int
    admin: bool
    expires_at: float


class AuthorizationServer:
    """Applications, their codes and refresh tokens.

    Args:
        credentials: where access tokens are entered.
        clock: gives unix seconds.
        endpoint: gives the portal's REST address for the answers.

    Attributes:
        member_id: the portal's identity, which its renaming does not change.
        faults: failures that the token endpoint plays; those of the portal don't concern it.
        requests: token requests answered so far, refused ones included.
        applications: those that were ever installed, by client id.
        grants: what codes and refresh tokens stand for, by kind and value.
    """

    def __init__(
        self,
        credentials: Credentials,
        clock: Callable[[], float],
        endpoint: Callable[[], str] = lambda: "/rest/",
    ) -> None:
        self._credentials = credentials
        self._clock = clock
        self.endpoint = endpoint
        self.member_id: str = secrets.token_hex(16)
        self.faults: Faults = Faults()
        self._unpaid: set[str] = set()
        self.applications: dict[str, Application] = {}
        self.grants: dict[tuple[str, str], Grant] = {}
        self.requests: int = 0

    def install(self, application: Application) -> None:
        """Make an application known, and active."""
        self.applications[application.client_id] = application
        self._unpaid.discard(application.client_id)
        self._credentials.active(application.client_id)

    def uninstall(self, client_id: str) -> None:
        """The portal's administrator removes the application: nothing of it works any more."""
        self._credentials.inactive(client_id)

    def rescope(self, client_id: str, scope: Iterable[str]) -> None:
        """Another version of the application has other scopes: tokens issued from now on have them."""
        known = self.applications[client_id]
        self.applications[client_id] = replace(known, scope=frozenset(scope))

    def demand_payment(self, client_id: str) -> None:
        """The subscription of the application has ended: no tokens until it is installed anew."""
        self._unpaid.add(client_id)

    def installed(self, client_id: str) -> bool:
        """Whether an application was installed."""
        return client_id in self.applications

    def application(self, client_id: str) -> Application:
        """An application that was installed."""
        return self.applications[client_id]

    @property
    def server_endpoint(self) -> str:
        """The REST address of this server; it lives where the portal lives."""
        return self.endpoint()

    def code(self, client_id: str, *, user_id: int = 1, admin: bool = True) -> str:
        """A code such as a user's consent brings; good for 30 seconds, once."""
        return self._grant("code", client_id, user_id, admin, _CODE_SECONDS)

    def tokens(self, client_id: str, *, user_id: int = 1, admin: bool = True) -> dict[str, Any]:
        """A new pair of tokens, as the token endpoint answers it."""
        now = self._clock()
        application = self.applications[client_id]
        access = self._credentials.issue_token(
            application.scope,
            expires_at=now + ACCESS_SECONDS,
            user_id=user_id,
            client_id=client_id,
            admin=admin,
        )
        return {
            "access_token": access.value,
            "expires": int(now) + ACCESS_SECONDS,
            "expires_in": ACCESS_SECONDS,
            "scope": ",".join(sorted(application.scope)),
            "domain": urlsplit(self.server_endpoint).netloc,
            "server_endpoint": self.server_endpoint,
            "status": "L",
            "client_endpoint": self.endpoint(),
            "member_id": self.member_id,
            "user_id": user_id,
            "refresh_token": self._grant("refresh_token", client_id, user_id, admin, _REFRESH_SECONDS),
        }

    def answer(self, params: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        """HTTP status and body for a request to the token endpoint."""
        self.requests += 1
        try:
            return 200, self._exchange(params)
        except Refusal as refusal:
            return refusal.status, error_body(refusal)

    def consent(self, params: Mapping[str, Any], *, user_id: int = 1) -> str | None:
        """Where the browser goes once the user has agreed; None if the application is not installed."""
        application = self.applications.get(str(params.get("client_id")))
        if application is None or self._credentials.is_inactive(application.client_id):
            return None
        query = {
            "code": self.code(application.client_id, user_id=user_id),
            "state": str(params.get("state", "")),
            "domain": urlsplit(self.endpoint()).netloc,
            "member_id": self.member_id,
            "scope": ",".join(sorted(application.scope)),
            "server_domain": urlsplit(self.server_endpoint).netloc,
        }
        return f"{application.redirect_uri}?{urlencode(query)}"

    def _exchange(self, params: Mapping[str, Any]) -> dict[str, Any]:
        kind = _GRANT_TYPES.get(str(params.get("grant_type")))
        if kind is None or not all(params.get(name) for name in ("client_id", "client_secret", kind)):
            raise Refusal("invalid_request", "A required parameter is missing or invalid")
        application = self.applications.get(str(params["client_id"]))
        if application is None:
            raise Refusal("wrong_client", "Client not found", status=200)
        if application.client_secret != params["client_secret"]:
            raise Refusal("invalid_client", "The client credentials are invalid")
        if application.client_id in self._unpaid:
            raise Refusal("PAYMENT_REQUIRED", "Payment required", status=401)
        if self._credentials.is_inactive(application.client_id):
            raise Refusal("NOT_INSTALLED", "Application not installed", status=401)
        grant = self._redeem(kind, str(params[kind]))
        if grant is None or grant.client_id != application.client_id:
            raise Refusal("invalid_grant", "The code or refresh token is invalid or was used already")
        return self.tokens(grant.client_id, user_id=grant.user_id, admin=grant.admin)

    def _grant(self, kind: str, client_id: str, user_id: int, admin: bool, seconds: float) -> str:  # noqa: FBT001
        value = secrets.token_hex(24)
        self.grants[kind, value] = Grant(
            client_id=client_id, user_id=user_id, admin=admin, expires_at=self._clock() + seconds
        )
        return value

    def _redeem(self, kind: str, value: str) -> Grant | None:
        grant = self.grants.pop((kind, value), None)
        return grant if grant is not None and self._clock() < grant.expires_at else None


_GRANT_TYPES: Final = MappingProxyType({"authorization_code": "code", "refresh_token": "refresh_token"})
