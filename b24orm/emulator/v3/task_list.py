"""``tasks.task.list`` of REST 3.0, which is more modest than its documentation.

It finds the ids first, as many as were asked for, and then fetches fifty of these tasks at the most, in the
order of the table's key. So a page of more than fifty loses rows, and not always its last ones. Of its
filter it drops every negation, and whatever it has no word for. Who changed a task is looked up among those
who take part in one of the tasks of the page, and is null for anybody else.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from b24orm.emulator.answers import Cost
from b24orm.emulator.conditions import EVERYTHING, Where, membership
from b24orm.emulator.v3.filtering import Condition, Filter, read_filter, where
from b24orm.emulator.v3.orm import Resource
from b24orm.emulator.v3.registry import V3Answer, V3Call
from b24orm.emulator.v3.structures import Page, Select, read_order, read_page
from b24orm.emulator.v3.task_fields import PEOPLE, fill_people
from b24orm.facts import load

__all__ = ["TaskList"]

_CHANGERS: Final = frozenset({"changedById", "statusChangedById"})
_UNSURE: Final = frozenset(
    {"changedBy", "statusChangedBy", "deadlineCount", "exchangeId", "exchangeModified"}
)
"""Further fields that the list answers, though not reliably."""
_BROUGHT: Final = 50
"""Tasks that one call brings at the most, whatever its limit."""


class TaskList:
    """The list over the table of tasks."""

    def __init__(self, resource: Resource) -> None:
        self._resource = resource
        self._store = resource.store
        self._dto = resource.dto
        reliable = {spec.wire for spec in load("TaskV3").fields.values() if spec.selectable}
        self._listed = _CHANGERS | _UNSURE | reliable

    def page(self, call: V3Call) -> V3Answer:
        """Without a select only ids; the id decides the order before anything else does."""
        select = Select.read(call.params.get("select"), self._dto)
        found = _conditions(read_filter(call.params.get("filter") or [], self._dto))
        order = {"ID": "ASC"}
        for spec, way in read_order(call.params.get("order"), self._dto):
            if spec.column is not None:
                order[spec.column] = way
        page = read_page(call.params.get("pagination"))
        names = [name for name in select.names if name in self._listed] if select.given else []
        plain = [name for name in names if name not in self._dto.relations]
        pointers = [PEOPLE[name] for name in (*names, *select.related) if name in PEOPLE]
        read = list(dict.fromkeys([*plain, *pointers])) or ["id"]
        ids = [row["id"] for row in self._resource.rows(["id"], found, tuple(order.items()), page)]
        rows = self._brought(ids, read, tuple(order.items()))
        fill_people(self._store, rows, [name for name in names if name in PEOPLE], select)
        kept = {*read} - ({*pointers} - {*plain} - {PEOPLE[name] for name in select.related})
        rows = [{name: row[name] for name in row if name in kept or name in PEOPLE} for row in rows]
        return V3Answer({"items": rows}, Cost("page", 0, page.offset, len(rows)))

    def _brought(
        self, ids: Sequence[int], names: Sequence[str], order: Sequence[tuple[str, str]]
    ) -> list[dict[str, Any]]:
        """Fifty of these tasks at the most: those that the table's key has first."""
        if not ids:
            return []
        among = membership('"ID"', sorted(ids)[:_BROUGHT])
        rows = self._resource.rows(names, among, order, Page(_BROUGHT))
        if not _CHANGERS.isdisjoint(names):
            known = self._members(among)
            for row in rows:
                row.update({name: None for name in _CHANGERS & row.keys() if row[name] not in known})
        for row in rows:  # read as a number, whatever it is
            if row.get("exchangeId") is not None and not str(row["exchangeId"]).isdigit():
                row["exchangeId"] = None
        return rows

    def _members(self, among: Where) -> frozenset[int]:
        """Everybody who takes part in one of the tasks."""
        found: set[int] = set()
        columns = "CREATED_BY, RESPONSIBLE_ID, ACCOMPLICES, AUDITORS"
        for creator, responsible, *lists in self._store.fetch(
            f"SELECT {columns} FROM task WHERE {among.sql}", among.params
        ):
            found |= {creator, responsible}
            found.update(int(user) for text in lists if text for user in json.loads(text))
        return frozenset(found)


def _conditions(found: Filter) -> Where:
    kept = _as_read(found)
    return EVERYTHING if kept is None else where(kept)


def _as_read(found: Filter) -> Filter | None:
    """The filter without negations and without what can't be read; an OR that lost an alternative is lost."""
    read = [_as_read(part) if isinstance(part, Filter) else _if_known(part) for part in found.parts]
    kept = [part for part in read if part is not None]
    lost = not kept or (found.logic == "or" and len(kept) < len(read))
    return None if lost else Filter(found.logic, parts=[*kept])


def _if_known(condition: Condition) -> Condition | None:
    """``between`` is unknown to the classic filter that is asked in the end; an empty list says nothing."""
    empty = condition.operator == "in" and not condition.value
    return None if empty or condition.operator == "between" else condition
