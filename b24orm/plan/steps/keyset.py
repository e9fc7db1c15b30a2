"""Every row of a table by its id, without the server ever counting or skipping.

The rule it stands on: ``order ID``, ``>ID`` the last one seen, ``start=-1``. A first request
brings the first page and the last; from then on several stretches of the id space are
fetched side by side, each with one batch, and handed out in the order of the ids. Where that
will take many batches, a survey looks at a few points further and further on, so that great
holes among the ids are jumped over instead of being walked through. A stretch that holds more
than its batch could bring leaves a rest, which is cut anew by what was learnt.

A row that exists throughout lies in exactly one stretch, whatever is inserted or deleted
meanwhile, so it is returned exactly once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final

from b24orm.errors import Incomplete
from b24orm.plan.calls import Ask, Outcome, rows_in
from b24orm.plan.flow import Page
from b24orm.plan.listing import Listing
from b24orm.plan.steps.ahead import Ahead
from b24orm.plan.steps.chained import chained_pages
from b24orm.plan.steps.sizes import BATCH, BATCH_ROWS, PAGE
from b24orm.plan.steps.slots import Density, Slot
from b24orm.plan.steps.spans import Spans
from b24orm.plan.steps.survey import Survey

__all__ = ["KeysetScan"]

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
        self._spans = Spans(listing, descending)
        self._bounds = self._spans.steps(lower, upper)
        self._joins = joins
        self._left = limit
        self._handed = 0
        self._slots: deque[Slot] = deque()
        self._density = Density()
        self._survey = Survey()
        self._surveyed: int | None = None
        self._probing = False
        self._ahead = Ahead()
        self._size = BATCH
        self._wants_probe = limit is None or limit > 2 * BATCH_ROWS
        if not self._wants_probe:
            assert limit is not None
            self._slots.append(Slot(*self._bounds, "few", min(BATCH, -(-limit // PAGE))))

    # -- asking ----------------------------------------------------------------------

    def asks(self, free: int) -> Sequence[Ask]:
        """The probe first; then a batch for each stretch that needs one."""
        ready = self._ready()
        if self.done or (self._left is not None and ready >= self._left):
            return ()
        self._ahead.decide(ready, sum(slot.waiting for slot in self._slots) - ready)
        if self._wants_probe:
            return self._probe() if free else ()
        found: list[Ask] = []
        if free and (points := self._survey.ask()):
            calls = tuple(self._spans.first_ids(point, self._surveyed) for point in points)
            found.append(Ask(calls, key=_SURVEY))
        for slot in self._waiting():
            if len(found) == free:
                break
            found.append(self._ask(slot))
        self._ahead.asked(places=len(found) < free)
        return found

    def _probe(self) -> Sequence[Ask]:
        if self._probing:
            return ()
        self._probing = True
        last = self._spans.last(*self._bounds, ids_only=not self._to_the_end)
        return (Ask((self._spans.page(*self._bounds), last), key=_PROBE),)

    @property
    def _to_the_end(self) -> bool:
        """Whether the last page will be needed, and can be told from what is before it."""
        return self._left is None and not self._joins

    def _ask(self, slot: Slot) -> Ask:
        slot.asked = True
        if slot.kind != "ranges":
            return self._spans.chain(slot.low, slot.high, slot.commands, slot)
        assert slot.low is not None
        assert slot.high is not None
        return self._spans.ranges(slot.low, slot.high, slot)

    def _waiting(self) -> Iterator[Slot]:
        """Stretches to ask for, in their order; rests are cut when it is their turn."""
        place = 0
        while place < len(self._slots):
            slot = self._slots[place]
            if slot.kind == "rest":
                if self._over(slot):
                    del self._slots[place]
                    continue
                if not self._may_cut(slot, place):
                    return
                slot = self._cut(slot, place)
            if not slot.asked and not slot.finished:
                yield slot
            place += 1

    def _over(self, rest: Slot) -> bool:
        """Whether nothing is left of a rest."""
        assert rest.low is not None
        assert rest.high is not None
        return self._survey.past_gap(rest.low) >= rest.high

    def _may_cut(self, rest: Slot, place: int) -> bool:
        assert rest.low is not None
        if self._survey.under_way and not self._near(rest.low):
            return False
        if place == 0:  # everything else waits for it
            return True
        if self._left is not None and self._under_way() >= self._left:
            return False
        return self._ahead.room(sum(slot.held for slot in self._slots))

    def _near(self, low: int) -> bool:
        """Whether the survey can't change the next stretch: fixed ranges before its first point."""
        return not self._joins and self._density.dense and low + self._size * PAGE <= self._survey.ahead[0]

    def _cut(self, rest: Slot, place: int) -> Slot:
        assert rest.low is not None
        assert rest.high is not None
        low = self._survey.past_gap(rest.low)
        top = self._survey.limit(low, rest.high)
        slot = self._density.next_slot(low, top, ranges=not self._joins, size=self._size)
        rest.low = slot.high
        self._slots.insert(place, slot)
        return slot

    def _ready(self) -> int:
        """Rows that can be handed out right away."""
        rows = 0
        for slot in self._slots:
            rows += slot.waiting
            if not slot.finished:
                break
        return rows

    def _under_way(self) -> float:
        return sum(self._density.rows(slot.width) for slot in self._slots)

    @property
    def method(self) -> str:
        """The list method."""
        return self._spans.listing.spec.name

    @property
    def left(self) -> int | None:
        """Commands that are still to be asked, about; None: not known yet, or none that can be shared out."""
        if self._wants_probe or self._left is not None:
            return None
        rests = [slot for slot in self._slots if slot.kind == "rest"]
        widths = (slot.high - slot.low for slot in rests if slot.low is not None and slot.high is not None)
        return int(self._density.rows(sum(widths)) / PAGE)

    @property
    def about(self) -> int | None:
        """Rows in all, about: those that came, and as many a stretch as were found elsewhere."""
        if self._wants_probe or any(slot.low is None or slot.high is None for slot in self._slots):
            return None
        found = self._handed + sum(slot.waiting for slot in self._slots)
        rows = found + round(sum(map(self._coming, self._slots)))
        return rows if self._left is None else min(rows, self._handed + self._left)

    def _coming(self, slot: Slot) -> float:
        if slot.finished or slot.low is None or slot.high is None:
            return 0.0
        return self._density.rows(slot.high - slot.low - self._survey.holes(slot.low, slot.high))

    def pace(self, size: int, *, slow: bool) -> None:
        """Takes in how many commands a batch should hold, and whether full ones take the portal long."""
        self._size = size
        self._ahead.slow = slow

    # -- receiving -------------------------------------------------------------------

    def receive(self, ask: Ask, outcomes: Sequence[Outcome]) -> None:
        """Takes the pages of one batch and decides what is left of its stretch."""
        if ask.key is _PROBE:
            self._take_probe(ask, outcomes)
        elif ask.key is _SURVEY:
            pages = [rows_in(call, outcome) for call, outcome in zip(ask.calls, outcomes, strict=True)]
            for point, page in zip(self._survey.ahead, pages, strict=True):
                self._spans.check(page, point, self._surveyed, repeats=self._joins)
            self._survey.take([self._spans.step(page[0]) if page else None for page in pages])
            self._density.sample([self._width(page) for page in pages if len(page) == PAGE])
        else:
            assert isinstance(ask.key, Slot)
            pages = list(chained_pages(ask, outcomes))
            self._check(ask.key, pages)
            self._take_pages(ask.key, pages)

    def _take_probe(self, ask: Ask, outcomes: Sequence[Outcome]) -> None:
        self._wants_probe = False
        page, ends = (rows_in(call, outcome) for call, outcome in zip(ask.calls, outcomes, strict=True))
        for rows in (page, ends[::-1]):
            self._spans.check(rows, *self._bounds, repeats=self._joins)
        if not page:
            return
        full = len(page) >= PAGE or self._goes_on(page, ends)
        page = self._unique(page)
        first, last = self._spans.step(page[0]), self._spans.step(page[-1])
        self._density.see(len(page), self._width(page))
        self._density.sample([self._width(ends)] if len(ends) == PAGE else [])
        self._slots.append(Slot(first, last, "ranges", 0, deque([page]), finished=True))
        # with conditions that join, and after a full page, there may be more up to the last id
        top = max(last, self._spans.step(ends[0])) if ends and (full or self._joins) else last
        if self._to_the_end:
            top = self._put_last(last, top, ends)
        self._slots.insert(1, Slot(last, top, "rest", 0))
        if self._left is None:
            self._surveyed = top
            self._survey.plan(last, top, self._density.width)
            self._ahead.begin(page, self._density.rows(top - last))

    def _goes_on(self, page: Page, ends: Page) -> bool:
        """Whether so many rows were inserted behind a first page that is not full that there may be more.

        Raises:
            Incomplete: pages are shorter here than this method's are known to be.
        """
        last = self._spans.step(page[-1])
        if self._joins or not ends or self._spans.step(ends[-1]) <= last:
            return False  # the last page begins within the first
        if len(ends) < PAGE:
            method = self._spans.listing.spec.name
            text = f"{method} answers pages of {len(page)} rows instead of {PAGE}: page on with call()"
            raise Incomplete(text)
        return True

    def _put_last(self, last: int, top: int, ends: Page) -> int:
        """Keeps the last rows until it is their turn; returns the last step before them."""
        rows = [row for row in reversed(ends) if last < self._spans.step(row) <= top]
        if not rows:
            return top
        before = self._spans.step(rows[0]) - 1
        self._slots.append(Slot(before, top, "ranges", 0, deque([rows]), finished=True))
        return before if len(rows) == len(ends) else last  # else the first page reached into the last

    def _check(self, slot: Slot, pages: Sequence[Page]) -> None:
        """Sees that pages lie one behind the other, within their stretch."""
        low, high = slot.low, slot.high
        for page in pages:
            if slot.kind == "ranges" and low is not None and slot.high is not None:
                high = min(low + PAGE, slot.high)
            self._spans.check(page, low, high, repeats=self._joins)
            low = high if slot.kind == "ranges" else self._spans.step(page[-1]) if page else low

    def _take_pages(self, slot: Slot, pages: list[Page]) -> None:
        slot.asked = False
        self._ahead.answered(slot.commands * PAGE)
        last_page = pages[-1]
        slot.rows += sum(map(len, pages))
        slot.pages.extend(page for page in map(self._unique, pages) if page)
        if slot.kind == "ranges":
            self._density.learn(slot.rows, slot.width)
            slot.finished = True
            return
        ended = not last_page if self._joins else len(last_page) < PAGE
        reached = self._spans.step(last_page[-1]) if last_page else None
        if ended or reached is None or (slot.high is not None and reached >= slot.high):
            slot.finished = True
            self._density.learn(slot.rows, slot.width)
        elif slot.kind == "few":
            assert self._left is not None
            slot.low = reached
            slot.commands = min(BATCH, max(1, -(-(self._left - slot.waiting) // PAGE)))
        else:
            self._leave_rest(slot, reached)

    def _leave_rest(self, slot: Slot, reached: int) -> None:
        """The batch was too small for the stretch: what is behind its last row is cut anew."""
        slot.finished = True
        self._density.see(slot.rows, reached - self._spans.step(slot.pages[0][0]) + 1)
        self._slots.insert(self._slots.index(slot) + 1, Slot(reached, slot.high, "rest", 0))

    # -- handing out -----------------------------------------------------------------

    def pages(self) -> Iterator[Page]:
        """Pages in the order of the ids, as far as there is no gap before them."""
        while self._slots:
            slot = self._slots[0]
            while slot.pages:
                page = slot.pages.popleft()
                self._handed += len(page)
                if self._left is not None:
                    self._left -= len(page)
                yield page
            if not slot.finished and not (slot.kind == "rest" and self._over(slot)):
                return
            self._slots.popleft()

    @property
    def done(self) -> bool:
        """Every stretch was fetched and handed out, or enough rows were."""
        if self._left is not None and self._left <= 0:
            return True
        return not (self._slots or self._wants_probe or self._survey.under_way)

    def _width(self, page: Page) -> int:
        """The ids that a page covers."""
        return abs(self._spans.step(page[-1]) - self._spans.step(page[0])) + 1

    def _unique(self, page: Page) -> Page:
        if not self._joins:
            return page
        return list({self._spans.step(row): row for row in page}.values())
