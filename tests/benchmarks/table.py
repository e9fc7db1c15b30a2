"""The table: each client's figures, and how many times ours they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.benchmarks.workloads import Bound

__all__ = ["Measured", "rendered"]

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


def rendered(results: Mapping[str, Sequence[Measured]], bounds: Mapping[str, Bound]) -> str:
    """The results as Markdown, a table a task; in brackets: times b24orm's figure."""
    parts: list[str] = []
    for name, measured in results.items():
        ours = measured[0]
        bound = bounds[name]
        lines = [f"### {name}", "", _HEAD]
        lines += [_line(one, ours) for one in measured]
        wall = f"{bound.wall:.2f}" if bound.wall else "-"
        lines.append(
            f"| *lower bound* | {ours.rows:,} | {wall} | - | - | {bound.requests:,} | {bound.operating:.2f} |"
        )
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _line(one: Measured, ours: Measured) -> str:
    if one.error is not None:
        why = one.error.replace("|", "/")
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
