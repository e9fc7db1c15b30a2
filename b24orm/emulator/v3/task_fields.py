"""The fields of a task as REST 3.0 spells them, and the columns of the classic table that keep them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from b24orm.emulator.store import Store
from b24orm.emulator.v3.dto import CODECS, Codec, Dto, DtoField, choices
from b24orm.emulator.v3.structures import Select

__all__ = ["COLUMNS", "PEOPLE", "USER", "fill_people"]

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
_DURATIONS: Final = {"seconds": "secs", "minutes": "mins", "months": "monts"}
_DURATION: Final = Codec(
    lambda code: {"mins": "hours", "secs": None, "monts": None}.get(code, code),
    lambda word: _DURATIONS.get(word, word),
)
"""What is written in minutes is read in hours; the codes of seconds and months are no words to read."""
_MARK: Final = choices({"N": "negative", "P": "positive"}, "none")

COLUMNS: Final[Mapping[str, tuple[str, Codec]]] = {
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
    "durationType": ("DURATION_TYPE", _DURATION),
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
USER: Final = Dto(
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
PEOPLE: Final = {
    "creator": "creatorId",
    "responsible": "responsibleId",
    "changedBy": "changedById",
    "statusChangedBy": "statusChangedById",
}
"""The users that a row can hold, and where their ids stand."""


def fill_people(store: Store, rows: Sequence[dict[str, Any]], names: Sequence[str], select: Select) -> None:
    """Puts the users behind these fields into the rows, with the fields that were selected of them."""
    for name in names:
        fields = select.related.get(name) or tuple(USER.fields)
        for row in rows:
            row[name] = _person(store, row.get(PEOPLE[name]), fields)


def _person(store: Store, number: int | None, fields: Sequence[str]) -> dict[str, Any] | None:
    user = store.get("user", number) if number else None
    if user is None:
        return None
    known = {
        "id": number,
        "name": f"{user.get('NAME') or ''} {user.get('LAST_NAME') or ''}".strip(),
        "email": user.get("EMAIL"),
        "gender": user.get("PERSONAL_GENDER"),
    }
    return {name: known.get(name) for name in fields}
