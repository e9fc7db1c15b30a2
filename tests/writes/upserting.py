"""An upsert in a process of its own, to be killed: ``python -m tests.writes.upserting URL JOURNAL COUNT``."""

from __future__ import annotations

import sys

from b24orm import RateLimits, connect
from b24orm.models import Deal


def main(url: str, journal: str, count: int) -> None:
    connect(url, plan=RateLimits(1_000_000, None, None, request_limit=0.5), progress=False, timeout=5)
    rows = (Deal(origin_id=f"A{number:05}", title="x") for number in range(count))
    Deal.objects.bulk_upsert(rows, key="origin_id", journal=journal)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
