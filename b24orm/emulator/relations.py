"""Parents of a row: items of smart processes that other rows belong to.

A classic list shows them as ``PARENT_ID_<type>`` and reads them through a join, which repeats a
row that has several parents of one type.
"""

from __future__ import annotations

from b24orm.emulator.classic_query import Join
from b24orm.emulator.store import Store
from b24orm.emulator.tables import Table

__all__ = ["adopt", "declare", "parent_joins"]


def declare(store: Store, parent: int, child: int) -> None:
    """Let items of one entity type be parents of another (2 is a deal, 128 a smart process)."""
    store.execute("INSERT OR IGNORE INTO relation_type VALUES (?, ?)", (parent, child))
    store.load_parents()


def adopt(store: Store, parent: int, parent_id: int, child: int, child_id: int) -> None:
    """Make a row the child of another. Nothing keeps a row from having several parents of a type."""
    store.execute("INSERT OR IGNORE INTO relation VALUES (?, ?, ?, ?)", (parent, parent_id, child, child_id))


def parent_joins(store: Store, table: Table) -> dict[str, Join]:
    """The joins of a table's parent fields, by field."""
    return {
        f"PARENT_ID_{parent}": Join(
            f"PARENT_ID_{parent}",
            f"LEFT JOIN relation P{parent} ON P{parent}.SRC_TYPE = {parent} "
            f'AND P{parent}.DST_TYPE = {table.owner_type_id} AND P{parent}.DST_ID = "{table.name}".ID',
            f"P{parent}.SRC_ID",
        )
        for parent in store.parents.get(table.owner_type_id, ())
    }
