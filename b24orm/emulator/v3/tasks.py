"""``tasks.task.*`` of REST 3.0, over the same table as the classic methods.

What only the source tells: the list fills in fewer fields than ``get``; ``get`` and ``add`` never say
whose task it is (``creatorId``, ``responsibleId``, ``groupId`` ...); the list sorts by id before
whatever else is asked; a related object comes only if its own name is selected as well as its fields.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from b24orm.emulator.answers import Cost
from b24orm.emulator.conditions import Where
from b24orm.emulator.store import Store
from b24orm.emulator.v3.dto import CODECS, Codec, Dto, DtoField, choices, dto_of
from b24orm.emulator.v3.filtering import read_filter, where
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
from b24orm.emulator.v3.structures import Page, Select, read_order, read_page
from b24orm.facts import load

__all__ = ["task_methods"]

_PRIORITY: Final = choices({0: "low", 1: "average", 2: "high"}, "average")
_STATUS: Final = choices(
    {
        2: "pending",
        3: "in_progress",
        4: "supposedly_completed",
        5: "completed",
        6: "deferred",
        7: "declined",
    },
    "pending",
)
_MARK: Final = choices({"N": "negative", "P": "positive"}, "none")

_COLUMNS: Final[Mapping[str, tuple[str, Codec]]] = {
    "id": ("ID", CODECS["plain"]),
    "title": ("TITLE", CODECS["plain"]),
    "description": ("DESCRIPTION", CODECS["plain"]),
    "creatorId": ("CREATED_BY", CODECS["plain"]),
    "created": ("CREATED_DATE", CODECS["moment"]),
    "responsibleId": ("RESPONSIBLE_ID", CODECS["plain"]),
    "deadline": ("DEADLINE", CODECS["moment"]),
    "needsControl": ("TASK_CONTROL", CODECS["flag"]),
    "startPlan": ("START_DATE_PLAN", CODECS["moment"]),
    "endPlan": ("END_DATE_PLAN", CODECS["moment"]),
    "groupId": ("GROUP_ID", CODECS["reference"]),
    "stageId": ("STAGE_ID", CODECS["reference"]),
    "flowId": ("FLOW_ID", CODECS["reference"]),
    "priority": ("PRIORITY", _PRIORITY),
    "status": ("STATUS", _STATUS),
    "statusChanged": ("STATUS_CHANGED_DATE", CODECS["moment"]),
    "parentId": ("PARENT_ID", CODECS["reference"]),
    "chatId": ("CHAT_ID", CODECS["plain"]),
    "plannedDuration": ("DURATION_PLAN", CODECS["plain"]),
    "actualDuration": ("DURATION_FACT", CODECS["plain"]),
    "durationType": ("DURATION_TYPE", CODECS["plain"]),
    "started": ("DATE_START", CODECS["moment"]),
    "estimatedTime": ("TIME_ESTIMATE", CODECS["plain"]),
    "replicate": ("REPLICATE", CODECS["flag"]),
    "changed": ("CHANGED_DATE", CODECS["moment"]),
    "changedById": ("CHANGED_BY", CODECS["plain"]),
    "statusChangedById": ("STATUS_CHANGED_BY", CODECS["plain"]),
    "closedById": ("CLOSED_BY", CODECS["plain"]),
    "closed": ("CLOSED_DATE", CODECS["moment"]),
    "activity": ("ACTIVITY_DATE", CODECS["moment"]),
    "guid": ("GUID", CODECS["plain"]),
    "xmlId": ("XML_ID", CODECS["plain"]),
    "exchangeId": ("EXCHANGE_ID", CODECS["plain"]),
    "outlookVersion": ("OUTLOOK_VERSION", CODECS["plain"]),
    "mark": ("MARK", _MARK),
    "allowsChangeDeadline": ("ALLOW_CHANGE_DEADLINE", CODECS["flag"]),
    "allowsTimeTracking": ("ALLOW_TIME_TRACKING", CODECS["flag"]),
    "matchesWorkTime": ("MATCH_WORK_TIME", CODECS["flag"]),
    "addInReport": ("ADD_IN_REPORT", CODECS["flag"]),
    "siteId": ("SITE_ID", CODECS["plain"]),
    "forkedByTemplateId": ("FORKED_BY_TEMPLATE_ID", CODECS["plain"]),
    "forumTopicId": ("FORUM_TOPIC_ID", CODECS["reference"]),
    "crmItemIds": ("UF_CRM_TASK", CODECS["list"]),
}
_USER: Final = Dto(
    "UserDto",
    {
        name: DtoField(name, kind)
        for name, kind in (
            ("id", "int"),
            ("name", "string"),
            ("role", "string"),
            ("image", "object"),
            ("gender", "string"),
            ("email", "string"),
            ("externalAuthId", "string"),
            ("rights", "array"),
        )
    },
)
_PEOPLE: Final = {"creator": "creatorId", "responsible": "responsibleId", "changedBy": "changedById"}
_NEVER_GOT: Final = frozenset(
    {"creatorId", "responsibleId", "groupId", "stageId", "flowId", "created", "changedById"}
    | {"statusChangedById", "closedById", "forkedByTemplateId", "emailId"}
)
"""Fields that ``get`` and ``add`` do not fill in, selected or not."""

_WRITTEN_LISTS: Final = {"accomplices": "ACCOMPLICES", "auditors": "AUDITORS"}


def task_methods(store: Store) -> V3Registry:
    """The methods of tasks; scope ``tasks``."""
    dto = dto_of(load("TaskV3"), "TaskDto", _COLUMNS, dict.fromkeys(_PEOPLE, _USER))
    tasks = _Tasks(Resource(store, "task", dto))
    made = {
        "list": V3Method(
            tasks.page, "tasks", dto=dto, returns="items", takes=("select", "filter", "order", "pagination")
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
        schema = load("TaskV3")
        self._listed = frozenset(f.wire for f in schema.fields.values() if f.selectable)

    def page(self, call: V3Call) -> V3Answer:
        """Without a select only ids; the id decides the order before anything else does."""
        select = Select.read(call.params.get("select"), self._dto)
        found = where(read_filter(call.params.get("filter") or [], self._dto))
        order = {"ID": "ASC"}
        for spec, way in read_order(call.params.get("order"), self._dto):
            if spec.column is not None:
                order[spec.column] = way
        page = read_page(call.params.get("pagination"))
        names = [name for name in select.names if name in self._listed] if select.given else []
        plain = [name for name in names if name not in self._dto.relations]
        pointers = [_PEOPLE[name] for name in (*names, *select.related) if name in _PEOPLE]
        read = list(dict.fromkeys([*plain, *pointers])) or ["id"]
        rows = self._resource.rows(read, found, tuple(order.items()), page)
        self._fill_people(rows, [name for name in names if name in _PEOPLE], select)
        kept = {*read} - ({*pointers} - {*plain} - {_PEOPLE[name] for name in select.related})
        rows = [{name: row[name] for name in row if name in kept or name in _PEOPLE} for row in rows]
        return V3Answer({"items": rows}, Cost("page", 0, page.offset, len(rows)))

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
        pointers = [_PEOPLE[name] for name in select.related]
        found = Where('"ID" = ?', (number,))
        rows = self._resource.rows(list(dict.fromkeys([*names, *pointers])), found, [], Page(1))
        if not rows:
            raise entity_not_found(number)
        self._fill_people(rows, list(select.related), select)
        return {name: value for name, value in rows[0].items() if name in names or name in select.related}

    def add(self, call: V3Call) -> V3Answer:
        """A new task, answered as ``get`` answers it."""
        row = self._written(call, "add")
        self._check(row, None)
        number = self._store.insert("task", {"CHANGED_BY": call.user_id, **row})
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
        self._store.update("task", number, {**row, "CHANGED_BY": call.user_id})
        return V3Answer({"result": True}, Cost("write", rows=1))

    def delete(self, call: V3Call) -> V3Answer:
        """Removes a task; one that is not there is one that may not be removed."""
        if not self._store.delete("task", Resource.number(call)):
            raise access_denied()
        return V3Answer({"result": True}, Cost("write", rows=1))

    # -- inside

    def _fill_people(self, rows: Sequence[dict[str, Any]], names: Sequence[str], select: Select) -> None:
        for name in names:
            fields = select.related.get(name) or tuple(_USER.fields)
            for row in rows:
                row[name] = self._person(row.get(_PEOPLE[name]), fields)

    def _person(self, number: int | None, fields: Sequence[str]) -> dict[str, Any] | None:
        user = self._store.get("user", number) if number else None
        if user is None:
            return None
        known = {
            "id": number,
            "name": f"{user.get('NAME') or ''} {user.get('LAST_NAME') or ''}".strip(),
            "email": user.get("EMAIL"),
            "gender": user.get("PERSONAL_GENDER"),
        }
        return {name: known.get(name) for name in fields}

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
