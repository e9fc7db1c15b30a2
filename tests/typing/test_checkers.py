"""mypy and pyright accept good user code and refuse every mistake in the bad one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.typing.checkers import by_mypy, by_pyright, clean

HERE = Path(__file__).parent
FILES = ("good.py", "bad.py", "ten_models.py")


@pytest.mark.timeout(300)
def test_mypy_says_what_it_should() -> None:
    done = by_mypy(*(HERE / name for name in FILES))

    assert done.returncode == 0, done.stdout


@pytest.mark.timeout(300)
def test_pyright_says_what_it_should(tmp_path: Path) -> None:
    report = by_pyright(tmp_path, *(HERE / name for name in FILES))

    assert (report["summary"]["filesAnalyzed"], clean(report)) == (len(FILES), [])
