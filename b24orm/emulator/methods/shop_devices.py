"""``sale.cashbox.*`` and ``sale.delivery.*``: what prints and what ships, and the handlers of applications.

A handler belongs to the application that has brought it; what works by it can be changed by that application
alone. Names of parameters count in any case; unknown names are refused in select, filter and order alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.conditions import Where
from b24orm.emulator.methods.app_context import admin_only, upper_params
from b24orm.emulator.methods.families import Family, Row, absent, methods_of
from b24orm.emulator.methods.params import as_map
from b24orm.emulator.store import Store
from b24orm.emulator.values import is_array, to_int, to_list, to_text

__all__ = ["methods"]

_BAD: Final = "ERROR_CHECK_FAILURE"
_EXTRAS: Final = frozenset({"enum", "checkbox", "quantity"})


def methods(store: Store) -> Registry:
    """The methods; scopes ``cashbox`` and ``delivery``."""
    delivery: Mapping[str, Callable[[Store, Call], Answer]] = {
        "sale.delivery.add": _add_delivery,
        "sale.delivery.config.get": _config,
        "sale.delivery.config.update": _configure,
    }
    checks: Mapping[str, Callable[[Store, Call], Answer]] = {"sale.cashbox.check.apply": _apply_check}
    return (
        methods_of(store, _FAMILIES)
        | registered(store, "delivery", delivery)
        | registered(store, "cashbox", checks)
    )


def _lacking(name: str) -> Refusal:
    return Refusal(_BAD, f"Parameter {name} is not defined")


def _unknown(code: str) -> Callable[[str, str], Refusal]:
    return lambda place, name: Refusal(code, f"{name} not allowed for {place}")


def _admins(store: Store, call: Call) -> None:
    del store
    admin_only(call)


def _own(store: Store, call: Call, table: str, code: Any) -> None:
    """Refuse an application that has not brought a handler."""
    handlers = store.rows(table, where="CODE = ?", params=(code,))
    if handlers and handlers[0]["APP_ID"] and handlers[0]["APP_ID"] != call.client_id:
        raise Refusal("ACCESS_DENIED", "Access denied!", status=403)


# ---- handlers


def _check_handler(
    store: Store, call: Call, row: Row, before: Row | None, *, table: str, demanded: tuple[str, ...]
) -> None:
    fields = upper_params(call) if before is None or call.method.startswith("sale.delivery") else {}
    if before is None:
        for name in demanded:
            if not fields.get(name):
                raise _lacking(name)
        row["APP_ID"] = call.client_id
    else:
        _own(store, call, table, before["CODE"])
    settings = row.get("SETTINGS")
    for name in _SETTINGS[table] if before is None else ():
        if not as_map(settings).get(name):
            raise _lacking(f"SETTINGS[{name}]")
    number = (before or {}).get("ID", 0)
    if row.get("CODE") and store.count(table, "CODE = ? AND ID <> ?", (row["CODE"], number)):
        raise Refusal("ERROR_HANDLER_ALREADY_EXIST", "Handler already exists!")


_SETTINGS: Final = {
    "cashbox_handler": ("PRINT_URL", "CHECK_URL", "CONFIG"),
    "delivery_handler": ("CALCULATE_URL",),
}


def _unused(
    store: Store, call: Call, number: Any, row: Row | None, *, table: str, users: str, code: str
) -> None:
    """A handler that something works by stays. It is out of its table by now: its code is looked for."""
    if row is not None:
        return
    codes = {one["CODE"] for one in store.rows(table)}
    left = [one["ID"] for one in store.rows(users) if one["REST_CODE"] and one["REST_CODE"] not in codes]
    if left:
        what = users.partition("_")[0]
        plural = {"cashbox": "cashboxes", "delivery": "deliveries"}[what]
        raise Refusal(code, f"There are {plural} with this handler: {', '.join(map(str, left))}")
    del call, number


# ---- cash registers


def _check_cashbox(store: Store, call: Call, row: Row, before: Row | None) -> None:
    fields = upper_params(call)
    if before is None:
        for name in ("NAME", "REST_CODE"):
            if not fields.get(name):
                raise _lacking(name)
        if not store.count("cashbox_handler", "CODE = ?", (fields["REST_CODE"],)):
            raise Refusal(_BAD, f"Rest handler with code {fields['REST_CODE']} not found")
        if not fields.get("EMAIL"):
            raise _lacking("EMAIL")
        row["DATE_CREATE"] = store.now()
    elif "EMAIL" in row and not row["EMAIL"]:
        raise Refusal(_BAD, "Parameter EMAIL cannot be empty")
    _own(store, call, "cashbox_handler", (before or row).get("REST_CODE"))


def _apply_check(store: Store, call: Call) -> Answer:
    """No receipt was ever printed here."""
    admin_only(call)
    del store
    if not upper_params(call).get("UUID"):
        raise _lacking("UUID")
    raise Refusal("ERROR_CHECK_NOT_FOUND", "Check not found")


# ---- deliveries

_SERVICES: Final = "delivery_service"
_TOLD: Final = ("ID", "PARENT_ID", "NAME", "ACTIVE", "DESCRIPTION", "CURRENCY", "SORT", "LOGOTYPE")


def _add_delivery(store: Store, call: Call) -> Answer:
    """A service with one more for each profile of its handler; answers all of them."""
    admin_only(call)
    fields = upper_params(call)
    for name in ("REST_CODE", "NAME"):
        if not fields.get(name):
            raise _lacking(name)
    if fields.get("CONFIG") is not None and not is_array(fields["CONFIG"]):
        raise Refusal(_BAD, "Parameter CONFIG must be of array type")
    if not fields.get("CURRENCY"):
        raise _lacking("CURRENCY")
    code = to_text(fields["REST_CODE"])
    handlers = store.rows("delivery_handler", where="CODE = ?", params=(code,))
    if not handlers:
        raise Refusal("ERROR_HANDLER_NOT_FOUND", f"Handler with code {code} not found")
    row = {
        "NAME": to_text(fields["NAME"]),
        "REST_CODE": code,
        "CURRENCY": to_text(fields["CURRENCY"]),
        "DESCRIPTION": to_text(fields.get("DESCRIPTION")),
        "SORT": to_int(fields.get("SORT", 100)),
        "ACTIVE": "N" if fields.get("ACTIVE") == "N" else "Y",
        "CONFIG": fields.get("CONFIG") or [],
    }
    with store.transaction():
        parent = store.insert(_SERVICES, row)
        profiles = [
            store.insert(
                _SERVICES,
                {
                    **row,
                    "PARENT_ID": parent,
                    "NAME": to_text(as_map(one).get("NAME")),
                    "DESCRIPTION": to_text(as_map(one).get("DESCRIPTION")),
                },
            )
            for one in to_list(handlers[0]["PROFILES"] or [])
        ]
    told = {"parent": _told(store, parent), "profiles": [_told(store, one) for one in profiles]}
    return Answer(told, cost=Cost("write", rows=1 + len(profiles)))


def _told(store: Store, number: int) -> Row:
    row = store.get(_SERVICES, number) or {}
    return {name: row[name] for name in _TOLD}


def _check_delivery(store: Store, call: Call, row: Row, before: Row | None) -> None:
    fields = upper_params(call)
    if "NAME" in fields and not fields["NAME"]:
        raise Refusal(_BAD, "Parameter NAME should not be empty")
    _own(store, call, "delivery_handler", (before or row).get("REST_CODE"))


def _with_profiles(store: Store, call: Call, number: Any, row: Row | None) -> None:
    del call
    if row is None:
        for profile in store.ids(_SERVICES, "PARENT_ID = ?", (number,)):
            store.delete(_SERVICES, profile)


def _service(store: Store, call: Call, name: str) -> Row:
    number = upper_params(call).get(name)
    if not number:
        raise _lacking(name)
    row = store.get(_SERVICES, to_int(number))
    if row is None:
        raise Refusal("ERROR_DELIVERY_NOT_FOUND", "Delivery not found")
    return row


def _config(store: Store, call: Call) -> Answer:
    admin_only(call)
    row = _service(store, call, "ID")
    return Answer(row["CONFIG"] or [], cost=Cost("get", rows=1))


def _configure(store: Store, call: Call) -> Answer:
    """Changes the settings that are named; the others stay."""
    admin_only(call)
    sent = upper_params(call).get("CONFIG")
    if upper_params(call).get("ID") and not is_array(sent):
        raise Refusal(_BAD, "Parameter CONFIG must be of array type")
    row = _service(store, call, "ID")
    _own(store, call, "delivery_handler", row["REST_CODE"])
    values = {to_text(as_map(one).get("CODE")): one for one in to_list(row["CONFIG"] or [])}
    values |= {to_text(as_map(one).get("CODE")): one for one in to_list(sent)}
    store.update(_SERVICES, row["ID"], {"CONFIG": list(values.values())})
    return Answer(result=True, cost=Cost("write", rows=1))


# ---- what a delivery can be had with


def _of_delivery(store: Store, call: Call) -> Where:
    if call.method != "sale.delivery.extra.service.get":
        return Where()
    return Where("DELIVERY_ID = ?", (_service(store, call, "DELIVERY_ID")["ID"],))


def _check_extra(store: Store, call: Call, row: Row, before: Row | None) -> None:
    fields = upper_params(call)
    if before is None:
        for name in ("DELIVERY_ID", "NAME", "TYPE"):
            if not fields.get(name):
                raise _lacking(name)
        if row["TYPE"] not in _EXTRAS:
            raise Refusal(_BAD, "Parameter TYPE is unknown")
        if row["TYPE"] == "enum" and not is_array(row.get("ITEMS")):
            raise Refusal(_BAD, "Parameter ITEMS must be defined for enum type")
        _service(store, call, "DELIVERY_ID")
    elif "NAME" in fields and not fields["NAME"]:
        raise Refusal(_BAD, "Parameter NAME should not be empty")


def _show_extra(store: Store, call: Call, row: Row) -> Row:
    """A price, or items with prices; numbers of rows are texts here."""
    del store, call
    one = "ITEMS" if row["TYPE"] == "enum" else "PRICE"
    names = ("ID", "CODE", "NAME", "DESCRIPTION", "ACTIVE", "SORT", "TYPE", one)
    return {name: to_text(row[name]) if name in {"ID", "SORT"} else row[name] for name in names}


def _family(entity: str, table: str, scope: str, missing: tuple[str, str], **more: Any) -> Family:
    return Family(
        entity,
        table,
        scope,
        paging="whole",
        absent=absent(*missing),
        lacking=_lacking,
        guard=_admins,
        order=more.pop("order", '"ID" ASC'),
        **more,
    )


def _handlers(entity: str, what: str, scope: str, *demanded: str, code: str) -> Family:
    table = f"{what}_handler"
    users = "cashbox" if what == "cashbox" else _SERVICES
    return _family(
        entity,
        table,
        scope,
        ("ERROR_HANDLER_NOT_FOUND", "Handler not found"),
        form="texts",
        check=partial(_check_handler, table=table, demanded=demanded),
        after=partial(_unused, table=table, users=users, code=code),
    )


_FAMILIES: Final = (
    _family(
        "Cashbox",
        "cashbox",
        "cashbox",
        ("ERROR_CASHBOX_NOT_FOUND", "Cashbox not found"),
        form="texts",
        unknown=_unknown(""),
        check=_check_cashbox,
        plain=frozenset({"SETTINGS", "OFD_SETTINGS", "REST_CODE"}),
    ),
    _handlers("CashboxHandler", "cashbox", "cashbox", "CODE", "NAME", "SETTINGS", code=_BAD),
    _handlers(
        "DeliveryHandler",
        "delivery",
        "delivery",
        "NAME",
        "CODE",
        "SETTINGS",
        "PROFILES",
        code="ERROR_HANDLER_DELETE",
    ),
    _family(
        "DeliveryService",
        _SERVICES,
        "delivery",
        ("ERROR_DELIVERY_NOT_FOUND", "Delivery not found"),
        unknown=_unknown(_BAD),
        check=_check_delivery,
        after=_with_profiles,
        plain=frozenset({"REST_CODE", "CONFIG"}),
        only=("list", "update", "delete"),
    ),
    _family(
        "DeliveryExtraService",
        "delivery_extra",
        "delivery",
        ("ERROR_EXTRA_SERVICE_NOT_FOUND", "Extra service not found"),
        own=_of_delivery,
        check=_check_extra,
        show=_show_extra,
        order='"SORT" ASC, "ID" ASC',
    ),
)
