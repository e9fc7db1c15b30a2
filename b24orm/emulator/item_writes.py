"""How ``crm.item.add`` and ``crm.item.update`` read fields and what they fill in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from b24orm.emulator import bindings, crm_files, multifields, smart_types, stage_history
from b24orm.emulator.answers import Refusal
from b24orm.emulator.item_fields import ItemField
from b24orm.emulator.item_query import names_of
from b24orm.emulator.stages import progress_of, semantics, settled, settled_anew
from b24orm.emulator.store import Store
from b24orm.emulator.tables import DYNAMIC_PREFIX, Table
from b24orm.emulator.values import read_date, read_datetime, to_float, to_int, to_list, to_text
from b24orm.emulator.writes import read_user_value

__all__ = ["add", "update"]

_ZERO_WHEN_EMPTY: Final = frozenset(
    {"crm_company", "crm_contact", "user", "crm_lead", "crm_deal", "crm_quote"}
)
_TITLES: Final[Mapping[str, str]] = {
    "deal": "Deal #{id}",
    "lead": "Lead #{id}",
    "company": "Company #{id}",
    "quote": "Quote #{id}",
    "smart_invoice": "Invoice #{id}",
}
_CREATED: Final = (
    "CREATED_BY_ID",
    "CREATED_BY",
    "MODIFY_BY_ID",
    "UPDATED_BY",
    "ASSIGNED_BY_ID",
    "MOVED_BY_ID",
    "MOVED_BY",
)


def add(
    store: Store, table: Table, fields: Mapping[str, ItemField], sent: Mapping[str, Any], user_id: int
) -> int:
    """Store a new item and return its id.

    Raises:
        Refusal: a value that the field can't hold.
    """
    row, bound, failed = _read(store, fields, sent, {}, update=False)
    row = {name: value for name, value in row.items() if value is not None}
    row = {**{name: user_id for name in _CREATED if name in table.columns}, **row}
    if "CATEGORY_ID" in table.columns and table.columns["CATEGORY_ID"].default is None:
        row.setdefault("CATEGORY_ID", _default_category(store, table))
    _check_currency(store, row)
    row |= _stage(store, table, row, None)
    with store.transaction():
        item = store.insert(table.name, row)
        title = _title(store, table, item)
        if title and not row.get("TITLE"):
            store.update(table.name, item, {"TITLE": title})
        if "ACCOUNT_NUMBER" in table.columns and not row.get("ACCOUNT_NUMBER"):
            store.update(table.name, item, {"ACCOUNT_NUMBER": str(item)})
        _attach(store, table, item, sent, bound, row)
        stage_history.note(store, table, item)
    _refuse_uploads(failed)
    return item


def update(
    store: Store,
    table: Table,
    fields: Mapping[str, ItemField],
    item: int,
    sent: Mapping[str, Any],
    user_id: int,
) -> None:
    """Change an item that exists.

    Raises:
        Refusal: a value that the field can't hold.
    """
    before = store.get(table.name, item) or {}
    row, bound, failed = _read(store, fields, sent, before, update=True)
    row |= {name: user_id for name in ("MODIFY_BY_ID", "UPDATED_BY") if name in table.columns}
    _check_currency(store, row)
    row |= _stage(store, table, row, before)
    with store.transaction():
        stood = stage_history.mark(store, table, item)
        store.update(table.name, item, row)
        _attach(store, table, item, sent, bound, row)
        stage_history.note(store, table, item, stood)
    _refuse_uploads(failed)


def _refuse_uploads(failed: Sequence[str]) -> None:
    """Files that are none are told after the item was saved: its other fields have changed."""
    if failed:
        raise Refusal("0", "An error occurred while uploading the file")


def _read(
    store: Store,
    fields: Mapping[str, ItemField],
    sent: Mapping[str, Any],
    before: Mapping[str, Any],
    *,
    update: bool,
) -> tuple[dict[str, Any], dict[str, list[int]], list[str]]:
    """Values in stored form, bound rows by kind, and the fields whose files are none."""
    known = names_of(fields)
    failed: list[str] = []
    row: dict[str, Any] = {}
    bound: dict[str, list[int]] = {}
    for name, value in sent.items():
        item = known.get(name)
        if item is None or item.read_only or (update and item.immutable):
            continue
        if item.multiple and not (_is_empty(item, value) or isinstance(value, (list, Mapping))):
            raise Refusal(
                "100", f"Expected iterable value for multiple field, but got {_php_type(value)} instead"
            )
        if item.column is None:
            bound[item.target] = [to_int(entry) for entry in to_list(value) if to_int(entry) > 0]
        elif _is_empty(item, value):
            row[item.column.name] = 0 if item.type in _ZERO_WHEN_EMPTY else None
        elif item.column.user and item.column.type == "file":
            try:
                row[item.column.name] = crm_files.item(
                    store, item.column, value, before.get(item.column.name)
                )
            except crm_files.UploadFailed:
                failed.append(name)
        else:
            stored = _stored(item, value, store.clock())
            if stored is not None:
                row[item.column.name] = stored
    return row, bound, failed


def _is_empty(item: ItemField, value: Any) -> bool:
    if value is False:
        return item.type != "boolean"
    return value is None or value == "" or value == [] or value == {}


def _stored(item: ItemField, value: Any, now: float) -> Any:
    """The value in stored form; None for a date that can't be read, which leaves the field alone."""
    column = item.column
    assert column is not None
    if column.user:
        return read_user_value(column, value, now)
    if column.kind == "date":
        return read_date(value, now)
    if column.kind == "datetime":
        return read_datetime(value, now)
    if column.kind == "char":
        return "Y" if value is True or value in ("Y", "y", "true") else "N"
    if column.kind == "int":
        return to_int(value)
    if column.kind == "double":
        return to_float(value)
    return [to_int(entry) for entry in to_list(value)] if column.kind == "json" else to_text(value)


