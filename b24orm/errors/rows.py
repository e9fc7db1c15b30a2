"""What is wrong with rows as they are read, and how writes of rows end that were not all done."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from b24orm.errors.base import B24Error

__all__ = [
    "DoesNotExist",
    "FieldNotLoaded",
    "Incomplete",
    "InvalidRow",
    "JobStopped",
    "JournalFailed",
    "MultipleObjects",
    "OutcomeUnknown",
    "RelationNotLoaded",
    "StaleObject",
]


class FieldNotLoaded(B24Error, AttributeError):
    """The row was fetched without this field."""


class RelationNotLoaded(B24Error, AttributeError):
    """The related object was not fetched with the row."""


class InvalidRow(B24Error, ValueError):
    """The server's answer does not fit the model."""


class DoesNotExist(B24Error, LookupError):
    """``get()`` found no row."""


class MultipleObjects(B24Error, LookupError):
    """``get()`` found more than one row."""


class Incomplete(B24Error):
    """The list is not whole.

    Rows were inserted or deleted while pages were read by offset, or the portal answered other rows than
    it was asked for.
    """


class StaleObject(B24Error):
    """The row was changed by somebody else since it was fetched; nothing was sent."""


class OutcomeUnknown(B24Error):
    """Writes were sent and their answer was lost; whether they were done can't be established.

    They were not sent again: that could do them twice. New rows were looked for by their values
    where that leaves no doubt; ``idempotency="origin"`` lets them carry a key by which they are found.

    Attributes:
        items: what was to be written.
    """

    def __init__(self, text: str, items: Iterable[object] = ()) -> None:
        super().__init__(text)
        self.text = text
        self.items: tuple[object, ...] = tuple(items)

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.text, self.items))


class JobStopped(B24Error):
    """A bulk write ended early: the portal did not serve it for too long, refuses it for good, or was closed.

    Its cause says why. Items that were refused on their own stand in ``results``, or were handed out before.

    Attributes:
        taken: items taken from the source; whatever follows them was not touched.
        done: how many of those were written.
        unknown: those that were sent, and of which nobody can say whether they were written.
        not_sent: those that were not written, for they never reached the portal, or it refused them unread.
        results: what the job would have returned; empty where results were handed out one by one.
    """

    def __init__(
        self,
        text: str,
        *,
        taken: int = 0,
        done: int = 0,
        unknown: Iterable[Any] = (),
        not_sent: Iterable[Any] = (),
        results: Iterable[Any] = (),
    ) -> None:
        super().__init__(text)
        self.text = text
        self.taken = taken
        self.done = done
        self.unknown: tuple[Any, ...] = tuple(unknown)
        self.not_sent: tuple[Any, ...] = tuple(not_sent)
        self.results: list[Any] = list(results)

    def __reduce__(self) -> tuple[object, ...]:
        names = ("taken", "done", "unknown", "not_sent", "results")
        return (_rebuild_stopped, (self.text, {name: getattr(self, name) for name in names}))


def _rebuild_stopped(text: str, known: dict[str, Any]) -> JobStopped:
    return JobStopped(text, **known)


class JournalFailed(B24Error):
    """The journal of a bulk write can't be written or read; the disk may be full. The job has ended.

    What was sent last may be done though the journal does not know it: the next run looks into it.
    The memory of a consumer of offline events fails in the same way, and the loop has ended.
    """
