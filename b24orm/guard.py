"""Argument checks of the public entry points, with our own kind of error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from beartype import BeartypeConf, beartype

from b24orm.errors import InvalidValue

__all__ = ["guard"]

_F = TypeVar("_F", bound=Callable[..., Any])
_CONF: Final = BeartypeConf(violation_type=InvalidValue, is_color=False)


def guard(function: _F) -> _F:
    """Makes a public function refuse arguments of the wrong type before anything runs.

    >>> @guard
    ... def double(number: int) -> int:
    ...     return 2 * number
    >>> double("2")
    Traceback (most recent call last):
        ...
    b24orm.errors.InvalidValue: ...
    """
    return beartype(conf=_CONF)(function)
