"""mypy and pyright accept good user code and refuse every mistake in the bad one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
FILES = ("good.py", "bad.py")


def checked(*command: str) -> subprocess.CompletedProcess[str]:
    """A checker's run from the repository."""
    return subprocess.run(
        [sys.executable, "-m", *command], capture_output=True, text=True, cwd=ROOT, check=False
    )


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", FILES)
def test_mypy_says_what_it_should(name: str) -> None:
    done = checked("mypy", "--strict", "--warn-unused-ignores", str(HERE / name))

    assert done.returncode == 0, done.stdout


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", FILES)
def test_pyright_says_what_it_should(name: str, tmp_path: Path) -> None:
    settings = {
        "include": [str(HERE / name)],
        "extraPaths": [str(ROOT)],
        "typeCheckingMode": "strict",
        "enableTypeIgnoreComments": False,
        "reportUnnecessaryTypeIgnoreComment": "error",
        "reportUnusedExpression": False,
    }
    config = tmp_path / "pyrightconfig.json"
    config.write_text(json.dumps(settings), encoding="utf-8")
    done = checked("pyright", "--pythonpath", sys.executable, "--project", str(config))

    assert done.returncode == 0, done.stdout
