"""The rows of a portal that have given keys: looked up in the fewest requests, and none left out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, Final, Generic

from typing_extensions import TypeVar

from b24orm.entity.base import Entity
from b24orm.entity.rows import hydrate
from b24orm.errors import InvalidRow
from b24orm.executor.nursery import Nursery
from b24orm.executor.userfields import check_asked
from b24orm.orm.keys import Mark, RowKey
from b24orm.orm.shapes import absent_lists
from b24orm.plan.calls import Row
from b24orm.plan.compiler import compile_query
from b24orm.plan.steps.order import strangers
from b24orm.plan.steps.sizes import BATCH, PAGE
from b24orm.portal import AsyncPortal, Portal
from b24orm.query.names import list_method
from b24orm.query.nodes import Query
from b24orm.schema import FieldSchema

__all__ = ["STRETCH", "Standing"]

M = TypeVar("M", bound=Entity)

_KEYS: Final = PAGE - 1
"""Keys that one call looks for: a full page then says that there are more rows than keys."""

STRETCH: Final = 2 * _KEYS * BATCH
"""Items that are looked up together: two requests, which travel side by side."""


@dataclass(frozen=True, slots=True)
class Standing(Generic[M]):
    """Looks which rows of a set have given keys.

    Attributes:
        model: the entity.
        query: the set.
        key: what tells rows apart.
        portal: where they are.
    """

    model: type[M]
    query: Query
    key: RowKey
    portal: Portal | AsyncPortal

    async def rows(
        self, marks: Collection[Mark], fields: Sequence[FieldSchema] | None
    ) -> dict[Mark, list[M | InvalidRow]]:
        """The rows by their keys, or what is wrong with one; awaited on the portal's own loop.

        Args:
            marks: the keys.
            fields: what to fetch beside the id and the key; None: everything.

        Raises:
            Incomplete: the portal answered other rows than it was asked for.
            B24Error: it can't be asked.
        """
        asked, found = list(dict.fromkeys(marks)), dict[Mark, list[M | InvalidRow]]()
        async with Nursery() as nursery:
            tasks = [
                nursery.start(self._some(asked[begin : begin + _KEYS], fields))
                for begin in range(0, len(asked), _KEYS)
            ]
            for task in tasks:
                for mark, row in await task:
                    found.setdefault(mark, []).append(row)
        return found

    async def ids(self, marks: Collection[tuple[str, ...]]) -> Mapping[tuple[str, ...], Any]:
        """The ids of the rows with these keys, of several the oldest."""
        found = await self.rows(marks, ())
        return {mark: row.pk for mark, (row, *_) in found.items() if not isinstance(row, InvalidRow)}

    async def _some(
        self, marks: Sequence[Mark], fields: Sequence[FieldSchema] | None
    ) -> list[tuple[Mark, M | InvalidRow]]:
        where = self.query.narrowed(self.key.where(marks))
        select = (
            None
            if fields is None
            else tuple(dict.fromkeys((where.schema.id_field, *self.key.fields, *fields)))
        )
        whole = replace(where, order=(), select=select)
        rows = await self._fetched(whole.sliced_to(0, PAGE))
        if len(rows) >= PAGE:
            rows = await self._fetched(whole)
        known = self._made(rows, absent_lists(whole))
        if not all(self.key.meets(mark, marks) for mark, _ in known):
            raise strangers(list_method(where.schema).name)
        wanted = set(marks)
        return [(mark, row) for mark, row in known if mark in wanted]

    def _made(self, rows: Sequence[Row], lists: Sequence[str]) -> list[tuple[Mark, M | InvalidRow]]:
        """The rows as objects, with empty lists where the server leaves them out.

        A row that can't be read is an error of its own.
        """
        try:
            made = hydrate(self.model, rows, self.portal.on_invalid)
        except InvalidRow as error:
            if len(rows) == 1:
                return [(self.key.raw(rows[0]), error)]
            return [entry for row in rows for entry in self._made([row], lists)]
        for name in lists:
            for row in made:
                vars(row).setdefault(name, ())
        return [(self.key.found(row), row) for row in made]

    async def _fetched(self, query: Query) -> list[Row]:
        executor, plan = self.portal.executor, compile_query(query)
        await check_asked(executor, query)
        rows: list[Row] = []
        async with aclosing(executor.stream(plan.flow())) as pages:
            async for page in pages:
                rows += page
        return rows if plan.take is None else rows[plan.skip : plan.skip + plan.take]
