"""A write whose answer was lost is never sent again: the portal holds at most one row for it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from b24orm import AsyncPortal, Portal
from b24orm.emulator import Fault, LocalPortal
from b24orm.errors import ApiError, B24Error, ConnectFailed, Disconnected, OutcomeUnknown
from tests.faults.conftest import EXECUTED, FAULTS, FINAL, HARMLESS, LASTING, PATIENCE, REFUSED, play

pytestmark = pytest.mark.usefixtures("hasty")

UNSURE = [name for name in FAULTS if name not in FINAL | HARMLESS | REFUSED]
"""Faults after which nobody can know whether the work was done."""


def add(portal: Portal, title: str = "new") -> Any:
    return portal.call("crm.deal.add", {"fields": {"TITLE": title}})


def rows(portal: LocalPortal, title: str = "new") -> int:
    return portal.store.count("deal", "TITLE = ?", (title,))


@pytest.mark.parametrize("fault", UNSURE)
def test_a_write_without_an_answer_is_an_error_and_is_sent_once(
    broken: LocalPortal, client: Portal, fault: str
) -> None:
    play(broken, fault, times=500)
    with pytest.raises(OutcomeUnknown):
        add(client)
    assert (broken.stats.requests, rows(broken)) == (1, 1 if fault in EXECUTED else 0)


@pytest.mark.parametrize("fault", UNSURE)
def test_the_error_tells_that_the_fate_is_unknown(broken: LocalPortal, client: Portal, fault: str) -> None:
    play(broken, fault)
    with pytest.raises(OutcomeUnknown, match="crm.deal.add.*whether it was executed is unknown") as caught:
        add(client)
    assert (caught.value.items, type(caught.value.__cause__)) == (
        ({"fields": {"TITLE": "new"}},),
        LASTING[fault],
    )


def test_the_error_of_a_list_holds_what_may_have_been_written(broken: LocalPortal, client: Portal) -> None:
    play(broken, "reset after")
    items = [{"fields": {"TITLE": f"new {number}"}} for number in range(60)]
    with pytest.raises(OutcomeUnknown) as caught:
        client.call("crm.deal.add", items)
    assert len(caught.value.items) in (10, 50)


def test_a_reading_is_never_of_unknown_fate(broken: LocalPortal, client: Portal) -> None:
    play(broken, "reset after", times=500)
    with pytest.raises(Disconnected):
        client.call("crm.deal.get", {"ID": 1})


@pytest.mark.parametrize("fault", sorted(REFUSED))
def test_a_write_that_was_refused_is_sent_again(broken: LocalPortal, client: Portal, fault: str) -> None:
    play(broken, fault, times=3)
    assert (broken.store.exists("deal", add(client)), rows(broken)) == (True, 1)


@pytest.mark.parametrize("fault", sorted(HARMLESS))
def test_a_write_whose_answer_can_be_read_is_done(broken: LocalPortal, client: Portal, fault: str) -> None:
    play(broken, fault)
    assert (broken.store.exists("deal", add(client)), rows(broken)) == (True, 1)


@pytest.mark.parametrize("fault", UNSURE)
def test_writes_in_a_batch_are_sent_once_too(broken: LocalPortal, client: Portal, fault: str) -> None:
    play(broken, fault, times=500)
    with pytest.raises(OutcomeUnknown):
        client.call("crm.deal.add", [{"fields": {"TITLE": f"new {n}"}} for n in range(20)])
    added = [rows(broken, f"new {n}") for n in range(20)]
    assert (broken.stats.requests, added) == (1, [int(fault in EXECUTED)] * 20)


@pytest.mark.parametrize("fault", UNSURE)
def test_a_batch_as_the_docs_write_it_is_sent_once_if_it_writes(
    broken: LocalPortal, client: Portal, fault: str
) -> None:
    play(broken, fault, times=500)
    with pytest.raises(OutcomeUnknown):
        client.call_batch({"cmd": {"a": "crm.deal.get?ID=1", "b": "crm.deal.add?fields[TITLE]=new"}})
    assert (broken.stats.requests, rows(broken)) == (1, 1 if fault in EXECUTED else 0)


@pytest.mark.parametrize("fault", [name for name in FAULTS if name not in FINAL])
def test_a_batch_that_only_reads_is_tried_again(broken: LocalPortal, client: Portal, fault: str) -> None:
    play(broken, fault)
    assert client.call_batch({"cmd": {"a": "crm.deal.get?ID=1"}})["a"]["ID"] == "1"


@pytest.mark.parametrize("method", ["crm.deal.update", "crm.deal.delete", "app.do.something"])
def test_what_is_not_known_to_read_is_taken_for_a_write(
    broken: LocalPortal, client: Portal, method: str
) -> None:
    play(broken, "reset before", times=500)
    with pytest.raises(OutcomeUnknown):
        client.call(method, {"ID": 1})
    assert broken.stats.requests == 1


def test_random_failures_never_double_a_row(broken: LocalPortal, client: Portal) -> None:
    kinds: Any = {
        "rate_limited": 0.15,
        "reset_after": 0.1,
        "reset_before": 0.1,
        "truncated_json": 0.1,
        "bad_gateway": 0.1,
    }
    broken.faults.random(kinds, seed=11)
    done: list[int] = []
    for number in range(120):
        try:
            add(client, f"new {number}")
        except B24Error:
            continue
        done.append(number)
    stored = [rows(broken, f"new {number}") for number in range(120)]
    assert (max(stored), all(stored[number] == 1 for number in done)) == (1, True)
    assert 40 < len(done) < 120


async def test_writes_side_by_side_are_never_doubled(broken: LocalPortal) -> None:
    kinds: Any = {"rate_limited": 0.2, "reset_after": 0.15, "truncated_json": 0.1}
    broken.faults.random(kinds, seed=3)
    async with AsyncPortal(broken.url, plan="unlimited", progress=False, timeout=PATIENCE) as portal:
        outcomes = await asyncio.gather(
            *(portal.call("crm.deal.add", {"fields": {"TITLE": f"new {n}"}}) for n in range(80)),
            return_exceptions=True,
        )
    stored = [rows(broken, f"new {number}") for number in range(80)]
    done = [number for number, outcome in enumerate(outcomes) if isinstance(outcome, int)]
    assert (max(stored), all(stored[number] == 1 for number in done)) == (1, True)
    assert all(isinstance(outcome, (int, B24Error)) for outcome in outcomes)


def test_a_cancelled_write_is_sent_once(broken: LocalPortal) -> None:
    async def main() -> None:
        async with AsyncPortal(broken.url, plan="unlimited", progress=False, timeout=5) as portal:
            await portal.call("profile")
            writing = asyncio.ensure_future(portal.call("crm.deal.add", {"fields": {"TITLE": "new"}}))
            await asyncio.sleep(0.1)
            writing.cancel()
            await asyncio.wait([writing])

    broken.faults.script(Fault("hang", method="crm.deal.add", seconds=0.5, times=9))
    asyncio.run(main())
    assert rows(broken) == 1


def test_a_portal_that_is_not_there_is_tried_again_even_for_a_write() -> None:
    with LocalPortal() as portal:
        url = portal.url
    with Portal(url, plan="unlimited", progress=False) as client, pytest.raises(ConnectFailed) as caught:
        add(client)
    assert caught.value.attempts == 5


def test_one_bad_row_leaves_the_others_written(broken: LocalPortal, client: Portal) -> None:
    items = [
        {"fields": {"TITLE": "new 0"}},
        {"fields": "no map"},
        {"fields": {"TITLE": "new 2"}},
    ]
    with pytest.raises(ApiError, match="must be array"):
        client.call("crm.deal.add", items)
    assert [rows(broken, f"new {number}") for number in (0, 2)] == [1, 1]
