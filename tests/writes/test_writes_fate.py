"""The fate of a write whose answer was lost: repeated, looked up, or told as unknown."""

from __future__ import annotations

from typing import Any

import pytest

from b24orm.errors import OutcomeUnknown, TimedOut
from b24orm.executor.writer import Writer
from b24orm.facts import load
from b24orm.plan.calls import Call, Reply
from b24orm.plan.origin import origin_of
from b24orm.plan.writes import Write
from tests.writes.fake import FakePortal

DEAL = load("Deal")


def adds(count: int) -> list[Write]:
    origin = origin_of(DEAL, {})
    found = []
    for place in range(count):
        fields, key = origin.marked({"TITLE": "x"}, f"job:{place}")
        call = Call("crm.deal.add", {"fields": fields}, write=True)
        found.append(Write("add", call, origin=key, place=place))
    return found


def updates(count: int, *, repeatable: bool = True) -> list[Write]:
    calls = [Call("crm.deal.update", {"id": n, "fields": {"TITLE": "x"}}, write=True) for n in range(count)]
    return [Write("update", call, repeatable=repeatable, place=n) for n, call in enumerate(calls)]


def writer(portal: Any, *, keyed: bool = True) -> Writer:
    return Writer(portal, ordered=True, origin=origin_of(DEAL, {}) if keyed else None)


async def test_a_batch_that_takes_too_long_is_cut_down_until_it_fits() -> None:
    portal = FakePortal(slow=3, late=None)
    outcomes = await writer(portal).run(updates(20))
    assert all(isinstance(outcome, Reply) for outcome in outcomes)
    assert portal.written == list(range(20))
    assert portal.asked[0] == 20
    assert max(size for size in portal.asked if size <= 3) == 3


async def test_a_new_row_that_comes_late_is_waited_for_and_not_sent_again() -> None:
    portal = FakePortal(lost=1, late=45.0)
    outcomes = await writer(portal).run(adds(5))
    assert [outcome.result for outcome in outcomes if isinstance(outcome, Reply)] == ["1", "2", "3", "4", "5"]
    assert sorted(portal.rows) == [f"job:{n}" for n in range(5)]
    assert portal.asked == [5]


async def test_a_new_row_that_never_comes_is_sent_again_when_it_can_not_come_any_more() -> None:
    portal = FakePortal(lost=1, late=None)
    began = portal.sender.clock.now()
    outcomes = await writer(portal).run(adds(5))
    assert len([outcome for outcome in outcomes if isinstance(outcome, Reply)]) == 5
    assert sorted(portal.rows) == [f"job:{n}" for n in range(5)]
    assert portal.asked == [5, 5]
    assert portal.sender.clock.now() - began >= 60


async def test_without_a_key_nothing_is_sent_again() -> None:
    portal = FakePortal(lost=1)
    outcomes = await writer(portal, keyed=False).run(adds(5))
    assert all(isinstance(outcome, OutcomeUnknown) for outcome in outcomes)
    assert portal.asked == [5]


async def test_what_may_not_be_repeated_is_not() -> None:
    portal = FakePortal(lost=1)
    outcomes = await writer(portal).run(updates(3, repeatable=False))
    assert all(isinstance(outcome, OutcomeUnknown) for outcome in outcomes)
    assert portal.asked == [3]


async def test_a_portal_that_stays_away_is_given_up() -> None:
    portal = FakePortal(lost=1000, late=None)
    outcomes = await writer(portal).run(adds(4))
    assert all(isinstance(outcome, TimedOut) for outcome in outcomes)  # looked up: they were not done
    assert portal.rows == []
    assert len(portal.asked) == 9


@pytest.mark.parametrize("lost", [1, 2, 3])
async def test_lost_again_and_again_and_each_once_in_the_end(lost: int) -> None:
    portal = FakePortal(lost=lost, late=20.0)
    await writer(portal).run(adds(30))
    assert sorted(portal.rows) == sorted(f"job:{n}" for n in range(30))


async def test_a_key_of_ones_own_is_kept() -> None:
    fields, key = origin_of(DEAL, {}).marked({"ORIGINATOR_ID": "1C", "ORIGIN_ID": "A-17"}, "job:0")
    assert (fields["ORIGINATOR_ID"], fields["ORIGIN_ID"], key) == ("1C", "A-17", ("1C", "A-17"))


def test_keys_are_looked_up_fifty_a_call() -> None:
    calls = origin_of(DEAL, {}).lookups(("b24orm", f"job:{n}") for n in range(120))
    assert [len(call.params["filter"]["@ORIGIN_ID"]) for call in calls] == [50, 50, 20]
    assert {call.params["filter"]["=ORIGINATOR_ID"] for call in calls} == {"b24orm"}
