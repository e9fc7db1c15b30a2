"""Every exception that b24orm raises.

::

    B24Error
     ├── UsageError            refused before anything was sent
     │    ├── UnknownName      no such field, lookup, relation or parameter
     │    │    ├── UnknownAttribute  no such attribute              (also AttributeError)
     │    │    ├── UnknownImport     b24orm has no such name        (also ImportError)
     │    │    └── UnknownParameter  no such parameter              (also TypeError)
     │    ├── InvalidValue     a value of the wrong type or shape             (also ValueError)
     │    ├── Unsupported      the method can't do that
     │    ├── NotConfigured    no portal was connected
     │    └── PortalClosed     the portal was closed
     ├── FieldNotLoaded        the row was fetched without this field         (also AttributeError)
     ├── RelationNotLoaded     the related object was not fetched             (also AttributeError)
     ├── InvalidRow            the server's answer does not fit the model
     ├── DoesNotExist          get() found nothing
     ├── MultipleObjects       get() found several
     ├── Incomplete            rows moved while they were read: the list is not whole
     ├── OutcomeUnknown        writes were sent, and nobody can say whether they were done
     ├── JobStopped            a bulk write ended early: the portal serves no more
     ├── JournalFailed         the journal of a bulk write can't be written or read
     ├── StaleObject           the row was changed by somebody else since it was fetched
     ├── ApiError              the server answered with an error
     │    ├── AuthError        bad, expired or insufficient credentials
     │    │    ├── ExpiredToken
     │    │    ├── InvalidGrant       a code or refresh token that is used up: authorise again
     │    │    ├── InvalidClient      the authorization server does not know the application so
     │    │    ├── InsufficientScope  the credentials don't reach as far as the method
     │    │    ├── PaymentRequired    the application's subscription, or the portal's plan, has ended
     │    │    ├── NotInstalled       the application is not installed on the portal
     │    │    ├── PortalDeleted      the portal is gone for good
     │    │    ├── TokenServerFailed  the authorization server did not answer, several times
     │    │    └── TokenStoreFailed   OAuth tokens could not be kept or read
     │    ├── NotFound         no such row or method
     │    ├── AccessDenied     the user may not do that
     │    ├── RateLimited      QUERY_LIMIT_EXCEEDED: never executed
     │    ├── OperatingLimited OPERATION_TIME_LIMIT: never executed
     │    └── ServerFailure    5xx, or an answer that is no REST answer
     │         └── PortalMoved the portal has an address where the credentials may not go
     └── TransportError        no answer arrived
          ├── ConnectFailed    the request never reached the portal
          │    ├── PortalDown            not sent: the portal has answered nothing for so long
          │    └── UntrustedCertificate  who answers can't prove to be the portal: not tried again
          ├── TimedOut         no answer in time: the fate of a write is unknown
          └── Disconnected     the connection broke: the fate of a write is unknown

No message, attribute or repr holds a webhook code or a token.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

__all__ = [
    "AccessDenied",
    "ApiError",
    "AuthError",
    "B24Error",
    "ConnectFailed",
    "Disconnected",
    "DoesNotExist",
    "ExpiredToken",
    "FieldNotLoaded",
    "Incomplete",
    "InsufficientScope",
    "InvalidClient",
    "InvalidGrant",
    "InvalidRow",
    "InvalidValue",
    "JobStopped",
    "JournalFailed",
    "MultipleObjects",
    "NotConfigured",
    "NotFound",
    "NotInstalled",
    "OperatingLimited",
    "OutcomeUnknown",
    "PaymentRequired",
    "PortalClosed",
    "PortalDeleted",
    "PortalDown",
    "PortalMoved",
    "RateLimited",
    "RelationNotLoaded",
    "ServerFailure",
    "StaleObject",
    "TimedOut",
    "TokenServerFailed",
    "TokenStoreFailed",
    "TransportError",
    "UnknownAttribute",
    "UnknownImport",
    "UnknownName",
    "UnknownParameter",
    "Unsupported",
    "UntrustedCertificate",
    "UsageError",
    "nearest",
]


def nearest(name: str, known: Iterable[str]) -> str:
    """The tail of a message that names the closest known spelling.

    >>> nearest("stge", ["stage", "title"])
    "; did you mean 'stage'?"
    >>> nearest("zzz", ["stage", "title"])
    ''
    """
    pool = list(known)
    close = get_close_matches(name, pool, n=1) or [k for k in pool if k.lower() == name.lower()][:1]
    return f"; did you mean {close[0]!r}?" if close else ""


class B24Error(Exception):
    """The root of everything that b24orm raises.

    Attributes:
        attempts: how often the call was tried before it was given up.
        item, number: the item of a bulk write that it belongs to, and its place there, counted from 0.
        sent_at: when the request left, in seconds of the sender's clock; None if it never did.
    """

    attempts: int = 1
    item: object = None
    number: int | None = None
    sent_at: float | None = None

    def __str__(self) -> str:
        text = super().__str__()
        return f"{text} (after {self.attempts} attempts)" if self.attempts > 1 else text


class UsageError(B24Error):
    """The call was refused before anything was sent."""


class UnknownName(UsageError):
    """No such field, lookup, relation or parameter."""


class UnknownAttribute(UnknownName, AttributeError):
    """An object, a model or a set of rows has no such attribute or method."""


class UnknownImport(UnknownName, ImportError):
    """b24orm has no such name, and needs none: the message says what to write instead."""


class UnknownParameter(UnknownName, TypeError):
    """A function of b24orm has no such parameter."""


class InvalidValue(UsageError, ValueError):
    """A value of the wrong type or shape."""


class Unsupported(UsageError):
    """The REST method can't do what was asked, or would do something else silently."""


