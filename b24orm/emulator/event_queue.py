"""The queue of offline events: what changed, once an object, until an application has taken it.

A row is free, reserved by a process, or in error. The key of a row is the event with its data, the
application, the connector and the process: so a change of a free object only renews its row, and a change
of a reserved one adds a free row beside it. Nothing but :meth:`OfflineQueue.purge` frees or forgets what a
process has reserved and never cleared.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import string
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from b24orm.emulator.conditions import Where, every, membership
from b24orm.emulator.phpjson import encode
from b24orm.emulator.store import Store, stored
from b24orm.emulator.tables import Column, Table

__all__ = ["LIFETIME_SECONDS", "OfflineQueue", "message_id"]

LIFETIME_SECONDS: Final = 2_952_000
"""Age at which a row is forgotten, whoever holds it."""

_TABLE: Final = Table(
    "event_offline",
    {
        column.name: column
        for column in (
            Column("ID", "int", "integer"),
            Column("TIMESTAMP_X", "datetime", "datetime"),
            Column("EVENT_NAME", "string"),
            Column("EVENT_DATA", "string"),
            Column("EVENT_ADDITIONAL", "string"),
            Column("MESSAGE_ID", "string"),
            Column("PROCESS_ID", "string", default=""),
            Column("ERROR", "int", "integer", default=0),
            Column("APP_ID", "string"),
            Column("CONNECTOR_ID", "string", default=""),
        )
    },
    indexes=("PROCESS_ID", "MESSAGE_ID"),
)
_LETTERS: Final = string.ascii_letters + string.digits


def message_id(name: str, data: Mapping[str, Any]) -> str:
    """What tells events apart: an event of the same name with the same data is the same one.

    >>> message_id("ONCRMDEALADD", {"FIELDS": {"ID": 1}})
    '5e8aeda333423cdf173c7b8d863c90dd'
    """
    return hashlib.md5(f"{name}|".encode() + encode(data), usedforsecurity=False).hexdigest()


class OfflineQueue:
    """The offline events of all applications of a portal.

    Args:
        store: where the rows are kept.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        store.register(_TABLE)

    @property
    def columns(self) -> Mapping[str, Column]:
        """The columns, for filters."""
        return _TABLE.columns

    def put(self, app: str, connector: str, name: str, data: Mapping[str, Any], user_id: int) -> None:
        """Note a change: renew the free row of the same event, or add one.

        A free row may be in error; it stays so.
        """
        body = {
            "TIMESTAMP_X": stored(_TABLE.columns["TIMESTAMP_X"], self._store.now()),
            "EVENT_DATA": json.dumps(data),
            "EVENT_ADDITIONAL": json.dumps({"user_id": user_id}),
        }
        key = message_id(name, data)
        free = every([_of(app, connector), Where("MESSAGE_ID = ? AND PROCESS_ID = ''", (key,))])
        with self._store.transaction():
            sets = ", ".join(f"{column} = ?" for column in body)
            changed = self._store.execute(
                f"UPDATE event_offline SET {sets} WHERE {free.sql}", (*body.values(), *free.params)
            )
            if not changed:
                named = {"EVENT_NAME": name, "MESSAGE_ID": key, "APP_ID": app, "CONNECTOR_ID": connector}
                self._store.insert("event_offline", {**named, **body})

    def reserve(self, app: str, connector: str, where: Where, order: str, limit: int) -> str:
        """Give free rows to a new process, and its name; two callers never get the same row."""
        process = "".join(secrets.choice(_LETTERS) for _ in range(32))
        chosen = every([_of(app, connector), Where("PROCESS_ID = ''"), where])
        sql = (
            "UPDATE event_offline SET PROCESS_ID = ? WHERE ID IN "
            f"(SELECT ID FROM event_offline WHERE {chosen.sql} ORDER BY {order} LIMIT ?)"
        )
        self._store.execute(sql, (process, *chosen.params, limit))
        return process

    def rows(
        self, app: str, connector: str, where: Where, order: str, limit: int, skip: int = 0
    ) -> list[dict[str, Any]]:
        """Rows as stored, with the data decoded."""
        chosen = every([_of(app, connector), where])
        found = self._store.rows(
            "event_offline", where=chosen.sql, params=chosen.params, order=order, limit=limit + skip
        )[skip:]
        for row in found:
            row["EVENT_DATA"] = json.loads(row["EVENT_DATA"])
            row["EVENT_ADDITIONAL"] = json.loads(row["EVENT_ADDITIONAL"])
        return found

    def count(self, app: str, connector: str, where: Where) -> int:
        """How many rows fit."""
        chosen = every([_of(app, connector), where])
        return self._store.count("event_offline", chosen.sql, chosen.params)

    def clear(self, app: str, connector: str, process: str, which: Where) -> None:
        """Forget rows of a process."""
        chosen = every([_of(app, connector), Where("PROCESS_ID = ?", (process,)), which])
        self._store.execute(f"DELETE FROM event_offline WHERE {chosen.sql}", chosen.params)

    def fail(self, app: str, connector: str, process: str, messages: Sequence[str]) -> None:
        """Put events of a process in error and free them.

        Whatever else is known of the same events, newer changes and other processes' rows, is
        forgotten with that: one row in error stands for all of them.
        """
        chosen = every([_of(app, connector), membership("MESSAGE_ID", list(messages)), Where("ERROR = 0")])
        with self._store.transaction():
            self._store.execute(
                f"DELETE FROM event_offline WHERE {chosen.sql} AND PROCESS_ID <> ?", (*chosen.params, process)
            )
            self._store.execute(
                f"UPDATE OR REPLACE event_offline SET ERROR = 1, PROCESS_ID = '' WHERE {chosen.sql}",
                chosen.params,
            )

    def purge(self) -> int:
        """Forget what is older than :data:`LIFETIME_SECONDS`; the number of rows."""
        oldest = stored(
            _TABLE.columns["TIMESTAMP_X"], self._store.now() - timedelta(seconds=LIFETIME_SECONDS)
        )
        return self._store.execute("DELETE FROM event_offline WHERE TIMESTAMP_X < ?", (oldest,))


def _of(app: str, connector: str) -> Where:
    return Where("APP_ID = ? AND CONNECTOR_ID = ?", (app, connector))
