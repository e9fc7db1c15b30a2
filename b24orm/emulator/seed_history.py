"""The seeded journals: how each row came to the stage it is in, and that each task was made."""

from __future__ import annotations

from collections.abc import Sequence

from b24orm.emulator.stage_history import FINALIZATION, MODIFICATION, keeps_journal
from b24orm.emulator.stages import progress_of, stages_of
from b24orm.emulator.store import Store
from b24orm.emulator.tables import Table
from b24orm.emulator.task_journal import JOURNAL

__all__ = ["add_history"]


def add_history(store: Store) -> None:
    """Write down where every row of the portal began, and that it went where it stands, if it did.

    The first stage of a row's pipeline is entered when the row comes, the stage it is in when it was moved.
    Of a task nothing is known but who made it.

    Args:
        store: the store, with its rows and stages.
    """
    for table in store.tables.values():
        if keeps_journal(table):
            _add_journal(store, table)
    store.execute(
        f"INSERT INTO {JOURNAL} (TASK_ID, USER_ID, CREATED_DATE, FIELD) "
        "SELECT ID, CREATED_BY, CREATED_DATE, 'NEW' FROM task ORDER BY ID"
    )


def _add_journal(store: Store, table: Table) -> None:
    progress = progress_of(table)
    assert progress is not None
    pipeline = '"CATEGORY_ID"' if "CATEGORY_ID" in table.columns else "0"
    for (category,) in store.fetch(f'SELECT DISTINCT IFNULL({pipeline}, 0) FROM "{table.name}"'):
        stages = stages_of(store, progress, category)
        if stages:
            where = f"IFNULL({pipeline}, 0) = {int(category)}"
            _add_entries(store, table, progress.field, stages, where, category)


def _add_entries(
    store: Store, table: Table, field: str, stages: Sequence[tuple[str, str]], where: str, category: int
) -> None:
    """Two entries a row: the stage where its pipeline begins, and the one where it is now."""
    lead = table.name == "lead"
    created, changed = (
        ("DATE_CREATE", "DATE_MODIFY") if "DATE_CREATE" in table.columns else ("CREATED_TIME", "UPDATED_TIME")
    )
    stage = "STATUS" if lead else "STAGE"
    names = f"OWNER_TYPE_ID, OWNER_ID, TYPE_ID, CREATED_TIME, CATEGORY_ID, {stage}_ID, {stage}_SEMANTIC_ID"
    late = f"strftime('%Y-%m-%dT%H:%M:%S', {created}, (1 + ID % 30) || ' days', (ID % 7) || ' hours')"
    moves = f'UPDATE "{table.name}" SET MOVED_TIME = {late}, {changed} = {late}'
    store.execute(f'{moves} WHERE {where} AND "{field}" <> ?', (stages[0][0],))
    first, entry = stages[0][0], f"INSERT INTO stage_history ({names}) SELECT {table.owner_type_id}, ID"
    kept = None if lead else category
    source = f'FROM "{table.name}" WHERE {where}'
    store.execute(f'{entry}, 1, "{created}", ?, ?, ? {source} ORDER BY ID', (kept, first, stages[0][1]))
    for code, meaning in stages[1:]:
        moved = f'{entry}, ?, MOVED_TIME, ?, ?, ? {source} AND "{field}" = ? ORDER BY ID'
        kind = MODIFICATION if meaning == "P" else FINALIZATION
        store.execute(moved, (kind, kept, code, meaning, code))
