"""What the compiler makes of a query: how it will be fetched, why, and what that costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from b24orm.plan.calls import Call
from b24orm.plan.flow import Flow
from b24orm.plan.steps.ordered import Ordered
from b24orm.plan.steps.sizes import BATCH, PAGE
from b24orm.plan.steps.top import PAGES
from b24orm.query.nodes import Query

__all__ = ["Plan"]


@dataclass(frozen=True)
class Plan:
    """How a query will be fetched.

    Attributes:
        query: what is fetched.
        strategy: the name of the step.
        why: the reasons for the choice.
        flow: makes a fresh flow.
        sample: a call of the kind that will be sent, for explain().
        requests: HTTP requests that it will take: a number or a formula.
        commands: commands that it will take.
        counts: what the server has to count or skip.
        skip: rows of the flow to drop at its beginning.
        take: rows to hand out at the most.
        page: rows that one command brings at the most.
        batch: commands that one request carries at the most.
    """

    query: Query
    strategy: str
    why: tuple[str, ...]
    flow: Callable[[], Flow]
    sample: Call | None = None
    requests: str = "1"
    commands: str = "1"
    counts: str = "nothing"
    skip: int = 0
    take: int | None = None
    page: int = PAGE
    batch: int = BATCH

    def expected(self, rows: int) -> tuple[int, int] | None:
        """Requests and commands that the plan should take for so many rows, retries aside.

        None where it reads more rows than it hands out.
        """
        if self.strategy in ("OrderedScan", "Union") and self.take is not None:
            return None
        if self.strategy == "Nothing":
            return 0, 0
        if self.strategy in ("Single", "Count"):
            return 1, 1
        pages = max(1, -(-(rows + self.skip) // self.page))
        if self.strategy in ("ByIds", "GetEach"):
            commands = int(self.commands.replace(",", ""))
            return -(-commands // self.batch), commands
        if self.strategy == "TopPages":
            commands = min(int(self.commands), -(-((rows + self.skip) // self.page + 1) // PAGES) * PAGES)
            return -(-commands // PAGES), commands
        if self.strategy == "TailScan":
            return pages, pages
        if self.strategy == "OffsetPages":
            return -(-pages // self.batch), pages
        between = -(-max(0, rows - self._probed) // self.page)
        return 1 + -(-between // self.batch), 2 + between

    @property
    def _probed(self) -> int:
        """Rows that a scan's first request brings: the first page, and the last where all are wanted."""
        return self.page * (1 if self.take is not None or self.strategy == "WindowScan" else 2)

    def sorted_here(self, query: Query, why: str, *, strategy: str | None = None) -> Plan:
        """This plan for all rows, as that of a query whose order and slice are made here.

        Args:
            query: what is fetched.
            why: the reason.
            strategy: the name of the step, if it has another one.
        """
        return replace(
            self,
            query=query,
            strategy=strategy or self.strategy,
            why=(*self.why, why),
            flow=lambda: Ordered(self.flow(), query.order),
            skip=query.start,
            take=query.limit,
        )
