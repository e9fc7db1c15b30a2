"""Smart processes: entity types that a portal's owner makes, each with its own table and pipelines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from b24orm.emulator.entity_tables import dynamic_table
from b24orm.emulator.stages import add_statuses, pipeline_stages
from b24orm.errors import InvalidValue

if TYPE_CHECKING:
    from b24orm.emulator.store import Store

__all__ = ["SWITCHES", "SmartType", "all_types", "attach", "change", "create", "find", "remove"]

SWITCHES: Final = (
    "isCategoriesEnabled",
    "isStagesEnabled",
    "isBeginCloseDatesEnabled",
    "isClientEnabled",
    "isUseInUserfieldEnabled",
    "isLinkWithProductsEnabled",
    "isMycompanyEnabled",
    "isDocumentsEnabled",
    "isSourceEnabled",
    "isObserversEnabled",
    "isRecurringEnabled",
    "isRecyclebinEnabled",
    "isAutomationEnabled",
    "isBizProcEnabled",
    "isSetOpenPermissions",
)
"""What a smart process can be told to have."""

_FIRST: Final = 1030
"""Numbers the server gives out: 128 to 191 were the first, even ones from 1030 came after."""


@dataclass(frozen=True, slots=True)
class SmartType:
    """A smart process.

    Attributes:
        id: number of the type itself.
        entity_type_id: number of the entity type that ``crm.item`` methods take.
        title: its name.
        code: a symbolic name, often empty.
        stamps: who and when, by column.
        switches: what is switched on.
    """

    id: int
    entity_type_id: int
    title: str
    code: str = ""
    stamps: Mapping[str, Any] = field(default_factory=dict[str, Any])
    switches: Mapping[str, bool] = field(default_factory=dict[str, bool])


def create(
    store: Store,
    title: str,
    *,
    entity_type_id: int = 0,
    code: str = "",
    switches: Mapping[str, bool] | None = None,
    user_id: int = 1,
) -> SmartType:
    """Make a smart process with its table and its first pipeline.

    Args:
        store: the portal's data.
        title: its name.
        entity_type_id: its number; the next free one when 0.
        code: a symbolic name.
        switches: what to switch on; everything when None.
        user_id: who makes it.

    Raises:
        InvalidValue: the number is taken.
    """
    number = entity_type_id or _next_number(store)
    if find(store, number) is not None:
        raise InvalidValue(f"entity type {number} exists already")
    chosen = (
        dict.fromkeys(SWITCHES, True)
        if switches is None
        else {name: bool(switches.get(name)) for name in SWITCHES}
    )
    now = store.now().strftime("%Y-%m-%dT%H:%M:%S")
    with store.transaction():
        store.execute(
            "INSERT INTO smart_type (ENTITY_TYPE_ID, TITLE, CODE, CREATED_BY, UPDATED_BY, CREATED_TIME, "
            "UPDATED_TIME, SWITCHES) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (number, title, code, user_id, user_id, now, now, json.dumps(chosen)),
        )
        store.register(dynamic_table(number))
        row = {"NAME": "General", "ENTITY_TYPE_ID": number, "IS_DEFAULT": "Y"}
        category = store.insert("category", row)
        add_statuses(store, f"DYNAMIC_{number}_STAGE_{category}", pipeline_stages(number, category))
    found = find(store, number)
    assert found is not None
    return found


def attach(store: Store) -> None:
    """Open the tables of the smart processes that a store's file holds already."""
    for known in all_types(store):
        store.register(dynamic_table(known.entity_type_id))


def all_types(store: Store) -> list[SmartType]:
    """Every smart process, oldest first."""
    return [_type(row) for row in store.fetch(f"{_SELECT} ORDER BY ID")]


def find(store: Store, entity_type_id: int) -> SmartType | None:
    """The smart process of an entity type number."""
    found = store.fetch(f"{_SELECT} WHERE ENTITY_TYPE_ID = ?", (entity_type_id,))
    return _type(found[0]) if found else None


def change(
    store: Store, known: SmartType, *, title: str, code: str, switches: Mapping[str, bool], user_id: int
) -> None:
    """Change name, code and switches of a smart process."""
    merged = {**known.switches, **switches}
    now = store.now().strftime("%Y-%m-%dT%H:%M:%S")
    store.execute(
        "UPDATE smart_type SET TITLE = ?, CODE = ?, SWITCHES = ?, UPDATED_BY = ?, UPDATED_TIME = ? "
        "WHERE ID = ?",
        (title, code, json.dumps(merged), user_id, now, known.id),
    )


def remove(store: Store, known: SmartType) -> None:
    """Remove a smart process with its items."""
    with store.transaction():
        store.execute("DELETE FROM smart_type WHERE ID = ?", (known.id,))
        store.drop(dynamic_table(known.entity_type_id).name)


_SELECT: Final = (
    "SELECT ID, ENTITY_TYPE_ID, TITLE, CODE, SWITCHES, CREATED_BY, UPDATED_BY, CREATED_TIME, UPDATED_TIME "
    "FROM smart_type"
)


def _type(row: tuple[Any, ...]) -> SmartType:
    stamps: dict[str, Any] = dict(
        zip(("CREATED_BY", "UPDATED_BY", "CREATED_TIME", "UPDATED_TIME"), row[5:], strict=True)
    )
    return SmartType(row[0], row[1], row[2], row[3], stamps, json.loads(row[4]))


def _next_number(store: Store) -> int:
    highest = store.fetch("SELECT MAX(ENTITY_TYPE_ID) FROM smart_type WHERE ENTITY_TYPE_ID >= ?", (_FIRST,))[
        0
    ][0]
    return _FIRST if highest is None else highest + 2 + highest % 2
