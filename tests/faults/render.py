"""The table as text: a line a cell, or a Markdown table with a column an operation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from tests.faults.operations import OPERATIONS, Group
from tests.faults.table import WHEN, Cell, fate_of, problems
from tests.faults.troubles import TROUBLES

HEAD = f"{'trouble':26}{'when':10}{'operation':19}{'outcome':24}" + "".join(
    f"{name:>9}" for name in ("requests", "retries", "doubled", "false", "seconds")
)


def line(cell: Cell) -> str:
    """One cell, and what is wrong with it if anything is."""
    plot = cell.plot
    text = f"{plot.trouble.name:26}{plot.when:10}{plot.operation.name:19}{cell.outcome:24}"
    text += f"{cell.requests:9}{cell.retries:9}{cell.doubled:9}{cell.false:9}{cell.seconds:9.1f}"
    return text + "".join(f"  <- {problem}" for problem in problems(cell))


def summary(cells: Sequence[Cell]) -> str:
    """All cells in a few words."""
    broken = sum(bool(problems(cell)) for cell in cells)
    right = sum(not cell.errors and not cell.false for cell in cells)
    return (
        f"{len(cells)} cells: {right} right answers, {len(cells) - right} typed errors, "
        f"{sum(cell.false for cell in cells)} rows told otherwise than they are, "
        f"{sum(cell.doubled for cell in cells)} rows doubled, "
        f"{sum(cell.tasks for cell in cells)} tasks and {sum(cell.sockets for cell in cells)} sockets left; "
        f"{broken} broken promises. They took {sum(cell.took for cell in cells):.0f} s."
    )


def markdown(cells: Iterable[Cell]) -> str:
    """The outcomes as a table: a row a trouble, a column an operation."""
    found = {(cell.plot.trouble.name, cell.plot.when, cell.plot.operation.name): cell for cell in cells}
    names = [operation.name for operation in OPERATIONS]
    lines = ["| Trouble | " + " | ".join(names) + " |", "| --- |" + " --- |" * len(names)]
    for trouble in dict.fromkeys(key[0] for key in found):
        for when in WHEN:
            row = [found.get((trouble, when, name)) for name in names]
            if any(row):
                shown = " | ".join("" if cell is None else _short(cell) for cell in row)
                lines.append(f"| {trouble}, {when} | {shown} |")
    return "\n".join(lines)


def _short(cell: Cell) -> str:
    outcome = ", ".join(sorted(cell.errors)) or ("right" if not cell.false else "WRONG")
    retries = f" +{cell.retries}" if cell.retries else ""
    return f"{outcome}{retries}"


GROUPS: Final[Mapping[Group, str]] = {
    "read": "Reads",
    "add": "New rows",
    "keyed": "New rows with keys",
    "repeatable": "Updates, deletions",
}


def asserted() -> str:
    """What each trouble must come to, as a Markdown table: troubles with the same end stand in one row."""
    lines = ["| Trouble | " + " | ".join(GROUPS.values()) + " |", "| --- |" + " --- |" * len(GROUPS)]
    for when in WHEN:
        rows: dict[tuple[str, ...], list[str]] = {}
        for trouble in TROUBLES:
            fate = fate_of(trouble, when)
            if fate is not None:
                rows.setdefault(tuple(_end(fate[group]) for group in GROUPS), []).append(trouble.name)
        lines += [f"| {when}: {'; '.join(names)} | {' | '.join(ends)} |" for ends, names in rows.items()]
    return "\n".join(lines)


def _end(errors: frozenset[str]) -> str:
    return " or ".join(sorted(errors)) or "right"
