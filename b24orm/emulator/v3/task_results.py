"""``tasks.task.result.*`` of REST 3.0, over the table of the classic methods: what came of a task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from b24orm.emulator.answers import Cost
from b24orm.emulator.conditions import Where
from b24orm.emulator.store import Store
from b24orm.emulator.v3.dto import CODECS, Codec, choices, dto_of
from b24orm.emulator.v3.filtering import Condition, Filter, read_filter
from b24orm.emulator.v3.orm import Resource
from b24orm.emulator.v3.refusals import (
    V3Refusal,
    access_denied,
    field_required,
    lacks_attribute,
    unknown_field,
)
from b24orm.emulator.v3.registry import V3Answer, V3Call, V3Method, V3Registry
from b24orm.emulator.v3.structures import Page
from b24orm.facts import load

__all__ = ["task_result_methods"]

_TABLE: Final = "task_result"
_STATUS: Final = choices({0: "open", 1: "closed"}, "open")

_COLUMNS: Final[Mapping[str, tuple[str, Codec]]] = {
    "id": ("ID", CODECS["plain"]),
    "taskId": ("TASK_ID", CODECS["plain"]),
    "text": ("TEXT", CODECS["plain"]),
    "authorId": ("CREATED_BY", CODECS["plain"]),
    "createdAt": ("CREATED_AT", CODECS["moment"]),
    "updatedAt": ("UPDATED_AT", CODECS["moment"]),
    "status": ("STATUS", _STATUS),
    "messageId": ("COMMENT_ID", CODECS["plain"]),
}


def task_result_methods(store: Store) -> V3Registry:
    """The methods of task results; scope ``tasks``."""
    dto = dto_of(load("TaskResultV3"), "ResultDto", _COLUMNS)
    results = _Results(Resource(store, _TABLE, dto))
    lists = ("select", "filter", "order", "pagination")
    made = {
        "list": V3Method(results.page, "tasks", dto=dto, returns="items", takes=lists),
        "add": V3Method(results.add, "tasks", writes=True, dto=dto, returns="item", takes=("fields",)),
        "update": V3Method(
            results.update, "tasks", writes=True, dto=dto, returns="item", takes=("id", "fields")
        ),
        "delete": V3Method(results.delete, "tasks", writes=True, dto=dto, returns="boolean", takes=("id",)),
    }
    return {f"tasks.task.result.{kind}": method for kind, method in made.items()}


class _Results:
    def __init__(self, resource: Resource) -> None:
        self._resource = resource
        self._store = resource.store
        self._dto = resource.dto

    def page(self, call: V3Call) -> V3Answer:
        """The results of one task.

        Raises:
            V3Refusal: no filter, or none that says which task.
        """
        given = call.params.get("filter")
        if given is None:
            raise field_required("filter")
        if not _equals(read_filter(given, self._dto), "taskId"):
            raise V3Refusal(
                "VALIDATION_REQUESTFILTERVALIDATIONEXCEPTION",
                "Error validating request object",
                validation=(("filter.taskId", "A filter for the required field `taskId` must be specified"),),
            )
        return self._resource.page(call)

    def add(self, call: V3Call) -> V3Answer:
        """A new result of a task."""
        row = self._written(call, ("taskId", "text"))
        if not self._store.exists("task", row["TASK_ID"]):
            raise access_denied()
        now = self._store.now()
        stamped = {"CREATED_BY": call.user_id, "CREATED_AT": now, "UPDATED_AT": now, **row}
        return self._item(self._store.insert(_TABLE, stamped))

    def update(self, call: V3Call) -> V3Answer:
        """Another text; the task stays the same."""
        number = Resource.number(call)
        row = self._written(call, ("text",))
        if not self._store.update(_TABLE, number, {**row, "UPDATED_AT": self._store.now()}):
            raise access_denied()
        return self._item(number)

    def delete(self, call: V3Call) -> V3Answer:
        """Removes a result."""
        if not self._store.delete(_TABLE, Resource.number(call)):
            raise access_denied()
        return V3Answer({"result": True}, Cost("write", rows=1))

    def _item(self, number: int) -> V3Answer:
        names = [name for name, spec in self._dto.fields.items() if spec.type != "object"]
        rows = self._resource.rows(names, Where('"ID" = ?', (number,)), [], Page(1))
        return V3Answer({"item": rows[0]}, Cost("write", rows=1))

    def _written(self, call: V3Call, allowed: tuple[str, ...]) -> dict[str, Any]:
        fields = call.params.get("fields")
        if not isinstance(fields, Mapping):
            raise field_required("fields")
        row: dict[str, Any] = {}
        for name, value in fields.items():
            spec = self._dto.fields.get(name)
            if spec is None:
                raise unknown_field(self._dto.name, name)
            if name not in allowed:
                raise lacks_attribute(self._dto.name, name, "Editable")
            row[spec.column or ""] = spec.codec.write(spec.checked(value))
        for name in allowed:
            if fields.get(name) is None:
                raise field_required(name)
        return row


def _equals(found: Filter, name: str) -> bool:
    """Whether the filter's own level says what the field equals, alone in its place."""
    for part in found.parts:
        if isinstance(part, Filter) and len(part.parts) == 1:
            part = part.parts[0]
        if isinstance(part, Condition) and part.field.name == name and part.operator == "=":
            return True
    return False
