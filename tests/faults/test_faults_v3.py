"""REST 3.0 under trouble: the right answer, or an error of ours; never a part of a list, never two rows for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from b24orm import Portal, RateLimits
from b24orm.emulator import LocalPortal
from b24orm.errors import B24Error, OutcomeUnknown
from b24orm.models import EventLogRecord, TaskV3
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
