"""``crm.address.*`` and ``crm.requisite.link.*``: rows that have no number.

What tells them apart is what they belong to: a link takes the place of the one that was there, and an
address is refused if there is one of its kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from b24orm.emulator.answers import NO_TOTAL, Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.classic_filter import parse_key, prepare
from b24orm.emulator.conditions import Where, every
from b24orm.emulator.methods import plain_rows
from b24orm.emulator.methods.params import fields_param, find, list_param, positive
from b24orm.emulator.orm_filter import compile_condition
from b24orm.emulator.owner_types import FIRST_DYNAMIC, owner_name, owner_table
from b24orm.emulator.pages import answered, count, order_sql, read, shape_of
from b24orm.emulator.paging import offset
from b24orm.emulator.store import Store
from b24orm.emulator.tables import Table
from b24orm.emulator.values import is_array, to_int, to_list, to_text
from b24orm.emulator.writes import read_fields

__all__ = ["methods"]

_ADDRESS: Final = "address"
_LINK: Final = "requisite_link"
_REQUISITE: Final = 8
_CLIENTS: Final[Mapping[int, str]] = {3: "contact", 4: "company"}
_ADDRESS_TYPES: Final = frozenset({1, 4, 6, 8, 9, 11})
_LINKED: Final = frozenset({2, 5, 7, 31})
"""Kinds of rows that have requisites of both sides; smart processes have them too."""


def methods(store: Store) -> Registry:
    """The methods of addresses and of links to requisites; scope ``crm``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "address.list": _addresses,
        "address.add": _add_address,
        "address.update": _update_address,
        "address.delete": _delete_address,
        "requisite.link.list": _links,
        "requisite.link.get": _link,
        "requisite.link.register": _register,
        "requisite.link.unregister": _unregister,
    }
    return registered(store, "crm", handlers, family="crm.")


def _where(table: Table, prepared: Mapping[str, Any]) -> Where:
    return every(
        compile_condition(
            key, value, table.columns[parse_key(key).name], f'"{table.name}"."{parse_key(key).name}"'
        )
        for key, value in prepared.items()
    )


# ---- addresses


def _addresses(store: Store, call: Call) -> Answer:
    """Addresses from an exact offset on, uncounted below zero.

    A bare ENTITY_TYPE_ID of a contact or a company asks for those of all its requisites.
    """
    table = store.table(_ADDRESS)
    sent = dict(list_param(call, "filter"))
    if to_int(sent.get("ENTITY_TYPE_ID")) in _CLIENTS:
        for old, new in (("ENTITY_TYPE_ID", "ANCHOR_TYPE_ID"), ("ENTITY_ID", "ANCHOR_ID")):
            if old in sent:
                sent[new] = sent.pop(old)
    where = _where(table, prepare(sent, table, now=store.clock()))
    start = call.start if (call.start or 0) >= 0 else -1
    window = offset(start, count(store, table, where))
    shape = shape_of(table)
    select = find(call, "select")
    asked = [to_text(name) for name in to_list(select)] if is_array(select) else []
    chosen = shape if not asked or "*" in asked else shape.only(asked)
    rows = read(store, chosen, where, order_sql(list_param(call, "order"), shape.columns), window)
    answer = answered(rows, window, len(rows))
    return Answer(rows, NO_TOTAL, None, answer.cost) if start == -1 else answer


def _address_key(call: Call) -> tuple[Mapping[str, Any], tuple[int, int, int]]:
    fields = fields_param(call)
    kind = to_int(fields.get("TYPE_ID"))
    if kind not in _ADDRESS_TYPES:
        raise Refusal("", "TYPE_ID is not defined or invalid.")
    owner_kind = to_int(fields.get("ENTITY_TYPE_ID"))
    if not owner_name(owner_kind):
        raise Refusal("", "ENTITY_TYPE_ID is not defined or invalid.")
    return fields, (kind, owner_kind, positive(fields.get("ENTITY_ID"), "ENTITY_ID"))


