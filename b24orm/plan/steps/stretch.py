"""What steps that page by offset have in common: the slice they are to cut, and rows told apart.

Rows inserted or deleted while a list is read shift what stands where, so that rows come twice or not at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from b24orm.plan.calls import Row
from b24orm.plan.flow import Page
from b24orm.plan.steps.order import identified
from b24orm.schema import EntitySchema

__all__ = ["Identify", "Seen", "Stretch", "identity"]

Identify: TypeAlias = "Callable[[Row], object]"
"""What tells a row from the others."""


def identity(schema: EntitySchema) -> Identify | None:
    """What tells the rows of an entity apart; None where nothing does.

    A key that points to another row tells nothing: a status has a name in each language.
    """
    key = schema.key
    return None if key is None or key.relation else lambda row: row[key.wire]


@dataclass(frozen=True, slots=True)
class Stretch:
    """The rows wanted of a list.

    Attributes:
        start: the first row wanted.
        stop: the row to stop before; None for all.

    >>> rows = [{"ID": number} for number in range(50, 100)]
    >>> [row["ID"] for row in Stretch(98, 120).cut(rows, 50)]
    [98, 99]
    """

    start: int = 0
    stop: int | None = None

    def cut(self, page: Page, offset: int) -> Page:
        """The rows wanted of a page that begins at an offset."""
        last = None if self.stop is None else max(0, self.stop - offset)
        return page[max(0, self.start - offset) : last]

    def ends_before(self, offset: int) -> bool:
        """Whether no row at or behind an offset is wanted."""
        return self.stop is not None and offset >= self.stop


class Seen:
    """The rows that a list has brought.

    >>> seen = Seen(lambda row: row["ID"])
    >>> seen.repeats([{"ID": 1}, {"ID": 2}]), seen.repeats([{"ID": 2}])
    (False, True)

    Args:
        identify: the identity of a row; None where rows have none, so that none is ever known again.
    """

    def __init__(self, identify: Identify | None) -> None:
        self._identify = identify
        self._known: set[object] = set()

    def repeats(self, page: Page) -> bool:
        """Whether a row of the page was seen before, or stands in it twice; notes them all."""
        if self._identify is None:
            return False
        ids = identified(page, self._identify).keys()
        repeated = len(ids) < len(page) or not self._known.isdisjoint(ids)
        self._known |= ids
        return repeated

    def fresh(self, page: Page) -> Page:
        """The rows of the page that were not seen before; notes them."""
        if self._identify is None:
            return page
        rows = identified(page, self._identify)
        fresh = {key: row for key, row in rows.items() if key not in self._known}
        self._known |= fresh.keys()
        return list(fresh.values())
