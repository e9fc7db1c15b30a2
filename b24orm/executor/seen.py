"""Remembers the keys of a long job's items, and which of them came twice.

They stand in a temporary file that SQLite makes where they are many: a million keys take no more memory
than a thousand.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any, Final, cast

from b24orm.errors import JournalFailed

__all__ = ["Seen"]

_NOTE: Final = """
INSERT INTO seen VALUES (?, ?, NULL)
ON CONFLICT (mark) DO UPDATE SET second = excluded.first
WHERE second IS NULL AND first <> excluded.first
"""


class Seen:
    """Keys, and the numbers of the first two items that had each.

    >>> seen = Seen()
    >>> seen.note([("A1", 0), ("A2", 1), ("A1", 2)])
    >>> seen.another("A1", 0), seen.another("A1", 2), seen.another("A2", 1)
    (2, 0, None)
    >>> seen.close()
    """

    def __init__(self) -> None:
        # a job's windows may run on another thread than the one that began it; never on two at once
        self._base = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._base.execute("PRAGMA journal_mode = OFF")
        self._base.execute("CREATE TABLE seen (mark TEXT PRIMARY KEY, first INTEGER, second INTEGER)")

    def note(self, items: Iterable[tuple[str, int]]) -> None:
        """Takes in the keys of items, each with the item's number; what is noted again changes nothing.

        Raises:
            JournalFailed: the temporary file can't be written.
        """
        try:
            self._base.execute("BEGIN")
            self._base.executemany(_NOTE, items)
            self._base.execute("COMMIT")
        except sqlite3.Error as error:
            raise JournalFailed(f"the keys of the items can't be remembered any more: {error}") from None

    def another(self, mark: str, number: int) -> int | None:
        """The number of another item with this key; None if there is none so far."""
        row: Any = self._base.execute("SELECT first, second FROM seen WHERE mark = ?", (mark,)).fetchone()
        first, second = cast("tuple[int, int | None]", row)
        return second if first == number else first

    def first_twice(self) -> tuple[str, int, int] | None:
        """The first key that came twice, and the numbers of its items; None if none did so far."""
        row: Any = self._base.execute(
            "SELECT mark, first, second FROM seen WHERE second IS NOT NULL ORDER BY first LIMIT 1"
        ).fetchone()
        return cast("tuple[str, int, int] | None", row)

    def close(self) -> None:
        """Lets go of the file."""
        self._base.close()
