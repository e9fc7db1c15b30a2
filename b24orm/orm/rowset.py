"""Rows of an entity as they are fetched: streamed, or kept once evaluated; for sync and async code."""

from __future__ import annotations

from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Generator,
    Iterator,
    Sequence,
)
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Generic, overload

from typing_extensions import Self, TypeVar

from b24orm.entity.base import Entity
from b24orm.entity.habits import familiar, no_attribute_of_set
from b24orm.errors import InvalidValue, Unsupported, UsageError
from b24orm.orm.asked import Asked, F, O
from b24orm.orm.explain import explained
from b24orm.orm.fetch import Shape, acount, afetch, ameasure, fetch
from b24orm.orm.loads import Load
from b24orm.plan.compiler import compile_count, compile_query
from b24orm.plan.plan import Plan
from b24orm.portal import AsyncPortal, Portal
from b24orm.query.nodes import Query

__all__ = ["Rows"]

R = TypeVar("R")


class Rows(Asked[F, O], Generic[R, F, O]):
    """Rows of an entity, not yet fetched.

    Chaining makes a new object each time; nothing is sent until the rows are asked for. A set
    that was iterated to its end keeps its rows; :meth:`iterator` streams without keeping them.
    """

    def __init__(
        self, model: type[Entity], query: Query, portal: Portal | AsyncPortal | None, shape: Shape[R]
    ) -> None:
        super().__init__(model, query, portal)
        self._shape = shape
        self._loads: tuple[Load, ...] = ()
        self._cache: list[R] | None = None

    def _with(self, query: Query) -> Self:
        made = super()._with(query)
        made._cache = None
        return made

    # -- fetching --------------------------------------------------------------------

    def _plan(self) -> Plan:
        return compile_query(_with_pointers(self._query, self._loads))

    @familiar
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

    @familiar
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

    @familiar
    def iterator(self) -> Iterator[R]:
        """The rows one by one, in constant memory: nothing is kept.

        >>> from b24orm.models import Deal
        >>> titles = [deal.title for deal in Deal.objects.only("title").iterator()]    # doctest: +SKIP
        """
        for page in self._pages():
            yield from page
            del page

    @familiar
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
        made = super()._sliced(key)
        if self._cache is not None:
            made._cache = self._cache[key]
        return made

    def first(self) -> R | None:
        """The first row, or None.

        >>> largest = Deal.objects.order_by("-opportunity").first()             # doctest: +SKIP
        """
        found = self[:1]._fetched()
        return found[0] if found else None

    async def afirst(self) -> R | None:
        """The first row, or None."""
        found = await self[:1]._afetched()
        return found[0] if found else None

    def last(self) -> R | None:
        """The last row, or None: without an order that of the highest id, or of a list that comes at once.

        >>> newest = Deal.objects.last()                                        # doctest: +SKIP
        """
        return self._last(self._fetched()) if self._comes_at_once() else self.reverse().first()

    async def alast(self) -> R | None:
        """As :meth:`last`, awaited."""
        return self._last(await self._afetched()) if self._comes_at_once() else await self.reverse().afirst()

    def _comes_at_once(self) -> bool:
        """Whether all rows are here, or are no more than one call brings: their last one is the last."""
        spec = self._query.schema.list
        at_once = spec is None or spec.page_size is None or spec.start is None
        return self._cache is not None or self._query.stop is not None or (at_once and not self._query.order)

    @staticmethod
    def _last(rows: list[R]) -> R | None:
        return rows[-1] if rows else None

    def latest(self, *fields: O) -> R:
        """The last row in the order of these fields; ``-name`` turns its order round.

        >>> newest = Deal.objects.filter(stage="WON").latest("date_create")    # doctest: +SKIP

        Raises:
            DoesNotExist: there is none; each model has its own, ``Deal.DoesNotExist``.
            InvalidValue: no field is named.
        """
        return self._one(self._by("latest", fields).reverse().first())

    async def alatest(self, *fields: O) -> R:
        """The last row in the order of these fields."""
        return self._one(await self._by("latest", fields).reverse().afirst())

    def earliest(self, *fields: O) -> R:
        """The first row in the order of these fields; ``-name`` turns its order round.

        >>> oldest = Deal.objects.filter(stage="NEW").earliest("date_create")  # doctest: +SKIP

        Raises:
            DoesNotExist: there is none.
            InvalidValue: no field is named.
        """
        return self._one(self._by("earliest", fields).first())

    async def aearliest(self, *fields: O) -> R:
        """The first row in the order of these fields."""
        return self._one(await self._by("earliest", fields).afirst())

    def _by(self, what: str, fields: tuple[O, ...]) -> Self:
        if not fields:
            raise InvalidValue(
                f"{what}() names the fields that say which row it is, as in {what}('date_create')"
            )
        return self.order_by(*fields)

    def _one(self, row: R | None) -> R:
        if row is None:
            raise self._model.DoesNotExist(f"there is no {self._model.__name__} with these conditions")
        return row

    def count(self) -> int:
        """How many rows there are. The server counts, where the method can.

        >>> from b24orm.models import Deal
        >>> Deal.objects.filter(stage="WON").count()                           # doctest: +SKIP
        """
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
        """Whether there is any row; asks for no more than one id.

        >>> Deal.objects.filter(title="no such title").exists()                 # doctest: +SKIP
        False
        """
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

    def __deepcopy__(self, memo: object) -> Self:
        return self.all()

    def __reduce__(self) -> Any:
        raise Unsupported("a set of rows can't be pickled: it belongs to a portal; pickle list(rows)")

    def __or__(self, other: object) -> Any:
        raise Unsupported("sets of rows are not joined: combine conditions, as in filter(Q(...) | Q(...))")

    def __and__(self, other: object) -> Any:
        raise Unsupported("sets of rows are not crossed: combine conditions, as in filter(Q(...), Q(...))")

    def __add__(self, other: object) -> Any:
        raise Unsupported("sets of rows are not added: take [*one, *two], or combine their conditions with Q")

    def __sub__(self, other: object) -> Any:
        raise Unsupported("sets of rows are not subtracted: leave rows out with exclude(...)")

    def __xor__(self, other: object) -> Any:
        raise Unsupported("sets of rows are not compared: combine conditions, as in filter(~Q(...))")

    def __repr__(self) -> str:
        fetched = f", {len(self._cache)} rows fetched" if self._cache is not None else ""
        return f"<{type(self).__name__} {self._query.schema.name}: {self._query}{fetched}>"


def _with_pointers(query: Query, loads: Sequence[Load]) -> Query:
    """The query with the fields selected that the relations start from."""
    if query.select is None:
        return query
    pointers = [load.field for load in loads if load.field is not None]
    return replace(query, select=tuple(dict.fromkeys((*query.select, *pointers))))
