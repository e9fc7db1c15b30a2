"""The tokens of an application on one portal."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from b24orm.errors import InvalidValue
from b24orm.transport.auth.hosts import endpoint_of
from b24orm.transport.auth.secret import Secret

__all__ = ["Tokens"]

_SECRETS: Final = ("access_token", "refresh_token", "application_token")
_WHOLE: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
"""Anybody may post tokens: a number longer than any id or moment is none."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the authorization server gives an application for a portal.

    Attributes:
        member_id: the portal's identity; stays when the portal is renamed.
        endpoint: the portal's REST address, ``https://acme.bitrix24.com/rest``.
        access_token: what calls are made with, for an hour.
        refresh_token: what the next pair is asked for with, once; it lasts 180 days.
        server: REST address of the authorization server, which is another one for other regions.
        scope: the permissions.
        status: the application's status on the portal (``L``, ``F``, ``D``, ``T``, ``P`` ...).
        user_id: the user that the tokens act for, if known.
        expires: unix seconds at which the access token ends, if known. Only told, never acted upon.
        application_token: what every event of this installation carries.
        asking: who began to ask for the next pair, and when; empty once that ended. Tokens that a store
            gives with it may be used up: their successors were lost with the program that asked.
    """

    member_id: str
    endpoint: str
    access_token: Secret = field(default_factory=Secret)
    refresh_token: Secret = field(default_factory=Secret)
    server: str = ""
    scope: tuple[str, ...] = ()
    status: str = ""
    user_id: int | None = None
    expires: float | None = None
    application_token: Secret = field(default_factory=Secret)
    asking: str = ""

    @classmethod
    def parse(cls, answer: Mapping[str, Any]) -> Tokens:
        """Tokens as the authorization server, or an event, tells them.

        Raises:
            InvalidValue: the portal's identity or address, or the access token, is missing.
        """
        endpoint = endpoint_of(_text(answer, "client_endpoint"))
        member_id = _text(answer, "member_id")
        if endpoint is None or not member_id or not _text(answer, "access_token"):
            needed = "member_id, access_token and client_endpoint (https://PORTAL/rest/)"
            del answer
            raise InvalidValue(f"these are no tokens: they need {needed}")
        return cls(
            member_id=member_id,
            endpoint=endpoint,
            access_token=Secret(_text(answer, "access_token")),
            refresh_token=Secret(_text(answer, "refresh_token")),
            application_token=Secret(_text(answer, "application_token")),
            server=_text(answer, "server_endpoint"),
            scope=tuple(_text(answer, "scope").replace(",", " ").split()),
            status=_text(answer, "status"),
            user_id=_number(answer, "user_id"),
            expires=_number(answer, "expires"),
        )

    def after(self, before: Tokens | None) -> Tokens:
        """These tokens with what only those before them knew: token answers lack ``application_token``."""
        if before is None:
            return self
        return replace(
            self,
            application_token=self.application_token or before.application_token,
            server=self.server or before.server,
            refresh_token=self.refresh_token or before.refresh_token,
            user_id=self.user_id if self.user_id is not None else before.user_id,
        )

    def after_installation(self, before: Tokens | None) -> Tokens:
        """These tokens of an installation: its page tells no ``application_token``, only its event does."""
        if before is None or self.application_token:
            return self
        return replace(self, application_token=before.application_token)

    def moved(self, endpoint: str) -> Tokens:
        """The same tokens at another address."""
        return replace(self, endpoint=endpoint)

    def asked_by(self, who: str) -> Tokens:
        """The same tokens, with word of who asks for the next pair; an empty text takes it back."""
        return replace(self, asking=who)

    def redact(self, text: str) -> str:
        """The text without any of the tokens."""
        for secret in (self.access_token, self.refresh_token, self.application_token):
            text = secret.redact(text)
        return text

    def to_json(self) -> str:
        """Everything, secrets too, for a store to keep. Don't hold it in a variable for long."""
        return json.dumps(
            {
                "member_id": self.member_id,
                "client_endpoint": self.endpoint,
                **{name: getattr(self, name).reveal() for name in _SECRETS},
                "server_endpoint": self.server,
                "scope": ",".join(self.scope),
                "status": self.status,
                "user_id": self.user_id,
                "expires": self.expires,
                **({"asking": self.asking} if self.asking else {}),
            }
        )

    @classmethod
    def from_json(cls, text: str | bytes) -> Tokens:
        """What :meth:`to_json` wrote.

        Raises:
            InvalidValue: it did not write that.
        """
        try:
            answer = json.loads(text)
        except ValueError:
            answer = None
        del text
        if not isinstance(answer, dict):
            answer = {}
        return cls.parse(answer).asked_by(_text(answer, "asking"))


def _text(answer: Mapping[str, Any], name: str) -> str:
    value = answer.get(name)
    return str(value) if isinstance(value, (str, int)) else ""


def _number(answer: Mapping[str, Any], name: str) -> int | None:
    text = _text(answer, name)
    return int(text) if _WHOLE.fullmatch(text) else None
