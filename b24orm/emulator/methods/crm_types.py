"""``crm.category.*`` and ``crm.type.*``: pipelines and smart processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from b24orm.emulator import smart_types
from b24orm.emulator.answers import NO_TOTAL, Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.fields import controller_fields_answer
from b24orm.emulator.item_fields import ItemField
from b24orm.emulator.item_query import compile_filter, order_sql
from b24orm.emulator.methods.controller import array_argument, int_argument, not_found, optional_array
from b24orm.emulator.methods.crm_item import table_of
from b24orm.emulator.paging import controller
from b24orm.emulator.smart_types import SmartType
from b24orm.emulator.stages import add_statuses, pipeline_stages
from b24orm.emulator.store import Store
from b24orm.emulator.tables import Column, Table
from b24orm.emulator.values import ZONE_OFFSET, to_flag, to_int, to_text
from b24orm.errors import InvalidValue

__all__ = ["methods"]

_DEAL: Final = 2
_WITH_GENERAL: Final = frozenset({2, 3, 4})
"""Entity types whose default pipeline is no row: its id is 0."""

_TYPE_COLUMNS: Final = (
    ("id", "ID", "int"),
    ("title", "TITLE", "string"),
    ("code", "CODE", "string"),
    ("entityTypeId", "ENTITY_TYPE_ID", "int"),
    ("createdBy", "CREATED_BY", "int"),
    ("updatedBy", "UPDATED_BY", "int"),
    ("createdTime", "CREATED_TIME", "datetime"),
    ("updatedTime", "UPDATED_TIME", "datetime"),
)
_TYPE_TABLE: Final = Table("smart_type", {})
_TYPE_FIELDS: Final[Mapping[str, ItemField]] = {
    name: ItemField(name, upper, Column(upper, kind, "datetime" if kind == "datetime" else "string"), kind)  # type: ignore[arg-type]
    for name, upper, kind in _TYPE_COLUMNS
}


def methods(store: Store) -> Registry:
    """The methods of pipelines and smart processes; scope ``crm``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "crm.category.list": _categories,
        "crm.category.get": _category,
        "crm.category.add": _add_category,
        "crm.category.update": _update_category,
        "crm.category.delete": _delete_category,
        "crm.category.fields": _category_fields,
        "crm.type.list": _types,
        "crm.type.get": _type,
        "crm.type.getbyentitytypeid": _type_by_number,
        "crm.type.add": _add_type,
        "crm.type.update": _update_type,
        "crm.type.delete": _delete_type,
    }
    return registered(store, "crm", handlers)


# ---- pipelines


def _entity_type(store: Store, call: Call) -> int:
    number = int_argument(call, "entityTypeId")
    table = table_of(store, number)
    if "CATEGORY_ID" not in table.columns:
        raise Refusal("ENTITY_TYPE_NOT_SUPPORTED", f"Entity type {table.name.upper()} is not supported")
    return number


def _known(store: Store, number: int) -> list[dict[str, Any]]:
    rows = store.rows("category", where="ENTITY_TYPE_ID = ?", params=(number,), order="SORT, ID")
    if number in _WITH_GENERAL:
        general = dict.fromkeys(rows[0] if rows else store.table("category").columns)
        rows.insert(0, general | {"ID": 0, "NAME": "General", "SORT": 100, "IS_DEFAULT": "Y"})
    return [_category_row(row, number) for row in rows]


def _category_row(row: Mapping[str, Any], number: int) -> dict[str, Any]:
    found = {
        "id": row["ID"],
        "name": row["NAME"],
        "sort": row["SORT"],
        "entityTypeId": number,
        "isDefault": row["IS_DEFAULT"] or "N",
    }
    if number == _DEAL:
        return found | {
            "originId": row.get("ORIGIN_ID") or "",
            "originatorId": row.get("ORIGINATOR_ID") or "",
        }
    return found | {"isSystem": row.get("IS_SYSTEM") or "N", "code": row.get("CODE") or ""}


def _categories(store: Store, call: Call) -> Answer:
    """Every pipeline at once; the only filter is an exact ``code``."""
    rows = _known(store, _entity_type(store, call))
    code = (optional_array(call, "filter") or {}).get("code")
    if code is not None:
        rows = [row for row in rows if row.get("code", "") == code]
    total = NO_TOTAL if call.start == -1 else len(rows)
    return Answer({"categories": rows}, total, cost=Cost("page", len(rows), 0, len(rows)))


def _find_category(store: Store, call: Call) -> dict[str, Any]:
    number, wanted = _entity_type(store, call), int_argument(call, "id")
    found = next((row for row in _known(store, number) if row["id"] == wanted), None)
    if found is None:
        raise not_found("Element not found")
    return found


def _category(store: Store, call: Call) -> Answer:
    return Answer({"category": _find_category(store, call)}, cost=Cost("get", rows=1))


