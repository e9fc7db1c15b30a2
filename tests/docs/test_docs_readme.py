"""What README.md tells a newcomer to type is what the checks run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from b24orm import facts
from tests.docs.blocks import PAGES, ROOT, blocks, name_of

README = ROOT / "README.md"
RUN = ROOT / ".ci" / "run"

COMMANDS = [block.text.strip() for block in blocks(README) if block.language == "sh"]


def test_there_are_two_commands_to_set_up() -> None:
    assert [command.rpartition("/")[2] for command in COMMANDS] == [
        "b24orm demo",
        "python -m pytest -n auto --dist worksteal",
    ]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_needs_nothing_but_python(command: str) -> None:
    assert command.startswith("python3 -m venv .venv && .venv/bin/pip install ")


def test_the_checks_run_the_test_command() -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("needs bash")
    script = RUN.read_text(encoding="utf-8")
    function = script[script.index("test_command() {") :].partition("\n}\n")[0] + "\n}\ntest_command"
    said = subprocess.run([bash, "-c", function], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == COMMANDS[1]


def test_the_checks_can_be_started_by_name() -> None:
    assert os.access(RUN, os.X_OK)


def test_the_number_of_entities_is_right() -> None:
    said = [int(number) for number in re.findall(r"(\d+) entities", README.read_text(encoding="utf-8"))]
    assert said == [len(facts.names())]


def test_it_is_short() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 150


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []
