"""Tokens in a SQLite file that processes of one machine share."""

from __future__ import annotations

import logging
import os
import secrets
import sqlite3
import sys
import time
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Final

from b24orm.transport.auth.stores.leases import LEASE, leased
from b24orm.transport.auth.tokens import Tokens

__all__ = ["SqliteTokens"]

log: Final = logging.getLogger("b24orm")
_BUSY: Final = 30.0
_OTHERS: Final = 0o077
_TABLES: Final = (
    "CREATE TABLE IF NOT EXISTS b24_tokens (key TEXT PRIMARY KEY, tokens TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS b24_locks (key TEXT PRIMARY KEY, owner TEXT NOT NULL, until REAL NOT NULL)",
)
_SAVE: Final = "INSERT INTO b24_tokens VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET tokens = excluded.tokens"
_TAKE: Final = """
INSERT INTO b24_locks VALUES (:key, :owner, :until)
ON CONFLICT (key) DO UPDATE SET owner = excluded.owner, until = excluded.until
WHERE b24_locks.until < :now OR b24_locks.until > :latest
"""
"""A lease that ends too late was taken before the clock was put back."""


class SqliteTokens:
    """Keeps tokens in two tables of a SQLite file, which is made with mode 0600.

    Args:
        path: the file; it may hold other tables too. If others can read it, a warning says so.

    >>> SqliteTokens("tokens.db")                                              # doctest: +SKIP
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._seen = False

    @contextmanager
    def _opened(self) -> Generator[sqlite3.Connection, None, None]:
        """A connection for one piece of work; committed if that went well."""
        self._made()
        connection = sqlite3.connect(self._path, timeout=_BUSY)
        try:
            with connection:
                for table in _TABLES:
                    connection.execute(table)
                yield connection
        finally:
            connection.close()

    def _made(self) -> None:
        """Makes the file. One that exists is not even opened: to close it again would let go of every lock
        that another connection of this process has on it, and may ruin the database.
        """
        if self._seen:
            return
        with suppress(FileExistsError):
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        if sys.platform != "win32" and self._path.stat().st_mode & _OTHERS:
            log.warning("%s holds tokens and can be read by others: chmod 600 it", self._path)
        self._seen = True

    def load(self, key: str) -> Tokens | None:
        """The tokens that were saved last."""
        with self._opened() as connection:
            found = connection.execute("SELECT tokens FROM b24_tokens WHERE key = ?", (key,))
            return next((Tokens.from_json(text) for (text,) in found), None)

    def save(self, key: str, tokens: Tokens) -> None:
        """Keeps the tokens; they are on the disk when it returns."""
        with self._opened() as connection:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(_SAVE, (key, tokens.to_json()))

    def delete(self, key: str) -> None:
        """Forgets the tokens."""
        with self._opened() as connection:
            connection.execute("DELETE FROM b24_tokens WHERE key = ?", (key,))

    def lock(self, key: str) -> AbstractContextManager[object]:
        """One holder at a time; open again after 90 seconds if its holder died."""
        owner = secrets.token_hex(8)
        return leased(lambda: self._taken(key, owner), lambda: self._let_go(key, owner))

    def _taken(self, key: str, owner: str) -> bool:
        now = time.time()
        with self._opened() as connection:
            lease = {"key": key, "owner": owner, "until": now + LEASE, "now": now, "latest": now + 2 * LEASE}
            done = connection.execute(_TAKE, lease)
            return done.rowcount == 1

    def _let_go(self, key: str, owner: str) -> None:
        with self._opened() as connection:
            connection.execute("DELETE FROM b24_locks WHERE key = ? AND owner = ?", (key, owner))

    def __repr__(self) -> str:
        return f"SqliteTokens({str(self._path)!r})"
