"""Stages: which directory a row's stage belongs to and what the stage means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from b24orm.emulator.store import Store
from b24orm.emulator.tables import DYNAMIC_PREFIX, Table

__all__ = ["Progress", "first_stage", "progress_of", "semantics", "stage_directory"]


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an entity keeps its stage.

    Attributes:
        field: the stage's column.
        directory: the status directory; ``{category}`` stands for the pipeline.
        default_directory: the directory of pipeline 0, if that one differs.
        semantics: the column for P (in work), S (won) or F (lost).
        closed: the column that says the row is closed.
    """

    field: str
    directory: str
    default_directory: str = ""
    semantics: str = ""
    closed: str = ""


_PROGRESS: Final[Mapping[str, Progress]] = {
    "deal": Progress("STAGE_ID", "DEAL_STAGE_{category}", "DEAL_STAGE", "STAGE_SEMANTIC_ID", "CLOSED"),
    "lead": Progress("STATUS_ID", "STATUS", "STATUS", "STATUS_SEMANTIC_ID"),
    "quote": Progress("STATUS_ID", "QUOTE_STATUS", "QUOTE_STATUS", "", "CLOSED"),
    "smart_invoice": Progress("STAGE_ID", "SMART_INVOICE_STAGE_{category}"),
}


def progress_of(table: Table) -> Progress | None:
    """Where a table keeps its stage, None if its rows have none."""
    if table.name.startswith(DYNAMIC_PREFIX):
        return Progress("STAGE_ID", f"DYNAMIC_{table.owner_type_id}_STAGE_{{category}}")
    return _PROGRESS.get(table.name)


def stage_directory(progress: Progress, category: int | None) -> str:
    """The directory of a pipeline's stages."""
    if not category and progress.default_directory:
        return progress.default_directory
    return progress.directory.format(category=category or 0)


def semantics(store: Store, progress: Progress, stage: str, category: int | None) -> str:
    """P, S or F; a stage nobody knows is in work."""
    found = store.fetch(
        "SELECT SEMANTICS FROM status WHERE ENTITY_ID = ? AND STATUS_ID = ?",
        (stage_directory(progress, category), stage),
    )
    return (found[0][0] or "P") if found else "P"


def first_stage(store: Store, progress: Progress, category: int | None) -> str | None:
    """The first stage of a pipeline, None if the directory is empty."""
    found = store.fetch(
        "SELECT STATUS_ID FROM status WHERE ENTITY_ID = ? ORDER BY SORT, ID LIMIT 1",
        (stage_directory(progress, category),),
    )
    return found[0][0] if found else None
