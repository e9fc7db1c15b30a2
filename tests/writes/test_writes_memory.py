"""A bulk write of any length takes the same memory: items are taken, sent and let go of."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

HERE: Final = Path(__file__).parent
ENVIRONMENT: Final = {**os.environ, "PYTHONPATH": str(HERE.parents[1])}
FEW: Final = 25_000
MARGIN: Final = 8_000
"""Kilobytes that two runs of the same program may differ by."""

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux' /proc")


def peak(how: str, count: int) -> int:
    """Kilobytes at the most, in a process that writes so many items and does nothing else."""
    command = [sys.executable, "-W", "ignore::ResourceWarning", str(HERE / "heap.py"), how, str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=230, env=ENVIRONMENT)
    told, written, used = map(int, done.stdout.split())
    assert (told, written) == (count, count)
    return used


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("how", "many"), [("create", 120_000), ("update", 75_000), ("delete", 75_000), ("upsert", 75_000)]
)
def test_many_times_the_items_take_no_more_memory(how: str, many: int) -> None:
    assert peak(how, many) - peak(how, FEW) < MARGIN


def test_the_measure_notices_items_that_are_kept() -> None:
    assert peak("kept", FEW) - peak("create", FEW) > MARGIN