def _address(store: Store, key: tuple[int, int, int]) -> int | None:
    found = store.ids(_ADDRESS, "TYPE_ID = ? AND ENTITY_TYPE_ID = ? AND ENTITY_ID = ?", key)
    return found[0] if found else None


def _add_address(store: Store, call: Call) -> Answer:
    """A new address. That of a contact or a company goes to its first requisite, which may be made for it."""
    fields, key = _address_key(call)
    if _address(store, key) is not None:
        raise Refusal("", "TypeAddress exists.")
    _keep_address(store, fields, key)
    return Answer(result=True, cost=Cost("write", rows=1))


def _update_address(store: Store, call: Call) -> Answer:
    """The address anew: what is not sent is empty afterwards."""
    fields, key = _address_key(call)
    if _address(store, key) is None:
        raise Refusal("", "TypeAddress not found.")
    _keep_address(store, fields, key)
    return Answer(result=True, cost=Cost("write", rows=1))


def _delete_address(store: Store, call: Call) -> Answer:
    _, key = _address_key(call)
    number = _address(store, key)
    if number is None:
        raise Refusal("", "TypeAddress not found.")
    store.delete(_ADDRESS, number)
    return Answer(result=True, cost=Cost("write", rows=1))


def _keep_address(store: Store, fields: Mapping[str, Any], key: tuple[int, int, int]) -> None:
    kind, owner_kind, owner = key
    anchor_kind, anchor = owner_kind, owner
    if owner_kind in _CLIENTS:
        owner_kind, owner = _REQUISITE, _requisite_of(store, owner_kind, owner)
    elif owner_kind == _REQUISITE:
        known = store.get("requisite", owner) or {}
        anchor_kind = to_int(known.get("ENTITY_TYPE_ID")) or owner_kind
        anchor = to_int(known.get("ENTITY_ID")) or owner
    table = store.table(_ADDRESS)
    read = read_fields(table, fields, update=True, now=store.clock()).columns
    texts = dict.fromkeys(_ADDRESS_TEXTS, "")
    place = {
        "TYPE_ID": kind,
        "ENTITY_TYPE_ID": owner_kind,
        "ENTITY_ID": owner,
        "ANCHOR_TYPE_ID": anchor_kind,
        "ANCHOR_ID": anchor,
    }
    row = {**texts, "LOC_ADDR_ID": 0, **read, **place}
    if not row["COUNTRY"]:
        row["COUNTRY_CODE"] = ""
    number = _address(store, (kind, owner_kind, owner))
    if number is not None:
        store.update(_ADDRESS, number, row)
    elif any(row[name] for name in _ADDRESS_TEXTS):
        store.insert(_ADDRESS, row)


_ADDRESS_TEXTS: Final = (
    "ADDRESS_1",
    "ADDRESS_2",
    "CITY",
    "POSTAL_CODE",
    "REGION",
    "PROVINCE",
    "COUNTRY",
    "COUNTRY_CODE",
)


def _requisite_of(store: Store, owner_kind: int, owner: int) -> int:
    """The first requisite of a client; one for its address alone, if it has none."""
    known = store.ids("requisite", "ENTITY_TYPE_ID = ? AND ENTITY_ID = ?", (owner_kind, owner))
    if known:
        return int(known[0])
    made = {"ENTITY_TYPE_ID": owner_kind, "ENTITY_ID": owner, "PRESET_ID": 1, "ADDRESS_ONLY": "Y"}
    client = store.get(_CLIENTS[owner_kind], owner) or {}
    return store.insert("requisite", {**made, "NAME": client.get("TITLE") or client.get("NAME") or ""})


# ---- links of deals, quotes and invoices to requisites


def _links(store: Store, call: Call) -> Answer:
    """Links are always counted, and a negative start is page 1."""
    table = store.table(_LINK)
    where = _where(table, prepare(list_param(call, "filter"), table, now=store.clock()))
    return plain_rows.page(store, call, table, where, list_param(call, "order"), counting=True, always=())


def _linked(call: Call) -> tuple[int, int]:
    kind = to_int(call.params.get("entityTypeId"))
    if kind not in _LINKED and kind < FIRST_DYNAMIC:
        raise Refusal("", "entityTypeId is not defined or invalid.")
    return kind, positive(call.params.get("entityId"), "entityId")


