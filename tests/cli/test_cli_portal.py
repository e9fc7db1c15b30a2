"""``b24orm portal`` serves until it is told to stop."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

import b24orm
from b24orm.cli import main

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")


class Running:
    """The command in a process of its own, up to the line that says how to stop it."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "b24orm", "portal", *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.output: IO[str] = self.process.stdout  # type: ignore[assignment]
        self.greeting = ""
        for line in self.output:
            self.greeting += line
            if line.startswith("Ctrl-C"):
                return
        raise AssertionError(f"the portal ended early: {self.greeting}")

    @property
    def webhook(self) -> str:
        found = re.search(r"webhook +(\S+)", self.greeting)
        assert found, self.greeting
        return found[1]

    def stop(self, how: signal.Signals = signal.SIGINT) -> tuple[int, str]:
        """The exit code, and what it said at the end."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        said, _ = self.process.communicate(timeout=20)
        return self.process.returncode, said


@pytest.fixture
def started() -> Iterator[Any]:
    """Starts the command with some arguments; it is stopped after the test."""
    running: list[Running] = []

    def start(*arguments: str) -> Running:
        running.append(Running(*arguments))
        return running[-1]

    yield start
    for each in running:
        each.stop(signal.SIGKILL)


def test_its_webhook_answers(started: Any) -> None:
    with b24orm.connect(started("--deals", "30").webhook, plan="unlimited") as portal:
        assert len(portal.get_all("crm.deal.list", {"select": ["ID"]})) == 30


def test_it_says_what_it_holds_and_enforces(started: Any) -> None:
    greeting = started("--deals", "8", "--plan", "enterprise").greeting
    assert re.findall(r"(?:holds|limits) +(.*)", greeting) == [
        "8 deals, 1 company, 2 contacts, 20 users",
        "enterprise plan, no latency",
    ]


def test_it_holds_what_else_is_asked_for(started: Any) -> None:
    wanted = ("--leads", "4", "--tasks", "3", "--activities", "2", "--invoices", "1")
    greeting = started("--deals", "8", *wanted).greeting
    assert "20 users, 4 leads, 3 tasks, 2 activities, 1 invoice\n" in greeting


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_well(started: Any, how: signal.Signals) -> None:
    code, said = started("--deals", "1").stop(how)
    assert (code, said) == (0, "\nStopped after 0 requests.\n")


def test_a_file_keeps_the_rows(started: Any, tmp_path: Path) -> None:
    first = started("--deals", "5", "--file", str(tmp_path / "portal.sqlite"))
    with b24orm.connect(first.webhook, plan="unlimited") as portal:
        portal.call("crm.deal.add", {"fields": {"TITLE": "Kept"}})
    first.stop()
    again = started("--file", str(tmp_path / "portal.sqlite"))
    assert "holds    6 deals" in again.greeting


def test_a_taken_port_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code = main(["portal", "--deals", "0", "--port", str(taken.getsockname()[1])])
    assert (code, capsys.readouterr().err.startswith("b24orm: error: ")) == (1, True)


def test_a_place_that_can_not_be_written_is_an_error(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    place = tmp_path / "missing" / "portal.sqlite"
    code = main(["portal", "--file", str(place)])
    assert (code, capsys.readouterr().err.partition(f"can't keep a portal in {place}: ")[1] != "") == (
        1,
        True,
    )
