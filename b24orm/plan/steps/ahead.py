"""How far a scan reads ahead of whoever takes its rows.

Rows under way or waiting for their turn are memory. So a long scan begins with a few batches and asks for
more at once while the consumer has to wait for what was kept back. It decides once a round of answers: what
more requests bring is known only when they are answered. Wide rows are kept to fewer.
"""

from __future__ import annotations

from typing import Final

from b24orm.plan.flow import Page
from b24orm.plan.steps.sizes import BATCH_ROWS

__all__ = ["FIRST", "WINDOW", "Ahead", "rows_ahead"]

WINDOW: Final = 24 * BATCH_ROWS
"""Rows that may be under way or waiting for their turn, at the most."""

FIRST: Final = 6 * BATCH_ROWS
"""The same while it is not known how wide the rows are, or how quickly they are taken."""

_SLOW: Final = 2
"""So many times as much for a slow portal, as long as its rows are taken at once."""

_TEXT: Final = 20_000_000
"""Characters that these rows may be, about."""


def rows_ahead(page: Page) -> int:
    """Rows like these that may be under way or waiting, at the most: two batches at the least.

    >>> rows_ahead([{"ID": "1"}]), rows_ahead([{"ID": "1", "COMMENTS": "x" * 10_000}])
    (60000, 5000)
    """
    return max(2 * BATCH_ROWS, min(WINDOW, _TEXT * len(page) // len(repr(page))))


class Ahead:
    """The window of one scan: rows that may be under way or waiting now.

    Attributes:
        slow: a batch keeps the portal busy for long: more at once bring rows sooner.
    """

    def __init__(self) -> None:
        self.slow = False
        self._window = self._most = WINDOW
        self._full = self._held_back = self._waited = False
        self._answered = 0

    def begin(self, page: Page, rows: float) -> None:
        """Chooses the first window, by the first page of a scan and the rows that it is expected to bring."""
        self._most = rows_ahead(page)
        self._window = min(self._most, 2 * FIRST if rows > WINDOW else WINDOW)

    def room(self, held: int) -> bool:
        """Whether more may be asked for while so many rows are under way or waiting."""
        self._full = held >= self._window
        return not self._full

    def asked(self, *, places: bool) -> None:
        """Everything was asked for that may be; ``places``: the portal would have taken more requests."""
        self._held_back, self._full = self._full and places, False

    def answered(self, rows: int) -> None:
        """A question for so many rows was answered."""
        self._answered += rows

    def decide(self, ready: int, behind: int) -> None:
        """More at once if the consumer waited for what was held back, fewer if it never waited in a round.

        Args:
            ready: rows that wait for the consumer now.
            behind: rows that wait behind a batch that is late; more at once would not bring it sooner.
        """
        self._waited = self._waited or (not ready and self._answered > 0)
        if self._waited and self._held_back and 2 * self._answered >= self._window:
            most = self._most * (_SLOW if self.slow and 4 * behind <= self._window else 1)
            self._next_round(max(self._window, min(most, self._window * 2)))
        elif self._answered >= self._window:
            least = min(self._most, FIRST)
            self._next_round(self._window if self._waited else max(least, self._window - BATCH_ROWS))

    def _next_round(self, window: int) -> None:
        self._window, self._answered, self._waited = window, 0, False
