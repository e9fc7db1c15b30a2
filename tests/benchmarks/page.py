"""The documentation page: a summary, how it was measured, and the tables."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import datetime, timezone
from importlib.metadata import version

from b24orm import __version__
from tests.benchmarks.summary import PEERS, summary
from tests.benchmarks.table import Shown, rendered
from tests.benchmarks.workloads import PATIENCE

__all__ = ["page"]

_PAGE = """# Performance

b24orm's figure, and how many times of it the other clients need, each by the best of its ways:

{summary}

Tasks under limits are the nearest to a portal in the cloud. The others show what a client costs when the portal answers
at once.

## How it was measured

`python -m tests.benchmarks{arguments}` printed these tables on {date}, on a machine with {cores} cores,
Python {python}: {versions}.
With `--save docs/performance.md` the command rewrites this page. `--only TEXT --keep FILE` adds single tasks to a
file, and `--save` then shows all that the file holds.

Each client does the same work on the same local portal, one after the other, each in a process of its own. The portal
runs in another process and speaks https, because one of the clients speaks nothing else. Clients import their modules
before the clock starts. b24orm makes typed, validated models; the others make dicts. A client that was not done after
{patience:.0f} seconds was stopped.

| Column | What it means |
|---|---|
| wall s | seconds until the last row was there |
| CPU s | processor seconds of the client |
| peak MB | the most memory that the client's process held |
| requests | HTTP requests that reached the portal |
| server s | seconds that the portal's methods worked, by its cost model: 20 ms a page, 1 microsecond for each row that a COUNT visits |
| in brackets | how many times b24orm's figure |

The *lower bound* is what the portal's rules leave to a client that sends full batches: 50 pages of 50 rows each, all at
once, pages without a count, the last of them not full. Under limits it is the time that the bucket of requests takes
(50 at once, then 2 a second; on an Enterprise portal 250, then 5) and that one batch takes. b24orm sends a short scan
in more and smaller batches while the bucket has room, and so may come out below it. An Enterprise portal would take all
200 batches of 500,000 deals at the same moment; b24orm has 48 under way at most, for their rows need memory.

Without limits the wall time is mostly the portal's own work on this machine. It varies from run to run; the numbers of
requests and server seconds do not.

## All tasks

{tables}
## Other figures

`python -m tests.benchmarks.rows` prints what the ways from bytes to validated rows cost, and
`python -m tests.benchmarks.emulator` what the local portal itself costs. `python -m tests.benchmarks.typing`
prints what the types cost in an editor: see [Types in your editor](how-to/type-checking.md).
"""


def page(results: Sequence[Shown], arguments: Sequence[str]) -> str:
    """The page that shows the results and says how they were made."""
    return _PAGE.format(
        summary=summary(results),
        arguments="".join(f" {argument}" for argument in arguments),
        date=datetime.now(timezone.utc).date().isoformat(),
        cores=os.cpu_count(),
        python=platform.python_version(),
        versions=", ".join([f"b24orm {__version__}", *(f"{name} {version(name)}" for name in PEERS)]),
        tables=rendered(results),
        patience=PATIENCE,
    )
