"""Rows of an entity: lazy, immutable, cached once evaluated; for sync and async code."""

from __future__ import annotations

from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Generator,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import aclosing
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Generic, overload

from typing_extensions import Self, TypeVar

from b24orm.entity.base import Entity
from b24orm.entity.habits import no_attribute_of_set
from b24orm.errors import InvalidValue, UnknownName, Unsupported, UsageError, nearest
from b24orm.orm.explain import explained
from b24orm.orm.fetch import Shape, acount, afetch, ameasure, fetch
from b24orm.orm.loads import Load
from b24orm.plan.compiler import Plan, compile_count, compile_query
from b24orm.portal import AsyncPortal, Portal, current_portal, portal_named
from b24orm.query.names import embedded_field, find_field, resolve, resolve_order
from b24orm.query.nodes import NOTHING, Order, Q, Query
from b24orm.schema import FieldSchema

__all__ = ["Rows", "ValuesSet"]

M = TypeVar("M", bound=Entity)
R = TypeVar("R")
F = TypeVar("F", bound=str, default=str)
O = TypeVar("O", bound=str, default=str)  # noqa: E741 - fields, orders


class Rows(Generic[R, F, O]):
    """Rows of an entity, not yet fetched.

    Chaining makes a new object each time; nothing is sent until the rows are asked for. A set
    that was iterated to its end keeps its rows; :meth:`iterator` streams without keeping them.
    """

    def __init__(
        self, model: type[Entity], query: Query, portal: Portal | AsyncPortal | None, shape: Shape[R]
    ) -> None:
        self._model = model
        self._query = query
        self._portal = portal
        self._shape = shape
        self._loads: tuple[Load, ...] = ()
        self._cache: list[R] | None = None

    def _with(self, query: Query) -> Self:
        made = copy(self)
        made._query = query
        made._cache = None
        return made

    @property
    def query(self) -> Query:
        """What is asked for."""
        return self._query

    @property
    def model(self) -> type[Entity]:
        """The class of the rows."""
        return self._model

    # -- chaining --------------------------------------------------------------------

    def _where(self, conditions: tuple[Q, ...], lookups: dict[str, Any], *, negated: bool = False) -> Self:
        for condition in conditions:
            if not isinstance(condition, Q):
                raise InvalidValue(_no_condition(self._query.schema.id_name, condition))
        if not conditions and not lookups:
            return self.all()
        self._unsliced("filter")
        node = resolve(self._query.schema, Q(*conditions, **lookups), negated=negated)
        return self._with(self._query.narrowed(node))

    def _unsliced(self, what: str) -> None:
        if self._query.sliced:
            raise UsageError(f"{what}() can't follow a slice: put it before the slice")

    def all(self) -> Self:
        """The same rows, not yet fetched."""
        return self._with(self._query)

    def none(self) -> Self:
        """No rows at all, without a request."""
        return self._with(replace(self._query, where=NOTHING))

    def order_by(self, *fields: O) -> Self:
        """The rows sorted; ``-name`` descends. Without arguments: by id again."""
        _check_names("order_by()", fields)
        self._unsliced("order_by")
        order = tuple(resolve_order(self._query.schema, field) for field in fields)
        return self._with(replace(self._query, order=order))

    def reverse(self) -> Self:
        """The rows in the opposite order."""
        self._unsliced("reverse")
        order = self._query.order or (Order(self._query.schema.id_field),)
        return self._with(replace(self._query, order=tuple(key.reversed() for key in order)))

    def only(self, *fields: F) -> Self:
        """The rows with nothing but these fields (and the id) fetched.

        Of a related object that REST 3.0 answers inside the row its fields are named with two
        underscores: ``only("title", "creator__name")``.
        """
        return self._with(replace(self._query, select=self._selected(fields)))

    def using(self, portal: Portal | AsyncPortal | str | None) -> Self:
        """The rows of another portal than the current one.

        Args:
            portal: a portal, or the name of one in ``b24orm.portals``; None: whichever is the current
                one when the rows are asked for.
        """
        made = self._with(self._query)
        made._portal = None if portal is None else portal_named(portal)
        return made

    def _selected(self, names: Sequence[str]) -> tuple[FieldSchema, ...] | None:
        return tuple(self._field(name) for name in names) if names else None

    def _field(self, name: str) -> FieldSchema:
        _check_names("only() and values()", (name,))
        schema = self._query.schema
        field = find_field(schema, name) or embedded_field(schema, name)
        head, path, rest = name.partition("__")
        if field is None and head in schema.links:
            raise Unsupported(
                f"{schema.name}.{head} are rows of their own: fetch objects with prefetch_related({head!r})"
            )
        if field is None and path and head in schema.relations:
            raise Unsupported(
                f"{name!r} is not a field of {schema.name}: fetch objects with "
                f"select_related({head!r}), and read row.{head}.{rest.replace('__', '.')}"
            )
        if field is None:
            raise UnknownName(f"{schema.name} has no field {name!r}{nearest(name, schema.fields)}")
        if not field.selectable:
            never = ": the list of REST 3.0 does not bring it, or not reliably"
            how = never if schema.api == "v3" else " by itself: leave only() or values() out"
            raise Unsupported(f"{schema.name}.{field.name} can't be selected{how}")
        return field

    # -- fetching --------------------------------------------------------------------

    @property
    def _backend(self) -> Any:
        return self._portal if self._portal is not None else current_portal()

    def _plan(self) -> Plan:
        return compile_query(_with_pointers(self._query, self._loads))

    def explain(self, *, analyze: bool = False) -> str:
        """How the rows will be fetched: strategy, why, commands, requests, what the server counts.

        Args:
            analyze: fetch them as well, and say what it took: rows, commands, requests, seconds of
                server time, and what was waited for.

        >>> from b24orm.models import Deal
        >>> print(Deal.objects.filter(id__in=[]).explain())
        Nothing: Deal by crm.deal.list
        ...
        """
        plan = self._plan()
        if not analyze:
            return explained(plan)
        portal, loads = self._backend, self._loads
        return explained(plan, portal.run(lambda: ameasure(plan, portal, loads)))

    async def aexplain(self, *, analyze: bool = False) -> str:
        """Like :meth:`explain`, for asynchronous code."""
        plan = self._plan()
        if not analyze:
            return explained(plan)
        portal, loads = self._backend, self._loads
        return explained(plan, await portal.arun(lambda: ameasure(plan, portal, loads)))

    def _pages(self) -> Iterator[list[R]]:
        return fetch(self._plan(), self._backend, self._shaper(), self._loads)

    def _apages(self) -> AsyncGenerator[list[R], None]:
        return afetch(self._plan(), self._backend, self._shaper(), self._loads)

    def _shaper(self) -> Shape[R]:
        """Makes rows into what the user gets; anew for each evaluation, for it may remember."""
        return self._shape

    def iterator(self) -> Iterator[R]:
        """The rows one by one, in constant memory: nothing is kept."""
        for page in self._pages():
            yield from page
            del page

    async def aiterator(self) -> AsyncGenerator[R, None]:
        """The rows one by one, in constant memory: nothing is kept."""
        async with aclosing(self._apages()) as pages:
            async for page in pages:
                for row in page:
                    yield row
                del page

    def __iter__(self) -> Iterator[R]:
        if self._cache is not None:
            yield from self._cache
            return
        kept: list[R] = []
        for page in self._pages():
            for row in page:
                kept.append(row)
                yield row
        self._cache = kept

    async def __aiter__(self) -> AsyncIterator[R]:
        if self._cache is not None:
            for row in self._cache:
                yield row
            return
        kept: list[R] = []
        async with aclosing(self._apages()) as pages:
            async for page in pages:
                for row in page:
                    kept.append(row)
                    yield row
        self._cache = kept

    def _fetched(self) -> list[R]:
        if self._cache is None:
            self._cache = [row for page in self._pages() for row in page]
        return self._cache

    async def _afetched(self) -> list[R]:
        if self._cache is None:
            self._cache = [row async for page in self._apages() for row in page]
        return self._cache

    def __await__(self) -> Generator[Any, None, list[R]]:
        return self._afetched().__await__()

    def __len__(self) -> int:
        return len(self._fetched())

    def __bool__(self) -> bool:
        return bool(self._fetched())

    def __contains__(self, row: object) -> bool:
        return row in self._fetched()

    @overload
    def __getitem__(self, key: int) -> R: ...
    @overload
    def __getitem__(self, key: slice) -> Self: ...
    def __getitem__(self, key: int | slice) -> R | Self:
        if isinstance(key, slice):
            return self._sliced(key)
        if isinstance(key, bool) or not isinstance(key, int):
            raise InvalidValue(f"rows are taken by an int or a slice, not {key!r}")
        if key < 0:
            raise InvalidValue(f"negative indexes are not supported: [{key}]; use reverse() or last()")
        if self._cache is not None:
            return self._cache[key]
        found = self._sliced(slice(key, key + 1))._fetched()
        if not found:
            raise IndexError(f"there is no row {key}")
        return found[0]

    def _sliced(self, key: slice) -> Self:
        for bound in (key.start, key.stop, key.step):
            if bound is not None and (isinstance(bound, bool) or not isinstance(bound, int)):
                raise InvalidValue(f"a slice takes ints, not {bound!r}")
        if (key.start or 0) < 0 or (key.stop or 0) < 0:
            raise InvalidValue("negative slices are not supported; use reverse(), as in rows.reverse()[:5]")
        if key.step not in (None, 1):
            raise InvalidValue("a slice with a step is not supported; take the step in Python")
        made = self._with(self._query.sliced_to(key.start or 0, key.stop))
        if self._cache is not None:
            made._cache = self._cache[key]
        return made

    def first(self) -> R | None:
        """The first row, or None."""
        found = self[:1]._fetched()
        return found[0] if found else None

    async def afirst(self) -> R | None:
        """The first row, or None."""
        found = await self[:1]._afetched()
        return found[0] if found else None

    def last(self) -> R | None:
        """The last row, or None."""
        return self.reverse().first()

    async def alast(self) -> R | None:
        """The last row, or None."""
        return await self.reverse().afirst()

    def count(self) -> int:
        """How many rows there are. The server counts, where the method can."""
        if self._cache is not None:
            return len(self._cache)
        plan, portal = compile_count(self._query), self._backend
        return int(portal.run(lambda: acount(plan, portal)))

    async def acount(self) -> int:
        """How many rows there are. The server counts, where the method can."""
        if self._cache is not None:
            return len(self._cache)
        plan, portal = compile_count(self._query), self._backend
        return int(await portal.arun(lambda: acount(plan, portal)))

    def _one_id(self) -> Self:
        key = self._query.schema.key
        first = self._query.sliced_to(0, 1)
        return self._with(first if key is None else replace(first, select=(key,)))

    def exists(self) -> bool:
        """Whether there is any row; asks for no more than one id."""
        return bool(self._cache if self._cache is not None else self._one_id()._fetched())

    async def aexists(self) -> bool:
        """Whether there is any row; asks for no more than one id."""
        return bool(self._cache if self._cache is not None else await self._one_id()._afetched())

    def _readable_now(self, what: str) -> None:
        """Refuses to read the rows in the middle of asynchronous code."""
        if self._cache is None and isinstance(self._backend, AsyncPortal):
            raise UsageError(
                f"{what} reads the rows that it is given, and an AsyncPortal's can't be read synchronously: "
                "await them before, as in ids = await rows.values_list('id', flat=True)"
            )

    # -- habits ----------------------------------------------------------------------

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_"):
                raise AttributeError(name)
            raise no_attribute_of_set(type(self), name, self._model.__elsewhere__)

    def __copy__(self) -> Self:
        made = type(self).__new__(type(self))
        vars(made).update(vars(self))
        return made

    def __deepcopy__(self, memo: object) -> Self:
        return self.all()

    def __reduce__(self) -> Any:
        raise Unsupported("a set of rows can't be pickled: it belongs to a portal; pickle list(rows)")

    def __or__(self, other: object) -> Any:
        raise Unsupported("sets of rows are not joined: combine conditions, as in filter(Q(...) | Q(...))")

    def __and__(self, other: object) -> Any:
        raise Unsupported("sets of rows are not crossed: combine conditions, as in filter(Q(...), Q(...))")

    def __repr__(self) -> str:
        state = f"{len(self._cache)} rows" if self._cache is not None else f"where {self._query.where}"
        return f"<{type(self).__name__} {self._query.schema.name}: {state}>"


