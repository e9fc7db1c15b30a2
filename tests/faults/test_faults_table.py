"""The table of faults: in each cell the right answer or an error of ours, and nothing left behind.

``python -m tests.faults`` prints it.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.faults.operations import OPERATIONS
from tests.faults.table import Plot, play, plots, problems, undisturbed
from tests.faults.troubles import TROUBLES


@pytest.mark.parametrize("plot", list(plots("sync")), ids=str)
def test_a_cell_of_the_table(plot: Plot) -> None:
    assert problems(play(plot)) == []


@pytest.mark.parametrize("plot", list(plots("async")), ids=str)
def test_a_cell_of_the_table_for_asynchronous_code(plot: Plot) -> None:
    assert problems(play(plot)) == []


def test_every_operation_meets_every_trouble() -> None:
    cells = {(plot.trouble.name, plot.operation.name) for plot in plots("sync")}
    assert len(cells) == len(TROUBLES) * len(OPERATIONS)


def test_a_cell_that_breaks_its_promise_is_told() -> None:
    """The judge itself: a trouble that never ends is no right answer, and the check says so."""
    lasting = next(
        plot for plot in plots() if plot.trouble.name.startswith("502") and plot.when == "for good"
    )
    pretended = Plot(lasting.trouble, lasting.operation, "once")
    cell = play(lasting)
    assert problems(replace(cell, plot=pretended)) == ["ServerFailure instead of the right answer"]
    assert undisturbed(lasting.operation) > 0
