"""Compiled filters find exactly the rows that the conditions mean, as the server reads them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from b24orm.errors import Unsupported
from b24orm.facts import load
from b24orm.plan.filters import Branch, branches
from b24orm.query.nodes import Q
from b24orm.query.resolving import resolve
from b24orm.schema import EntitySchema
from b24orm.transport.encoding import to_json
from tests.plan import server_model
from tests.plan.meaning import holds
from tests.plan.task_model import tasks
from tests.plan.toys import KINDS, TASK_FIELDS, clauses, conditions, rows_of, toy

THOROUGH = settings(max_examples=150, derandomize=True, deadline=None)

COLUMNS = {name.upper(): column for name, (_, column) in KINDS.items()}
CLASSIC, ORM, USER = toy("classic"), toy("orm"), toy("user")
TASK = load("Task")
TASK = replace(  # any number is drawn for a status here
    TASK, fields={**TASK.fields, "status": replace(TASK.fields["status"], type="integer", enum=(), titles=())}
)


def _classic(sent: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    return server_model.classic(sent, {name.upper(): value for name, value in row.items()}, COLUMNS)


def _orm(sent: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    return server_model.orm(sent, {name.upper(): value for name, value in row.items()}, COLUMNS)


def _user(sent: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    assert all(not isinstance(value, dict) for value in sent.values())  # no groups there
    return _orm(sent, row)


def _tasks(sent: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    return tasks(sent, {TASK.fields[name].query_name: value for name, value in row.items()})


NAMES: dict[str, tuple[str, ...]] = {
    "classic": tuple(KINDS),
    "orm": tuple(KINDS),
    "user": tuple(KINDS),
    "tasks": TASK_FIELDS,
}
SERVERS: dict[str, tuple[EntitySchema, Callable[[Mapping[str, Any], Mapping[str, Any]], bool]]] = {
    "classic": (CLASSIC, _classic),
    "orm": (ORM, _orm),
    "user": (USER, _user),
    "tasks": (TASK, _tasks),
}


def asked_for(where: Q) -> set[str]:
    """The id and the fields that a where-clause compares."""
    found = {"id"}
    for child in where.children:
        found |= asked_for(child) if isinstance(child, Q) else {child[0].partition("__")[0]}
    return found


def within(branch: Branch, key: int) -> bool:
    """Whether an id lies within a branch's bounds."""
    return (
        (branch.ids is None or key in branch.ids)
        and (branch.lower is None or key > branch.lower)
        and (branch.upper is None or key <= branch.upper)
    )


def found(dialect: str, where: Q, row: Mapping[str, Any]) -> bool:
    """Whether the server finds the row with one of the filters that the where-clause becomes."""
    schema, server = SERVERS[dialect]
    parts = branches(schema, resolve(schema, where))
    return any(within(part, row["id"]) and server(json_of(part), row) for part in parts)


def json_of(branch: Branch) -> Mapping[str, Any]:
    """The filter as it arrives."""
    return json.loads(to_json(branch.filter))  # type: ignore[no-any-return]


def meant(dialect: str, where: Q, row: Mapping[str, Any]) -> bool:
    """Whether the where-clause means the row."""
    return holds(resolve(SERVERS[dialect][0], where), row)


@pytest.mark.parametrize("dialect", SERVERS)
@pytest.mark.parametrize("negated", [False, True])
@THOROUGH
@given(data=st.data())
def test_one_condition_finds_what_it_means(dialect: str, negated: bool, data: st.DataObject) -> None:
    schema = SERVERS[dialect][0]
    key, value = data.draw(conditions(schema, NAMES[dialect]))
    where = ~Q(**{key: value}) if negated else Q(**{key: value})
    row = data.draw(rows_of(schema, asked_for(where)))

    try:
        answer = found(dialect, where, row)
    except Unsupported:
        reject()  # and hypothesis tells when hardly anything is left

    assert answer == meant(dialect, where, row)


@pytest.mark.parametrize("dialect", SERVERS)
@THOROUGH
@given(data=st.data())
def test_a_tree_of_conditions_finds_what_it_means(dialect: str, data: st.DataObject) -> None:
    schema = SERVERS[dialect][0]
    where = data.draw(clauses(conditions(schema, NAMES[dialect])))
    row = data.draw(rows_of(schema, asked_for(where)))

    try:
        answer = found(dialect, where, row)
    except Unsupported:
        reject()  # and hypothesis tells when hardly anything is left

    assert answer == meant(dialect, where, row)
