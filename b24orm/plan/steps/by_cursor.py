"""Pages one after the other, each asked for by the least id of the page before it.

The rule it stands on: a method without ``start`` answers the newest rows first, and those older
than ``LAST_ID`` when it is given. Only an empty page ends the list.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from b24orm.errors import Incomplete
from b24orm.plan.calls import Ask, Call, Outcome, Row, rows_in
from b24orm.plan.steps.in_turn import InTurn

__all__ = ["ByCursor"]


class ByCursor(InTurn):
    """Fetches pages until one is empty.

    Args:
        call: makes the call for the rows older than an id; 0 for the newest.
        id_of: the id of a row.
    """

    def __init__(self, call: Callable[[int], Call], id_of: Callable[[Row], int]) -> None:
        super().__init__()
        self._call = call
        self._id_of = id_of
        self._last = 0

    def _question(self) -> Ask:
        return Ask((self._call(self._last),))

    def receive(self, ask: Ask, outcomes: Sequence[Outcome]) -> None:
        """Keeps the page, and where it ended.

        Raises:
            Incomplete: the method brings the same rows again.
        """
        (call,), (outcome,) = ask.calls, outcomes
        page = rows_in(call, outcome)
        self._asked, self._ended = False, not page
        if not page:
            return
        ids = list(map(self._id_of, page))
        if len(set(ids)) < len(ids) or (self._last and max(ids) >= self._last):
            raise Incomplete(f"{call.method} answers no rows older than {self._last}, but the same again")
        self._last = min(ids)
        self._ready.append(page)
