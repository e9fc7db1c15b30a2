"""What the local portal itself costs: ``python -m tests.benchmarks.emulator``."""

from __future__ import annotations

import json
import statistics
import time
import urllib.request
from typing import Final

from b24orm.emulator import LocalPortal
from tests.benchmarks.workloads import SIX

DEALS: Final = 100_000
ROUNDS: Final = 15


def main() -> None:
    """Prints how long a portal with 100,000 deals takes to be ready, and a full batch of its CPU."""
    began = time.perf_counter()
    with LocalPortal(deals=DEALS) as portal:
        print(f"{DEALS:,} deals are ready in {time.perf_counter() - began:.2f} s")
        select = "&".join(f"select[{number}]={name}" for number, name in enumerate(SIX))
        seconds = []
        for _ in range(ROUNDS):
            commands = {
                f"c{number}": f"crm.deal.list?start=-1&order[ID]=ASC&filter[%3EID]={number * 50}&{select}"
                for number in range(50)
            }
            body = json.dumps({"halt": 0, "cmd": commands}).encode()
            request = urllib.request.Request(
                f"{portal.url}batch", data=body, headers={"Content-Type": "application/json"}
            )
            cpu = time.process_time()
            with urllib.request.urlopen(request) as answer:
                answer.read()
            seconds.append(time.process_time() - cpu)
    print(f"a batch of 2,500 rows of six columns takes {statistics.median(seconds) * 1000:.0f} ms of CPU,")
    print("with the client that reads it")


if __name__ == "__main__":
    main()
