"""What is told of each HTTP request: to a function of the user's, and to the log."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextvars import ContextVar

import pytest

from b24orm import AsyncPortal, Exchange, Portal
from b24orm.emulator import LocalPortal
from b24orm.errors import InvalidValue, NotFound, RateLimited, TransportError
from b24orm.executor.executor import Executor
from b24orm.executor.limits import PortalLimits, RateLimits
from b24orm.executor.sender import Sender
from b24orm.models import Deal
from b24orm.plan.calls import Call
from tests.executor.fakes import (
    SECRET,
    TOO_MANY,
    UNLIMITED,
    WEBHOOK,
    Answers,
    FakeTransport,
    Handler,
    LoopClock,
    result,
    run,
)


def seen(
    *calls: Call, handler: Handler, limits: RateLimits = UNLIMITED, seconds: float = 0.25
) -> list[Exchange]:
    """What is told of calls that are made one after the other."""
    told: list[Exchange] = []
    transport = FakeTransport(handler, lambda: seconds)
    sender = Sender(transport, WEBHOOK, PortalLimits(limits), clock=LoopClock(), on_request=told.append)

    async def work() -> None:
        for call in calls:
            await Executor(sender).outcome(call)

    run(work())
    return told


GET = Call("crm.deal.get", {"id": 1})
ADD = Call("crm.deal.add", {"fields": {}}, write=True)


def test_a_call_is_told_with_what_it_took() -> None:
    time = {"duration": 0.2, "operating": 12.5}
    (one,) = seen(GET, handler=Answers(result({"ID": "1"}, time=time)))
    assert one == Exchange(
        host="acme.bitrix24.com",
        method="crm.deal.get",
        write=False,
        attempt=1,
        waited=0.0,
        seconds=0.25,
        status=200,
        error=None,
        sent=len(b'{"id":1}'),
        received=one.received,
        duration=0.2,
        operating=12.5,
    )


def test_each_attempt_is_told_with_what_it_waited_for() -> None:
    first, second = seen(GET, handler=Answers(TOO_MANY, result(1)))
    assert (first.status, type(first.error), second.attempt) == (503, RateLimited, 2)
    assert 0.25 <= second.waited <= 0.5


def test_waiting_for_the_bucket_is_waiting() -> None:
    limits = RateLimits(burst=1, per_second=0.5, operating_limit=None)
    told = seen(GET, GET, handler=Answers(result(1)), limits=limits)
    assert [one.waited for one in told] == [0.0, pytest.approx(2.0)]


def test_a_request_without_an_answer_is_told() -> None:
    lost = TransportError("the connection broke", method="crm.deal.add", host="acme.bitrix24.com")
    (one,) = seen(ADD, handler=Answers(lost))
    assert (one.status, one.error, one.write, one.received) == (None, lost, True, 0)


@pytest.mark.parametrize(
    ("handler", "line"),
    [
        (
            Answers(result(1)),
            r"acme.bitrix24.com crm.deal.get: 200 in 0.250 s, waited 0.000 s, 8 bytes out, ",
        ),
        (Answers(TOO_MANY, result(1)), "503 QUERY_LIMIT_EXCEEDED in 0.250 s"),
    ],
)
def test_it_is_one_line_of_a_log(handler: Handler, line: str) -> None:
    assert line in str(seen(GET, handler=handler)[0])


# -- at a portal ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def local() -> Iterator[LocalPortal]:
    with LocalPortal(deals=120) as portal:
        yield portal


def test_a_portal_tells_of_every_request(local: LocalPortal) -> None:
    told: list[Exchange] = []
    with Portal(local.url, progress=False, on_request=told.append) as portal:
        assert len(Deal.objects.using(portal)) == 120
        assert len(told) == portal.requests > 0
        assert {command for one in told for command in one.commands} <= {"crm.deal.list"}


async def test_so_does_one_for_asynchronous_code(local: LocalPortal) -> None:
    told: list[Exchange] = []
    async with AsyncPortal(local.url, progress=False, on_request=told.append) as portal:
        await portal.call("profile")
    assert [one.method for one in told] == ["profile"]


def test_errors_of_the_portal_are_told(local: LocalPortal) -> None:
    told: list[Exchange] = []
    with Portal(local.url, progress=False, on_request=told.append) as portal, pytest.raises(NotFound):
        portal.call("crm.deal.get", {"id": 10**9})
    assert [(one.status, type(one.error)) for one in told] == [(400, NotFound)]


def test_who_fails_at_measuring_does_not_fail_the_call(
    local: LocalPortal, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: Exchange) -> None:
        raise ZeroDivisionError

    with Portal(local.url, progress=False, on_request=broken) as portal:
        assert portal.call("crm.deal.add", {"fields": {"TITLE": "x"}}) > 0
    assert [record.message for record in caplog.records] == ["on_request failed"]


def test_it_is_told_in_the_context_of_who_asked(local: LocalPortal) -> None:
    trace: ContextVar[str] = ContextVar("trace")
    told: list[tuple[str, bool]] = []

    def note(_: Exchange) -> None:
        told.append((trace.get("none"), threading.current_thread() is threading.main_thread()))

    trace.set("t1")
    with Portal(local.url, progress=False, on_request=note) as portal:
        portal.call("profile")
    assert told == [("t1", False)]


def test_what_can_not_be_called_is_refused(local: LocalPortal) -> None:
    with pytest.raises(InvalidValue, match="on_request"):
        Portal(local.url, on_request="a name")  # type: ignore[arg-type]  # pyright: ignore


# -- the log ------------------------------------------------------------------------------------------


def test_a_line_a_request_can_be_had_without_the_portal_s_data(
    local: LocalPortal, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "b24orm.wire")
    caplog.set_level(logging.DEBUG, "b24orm")  # the last one is what is captured
    with Portal(local.url, progress=False) as portal:
        portal.call("crm.deal.add", {"fields": {"TITLE": "for nobody's eyes"}})
    (line,) = [record.message for record in caplog.records if record.name == "b24orm"]
    assert (line.startswith(f"127.0.0.1:{local.port} crm.deal.add: 200 in"), "eyes" in caplog.text) == (
        True,
        False,
    )


def test_nothing_that_is_told_holds_a_secret() -> None:
    told = seen(GET, handler=Answers(TransportError("x", method="m", host="h"), result(SECRET)))
    assert SECRET not in f"{told!r} {[str(one) for one in told]}"
