"""``iterator()`` reads a table of any length in the same memory."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from b24orm.emulator import LocalPortal

READER = """
import gc, sys
from b24orm import connect
from b24orm.models import Deal

connect(sys.argv[1], plan="unlimited", progress=False)
deals = Deal.objects.filter(id__lte=int(sys.argv[2]))
if sys.argv[4] == "three":
    deals = deals.only("title", "stage_id", "opportunity")
rows = list(deals) if sys.argv[3] == "kept" else deals.iterator()
print(sum(1 for _ in rows))
with open("/proc/self/status") as status:
    print(next(line.split()[1] for line in status if line.startswith("VmHWM")))
"""
MARGIN = 8_000
"""Kilobytes that two runs of the same program may differ by."""

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux' /proc")


@pytest.fixture(scope="module")
def depot() -> Iterator[LocalPortal]:
    """A portal of two hundred thousand deals."""
    with LocalPortal(deals=200_000, companies=0, contacts=0) as portal:
        yield portal


@cache
def peak(portal: LocalPortal, rows: int, how: str, columns: str = "three") -> int:
    """Kilobytes at the most, in a process that reads so many rows and does nothing else.

    The kernel's own mark of the new process; ``ru_maxrss`` would begin with the parent's.
    """
    arguments = [sys.executable, "-c", READER, portal.url, str(rows), how, columns]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True, timeout=110)
    read, used = done.stdout.split()
    assert int(read) == rows
    return int(used)


def test_ten_times_the_rows_take_no_more_memory(depot: LocalPortal) -> None:
    assert peak(depot, 200_000, "streamed") - peak(depot, 20_000, "streamed") < MARGIN


def test_two_hundred_thousand_rows_take_less_than_120_mb_with_python_itself(depot: LocalPortal) -> None:
    assert peak(depot, 200_000, "streamed") < 120_000


def test_rows_of_all_columns_take_less_than_150_mb_with_python_itself(depot: LocalPortal) -> None:
    assert peak(depot, 100_000, "streamed", "all") < 150_000


def test_the_measure_notices_rows_that_are_kept(depot: LocalPortal) -> None:
    assert peak(depot, 40_000, "kept") - peak(depot, 20_000, "kept") > MARGIN
