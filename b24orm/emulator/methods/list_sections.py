"""``lists.section.*``: the sections of universal lists.

An update is told the section's place and code each time: left out, the section moves to the top of its
list and loses its code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from b24orm.emulator.answers import NO_TOTAL, Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.conditions import EVERYTHING, Where, every
from b24orm.emulator.iblock_filter import compile_condition, parse_key
from b24orm.emulator.methods.lists import MISSING, iblock_of, need, upper_params
from b24orm.emulator.pages import UNORDERED, cost_of, count, read, shape_of
from b24orm.emulator.paging import classic
from b24orm.emulator.store import Store
from b24orm.emulator.tables import Table, words
from b24orm.emulator.values import is_array, to_int, to_list, to_text

__all__ = ["methods"]

_TABLE: Final = "list_section"
_FILTERED: Final[Mapping[str, str]] = {
    **{
        name: name
        for name in words(
            "ACTIVE GLOBAL_ACTIVE NAME CODE XML_ID EXTERNAL_ID DEPTH_LEVEL LEFT_MARGIN RIGHT_MARGIN ID "
            "TIMESTAMP_X DATE_CREATE MODIFIED_BY CREATED_BY"
        )
    },
    "SECTION_ID": "IBLOCK_SECTION_ID",
}
_WRITTEN: Final = words(
    "CODE EXTERNAL_ID XML_ID IBLOCK_SECTION_ID SORT NAME ACTIVE DESCRIPTION DESCRIPTION_TYPE"
)


def methods(store: Store) -> Registry:
    """The methods of sections; scope ``lists``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "get": _get,
        "add": _add,
        "update": _update,
        "delete": _delete,
    }
    return registered(store, "lists", handlers, family="lists.section.")


def _get(store: Store, call: Call) -> Answer:
    """A page of sections, unordered. Names that nobody knows are left out of filter and select."""
    params = upper_params(call)
    need(params, "IBLOCK_TYPE_ID", "IBLOCK_CODE", "IBLOCK_ID")
    table, block = store.table(_TABLE), iblock_of(store, params)
    where = every([Where("IBLOCK_ID = ?", (block,)), _where(table, params.get("FILTER"))])
    window = classic(call.start, count(store, table, where))
    shape = shape_of(table, "portal")
    asked = params.get("SELECT")
    names = [to_text(name) for name in to_list(asked)] if is_array(asked) else []
    chosen = [name for name in names if name in shape.columns]
    rows = read(store, shape.only(chosen) if chosen else shape, where, UNORDERED, window)
    if not rows:
        return Answer([], NO_TOTAL, cost=Cost("page", window.counted))
    return Answer(rows, window.total, window.next_start(len(rows)), cost_of(window, len(rows)))


def _where(table: Table, sent: Any) -> Where:
    parts: list[Where] = []
    for name, value in sent.items() if isinstance(sent, Mapping) else ():
        column = table.columns.get(_FILTERED.get(str(name), ""))
        if column is not None:
            operation, _ = parse_key(column.name)
            parts.append(compile_condition(operation, value, column.kind, f'"{column.name}"'))
    return every(parts) if parts else EVERYTHING


def _add(store: Store, call: Call) -> Answer:
    params = upper_params(call)
    block = iblock_of(store, params)
    need(params, "IBLOCK_CODE", "IBLOCK_ID", "SECTION_CODE")
    row = _row(store, params)
    now = store.now()
    stamps = {"IBLOCK_ID": block, "CREATED_BY": call.user_id, "MODIFIED_BY": call.user_id, "DATE_CREATE": now}
    return Answer(store.insert(_TABLE, {**row, **stamps, "TIMESTAMP_X": now}), cost=Cost("write", rows=1))


def _row(store: Store, params: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that a write sets: place and code stand beside the fields, and fields win.

    Raises:
        Refusal: there is no name.
    """
    fields = params.get("FIELDS")
    if not isinstance(fields, Mapping) or fields.get("NAME") is None:
        raise Refusal(MISSING, 'Required parameter "NAME" is missing')
    place = {"CODE": params.get("SECTION_CODE"), "IBLOCK_SECTION_ID": params.get("IBLOCK_SECTION_ID")}
    row = {**place, **{name: value for name, value in fields.items() if name in _WRITTEN}}
    columns = store.table(_TABLE).columns
    typed = {
        name: value if value is None else to_int(value) if columns[name].kind == "int" else to_text(value)
        for name, value in row.items()
    }
    parent = to_int(typed["IBLOCK_SECTION_ID"])
    above = store.get(_TABLE, parent) or {}
    return {**typed, "IBLOCK_SECTION_ID": parent or None, "DEPTH_LEVEL": 1 + (above.get("DEPTH_LEVEL") or 0)}


def _section(store: Store, params: Mapping[str, Any]) -> int:
    block = iblock_of(store, params)
    need(params, "SECTION_CODE", "SECTION_ID")
    number, code = to_int(params.get("SECTION_ID")), params.get("SECTION_CODE")
    column, value = ("ID", number) if number else ("CODE", to_text(code))
    found = store.ids(_TABLE, f'IBLOCK_ID = ? AND "{column}" = ?', (block, value))
    if not found:
        raise Refusal("ERROR_SECTION_NOT_FOUND", "Section not found")
    return int(found[0])


def _update(store: Store, call: Call) -> Answer:
    params = upper_params(call)
    number = _section(store, params)
    store.update(_TABLE, number, {**_row(store, params), "MODIFIED_BY": call.user_id})
    return Answer(result=True, cost=Cost("write", rows=1))


def _delete(store: Store, call: Call) -> Answer:
    number = _section(store, upper_params(call))
    with store.transaction():
        for inner in store.ids(_TABLE, "IBLOCK_SECTION_ID = ?", (number,)):
            store.delete(_TABLE, inner)
        store.delete(_TABLE, number)
    return Answer(result=True, cost=Cost("write", rows=1))
