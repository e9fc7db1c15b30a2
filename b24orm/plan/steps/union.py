"""Several scans in the order of the ids, merged into one; a row found twice counts once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from b24orm.plan.calls import Ask, Outcome, Row
from b24orm.plan.flow import Flow, Page
from b24orm.plan.steps.sizes import PAGE

__all__ = ["Union"]


@dataclass
class _Branch:
    flow: Flow
    rows: deque[Row] = field(default_factory=deque)

    def fill(self) -> None:
        for page in self.flow.pages():
            self.rows.extend(page)

    @property
    def waiting(self) -> bool:
        """More rows may come, and none is here to compare."""
        return not self.rows and not self.flow.done


class Union:
    """Merges flows whose rows come in the order of ``key``."""

    expected: int | None = None

    def __init__(self, flows: Sequence[Flow], key: Callable[[Row], int], *, descending: bool = False) -> None:
        self._branches = [_Branch(flow) for flow in flows]
        self._key = key
        self._sign = -1 if descending else 1
        self._last: int | None = None

    @property
    def done(self) -> bool:
        """Every branch is done and every row was handed out."""
        return all(branch.flow.done and not branch.rows for branch in self._branches)

    def asks(self, free: int) -> Sequence[Ask]:
        """The branches' questions; a branch that is far ahead waits for the others."""
        found: list[Ask] = []
        for number, branch in enumerate(self._branches):
            branch.fill()
            if len(branch.rows) > 2 * PAGE * PAGE:
                continue
            asks = branch.flow.asks(free - len(found))
            found += [Ask(ask.calls, ask.labels, ask.chained, ask.halt, key=(number, ask)) for ask in asks]
        return found

    def receive(self, ask: Ask, outcomes: Sequence[Outcome]) -> None:
        """Hands the outcomes to the branch that asked."""
        assert isinstance(ask.key, tuple)
        number, inner = ask.key
        self._branches[number].flow.receive(inner, outcomes)

    def pages(self) -> Iterator[Page]:
        """Merged pages, as far as every unfinished branch has a row to compare."""
        page: Page = []
        while heads := self._heads():
            page += self._next(heads)
            if len(page) >= PAGE:
                yield page
                page = []
        if page:
            yield page

    def _heads(self) -> list[_Branch]:
        """The branches whose first rows can be compared; none while a row may be missing among them."""
        for branch in self._branches:
            if not branch.rows:
                branch.fill()
        if any(branch.waiting for branch in self._branches):
            return []
        return [branch for branch in self._branches if branch.rows]

    def _next(self, heads: Sequence[_Branch]) -> Page:
        """The row that comes first, taken from every branch that has it; none if it was handed out before."""
        step = min(map(self._step, heads))
        rows = [branch.rows.popleft() for branch in heads if self._step(branch) == step]
        if step == self._last:
            return []
        self._last = step
        return rows[:1]

    def _step(self, branch: _Branch) -> int:
        return self._sign * self._key(branch.rows[0])
