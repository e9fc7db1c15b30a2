"""What an object does by itself: save, delete, and read its row again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

from typing_extensions import Self

from b24orm.entity.base import Entity
from b24orm.entity.dump import repeatable
from b24orm.entity.rows import typed
from b24orm.entity.types import MultiField
from b24orm.errors import B24Error, InvalidValue, NotFound, OutcomeUnknown, StaleObject, Unsupported
from b24orm.executor.executor import Executor
from b24orm.executor.writer import Writer
from b24orm.orm import writing
from b24orm.orm.owner import portal_of, remember
from b24orm.plan import writes
from b24orm.plan.calls import Call, Reply, rows_of
from b24orm.plan.origin import origin_of
from b24orm.plan.writes import Kind, Write
from b24orm.portal import AsyncPortal, Portal
from b24orm.schema import FieldSchema

__all__ = ["Saving", "asave", "save"]

_E = TypeVar("_E", bound=Entity)

_STAMPS: Final = ("date_modify", "updated_time", "changed_date", "last_updated", "timestamp_x")
"""Fields that say when a row was changed, the first that an entity has."""


def save(
    row: Entity,
    *,
    using: Portal | AsyncPortal | None = None,
    params: Mapping[str, Any] | None = None,
    if_unchanged: bool = False,
    idempotency: str | None = None,
    force_add: bool = False,
) -> None:
    """Saves an object; see :meth:`Saving.save`."""
    portal = portal_of(row, using)
    work = _saving(row, portal, params or {}, if_unchanged, idempotency, force_add)
    if work is not None:
        portal.run(work)


async def asave(
    row: Entity,
    *,
    using: Portal | AsyncPortal | None = None,
    params: Mapping[str, Any] | None = None,
    if_unchanged: bool = False,
    idempotency: str | None = None,
    force_add: bool = False,
) -> None:
    """Saves an object; see :meth:`Saving.asave`."""
    portal = portal_of(row, using)
    work = _saving(row, portal, params or {}, if_unchanged, idempotency, force_add)
    if work is not None:
        await portal.arun(work)


def _saving(
    row: Entity,
    portal: Any,
    params: Mapping[str, Any],
    if_unchanged: bool,  # noqa: FBT001
    idempotency: str | None,
    force_add: bool,  # noqa: FBT001
) -> Any:
    """The work of a save, everything checked; None if there is nothing to do."""
    if idempotency not in ("origin", None):
        raise InvalidValue(f"idempotency is 'origin' or None, not {idempotency!r}")
    if row.pk is None or force_add:
        if if_unchanged:
            raise InvalidValue(f"save(if_unchanged=True) is for a row that exists; this {type(row).__name__} is new")
        call = writing.add_call(row, params)
        return lambda: _add(row, portal, call, idempotency)
    found = writing.update_call(row, params)
    if found is None:
        return None
    stamp = _stamp(row) if if_unchanged else None
    return lambda: _update(row, portal, found, stamp)


async def _add(row: Entity, portal: Any, call: Call, idempotency: str | None) -> None:
    entries = _entries(row)
    origin = None
    key = None
    if idempotency == "origin":
        origin = origin_of(row.__schema__, row.__schema__.fixed_params)
        call, key = _marked(row, origin, call)
    reply = await _written(row, portal.executor, Write("add", call, origin=key), Writer(portal.executor, origin=origin))
    writing.after_add(row, call, reply, portal)
    await _read_entries(row, portal.executor, entries)


def _marked(row: Entity, origin: Any, call: Call) -> tuple[Call, tuple[str, str]]:
    import uuid

    param = row.__schema__.methods["add"].fields_param or ""
    fields, key = origin.marked(call.params[param], uuid.uuid4().hex)
    return Call(call.method, {**call.params, param: fields}, write=True, envelope=call.envelope), key


async def _update(row: Entity, portal: Any, call: Call, stamp: tuple[FieldSchema, datetime] | None) -> None:
    executor = portal.executor
    if stamp is not None:
        await _check_unchanged(row, executor, *stamp)
    entries = _entries(row)
    safe = repeatable(writes.sent_fields(row.__schema__, call))
    await _written(row, executor, Write("update", call, repeatable=safe), Writer(executor))
    writing.after_update(row, portal)
    await _read_entries(row, executor, entries)


async def _written(row: Entity, executor: Executor, write: Write, writer: Writer) -> Reply:
    (outcome,) = await writer.run([write])
    if isinstance(outcome, B24Error):
        outcome.item = row
        if isinstance(outcome, OutcomeUnknown):
            outcome.items = (row,)
        raise outcome
    return outcome


def _entries(row: Entity) -> list[str]:
    """The changed lists of values, whose new entries get an id from the server."""
    fields = row.__schema__.fields
    return [name for name in row.changed if name in fields and fields[name].type == "crm_multifield"]


async def _read_entries(row: Entity, executor: Executor, names: Sequence[str]) -> None:
    if names:
        values = await _fetched(row, executor)
        row.unchanged(**{name: values.get(name, ()) for name in names})


# -- reading one row ------------------------------------------------------------------------------


def _get_call(row: Entity) -> Call:
    schema = row.__schema__
    method = schema.method("get")
    if method is None or method.id_param is None:
        raise Unsupported(f"{schema.name} has no method to get one row")
    if row.pk is None:
        raise InvalidValue(f"this {schema.name} was never saved, so there is nothing to read")
    params = {**writes.parents(schema, vars(row)), method.id_param: row.pk}
    if schema.list is not None and "useOriginalUfNames" in schema.list.extra_params and schema.user_fields:
        params["useOriginalUfNames"] = "Y"
    return Call(method.name, params, envelope=method.envelope)


async def _fetched(row: Entity, executor: Executor) -> dict[str, Any]:
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
    rows = rows_of(reply.result, call.envelope)
    if not rows:
        raise gone
    return typed(type(row), rows[:1], "keep")[0]


async def _refreshed(row: Entity, portal: Any, fields: Sequence[str]) -> None:
    values = await _fetched(row, portal.executor)
    known = {name: value for name, value in values.items() if name in type(row).__field_names__}
    extra = {name: value for name, value in values.items() if name not in known}
    if fields:
        row.take(**{name: known[name] for name in fields if name in known})
        return
    row.unchanged(**known)
    object.__setattr__(row, "__pydantic_extra__", extra)
    for relation in row.__schema__.relations:
        vars(row).pop(relation, None)
    remember(row, portal)


def _stamp(row: Entity) -> tuple[FieldSchema, datetime]:
    schema = row.__schema__
    name = next((name for name in _STAMPS if name in schema.fields), None)
    if name is None:
        raise Unsupported(f"{schema.name} doesn't say when it was changed, so if_unchanged is not possible")
    known = getattr(row, name)  # FieldNotLoaded says what to do
    if known is None:
        raise InvalidValue(f"{schema.name}.{name} is empty, so if_unchanged has nothing to compare with")
    return schema.fields[name], known


async def _check_unchanged(row: Entity, executor: Executor, field: FieldSchema, known: datetime) -> None:
    now = (await _fetched(row, executor)).get(field.name)
    if now != known:
        raise StaleObject(
            f"{type(row).__name__} {row.pk} was changed at {now}, after it was fetched ({field.name} {known}); "
            "refresh_from_db() and try again"
        )


class Saving(Entity):
    """An object that saves itself."""

    def save(
        self,
        *,
        using: Portal | AsyncPortal | None = None,
        params: Mapping[str, Any] | None = None,
        if_unchanged: bool = False,
        idempotency: str | None = None,
    ) -> None:
        """Adds a new object, or sends what was changed in it; without changes nothing is sent.

        >>> deal.opportunity = 500                                              # doctest: +SKIP
        >>> deal.save()                                                         # doctest: +SKIP

        Args:
            using: another portal than the one that it came from.
            params: ``params`` of the method: ``{"REGISTER_SONET_EVENT": "N"}``.
            if_unchanged: look first whether somebody else changed the row since it was fetched.
                A small gap remains between the look and the change.
            idempotency: ``origin``: a new row carries a key by which it is found when the answer is lost.

        Raises:
            InvalidValue: a field is read-only, can't be changed any more, or is missing; nothing was sent.
            StaleObject: somebody else changed the row; nothing was sent.
            OutcomeUnknown: the answer to an add was lost; it was not sent again.
        """
        save(self, using=using, params=params, if_unchanged=if_unchanged, idempotency=idempotency)

    async def asave(
        self,
        *,
        using: Portal | AsyncPortal | None = None,
        params: Mapping[str, Any] | None = None,
        if_unchanged: bool = False,
        idempotency: str | None = None,
    ) -> None:
        """As :meth:`save`, awaited."""
        await asave(self, using=using, params=params, if_unchanged=if_unchanged, idempotency=idempotency)

    def delete(self, *, using: Portal | AsyncPortal | None = None) -> None:
        """Deletes the row; the object keeps its values and loses its id.

        Raises:
            NotFound: there is no such row.
        """
        portal = portal_of(self, using)
        call = writing.delete_call(self)
        portal.run(lambda: _deleted(self, portal, call))

    async def adelete(self, *, using: Portal | AsyncPortal | None = None) -> None:
        """As :meth:`delete`, awaited."""
        portal = portal_of(self, using)
        call = writing.delete_call(self)
        await portal.arun(lambda: _deleted(self, portal, call))

    def refresh_from_db(self, fields: Sequence[str] = ()) -> None:
        """Reads the row again: every field, or these; changes that were not saved are lost.

        Raises:
            DoesNotExist: the row is gone.
        """
        portal = portal_of(self)
        portal.run(lambda: _refreshed(self, portal, fields))

    async def arefresh_from_db(self, fields: Sequence[str] = ()) -> None:
        """As :meth:`refresh_from_db`, awaited."""
        portal = portal_of(self)
        await portal.arun(lambda: _refreshed(self, portal, fields))

    # -- entries of phone, email, web, im, by their value ----------------------------

    def add_value(self, field: str, value: str, value_type: str = "WORK") -> Self:
        """One entry more in a list of values; saved by :meth:`save`.

        >>> contact.add_value("phone", "+7 900 000-00-00", "MOBILE").save()     # doctest: +SKIP
        """
        entries = _values(self, field)
        setattr(self, field, [*entries, MultiField(value=value, value_type=value_type)])
        return self

    def change_value(self, field: str, old: str, new: str, value_type: str | None = None) -> Self:
        """Another value for an entry.

        Raises:
            InvalidValue: there is no entry with this value.
        """
        entries = _values(self, field)
        _need(self, field, entries, old)
        changes = {"value": new} | ({"value_type": value_type} if value_type else {})
        setattr(self, field, [e.model_copy(update=changes) if e.value == old else e for e in entries])
        return self

    def remove_value(self, field: str, value: str) -> Self:
        """One entry less.

        Raises:
            InvalidValue: there is no entry with this value.
        """
        entries = _values(self, field)
        _need(self, field, entries, value)
        setattr(self, field, [entry for entry in entries if entry.value != value])
        return self


async def _deleted(row: Entity, portal: Any, call: Call) -> None:
    kind: Kind = "delete"
    await _written(row, portal.executor, Write(kind, call, repeatable=True), Writer(portal.executor))
    writing.after_delete(row)


def _values(row: Entity, field: str) -> Sequence[MultiField]:
    spec = row.__schema__.fields.get(field)
    if spec is None or spec.type != "crm_multifield":
        lists = [f.name for f in row.__schema__.fields.values() if f.type == "crm_multifield"]
        raise InvalidValue(f"{type(row).__name__}.{field} is no list of values; such are {', '.join(lists) or 'none'}")
    found: Sequence[MultiField] = getattr(row, field) if field in vars(row) or row.pk is not None else ()
    return found


def _need(row: Entity, field: str, entries: Sequence[MultiField], value: str) -> None:
    if not any(entry.value == value for entry in entries):
        known = ", ".join(repr(entry.value) for entry in entries) or "none"
        raise InvalidValue(f"{type(row).__name__}.{field} has no entry {value!r}; it has {known}")


