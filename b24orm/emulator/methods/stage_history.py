"""``crm.stagehistory.list``: the journal of stages of leads, deals, invoices and smart processes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Method, Refusal, Registry
from b24orm.emulator.conditions import Where, every
from b24orm.emulator.item_fields import ItemField
from b24orm.emulator.item_query import compile_filter
from b24orm.emulator.methods.controller import int_argument, optional_array
from b24orm.emulator.orm_filter import parse_key
from b24orm.emulator.owner_types import owner_table
from b24orm.emulator.pages import answered, count, order_sql, read, shape_of
from b24orm.emulator.paging import controller
from b24orm.emulator.stage_history import keeps_journal
from b24orm.emulator.store import Store
from b24orm.emulator.tables import Table
from b24orm.emulator.values import is_array, to_text

__all__ = ["methods"]

_TABLE: Final = "stage_history"
_COMMON: Final = ("ID", "TYPE_ID", "OWNER_ID", "CREATED_TIME")
_OF_LEADS: Final = (*_COMMON, "STATUS_SEMANTIC_ID", "STATUS_ID")
_OF_OTHERS: Final = (*_COMMON, "CATEGORY_ID", "STAGE_SEMANTIC_ID", "STAGE_ID")


def methods(store: Store) -> Registry:
    """The journal of stages; scope ``crm``."""
    return {"crm.stagehistory.list": Method(partial(_list, store), "crm")}


def _list(store: Store, call: Call) -> Answer:
    """Entries of one kind of rows.

    A name that nobody knows is refused in the filter and left out of order and select. A key without an
    operator means equality; a select of nothing known brings everything, and the number comes in any case.
    """
    kind = int_argument(call, "entityTypeId")
    owner = store.tables.get(owner_table(kind))
    if owner is None or not keeps_journal(owner):
        raise Refusal("ENTITY_TYPE_NOT_SUPPORTED", f"Entity type {kind} is not supported")
    table = store.table(_TABLE)
    names = _OF_LEADS if owner.name == "lead" else _OF_OTHERS
    sent = _equalities(optional_array(call, "filter") or {})
    filtered = compile_filter(table, _fields(table, names), sent, store.clock())
    where = every([Where("OWNER_TYPE_ID = ?", (kind,)), filtered.where])
    order = order_sql(optional_array(call, "order") or {}, {name: table.columns[name] for name in names})
    asked = [to_text(name) for name in (optional_array(call, "select") or {}).values()]
    chosen = [name for name in asked if name in names] or list(names)
    window = controller(call.start, count(store, table, where))
    rows = read(store, shape_of(table, "values").only([*chosen, "ID"]), where, order, window)
    return answered({"items": rows}, window, len(rows))


def _fields(table: Table, names: tuple[str, ...]) -> Mapping[str, ItemField]:
    columns = [table.columns[name] for name in names]
    return {column.name: ItemField(column.name, column.name, column, column.type) for column in columns}


def _equalities(sent: Mapping[Any, Any]) -> dict[str, Any]:
    """A filter whose bare keys say that they mean equality, in groups too."""
    found: dict[str, Any] = {}
    for key, value in sent.items():
        text = str(key)
        bare = parse_key(text) == ("like", text) and not text.isdigit() and text not in {"LOGIC", "logic"}
        nested = text.isdigit() and is_array(value)
        found[f"={text}" if bare else text] = _equalities(_as_map(value)) if nested else value
    return found


def _as_map(value: Any) -> Mapping[Any, Any]:
    return value if isinstance(value, Mapping) else dict(enumerate(value))
