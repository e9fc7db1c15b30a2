"""Tokens in memory: for tests, and for programs that get their tokens anew each time."""

from __future__ import annotations

import os
import threading
from contextlib import AbstractContextManager

from b24orm.transport.auth.tokens import Tokens

__all__ = ["MemoryTokens"]


class MemoryTokens:
    """Keeps tokens as long as the process runs.

    >>> MemoryTokens()
    MemoryTokens(0 kept)
    """

    def __init__(self) -> None:
        self._kept: dict[str, Tokens] = {}
        self._locks: dict[tuple[str, int], threading.Lock] = {}

    def load(self, key: str) -> Tokens | None:
        """The tokens that were saved last."""
        return self._kept.get(key)

    def save(self, key: str, tokens: Tokens) -> None:
        """Keeps the tokens."""
        self._kept[key] = tokens

    def delete(self, key: str) -> None:
        """Forgets the tokens."""
        self._kept.pop(key, None)

    def lock(self, key: str) -> AbstractContextManager[object]:
        """One thread at a time; a forked child does not wait for its parent's threads."""
        return self._locks.setdefault((key, os.getpid()), threading.Lock())

    def __repr__(self) -> str:
        return f"MemoryTokens({len(self._kept)} kept)"
