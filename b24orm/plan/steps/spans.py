"""The calls that read stretches of ids, in the direction of a scan.

A *step* grows in the direction of the scan: it is the id, or minus the id of a scan downwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from b24orm.plan.calls import Ask, Call, Ref, Row
from b24orm.plan.flow import Page
from b24orm.plan.listing import Listing
from b24orm.plan.steps.chained import chained_ask, labels_of
from b24orm.plan.steps.order import check_order
from b24orm.plan.steps.sizes import PAGE

__all__ = ["Spans"]


@dataclass(frozen=True)
class Spans:
    """One listing read by ids.

    Attributes:
        listing: the list method with its conditions.
        descending: from the greatest id down.
    """

    listing: Listing
    descending: bool = False

    def step(self, row: Row) -> int:
        """The step of a row."""
        return self._sign * self.listing.id_of(row)

    def check(self, page: Page, low: int | None, high: int | None, *, repeats: bool = False) -> None:
        """Sees that the rows of a page have ``low < step <= high``, in this order.

        Raises:
            Incomplete: they do not.
            ServerFailure: one of them has no id.
        """
        check_order(self.listing, page, low, high, descending=self.descending, repeats=repeats)

    @property
    def _sign(self) -> int:
        return -1 if self.descending else 1

    def steps(self, lower: int | None, upper: int | None) -> tuple[int | None, int | None]:
        """``lower < id <= upper`` as ``first < step <= last``."""
        return (_mirrored(upper), _mirrored(lower)) if self.descending else (lower, upper)

    def page(self, low: int | None, high: int | None, limit: int | None = None) -> Call:
        """The first rows with ``low < step <= high``; ``limit`` of them, of a method that can be told."""
        return self._call(self._bounds(low, high), limit)

    def _call(self, bounds: dict[str, Any], limit: int | None = None) -> Call:
        order = self.listing.by_id(descending=self.descending)
        return self.listing.call(bounds, order=order, start=-1, limit=limit)

    def first_ids(self, low: int, high: int | None) -> Call:
        """The first ids with ``low < step <= high``, and nothing else of their rows."""
        return Spans(self.listing.ids_only(), self.descending).page(low, high)

    def last(self, low: int | None, high: int | None, *, ids_only: bool, limit: int | None = None) -> Call:
        """The last rows, or nothing but their ids, last first."""
        listing = self.listing.ids_only() if ids_only else self.listing
        order = listing.by_id(descending=not self.descending)
        return listing.call(self._bounds(low, high), order=order, start=-1, limit=limit)

    def ranges(self, low: int, high: int, key: object) -> Ask:
        """A batch of stretches that are too short to hold more than a page."""
        edges = [*range(low, high, PAGE), high]
        return Ask(tuple(self.page(one, two) for one, two in pairwise(edges)), key=key)

    def chain(self, low: int | None, high: int | None, commands: int, key: object) -> Ask:
        """A batch of pages, each beginning behind the last row of the one before."""
        spec = self.listing.spec
        last_id = (*spec.envelope, PAGE - 1, self.listing.schema.id_field.wire)
        after = f"{'<' if self.descending else '>'}{self.listing.id_name}"
        within = self._bounds(None, high)
        calls = [self.page(low, high)]
        calls += [self._call({**within, after: Ref(label, last_id)}) for label in labels_of(commands - 1)]
        return chained_ask(spec, calls, key)

    def _bounds(self, low: int | None, high: int | None) -> dict[str, Any]:
        name = self.listing.id_name
        keys = (f"<{name}", f">={name}") if self.descending else (f">{name}", f"<={name}")
        return {
            key: self._sign * bound for key, bound in zip(keys, (low, high), strict=True) if bound is not None
        }


def _mirrored(bound: int | None) -> int | None:
    """``id <= bound`` becomes ``-id > -bound - 1``; ``id > bound`` becomes ``-id <= -bound - 1``."""
    return None if bound is None else -bound - 1