class ValuesSet(Rows[R, F, O]):
    """Rows as dicts or tuples instead of objects."""

    def filter(self, *conditions: Q, **lookups: Any) -> Self:
        """The rows for which all conditions hold."""
        return self._where(conditions, lookups)

    def exclude(self, *conditions: Q, **lookups: Any) -> Self:
        """The rows for which not all conditions hold."""
        return self._where(conditions, lookups, negated=True)

    def _keys_for(self, entity: str, field: FieldSchema) -> list[Any]:
        """What ``__in`` compares a field with: the values, also if each stands in a dict or tuple."""
        self._readable_now(f"{entity}.{field.name}__in")
        return [_only(row) for row in self._fetched()]


def _only(row: Any) -> Any:
    """The one value of a row; a row of several stays what it is, and is refused later."""
    if not isinstance(row, (dict, tuple)):
        return row
    known: Any = row
    values: list[Any] = list(known.values() if isinstance(row, dict) else known)
    return values[0] if len(values) == 1 else known


def _check_names(what: str, names: Sequence[object]) -> None:
    for name in names:
        if not isinstance(name, str):
            unpacked = "; unpack it with *" if isinstance(name, (list, tuple, set, frozenset)) else ""
            raise InvalidValue(f"{what}: fields are named one by one, not as {name!r}{unpacked}")


def _no_condition(id_name: str, given: object) -> str:
    """What to write instead of a condition that is none."""
    hint = ""
    if isinstance(given, Mapping):
        hint = "; unpack the dict: filter(**conditions)"
    elif isinstance(given, int) and id_name:
        hint = f"; say {id_name}={given!r}"
    return f"filter() and get() take Q objects and keywords, not {given!r}{hint}"


def _with_pointers(query: Query, loads: Sequence[Load]) -> Query:
    """The query with the fields selected that the relations start from."""
    if query.select is None:
        return query
    pointers = [load.field for load in loads if load.field is not None]
    return replace(query, select=tuple(dict.fromkeys((*query.select, *pointers))))
