"""``crm.activity.*``, ``crm.product.*`` and ``crm.requisite.*``: classic entities with rules of their own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Method, Refusal, Registry
from b24orm.emulator.classic_filter import compile_filter, parse_key, prepare
from b24orm.emulator.classic_query import Join
from b24orm.emulator.conditions import EVERYTHING, Where, any_of, every, membership
from b24orm.emulator.methods import plain_rows
from b24orm.emulator.methods.params import list_param
from b24orm.emulator.methods.plain_rows import Rows
from b24orm.emulator.orm_filter import compile_condition
from b24orm.emulator.store import Store
from b24orm.emulator.tables import Table
from b24orm.emulator.values import to_int, to_list

__all__ = ["methods"]

_IGNORED_PRODUCT: Final = frozenset({"PRICE", "CURRENCY_ID", "VAT_ID", "VAT_INCLUDED", "MEASURE"})
_OWNERS: Final[Mapping[int, str]] = {3: "contact", 4: "company"}


def methods(store: Store) -> Registry:
    """The methods of activities, products and requisites; scope ``crm``."""
    registry: Registry = {
        "crm.activity.list": Method(partial(_activities, store), "crm"),
        "crm.product.list": Method(partial(_products, store), "crm"),
        "crm.requisite.list": Method(partial(_requisites, store), "crm"),
    }
    for rows in _ROWS:
        family = f"crm.{rows.table}"
        registry[f"{family}.get"] = Method(partial(plain_rows.get, store, rows), "crm")
        registry[f"{family}.add"] = Method(partial(plain_rows.add, store, rows), "crm")
        registry[f"{family}.update"] = Method(partial(plain_rows.update, store, rows), "crm")
        registry[f"{family}.delete"] = Method(partial(plain_rows.delete, store, rows), "crm")
    return registry


# ---- lists


def _activities(store: Store, call: Call) -> Answer:
    """Activities by START_TIME. A filter on BINDINGS joins them, and a row bound twice comes twice."""
    table = store.table("activity")
    filter_, order = list_param(call, "filter"), list_param(call, "order") or {"START_TIME": "ASC"}
    prepared = prepare(filter_, table, now=store.clock())
    bound, joins = _bindings(filter_.get("BINDINGS"))
    where = every([compile_filter(prepared, table), bound])
    return plain_rows.page(store, call, table, where, order, joins)


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
    return plain_rows.page(
        store, call, table, compile_filter(kept, table), list_param(call, "order") or {"ID": "ASC"}
    )


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
    return plain_rows.page(store, call, table, every(parts), list_param(call, "order"), counting=True)


def _requisite_condition(table: Table, key: str, value: Any) -> Where:
    column = table.columns[parse_key(key).name]
    return compile_condition(key, value, column, f'"requisite"."{column.name}"')


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


_ROWS: Final = (
    Rows("activity", _check_activity, absent="Activity is not found."),
    Rows("product", _check_product),
    Rows("requisite", _check_requisite, absent="The Requisite with ID '{}' is not found"),
)
