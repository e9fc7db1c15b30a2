"""``sale.paysystem.*``: ways to pay, and the handlers that applications bring for them.

The operators of a filter are forgotten: whatever stands before a name, equality is meant. A name that is not
known is refused, in select, filter and order alike. Everything comes at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.classic_filter import parse_key
from b24orm.emulator.conditions import Where, every
from b24orm.emulator.methods.app_context import admin_only, upper_params
from b24orm.emulator.orm_filter import compile_condition
from b24orm.emulator.pages import order_sql, read, shape_of
from b24orm.emulator.paging import Window
from b24orm.emulator.store import Store
from b24orm.emulator.values import is_array, to_flag, to_int, to_list, to_text

__all__ = ["methods"]

_SYSTEMS: Final = "pay_system"
_HANDLERS: Final = "pay_system_handler"
_OWN: Final = frozenset({"cash"})
"""Handlers that every portal has."""
_BAD: Final = "ERROR_CHECK_FAILURE"
_HIDDEN: Final = ("SETTINGS", "LOGOTYPE")
_PLACES: Final = ("FORM_DATA", "CHECKOUT_DATA", "IFRAME_DATA")


def methods(store: Store) -> Registry:
    """The methods of payment; scope ``pay_system``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "list": _systems,
        "add": _add,
        "update": _update,
        "delete": _delete,
        "handler.list": _handlers,
        "handler.add": _add_handler,
        "handler.update": _update_handler,
        "handler.delete": _delete_handler,
    }
    return registered(store, "pay_system", handlers, family="sale.paysystem.")


def _params(call: Call) -> dict[str, Any]:
    admin_only(call)
    return upper_params(call)


def _map(value: Any) -> dict[str, Any]:
    return {str(key): item for key, item in value.items()} if isinstance(value, Mapping) else {}


# ---- ways to pay


def _systems(store: Store, call: Call) -> Answer:
    params, table = _params(call), store.table(_SYSTEMS)
    shape = shape_of(table, "values", hidden=_HIDDEN)
    asked = (
        [to_text(name) for name in to_list(params.get("SELECT"))] if is_array(params.get("SELECT")) else []
    )
    sent, order = _map(params.get("FILTER")), _map(params.get("ORDER"))
    filtered = {parse_key(key).name: value for key, value in sent.items()}
    for names, place in ((asked, "select"), (filtered, "filter"), (order, "order")):
        _check_names(names, shape.columns, place)
    where = every(_condition(table.columns[name], value) for name, value in filtered.items())
    chosen = shape.only(asked) if asked else shape
    rows = read(store, chosen, where, order_sql(order, shape.columns), Window(0, -1, 0, 0, "offset"))
    return Answer(rows, cost=Cost("page", rows=len(rows)))


def _check_names(names: Iterable[str], known: Mapping[str, Any], place: str) -> None:
    strange = [name for name in names if name not in known]
    if strange:
        raise Refusal(_BAD, f"{', '.join(strange)} not allowed for {place}")


def _condition(column: Any, value: Any) -> Where:
    given = to_list(value) if is_array(value) else value
    return compile_condition(column.name, given, column, f'"{column.name}"')


def _handler_of(store: Store, call: Call, code: str) -> None:
    found = store.rows(_HANDLERS, where="CODE = ?", params=(code,))
    if not found and code not in _OWN:
        raise Refusal("ERROR_HANDLER_NOT_FOUND", "Handler not found")
    if found:
        _check_owner(call, found[0])


def _check_owner(call: Call, handler: Mapping[str, Any]) -> None:
    if call.client_id and handler["APP_ID"] and handler["APP_ID"] != call.client_id:
        raise Refusal("ACCESS_DENIED", "Access denied!", status=403)


def _payer(store: Store, number: Any) -> int:
    if not store.exists("sale_person_type", to_int(number)):
        raise Refusal("ERROR_PERSON_TYPE_NOT_FOUND", "Incorrect person type id!")
    return to_int(number)


def _add(store: Store, call: Call) -> Answer:
    """A new way to pay; answers its number."""
    params = _params(call)
    handler = to_text(params.get("BX_REST_HANDLER"))
    if not handler:
        raise Refusal(_BAD, "Parameter BX_REST_HANDLER is not defined")
    _handler_of(store, call, handler)
    name = to_text(params.get("NAME"))
    if not name:
        raise Refusal(_BAD, "Parameter NAME is not defined")
    row = {
        "NAME": name,
        "PSA_NAME": name,
        "ACTION_FILE": handler,
        "PERSON_TYPE_ID": _payer(store, params.get("PERSON_TYPE_ID")),
        "NEW_WINDOW": "Y" if params.get("NEW_WINDOW") == "Y" else "N",
        "ACTIVE": "Y" if params.get("ACTIVE") == "Y" else "N",
        "ENTITY_REGISTRY_TYPE": to_text(params.get("ENTITY_REGISTRY_TYPE")) or "CRM_INVOICE",
        "HAVE_RESULT_RECEIVE": "Y",
    }
    texts = {key: to_text(params[key]) for key in ("DESCRIPTION", "XML_ID") if params.get(key) is not None}
    settings = {"SETTINGS": params.get("SETTINGS")}
    return Answer(store.insert(_SYSTEMS, {**row, **texts, **settings}), cost=Cost("write", rows=1))


