"""What the outcome of a write says: done, not done, or not known; and which row it made."""

from __future__ import annotations

from typing import Any

import pytest

from b24orm.errors import (
    ApiError,
    AuthError,
    B24Error,
    ConnectFailed,
    Disconnected,
    NotFound,
    OperatingLimited,
    OutcomeUnknown,
    RateLimited,
    ServerFailure,
    TimedOut,
)
from b24orm.executor.outcomes import (
    after,
    answer_of,
    gone,
    is_ambiguous,
    judged,
    killed,
    nothing_but_lost,
    row_id,
    unknown_fate,
)
from b24orm.plan.calls import Call, Reply, not_run
from b24orm.plan.writes import Kind, Write

UNKNOWN = OutcomeUnknown("whether it was done can't be established")


def write(kind: Kind, *envelope: str) -> Write:
    return Write(kind, Call(f"crm.deal.{kind}", {"id": 5}, write=True, envelope=envelope))


@pytest.mark.parametrize(
    ("error", "may_be_done"),
    [
        (Disconnected("cut"), True),
        (TimedOut("no answer"), True),
        (ServerFailure("HTTP_502"), True),
        (ServerFailure("REDIRECTED"), False),
        (ServerFailure("CONNECTION_ERROR"), False),
        (ConnectFailed("refused"), False),
        (RateLimited("QUERY_LIMIT_EXCEEDED"), False),
        (OperatingLimited("OPERATION_TIME_LIMIT"), False),
        (ApiError("ACCESS_DENIED"), False),
        (B24Error("?"), False),
    ],
    ids=lambda part: part.__class__.__name__ if isinstance(part, Exception) else str(part),
)
def test_each_error_says_whether_the_write_may_have_been_executed(error: B24Error, may_be_done: bool) -> None:
    assert is_ambiguous(error) is may_be_done


def test_a_write_of_a_job_that_was_ended_may_have_been_executed_since_it_left() -> None:
    error = killed(7.5)

    assert (is_ambiguous(error), error.sent_at) == (True, 7.5)


def test_a_write_that_was_not_sent_says_so_and_of_which_method() -> None:
    error = not_run("crm.deal.update", "an earlier write failed")

    assert (error.code, error.method, is_ambiguous(error)) == ("NOT_RUN", "crm.deal.update", False)


# -- what a repeated write came to -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "envelope", "answer"),
    [
        ("add", (), 7),
        ("add", ("item",), {"item": {"id": 7}}),
        ("add", ("result", "item"), {"result": {"item": {"id": 7}}}),
        ("update", ("item",), True),
        ("delete", (), True),
    ],
)
def test_an_answer_that_was_lost_is_made_up_from_the_row(
    kind: Kind, envelope: tuple[str, ...], answer: Any
) -> None:
    assert answer_of(write(kind, *envelope), 7) == answer


@pytest.mark.parametrize(
    ("kind", "envelope", "answer", "row"),
    [
        ("add", (), 7, 7),
        ("add", (), {"ID": "7"}, "7"),
        ("add", ("item",), {"item": {"id": 7}}, 7),
        ("add", ("item",), {"item": 7}, 7),
        ("add", ("item",), [7], None),
        ("add", ("item", "inner"), {"item": None}, None),
        ("update", ("item",), {"item": {"id": 7}}, None),
        ("delete", (), True, None),
    ],
)
def test_the_id_is_found_inside_the_answer_to_an_add(
    kind: Kind, envelope: tuple[str, ...], answer: Any, row: Any
) -> None:
    assert row_id(write(kind, *envelope), Reply(answer)) == row


def test_an_unknown_fate_tells_method_cause_and_tries() -> None:
    lost = Disconnected("cut")
    lost.attempts = 3

    unknown = unknown_fate("crm.deal.add", lost)

    assert str(unknown).startswith("crm.deal.add: the answer was lost (cut")
    assert (unknown.attempts, unknown.__cause__) == (3, lost)


@pytest.mark.parametrize("second", [ConnectFailed("refused"), RateLimited("X"), AuthError("NO_AUTH_FOUND")])
def test_that_a_second_try_was_not_done_says_nothing_of_the_first(second: B24Error) -> None:
    (outcome,) = after(Disconnected("cut"), [write("update")], [second])

    assert isinstance(outcome, OutcomeUnknown)


@pytest.mark.parametrize(
    "second", [Reply(7), ApiError("ERROR", "the title is missing"), TimedOut("no answer")]
)
def test_any_other_outcome_of_the_second_try_is_the_write_s(second: Any) -> None:
    assert after(Disconnected("cut"), [write("update")], [second]) == [second]


@pytest.mark.parametrize(
    ("outcomes", "lost"),
    [
        ([UNKNOWN, UNKNOWN], True),
        ([UNKNOWN], False),  # it may have been too much for the portal
        ([UNKNOWN, Reply(7)], False),
        ([UNKNOWN, Disconnected("cut")], False),
        ([], False),
    ],
)
def test_a_portal_is_given_up_when_several_writes_are_lost(outcomes: list[Any], lost: bool) -> None:
    assert nothing_but_lost(outcomes) is lost


# -- false, and nothing to delete --------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["update", "delete"])
def test_a_bare_false_says_that_nothing_was_changed(kind: Kind) -> None:
    error: Any = judged(write(kind), Reply(result=False))

    assert (error.code, error.method, error.status) == ("NOT_DONE", f"crm.deal.{kind}", 200)


def test_whether_an_add_was_done_is_told_by_its_id() -> None:
    assert judged(write("add"), Reply(result=False)) == Reply(result=False)


@pytest.mark.parametrize(
    "missing", [NotFound("NOT_FOUND"), ApiError("", "Deal is Not Found"), ApiError("", "not found")]
)
def test_a_repeated_delete_that_finds_nothing_had_done_its_work(missing: ApiError) -> None:
    assert gone(write("delete"), missing) == Reply(result=True)


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        ("update", NotFound("NOT_FOUND")),
        ("delete", ApiError("ACCESS_DENIED")),
        ("delete", Reply(result=True)),
        ("delete", Disconnected("cut")),
    ],
)
def test_any_other_outcome_stays_what_it_is(kind: Kind, outcome: Any) -> None:
    assert gone(write(kind), outcome) is outcome


def test_a_repeated_delete_that_was_not_done_leaves_the_fate_of_the_first_unknown() -> None:
    assert isinstance(gone(write("delete"), ApiError("NOT_DONE")), OutcomeUnknown)
