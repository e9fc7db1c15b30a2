"""``crm.status.*`` and ``crm.currency.*``: directories that come whole, whatever ``start`` says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.conditions import Where, every
from b24orm.emulator.methods.params import fields_param, id_param, list_param
from b24orm.emulator.select import Selection, classic_expression, rows_of
from b24orm.emulator.store import Store
from b24orm.emulator.text_search import compare, contains
from b24orm.emulator.values import to_float, to_int, to_text

__all__ = ["methods"]

_STATUS_NAMES: Final = ("ID", "ENTITY_ID", "STATUS_ID", "NAME", "SORT", "SYSTEM", "CATEGORY_ID", "SEMANTICS")
_TEXT_ONLY: Final = ("ENTITY_ID", "STATUS_ID", "SORT", "SEMANTICS")
_SEMANTICS: Final = {"S": "success", "F": "failure"}


def methods(store: Store) -> Registry:
    """The methods of statuses and currencies; scope ``crm``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "crm.status.list": _statuses,
        "crm.status.get": _status,
        "crm.status.add": _add_status,
        "crm.status.update": _update_status,
        "crm.status.delete": _delete_status,
        "crm.status.entity.items": _status_items,
        "crm.currency.list": _currencies,
        "crm.currency.get": _currency,
        "crm.currency.add": _add_currency,
        "crm.currency.update": _update_currency,
        "crm.currency.delete": _delete_currency,
    }
    return registered(store, "crm", handlers)


def _statuses(store: Store, call: Call) -> Answer:
    """Every entry that fits. Only bare names count; some take no lists."""
    sent, order = list_param(call, "filter"), dict(list_param(call, "order")) or {"SORT": "ASC"}
    for name in _TEXT_ONLY:
        if isinstance(sent.get(name), (list, Mapping)):
            raise Refusal("", f"Filter by {name} must be a string")
    where = every(
        _status_condition(name.upper(), value) for name, value in sent.items() if name in _STATUS_NAMES
    )
    parts = [
        f'"{name.upper()}" {"ASC" if to_text(word).upper() == "ASC" else "DESC"}'
        for name, word in order.items()
        if name.upper() in _STATUS_NAMES
    ]
    rows = _status_rows(store, where, ", ".join(parts) or '"ID" DESC')
    return Answer(rows, len(rows), cost=Cost("page", rows=len(rows)))


def _status_condition(name: str, value: Any) -> Where:
    text = to_text(value)
    if text in {"", "NOT_REF"}:
        return Where()
    if name == "NAME":
        return every(contains('"NAME"', word) for word in text.split())
    if name == "SYSTEM":
        return Where("SYSTEM = ?", ("Y" if text == "Y" else "N",))
    if name == "CATEGORY_ID":
        return Where("IFNULL(CATEGORY_ID, 0) = ?", (to_int(value),))
    return compare(f'"{name}"', "=", text)


def _status_rows(store: Store, where: Where, order: str) -> list[dict[str, Any]]:
    table = store.table("status")
    names = table.classic_names
    selection = Selection(
        names, tuple(classic_expression(table.columns[name], f'"{name}"') for name in names)
    )
    condition = f" WHERE {where.sql}" if where else ""
    sql = f"SELECT {selection.sql} FROM status{condition} ORDER BY {order}, ID"
    return [_with_extra(row) for row in rows_of(selection, store.fetch(sql, where.params))]


def _with_extra(row: dict[str, Any]) -> dict[str, Any]:
    """Stages of leads, quotes and deals say once more what they mean."""
    directory = row["ENTITY_ID"] or ""
    if directory in {"STATUS", "QUOTE_STATUS"} or directory.startswith("DEAL_STAGE"):
        extra = {"SEMANTICS": _SEMANTICS.get(row["SEMANTICS"] or "", "process"), "COLOR": row["COLOR"] or ""}
        return {**row, "EXTRA": extra}
    return row


def _status(store: Store, call: Call) -> Answer:
    rows = _status_rows(store, Where("ID = ?", (id_param(call),)), "ID")
    if not rows:
        raise Refusal("", "CRM Status is not found.")
    return Answer(rows[0], cost=Cost("get", rows=1))


def _add_status(store: Store, call: Call) -> Answer:
    fields = fields_param(call)
    directory, code = to_text(fields.get("ENTITY_ID")), to_text(fields.get("STATUS_ID"))
    missing = [name for name, value in (("ENTITY_ID", directory), ("STATUS_ID", code)) if not value]
    if missing:
        raise Refusal("", "\n".join(f"The field {name} is required." for name in missing))
    if not store.count("status", "ENTITY_ID = ?", (directory,)):
        raise Refusal("", "Specified entity type is not supported.")
    if not to_text(fields.get("NAME")):
        raise Refusal("", "The field Title is required.")
    if store.count("status", "ENTITY_ID = ? AND STATUS_ID = ?", (directory, code)):
        raise Refusal("ERROR_CORE", "The specified status ID already exists.")
    row = {"ENTITY_ID": directory, "STATUS_ID": code, "SYSTEM": "N", **_status_row(fields)}
    row["SEMANTICS"] = to_text(fields.get("SEMANTICS")) or None
    return Answer(store.insert("status", row), cost=Cost("write", rows=1))


def _status_row(fields: Mapping[str, Any]) -> dict[str, Any]:
    extra = fields.get("EXTRA")
    color = fields.get("COLOR", extra.get("COLOR") if isinstance(extra, Mapping) else None)
    row: dict[str, Any] = {}
    if fields.get("NAME") is not None:
        row["NAME"] = to_text(fields["NAME"])
    if fields.get("SORT") is not None:
        row["SORT"] = to_int(fields["SORT"])
    if color is not None:
        row["COLOR"] = to_text(color)
    return row