def _link_number(store: Store, kind: int, owner: int) -> int | None:
    found = store.ids(_LINK, "ENTITY_TYPE_ID = ? AND ENTITY_ID = ?", (kind, owner))
    return found[0] if found else None


def _link(store: Store, call: Call) -> Answer:
    """One link. What it belongs to comes as numbers, what it points to as texts."""
    kind, owner = _linked(call)
    number = _link_number(store, kind, owner)
    row = store.get(_LINK, number) if number is not None else None
    if row is None:
        raise Refusal("", "Not found")
    targets = {name: to_text(row[name]) for name in _TARGETS}
    return Answer({"ENTITY_TYPE_ID": kind, "ENTITY_ID": owner, **targets}, cost=Cost("get", rows=1))


_TARGETS: Final = ("REQUISITE_ID", "BANK_DETAIL_ID", "MC_REQUISITE_ID", "MC_BANK_DETAIL_ID")


def _register(store: Store, call: Call) -> Answer:
    """A link, in place of the one that was there. Nothing of it may be left out; 0 stands for none."""
    fields = fields_param(call)
    kind = positive(fields.get("ENTITY_TYPE_ID"), "ENTITY_TYPE_ID")
    owner = positive(fields.get("ENTITY_ID"), "ENTITY_ID")
    targets: dict[str, int] = {}
    for name in _TARGETS:
        value = fields.get(name, "")
        if value in ("", None) or to_int(value) < 0:
            raise Refusal("", f"{name} is not defined or invalid.")
        targets[name] = to_int(value)
    _check_link(store, kind, owner, targets)
    number = _link_number(store, kind, owner)
    if number is None:
        store.insert(_LINK, {"ENTITY_TYPE_ID": kind, "ENTITY_ID": owner, **targets})
    else:
        store.update(_LINK, number, targets)
    return Answer(result=True, cost=Cost("write", rows=1))


def _check_link(store: Store, kind: int, owner: int, targets: Mapping[str, int]) -> None:
    if kind not in _LINKED and kind < FIRST_DYNAMIC:
        raise Refusal("", "Entity type is not defined or invalid.")
    table = owner_table(kind)
    row = store.get(table, owner) if table in store.tables else None
    if row is None:
        raise Refusal("", "Entity is not found")
    requisite = targets["REQUISITE_ID"]
    if requisite:
        _check_requisite(store, row, kind, requisite)
    if targets["BANK_DETAIL_ID"] and not requisite:
        raise Refusal("", "The BankDetail can not be assigned without Requisite.")
    if targets["BANK_DETAIL_ID"] and not store.exists("bank_detail", targets["BANK_DETAIL_ID"]):
        raise Refusal("", f"The BankDetail with ID '{targets['BANK_DETAIL_ID']}' is not found.")


def _check_requisite(store: Store, row: Mapping[str, Any], kind: int, requisite: int) -> None:
    """A requisite is one of the client of the row: its company, or else its contact."""
    company, contact = to_int(row.get("COMPANY_ID")), to_int(row.get("CONTACT_ID"))
    client = (4, company) if company else (3, contact)
    if not client[1]:
        title = owner_name(kind).capitalize()
        text = (
            f"Requisite with ID '{requisite}' can not be tied to the {title} "
            "in which the client is not selected."
        )
        raise Refusal("", text)
    known = store.get("requisite", requisite)
    if known is None:
        raise Refusal("", f"The Requisite with ID '{requisite}' is not found.")
    if (known["ENTITY_TYPE_ID"], known["ENTITY_ID"]) != client:
        title = _CLIENTS[client[0]].capitalize()
        text = f"The Requisite with ID '{requisite}' is not assigned to {title} with ID '{client[1]}'."
        raise Refusal("", text)


def _unregister(store: Store, call: Call) -> Answer:
    """A link that is not there counts as removed."""
    number = _link_number(store, *_linked(call))
    if number is not None:
        store.delete(_LINK, number)
    return Answer(result=True, cost=Cost("write", rows=1))
