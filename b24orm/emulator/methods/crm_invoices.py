"""``crm.invoice.*``: invoices as they were before smart ones; who pays, and how, beside them.

An invoice is no row without goods. It is changed as a whole: what an update does not name stays, goods too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.conditions import EVERYTHING, Where, every
from b24orm.emulator.fields import classic_fields_answer, entity_fields_answer
from b24orm.emulator.methods.params import as_map, list_param
from b24orm.emulator.orm_filter import compile_condition, parse_key
from b24orm.emulator.pages import answered, count, order_sql, read, read_one, shape_of
from b24orm.emulator.paging import Window, classic
from b24orm.emulator.store import Store
from b24orm.emulator.tables import Table, words
from b24orm.emulator.values import is_array, read_date, read_datetime, to_float, to_int, to_list, to_text
from b24orm.emulator.writes import read_fields
from b24orm.facts import load

__all__ = ["methods"]

_TABLE: Final = "invoice"
_HIDDEN: Final = ("PROPERTIES", "GOODS", "PR_LOCATION")
_PAYERS: Final = {"UF_COMPANY_ID": "CRM_COMPANY", "UF_CONTACT_ID": "CRM_CONTACT"}
_RESPONSIBLE: Final = tuple(words("EMAIL LAST_NAME LOGIN NAME PERSONAL_PHOTO SECOND_NAME WORK_POSITION"))
_OPERATIONS: Final = frozenset(
    ("", *words("!>< !=% !%= !== != !% >< >= <= =% %= !@ == = % ? > < ! @ * *= *%"))
)


def methods(store: Store) -> Registry:
    """The methods; scope ``crm``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "invoice.fields": lambda store, _: Answer(classic_fields_answer(store, store.table(_TABLE))),
        "invoice.list": _list,
        "invoice.get": _get,
        "invoice.add": _add,
        "invoice.update": _update,
        "invoice.delete": _delete,
        "invoice.getexternallink": _link,
        "persontype.list": _payers,
        "persontype.fields": lambda *_: Answer(entity_fields_answer(load("PersonType"))),
        "paysystem.list": _systems,
        "paysystem.fields": lambda *_: Answer(entity_fields_answer(load("PaySystem"))),
    }
    return registered(store, "crm", handlers, family="crm.")


# ---- reading


def _named(call: Call, name: str) -> dict[str, Any]:
    """A map under its name in small or in capital letters; an empty one and a scalar count as absent."""
    for spelled in (name, name.upper()):
        value = call.params.get(spelled)
        if is_array(value) and value:
            return as_map(value)
    return {}


def _list(store: Store, call: Call) -> Answer:
    """The last ones first. What a select names is all that comes: ID only if it is named."""
    table = store.table(_TABLE)
    shape = shape_of(table, hidden=_HIDDEN)
    sent = {key.upper(): value for key, value in _named(call, "filter").items()}
    where = every(_condition(table, key, value, store.clock()) for key, value in sent.items())
    asked = [to_text(name) for name in _named(call, "select").values()]
    names = _selected(table, asked)
    if not names:
        raise Refusal("", "Inadmissible fields for selection")
    order = _named(call, "order") or {"ID": "DESC"}
    known = {name: word for name, word in order.items() if to_text(word).upper() in {"ASC", "DESC"}}
    window = _window(store, call, count(store, table, where))
    rows = read(store, shape, where, order_sql(known, shape.columns), window)
    people = any(name.startswith("RESPONSIBLE_") and name != "RESPONSIBLE_ID" for name in names)
    shown = [{**row, **(_responsible(store, row) if people else {})} for row in rows]
    return answered([{name: row[name] for name in names if name in row} for row in shown], window, len(rows))


def _window(store: Store, call: Call, counted: Callable[[], int]) -> Window:
    """A negative start brings the first fifty, and their number for a total."""
    del store
    if (call.start or 0) < 0:
        found = min(counted(), 50)
        return Window(0, 50, 0, found, "classic")
    return classic(call.start, counted)


def _selected(table: Table, asked: list[str]) -> list[str]:
    everything = not asked or "*" in asked
    known = [item.wire for item in load("Invoice").fields.values() if item.wire not in _NOT_LISTED]
    users = [column.name for column in table.user_columns]
    chosen = [name for name in known if everything or name in asked]
    return chosen + [name for name in users if "UF_*" in asked or name in asked]


_NOT_LISTED: Final = frozenset(words("PR_LOCATION INVOICE_PROPERTIES PRODUCT_ROWS"))


