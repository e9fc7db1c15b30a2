"""Reads the row of an object again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from b24orm.entity.base import Entity
from b24orm.entity.rows import typed
from b24orm.errors import InvalidValue, NotFound, StaleObject, Unsupported
from b24orm.executor.executor import Executor
from b24orm.orm.owner import remember
from b24orm.plan import writes
from b24orm.plan.calls import Call, rows_of
from b24orm.plan.compiler import compile_query
from b24orm.query.nodes import Condition, Query
from b24orm.schema import FieldSchema

__all__ = ["check_unchanged", "fetched", "refreshed", "stamp_of"]

_STAMPS: Final = ("date_modify", "updated_time", "changed_date", "last_updated", "timestamp_x", "changed_")
"""Fields that say when a row was changed, the first that an entity has."""


def _get_call(row: Entity) -> Call:
    schema = row.__schema__
    if schema.api == "v3" and schema.id_field.filterable and schema.list is not None:
        return _listed(row)
    method = schema.method("get")
    if method is None or method.id_param is None:
        raise Unsupported(f"{schema.name} has no method to get one row")
    if row.pk is None:
        raise InvalidValue(f"this {schema.name} was never saved, so there is nothing to read")
    params = {**writes.parents(schema, vars(row), "get"), method.id_param: row.pk}
    if schema.list is not None and "useOriginalUfNames" in schema.list.extra_params and schema.user_fields:
        params["useOriginalUfNames"] = "Y"
    return Call(method.name, params, envelope=method.envelope, api=schema.api)


def _listed(row: Entity) -> Call:
    """The row as a list of REST 3.0 brings it: ``get`` answers other fields, and some of them never."""
    schema = row.__schema__
    if row.pk is None:
        raise InvalidValue(f"this {schema.name} was never saved, so there is nothing to read")
    query = Query(schema).narrowed(Condition(schema.id_field, "exact", row.pk))
    for path in schema.parent_params:  # of these a list can't do without
        field = schema.by_wire.get(path.removeprefix("filter.="))
        if field is not None and vars(row).get(field.name) is not None:
            query = query.narrowed(Condition(field, "exact", vars(row)[field.name]))
    plan = compile_query(query)
    assert plan.sample is not None
    return plan.sample


async def fetched(row: Entity, executor: Executor) -> dict[str, Any]:
    """The row's values as the portal has them now.

    Raises:
        DoesNotExist: the row is gone.
    """
    call = _get_call(row)
    gone = row.DoesNotExist(f"{type(row).__name__} {row.pk} is not there any more")
    try:
        reply = await executor.call(call)
    except NotFound:
        raise gone from None
    rows = rows_of(reply.result, call.envelope, call.method, null=True)
    if not rows:
        raise gone
    lists = [f.name for f in row.__schema__.fields.values() if f.type == "crm_multifield" and f.name != "fm"]
    return {**dict.fromkeys(lists, ()), **typed(type(row), rows[:1], "keep")[0]}  # no phone, no key


async def refreshed(row: Entity, portal: Any, fields: Sequence[str]) -> None:
    """Takes the row's values of now into the object: all, or these fields."""
    values = await fetched(row, portal.executor)
    known = {name: value for name, value in values.items() if name in type(row).__field_names__}
    extra = {name: value for name, value in values.items() if name not in known}
    if fields:
        row.take(**{name: known[name] for name in fields if name in known})
        row.take_extra({name: extra[name] for name in fields if name in extra})
        return
    row.unchanged(**known)
    object.__setattr__(row, "__pydantic_extra__", extra)
    for relation in (*row.__schema__.relations, *row.__schema__.links):
        vars(row).pop(relation, None)
    remember(row, portal)


def stamp_of(row: Entity) -> tuple[FieldSchema, datetime]:
    """The field that says when the row was changed, and what it said when the row was fetched.

    Raises:
        Unsupported: the entity has none.
        FieldNotLoaded: it was not fetched.
    """
    schema = row.__schema__
    name = next((name for name in _STAMPS if name in schema.fields), None)
    if name is None:
        raise Unsupported(f"{schema.name} doesn't say when it was changed, so if_unchanged is not possible")
    known = getattr(row, name)  # FieldNotLoaded says what to do
    if known is None:
        raise InvalidValue(f"{schema.name}.{name} is empty, so if_unchanged has nothing to compare with")
    return schema.fields[name], known


async def check_unchanged(row: Entity, executor: Executor, field: FieldSchema, known: datetime) -> None:
    """Refuses to go on if the row was changed since it was fetched.

    Raises:
        StaleObject: it was.
    """
    now = (await fetched(row, executor)).get(field.name)
    if now != known:
        raise StaleObject(
            f"{type(row).__name__} {row.pk} was changed at {now}, after it was fetched "
            f"({field.name} {known}); refresh_from_db() and try again"
        )
