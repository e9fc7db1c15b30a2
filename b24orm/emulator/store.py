"""The portal's data: the direct door for tests and for the methods. It knows SQL and nothing of REST."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from os import PathLike
from typing import Any, Final, Literal

from b24orm.emulator import attachments, smart_types, user_fields
from b24orm.emulator.blank import copy_tables, make_table, make_tables
from b24orm.emulator.database import Database
from b24orm.emulator.entity_tables import portal_tables
from b24orm.emulator.tables import Column, Table, add_column_sql, words
from b24orm.emulator.values import ZONE
from b24orm.errors import InvalidValue, UnknownName, nearest

__all__ = ["Change", "Store", "stored"]

_CREATED: Final = frozenset(
    words(
        "DATE_CREATE DATE_MODIFY CREATED_TIME UPDATED_TIME CREATED_DATE CHANGED_DATE "
        "ACTIVITY_DATE CREATED LAST_UPDATED MOVED_TIME LAST_ACTIVITY_TIME DATE_REGISTER DATE_UPDATE"
    )
)
_EMPTY_AT_FIRST: Final[Mapping[str, frozenset[str]]] = {
    "biconnector_source": frozenset({"DATE_UPDATE"}),
    "requisite": frozenset({"DATE_MODIFY"}),
}
"""Moments that a new row does not have yet."""
_MODIFIED: Final = frozenset(
    words("DATE_MODIFY UPDATED_TIME CHANGED_DATE LAST_UPDATED TIMESTAMP_X DATE_UPDATE")
)


@dataclass(frozen=True, slots=True)
class Change:
    """A row that came, changed or went; or moved to another pipeline, which is told besides its change."""

    table: str
    action: Literal["ADD", "UPDATE", "DELETE", "MOVE"]
    id: int | str


class Store(Database):
    """The rows of one portal, in SQLite: one table an entity, real columns.

    Args:
        path: a file to keep the portal in; in memory when None.
        clock: unix seconds; stamps new and changed rows.

    Attributes:
        parents: entity types that can be parents, by the entity type of the child.
        watch: told of each change of a row once it is done; rows that are loaded in bulk are no changes.
    """

    def __init__(
        self, path: str | PathLike[str] | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        super().__init__(path)
        self.clock = clock
        self.watch: Callable[[Change], None] | None = None
        self._changes: dict[Change, None] = {}
        self._tables = portal_tables()
        fill = copy_tables if path is None else make_tables
        fill(self._db)
        self.parents: dict[int, tuple[int, ...]] = {}
        self.load_parents()
        smart_types.attach(self)
        user_fields.attach(self)

    # ---- tables

    @property
    def tables(self) -> Mapping[str, Table]:
        """The tables by name."""
        return self._tables

    def table(self, name: str) -> Table:
        """A table by its name (``deal``).

        Raises:
            UnknownName: there is no such table.
        """
        try:
            return self._tables[name]
        except KeyError:
            raise UnknownName(f"no table {name!r}{nearest(name, self._tables)}") from None

    def register(self, table: Table) -> None:
        """Create a table, or open it if the file has it already."""
        with self.lock:
            self._tables[table.name] = table
            make_table(self._db, table)

    def drop(self, name: str) -> None:
        """Remove a table with its rows."""
        with self.lock:
            self.execute(f'DROP TABLE "{self.table(name).name}"')
            del self._tables[name]

    def add_column(self, name: str, column: Column) -> None:
        """Add a user field's column to a table."""
        with self.lock:
            table = self.table(name)
            if column.name not in self._present(name):
                self.execute(add_column_sql(table, column))
            self._tables[name] = table.with_user_column(column)

    def add_user_field(
        self,
        table: str,
        name: str,
        type: str = "string",
        *,
        multiple: bool = False,
        items: Sequence[str] = (),
    ) -> int:
        """Add a user field and return its number.

        Args:
            table: the table's name.
            name: the whole name, ``UF_CRM_...``.
            type: ``string``, ``integer``, ``double``, ``boolean``, ``date``, ``enumeration`` ...
            multiple: it holds a list.
            items: the choices of an enumeration.

        Raises:
            UnknownName: no such table or type.
            InvalidValue: the name is taken.
        """
        return user_fields.add(self, table, name, type, multiple=multiple, items=items)

    def add_smart_type(self, title: str, entity_type_id: int = 0) -> int:
        """Make a smart process; returns its entity type number. Its table is ``dynamic_<number>``."""
        return smart_types.create(self, title, entity_type_id=entity_type_id).entity_type_id

    def drop_column(self, name: str, column: str) -> None:
        """Remove a user field's column from a table."""
        with self.lock:
            table = self.table(name)
            self.execute(f'ALTER TABLE "{name}" DROP COLUMN "{column}"')
            kept = {key: value for key, value in table.columns.items() if key != column}
            self._tables[name] = replace(table, columns=kept)

    def load_parents(self) -> None:
        """Read anew which entity types can be parents of which."""
        found: dict[int, tuple[int, ...]] = {}
        for parent, child in self.fetch("SELECT PARENT, CHILD FROM relation_type ORDER BY PARENT"):
            found[child] = (*found.get(child, ()), parent)
        self.parents = found

    # ---- rows

    def insert(self, table: str, row: Mapping[str, Any]) -> int:
        """Add a row and return its id (for a table with a text key: SQLite's row number).

        Columns that are left out get the server's defaults. An ``ID`` of your own is taken as it is.

        Args:
            table: the table's name.
            row: values by column; dates, times, decimals and bools are taken as such. Also ``PHONE`` and
                its kin, and lists of bound ids (``CONTACT_IDS``).

        Raises:
            UnknownName: the table has no such column.
            InvalidValue: the id exists already.
        """
        spec = self.table(table)
        columns, extras = attachments.split(spec, row)
        values = {name: stored(self._column(spec, name), value) for name, value in columns.items()}
        for name in (
            _CREATED - _EMPTY_AT_FIRST.get(table, frozenset())
        ) & spec.columns.keys() - values.keys():
            values[name] = stored(spec.columns[name], self.now())
        with self.transaction():
            try:
                row_id = self._insert(spec, values)
            except sqlite3.IntegrityError as problem:
                raise InvalidValue(f"{table}: {problem}") from None
            attachments.attach(self, spec, row_id, columns, extras)
            self._changed(Change(table, "ADD", values.get(spec.key, row_id)))
        return row_id

    def insert_many(self, table: str, rows: Iterable[Mapping[str, Any]]) -> list[int]:
        """Add rows one by one in a single transaction; returns their ids. See :meth:`insert`."""
        with self.transaction():
            return [self.insert(table, row) for row in rows]

    def update(self, table: str, id: int | str, row: Mapping[str, Any]) -> bool:
        """Change columns of a row; False if there is no such row.

        Raises:
            UnknownName: the table has no such column.
        """
        spec = self.table(table)
        values = {name: stored(self._column(spec, name), value) for name, value in row.items()}
        for name in _MODIFIED & spec.columns.keys() - values.keys():
            values[name] = stored(spec.columns[name], self.now())
        if not values:
            return self.exists(table, id)
        assignments = ", ".join(f'"{name}" = ?' for name in values)
        sql = f'UPDATE "{table}" SET {assignments} WHERE "{spec.key}" = ?'
        with self.transaction():
            moved = self._moves(table, id, values)
            found = self.execute(sql, (*values.values(), id)) > 0
            if found:
                self._changed(Change(table, "UPDATE", id))
            if moved:
                self._changed(Change(table, "MOVE", id))
        return found

    def _moves(self, table: str, id: int | str, values: Mapping[str, Any]) -> bool:
        """Whether a row is to get another pipeline than it has."""
        if self.watch is None or values.get("CATEGORY_ID") is None:
            return False
        before = self.get(table, id)
        return before is not None and before["CATEGORY_ID"] != values["CATEGORY_ID"]

    def delete(self, table: str, id: int | str) -> bool:
        """Remove a row with its phones, addresses and bindings; False if there is no such row."""
        spec = self.table(table)
        with self.transaction():
            gone = self.execute(f'DELETE FROM "{table}" WHERE "{spec.key}" = ?', (id,)) > 0
            if gone:
                self.execute("DELETE FROM field_multi WHERE ENTITY = ? AND ELEMENT_ID = ?", (table, id))
                self.execute("DELETE FROM binding WHERE OWNER = ? AND OWNER_ID = ?", (table, id))
                self.execute("DELETE FROM binding WHERE TARGET = ? AND TARGET_ID = ?", (table, id))
                self._changed(Change(table, "DELETE", id))
        return gone

    def get(self, table: str, id: int | str) -> dict[str, Any] | None:
        """One row as stored, or None."""
        found = self.rows(table, where=f'"{self.table(table).key}" = ?', params=(id,))
        return found[0] if found else None

    def exists(self, table: str, id: int | str) -> bool:
        """Whether there is a row of that id."""
        sql = f'SELECT 1 FROM "{table}" WHERE "{self.table(table).key}" = ?'
        return bool(self.fetch(sql, (id,)))

    def rows(
        self,
        table: str,
        columns: Sequence[str] | None = None,
        *,
        where: str = "",
        params: Sequence[Any] = (),
        order: str = "",
        limit: int = -1,
    ) -> list[dict[str, Any]]:
        """Rows as stored, by default whole and in the order of their key.

        Args:
            table: the table's name.
            columns: the columns to read, all when None.
            where: an SQL condition with ``?`` for the params.
            params: the values of the condition.
            order: an SQL order.
            limit: at most so many rows; -1 for all.
        """
        spec = self.table(table)
        names = list(spec.columns) if columns is None else [self._column(spec, name).name for name in columns]
        chosen = ", ".join(f'"{name}"' for name in names)
        sql = (
            f'SELECT {chosen} FROM "{table}" {f"WHERE {where}" if where else ""} '
            f"ORDER BY {order or spec.key} LIMIT {limit}"
        )
        found = [dict(zip(names, row, strict=True)) for row in self.fetch(sql, params)]
        lists = [name for name in names if spec.columns[name].kind == "json"]
        for row in found:
            for name in lists:
                row[name] = json.loads(row[name]) if row[name] else None
        return found

    def ids(self, table: str, where: str = "", params: Sequence[Any] = ()) -> list[Any]:
        """The ids of the rows that fit an SQL condition, in ascending order."""
        key = self.table(table).key
        condition = f"WHERE {where}" if where else ""
        return [row[0] for row in self.fetch(f'SELECT "{key}" FROM "{table}" {condition} ORDER BY 1', params)]

    def count(self, table: str, where: str = "", params: Sequence[Any] = ()) -> int:
        """How many rows fit an SQL condition. Remembered until the next write."""
        self.table(table)
        return self.count_sql(f'"{table}"' + (f" WHERE {where}" if where else ""), tuple(params))

    def now(self) -> datetime:
        """The current time in the server's zone, without fractions."""
        return datetime.fromtimestamp(int(self.clock()), ZONE)

    @contextmanager
    def transaction(self) -> Generator[None, None, None]:
        """Make the writes inside one step, and tell of them when they are done."""
        with self.lock:
            outermost = not self._db.in_transaction
            try:
                with super().transaction():
                    yield
            except BaseException:
                if outermost:
                    self._changes.clear()
                raise
            if outermost and self._changes:
                self._announce()

    # ---- inside

    def _changed(self, change: Change) -> None:
        """Remember a change; a row that was just added or changed in the same step is not changed again."""
        if self.watch is None:
            return
        added = replace(change, action="ADD")
        if not (change.action in {"UPDATE", "MOVE"} and added in self._changes):
            self._changes[change] = None

    def _announce(self) -> None:
        changes, self._changes = self._changes, {}
        for change in changes:
            if self.watch is not None:
                self.watch(change)

    def _present(self, name: str) -> set[str]:
        return {row[1] for row in self.fetch(f'PRAGMA table_info("{name}")')}

    def _insert(self, spec: Table, values: Mapping[str, Any]) -> int:
        names = ", ".join(f'"{name}"' for name in values)
        marks = ", ".join("?" * len(values))
        body = f"({names}) VALUES ({marks})" if values else "DEFAULT VALUES"
        self._touched()
        return int(
            self._db.execute(f'INSERT INTO "{spec.name}" {body}', tuple(values.values())).lastrowid or 0
        )

    @staticmethod
    def _column(spec: Table, name: str) -> Column:
        try:
            return spec.columns[name]
        except KeyError:
            raise UnknownName(f"{spec.name} has no column {name!r}{nearest(name, spec.columns)}") from None


def stored(column: Column, value: Any) -> Any:
    """A Python value in the form a column keeps.

    >>> stored(Column("OPENED", "char"), True), stored(Column("X", "date"), date(2024, 8, 30))
    ('Y', '2024-08-30')
    """
    if value is None:
        return None
    if column.kind == "json":
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, datetime):
        local = value.astimezone(ZONE) if value.tzinfo else value
        return local.strftime("%Y-%m-%d" if column.kind == "date" else "%Y-%m-%dT%H:%M:%S")
    if isinstance(value, date):
        return value.isoformat() + ("T00:00:00" if column.kind == "datetime" else "")
    if isinstance(value, bool):
        return ("Y" if value else "N") if column.kind == "char" else int(value)
    return float(value) if isinstance(value, Decimal) else value
