"""What a QuerySet writes: create, get_or_create, update, delete, and many rows at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import replace
from os import PathLike
from typing import TYPE_CHECKING, Any, Generic, Literal, cast

from typing_extensions import TypeVar

from b24orm.entity.base import Entity
from b24orm.entity.dump import changed, repeatable
from b24orm.errors import InvalidValue, UsageError
from b24orm.orm import writing
from b24orm.orm.explain import explained
from b24orm.orm.jobs import Job, Options, Source, acollected, collected
from b24orm.orm.results import RaiseOnError, WriteResult
from b24orm.orm.saving import asave, save
from b24orm.plan import writes
from b24orm.plan.calls import Call
from b24orm.plan.compiler import compile_query
from b24orm.plan.origin import origin_of
from b24orm.query.nodes import EVERYTHING, Query

__all__ = ["Idempotency", "Writes"]

M = TypeVar("M", bound=Entity)
Idempotency = Literal["origin"] | None


class Writes(Generic[M]):
    """The writing half of a QuerySet.

    Bulk writes take lists, generators and async generators, and run in batches. ``bulk_*`` hold the
    results of all items; ``stream_*`` hand them out while they work, in constant memory. Each has a
    twin for asynchronous code: ``abulk_*``, ``astream_*``.
    """

    if TYPE_CHECKING:
        _model: type[Entity]
        _query: Query

        @property
        def _backend(self) -> Any: ...

    # -- one row ---------------------------------------------------------------------

    def create(self, **values: Any) -> M:
        """A new row, saved. Rule: the entity's ``add``.

        >>> Deal.objects.create(title="Roof", stage="NEW", company=company)     # doctest: +SKIP

        Raises:
            InvalidValue: a value does not fit, a required field is missing; nothing was sent.
            OutcomeUnknown: the answer was lost; it was not sent again.
        """
        made = self._model(**values)
        save(made, using=self._backend, force_add=True)
        return cast("M", made)

    async def acreate(self, **values: Any) -> M:
        """As :meth:`create`, awaited."""
        made = self._model(**values)
        await asave(made, using=self._backend, force_add=True)
        return cast("M", made)

    def get_or_create(self, defaults: Mapping[str, Any] | None = None, **lookups: Any) -> tuple[M, bool]:
        """The row with these values, made if there is none; and whether it was made.

        The portal knows no unique fields: two programs at the same time may both make one.

        Args:
            defaults: further values for a new row.
            lookups: values that the row has, by equality; a new row gets them too.

        Raises:
            MultipleObjects: several rows have these values.
        """
        _equalities(lookups)
        try:
            return cast("Any", self).get(**lookups), False
        except self._model.DoesNotExist:
            return self.create(**{**lookups, **(defaults or {})}), True

    async def aget_or_create(
        self, defaults: Mapping[str, Any] | None = None, **lookups: Any
    ) -> tuple[M, bool]:
        """As :meth:`get_or_create`, awaited."""
        _equalities(lookups)
        try:
            return await cast("Any", self).aget(**lookups), False
        except self._model.DoesNotExist:
            return await self.acreate(**{**lookups, **(defaults or {})}), True

    def update_or_create(self, defaults: Mapping[str, Any] | None = None, **lookups: Any) -> tuple[M, bool]:
        """The row with these values, changed to hold ``defaults`` too; made if there is none."""
        found, made = self.get_or_create(defaults, **lookups)
        if not made:
            _assign(found, defaults or {})
            save(found, using=self._backend)
        return found, made

    async def aupdate_or_create(
        self, defaults: Mapping[str, Any] | None = None, **lookups: Any
    ) -> tuple[M, bool]:
        """As :meth:`update_or_create`, awaited."""
        found, made = await self.aget_or_create(defaults, **lookups)
        if not made:
            _assign(found, defaults or {})
            await asave(found, using=self._backend)
        return found, made

    # -- many new rows ---------------------------------------------------------------

    def bulk_create(
        self,
        objs: Source[M],
        *,
        ordered: bool = False,
        raise_on_error: RaiseOnError = "group",
        idempotency: Idempotency = None,
        journal: str | PathLike[str] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> list[WriteResult[M]]:
        """New rows for many objects, up to 50 a request; each object gets its id.

        >>> Deal.objects.bulk_create(Deal(title=f"Deal {n}") for n in range(500))   # doctest: +SKIP

        Args:
            objs: new objects: a list, a generator or an async generator.
            ordered: keep their order: a batch is sent when the one before it was answered.
            raise_on_error: ``group``: all errors at the end; ``first``: the first one ends the job;
                False: none is raised, they stand in the results.
            idempotency: ``origin``: each row carries a key in ORIGIN_ID (or XML_ID), by which its
                fate is found when an answer is lost; without it such a row's outcome is unknown.
            journal: a file that lets a killed job go on: run it again with the same items.
            params: ``params`` of the method: ``{"REGISTER_SONET_EVENT": "N"}``.

        Raises:
            WriteErrors: an ExceptionGroup of what went wrong; each error has its ``item``.
            OutcomeUnknown: (within) answers were lost and nobody can say what was done.
            Unsupported: ``idempotency`` is not possible with this entity.
        """
        options = Options(ordered, raise_on_error, journal)
        return collected(self._creating(options, idempotency, params).run(objs), raise_on_error)

    async def abulk_create(
        self,
        objs: Source[M],
        *,
        ordered: bool = False,
        raise_on_error: RaiseOnError = "group",
        idempotency: Idempotency = None,
        journal: str | PathLike[str] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> list[WriteResult[M]]:
        """As :meth:`bulk_create`, awaited."""
        options = Options(ordered, raise_on_error, journal)
        return await acollected(self._creating(options, idempotency, params).arun(objs), raise_on_error)

    def stream_create(
        self,
        objs: Source[M],
        *,
        ordered: bool = False,
        idempotency: Idempotency = None,
        journal: str | PathLike[str] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> Iterator[WriteResult[M]]:
        """As :meth:`bulk_create`, its results while it works; errors stand in them."""
        return self._creating(
            Options(ordered, raise_on_error=False, journal=journal), idempotency, params
        ).run(objs)

    def astream_create(
        self,
        objs: Source[M],
        *,
        ordered: bool = False,
        idempotency: Idempotency = None,
        journal: str | PathLike[str] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> AsyncIterator[WriteResult[M]]:
        """As :meth:`stream_create`, for ``async for``."""
        return self._creating(
            Options(ordered, raise_on_error=False, journal=journal), idempotency, params
        ).arun(objs)

    def _creating(
        self, options: Options, idempotency: Idempotency, params: Mapping[str, Any] | None
    ) -> Job[M]:
        if idempotency not in ("origin", None):
            raise InvalidValue(f"idempotency is 'origin' or None, not {idempotency!r}")
        portal, schema = self._backend, self._model.__schema__

        def call(row: M) -> Call:
            _own(self._model, row)
            if row.pk is not None and schema.id_field.read_only:
                raise InvalidValue(f"this {schema.name} has the id {row.pk} already: use bulk_update()")
            return writing.add_call(row, params or {})

        return Job(
            "add",
            self._model,
            portal,
            options,
            call,
            repeatable=lambda _: False,
            settle=lambda row, call, reply: writing.after_add(row, call, reply, portal),
            origin=origin_of(schema, schema.fixed_params) if idempotency == "origin" else None,
        )

    # -- many changed rows -----------------------------------------------------------

    def bulk_update(
        self,
        objs: Source[M],
        fields: Sequence[str] | None = None,
        *,
        ordered: bool = False,
        raise_on_error: RaiseOnError = "group",
        journal: str | PathLike[str] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> list[WriteResult[M]]:
        """Saves the changes of many objects, up to 50 a request.

        Args:
            objs: objects with an id: a list, a generator or an async generator.
            fields: what to send of each; what was changed in it when None.
            ordered, raise_on_error, journal, params: as in :meth:`bulk_create`.

        Raises:
            WriteErrors: an ExceptionGroup of what went wrong; each error has its ``item``.
        """
        options = Options(ordered, raise_on_error, journal)
        return collected(self._updating(options, fields, params).run(objs), raise_on_error)

    async def abulk_update(
        self,
        objs: Source[M],
        fields: Sequence[str] | None = None,
        *,
        ordered: bool = False,
        raise_on_error: RaiseOnError = "group",
        journal: str | PathLike[str] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> list[WriteResult[M]]:
        """As :meth:`bulk_update`, awaited."""
        options = Options(ordered, raise_on_error, journal)
        return await acollected(self._updating(options, fields, params).arun(objs), raise_on_error)

    def _updating(
        self, options: Options, fields: Sequence[str] | None, params: Mapping[str, Any] | None
    ) -> Job[M]:
        portal, schema = self._backend, self._model.__schema__
        only = None if fields is None else [cast("Any", self)._field(name).name for name in fields]

        def call(row: M) -> Call:
            _own(self._model, row)
            made = writing.update_call(row, params or {}, only, empty=True)
            assert made is not None
            return made

        return Job(
            "update",
            self._model,
            portal,
            options,
            call,
            repeatable=lambda call: repeatable(writes.sent_fields(schema, call)),
            settle=lambda row, *_: writing.after_update(row, portal),
        )

    # -- rows that are gone ----------------------------------------------------------

    def bulk_delete(
        self,
        objs: Source[M],
        *,
        ordered: bool = False,
        raise_on_error: RaiseOnError = "group",
        journal: str | PathLike[str] | None = None,
    ) -> list[WriteResult[M]]:
        """Deletes the rows of many objects, in batches.

        Args:
            objs: objects with an id: a list, a generator or an async generator.
            ordered, raise_on_error, journal: as in :meth:`bulk_create`.
        """
        return collected(self._deleting(Options(ordered, raise_on_error, journal)).run(objs), raise_on_error)

    async def abulk_delete(
        self,
        objs: Source[M],
        *,
        ordered: bool = False,
        raise_on_error: RaiseOnError = "group",
        journal: str | PathLike[str] | None = None,
    ) -> list[WriteResult[M]]:
        """As :meth:`bulk_delete`, awaited."""
        job = self._deleting(Options(ordered, raise_on_error, journal))
        return await acollected(job.arun(objs), raise_on_error)

    def _deleting(self, options: Options) -> Job[M]:
        def call(row: M) -> Call:
            _own(self._model, row)
            return writing.delete_call(row)

        return Job(
            "delete",
            self._model,
            self._backend,
            options,
            call,
            repeatable=lambda _: True,
            settle=lambda row, *_: writing.after_delete(row),
        )

    # -- whatever fits the conditions ------------------------------------------------

    def update(self, **changes: Any) -> int:
        """Changes every row of this set; gives their number. Asks for nothing but the ids.

        >>> Deal.objects.filter(stage="NEW").update(assigned_by=7)              # doctest: +SKIP

        Raises:
            InvalidValue: a value does not fit, or the field can't be changed.
            UsageError: the set has no condition.
            WriteErrors: some rows could not be changed.
        """
        job, ids = self._by_id("update", changes), self._ids("update")
        return len(collected(job.run(ids.iterator()), "group"))

    async def aupdate(self, **changes: Any) -> int:
        """As :meth:`update`, awaited."""
        job, ids = self._by_id("update", changes), self._ids("update")
        return len(await acollected(job.arun(ids.aiterator()), "group"))

    def delete(self) -> int:
        """Deletes every row of this set; gives their number. Asks for nothing but the ids.

        >>> Deal.objects.filter(stage="LOSE", date_create__lt="2015-01-01").delete()    # doctest: +SKIP

        Raises:
            UsageError: the set has no condition.
            WriteErrors: some rows could not be deleted.
        """
        job, ids = self._by_id("delete", None), self._ids("delete")
        return len(collected(job.run(ids.iterator()), "group"))

    async def adelete(self) -> int:
        """As :meth:`delete`, awaited."""
        job, ids = self._by_id("delete", None), self._ids("delete")
        return len(await acollected(job.arun(ids.aiterator()), "group"))

    def explain_update(self, **changes: Any) -> str:
        """How :meth:`update` would go about it; nothing is sent."""
        call = self._by_id("update", changes).call(0)
        return self._explained("update", call)

    def explain_delete(self) -> str:
        """How :meth:`delete` would go about it; nothing is sent."""
        return self._explained("delete", self._by_id("delete", None).call(0))

    def _explained(self, what: str, call: Call) -> str:
        plan = explained(compile_query(self._ids(what)._query))
        sent = {key: value for key, value in call.params.items() if value != 0}
        return f"{plan}\nthen each row: {call.method} {sent}\n  requests  1 for up to 50 rows"

    def _ids(self, what: str) -> Any:
        """The ids of the rows; all of them first, where pages would shift under the writes."""
        if self._query.where == EVERYTHING and not self._query.sliced:
            raise UsageError(
                f"{what}() without a condition would touch every {self._model.__schema__.name} there is; "
                f"if that is meant, say filter({self._model.__schema__.id_name}__gt=0).{what}()"
            )
        rows = cast("Any", self)._with(replace(self._query, select=(self._model.__schema__.id_field,)))
        return _Ids(rows.values_list(self._model.__schema__.id_name, flat=True))

    def _by_id(self, kind: writes.Kind, changes: Mapping[str, Any] | None) -> Job[Any]:
        schema, params = self._model.__schema__, dict(self._query.params)
        fields: dict[str, Any] = {}
        if changes is not None:
            if not changes:
                raise InvalidValue("update() takes at least one field to change")
            made = self._model(**changes)
            if any(schema.fields[n].type == "crm_multifield" for n in made.changed if n in schema.fields):
                raise InvalidValue("update() can't change lists of values; change the objects and save them")
            fields = changed(made)
        parents = writes.parents(schema, params)

        def call(row_id: Any) -> Call:
            if kind == "delete":
                return writes.delete(schema, row_id, parents)
            return writes.update(schema, row_id, fields, parents, {})

        return Job(
            kind,
            self._model,
            self._backend,
            Options(),
            call,
            repeatable=lambda _: kind == "delete" or repeatable(fields),
            settle=lambda row_id, *_: row_id,
        )


class _Ids:
    """The ids of a set of rows, for sync and async code."""

    def __init__(self, rows: Any) -> None:
        self._rows = rows
        self._query: Query = rows._query
        self._shifts = compile_query(self._query).strategy == "OffsetPages"

    def iterator(self) -> Iterator[Any]:
        """The ids, one by one."""
        return iter(list(self._rows)) if self._shifts else self._rows.iterator()

    async def aiterator(self) -> AsyncIterator[Any]:
        """The ids, one by one."""
        source = await self._rows if self._shifts else None
        if source is not None:
            for row_id in source:
                yield row_id
            return
        async for row_id in self._rows.aiterator():
            yield row_id


def _own(model: type[Entity], row: object) -> None:
    if not isinstance(row, model):
        raise InvalidValue(f"{model.__name__}.objects writes {model.__name__} objects, not {row!r}")


def _equalities(lookups: Mapping[str, Any]) -> None:
    for name in lookups:
        if "__" in name:
            raise InvalidValue(
                f"get_or_create() compares by equality: {name!r} can't be given to a new row; "
                "use filter(...).first() and create()"
            )


def _assign(row: Entity, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)
