"""REST 3.0 under trouble: the right answer, or an error of ours; never a part of a list, never two rows for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from b24orm import Portal, RateLimits
from b24orm.emulator import Fault, LocalPortal
from b24orm.errors import B24Error, OutcomeUnknown
from b24orm.models import EventLogRecord, TaskV3
from b24orm.orm.results import WriteErrors
from tests.conftest import Connect
from tests.faults import conftest
from tests.faults.conftest import FAULTS, HARMLESS, LASTING, play

pytestmark = pytest.mark.usefixtures("hasty")

FINAL = conftest.FINAL | {"connection error"}
"""REST 3.0 has one word for everything that is wrong with a token."""

NEW: dict[str, Any] = {"title": "Report", "creator_id": 1, "responsible_id": 2}
BROKEN_SCRIPT = frozenset({"server error"})
"""Troubles after which no answer is known to be kept."""


@pytest.fixture
def log() -> Iterator[LocalPortal]:
    with LocalPortal(tasks=4, log_entries=2300, users=4) as portal:
        yield portal


@pytest.fixture
def reader(log: LocalPortal, join: Connect, timeout: float, monkeypatch: pytest.MonkeyPatch) -> Portal:
    monkeypatch.setattr("b24orm.executor.lost.MARGIN", 0.01)
    plan = RateLimits(per_second=None, operating_limit=None, request_limit=0.01)
    return join(log, timeout=timeout, plan=plan)


READS: dict[str, tuple[Callable[[], Any], Any]] = {
    "all": (lambda: [row.id for row in EventLogRecord.objects.only("id")], list(range(1, 2301))),
    "tail": (lambda: [row.id for row in EventLogRecord.objects.only("id")[:1500]], list(range(1, 1501))),
    "ids": (lambda: sorted(EventLogRecord.objects.in_bulk([5, 6])), [5, 6]),
    "count": (lambda: EventLogRecord.objects.filter(id__gt=2000).count(), 300),
    "order": (lambda: EventLogRecord.objects.order_by("-timestamp_x")[0].id, 2300),
}


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("fault", [name for name in FAULTS if name not in FINAL])
def test_one_failure_costs_a_retry_and_nothing_else(
    log: LocalPortal, reader: Portal, fault: str, read: str
) -> None:
    ask, answer = READS[read]
    play(log, fault)
    assert ask() == answer
    assert log.stats.faults == 1


@pytest.mark.parametrize("fault", [name for name in FAULTS if name not in HARMLESS | FINAL])
def test_a_failure_that_lasts_is_told(log: LocalPortal, reader: Portal, fault: str) -> None:
    log.faults.random({FAULTS[fault].kind: 1.0}, seed=1)
    with pytest.raises(LASTING[fault]):
        list(EventLogRecord.objects.only("id"))


@pytest.mark.parametrize("fault", [name for name in FAULTS if name not in FINAL])
def test_an_add_is_done_once_or_told_as_unknown(log: LocalPortal, reader: Portal, fault: str) -> None:
    play(log, fault)
    try:
        task = TaskV3.objects.create(**NEW)
    except OutcomeUnknown:
        assert fault in BROKEN_SCRIPT
        assert log.store.count("task") in (4, 5)
    except B24Error as error:
        raise AssertionError("an error that leaves the fate open") from error
    else:
        assert (task.id, log.store.count("task")) == (5, 5)


# -- every other write, and the methods by name -------------------------------------------------------


def titles(portal: LocalPortal) -> list[str]:
    return [row["TITLE"] for row in portal.store.rows("task", ["TITLE"])]


def renamed(number: int) -> TaskV3:
    task = TaskV3(id=number)
    task.title = "new"
    return task


def save(_: Portal) -> Any:
    task = TaskV3.objects.only("id", "title").get(id=1)
    task.title = "new"
    task.save()


def batch(client: Portal) -> Any:
    query = {"fields": {"title": "new", "creatorId": 1, "responsibleId": 2}}
    return client.v3.call_batch([{"method": "tasks.task.add", "query": query}] * 2)


def called(client: Portal) -> Any:
    fields = {"title": "new", "creatorId": 1, "responsibleId": 2}
    return client.v3.call("tasks.task.add", [{"fields": fields}] * 3)


def created(_: Portal) -> Any:
    return TaskV3.objects.bulk_create([TaskV3(**{**NEW, "title": "new"}) for _ in range(3)])


WRITES: dict[str, tuple[Callable[[Portal], Any], int, int]] = {
    "update": (lambda _: TaskV3.objects.filter(id__in=[1, 2]).update(title="new"), 4, 2),
    "bulk_update": (
        lambda _: TaskV3.objects.bulk_update([renamed(number) for number in (1, 2, 3)], ["title"]),
        4,
        3,
    ),
    "save": (save, 4, 1),
    "delete": (lambda _: TaskV3.objects.filter(id__in=[1, 2]).delete(), 2, 0),
    "bulk_create": (created, 7, 3),
    "a method by name": (called, 7, 3),
    "a batch of methods": (batch, 6, 2),
}
"""What is done, how many tasks there are then, and how many of them are new or changed."""


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("passing", [0, 1])
@pytest.mark.parametrize("fault", [name for name in FAULTS if name not in FINAL])
def test_a_write_is_done_once_or_told_as_unknown(
    log: LocalPortal, reader: Portal, fault: str, passing: int, write: str
) -> None:
    do, count, new = WRITES[write]
    trouble = FAULTS[fault]
    log.faults.script(Fault(trouble.kind, seconds=trouble.seconds, after=passing))
    try:
        do(reader)
    except (OutcomeUnknown, WriteErrors) as error:
        errors = error.exceptions if isinstance(error, WriteErrors) else [error]
        assert all(isinstance(one, OutcomeUnknown) for one in errors)
        assert fault in BROKEN_SCRIPT or (write == "a batch of methods" and fault not in HARMLESS)
        before = 4 if write != "delete" else 2
        assert min(before, count) <= len(titles(log)) <= max(4, count)
        assert titles(log).count("new") <= new
    else:
        assert (len(titles(log)), titles(log).count("new")) == (count, new)
