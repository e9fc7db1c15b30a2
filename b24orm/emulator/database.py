"""SQLite behind a lock: statements, transactions and counts that are remembered until the next write."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from os import PathLike
from threading import RLock
from typing import Any
from weakref import finalize

from b24orm.emulator.values import fold

__all__ = ["Database"]


class Database:
    """One SQLite database. Thread-safe: every call holds the lock while it runs.

    Args:
        path: a file; in memory when None.

    Attributes:
        lock: hold it to make several calls one step.
        version: grows with every write.
    """

    def __init__(self, path: str | PathLike[str] | None = None) -> None:
        self.lock: RLock = RLock()
        self.version: int = 0
        self._counts: dict[tuple[str, tuple[Any, ...]], int] = {}
        self._counted_version = 0
        self._db = sqlite3.connect(
            ":memory:" if path is None else path,
            check_same_thread=False,
            isolation_level=None,
            cached_statements=1000,
        )
        self._closing = finalize(self, self._db.close)  # at the latest when nobody holds it any more
        self._db.create_function("b24_fold", 1, fold, deterministic=True)
        for pragma in ("journal_mode = MEMORY", "synchronous = OFF", "temp_store = MEMORY"):
            self._db.execute(f"PRAGMA {pragma}")

    def close(self) -> None:
        """Close the database. It can't be used afterwards."""
        with self.lock:
            self._closing()

    def _touched(self) -> None:
        self.version += 1

    def fetch(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a SELECT."""
        with self.lock:
            return self._db.execute(sql, params).fetchall()

    def execute(self, sql: str, params: Sequence[Any] = ()) -> int:
        """Run a statement that writes; returns the number of rows it touched."""
        with self.lock:
            self._touched()
            return self._db.execute(sql, params).rowcount

    def count_sql(self, source: str, params: tuple[Any, ...] = ()) -> int:
        """``SELECT COUNT(*) FROM <source>``. Remembered until the next write."""
        with self.lock:
            if self._counted_version != self.version:
                self._counts.clear()
                self._counted_version = self.version
            key = (source, params)
            if key not in self._counts:
                self._counts[key] = self.fetch(f"SELECT COUNT(*) FROM {source}", params)[0][0]
            return self._counts[key]

    def load(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Add many rows fast: values must be in stored form already, nothing is stamped."""
        names = ", ".join(f'"{name}"' for name in columns)
        marks = ", ".join("?" * len(columns))
        with self.transaction():
            self._touched()
            self._db.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', rows)

    @contextmanager
    def transaction(self) -> Generator[None, None, None]:
        """Make the writes inside one step: all of them happen, or none. May be nested."""
        with self.lock:
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    @contextmanager
    def without_indexes(self) -> Generator[None, None, None]:
        """Build the indexes once at the end, for loading very many rows."""
        kept = self.fetch("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
        for name, _ in kept:
            self.execute(f'DROP INDEX "{name}"')
        yield
        for _, sql in kept:
            self.execute(sql)
