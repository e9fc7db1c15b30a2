"""What is measured: the data on the portal, the limits it keeps, and what is asked of it."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Final

__all__ = ["BUCKETS", "PATIENCE", "SIX", "WORKLOADS", "Bound", "Workload", "bound_of"]

SIX: Final = ("ID", "TITLE", "STAGE_ID", "OPPORTUNITY", "COMPANY_ID", "DATE_CREATE")
"""The six columns of most reports."""

PAGE_SECONDS: Final = 0.02
COUNT_SECONDS: Final = 1e-6
OVERHEAD_SECONDS: Final = 0.03
BUCKETS: Final = {"standard": (50, 2.0), "enterprise": (250, 5.0)}
"""Requests at once, and a second, by the portal's plan."""
PATIENCE: Final = 300.0
"""Seconds after which a client is stopped."""


@dataclass(frozen=True)
class Workload:
    """One task for every client.

    Attributes:
        name: how it is called in the table.
        task: ``list``, ``by_ids``, ``filtered``, ``newest`` or ``related``.
        deals: deals on the portal.
        columns: ``six`` or ``all``.
        sparse: only every n-th id exists.
        plan: the portal keeps this plan's limits, and takes its time unless it is ``unlimited``.
        rows: rows that the task asks for; None: all deals.
        related: pages of the companies and users that the deals point to.
        big: only with ``--big``.
    """

    name: str
    task: str = "list"
    deals: int = 50_000
    columns: str = "six"
    sparse: int = 1
    plan: str = "unlimited"
    rows: int | None = None
    related: int = 0
    big: bool = False

    @property
    def limited(self) -> bool:
        """Whether the portal keeps limits."""
        return self.plan != "unlimited"


WORKLOADS: Final = (
    Workload("50,000 deals, 6 columns"),
    Workload("50,000 deals, all columns", columns="all"),
    Workload("500,000 deals, 6 columns", deals=500_000, big=True),
    Workload("1,000,000 deals, 6 columns", deals=1_000_000, big=True),
    Workload("500,000 deals, all columns", deals=500_000, columns="all", big=True),
    Workload("10,000 deals by id", task="by_ids", rows=10_000),
    Workload("filtered 1 %", task="filtered", rows=500),
    Workload("50,000 deals, 9 of 10 ids missing", sparse=10),
    Workload("5,000 deals with company and user", task="related", deals=5_000, related=14),
    Workload("the 100 of 50,000 deals changed last", task="newest", rows=100),
    Workload("50,000 deals under limits", plan="standard"),
    Workload("500,000 deals under limits", deals=500_000, plan="standard", big=True),
    Workload("500,000 deals on an Enterprise portal", deals=500_000, plan="enterprise", big=True),
)


@dataclass(frozen=True)
class Bound:
    """What nobody can do better, by the portal's own rules.

    Attributes:
        requests: full batches of 50 commands of 50 rows.
        operating: seconds of server time for the pages alone, uncounted. A full page does not tell that it
            is the last, so a list needs a page that is not full.
        wall: seconds: the bucket lets no more requests through, and a batch takes its time.
    """

    requests: int
    operating: float
    wall: float


def bound_of(workload: Workload, rows: int) -> Bound:
    """The lower bound for ``rows`` rows."""
    pages = ceil(rows / 50)
    requests = ceil(pages / 50) + ceil(workload.related / 50)
    last = workload.task not in ("by_ids", "newest") and rows % 50 == 0
    operating = (pages + last + workload.related) * PAGE_SECONDS
    if not workload.limited:
        return Bound(requests, operating, 0.0)
    burst, per_second = BUCKETS[workload.plan]
    bucket = max(0.0, (requests - burst) / per_second)
    batch = min(pages, 50) * PAGE_SECONDS + OVERHEAD_SECONDS
    return Bound(requests, operating, bucket + batch)
