"""``crm.invoice.status.*`` and ``crm.externalchannel.connector.*``: a directory, and who fills the CRM.

The statuses of old invoices are one directory of ``crm.status.*``; nothing else of it is seen here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Handler, Method, Refusal, Registry
from b24orm.emulator.classic_filter import compile_filter, prepare
from b24orm.emulator.fields import entity_fields_answer
from b24orm.emulator.methods import directory, plain_rows
from b24orm.emulator.methods.params import as_map, fields_param, find, id_param, list_param
from b24orm.emulator.store import Store
from b24orm.emulator.tables import words
from b24orm.emulator.values import is_array, to_text
from b24orm.facts import load

__all__ = ["methods"]

_DIRECTORY: Final = "INVOICE_STATUS"
_CONNECTORS: Final = "external_connector"
_TYPES: Final = frozenset(words("CUSTOM ONE_C BITRIX WORDPRESS JOOMLA DRUPAL MAGENTO"))


def methods(store: Store) -> Registry:
    """The methods; scope ``crm``."""
    known = directory.methods(store)
    found = {
        f"crm.invoice.status.{kind}": Method(
            partial(_status, store, known[f"crm.status.{kind}"].handler, kind), "crm"
        )
        for kind in ("list", "get", "add", "update", "delete")
    }
    found["crm.invoice.status.fields"] = Method(
        lambda _: Answer(entity_fields_answer(load("InvoiceStatus"))), "crm"
    )
    connectors: Mapping[str, Callable[[Store, Call], Answer]] = {
        "list": _connectors,
        "register": _register,
        "unregister": _unregister,
        "fields": lambda *_: Answer(entity_fields_answer(load("ExternalChannelConnector"))),
    }
    return found | {
        f"crm.externalchannel.connector.{kind}": Method(partial(work, store), "crm")
        for kind, work in connectors.items()
    }


# ---- statuses of old invoices


def _status(store: Store, handler: Handler, kind: str, call: Call) -> Answer:
    params = dict(call.params)
    if kind == "list":
        params["filter"] = {**as_map(find(call, "filter")), "ENTITY_ID": _DIRECTORY}
    elif kind == "add":
        fields = dict(fields_param(call))
        code = to_text(fields.get("STATUS_ID")) or _next_code(store)
        params["fields"] = {**fields, "ENTITY_ID": _DIRECTORY, "STATUS_ID": code}
    elif not store.count("status", "ID = ? AND ENTITY_ID = ?", (id_param(call), _DIRECTORY)):
        raise Refusal("", "Status is not found.")
    if kind == "delete" and store.count("status", "ID = ? AND SYSTEM = 'Y'", (id_param(call),)):
        raise Refusal("", "Can't delete system status")
    return handler(replace(call, params=params))


def _next_code(store: Store) -> str:
    """A letter that no status has; numbers once all are taken."""
    taken = {row["STATUS_ID"] for row in store.rows("status", where="ENTITY_ID = ?", params=(_DIRECTORY,))}
    letters = (chr(number) for number in range(ord("A"), ord("Z") + 1))
    free = [letter for letter in letters if letter not in taken]
    return free[0] if free else str(len(taken))


# ---- connectors


def _connectors(store: Store, call: Call) -> Answer:
    """Without a select every field comes; counted in any case."""
    table = store.table(_CONNECTORS)
    where = compile_filter(prepare(list_param(call, "filter"), table, now=store.clock()), table)
    return plain_rows.page(store, call, table, where, list_param(call, "order"), counting=True, always=())


def _named(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _found(store: Store, kind: str, originator: str) -> list[Any]:
    return store.ids(_CONNECTORS, "TYPE_ID = ? AND ORIGINATOR_ID = ?", (kind, originator))


def _register(store: Store, call: Call) -> Answer:
    """What is registered again stays what it was; its channel is answered."""
    sent = find(call, "fields")
    fields = as_map(sent) if is_array(sent) else {}
    kind, originator = _named(fields, "TYPE_ID").upper(), _named(fields, "ORIGINATOR_ID")
    texts: list[str] = []
    if kind not in _TYPES:
        texts.append("TYPE_ID is not defined or invalid")
    if not originator:
        texts.append("ORIGINATOR_ID is not defined")
    if texts:
        raise Refusal("ERROR_CONNECTOR_REGISTRATION", "; ".join(texts))
    channel = f"{kind}_{originator}"
    if not _found(store, kind, originator):
        row = {"TYPE_ID": kind, "ORIGINATOR_ID": originator, "CHANNEL_ID": channel, "APP_ID": call.client_id}
        told = {name: _named(fields, name) for name in ("NAME", "EXTERNAL_SERVER_HOST")}
        store.insert(_CONNECTORS, {**row, **told})
    return Answer({"result": channel}, cost=Cost("write", rows=1))


def _unregister(store: Store, call: Call) -> Answer:
    fields = as_map(find(call, "fields"))
    kind, originator = _named(fields, "TYPE_ID").upper(), _named(fields, "ORIGINATOR_ID")
    if kind not in _TYPES:
        raise Refusal("", "TYPE_ID is not defined or invalid.")
    if not originator:
        raise Refusal("", "ORIGINATOR_ID is not defined")
    found = _found(store, kind, originator)
    if not found:
        raise Refusal("", "Connector not found.")
    store.delete(_CONNECTORS, found[0])
    return Answer(result=True, cost=Cost("write", rows=1))
