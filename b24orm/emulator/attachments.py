"""What a row written directly brings along that other tables keep: phones, addresses, bound rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from b24orm.emulator import bindings, multifields
from b24orm.emulator.tables import Table
from b24orm.emulator.values import to_list

if TYPE_CHECKING:
    from b24orm.emulator.store import Store

__all__ = ["attach", "split"]


def split(table: Table, row: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The columns of a row, and what belongs elsewhere (``PHONE``, ``CONTACT_IDS``)."""
    elsewhere = {name for owner, name in bindings.BOUND_FIELDS if owner == table.name}
    if table.multifields:
        elsewhere |= set(multifields.TYPES)
    columns = {name: value for name, value in row.items() if name not in elsewhere}
    return columns, {name: value for name, value in row.items() if name in elsewhere}


def attach(
    store: Store, table: Table, row_id: int, columns: Mapping[str, Any], extras: Mapping[str, Any]
) -> None:
    """Store what :func:`split` set aside. A phone is a text or a map with VALUE and VALUE_TYPE.

    A primary contact or company of the row is bound to it as well.
    """
    phones = {name: _entries(extras[name]) for name in multifields.TYPES if name in extras}
    if phones:
        multifields.merge(store, table.name, row_id, phones)
    for (owner, name), target in bindings.BOUND_FIELDS.items():
        if owner != table.name:
            continue
        primary = columns.get(f"{target.upper()}_ID")
        if name in extras:
            bindings.set_ids(store, owner, row_id, target, extras[name])
        elif primary:
            bindings.set_ids(store, owner, row_id, target, [primary])


def _entries(value: Any) -> list[Mapping[str, Any]]:
    items = [value] if isinstance(value, (str, Mapping)) else to_list(value)
    return [item if isinstance(item, Mapping) else {"VALUE": item} for item in items]
