"""Reads the row of an object again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from b24orm.entity.base import Entity
from b24orm.entity.rows import typed
from b24orm.errors import ApiError, InvalidValue, StaleObject, Unsupported
from b24orm.executor.executor import Executor
from b24orm.orm.owner import remember
from b24orm.plan import writes
from b24orm.plan.calls import Call, Row, rows_of
from b24orm.plan.compiler import compile_query
from b24orm.plan.getting import get_call, says_absent
from b24orm.plan.parents import missing_parent, needed_names
from b24orm.query.ids import gets_one, lookups_of
from b24orm.query.lookups import DEFAULT, lookups_for
from b24orm.query.nodes import Q, Query
from b24orm.query.resolving import resolve
from b24orm.schema import EntitySchema, FieldSchema

__all__ = ["check_unchanged", "fetched", "refreshed", "stamp_of"]


def _call(row: Entity) -> Call | None:
    """The call that gets the row; None where the list has to find it."""
    schema = row.__schema__
    if not gets_one(schema) or (schema.api == "v3" and _is_filtered(schema)):
        return None  # the get of REST 3.0 answers other fields, and some of them never
    return get_call(schema, row.pk, writes.parents(schema, vars(row), "get"))


def _is_filtered(schema: EntitySchema) -> bool:
    return schema.list is not None and "exact" in lookups_for(schema.list, schema.id_field)


def _query(row: Entity) -> Query:
    """The row as a list finds it.

    Raises:
        Unsupported: no list finds a row by its id.
        InvalidValue: the list needs a parameter that the row does not know.
    """
    schema, known = row.__schema__, vars(row)
    if DEFAULT not in lookups_of(schema, schema.id_field):
        raise Unsupported(f"{schema.name} has no method to get one row")
    wanted = {name: known[name] for name in needed_names(schema) if known.get(name) is not None}
    for name in needed_names(schema):
        if name not in wanted:
            raise missing_parent(schema, name)
    return Query(schema, resolve(schema, Q(**{schema.id_name: row.pk, **wanted})))


async def _found(row: Entity, executor: Executor) -> list[Row]:
    """The row as a list of one, or of none."""
    call = _call(row)
    if call is None:
        flow = compile_query(_query(row)).flow()
        return [found async for page in executor.stream(flow) for found in page]
    try:
        reply = await executor.call(call)
    except ApiError as error:
        if says_absent(error, row.__schema__.methods["get"]):
            return []
        raise
    return rows_of(reply.result, call.envelope, call.method, null=True)


async def fetched(row: Entity, executor: Executor) -> dict[str, Any]:
    """The row's values as the portal has them now.

    Raises:
        DoesNotExist: the row is gone.
    """
    if row.pk is None:
        raise InvalidValue(f"this {row.__schema__.name} was never saved, so there is nothing to read")
    rows = await _found(row, executor)
    if not rows:
        raise row.DoesNotExist(f"{type(row).__name__} {row.pk} is not there any more")
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
    field = schema.modified
    if field is None:
        raise Unsupported(f"{schema.name} doesn't say when it was changed, so if_unchanged is not possible")
    known = getattr(row, field.name)  # FieldNotLoaded says what to do
    if known is None:
        raise InvalidValue(
            f"{schema.name}.{field.name} is empty, so if_unchanged has nothing to compare with"
        )
    return field, known


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
