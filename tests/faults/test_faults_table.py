"""The table of faults: in each cell the right answer or an error of ours, and nothing left behind.

``python -m tests.faults`` prints it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from b24orm import Portal
from tests.faults.operations import OPERATIONS
from tests.faults.stage import stage
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


def test_a_row_that_was_doubled_or_lost_is_seen(tmp_path: Path) -> None:
    """The judge itself: it goes by the store, not by what the client says."""
    (create,) = (operation for operation in OPERATIONS if operation.name == "bulk_create")
    scene = stage(tmp_path)
    with Portal(scene.who, progress=False) as client:
        answer = create.run(client, scene)
        before = create.judge(scene, answer)
        scene.portal.store.insert("deal", {"TITLE": answer[0].item.title})
        scene.portal.store.delete("deal", answer[5].id)
        after = create.judge(scene, answer)
    scene.portal.stop()
    assert (before.doubled, before.false, after.doubled, after.false > 0) == (0, 0, 1, True)
