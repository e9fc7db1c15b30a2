"""Conditions as tasks.task.list reads them: 0 where it is a value, negations where nothing gets lost, refused elsewhere.

An empty text is no condition; ``!`` on the title means "does not contain"; a negated list leaves NULL out; a
date is converted alone, never in a list.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from b24orm.errors import Unsupported
from b24orm.facts import load
from b24orm.plan.leaves import spell
from b24orm.query.nodes import Condition, Q
from b24orm.query.resolving import resolve

TASK = load("Task")
NOON = datetime(2024, 2, 1, 12, tzinfo=timezone.utc)
LATER = datetime(2024, 2, 2, 12, tzinfo=timezone.utc)


def spelled(where: Q) -> Any:
    condition = resolve(TASK, where)
    assert isinstance(condition, Condition)
    return spell(condition, "tasks")


@pytest.mark.parametrize(
    ("where", "keys"),
    [
        (Q(title="a"), ((("=TITLE", "a"),),)),
        (Q(title__contains="a"), ((("%TITLE", "a"),),)),
        (Q(title__contains="100%"), ((("%TITLE", "100%"),),)),
        (Q(mark="P"), ((("=MARK", "P"),),)),
        (Q(xml_id="100%"), ((("=XML_ID", "100%"),),)),  # compared as a whole
        (Q(xml_id__in=["a", "b"]), ((("=XML_ID", ("a", "b")),),)),
        (Q(priority__in=[1, 2]), ((("PRIORITY", (1, 2)),),)),
        (Q(group_id__in=[5, 6]), ((("GROUP_ID", (5, 6)),),)),
        (Q(auditors=5), ((("AUDITOR", 5),),)),
        (Q(group_id__lt=5), (((">GROUP_ID", 0), ("<GROUP_ID", 5)),)),  # no group is not less
        (Q(deadline__in=[NOON, LATER]), ((("=DEADLINE", NOON),), (("=DEADLINE", LATER),))),
        (Q(UF_ANY__contains="a"), ((("%UF_ANY", "a"),),)),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_asked_for(where: Q, keys: Any) -> None:
    assert spelled(where) == keys


@pytest.mark.parametrize("name", ["created_by", "responsible_id", "stage_id"])
def test_where_every_task_has_a_value_0_is_one(name: str) -> None:
    assert spelled(Q(**{name: 0})) == (((f"={name.upper()}", 0),),)


@pytest.mark.parametrize(
    ("where", "keys"),
    [
        (~Q(title="a"), ((("!=TITLE", "a"),),)),
        (~Q(title__contains="a"), ((("!%TITLE", "a"),),)),
        (~Q(mark="P"), ((("!MARK", "P"),),)),
        (~Q(created_by=5), ((("!CREATED_BY", 5),),)),
        (~Q(deadline__in=[NOON]), ((("!DEADLINE", NOON),),)),
        (~Q(title__in=["a"]), ((("!=TITLE", "a"),),)),
        (~Q(id__in=[5, 6]), ((("!ID", (5, 6)),),)),  # every task has one
        (
            ~Q(title__in=["a", "b"]),
            ((("::SUBFILTER-!=TITLE-a", {"!=TITLE": "a"}), ("::SUBFILTER-!=TITLE-b", {"!=TITLE": "b"})),),
        ),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_excluded(where: Q, keys: Any) -> None:
    assert spelled(where) == keys


@pytest.mark.parametrize(
    ("where", "key"),
    [
        (~Q(id__gt=5), "<=ID"),
        (~Q(priority__gte=1), "<PRIORITY"),
        (~Q(time_estimate__lt=5), ">=TIME_ESTIMATE"),
        (~Q(status__lte=5), ">REAL_STATUS"),
        (~Q(sub_status__gt=5), "<=STATUS"),
        (~Q(created_date__gt=NOON), "<=CREATED_DATE"),
    ],
    ids=str,
)
def test_where_every_task_has_a_value_a_comparison_is_turned_round(where: Q, key: str) -> None:
    ((pair,),) = spelled(where)

    assert pair[0] == key


@pytest.mark.parametrize("negated", [False, True])
@pytest.mark.parametrize(
    "name", ["not_viewed", "is_muted", "is_pinned", "favorite", "add_in_report", "allow_time_tracking"]
)
def test_a_flag_that_is_set_goes_by_its_bare_name(name: str, negated: bool) -> None:
    field = TASK.fields[name]
    where = ~Q(**{name: False}) if negated else Q(**{name: True})

    assert spelled(where) == (((field.query_name, True),),)


@pytest.mark.parametrize("negated", [False, True])
@pytest.mark.parametrize("name", ["is_muted", "favorite", "add_in_report"])
def test_so_does_a_flag_that_is_not_set(name: str, negated: bool) -> None:
    where = ~Q(**{name: True}) if negated else Q(**{name: False})

    assert spelled(where) == (((name.upper(), False),),)


@pytest.mark.parametrize(
    ("where", "reason"),
    [
        (Q(title=""), "reads '' as no text"),
        (Q(mark=""), "reads '' as no text"),
        (Q(xml_id__in=["a", "0"]), "reads '0' as no text"),
        (Q(title="50%"), "backslash before"),
        (Q(title__in=["a", "a_b"]), "backslash before"),
        (Q(guid="!a"), "backslash before"),
        (Q(group_id=0), "can't find the ones without it"),
        (Q(group_id__in=[0, 5]), "can't find the ones without it"),
        (Q(sorting=1), "whether there is a value"),
        (Q(sorting__gt=1), "whether there is a value"),
        (Q(not_viewed=False), "what was not viewed"),
        (~Q(not_viewed=True), "what was not viewed"),
        (~Q(guid="a"), "without a value"),
        (~Q(guid__contains="a"), "without a value"),
        (~Q(sprint_id=5), "without a value"),
        (~Q(backlog_id=5), "without a value"),
        (~Q(forked_by_template_id__in=[5]), "without a value"),
        (~Q(auditors=5), "another one beside it"),
        (~Q(UF_ANY__in=[1, 2]), "user field"),
        (~Q(UF_ANY__contains="a"), "user field"),
        (~Q(deadline__in=[NOON, LATER]), "several dates at once"),
        (~Q(deadline__gt=NOON), "use the opposite comparison"),
        (~Q(created_by__gt=5), "use the opposite comparison"),  # whose 0 is nobody
        (Q(xml_id__contains="a"), "searches titles only"),
        (Q(title__contains="a\\b"), "as an escape"),
    ],
    ids=str,
)  # fmt: skip
def test_what_would_be_misread_is_refused(where: Q, reason: str) -> None:
    with pytest.raises(Unsupported, match=reason):
        spelled(where)
