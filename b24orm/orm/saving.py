"""Saves and deletes one object: everything is checked before anything is sent.

Synchronous and asynchronous code come in by doors of their own. What is done, and where, is decided once.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypeAlias

from b24orm.entity.base import Entity
from b24orm.entity.dump import repeatable
from b24orm.entity.filefields import is_file
from b24orm.errors import B24Error, InvalidValue, NotFound
from b24orm.executor.executor import Executor
from b24orm.executor.lost import ByOrigin
from b24orm.executor.outcomes import is_ambiguous, unknown_fate
from b24orm.executor.traces import traces_of
from b24orm.executor.userfields import check_sent
from b24orm.executor.writer import Writer
from b24orm.orm import writing
from b24orm.orm.checks import check_mapping
from b24orm.orm.owner import portal_of
from b24orm.orm.refresh import check_unchanged, fetched, stamp_of
from b24orm.orm.results import about
from b24orm.plan import writes
from b24orm.plan.calls import Call, Reply
from b24orm.plan.origin import origin_of
from b24orm.plan.unchanged import saw_it, unchanged_then
from b24orm.plan.writes import Write
from b24orm.portal import AsyncPortal, Portal
from b24orm.schema import FieldSchema
from b24orm.transport.encoding import fits_batch

__all__ = ["Idempotency", "adelete", "asave", "check_idempotency", "delete", "save"]

Idempotency: TypeAlias = Literal["values", "origin"] | None
"""How the fate of a new row is found when the answer to its add is lost."""


Work: TypeAlias = Callable[[], Coroutine[Any, Any, None]]
"""What is done on the portal's own loop, whoever waits for it."""


def check_idempotency(value: object) -> None:
    """Refuses a way that there is not."""
    if value not in ("values", "origin", None):
        raise InvalidValue(f"idempotency is 'values', 'origin' or None, not {value!r}")


def save(
    row: Entity,
    *,
    using: Portal | AsyncPortal | str | None = None,
    params: Mapping[str, Any] | None = None,
    if_unchanged: bool = False,
    idempotency: Idempotency = "values",
    force_add: bool = False,
) -> None:
    """Saves an object; see :meth:`b24orm.orm.instances.Saving.save`."""
    portal, work = _saving(
        row, using, params or {}, idempotency, if_unchanged=if_unchanged, force_add=force_add
    )
    if work is not None:
        portal.run(work)


async def asave(
    row: Entity,
    *,
    using: Portal | AsyncPortal | str | None = None,
    params: Mapping[str, Any] | None = None,
    if_unchanged: bool = False,
    idempotency: Idempotency = "values",
    force_add: bool = False,
) -> None:
    """Saves an object; see :meth:`b24orm.orm.instances.Saving.asave`."""
    portal, work = _saving(
        row, using, params or {}, idempotency, if_unchanged=if_unchanged, force_add=force_add
    )
    if work is not None:
        await portal.arun(work)


def _saving(
    row: Entity,
    using: Portal | AsyncPortal | str | None,
    params: Mapping[str, Any],
    idempotency: Idempotency,
    *,
    if_unchanged: bool,
    force_add: bool,
) -> tuple[Any, Work | None]:
    """Where a row is saved and by what work, everything checked; None if there is nothing to do."""
    portal = portal_of(row, using)
    check_idempotency(idempotency)
    check_mapping("params", params)
    if force_add or _is_new(row):
        if if_unchanged:
            raise InvalidValue(
                f"save(if_unchanged=True) is for a row that exists; this {type(row).__name__} is new"
            )
        call = writing.add_call(row, params)
        return portal, lambda: _add(row, portal, call, idempotency)
    found = writing.update_call(row, params)
    if found is None:
        return portal, None
    stamp = stamp_of(row) if if_unchanged else None
    return portal, lambda: _update(row, portal, found, stamp)


def _is_new(row: Entity) -> bool:
    """A row without an id, or with one that its maker chose (the code of a currency)."""
    schema = row.__schema__
    return row.pk is None or (not schema.id_field.read_only and schema.id_name in row.changed)


