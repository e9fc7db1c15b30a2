"""``main.eventlog.*``: what happened on the portal. Only administrators may read it; nobody writes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from b24orm.emulator.store import Store
from b24orm.emulator.tables import Column, Table
from b24orm.emulator.v3.dto import CODECS, Codec, dto_of
from b24orm.emulator.v3.orm import Resource
from b24orm.emulator.v3.refusals import access_denied
from b24orm.emulator.v3.registry import V3Call, V3Registry
from b24orm.emulator.values import ZONE
from b24orm.facts import load

__all__ = ["event_log_methods", "log_events"]

_EVENT_LOG: Final = Table(
    "event_log",
    {
        column.name: column
        for column in (
            Column("ID", "int", "integer"),
            Column("TIMESTAMP_X", "datetime", "datetime"),
            Column("SEVERITY", "string", default="INFO"),
            Column("AUDIT_TYPE_ID", "string"),
            Column("MODULE_ID", "string", default="main"),
            Column("ITEM_ID", "string"),
            Column("REMOTE_ADDR", "string"),
            Column("USER_AGENT", "string"),
            Column("REQUEST_URI", "string"),
            Column("SITE_ID", "string"),
            Column("USER_ID", "int", "integer"),
            Column("GUEST_ID", "int", "integer"),
            Column("DESCRIPTION", "string"),
        )
    },
)
_COLUMNS: Final[Mapping[str, tuple[str, Codec]]] = {
    "id": ("ID", CODECS["plain"]),
    "timestampX": ("TIMESTAMP_X", CODECS["moment"]),
    "severity": ("SEVERITY", CODECS["plain"]),
    "auditTypeId": ("AUDIT_TYPE_ID", CODECS["plain"]),
    "moduleId": ("MODULE_ID", CODECS["plain"]),
    "itemId": ("ITEM_ID", CODECS["plain"]),
    "remoteAddr": ("REMOTE_ADDR", CODECS["plain"]),
    "userAgent": ("USER_AGENT", CODECS["plain"]),
    "requestUri": ("REQUEST_URI", CODECS["plain"]),
    "siteId": ("SITE_ID", CODECS["plain"]),
    "userId": ("USER_ID", CODECS["plain"]),
    "guestId": ("GUEST_ID", CODECS["plain"]),
    "description": ("DESCRIPTION", CODECS["plain"]),
}
_TYPES: Final = ("USER_AUTHORIZE", "USER_LOGOUT", "REST_CALL", "USER_INFO")
_SEVERITIES: Final = ("SECURITY", "INFO", "WARNING")
_BEGAN: Final = datetime(2024, 1, 1, tzinfo=ZONE)


def event_log_methods(store: Store, *, extra: tuple[str, ...] = ()) -> V3Registry:
    """The methods of the event log; scope ``main``.

    Args:
        store: the portal's data.
        extra: further actions (``aggregate``) that the cloud gives other controllers.
    """
    if _EVENT_LOG.name not in store.tables:
        store.register(_EVENT_LOG)
    dto = dto_of(load("EventLogRecord"), "EventLogDto", _COLUMNS)
    resource = Resource(store, _EVENT_LOG.name, dto, _administrators)
    return resource.methods("main.eventlog", "main", ("list", "get", "tail", *extra))


def _administrators(call: V3Call) -> None:
    if not call.admin:
        raise access_denied()


def log_events(store: Store, ids: Iterable[int]) -> None:
    """Writes seeded entries with these ids, one a minute."""
    rows = [_row(number) for number in ids]
    names = list(_EVENT_LOG.columns)
    store.load("event_log", names, ([row.get(name) for name in names] for row in rows))


def _row(number: int) -> dict[str, Any]:
    moment = _BEGAN + timedelta(minutes=number)
    return {
        "ID": number,
        "TIMESTAMP_X": moment.strftime("%Y-%m-%dT%H:%M:%S"),
        "SEVERITY": _SEVERITIES[number % 3],
        "AUDIT_TYPE_ID": _TYPES[number % 4],
        "MODULE_ID": "main" if number % 2 else "rest",
        "ITEM_ID": str(number % 7),
        "REMOTE_ADDR": f"10.0.0.{number % 250}",
        "SITE_ID": "s1",
        "USER_ID": None if number % 5 == 0 else 1 + number % 3,
        "GUEST_ID": 0,
        "DESCRIPTION": f"Entry {number}",
    }
