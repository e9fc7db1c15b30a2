"""``crm.requisite.bankdetail.*``, ``crm.requisite.preset.*`` and the old ``crm.dealcategory.*``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Method, Refusal, Registry, registered
from b24orm.emulator.classic_filter import parse_key, prepare
from b24orm.emulator.conditions import Where, every
from b24orm.emulator.methods import plain_rows
from b24orm.emulator.methods.params import fields_param, find, id_param, list_param
from b24orm.emulator.methods.plain_rows import Rows
from b24orm.emulator.orm_filter import compile_condition
from b24orm.emulator.pages import UNORDERED, order_sql
from b24orm.emulator.select import Selection, classic_expression, rows_of
from b24orm.emulator.stages import add_statuses, pipeline_stages
from b24orm.emulator.store import Store
from b24orm.emulator.tables import Table
from b24orm.emulator.values import is_array, to_int, to_list, to_text

__all__ = ["methods"]

_REQUISITE: Final = 8
_OF_DEALS: Final = Where("ENTITY_TYPE_ID = 2")
_CATEGORY: Final = ("ID", "CREATED_DATE", "NAME", "SORT", "IS_LOCKED")


def methods(store: Store) -> Registry:
    """The methods of bank details, templates of requisites and pipelines of deals; scope ``crm``."""
    found: Registry = {}
    for name, rows in _ROWS.items():
        handlers: Mapping[str, Callable[[Call], Answer]] = {
            "list": partial(_list, store, rows.table),
            "get": partial(plain_rows.get, store, rows),
            "add": partial(plain_rows.add, store, rows),
            "update": partial(plain_rows.update, store, rows),
            "delete": partial(plain_rows.delete, store, rows),
        }
        found |= {f"crm.{name}.{kind}": Method(handler, "crm") for kind, handler in handlers.items()}
    pipelines: Mapping[str, Callable[[Store, Call], Answer]] = {
        "list": _pipelines,
        "get": _pipeline,
        "add": _add_pipeline,
        "update": _update_pipeline,
        "delete": _delete_pipeline,
        "status": _directory,
        "stage.list": _stages,
        "default.get": _default_pipeline,
    }
    return found | registered(store, "crm", pipelines, family="crm.dealcategory.")


def _list(store: Store, name: str, call: Call) -> Answer:
    """Rows with the ORM's operators. They are counted in any case, and a negative start is page 1."""
    table = store.table(name)
    where = _where(table, prepare(list_param(call, "filter"), table, now=store.clock()))
    if name == "requisite_preset":
        where = every([where, Where(f"ENTITY_TYPE_ID = {_REQUISITE}")])
    return plain_rows.page(store, call, table, where, list_param(call, "order"), counting=True)


def _where(table: Table, prepared: Mapping[str, Any]) -> Where:
    parts: list[Where] = []
    for key, value in prepared.items():
        column = table.columns[parse_key(key).name]
        parts.append(compile_condition(key, value, column, f'"{table.name}"."{column.name}"'))
    return every(parts)


def _check_bank_detail(store: Store, fields: Mapping[str, Any]) -> None:
    owner = to_int(fields.get("ENTITY_ID"))
    if owner <= 0:
        raise Refusal("", "ENTITY_ID is not defined or invalid.")
    if not store.exists("requisite", owner):
        raise Refusal("", "Access denied.")


def _check_preset(store: Store, fields: Mapping[str, Any]) -> None:
    del store
    if to_int(fields.get("ENTITY_TYPE_ID")) != _REQUISITE:
        raise Refusal("", "ENTITY_TYPE_ID is not defined or invalid.")


_ROWS: Final[Mapping[str, Rows]] = {
    "requisite.bankdetail": Rows(
        "bank_detail", _check_bank_detail, absent="The RequisiteBankDetail with ID '{}' is not found"
    ),
    "requisite.preset": Rows(
        "requisite_preset", _check_preset, absent="The Preset with ID '{}' is not found"
    ),
}


# ---- pipelines of deals, all but the first


