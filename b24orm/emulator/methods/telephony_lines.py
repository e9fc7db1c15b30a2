"""``telephony.externalLine.*``, ``voximplant.sip.*`` and ``voximplant.user.get``: lines and who has a phone.

An application and the webhooks each see the lines that they have brought. No line is registered anywhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.conditions import Where
from b24orm.emulator.methods.app_context import admin_only, upper_params
from b24orm.emulator.methods.families import Family, Row, absent, methods_of
from b24orm.emulator.store import Store
from b24orm.emulator.values import is_array, to_int, to_list, to_text

__all__ = ["methods"]

_LINES: Final = "external_line"
_SIP: Final = "sip_line"


def methods(store: Store) -> Registry:
    """The methods; scope ``telephony``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "telephony.externalline.add": _add_line,
        "telephony.externalline.update": _update_line,
        "telephony.externalline.delete": _delete_line,
        "telephony.externalline.get": _lines,
        "voximplant.sip.connector.status": _connector,
        "voximplant.sip.status": _status,
        "voximplant.user.get": _users,
    }
    return methods_of(store, (_SIP_LINES,)) | registered(store, "telephony", handlers)


# ---- lines of other exchanges


def _add_line(store: Store, call: Call) -> Answer:
    number = to_text(call.params.get("NUMBER") or "").strip()
    if not number:
        raise Refusal("", "NUMBER should not be empty")
    if store.count(_LINES, "NUMBER = ?", (number,)):
        raise Refusal("", "Line already exists")
    row = {
        "APP_ID": call.client_id,
        "NUMBER": number,
        "NAME": to_text(call.params.get("NAME") or ""),
        "CRM_AUTO_CREATE": "Y" if call.params.get("CRM_AUTO_CREATE", "Y") == "Y" else "N",
    }
    return Answer({"ID": store.insert(_LINES, row)}, cost=Cost("write", rows=1))


def _own_line(store: Store, call: Call) -> int:
    number = to_text(call.params.get("NUMBER") or "").strip()
    if not number:
        raise Refusal("", "NUMBER should not be empty")
    found = store.ids(_LINES, "NUMBER = ? AND APP_ID = ?", (number, call.client_id))
    if not found:
        raise Refusal("", f"Could not find line with number {number}")
    return to_int(found[0])


def _update_line(store: Store, call: Call) -> Answer:
    fields: Row = {}
    if call.params.get("NAME") is not None:
        fields["NAME"] = to_text(call.params["NAME"])
    if call.params.get("CRM_AUTO_CREATE") is not None:
        fields["CRM_AUTO_CREATE"] = "Y" if call.params["CRM_AUTO_CREATE"] == "Y" else "N"
    if not fields:
        raise Refusal("", "There are no fields to update")
    number = _own_line(store, call)
    store.update(_LINES, number, fields)
    return Answer({"ID": str(number)}, cost=Cost("write", rows=1))


def _delete_line(store: Store, call: Call) -> Answer:
    store.delete(_LINES, _own_line(store, call))
    return Answer([], cost=Cost("write", rows=1))


def _lines(store: Store, call: Call) -> Answer:
    names = ["NUMBER", "NAME", "CRM_AUTO_CREATE"]
    rows = store.rows(_LINES, names, where="APP_ID = ?", params=(call.client_id,))
    told = [{name: row[name] for name in names} for row in rows]
    return Answer(told, cost=Cost("page", rows=len(rows)))


# ---- SIP

_MOST_CLOUD: Final = 10
_LONGEST_PASSWORD: Final = 100
_FIRST_REGISTRATION: Final = 150_000
_INCOMING: Final = ("INCOMING_SERVER", "INCOMING_LOGIN", "INCOMING_PASSWORD")


def _guard(store: Store, call: Call) -> None:
    admin_only(call)
    if call.method == "voximplant.sip.delete":
        number = to_int(upper_params(call).get("CONFIG_ID"))
        if not store.count(_SIP, "CONFIG_ID = ? AND APP_ID = ?", (number, call.client_id)):
            raise Refusal("ERROR_NOT_FOUND", "Specified CONFIG_ID is not found")


def _own_sip(store: Store, call: Call) -> Where:
    del store
    return Where("APP_ID = ?", (call.client_id,))


