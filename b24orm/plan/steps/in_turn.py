"""What steps have in common that ask one question at a time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

from b24orm.plan.calls import Ask
from b24orm.plan.flow import Page

__all__ = ["InTurn"]


class InTurn(ABC):
    """A flow whose next question depends on the answer to the one before.

    A subclass says the question, and in ``receive`` keeps the pages, and whether the end is reached.
    """

    expected: int | None = None

    def __init__(self) -> None:
        self._asked = False
        self._ended = False
        self._ready: list[Page] = []

    @property
    def done(self) -> bool:
        """The end was reached and every page was handed out."""
        return self._ended and not self._ready

    def asks(self, free: int) -> Sequence[Ask]:
        """The next question, once the one before is answered."""
        if self._asked or self._ended or not free:
            return ()
        self._asked = True
        return (self._question(),)

    @abstractmethod
    def _question(self) -> Ask:
        """What is asked now."""

    def pages(self) -> Iterator[Page]:
        """The pages that are ready, in order."""
        while self._ready:
            yield self._ready.pop(0)
