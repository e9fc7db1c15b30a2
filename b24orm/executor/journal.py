"""A journal of a bulk write: a SQLite file that lets a killed job go on where it stopped.

Before a write is sent the journal says so, and after its answer what came of it. What was sent
and has no outcome when the job starts again is looked into, not sent again blindly.
"""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from typing import Any, Final, Literal, TypeAlias, cast

from b24orm.errors import InvalidValue, JournalFailed
from b24orm.plan.writes import Kind

__all__ = ["Entry", "Journal", "State"]

State: TypeAlias = Literal["sent", "done"]

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS job (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS item (
    place INTEGER PRIMARY KEY, digest TEXT NOT NULL, state TEXT NOT NULL, at REAL NOT NULL, id TEXT,
    kind TEXT, by INTEGER
);
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the journal knows of one item.

    Attributes:
        state: ``sent``: it left, and its outcome is not known; ``done``: it was executed.
        at: when it left, in unix seconds; by the portal's clock, if it was asked.
        id: the id of the row that it added.
        digest: what was sent.
        kind: what was done to it; None: its row was so already.
        by: the user that did it, if the portal was asked.
    """

    state: State
    at: float
    id: int | str | None
    digest: str
    kind: Kind | None = None
    by: int | None = None


class Journal:
    """The journal of one job.

    Args:
        path: the file; made if it is not there.
        job: what the job does (operation, entity, portal); a file of another job is refused.
        clock: gives unix seconds.
        patience: seconds to wait for another process to let go of the file.

    Raises:
        InvalidValue: the file belongs to another job, is in use, or is no journal.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        job: Mapping[str, str],
        *,
        clock: Callable[[], float] = time.time,
        patience: float = 5.0,
    ) -> None:
        self._path = path
        self._clock = clock
        try:
            # a job's windows may run on another thread than the one that opened it; never on two at once
            self._base = sqlite3.connect(
                path, timeout=patience, isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise _unfit(path, error) from None
        try:
            self._open(job)
        except sqlite3.DatabaseError as error:
            self._base.close()
            raise _unfit(path, error) from None
        except InvalidValue:
            self._base.close()
            raise

    def _open(self, job: Mapping[str, str]) -> None:
        self._base.execute("PRAGMA locking_mode = EXCLUSIVE")  # two jobs must not share a journal
        self._base.execute("PRAGMA synchronous = FULL")
        self._base.execute("BEGIN EXCLUSIVE")
        for statement in _TABLES.strip().split(";\n"):
            self._base.execute(statement)
        known = dict(self._base.execute("SELECT name, value FROM job"))
        if not known:
            known = {**job, "key": uuid.uuid4().hex[:16]}
            self._base.executemany("INSERT INTO job VALUES (?, ?)", list(known.items()))
        self._base.execute("COMMIT")
        for name, value in job.items():
            if known.get(name) != value:
                raise InvalidValue(
                    f"the journal {self._path} belongs to another job: its {name} is {known.get(name)!r}, "
                    f"not {value!r}; use another file"
                )
        self.key: str = known["key"]

    def entry(self, place: int, digest: str) -> Entry | None:
        """What is known of an item.

        Raises:
            InvalidValue: another item has this place: the source gives other items than before.
            JournalFailed: the file can't be read.
        """
        with self._told():
            row = self._base.execute(
                "SELECT state, at, id, digest, kind, by FROM item WHERE place = ?", (place,)
            ).fetchone()
        if row is None:
            return None
        state, at, row_id, known, kind, by = row
        if known != digest:
            raise InvalidValue(
                f"item {place} is not the one that the journal {self._path} knows: "
                "the source must give the same items in the same order when a job goes on"
            )
        own = int(row_id) if row_id is not None and row_id.isdigit() else row_id
        return Entry(state, at, own, known, kind, by)

    def sending(self, items: Iterable[tuple[int, str, Kind]], left: tuple[float, int] | None = None) -> None:
        """Items (place, digest, and what is done to them) are about to leave.

        Args:
            items: the items.
            left: what time it is on the portal, and the user there, if it was asked.
        """
        now, by = left if left is not None else (self._clock(), None)
        self._all(
            "INSERT INTO item VALUES (?, ?, 'sent', ?, NULL, ?, ?) ON CONFLICT (place) "
            "DO UPDATE SET state = 'sent', at = excluded.at, kind = excluded.kind, by = excluded.by",
            [(place, digest, now, kind, by) for place, digest, kind in items],
        )

    def unchanged(self, items: Iterable[tuple[int, str, Any]]) -> None:
        """Items (place, digest and id) have a row that is as they say; nothing was sent."""
        now = self._clock()
        self._all(
            "INSERT OR REPLACE INTO item VALUES (?, ?, 'done', ?, ?, NULL, NULL)",
            [(place, digest, now, None if row is None else str(row)) for place, digest, row in items],
        )

    def done(self, items: Iterable[tuple[int, Any]]) -> None:
        """Items (place and id) were executed."""
        rows = [(None if row_id is None else str(row_id), place) for place, row_id in items]
        self._all("UPDATE item SET state = 'done', id = ? WHERE place = ?", rows)

    def not_done(self, places: Iterable[int]) -> None:
        """Items were refused: the next run sends them again."""
        self._all("DELETE FROM item WHERE place = ?", [(place,) for place in places])

    def _all(self, statement: str, rows: list[tuple[Any, ...]]) -> None:
        if not rows:
            return
        with self._told():
            self._base.execute("BEGIN IMMEDIATE")
            try:
                self._base.executemany(statement, rows)
                self._base.execute("COMMIT")
            except BaseException:
                if self._base.in_transaction:  # a full disk has ended it already
                    self._base.execute("ROLLBACK")
                raise

    @contextmanager
    def _told(self) -> Generator[None, None, None]:
        """Makes an error of ours of what goes wrong with the file."""
        try:
            yield
        except sqlite3.Error as error:
            raise JournalFailed(f"the journal {self._path} can't be used any more: {error}") from None

    def made(self, ids: Sequence[Any]) -> set[str]:
        """Which of these rows are known to have been made by an item."""
        marks = ", ".join("?" * len(ids))
        with self._told():
            rows = self._base.execute(
                f"SELECT id FROM item WHERE id IN ({marks})", [str(row_id) for row_id in ids]
            ).fetchall()
        return {row[0] for row in rows}

    def counts(self) -> dict[str, int]:
        """How many items are in which state."""
        rows = self._base.execute("SELECT state, COUNT(*) FROM item GROUP BY state").fetchall()
        return dict(cast("list[tuple[str, int]]", rows))

    def close(self) -> None:
        """Closes the file."""
        self._base.close()


def _unfit(path: str | PathLike[str], error: sqlite3.Error) -> InvalidValue:
    return InvalidValue(f"{path} can't be used as a journal: {error}")
