"""The protocol between a plan and whoever runs it.

A flow is a small state machine without I/O, clock or loop: it says which calls it wants
answered, is given the outcomes in any order, and hands out pages of rows in their right
order. The executor drives flows over the network; a test drives them by hand.

A plain generator can only wait for one answer at a time; a flow may have several questions
under way, which is what makes a parallel scan possible.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeAlias, runtime_checkable

from b24orm.plan.calls import Ask, Outcome, Row

__all__ = ["Estimating", "Flow", "Page", "Spreadable"]

Page: TypeAlias = "list[Row]"


class Flow(Protocol):
    """A plan under way."""

    def asks(self, free: int) -> Sequence[Ask]:
        """At most ``free`` further questions that can be sent now."""
        ...

    def receive(self, ask: Ask, outcomes: Sequence[Outcome]) -> None:
        """The outcomes of one question, one for each of its calls.

        Raises:
            B24Error: an outcome that the flow can't do without is an error.
        """
        ...

    def pages(self) -> Iterator[Page]:
        """Pages that are ready, in order; each is handed out once."""
        ...

    @property
    def done(self) -> bool:
        """Nothing more will be asked and every page was handed out."""
        ...

    @property
    def expected(self) -> int | None:
        """How many rows there will be, if that is known for free."""
        ...


@runtime_checkable
class Spreadable(Protocol):
    """A flow whose questions may hold fewer commands."""

    @property
    def method(self) -> str:
        """The method that it calls."""
        ...

    @property
    def left(self) -> int | None:
        """Commands that are still to be asked, about; None if that is not known."""
        ...

    def pace(self, size: int, *, slow: bool) -> None:
        """Takes in how the portal is best asked from now on.

        Args:
            size: commands that a question holds at the most.
            slow: a full batch keeps the portal busy for long, so that more at once bring rows sooner.
        """
        ...


@runtime_checkable
class Estimating(Protocol):
    """A flow that can tell about how many rows there will be, from what it has seen of them."""

    @property
    def about(self) -> int | None:
        """Rows in all, about; None as long as nothing is known. Never asked of the server."""
        ...
