"""What is to be done with the items of a bulk write, before any of them is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeAlias

from typing_extensions import TypeVar

from b24orm.errors import B24Error
from b24orm.executor.writer import Writer
from b24orm.orm.results import WriteOutcome
from b24orm.plan.writes import Write

__all__ = ["Part", "Prepared", "Scout", "Settled"]

T = TypeVar("T")
C = TypeVar("C", contravariant=True)


@dataclass(frozen=True, slots=True)
class Settled:
    """An item that nothing is sent for.

    Attributes:
        outcome: what it came to: there was nothing to change, or a run before this one has written it.
        id: the id of its row.
    """

    outcome: WriteOutcome
    id: Any


Prepared: TypeAlias = Write | Settled | B24Error
"""What is to be done with an item; nothing, or something is wrong with it."""


class Scout(Protocol[C]):
    """Looks what there is for items, and so what is to be done with them."""

    stretch: int
    """Items that it looks for at a time."""

    async def prepared(self, writer: Writer, items: Sequence[C], first: int) -> Sequence[Prepared]:
        """What is to be done with items, the first of which has this number.

        Raises:
            B24Error: the portal can't be asked.
        """
        ...

    async def again(self, items: Sequence[tuple[int, C]]) -> Sequence[Prepared]:
        """What is still to be done with items, each with its number; what was done with them is not known.

        Raises:
            B24Error: the portal can't be asked.
        """
        ...

    def begin(self, source: object) -> None:
        """Is told what the items come from, before the first of them is taken."""
        ...

    def close(self) -> None:
        """Lets go of what it remembers."""
        ...


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """Items that are written side by side.

    Attributes:
        items: the items.
        prepared: what is to be done with each.
        first: the number of the first.
        left: they, and what follows them in their window.
    """

    items: Sequence[T]
    prepared: Sequence[Prepared]
    first: int
    left: Sequence[T]
