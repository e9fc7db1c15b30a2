"""The table: each client's figures, and how many times ours they are."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib.metadata import version

from b24orm import __version__
from tests.benchmarks.workloads import PATIENCE, Bound

__all__ = ["Measured", "Shown", "page", "rendered"]

_SHOWN = 90
"""Characters of an error that a table shows."""
_HEAD = (
    "| client | rows | wall s | CPU s | peak MB | requests | server s |\n|---|---:|---:|---:|---:|---:|---:|"
)


@dataclass(frozen=True)
class Measured:
    """What one client took for one task."""

    client: str
    wall: float
    cpu: float
    memory: float
    requests: int
    operating: float
    rows: int
    different: int
    error: str | None = None


@dataclass(frozen=True)
class Shown:
    """One task's results.

    Attributes:
        name: of the task.
        measured: the clients' figures, b24orm's first.
        bound: what the portal's rules let nobody beat with full batches.
    """

    name: str
    measured: Sequence[Measured]
    bound: Bound


_PAGE = """# Performance

The tables below were printed by `python -m tests.benchmarks{arguments}` on {date}, on a machine
with {cores} cores, Python {python}: {versions}.
The command rewrites this page with `--save docs/performance.md`. Tasks may be run one by one:
`--only TEXT --keep FILE` adds what it measures to a file, and `--save` shows all that the file holds.

Each client does the same work on the same local portal, one after the other, each in a process of
its own. The portal runs in another process and speaks https, because one of the clients speaks
nothing else. Clients import their modules before the clock starts. b24orm makes typed, validated
models; the others make dicts.

- **wall s**: seconds until the last row was there.
- **CPU s**: processor seconds of the client.
- **peak MB**: the most memory that the client's process held.
- **requests**: HTTP requests that reached the portal.
- **server s**: seconds that the portal's methods worked, by its cost model: 20 ms a page,
  1 microsecond for each row that a COUNT visits.
- In brackets: how many times b24orm's figure.
- **lower bound**: what the portal's rules let nobody beat who sends full batches: 50 pages of 50
  rows each, all at once, pages without a count, the last of them not full; under limits, the time
  that the bucket of requests takes (50 at once, then 2 a second) and that one batch takes. b24orm
  sends a short scan in more and smaller batches while the bucket has room, and so may come out
  below it.

A client that was not done after {patience:.0f} seconds was stopped.

Without limits the portal answers at once, so the wall time there is mostly the portal's own work on
this machine. Figures vary from run to run, most of all the wall time; the numbers of requests and
server seconds do not. Where a client is missing in a table, it was not run.

{tables}
## Other figures

`python -m tests.benchmarks.rows` prints what the ways from bytes to validated rows cost, and
`python -m tests.benchmarks.emulator` what the local portal itself costs. `python -m tests.benchmarks.typing`
prints what the types cost in an editor: see [Types in your editor](how-to/type-checking.md).
"""


def page(results: Sequence[Shown], arguments: Sequence[str]) -> str:
    """The documentation page that shows the tables and says how they were made."""
    peers = ("fast_bitrix24", "b24pysdk", "b24api")
    return _PAGE.format(
        arguments="".join(f" {argument}" for argument in arguments),
        date=datetime.now(timezone.utc).date().isoformat(),
        cores=os.cpu_count(),
        python=platform.python_version(),
        versions=", ".join([f"b24orm {__version__}", *(f"{name} {version(name)}" for name in peers)]),
        tables=rendered(results),
        patience=PATIENCE,
    )


def rendered(results: Sequence[Shown]) -> str:
    """The results as Markdown, a table a task; in brackets: times b24orm's figure."""
    parts: list[str] = []
    for shown in results:
        ours, bound = shown.measured[0], shown.bound
        lines = [f"### {shown.name}", "", _HEAD]
        lines += [_line(one, ours) for one in shown.measured]
        wall = f"{bound.wall:.2f}" if bound.wall else "-"
        lines.append(
            f"| *lower bound* | {ours.rows:,} | {wall} | - | - | {bound.requests:,} | {bound.operating:.2f} |"
        )
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _line(one: Measured, ours: Measured) -> str:
    if one.error is not None:
        why = one.error.replace("|", "/")[:_SHOWN]
        return f"| {one.client} | failed: {why} | | | | {one.requests:,} | {one.operating:.2f} |"
    rows = f"{one.rows:,}" if one.rows == one.different else f"{one.rows:,} ({one.different:,} different)"
    cells = [
        _cell(one.wall, ours.wall, "{:.2f}"),
        _cell(one.cpu, ours.cpu, "{:.2f}"),
        _cell(one.memory, ours.memory, "{:.0f}"),
        _cell(one.requests, ours.requests, "{:,}"),
        _cell(one.operating, ours.operating, "{:.2f}"),
    ]
    return f"| {one.client} | {rows} | {' | '.join(cells)} |"


def _cell(value: float, ours: float, shown: str) -> str:
    ratio = f" ({value / ours:.1f}x)" if ours else ""
    return shown.format(value) + ratio
