"""Two thousand adds over a bad line, by this client and by another one, compared with the store.

This client's process is killed twice on the way, and goes on by its journal. The other one is spared that.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from b24orm.emulator import Fault, LocalPortal

COUNT: Final = 2_000
KILLED_AT: Final = (600, 1_300)
"""Rows that are there when the process is killed."""
BAD_LINE: Final[Mapping[Any, float]] = {
    "reset_after": 0.1,  # a fifth of all answers is lost after the work was done
    "truncated_json": 0.05,
    Fault("hang", seconds=1.0): 0.05,
    "reset_before": 0.05,
    "rate_limited": 0.05,
    "unavailable": 0.03,
    "bad_gateway": 0.02,
}
RESETS: Final[Mapping[Any, float]] = {"reset_after": 0.2, "reset_before": 0.05, "unavailable": 0.05}
"""A kinder line: it loses as many answers, but only by resets, after which the other client goes on."""
SEED: Final = 3

_PROGRAMS: Final = Path(__file__).parents[1] / "writes"
_ENVIRONMENT: Final = {**os.environ, "PYTHONPATH": str(_PROGRAMS.parents[1])}


@dataclass(frozen=True)
class Told:
    """What a client did, and what it said of it.

    Attributes:
        client: its name.
        stored: rows on the portal.
        doubled: rows that were added more than once.
        lost: items without a row.
        silent: items of which nothing was said.
        false: items of which was said what is not so.
        kills: how often its process was killed.
        requests, faults: HTTP requests, and how many of them failed.
        seconds: from the beginning to the end.
        end: the last line that it wrote to standard error, if it failed.
    """

    client: str
    stored: int
    doubled: int
    lost: int
    silent: int
    false: int
    kills: int
    requests: int
    faults: int
    seconds: float
    end: str = ""

    def problems(self) -> list[str]:
        """What is not as promised."""
        counts = {name: getattr(self, name) for name in ("doubled", "lost", "silent", "false")}
        return [f"{count} {name}" for name, count in counts.items() if count]

    def line(self) -> str:
        """One line of the comparison."""
        text = f"{self.client:16}{self.stored:8}{self.doubled:9}{self.lost:6}{self.silent:8}{self.false:7}"
        text += f"{self.kills:7}{self.requests:10}{self.faults:8}{self.seconds:9.1f}"
        return f"{text}  {self.end}".rstrip()


@dataclass(frozen=True)
class Compared:
    """Both clients on the same work; the other one on a kinder line as well."""

    ours: Told
    theirs: Told
    spared: Told

    def lines(self) -> list[str]:
        """The comparison as text."""
        head = f"{'client':16}{'stored':>8}{'doubled':>9}{'lost':>6}{'silent':>8}{'false':>7}"
        head += f"{'kills':>7}{'requests':>10}{'faults':>8}{'seconds':>9}"
        lines = [told.line() for told in (self.ours, self.theirs, self.spared)]
        return [f"{COUNT:,} adds, a fifth of the answers lost", head, *lines]


def compared() -> Compared:
    """Both clients, each on a portal of its own behind the same line."""
    return Compared(ours(), theirs(BAD_LINE, "fast_bitrix24"), theirs(RESETS, "..., resets only"))


def ours() -> Told:
    """This client, with keys and a journal; killed twice, then left to finish."""
    with _portal(BAD_LINE) as portal, tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        command = [sys.executable, str(_PROGRAMS / "job.py"), portal.url, str(Path(folder, "journal"))]
        command.append(str(COUNT))
        for rows in KILLED_AT:
            _kill(command, portal, rows)
        last = subprocess.run(command, capture_output=True, text=True, check=False, env=_ENVIRONMENT)
        return _told("b24orm", portal, last, began, kills=len(KILLED_AT))


def theirs(line: Mapping[Any, float], name: str) -> Told:
    """fast_bitrix24, as its documentation shows it, undisturbed but for the line."""
    with _portal(line) as portal:
        began = time.perf_counter()
        command = [sys.executable, str(_PROGRAMS / "other.py"), portal.url, str(COUNT)]
        last = subprocess.run(command, capture_output=True, text=True, check=False)
        return _told(name, portal, last, began)


def _portal(line: Mapping[Any, float]) -> LocalPortal:
    portal = LocalPortal()
    portal.faults.random(line, seed=SEED)
    return portal


def _kill(command: Sequence[str], portal: LocalPortal, rows: int) -> None:
    """Starts a process and kills it once the portal has so many rows."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=_ENVIRONMENT) as job:
        while portal.store.count("deal") < rows:
            if job.poll() is not None:
                raise RuntimeError(f"the job ended by itself before there were {rows} rows")
            time.sleep(0.002)
        job.kill()  # SIGKILL


def _told(
    client: str,
    portal: LocalPortal,
    last: subprocess.CompletedProcess[str],
    began: float,
    *,
    kills: int = 0,
) -> Told:
    stored = portal.store.fetch("SELECT ID, TITLE FROM deal WHERE TITLE GLOB 't*'")
    there = Counter(row[1] for row in stored)
    ids = {(row[1], str(row[0])) for row in stored}
    wanted = [f"t{number:04}" for number in range(COUNT)]
    said = [line.split(" ", 2) for line in last.stdout.splitlines()]  # title, id, error
    heard = Counter(words[0] for words in said)
    false = sum(tuple(words[:2]) not in ids for words in said if len(words) > 1 and words[2:] in ([], [""]))
    return Told(
        client,
        stored=len(stored),
        doubled=sum(times - 1 for times in there.values()),
        lost=sum(title not in there for title in wanted),
        silent=sum(heard[title] != 1 for title in wanted),
        false=false,
        kills=kills,
        requests=portal.stats.requests,
        faults=portal.stats.faults,
        seconds=time.perf_counter() - began,
        end=(last.stderr.strip().splitlines() or [""])[-1][:70] if last.returncode else "",
    )
