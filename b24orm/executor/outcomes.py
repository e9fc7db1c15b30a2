"""What the outcome of a write says: whether it was done, and which row it made."""

from __future__ import annotations

from collections.abc import Sequence

from b24orm.errors import (
    ApiError,
    B24Error,
    NotFound,
    OutcomeUnknown,
    ServerFailure,
    TransportError,
)
from b24orm.executor.refusals import untouched
from b24orm.executor.retry import never_executed
from b24orm.plan.calls import Outcome, Reply
from b24orm.plan.writes import REFUSED, Write

__all__ = [
    "after",
    "answer_of",
    "gone",
    "is_ambiguous",
    "judged",
    "killed",
    "nothing_but_lost",
    "row_id",
    "unknown_fate",
]


def is_ambiguous(error: B24Error) -> bool:
    """Whether a write that ended so may have been executed."""
    if never_executed(error):
        return False
    if isinstance(error, ServerFailure):
        return error.code != "REDIRECTED"
    return isinstance(error, TransportError)


def killed(left: float) -> TransportError:
    """What became of a write that left then, and whose job was ended before its answer came."""
    error = TransportError(
        "the job was ended before the answer came, and the row is not found by its values; new rows are "
        "surely found if they carry a key, by idempotency='origin'"
    )
    error.sent_at = left
    return error


def judged(write: Write, outcome: Outcome) -> Outcome:
    """The outcome; an update or a delete that is answered by a bare ``false`` was not done.

    ``tasks.template.update`` says so of a template that is not there.
    """
    if write.kind == "add" or write.idle or not isinstance(outcome, Reply) or outcome.result is not False:
        return outcome
    text = "the portal answers false, so nothing was changed; the row may not be there"
    return ApiError(REFUSED, text, method=write.call.method, status=200)


def answer_of(write: Write, row: object) -> object:
    """An answer like the one that was lost."""
    if write.kind != "add":
        return True
    answer: object = {"id": row} if write.call.envelope else row
    for part in reversed(write.call.envelope):
        answer = {part: answer}
    return answer


def row_id(write: Write, reply: Reply) -> object:
    """The id inside the answer to an add; of another write that of its row, if it is known."""
    if write.kind != "add":
        return write.target
    found = reply.result
    for part in write.call.envelope:
        found = found.get(part) if isinstance(found, dict) else None
    if isinstance(found, dict):
        found = found.get("id", found.get("ID"))
    return found


def unknown_fate(method: str, error: B24Error) -> OutcomeUnknown:
    """What is told of a write whose answer was lost, and whose fate can't be established."""
    unknown = OutcomeUnknown(
        f"{method}: the answer was lost ({error}), and whether it was done can't be established"
    )
    unknown.attempts = error.attempts
    unknown.__cause__ = error
    return unknown


def after(lost: B24Error, writes: Sequence[Write], outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes of writes sent again: that the second try was not done says nothing of the first."""
    return [
        unknown_fate(write.call.method, lost) if isinstance(o, B24Error) and untouched(o) else o
        for write, o in zip(writes, outcomes, strict=True)
    ]


def nothing_but_lost(outcomes: Sequence[Outcome]) -> bool:
    """Whether several writes were given up; a single one may have been too much for the portal."""
    return len(outcomes) > 1 and all(isinstance(outcome, OutcomeUnknown) for outcome in outcomes)


def gone(write: Write, outcome: Outcome) -> Outcome:
    """A delete that finds nothing when it is repeated had done its work the first time."""
    if write.kind != "delete" or not isinstance(outcome, ApiError):
        return outcome
    if outcome.code == REFUSED:
        return unknown_fate(write.call.method, outcome)
    missing = isinstance(outcome, NotFound) or "not found" in outcome.description.lower()
    return Reply(result=True) if missing else outcome
