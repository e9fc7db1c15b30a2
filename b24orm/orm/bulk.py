"""What a QuerySet does to many rows at a time: bulk_create, bulk_update, bulk_delete."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, Generic

from typing_extensions import TypeVar

from b24orm.entity.base import Entity
from b24orm.entity.dump import repeatable
from b24orm.entity.habits import familiar
from b24orm.errors import InvalidValue
from b24orm.orm import writing
from b24orm.orm.checks import check_fields, check_mapping, check_own
from b24orm.orm.collecting import acollected, collected
from b24orm.orm.jobs import Job, Options, Source, streamed
from b24orm.orm.results import RaiseOnError, WriteResult
from b24orm.orm.saving import Idempotency, check_idempotency
from b24orm.plan import writes
from b24orm.plan.calls import Call
from b24orm.plan.origin import origin_of
from b24orm.query.nodes import Query

__all__ = ["BulkWrites"]

M = TypeVar("M", bound=Entity)
K = TypeVar("K", default=Any)


class BulkWrites(Generic[M, K]):
    """Writes of many rows.

    Bulk writes take lists, generators and async generators, and run in batches. ``bulk_*`` hold the
    results of all items; ``stream_*`` hand them out while they work, in constant memory. Each has a
    twin for asynchronous code: ``abulk_*``, ``astream_*``.
    """

    if TYPE_CHECKING:
        _model: type[Entity]
        _query: Query

        @property
        def _backend(self) -> Any: ...

    # -- many new rows ---------------------------------------------------------------

    @familiar
    def bulk_create(
        self,
        objs: Source[M],
        *,
        ordered: bool = False,
        raise_on_error: RaiseOnError = "group",
        idempotency: Idempotency = "values",
        journal: str | PathLike[str] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> list[WriteResult[M, K]]:
        """New rows for many objects, up to 50 a request; each object gets its id.

        >>> Deal.objects.bulk_create(Deal(title=f"Deal {n}") for n in range(500))   # doctest: +SKIP

        Args:
            objs: new objects: a list, a generator or an async generator.
            ordered: keep their order: a batch is sent when the one before it was answered.
            raise_on_error: ``group``: all errors at the end; ``first``: the first one ends the job;
                False: none is raised, they stand in the results.
            idempotency: how the fate of a row is found when its answer is lost. ``values``: by what was
                sent, if that leaves no doubt. ``origin``: each row carries a key in ORIGIN_ID (or
                XML_ID). None: it is unknown.
            journal: a file that lets a killed job go on: run it again with the same items. Take it together
                with ``origin``: of rows that were under way without a key not all may be found.
            params: ``params`` of the method: ``{"REGISTER_SONET_EVENT": "N"}``.

        Raises:
            WriteErrors: an ExceptionGroup of what went wrong; each error has its ``item``.
            OutcomeUnknown: (within) answers were lost and nobody can say what was done.
            JobStopped: the portal served it no more; says what is done, unknown and not sent.
            Unsupported: ``idempotency`` is not possible with this entity.
        """
        options = Options(ordered, raise_on_error, journal)
        return collected(self._creating(options, idempotency, params).run(objs), raise_on_error)

    @familiar
    async def abulk_create(
        self,
        objs: Source[M],
        *,
        ordered: bool = False,
        raise_on_error: RaiseOnError = "group",
        idempotency: Idempotency = "values",
        journal: str | PathLike[str] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> list[WriteResult[M, K]]:
        """As :meth:`bulk_create`, awaited."""
        options = Options(ordered, raise_on_error, journal)
        return await acollected(self._creating(options, idempotency, params).arun(objs), raise_on_error)

    def stream_create(
        self,
        objs: Source[M],
        *,
        ordered: bool = False,
        idempotency: Idempotency = "values",
        journal: str | PathLike[str] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> Iterator[WriteResult[M, K]]:
        """As :meth:`bulk_create`, its results while it works; errors stand in them.

        Raises:
            JobStopped: the portal served it no more; says what is done, unknown and not sent.
        """
        return self._creating(streamed(ordered, journal), idempotency, params).run(objs)

    def astream_create(
        self,
        objs: Source[M],
        *,
        ordered: bool = False,
        idempotency: Idempotency = "values",
        journal: str | PathLike[str] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> AsyncIterator[WriteResult[M, K]]:
        """As :meth:`stream_create`, for ``async for``."""
        return self._creating(streamed(ordered, journal), idempotency, params).arun(objs)

    def _creating(
        self, options: Options, idempotency: Idempotency, params: Mapping[str, Any] | None
    ) -> Job[M]:
        check_idempotency(idempotency)
        check_mapping("params", params)
        portal, schema = self._backend, self._model.__schema__

        def call(row: M) -> Call:
            check_own(self._model, row)
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
            settle=lambda row, write, reply: writing.after_add(row, write.call, reply, portal),
            origin=origin_of(schema, schema.fixed_params) if idempotency == "origin" else None,
            by_values=idempotency == "values",
        )

    # -- many changed rows -----------------------------------------------------------

    @familiar
    def bulk_update(
        self,
        objs: Source[M],
        fields: Sequence[str] | None = None,
        *,
        ordered: bool = False,
        raise_on_error: RaiseOnError = "group",
        journal: str | PathLike[str] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> list[WriteResult[M, K]]:
        """Saves the changes of many objects, up to 50 a request.

        Args:
            objs: objects with an id: a list, a generator or an async generator.
            fields: what to send of each; what was changed in it when None, and nothing of a row without
                changes: to the portal an update is one, also if it brings nothing.
            ordered, raise_on_error, journal, params: as in :meth:`bulk_create`.

        Raises:
            WriteErrors: an ExceptionGroup of what went wrong; each error has its ``item``.
            JobStopped: the portal served it no more; says what is done, unknown and not sent.
        """
        options = Options(ordered, raise_on_error, journal)
        return collected(self._updating(options, fields, params).run(objs), raise_on_error)

    @familiar
    async def abulk_update(
        self,
        objs: Source[M],
        fields: Sequence[str] | None = None,
        *,
        ordered: bool = False,
        raise_on_error: RaiseOnError = "group",
        journal: str | PathLike[str] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> list[WriteResult[M, K]]:
        """As :meth:`bulk_update`, awaited."""
        options = Options(ordered, raise_on_error, journal)
        return await acollected(self._updating(options, fields, params).arun(objs), raise_on_error)

    def stream_update(
        self,
        objs: Source[M],
        fields: Sequence[str] | None = None,
        *,
        ordered: bool = False,
        journal: str | PathLike[str] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> Iterator[WriteResult[M, K]]:
        """As :meth:`bulk_update`, its results while it works; errors stand in them.

        >>> def closed():                                                       # doctest: +SKIP
        ...     for deal in Deal.objects.filter(stage="WON").iterator():
        ...         deal.closed = True
        ...         yield deal
        >>> failed = [r for r in Deal.objects.stream_update(closed()) if not r.ok]    # doctest: +SKIP
        """
        return self._updating(streamed(ordered, journal), fields, params).run(objs)

    def astream_update(
        self,
        objs: Source[M],
        fields: Sequence[str] | None = None,
        *,
        ordered: bool = False,
        journal: str | PathLike[str] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> AsyncIterator[WriteResult[M, K]]:
        """As :meth:`stream_update`, for ``async for``."""
        return self._updating(streamed(ordered, journal), fields, params).arun(objs)

    def _updating(
        self, options: Options, fields: Sequence[str] | None, params: Mapping[str, Any] | None
    ) -> Job[M]:
        portal, schema = self._backend, self._model.__schema__
        check_mapping("params", params)
        only = None if fields is None else check_fields(self._model, fields)

        def call(row: M) -> Call | None:
            check_own(self._model, row)
            return writing.update_call(row, params or {}, only)

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
    ) -> list[WriteResult[M, K]]:
        """Deletes the rows of many objects, in batches.

        Args:
            objs: objects with an id: a list, a generator or an async generator.
            ordered, raise_on_error, journal: as in :meth:`bulk_create`.

        Raises:
            WriteErrors: an ExceptionGroup of what went wrong; each error has its ``item``.
            JobStopped: the portal served it no more; says what is done, unknown and not sent.
        """
        return collected(self._deleting(Options(ordered, raise_on_error, journal)).run(objs), raise_on_error)

    async def abulk_delete(
        self,
        objs: Source[M],
        *,
        ordered: bool = False,
        raise_on_error: RaiseOnError = "group",
        journal: str | PathLike[str] | None = None,
    ) -> list[WriteResult[M, K]]:
        """As :meth:`bulk_delete`, awaited."""
        job = self._deleting(Options(ordered, raise_on_error, journal))
        return await acollected(job.arun(objs), raise_on_error)

    def stream_delete(
        self, objs: Source[M], *, ordered: bool = False, journal: str | PathLike[str] | None = None
    ) -> Iterator[WriteResult[M, K]]:
        """As :meth:`bulk_delete`, its results while it works; errors stand in them."""
        return self._deleting(streamed(ordered, journal)).run(objs)

    def astream_delete(
        self, objs: Source[M], *, ordered: bool = False, journal: str | PathLike[str] | None = None
    ) -> AsyncIterator[WriteResult[M, K]]:
        """As :meth:`stream_delete`, for ``async for``."""
        return self._deleting(streamed(ordered, journal)).arun(objs)

    def _deleting(self, options: Options) -> Job[M]:
        def call(row: M) -> Call:
            check_own(self._model, row)
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
