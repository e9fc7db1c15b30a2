"""Locks that end by themselves: for stores whose server can't tell that a holder died."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

from b24orm.errors import TokenStoreFailed

__all__ = ["LEASE", "leased"]

LEASE: Final = 90.0
"""Seconds after which a lock is open again; a renewal takes less."""
_PATIENCE: Final = LEASE + 10
_PAUSE: Final = 0.05


@contextmanager
def leased(
    take: Callable[[], bool], let_go: Callable[[], object], *, patience: float = _PATIENCE
) -> Generator[None, None, None]:
    """Waits until ``take`` succeeds, and lets go after the block.

    Raises:
        TokenStoreFailed: it did not succeed in time.
    """
    end = time.monotonic() + patience
    while not take():
        if time.monotonic() > end:
            raise TokenStoreFailed(f"somebody has held the tokens' lock for {patience:g} s")
        time.sleep(_PAUSE)
    try:
        yield
    finally:
        let_go()
