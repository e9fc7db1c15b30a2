"""Which portal an object came from, and so where it is saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any, Final

from typing_extensions import Self

from b24orm.entity.base import Entity
from b24orm.entity.rows import fill
from b24orm.errors import UsageError
from b24orm.portal import AsyncPortal, Portal, current_portal, portal_named

__all__ = ["Elsewhere", "Owned", "portal_of", "remember", "remember_all"]

_SLOT: Final = "__portal__"


def remember(row: Entity, portal: Any) -> None:
    """Notes the portal that an object belongs to."""
    fill((row,), _SLOT, (portal,))


def remember_all(rows: Sequence[Entity], portal: Any) -> None:
    """Notes the portal that a page of objects belongs to."""
    fill(rows, _SLOT, repeat(portal))


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The portal of an object that came out of a pickle: only its host is known."""

    host: str


class Owned(Entity):
    """An object that remembers its portal, also in its copies; in a pickle only the portal's host."""

    def __copy__(self) -> Self:
        made = super().__copy__()
        return self._owned(made)

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        made = super().__deepcopy__(memo)
        return self._owned(made)

    def _owned(self, made: Self) -> Self:
        if (own := getattr(self, _SLOT, None)) is not None:
            remember(made, own)
        return made

    def __getstate__(self) -> dict[Any, Any]:
        own = getattr(self, _SLOT, None)
        return {**super().__getstate__(), _SLOT: None if own is None else own.host}

    def __setstate__(self, state: dict[Any, Any]) -> None:
        host = state.pop(_SLOT, None)
        super().__setstate__(state)
        if host is not None:
            remember(self, Elsewhere(host))


def portal_of(row: Entity, using: Portal | AsyncPortal | str | None = None) -> Any:
    """The portal to save an object in: the given one, else its own, else the current one.

    Raises:
        UsageError: the object is a row of one portal, and another one is named: its id means
            another row there, if any.
    """
    own = getattr(row, _SLOT, None)
    if using is None and own is not None and not isinstance(own, Elsewhere):
        return own
    meant = current_portal() if using is None else portal_named(using)
    if own is not None and row.pk is not None and own.host != meant.host:
        kind = type(row).__name__
        raise UsageError(
            f"this {kind} is the row {row.pk} of {own.host}; on {meant.host} that id means another row. "
            f"Make a new {kind} of its values to add it there"
        )
    return meant
