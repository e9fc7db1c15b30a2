"""When a bulk write ends early: the portal serves it no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Generic

from typing_extensions import TypeVar

from b24orm.errors import B24Error, JobStopped, OutcomeUnknown
from b24orm.executor.refusals import untouched
from b24orm.orm.results import WriteResult

__all__ = ["Brake"]

T = TypeVar("T")


@dataclass
class Brake(Generic[T]):
    """Ends a job, and knows what its end has to tell.

    Attributes:
        name: what the job does.
        host: the portal.
        taken: items taken from the source.
        done: how many of them were written.
        reason: what the job waited for in vain, or was refused with for good, once it is to end.
    """

    name: str
    host: str
    taken: int = 0
    done: int = 0
    reason: B24Error | None = None
    _unknown: list[T] = field(default_factory=list[T])
    _unsent: list[T] = field(default_factory=list[T])

    def sorted(self, results: Sequence[WriteResult[T]], reason: B24Error | None) -> list[WriteResult[T]]:
        """Counts what a window came to, and gives what there is to say of it now.

        Args:
            results: its results.
            reason: why the job is to end, if it is; then what was not sent is told at the end.
        """
        self.taken += len(results)
        self.done += sum(result.ok for result in results)
        self._unknown += [result.item for result in results if isinstance(result.error, OutcomeUnknown)]
        if reason is None:
            return list(results)
        self.reason = reason
        self._unsent = [result.item for result in results if _is_unsent(result)]
        return [result for result in results if not _is_unsent(result)]

    def check(self, window: Sequence[T] = ()) -> None:
        """Ends the job, if it is to end and anything is left to do.

        Args:
            window: items that would be sent next.

        Raises:
            JobStopped: it is to end.
        """
        if self.reason is None:
            return
        self.taken += len(window)
        self._unsent += window
        if self._unsent:
            raise self._stopped() from self.reason

    def _stopped(self) -> JobStopped:
        text = (
            f"{self.name} on {self.host} was stopped, for the portal serves it no more ({self.reason}): of "
            f"{self.taken:,} items taken {self.done:,} are written, {len(self._unknown):,} have an unknown "
            f"outcome, and {len(self._unsent):,} were not written; nothing behind them was touched"
        )
        return JobStopped(
            text, taken=self.taken, done=self.done, unknown=self._unknown, not_sent=self._unsent
        )


def _is_unsent(result: WriteResult[Any]) -> bool:
    return result.error is not None and untouched(result.error)
