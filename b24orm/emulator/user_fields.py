"""User fields: columns that a portal's owner adds to an entity while it runs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from b24orm.emulator.tables import user_column
from b24orm.errors import InvalidValue, UnknownName

if TYPE_CHECKING:
    from b24orm.emulator.store import Store

__all__ = ["TYPES", "UserField", "add", "attach", "change", "fields_of", "find", "remove"]

TYPES: Final = frozenset(
    {
        "string",
        "integer",
        "double",
        "boolean",
        "date",
        "datetime",
        "enumeration",
        "file",
        "money",
        "url",
        "address",
        "employee",
        "crm",
        "crm_status",
        "iblock_section",
        "iblock_element",
        "resourcebooking",
    }
)
"""The types a user field can have."""


@dataclass(frozen=True, slots=True)
class UserField:
    """A user field.

    Attributes:
        id: its own number.
        entity: what it is attached to (``CRM_DEAL``).
        name: ``UF_CRM_...``.
        type: one of :data:`TYPES`.
        multiple: it holds a list.
        detail: everything else by REST name: XML_ID, SORT, SETTINGS, labels, LIST.
    """

    id: int
    entity: str
    name: str
    type: str
    multiple: bool = False
    detail: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def items(self) -> list[dict[str, str]]:
        """The choices of an enumeration."""
        return [dict(item) for item in self.detail.get("LIST", ())]


def add(
    store: Store,
    table: str,
    name: str,
    type: str,
    *,
    multiple: bool = False,
    items: Iterable[str | Mapping[str, Any]] = (),
    detail: Mapping[str, Any] | None = None,
) -> int:
    """Add a user field to a table and return its number.

    Args:
        store: the portal's data.
        table: the table's name.
        name: the whole name, ``UF_`` included.
        type: one of :data:`TYPES`.
        multiple: it holds a list.
        items: the choices of an enumeration, as texts or as maps with VALUE, SORT, DEF and XML_ID.
        detail: settings and labels by REST name.

    Raises:
        UnknownName: no such table, or one that takes no user fields; no such type.
        InvalidValue: the name is taken.
    """
    spec = store.table(table)
    if spec.uf_entity is None:
        raise UnknownName(f"{table} takes no user fields")
    if type not in TYPES:
        raise UnknownName(f"no user field type {type!r}")
    if name in spec.columns:
        raise InvalidValue(f"{table} has a field {name} already")
    multiple = type == "resourcebooking" or (multiple and type != "boolean")
    with store.transaction():
        choices = _choices(store, items)
        full = {**(detail or {}), **({"LIST": choices} if type == "enumeration" else {})}
        row = (spec.uf_entity, name, type, "Y" if multiple else "N", json.dumps(full, ensure_ascii=False))
        store.execute(
            "INSERT INTO user_field (ENTITY_ID, FIELD_NAME, USER_TYPE_ID, MULTIPLE, DETAIL) "
            "VALUES (?, ?, ?, ?, ?)",
            row,
        )
        store.add_column(table, user_column(name, type, multiple=multiple))
        sql = "SELECT ID FROM user_field WHERE ENTITY_ID = ? AND FIELD_NAME = ?"
        return int(store.fetch(sql, (spec.uf_entity, name))[0][0])


def attach(store: Store) -> None:
    """Make the tables of a store know the user fields its file holds already."""
    by_entity = {table.uf_entity: name for name, table in store.tables.items() if table.uf_entity}
    for entity, table in by_entity.items():
        for known in fields_of(store, entity or ""):
            if known.name not in store.table(table).columns:
                store.add_column(table, user_column(known.name, known.type, multiple=known.multiple))


def fields_of(store: Store, entity: str) -> list[UserField]:
    """The user fields of an entity (``CRM_DEAL``), in the order they were added."""
    return [_field(row) for row in store.fetch(f"{_SELECT} WHERE ENTITY_ID = ? ORDER BY ID", (entity,))]


def find(store: Store, number: int) -> UserField | None:
    """The user field of a number."""
    found = store.fetch(f"{_SELECT} WHERE ID = ?", (number,))
    return _field(found[0]) if found else None


def change(store: Store, known: UserField, detail: Mapping[str, Any]) -> None:
    """Change settings and labels; name and type stay. A ``LIST`` replaces the choices of its ids."""
    merged = {**known.detail, **detail}
    if known.type == "enumeration" and "LIST" in detail:
        merged["LIST"] = _changed_choices(store, known, detail["LIST"])
    text = json.dumps(merged, ensure_ascii=False)
    store.execute("UPDATE user_field SET DETAIL = ? WHERE ID = ?", (text, known.id))


def remove(store: Store, known: UserField) -> None:
    """Remove a user field with all its values."""
    with store.transaction():
        store.execute("DELETE FROM user_field WHERE ID = ?", (known.id,))
        for name, table in store.tables.items():
            if table.uf_entity == known.entity:
                store.drop_column(name, known.name)
                return


_SELECT: Final = "SELECT ID, ENTITY_ID, FIELD_NAME, USER_TYPE_ID, MULTIPLE, DETAIL FROM user_field"


def _field(row: tuple[Any, ...]) -> UserField:
    return UserField(row[0], row[1], row[2], row[3], row[4] == "Y", json.loads(row[5]))


def _choices(store: Store, items: Iterable[str | Mapping[str, Any]]) -> list[dict[str, str]]:
    number = _last_choice(store)
    found: list[dict[str, str]] = []
    for item in items:
        number += 1
        found.append(_choice(number, {"VALUE": item} if isinstance(item, str) else item, len(found)))
    return found


def _choice(number: int, item: Mapping[str, Any], position: int) -> dict[str, str]:
    return {
        "ID": str(number),
        "SORT": str(item.get("SORT") or 10 * (position + 1)),
        "VALUE": str(item.get("VALUE", "")),
        "DEF": "Y" if item.get("DEF") == "Y" else "N",
        "XML_ID": str(item.get("XML_ID") or f"{number:032x}"),
    }


def _changed_choices(store: Store, known: UserField, sent: Any) -> list[dict[str, str]]:
    """Choices with an ID change or (``DEL: "Y"``) go, others are new; what isn't mentioned stays."""
    kept = {item["ID"]: item for item in known.items}
    number = _last_choice(store)
    entries = sent.values() if isinstance(sent, Mapping) else sent if isinstance(sent, list) else ()
    for entry in entries:
        if not isinstance(entry, Mapping):
            continue
        sent_id = str(entry.get("ID") or "")
        if sent_id in kept and entry.get("DEL") == "Y":
            del kept[sent_id]
        elif sent_id in kept:
            kept[sent_id] = {**kept[sent_id], **{key: str(value) for key, value in entry.items()}}
        else:
            number += 1
            kept[str(number)] = _choice(number, entry, len(kept))
    return list(kept.values())


def _last_choice(store: Store) -> int:
    choice = "CAST(json_extract(value, '$.ID') AS INTEGER)"
    sql = f"SELECT MAX({choice}) FROM user_field, json_each(DETAIL, '$.LIST')"
    return int(store.fetch(sql)[0][0] or 0)
