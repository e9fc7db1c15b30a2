"""A bulk job in a process of its own, to be killed: ``python job.py URL JOURNAL COUNT``."""

from __future__ import annotations

import sys

from b24orm import RateLimits, connect
from b24orm.models import Deal


def main(url: str, journal: str, count: int) -> None:
    connect(url, plan=RateLimits(1_000_000, None, None, request_limit=0.5), progress=False, timeout=5)
    rows = (Deal(title=f"t{number:04}") for number in range(count))
    for result in Deal.objects.stream_create(rows, idempotency="origin", journal=journal):
        sys.stdout.write(f"{result.item.title} {result.id} {result.error or ''}\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
