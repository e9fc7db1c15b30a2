"""Portals: where queries and calls go.

:func:`connect` makes a synchronous :class:`Portal` and the default for every model;
:class:`AsyncPortal` is the same for asynchronous code. :func:`use` and :data:`portals` are for
programs with several portals.
"""

from b24orm.portal.connecting import connect
from b24orm.portal.current import Portals, current_portal, portal_named, portals, use
from b24orm.portal.portal import AsyncPortal, Portal

__all__ = ["AsyncPortal", "Portal", "Portals", "connect", "current_portal", "portal_named", "portals", "use"]
