"""Which portal is meant when none is named.

The nearest word counts: ``.using(portal)``, then the innermost ``with use(portal):`` around the
code, then the default that ``connect`` made.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, MutableMapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Final, TypeAlias

from b24orm.errors import InvalidValue, NotConfigured, nearest

if TYPE_CHECKING:
    from b24orm.portal.portal import AsyncPortal, Portal

__all__ = [
    "AnyPortal",
    "Portals",
    "current_portal",
    "enter",
    "forget",
    "leave",
    "portal_named",
    "portals",
    "set_default",
    "use",
    "used_portal",
]

AnyPortal: TypeAlias = "Portal | AsyncPortal"

_used: Final[ContextVar[AnyPortal | None]] = ContextVar("b24orm_portal", default=None)
_default: AnyPortal | None = None


class Portals(MutableMapping[str, AnyPortal]):
    """Portals by a name of your own; the name will do wherever a portal is asked for.

    >>> from b24orm import Portal
    >>> portals = Portals()
    >>> portals["acme"] = Portal("https://acme.bitrix24.com/rest/1/abc123/")
    >>> portals["acme"]
    <Portal acme.bitrix24.com>
    >>> portals["akme"]
    Traceback (most recent call last):
        ...
    b24orm.errors.NotConfigured: there is no portal 'akme'; did you mean 'acme'?
    """

    def __init__(self) -> None:
        self._named: dict[str, AnyPortal] = {}

    def __getitem__(self, name: str) -> AnyPortal:
        """The portal of that name.

        Raises:
            NotConfigured: there is none.
        """
        found = self._named.get(name)
        if found is None:
            if "://" in name:  # an address holds a secret, which no message may show
                raise NotConfigured("portals have names, not addresses: connect(url) gives the portal itself")
            known = ", ".join(map(repr, self._named))
            hint = (
                f"there are {known}" if known else f"name it: b24orm.portals[{name!r}] = b24orm.Portal(url)"
            )
            raise NotConfigured(f"there is no portal {name!r}{nearest(name, self._named) or f'; {hint}'}")
        return found

    def __setitem__(self, name: str, portal: AnyPortal) -> None:
        if not hasattr(portal, "executor"):
            kind = type(portal).__name__
            raise InvalidValue(f"portals[{name!r}] takes a Portal or an AsyncPortal, not a {kind}")
        self._named[name] = portal

    def __delitem__(self, name: str) -> None:
        """Forgets the name; the portal stays open."""
        self._named.pop(name, None)

    def __contains__(self, name: object) -> bool:
        return name in self._named

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._named))

    def __len__(self) -> int:
        return len(self._named)

    def __repr__(self) -> str:
        return f"Portals({self._named!r})"


portals: Final = Portals()
"""The portals of the program, by name."""


def portal_named(portal: AnyPortal | str) -> AnyPortal:
    """The portal itself, or that of a name.

    Raises:
        NotConfigured: there is no portal of that name.
        InvalidValue: it is neither a portal nor a name.
    """
    if isinstance(portal, str):
        return portals[portal]
    if not hasattr(portal, "executor"):
        raise InvalidValue(f"a portal, or the name of one in portals, is needed, not {portal!r}")
    return portal


@contextmanager
def use(portal: AnyPortal | str) -> Generator[AnyPortal, None, None]:
    """Sends everything within the block to a portal, unless ``.using()`` names another one.

    It holds for the task, or the thread, that entered the block, and for the tasks started in it;
    nobody else sees it. A new thread begins without it, as with any context variable
    (``asyncio.to_thread`` takes it along). A QuerySet that is made within the block stays with the
    portal; rows that were fetched do anyway.

    >>> with use(portals["acme"]):                                              # doctest: +SKIP
    ...     won = Deal.objects.filter(stage="WON").count()

    Args:
        portal: a portal, or the name of one in :data:`portals`.

    Raises:
        NotConfigured: there is no portal of that name.
    """
    found = portal_named(portal)
    token = _used.set(found)
    try:
        yield found
    finally:
        _reset(token)


def used_portal() -> AnyPortal | None:
    """The portal of the innermost :func:`use`, if there is one."""
    return _used.get()


def current_portal() -> AnyPortal:
    """The portal that is meant when none is named.

    Raises:
        NotConfigured: none was connected.
    """
    found = _used.get() or _default
    if found is None:
        raise NotConfigured(
            "no portal is connected: call b24orm.connect(url) first, or name one by use() or .using()"
        )
    return found


def set_default(portal: AnyPortal) -> None:
    """Makes a portal the program's default."""
    global _default
    _default = portal


def forget(portal: AnyPortal) -> None:
    """A portal that was closed is the default no longer."""
    global _default
    if _default is portal:
        _default = None


def enter(portal: AnyPortal, *, default: bool) -> Token[AnyPortal | None]:
    """Makes a portal that of the task; and the default, if it may be and there is none."""
    global _default
    if default and _default is None:
        _default = portal
    return _used.set(portal)


def leave(portal: AnyPortal, token: Token[AnyPortal | None]) -> None:
    """Undoes :func:`enter`."""
    forget(portal)
    _reset(token)


def _reset(token: Token[AnyPortal | None]) -> None:
    with suppress(ValueError):  # left in another context than entered: that one has ended
        _used.reset(token)
