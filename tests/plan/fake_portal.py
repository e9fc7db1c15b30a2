"""A list method in memory, with the habits of the server, and a driver that runs flows by hand.

Pages hold 50 rows. ``start=-1`` answers the first rows without a total. A reference to the 50th
row of a short page leads to the page itself, which a classic list casts to 1 and so starts again
from the first row, and a controller answers with an error. A classic list answers page 1 again
for a start beyond its end.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from b24orm.errors import ApiError, B24Error
from b24orm.plan.calls import Ask, Call, Outcome, Ref, Reply
from b24orm.plan.flow import Flow
from b24orm.plan.steps.keyset import KeysetScan
from b24orm.plan.steps.sizes import BATCH
from b24orm.schema import EntitySchema

PAGE = 50


@dataclass
class Table:
    """Ids in their order.

    Attributes:
        ids: ascending.
        copies: how often a filter that joins finds each row; None: once.
    """

    ids: list[int]
    copies: Callable[[int], int] | None = None

    @classmethod
    def of(cls, ids: Iterable[int]) -> Table:
        return cls(sorted(ids))

    def insert(self, key: int) -> None:
        if key not in self:
            insort(self.ids, key)

    def delete(self, key: int) -> None:
        if key in self:
            del self.ids[bisect_left(self.ids, key)]

    def __contains__(self, key: int) -> bool:
        at = bisect_left(self.ids, key)
        return at < len(self.ids) and self.ids[at] == key

    def within(self, low: int | None, high: int | None) -> tuple[int, int]:
        """Where ``low < id <= high`` begins and ends."""
        first = 0 if low is None else bisect_right(self.ids, low)
        return first, max(first, len(self.ids) if high is None else bisect_right(self.ids, high))


@dataclass
class FakePortal:
    """Answers the calls of one entity's list method.

    Attributes:
        schema: the entity.
        table: its rows.
        kept: which ids a condition other than the id's keeps, by the filter key.
        collapse: rows that a join repeats become one, so that pages are short.
        between: called before every command: the place for inserts and deletes.
        text: what each row holds besides its id.
    """

    schema: EntitySchema
    table: Table
    kept: Mapping[str, Callable[[int], bool]] = field(default_factory=dict)
    collapse: bool = True
    between: Callable[[Table], None] = lambda table: None
    text: str = ""
    commands: int = 0

    @property
    def classic(self) -> bool:
        assert self.schema.list is not None
        return self.schema.list.dialect != "orm"

    def answer(self, ask: Ask) -> list[Outcome]:
        """What the commands of one request come to, one after the other."""
        assert 0 < len(ask.calls) <= 50
        results: dict[str, Any] = {}
        outcomes: list[Outcome] = []
        labels = ask.labels or tuple(f"c{number}" for number in range(len(ask.calls)))
        for label, call in zip(labels, ask.calls, strict=True):
            if ask.halt and any(isinstance(outcome, B24Error) for outcome in outcomes):
                outcomes.append(ApiError("NOT_RUN", method=call.method))
                continue
            self.between(self.table)
            self.commands += 1
            outcome = self._command(call, results)
            if isinstance(outcome, Reply):
                results[label] = outcome.result
            outcomes.append(outcome)
        return outcomes

    def _command(self, call: Call, results: Mapping[str, Any]) -> Outcome:
        assert self.schema.list is not None
        conditions = dict(call.params.get("filter", {}))
        for key, value in conditions.items():
            if isinstance(value, Ref):
                conditions[key] = _resolved(value, results)
                if isinstance(conditions[key], (list, dict)):
                    if not self.classic:
                        return ApiError("INVALID_ARG_VALUE", f"field {key!r} has invalid value")
                    conditions[key] = int(bool(conditions[key]))
        order = call.params.get("order", {}).get(self._id, "ASC")
        return self._page(self._found(conditions, descending=order == "DESC"), call.params.get("start", 0))

    @property
    def _id(self) -> str:
        return self.schema.id_field.query_name

    def _found(self, conditions: Mapping[str, Any], *, descending: bool) -> _Found:
        name = self._id
        low = max([int(conditions.get(f">{name}", -1)), int(conditions.get(f">={name}", 0)) - 1])
        high = min([int(conditions.get(f"<={name}", 2**40)), int(conditions.get(f"<{name}", 2**40)) - 1])
        listed = conditions.get(f"@{name}", conditions.get(name))
        keep = [self.kept[key] for key in conditions if key in self.kept]
        if listed is not None:
            keep.append(frozenset(listed).__contains__)
        first, last = self.table.within(low, high)
        return _Found(self.table, first, last, keep, descending)

    def _page(self, found: _Found, start: int) -> Reply:
        if start < 0:
            return self._reply(found.rows(0, PAGE), 0 if self.classic else None, None)
        total = found.total()
        offset = start // PAGE * PAGE
        if offset >= total and self.classic:
            offset = 0
        rows = found.rows(offset, PAGE)
        after = offset + PAGE
        return self._reply(rows, total, after if after < total else None)

    def _reply(self, ids: Sequence[int], total: int | None, after: int | None) -> Reply:
        assert self.schema.list is not None
        shown = list(dict.fromkeys(ids)) if self.collapse else list(ids)
        wire = self.schema.id_field.wire
        rest = {"COMMENTS": self.text} if self.text else {}
        result: Any = [{wire: str(key) if self.classic else key, **rest} for key in shown]
        for part in reversed(self.schema.list.envelope):
            result = {part: result}
        return Reply(result, total, after)


@dataclass
class _Found:
    table: Table
    first: int
    last: int
    keep: list[Callable[[int], bool]]
    descending: bool

    def _walk(self) -> Iterator[int]:
        places = range(self.first, self.last)
        for place in reversed(places) if self.descending else places:
            key = self.table.ids[place]
            if all(kept(key) for kept in self.keep):
                yield from [key] * (self.table.copies(key) if self.table.copies else 1)

    @property
    def _plain(self) -> bool:
        return not self.keep and self.table.copies is None

    def rows(self, offset: int, count: int) -> list[int]:
        if self._plain:
            places = range(self.first, self.last)[:: -1 if self.descending else 1]
            return [self.table.ids[place] for place in places[offset : offset + count]]
        found: list[int] = []
        for number, key in enumerate(self._walk()):
            if number >= offset:
                found.append(key)
            if len(found) == count:
                break
        return found

    def total(self) -> int:
        return self.last - self.first if self._plain else sum(1 for _ in self._walk())


def _resolved(reference: Ref, results: Mapping[str, Any]) -> Any:
    """What a macro comes to: the walk stops at the first missing step, with what it has reached."""
    found: Any = results
    for step in (reference.label, *reference.path):
        try:
            found = found[step]
        except (KeyError, IndexError, TypeError):
            return found
    return found


@dataclass
class Run:
    """How a flow went.

    Attributes:
        ids: the ids handed out, in their order.
        asks: requests that it took.
        under_way: requests that waited for their answers at the same time, at the most.
        waiting: different rows that were answered and not handed out yet, at the worst.
    """

    ids: list[int] = field(default_factory=list)
    asks: int = 0
    under_way: int = 0
    waiting: int = 0


def drive(
    flow: Flow,
    portal: FakePortal,
    random: Random,
    *,
    places: int = 6,
    take: int | None = None,
    sizes: Sequence[int] = (),
    slow: bool = False,
) -> Run:
    """Runs a flow to its end, answering what is under way in any order.

    Args:
        flow: what is run.
        portal: answers; some questions as they come, some when their answer is given.
        random: decides on the order.
        places: questions under way at the most.
        take: ids after which nobody takes any more.
        sizes: commands that questions may hold, one of them each time; full batches if empty.
        slow: a batch keeps the portal busy for long.
    """
    run, under_way, answered = Run(), list[tuple[Ask, list[Outcome] | None]](), set[int]()
    while True:
        if isinstance(flow, KeysetScan):
            flow.pace(random.choice(sizes or (BATCH,)), slow=slow)
        asks = flow.asks(places - len(under_way))
        assert len(asks) <= places - len(under_way)
        under_way += [(ask, portal.answer(ask) if random.random() < 0.5 else None) for ask in asks]
        run.asks += len(asks)
        run.under_way = max(run.under_way, len(under_way))
        handed = len(run.ids)
        for page in flow.pages():
            assert page
            run.ids += [int(row[portal.schema.id_field.wire]) for row in page]
        run.waiting = max(run.waiting, len(answered) - len(run.ids))
        if flow.done or (take is not None and len(run.ids) >= take):
            return run
        if not under_way:
            assert len(run.ids) > handed, "not done, and nothing to ask"
            continue
        ask, outcomes = under_way.pop(random.randrange(len(under_way)))
        outcomes = portal.answer(ask) if outcomes is None else outcomes
        flow.receive(ask, outcomes)
        rows = (row for outcome in outcomes if isinstance(outcome, Reply) for row in _listed(outcome.result))
        answered |= {int(row[portal.schema.id_field.wire]) for row in rows}


def _listed(result: Any) -> list[Any]:
    while isinstance(result, dict):
        (result,) = result.values()
    return list(result)
