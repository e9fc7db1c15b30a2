"""Who a change of the portal's data is owed to.

A method runs as the user and the application behind its credential. Whatever touches the store directly
counts as the first user at the screen, unless :func:`acting` says otherwise.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

__all__ = ["Actor", "acting", "current_actor"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts.

    Attributes:
        user_id: the user; 0 for a robot, a workflow or an agent.
        client_id: the application whose token was used; empty for webhooks and people.
        connector: ``auth_connector`` of the request.
        session: generations of events that the token may still cause; 0 if it comes from no event.
    """

    user_id: int = 1
    client_id: str = ""
    connector: str = ""
    session: int = 0


_FIRST_USER: Final = Actor()
_current: ContextVar[Actor] = ContextVar("actor", default=_FIRST_USER)


def current_actor() -> Actor:
    """Who acts now, in this thread."""
    return _current.get()


@contextmanager
def acting(actor: Actor) -> Generator[None, None, None]:
    """Changes inside the block are the actor's.

    >>> with acting(Actor(user_id=0)):
    ...     current_actor().user_id
    0
    """
    token = _current.set(actor)
    try:
        yield
    finally:
        _current.reset(token)
