"""``crm.activity.*``, ``crm.product.*`` and ``crm.requisite.*``: classic entities with rules of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Method, Refusal, Registry
from b24orm.emulator.classic_filter import compile_filter, parse_key, prepare
from b24orm.emulator.classic_query import Join, ListQuery, order_sql, shape_of
from b24orm.emulator.conditions import EVERYTHING, Where, any_of, every, membership
from b24orm.emulator.methods.params import fields_param, find, id_param, list_param
from b24orm.emulator.orm_filter import compile_condition
from b24orm.emulator.paging import PAGE, Window, classic
from b24orm.emulator.select import rows_of
from b24orm.emulator.store import Store
from b24orm.emulator.tables import Table
from b24orm.emulator.values import to_int, to_list
from b24orm.emulator.writes import read_fields

__all__ = ["methods"]

_IGNORED_PRODUCT: Final = frozenset({"PRICE", "CURRENCY_ID", "VAT_ID", "VAT_INCLUDED", "MEASURE"})
_OWNERS: Final[Mapping[int, str]] = {3: "contact", 4: "company"}
_LISTS: Final = ("BINDINGS", "COMMUNICATIONS", "SETTINGS", "PROVIDER_PARAMS", "FILES")


def methods(store: Store) -> Registry:
    """The methods of activities, products and requisites; scope ``crm``."""
    registry: Registry = {
        "crm.activity.list": Method(partial(_activities, store), "crm"),
        "crm.product.list": Method(partial(_products, store), "crm"),
        "crm.requisite.list": Method(partial(_requisites, store), "crm"),
    }
    checks: Mapping[str, Callable[[Store, Mapping[str, Any]], None]] = {
        "activity": _check_activity,
        "product": _check_product,
        "requisite": _check_requisite,
    }
    for entity, check in checks.items():
        registry[f"crm.{entity}.get"] = Method(partial(_get, store, entity), "crm")
        registry[f"crm.{entity}.add"] = Method(partial(_add, store, entity, check), "crm")
        registry[f"crm.{entity}.update"] = Method(partial(_update, store, entity), "crm")
        registry[f"crm.{entity}.delete"] = Method(partial(_delete, store, entity), "crm")
    return registry


# ---- lists


def _activities(store: Store, call: Call) -> Answer:
    """Activities by START_TIME. A filter on BINDINGS joins them, and a row bound twice comes twice."""
    table = store.table("activity")
    filter_, order = list_param(call, "filter"), list_param(call, "order") or {"START_TIME": "ASC"}
    prepared = prepare(filter_, table, now=store.clock())
    bound, joins = _bindings(filter_.get("BINDINGS"))
    where = every([compile_filter(prepared, table), bound])
    return _page(store, call, table, where, order, joins)


def _bindings(value: Any) -> tuple[Where, tuple[Join, ...]]:
    entries = [entry for entry in to_list(value) if isinstance(entry, Mapping)] if value else []
    parts = [_binding(entry) for entry in entries if to_int(entry.get("OWNER_TYPE_ID")) > 0]
    if not parts:
        return EVERYTHING, ()
    found = any_of(parts)
    if len(entries) > 1:
        test = f"EXISTS (SELECT 1 FROM json_each(activity.BINDINGS) AS B WHERE {found.sql})"
        return Where(test, found.params), ()
    return found, (Join("BINDINGS", "JOIN json_each(activity.BINDINGS) AS B", ""),)


def _binding(entry: Mapping[str, Any]) -> Where:
    owner_type, owner = to_int(entry.get("OWNER_TYPE_ID")), to_int(entry.get("OWNER_ID"))
    kind = Where("CAST(json_extract(B.value, '$.OWNER_TYPE_ID') AS INTEGER) = ?", (owner_type,))
    if owner <= 0:
        return kind
    return every([kind, Where("CAST(json_extract(B.value, '$.OWNER_ID') AS INTEGER) = ?", (owner,))])


def _products(store: Store, call: Call) -> Answer:
    """Products by id. Lists under ``@`` and conditions on prices are dropped."""
    table = store.table("product")
    prepared = prepare(list_param(call, "filter"), table, now=store.clock())
    kept = {key: value for key, value in prepared.items() if _counts(key)}
    return _page(store, call, table, compile_filter(kept, table), list_param(call, "order") or {"ID": "ASC"})


def _counts(key: str) -> bool:
    parsed = parse_key(key)
    return parsed.operator != "IN" and parsed.name not in _IGNORED_PRODUCT


def _requisites(store: Store, call: Call) -> Answer:
    """Requisites with the ORM's operators. The COUNT is never spared: a negative start is page 1."""
    table = store.table("requisite")
    prepared = prepare(list_param(call, "filter"), table, now=store.clock())
    parts = [_requisite_condition(table, key, value) for key, value in prepared.items()]
    if prepared.get("ENTITY_TYPE_ID") is None:
        parts.append(membership("requisite.ENTITY_TYPE_ID", (4, 3)))
    return _page(store, call, table, every(parts), list_param(call, "order"), counting=True)


def _requisite_condition(table: Table, key: str, value: Any) -> Where:
    column = table.columns[parse_key(key).name]
    return compile_condition(key, value, column, f'"requisite"."{column.name}"')


