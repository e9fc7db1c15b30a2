"""Events: who wants to hear of what, and what happens when something changes.

Changes of a request are gathered and told when its work is done, so that the same one is told once. A
change of one's own making is told to online handlers, but does not get into one's own offline queue:
only another application, a webhook, a person, or another connector of the same application puts it there.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any, Final

from b24orm.emulator.actor import Actor, current_actor
from b24orm.emulator.event_delivery import Courier, form
from b24orm.emulator.event_names import OFFLINE_EVENT, ROBOT, events_of
from b24orm.emulator.event_queue import OfflineQueue
from b24orm.emulator.store import Change, Store

__all__ = ["EventHub", "Handler"]

_SESSION_GENERATIONS: Final = 7
"""How many generations of events may come from one another before nobody is told any more."""

_MINIMUM_PAUSE: Final = 1.0
"""Seconds between two ONOFFLINEEVENT of one handler, unless it was bound with ``minTimeout``."""


@dataclass(frozen=True, slots=True)
class Handler:
    """Who wants to hear of an event.

    Attributes:
        id: its number.
        app: the application's client id.
        event: the event, in upper case.
        url: where to send it; empty for the offline queue.
        user_id: whose token is sent along; 0 for that of whoever caused the event.
        connector: the offline queue's part of its own.
        options: ``minTimeout`` of ONOFFLINEEVENT.
    """

    id: int
    app: str
    event: str
    url: str = ""
    user_id: int = 0
    connector: str = ""
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def offline(self) -> bool:
        """Whether it waits in the queue instead of being sent."""
        return not self.url


_Told = tuple[Handler, Mapping[str, Any] | None, Actor]
Credentials = Callable[[Handler, int, int], Mapping[str, Any] | None]
"""Makes ``auth`` of a delivery: from the handler, the user and the session's generations left.

None: nothing is sent.
"""


class EventHub:
    """The handlers of a portal and its queue of offline events.

    Args:
        store: the portal's data; the hub watches it as long as there are handlers.

    Attributes:
        queue: the offline events.
        courier: delivers the online ones.
        credentials: makes ``auth`` of a delivery; without it nothing is sent.
        handlers: all of them, oldest first.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.queue: OfflineQueue = OfflineQueue(store)
        self.courier: Courier = Courier()
        self.credentials: Credentials | None = None
        self.handlers: list[Handler] = []
        self._numbers = 0
        self._notified: dict[int, float] = {}
        self._gathered: ContextVar[list[_Told] | None] = ContextVar("gathered", default=None)

    # -- handlers

    def bind(self, wanted: Handler) -> bool:
        """Add a handler; False if there is the same one already. Its number is given here."""
        if any(_same(wanted, known) for known in self.handlers):
            return False
        self._numbers += 1
        self.handlers.append(replace(wanted, id=self._numbers))
        self._store.watch = self.changed
        return True

    def restore(self, handlers: Iterable[Handler]) -> None:
        """Take handlers as they were, with their numbers."""
        self.handlers = list(handlers)
        self._numbers = max((handler.id for handler in self.handlers), default=0)
        self._store.watch = self.changed if self.handlers else None

    def unbind(self, unwanted: Callable[[Handler], bool]) -> int:
        """Remove handlers; how many there were."""
        kept = [handler for handler in self.handlers if not unwanted(handler)]
        gone = len(self.handlers) - len(kept)
        self.handlers = kept
        self._store.watch = self.changed if kept else None
        return gone

    # -- what happens

    def changed(self, change: Change) -> None:
        """Take note of a change of the store."""
        table = self._store.tables.get(change.table)
        if table is None:
            return
        actor = current_actor()
        row = (self._store.get(change.table, change.id) or {}) if change.action == "MOVE" else {}
        for name, data in events_of(table, change.action, change.id, row):
            self._tell([(handler, data, actor) for handler in self.handlers if handler.event == name])

    def post(self, app: str, url: str, body: Mapping[str, Any], *, user_id: int) -> None:
        """Send what is no event, such as the run of a robot, with the tokens of a user."""
        handler = Handler(0, app, ROBOT, url)
        auth = self.credentials and self.credentials(handler, user_id, _SESSION_GENERATIONS)
        if auth:
            self.courier.send(url, ROBOT, form({**body, "auth": auth}))

    def tell_application(self, app: str, event: str, data: Mapping[str, Any]) -> None:
        """Raise an event about an application, which none but this one hears."""
        actor, told = current_actor(), {**data, "LANGUAGE_ID": "en"}
        named = [one for one in self.handlers if (one.app, one.event) == (app, event)]
        self._tell([(handler, told, actor) for handler in named])

    @contextmanager
    def hit(self) -> Generator[None, None, None]:
        """Gather what happens inside and tell it at the end."""
        gathered: list[_Told] = []
        token = self._gathered.set(gathered)
        try:
            yield
        finally:
            self._gathered.reset(token)
            self._dispatch(gathered)

    def _tell(self, told: Sequence[_Told]) -> None:
        gathered = self._gathered.get()
        if gathered is None:
            self._dispatch(told)
        else:
            gathered.extend(told)

    def _dispatch(self, told: Iterable[_Told]) -> None:
        sent: list[_Told] = []
        filled: set[str] = set()
        for item in told:
            handler, data, actor = item
            if _generations(actor) <= 0:
                continue
            if not handler.offline:
                if item not in sent:
                    sent.append(item)
            elif (actor.client_id, actor.connector) != (handler.app, handler.connector):
                self.queue.put(handler.app, handler.connector, handler.event, data or {}, _user(item))
                filled.add(handler.app)
        sent += [(handler, None, current_actor()) for handler in self._due(filled)]
        for item in sent:
            self._send(item)

    def _due(self, apps: set[str]) -> list[Handler]:
        """The handlers that want to know that there is something in a queue, and may know it again."""
        now = self._store.clock()
        due: list[Handler] = []
        for handler in self.handlers:
            pause = float(handler.options.get("minTimeout", _MINIMUM_PAUSE))
            last = self._notified.get(handler.id)
            if handler.event != OFFLINE_EVENT or handler.app not in apps:
                continue
            if last is None or now - last >= pause:
                self._notified[handler.id] = now
                due.append(handler)
        return due

    def _send(self, item: _Told) -> None:
        handler, data, actor = item
        auth = self.credentials and self.credentials(handler, _user(item), _generations(actor))
        if not auth:
            return
        body = {
            "event": handler.event,
            "event_handler_id": handler.id,
            "data": data,
            "ts": int(self._store.clock()),
            "auth": auth,
        }
        self.courier.send(handler.url, handler.event, form(body))


def _user(item: _Told) -> int:
    handler, _, actor = item
    return handler.user_id or actor.user_id


def _generations(actor: Actor) -> int:
    return actor.session - 1 if actor.session else _SESSION_GENERATIONS


def _same(one: Handler, other: Handler) -> bool:
    return replace(one, id=0, options={}) == replace(other, id=0, options={})
