"""Flows: in order, as fast as they are taken, and gone when nobody takes them any more."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator, Sequence
from contextlib import aclosing
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b24orm.errors import ApiError, B24Error, ConnectFailed, Incomplete, PortalClosed, ServerFailure
from b24orm.executor.all_rows import all_rows
from b24orm.executor.executor import Executor
from b24orm.facts import load
from b24orm.plan.calls import Ask, Call, Outcome, Reply
from b24orm.plan.flow import Page
from b24orm.plan.listing import Listing
from b24orm.plan.steps.keyset import KeysetScan
from b24orm.transport.base import Response
from tests.executor.fakes import Asked, client, error, result, run
from tests.plan.fake_portal import FakePortal, Table
from tests.transport.php_query import parse_str

QUICK = settings(max_examples=40, derandomize=True, deadline=None)
DEAL = load("Deal")


class Counting:
    """A flow of numbered questions, each one page; it asks as many at a time as it may."""

    expected: int | None = None

    def __init__(self, pages: int, *, rows: int = 600) -> None:
        self.left = pages
        self.asked = 0
        self.next = 0
        self.rows = rows
        self.pages_in_all = pages
        self.ready: dict[int, Page] = {}

    def asks(self, free: int) -> Sequence[Ask]:
        count = min(free, self.pages_in_all - self.asked)
        found = [
            Ask((Call("crm.deal.list", {"n": self.asked + k}),), key=self.asked + k) for k in range(count)
        ]
        self.asked += count
        return found

    def receive(self, ask: Ask, outcomes: Sequence[Outcome]) -> None:
        (outcome,) = outcomes
        if isinstance(outcome, B24Error):
            raise outcome
        assert isinstance(ask.key, int)
        self.ready[ask.key] = [{"ID": f"{ask.key}.{row}"} for row in range(self.rows)]

    def pages(self) -> Iterator[Page]:
        while self.next in self.ready:
            self.next += 1
            yield self.ready.pop(self.next - 1)

    @property
    def done(self) -> bool:
        return self.next == self.pages_in_all


def answering(asked: Asked) -> Any:
    if asked.method != "batch":
        return result([])
    return result({"result": {label: [] for label in asked.commands}, "result_error": []})


def numbers(pages: list[Page]) -> list[int]:
    """The numbers of the questions whose rows came, in their order."""
    return list(dict.fromkeys(int(row["ID"].partition(".")[0]) for page in pages for row in page))


async def all_pages(executor: Executor, flow: Any) -> list[Page]:
    return [page async for page in executor.stream(flow)]


@QUICK
@given(pages=st.integers(0, 60), seed=st.integers(0, 99))
def test_pages_come_in_order_whatever_answer_is_first(pages: int, seed: int) -> None:
    random = Random(seed)
    executor, _ = client(answering, delay=random.random)

    assert numbers(run(all_pages(executor, Counting(pages)))) == list(range(pages))


def test_questions_are_under_way_side_by_side() -> None:
    executor, _ = client(answering, delay=lambda: 1.0)

    async def work() -> float:
        await all_pages(executor, Counting(200))
        return asyncio.get_running_loop().time()

    assert run(work()) <= 15.0


def test_nothing_is_asked_while_nobody_takes_the_pages() -> None:
    executor, _ = client(answering, delay=lambda: 1.0)
    flow = Counting(1_000)

    async def work() -> bool:
        async with aclosing(executor.stream(flow)) as pages:
            await pages.__anext__()
            before = flow.asked
            await asyncio.sleep(1_000)
            return flow.asked == before

    assert run(work())


def test_leaving_early_cancels_what_is_under_way() -> None:
    executor, transport = client(answering, delay=lambda: 10.0)

    async def work() -> tuple[int, int]:
        async with aclosing(executor.stream(Counting(1_000))) as pages:
            async for _ in pages:
                break
        return transport.under_way, len(asyncio.all_tasks()) - 1

    assert run(work()) == (0, 0)


def test_cancelling_the_consumer_leaves_no_task() -> None:
    executor, transport = client(answering, delay=lambda: 10.0)

    async def work() -> tuple[int, int]:
        task = asyncio.create_task(all_pages(executor, Counting(1_000)))
        await asyncio.sleep(15)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.sleep(0.001)
        return transport.under_way, len(asyncio.all_tasks()) - 1

    assert run(work()) == (0, 0)


def test_an_error_ends_the_stream_and_leaves_no_task() -> None:
    def answer(asked: Asked) -> Any:
        return error("ACCESS_DENIED", "no") if asked.at > 5 else answering(asked)

    executor, _ = client(answer, delay=lambda: 1.0)

    async def work() -> int:
        with pytest.raises(ApiError, match="ACCESS_DENIED"):
            await all_pages(executor, Counting(1_000))
        await asyncio.sleep(0)
        return len(asyncio.all_tasks()) - 1

    assert run(work()) == 0


class Stuck(Counting):
    def asks(self, free: int) -> Sequence[Ask]:
        return ()


def test_what_several_requests_failed_with_is_raised_once_and_told_to_nobody_else() -> None:
    def closed(_: Asked) -> Any:
        raise PortalClosed("the connections were closed")

    async def work() -> list[Any]:
        told: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
        executor, _ = client(closed)
        with pytest.raises(PortalClosed):
            async for _page in executor.stream(Counting(5)):
                pass
        gc.collect()
        return told

    assert run(work()) == []


def test_a_flow_that_neither_asks_nor_ends_is_a_bug_that_is_told() -> None:
    executor, _ = client(answering)

    with pytest.raises(RuntimeError, match="Stuck is stuck"):
        run(all_pages(executor, Stuck(3)))


class Bursting(Counting):
    """Asks nothing until everything it holds was taken."""

    def asks(self, free: int) -> Sequence[Ask]:
        return () if self.ready else super().asks(min(free, 3))


def test_a_flow_may_wait_for_its_pages_to_be_taken() -> None:
    executor, _ = client(answering)

    assert numbers(run(all_pages(executor, Bursting(10)))) == list(range(10))


# -- real scans over a portal that fails now and then ------------------------------------------------


class Deals:
    """crm.deal.list over a table, alone and in batches, with an occasional failure."""

    def __init__(self, ids: Sequence[int], random: Random, failing: float) -> None:
        self.portal = FakePortal(DEAL, Table.of(ids))
        self.random = random
        self.failing = failing

    def __call__(self, asked: Asked) -> Any:
        if self.random.random() < self.failing:
            if self.random.random() < 0.5:
                raise ConnectFailed("refused")
            return Response(502, "text/html", b"<html>")
        if asked.method != "batch":
            (outcome,) = self.portal.answer(Ask((Call(asked.method, _numbers(asked.params)),)))
            assert isinstance(outcome, Reply)
            return result(outcome.result, total=outcome.total)
        calls = [_numbers(parse_str(text.partition("?")[2])) for text in asked.commands.values()]
        outcomes = self.portal.answer(
            Ask(tuple(Call("crm.deal.list", call) for call in calls), tuple(asked.commands))
        )
        rows = {
            label: outcome.result
            for label, outcome in zip(asked.commands, outcomes, strict=True)
            if isinstance(outcome, Reply)
        }
        return result({"result": rows, "result_error": []})


def _numbers(params: Any) -> dict[str, Any]:
    """The parameters as the list method casts them; macros become what they stand for."""
    conditions = {key: _number(value) for key, value in params.get("filter", {}).items()}
    return {**params, "filter": conditions, "start": int(params.get("start", 0))}


def _number(value: Any) -> Any:
    from b24orm.plan.calls import Ref

    if isinstance(value, str) and value.startswith("$result"):
        label, *path = value.removeprefix("$result[").removesuffix("]").split("][")
        return Ref(label, tuple(int(step) if step.isdigit() else step for step in path))
    if isinstance(value, dict):
        return [int(item) for item in value.values()]
    return int(value)


@QUICK
@given(
    ids=st.sets(st.integers(1, 20_000), max_size=400)
    | st.integers(0, 4_000).map(lambda n: set(range(1, n + 1))),
    seed=st.integers(0, 99),
)
def test_a_scan_is_whole_though_requests_fail(ids: set[int], seed: int) -> None:
    random = Random(seed)
    executor, _ = client(Deals(sorted(ids), random, 0.1), delay=random.random)

    pages = run(all_pages(executor, KeysetScan(Listing(DEAL))))

    assert [int(row["ID"]) for page in pages for row in page] == sorted(ids)


def test_a_scan_over_a_portal_that_is_down_raises_and_leaves_no_task() -> None:
    executor, _ = client(Deals(range(1, 9_000), Random(1), 1.0))

    async def work() -> int:
        with pytest.raises((ConnectFailed, ServerFailure)):
            await all_pages(executor, KeysetScan(Listing(DEAL)))
        return len(asyncio.all_tasks()) - 1

    assert run(work()) == 0


# -- every row of a list method ------------------------------------------------------------------------


async def rows_of(executor: Executor, method: str, params: dict[str, Any]) -> list[Any]:
    return [row async for page in all_rows(executor, method, params) for row in page]


def test_a_known_list_is_read_by_ids() -> None:
    executor, transport = client(Deals(range(1, 3_001), Random(1), 0.0))

    rows = run(rows_of(executor, "crm.deal.list", {"select": ["ID"]}))

    assert (len(rows), len(transport.log)) == (3_000, 3)


class Shelf:
    """An unknown list method, paged by offset; rows may be put in front while it is read."""

    def __init__(self, size: int, shifts: int = 0, page: int = 50) -> None:
        self.rows = list(range(size))
        self.shifts = shifts
        self.page = page

    def __call__(self, asked: Asked) -> Any:
        if asked.method != "batch":
            return result(**self._page(int(asked.params.get("start", 0))))
        starts = [int(parse_str(text.partition("?")[2])["start"]) for text in asked.commands.values()]
        if self.shifts:
            self.shifts -= 1
            self.rows.insert(0, -self.shifts - 1)
        pages = [self._page(start) for start in starts]
        answers = dict(zip(asked.commands, pages, strict=True))
        return result(
            {
                "result": {label: page["value"] for label, page in answers.items()},
                "result_error": [],
                "result_total": {label: page["total"] for label, page in answers.items()},
            }
        )

    def _page(self, start: int) -> dict[str, Any]:
        found = self.rows[start : start + self.page]
        after = {"next": start + self.page} if start + self.page < len(self.rows) else {}
        return {"value": [{"ID": str(key)} for key in found], "total": len(self.rows), **after}


@pytest.mark.parametrize("size", [0, 1, 50, 51, 2_551])
def test_an_unknown_list_is_read_by_pages(size: int) -> None:
    executor, _ = client(Shelf(size))

    assert len(run(rows_of(executor, "some.thing.list", {}))) == size


def test_a_list_that_shifts_once_is_read_again_as_a_whole() -> None:
    executor, _ = client(Shelf(300, shifts=1))

    assert [row["ID"] for row in run(rows_of(executor, "some.thing.list", {}))] == [
        str(key) for key in [-1, *range(300)]
    ]


def test_a_list_that_keeps_shifting_is_given_up() -> None:
    executor, _ = client(Shelf(300, shifts=99))

    with pytest.raises(Incomplete):
        run(rows_of(executor, "some.thing.list", {}))
