"""The fate of a write whose answer was lost: repeated, looked up, or told as unknown."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from b24orm import Portal
from b24orm.emulator import LocalPortal
from b24orm.errors import B24Error, Disconnected, OutcomeUnknown, ServerFailure, TimedOut
from b24orm.executor.executor import Executor
from b24orm.executor.journal import Journal
from b24orm.executor.lost import ByOrigin
from b24orm.executor.outcomes import is_ambiguous
from b24orm.executor.writer import Writer
from b24orm.facts import load
from b24orm.models import Deal
from b24orm.plan.calls import Ask, Call, Reply
from b24orm.plan.origin import origin_of
from b24orm.plan.writes import Write
from b24orm.transport.auth.webhook import Webhook
from tests.writes.fake import FakeClock, FakePortal

DEAL = load("Deal")


def adds(count: int) -> list[Write]:
    origin = origin_of(DEAL, {})
    found = []
    for place in range(count):
        add = Call("crm.deal.add", {"fields": {"TITLE": "x"}}, write=True)
        call, key = origin.marked(add, f"job:{place}")
        found.append(Write("add", call, origin=key, place=place))
    return found


def updates(count: int, *, repeatable: bool = True) -> list[Write]:
    calls = [Call("crm.deal.update", {"id": n, "fields": {"TITLE": "x"}}, write=True) for n in range(count)]
    return [Write("update", call, repeatable=repeatable, place=n) for n, call in enumerate(calls)]


def writer(portal: Any, *, keyed: bool = True) -> Writer:
    return Writer(portal, ordered=True, finder=ByOrigin(portal, origin_of(DEAL, {})) if keyed else None)


async def test_a_batch_that_takes_too_long_is_cut_down_until_it_fits() -> None:
    portal = FakePortal(slow=3, late=None)
    outcomes = await writer(portal).run(updates(20))
    assert [type(outcome) for outcome in outcomes] == [Reply] * 20
    assert portal.written == list(range(20))
    assert portal.asked[0] == 20
    assert max(size for size in portal.asked if size <= 3) == 3


async def test_one_row_that_is_too_much_takes_no_other_with_it() -> None:
    class Choking(FakePortal):
        async def ask(self, ask: Ask) -> list[Any]:
            if any(call.params["id"] == 0 for call in ask.calls):
                return [TimedOut("no answer") for _ in ask.calls]
            return await super().ask(ask)

    outcomes = await writer(Choking()).run(updates(20))
    assert [type(outcome) for outcome in outcomes] == [OutcomeUnknown] + [Reply] * 19


async def test_a_portal_that_never_answers_is_not_asked_about_every_row() -> None:
    portal = FakePortal(slow=0)
    outcomes = await writer(portal).run(updates(20))
    assert {type(outcome) for outcome in outcomes} == {OutcomeUnknown}
    assert len(portal.asked) < 20


async def test_a_new_row_that_comes_late_is_waited_for_and_not_sent_again() -> None:
    portal = FakePortal(lost=1, late=45.0)
    outcomes = await writer(portal).run(adds(5))
    assert [outcome.result for outcome in outcomes if isinstance(outcome, Reply)] == ["1", "2", "3", "4", "5"]
    assert sorted(portal.rows) == [f"job:{n}" for n in range(5)]
    assert portal.asked == [5]


@pytest.mark.parametrize("jump", [3600.0, 0.0, -3600.0])
async def test_a_clock_that_jumped_since_a_job_was_killed_doubles_nothing(
    tmp_path: Path, jump: float
) -> None:
    portal, (write,) = FakePortal(), adds(1)
    portal._coming.append((portal.sender.clock.now() + 45.0, write.call))  # it left, and is being done
    job = {"method": "crm.deal.add", "portal": "acme"}
    before = Journal(tmp_path / "j", job, clock=lambda: 1_000_000.0)
    before.sending([(0, "", "add")])
    before.close()
    after = Journal(tmp_path / "j", job, clock=lambda: 1_000_000.0 + jump)
    await replace(writer(portal), journal=after).run([replace(write, place=0, digest="")])
    after.close()
    assert (portal.rows, portal.asked) == (["job:0"], [])


async def test_a_new_row_that_never_comes_is_sent_again_when_it_can_not_come_any_more() -> None:
    portal = FakePortal(lost=1, late=None)
    began = portal.sender.clock.now()
    outcomes = await writer(portal).run(adds(5))
    assert len([outcome for outcome in outcomes if isinstance(outcome, Reply)]) == 5
    assert sorted(portal.rows) == [f"job:{n}" for n in range(5)]
    assert portal.asked == [5, 5]
    assert portal.sender.clock.now() - began >= 60


async def test_a_command_that_failed_in_an_answered_batch_is_looked_up_without_waiting() -> None:
    class Failing(FakePortal):
        async def ask(self, ask: Ask) -> list[Any]:
            if self.asked:
                return await super().ask(ask)
            self.asked.append(len(ask.calls))
            self._done(ask.calls[0])  # done, and then something broke
            return [ServerFailure("INTERNAL_SERVER_ERROR", status=200, command="c") for _ in ask.calls]

    portal = Failing()
    began = portal.sender.clock.now()
    outcomes = await writer(portal).run(adds(2))
    assert [type(outcome) for outcome in outcomes] == [Reply, Reply]
    assert sorted(portal.rows) == ["job:0", "job:1"]
    assert portal.sender.clock.now() - began < 5


async def test_without_a_key_nothing_is_sent_again() -> None:
    portal = FakePortal(lost=1)
    outcomes = await writer(portal, keyed=False).run(adds(5))
    assert [type(outcome) for outcome in outcomes] == [OutcomeUnknown] * 5
    assert portal.asked == [5]


async def test_what_may_not_be_repeated_is_not() -> None:
    portal = FakePortal(lost=1)
    outcomes = await writer(portal).run(updates(3, repeatable=False))
    assert [type(outcome) for outcome in outcomes] == [OutcomeUnknown] * 3
    assert portal.asked == [3]


async def test_a_portal_that_stays_away_is_given_up() -> None:
    portal = FakePortal(lost=1000, late=None)
    outcomes = await writer(portal).run(adds(4))
    assert [type(outcome) for outcome in outcomes] == [TimedOut] * 4  # looked up: they were not done
    assert portal.rows == []
    assert len(portal.asked) == 9


@pytest.mark.parametrize("lost", [1, 2, 3])
async def test_lost_again_and_again_and_each_once_in_the_end(lost: int) -> None:
    portal = FakePortal(lost=lost, late=20.0)
    await writer(portal).run(adds(30))
    assert sorted(portal.rows) == sorted(f"job:{n}" for n in range(30))


async def test_a_key_of_ones_own_is_kept() -> None:
    own = {"ORIGINATOR_ID": "1C", "ORIGIN_ID": "A-17"}
    call, key = origin_of(DEAL, {}).marked(Call("crm.deal.add", {"fields": own}, write=True), "job:0")
    assert (call.params["fields"], key) == (own, ("1C", "A-17"))


def test_keys_are_looked_up_fifty_a_call() -> None:
    calls = origin_of(DEAL, {}).lookups(("b24orm", f"job:{n}") for n in range(120))
    assert [len(call.params["filter"]["@ORIGIN_ID"]) for call in calls] == [50, 50, 20]
    assert {call.params["filter"]["=ORIGINATOR_ID"] for call in calls} == {"b24orm"}


class LimitedThenLost:
    """A sender whose first batch is refused in part, and whose second loses its answer."""

    credentials = Webhook.parse("https://acme.bitrix24.com/rest/1/abcdef/")

    def __init__(self) -> None:
        self.bodies: list[Any] = []
        self.clock = FakeClock()

    async def send(self, trip: Any, body: Any) -> Reply:
        self.bodies.append(body)
        if len(self.bodies) > 1:
            raise Disconnected("the connection broke")
        refusal = {"error": "OPERATION_TIME_LIMIT", "error_description": "Method is blocked"}
        return Reply({"result": {"c0": 17}, "result_error": {"c1": refusal}})

    async def before_retry(self, error: B24Error, tries: int, *, write: bool, batched: bool = False) -> None:
        """Goes on at once."""

    def learn(self, *args: Any, **options: Any) -> None:
        """Nothing to learn."""

    def barred(self, method: str, error: B24Error) -> None:
        """Nothing to remember."""

    def refused(self, *args: Any, **options: Any) -> None:
        """Nothing to note."""


async def test_a_refused_command_that_was_lost_when_it_was_sent_again_is_not_told_as_refused() -> None:
    sender: Any = LimitedThenLost()
    calls = tuple(Call("crm.deal.add", {"fields": {"TITLE": title}}, write=True) for title in "ab")
    done, lost = await Executor(sender).ask(Ask(calls))
    assert isinstance(done, Reply)
    assert isinstance(lost, Disconnected)
    assert is_ambiguous(lost)
    assert list(sender.bodies[1]["cmd"]) == ["c1"]


def test_an_object_can_be_copied_and_pickled_without_its_portal(client: Portal) -> None:
    deal = Deal.objects.get(id=3)
    for copied in (copy.copy(deal), copy.deepcopy(deal), pickle.loads(pickle.dumps(deal))):
        assert copied == deal
        copied.title = "copied"
        assert (copied.changed, deal.changed) == (("title",), ())


def test_a_portal_that_can_not_ask_about_a_token_has_done_nothing(desk: LocalPortal, client: Portal) -> None:
    before = desk.store.count("deal")
    desk.faults.script("connection_error")
    results = Deal.objects.bulk_create([Deal(title="x"), Deal(title="y")], idempotency=None)
    assert [result.outcome for result in results] == ["created", "created"]
    assert desk.store.count("deal") == before + 2


@pytest.mark.parametrize("status", [403, 404])
def test_a_page_in_place_of_an_answer_proves_nothing(status: int) -> None:
    """What stands before a portal may look at its answers, after the work was done."""
    assert is_ambiguous(ServerFailure("HTTP page", method="crm.deal.add", status=status))