def _check_sip(store: Store, call: Call, row: Row, before: Row | None) -> None:
    """Parameters count in any case. A line is in the cloud unless it is said to be in the office."""
    fields = upper_params(call)
    row["TYPE"] = to_text(fields.get("TYPE") or "cloud").lower()
    number = before["CONFIG_ID"] if before else 0
    for name, text in (
        ("SERVER", "Server address not specified"),
        ("LOGIN", "Login for connecting to the server not specified"),
    ):
        if (before is None or name in row) and not row.get(name):
            raise Refusal("CHECK_FIELDS_ERROR", text)
    if len(to_text(row.get("PASSWORD") or "")) > _LONGEST_PASSWORD:
        text = "Password for connecting to the server cannot exceed 100 characters"
        raise Refusal("CHECK_FIELDS_ERROR", text)
    title = row.get("TITLE")
    if title and store.count(_SIP, "TITLE = ? AND CONFIG_ID <> ?", (title, number)):
        text = "The specified connection name is already registered in the system"
        raise Refusal("TITLE_EXISTS", text)
    if before is None:
        if row["TYPE"] == "cloud" and store.count(_SIP, "TYPE = 'cloud'") >= _MOST_CLOUD:
            raise Refusal("MAX_CLOUD_PBX", "You cannot connect more than 10 virtual PBXs.")
        row["APP_ID"] = call.client_id


def _registered(store: Store, call: Call, number: int, row: Row | None) -> None:
    """A new line gets what its side needs: a registration, or a login to come in by."""
    if row is None or call.method != "voximplant.sip.add":
        return
    if row["TYPE"] == "cloud":
        store.update(_SIP, number, {"REG_ID": _FIRST_REGISTRATION + number})
        return
    secret = hashlib.sha256(f"sip{number}".encode()).hexdigest()[:32]
    store.update(
        _SIP,
        number,
        {
            "INCOMING_SERVER": "ip.portal.example",
            "INCOMING_LOGIN": f"sip{number}",
            "INCOMING_PASSWORD": secret,
            "REGISTRATION_STATUS_CODE": 0,
        },
    )


def _show_sip(store: Store, call: Call, row: Row) -> Row:
    del store
    hidden = _INCOMING if row["TYPE"] == "cloud" else ("REG_ID",)
    shown = {name: value for name, value in row.items() if name not in hidden}
    return {"ID": row["CONFIG_ID"], **shown} if call.method == "voximplant.sip.add" else shown


_SIP_LINES: Final = Family(
    "SipLine",
    _SIP,
    "telephony",
    paging="classic",
    form="texts",
    absent=absent("ERROR_NOT_FOUND", "Specified CONFIG_ID is not found", 404),
    lacking=lambda name: Refusal("ERROR_NOT_FOUND", f"Specified {name} is not found", status=404),
    own=_own_sip,
    guard=_guard,
    check=_check_sip,
    after=_registered,
    show=_show_sip,
    removed=1,
    updated=1,
)


def _connector(store: Store, call: Call) -> Answer:
    """How long SIP may still be tried for nothing."""
    del store
    admin_only(call)
    return Answer({"FREE_MINUTES": 60, "PAID": False})


def _status(store: Store, call: Call) -> Answer:
    """No line is ever registered: each is in progress."""
    admin_only(call)
    number = to_int(upper_params(call).get("REG_ID"))
    if not store.count(_SIP, "REG_ID = ? AND APP_ID = ?", (number, call.client_id)):
        raise Refusal("REG_ID_NOT_FOUND", "Settings not found")
    told = {
        "REG_ID": number,
        "LAST_UPDATED": store.now().isoformat(" ", "seconds")[:19],
        "ERROR_MESSAGE": "",
        "STATUS_CODE": None,
        "STATUS_RESULT": "in_progress",
    }
    return Answer(told, cost=Cost("get", rows=1))


# ---- users


def _users(store: Store, call: Call) -> Answer:
    """Those who are named, as one or an array; an administrator has allowed the application to ask."""
    sent = call.params.get("USER_ID")
    if sent is None:
        raise Refusal("", "Parameter USER_ID is not set")
    asked = [to_int(one) for one in (to_list(sent) if is_array(sent) else [sent])]
    allowed = asked if call.admin else [number for number in asked if number == call.user_id]
    if not allowed:
        text = "Access denied! You have no permission to query selected users"
        raise Refusal("ACCESS_DENIED", text, status=403)
    rows = [
        {
            "ID": str(number),
            "DEFAULT_LINE": None,
            "PHONE_ENABLED": "N",
            "SIP_SERVER": "ip.portal.example",
            "SIP_LOGIN": f"phone{number}",
            "SIP_PASSWORD": None,
            "INNER_NUMBER": None,
        }
        for number in sorted(set(allowed))
        if store.exists("user", number)
    ]
    return Answer(rows, cost=Cost("page", rows=len(rows)))
