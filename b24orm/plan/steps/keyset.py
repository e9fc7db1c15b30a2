"""Every row of a table by its id, without the server ever counting or skipping.

The rule it stands on: ``order ID``, ``>ID`` the last one seen, ``start=-1``. A first request
brings the first page and the last id; from then on several stretches of the id space are
fetched side by side, each with one batch, and handed out in the order of the ids. Where that
will take many batches, a survey looks at a few points further and further on, so that great
holes among the ids are jumped over instead of being walked through.

A row that exists throughout lies in exactly one stretch, whatever is inserted or deleted
meanwhile, so it is returned exactly once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from b24orm.errors import B24Error
from b24orm.plan.calls import Ask, Call, Outcome, Ref, rows_of
from b24orm.plan.flow import Page
from b24orm.plan.listing import Listing
from b24orm.plan.steps.by_ids import BATCH, PAGE
from b24orm.plan.steps.slots import Density, Slot
from b24orm.plan.steps.survey import Survey

__all__ = ["WINDOW", "KeysetScan"]

WINDOW: Final = 24
"""Stretches that may be under way or waiting for their turn: what bounds the memory."""

_PROBE: Final = "probe"
_SURVEY: Final = "survey"


class KeysetScan:
    """A scan in the order of the ids.

    Args:
        listing: the list method with its conditions.
        lower: ids must be greater, if given.
        upper: ids must not be greater, if given.
        descending: from the greatest id down.
        limit: rows wanted at the most; a few more may be handed out.
        joins: pages may be short or repeat rows, so only an empty page ends a stretch.
    """

    expected: int | None = None

    def __init__(
        self,
        listing: Listing,
        *,
        lower: int | None = None,
        upper: int | None = None,
        descending: bool = False,
        limit: int | None = None,
        joins: bool = False,
    ) -> None:
        self._listing = listing
        self._sign = -1 if descending else 1
        # in "steps", ids grow in the direction of the scan: a step is the id, or minus it
        first, last = (lower, upper) if not descending else (_mirrored(upper), _mirrored(lower))
        self._cursor: int | None = first
        self._last: int | None = last
        self._order = listing.by_id(descending=descending)
        self._back = listing.by_id(descending=not descending)
        self._joins = joins
        self._left = limit
        self._slots: deque[Slot] = deque()
        self._density = Density()
        self._probed = False
        self._survey = Survey()
        self._wants_probe = limit is None or limit > 2 * PAGE * BATCH
        if not self._wants_probe:
            assert limit is not None
            self._slots.append(Slot(_low(first), last, "chain", min(BATCH, -(-limit // PAGE))))

    # -- asking ----------------------------------------------------------------------

    def asks(self, free: int) -> Sequence[Ask]:
        """The probe first; then a batch for each stretch that needs one."""
        if self.done:
            return ()
        if self._wants_probe:
            return self._probe() if free else ()
        found: list[Ask] = []
        if free and (points := self._survey.ask()):
            found.append(self._survey_ask(points))
        for slot in self._waiting():
            if len(found) == free:
                break
            found.append(self._ask(slot))
        return found

    def _waiting(self) -> Iterator[Slot]:
        for slot in self._slots:
            if not slot.asked and not slot.finished:
                yield slot
        while self._can_cut():
            assert self._cursor is not None
            assert self._last is not None
            high = self._survey.limit(self._cursor, self._last)
            slot = self._density.next_slot(self._cursor, high, ranges=not self._joins)
            assert slot.high is not None
            self._cursor = slot.high
            self._slots.append(slot)
            yield slot

    def _can_cut(self) -> bool:
        if not self._probed or self._cursor is None or self._last is None:
            return False
        self._cursor = self._survey.past_gap(self._cursor)
        if self._cursor >= self._last or self._survey.waits(self._cursor):
            return False
        if any(slot.kind == "leap" for slot in self._slots if not slot.finished):
            return False
        if self._left is not None and self._under_way() >= self._left:
            return False
        return len(self._slots) < WINDOW

    def _under_way(self) -> float:
        return sum(slot.width * self._density.share for slot in self._slots) if self._slots else 0

    def _probe(self) -> Sequence[Ask]:
        if self._probed:
            return ()
        self._probed = True
        first = self._listing.call(self._bounds(self._cursor, self._last), order=self._order, start=-1)
        last = self._listing.ids_only().call(
            self._bounds(self._cursor, self._last), order=self._back, start=-1
        )
        return (Ask((first, last), key=_PROBE),)

    def _survey_ask(self, points: Sequence[int]) -> Ask:
        ids = self._listing.ids_only()
        calls = [ids.call(self._bounds(point, self._last), order=self._order, start=-1) for point in points]
        return Ask(tuple(calls), key=_SURVEY)

    def _ask(self, slot: Slot) -> Ask:
        slot.asked = True
        if slot.kind == "ranges":
            return Ask(self._ranges(slot), key=slot)
        labels = tuple(f"c{number}" for number in range(slot.commands))
        halt = self._listing.spec.dialect == "orm"  # it answers an error after the short page
        return Ask(self._chain(slot, labels), labels, chained=slot.commands > 1, halt=halt, key=slot)

    def _ranges(self, slot: Slot) -> tuple[Call, ...]:
        assert slot.high is not None
        edges = [*range(slot.low, slot.high, PAGE), slot.high]
        return tuple(
            self._listing.call(self._bounds(low, high), order=self._order, start=-1)
            for low, high in pairwise(edges)
        )

    def _chain(self, slot: Slot, labels: tuple[str, ...]) -> tuple[Call, ...]:
        low = None if slot.low == _low(None) else slot.low
        calls = [self._listing.call(self._bounds(low, slot.high), order=self._order, start=-1)]
        row_id = (*self._listing.spec.envelope, PAGE - 1, self._listing.schema.id_field.wire)
        after = f"{'>' if self._sign > 0 else '<'}{self._listing.id_name}"
        for label in labels[:-1]:
            bounds = {**self._bounds(None, slot.high), after: Ref(label, row_id)}
            calls.append(self._listing.call(bounds, order=self._order, start=-1))
        return tuple(calls)

    def _bounds(self, low: int | None, high: int | None) -> dict[str, int]:
        name = self._listing.id_name
        found: dict[str, int] = {}
        if self._sign > 0:
            if low is not None:
                found[f">{name}"] = low
            if high is not None:
                found[f"<={name}"] = high
            return found
        if low is not None:
            found[f"<{name}"] = -low
        if high is not None:
            found[f">={name}"] = -high
        return found

    # -- receiving -------------------------------------------------------------------

    def receive(self, ask: Ask, outcomes: Sequence[Outcome]) -> None:
        """Takes the pages of one batch and decides what is left of its stretch."""
        if ask.key is _PROBE:
            self._take_probe(ask, outcomes)
            return
        if ask.key is _SURVEY:
            pages = [_page(call, outcome) for call, outcome in zip(ask.calls, outcomes, strict=True)]
            self._survey.take([self._step(page[0]) if page else None for page in pages])
            return
        slot = ask.key
        assert isinstance(slot, Slot)
        slot.asked = False
        pages = self._good_pages(ask, outcomes, chained=slot.kind != "ranges")
        found = sum(len(page) for page in pages)
        slot.rows += found
        slot.pages.extend(page for page in pages if page)
        if slot.kind == "ranges":
            self._density.learn(found, slot.width)
            slot.finished = True
            return
        self._continue(slot, pages)

    def _take_probe(self, ask: Ask, outcomes: Sequence[Outcome]) -> None:
        self._wants_probe = False
        page, ends = (_page(call, outcome) for call, outcome in zip(ask.calls, outcomes, strict=True))
        full = len(page) == PAGE
        page = self._unique(page)
        if not page:
            self._cursor = self._last
            return
        first, last = self._step(page[0]), self._step(page[-1])
        self._density.share = min(1.0, len(page) / (last - first + 1))
        # with conditions that join, and after a full page, there may be more up to the last id
        top = self._step(ends[0]) if ends else last
        self._cursor = last
        self._last = max(top, last) if full or self._joins else last
        self._slots.append(Slot(first, last, "ranges", 0, deque([page]), finished=True))
        if self._left is None:
            self._survey.plan(self._cursor, self._last, self._density.width)

    def _good_pages(self, ask: Ask, outcomes: Sequence[Outcome], *, chained: bool) -> list[Page]:
        """Unique pages up to the first short one, or all of them when they don't hang together.

        After a short page the reference to its 50th row is missing: a classic list then starts
        again from the first row, crm.item.list answers an error. Neither belongs to the result.
        """
        pages: list[Page] = []
        for call, outcome in zip(ask.calls, outcomes):  # noqa: B905 - a halted batch is shorter
            page = _page(call, outcome)
            pages.append(page)
            if chained and len(page) < PAGE:
                break
        return pages

    def _continue(self, slot: Slot, pages: list[Page]) -> None:
        last_page = pages[-1]
        ended = not last_page if self._joins else len(last_page) < PAGE
        reached = self._step(last_page[-1]) if last_page else slot.high
        if self._joins:
            slot.pages = deque(page for page in map(self._unique, slot.pages) if page)
        if ended or (slot.high is not None and reached is not None and reached >= slot.high):
            self._close(slot)
            return
        assert reached is not None
        if slot.kind == "leap":
            self._density.share = min(1.0, max(slot.rows, 1) / max(1, reached - self._first_step(slot) + 1))
            self._cursor = reached
            slot.finished = True
            return
        slot.low = reached
        slot.commands = self._commands_left(slot)

    def _commands_left(self, slot: Slot) -> int:
        if self._left is not None:
            return min(BATCH, max(1, -(-(self._left - slot.rows) // PAGE)))
        return BATCH if slot.high is None else min(BATCH, max(2, slot.commands // 2))

    def _close(self, slot: Slot) -> None:
        slot.finished = True
        if slot.kind == "leap" and slot.high is not None:
            self._cursor = slot.high
        elif slot.width:
            self._density.learn(slot.rows, slot.width)

    def _first_step(self, slot: Slot) -> int:
        return self._step(slot.pages[0][0]) if slot.pages else slot.low

    # -- handing out -----------------------------------------------------------------

    def pages(self) -> Iterator[Page]:
        """Pages in the order of the ids, as far as there is no gap before them."""
        while self._slots:
            slot = self._slots[0]
            while slot.pages:
                page = slot.pages.popleft()
                if self._left is not None:
                    self._left -= len(page)
                yield page
            if not slot.finished:
                return
            self._slots.popleft()

    @property
    def done(self) -> bool:
        """Every stretch was fetched and handed out, or enough rows were."""
        if self._left is not None and self._left <= 0:
            return True
        if self._slots or self._wants_probe or self._survey.under_way:
            return False
        return not self._can_cut()

    def _step(self, row: dict[str, object]) -> int:
        return self._sign * self._listing.id_of(row)

    def _unique(self, page: Page) -> Page:
        if not self._joins:
            return page
        return list({self._listing.id_of(row): row for row in page}.values())


def _page(call: Call, outcome: Outcome) -> Page:
    if isinstance(outcome, B24Error):
        raise outcome
    return rows_of(outcome.result, call.envelope)


def _mirrored(bound: int | None) -> int | None:
    """``id <= bound`` becomes ``-id > -bound - 1``; ``id > bound`` becomes ``-id <= -bound - 1``."""
    return None if bound is None else -bound - 1


def _low(bound: int | None) -> int:
    return -(2**63) if bound is None else bound
