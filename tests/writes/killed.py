"""A bulk write in a process of its own, to be killed: ``python -m tests.writes.killed HOW URL JOURNAL COUNT``."""

from __future__ import annotations

import sys

from b24orm import RateLimits, connect
from b24orm.models import Deal


def main(how: str, url: str, journal: str, count: int) -> None:
    connect(url, plan=RateLimits(1_000_000, None, None, request_limit=2.0), progress=False, timeout=5)
    rows = (Deal(origin_id=f"A{number:05}", title=f"t{number:05}") for number in range(count))
    if how == "upsert":
        results = Deal.objects.stream_upsert(rows, key="origin_id", journal=journal)
    else:
        results = Deal.objects.stream_create(rows, journal=journal)
    for result in results:
        sys.stdout.write(f"{result.item.title} {result.outcome} {result.id}\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
