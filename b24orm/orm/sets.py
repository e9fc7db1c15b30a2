"""What a QuerySet does to whatever fits its conditions: update and delete."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Generic, cast

from typing_extensions import TypeVar

from b24orm.entity.base import Entity
from b24orm.entity.dump import changed, repeatable
from b24orm.errors import InvalidValue, UsageError
from b24orm.orm.collecting import acounted, counted
from b24orm.orm.explain import explained
from b24orm.orm.jobs import Job, Options
from b24orm.plan import writes
from b24orm.plan.calls import Call
from b24orm.plan.compiler import compile_query
from b24orm.plan.parents import known_parents
from b24orm.query.nodes import EVERYTHING, Query
from b24orm.schema import EntitySchema

__all__ = ["SetWrites"]

M = TypeVar("M", bound=Entity)


class SetWrites(Generic[M]):
    """Writes of all rows that fit.

    The generated QuerySets add the types of the keywords; at run time they are here.
    """

    if TYPE_CHECKING:
        _model: type[Entity]
        _query: Query

        @property
        def _backend(self) -> Any: ...

    else:

        def update(self, **changes: Any) -> int:
            """Changes every row of this set; gives their number. Asks for nothing but the ids.

            >>> Deal.objects.filter(stage="NEW").update(assigned_by=7)              # doctest: +SKIP

            Raises:
                InvalidValue: a value does not fit, or the field can't be changed.
                UsageError: the set has no condition.
                WriteErrors: some rows could not be changed.
            """
            job, ids = self._update_job(changes), self._ids("update")
            return counted(job.run(ids.iterator()))

        async def aupdate(self, **changes: Any) -> int:
            """As :meth:`update`, awaited."""
            job, ids = self._update_job(changes), self._ids("update")
            return await acounted(job.arun(ids.aiterator()))

        def explain_update(self, **changes: Any) -> str:
            """How :meth:`update` would go about it; nothing is sent."""
            call = self._update_job(changes).call(0)
            return self._explained("update", call)

    def delete(self) -> int:
        """Deletes every row of this set; gives their number. Asks for nothing but the ids.

        >>> Deal.objects.filter(stage="LOSE", date_create__lt="2015-01-01").delete()    # doctest: +SKIP

        Raises:
            UsageError: the set has no condition.
            WriteErrors: some rows could not be deleted.
        """
        job, ids = self._delete_job(), self._ids("delete")
        return counted(job.run(ids.iterator()))

    async def adelete(self) -> int:
        """As :meth:`delete`, awaited."""
        job, ids = self._delete_job(), self._ids("delete")
        return await acounted(job.arun(ids.aiterator()))

    def explain_delete(self) -> str:
        """How :meth:`delete` would go about it; nothing is sent."""
        return self._explained("delete", self._delete_job().call(0))

    def _explained(self, what: str, call: Call | None) -> str:
        assert call is not None  # a set writes every row alike
        plan = explained(compile_query(self._ids(what).query))
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

    def _update_job(self, changes: Mapping[str, Any]) -> Job[Any]:
        schema, fields = self._model.__schema__, _fields(self._model, changes)
        parents = writes.parents(schema, known_parents(self._query), "update")
        return self._job(
            "update",
            lambda row_id: writes.update(schema, row_id, fields, parents, {}),
            repeatable=repeatable(fields),
        )

    def _delete_job(self) -> Job[Any]:
        schema = self._model.__schema__
        parents = writes.parents(schema, known_parents(self._query), "delete")
        return self._job("delete", lambda row_id: writes.delete(schema, row_id, parents), repeatable=True)

    def _job(self, kind: writes.Kind, call: Callable[[Any], Call], *, repeatable: bool) -> Job[Any]:
        return Job(
            kind,
            self._model,
            self._backend,
            Options(),
            call,
            repeatable=lambda _: repeatable,
            settle=lambda row_id, *_: row_id,
            alike=True,
        )


def _fields(model: type[Entity], changes: Mapping[str, Any]) -> dict[str, Any]:
    """What is sent of each row that is to be changed."""
    schema = model.__schema__
    if not changes:
        raise InvalidValue("update() takes at least one field to change")
    _check_partial(schema)
    made = model(**changes)
    if made.pk is not None:
        raise InvalidValue(
            f"update() can't change {schema.name}.{schema.id_name}: it says which row a row is"
        )
    if any(schema.fields[n].type == "crm_multifield" for n in made.changed if n in schema.fields):
        raise InvalidValue("update() can't change lists of values; change the objects and save them")
    return changed(made)


class _Ids:
    """The ids of a set of rows, for sync and async code."""

    def __init__(self, rows: Any) -> None:
        self._rows = rows
        self.query: Query = rows.query
        self._shifts = compile_query(self.query).strategy in ("OffsetPages", "UntilEmpty")

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


def _check_partial(schema: EntitySchema) -> None:
    """Refuses a change of some fields where the portal clears the others."""
    method = schema.method("update")
    if method is not None and method.whole_key is not None:
        raise InvalidValue(
            f"{method.name} clears every field that it is not sent: fetch the rows, change and save them"
        )
