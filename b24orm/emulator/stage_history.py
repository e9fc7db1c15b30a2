"""The journal of stages: which stage a row entered, and when. Leads, deals and smart processes keep one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from b24orm.emulator.stages import progress_of, semantics
from b24orm.emulator.tables import DYNAMIC_PREFIX, Table

if TYPE_CHECKING:
    from b24orm.emulator.store import Store

__all__ = ["FINALIZATION", "MODIFICATION", "Mark", "keeps_journal", "mark", "note"]

Mark = tuple[Any, Any]
"""Stage and pipeline of a row."""

_CREATION: Final = 1
MODIFICATION: Final = 2
"""A row went to another stage that is in work."""
FINALIZATION: Final = 3
"""A row was won or lost."""
_CATEGORY_CHANGE: Final = 5
_NOWHERE: Final[Mark] = (None, None)


def keeps_journal(table: Table) -> bool:
    """Whether the stages of a table's rows are written down."""
    return table.name in {"lead", "deal", "smart_invoice"} or table.name.startswith(DYNAMIC_PREFIX)


def mark(store: Store, table: Table, row_id: int) -> Mark:
    """Where a row stands now; nowhere if it isn't there, or if nobody keeps a journal of its kind."""
    progress = progress_of(table)
    if progress is None or not keeps_journal(table):
        return _NOWHERE
    pipeline = '"CATEGORY_ID"' if "CATEGORY_ID" in table.columns else "0"
    sql = f'SELECT "{progress.field}", {pipeline} FROM "{table.name}" WHERE ID = ?'
    found = store.fetch(sql, (row_id,))
    return (found[0][0], found[0][1] or 0) if found else _NOWHERE


def note(store: Store, table: Table, row_id: int, before: Mark = _NOWHERE) -> None:
    """Write down where a row has gone, if it has.

    Args:
        store: the portal's data.
        table: the row's table.
        row_id: its number.
        before: where it stood; nowhere for a new row.
    """
    progress, now = progress_of(table), mark(store, table, row_id)
    if progress is None or now in (before, _NOWHERE):
        return
    stage, pipeline = now
    meaning = semantics(store, progress, stage or "", pipeline)
    lead = table.name == "lead"
    row = {
        "OWNER_TYPE_ID": table.owner_type_id,
        "OWNER_ID": row_id,
        "TYPE_ID": _kind(before, now, meaning),
        "CREATED_TIME": store.now(),
        "CATEGORY_ID": None if lead else pipeline,
        "STATUS_ID" if lead else "STAGE_ID": stage,
        "STATUS_SEMANTIC_ID" if lead else "STAGE_SEMANTIC_ID": meaning,
    }
    store.insert("stage_history", row)


def _kind(before: Mark, now: Mark, meaning: str) -> int:
    if before == _NOWHERE:
        return _CREATION
    if before[1] != now[1]:
        return _CATEGORY_CHANGE
    return MODIFICATION if meaning == "P" else FINALIZATION
