"""``department.*``: the tree of departments. Conditions stand at the top level, equality only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.conditions import EVERYTHING, Where, every, membership
from b24orm.emulator.paging import classic
from b24orm.emulator.store import Store
from b24orm.emulator.text_search import like
from b24orm.emulator.values import to_int, to_list, to_text

__all__ = ["methods"]

_NAMES: Final = ("ID", "NAME", "SORT", "PARENT", "UF_HEAD")
_TREE: Final = (
    "WITH RECURSIVE tree (ID, place) AS ("
    "SELECT ID, printf('%010d.%010d', SORT, ID) FROM department WHERE IFNULL(PARENT, 0) = 0 "
    "UNION ALL SELECT d.ID, tree.place || printf('/%010d.%010d', d.SORT, d.ID) "
    "FROM department d JOIN tree ON d.PARENT = tree.ID) "
)
"""Places of departments in the tree, in the order they are walked."""


def methods(store: Store) -> Registry:
    """The methods of departments; scope ``department``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "get": _get,
        "add": _add,
        "update": _update,
        "delete": _delete,
        "fields": _fields,
    }
    return registered(store, "department", handlers, family="department.")


def _get(store: Store, call: Call) -> Answer:
    """A page of departments; names of conditions count in upper case only, those of the order in any."""
    inner = call.params.get("FILTER")
    query: Mapping[str, Any] = inner if isinstance(inner, Mapping) else call.params
    where = every(_condition(name, value) for name, value in query.items() if name in _NAMES)
    source = "department" + (f" WHERE {where.sql}" if where else "")
    window = classic(call.start, lambda: store.count_sql(source, where.params))
    columns = ", ".join(f'department."{name}"' for name in _NAMES)
    joined = "department JOIN tree ON tree.ID = department.ID" + (f" WHERE {where.sql}" if where else "")
    page = f"LIMIT {window.limit} OFFSET {window.offset}"
    sql = f"{_TREE} SELECT {columns} FROM {joined} ORDER BY {_order(query)} {page}"
    rows = [_row(dict(zip(_NAMES, row, strict=True))) for row in store.fetch(sql, where.params)]
    return Answer(
        rows,
        window.total,
        window.next_start(len(rows)),
        Cost("page", window.counted, window.offset, len(rows)),
    )


def _add(store: Store, call: Call) -> Answer:
    row = _written(call)
    if not row.get("NAME"):
        raise Refusal("", "Department name is required")
    return Answer(store.insert("department", row), cost=Cost("write", rows=1))


def _update(store: Store, call: Call) -> Answer:
    number = _require(store, call)
    store.update("department", number, _written(call))
    return Answer(result=True, cost=Cost("write", rows=1))


def _delete(store: Store, call: Call) -> Answer:
    store.delete("department", _require(store, call))
    return Answer(result=True, cost=Cost("write", rows=1))


def _fields(store: Store, call: Call) -> Answer:
    del store, call
    labels = ("ID", "Department name", "Sort order", "Parent department", "Head")
    return Answer(dict(zip(_NAMES, labels, strict=True)))


def _condition(name: str, value: Any) -> Where:
    expression = f'department."{name}"'
    if name == "NAME":
        return like(expression, to_text(value)) if to_text(value) else EVERYTHING
    if name == "SORT" or not isinstance(value, (list, Mapping)):
        return Where(f"IFNULL({expression}, 0) = ?", (to_int(value),))
    values = [to_int(item) for item in to_list(value)]
    return membership(f"IFNULL({expression}, 0)", values) if values else EVERYTHING


def _order(query: Mapping[str, Any]) -> str:
    params = {str(key).upper(): value for key, value in query.items()}
    name = to_text(params.get("SORT")).upper() if isinstance(params.get("SORT"), str) else ""
    if name not in _NAMES:
        return "tree.place"
    word = "DESC" if to_text(params.get("ORDER")).upper() == "DESC" else "ASC"
    return f'department."{name}" {word}, department."ID"'


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    """What is absent is left out; ids are texts, the sort order is a number."""
    return {name: value if name == "SORT" else str(value) for name, value in row.items() if value is not None}


def _written(call: Call) -> dict[str, Any]:
    params = {str(key).upper(): value for key, value in call.params.items()}
    row: dict[str, Any] = {}
    if "NAME" in params:
        row["NAME"] = to_text(params["NAME"])
    if to_int(params.get("SORT")) > 0:
        row["SORT"] = to_int(params["SORT"])
    for name in ("PARENT", "UF_HEAD"):
        if params.get(name) is not None:
            row[name] = to_int(params[name]) or None
    return row


def _require(store: Store, call: Call) -> int:
    params = {str(key).upper(): value for key, value in call.params.items()}
    number = to_int(params.get("ID"))
    if not store.exists("department", number):
        raise Refusal("ERROR_CORE", "Department not found")
    return number
