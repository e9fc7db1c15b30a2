"""One row's writes: the calls for an object, and what their answers change in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from b24orm.entity.base import Entity
from b24orm.entity.dump import added, changed, everything
from b24orm.entity.rows import typed
from b24orm.errors import InvalidValue
from b24orm.orm.owner import remember
from b24orm.plan import writes
from b24orm.plan.calls import Call, Reply

__all__ = ["add_call", "after_add", "after_delete", "after_update", "delete_call", "update_call"]


def add_call(row: Entity, options: Mapping[str, Any]) -> Call:
    """The call that adds a new object."""
    schema = row.__schema__
    params = writes.parents(schema, vars(row), "add")
    return writes.add(schema, added(row), params, options)


def update_call(row: Entity, options: Mapping[str, Any], only: Sequence[str] | None = None) -> Call | None:
    """The call that sends an object's changes; None when nothing changed."""
    schema = row.__schema__
    fields = changed(row, only)
    if not fields:
        return None
    method = schema.method("update")
    if method is not None and method.whole_key is not None:
        fields = {**everything(row, method.whole_key), **fields}
    return writes.update(
        schema, _id(row, "updated"), fields, writes.parents(schema, vars(row), "update"), options
    )


def delete_call(row: Entity) -> Call:
    """The call that deletes an object's row."""
    schema = row.__schema__
    return writes.delete(schema, _id(row, "deleted"), writes.parents(schema, vars(row), "delete"))


def _id(row: Entity, what: str) -> Any:
    if row.pk is None:
        name = row.__schema__.id_name
        raise InvalidValue(f"this {row.__schema__.name} has no {name}, so it can't be {what}: save it first")
    return row.pk


def after_add(row: Entity, call: Call, reply: Reply, portal: Any) -> Any:
    """Takes in what an add answered, and gives the id."""
    schema = row.__schema__
    row_id, answered = writes.new_id(schema, call, reply)
    known = typed(type(row), [answered], "keep")[0] if len(answered) > 1 else {}
    fields = {name: value for name, value in known.items() if name in type(row).__field_names__}
    row.unchanged(**{**fields, **({schema.id_name: row_id} if schema.key else {})})
    remember(row, portal)
    return row_id


def after_update(row: Entity, portal: Any) -> Any:
    """Takes in that the changes were saved, and gives the id."""
    row.unchanged()
    remember(row, portal)
    return row.pk


def after_delete(row: Entity) -> Any:
    """Takes in that the row is gone, and gives the id that it had."""
    return vars(row).pop(row.__schema__.id_name)
