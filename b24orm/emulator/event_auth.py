"""What a delivered event says of the portal and lets its handler do there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from b24orm.emulator.credentials import Credentials
from b24orm.emulator.event_hub import Handler
from b24orm.emulator.event_names import sends_refresh_token
from b24orm.emulator.oauth import ACCESS_SECONDS, AuthorizationServer

__all__ = ["EventAuth"]

_TOKEN_KEYS: Final = (
    "access_token",
    "expires",
    "expires_in",
    "scope",
    "status",
    "refresh_token",
    "user_id",
)
_WITHOUT_TOKENS: Final = frozenset(("ONAPPUNINSTALL", "ONAPPMETHODCONFIRM"))
"""Events that bring no token, whoever caused them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventAuth:
    """Makes ``auth`` of an event.

    Attributes:
        credentials: where access tokens are entered.
        oauth: knows the applications.
        endpoint: gives the portal's REST address.
        clock: gives unix seconds.
    """

    credentials: Credentials
    oauth: AuthorizationServer
    endpoint: Callable[[], str]
    clock: Callable[[], float]

    def __call__(self, handler: Handler, user_id: int, session: int) -> Mapping[str, Any] | None:
        """The parameters for one delivery; without tokens where no user caused the event.

        None for an application that is not installed: it is told nothing.

        Args:
            handler: who is told.
            user_id: whose token it is; 0 for nobody's.
            session: generations of events that the token may cause.
        """
        if not self.oauth.installed(handler.app):
            return None
        endpoint = self.endpoint()
        portal = {"domain": urlsplit(endpoint).netloc, "member_id": self.oauth.member_id}
        proof = {"application_token": self.oauth.application(handler.app).application_token}
        places = {"client_endpoint": endpoint, "server_endpoint": self.oauth.server_endpoint}
        if handler.event in _WITHOUT_TOKENS:
            return {**portal, **places, **proof}
        if not user_id:
            return {**portal, **proof}
        return {**self._token(handler, user_id, session), **portal, **places, **proof}

    def _token(self, handler: Handler, user_id: int, session: int) -> dict[str, Any]:
        scope = self.oauth.application(handler.app).scope
        if sends_refresh_token(handler.event):
            pair = self.oauth.tokens(handler.app, user_id=user_id)
            return {key: pair[key] for key in _TOKEN_KEYS}
        expires = int(self.clock()) + ACCESS_SECONDS
        token = self.credentials.issue_token(
            scope,
            expires_at=expires,
            user_id=user_id,
            client_id=handler.app,
            session=session,
        )
        return {
            "access_token": token.value,
            "expires": expires,
            "expires_in": ACCESS_SECONDS,
            "scope": ",".join(sorted(scope)),
            "status": "L",
            "user_id": user_id,
        }
