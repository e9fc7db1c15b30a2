"""What a portal can do with events: bind handlers, list them, and loop over the offline queue."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from typing_extensions import TypedDict, Unpack

from b24orm.errors import ApiError, InvalidValue, ServerFailure
from b24orm.events.names import checked_name
from b24orm.events.offline import Delivery, OfflineEvents
from b24orm.events.processes import Processes
from b24orm.events.queue_calls import Queue, explained
from b24orm.executor.clock import Clock, SystemClock
from b24orm.executor.executor import Executor
from b24orm.guard import guard
from b24orm.plan.calls import Call

__all__ = ["BindOptions", "BoundEvent", "EventMethods"]

_T = TypeVar("_T")
_BOUND_ALREADY: Final = "already binded"
_PAUSING: Final = "ONOFFLINEEVENT"


@dataclass(frozen=True, slots=True)
class BoundEvent:
    """A handler of the application, as ``event.get`` lists it.

    Attributes:
        name: the event.
        handler: the address that it is posted to; None for an offline event.
        user_id: whose token comes with it; None for that of whoever caused it.
        connector: the part of the offline queue.
    """

    name: str
    handler: str | None = None
    user_id: int | None = None
    connector: str = ""

    @property
    def offline(self) -> bool:
        """Whether the events wait in the queue."""
        return self.handler is None


class BindOptions(TypedDict, total=False):
    """How a handler is bound.

    Attributes:
        user_id: whose token comes with each event; that of whoever caused it without.
        connector: a part of the application's offline queue.
        min_timeout: seconds between two ``ONOFFLINEEVENT``.
    """

    user_id: int
    connector: str
    min_timeout: int


class EventMethods:
    """Events, for both kinds of portal. All of it needs an application's tokens, not a webhook."""

    @property
    def executor(self) -> Executor:
        """What sends calls."""
        raise NotImplementedError

    def run(self, work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        """Runs asynchronous work and waits for it."""
        raise NotImplementedError

    async def arun(self, work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        """Runs asynchronous work on the portal's loop."""
        raise NotImplementedError

    # -- the offline queue

    @guard
    def offline_events(
        self,
        event: str | None = None,
        *,
        delivery: Delivery = "at-least-once",
        until_empty: bool = False,
        poll: float | int = 1.0,
        longest: float | int = 30.0,
        limit: int = 50,
        acknowledge_every: int = 1,
        shared: bool = False,
        processes: Processes | None = None,
        connector: str = "",
        errors: bool = False,
        clock: Clock | None = None,
    ) -> OfflineEvents:
        """The application's offline events, for ``for`` and ``async for``.

        An event is acknowledged when the next one is asked for. One whose loop body raised stays reserved
        in the portal and comes again, at the next loop or the next start.

        >>> for change in portal.offline_events("ONCRMDEALUPDATE"):    # doctest: +SKIP
        ...     print(change.get().title)

        Args:
            event: only events of this name; all that were bound when None.
            delivery: ``at-least-once``; or ``at-most-once``, which needs no feature of the plan, but loses
                what is in hand when the program dies.
            until_empty: end when the queue is empty, instead of waiting for more.
            poll: seconds to wait when the queue is empty; each time twice as long.
            longest: seconds that a wait grows to.
            limit: events that are reserved at once.
            acknowledge_every: events done with that are acknowledged together: fewer requests, and so many
                come again after a crash.
            shared: other consumers read the same queue. Without, everything that is reserved under
                any name is taken for one's own.
            processes: remembers what is reserved for this consumer; needed with ``shared``.
            connector: the part of the queue that was bound with this ``auth_connector``.
            errors: the events that were reported as failed, instead of the others. One that fails again stays
                among them, and comes again at the next start.
            clock: waits; the machine's own when None.

        Raises:
            InvalidValue, UnknownName: an argument makes no sense.

        Rule: ``event.offline.get``, ``.clear``, ``.error``, ``.list``.
        """
        _check(poll=poll, longest=longest, limit=limit, acknowledge_every=acknowledge_every)
        if shared and processes is None:
            raise InvalidValue("shared=True needs processes=, such as FileProcesses(path): one a consumer")
        queue = Queue(checked_name(event) if event else "", connector, limit, errors)
        return OfflineEvents(
            self,
            queue,
            delivery=delivery,
            shared=shared,
            processes=processes,
            poll=float(poll),
            longest=float(longest),
            until_empty=until_empty,
            acknowledge_every=acknowledge_every,
            clock=clock or SystemClock(),
        )

    # -- handlers

    def bind_event(self, event: str, handler: str | None = None, **options: Unpack[BindOptions]) -> bool:
        """Binds a handler to an event; without a handler the event is kept in the offline queue.

        >>> portal.bind_event("onCrmDealAdd")                              # doctest: +SKIP
        True

        Args:
            event: the event, in any case.
            handler: the address that it is to be posted to.
            options: ``user_id`` (whose token comes with it), ``connector`` (a part of the offline queue),
                ``min_timeout`` (seconds between two ``ONOFFLINEEVENT``).

        Returns:
            False if it was bound before.

        Raises:
            UnknownName: there is no such event.
            AuthError, AccessDenied: the credentials don't allow it.

        Rule: ``event.bind``.
        """
        params = _binding(event, handler, **options)
        return self.run(lambda: _bind(self.executor, params))

    async def abind_event(
        self, event: str, handler: str | None = None, **options: Unpack[BindOptions]
    ) -> bool:
        """Like :meth:`bind_event`, for asynchronous code."""
        params = _binding(event, handler, **options)
        return await self.arun(lambda: _bind(self.executor, params))

    def unbind_event(self, event: str, handler: str | None = None, **options: Unpack[BindOptions]) -> int:
        """Removes handlers of an event; how many there were.

        Args:
            event: the event, in any case.
            handler: the address; None for the offline queue.
            options: ``user_id`` or ``connector``, as it was bound.

        Rule: ``event.unbind``.
        """
        params = _binding(event, handler, **options)
        return self.run(lambda: _unbind(self.executor, params))

    async def aunbind_event(
        self, event: str, handler: str | None = None, **options: Unpack[BindOptions]
    ) -> int:
        """Like :meth:`unbind_event`, for asynchronous code."""
        params = _binding(event, handler, **options)
        return await self.arun(lambda: _unbind(self.executor, params))

    def bound_events(self) -> list[BoundEvent]:
        """The application's handlers. Rule: ``event.get``."""
        return self.run(lambda: _bound(self.executor))

    async def abound_events(self) -> list[BoundEvent]:
        """Like :meth:`bound_events`, for asynchronous code."""
        return await self.arun(lambda: _bound(self.executor))


def _check(*, poll: float, longest: float, limit: int, acknowledge_every: int) -> None:
    for name, number in (("limit", limit), ("acknowledge_every", acknowledge_every)):
        if number < 1:
            raise InvalidValue(f"{name} must be at least 1, not {number}")
    if not 0 < poll <= longest:
        raise InvalidValue(f"poll={poll}, longest={longest}: both are seconds, and 0 < poll <= longest")


@guard
def _binding(
    event: str,
    handler: str | None = None,
    *,
    user_id: int | None = None,
    connector: str = "",
    min_timeout: int | None = None,
) -> dict[str, Any]:
    name = checked_name(event)
    if min_timeout is not None and name != _PAUSING:
        raise InvalidValue(f"min_timeout belongs to {_PAUSING}, not to {name}")
    if handler is None:
        if name == _PAUSING:
            raise InvalidValue(f"{name} needs a handler: it can't be kept in the offline queue itself")
        if user_id is not None:
            raise InvalidValue(f"user_id needs a handler: offline events of {name} bring no token")
        return {"event": name, "event_type": "offline", **_part(connector)}
    if not handler.startswith(("https://", "http://")):
        raise InvalidValue(f"handler must be an address like 'https://example.com/events', not {handler!r}")
    params: dict[str, Any] = {"event": name, "event_type": "online", "handler": handler, **_part(connector)}
    if user_id is not None:
        params["auth_type"] = user_id
    return params | ({} if min_timeout is None else {"options": {"minTimeout": min_timeout}})


def _part(connector: str) -> dict[str, str]:
    return {"auth_connector": connector} if connector else {}


async def _bind(executor: Executor, params: Mapping[str, Any]) -> bool:
    """Binding is safe to repeat: the second time it is refused, because it was done."""
    try:
        with explained():
            await executor.call(Call("event.bind", params))
    except ApiError as error:
        if _BOUND_ALREADY in error.description:
            return False
        raise
    return True


async def _unbind(executor: Executor, params: Mapping[str, Any]) -> int:
    with explained():
        result = (await executor.call(Call("event.unbind", params))).result
    return int(result.get("count") or 0) if isinstance(result, Mapping) else 0


async def _bound(executor: Executor) -> list[BoundEvent]:
    with explained():
        result = (await executor.call(Call("event.get"))).result
    if not isinstance(result, list):
        raise ServerFailure("NO_HANDLERS", "an answer without a list of handlers", method="event.get")
    return [_handler(row) for row in result]


def _handler(row: Mapping[str, Any]) -> BoundEvent:
    name = str(row.get("event", "")).upper()
    if str(row.get("offline")) == "1":
        return BoundEvent(name, connector=str(row.get("connector_id") or ""))
    return BoundEvent(name, str(row.get("handler") or ""), int(row.get("auth_type") or 0) or None)
