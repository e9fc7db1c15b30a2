"""How a table is made of the facts about an entity and of what the server fills in by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from b24orm.emulator.tables import Column, Kind, Table, upper_snake, words
from b24orm.facts import load
from b24orm.schema import FieldSchema

__all__ = ["TableSpec", "build_table"]

_KINDS: Final[Mapping[str, Kind]] = {
    "integer": "int",
    "user": "int",
    "crm_company": "int",
    "crm_contact": "int",
    "crm_lead": "int",
    "crm_deal": "int",
    "crm_quote": "int",
    "crm_category": "int",
    "crm_enum_ownertype": "int",
    "crm_enum_activitytype": "int",
    "crm_enum_activitystatus": "int",
    "crm_enum_activitypriority": "int",
    "crm_enum_activitynotifytype": "int",
    "crm_enum_activitydirection": "int",
    "crm_enum_contenttype": "int",
    "file": "int",
    "enumeration": "int",
    "double": "double",
    "money": "string",
    "date": "date",
    "datetime": "datetime",
    "char": "char",
    "boolean": "char",
    "object": "json",
    "array": "json",
    "diskfile": "json",
    "crm_activity_binding": "json",
    "crm_activity_communication": "json",
    "currency_localization": "json",
}

_BOUND: Final = frozenset({"crm_contact", "crm_company"})


_FIRST_USER: Final = dict.fromkeys(
    words(
        "ASSIGNED_BY_ID CREATED_BY_ID MODIFY_BY_ID CREATED_BY UPDATED_BY MODIFIED_BY "
        "RESPONSIBLE_ID AUTHOR_ID EDITOR_ID LAST_ACTIVITY_BY"
    ),
    1,
)
"""A row written directly, past the REST methods, belongs to the first user."""


@dataclass(frozen=True)
class TableSpec:
    """A table to be made.

    Attributes:
        name: the table.
        entity: the entity whose fields are its columns.
        owner_type_id, uf_entity, multifields, key, indexes, exception: as in :class:`Table`.
        extra: columns that are no fields.
        defaults: what a new row holds.
        omit: fields that are kept elsewhere, or worked out.
    """

    name: str
    entity: str
    owner_type_id: int = 0
    uf_entity: str | None = None
    multifields: bool = False
    key: str = "ID"
    extra: tuple[Column, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict[str, Any])
    indexes: tuple[str, ...] = ()
    omit: frozenset[str] = frozenset()
    exception: str = ""


def build_table(spec: TableSpec) -> Table:
    """The table of a spec."""
    schema = load(spec.entity)
    columns: dict[str, Column] = {}
    for item in schema.fields.values():
        column = _column(item)
        if column is not None and column.name not in spec.omit:
            columns[column.name] = column
    for column in spec.extra:
        columns.setdefault(column.name, column)
    for name, value in {**_FIRST_USER, **spec.defaults}.items():
        if name in columns:
            columns[name] = replace(columns[name], default=value)
    return Table(
        spec.name,
        columns,
        schema,
        spec.key,
        spec.owner_type_id,
        spec.uf_entity,
        spec.multifields,
        spec.indexes,
        spec.exception,
    )


def _column(item: FieldSchema) -> Column | None:
    """The column of a field; None for what is kept in another table."""
    if item.type == "crm_multifield" or (item.multiple and item.type in _BOUND):
        return None
    kind = _KINDS.get(item.type, "string")
    if item.type == "enumeration" and not all(value.isdigit() for value in item.enum):
        kind = "string"
    return Column(
        upper_snake(item.wire), "json" if item.multiple else kind, item.type, multiple=item.multiple
    )
