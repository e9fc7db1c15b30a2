"""Icons, logos, records and badges of the timeline.

All of them belong to controllers: what is missing is told by number 100, what isn't there by NOT_FOUND.
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Method, Refusal, Registry, registered
from b24orm.emulator.conditions import Where
from b24orm.emulator.methods.controller import array_argument, int_argument, optional_array
from b24orm.emulator.methods.families import Family, absent, methods_of
from b24orm.emulator.methods.params import required
from b24orm.emulator.owner_types import owner_table
from b24orm.emulator.pages import answered, count, order_sql, read, read_one, shape_of
from b24orm.emulator.paging import Window
from b24orm.emulator.store import Store
from b24orm.emulator.tables import words
from b24orm.emulator.values import to_int, to_text

__all__ = ["check_owner", "crm_admins", "methods"]

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_RECORDS: Final = 10
"""Records of the timeline on a page."""
_ICONS: Final = tuple(
    words(
        "call call-incoming-missed call-incoming call-completed call-outcoming document IM circle-check info "
        "relation link unlink store view stage-change sum clock mail-outcome complete check comment sms "
        "whatsapp telegram task pipeline wallet attention bank-card conversion calendar circle-crossed "
        "task-ping task-new-comment task-viewed-comment task-activity ai-copilot ai-process restoration "
        "arrow-up arrow-down visit camera copy robot cycle-equal bizproc message-with-point booking "
        "repeat-sale"
    )
)
_LOGOS: Final = tuple(
    words(
        "call-play-record call-default call-incoming call-outgoing document document-print document-signed "
        "document-draft openline channel-chat channel-telegram channel-viber channel-vk channel-whatsapp "
        "mail-outcome list-check shop notification comment sms shop-eye bank-card calendar-share "
        "unread-comment task-activity ai-copilot zoom bizproc bizproc-task repeat-sale"
    )
)
_TONES: Final = frozenset({"success", "failure", "warning", "primary", "secondary"})


@dataclass(frozen=True, slots=True)
class _Pictures:
    """Icons or logos.

    Attributes:
        family: the last word of their methods' names.
        system: the codes that every portal has.
        side: how many pixels one is wide and high.
    """

    family: str
    system: tuple[str, ...]
    side: int


_KINDS: Final = (_Pictures("icon", _ICONS, 24), _Pictures("logo", _LOGOS, 60))


def methods(store: Store) -> Registry:
    """The methods; scope ``crm``."""
    found = methods_of(store, (_BADGES,))
    handlers: Mapping[str, Callable[[Store, _Pictures, Call], Answer]] = {
        "get": _picture,
        "list": _pictures,
        "add": _add_picture,
        "delete": _delete_picture,
    }
    for kind in _KINDS:
        for name, work in handlers.items():
            found[f"crm.timeline.{kind.family}.{name}"] = Method(partial(work, store, kind), "crm")
    records: Mapping[str, Callable[[Store, Call], Answer]] = {
        "crm.timeline.logmessage.get": _record,
        "crm.timeline.logmessage.list": _records,
        "crm.timeline.logmessage.add": _add_record,
        "crm.timeline.logmessage.delete": _delete_record,
    }
    return found | registered(store, "crm", records)


def crm_admins(call: Call) -> None:
    """Refuse everybody but administrators, in the words of the CRM's controllers.

    Raises:
        Refusal: the user is none.
    """
    if not call.admin:
        raise Refusal("ACCESS_DENIED", "Access denied")


# ---- badges


def _check_badge(store: Store, call: Call, row: dict[str, Any], before: dict[str, Any] | None) -> None:
    del before
    crm_admins(call)
    for name in ("code", "title", "value", "type"):
        required(call, name)
    for name in ("title", "value"):
        if row.get(name.upper()) in (None, ""):
            raise Refusal("REQUIRED_ARG_MISSING", f"Argument '{name}' is required")
    if row["TYPE"] not in _TONES:
        raise Refusal("0", "Wrong value of field `type`")
    if store.count("activity_badge", "CODE = ?", (row["CODE"],)):
        raise Refusal("0", f"Badge with code `{row['CODE']}` already exists")


def _removing(store: Store, call: Call, number: Any, row: dict[str, Any] | None) -> None:
    del store, number
    if row is None:
        crm_admins(call)


_BADGES: Final = Family(
    "ActivityBadge",
    "activity_badge",
    "crm",
    paging="counted",
    absent=absent("NOT_FOUND", "Badge not found for code `{}`"),
    check=_check_badge,
    after=_removing,
    order='"ID"',
)


# ---- icons and logos


def _told(kind: _Pictures, code: str, address: str) -> dict[str, Any]:
    return {"code": code, "isSystem": code in kind.system, "fileUri": address}


def _find_picture(store: Store, kind: _Pictures, code: str) -> dict[str, Any]:
    rows = store.rows(f"timeline_{kind.family}", where="CODE = ?", params=(code,))
    if not rows and code not in kind.system:
        text = f"{kind.family.capitalize()} not found for code `{code}`"
        raise Refusal("NOT_FOUND", text)
    return rows[0] if rows else {"ID": 0, "CODE": code, "FILE_URI": ""}


def _picture(store: Store, kind: _Pictures, call: Call) -> Answer:
    row = _find_picture(store, kind, to_text(required(call, "code")))
    return Answer({kind.family: _told(kind, row["CODE"], row["FILE_URI"])}, cost=Cost("get", rows=1))


def _pictures(store: Store, kind: _Pictures, call: Call) -> Answer:
    """Those of the portal first, those of applications after them."""
    del call
    own = store.rows(f"timeline_{kind.family}", order="ID")
    shown = [_told(kind, code, "") for code in kind.system]
    shown += [_told(kind, row["CODE"], row["FILE_URI"]) for row in own]
    return Answer({f"{kind.family}s": shown}, len(shown), cost=Cost("page", rows=len(shown)))


def _add_picture(store: Store, kind: _Pictures, call: Call) -> Answer:
    code, content = to_text(required(call, "code")), to_text(required(call, "fileContent"))
    crm_admins(call)
    _check_picture(kind, content)
    if code in kind.system or store.count(f"timeline_{kind.family}", "CODE = ?", (code,)):
        raise Refusal("0", f"{kind.family.capitalize()} with code `{code}` already exists")
    row = {"CODE": code, "FILE_URI": f"/upload/crm/{kind.family}/{code}.png"}
    store.insert(f"timeline_{kind.family}", row)
    return Answer({kind.family: _told(kind, code, row["FILE_URI"])}, cost=Cost("write", rows=1))


def _check_picture(kind: _Pictures, content: str) -> None:
    """Only a picture of the right kind and size is taken."""
    try:
        head = base64.b64decode(content, validate=True)[:24]
    except binascii.Error:
        head = b""
    side = struct.unpack(">II", head[16:24]) if head.startswith(_PNG) and len(head) == 24 else ()
    if side != (kind.side, kind.side):
        raise Refusal("INVALID_ARG_VALUE", f"Only png {kind.side}px on {kind.side}px is supported")


def _delete_picture(store: Store, kind: _Pictures, call: Call) -> Answer:
    code = to_text(required(call, "code"))
    crm_admins(call)
    row = _find_picture(store, kind, code)
    if not row["ID"]:
        raise Refusal("NOT_FOUND", f"{kind.family.capitalize()} not found for code `{code}`")
    store.delete(f"timeline_{kind.family}", row["ID"])
    return Answer(result=True, cost=Cost("write", rows=1))


# ---- records


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """Where a record stands is no part of it."""
    return {name: row[name] for name in ("id", "created", "authorId", "title", "text", "iconCode")}


def _find_record(store: Store, call: Call, what: str) -> dict[str, Any]:
    number = int_argument(call, "id")
    row = store.get("log_message", number)
    if row is None:
        raise Refusal("NOT_FOUND", f"{what} not found for id `{number}`")
    return row


def _read_record(store: Store, number: int) -> dict[str, Any]:
    row = read_one(store, shape_of(store.table("log_message"), "values"), number)
    assert row is not None
    return _shown(row)


def _record(store: Store, call: Call) -> Answer:
    row = _find_record(store, call, "Timeline logmessage")
    return Answer({"logMessage": _read_record(store, row["ID"])}, cost=Cost("get", rows=1))


def _records(store: Store, call: Call) -> Answer:
    """Ten records of a row from ``offset`` on, the last ones first; the order knows small letters only."""
    table = store.table("log_message")
    kind, number = int_argument(call, "entityTypeId"), int_argument(call, "entityId")
    where = Where("ENTITY_TYPE_ID = ? AND ENTITY_ID = ?", (kind, number))
    sent = optional_array(call, "order") or {}
    order = {
        name.upper(): word
        for name, word in sent.items()
        if name in {"id", "created"} and word in {"asc", "desc"}
    }
    total = count(store, table, where)() if call.start != -1 else -1
    window = Window(max(to_int(call.params.get("offset")), 0), _RECORDS, max(total, 0), total, "controller")
    by = order_sql(order, table.columns) or '"ID" DESC'
    rows = read(store, shape_of(table, "values"), where, by, window)
    return answered({"logMessages": [_shown(row) for row in rows]}, window, len(rows))


def _add_record(store: Store, call: Call) -> Answer:
    fields = array_argument(call, "fields")
    for name in ("entityTypeId", "entityId", "title", "text", "iconCode"):
        if fields.get(name) is None:
            raise Refusal("0", f"Missing a required field: {name}")
    kind, owner = to_int(fields["entityTypeId"]), to_int(fields["entityId"])
    check_owner(store, kind, owner)
    row = {
        "ENTITY_TYPE_ID": kind,
        "ENTITY_ID": owner,
        "TITLE": to_text(fields["title"]),
        "TEXT": to_text(fields["text"]),
        "ICON_CODE": to_text(fields["iconCode"]),
        "AUTHOR_ID": call.user_id,
        "APP_ID": call.client_id,
    }
    number = store.insert("log_message", row)
    return Answer({"logMessage": _read_record(store, number)}, cost=Cost("write", rows=1))


def check_owner(store: Store, kind: int, number: int) -> None:
    """Refuse what shall belong to a row that is not there.

    Raises:
        Refusal: OWNER_NOT_FOUND.
    """
    table = owner_table(kind)
    if table not in store.tables or not store.exists(table, number):
        raise Refusal("OWNER_NOT_FOUND", "Owner was not found")


def _delete_record(store: Store, call: Call) -> Answer:
    """Only the application that has written a record removes it."""
    crm_admins(call)
    row = _find_record(store, call, "Log message")
    if not call.client_id or row["APP_ID"] != call.client_id:
        text = "This log message can only be deleted by the application through which it was created"
        raise Refusal("REMOVING_DISABLED", text)
    store.delete("log_message", row["ID"])
    return Answer(result=True, cost=Cost("write", rows=1))
