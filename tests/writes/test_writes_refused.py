"""A job that the portal refuses for good ends at the first refusal, and says what was not written."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from b24orm import AsyncPortal, RateLimits, connect
from b24orm.emulator import LocalPortal
from b24orm.errors import (
    AccessDenied,
    AuthError,
    B24Error,
    InsufficientScope,
    JobStopped,
    NotFound,
    OutcomeUnknown,
    PaymentRequired,
    PortalDeleted,
)
from b24orm.executor.executor import Executor
from b24orm.executor.limits import PortalLimits
from b24orm.executor.sender import Sender
from b24orm.executor.writer import GROUPS
from b24orm.models import Deal
from b24orm.orm.results import WriteResult
from tests.conftest import Connect, Serve
from tests.executor.fakes import UNLIMITED, WEBHOOK, Asked, FakeTransport, LoopClock, batch_of, error, run

ROWS = 8_000
"""200 batches of 40."""
SLOW = RateLimits(burst=1, per_second=2.0)


def whole(code: str, text: str = "", status: int = 401) -> Callable[[Asked], Any]:
    """Refuses each request."""
    return lambda _: error(code, text, status)


def each(code: str) -> Callable[[Asked], Any]:
    """Refuses each command of a batch."""
    return lambda asked: batch_of(
        {label: {"error": code, "error_description": ""} for label in asked.commands}
    )


REFUSALS: dict[str, tuple[Callable[[Asked], Any], type[B24Error]]] = {
    "dead webhook": (whole("INVALID_CREDENTIALS", "Invalid request credentials"), AuthError),
    "portal deleted": (whole("PORTAL_DELETED", "Portal was deleted", 403), PortalDeleted),
    "no REST in the tariff": (
        whole("ACCESS_DENIED", "REST is available only on commercial plans.", 401),
        PaymentRequired,
    ),
    "denied as a whole": (whole("ACCESS_DENIED", "Access denied!", 403), AccessDenied),
    "blocked": (whole("OVERLOAD_LIMIT", "REST API is blocked due to overload."), AuthError),
    "scope": (each("insufficient_scope"), InsufficientScope),
    "unknown method": (each("ERROR_METHOD_NOT_FOUND"), NotFound),
    "licence": (each("WRONG_LICENSE"), AccessDenied),
    "not confirmed": (each("METHOD_CONFIRM_WAITING"), AccessDenied),
}
refused = pytest.mark.parametrize(("portal", "kind"), REFUSALS.values(), ids=REFUSALS)
OF_ALL_ROWS = {name: refusal for name, refusal in REFUSALS.items() if name != "licence"}
refused_for_all_rows = pytest.mark.parametrize(("portal", "kind"), OF_ALL_ROWS.values(), ids=OF_ALL_ROWS)


def client_of(
    portal: Callable[[Asked], Any], limits: RateLimits = UNLIMITED, delay: float = 0.2
) -> tuple[AsyncPortal, FakeTransport]:
    """A client of a portal in memory, on a loop whose time passes at once."""
    transport = FakeTransport(portal, delay=lambda: delay)
    client = AsyncPortal("https://acme.bitrix24.com/rest/1/s3cretcode99/", progress=False)
    client._executor = Executor(Sender(transport, WEBHOOK, PortalLimits(limits), clock=LoopClock()))
    client._pid = os.getpid()
    return client, transport


def new(count: int = ROWS) -> Iterable[Deal]:
    return (Deal(title=f"row {number}") for number in range(count))


def changed(count: int = ROWS) -> Iterator[Deal]:
    for number in range(1, count + 1):
        row = Deal(id=number)
        row.title = f"changed {number}"
        yield row


def stopped(
    client: AsyncPortal, rows: Iterable[Deal], **options: Any
) -> tuple[list[WriteResult[Deal]], JobStopped]:
    """What a job handed out, and what ended it."""

    async def work() -> tuple[list[WriteResult[Deal]], JobStopped]:
        results: list[WriteResult[Deal]] = []
        with pytest.raises(JobStopped) as caught:
            async for result in Deal.objects.using(client).astream_create(rows, **options):
                results.append(result)  # noqa: PERF401
        return results, caught.value

    return run(work())


@refused_for_all_rows
def test_nothing_is_sent_behind_a_refusal(portal: Callable[[Asked], Any], kind: type[B24Error]) -> None:
    client, transport = client_of(portal, SLOW)

    _, end = stopped(client, new())

    assert (len(transport.log), type(end.__cause__)) == (1, kind)


@refused
def test_of_what_is_under_way_beside_it_there_is_no_more_than_a_window(
    portal: Callable[[Asked], Any], kind: type[B24Error]
) -> None:
    client, transport = client_of(portal)

    _, end = stopped(client, new())

    assert (len(transport.log) <= GROUPS, type(end.__cause__)) == (True, kind)


@refused
def test_a_job_in_order_sends_one_request(portal: Callable[[Asked], Any], kind: type[B24Error]) -> None:
    client, transport = client_of(portal)

    _, end = stopped(client, new(), ordered=True)

    assert (len(transport.log), type(end.__cause__)) == (1, kind)


@refused
def test_it_says_which_rows_were_not_sent(portal: Callable[[Asked], Any], kind: type[B24Error]) -> None:
    client, _ = client_of(portal)
    rows = list(new())

    results, end = stopped(client, rows)

    assert (results, end.done, end.unknown) == ([], 0, ())
    assert list(end.not_sent) == rows[: end.taken]


def test_what_is_wrong_with_single_rows_ends_nothing() -> None:
    def one_in_ten(asked: Asked) -> Any:
        denied = {"error": "ACCESS_DENIED", "error_description": "Access denied!"}
        return batch_of({label: denied if n % 10 == 0 else n for n, label in enumerate(asked.commands, 1)})

    client, _ = client_of(one_in_ten)

    async def work() -> list[WriteResult[Deal]]:
        return await Deal.objects.using(client).abulk_create(new(400), raise_on_error=False)

    assert [result.ok for result in run(work())].count(False) == 40


def test_a_refusal_that_comes_in_the_middle_keeps_what_was_done() -> None:
    sent = 0

    def dies(asked: Asked) -> Any:
        nonlocal sent
        sent += 1
        done = batch_of({label: n for n, label in enumerate(asked.commands, 1)})
        return done if sent <= 20 else error("INVALID_CREDENTIALS", "", 401)

    client, transport = client_of(dies)

    results, end = stopped(client, new())

    assert [result.ok for result in results] == [True] * end.done
    assert (end.unknown, end.taken) == ((), end.done + len(end.not_sent))
    assert len(transport.log) <= 20 + GROUPS


def test_an_update_that_was_lost_before_the_refusal_is_not_told_as_unsent() -> None:
    """That the second try was refused says nothing of the first."""
    sent = 0

    def dies(_: Asked) -> Any:
        nonlocal sent
        sent += 1
        return error("", "", 502) if sent == 1 else error("INVALID_CREDENTIALS", "", 401)

    client, _ = client_of(dies)

    async def work() -> list[WriteResult[Deal]]:
        rows = list(changed(5))
        return await Deal.objects.using(client).abulk_update(rows, ["title"], raise_on_error=False)

    assert [type(result.error) for result in run(work())] == [OutcomeUnknown] * 5


def test_what_is_asked_after_the_refusal_is_sent_again() -> None:
    """The webhook may have been made anew, or the application installed again."""
    answers = iter([error("INVALID_CREDENTIALS", "", 401)])

    def mended(asked: Asked) -> Any:
        return next(answers, None) or batch_of({label: n for n, label in enumerate(asked.commands, 1)})

    client, transport = client_of(mended, SLOW)

    async def work() -> list[WriteResult[Deal]]:
        with pytest.raises(JobStopped) as caught:
            await Deal.objects.using(client).abulk_create(new(800))
        return await Deal.objects.using(client).abulk_create(caught.value.not_sent)

    assert [result.ok for result in run(work())] == [True] * 640
    assert len(transport.log) > 1


def test_calls_that_stand_in_line_are_not_sent_either() -> None:
    client, transport = client_of(whole("INVALID_CREDENTIALS"), SLOW)

    async def work() -> list[Any]:
        calls = [client.call("crm.deal.get", {"ID": n}) for n in range(1, 200)]
        return await asyncio.gather(*calls, return_exceptions=True)

    kinds = {type(outcome) for outcome in run(work())}
    assert (kinds, len(transport.log)) == ({AuthError}, 1)


def test_other_rows_of_a_method_go_on_where_some_are_not_in_the_licence() -> None:
    def no_contracts(asked: Asked) -> Any:
        licensed = asked.params["entityTypeId"] == 2
        return {"result": 1} if licensed else error("WRONG_LICENSE", "", 403)

    client, _ = client_of(no_contracts, SLOW)

    async def work() -> list[Any]:
        calls = [client.call("crm.item.add", {"entityTypeId": number}) for number in (1038, 2, 1038, 2)]
        return await asyncio.gather(*calls, return_exceptions=True)

    assert [type(outcome) for outcome in run(work())] == [AccessDenied, int, AccessDenied, int]


def test_other_methods_go_on_where_one_is_refused() -> None:
    def only_deals(asked: Asked) -> Any:
        return error("insufficient_scope", "", 401) if asked.method == "task.item.add" else {"result": 1}

    client, transport = client_of(only_deals, SLOW)

    async def work() -> list[Any]:
        names = ["task.item.add", "crm.deal.add", "task.item.add", "crm.deal.add"]
        return await asyncio.gather(*(client.call(name, {}) for name in names), return_exceptions=True)

    kinds = [type(outcome) for outcome in run(work())]
    assert kinds == [InsufficientScope, int, InsufficientScope, int]
    assert len(transport.log) == 3


# -- over HTTP -------------------------------------------------------------------------------------------


def test_a_webhook_that_is_deleted_ends_the_job_and_a_new_one_goes_on(
    desk: LocalPortal, join: Connect, tmp_path: Path
) -> None:
    first = desk.add_webhook()
    journal, rows = tmp_path / "journal", 3_000
    client = connect(first, plan="unlimited", progress=False)
    done = 0
    with pytest.raises(JobStopped) as caught:
        for result in Deal.objects.using(client).stream_create(new(rows), journal=journal):
            done += result.ok
            if done == 100:
                desk.revoke(first)
    client.close()
    before = desk.stats.requests
    join(desk)
    again = Deal.objects.bulk_create(new(rows), journal=journal)

    titles = [row[0] for row in desk.store.fetch("SELECT TITLE FROM deal WHERE TITLE LIKE 'row %'")]
    assert isinstance(caught.value.__cause__, AuthError)
    assert caught.value.done < rows
    assert (len(again), len(titles), len(set(titles))) == (rows, rows, rows)
    assert before < rows / 20


ENDS: dict[str, Callable[[LocalPortal, str], None]] = {
    "portal deleted": lambda portal, _: portal.delete(),
    "plan ended": lambda portal, _: portal.end_plan(),
    "user dismissed": lambda portal, _: portal.dismiss(1),
    "blocked": lambda portal, webhook: portal.hold(webhook),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_what_ends_in_the_middle_ends_the_job(serve: Serve, end: Callable[[LocalPortal, str], None]) -> None:
    portal = serve()
    webhook, done = portal.add_webhook(), 0
    with connect(webhook, plan="unlimited", progress=False) as client, pytest.raises(JobStopped) as caught:
        for result in Deal.objects.using(client).stream_create(new()):
            done += result.ok
            if done == 700:
                end(portal, webhook)

    stopped = caught.value
    assert isinstance(stopped.__cause__, AuthError)
    assert (stopped.done, stopped.unknown) == (portal.store.count("deal"), ())
    assert stopped.taken == stopped.done + len(stopped.not_sent)
    assert portal.stats.requests <= stopped.done / 20 + 2 * GROUPS


def test_a_webhook_without_the_scope_asks_no_more_than_a_window(desk: LocalPortal) -> None:
    client = connect(desk.add_webhook(scope=["task"]), plan="unlimited", progress=False)
    before = desk.stats.requests
    with client, pytest.raises(JobStopped) as caught:
        Deal.objects.using(client).bulk_create(new())

    assert isinstance(caught.value.__cause__, InsufficientScope)
    assert desk.stats.requests - before <= GROUPS
