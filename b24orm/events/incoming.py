"""Events that a portal posts to a web handler, read into typed values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Final, TypeAlias

from b24orm.errors import AuthError, InvalidValue
from b24orm.events.form import nested, parse_form
from b24orm.events.names import Subject, subject_of
from b24orm.transport.auth.secret import Secret, same

__all__ = [
    "Body",
    "EventAuth",
    "IncomingEvent",
    "auth_in",
    "moment_in",
    "number_in",
    "parse_event",
    "read_body",
]

Body: TypeAlias = "bytes | str | Mapping[str, Any]"
"""A body as it came, or what a web framework made of it."""

_FORM: Final = "application/x-www-form-urlencoded"
_JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class EventAuth:
    """What an event says of its portal, and what lets its handler act there.

    Tokens are missing where no user caused the event: a robot, a workflow, an agent.

    Attributes:
        application_token: proves that the event comes from the portal; see :meth:`proves`.
        domain: the portal's host.
        member_id: the portal's identity, which a renaming does not change.
        access_token: acts for the user who caused the event, for an hour.
        refresh_token: comes with few events, such as the installation.
        expires_in: seconds that the access token is good for.
        expires: when it ends, in UTC.
        scope: what the token may do.
        client_endpoint, server_endpoint: REST addresses of the portal and of the OAuth server.
        status: the application's status (``L``, ``F``, ``T`` ...).
        user_id: the user whose token it is, where the event says so.
    """

    application_token: Secret
    domain: str = ""
    member_id: str = ""
    access_token: Secret | None = None
    refresh_token: Secret | None = None
    expires_in: int | None = None
    expires: datetime | None = None
    scope: tuple[str, ...] = ()
    client_endpoint: str = ""
    server_endpoint: str = ""
    status: str = ""
    user_id: int | None = None

    def proves(self, application_token: Secret | str) -> bool:
        """Whether the event comes from the portal whose application token this is.

        The time that it takes tells nothing of where two tokens differ.

        Args:
            application_token: the one that came with the installation, or stands in an outgoing webhook's
                settings.
        """
        return same(self.application_token, application_token)


@dataclass(frozen=True, slots=True)
class IncomingEvent:
    """An event that was posted to a handler.

    Attributes:
        name: ``ONCRMDEALADD``.
        data: what it is about, as the portal sent it: all values are texts. Those of chat bots hold tokens,
            so it stays out of the repr.
        auth: the portal it comes from; **not** yet proven, see :meth:`verify`.
        handler_id: the number of the handler, as ``event.bind`` made it.
        moment: when the portal queued it, in UTC.
        subject: the row it is about.
    """

    name: str
    data: Mapping[str, Any] = field(repr=False)
    auth: EventAuth
    handler_id: int | None = None
    moment: datetime | None = None
    subject: Subject = field(default=Subject(None, "other", None))

    def verify(self, application_token: Secret | str) -> IncomingEvent:
        """The event itself, if it comes from the portal whose application token this is.

        Raises:
            AuthError: the token differs or is missing: anybody may have sent the event.
        """
        proven = self.auth.proves(application_token)
        del application_token  # the frames of a traceback show what they hold
        if not proven:
            raise AuthError(
                "WRONG_APPLICATION_TOKEN",
                f"the event {self.name} does not carry the application token of the portal",
                host=self.auth.domain or None,
            )
        return self


def parse_event(body: Body, content_type: str = _FORM) -> IncomingEvent:
    """Reads an event out of the body of a request to a web handler.

    Args:
        body: the raw body; or what a framework made of it, flat (``{"data[FIELDS][ID]": "7"}``) or nested.
        content_type: the request's media type, parameters may follow. Bitrix24 posts forms; JSON is
            read too, for events that a queue passed on.

    Raises:
        InvalidValue: the body is no event.

    >>> event = parse_event(b"event=ONCRMDEALADD&data[FIELDS][ID]=7&ts=1700000000&auth[application_token]=x")
    >>> event.name, event.subject.entity, event.subject.id
    ('ONCRMDEALADD', 'Deal', 7)
    """
    found = _parsed(body, content_type)
    del body  # it holds tokens, and the frames of a traceback show what they hold
    if isinstance(found, InvalidValue):
        raise found
    return found


def _parsed(body: Body, content_type: str) -> IncomingEvent | InvalidValue:
    """The event; or the error, without the frames that the body is in."""
    try:
        return _event(read_body(body, content_type))
    except InvalidValue as error:
        return InvalidValue(str(error))


def _event(form: Mapping[str, Any]) -> IncomingEvent:
    name, data, auth = form.get("event"), form.get("data") or {}, form.get("auth") or {}
    if not isinstance(name, str) or not name:
        raise InvalidValue("the body is no event: it has no 'event'")
    if isinstance(data, list):
        data = {str(number): item for number, item in enumerate(data)}
    if not isinstance(auth, Mapping) or not isinstance(data, Mapping):
        raise InvalidValue("the body is no event: its 'data' or its 'auth' is no map")
    return IncomingEvent(
        name=name.upper(),
        data=data,
        auth=auth_in(auth),
        handler_id=number_in(form.get("event_handler_id")),
        moment=moment_in(form.get("ts")),
        subject=subject_of(name.upper(), data),
    )


def read_body(body: Body, content_type: str) -> Mapping[str, Any]:
    """The fields of a body, nested.

    Raises:
        InvalidValue: it is neither a form nor JSON.
    """
    if isinstance(body, Mapping):
        flat = any("[" in str(key) for key in body)
        return nested((str(key), str(value)) for key, value in body.items()) if flat else body
    if not isinstance(body, (bytes, str)):
        raise InvalidValue(f"an event is read from bytes, a str or a dict, not from a {type(body).__name__}")
    media = content_type.partition(";")[0].strip().lower()
    if media == _FORM:
        return parse_form(body)
    if media == _JSON:
        return _json(body)
    raise InvalidValue(f"an event is posted as {_FORM}, not as {content_type!r}")


def _json(body: bytes | str) -> Mapping[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidValue("the body of the event is no JSON") from None
    if not isinstance(value, dict):
        raise InvalidValue("the body of the event is no JSON object")
    return value


def auth_in(raw: Mapping[str, Any]) -> EventAuth:
    """What the ``auth`` of a body says."""

    def text(name: str) -> str:
        value = raw.get(name)
        return str(value) if isinstance(value, (str, int)) else ""

    def secret(name: str) -> Secret | None:
        return Secret(text(name)) if text(name) else None

    return EventAuth(
        application_token=Secret(text("application_token")),
        domain=text("domain"),
        member_id=text("member_id"),
        access_token=secret("access_token"),
        refresh_token=secret("refresh_token"),
        expires_in=number_in(raw.get("expires_in")),
        expires=moment_in(raw.get("expires")),
        scope=tuple(text("scope").replace(",", " ").split()),
        client_endpoint=text("client_endpoint"),
        server_endpoint=text("server_endpoint"),
        status=text("status"),
        user_id=number_in(raw.get("user_id")),
    )


def number_in(value: Any) -> int | None:
    """A number, or None."""
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):  # JSON knows numbers that are infinite
        return None


def moment_in(value: Any) -> datetime | None:
    """Unix seconds as a moment in UTC, or None."""
    seconds = number_in(value)
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, timezone.utc)
    except (OverflowError, OSError, ValueError):
        return None
