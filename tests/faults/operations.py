"""What a cell does through the client's public door, and what must be true afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

from b24orm import AsyncPortal, Portal
from b24orm.errors import B24Error, JobStopped, OutcomeUnknown
from b24orm.models import Deal
from b24orm.orm.results import WriteErrors, WriteResult
from tests.faults.stage import DEALS, Stage

Group = Literal["read", "add", "keyed", "repeatable"]

ITEMS: Final = 120
"""Rows that each write is about."""
STREAMED: Final = 2_900
"""Rows of an export: several batches."""


@dataclass(frozen=True)
class Verdict:
    """What came of it, beside the truth of the store.

    Attributes:
        errors: the classes of the errors, and how many items each befell.
        doubled: rows that were added more than once.
        false: rows missing, surplus or told otherwise than they are.
    """

    errors: Counter[str]
    doubled: int = 0
    false: int = 0


Answer = Any
Judge = Callable[[Stage, Answer], Verdict]


@dataclass(frozen=True)
class Operation:
    """One kind of work.

    Attributes:
        name: as the table shows it.
        group: what may be done when its answer is lost.
        method: faults hit requests for this method only.
        passing: how many of them pass before the fault.
        before: how many requests for other methods come first.
        run, arun: does it, synchronously or not; errors of single items are part of the answer.
        judge: compares with the store. An exception is an answer too.
        prepare: what has to be there before.
    """

    name: str
    group: Group
    method: str
    passing: int
    run: Callable[[Portal, Stage], Answer]
    arun: Callable[[AsyncPortal, Stage], Awaitable[Answer]]
    judge: Judge
    prepare: Callable[[Stage], None] = lambda stage: None
    before: int = 0

    @property
    def first(self) -> int:
        """The number of the request that the fault meets, or begins with."""
        return self.before + self.passing + 1


# -- reading -----------------------------------------------------------------------------------------


def _read(truth: Callable[[Stage], Answer]) -> Judge:
    """A reading is right, or an error; there is nothing in between."""

    def judge(stage: Stage, answer: Answer) -> Verdict:
        if isinstance(answer, BaseException):
            return Verdict(Counter([type(answer).__name__]))
        return Verdict(Counter(), false=int(answer != truth(stage)))

    return judge


def _ids(rows: Iterable[Any]) -> list[int]:
    return [row.id for row in rows]


def _stored(stage: Stage) -> list[int]:
    return stage.portal.store.ids("deal")


async def _alist(portal: AsyncPortal, _: Stage) -> Answer:
    return _ids(await Deal.objects.using(portal))


async def _acount(portal: AsyncPortal, _: Stage) -> Answer:
    return await Deal.objects.using(portal).acount()


async def _aget(portal: AsyncPortal, _: Stage) -> Answer:
    return (await Deal.objects.using(portal).aget(id=7)).id


async def _ain_bulk(portal: AsyncPortal, _: Stage) -> Answer:
    return sorted(await Deal.objects.using(portal).ain_bulk(range(1, DEALS + 1)))


async def _astream(portal: AsyncPortal, _: Stage) -> Answer:
    return [row_id async for row_id in Deal.objects.using(portal).values_list("id", flat=True).aiterator()]


def _many(stage: Stage) -> None:
    more = ((number, f"more {number}") for number in range(DEALS + 1, STREAMED + 1))
    stage.portal.store.load("deal", ("ID", "TITLE"), more)


# -- writing -----------------------------------------------------------------------------------------


def _new() -> list[Deal]:
    return [Deal(title=f"new {number}") for number in range(ITEMS)]


def _changed() -> list[Deal]:
    rows = [Deal(id=number) for number in range(1, ITEMS + 1)]
    for row in rows:
        row.title = f"changed {row.id}"
    return rows


def _options(stage: Stage, *, keyed: bool) -> dict[str, Any]:
    if not keyed:
        return {"raise_on_error": False}
    return {"raise_on_error": False, "idempotency": "origin", "journal": stage.folder / "journal"}


def _create(*, keyed: bool) -> Callable[[Portal, Stage], Answer]:
    def run(portal: Portal, stage: Stage) -> Answer:
        return Deal.objects.using(portal).bulk_create(_new(), **_options(stage, keyed=keyed))

    return run


def _acreate(*, keyed: bool) -> Callable[[AsyncPortal, Stage], Awaitable[Answer]]:
    async def run(portal: AsyncPortal, stage: Stage) -> Answer:
        return await Deal.objects.using(portal).abulk_create(_new(), **_options(stage, keyed=keyed))

    return run


def _update(portal: Portal, _: Stage) -> Answer:
    return Deal.objects.using(portal).bulk_update(_changed(), ["title"], raise_on_error=False)


async def _aupdate(portal: AsyncPortal, _: Stage) -> Answer:
    return await Deal.objects.using(portal).abulk_update(_changed(), ["title"], raise_on_error=False)


def _delete(portal: Portal, _: Stage) -> Answer:
    return Deal.objects.using(portal).filter(id__lte=ITEMS).delete()


async def _adelete(portal: AsyncPortal, _: Stage) -> Answer:
    return await Deal.objects.using(portal).filter(id__lte=ITEMS).adelete()


def _titles(stage: Stage) -> dict[int, str]:
    rows = stage.portal.store.fetch("SELECT ID, TITLE FROM deal")
    return {int(row[0]): row[1] for row in rows}


def _tells_truth(result: WriteResult[Any], *, done: bool) -> bool:
    """Whether an outcome is what the store says; of an unknown outcome nothing can be wrong."""
    return isinstance(result.error, OutcomeUnknown) or result.ok == done


def _errors(results: Iterable[WriteResult[Any]]) -> Counter[str]:
    return Counter(type(result.error).__name__ for result in results if result.error is not None)


def _told(answer: Answer) -> Answer:
    """What was told of each item; a job that stopped early tells it of those that it did not send."""
    if not isinstance(answer, JobStopped):
        return answer
    return [*answer.results, *(WriteResult(item, error=answer) for item in answer.not_sent)]


def _judge_create(stage: Stage, answer: Answer) -> Verdict:
    answer = _told(answer)
    if isinstance(answer, BaseException):
        return Verdict(Counter([type(answer).__name__]), false=ITEMS)  # nobody was told anything
    titles = _titles(stage)
    there = Counter(title for title in titles.values() if title.startswith("new "))
    told = Counter(result.item.title for result in answer)
    doubled = sum(times - 1 for times in there.values())
    false = sum(not _tells_truth(result, done=result.item.title in there) for result in answer)
    false += sum(titles.get(result.id) != result.item.title for result in answer if result.ok)
    false += sum(told[f"new {number}"] != 1 for number in range(ITEMS))
    return Verdict(_errors(answer), doubled, false)


def _judge_update(stage: Stage, answer: Answer) -> Verdict:
    answer = _told(answer)
    if isinstance(answer, BaseException):
        return Verdict(Counter([type(answer).__name__]), false=ITEMS)
    titles = _titles(stage)
    false = sum(
        not _tells_truth(result, done=titles[result.item.id] == f"changed {result.item.id}")
        for result in answer
    )
    return Verdict(_errors(answer), false=false + abs(len(answer) - ITEMS))


def _judge_delete(stage: Stage, answer: Answer) -> Verdict:
    there = set(_titles(stage))
    untouched = len(there & set(range(ITEMS + 1, DEALS + 1))) - (DEALS - ITEMS)
    left = there & set(range(1, ITEMS + 1))
    if not isinstance(answer, BaseException):
        return Verdict(Counter(), false=len(left) + abs(untouched) + int(answer != ITEMS))
    if isinstance(answer, JobStopped):
        told = Counter({"JobStopped": len(answer.not_sent), "OutcomeUnknown": len(answer.unknown)})
        unsure = set(answer.not_sent) | set(answer.unknown)
        return Verdict(+told, false=len(set(answer.not_sent) - left) + len(left - unsure) + abs(untouched))
    if not isinstance(answer, WriteErrors):
        return Verdict(Counter([type(answer).__name__]), false=abs(untouched))
    errors: list[B24Error] = list(answer.exceptions)  # type: ignore[arg-type]
    unknown = {item for error in errors if isinstance(error, OutcomeUnknown) for item in error.items}
    known = {error.item for error in errors if not isinstance(error, OutcomeUnknown)}
    told = Counter[str]({"OutcomeUnknown": len(unknown)} if unknown else {})
    told.update(type(error).__name__ for error in errors if not isinstance(error, OutcomeUnknown))
    return Verdict(told, false=len(known - left) + len(left - known - unknown) + abs(untouched))


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        "read list",
        "read",
        "crm.deal.list",
        1,
        lambda portal, _: _ids(Deal.objects.using(portal)),
        _alist,
        _read(_stored),
    ),
    Operation(
        "count",
        "read",
        "crm.deal.list",
        0,
        lambda portal, _: Deal.objects.using(portal).count(),
        _acount,
        _read(lambda stage: stage.portal.store.count("deal")),
    ),
    Operation(
        "get",
        "read",
        "crm.deal.list",
        0,
        lambda portal, _: Deal.objects.using(portal).get(id=7).id,
        _aget,
        _read(lambda _: 7),
    ),
    Operation(
        "in_bulk",
        "read",
        "crm.deal.list",
        0,
        lambda portal, _: sorted(Deal.objects.using(portal).in_bulk(range(1, DEALS + 1))),
        _ain_bulk,
        _read(_stored),
    ),
    Operation(
        "bulk_create", "add", "crm.deal.add", 1, _create(keyed=False), _acreate(keyed=False), _judge_create
    ),
    Operation(
        "bulk_create, keys",
        "keyed",
        "crm.deal.add",
        1,
        _create(keyed=True),
        _acreate(keyed=True),
        _judge_create,
    ),
    Operation("bulk_update", "repeatable", "crm.deal.update", 1, _update, _aupdate, _judge_update),
    Operation("delete", "repeatable", "crm.deal.delete", 1, _delete, _adelete, _judge_delete, before=2),
    Operation(
        "stream",
        "read",
        "crm.deal.list",
        2,
        lambda portal, _: list(Deal.objects.using(portal).values_list("id", flat=True).iterator()),
        _astream,
        _read(_stored),
        _many,
    ),
)
