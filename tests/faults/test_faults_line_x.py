"""Every operation over a bad line: the right answer or an error of ours, and the store says the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from b24orm.errors import B24Error
from b24orm.loop import background
from b24orm.orm.results import WriteErrors
from tests.faults.line import BadLine
from tests.faults.operations import OPERATIONS, Operation
from tests.faults.stage import open_sockets, settled, stage
from tests.faults.table import _synchronously

SEEDS = range(5, 40)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_whatever_the_line_does_nothing_is_doubled_and_nothing_told_that_is_not(
    tmp_path: Path, operation: Operation, seed: int
) -> None:
    background()
    sockets = open_sockets()
    scene = stage(tmp_path)
    operation.prepare(scene)
    with BadLine(scene.portal.port, seed, scene.meet) as line:
        scene.who = scene.portal.url.replace(f":{scene.portal.port}/", f":{line.port}/")
        answer, tasks = _synchronously(operation, scene, 0.6)
    verdict = operation.judge(scene, answer)
    scene.portal.stop()
    left = settled(lambda: open_sockets() - sockets)
    if isinstance(answer, BaseException):
        assert isinstance(answer, (B24Error, WriteErrors))
    assert (verdict.doubled, verdict.false, tasks, left) == (0, 0, 0, 0), answer


def test_the_line_is_bad_enough(tmp_path: Path) -> None:
    """Some operation of each seed meets a flaw, or the test above would prove nothing."""
    met = []
    for seed in SEEDS:
        scene = stage(tmp_path)
        with BadLine(scene.portal.port, seed, scene.meet) as line:
            scene.who = scene.portal.url.replace(f":{scene.portal.port}/", f":{line.port}/")
            for operation in OPERATIONS[:4]:
                _synchronously(operation, scene, 0.6)
        scene.portal.stop()
        met.append(scene.struck)
    assert sum(met) >= 3
