"""A portal in a few lines: it may lose answers, be slow, and go on working after it was given up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from b24orm.errors import B24Error, TimedOut
from b24orm.executor.retry import RetryPolicy, worth_retrying
from b24orm.plan.calls import Ask, Call, Outcome, Reply


class FakeClock:
    """Time that passes when somebody sleeps."""

    def __init__(self) -> None:
        self.time = 1000.0

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds


class FakeSender:
    """Retries like the real one, without waiting."""

    request_limit = 60.0

    def __init__(self) -> None:
        self.clock = FakeClock()

    async def before_retry(self, error: B24Error, tries: int, *, write: bool, batched: bool = False) -> None:
        if not worth_retrying(error, write=write) or RetryPolicy().gives_up(error, tries):
            raise error


@dataclass
class FakePortal:
    """Answers asks.

    Attributes:
        slow: a batch of more commands than this is cut off.
        lost: how many of the next requests lose their answer.
        late: seconds that a request goes on working after its answer was lost; None: it never works.
        rows: keys of the rows that were added, each as often as it was added.
        commands: how many were answered.
        asked: how many commands each request had.
    """

    slow: int = 50
    lost: int = 0
    late: float | None = 0.0
    rows: list[str] = field(default_factory=list[str])
    asked: list[int] = field(default_factory=list[int])
    written: list[Any] = field(default_factory=list[Any])
    commands: int = 0
    sender: FakeSender = field(default_factory=FakeSender)
    _coming: list[tuple[float, Call]] = field(default_factory=list[tuple[float, Call]])

    async def ask(self, ask: Ask) -> list[Outcome]:
        """What each call came to."""
        self.asked.append(len(ask.calls))
        self._arrive()
        if len(ask.calls) > self.slow or self.lost > 0:
            self.lost -= 1
            error = TimedOut("no answer within 1 s")
            error.sent_at = self.sender.clock.now()
            if self.late is not None:
                self._coming += [(error.sent_at + self.late, call) for call in ask.calls]
            return [error for _ in ask.calls]
        return [self._done(call) for call in ask.calls]

    async def many(self, calls: list[Call]) -> list[Outcome]:
        """Lookups by key."""
        self._arrive()
        return [self._listed(call) for call in calls]

    def _arrive(self) -> None:
        now = self.sender.clock.now()
        for entry in [entry for entry in self._coming if entry[0] <= now]:
            self._coming.remove(entry)
            self._done(entry[1])

    def _done(self, call: Call) -> Reply:
        if call.method.endswith(".add"):
            self.rows.append(call.params["fields"]["ORIGIN_ID"])
            return Reply(len(self.rows))
        self.written.append(call.params["id"])
        return Reply(result=True)

    def _listed(self, call: Call) -> Reply:
        wanted = call.params["filter"]["@ORIGIN_ID"]
        return Reply(
            [
                {"ID": str(number), "ORIGIN_ID": key, "ORIGINATOR_ID": "b24orm"}
                for number, key in enumerate(self.rows, start=1)
                if key in wanted
            ]
        )
