"""What a QuerySet does to many rows of which some exist: bulk_upsert, by a key of one's own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, Generic, cast

from typing_extensions import TypeVar

from b24orm.entity.base import Entity
from b24orm.entity.habits import familiar
from b24orm.errors import UsageError
from b24orm.orm import writing
from b24orm.orm.checks import check_fields, check_mapping
from b24orm.orm.collecting import acollected, collected
from b24orm.orm.jobs import Job, Options, Source, streamed
from b24orm.orm.results import RaiseOnError, WriteResult
from b24orm.plan.calls import Reply
from b24orm.plan.writes import Write, method_for
from b24orm.query.nodes import NOTHING, Query

if TYPE_CHECKING:
    from b24orm.orm.matching import Matching

__all__ = ["Upserts"]

M = TypeVar("M", bound=Entity)
K = TypeVar("K", default=Any)


class Upserts(Generic[M, K]):
    """Writes of many rows that are looked up first: those that are missing are added, others changed.

    Django calls it ``bulk_create(update_conflicts=True)``, and leaves it to a unique index. Bitrix24 has
    none, so here it has a name of its own.
    """

    if TYPE_CHECKING:
        _model: type[Entity]
        _query: Query

        @property
        def _backend(self) -> Any: ...

    @familiar
    def bulk_upsert(
        self,
        objs: Source[M],
        key: str | Sequence[str],
        *,
        update_fields: Sequence[str] | None = None,
        ordered: bool = False,
        raise_on_error: RaiseOnError = "group",
        journal: str | PathLike[str] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> list[WriteResult[M, K]]:
        """Adds the objects whose key no row has, and changes the rows of the others: up to 50 a request.

        The rows are looked up, some thousands at a time, and compared. A row that is as its object says is
        left alone; of another one only what differs is sent. ``result.outcome`` says what was done.

        >>> rows = [Deal(origin_id=f"A{n}", title=f"Order {n}") for n in range(1000)]   # doctest: +SKIP
        >>> results = Deal.objects.bulk_upsert(rows, key="origin_id")                # doctest: +SKIP
        >>> sum(result.outcome == "created" for result in results)                  # doctest: +SKIP
        1000

        Args:
            objs: objects, new as a rule: a list, a generator or an async generator. Of one that is a row
                already what was changed since is compared.
            key: the field, or the fields, that tell the objects apart: ``"origin_id"``,
                ``["originator_id", "origin_id"]``. Each object has a value in all of them.
            update_fields: what to change in rows that exist; whatever the objects have when None. An
                empty list adds what is missing, and changes nothing.
            ordered: a batch is sent when the one before it was answered.
            raise_on_error: ``group``: all errors at the end; ``first``: the first one ends the job;
                False: none is raised, they stand in the results.
            journal: a file that lets a killed job go on: run it again with the same items.
            params: ``params`` of the methods: ``{"REGISTER_SONET_EVENT": "N"}``.

        A key that two objects have, or two rows of the portal, is an error of these objects: neither is
        written. (Of a generator the first one may be written when the second is met.)

        Raises:
            WriteErrors: an ExceptionGroup of what went wrong; each error has its ``item``.
            OutcomeUnknown: (within) answers were lost and nobody can say what was done.
            JobStopped: the portal served it no more; says what is done, unknown and not sent.
            Unsupported: rows can't be looked up by this key.
        """
        options = Options(ordered, raise_on_error, journal)
        job = self._upserting(options, key, update_fields, params)
        return collected(job.run(objs), raise_on_error)

    @familiar
    async def abulk_upsert(
        self,
        objs: Source[M],
        key: str | Sequence[str],
        *,
        update_fields: Sequence[str] | None = None,
        ordered: bool = False,
        raise_on_error: RaiseOnError = "group",
        journal: str | PathLike[str] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> list[WriteResult[M, K]]:
        """As :meth:`bulk_upsert`, awaited."""
        options = Options(ordered, raise_on_error, journal)
        job = self._upserting(options, key, update_fields, params)
        return await acollected(job.arun(objs), raise_on_error)

    @familiar
    def stream_upsert(
        self,
        objs: Source[M],
        key: str | Sequence[str],
        *,
        update_fields: Sequence[str] | None = None,
        ordered: bool = False,
        journal: str | PathLike[str] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> Iterator[WriteResult[M, K]]:
        """As :meth:`bulk_upsert`, its results while it works; errors stand in them.

        Raises:
            JobStopped: the portal served it no more; says what is done, unknown and not sent.
        """
        return self._upserting(streamed(ordered, journal), key, update_fields, params).run(objs)

    @familiar
    def astream_upsert(
        self,
        objs: Source[M],
        key: str | Sequence[str],
        *,
        update_fields: Sequence[str] | None = None,
        ordered: bool = False,
        journal: str | PathLike[str] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> AsyncIterator[WriteResult[M, K]]:
        """As :meth:`stream_upsert`, for ``async for``."""
        return self._upserting(streamed(ordered, journal), key, update_fields, params).arun(objs)

    def _upserting(
        self,
        options: Options,
        key: str | Sequence[str],
        update_fields: Sequence[str] | None,
        params: Mapping[str, Any] | None,
    ) -> Job[M]:
        from b24orm.orm.keys import key_of  # what most scripts do without
        from b24orm.orm.matching import Matching
        from b24orm.orm.standing import Standing

        model, portal = self._model, self._backend
        schema = model.__schema__
        if self._query.sliced or self._query.where == NOTHING:
            raise UsageError(
                "bulk_upsert() can't follow a slice or none(): rows outside would be added again"
            )
        check_mapping("params", params)
        known = key_of(model, key)
        only = None if update_fields is None else frozenset(check_fields(model, update_fields))
        adds = method_for(schema, "add")
        standing = Standing(cast("type[M]", model), self._query, known, portal)
        changes = method_for(schema, "update") if only is None or only else None
        scout = Matching(standing, only, dict(params or {}), halt=options.raise_on_error == "first")
        return Job(
            "add",
            model,
            portal,
            options,
            call=lambda row: writing.add_call(row, params or {}),
            repeatable=lambda _: False,
            settle=lambda row, write, reply: self._upserted(row, write, reply, scout),
            scout=scout,
            finder=standing,
            task=f"{adds.name} or {changes.name if changes else 'nothing'} by {', '.join(known.names)}",
        )

    @staticmethod
    def _upserted(row: M, write: Write, reply: Reply, scout: Matching[M]) -> Any:
        """Takes in that an object was written, and gives the id."""
        if write.kind == "add":
            return writing.after_add(row, write.call, reply, scout.standing.portal)
        scout.took(row, write.target)
        return write.target