class NotConfigured(UsageError):
    """No portal was connected and none was named."""


class PortalClosed(UsageError):
    """The portal was closed before the call."""


class FieldNotLoaded(B24Error, AttributeError):
    """The row was fetched without this field."""


class RelationNotLoaded(B24Error, AttributeError):
    """The related object was not fetched with the row."""


class InvalidRow(B24Error, ValueError):
    """The server's answer does not fit the model."""


class DoesNotExist(B24Error, LookupError):
    """``get()`` found no row."""


class MultipleObjects(B24Error, LookupError):
    """``get()`` found more than one row."""


class Incomplete(B24Error):
    """The list is not whole.

    Rows were inserted or deleted while pages were read by offset, or the portal answered other rows than
    it was asked for.
    """


class OutcomeUnknown(B24Error):
    """Writes were sent and their answer was lost; whether they were done can't be established.

    They were not sent again: that could do them twice. New rows were looked for by their values
    where that leaves no doubt; ``idempotency="origin"`` lets them carry a key by which they are found.

    Attributes:
        items: what was to be written.
    """

    def __init__(self, text: str, items: Iterable[object] = ()) -> None:
        super().__init__(text)
        self.text = text
        self.items: tuple[object, ...] = tuple(items)

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.text, self.items))


class JobStopped(B24Error):
    """A bulk write ended early: the portal did not serve it for too long, or refuses it for good.

    Its cause says why. Items that were refused on their own stand in ``results``, or were handed out before.

    Attributes:
        taken: items taken from the source; whatever follows them was not touched.
        done: how many of those were written.
        unknown: those that were sent, and of which nobody can say whether they were written.
        not_sent: those that were not written, for they never reached the portal, or it refused them unread.
        results: what the job would have returned; empty where results were handed out one by one.
    """

    def __init__(
        self,
        text: str,
        *,
        taken: int = 0,
        done: int = 0,
        unknown: Iterable[Any] = (),
        not_sent: Iterable[Any] = (),
        results: Iterable[Any] = (),
    ) -> None:
        super().__init__(text)
        self.text = text
        self.taken = taken
        self.done = done
        self.unknown: tuple[Any, ...] = tuple(unknown)
        self.not_sent: tuple[Any, ...] = tuple(not_sent)
        self.results: list[Any] = list(results)

    def __reduce__(self) -> tuple[object, ...]:
        names = ("taken", "done", "unknown", "not_sent", "results")
        return (_rebuild_stopped, (self.text, {name: getattr(self, name) for name in names}))


def _rebuild_stopped(text: str, known: dict[str, Any]) -> JobStopped:
    return JobStopped(text, **known)


class JournalFailed(B24Error):
    """The journal of a bulk write can't be written or read; the disk may be full. The job has ended.

    What was sent last may be done though the journal does not know it: the next run looks into it.
    """


class StaleObject(B24Error):
    """The row was changed by somebody else since it was fetched; nothing was sent."""


