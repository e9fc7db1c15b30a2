"""Incremental sync: the rows that changed since the last time, each version once.

A sync looks at a window of the server's own time: from ``since`` up to the second in which it begins. What
changes while it reads leaves the window and waits for the next one, so a row is never read half way
between two versions. The next window begins a little before this one ended (``overlap``), for changes that
the server shows late; what was handed out from there is remembered by id and moment, and is not handed out
again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Generic

from typing_extensions import Self, TypeVar

from b24orm.entity.base import Entity
from b24orm.errors import InvalidValue, ServerFailure, Unsupported, UsageError
from b24orm.executor.executor import Executor
from b24orm.guard import guard
from b24orm.orm.window import Window
from b24orm.plan.calls import Call
from b24orm.query.nodes import Query
from b24orm.schema import EntitySchema, FieldSchema

__all__ = ["Changes", "Syncs", "modified_field"]

M = TypeVar("M", bound=Entity)

_EMPTY_AT_FIRST: Final = (
    "Requisite",
    "BankDetail",
    "RequisitePreset",
    "BiconnectorDataset",
    "BiconnectorSource",
)
"""Entities whose new rows have no such moment: they would be missed until they are changed."""
_UNCHANGED: Final[Mapping[str, str]] = {"Task": "created_date"}
"""What counts as the moment of a row that has none; the list method reads it so too."""
_OVERLAP: Final = timedelta(minutes=5)
_LEAST: Final = timedelta(seconds=1)


def modified_field(schema: EntitySchema) -> FieldSchema:
    """The field that says when a row was changed last.

    Raises:
        Unsupported: there is none, or the list method can't be asked by it.

    >>> from b24orm.facts import load
    >>> modified_field(load("Deal")).name, modified_field(load("Task")).name
    ('date_modify', 'changed_date')
    """
    found = schema.modified
    if found is None or found.type != "datetime":
        raise Unsupported(f"{schema.name} has no field that says when a row was changed; see events")
    if schema.name in _EMPTY_AT_FIRST:
        raise Unsupported(
            f"{schema.name}.{found.name} is empty until a row's first change, so new rows "
            f"would be missed; see events"
        )
    if schema.list is None or not (found.filterable and found.selectable):
        raise Unsupported(f"{schema.name} can't be listed by its {found.name}; see events")
    if schema.key is None or schema.key.type != "integer" or not schema.list.keyset:
        raise Unsupported(f"{schema.name} can't be listed in the order of its ids; see events")
    return found


def _moments(schema: EntitySchema) -> tuple[FieldSchema, ...]:
    """The fields that tell a row's moment; where the first is empty the second counts."""
    second = _UNCHANGED.get(schema.name)
    return (modified_field(schema), *((schema.fields[second],) if second else ()))


class Changes(Generic[M]):
    """The changed rows, for ``for`` and ``async for``, and the cursor to go on from.

    A loop that ended is complete; the next one over the same object is the next sync. A loop that was
    left goes on with the row that it was left at.

    >>> sync = Deal.objects.changed_since(None)                                 # doctest: +SKIP
    >>> titles = {deal.id: deal.title for deal in sync}                         # doctest: +SKIP
    >>> save(json.dumps(sync.cursor))                                           # doctest: +SKIP
    """

    def __init__(
        self,
        schema: EntitySchema,
        window: Window,
        overlap: timedelta,
        *,
        rows: Callable[[Mapping[str, Any]], Any],
        portal: Callable[[], Any],
    ) -> None:
        self._schema = schema
        self._moments = _moments(schema)
        self._window = window
        self._overlap = overlap
        self._rows = rows
        self._portal = portal
        self._in_hand: M | None = None

    @property
    def cursor(self) -> dict[str, Any]:
        """Where the sync stands, as plain values for ``json.dumps``.

        It counts the row in hand as done: save it together with what you made of the row, or after it.
        """
        return self._window.to_json(self._schema.name)

    def __iter__(self) -> Iterator[M]:
        portal = self._portal()
        self._begin(portal.run(lambda: _server_time(portal.executor)))
        if self._in_hand is not None:
            yield self._in_hand
        for row in self._part().iterator():
            if self._take(row):
                yield row
        self._end()

    async def __aiter__(self) -> AsyncIterator[M]:
        portal = self._portal()
        self._begin(await portal.arun(lambda: _server_time(portal.executor)))
        if self._in_hand is not None:
            yield self._in_hand
        async with aclosing(self._part().aiterator()) as rows:
            async for row in rows:
                if self._take(row):
                    yield row
        self._end()

    def __repr__(self) -> str:
        return f"<Changes of {self._schema.name} since {self._window.since}>"

    # -- inside

    def _begin(self, now: datetime) -> None:
        self._window = self._window.begun(now)

    def _part(self) -> Any:
        """What is left to read of the window."""
        window, name = self._window, self._moments[0].name
        lookups: dict[str, Any] = {f"{name}__lt": window.until}
        if window.since is not None:
            lookups[f"{name}__gte"] = window.since
        if window.after is not None:
            lookups[f"{self._schema.id_field.name}__gt"] = window.after
        return self._rows(lookups)

    def _take(self, row: M) -> bool:
        """Notes a row; whether it is to be handed out."""
        key, told = row.pk, [getattr(row, field.name) for field in self._moments]
        moment = next((value for value in told if value is not None), None)
        if not isinstance(key, int) or not isinstance(moment, datetime):
            raise ServerFailure("NO_MOMENT", f"{self._moments[0].wire} of the row {key!r} is {moment!r}")
        stamp = int(moment.timestamp())
        known = self._window.seen.get(key) == stamp
        self._window = self._window.with_row(key, stamp, self._overlap)
        self._in_hand = None if known else row
        return not known

    def _end(self) -> None:
        self._in_hand = None
        self._window = self._window.complete(self._overlap)


