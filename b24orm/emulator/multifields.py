"""Phones, e-mail addresses and the like: several values of a type for a row.

They live in a table of their own. A filter finds them by the beginning of the stored text, and a
write merges: what is not mentioned stays, what has no id is added.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from b24orm.emulator.conditions import Where
from b24orm.emulator.text_search import like
from b24orm.emulator.values import to_int, to_list, to_text

if TYPE_CHECKING:
    from b24orm.emulator.store import Store

__all__ = ["TYPES", "condition", "merge", "read", "values_of"]

TYPES: Final = ("PHONE", "EMAIL", "WEB", "IM", "LINK")
"""The types there are; a filter knows all of them but the last."""

_FILTERABLE: Final = TYPES[:4]
_DEFAULT_TYPE: Final[Mapping[str, str]] = {"IM": "OTHER", "LINK": "USER"}
_FLAGS: Final[Mapping[str, str]] = {"PHONE": "HAS_PHONE", "EMAIL": "HAS_EMAIL", "IM": "HAS_IMOL"}


def condition(filter: Mapping[str, Any], entity: str) -> list[Where]:
    """The conditions of the bare keys PHONE, EMAIL, WEB and IM of a classic filter.

    Of a list only the first element counts; ``%`` is taken out and the rest is a prefix. An
    empty value means no condition.
    """
    found: list[Where] = []
    for type_id in _FILTERABLE:
        prefix = _prefix(filter.get(type_id))
        if prefix:
            fits = like("VALUE", prefix + "%")
            found.append(
                Where(
                    f'"{entity}"."ID" IN (SELECT ELEMENT_ID FROM field_multi '
                    f"WHERE ENTITY = ? AND TYPE_ID = ? AND {fits.sql})",
                    (entity, type_id, *fits.params),
                )
            )
    return found


def read(
    store: Store, entity: str, ids: Sequence[int], types: Sequence[str] = TYPES
) -> dict[int, dict[str, Any]]:
    """Values by row and type, as the classic methods answer them.

    Rows and types without values are absent.
    """
    found: dict[int, dict[str, Any]] = {}
    if not ids:
        return found
    marks, kinds = ", ".join("?" * len(ids)), ", ".join("?" * len(types))
    sql = (
        "SELECT ELEMENT_ID, TYPE_ID, CAST(ID AS TEXT), VALUE_TYPE, VALUE FROM field_multi "
        f"WHERE ENTITY = ? AND ELEMENT_ID IN ({marks}) AND TYPE_ID IN ({kinds}) ORDER BY ID"
    )
    for element, type_id, row_id, value_type, value in store.fetch(sql, (entity, *ids, *types)):
        entry = {"ID": row_id, "VALUE_TYPE": value_type, "VALUE": value, "TYPE_ID": type_id}
        found.setdefault(element, {}).setdefault(type_id, []).append(entry)
    return found


def values_of(written: Any) -> list[Mapping[str, Any]]:
    """The entries of a written multi-field; what is no map is no entry."""
    return [entry for entry in to_list(written) if isinstance(entry, Mapping)]


def merge(store: Store, entity: str, row_id: int, written: Mapping[str, Iterable[Mapping[str, Any]]]) -> None:
    """Apply written values to a row.

    An entry with an ``ID`` changes that value, or removes it if it says ``DELETE: "Y"`` or its
    ``VALUE`` is empty; one without an ID adds a value, also if the same is there already.
    """
    with store.transaction():
        for type_id, entries in written.items():
            for entry in entries:
                _apply(store, entity, row_id, type_id, entry)
        _mark(store, entity, row_id)


def _prefix(value: Any) -> str:
    if isinstance(value, Mapping):
        value = value.get("0", value.get(0))
    elif isinstance(value, (list, tuple)):
        value = value[0] if value else ""
    return to_text(value).strip().replace("%", "")


def _apply(store: Store, entity: str, row_id: int, type_id: str, entry: Mapping[str, Any]) -> None:
    known = to_int(entry.get("ID"))
    value = to_text(entry.get("VALUE")).strip()
    value_type = to_text(entry.get("VALUE_TYPE")).strip() or _DEFAULT_TYPE.get(type_id, "WORK")
    deleted = to_text(entry.get("DELETE")).upper() == "Y"
    owner = (entity, row_id, type_id)
    if known <= 0:
        if value:
            store.execute(
                "INSERT INTO field_multi (ENTITY, ELEMENT_ID, TYPE_ID, VALUE_TYPE, VALUE) "
                "VALUES (?, ?, ?, ?, ?)",
                (*owner, value_type, value),
            )
    elif deleted or not value:
        store.execute(
            "DELETE FROM field_multi WHERE ENTITY = ? AND ELEMENT_ID = ? AND TYPE_ID = ? AND ID = ?",
            (*owner, known),
        )
    else:
        store.execute(
            "UPDATE field_multi SET VALUE_TYPE = ?, VALUE = ? "
            "WHERE ENTITY = ? AND ELEMENT_ID = ? AND TYPE_ID = ? AND ID = ?",
            (value_type, value, *owner, known),
        )


def _mark(store: Store, entity: str, row_id: int) -> None:
    """Keep HAS_PHONE and its kin in step."""
    present = {
        row[0]
        for row in store.fetch(
            "SELECT DISTINCT TYPE_ID FROM field_multi WHERE ENTITY = ? AND ELEMENT_ID = ?", (entity, row_id)
        )
    }
    flags = {flag: "Y" if type_id in present else "N" for type_id, flag in _FLAGS.items()}
    assignments = ", ".join(f"{flag} = ?" for flag in flags)
    store.execute(f'UPDATE "{entity}" SET {assignments} WHERE ID = ?', (*flags.values(), row_id))
