"""The table as text: a line a cell, or a Markdown table with a column an operation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tests.faults.operations import OPERATIONS
from tests.faults.table import WHEN, Cell, problems

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


def outcomes(table: str) -> dict[tuple[str, str], frozenset[str]]:
    """The errors that a Markdown table shows, by the name of its row and of its column."""
    rows = [
        [part.strip() for part in row.strip().strip("|").split("|")]
        for row in table.splitlines()
        if row.startswith("|")
    ]
    return {
        (row[0], name): frozenset(re.findall(r"[A-Z]\w+", shown))
        for row in rows[2:]
        for name, shown in zip(rows[0][1:], row[1:], strict=True)
        if shown
    }
