"""``offline_events()``: what comes, what is acknowledged, and what comes again."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from b24orm import AsyncPortal, Portal
from b24orm.emulator import Fault, LocalPortal
from b24orm.emulator.answers import Answer
from b24orm.emulator.limits import plan_named
from b24orm.errors import (
    AccessDenied,
    AuthError,
    DoesNotExist,
    InvalidValue,
    JournalFailed,
    OutcomeUnknown,
    ServerFailure,
    UnknownName,
    Unsupported,
    UsageError,
)
from b24orm.events import FileProcesses, MemoryProcesses
from b24orm.models import Deal, Item, SmartInvoice, Task
from tests.events.conftest import Clock, add, client_of, queue


class Broken(Exception):
    """A handler that fails."""


def all_of(portal: Portal, **options: Any) -> list[Any]:
    return list(portal.offline_events(until_empty=True, **options))


# -- what comes


def test_events_come_in_their_order(local: LocalPortal, portal: Portal) -> None:
    (deal,) = add(local)
    local.store.update("deal", deal, {"TITLE": "b"})
    local.store.delete("deal", deal)
    found = [(change.name, change.action, change.row_id) for change in all_of(portal)]
    assert found == [
        ("ONCRMDEALADD", "add", deal),
        ("ONCRMDEALUPDATE", "update", deal),
        ("ONCRMDEALDELETE", "delete", deal),
    ]


async def test_events_come_to_asynchronous_code(local: LocalPortal, aportal: AsyncPortal) -> None:
    deals = add(local, 3)
    assert [change.row_id async for change in aportal.offline_events(until_empty=True)] == deals


async def test_a_synchronous_portal_can_be_awaited(local: LocalPortal, portal: Portal) -> None:
    deals = add(local, 3)
    assert [change.row_id async for change in portal.offline_events(until_empty=True)] == deals


def test_more_than_one_armful(local: LocalPortal, portal: Portal) -> None:
    deals = add(local, 120)
    assert [change.row_id for change in all_of(portal)] == deals


def test_an_event_says_when_and_by_whom(local: LocalPortal, portal: Portal) -> None:
    add(local)
    (change,) = all_of(portal)
    assert (change.user_id, str(change.moment.utcoffset()), len(change.message_id)) == (
        1,
        "3:00:00",
        32,
    )


def test_only_events_of_one_name(local: LocalPortal, portal: Portal) -> None:
    (deal,) = add(local)
    local.store.update("deal", deal, {"TITLE": "b"})
    names = [change.name for change in all_of(portal, event="onCrmDealUpdate")]
    assert (names, queue(local)) == (["ONCRMDEALUPDATE"], [(1, False, False)])


def test_only_events_of_one_connector(local: LocalPortal, portal: Portal) -> None:
    portal.bind_event("ONCRMDEALADD", connector="warehouse")
    add(local)
    assert (len(all_of(portal, connector="warehouse")), len(queue(local))) == (1, 1)


# -- the row behind an event


def test_the_row_behind_an_event(local: LocalPortal, portal: Portal) -> None:
    (deal,) = add(local)
    local.store.update("deal", deal, {"TITLE": "as it is now"})
    change = all_of(portal)[0]
    assert (change.model, change.get().title) == (Deal, "as it is now")


async def test_the_row_behind_an_event_awaited(local: LocalPortal, aportal: AsyncPortal) -> None:
    add(local)
    titles = [(await change.aget()).title async for change in aportal.offline_events(until_empty=True)]
    assert titles == ["Deal 0"]


def test_a_deleted_row_is_not_there(local: LocalPortal, portal: Portal) -> None:
    (deal,) = add(local)
    local.store.delete("deal", deal)
    gone = all_of(portal)[-1]
    with pytest.raises(DoesNotExist):
        gone.get()


def test_an_item_of_a_smart_process(local: LocalPortal, portal: Portal) -> None:
    number = local.store.add_smart_type("Claims")
    portal.bind_event(f"ONCRMDYNAMICITEMADD_{number}")
    item = local.store.insert(f"dynamic_{number}", {"TITLE": "a claim"})
    (change,) = all_of(portal)
    assert (change.model, change.get().id, change.get().title) == (Item, item, "a claim")


def test_a_smart_invoice(local: LocalPortal, portal: Portal) -> None:
    portal.bind_event("ONCRMDYNAMICITEMADD")
    local.store.insert("smart_invoice", {"TITLE": "an invoice"})
    (change,) = all_of(portal)
    assert (change.model, change.get().title) == (SmartInvoice, "an invoice")


def test_a_task(local: LocalPortal, portal: Portal) -> None:
    portal.bind_event("ONTASKUPDATE")
    task = local.store.insert("task", {"TITLE": "a task"})
    local.store.update("task", task, {"TITLE": "b"})
    (change,) = all_of(portal)
    assert (change.model, change.row_id, change.get().title) == (Task, task, "b")


def test_an_event_about_no_row(local: LocalPortal, portal: Portal) -> None:
    add(local)
    (change,) = all_of(portal)
    other = type(change)(1, "ONSESSIONSTART", change.moment, {"DATA": []}, None, "x" * 32, portal=portal)
    with pytest.raises(Unsupported, match="ONSESSIONSTART"):
        other.get()


# -- acknowledging


def test_what_was_done_with_is_acknowledged(local: LocalPortal, portal: Portal) -> None:
    add(local, 3)
    all_of(portal)
    assert queue(local) == []


def test_what_failed_stays_and_the_rest_is_acknowledged(local: LocalPortal, portal: Portal) -> None:
    deals = add(local, 4)
    with pytest.raises(Broken):
        for change in portal.offline_events():
            if change.row_id == deals[2]:
                raise Broken
    assert queue(local) == [(3, True, False), (4, True, False)]


def test_after_a_crash_it_comes_again(local: LocalPortal, portal: Portal) -> None:
    deals = add(local, 4)
    with suppress(Broken):
        for change in portal.offline_events():
            if change.row_id == deals[2]:
                raise Broken
    with client_of(Portal, local) as restarted:
        assert [change.row_id for change in all_of(restarted)] == deals[2:]
    assert queue(local) == []


def test_the_same_loop_goes_on_with_what_failed(local: LocalPortal, portal: Portal) -> None:
    deals = add(local, 3)
    events = portal.offline_events(until_empty=True)
    with suppress(Broken):
        for _ in events:
            raise Broken
    assert [change.row_id for change in events] == deals


def test_new_changes_of_a_row_in_hand_come_after_it(local: LocalPortal, portal: Portal) -> None:
    (deal,) = add(local)
    local.store.update("deal", deal, {"TITLE": "b"})
    names = []
    for change in portal.offline_events(until_empty=True):
        names.append(change.name)
        if len(names) == 2:
            local.store.update("deal", deal, {"TITLE": "c"})
    assert names == ["ONCRMDEALADD", "ONCRMDEALUPDATE", "ONCRMDEALUPDATE"]


def test_a_loop_that_is_left_keeps_the_event(local: LocalPortal, portal: Portal) -> None:
    add(local, 2)
    with portal.offline_events() as events:
        for _ in events:
            break
    assert queue(local) == [(1, True, False), (2, True, False)]


def test_a_loop_may_be_left_with_the_event_done(local: LocalPortal, portal: Portal) -> None:
    add(local, 2)
    with portal.offline_events() as events:
        for change in events:
            events.done(change)
            break
    assert queue(local) == [(2, True, False)]


def test_acknowledging_several_together_saves_requests(local: LocalPortal, portal: Portal) -> None:
    add(local, 20)
    before = portal.requests
    all_of(portal, acknowledge_every=10)
    assert portal.requests - before == 5  # list, get, clear, clear, get


def test_acknowledging_several_together_repeats_more(local: LocalPortal, portal: Portal) -> None:
    deals = add(local, 5)
    with suppress(Broken):
        for change in portal.offline_events(acknowledge_every=10):
            if change.row_id == deals[3]:
                raise Broken
    assert [change.row_id for change in all_of(portal)] == deals


def test_a_failed_event_is_put_aside(local: LocalPortal, portal: Portal) -> None:
    deals = add(local, 3)
    events = portal.offline_events(until_empty=True)
    for change in events:
        if change.row_id == deals[1]:
            events.fail(change)
    assert queue(local) == [(2, False, True)]


def test_failed_events_can_be_read_later(local: LocalPortal, portal: Portal) -> None:
    deals = add(local, 2)
    events = portal.offline_events(until_empty=True)
    for change in events:
        events.fail(change)
    assert [change.row_id for change in all_of(portal, errors=True)] == deals
    assert queue(local) == []


def test_only_the_event_in_hand_can_be_put_aside(local: LocalPortal, portal: Portal) -> None:
    add(local, 2)
    events = portal.offline_events(until_empty=True)
    first, second = events
    with pytest.raises(UsageError, match="only the event that the loop has just handed out"):
        events.fail(first)
    assert second.row_id == 2


# -- at most once


def test_at_most_once_takes_events_out_at_once(local: LocalPortal, portal: Portal) -> None:
    add(local, 3)
    with suppress(Broken):
        for _ in portal.offline_events(delivery="at-most-once"):
            raise Broken
    assert queue(local) == []


def test_at_most_once_works_on_every_plan() -> None:
    plan = plan_named("unlimited", lacks=frozenset({"rest_offline_extended"}))
    with LocalPortal(plan=plan) as local, client_of(Portal, local) as portal:
        portal.bind_event("ONCRMDEALADD")
        deals = add(local, 3)
        assert [change.row_id for change in all_of(portal, delivery="at-most-once")] == deals


def test_at_least_once_needs_the_plan_s_feature() -> None:
    plan = plan_named("unlimited", lacks=frozenset({"rest_offline_extended"}))
    with (
        LocalPortal(plan=plan) as local,
        client_of(Portal, local) as portal,
        pytest.raises(AccessDenied, match="at-most-once"),
    ):
        all_of(portal)


def test_at_most_once_can_t_put_aside(local: LocalPortal, portal: Portal) -> None:
    add(local)
    events = portal.offline_events(delivery="at-most-once")
    with pytest.raises(UsageError, match="the event has left the queue already"):
        events.fail(next(iter(events)))


# -- answers that are none


@pytest.mark.parametrize("method", ["event.offline.get", "event.offline.list"])
@pytest.mark.parametrize("events", [None, True, {"0": {}}, [None], [{"ID": "1"}, 5]], ids=repr)
def test_an_answer_without_a_list_of_events_is_an_error(
    local: LocalPortal, portal: Portal, method: str, events: Any
) -> None:
    add(local)
    answer = events if method == "event.offline.list" else {"process_id": "p", "events": events}
    local.register(method, lambda call: Answer(answer))

    with pytest.raises(ServerFailure, match=rf"{re.escape(method)}.*NO_EVENTS"):
        all_of(portal, poll=0.01)


@pytest.mark.parametrize(
    "wrong",
    [
        {"ID": "x"},
        {"ID": None},
        {"TIMESTAMP_X": "soon"},
        {"TIMESTAMP_X": 5},
        {"EVENT_ADDITIONAL": {"user_id": "x"}},
    ],
    ids=str,
)
def test_a_row_that_is_no_event_is_an_error(
    local: LocalPortal, portal: Portal, wrong: dict[str, Any]
) -> None:
    row = {
        "ID": "1",
        "EVENT_NAME": "ONCRMDEALADD",
        "TIMESTAMP_X": "2024-02-01T12:00:00+00:00",
        "MESSAGE_ID": "m",
    }
    local.register(
        "event.offline.get", lambda call: Answer({"process_id": "p", "events": [{**row, **wrong}]})
    )

    with pytest.raises(ServerFailure, match="NO_EVENT"):
        all_of(portal)


# -- waiting


def test_waits_grow_and_begin_anew(local: LocalPortal, portal: Portal, clock: Clock) -> None:
    clock.meanwhile = [lambda: None] * 4 + [lambda: add(local)] + [lambda: None, lambda: add(local)]
    changes = iter(portal.offline_events(poll=1, longest=5, clock=clock))
    next(changes)
    next(changes)
    assert clock.waits == [1, 2, 4, 5, 5, 1, 2]


async def test_waiting_can_be_cancelled(local: LocalPortal, aportal: AsyncPortal) -> None:
    async def consume() -> None:
        async for _ in aportal.offline_events(poll=60, longest=60):
            pass

    task = asyncio.create_task(consume())
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    add(local)
    assert [change.row_id async for change in aportal.offline_events(until_empty=True)] == [1]


async def test_a_cancelled_body_leaves_its_event(local: LocalPortal, aportal: AsyncPortal) -> None:
    deals = add(local, 2)

    async def consume() -> None:
        async for _ in aportal.offline_events():
            await asyncio.sleep(60)

    task = asyncio.create_task(consume())
    await asyncio.sleep(0.3)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert [change.row_id async for change in aportal.offline_events(until_empty=True)] == deals


# -- lost answers


def test_a_lost_answer_loses_no_event(local: LocalPortal, portal: Portal, clock: Clock) -> None:
    deals = add(local, 3)
    local.faults.script(Fault("reset_after", method="event.offline.get"))
    assert [change.row_id for change in all_of(portal, clock=clock)] == deals


def test_a_lost_answer_of_one_of_several_is_reported(local: LocalPortal, portal: Portal) -> None:
    add(local, 3)
    local.faults.script(Fault("reset_after", method="event.offline.get"))
    with pytest.raises(OutcomeUnknown, match="reserved under a name"):
        all_of(portal, shared=True, processes=MemoryProcesses())


def test_a_lost_answer_at_most_once_is_reported(local: LocalPortal, portal: Portal) -> None:
    add(local, 3)
    local.faults.script(Fault("reset_after", method="event.offline.get"))
    with pytest.raises(OutcomeUnknown, match="left the queue"):
        all_of(portal, delivery="at-most-once")


def test_a_lost_acknowledgement_is_repeated(local: LocalPortal, portal: Portal) -> None:
    deals = add(local, 3)
    local.faults.script(Fault("reset_after", method="event.offline.clear"))
    assert [change.row_id for change in all_of(portal)] == deals


def test_a_plain_call_is_not_repeated_either(local: LocalPortal, portal: Portal) -> None:
    add(local, 3)
    local.faults.script(Fault("reset_after", method="event.offline.get"))
    with pytest.raises(OutcomeUnknown):
        portal.call("event.offline.get")


# -- several consumers


def test_several_consumers_share_the_events(local: LocalPortal, portal: Portal) -> None:
    deals = add(local, 6)
    one = iter(portal.offline_events(limit=2, shared=True, processes=MemoryProcesses()))
    other = iter(portal.offline_events(limit=2, shared=True, processes=MemoryProcesses()))
    found = [next(consumer).row_id for consumer in (one, other, one, other, one, one)]
    assert sorted(map(str, found)) == sorted(map(str, deals))


def test_a_consumer_remembers_what_it_holds(local: LocalPortal, portal: Portal, tmp_path: Path) -> None:
    deals = add(local, 3)
    path = tmp_path / "consumer.json"
    next(iter(portal.offline_events(shared=True, processes=FileProcesses(path))))
    other = portal.offline_events(shared=True, processes=MemoryProcesses(), until_empty=True)
    again = portal.offline_events(shared=True, processes=FileProcesses(path), until_empty=True)
    assert (list(other), [change.row_id for change in again]) == ([], deals)


class Full:
    """A memory on a disk that is full for a while."""

    def __init__(self) -> None:
        self.full = True
        self.names: list[str] = []

    def load(self) -> list[str]:
        return self.names

    def save(self, names: Sequence[str]) -> None:
        if self.full:
            raise OSError(28, "No space left on device")
        self.names = list(names)


def test_a_name_that_can_not_be_kept_is_told_and_not_forgotten(local: LocalPortal, portal: Portal) -> None:
    deals, memory = add(local, 3), Full()
    events = portal.offline_events(until_empty=True, shared=True, processes=memory)
    with pytest.raises(JournalFailed, match="are reserved under '[0-9A-Za-z]{32}'") as caught:
        list(events)
    again = [change.row_id for change in events]
    assert (again, queue(local), type(caught.value.__cause__)) == (deals, [], OSError)


def test_it_is_in_the_error_for_another_program(local: LocalPortal, portal: Portal) -> None:
    deals, memory = add(local, 3), Full()
    with pytest.raises(JournalFailed) as caught:
        all_of(portal, shared=True, processes=memory)
    memory.full = False
    memory.save(re.findall("'([0-9A-Za-z]{32})'", str(caught.value)))
    assert [change.row_id for change in all_of(portal, shared=True, processes=memory)] == deals


def test_sharing_needs_a_memory(portal: Portal) -> None:
    with pytest.raises(InvalidValue, match="FileProcesses"):
        portal.offline_events(shared=True)


def test_two_loops_over_the_same_object_are_refused(local: LocalPortal, portal: Portal) -> None:
    add(local, 3)
    events = portal.offline_events()
    one = iter(events)
    next(one)
    next(iter(events))
    with pytest.raises(UsageError, match="another loop"):
        next(one)


def test_another_program_s_file_is_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("hello", "utf-8")
    with pytest.raises(InvalidValue, match="notes"):
        FileProcesses(path).load()


# -- refusals


def test_a_webhook_is_told_what_it_lacks(local: LocalPortal) -> None:
    webhook = Portal(local.url, plan="unlimited", progress=False)
    with webhook, pytest.raises(AuthError, match="OAuth tokens"):
        all_of(webhook)


def test_an_employee_is_told_what_they_lack(local: LocalPortal) -> None:
    employee = client_of(Portal, local, admin=False)
    with employee, pytest.raises(AccessDenied, match="administrator"):
        all_of(employee)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"event": "ONCRMDEALADDED"}, UnknownName),
        ({"limit": 0}, InvalidValue),
        ({"acknowledge_every": 0}, InvalidValue),
        ({"poll": 0}, InvalidValue),
        ({"poll": 5, "longest": 1}, InvalidValue),
        ({"delivery": "exactly-once"}, InvalidValue),
    ],
)
def test_what_makes_no_sense_is_refused(
    portal: Portal, options: dict[str, Any], error: type[Exception]
) -> None:
    before = portal.requests
    with pytest.raises(error):
        portal.offline_events(**options)
    assert portal.requests == before


def test_an_event_that_fails_again_stays_aside(local: LocalPortal, portal: Portal) -> None:
    add(local)
    for errors in (False, True):
        events = portal.offline_events(until_empty=True, errors=errors)
        for change in events:
            events.fail(change)
    assert [change.row_id for change in all_of(portal, errors=True)] == [1]


@pytest.mark.parametrize("method", ["get", "clear", "list"])
def test_a_token_that_ends_meanwhile_is_renewed(local: LocalPortal, portal: Portal, method: str) -> None:
    deals = add(local, 3)
    local.faults.script(Fault("expired_token", method=f"event.offline.{method}"))
    assert [change.row_id for change in all_of(portal)] == deals
    assert queue(local) == []


async def test_waiting_on_the_background_loop_can_be_cancelled(local: LocalPortal, portal: Portal) -> None:
    events = portal.offline_events(poll=60, longest=60)

    async def consume() -> None:
        async for _ in events:
            pass

    task = asyncio.create_task(consume())
    await asyncio.sleep(0.3)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    add(local)
    assert (await anext(aiter(events))).row_id == 1