def _condition(table: Table, key: str, value: Any, now: float) -> Where:
    name = parse_key(key)[1]
    column = table.columns.get(name)
    if column is None or column.hidden or name in _HIDDEN or key.removesuffix(name) not in _OPERATIONS:
        return EVERYTHING
    if column.kind in {"date", "datetime"} and not column.user and value != "":
        value = (read_date if column.kind == "date" else read_datetime)(value, now)
        if value is None:
            return EVERYTHING
    return compile_condition(key, value, column, f'"{name}"')


def _responsible(store: Store, row: Mapping[str, Any]) -> dict[str, Any]:
    user = store.get("user", to_int(row["RESPONSIBLE_ID"])) or {}
    return {f"RESPONSIBLE_{name}": user.get(name) for name in _RESPONSIBLE}


def _number(call: Call) -> int:
    return to_int(call.params.get("id", call.params.get("ID")))


def _get(store: Store, call: Call) -> Answer:
    number = _number(call)
    stored = store.get(_TABLE, number)
    row = read_one(store, shape_of(store.table(_TABLE), hidden=("PROPERTIES", "GOODS")), number)
    if stored is None or row is None:
        raise Refusal("", "Not found.")
    parts = {"INVOICE_PROPERTIES": stored["PROPERTIES"], "PRODUCT_ROWS": stored["GOODS"]}
    present = {name: value for name, value in parts.items() if value}
    return Answer({**row, **_responsible(store, row), **present}, cost=Cost("get", rows=1))


# ---- writing


def _add(store: Store, call: Call) -> Answer:
    """A new invoice; answers its number."""
    fields = _named(call, "fields")
    if not fields:
        raise Refusal("", "Invalid parameters.")
    row = _columns(store, fields, {})
    made = {"CREATED_BY": call.user_id, "RESPONSIBLE_ID": call.user_id, "DATE_INSERT": store.now()}
    today = {"DATE_BILL": store.now(), "DATE_STATUS": store.now(), "DATE_UPDATE": store.now()}
    with store.transaction():
        number = store.insert(_TABLE, {**made, **today, **row})
        if not row.get("ACCOUNT_NUMBER"):
            store.update(_TABLE, number, {"ACCOUNT_NUMBER": str(number)})
    return Answer(number, cost=Cost("write", rows=1))


def _update(store: Store, call: Call) -> Answer:
    """Answers the number of the invoice."""
    number, fields = _number(call), _named(call, "fields")
    if number <= 0:
        raise Refusal("", "Invalid identifier.")
    if not fields:
        raise Refusal("", "Invalid parameters.")
    before = store.get(_TABLE, number)
    if before is None:
        raise Refusal("", "Not found.")
    row = _columns(store, fields, before)
    if row.get("STATUS_ID", before["STATUS_ID"]) != before["STATUS_ID"]:
        row |= {"DATE_STATUS": store.now(), "EMP_STATUS_ID": call.user_id}
    store.update(_TABLE, number, {**row, "DATE_UPDATE": store.now()})
    return Answer(number, cost=Cost("write", rows=1))


