"""Writes of REST 3.0 carry an ``Idempotency-Key``, the same one however often they are sent.

The portal keeps the answer to a success for 24 hours and gives it again for the same key, user, method
and body. An answer that was an error is not kept: the method would run again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from b24orm.errors import B24Error, ServerFailure, TransportError
from b24orm.plan.calls import Outcome
from b24orm.plan.writes import Write

__all__ = ["KEPT", "Fate", "answer_was_kept", "answered_again", "fates", "keyed"]

KEPT: Final = 23 * 3600.0
"""Seconds within which an answer is counted upon; the portal keeps it an hour longer."""

_LOST: Final = frozenset({200, 502, 503, 504})
"""A success that can't be read, and pages of the server in front: the portal's own answer was lost."""


def keyed(write: Write, job: str) -> Write:
    """The write with a key, if it is one of REST 3.0.

    Args:
        write: the write; its place tells it from the others of the job.
        job: what tells the job from others.
    """
    if write.call.api != "v3" or write.call.key is not None:
        return write
    return replace(write, call=replace(write.call, key=f"b24orm-{job}-{write.place}"))


def answered_again(write: Write) -> bool:
    """Whether the fate of a lost write is established by sending it again under its key.

    An update may be done twice in any case, and need not wait.
    """
    return write.call.key is not None and not (write.repeatable and write.kind == "update")


def answer_was_kept(error: B24Error) -> bool:
    """Whether a write that ended so, if it was done, has its answer kept.

    A script that broke down may have written something before, and keeps no answer.
    """
    if isinstance(error, ServerFailure):
        return error.status in _LOST
    return isinstance(error, TransportError)


@dataclass(frozen=True, slots=True)
class Fate:
    """Writes that were lost in the same way, and the error that says how: of them the one sent last."""

    writes: Sequence[Write]
    error: B24Error


def fates(lost: Sequence[tuple[Write, Outcome]]) -> list[Fate]:
    """Lost writes by what can be done about them.

    Those of one batch share its error. Each write of REST 3.0 was a request of its own, with an error of
    its own: whether its answer was kept, and when it left, differs from write to write.
    """
    pairs = [(write, error) for write, error in lost if isinstance(error, B24Error)]
    found: list[Fate] = []
    for own in (
        [pair for pair in pairs if not answered_again(pair[0])],
        [pair for pair in pairs if answered_again(pair[0]) and answer_was_kept(pair[1])],
        [pair for pair in pairs if answered_again(pair[0]) and not answer_was_kept(pair[1])],
    ):
        if own:
            errors = [error for _, error in own]
            last = (
                max(errors, key=lambda error: error.sent_at or 0.0)
                if answered_again(own[0][0])
                else errors[0]
            )
            found.append(Fate([write for write, _ in own], last))
    return found
