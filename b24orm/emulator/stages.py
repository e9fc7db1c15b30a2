"""Stages: which directory a row's stage belongs to and what the stage means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from b24orm.emulator.tables import DYNAMIC_PREFIX, Table

if TYPE_CHECKING:
    from b24orm.emulator.store import Store

__all__ = [
    "Progress",
    "Stage",
    "add_statuses",
    "pipeline_stages",
    "progress_of",
    "semantics",
    "settled",
    "settled_anew",
    "stages_of",
]


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a pipeline: its code, its name, and whether it is in work, won or lost."""

    code: str
    name: str
    semantics: str = "P"
    category: int = 0


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


def _stage_directory(progress: Progress, category: int | None) -> str:
    """The directory of a pipeline's stages."""
    if not category and progress.default_directory:
        return progress.default_directory
    return progress.directory.format(category=category or 0)


def semantics(store: Store, progress: Progress, stage: str, category: int | None) -> str:
    """P, S or F; a stage nobody knows is in work."""
    return dict(stages_of(store, progress, category)).get(stage, "P")


def settled(
    store: Store, progress: Progress, stage: str, category: int | None, before: str | None = None
) -> str:
    """The stage that a write really sets.

    A stage that the pipeline doesn't have leaves a row where it was; a new row gets the first stage
    that is in work. Without a directory any stage will do.

    Args:
        store: the portal's data.
        progress: where the entity keeps its stage.
        stage: as sent.
        category: the pipeline.
        before: the stage of a row that exists.
    """
    known = stages_of(store, progress, category)
    if not known or stage in dict(known):
        return stage
    return before or _first(known, "P")


def settled_anew(store: Store, progress: Progress, stage: str, category: int, before: int) -> str:
    """The stage of a row that goes to another pipeline: the first there that means what the old one meant.

    A stage that the new pipeline has is kept.

    Args:
        store: the portal's data.
        progress: where the entity keeps its stage.
        stage: as sent, or as it was.
        category: the new pipeline.
        before: the old one.
    """
    known = stages_of(store, progress, category)
    if not known or stage in dict(known):
        return stage
    return _first(known, semantics(store, progress, stage, before))


def _first(known: Sequence[tuple[str, str]], semantic: str) -> str:
    return next((code for code, other in known if other == semantic), known[0][0])


def stages_of(store: Store, progress: Progress, category: int | None) -> list[tuple[str, str]]:
    """The stages of a pipeline in their order, each with P, S or F."""
    sql = "SELECT STATUS_ID, IFNULL(SEMANTICS, 'P') FROM status WHERE ENTITY_ID = ? ORDER BY SORT, ID"
    return [(row[0], row[1]) for row in store.fetch(sql, (_stage_directory(progress, category),))]


_STATUS_COLUMNS: Final = (
    "ENTITY_ID",
    "STATUS_ID",
    "NAME",
    "NAME_INIT",
    "SORT",
    "SYSTEM",
    "SEMANTICS",
    "CATEGORY_ID",
    "COLOR",
)


def pipeline_stages(entity_type_id: int, category: int) -> tuple[Stage, ...]:
    """The stages a new pipeline begins with. Those of deals are named ``C<pipeline>:``."""
    deal = entity_type_id == 2
    prefix = f"C{category}:" if deal else f"DT{entity_type_id}_{category}:"
    parts = (
        ("NEW", "Start", "P"),
        ("PREPARATION", "Preparation", "P"),
        ("EXECUTING" if deal else "CLIENT", "In work", "P"),
        ("WON" if deal else "SUCCESS", "Success", "S"),
        ("LOSE" if deal else "FAIL", "Failure", "F"),
    )
    return tuple(Stage(prefix + code, name, semantics, category) for code, name, semantics in parts)


def add_statuses(store: Store, entity_id: str, stages: Iterable[Stage]) -> None:
    """Add the entries of a directory, ten apart in their order."""
    rows = [
        (
            entity_id,
            stage.code,
            stage.name,
            stage.name,
            10 * number,
            "Y" if number == 1 else "N",
            None if stage.semantics in {"P", ""} else stage.semantics,
            stage.category,
            "#39A8EF",
        )
        for number, stage in enumerate(stages, start=1)
    ]
    store.load("status", _STATUS_COLUMNS, rows)