def _columns(store: Store, fields: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a write, once the invoice that it makes is known to be a whole one."""
    table = store.table(_TABLE)
    row = read_fields(table, fields, update=bool(before), now=store.clock()).columns
    if is_array(fields.get("PRODUCT_ROWS")):
        row["GOODS"] = [
            _good(place, as_map(one)) for place, one in enumerate(to_list(fields["PRODUCT_ROWS"]), 1)
        ]
        row["PRICE"] = sum(to_float(one["PRICE"]) * to_float(one["QUANTITY"]) for one in row["GOODS"])
    if is_array(fields.get("INVOICE_PROPERTIES")):
        row["PROPERTIES"] = {**as_map(before.get("PROPERTIES")), **as_map(fields["INVOICE_PROPERTIES"])}
    whole = {**before, **row}
    _check(store, whole)
    row["PERSON_TYPE_ID"] = _payer(store, whole)
    status = store.rows("status", where=f"{_STATUSES} AND STATUS_ID = ?", params=(whole["STATUS_ID"],))[0]
    paid = status["SEMANTICS"] == "S"
    if paid != (before.get("PAYED") == "Y"):
        row |= {"PAYED": "Y" if paid else "N", "DATE_PAYED": store.now() if paid else None}
    return row


_STATUSES: Final = "ENTITY_ID = 'INVOICE_STATUS'"


def _good(place: int, sent: Mapping[str, Any]) -> dict[str, Any]:
    texts = {name: to_text(sent.get(name)) for name in ("PRODUCT_NAME", "MEASURE_NAME")}
    sums = {name: to_float(sent.get(name)) for name in ("PRICE", "QUANTITY", "DISCOUNT_PRICE", "VAT_RATE")}
    numbers = {name: to_int(sent.get(name)) for name in ("PRODUCT_ID", "MEASURE_CODE")}
    return {"ID": to_int(sent.get("ID")) or place, **numbers, **texts, **sums}


def _check(store: Store, row: Mapping[str, Any]) -> None:
    texts: list[str] = []
    goods = row.get("GOODS") or []
    if not goods:
        texts.append("The invoice has no products")
    elif any(to_float(one["QUANTITY"]) <= 0 for one in goods):
        texts.append("The quantity of a product is invalid")
    if not row.get("ORDER_TOPIC"):
        texts.append("The field 'Topic' is missing")
    status = row.get("STATUS_ID")
    if not status or not store.count("status", f"{_STATUSES} AND STATUS_ID = ?", (status,)):
        texts.append("The field 'Status' is incorrect")
    if texts:
        raise Refusal("", "".join(f"{text}<br />\n" for text in texts))


def _payer(store: Store, row: Mapping[str, Any]) -> int:
    """A company pays before a contact; without either the field has to say who does."""
    kinds = {code: to_int(number) for number, code in store.fetch("SELECT ID, CODE FROM sale_person_type")}
    for field, code in _PAYERS.items():
        if to_int(row.get(field)) > 0:
            return kinds[code]
    number = to_int(row.get("PERSON_TYPE_ID"))
    if number not in {kinds[code] for code in _PAYERS.values()}:
        contact, company = kinds["CRM_CONTACT"], kinds["CRM_COMPANY"]
        text = f"Incorrect value of PERSON_TYPE_ID field ({contact} - Contact, {company} - Company)"
        raise Refusal("", text)
    return number


def _delete(store: Store, call: Call) -> Answer:
    """Answers the number that was sent, as it was sent."""
    number = _number(call)
    if number <= 0:
        raise Refusal("", "Invalid identifier.")
    if not store.delete(_TABLE, number):
        raise Refusal("", "Unknown error during invoice deleting.<br />\n")
    return Answer(call.params.get("id", call.params.get("ID")), cost=Cost("write", rows=1))


def _link(store: Store, call: Call) -> Answer:
    number = _number(call)
    if not store.exists(_TABLE, number):
        raise Refusal("", "Access denied.")
    mark = hashlib.md5(f"invoice{number}".encode(), usedforsecurity=False).hexdigest()
    return Answer(f"/pub/invoice/{number}/{mark}/", cost=Cost("get", rows=1))


# ---- who pays, and how


def _payers(store: Store, call: Call) -> Answer:
    """Contact and company: their codes are their names. Everything at once, with a total."""
    sent, order = list_param(call, "filter"), list_param(call, "order")
    table = store.table("sale_person_type")
    spelled = {key.replace("NAME", "CODE"): value for key, value in sent.items()}
    parts = [Where("CODE IN ('CRM_CONTACT', 'CRM_COMPANY')")]
    for key, value in spelled.items():
        column = table.columns.get(parse_key(key)[1])
        if column is not None:
            parts.append(compile_condition(key, value, column, f'"{column.name}"'))
    where = every(parts)
    by = order_sql(order, table.columns)
    rows = store.rows(table.name, where=where.sql, params=where.params, order=by or '"ID"')
    shown = [{"ID": to_text(row["ID"]), "NAME": row["CODE"]} for row in rows]
    return Answer(shown, len(shown), cost=Cost("page", rows=len(shown)))


def _systems(store: Store, call: Call) -> Answer:
    """Ways to pay; handlers are told only if they are asked for, and neither sorted nor looked for."""
    table = store.table("pay_system")
    fields = [item.wire for item in load("PaySystem").fields.values()]
    columns = {name: table.columns[name] for name in fields if name in table.columns}
    parts = [EVERYTHING]
    for key, value in list_param(call, "filter").items():
        column = columns.get(parse_key(key)[1])
        if column is not None:
            parts.append(compile_condition(key, value, column, f'"{column.name}"'))
    where = every(parts)
    window = classic(max(call.start or 0, 0), count(store, table, where))
    by = order_sql(list_param(call, "order"), columns)
    rows = read(store, shape_of(table).only(columns), where, by, window)
    asked = [to_text(name) for name in _named(call, "select").values()]
    chosen = fields if not asked or "*" in asked else [name for name in fields if name in asked]
    return answered([_system(row, chosen) for row in rows], window, len(rows))


def _system(row: Mapping[str, Any], names: list[str]) -> dict[str, Any]:
    handler = to_text(row["ACTION_FILE"])
    told = {"HANDLER": handler, "HANDLER_CODE": handler.rpartition("/")[2], "HANDLER_NAME": ""}
    return {name: {**row, **told}[name] for name in names}
