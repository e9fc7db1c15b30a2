"""Decides what a bulk_upsert does with each object: add it, change the row that has its key, or nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final, Generic, cast

from typing_extensions import TypeVar

from b24orm.entity.base import Entity
from b24orm.entity.dump import repeatable
from b24orm.errors import B24Error, InvalidRow, InvalidValue, UsageError
from b24orm.executor.journal import Journal
from b24orm.executor.seen import Seen
from b24orm.executor.writer import Writer
from b24orm.orm import writing
from b24orm.orm.checks import check_own
from b24orm.orm.comparing import differing
from b24orm.orm.keys import Mark
from b24orm.orm.owner import remember
from b24orm.orm.prepared import Prepared, Settled
from b24orm.orm.results import DONE, about
from b24orm.orm.standing import STRETCH, Standing
from b24orm.plan import writes
from b24orm.plan.writes import Write
from b24orm.query.names import find_field, parent_names
from b24orm.schema import FieldSchema

__all__ = ["Matching"]

M = TypeVar("M", bound=Entity)

_BREATH: Final = 100
"""Objects that are compared without letting others have a turn."""
_AT_ONCE: Final = 5_000
"""Keys of a list that are noted at a time."""


@dataclass
class Matching(Generic[M]):
    """Matches the objects of one job with the rows that there are.

    Attributes:
        standing: looks up the rows.
        only: the fields that may be changed in a row that exists; None: all.
        params: ``params`` of the methods.
        halt: the first error ends the job.
    """

    standing: Standing[M]
    only: frozenset[str] | None
    params: Mapping[str, Any]
    halt: bool = False
    stretch: int = STRETCH
    _seen: Seen = field(init=False)

    def begin(self, source: object) -> None:
        """Takes in all keys of a list, so that the first of two with the same key is known in time.

        Raises:
            InvalidValue: a key is missing or comes twice, and the first error is to end the job.
        """
        self._seen = Seen()
        if not isinstance(source, Sequence):
            return
        items = cast("Sequence[M]", source)
        for begin in range(0, len(items), _AT_ONCE):
            marks = self._marks(items[begin : begin + _AT_ONCE])
            self._note(marks, begin)
            self._stop_at(items[begin : begin + _AT_ONCE], marks, begin)
        if self.halt and (twice := self._seen.first_twice()) is not None:
            mark, one, other = twice
            raise about(self._twice(tuple(json.loads(mark)), one, other), items[one], one)

    def close(self) -> None:
        """Forgets the keys."""
        self._seen.close()

    def compared(self, row: M) -> list[str]:
        """The fields of an object that its row is compared by."""
        beside = {*self.standing.key.names, row.__schema__.id_name, *parent_names(row.__schema__)}
        return [
            name for name in row.changed if name not in beside and (self.only is None or name in self.only)
        ]

    def took(self, item: M, row_id: Any) -> None:
        """Takes in that an object is a row, which holds its key and all that was compared."""
        names = {*self.compared(item), *self.standing.key.names}
        item.take_extra({name: item.extra[name] for name in names & item.extra.keys()})
        item.take(**{name: vars(item)[name] for name in names & vars(item).keys()})
        if item.__schema__.key is not None:
            item.take(**{item.__schema__.id_name: row_id})
        remember(item, self.standing.portal)

    async def prepared(self, writer: Writer, items: Sequence[M], first: int) -> Sequence[Prepared]:
        """What is to be done with items, the first of which has this number.

        Raises:
            InvalidValue: the journal knows other items than these.
            B24Error: the portal can't be asked.
        """
        marks = self._marks(items)
        self._note(marks, first)
        done: dict[int, Prepared] = {}
        asked: dict[int, tuple[M, Mark, str]] = {}
        for place, (item, mark) in enumerate(zip(items, marks, strict=True), first):
            known = self._known(item, mark, place, writer.journal)
            if isinstance(known, str):
                asked[place] = (item, cast("Mark", mark), known)
            else:
                done[place] = known
        self._stop_at(items, [done.get(place) for place in range(first, first + len(items))], first)
        found = await self.standing.rows(
            [mark for _, mark, _ in asked.values()], self._fields(item for item, _, _ in asked.values())
        )
        for number, (place, (item, mark, digest)) in enumerate(asked.items()):
            if number % _BREATH == 0:
                await asyncio.sleep(0)  # the loop has others to serve
            done[place] = self._decided(item, mark, found.get(mark, ()), place, digest)
        if writer.journal is not None:
            self._noted(writer.journal, {place: (done[place], asked[place][2]) for place in asked})
        return [done[place] for place in range(first, first + len(items))]

    async def again(self, items: Sequence[tuple[int, M]]) -> Sequence[Prepared]:
        """What is still to be done with items, each with its number.

        Raises:
            B24Error: the portal can't be asked.
        """
        marks = [self.standing.key.of(item) for _, item in items]
        found = await self.standing.rows(marks, self._fields(item for _, item in items))
        return [
            self._decided(item, mark, found.get(mark, ()), place, _digest(item))
            for (place, item), mark in zip(items, marks, strict=True)
        ]

    # -- before the portal is asked --------------------------------------------------

    def _marks(self, items: Sequence[M]) -> list[Mark | B24Error]:
        return [self._mark(item) for item in items]

    def _mark(self, item: M) -> Mark | B24Error:
        try:
            check_own(self.standing.model, item)
            return self.standing.key.of(item)
        except UsageError as error:
            return error

    def _note(self, marks: Sequence[Mark | B24Error], first: int) -> None:
        self._seen.note(
            (json.dumps(mark), place)
            for place, mark in enumerate(marks, first)
            if not isinstance(mark, B24Error)
        )

    def _known(self, item: M, mark: Mark | B24Error, place: int, journal: Journal | None) -> Prepared | str:
        """What is known of an item already; if that is nothing, what it is called in the journal."""
        if isinstance(mark, B24Error):
            return mark
        other = self._seen.another(json.dumps(mark), place)
        if other is not None:
            return self._twice(mark, min(place, other), max(place, other))
        digest = "" if journal is None else _digest(item)
        entry = None if journal is None else journal.entry(place, digest)
        if entry is None:
            return digest
        if entry.state == "done":
            self.took(item, entry.id)
            return Settled("unchanged" if entry.kind is None else DONE[entry.kind], entry.id)
        # an add that left is looked for until it can't come any more, by whoever writes
        return self._added(item, mark, place, digest) if entry.kind == "add" else digest

    def _twice(self, mark: Mark, one: int, other: int) -> InvalidValue:
        return InvalidValue(
            f"two objects have the key {self.standing.key.shown(mark)}: the items {one} and {other}; "
            "which is meant can't be told"
        )

    def _stop_at(self, items: Sequence[M], found: Sequence[object], first: int) -> None:
        """Raises the first error, if that is to end the job."""
        for place, (item, entry) in enumerate(zip(items, found, strict=True), first):
            if self.halt and isinstance(entry, B24Error):
                raise about(entry, item, place)

    def _fields(self, items: Iterable[M]) -> tuple[FieldSchema, ...] | None:
        """What is fetched of the rows: the fields that objects have; all, where an update needs them."""
        schema = self.standing.model.__schema__
        method = schema.method("update")
        if method is not None and method.whole_key is not None:
            return None
        names = dict.fromkeys(name for item in items for name in self.compared(item))
        found = [find_field(schema, name) for name in names]
        return tuple(spec for spec in found if spec is not None and spec.selectable)

    # -- afterwards ------------------------------------------------------------------

    def _decided(
        self, item: M, mark: Mark, found: Sequence[M | InvalidRow], place: int, digest: str
    ) -> Prepared:
        rows = [row for row in found if not isinstance(row, InvalidRow)]
        if len(rows) < len(found):
            return next(row for row in found if isinstance(row, InvalidRow))
        if (own := self._row_of(item)) is not None and all(row.pk != own for row in rows):
            return InvalidValue(
                f"this {self.standing.model.__name__} is the row {own}, and "
                f"{f'the row {rows[0].pk}' if rows else 'no row'} has its key {self.standing.key.shown(mark)}"
            )
        if not rows:
            return self._added(item, mark, place, digest)
        if len(rows) > 1:
            model, ids = self.standing.model, ", ".join(str(row.pk) for row in rows[:5])
            return model.MultipleObjects(
                f"{len(rows)} {model.__name__} have the key {self.standing.key.shown(mark)}: {ids}"
                f"{' ...' if len(rows) > 5 else ''}; which is meant can't be told"
            )
        try:
            return self._changed(item, rows[0], place, digest)
        except UsageError as error:
            return error

    def _row_of(self, item: M) -> Any:
        """The id of an object that is a row already; one that its maker chose says nothing."""
        return item.pk if item.__schema__.key is not None and item.__schema__.id_field.read_only else None

    def _added(self, item: M, mark: Mark, place: int, digest: str) -> Prepared:
        try:
            call = writing.add_call(item, self.params)
        except UsageError as error:
            return error
        return Write("add", call, origin=mark, place=place, digest=digest)

    def _changed(self, item: M, found: M, place: int, digest: str) -> Prepared:
        names = differing(item, found, self.compared(item))
        for name in names:
            setattr(found, name, _held(item, name))
        call = writing.update_call(found, self.params) if names else None
        if call is None:
            self.took(item, found.pk)
            return Settled("unchanged", found.pk)
        safe = repeatable(writes.sent_fields(found.__schema__, call))
        return Write("update", call, safe, place=place, digest=digest, target=found.pk)

    def _noted(self, journal: Journal, decided: Mapping[int, tuple[Prepared, str]]) -> None:
        """Notes what nothing need be sent for: it is not looked up again when the job goes on."""
        journal.unchanged(
            (place, digest, entry.id)
            for place, (entry, digest) in decided.items()
            if isinstance(entry, Settled)
        )


def _held(item: Entity, name: str) -> Any:
    """What an object holds under a name, which may be that of a user field."""
    return item.extra[name] if name in item.extra else vars(item)[name]


def _digest(item: Entity) -> str:
    """What tells an item from others that might stand in its place."""
    values = {name: _held(item, name) for name in item.changed}
    return sha256(repr(sorted(values.items())).encode()).hexdigest()
