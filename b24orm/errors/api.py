"""What the server answered: about the call, and about the credentials."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from b24orm.errors.base import B24Error

__all__ = [
    "AccessDenied",
    "ApiError",
    "AuthError",
    "ExpiredToken",
    "InsufficientScope",
    "InvalidClient",
    "InvalidGrant",
    "NotFound",
    "NotInstalled",
    "OperatingLimited",
    "PaymentRequired",
    "PortalDeleted",
    "PortalMoved",
    "RateLimited",
    "ServerFailure",
    "TokenServerFailed",
    "TokenStoreFailed",
]


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

    def placed(self, place: str, item: object, number: int) -> None:
        """Says which of many calls it is about: in words, by what was given, and by its number."""
        self._belongs(item, number)
        B24Error.__init__(self, self._message(place))

    def _message(self, place: str = "") -> str:
        what = ": ".join(part for part in (self.code, self.description) if part) or "no error text"
        which = place or (f"command {self.command}" if self.command else "")
        host = (f"on {self.host}" if self.host else "", f"[HTTP {self.status}]" if self.status else "")
        where = " ".join(part for part in (self.method, which and f"({which})", *host) if part)
        what = f"{what.rstrip('.')}; {self.hint}" if self.hint else what
        return f"{where}: {what}" if where else what

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.code, self.description, dict(self._context())))

    def _context(self) -> Iterable[tuple[str, object]]:
        for name in ("method", "status", "command", "host", "hint"):
            yield name, getattr(self, name)


def _rebuild(cls: type[ApiError], code: str, description: str, context: dict[str, object]) -> ApiError:
    return cls(code, description, **context)  # type: ignore[arg-type]


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
    """There are no new tokens, and the portal executed nothing.

    The authorization server did not answer, several times; or ``token_func`` raised what is the cause.
    """


class TokenStoreFailed(AuthError):
    """OAuth tokens could not be kept or read, and nothing was executed. The store's own text is not told."""

    def __init__(self, text: str) -> None:
        super().__init__("TOKEN_STORE", text)

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.description,))
