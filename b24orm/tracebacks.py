"""What a traceback shows: the reader's own lines, not the path that a call took through b24orm."""

from __future__ import annotations

import logging
from typing import Final, TypeVar

from b24orm.errors import B24Error

__all__ = ["bare"]

_E = TypeVar("_E", bound=BaseException)
_LOG: Final = logging.getLogger("b24orm")


def bare(error: _E) -> _E:
    """The error without the frames it came through, to be raised again by the door that was called.

    An error of b24orm says in its message all that its frames could. They are kept of every other error,
    for that is a fault of the program, and of all while ``DEBUG`` is logged.

    >>> try:
    ...     raise B24Error("refused")
    ... except B24Error as error:
    ...     bare(error).__traceback__ is None
    True
    """
    if not _LOG.isEnabledFor(logging.DEBUG):
        _strip(error)
    return error


def _strip(error: BaseException) -> None:
    """Takes the frames off an error, what it was raised from, and the errors that it gathers."""
    found: BaseException | None = error
    seen: set[int] = set()
    while isinstance(found, B24Error) and id(found) not in seen:
        seen.add(id(found))
        found.__traceback__ = None
        for inner in getattr(found, "exceptions", ()):
            _strip(inner)
        found = found.__cause__  # the context may be an error that the reader handles, with lines of theirs