def _page(
    store: Store,
    call: Call,
    table: Table,
    where: Where,
    order: Mapping[str, Any],
    joins: tuple[Join, ...] = (),
    *,
    counting: bool = False,
) -> Answer:
    shape = shape_of(table, find(call, "select"), joins={}, identity=False)
    sql, _ = order_sql(table, order, (), {})
    query = ListQuery(table, shape, where, sql, joins)
    window = _window(store, call, query, counting=counting)
    rows = rows_of(shape.selection, store.fetch(query.page_sql(window.limit, window.offset), where.params))
    cost = Cost("page", window.counted, window.offset, len(rows))
    return Answer(rows, window.total, window.next_start(len(rows)), cost)


def _window(store: Store, call: Call, query: ListQuery, *, counting: bool) -> Window:
    start = max(call.start or 0, 0) if counting else call.start
    window = classic(start, lambda: store.count_sql(query.count_source(), query.where.params))
    assert window.limit == PAGE
    return window


# ---- single rows


def _get(store: Store, entity: str, call: Call) -> Answer:
    number = id_param(call)
    table = store.table(entity)
    shape = shape_of(table, ["*", "UF_*"], joins={}, identity=False)
    query = ListQuery(table, shape, Where(f'"{entity}"."ID" = ?', (number,)), '"ID"')
    rows = rows_of(shape.selection, store.fetch(query.page_sql(1, 0), query.where.params))
    if not rows:
        raise Refusal("", _missing(entity, number))
    row = rows[0]
    stored = store.get(entity, number) or {}
    lists = {name: stored[name] for name in _LISTS if stored.get(name) is not None}
    return Answer(row | lists, cost=Cost("get", rows=1))


def _missing(entity: str, number: int) -> str:
    if entity == "requisite":
        return f"The Requisite with ID '{number}' is not found"
    return "Activity is not found." if entity == "activity" else "Not found"


def _add(store: Store, entity: str, check: Callable[[Store, Mapping[str, Any]], None], call: Call) -> Answer:
    fields = fields_param(call)
    check(store, fields)
    row = _columns(store, entity, fields, call, update=False)
    if entity == "activity" and not row.get("BINDINGS"):
        row["BINDINGS"] = [{"OWNER_ID": row.get("OWNER_ID"), "OWNER_TYPE_ID": row.get("OWNER_TYPE_ID")}]
    return Answer(store.insert(entity, row), cost=Cost("write", rows=1))


def _update(store: Store, entity: str, call: Call) -> Answer:
    number = id_param(call)
    if not store.exists(entity, number):
        raise Refusal("", _missing(entity, number))
    store.update(entity, number, _columns(store, entity, fields_param(call), call, update=True))
    return Answer(result=True, cost=Cost("write", rows=1))


def _delete(store: Store, entity: str, call: Call) -> Answer:
    number = id_param(call)
    if not store.delete(entity, number):
        raise Refusal("", _missing(entity, number))
    return Answer(result=True, cost=Cost("write", rows=1))


def _columns(
    store: Store, entity: str, fields: Mapping[str, Any], call: Call, *, update: bool
) -> dict[str, Any]:
    table = store.table(entity)
    row = read_fields(table, fields, update=update, now=store.clock()).columns
    makers = () if update else ("CREATED_BY_ID", "AUTHOR_ID", "CREATED_BY")
    people = ("MODIFY_BY_ID", "EDITOR_ID", "MODIFIED_BY", *makers)
    return {**{name: call.user_id for name in people if name in table.columns}, **row}


def _check_activity(store: Store, fields: Mapping[str, Any]) -> None:
    del store
    provider = fields.get("PROVIDER_ID")
    if to_int(fields.get("TYPE_ID")) <= 0 and not provider:
        raise Refusal("", "The field TYPE_ID is not defined or invalid.")
    if not fields.get("SUBJECT"):
        raise Refusal("", "The field SUBJECT is not defined or empty.")
    if to_int(fields.get("RESPONSIBLE_ID")) <= 0:
        raise Refusal("", "The field RESPONSIBLE_ID is not defined or invalid.")
    if not fields.get("COMMUNICATIONS") and not provider:
        raise Refusal("", "The field COMMUNICATIONS is not defined or invalid.")
    if to_int(fields.get("OWNER_ID")) <= 0 or to_int(fields.get("OWNER_TYPE_ID")) <= 0:
        raise Refusal(
            "",
            "Could not build binding. Please ensure that owner info and communications "
            "are defined correctly.",
        )


def _check_product(store: Store, fields: Mapping[str, Any]) -> None:
    del store
    if not fields.get("NAME"):
        raise Refusal("", "The field Name is required")


def _check_requisite(store: Store, fields: Mapping[str, Any]) -> None:
    for name in ("ENTITY_TYPE_ID", "ENTITY_ID", "PRESET_ID"):
        if to_int(fields.get(name)) <= 0:
            raise Refusal("", f"{name} is not defined or invalid.")
    owner = _OWNERS.get(to_int(fields.get("ENTITY_TYPE_ID")))
    if owner is None or not store.exists(owner, to_int(fields.get("ENTITY_ID"))):
        raise Refusal("", "Entity not found.")
