"""``deal.linked("contacts")``: adds, removes and sets what belongs to a row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from b24orm.entity.base import Entity
from b24orm.entity.dump import fields_of
from b24orm.errors import B24Error, InvalidValue, Unsupported
from b24orm.executor.writer import Writer
from b24orm.orm.owner import portal_of
from b24orm.plan import links
from b24orm.plan.writes import Write

__all__ = ["Linked"]


class Linked:
    """Rows that belong to a row: contacts of a deal, companies of a contact, product rows.

    Others are given as objects or as ids. What was fetched by ``prefetch_related()`` is forgotten
    after a change.

    >>> deal.linked("contacts").add(contact, 17)                                # doctest: +SKIP
    >>> deal.linked("product_rows").set([ProductRow(product_name="Tile", price=10)])    # doctest: +SKIP

    Raises:
        Unsupported: there is no such link to be written.
        InvalidValue: the row was never saved.
    """

    def __init__(self, row: Entity, name: str) -> None:
        self._row = row
        self._link = links.link_named(row.__schema__, name)
        if row.pk is None:
            raise InvalidValue(f"this {type(row).__name__} was never saved, so nothing can be linked to it")

    def add(self, *others: Entity | int) -> None:
        """Links these too; those that are linked already stay."""
        self._run(self._adding(others))

    async def aadd(self, *others: Entity | int) -> None:
        """As :meth:`add`, awaited."""
        await self._arun(self._adding(others))

    def remove(self, *others: Entity | int) -> None:
        """Links these no more; the rows themselves stay."""
        self._run(self._removing(others))

    async def aremove(self, *others: Entity | int) -> None:
        """As :meth:`remove`, awaited."""
        await self._arun(self._removing(others))

    def set(self, others: Iterable[Entity | int]) -> None:
        """Links these and no others; of bound rows the first is the primary."""
        self._run(self._setting(others))

    async def aset(self, others: Iterable[Entity | int]) -> None:
        """As :meth:`set`, awaited."""
        await self._arun(self._setting(others))

    def clear(self) -> None:
        """Links nothing."""
        self.set(())

    async def aclear(self) -> None:
        """As :meth:`clear`, awaited."""
        await self.aset(())

    # -- inside ----------------------------------------------------------------------

    def _adding(self, others: Sequence[Entity | int]) -> list[Write]:
        self._need_bound("added")
        return [
            links.bind(self._link, self._row.pk, self._id(other), place) for place, other in enumerate(others)
        ]

    def _removing(self, others: Sequence[Entity | int]) -> list[Write]:
        self._need_bound("removed")
        return [
            links.unbind(self._link, self._row.pk, self._id(other), place)
            for place, other in enumerate(others)
        ]

    def _need_bound(self, what: str) -> None:
        if not links.is_bound(self._link):
            raise Unsupported(
                f"{self._link.name} can't be {what} one by one here: use set(), "
                f"or {self._link.entity}.objects.create() and delete()"
            )

    def _setting(self, others: Iterable[Entity | int]) -> list[Write]:
        if links.is_bound(self._link):
            return [links.set_bound(self._link, self._row.pk, [self._id(other) for other in others])]
        return [links.replace_rows(self._link, self._row.pk, [self._fields(other) for other in others])]

    def _id(self, other: Entity | int) -> int:
        key: Any = other
        if isinstance(other, Entity):
            self._check_kind(other)
            key = other.pk
        if isinstance(key, bool) or not isinstance(key, int) or key <= 0:
            raise InvalidValue(
                f"{self._link.name} takes {self._link.entity} objects with an id, or ids, not {other!r}"
            )
        return key

    def _fields(self, other: Entity | int) -> dict[str, Any]:
        if not isinstance(other, Entity):
            raise InvalidValue(f"{self._link.name} takes {self._link.entity} objects, not {other!r}")
        self._check_kind(other)
        return fields_of(other)

    def _check_kind(self, other: Entity) -> None:
        if other.__schema__.name != self._link.entity:
            raise InvalidValue(f"{self._link.name} takes {self._link.entity} objects, not {other!r}")

    def _run(self, writes: list[Write]) -> None:
        portal = portal_of(self._row)
        portal.run(lambda: self._written(portal, writes))

    async def _arun(self, writes: list[Write]) -> None:
        portal = portal_of(self._row)
        await portal.arun(lambda: self._written(portal, writes))

    async def _written(self, portal: Any, writes: list[Write]) -> None:
        outcomes = await Writer(portal.executor, ordered=True).run(writes)
        vars(self._row).pop(self._link.name, None)
        for outcome in outcomes:
            if isinstance(outcome, B24Error):
                raise outcome