def _pipelines(store: Store, call: Call) -> Answer:
    """Every pipeline but the first one; ``start`` is ignored."""
    table = store.table("category")
    known = {name: column for name, column in table.columns.items() if name in _CATEGORY}
    prepared = prepare(list_param(call, "filter"), table, now=store.clock())
    asked = {key: value for key, value in prepared.items() if parse_key(key).name in known}
    where = every([_OF_DEALS, _where(table, asked)])
    order = order_sql(list_param(call, "order"), known)
    select = find(call, "select")
    names = [to_text(name) for name in to_list(select)] if is_array(select) else []
    chosen = _CATEGORY if not names or "*" in names else tuple(name for name in _CATEGORY if name in names)
    rows = [{name: row[name] for name in chosen} for row in _rows(store, table, where, order or UNORDERED)]
    return Answer(rows, len(rows), cost=Cost("page", rows=len(rows)))


def _rows(store: Store, table: Table, where: Where, order: str = "ID") -> list[dict[str, Any]]:
    columns = [table.columns[name] for name in _CATEGORY if name in table.columns]
    names = tuple(column.name for column in columns)
    selection = Selection(names, tuple(classic_expression(column, f'"{column.name}"') for column in columns))
    sql = f"SELECT {selection.sql} FROM category WHERE {where.sql} ORDER BY {order}"
    return [{**row, "IS_LOCKED": "N"} for row in rows_of(selection, store.fetch(sql, where.params))]


def _found(store: Store, call: Call, text: str) -> dict[str, Any]:
    number = id_param(call)
    rows = _rows(store, store.table("category"), every([_OF_DEALS, Where("ID = ?", (number,))]))
    if not rows:
        raise Refusal("", text)
    return rows[0]


def _pipeline(store: Store, call: Call) -> Answer:
    return Answer(_found(store, call, "Not found"), cost=Cost("get", rows=1))


def _written(fields: Mapping[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    if "NAME" in fields:
        row["NAME"] = to_text(fields["NAME"]).strip()
    if "SORT" in fields:
        row["SORT"] = max(to_int(fields["SORT"]), 0)
    return row


def _add_pipeline(store: Store, call: Call) -> Answer:
    """A new pipeline with the usual stages; answers its number."""
    row = {"SORT": 0, **_written(fields_param(call))}
    if not row.get("NAME"):
        raise Refusal("", "Field 'NAME' is required.")
    with store.transaction():
        number = store.insert("category", {**row, "ENTITY_TYPE_ID": 2, "CREATED_DATE": store.now()})
        add_statuses(store, f"DEAL_STAGE_{number}", pipeline_stages(2, number))
    return Answer(number, cost=Cost("write", rows=1))


def _update_pipeline(store: Store, call: Call) -> Answer:
    number = to_int(_found(store, call, "Not found.")["ID"])
    store.update("category", number, _written(fields_param(call)))
    return Answer(result=True, cost=Cost("write", rows=1))


def _delete_pipeline(store: Store, call: Call) -> Answer:
    number = to_int(_found(store, call, "Not found.")["ID"])
    with store.transaction():
        store.delete("category", number)
        store.execute("DELETE FROM status WHERE ENTITY_ID = ?", (f"DEAL_STAGE_{number}",))
    return Answer(result=True, cost=Cost("write", rows=1))


def _directory_of(call: Call) -> str:
    number = to_int(call.params.get("ID", call.params.get("id")))
    return f"DEAL_STAGE_{number}" if number > 0 else "DEAL_STAGE"


def _directory(store: Store, call: Call) -> Answer:
    """Which directory holds the stages of a pipeline."""
    del store
    return Answer(_directory_of(call))


def _stages(store: Store, call: Call) -> Answer:
    sql = "SELECT NAME, SORT, STATUS_ID FROM status WHERE ENTITY_ID = ? ORDER BY SORT, ID"
    rows = store.fetch(sql, (_directory_of(call),))
    found = [{"NAME": name, "SORT": sort, "STATUS_ID": code} for name, sort, code in rows]
    return Answer(found, cost=Cost("page", rows=len(found)))


def _default_pipeline(store: Store, call: Call) -> Answer:
    del store, call
    return Answer({"ID": 0, "NAME": "General"})
