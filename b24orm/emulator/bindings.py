"""Contacts of a deal, companies of a contact: lists of bound rows, one of them the primary."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from b24orm.emulator.values import to_flag, to_int

if TYPE_CHECKING:
    from b24orm.emulator.store import Store

__all__ = ["BOUND_FIELDS", "bind", "items_of", "set_ids", "set_items", "unbind"]

BOUND_FIELDS: Final[Mapping[tuple[str, str], str]] = {
    ("deal", "CONTACT_IDS"): "contact",
    ("lead", "CONTACT_IDS"): "contact",
    ("quote", "CONTACT_IDS"): "contact",
    ("smart_invoice", "CONTACT_IDS"): "contact",
    ("contact", "COMPANY_IDS"): "company",
    ("company", "CONTACT_ID"): "contact",
}
"""The table that a list field of an entity points at."""


def items_of(store: Store, owner: str, id: int, target: str) -> list[dict[str, Any]]:
    """The bindings of a row as ``*.items.get`` answers them."""
    sql = (
        "SELECT TARGET_ID, SORT, ROLE_ID, IS_PRIMARY FROM binding "
        "WHERE OWNER = ? AND OWNER_ID = ? AND TARGET = ? ORDER BY SORT, TARGET_ID"
    )
    return [
        {f"{target.upper()}_ID": bound, "SORT": sort, "ROLE_ID": role, "IS_PRIMARY": primary}
        for bound, sort, role, primary in store.fetch(sql, (owner, id, target))
    ]


def set_items(store: Store, owner: str, id: int, target: str, items: Sequence[Mapping[str, Any]]) -> None:
    """Replace the bindings of a row. Without a primary among them the first one becomes it."""
    key = f"{target.upper()}_ID"
    wanted = {to_int(item.get(key)): item for item in items if to_int(item.get(key)) > 0}
    primary = next((bound for bound, item in wanted.items() if _is_primary(item)), next(iter(wanted), 0))
    rows = [
        (
            owner,
            id,
            target,
            bound,
            to_int(item.get("SORT")) or 10 * number,
            to_int(item.get("ROLE_ID")),
            "Y" if bound == primary else "N",
        )
        for number, (bound, item) in enumerate(wanted.items(), start=1)
    ]
    with store.transaction():
        store.execute(
            "DELETE FROM binding WHERE OWNER = ? AND OWNER_ID = ? AND TARGET = ?", (owner, id, target)
        )
        for row in rows:
            store.execute("INSERT INTO binding VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        _remember_primary(store, owner, id, target, primary)


def bind(store: Store, owner: str, id: int, target: str, item: Mapping[str, Any]) -> bool:
    """Add one binding; False if it is there already."""
    key = f"{target.upper()}_ID"
    present = items_of(store, owner, id, target)
    if to_int(item.get(key)) in {entry[key] for entry in present}:
        return False
    others = [{**entry, "IS_PRIMARY": "N"} for entry in present] if _is_primary(item) else present
    set_items(store, owner, id, target, [*others, item])
    return True


def unbind(store: Store, owner: str, id: int, target: str, bound: int) -> bool:
    """Remove one binding; False if there is none."""
    key = f"{target.upper()}_ID"
    present = items_of(store, owner, id, target)
    kept = [entry for entry in present if entry[key] != bound]
    if len(kept) == len(present):
        return False
    set_items(store, owner, id, target, kept)
    return True


def set_ids(store: Store, owner: str, id: int, target: str, ids: Iterable[int]) -> None:
    """Replace the bindings of a row by ids; the first is the primary."""
    key = f"{target.upper()}_ID"
    set_items(store, owner, id, target, [{key: bound} for bound in ids])


def _is_primary(item: Mapping[str, Any]) -> bool:
    return to_flag(item.get("IS_PRIMARY")) == "Y"


def _remember_primary(store: Store, owner: str, id: int, target: str, primary: int) -> None:
    """The row itself keeps the primary's id, where it has a column for it."""
    column = f"{target.upper()}_ID"
    if owner != "company" and column in store.table(owner).columns:
        store.execute(f'UPDATE "{owner}" SET "{column}" = ? WHERE ID = ?', (primary or None, id))
