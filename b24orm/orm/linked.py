"""``deal.contacts``: the rows that belong to a row, as they were fetched; and what changes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NoReturn, cast, overload

from typing_extensions import TypeVar

from b24orm import facts
from b24orm.entity.base import Entity
from b24orm.entity.dump import fields_of
from b24orm.errors import (
    B24Error,
    InvalidValue,
    OutcomeUnknown,
    RelationNotLoaded,
    UnknownAttribute,
    Unsupported,
)
from b24orm.executor.writer import Writer
from b24orm.orm import writing
from b24orm.orm.attach import Attacher
from b24orm.orm.checks import check_others
from b24orm.orm.loads import loads_of
from b24orm.orm.owner import portal_of
from b24orm.orm.related import related_to
from b24orm.plan import links
from b24orm.plan import writes as plans
from b24orm.plan.writes import Write
from b24orm.schema import EntitySchema, LinkSchema

__all__ = ["BoundRows", "OwnedRows", "RelatedRows", "rows_of_link"]

M = TypeVar("M", bound=Entity)

_CHANGES: Final = frozenset(f"{a}{name}" for a in ("", "a") for name in ("add", "remove", "set", "clear"))


class RelatedRows(Sequence[M]):
    """The rows of another entity that belong to a row: ``company.deals``, ``deal.contacts``.

    It is the list that ``prefetch_related()`` or :meth:`all` fetched; without one of them iterating
    raises, for nothing is ever fetched behind your back.

    >>> for contact in deal.contacts.all():                                     # doctest: +SKIP
    ...     print(contact.name)

    Raises:
        RelationNotLoaded: the rows were not fetched, and are looked at.
    """

    def __init__(self, row: Entity, link: LinkSchema) -> None:
        self._row = row
        self._link = link

    # -- the fetched rows ------------------------------------------------------------

    def _fetched(self) -> list[M]:
        found = vars(self._row).get(self._link.name)
        if found is None:
            raise self._missing()
        return cast("list[M]", found)

    def _missing(self) -> RelationNotLoaded:
        name, link = type(self._row).__name__, self._link.name
        return RelationNotLoaded(
            f"{name}.{link} was not fetched; fetch the {name} with prefetch_related({link!r}), "
            f"or call {link}.all()"
        )

    def __iter__(self) -> Iterator[M]:
        return iter(self._fetched())

    def __len__(self) -> int:
        return len(self._fetched())

    @overload
    def __getitem__(self, key: int) -> M: ...
    @overload
    def __getitem__(self, key: slice) -> list[M]: ...
    def __getitem__(self, key: int | slice) -> M | list[M]:
        return self._fetched()[key]

    def count(self, value: Any = ...) -> int:
        """How many rows were fetched; with a value, how often it is among them."""
        return len(self._fetched()) if value is ... else self._fetched().count(value)

    def __eq__(self, other: object) -> bool:
        return list(self) == list(cast("Sequence[M]", other)) if isinstance(other, Sequence) else False

    def __repr__(self) -> str:
        found = vars(self._row).get(self._link.name)
        state = "not fetched" if found is None else f"{len(found)} {self._link.entity}"
        return f"<{type(self._row).__name__}.{self._link.name}: {state}>"

    # -- fetching them now -----------------------------------------------------------

    def all(self) -> list[M]:
        """Fetches the rows, and remembers them."""
        portal = portal_of(self._row)
        return cast("list[M]", portal.run(self._fetching(portal)))

    async def aall(self) -> list[M]:
        """As :meth:`all`, awaited."""
        portal = portal_of(self._row)
        return cast("list[M]", await portal.arun(self._fetching(portal)))

    def _fetching(self, portal: Any) -> Callable[[], Any]:
        loads = loads_of(self._row.__schema__, (self._link.name,), to_one=False)
        owner = {"ID": self._owner()}

        async def work() -> list[M]:
            found = await related_to(portal.executor, [owner], loads)
            Attacher(loads, portal).attach([self._row], found, portal.on_invalid)
            return list(self._fetched())

        return work

    # -- changing them ---------------------------------------------------------------

    def _owner(self) -> Any:
        if self._row.pk is None:
            raise InvalidValue(
                f"this {type(self._row).__name__} was never saved, so nothing can belong to it: save it first"
            )
        return self._row.pk

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            if name in _CHANGES:
                raise Unsupported(
                    f"{type(self._row).__name__}.{self._link.name} can't be written: "
                    f"change {self._link.field} of the {self._link.entity} and save it"
                )
            if name.startswith("_"):
                raise AttributeError(name)
            asked = name in self._row.__elsewhere__
            raise UnknownAttribute(f"{type(self).__name__} has no {name!r}{self._ask() if asked else ''}")

    def _ask(self) -> str:
        """How a question about the rows is put to the portal."""
        link = self._link
        if link.kind == "pointing":
            how = f"ask {link.entity}.objects.filter({link.field}={self._row.pk!r})"
        else:
            how = f"look at what {link.name}.all() gives"
        return f"; it is the list of what was fetched: {how}"

    def _check_kind(self, other: object) -> None:
        if not isinstance(other, Entity) or other.__schema__.name != self._link.entity:
            raise InvalidValue(f"{self._link.name} takes {self._link.entity} objects, not {other!r}")

    def _id(self, other: M | int) -> int:
        key: Any = other
        if isinstance(other, Entity):
            self._check_kind(other)
            key = other.pk
        if isinstance(key, bool) or not isinstance(key, int) or key <= 0:
            raise InvalidValue(
                f"{self._link.name} takes {self._link.entity} objects with an id, or ids, not {other!r}"
            )
        return key

    def _fields(self, other: M) -> dict[str, Any]:
        self._check_kind(other)
        return fields_of(other)

    def _run(self, writes: Sequence[Write], items: Sequence[object] = ()) -> None:
        portal = portal_of(self._row)
        portal.run(lambda: self._written(portal, writes, items))

    async def _arun(self, writes: Sequence[Write], items: Sequence[object] = ()) -> None:
        portal = portal_of(self._row)
        await portal.arun(lambda: self._written(portal, writes, items))

    async def _written(self, portal: Any, writes: Sequence[Write], items: Sequence[object]) -> None:
        """Sends the writes, takes in what came of them, and forgets what was fetched before."""
        outcomes = await Writer(portal.executor, ordered=True).run(writes)
        vars(self._row).pop(self._link.name, None)
        for item, write, outcome in zip(items, writes, outcomes, strict=False):
            if not isinstance(outcome, B24Error) and write.kind == "add" and isinstance(item, Entity):
                writing.after_add(item, write.call, outcome, portal)
        for place, outcome in enumerate(outcomes):
            if isinstance(outcome, B24Error):
                outcome.item = items[place] if place < len(items) else self._row
                if isinstance(outcome, OutcomeUnknown):
                    outcome.items = (outcome.item,)
                raise outcome


class BoundRows(RelatedRows[M]):
    """Rows that live without the row they are bound to: contacts of a deal, companies of a contact.

    Others are given as objects or as ids. What was fetched is forgotten after a change. Rule: the
    methods ``crm.deal.contact.*`` and their kin.

    >>> deal.contacts.add(contact, 17)                                          # doctest: +SKIP

    Raises:
        InvalidValue: an object of another entity or without an id, or the row was never saved.
        OutcomeUnknown: an answer was lost, and every try to send it again as well.
    """

    def add(self, *others: M | int) -> None:
        """Binds these too; those that are bound already stay."""
        self._run(self._adding(others), others)

    async def aadd(self, *others: M | int) -> None:
        """As :meth:`add`, awaited."""
        await self._arun(self._adding(others), others)

    def remove(self, *others: M | int) -> None:
        """Binds these no more; the rows themselves stay.

        >>> deal.contacts.add(contact)                                          # doctest: +SKIP
        >>> deal.contacts.remove(contact)                                       # doctest: +SKIP
        """
        self._run(self._removing(others), others)

    async def aremove(self, *others: M | int) -> None:
        """As :meth:`remove`, awaited."""
        await self._arun(self._removing(others), others)

    def set(self, others: Iterable[M | int]) -> None:
        """Binds these and no others; the first is the primary one.

        >>> deal.contacts.set([contact, 2])                                     # doctest: +SKIP
        """
        self._run(self._setting(others))

    async def aset(self, others: Iterable[M | int]) -> None:
        """As :meth:`set`, awaited."""
        await self._arun(self._setting(others))

    def clear(self) -> None:
        """Binds nothing."""
        self.set(())

    async def aclear(self) -> None:
        """As :meth:`clear`, awaited."""
        await self.aset(())

    def _adding(self, others: Sequence[M | int]) -> list[Write]:
        owner = self._owner()
        return [links.bind(self._link, owner, self._id(other), place) for place, other in enumerate(others)]

    def _removing(self, others: Sequence[M | int]) -> list[Write]:
        owner = self._owner()
        return [links.unbind(self._link, owner, self._id(other), place) for place, other in enumerate(others)]

    def _setting(self, others: Iterable[M | int]) -> list[Write]:
        check_others(self._link.name, others)
        return [links.set_bound(self._link, self._owner(), [self._id(other) for other in others])]


class OwnedRows(RelatedRows[M]):
    """Rows that live and go with the row they belong to: product rows of a deal.

    What was fetched is forgotten after a change. Rule: the methods ``crm.item.productrow.*``.

    >>> deal.product_rows.set([ProductRow(product_name="Tile", price=10)])      # doctest: +SKIP

    Raises:
        InvalidValue: an object of another entity, or the row was never saved.
        OutcomeUnknown: the answer to an add was lost; it was not sent again.
    """

    def add(self, *rows: M) -> None:
        """These rows too; each gets its id."""
        self._run(self._adding(rows), rows)

    async def aadd(self, *rows: M) -> None:
        """As :meth:`add`, awaited."""
        await self._arun(self._adding(rows), rows)

    def remove(self, *rows: M | int) -> None:
        """These rows no more: they are deleted."""
        self._run(self._removing(rows), rows)

    async def aremove(self, *rows: M | int) -> None:
        """As :meth:`remove`, awaited."""
        await self._arun(self._removing(rows), rows)

    def set(self, rows: Iterable[M]) -> None:
        """These rows and no others, in their order.

        >>> deal.product_rows.set([ProductRow(product_name="Tile", price=10)])  # doctest: +SKIP
        """
        self._run(self._setting(rows))

    async def aset(self, rows: Iterable[M]) -> None:
        """As :meth:`set`, awaited."""
        await self._arun(self._setting(rows))

    def clear(self) -> None:
        """No rows."""
        self.set(())

    async def aclear(self) -> None:
        """As :meth:`clear`, awaited."""
        await self.aset(())

    def _adding(self, rows: Sequence[M]) -> list[Write]:
        owner = self._owner()
        return [
            links.add_row(self._link, self._schema(), owner, self._fields(row), place)
            for place, row in enumerate(rows)
        ]

    def _removing(self, rows: Sequence[M | int]) -> list[Write]:
        self._owner()
        return [
            Write("delete", plans.delete(self._schema(), self._id(row), {}), repeatable=True, place=place)
            for place, row in enumerate(rows)
        ]

    def _schema(self) -> EntitySchema:
        return facts.load(self._link.entity)

    def _setting(self, rows: Iterable[M]) -> list[Write]:
        check_others(self._link.name, rows)
        return [links.replace_rows(self._link, self._owner(), [self._fields(row) for row in rows])]


def rows_of_link(row: Entity, link: LinkSchema) -> RelatedRows[Any]:
    """What stands for a link at an object."""
    kinds = {"bound": BoundRows, "owned": OwnedRows, "pointing": RelatedRows}
    made: RelatedRows[Any] = kinds[link.kind](row, link)
    return made
