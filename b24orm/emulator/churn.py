"""Other people at work: rows come, change and go while a client reads.

::

    portal.churn = Churn("deal", inserts=0.5, deletes=0.3, seed=1)

A step runs before the work of each request, so a list that takes many requests sees a table that
moves under it. What happened is kept, so that a test can say which rows were there all along.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any, Protocol

__all__ = ["Churn", "ChurnStore"]


class ChurnStore(Protocol):
    """What churn needs of a store."""

    def insert(self, entity: str, values: Mapping[str, Any], /) -> int:
        """Add a row and give its id."""
        ...

    def update(self, entity: str, row_id: int, values: Mapping[str, Any], /) -> bool:
        """Change a row; False if there is none."""
        ...

    def delete(self, entity: str, row_id: int, /) -> bool:
        """Remove a row; False if there is none."""
        ...

    def ids(self, entity: str, /) -> list[int]:
        """Every id of an entity."""
        ...


class Churn:
    """Inserts, updates and deletes rows of one entity between requests, repeatably by seed.

    Args:
        entity: the store's name of the entity (``deal``).
        inserts, updates, deletes: rows a request on average; 0.5 is one in every second request.
        values: makes the values of a row from a running number.
        after: requests to let pass first, so that a first page is read in peace.
        limit: requests to disturb; None for no end.

    Attributes:
        inserted, updated, deleted: ids, in order.
    """

    def __init__(
        self,
        entity: str = "deal",
        *,
        inserts: float = 0.5,
        updates: float = 0.0,
        deletes: float = 0.5,
        seed: int = 0,
        values: Callable[[int], Mapping[str, Any]] | None = None,
        after: int = 0,
        limit: int | None = None,
    ) -> None:
        self.entity = entity
        self.inserted: list[int] = []
        self.updated: list[int] = []
        self.deleted: list[int] = []
        self._rates = (inserts, updates, deletes)
        self._values = values or _titled
        self._random = random.Random(seed)
        self._after = after
        self._left = limit
        self._ids: list[int] | None = None

    def step(self, store: ChurnStore) -> None:
        """Disturb the store once."""
        if not self._awake():
            return
        if self._ids is None:
            self._ids = list(store.ids(self.entity))
        inserts, updates, deletes = (self._times(rate) for rate in self._rates)
        for _ in range(inserts):
            self._ids.append(store.insert(self.entity, self._row()))
            self.inserted.append(self._ids[-1])
        for _ in range(min(updates, len(self._ids))):
            row_id = self._random.choice(self._ids)
            if store.update(self.entity, row_id, self._row()):
                self.updated.append(row_id)
        for _ in range(min(deletes, len(self._ids))):
            row_id = self._drop(self._ids)
            if store.delete(self.entity, row_id):
                self.deleted.append(row_id)

    def _awake(self) -> bool:
        if self._after > 0:
            self._after -= 1
            return False
        if self._left is not None:
            self._left -= 1
        return self._left is None or self._left >= 0

    def _drop(self, ids: list[int]) -> int:
        """Take a random id out of the list, without moving the others."""
        place = self._random.randrange(len(ids))
        ids[place], ids[-1] = ids[-1], ids[place]
        return ids.pop()

    def _times(self, rate: float) -> int:
        whole = int(rate)
        return whole + (self._random.random() < rate - whole)

    def _row(self) -> Mapping[str, Any]:
        return self._values(len(self.inserted) + len(self.updated) + 1)


def _titled(number: int) -> Mapping[str, Any]:
    return {"TITLE": f"Churn {number}"}