def _category_written(fields: Mapping[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    if fields.get("name") is not None:
        row["NAME"] = to_text(fields["name"])
    if fields.get("sort") is not None:
        row["SORT"] = to_int(fields["sort"])
    if fields.get("isDefault") is not None:
        row["IS_DEFAULT"] = to_flag(fields["isDefault"])
    for name, column in (("originId", "ORIGIN_ID"), ("originatorId", "ORIGINATOR_ID")):
        if fields.get(name) is not None:
            row[column] = to_text(fields[name])
    return row


def _add_category(store: Store, call: Call) -> Answer:
    """A new pipeline with the usual stages."""
    number = _entity_type(store, call)
    row = _category_written(array_argument(call, "fields"))
    if not row.get("NAME"):
        raise Refusal("0", "Field 'NAME' is required")
    with store.transaction():
        category = store.insert("category", {**row, "ENTITY_TYPE_ID": number})
        directory = f"DEAL_STAGE_{category}" if number == _DEAL else f"DYNAMIC_{number}_STAGE_{category}"
        add_statuses(store, directory, pipeline_stages(number, category))
    found = next(entry for entry in _known(store, number) if entry["id"] == category)
    return Answer({"category": found}, cost=Cost("write", rows=1))


def _update_category(store: Store, call: Call) -> Answer:
    known = _find_category(store, call)
    row = _category_written(array_argument(call, "fields"))
    if known["id"]:
        store.update("category", known["id"], row)
    return Answer({"category": _find_category(store, call)}, cost=Cost("write", rows=1))


def _delete_category(store: Store, call: Call) -> Answer:
    known = _find_category(store, call)
    if known["isDefault"] == "Y":
        raise Refusal("REMOVING_DISABLED", "The default pipeline can't be deleted")
    table = table_of(store, known["entityTypeId"])
    if store.count(table.name, "CATEGORY_ID = ?", (known["id"],)):
        raise Refusal("0", "The pipeline has items")
    store.delete("category", known["id"])
    return Answer(None, cost=Cost("write", rows=1))


def _category_fields(store: Store, call: Call) -> Answer:
    _entity_type(store, call)
    return Answer({"fields": controller_fields_answer(store.table("category"))})


# ---- smart processes


def _types(store: Store, call: Call) -> Answer:
    where = compile_filter(
        _TYPE_TABLE, _TYPE_FIELDS, optional_array(call, "filter") or {}, store.clock()
    ).where
    order = order_sql(_TYPE_TABLE, _TYPE_FIELDS, optional_array(call, "order") or {})
    source = "smart_type" + (f" WHERE {where.sql}" if where else "")
    window = controller(call.start, lambda: store.count_sql(source, where.params))
    sql = f"SELECT ENTITY_TYPE_ID FROM {source} ORDER BY {order} LIMIT {window.limit} OFFSET {window.offset}"
    found = [smart_types.find(store, row[0]) for row in store.fetch(sql, where.params)]
    rows = [_type_row(known) for known in found if known is not None]
    cost = Cost("page", window.counted, window.offset, len(rows))
    return Answer({"types": rows}, window.total, window.next_start(len(rows)), cost)


def _type_row(known: SmartType) -> dict[str, Any]:
    stamps = known.stamps
    return {
        "id": known.id,
        "title": known.title,
        "code": known.code,
        "createdBy": stamps["CREATED_BY"],
        "entityTypeId": known.entity_type_id,
        "customSectionId": None,
        **{name: "Y" if enabled else "N" for name, enabled in known.switches.items()},
        "createdTime": f"{stamps['CREATED_TIME']}{ZONE_OFFSET}",
        "updatedTime": f"{stamps['UPDATED_TIME']}{ZONE_OFFSET}",
        "updatedBy": stamps["UPDATED_BY"],
    }


def _find_type(store: Store, call: Call) -> SmartType:
    number = int_argument(call, "id")
    found = next((known for known in smart_types.all_types(store) if known.id == number), None)
    if found is None:
        raise not_found("SPA not found")
    return found


def _type(store: Store, call: Call) -> Answer:
    return Answer({"type": _type_row(_find_type(store, call))}, cost=Cost("get", rows=1))


def _type_by_number(store: Store, call: Call) -> Answer:
    known = smart_types.find(store, int_argument(call, "entityTypeId"))
    if known is None:
        raise not_found("SPA not found")
    return Answer({"type": _type_row(known)}, cost=Cost("get", rows=1))


def _add_type(store: Store, call: Call) -> Answer:
    fields = array_argument(call, "fields")
    title = to_text(fields.get("title"))
    if not title:
        raise Refusal("BX_EMPTY_REQUIRED", 'Required field "TITLE" is not filled')
    try:
        known = smart_types.create(
            store,
            title,
            entity_type_id=to_int(fields.get("entityTypeId")),
            code=to_text(fields.get("code")),
            switches=_switches(fields),
            user_id=call.user_id,
        )
    except InvalidValue as problem:
        raise Refusal("0", str(problem)) from None
    return Answer({"type": _type_row(known)}, cost=Cost("write", rows=1))


def _update_type(store: Store, call: Call) -> Answer:
    known = _find_type(store, call)
    fields = array_argument(call, "fields")
    smart_types.change(
        store,
        known,
        title=to_text(fields.get("title")) or known.title,
        code=to_text(fields["code"]) if "code" in fields else known.code,
        switches=_switches(fields),
        user_id=call.user_id,
    )
    return Answer({"type": _type_row(_find_type(store, call))}, cost=Cost("write", rows=1))


def _delete_type(store: Store, call: Call) -> Answer:
    smart_types.remove(store, _find_type(store, call))
    return Answer(None, cost=Cost("write", rows=1))


def _switches(fields: Mapping[str, Any]) -> dict[str, bool]:
    return {name: to_flag(fields[name]) == "Y" for name in smart_types.SWITCHES if name in fields}