def _system(store: Store, call: Call, params: Mapping[str, Any]) -> int:
    number = to_int(params.get("ID"))
    if not number:
        raise Refusal(_BAD, "Parameter ID is not defined")
    row = store.get(_SYSTEMS, number)
    if row is None:
        raise Refusal("ERROR_PAY_SYSTEM_NOT_FOUND", "Pay system not found")
    for handler in store.rows(_HANDLERS, where="CODE = ?", params=(row["ACTION_FILE"],)):
        _check_owner(call, handler)
    return number


def _update(store: Store, call: Call) -> Answer:
    params = _params(call)
    fields = _map(params.get("FIELDS"))
    row: dict[str, Any] = {}
    if fields.get("BX_REST_HANDLER"):
        row["ACTION_FILE"] = to_text(fields["BX_REST_HANDLER"])
        _handler_of(store, call, row["ACTION_FILE"])
    number = _system(store, call, params)
    if fields.get("PERSON_TYPE_ID") is not None:
        row["PERSON_TYPE_ID"] = _payer(store, fields["PERSON_TYPE_ID"])
    row |= {
        key: to_text(fields[key]) for key in ("NAME", "DESCRIPTION", "XML_ID") if fields.get(key) is not None
    }
    row |= {key: to_flag(fields[key]) for key in ("NEW_WINDOW", "ACTIVE") if fields.get(key) is not None}
    store.update(_SYSTEMS, number, row)
    return Answer(result=True, cost=Cost("write", rows=1))


def _delete(store: Store, call: Call) -> Answer:
    store.delete(_SYSTEMS, _system(store, call, _params(call)))
    return Answer(result=True, cost=Cost("write", rows=1))


# ---- handlers


def _handlers(store: Store, call: Call) -> Answer:
    admin_only(call)
    shape = shape_of(store.table(_HANDLERS))
    rows = read(store, shape, Where(), '"ID" ASC', Window(0, -1, 0, 0, "offset"))
    return Answer(rows, cost=Cost("page", rows=len(rows)))


def _add_handler(store: Store, call: Call) -> Answer:
    """A new handler; answers its number."""
    params = _params(call)
    for name in ("NAME", "CODE", "SETTINGS"):
        if params.get(name) is None:
            raise Refusal(_BAD, f"Parameter {name} is not defined")
    _check_settings(_map(params["SETTINGS"]))
    code = to_text(params["CODE"])
    _free(store, code, 0)
    row = {"NAME": to_text(params["NAME"]), "CODE": code, "SETTINGS": params["SETTINGS"]}
    sort = to_text(params.get("SORT")) or "100"
    number = store.insert(_HANDLERS, {**row, "SORT": sort, "APP_ID": call.client_id})
    return Answer(number, cost=Cost("write", rows=1))


def _check_settings(settings: Mapping[str, Any]) -> None:
    if settings.get("CODES") is None:
        raise Refusal(_BAD, "Parameter SETTINGS[CODES] is not defined")
    if not any(settings.get(place) for place in _PLACES):
        named = " or ".join(f"SETTINGS[{place}]" for place in _PLACES)
        raise Refusal(_BAD, f"Parameter {named} is not defined")
    for place in _PLACES:
        if settings.get(place) and not _map(settings[place]).get("ACTION_URI"):
            named = "FORM_DATA" if place == "FORM_DATA" else "IFRAME_DATA"
            raise Refusal(_BAD, f"Parameter SETTINGS[{named}][ACTION_URI] is not defined")


def _free(store: Store, code: str, number: int) -> None:
    if store.count(_HANDLERS, "CODE = ? AND ID <> ?", (code, number)):
        raise Refusal("ERROR_HANDLER_ALREADY_EXIST", "Handler already exists!")


def _handler(store: Store, call: Call, params: Mapping[str, Any]) -> dict[str, Any]:
    row = store.get(_HANDLERS, to_int(params.get("ID")))
    if row is None:
        raise Refusal("ERROR_HANDLER_NOT_FOUND", "Handler not found")
    _check_owner(call, row)
    return row


def _update_handler(store: Store, call: Call) -> Answer:
    params = _params(call)
    if not is_array(params.get("FIELDS")):
        raise Refusal(_BAD, "Parameter FIELDS is not defined")
    row, fields = _handler(store, call, params), _map(params["FIELDS"])
    if fields.get("CODE") is not None:
        _free(store, to_text(fields["CODE"]), row["ID"])
    change = {key: to_text(fields[key]) for key in ("NAME", "CODE", "SORT") if fields.get(key) is not None}
    if fields.get("SETTINGS") is not None:
        change["SETTINGS"] = fields["SETTINGS"]
    store.update(_HANDLERS, row["ID"], change)
    return Answer(result=True, cost=Cost("write", rows=1))


def _delete_handler(store: Store, call: Call) -> Answer:
    """Removes a handler that no way to pay needs."""
    row = _handler(store, call, _params(call))
    if store.count(_SYSTEMS, "ACTION_FILE = ?", (row["CODE"],)):
        raise Refusal("ERROR_PAY_SYSTEM_DELETE", f"Pay system with handler {row['CODE'].upper()} exists!")
    store.delete(_HANDLERS, row["ID"])
    return Answer(result=True, cost=Cost("write", rows=1))
