"""``*.fields``: what a portal says about the fields of its entities, worked out from the schema."""

from __future__ import annotations

from typing import Any

from b24orm.emulator import user_fields
from b24orm.emulator.item_fields import camel, fields_of
from b24orm.emulator.store import Store
from b24orm.emulator.tables import Table
from b24orm.schema import EntitySchema, FieldSchema

__all__ = [
    "classic_fields_answer",
    "controller_fields_answer",
    "entity_fields_answer",
    "item_fields_answer",
]


def classic_fields_answer(store: Store, table: Table) -> dict[str, Any]:
    """``crm.deal.fields`` and its kin: a map by upper-case name, user fields last."""
    assert table.schema is not None
    found = {item.wire: _described(item) for item in table.schema.fields.values() if item.wire.isupper()}
    for parent in store.parents.get(table.owner_type_id, ()):
        name = f"PARENT_ID_{parent}"
        found[name] = _flags("crm_entity", name) | {"settings": {"parentEntityTypeId": parent}}
    return found | {known.name: _user_described(known) for known in _user_fields(store, table)}


def item_fields_answer(store: Store, table: Table, *, original_names: bool = False) -> dict[str, Any]:
    """``crm.item.fields``: a map by camelCase name; each field knows its upper-case one.

    Args:
        store: the portal's data.
        table: the items' table.
        original_names: leave user fields under their own names.
    """
    found: dict[str, Any] = {}
    for item in fields_of(table).values():
        if item.column is not None and item.column.user:
            continue
        flags = _flags(
            item.type,
            item.upper,
            required=item.required,
            read_only=item.read_only,
            immutable=item.immutable,
            multiple=item.multiple,
        )
        found[item.name] = flags | {"upperName": item.upper}
    for known in _user_fields(store, table):
        name = known.name if original_names else camel(known.name)
        found[name] = _user_described(known) | {"upperName": known.name}
    return found


def controller_fields_answer(table: Table) -> dict[str, Any]:
    """``crm.category.fields`` and its kin: a map by camelCase name."""
    assert table.schema is not None
    return entity_fields_answer(table.schema)


def entity_fields_answer(schema: EntitySchema) -> dict[str, Any]:
    """The fields of an entity without user fields, by the names that answers give them."""
    return {item.wire: _described(item) for item in schema.fields.values()}


def _described(item: FieldSchema) -> dict[str, Any]:
    flags = _flags(
        item.type,
        item.wire,
        required=item.required,
        read_only=item.read_only,
        immutable=item.immutable,
        multiple=item.multiple,
        deprecated=item.deprecated,
    )
    return (
        {**flags, "statusType": item.status_type} if item.status_type and item.type == "crm_status" else flags
    )


def _flags(
    type: str,
    title: str,
    *,
    required: bool = False,
    read_only: bool = False,
    immutable: bool = False,
    multiple: bool = False,
    dynamic: bool = False,
    deprecated: bool = False,
) -> dict[str, Any]:
    return {
        "type": type,
        "isRequired": required,
        "isReadOnly": read_only,
        "isImmutable": immutable,
        "isMultiple": multiple,
        "isDynamic": dynamic,
        **({"isDeprecated": True} if deprecated else {}),
        "title": title,
    }


def _user_fields(store: Store, table: Table) -> list[user_fields.UserField]:
    return user_fields.fields_of(store, table.uf_entity) if table.uf_entity else []


def _user_described(known: user_fields.UserField) -> dict[str, Any]:
    """The title of a user field is its code; what people read stands in the labels."""
    mandatory = known.detail.get("MANDATORY") == "Y"
    flags = _flags(known.type, known.name, required=mandatory, multiple=known.multiple, dynamic=True)
    title = flags.pop("title")
    items = [{"ID": item["ID"], "VALUE": item["VALUE"]} for item in known.items]
    label = known.detail.get("LABEL") or known.name
    return {
        **flags,
        **({"items": items} if known.type == "enumeration" else {}),
        "title": title,
        "listLabel": label,
        "formLabel": label,
        "filterLabel": label,
        "settings": known.detail.get("SETTINGS", {}),
    }
