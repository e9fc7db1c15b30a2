"""What a bulk write came to, item by item."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, Literal, TypeAlias

from typing_extensions import TypeVar

from b24orm.errors import B24Error, InvalidValue, OutcomeUnknown
from b24orm.plan.calls import is_not_run
from b24orm.plan.writes import Kind

if sys.version_info >= (3, 11):
    from builtins import ExceptionGroup
else:
    from exceptiongroup import ExceptionGroup

__all__ = [
    "DONE",
    "RaiseOnError",
    "WriteErrors",
    "WriteOutcome",
    "WriteResult",
    "about",
    "check_mode",
    "first_error",
    "group_of",
    "raised",
]

T = TypeVar("T")

K = TypeVar("K", default=int)

RaiseOnError: TypeAlias = Literal["first", "group", False]
_MODES: Final = ("first", "group", False)

WriteOutcome: TypeAlias = Literal["created", "updated", "deleted", "unchanged", "failed", "unknown"]
"""What a bulk write did with an item."""

DONE: Final[Mapping[Kind, WriteOutcome]] = {"add": "created", "update": "updated", "delete": "deleted"}


@dataclass(frozen=True, slots=True)
class WriteResult(Generic[T, K]):
    """What one item came to.

    >>> for result in Deal.objects.bulk_create([Deal(title="Roof")]):           # doctest: +SKIP
    ...     print(result.ok, result.number, result.outcome)
    True 0 created

    Attributes:
        item: what was to be written.
        id: the id of its row; None if it was not written, or the entity has no ids.
        error: why it was not; an :class:`~b24orm.errors.OutcomeUnknown` if nobody can say.
        number: its place in what was given, counted from 0.
        outcome: ``created``, ``updated``, ``deleted``; ``unchanged``: the row was so already, and nothing was
            sent; ``failed``: it was not written; ``unknown``: nobody can say.
        changed: of a row that was updated, the fields that were sent.
    """

    item: T
    id: K | None = None
    error: B24Error | None = None
    number: int = 0
    outcome: WriteOutcome = "unchanged"
    changed: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether it was written."""
        return self.error is None


def about(error: B24Error, item: object, number: int | None = None) -> B24Error:
    """The error, which says what item it is about."""
    error.item, error.number = item, number
    if isinstance(error, OutcomeUnknown):
        error.items = (item,)
    return error


class WriteErrors(ExceptionGroup[B24Error]):
    """The errors of a bulk write; each has its ``item``."""


def check_mode(raise_on_error: object) -> None:
    """Refuses a mode that there is not."""
    if not any(raise_on_error is mode or (mode and raise_on_error == mode) for mode in _MODES):
        raise InvalidValue(f"raise_on_error is 'first', 'group' or False, not {raise_on_error!r}")


def raised(results: Iterable[WriteResult[Any, Any]]) -> list[B24Error]:
    """The errors of results; those of unknown outcome as one that lists its items."""
    errors: list[B24Error] = []
    unknown: list[OutcomeUnknown] = []
    for result in results:
        if isinstance(result.error, OutcomeUnknown):
            unknown.append(result.error)
        elif result.error is not None:
            errors.append(result.error)
    if len(unknown) == 1:
        errors.append(unknown[0])
    elif unknown:
        items = [item for error in unknown for item in error.items]
        together = OutcomeUnknown(f"{unknown[0].text} - and so for {len(items):,} items in all", items)
        together.__cause__ = unknown[0].__cause__
        errors.append(together)
    return errors


def first_error(results: Iterable[WriteResult[Any, Any]]) -> B24Error | None:
    """The error to raise when the first one ends the job; unknown outcomes count above all."""
    errors = raised(results)
    unknown = [error for error in errors if isinstance(error, OutcomeUnknown)]
    real = [error for error in errors if not is_not_run(error)]
    return next(iter((*unknown, *real, *errors)), None)


def group_of(errors: Sequence[B24Error], items: int) -> WriteErrors:
    """All errors of a job as one exception."""
    failed = sum(len(error.items) if isinstance(error, OutcomeUnknown) else 1 for error in errors)
    text = f"{failed:,} of {items:,} items failed"
    return WriteErrors(f"{text}; the first{_item_of(errors[0])}: {errors[0]}" if errors else text, errors)


def _item_of(error: B24Error) -> str:
    """Which item an error is about, in a few words."""
    item = error.item
    if item is None:
        return ""
    key = getattr(item, "pk", None)
    shown = f"{type(item).__name__} {key}" if key is not None else repr(item)
    return f", {shown[:80]}"
