"""A job against a portal that serves it no more ends, and says what is done, unknown and not sent."""

from __future__ import annotations

import asyncio
import os
import pickle
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from b24orm import AsyncPortal, RateLimits
from b24orm.emulator import Fault, LocalPortal
from b24orm.errors import JobStopped, OperatingLimited, OutcomeUnknown, TimedOut
from b24orm.executor.executor import Executor
from b24orm.executor.limits import PortalLimits
from b24orm.executor.outage import GIVE_UP_AFTER
from b24orm.executor.sender import Sender
from b24orm.models import Deal
from b24orm.orm.results import WriteErrors, WriteResult
from tests.conftest import Connect
from tests.executor.fakes import UNLIMITED, WEBHOOK, Asked, FakeTransport, LoopClock, batch_of, run

TIMEOUT = 60.0
ROWS = 100_000


class Falling:
    """A portal that does so many requests, and then answers none."""

    def __init__(self, good: int, failure: Callable[[], Any] | None = None) -> None:
        self.good = good
        self.failure = failure
        self.rows = 0

    async def __call__(self, asked: Asked) -> Any:
        if self.good > 0 and asked.method == "batch":
            self.good -= 1
            self.rows += len(asked.commands)
            return batch_of({label: self.rows + n for n, label in enumerate(asked.commands)})
        if self.failure is not None:
            return self.failure()
        await asyncio.sleep(TIMEOUT)
        raise TimedOut("no answer in time")


def connected(portal: Falling) -> tuple[AsyncPortal, FakeTransport]:
    """A client of a portal in memory, on a loop whose time passes at once."""
    transport = FakeTransport(portal)
    client = AsyncPortal("https://acme.bitrix24.com/rest/1/s3cretcode99/", progress=False)
    client._executor = Executor(Sender(transport, WEBHOOK, PortalLimits(UNLIMITED), clock=LoopClock()))
    client._pid = os.getpid()
    return client, transport


def new(count: int = ROWS) -> Iterable[Deal]:
    return (Deal(title=f"row {number}") for number in range(count))


def changed(count: int = ROWS) -> Iterable[Deal]:
    for number in range(1, count + 1):
        row = Deal(id=number)
        row.title = f"changed {number}"
        yield row


def gone(count: int = ROWS) -> Iterable[Deal]:
    return (Deal(id=number) for number in range(1, count + 1))


Streams = Callable[[AsyncPortal], Any]
STREAMS: dict[str, Streams] = {
    "create": lambda client: Deal.objects.using(client).astream_create(new()),
    "create, keys": lambda client: Deal.objects.using(client).astream_create(new(), idempotency="origin"),
    "update": lambda client: Deal.objects.using(client).astream_update(changed(), ["title"]),
    "delete": lambda client: Deal.objects.using(client).astream_delete(gone()),
}


def ended(client: AsyncPortal, stream: Streams) -> tuple[list[WriteResult[Any]], JobStopped, float]:
    """What a job handed out, what ended it, and when."""

    async def work() -> tuple[list[WriteResult[Any]], JobStopped, float]:
        results: list[WriteResult[Any]] = []
        with pytest.raises(JobStopped) as caught:
            async for result in stream(client):
                results.append(result)  # noqa: PERF401
        return results, caught.value, asyncio.get_running_loop().time()

    return run(work())


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("good", [0, 40])
def test_a_job_of_a_hundred_thousand_rows_ends_in_minutes(name: str, good: int) -> None:
    client, transport = connected(Falling(good))

    _, _, seconds = ended(client, STREAMS[name])

    assert seconds <= GIVE_UP_AFTER + 3 * TIMEOUT
    assert len(transport.log) <= 200


@pytest.mark.parametrize("name", STREAMS)
def test_each_item_taken_is_done_or_unknown_or_not_sent(name: str) -> None:
    portal = Falling(40)
    client, _ = connected(portal)

    results, stopped, _ = ended(client, STREAMS[name])

    done = [result for result in results if result.ok]
    unknown = [result.item for result in results if isinstance(result.error, OutcomeUnknown)]
    assert (len(done), stopped.done) == (portal.rows, portal.rows)
    assert list(stopped.unknown) == unknown
    assert len(unknown) + len(done) == len(results)
    assert stopped.taken == len(results) + len(stopped.not_sent) < ROWS


