"""Which portal an object came from, and so where it is saved."""

from __future__ import annotations

from typing import Any

from b24orm.entity.base import Entity
from b24orm.portal import AsyncPortal, Portal, current_portal

__all__ = ["portal_of", "remember"]


def remember(row: Entity, portal: Any) -> None:
    """Notes the portal that an object belongs to."""
    object.__setattr__(row, "__portal__", portal)


def portal_of(row: Entity, using: Portal | AsyncPortal | None = None) -> Any:
    """The portal to save an object in: the given one, else its own, else the default one."""
    if using is not None:
        return using
    own = getattr(row, "__portal__", None)
    return own if own is not None else current_portal()
