"""The tables: each client's figures, and how many times ours they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.benchmarks.workloads import Bound

__all__ = ["Measured", "Shown", "rendered"]

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
