"""Which REST a query is sent to, where both know the entity."""

from __future__ import annotations

from typing import Any

import pytest

from b24orm import facts
from b24orm.plan.why_classic import why_classic
from b24orm.query.nodes import Q, Query
from b24orm.query.resolving import resolve, resolve_order

TASK, RESULT = facts.load("Task"), facts.load("TaskResult")
PAIRS = [
    (own, newer)
    for own in map(facts.load, facts.names())
    if own.api == "v2" and (newer := facts.twin(own.name)) is not None
]


def asked(q: Q | None = None, order: tuple[str, ...] = (), **lookups: Any) -> Query:
    where = q or Q(**lookups)
    found = Query(TASK, order=tuple(resolve_order(TASK, name) for name in order))
    return found.narrowed(resolve(TASK, where)) if where else found


def test_tasks_and_their_results_are_known_to_both() -> None:
    assert [(own.name, newer.name) for own, newer in PAIRS] == [
        ("Task", "TaskV3"),
        ("TaskResult", "TaskResultV3"),
    ]


@pytest.mark.parametrize(("own", "newer"), PAIRS, ids=[own.name for own, _ in PAIRS])
def test_rest_3_brings_no_more_rows_a_call_of_what_both_know(own: Any, newer: Any) -> None:
    """The day this fails there is something to choose, and the choice has to be made."""
    assert own.list.page_size is None or newer.list.page_size <= own.list.page_size


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        (asked(stage_id=5), "can't filter by stage_id"),
        (asked(Q(id=1) | Q(group_id=2, stage_id=5)), "can't filter by group_id, stage_id"),
        (asked(id__gt=5, order=("-deadline",)), "sorts by id and not by deadline"),
        (asked(id__gt=5, order=("-id",)), "brings 50 rows a call as well"),
        (asked(), "brings 50 rows a call as well"),
        (Query(RESULT), "one call brings everything here"),
    ],
)
def test_the_reason(query: Query, reason: str) -> None:
    assert reason in (why_classic(query) or "")


@pytest.mark.parametrize("name", ["Deal", "TaskV3", "EventLogRecord"])
def test_what_only_one_knows_needs_no_reason(name: str) -> None:
    assert why_classic(Query(facts.load(name))) is None