def _update_status(store: Store, call: Call) -> Answer:
    number = id_param(call)
    row = _status_row(fields_param(call))
    if not store.exists("status", number):
        raise Refusal("", "Status is not found.")
    if row:
        store.update("status", number, row)
    return Answer(result=True, cost=Cost("write", rows=1))


def _delete_status(store: Store, call: Call) -> Answer:
    number = id_param(call)
    known = store.get("status", number)
    if known is None:
        raise Refusal("", "Status is not found.")
    if known["SYSTEM"] == "Y" and fields_param(call, "params").get("FORCED") != "Y":
        raise Refusal(
            "", 'CRM System Status can be deleted only if parameter FORCED is specified and equal to "Y".'
        )
    if _in_use(store, known):
        raise Refusal("", "There are active items in this status.")
    store.delete("status", number)
    return Answer(result=True, cost=Cost("write", rows=1))


def _in_use(store: Store, known: Mapping[str, Any]) -> bool:
    directory, code = known["ENTITY_ID"] or "", known["STATUS_ID"]
    users = {"STATUS": ("lead", "STATUS_ID"), "QUOTE_STATUS": ("quote", "STATUS_ID")}
    table, column = users.get(
        directory, ("deal", "STAGE_ID") if directory.startswith("DEAL_STAGE") else ("", "")
    )
    return bool(table and store.count(table, f'"{column}" = ?', (code,)))


def _status_items(store: Store, call: Call) -> Answer:
    """The entries of one directory: name, order, code."""
    directory = next(
        (
            call.params[key]
            for key in ("entityId", "entityID", "entity_id", "ENTITY_ID")
            if key in call.params
        ),
        "",
    )
    if directory == "":
        raise Refusal("", "The parameter entityId is not defined or invalid.")
    if not isinstance(directory, str):
        raise Refusal("", "The parameter entityId must be a string.")
    sql = "SELECT NAME, SORT, STATUS_ID FROM status WHERE ENTITY_ID = ? ORDER BY SORT, ID"
    found = store.fetch(sql, (directory.upper(),))
    rows = [{"NAME": name, "SORT": sort, "STATUS_ID": code} for name, sort, code in found]
    return Answer(rows, cost=Cost("page", rows=len(rows)))


def _currencies(store: Store, call: Call) -> Answer:
    """Every currency; of the order only the first name counts, the rest of the request doesn't."""
    order = list(list_param(call, "order").items())
    columns = store.table("currency").columns
    name, word = (order[0][0].upper(), to_text(order[0][1]).upper()) if order else ("SORT", "ASC")
    by = f'"{name}" {"DESC" if word == "DESC" else "ASC"}' if name in columns else '"SORT"'
    rows = _currency_rows(store, Where(), f'{by}, "CURRENCY"')
    return Answer(rows, 0, cost=Cost("page", rows=len(rows)))


def _currency_rows(store: Store, where: Where, order: str) -> list[dict[str, Any]]:
    table = store.table("currency")
    names = table.classic_names
    expressions = [classic_expression(table.columns[name], f'"{name}"') for name in names]
    expressions[names.index("AMOUNT")] = "printf('%.4f', AMOUNT)"
    selection = Selection(names, tuple(expressions))
    condition = f" WHERE {where.sql}" if where else ""
    return rows_of(
        selection,
        store.fetch(f"SELECT {selection.sql} FROM currency{condition} ORDER BY {order}", where.params),
    )


def _code(call: Call) -> str:
    sent = call.params.get("ID", call.params.get("id"))
    if sent is not None and not isinstance(sent, str):
        raise Refusal("", "The parameter id is not string.")
    code = (sent or "").strip().upper()
    if not code:
        raise Refusal("", "ID is not defined or invalid.")
    return code


def _currency(store: Store, call: Call) -> Answer:
    rows = _currency_rows(store, Where("CURRENCY = ?", (_code(call),)), "CURRENCY")
    if not rows:
        raise Refusal("", "Not found")
    return Answer({**rows[0], "LANG": {}}, cost=Cost("get", rows=1))


def _add_currency(store: Store, call: Call) -> Answer:
    fields = fields_param(call)
    code = to_text(fields.get("CURRENCY")).strip().upper()
    if len(code) != 3 or not code.isalpha():
        raise Refusal("", "The currency code is not valid")
    if store.exists("currency", code):
        raise Refusal("", "The currency exists already")
    store.insert("currency", {"CURRENCY": code, "DATE_UPDATE": store.now(), **_currency_row(fields)})
    return Answer(code, cost=Cost("write", rows=1))


def _currency_row(fields: Mapping[str, Any]) -> dict[str, Any]:
    casts: Mapping[str, Callable[[Any], Any]] = {"AMOUNT": to_float, "AMOUNT_CNT": to_int, "SORT": to_int}
    return {name: cast(fields[name]) for name, cast in casts.items() if fields.get(name) is not None}


def _update_currency(store: Store, call: Call) -> Answer:
    code, fields = _code(call), fields_param(call)
    if not store.exists("currency", code):
        raise Refusal("", "Currency is not found")
    store.update("currency", code, {"DATE_UPDATE": store.now(), **_currency_row(fields)})
    return Answer(result=True, cost=Cost("write", rows=1))


def _delete_currency(store: Store, call: Call) -> Answer:
    code = _code(call)
    known = store.get("currency", code)
    if known is None or known["BASE"] == "Y":
        raise Refusal("", "Currency is not found" if known is None else "The base currency can't be deleted")
    store.delete("currency", code)
    return Answer(result=True, cost=Cost("write", rows=1))
