"""Writes of REST 3.0 carry an ``Idempotency-Key``, the same one however often they are sent.

The portal keeps the answer to a success for 24 hours and gives it again for the same key, user, method
and body. An answer that was an error is not kept: the method would run again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from b24orm.errors import B24Error, ServerFailure, TransportError
from b24orm.plan.writes import Write

__all__ = ["KEPT", "answer_was_kept", "answered_again", "keyed"]

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
