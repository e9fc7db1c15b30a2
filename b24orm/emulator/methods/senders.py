"""``messageservice.sender.*`` and ``mailservice.*``: who sends messages, and where mail is kept.

A sender belongs to the application that has brought it; nothing is ever sent by it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.conditions import EVERYTHING, Where
from b24orm.emulator.methods.app_context import application, upper_params
from b24orm.emulator.methods.events import check_handler
from b24orm.emulator.methods.families import Family, Row, absent, methods_of
from b24orm.emulator.store import Store
from b24orm.emulator.values import to_text
from b24orm.facts import load

__all__ = ["methods"]

_TABLE: Final = "message_sender"
_BAD: Final = "ERROR_SENDER_VALIDATION_FAILURE"


def methods(store: Store) -> Registry:
    """The methods; scopes ``messageservice`` and ``mailservice``."""
    senders: Mapping[str, Callable[[Store, Call], Answer]] = {
        "add": _add,
        "update": _update,
        "delete": _delete,
        "list": _list,
    }
    return (
        registered(store, "messageservice", senders, family="messageservice.sender.")
        | methods_of(store, (_SERVICES,))
        | registered(store, "mailservice", {"mailservice.fields": _fields})
    )


# ---- senders of messages


def _checked_code(code: Any) -> str:
    if not code:
        raise Refusal(_BAD, "Empty sender code!")
    if not re.fullmatch(r"[A-Za-z0-9.\-_]+", to_text(code)):
        raise Refusal(_BAD, "Wrong sender code!")
    return to_text(code)


def _number(store: Store, call: Call, code: Any) -> int | None:
    found = store.ids(_TABLE, "APP_ID = ? AND CODE = ?", (call.client_id, to_text(code)))
    return found[0] if found else None


def _kept(store: Store, call: Call, code: Any) -> int:
    number = _number(store, call, code)
    if number is None:
        raise Refusal("ERROR_SENDER_NOT_FOUND", "Sender not found!")
    return number


def _named(value: Any) -> str:
    """A name, or one for each language: the first of them."""
    return to_text(next(iter(value.values()), "")) if isinstance(value, Mapping) else to_text(value)


def _add(store: Store, call: Call) -> Answer:
    application(call)
    fields = upper_params(call)
    if not fields:
        raise Refusal(_BAD, "Empty data!")
    code = _checked_code(fields.get("CODE"))
    check_handler(to_text(fields.get("HANDLER")))
    if not fields.get("NAME"):
        raise Refusal(_BAD, "Empty sender NAME!")
    if not fields.get("TYPE"):
        raise Refusal(_BAD, "Empty sender message TYPE!")
    if fields["TYPE"] != "SMS":
        raise Refusal(_BAD, "Unknown sender message TYPE!")
    if _number(store, call, code) is not None:
        raise Refusal("ERROR_SENDER_ALREADY_INSTALLED", "Sender already installed!")
    row = {
        "APP_ID": call.client_id,
        "CODE": code,
        "TYPE": "SMS",
        "HANDLER": to_text(fields["HANDLER"]),
        "NAME": _named(fields["NAME"]),
        "DESCRIPTION": _named(fields.get("DESCRIPTION") or ""),
    }
    store.insert(_TABLE, row)
    return Answer(result=True, cost=Cost("write", rows=1))


def _update(store: Store, call: Call) -> Answer:
    application(call)
    fields = upper_params(call)
    if not fields.get("CODE"):
        raise Refusal("ERROR_SENDER_CODE_REQUIRED", "CODE is required!")
    changed = {name: fields[name] for name in ("NAME", "DESCRIPTION", "HANDLER") if fields.get(name)}
    if not changed:
        raise Refusal("ERROR_SENDER_OTHER_PARAMS_REQUIRED", "At least one other parameter is required!")
    if "HANDLER" in changed:
        check_handler(to_text(changed["HANDLER"]))
    number = _kept(store, call, fields["CODE"])
    store.update(_TABLE, number, {name: _named(value) for name, value in changed.items()})
    return Answer(result=True, cost=Cost("write", rows=1))


def _delete(store: Store, call: Call) -> Answer:
    application(call)
    store.delete(_TABLE, _kept(store, call, _checked_code(upper_params(call).get("CODE"))))
    return Answer(result=True, cost=Cost("write", rows=1))


def _list(store: Store, call: Call) -> Answer:
    """The codes of the application's senders."""
    application(call)
    rows = store.rows(_TABLE, ["CODE"], where="APP_ID = ?", params=(call.client_id,))
    return Answer([row["CODE"] for row in rows], cost=Cost("page", rows=len(rows)))


# ---- where mail is kept

_OPEN: Final = ("mailservice.list", "mailservice.get")
_TOLD: Final = (
    ("ID", "ID"),
    ("SITE_ID", "Site"),
    ("ACTIVE", "Activity"),
    ("NAME", "Name"),
    ("SERVER", "Server Address"),
    ("PORT", "Port"),
    ("ENCRYPTION", "Secure Connection"),
    ("LINK", "Web Interface Address"),
    ("ICON", "Logo"),
    ("SORT", "Sorting"),
)


def _core(text: str) -> Refusal:
    return Refusal("ERROR_CORE", text)


def _guard(store: Store, call: Call) -> None:
    if call.method not in _OPEN and not call.admin:
        raise _core("Access denied")
    if call.method == "mailservice.list" and not store.count("mail_service", "ACTIVE = 'Y'"):
        raise _core("No mail services found")


def _active(store: Store, call: Call) -> Where:
    del store
    return Where("ACTIVE = 'Y'") if call.method == "mailservice.list" else EVERYTHING


def _check_service(store: Store, call: Call, row: Row, before: Row | None) -> None:
    """What is empty changes nothing."""
    del store, call
    for name in [name for name, value in row.items() if not value] if before else ():
        del row[name]
    for name in ("ACTIVE", "ENCRYPTION"):
        if row.get(name, "Y") not in {"Y", "N"}:
            raise _core(f'Invalid value for "{dict(_TOLD)[name]}"')


def _fields(store: Store, call: Call) -> Answer:
    del store, call
    return Answer(dict(_TOLD))


def _title(name: str) -> Refusal:
    return _core(f'Required field "{dict(_TOLD).get(name, name)}" not filled')


_SERVICES: Final = Family(
    "MailService",
    "mail_service",
    "mailservice",
    paging="whole",
    form="texts",
    absent=absent("ERROR_CORE", "Mail service not found"),
    lacking=lambda name: _core(f"Mail service {name} not specified"),
    needed=_title,
    own=_active,
    guard=_guard,
    check=_check_service,
    order='"SORT" ASC, "NAME" ASC',
    only=tuple(kind for kind in ("list", *load("MailService").methods) if kind != "fields"),
)
