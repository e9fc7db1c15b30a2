"""The authorization server beside the portal: exchanges codes and refresh tokens for access tokens.

An access token is good for an hour. A code is good for 30 seconds, once. A refresh token is good for
180 days, once: every exchange hands out a new one and the old one is worthless from then on.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from b24orm.emulator.answers import Refusal
from b24orm.emulator.credentials import Credentials
from b24orm.emulator.envelope import error_body

__all__ = ["ACCESS_SECONDS", "CODE_SECONDS", "Application", "AuthorizationServer", "Grant"]

ACCESS_SECONDS: Final = 3600
CODE_SECONDS: Final = 30
_REFRESH_SECONDS: Final = 180 * 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """An installed application; the secret is left out of its repr."""

    client_id: str
    client_secret: str = field(repr=False)
    scope: frozenset[str]


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
        requests: token requests answered so far, refused ones included.
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
        self._member = secrets.token_hex(16)
        self._applications: dict[str, Application] = {}
        self._grants: dict[tuple[str, str], Grant] = {}
        self.requests = 0

    def install(self, application: Application) -> None:
        """Make an application known."""
        self._applications[application.client_id] = application

    def code(self, client_id: str, *, user_id: int = 1, admin: bool = True) -> str:
        """A code such as a user's consent brings; good for 30 seconds, once."""
        return self._grant("code", client_id, user_id, admin, CODE_SECONDS)

    def tokens(self, client_id: str, *, user_id: int = 1, admin: bool = True) -> dict[str, Any]:
        """A new pair of tokens, as the token endpoint answers it."""
        now = self._clock()
        application = self._applications[client_id]
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
            "domain": "oauth.bitrix.info",
            "server_endpoint": "https://oauth.bitrix.info/rest/",
            "status": "L",
            "client_endpoint": self.endpoint(),
            "member_id": self._member,
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

    def _exchange(self, params: Mapping[str, Any]) -> dict[str, Any]:
        kind = _GRANT_TYPES.get(str(params.get("grant_type")))
        if kind is None or not all(params.get(name) for name in ("client_id", "client_secret", kind)):
            raise Refusal("invalid_request", "A required parameter is missing or invalid")
        application = self._applications.get(str(params["client_id"]))
        if application is None:
            raise Refusal("wrong_client", "Client not found", status=200)
        if application.client_secret != params["client_secret"]:
            raise Refusal("invalid_client", "The client credentials are invalid")
        grant = self._redeem(kind, str(params[kind]))
        if grant is None or grant.client_id != application.client_id:
            raise Refusal("invalid_grant", "The code or refresh token is invalid or was used already")
        return self.tokens(grant.client_id, user_id=grant.user_id, admin=grant.admin)

    def _grant(self, kind: str, client_id: str, user_id: int, admin: bool, seconds: float) -> str:  # noqa: FBT001
        value = secrets.token_hex(24)
        self._grants[kind, value] = Grant(
            client_id=client_id, user_id=user_id, admin=admin, expires_at=self._clock() + seconds
        )
        return value

    def _redeem(self, kind: str, value: str) -> Grant | None:
        grant = self._grants.pop((kind, value), None)
        return grant if grant is not None and self._clock() < grant.expires_at else None


_GRANT_TYPES: Final = MappingProxyType({"authorization_code": "code", "refresh_token": "refresh_token"})
