"""The portal under test, in a process of its own: ``python -m tests.benchmarks.portal``."""

from __future__ import annotations

import json
import ssl
import sys
from math import ceil

from b24orm.emulator import CostModel, LocalPortal
from tests.benchmarks.workloads import COUNT_SECONDS, OVERHEAD_SECONDS, PAGE_SECONDS


def main() -> None:
    """Serves until standard input ends; each line asks for the sums since the one before."""
    options = json.loads(sys.argv[1])
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(options["certificate"], options["key"])
    costs = CostModel(page=PAGE_SECONDS, counted=COUNT_SECONDS, overhead=OVERHEAD_SECONDS, skipped=0.0)
    with LocalPortal(
        deals=options["deals"],
        sparse=options["sparse"],
        plan=options["plan"],
        latency=options["plan"] != "unlimited",
        costs=costs,
        tls=tls,
    ) as portal:
        ids = portal.store.ids("deal")
        sums = sorted(float(row["OPPORTUNITY"] or 0) for row in portal.store.rows("deal"))
        told = {
            "url": portal.url,
            "ids": ids[: 10 * 1000],
            "top": sums[-max(1, len(sums) // 100)],
            "related": _pages(portal, "COMPANY_ID") + _pages(portal, "ASSIGNED_BY_ID"),
        }
        print(json.dumps(told), flush=True)
        for _ in sys.stdin:
            stats = portal.stats
            sums_now = {
                "requests": stats.requests,
                "commands": stats.commands,
                "rejected": stats.rejected,
                "operating": round(stats.operating_seconds, 3),
            }
            print(json.dumps(sums_now), flush=True)
            stats.reset()


def _pages(portal: LocalPortal, field: str) -> int:
    """Pages of 50 that the rows fill to which the deals point."""
    keys = {str(row[field]) for row in portal.store.rows("deal")} - {"", "0", "None"}
    return ceil(len(keys) / 50)


if __name__ == "__main__":
    main()
