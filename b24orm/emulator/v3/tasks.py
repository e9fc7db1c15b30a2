"""``tasks.task.*`` of REST 3.0, over the same table as the classic methods.

What only the source tells: the list fills in fewer fields than ``get``; ``get`` and ``add`` never say
whose task it is (``creatorId``, ``responsibleId``, ``groupId`` ...); the list sorts by id before
whatever else is asked; a related object comes only if its own name is selected as well as its fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from b24orm.emulator import task_journal
from b24orm.emulator.answers import Cost
from b24orm.emulator.conditions import Where
from b24orm.emulator.store import Store
from b24orm.emulator.v3.dto import DtoField, dto_of
from b24orm.emulator.v3.orm import Resource, field_methods
from b24orm.emulator.v3.refusals import (
    V3Refusal,
    access_denied,
    entity_not_found,
    field_required,
    lacks_attribute,
    unknown_field,
    wrong_type,
)
from b24orm.emulator.v3.registry import V3Answer, V3Call, V3Method, V3Registry
from b24orm.emulator.v3.structures import Page, Select
from b24orm.emulator.v3.task_fields import COLUMNS, PEOPLE, USER, fill_people
from b24orm.emulator.v3.task_list import TaskList
from b24orm.facts import load

__all__ = ["task_methods"]

_NEVER_GOT: Final = frozenset(
    {"creatorId", "responsibleId", "groupId", "stageId", "flowId", "created", "changedById"}
    | {"statusChangedById", "closedById", "forkedByTemplateId", "emailId"}
)
"""Fields that ``get`` and ``add`` do not fill in, selected or not."""

_WRITTEN_LISTS: Final = {"accomplices": "ACCOMPLICES", "auditors": "AUDITORS"}


def task_methods(store: Store) -> V3Registry:
    """The methods of tasks; scope ``tasks``."""
    dto = dto_of(load("TaskV3"), "TaskDto", COLUMNS, dict.fromkeys(PEOPLE, USER))
    resource = Resource(store, "task", dto)
    tasks = _Tasks(resource)
    made = {
        "list": V3Method(
            TaskList(resource).page,
            "tasks",
            dto=dto,
            returns="items",
            takes=("select", "filter", "order", "pagination"),
        ),
        "get": V3Method(tasks.get, "tasks", dto=dto, returns="item", takes=("id", "select")),
        "add": V3Method(tasks.add, "tasks", writes=True, dto=dto, returns="item", takes=("fields",)),
        "update": V3Method(
            tasks.update, "tasks", writes=True, dto=dto, returns="boolean", takes=("id", "fields")
        ),
        "delete": V3Method(tasks.delete, "tasks", writes=True, dto=dto, returns="boolean", takes=("id",)),
    }
    named = {f"tasks.task.{kind}": method for kind, method in made.items()}
    return named | field_methods("tasks.task", "tasks", dto)


class _Tasks:
    def __init__(self, resource: Resource) -> None:
        self._resource = resource
        self._store = resource.store
        self._dto = resource.dto

    def get(self, call: V3Call) -> V3Answer:
        """One task: the selected fields and always the id; without a select the basic ones."""
        number = Resource.number(call)
        select = Select.read(call.params.get("select"), self._dto)
        return V3Answer({"item": self._item(number, select)}, Cost("get", rows=1))

    def _item(self, number: int, select: Select) -> dict[str, Any]:
        basic = [
            name
            for name, spec in self._dto.fields.items()
            if spec.type != "object" and not spec.multiple and name not in _NEVER_GOT
        ]
        names = basic
        if select.given and (select.names or not select.related):
            names = [name for name in ("id", *select.names) if name in basic]
        pointers = [PEOPLE[name] for name in select.related]
        found = Where('"ID" = ?', (number,))
        rows = self._resource.rows(list(dict.fromkeys([*names, *pointers])), found, [], Page(1))
        if not rows:
            raise entity_not_found(number)
        fill_people(self._store, rows, list(select.related), select)
        return {name: value for name, value in rows[0].items() if name in names or name in select.related}

    def add(self, call: V3Call) -> V3Answer:
        """A new task, answered as ``get`` answers it."""
        row = self._written(call, "add")
        self._check(row, None)
        number = self._store.insert("task", {"CHANGED_BY": call.user_id, **row})
        task_journal.born(self._store, number, call.user_id)
        return V3Answer({"item": self._item(number, Select())}, Cost("write", rows=1))

    def update(self, call: V3Call) -> V3Answer:
        """Changes a task; the answer is no more than true."""
        number = Resource.number(call)
        row = self._written(call, "update")
        if not self._store.exists("task", number):
            raise access_denied()
        self._check(row, number)
        if "STATUS" in row:
            row |= {"STATUS_CHANGED_BY": call.user_id, "STATUS_CHANGED_DATE": self._store.now()}
            row |= {"CLOSED_DATE": self._store.now() if row["STATUS"] == 5 else None}
        before = self._store.get("task", number)
        self._store.update("task", number, {**row, "CHANGED_BY": call.user_id})
        task_journal.changed(self._store, number, call.user_id, before)
        return V3Answer({"result": True}, Cost("write", rows=1))

    def delete(self, call: V3Call) -> V3Answer:
        """Removes a task; one that is not there is one that may not be removed."""
        if not self._store.delete("task", Resource.number(call)):
            raise access_denied()
        return V3Answer({"result": True}, Cost("write", rows=1))

    # -- inside

    def _written(self, call: V3Call, kind: str) -> dict[str, Any]:
        fields = call.params.get("fields")
        if fields is None:
            raise field_required("fields")
        if not isinstance(fields, Mapping):
            raise wrong_type("fields", "object")
        row: dict[str, Any] = {}
        for name, value in fields.items():
            spec = self._dto.fields.get(name)
            if spec is None:
                raise unknown_field(self._dto.name, name)
            if name in _WRITTEN_LISTS:
                row[_WRITTEN_LISTS[name]] = DtoField(name, "array").checked(value)
            elif spec.column is not None:
                row[spec.column] = self._value(spec, value)
            if not spec.editable and not (kind == "add" and spec.required):
                raise lacks_attribute(self._dto.name, name, "Editable")
        if kind == "add":
            for spec in self._dto.fields.values():
                if spec.required and fields.get(spec.name) is None:
                    raise field_required(spec.name)
        return row

    @staticmethod
    def _value(spec: DtoField, value: Any) -> Any:
        if value is None:
            if spec.required:
                raise wrong_type(spec.name, spec.type)
            return spec.codec.write(None)
        return spec.codec.write(spec.checked(value))

    def _check(self, row: Mapping[str, Any], number: int | None) -> None:
        for column, name, table in (
            ("RESPONSIBLE_ID", "responsibleId", "user"),
            ("CREATED_BY", "creatorId", "user"),
            ("PARENT_ID", "parentId", "task"),
        ):
            wanted = row.get(column)
            if wanted and not self._store.exists(table, wanted):
                raise _refused(name, "not found")
        if number is not None and row.get("PARENT_ID") == number:
            raise _refused("parentId", "Cannot bind a node to itself")
        begin, end = row.get("START_DATE_PLAN"), row.get("END_DATE_PLAN")
        if begin and end and end < begin:
            raise _refused("endPlan", "The end date specified in the planning is earlier than the start date")


def _refused(field: str, text: str) -> V3Refusal:
    return V3Refusal(
        "VALIDATION_REQUESTVALIDATIONEXCEPTION",
        "Error validating request object",
        validation=((field, text),),
    )
