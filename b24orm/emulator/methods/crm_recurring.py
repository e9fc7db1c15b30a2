"""``crm.deal.recurring.*`` and ``crm.invoice.recurring.*``: what a deal or an old invoice is repeated by.

A template hangs on a deal of its own, which lists leave out: where a plain deal is given, the portal copies
it. Rows are collected in PHP, so they are counted in any case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final

from b24orm.emulator import bindings
from b24orm.emulator.answers import Answer, Call, Cost, Method, Refusal, Registry
from b24orm.emulator.conditions import EVERYTHING, Where, every
from b24orm.emulator.fields import entity_fields_answer
from b24orm.emulator.methods.params import as_map, fields_param, id_param, list_param
from b24orm.emulator.orm_filter import compile_condition, parse_key
from b24orm.emulator.pages import Shape, answered, count, order_sql, read, read_one, shape_of
from b24orm.emulator.paging import classic
from b24orm.emulator.store import Store
from b24orm.emulator.tables import Table
from b24orm.emulator.values import is_array, read_date, to_int
from b24orm.facts import load

__all__ = ["methods"]


@dataclass(frozen=True, slots=True)
class _Kind:
    """What is repeated.

    Attributes:
        table: of the templates.
        entity: whose facts tell their fields.
        owner: the table of what is repeated, and the column that names it.
        absent: the text for a template that isn't there.
        params: what a template says of its rhythm unless it is told otherwise.
    """

    table: str
    entity: str
    owner: str
    absent: str
    params: Mapping[str, Any]

    @property
    def key(self) -> str:
        """The column of a template that names what it repeats."""
        return f"{self.owner.upper()}_ID"


_DEAL: Final = _Kind(
    "deal_recurring",
    "DealRecurring",
    "deal",
    "Recurring deal is not found.",
    {
        "MODE": "single",
        "SINGLE_BEFORE_START_DATE_TYPE": "day",
        "SINGLE_BEFORE_START_DATE_VALUE": 0,
        "MULTIPLE_TYPE": "day",
        "MULTIPLE_INTERVAL": 1,
        "OFFSET_BEGINDATE_TYPE": "day",
        "OFFSET_BEGINDATE_VALUE": 0,
        "OFFSET_CLOSEDATE_TYPE": "day",
        "OFFSET_CLOSEDATE_VALUE": 0,
    },
)
_INVOICE: Final = _Kind(
    "invoice_recurring",
    "InvoiceRecurring",
    "invoice",
    "Recurring invoice is not found",
    {
        "PERIOD": "day",
        "TYPE": None,
        "INTERVAL": 1,
        "IS_WORKING_ONLY": "N",
        "WEEKDAY": None,
        "NUM_DAY_IN_MONTH": None,
        "NUM_WEEKDAY_IN_MONTH": None,
        "NUM_MONTH_IN_YEAR": None,
        "DATE_PAY_BEFORE_OFFSET_TYPE": None,
        "DATE_PAY_BEFORE_OFFSET_VALUE": 0,
    },
)


def methods(store: Store) -> Registry:
    """The methods; scope ``crm``."""
    handlers: Mapping[str, Callable[[Store, _Kind, Call], Answer]] = {
        "list": _list,
        "get": _get,
        "add": _add,
        "update": _update,
        "delete": _delete,
        "expose": _expose,
        "fields": _fields,
    }
    return {
        f"crm.{kind.owner}.recurring.{name}": Method(partial(work, store, kind), "crm")
        for kind in (_DEAL, _INVOICE)
        for name, work in handlers.items()
    }


def _fields(store: Store, kind: _Kind, call: Call) -> Answer:
    del store, call
    return Answer(entity_fields_answer(load(kind.entity)))


# ---- reading


def _shape(store: Store, kind: _Kind) -> Shape:
    return shape_of(store.table(kind.table))


def _list(store: Store, kind: _Kind, call: Call) -> Answer:
    """A select is not heard of; a page past the end is the first one again."""
    table = store.table(kind.table)
    sent = list_param(call, "filter")
    where = every(_condition(table, key, value) for key, value in sent.items())
    counted = count(store, table, where)
    window = classic(max(call.start or 0, 0), counted)
    order = {name: word for name, word in list_param(call, "order").items() if name != "PARAMS"}
    rows = read(store, _shape(store, kind), where, order_sql(order, table.columns), window)
    return answered([_whole(kind, row) for row in rows], window, len(rows))


def _condition(table: Table, key: str, value: Any) -> Where:
    column = table.columns.get(parse_key(key)[1])
    if column is None or column.name == "PARAMS":
        return EVERYTHING
    if column.kind in {"date", "datetime"} and not is_array(value):
        value = read_date(value) if column.kind == "date" else value
    return compile_condition(key, value, column, f'"{column.name}"')


def _whole(kind: _Kind, row: dict[str, Any]) -> dict[str, Any]:
    """The rhythm is whole, whatever was set of it; days that there are not are empty texts."""
    row["PARAMS"] = {**kind.params, **as_map(row.get("PARAMS"))}
    for name in ("START_DATE", "LIMIT_DATE", "NEXT_EXECUTION", "LAST_EXECUTION"):
        row[name] = row[name] or ""
    return row


def _kept(store: Store, kind: _Kind, call: Call) -> dict[str, Any]:
    row = store.get(kind.table, id_param(call))
    if row is None:
        raise Refusal("", kind.absent)
    return row


def _get(store: Store, kind: _Kind, call: Call) -> Answer:
    row = read_one(store, _shape(store, kind), _kept(store, kind, call)["ID"])
    assert row is not None
    return Answer(_whole(kind, row), cost=Cost("get", rows=1))


# ---- writing

_LIMITS: Final = frozenset({"D", "T"})
"""A template ends on a day or after so many times; any other letter means that it never ends."""


def _columns(store: Store, kind: _Kind, fields: Mapping[str, Any]) -> dict[str, Any]:
    now, row = store.clock(), dict[str, Any]()
    for name in ("ACTIVE", "SEND_BILL"):
        if name in fields and name in store.table(kind.table).columns:
            row[name] = "Y" if fields[name] == "Y" else "N"
    for name in ("CATEGORY_ID", "LIMIT_REPEAT", "EMAIL_ID"):
        if name in fields and name in store.table(kind.table).columns:
            row[name] = to_int(fields[name])
    for name in ("START_DATE", "LIMIT_DATE"):
        if fields.get(name):
            row[name] = read_date(fields[name], now)
    if "IS_LIMIT" in fields:
        row["IS_LIMIT"] = fields["IS_LIMIT"] if fields["IS_LIMIT"] in _LIMITS else "N"
    if is_array(fields.get("PARAMS")):
        row["PARAMS"] = {
            name: value for name, value in as_map(fields["PARAMS"]).items() if name in kind.params
        }
    return row


def _add(store: Store, kind: _Kind, call: Call) -> Answer:
    """A new template; answers its number."""
    fields = fields_param(call)
    number = to_int(fields.get(kind.key))
    if number <= 0:
        raise Refusal("", f"{kind.owner.capitalize()} ID is empty.")
    owner = store.get(kind.owner, number)
    if owner is None:
        raise Refusal("", "Access denied.")
    if owner["IS_RECURRING"] == "Y" and store.count(kind.table, f"{kind.key} = ?", (number,)):
        raise Refusal("", f"{kind.owner.capitalize()} already have had recurring settings.")
    with store.transaction():
        template = number if owner["IS_RECURRING"] == "Y" else _copy(store, kind, owner, recurring="Y")
        row = {**_columns(store, kind, fields), kind.key: template}
        if "BASED_ID" in store.table(kind.table).columns and template != number:
            row["BASED_ID"] = number
        made = store.insert(kind.table, {**row, "NEXT_EXECUTION": _next(store, row)})
    return Answer(made, cost=Cost("write", rows=1))


def _next(store: Store, row: Mapping[str, Any]) -> str | None:
    """The first run: on the day that it begins, at the earliest tomorrow; never, if it is switched off."""
    if row.get("ACTIVE") == "N":
        return None
    tomorrow = (store.now() + timedelta(days=1)).strftime("%Y-%m-%d")
    return f"{max(tomorrow, row.get('START_DATE') or tomorrow)}T00:00:00"


def _copy(store: Store, kind: _Kind, owner: Mapping[str, Any], *, recurring: str) -> int:
    """One more of what is repeated, with its contacts."""
    row = {name: value for name, value in owner.items() if name != "ID" and value is not None}
    made = store.insert(kind.owner, {**row, "IS_RECURRING": recurring})
    if kind.owner == "deal":
        bindings.set_items(
            store, "deal", made, "contact", bindings.items_of(store, "deal", owner["ID"], "contact")
        )
        for good in store.rows(
            "product_row", where="OWNER_TYPE = 'D' AND OWNER_ID = ?", params=(owner["ID"],)
        ):
            store.insert("product_row", {**good, "ID": None, "OWNER_ID": made})
    return made


def _update(store: Store, kind: _Kind, call: Call) -> Answer:
    row = _kept(store, kind, call)
    change = _columns(store, kind, fields_param(call))
    if "PARAMS" in change:
        change["PARAMS"] = {**as_map(row["PARAMS"]), **change["PARAMS"]}
    store.update(kind.table, row["ID"], {**change, "NEXT_EXECUTION": _next(store, {**row, **change})})
    return Answer(result=True, cost=Cost("write", rows=1))


def _delete(store: Store, kind: _Kind, call: Call) -> Answer:
    """Removes a template whose deal is gone already."""
    row = _kept(store, kind, call)
    owner = store.get(kind.owner, row[kind.key])
    if owner is not None and owner["IS_RECURRING"] == "Y":
        raise Refusal("", f"Deleting is impossible. Connected recurring {kind.owner} exists.")
    store.delete(kind.table, row["ID"])
    return Answer(result=True, cost=Cost("write", rows=1))


def _expose(store: Store, kind: _Kind, call: Call) -> Answer:
    """Makes what a template is for, now; answers its number."""
    row = _kept(store, kind, call)
    owner = store.get(kind.owner, row[kind.key])
    if owner is None:
        raise Refusal("", kind.absent)
    with store.transaction():
        made = _copy(store, kind, owner, recurring="N")
        done = {"COUNTER_REPEAT": to_int(row["COUNTER_REPEAT"]) + 1, "LAST_EXECUTION": store.now()}
        store.update(kind.table, row["ID"], done)
    return Answer({kind.key: made}, cost=Cost("write", rows=1))
