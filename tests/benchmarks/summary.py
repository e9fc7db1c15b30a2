"""The summary: what a reader of the page gets in ten seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from tests.benchmarks.table import Measured, Shown

__all__ = ["summary"]

Figure = Literal["wall", "operating", "memory"]

PEERS: Final = ("fast_bitrix24", "b24pysdk", "b24api")
"""The other clients; a client's ways of reading begin with its name."""


@dataclass(frozen=True)
class _Line:
    """A line of the summary.

    Attributes:
        task: the name of the task.
        figure: what of it is compared.
        label: how the line begins.
    """

    task: str
    figure: Figure
    label: str


_LINES: Final = (
    _Line("50,000 deals under limits", "wall", "50,000 deals under the limits of a portal"),
    _Line("500,000 deals under limits", "wall", "500,000 deals under the limits of a portal"),
    _Line("500,000 deals on an Enterprise portal", "wall", "500,000 deals from an Enterprise portal"),
    _Line("500,000 deals, 6 columns", "wall", "500,000 deals from a portal without limits"),
    _Line("10,000 deals by id", "wall", "10,000 deals by id"),
    _Line("the 100 of 50,000 deals changed last", "operating", "Server time for the 100 deals changed last"),
    _Line("500,000 deals, all columns", "memory", "Memory for 500,000 deals with all columns"),
)


def summary(results: Sequence[Shown]) -> str:
    """A small table of the tasks that tell most, and who was quicker than b24orm at what."""
    tasks = {shown.name: shown for shown in results}
    lines = ["| | b24orm |" + "".join(f" {peer} |" for peer in PEERS), "|---|" + "---:|" * (1 + len(PEERS))]
    lines += [_row(line, tasks[line.task]) for line in _LINES if line.task in tasks]
    return "\n".join(lines) + "\n\n" + " ".join(filter(None, [_least(tasks), _quicker(results)]))


def _row(line: _Line, shown: Shown) -> str:
    ours = shown.measured[0]
    own: float = getattr(ours, line.figure)
    mine = "failed" if ours.error else f"{own:.0f} MB" if line.figure == "memory" else _seconds(own)
    cells = [mine, *(_times(shown, peer, line.figure) for peer in PEERS)]
    return f"| {line.label} | {' | '.join(cells)} |"


def _seconds(wall: float) -> str:
    return f"{wall:.0f} s" if wall >= 10 else f"{wall:.1f} s" if wall >= 1 else f"{wall:.2f} s"


def _times(shown: Shown, peer: str, figure: Figure) -> str:
    """How many times our figure a client needed, by the best of its ways."""
    ways = [one for one in shown.measured if one.client.split()[0] == peer]
    if not ways:
        return "-"
    ratio = _ratio(shown.measured[0], ways, figure)
    return "failed" if ratio is None else f"{ratio:.0f}x" if ratio >= 10 else f"{ratio:.1f}x"


def _ratio(ours: Measured, ways: Sequence[Measured], figure: Figure) -> float | None:
    whole = [getattr(one, figure) for one in ways if one.error is None and one.different == ours.different]
    own: float = getattr(ours, figure)
    return min(whole) / own if whole and own else None


def _least(tasks: dict[str, Shown]) -> str:
    """What the limits leave nobody less than."""
    bounds = {tasks[line.task].bound.wall: line.task for line in _LINES if line.task in tasks}
    longest = max(bounds, default=0.0)
    if not longest:
        return ""
    rows = bounds[longest].removesuffix(" under limits")
    return f"The limits leave no client less than {_seconds(longest)} for {rows}."


def _quicker(results: Sequence[Shown]) -> str:
    """The tasks at which another client took less time than b24orm."""
    found: list[str] = []
    for shown in results:
        for peer in PEERS:
            ways = [one for one in shown.measured if one.client.split()[0] == peer]
            ratio = _ratio(shown.measured[0], ways, "wall")
            if ratio is not None and round(ratio, 1) < 1:
                found.append(f"{shown.name} ({peer}, {ratio:.1f}x)")
    if not found:
        return "No client was quicker than b24orm at any task."
    return f"Quicker than b24orm: {', '.join(found)}."
