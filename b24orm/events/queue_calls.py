"""The calls of ``event.offline.*``, and what their refusals mean.

``event.offline.get`` changes the queue in spite of its name, so it is never repeated blindly. Clearing and
reporting may be: what was cleared once under a process is not there a second time.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from b24orm.errors import ApiError, ServerFailure
from b24orm.executor.executor import Executor
from b24orm.plan.calls import Call, Reply

__all__ = ["Queue", "explained"]

_HINTS: Final[Mapping[str, str]] = {
    "WRONG_AUTH_TYPE": "events belong to an application: connect with its OAuth tokens, not with a webhook",
    "WRONG_LICENSE": (
        "the portal's plan can't reserve offline events (feature.get rest_offline_extended); "
        'delivery="at-most-once" takes them without, and loses what is in hand when the program dies'
    ),
    "ACCESS_DENIED": "the token must be an administrator's",
}
_PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Queue:
    """A part of an application's offline events.

    Attributes:
        name: only events of this name; all if empty.
        connector: the part that was bound with this ``auth_connector``.
        limit: events that are reserved at once.
        errors: the events that were reported as failed, instead of the others.
    """

    name: str = ""
    connector: str = ""
    limit: int = 50
    errors: bool = False

    async def take(self, executor: Executor, *, keep: bool) -> tuple[str | None, Sequence[Mapping[str, Any]]]:
        """Free events, taken out of the queue; with ``keep`` reserved under a name instead.

        Raises:
            B24Error: whatever the call came to; it is sent once.
        """
        call = Call("event.offline.get", self._params(clear=0 if keep else 1), write=True)
        return await self._answer(executor, call)

    async def held(self, executor: Executor, process: str) -> Sequence[Mapping[str, Any]]:
        """The events that are reserved under a name."""
        call = Call("event.offline.get", self._params(clear=0, process_id=process))
        return (await self._answer(executor, call))[1]

    async def processes(self, executor: Executor) -> list[str]:
        """The names of all processes that hold events, oldest first."""
        names: dict[str, None] = {}
        start: int | None = 0
        while start is not None:
            conditions = {">PROCESS_ID": "", "=ERROR": int(self.errors), **self._by_name()}
            params = {"filter": conditions, "order": {"ID": "ASC"}, "start": start, **self._part()}
            reply = await self._call(executor, Call("event.offline.list", params))
            rows = _rows(reply.result, "event.offline.list")
            names.update(dict.fromkeys(str(row["PROCESS_ID"]) for row in rows if row.get("PROCESS_ID")))
            start = reply.next if rows and len(rows) <= _PAGE else None
        return list(names)

    async def clear(self, executor: Executor, process: str, messages: Iterable[str]) -> None:
        """Forgets events of a process; at least one, for an empty list would mean all of them."""
        await self._close(executor, "event.offline.clear", process, messages)

    async def fail(self, executor: Executor, process: str, messages: Iterable[str]) -> None:
        """Puts events of a process among the failed ones."""
        await self._close(executor, "event.offline.error", process, messages)

    async def _close(self, executor: Executor, method: str, process: str, messages: Iterable[str]) -> None:
        listed = list(messages)
        if listed:
            params = {"process_id": process, "message_id": listed, **self._part()}
            await self._call(executor, Call(method, params))

    def _params(self, **more: Any) -> dict[str, Any]:
        params: dict[str, Any] = {
            "order": {"TIMESTAMP_X": "ASC", "ID": "ASC"},
            "limit": self.limit,
            **self._part(),
            **more,
        }
        if self.name:
            params["filter"] = self._by_name()
        return params | ({"error": 1} if self.errors else {})

    def _by_name(self) -> dict[str, str]:
        return {"=EVENT_NAME": self.name} if self.name else {}

    def _part(self) -> dict[str, str]:
        return {"auth_connector": self.connector} if self.connector else {}

    async def _answer(self, executor: Executor, call: Call) -> tuple[str | None, Sequence[Mapping[str, Any]]]:
        result = (await self._call(executor, call)).result
        found = result if isinstance(result, Mapping) else {}
        return found.get("process_id"), _rows(found.get("events"), call.method)

    async def _call(self, executor: Executor, call: Call) -> Reply:
        with explained():
            return await executor.call(call)


def _rows(events: Any, method: str) -> Sequence[Mapping[str, Any]]:
    """The rows of the queue in an answer.

    Raises:
        ServerFailure: there are none to be read.
    """
    if not isinstance(events, list) or not all(isinstance(row, Mapping) for row in events):
        raise ServerFailure("NO_EVENTS", "an answer without a list of events", method=method)
    return events


@contextmanager
def explained() -> Generator[None, None, None]:
    """Adds to a refusal of the event methods what to do about it."""
    try:
        yield
    except ApiError as error:
        hint = _HINTS.get(error.code)
        if hint is None:
            raise
        text = f"{error.description}: {hint}"
        raise type(error)(
            error.code, text, method=error.method, status=error.status, host=error.host
        ) from None
