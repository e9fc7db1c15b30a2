"""One offline event: what changed, when, and by whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from typing import Any

from b24orm.errors import InvalidValue, ServerFailure, Unsupported
from b24orm.events.names import Action, Subject, subject_of

__all__ = ["OfflineEvent", "event_of"]


@dataclass(frozen=True, slots=True)
class OfflineEvent:
    """A change that waited in the portal's queue.

    The queue keeps no history: of many changes of one row it keeps the last. So an event says *that* a
    row changed; :meth:`get` fetches the row as it is now.

    Attributes:
        id: the number of the queue's row.
        name: ``ONCRMDEALUPDATE``.
        moment: of the latest change.
        data: what the event says, ``{"FIELDS": {"ID": 7}}``; that of chat bots holds tokens, so it stays out
            of the repr.
        user_id: who changed it; None for a robot, a workflow or an agent.
        message_id: the same for all changes of this kind of this row.
        process: under which name the row is reserved; None if it was taken without.
    """

    id: int
    name: str
    moment: datetime
    data: Mapping[str, Any] = field(repr=False)
    user_id: int | None
    message_id: str
    process: str | None = None
    portal: Any = field(default=None, repr=False, compare=False)

    @property
    def subject(self) -> Subject:
        """The row that changed."""
        return subject_of(self.name, self.data)

    @property
    def action(self) -> Action:
        """``add``, ``update``, ``delete`` or ``other``."""
        return self.subject.action

    @property
    def row_id(self) -> int | str | None:
        """The id of the row that changed."""
        return self.subject.id

    @property
    def model(self) -> Any:
        """The model of the row that changed; None if no model is meant."""
        entity = self.subject.entity
        return None if entity is None else getattr(import_module("b24orm.models"), entity)

    def get(self) -> Any:
        """The row as it is now, for synchronous code.

        Raises:
            DoesNotExist: there is no such row any more, as after a deletion.
            Unsupported: the event is about no row of a model.
        """
        return self._rows().get()

    async def aget(self) -> Any:
        """The row as it is now.

        Raises:
            DoesNotExist: there is no such row any more, as after a deletion.
            Unsupported: the event is about no row of a model.
        """
        return await self._rows().aget()

    def _rows(self) -> Any:
        subject, model = self.subject, self.model
        if model is None or subject.id is None:
            raise Unsupported(f"{self.name} is about no row that a model describes; look into its data")
        key = model.__schema__.key or model.__schema__.id_field
        wanted: dict[str, Any] = {key.name: subject.id}
        if subject.entity == "Item":
            wanted["entity_type_id"] = subject.entity_type_id
        rows = model.objects if self.portal is None else model.objects.using(self.portal)
        return rows.filter(**wanted)


def event_of(row: Mapping[str, Any], process: str | None, portal: Any) -> OfflineEvent:
    """The event that a row of ``event.offline.get`` tells of.

    Raises:
        ServerFailure: the row is none.
    """
    try:
        more = row.get("EVENT_ADDITIONAL")
        user = int(more.get("user_id") or 0) if isinstance(more, Mapping) else 0
        data = row.get("EVENT_DATA")
        return OfflineEvent(
            id=int(row["ID"]),
            name=str(row["EVENT_NAME"]).upper(),
            moment=datetime.fromisoformat(row["TIMESTAMP_X"]),
            data=data if isinstance(data, Mapping) else {},
            user_id=user or None,
            message_id=str(row["MESSAGE_ID"]),
            process=process,
            portal=portal,
        )
    except (KeyError, TypeError, ValueError, OverflowError, InvalidValue):
        raise ServerFailure(
            "NO_EVENT", f"a row without what every event has: {sorted(row)}", method="event.offline.get"
        ) from None
