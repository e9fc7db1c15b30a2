"""A model of a portal for adds: a list of rows, and chances that say what becomes of each request."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Final, Literal

from b24orm.errors import TimedOut
from b24orm.executor.adds import Adds
from b24orm.plan.calls import Ask, Call, Outcome, Reply
from tests.writes.fake import FakeClock, FakeSender

ME: Final = 7
OTHER: Final = 8
SKEW: Final = 86_400.0 * 365 * 50
"""How far the portal's clock is from the sender's."""

Fate = Literal["answered", "never done", "done, answer lost", "half done, answer lost", "done late"]
Turn = Literal["nothing", "robot", "colleague", "other title"]


class YieldingClock(FakeClock):
    """Lets others go on while it sleeps."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
        await super().sleep(seconds)


@dataclass
class ModelPortal:
    """Adds rows and lists them.

    Attributes:
        fates: what becomes of each request with adds, in turn; then all are answered.
        turns: what others do at each of these requests.
        late: seconds that a request takes which is done late.
        gap: turns of the others between the work and its answer.
        rows: as a list method answers them; ``call`` says which add made a row.
    """

    fates: list[Fate] = field(default_factory=list[Fate])
    turns: list[Turn] = field(default_factory=list[Turn])
    late: float = 30.0
    gap: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    sender: FakeSender = field(default_factory=FakeSender)
    adds: Adds = field(default_factory=Adds)
    _coming: list[tuple[float, Call]] = field(default_factory=list[tuple[float, Call]])

    def __post_init__(self) -> None:
        self.sender.clock = YieldingClock()

    def now(self) -> float:
        """The portal's own clock."""
        return self.sender.clock.now() + SKEW

    async def ask(self, ask: Ask) -> list[Outcome]:
        """What each add came to."""
        fate = self.fates.pop(0) if self.fates else "answered"
        left = self.sender.clock.now()
        self.sender.clock.time += 0.4
        self._arrive()
        await asyncio.sleep(0)
        outcomes: list[Outcome] = []
        if fate == "done late":
            self._coming += [(left + self.late, call) for call in ask.calls]
        elif fate != "never done":
            calls = ask.calls[: len(ask.calls) // 2] if fate.startswith("half") else ask.calls
            outcomes = [Reply(self._add(call.params["fields"], ME, call)) for call in calls]
        self._others()
        for _ in range(self.gap if fate == "answered" else 0):
            await asyncio.sleep(0)
        if fate == "answered":
            return outcomes
        error = TimedOut("no answer")
        error.sent_at = left
        return [error] * len(ask.calls)

    def _others(self) -> None:
        turn = self.turns.pop(0) if self.turns else "nothing"
        if turn == "robot" and self.rows:
            self.rows[-1]["TITLE"] += " (checked)"
        elif turn == "colleague":
            self._add({"TITLE": "a"}, OTHER, None)
        elif turn == "other title":
            self._add({"TITLE": "c"}, ME, None)

    def _arrive(self) -> None:
        for entry in [entry for entry in self._coming if entry[0] <= self.sender.clock.now()]:
            self._coming.remove(entry)
            self._add(entry[1].params["fields"], ME, entry[1])

    def _add(self, fields: dict[str, Any], user: int, call: Call | None) -> int:
        stamp = datetime.fromtimestamp(int(self.now()), timezone.utc).isoformat()
        row = {"ID": str(len(self.rows) + 1), "OPPORTUNITY": "0.00", "COMPANY_ID": "0", **fields}
        self.rows.append({**row, "CREATED_BY_ID": str(user), "DATE_CREATE": stamp, "call": call})
        return len(self.rows)

    async def many(self, calls: Sequence[Call]) -> list[Outcome]:
        """The profile, and lists of rows."""
        self._arrive()
        await asyncio.sleep(0)
        time = {"start": self.now()}
        return [
            Reply({"ID": str(ME)} if call.method == "profile" else self._listed(call), time=time)
            for call in calls
        ]

    def _listed(self, call: Call) -> list[dict[str, Any]]:
        wanted = call.params["filter"]
        return [
            row
            for row in self.rows
            if row["TITLE"] in wanted["@TITLE"]
            and int(row["CREATED_BY_ID"]) == wanted["=CREATED_BY_ID"]
            and datetime.fromisoformat(row["DATE_CREATE"]) >= wanted[">=DATE_CREATE"]
            and int(row["ID"]) > wanted[">ID"]
        ][:50]
