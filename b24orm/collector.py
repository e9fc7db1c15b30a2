"""Keeps Python's cycle collector from walking through rows while they are being made.

A page of rows is thousands of new objects and no cycle; the collector would look through
them again and again while they are made, for a third of the whole time. It is stopped for the
milliseconds that one page takes and goes on right after.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Generator
from contextlib import contextmanager

from b24orm.forking import in_child

__all__ = ["collector_paused"]

_lock = threading.Lock()
_pauses = 0
_was_on = False


@contextmanager
def collector_paused() -> Generator[None, None, None]:
    """Stops the collector within the block; several threads may be inside.

    >>> with collector_paused():
    ...     gc.isenabled()
    False
    """
    global _pauses, _was_on
    with _lock:
        if _pauses == 0:
            _was_on = gc.isenabled()
            gc.disable()
        _pauses += 1
    try:
        yield
    finally:
        with _lock:
            _pauses -= 1
            if _pauses == 0 and _was_on:
                gc.enable()


def _forked() -> None:
    """The threads that paused the collector are not in the child."""
    global _lock, _pauses
    _lock = threading.Lock()
    if _pauses and _was_on:
        gc.enable()
    _pauses = 0


in_child(_forked)
