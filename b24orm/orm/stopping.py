"""When a bulk write ends early: the portal serves it no more."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic

from typing_extensions import TypeVar

from b24orm.errors import (
    ApiError,
    B24Error,
    Incomplete,
    JobStopped,
    OutcomeUnknown,
    PortalClosed,
    TransportError,
)
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

    def sorted(
        self, results: Sequence[WriteResult[T, Any]], reason: B24Error | None
    ) -> list[WriteResult[T, Any]]:
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

    def check(self) -> None:
        """Ends the job, if it is to end and anything that was taken is left to do.

        Raises:
            JobStopped: it is to end.
        """
        if self.reason is not None and self._unsent:
            raise self._stopped() from self.reason

    @contextmanager
    def holding(self, items: Sequence[T], *, asks: bool = False) -> Generator[None, None, None]:
        """Around what is done next: what ends the job there is told with what it did before.

        Args:
            items: what is taken from the source and not written.
            asks: the portal is asked about them first; whatever fails then is no item's own error.

        Raises:
            JobStopped: the job is to end, the portal can't be asked, or it was closed meanwhile.
        """
        if self.reason is not None:
            raise self._without(items, self.reason) from self.reason
        try:
            yield
        except PortalClosed as closed:
            if not self.taken:
                raise
            raise self._without(items, closed) from closed
        except (ApiError, TransportError, Incomplete) as error:
            if not asks:
                raise
            raise self._without(items, error) from error

    def _without(self, items: Sequence[T], reason: B24Error) -> JobStopped:
        self.reason = reason
        self.taken += len(items)
        self._unsent += items
        return self._stopped()

    def _stopped(self) -> JobStopped:
        text = (
            f"{self.name} on {self.host} was stopped, for the portal serves it no more ({self.reason}): of "
            f"{self.taken:,} items taken {self.done:,} are written, {len(self._unknown):,} have an unknown "
            f"outcome, and {len(self._unsent):,} were not written; nothing behind them was touched"
        )
        return JobStopped(
            text, taken=self.taken, done=self.done, unknown=self._unknown, not_sent=self._unsent
        )


def _is_unsent(result: WriteResult[Any, Any]) -> bool:
    return result.error is not None and untouched(result.error)
