"""Seeded workflows: templates, running ones, and what people are asked in them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from b24orm.emulator.seed_dice import Dice, always, load_columns
from b24orm.emulator.store import Store

__all__ = ["add_workflows"]

_TEMPLATES: Final = (
    ("Approve the discount", "CCrmDocumentDeal", "DEAL"),
    ("Qualify", "CCrmDocumentLead", "LEAD"),
)


def add_workflows(store: Store, dice: Dice, staff: Sequence[int], count: int) -> None:
    """So many workflows of the first template, each with a task for somebody; two templates in any case."""
    moments = dice.moments(2)
    load_columns(
        store,
        "workflow_template",
        "ID MODULE_ID ENTITY DOCUMENT_TYPE AUTO_EXECUTE NAME DESCRIPTION MODIFIED IS_MODIFIED USER_ID",
        (1, 2),
        always("crm", 2),
        [entity for _, entity, _ in _TEMPLATES],
        [json.dumps(["crm", entity, kind]) for _, entity, kind in _TEMPLATES],
        (0, 1),
        [name for name, _, _ in _TEMPLATES],
        always("", 2),
        moments,
        always("N", 2),
        always(1, 2),
    )
    numbers = [f"{number:014x}.{10_000_000 + number}" for number in range(1, count + 1)]
    documents = [f"DEAL_{number}" for number in range(1, count + 1)]
    started = dice.moments(count)
    people = dice.pick(staff, count)
    load_columns(
        store,
        "workflow",
        "ID DOCUMENT_ID ENTITY MODULE_ID TEMPLATE_ID STARTED MODIFIED STARTED_BY",
        numbers,
        documents,
        always(_TEMPLATES[0][1], count),
        always("crm", count),
        always(1, count),
        started,
        started,
        dice.pick(staff, count),
    )
    load_columns(
        store,
        "workflow_task",
        "ID WORKFLOW_ID DOCUMENT_NAME NAME MODIFIED WORKFLOW_STARTED WORKFLOW_STARTED_BY "
        "WORKFLOW_TEMPLATE_ID WORKFLOW_TEMPLATE_NAME WORKFLOW_STATE USER_ID MODULE_ID ENTITY "
        "DOCUMENT_ID ACTIVITY ACTIVITY_NAME PARAMETERS",
        range(1, count + 1),
        numbers,
        [f"Deal {number}" for number in range(1, count + 1)],
        always("Approve the discount", count),
        started,
        started,
        always(1, count),
        always(1, count),
        always(_TEMPLATES[0][0], count),
        always("Waiting", count),
        people,
        always("crm", count),
        always(_TEMPLATES[0][1], count),
        documents,
        always("ApproveActivity", count),
        [f"A{number:05}_1_2_3" for number in range(1, count + 1)],
        always("{}", count),
    )
