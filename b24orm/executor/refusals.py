"""Refusals that are final: of who calls, of a method, or of a method for one kind of rows.

The portal checks that before any work. So what was refused in this way was not executed, and the next call
would be refused as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from typing import Final

from b24orm.errors import (
    ApiError,
    AuthError,
    B24Error,
    InsufficientScope,
    PortalClosed,
    ServerFailure,
    TokenServerFailed,
    TokenStoreFailed,
    UntrustedCertificate,
)
from b24orm.executor.retry import never_executed
from b24orm.executor.trip import Trip
from b24orm.transport.auth.base import Access

__all__ = ["Barrier", "is_final", "untouched"]

_OF_METHODS: Final = frozenset(
    (
        "BITRIX_REST_V3_EXCEPTION_METHODNOTFOUNDEXCEPTION",
        "ERROR_METHOD_NOT_FOUND",
        "METHOD_CONFIRM_DENIED",
        "METHOD_CONFIRM_WAITING",
        "WRONG_AUTH_TYPE",
    )
)
"""Codes that refuse a method, whatever it is called with."""

_OF_ENTITIES: Final = frozenset(
    ("ALLOWED_ONLY_INTRANET_USER", "BITRIX_REST_V3_EXCEPTION_LICENSEEXCEPTION", "WRONG_LICENSE")
)
"""Codes that may refuse one kind of rows, where a method serves several: items of one smart process."""


def is_final(error: B24Error) -> bool:
    """Whether every other call of the same job would be refused as well, before any work.

    >>> is_final(AuthError("INVALID_CREDENTIALS")), is_final(ApiError("ACCESS_DENIED", command="c1"))
    (True, False)
    """
    if isinstance(error, (AuthError, PortalClosed, UntrustedCertificate)):
        return True
    if isinstance(error, ServerFailure):
        return error.code == "REDIRECTED"
    if not isinstance(error, ApiError):
        return False
    return error.code.upper() in _OF_METHODS | _OF_ENTITIES or _is_of_batch(error)


def _is_of_batch(error: ApiError) -> bool:
    """Whether a batch as a whole was denied. Rows that the user may not touch are denied by the same code."""
    return error.code.upper() == "ACCESS_DENIED" and error.command is None and error.method == "batch"


def untouched(error: B24Error) -> bool:
    """Whether a write that ended so was surely not executed, and nothing is wrong with it."""
    return never_executed(error) or is_final(error)


@dataclass(frozen=True, slots=True)
class _Bar:
    """A refusal: when it came, and of which access; of None: of any."""

    at: float
    access: Access | None
    error: ApiError

    def stops(self, trip: Trip, access: Access) -> bool:
        """Whether a trip was in line already, and would be sent with the same access."""
        waited = trip.ready is not None and trip.ready < self.at
        return waited and (self.access is None or self.access == access)


class Barrier:
    """Keeps back what stands in line behind a call that was refused for good.

    What is asked for later is sent again: the application may have been installed anew meanwhile.
    """

    def __init__(self) -> None:
        self._everything: _Bar | None = None
        self._methods: dict[str, _Bar] = {}

    def refused(self, error: ApiError, methods: Iterable[str], access: Access | None, now: float) -> None:
        """Calls of these methods, in lower case, were refused; nothing is noted if that is not final."""
        if not is_final(error) or isinstance(error, (TokenServerFailed, TokenStoreFailed)):
            return
        if error.code.upper() in _OF_ENTITIES:
            return  # others in line may ask for other rows
        if isinstance(error, InsufficientScope) or error.code.upper() in _OF_METHODS:
            self._methods.update({method: _Bar(now, None, _alone(error)) for method in methods})
        elif access is not None:
            self._everything = _Bar(now, access, _alone(error))

    def check(self, trip: Trip, access: Access) -> None:
        """Keeps a trip back.

        Raises:
            ApiError: what the one before it was refused with.
        """
        if self._everything is not None and self._everything.stops(trip, access):
            raise copy(self._everything.error)
        bars = [self._methods.get(method) for method in trip.methods]
        if bars[0] is not None and all(bar is not None and bar.stops(trip, access) for bar in bars):
            raise copy(bars[0].error)


def _alone(error: ApiError) -> ApiError:
    """The error without what it was found in."""
    made = copy(error)
    made.command = None
    return made