class ApiError(B24Error):
    """The server answered with an error.

    Attributes:
        code: the server's code, often an empty string for entity errors.
        description: the server's own text.
        method: the REST method, if known.
        status: the HTTP status; 200 for a command inside a batch.
        command: the label of the command inside its batch, if it was in one.
        host: the portal's host.
        hint: what to do about it, where b24orm knows.
    """

    def __init__(
        self,
        code: str,
        description: str = "",
        *,
        method: str | None = None,
        status: int | None = None,
        command: str | None = None,
        host: str | None = None,
        hint: str = "",
    ) -> None:
        self.code = code
        self.description = description
        self.method = method
        self.status = status
        self.command = command
        self.host = host
        self.hint = hint
        super().__init__(self._message())

    def _message(self) -> str:
        what = ": ".join(part for part in (self.code, self.description) if part) or "no error text"
        command = f"(command {self.command})" if self.command else ""
        place = (f"on {self.host}" if self.host else "", f"[HTTP {self.status}]" if self.status else "")
        where = " ".join(part for part in (self.method, command, *place) if part)
        what = f"{what.rstrip('.')}; {self.hint}" if self.hint else what
        return f"{where}: {what}" if where else what

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.code, self.description, dict(self._context())))

    def _context(self) -> Iterable[tuple[str, object]]:
        for name in ("method", "status", "command", "host", "hint"):
            yield name, getattr(self, name)


def _rebuild(cls: type[ApiError], code: str, description: str, context: dict[str, object]) -> ApiError:
    return cls(code, description, **context)  # type: ignore[arg-type]


class AuthError(ApiError):
    """Bad, expired or insufficient credentials."""


class ExpiredToken(AuthError):
    """The OAuth access token is out of date."""


class InvalidGrant(AuthError):
    """The code or the refresh token is used up, out of date or another application's: authorise again."""


class InvalidClient(AuthError):
    """The authorization server does not know the application by this id and secret."""


class InsufficientScope(AuthError):
    """The credentials lack a scope that the method needs."""


class PaymentRequired(AuthError):
    """The application's trial or subscription, or the portal's plan with REST, has ended."""


class NotInstalled(AuthError):
    """The application is not installed on the portal, or was removed from it."""


class PortalDeleted(AuthError):
    """The portal was deleted: no credentials will ever work there again."""


class TokenServerFailed(AuthError):
    """The authorization server did not answer, several times; the portal executed nothing."""


class TokenStoreFailed(AuthError):
    """OAuth tokens could not be kept or read, and nothing was executed. The store's own text is not told."""

    def __init__(self, text: str) -> None:
        super().__init__("TOKEN_STORE", text)

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.description,))


class NotFound(ApiError):
    """No such row or method."""


class AccessDenied(ApiError):
    """The user may not do that."""


class RateLimited(ApiError):
    """QUERY_LIMIT_EXCEEDED: the request was refused and never executed."""


class OperatingLimited(ApiError):
    """OPERATION_TIME_LIMIT: the method has used up its operating time; never executed."""


class ServerFailure(ApiError):
    """The server failed (5xx) or its answer is no REST answer."""


class PortalMoved(ServerFailure):
    """The portal answers from another address, where the credentials may not go; nothing was executed.

    Attributes:
        base: the address, up to ``/rest``.
    """

    def __init__(self, code: str, description: str = "", *, base: str = "", **context: Any) -> None:
        self.base = base
        super().__init__(code, description, **context)

    def _context(self) -> Iterable[tuple[str, object]]:
        yield "base", self.base
        yield from super()._context()


class TransportError(B24Error):
    """No answer arrived.

    Attributes:
        method: the REST method, if known.
        host: the portal's host.
    """

    def __init__(self, text: str, *, method: str | None = None, host: str | None = None) -> None:
        self.text = text
        self.method = method
        self.host = host
        where = " ".join(part for part in (method or "", f"on {host}" if host else "") if part)
        super().__init__(f"{where}: {text}" if where else text)

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild_transport, (type(self), self.text, self.method, self.host))


def _rebuild_transport(cls: type[TransportError], text: str, *where: str | None) -> TransportError:
    return cls(text, method=where[0], host=where[1])


class ConnectFailed(TransportError):
    """The request never reached the portal, so nothing was executed."""


class PortalDown(ConnectFailed):
    """The request was not sent: the portal has answered nothing for ``give_up_after`` seconds and longer.

    Every half minute one request is sent all the same, to see whether the portal is back.
    """


class UntrustedCertificate(ConnectFailed):
    """Who answers can't prove to be the portal. Another try would end the same way, so there is none."""


class TimedOut(TransportError):
    """No answer in time. Whether a write was executed is unknown."""


class Disconnected(TransportError):
    """The connection broke. Whether a write was executed is unknown."""
