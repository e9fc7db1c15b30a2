"""The wheel that is built from the repository: what is in it, and that it works when installed."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import b24orm
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def names(wheel: Path) -> list[str]:
    """The names of the files in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def _python(installed: Path, code: str, cwd: Path) -> str:
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, env=environment, capture_output=True, text=True, check=True
    )
    return run.stdout.strip()


def test_it_is_named_after_the_version(wheel: Path) -> None:
    assert wheel.name == f"b24orm-{b24orm.__version__}-py3-none-any.whl"


def test_it_tells_type_checkers_to_read_it(names: list[str]) -> None:
    assert "b24orm/py.typed" in names


def test_it_holds_every_module(names: list[str]) -> None:
    modules = {str(path.relative_to(ROOT).as_posix()) for path in (ROOT / "b24orm").rglob("*.py")}
    assert {name for name in names if name.endswith(".py")} == modules


def test_it_holds_nothing_but_the_package(names: list[str]) -> None:
    assert {name.partition("/")[0] for name in names} == {"b24orm", f"b24orm-{b24orm.__version__}.dist-info"}


@pytest.mark.parametrize(
    ("group", "name", "place"),
    [("console_scripts", "b24orm", "b24orm.cli:main"), ("pytest11", "b24orm", "b24orm.testing")],
)
def test_it_announces_its_entry_points(
    installed: Path, tmp_path: Path, group: str, name: str, place: str
) -> None:
    code = (
        "from importlib.metadata import distribution as d;"
        f"print([e.value for e in d('b24orm').entry_points if (e.group, e.name) == ({group!r}, {name!r})])"
    )
    assert _python(installed, code, tmp_path) == str([place])


def test_it_runs_where_it_is_installed(installed: Path, tmp_path: Path) -> None:
    code = "import b24orm.cli; b24orm.cli.main(['demo', '--deals', '5'])"
    assert "What to type next:" in _python(installed, code, tmp_path)
