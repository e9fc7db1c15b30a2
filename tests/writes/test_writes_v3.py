"""Writes of REST 3.0: one key a write, kept however often it is sent."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from b24orm import Portal, RateLimits
from b24orm.emulator import LocalPortal
from b24orm.emulator.faults import Fault
from b24orm.errors import (
    ApiError,
    B24Error,
    Disconnected,
    InvalidValue,
    OutcomeUnknown,
    RateLimited,
    ServerFailure,
    Unsupported,
)
from b24orm.executor.journal import Journal
from b24orm.executor.retry import RetryPolicy, worth_retrying
from b24orm.executor.writer import Writer
from b24orm.models import TaskResultV3, TaskV3
from b24orm.plan.calls import Ask, Call, Outcome, Reply
from b24orm.plan.writes import Write
from tests.conftest import Connect, Serve
from tests.emulator.v3_calls import V3Portal
from tests.writes.fake import FakeSender

NEW: dict[str, Any] = {"title": "Report", "creator_id": 1, "responsible_id": 2}
FIELDS = {"title": "Report", "creatorId": 1, "responsibleId": 2}
BRISK = RateLimits(per_second=None, operating_limit=None, request_limit=0.01)


@pytest.fixture
def desk(serve: Serve) -> LocalPortal:
    return serve(tasks=3, users=4)


@pytest.fixture
def client(desk: LocalPortal, join: Connect, monkeypatch: pytest.MonkeyPatch) -> Portal:
    monkeypatch.setattr("b24orm.executor.lost.MARGIN", 0.01)
    return join(desk, plan=BRISK)


# -- objects ------------------------------------------------------------------------------------


def test_a_task_is_created_changed_and_deleted(client: Portal, desk: LocalPortal) -> None:
    task = TaskV3.objects.create(**NEW, needs_control=True, priority="high")
    task.title, task.deadline = "Changed", datetime(2025, 1, 1, 12, tzinfo=timezone.utc)
    task.save()
    (row,) = desk.store.rows("task", where="ID = 4")
    assert (row["TITLE"], row["TASK_CONTROL"], row["PRIORITY"]) == ("Changed", "Y", 2)
    assert row["DEADLINE"] == "2025-01-01T15:00:00"
    task.delete()
    assert not desk.store.exists("task", 4)


def test_a_new_object_knows_what_was_answered_and_what_was_sent(client: Portal) -> None:
    task = TaskV3.objects.create(**NEW)
    assert (task.id, task.status, task.creator_id) == (4, "pending", 1)


def test_a_field_is_cleared_with_null(client: Portal, desk: LocalPortal) -> None:
    task = TaskV3.objects.create(**NEW, deadline=datetime(2025, 1, 1, tzinfo=timezone.utc))
    task.deadline = None
    task.save()
    assert desk.store.rows("task", ["DEADLINE"], where="ID = 4") == [{"DEADLINE": None}]


def test_a_refreshed_object_knows_every_field_of_the_list(client: Portal, desk: LocalPortal) -> None:
    task = TaskV3.objects.create(**NEW)
    desk.store.update("task", 4, {"TITLE": "Other", "RESPONSIBLE_ID": 3})
    task.refresh_from_db()
    assert (task.title, task.responsible_id) == ("Other", 3)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"deadline": datetime(2025, 1, 1)}, "deadline takes a datetime that knows its zone"),
        ({"created": datetime(2025, 1, 1, tzinfo=timezone.utc)}, "created is read-only"),
        ({"title": None}, "needs title"),
    ],
)
def test_what_the_server_would_refuse_is_not_sent(
    client: Portal, desk: LocalPortal, change: dict[str, Any], text: str
) -> None:
    with pytest.raises(InvalidValue, match=text):
        TaskV3.objects.create(**{**NEW, **change})
    assert desk.stats.requests == 0


def test_the_creator_can_not_be_changed(client: Portal) -> None:
    task = TaskV3.objects.get(id=1)
    task.creator_id = 3
    with pytest.raises(InvalidValue, match="can't be changed"):
        task.save()


def test_rows_carry_no_origin(client: Portal) -> None:
    with pytest.raises(Unsupported, match="no ORIGIN_ID"):
        TaskV3(**NEW).save(idempotency="origin")


def test_the_servers_refusal_is_the_objects_error(client: Portal) -> None:
    with pytest.raises(ApiError, match="REQUESTVALIDATION") as caught:
        TaskV3.objects.create(**{**NEW, "responsible_id": 99})
    assert isinstance(caught.value.item, TaskV3)


# -- sets ---------------------------------------------------------------------------------------


def test_many_are_created_each_in_a_request_of_its_own(client: Portal, desk: LocalPortal) -> None:
    results = TaskV3.objects.bulk_create([TaskV3(**{**NEW, "title": f"t{n}"}) for n in range(30)])
    titles = {row["ID"]: row["TITLE"] for row in desk.store.rows("task", ["ID", "TITLE"], where="ID > 3")}
    assert {result.id: f"t{n}" for n, result in enumerate(results)} == titles
    assert desk.stats.requests == 30


def test_one_failure_does_not_take_others_with_it(client: Portal, desk: LocalPortal) -> None:
    tasks = [TaskV3(**{**NEW, "responsible_id": 99 if n == 2 else 2}) for n in range(5)]
    results = TaskV3.objects.bulk_create(tasks, raise_on_error=False)
    assert [result.error is None for result in results] == [True, True, False, True, True]
    assert desk.store.count("task") == 7


def test_a_set_is_changed_and_deleted(client: Portal, desk: LocalPortal) -> None:
    TaskV3.objects.filter(id__lte=2).update(status="completed")
    assert desk.store.ids("task", "STATUS = 5 AND ID <= 2") == [1, 2]
    TaskV3.objects.filter(id__gt=1).delete()
    assert desk.store.ids("task") == [1]


# -- lost answers -------------------------------------------------------------------------------


def test_a_lost_answer_is_asked_for_again_under_the_same_key(client: Portal, desk: LocalPortal) -> None:
    desk.faults.script(Fault("reset_after", method="tasks.task.add", times=1))
    task = TaskV3.objects.create(**NEW)
    assert (task.id, desk.store.count("task"), desk.stats.requests) == (4, 4, 2)


def test_an_add_that_never_arrived_is_done_by_the_second_request(client: Portal, desk: LocalPortal) -> None:
    desk.faults.script(Fault("reset_before", method="tasks.task.add", times=1))
    TaskV3.objects.create(**NEW)
    assert desk.store.count("task") == 4


def test_a_delete_whose_answer_was_lost_is_done(client: Portal, desk: LocalPortal) -> None:
    task = TaskV3.objects.get(id=1)
    desk.faults.script(Fault("reset_after", method="tasks.task.delete", times=1))
    task.delete()
    assert not desk.store.exists("task", 1)


def test_many_adds_with_lost_answers_are_neither_lost_nor_doubled(client: Portal, desk: LocalPortal) -> None:
    desk.faults.random({"reset_after": 0.3}, seed=5)
    results = TaskV3.objects.bulk_create([TaskV3(**{**NEW, "title": f"t{n}"}) for n in range(40)])
    titles = sorted(row["TITLE"] for row in desk.store.rows("task", ["TITLE"], where="ID > 3"))
    assert titles == sorted(f"t{n}" for n in range(40))
    assert len({result.id for result in results}) == 40


def test_a_named_call_is_kept_under_one_key_too(client: Portal, desk: LocalPortal) -> None:
    desk.faults.script(Fault("reset_after", method="tasks.task.add", times=1))
    item = client.v3.call("tasks.task.add", {"fields": FIELDS})
    assert (item["id"], desk.store.count("task")) == (4, 4)


# -- the rule, without a socket and without waiting ---------------------------------------------


class Flaky:
    """An executor in front of a portal that loses its next answers, done or not."""

    def __init__(self, *fates: B24Error | None, done: bool = True) -> None:
        self.portal = V3Portal(tasks=3)
        self.sender = FakeSender()
        self.keys: list[str | None] = []
        self.at: list[float] = []
        self._fates, self._done = list(fates), done

    async def ask(self, ask: Ask) -> list[Outcome]:
        return [self._one(call) for call in ask.calls]

    def _one(self, call: Call) -> Outcome:
        self.keys.append(call.key)
        self.at.append(self.sender.clock.now())
        fate = self._fates.pop(0) if self._fates else None
        reply = None
        if fate is None or self._done:
            reply = self.portal.send(call.method, dict(call.params), idempotency_key=call.key)
        if fate is not None:
            fate.sent_at = self.sender.clock.now()
            return fate
        assert reply is not None
        return Reply(json.loads(reply.body)["result"])


def add(place: int = 0) -> Write:
    call = Call("tasks.task.add", {"fields": FIELDS}, write=True, envelope=("item",), api="v3")
    return Write("add", call, place=place)


def lost() -> Disconnected:
    return Disconnected("the connection broke")


async def written(portal: Any, *writes: Write, **options: Any) -> list[Outcome]:
    return await Writer(portal, **options).run(writes)


@pytest.mark.parametrize("done", [True, False])
async def test_a_lost_add_is_sent_again_once_the_first_can_not_be_at_work(done: bool) -> None:
    portal = Flaky(lost(), done=done)
    (outcome,) = await written(portal, add())
    assert isinstance(outcome, Reply)
    assert portal.portal.store.count("task") == 4
    assert len(set(portal.keys)) == 1
    assert portal.at[1] - portal.at[0] >= 60


async def test_each_write_has_a_key_of_its_own() -> None:
    portal = Flaky()
    await written(portal, add(0), add(1))
    await written(portal, add(0))
    assert len(set(portal.keys)) == 3
    assert portal.portal.store.count("task") == 6


async def test_a_script_that_broke_down_is_not_trusted_with_its_key() -> None:
    portal = Flaky(ServerFailure("HTTP_500", status=500))
    (outcome,) = await written(portal, add())
    assert isinstance(outcome, OutcomeUnknown)
    assert len(portal.keys) == 1


async def test_a_gateways_page_is_a_lost_answer() -> None:
    portal = Flaky(ServerFailure("HTTP_502", status=502))
    (outcome,) = await written(portal, add())
    assert isinstance(outcome, Reply)
    assert portal.portal.store.count("task") == 4


async def test_each_write_has_a_fate_of_its_own() -> None:
    portal = Flaky(lost(), ServerFailure("HTTP_500", status=500), None)
    outcomes = await written(portal, add(0), add(1), add(2))
    assert [type(outcome) for outcome in outcomes] == [Reply, OutcomeUnknown, Reply]
    assert portal.portal.store.count("task") == 6
    assert [key[-1] for key in portal.keys if key] == ["0", "1", "2", "0"]


async def test_a_repetition_waits_for_the_write_that_left_last() -> None:
    class Slow(Flaky):
        def _one(self, call: Call) -> Outcome:
            outcome = super()._one(call)
            self.sender.clock.time += 50 if len(self.keys) <= 2 else 0
            return outcome

    portal = Slow(lost(), lost())
    outcomes = await written(portal, add(0), add(1))
    assert [type(outcome) for outcome in outcomes] == [Reply] * 2
    assert portal.at[2] - portal.at[1] >= 60


async def test_what_the_limits_refused_keeps_its_key() -> None:
    error = RateLimited("QUERY_LIMIT_EXCEEDED", status=503)
    assert worth_retrying(error, write=True)
    assert not RetryPolicy().gives_up(error, 1)


async def test_a_job_that_was_killed_goes_on_under_the_same_keys(tmp_path: Path) -> None:
    job = {"method": "tasks.task.add", "portal": "x"}
    first = Journal(tmp_path / "job", job)
    portal = Flaky()
    executor: Any = portal
    writes = [Write("add", add().call, place=n, digest=f"d{n}") for n in range(2)]
    first.sending((write.place, write.digest, write.kind) for write in writes)  # and then the process dies
    key = f"b24orm-{first.key}-0"
    portal.portal.send("tasks.task.add", {"fields": FIELDS}, idempotency_key=key)
    first.close()
    second = Journal(tmp_path / "job", job)
    outcomes = await Writer(executor, journal=second).run(writes)
    assert [type(outcome) for outcome in outcomes] == [Reply] * 2
    assert portal.portal.store.count("task") == 5
    second.close()


async def test_an_answer_is_not_counted_upon_for_more_than_a_day() -> None:
    class Late(Flaky):
        def _one(self, call: Call) -> Outcome:
            outcome = super()._one(call)
            self.sender.clock.time += 24 * 3600
            return outcome

    portal = Late(lost())
    (outcome,) = await written(portal, add())
    assert isinstance(outcome, OutcomeUnknown)


async def test_a_second_try_of_the_same_call_travels_with_the_same_body(
    desk: LocalPortal, join: Connect
) -> None:
    client = join(desk, plan=BRISK)
    desk.faults.script(Fault("rate_limited", method="tasks.task.add", times=1))
    await asyncio.to_thread(lambda: TaskV3.objects.create(**NEW))
    assert desk.store.count("task") == 4
    assert client.requests == 2


def test_results_of_a_task_live_with_it(client: Portal, desk: LocalPortal) -> None:
    desk.store.execute("DELETE FROM task_result")
    task = TaskV3.objects.get(id=1)
    result = TaskResultV3.objects.create(task_id=task.id, text="done")
    result.text = "really done"
    result.save()
    result.refresh_from_db()
    assert (result.text, result.author_id, result.status) == ("really done", 1, "open")
    assert [found.id for found in TaskResultV3.objects.filter(task=task)] == [result.id]
    result.delete()
    assert desk.store.count("task_result") == 0
