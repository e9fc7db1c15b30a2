"""Tells who asks the moment at which a request leaves.

A request may wait long for its turn. What is noted of it before, in a journal for instance, is noted at the
last moment: so what a killed process leaves in doubt is what was under way, and nothing that stood in line.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, TypeAlias

__all__ = ["leaves", "noting"]

_Note: TypeAlias = Callable[[], None]

_NOTE: Final[ContextVar[_Note | None]] = ContextVar("b24orm leaving", default=None)


@contextmanager
def noting(note: _Note | None) -> Generator[None, None, None]:
    """Around a question: ``note`` is called before each request that it takes, also for one more try."""
    before = _NOTE.set(note)
    try:
        yield
    finally:
        _NOTE.reset(before)


def leaves() -> None:
    """A request is about to leave.

    Raises:
        B24Error: it can't be noted, so it must not leave.
    """
    note = _NOTE.get()
    if note is not None:
        note()
