"""The command line itself: versions, help, mistakes, exit codes."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import b24orm
from b24orm.cli import main


def test_it_knows_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"b24orm {b24orm.__version__}\n"


@pytest.mark.parametrize("command", ["demo", "portal"])
def test_the_help_names_each_command(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    assert f"    {command} " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([], "required: COMMAND"),
        ([], "query a local portal, without an account"),
        (["demo", "extra"], "usage: b24orm demo "),
        (["diff", "https://a.b24.ru/rest/1/x/", "https://a.b24.ru/rest/1/secret/"], "a.b24.ru/rest/1/***/"),
        (["dmeo"], "invalid choice: 'dmeo'"),
        (["demo", "--deals", "many"], "a number of rows is an integer, not 'many'"),
        (["demo", "--deals", "-1"], "a number of rows can't be negative: -1"),
        (["portal", "--port", "70000"], "a port lies between 0 and 65535, not 70000"),
        (["portal", "--plan", "free"], "invalid choice: 'free'"),
        (["portal", "--latency", "nan"], "this takes a number from 0 on, not nan"),
        (["portal", "--latency", "slow"], "this takes a number such as 1 or 0.5, not 'slow'"),
    ],
)
def test_a_mistake_is_explained(given: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(given)
    assert told in capsys.readouterr().err


def test_digits_may_be_grouped(capsys: pytest.CaptureFixture[str]) -> None:
    main(["demo", "--deals", "1_0"])
    assert "holds 10 deals" in capsys.readouterr().out


def test_it_runs_as_a_module() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "b24orm", "--version"], capture_output=True, text=True, check=True
    )
    assert run.stdout == f"b24orm {b24orm.__version__}\n"


def test_the_version_is_told_without_loading_the_client() -> None:
    code = "import sys; from b24orm import cli; print('aiohttp' in sys.modules, 'pydantic' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "False False\n"


def _piped(command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A shell line in which ``b24orm`` is the command."""
    line = command.replace("b24orm", f"{sys.executable} -m b24orm")
    return subprocess.run(
        line, shell=True, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell line")
def test_a_reader_who_has_enough_is_no_error() -> None:
    assert _piped("b24orm demo --deals 10 | head -n 1").stderr == ""


def test_an_output_without_cyrillic_is_no_error() -> None:
    assert _piped("b24orm demo --deals 30", PYTHONIOENCODING="ascii").returncode == 0