async def _add(row: Entity, portal: Any, call: Call, idempotency: Idempotency) -> None:
    entries = _entries(row)
    origin = key = None
    if idempotency == "origin":
        origin = origin_of(row.__schema__, row.__schema__.fixed_params)
        call, key = origin.marked(call, uuid.uuid4().hex)
    executor = portal.executor
    await check_sent(executor, row.__schema__, "add", call)
    traces, by_values = traces_of(executor, row.__schema__), idempotency == "values"
    finder = ByOrigin(executor, origin) if origin is not None else None
    writer = Writer(executor, finder=finder, traces=traces, by_values=by_values)
    reply = await _written(row, Write("add", call, origin=key), writer)
    writing.after_add(row, call, reply, portal)
    await _read_entries(row, portal.executor, entries)


async def _update(row: Entity, portal: Any, call: Call, stamp: tuple[FieldSchema, datetime] | None) -> None:
    executor = portal.executor
    await check_sent(executor, row.__schema__, "update", call)
    entries = _entries(row)
    if stamp is None or not await _updated_if_unchanged(row, executor, call, *stamp):
        safe = repeatable(writes.sent_fields(row.__schema__, call))
        await _written(row, Write("update", call, repeatable=safe), Writer(executor))
    writing.after_update(row, portal)
    await _read_entries(row, executor, entries)


async def _updated_if_unchanged(
    row: Entity, executor: Executor, call: Call, field: FieldSchema, known: datetime
) -> bool:
    """Updates the row in the same batch that looks whether it is unchanged; False if that is not possible.

    Raises:
        StaleObject: somebody else changed it.
        OutcomeUnknown: the answer was lost. A second try would find our own change.
    """
    ask = unchanged_then(row.__schema__, call, row.pk, field, known)
    if ask is None or not all(map(fits_batch, ask.calls)):
        await check_unchanged(row, executor, field, known)
        return False
    look, change = await executor.ask(ask)
    if isinstance(look, Reply) and not saw_it(ask, look):
        await check_unchanged(row, executor, field, known)  # says what it is now
        return False  # a list may leave out a row that can be got
    error = look if isinstance(look, B24Error) else change
    if isinstance(error, B24Error):
        raise _about(row, unknown_fate(call.method, error) if is_ambiguous(error) else error)
    return True


async def _written(row: Entity, write: Write, writer: Writer) -> Reply:
    (outcome,) = await writer.run([write])
    if isinstance(outcome, B24Error):
        raise _about(row, outcome)
    return outcome


def _about(row: Entity, error: B24Error) -> B24Error:
    """An error that says which object it is about."""
    if isinstance(error, NotFound) and not error.hint and row.pk is not None:
        where = {name: getattr(error, name) for name in ("method", "status", "command", "host")}
        gone = f"there is no {row.__schema__.name} {row.pk}, or no longer"
        error = NotFound(error.code, error.description, **where, hint=gone)
    return about(error, row)


def _entries(row: Entity) -> list[str]:
    """The changed lists of values and files, whose new entries get an id from the server."""
    fields = row.__schema__.fields
    changed = [fields[name] for name in row.changed if name in fields]
    return [spec.name for spec in changed if spec.type == "crm_multifield" or is_file(spec)]


async def _read_entries(row: Entity, executor: Executor, names: Sequence[str]) -> None:
    """Reads the lists of values again, for the ids of their new entries."""
    if not names:
        return
    try:
        values = await fetched(row, executor)
    except B24Error:  # what was to be saved is saved; a later change asks for refresh_from_db()
        return
    several = {name for name in names if row.__schema__.fields[name].multiple}
    row.unchanged(**{name: values.get(name, () if name in several else None) for name in names})


def delete(row: Entity, using: Portal | AsyncPortal | str | None) -> None:
    """Deletes the row of an object; see :meth:`b24orm.orm.instances.Saving.delete`."""
    portal, work = _deleting(row, using)
    portal.run(work)


async def adelete(row: Entity, using: Portal | AsyncPortal | str | None) -> None:
    """Deletes the row of an object; see :meth:`b24orm.orm.instances.Saving.adelete`."""
    portal, work = _deleting(row, using)
    await portal.arun(work)


def _deleting(row: Entity, using: Portal | AsyncPortal | str | None) -> tuple[Any, Work]:
    """Where a row is deleted and by what work, everything checked."""
    portal, call = portal_of(row, using), writing.delete_call(row)
    return portal, lambda: _deleted(row, portal, call)


async def _deleted(row: Entity, portal: Any, call: Call) -> None:
    """Sends a delete and takes in that the row is gone."""
    await _written(row, Write("delete", call, repeatable=True), Writer(portal.executor))
    writing.after_delete(row)