@pytest.mark.parametrize("name", STREAMS)
def test_what_was_never_sent_is_not_told_as_unknown(name: str) -> None:
    client, transport = connected(Falling(0))

    _, stopped, _ = ended(client, STREAMS[name])

    sent = "".join(str(asked.params) for asked in transport.log)
    assert stopped.not_sent
    for item in stopped.not_sent:
        mark = f"id={item.id}" if name == "delete" else item.title.replace(" ", "%20")
        assert re.search(rf"{mark}\b", sent, re.IGNORECASE) is None


def test_the_cause_says_what_was_waited_for() -> None:
    client, _ = connected(Falling(0))

    _, stopped, _ = ended(client, STREAMS["update"])

    assert isinstance(stopped.__cause__, TimedOut)
    assert "Deal update on acme.bitrix24.com was stopped" in str(stopped)


def test_a_method_that_is_refused_for_good_stops_its_job_too() -> None:
    def refused() -> Any:
        refusal = {"error": "OPERATION_TIME_LIMIT", "error_description": "blocked"}
        return batch_of({f"c{n}": refusal for n in range(50)})

    client, transport = connected(Falling(40, refused))

    results, stopped, seconds = ended(client, STREAMS["update"])

    assert isinstance(stopped.__cause__, OperatingLimited)
    assert (stopped.unknown, all(result.ok for result in results), seconds <= 1_000) == ((), True, True)
    assert len(transport.log) <= 100


def test_a_list_of_results_comes_with_the_error() -> None:
    portal = Falling(40)
    client, _ = connected(portal)

    async def work() -> JobStopped:
        with pytest.raises(JobStopped) as caught:
            await Deal.objects.using(client).abulk_create(new(5_000))
        return caught.value

    stopped = run(work())

    assert sum(result.ok for result in stopped.results) == portal.rows == stopped.done


def test_it_ends_even_if_errors_are_to_stand_in_the_results() -> None:
    client, _ = connected(Falling(0))

    async def work() -> None:
        await Deal.objects.using(client).abulk_create(new(5_000), raise_on_error=False)

    with pytest.raises(JobStopped):
        run(work())


def test_a_job_of_which_everything_was_sent_tells_its_results_as_ever() -> None:
    client, _ = connected(Falling(0))

    async def work() -> None:
        await Deal.objects.using(client).abulk_create(new(5))

    with pytest.raises(WriteErrors):
        run(work())


def test_the_error_travels_between_processes() -> None:
    stopped = JobStopped("stopped", taken=5, done=1, unknown=[2], not_sent=[3, 4], results=[1])
    found = pickle.loads(pickle.dumps(stopped))

    assert (str(found), found.__dict__) == ("stopped", stopped.__dict__)


# -- over HTTP -------------------------------------------------------------------------------------------

QUICK = RateLimits(burst=1_000_000, per_second=None, operating_limit=None, request_limit=0.3)


def hang(desk: LocalPortal, after: int) -> None:
    """The portal answers so many batches more, and then hangs."""
    desk.faults.script(Fault("hang", times=1_000_000, seconds=30, after=after))


def test_a_job_against_a_portal_that_hangs_stops_and_is_gone_on_with(
    desk: LocalPortal, join: Connect, tmp_path: Path
) -> None:
    rows, options = 3_000, {"idempotency": "origin", "journal": tmp_path / "journal"}
    hang(desk, 20)
    client = join(desk, plan=QUICK, timeout=0.2, give_up_after=2.0)
    results: list[WriteResult[Any]] = []
    with pytest.raises(JobStopped) as caught:
        results.extend(Deal.objects.stream_create(new(rows), **options))  # type: ignore[arg-type]
    stopped = caught.value
    there = desk.store.count("deal") - 20
    desk.faults.clear()
    client.close()
    join(desk, plan=QUICK)
    again = Deal.objects.bulk_create(new(rows), **options)  # type: ignore[arg-type]

    assert 0 < stopped.done <= there < rows
    assert stopped.taken == len(results) + len(stopped.not_sent)
    titles = [row[0] for row in desk.store.fetch("SELECT TITLE FROM deal WHERE TITLE LIKE 'row %'")]
    assert (len(again), len(titles), len(set(titles))) == (rows, rows, rows)
