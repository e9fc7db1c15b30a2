"""Reads that wait for company: none of them waits for ever."""

from __future__ import annotations

import asyncio

import pytest

from b24orm.errors import Incomplete, PortalClosed, ServerFailure
from b24orm.executor.coalescer import Coalescer
from b24orm.plan.calls import Ask, Call, Lookup, Outcome, Reply
from tests.executor.fakes import run


async def never(_: Ask) -> list[Outcome]:
    await asyncio.Event().wait()
    raise AssertionError("nobody set it")


@pytest.mark.parametrize("steps", [0, 1, 2], ids=["before its request began", "at once", "later"])
async def test_a_read_ends_when_the_portal_is_closed(steps: int) -> None:
    coalescer = Coalescer(never)
    reading = asyncio.ensure_future(coalescer.outcome(Call("crm.deal.list")))
    await asyncio.sleep(0)
    coalescer._flush()  # its tick is over
    for _ in range(steps):
        await asyncio.sleep(0)

    await coalescer.close()

    with pytest.raises(PortalClosed, match="while crm.deal.list was under way"):
        await asyncio.wait_for(reading, 1)


def lookup(number: int) -> Call:
    return Call("crm.deal.list", {"filter": {"@ID": [number]}}, lookup=Lookup("filter", "@ID", number, "ID"))


def looked_up(outcomes: list[Outcome]) -> list[Outcome | BaseException]:
    """What came of two lookups when their common request came to that."""

    async def answer(_: Ask) -> list[Outcome]:
        return outcomes

    async def work() -> list[Outcome | BaseException]:
        coalescer = Coalescer(answer)
        works = [coalescer.outcome(lookup(number)) for number in (1, 2)]
        return list(await asyncio.gather(*works, return_exceptions=True))

    return run(work())


def test_an_answer_that_holds_no_rows_is_an_error_of_each_who_waits() -> None:
    found = looked_up([Reply(["not", "rows"])])

    assert [type(outcome) for outcome in found] == [ServerFailure] * 2


def test_whoever_waits_is_told_when_an_answer_is_missing() -> None:
    found = looked_up([])

    assert [isinstance(outcome, ValueError) for outcome in found] == [True] * 2


@pytest.mark.parametrize("row", [{"ID": "3"}, {"ID": None}, {"TITLE": "a"}], ids=str)
def test_rows_that_nobody_asked_for_are_no_answer(row: dict[str, str]) -> None:
    found = looked_up([Reply([{"ID": "1"}, row])])

    assert [type(outcome) for outcome in found] == [Incomplete] * 2


def test_an_answer_that_is_no_list_is_an_error_of_each_who_waits() -> None:
    found = looked_up([Reply(None)])

    assert [type(outcome) for outcome in found] == [ServerFailure] * 2
