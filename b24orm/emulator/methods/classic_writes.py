"""What an add or an update of a classic entity does beyond storing the fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from b24orm.emulator import bindings, crm_files, multifields, stage_history
from b24orm.emulator.answers import Refusal
from b24orm.emulator.stages import Progress, progress_of, semantics, settled
from b24orm.emulator.store import Store
from b24orm.emulator.tables import Table
from b24orm.emulator.values import truthy
from b24orm.emulator.writes import Written, read_fields

__all__ = ["add", "update"]

_TITLES: Final[Mapping[str, str]] = {
    "deal": "Deal #{id}",
    "lead": "Lead #{id}",
    "company": "Company #{id}",
    "quote": "Quote #{id}",
}


def add(
    store: Store, table: Table, fields: Mapping[str, Any], params: Mapping[str, Any], user_id: int
) -> int:
    """Store a new row and return its id.

    Args:
        store: the portal's data.
        table: the entity's table.
        fields: as sent.
        params: as sent; ``IMPORT`` lets the system's dates and users be set.
        user_id: who adds.
    """
    imported = truthy(params.get("IMPORT"))
    written = read_fields(table, fields, update=False, imported=imported, now=store.clock())
    row = {
        **_people(table, user_id),
        **_DEFAULTS.get(table.name, _no_defaults)(store, written),
        **written.columns,
        **_files(store, table, written, {}),
    }
    _check_currency(store, row)
    progress = progress_of(table)
    if progress is not None:
        row |= _entered(store, progress, row)
    with store.transaction():
        row_id = store.insert(table.name, row)
        _name(store, table, row_id, row)
        _attach(store, table, row_id, written)
        stage_history.note(store, table, row_id)
    return row_id


def update(
    store: Store,
    table: Table,
    row_id: int,
    fields: Mapping[str, Any],
    params: Mapping[str, Any],
    user_id: int,
) -> None:
    """Change a row that exists. See :func:`add`; ``params`` change nothing that can be seen here."""
    del params
    written = read_fields(table, fields, update=True, now=store.clock())
    before = (store.get(table.name, row_id) or {}) if written.files else {}
    row = {**written.columns, **_files(store, table, written, before), "MODIFY_BY_ID": user_id}
    _check_currency(store, row)
    progress = progress_of(table)
    if progress is not None and row.get(progress.field):
        row |= _moved(store, table, progress, row_id, row, user_id)
    with store.transaction():
        stood = stage_history.mark(store, table, row_id)
        store.update(table.name, row_id, row)
        _attach(store, table, row_id, written)
        stage_history.note(store, table, row_id, stood)


def _files(store: Store, table: Table, written: Written, before: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: crm_files.classic(store, table.columns[name], value, before.get(name))
        for name, value in written.files.items()
    }


def _people(table: Table, user_id: int) -> dict[str, Any]:
    names = ("ASSIGNED_BY_ID", "CREATED_BY_ID", "MODIFY_BY_ID", "MOVED_BY_ID", "LAST_ACTIVITY_BY")
    return {name: user_id for name in names if name in table.columns}


def _no_defaults(store: Store, written: Written) -> dict[str, Any]:
    del store, written
    return {}


def _deal_defaults(store: Store, written: Written) -> dict[str, Any]:
    today = store.now().date()
    category = max(written.columns.get("CATEGORY_ID") or 0, 0)
    return {
        "BEGINDATE": today.isoformat(),
        "CLOSEDATE": (today + timedelta(days=7)).isoformat(),
        "STAGE_ID": f"C{category}:NEW" if category else "NEW",
    }


_DEFAULTS: Final[Mapping[str, Callable[[Store, Written], dict[str, Any]]]] = {"deal": _deal_defaults}


def _entered(store: Store, progress: Progress, row: Mapping[str, Any]) -> dict[str, Any]:
    category = row.get("CATEGORY_ID")
    stage = settled(store, progress, str(row.get(progress.field) or ""), category)
    found = {progress.field: stage} if stage else {}
    return found | _progress_columns(progress, semantics(store, progress, stage, category))


def _moved(
    store: Store, table: Table, progress: Progress, row_id: int, row: Mapping[str, Any], user_id: int
) -> dict[str, Any]:
    before = store.get(table.name, row_id) or {}
    category, present = before.get("CATEGORY_ID"), before.get(progress.field)
    stage = settled(store, progress, str(row[progress.field]), category, present)
    if present == stage:
        return {progress.field: present}
    found = {
        progress.field: stage,
        **_progress_columns(progress, semantics(store, progress, stage, category)),
    }
    moved = {
        "MOVED_TIME": store.now(),
        "MOVED_BY_ID": user_id,
        "PREVIOUS_STAGE_ID": before.get(progress.field),
    }
    return found | {name: value for name, value in moved.items() if name in table.columns}


def _progress_columns(progress: Progress, semantic: str) -> dict[str, Any]:
    found = {progress.semantics: semantic} if progress.semantics else {}
    return found | ({progress.closed: "N" if semantic == "P" else "Y"} if progress.closed else {})


def _check_currency(store: Store, row: Mapping[str, Any]) -> None:
    currency = row.get("CURRENCY_ID")
    if currency and store.count("currency") and not store.exists("currency", currency):
        raise Refusal("", 'Invalid value for the "Currency" field')


def _name(store: Store, table: Table, row_id: int, row: Mapping[str, Any]) -> None:
    pattern = _TITLES.get(table.name)
    if pattern and not row.get("TITLE"):
        store.update(table.name, row_id, {"TITLE": pattern.format(id=row_id)})


def _attach(store: Store, table: Table, row_id: int, written: Written) -> None:
    """Store what is kept outside the row."""
    if written.multifields:
        multifields.merge(store, table.name, row_id, written.multifields)
    for name, ids in written.bindings.items():
        target = bindings.BOUND_FIELDS.get((table.name, name))
        if target:
            bindings.set_ids(store, table.name, row_id, target, ids)
    for target in ("contact", "company"):
        primary = written.columns.get(f"{target.upper()}_ID")
        lists = {bindings.BOUND_FIELDS.get((table.name, name)) for name in written.bindings}
        if primary and target not in lists and (table.name, f"{target.upper()}_IDS") in bindings.BOUND_FIELDS:
            item = {f"{target.upper()}_ID": primary, "IS_PRIMARY": "Y"}
            bindings.unbind(store, table.name, row_id, target, primary)
            bindings.bind(store, table.name, row_id, target, item)
