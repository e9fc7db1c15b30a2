"""What a portal has of its own is known to type checkers: good code passes, each mistake is found."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.typing.checkers import by_mypy, by_pyright, clean

CODE = Path(__file__).parent / "user_code.py"


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A folder with the reflected module and the code that uses it."""
    for source in (made, CODE):
        shutil.copy(source, tmp_path)
    return tmp_path


@pytest.mark.timeout(300)
def test_mypy_knows_the_portal(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MYPYPATH", str(folder))
    done = by_mypy(folder / CODE.name, folder / "mine.py")

    assert done.returncode == 0, done.stdout


@pytest.mark.timeout(300)
def test_pyright_knows_the_portal(folder: Path) -> None:
    report = by_pyright(folder)

    assert (report["summary"]["filesAnalyzed"], clean(report)) == (2, [])