class Syncs(Generic[M]):
    """Incremental sync, as a QuerySet offers it."""

    if TYPE_CHECKING:
        _query: Query

        @property
        def _backend(self) -> Any: ...
        def _where(self, conditions: Any, lookups: Any, *, negated: bool = False) -> Self: ...
        def _with(self, query: Query) -> Self: ...

    @guard
    def changed_since(
        self, since: datetime | Mapping[str, Any] | None, *, overlap: timedelta = _OVERLAP
    ) -> Changes[M]:
        """The rows that were changed since a moment, each version once; and a cursor for the next time.

        It reads up to the second in which it begins. What changes later comes with the next sync. What was
        deleted never comes: of deletions only events tell.

        >>> sync = Deal.objects.changed_since(datetime(2024, 8, 30))              # doctest: +SKIP
        >>> for deal in sync:                                                     # doctest: +SKIP
        ...     copy(deal)
        >>> save(json.dumps(sync.cursor))                                         # doctest: +SKIP

        Args:
            since: a moment (one without a zone is read in the portal's); the ``cursor`` of the sync
                before; or None for all rows.
            overlap: how late the server may show a change. So far back the next sync looks again, and its
                cursor remembers what was handed out from there.

        Raises:
            Unsupported: the entity doesn't say when its rows were changed.
            UsageError: the rows are sliced or sorted.
            InvalidValue: the cursor is another entity's, or damaged; the overlap is under a second.

        Rule: a filter by ``DATE_MODIFY``, ``updatedTime``, ``CHANGED_DATE``, whatever the entity calls it.
        """
        query, needed = self._query, _moments(self._query.schema)
        if query.sliced or query.order:
            raise UsageError("changed_since() reads all rows in the order of the ids: no slice, no order_by")
        if overlap < _LEAST:
            raise InvalidValue(f"overlap must be at least a second, not {overlap!r}")
        if isinstance(since, Mapping):
            window = Window.from_json(query.schema.name, since)
        else:
            window = Window(since=since)
        rows = self
        if query.select is not None:
            rows = self._with(replace(query, select=tuple(dict.fromkeys((*query.select, *needed)))))
        return Changes(
            query.schema,
            window,
            overlap,
            rows=lambda lookups: rows._where((), dict(lookups)),
            portal=lambda: rows._backend,
        )


async def _server_time(executor: Executor) -> datetime:
    """What the portal's clock says. Rule: ``server.time``."""
    told = (await executor.call(Call("server.time"))).result
    try:
        now = datetime.fromisoformat(told)
    except (TypeError, ValueError):
        raise ServerFailure("NO_TIME", f"{told!r} is no time", method="server.time") from None
    if now.tzinfo is None:
        raise ServerFailure("NO_TIME", f"{told!r} has no zone", method="server.time")
    return now
