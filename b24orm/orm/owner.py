"""Which portal an object came from, and so where it is saved."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat
from typing import Any

from b24orm.entity.base import Entity
from b24orm.entity.rows import fill
from b24orm.errors import UsageError
from b24orm.portal import AsyncPortal, Portal, current_portal, portal_named

__all__ = ["portal_of", "remember", "remember_all"]


def remember(row: Entity, portal: Any) -> None:
    """Notes the portal that an object belongs to."""
    fill((row,), "__portal__", (portal,))


def remember_all(rows: Sequence[Entity], portal: Any) -> None:
    """Notes the portal that a page of objects belongs to."""
    fill(rows, "__portal__", repeat(portal))


def portal_of(row: Entity, using: Portal | AsyncPortal | str | None = None) -> Any:
    """The portal to save an object in: the given one, else its own, else the current one.

    Raises:
        UsageError: the object is a row of one portal, and another one is named: its id means
            another row there, if any.
    """
    own = getattr(row, "__portal__", None)
    if using is None:
        return own if own is not None else current_portal()
    named = portal_named(using)
    if own is not None and row.pk is not None and own.host != named.host:
        kind = type(row).__name__
        raise UsageError(
            f"this {kind} is the row {row.pk} of {own.host}; on {named.host} that id means another row. "
            f"Make a new {kind} of its values to add it there"
        )
    return named