def _php_type(value: Any) -> str:
    return "string" if isinstance(value, str) else "boolean" if isinstance(value, bool) else "integer"


def _default_category(store: Store, table: Table) -> int:
    sql = "SELECT ID FROM category WHERE ENTITY_TYPE_ID = ? ORDER BY IS_DEFAULT DESC, SORT, ID LIMIT 1"
    found = store.fetch(sql, (table.owner_type_id,))
    return int(found[0][0]) if found else 0


def _check_currency(store: Store, row: Mapping[str, Any]) -> None:
    currency = row.get("CURRENCY_ID")
    if currency and store.count("currency") and not store.exists("currency", currency):
        raise Refusal("CRM_FIELD_ERROR_VALUE_NOT_VALID", 'Invalid value for the "Currency" field')


def _stage(
    store: Store, table: Table, row: Mapping[str, Any], before: Mapping[str, Any] | None
) -> dict[str, Any]:
    progress = progress_of(table)
    moved = bool(before) and row.get("CATEGORY_ID") not in (None, (before or {}).get("CATEGORY_ID"))
    if progress is None or (before is not None and not moved and not row.get(progress.field)):
        return {}
    known = {**(before or {}), **row}
    present = before.get(progress.field) if before else None
    category = known.get(
        "CATEGORY_ID", table.columns["CATEGORY_ID"].default if "CATEGORY_ID" in table.columns else 0
    )
    wanted = str(row.get(progress.field) or (present if moved else "") or "")
    if moved and before is not None:
        stage = settled_anew(store, progress, wanted, category, before["CATEGORY_ID"])
    else:
        stage = settled(store, progress, wanted, category, present)
    found: dict[str, Any] = {progress.field: stage} if stage else {}
    if progress.semantics:
        found[progress.semantics] = semantics(store, progress, stage, category)
    if progress.closed:
        found[progress.closed] = "N" if semantics(store, progress, stage, category) == "P" else "Y"
    if before is not None and present != stage and "MOVED_TIME" in table.columns:
        found |= {"MOVED_TIME": store.now(), "PREVIOUS_STAGE_ID": present}
    return {name: value for name, value in found.items() if name in table.columns}


def _title(store: Store, table: Table, item: int) -> str:
    if table.name.startswith(DYNAMIC_PREFIX):
        known = smart_types.find(store, table.owner_type_id)
        return f"{known.title} #{item}" if known else ""
    return _TITLES.get(table.name, "").format(id=item)


def _attach(
    store: Store,
    table: Table,
    item: int,
    sent: Mapping[str, Any],
    bound: Mapping[str, list[int]],
    row: Mapping[str, Any],
) -> None:
    for target, ids in bound.items():
        bindings.set_ids(store, table.name, item, target, ids)
    primary = row.get("CONTACT_ID")
    if primary and "contact" not in bound and table.name != "company":
        bindings.unbind(store, table.name, item, "contact", primary)
        bindings.bind(store, table.name, item, "contact", {"CONTACT_ID": primary, "IS_PRIMARY": "Y"})
    if table.multifields and sent.get("fm"):
        multifields.merge(store, table.name, item, _communications(store, table, item, sent["fm"]))


def _communications(store: Store, table: Table, item: int, sent: Any) -> dict[str, list[dict[str, Any]]]:
    """``fm`` as a merge: a key that is the number of a value changes it, anything else adds one."""
    entries: list[tuple[Any, Any]] = list(sent.items()) if isinstance(sent, Mapping) else []
    if isinstance(sent, list):
        entries = list(enumerate(sent))
    sql = "SELECT ID FROM field_multi WHERE ENTITY = ? AND ELEMENT_ID = ?"
    known = {row[0] for row in store.fetch(sql, (table.name, item))}
    found: dict[str, list[dict[str, Any]]] = {}
    if isinstance(sent, Mapping) and "typeId" in sent and "value" in sent:
        entries = [(0, sent)]
    for key, entry in entries:
        if not isinstance(entry, Mapping) or "typeId" not in entry or "value" not in entry:
            continue
        number = to_int(key) if to_int(key) in known else 0
        value = {"ID": number, "VALUE": entry["value"], "VALUE_TYPE": entry.get("valueType", "")}
        found.setdefault(to_text(entry["typeId"]), []).append(value)
    return found
