"""What is sent again, and what must not be."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b24orm.errors import (
    AccessDenied,
    ApiError,
    AuthError,
    B24Error,
    ConnectFailed,
    Disconnected,
    NotFound,
    OperatingLimited,
    PortalDown,
    RateLimited,
    ServerFailure,
    TimedOut,
    TransportError,
    UntrustedCertificate,
)
from b24orm.executor.retry import READS, RetryBudget, RetryPolicy, is_read, worth_retrying
from b24orm.plan.calls import Ask, Call
from b24orm.transport.base import Response
from tests.executor.fakes import SECRET, TOO_MANY, Answers, FakeTransport, client, error, ok, result, run

QUICK = settings(max_examples=100, derandomize=True, deadline=None)

READ = Call("crm.deal.list")
WRITE = Call("crm.deal.add", {"fields": {"TITLE": "a"}}, write=True)
HTML = Response(502, "text/html", b"<html>")
REDIRECT = Response(302, "text/html", b"", f"https://new.bitrix24.com/rest/1/{SECRET}/x")
DONE = result(7)


def attempt(call: Call, *answers: object) -> tuple[object, FakeTransport]:
    """What one call came to, and the transport with its log."""
    executor, transport = client(Answers(*answers))
    outcome = run(executor.outcome(call))
    return (outcome if isinstance(outcome, B24Error) else outcome.result), transport


NEVER_EXECUTED = [TOO_MANY, ConnectFailed("refused")]
UNKNOWN_FATE = [
    TimedOut("no answer"),
    Disconnected("cut"),
    HTML,
    error("INTERNAL_SERVER_ERROR", "?", 500),
    error("ERROR_CORE", "SQL query error!", 500),
    ok({"time": {}}),
]
REFUSED = [
    error("", "Not found"),
    error("ACCESS_DENIED", "", 403),
    error("INVALID_CREDENTIALS", "", 401),
    error("OVERLOAD_LIMIT", "", 503),
    error("ERROR_METHOD_NOT_FOUND", "", 404),
    REDIRECT,
]


@pytest.mark.parametrize("answer", [*NEVER_EXECUTED, *UNKNOWN_FATE], ids=repr)
def test_a_read_is_tried_again(answer: object) -> None:
    found, transport = attempt(READ, answer, answer, DONE)

    assert (found, len(transport.log)) == (7, 3)


@pytest.mark.parametrize("answer", NEVER_EXECUTED, ids=repr)
def test_a_write_that_was_never_executed_is_tried_again(answer: object) -> None:
    found, transport = attempt(WRITE, answer, answer, DONE)

    assert (found, len(transport.log)) == (7, 3)


@pytest.mark.parametrize("answer", UNKNOWN_FATE, ids=repr)
def test_a_write_whose_fate_is_unknown_is_never_repeated(answer: object) -> None:
    found, transport = attempt(WRITE, answer, DONE)

    assert (isinstance(found, (TransportError, ServerFailure)), len(transport.log)) == (True, 1)


@pytest.mark.parametrize("answer", UNKNOWN_FATE, ids=repr)
def test_neither_is_a_batch_that_holds_a_write(answer: object) -> None:
    executor, transport = client(Answers(answer, DONE))

    outcomes = run(executor.ask(Ask((READ, WRITE))))

    assert ([isinstance(o, B24Error) for o in outcomes], len(transport.log)) == ([True, True], 1)


@pytest.mark.parametrize("call", [READ, WRITE], ids=["read", "write"])
@pytest.mark.parametrize("answer", REFUSED, ids=repr)
def test_a_refusal_is_final(call: Call, answer: object) -> None:
    found, transport = attempt(call, answer, DONE)

    assert (isinstance(found, ApiError), len(transport.log)) == (True, 1)


@pytest.mark.parametrize(
    ("answer", "tries"),
    [(HTML, 5), (TimedOut("no answer"), 5), (ConnectFailed("refused"), 5)],
    ids=repr,
)
def test_it_is_given_up_in_the_end_and_the_error_tells_how_often_it_was_tried(
    answer: object, tries: int
) -> None:
    found, transport = attempt(READ, answer)

    assert isinstance(found, B24Error)
    assert (len(transport.log), found.attempts, str(found).endswith(f"(after {tries} attempts)")) == (
        tries,
        tries,
        True,
    )


def test_a_portal_that_takes_no_request_is_given_up_after_ten_minutes() -> None:
    found, transport = attempt(READ, TOO_MANY)

    assert isinstance(found, RateLimited)
    assert 550 <= transport.log[-1].at <= 630
    assert found.attempts == len(transport.log) > 20


def test_an_error_at_the_first_try_tells_nothing_of_tries() -> None:
    found, _ = attempt(READ, REFUSED[0])

    assert "attempts" not in str(found)


def test_tries_are_further_and_further_apart() -> None:
    _, transport = attempt(READ, HTML)
    pauses = [later.at - sooner.at for sooner, later in zip(transport.log, transport.log[1:], strict=False)]

    assert [0.25 * 2**n <= pause <= 0.5 * 2**n for n, pause in enumerate(pauses)] == [True] * 4


@pytest.mark.parametrize(
    ("tries", "share", "seconds"), [(1, 0.0, 0.25), (1, 1.0, 0.5), (3, 0.5, 1.5), (99, 1.0, 30.0)]
)
def test_a_pause_grows_with_the_tries_and_with_chance(tries: int, share: float, seconds: float) -> None:
    assert RetryPolicy().delay(tries, share) == seconds


def test_a_refusal_for_operating_time_is_asked_about_soon_however_often_it_came() -> None:
    assert RetryPolicy().pause(OperatingLimited("X"), 50) <= 0.5


@QUICK
@given(tries=st.integers(1, 200), share=st.floats(0, 1))
def test_a_pause_is_between_half_and_all_of_its_step(tries: int, share: float) -> None:
    policy = RetryPolicy(base=0.5, ceiling=30.0)
    step = min(30.0, 0.5 * 2 ** (tries - 1))

    assert step / 2 <= policy.delay(tries, share) <= step


def test_a_portal_that_fails_all_the_time_is_not_hammered() -> None:
    executor, transport = client(Answers(HTML))

    async def work() -> None:
        for _ in range(100):
            await executor.outcome(READ)

    run(work())

    assert len(transport.log) <= 100 + 60


def test_success_brings_retries_back() -> None:
    budget = RetryBudget(size=2, gain=0.5)
    spent = [budget.spend() for _ in range(3)]
    budget.earn()
    budget.earn()

    assert (spent, budget.spend(), budget.spend()) == ([True, True, False], True, False)


def test_refusals_for_the_limits_spend_no_retries() -> None:
    executor, _ = client(Answers(*[TOO_MANY] * 20, result(1)))

    async def work() -> list[object]:
        return [(await executor.call(READ)).result]

    assert run(work()) == [1]


# -- which errors, in a table ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "read", "write"),
    [
        (RateLimited("QUERY_LIMIT_EXCEEDED"), True, True),
        (OperatingLimited("OPERATION_TIME_LIMIT"), True, True),
        (ConnectFailed("refused"), True, True),
        (UntrustedCertificate("self-signed certificate"), False, False),
        (TimedOut("no answer"), True, False),
        (Disconnected("cut"), True, False),
        (TransportError("?"), True, False),
        (ServerFailure("HTTP_502"), True, False),
        (ServerFailure("REDIRECTED"), False, False),
        (ServerFailure("CONNECTION_ERROR"), True, True),
        (PortalDown("nothing was served"), False, False),
        (AuthError("NO_AUTH_FOUND"), False, False),
        (NotFound("NOT_FOUND"), False, False),
        (AccessDenied("ACCESS_DENIED"), False, False),
        (ApiError(""), False, False),
        (B24Error("?"), False, False),
    ],
    ids=lambda part: part.__class__.__name__ if isinstance(part, Exception) else str(part),
)
def test_each_error_says_whether_trying_again_helps(found: B24Error, read: bool, write: bool) -> None:
    assert (worth_retrying(found, write=False), worth_retrying(found, write=True)) == (read, write)


@pytest.mark.parametrize(
    ("method", "reads"),
    [
        ("crm.deal.list", True),
        ("crm.deal.get", True),
        ("CRM.DEAL.LIST", True),
        ("crm.deal.fields", True),
        ("crm.duplicate.findbycomm", True),
        ("user.current", True),
        ("profile", True),
        ("crm.deal.add", False),
        ("crm.deal.update", False),
        ("crm.deal.delete", False),
        ("crm.deal.productrows.set", False),
        ("crm.item.batchImport", False),
        ("tasks.task.start", False),
        ("event.offline.get", False),  # what it answers is gone
        ("something.new", False),
        ("", False),
    ],
)
def test_a_method_reads_by_its_last_word_and_in_doubt_writes(method: str, reads: bool) -> None:
    assert is_read(method) is reads


@pytest.mark.parametrize("word", ["add", "update", "delete", "set", "start", "complete", "register", "bind"])
def test_no_writing_word_passes_for_a_reading_one(word: str) -> None:
    assert word not in READS


# -- secrets -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [*NEVER_EXECUTED, *UNKNOWN_FATE, *REFUSED], ids=repr)
@pytest.mark.parametrize(
    "show", [str, repr, lambda found: repr(found.__reduce__())], ids=["str", "repr", "pickle"]
)
def test_no_error_shows_the_secret(answer: object, show: Callable[[object], str]) -> None:
    found, _ = attempt(WRITE, answer)

    assert SECRET not in show(found)


def test_the_server_s_own_text_loses_the_secret() -> None:
    found, _ = attempt(READ, error("X", f"bad address /rest/1/{SECRET}/"))

    assert SECRET not in str(found)


def test_the_log_shows_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="b24orm")
    attempt(Call("crm.deal.list", {"filter": {"TITLE": SECRET}}), HTML, result(f"/rest/1/{SECRET}/"))

    assert (len(caplog.records) > 3, SECRET in caplog.text) == (True, False)
