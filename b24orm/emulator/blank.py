"""The tables of a portal without rows: made once in a process, and copied for each portal in memory.

A file may be older than this version: its tables get the columns that they lack.
"""

from __future__ import annotations

import sqlite3
from functools import cache
from threading import Lock
from typing import Final

from b24orm.emulator.entity_tables import portal_tables
from b24orm.emulator.tables import SYSTEM_DDL, Table, add_column_sql, create_sql, index_sql

__all__ = ["copy_tables", "make_table", "make_tables"]

_copying: Final = Lock()


def make_tables(db: sqlite3.Connection) -> None:
    """Create the tables and indexes that are not there yet."""
    for statement in SYSTEM_DDL:
        db.execute(statement)
    for table in portal_tables().values():
        make_table(db, table)


def make_table(db: sqlite3.Connection, table: Table) -> None:
    """Create a table with its indexes, or add to it what it lacks."""
    db.execute(create_sql(table))
    present = {row[1] for row in db.execute(f'PRAGMA table_info("{table.name}")')}
    for name in table.columns.keys() - present:
        db.execute(add_column_sql(table, table.columns[name]))
    for statement in index_sql(table):
        db.execute(statement)


def copy_tables(db: sqlite3.Connection) -> None:
    """Fill an empty database with the tables and indexes: a tenth of the work of making them."""
    with _copying:
        _blank().backup(db)


@cache
def _blank() -> sqlite3.Connection:
    db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
    make_tables(db)
    return db
