"""One client, one task, in a process of its own: ``python -m tests.benchmarks.run CLIENT``.

The task comes as JSON on standard input; what was measured goes to standard output as JSON.
"""

from __future__ import annotations

import json
import logging
import resource
import sys
import time
import warnings
from importlib import import_module
from pathlib import Path

from tests.benchmarks.clients import CLIENTS, MODULES


def main() -> None:
    """Runs the task and prints wall and CPU seconds, peak memory and the number of rows."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    task = json.loads(sys.stdin.read())
    work = CLIENTS[sys.argv[1]]
    for module in MODULES[sys.argv[1]]:  # starting Python is not what is measured
        import_module(module)
    began, cpu = time.perf_counter(), time.process_time()
    try:
        rows, different = work(task)
        error = None
    except Exception as failure:  # a client that can't do the task is a result too
        rows, different, error = 0, 0, f"{type(failure).__name__}: {failure}"[:200]
    print(
        json.dumps(
            {
                "wall": time.perf_counter() - began,
                "cpu": time.process_time() - cpu,
                "memory": _peak(),
                "rows": rows,
                "different": different,
                "error": error,
            }
        )
    )


def _peak() -> float:
    """Megabytes that this process held at the most; ``ru_maxrss`` may begin with the parent's."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    mark = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(mark.split()[1]) / 1024


if __name__ == "__main__":
    main()
