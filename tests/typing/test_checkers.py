"""mypy and pyright accept good user code and refuse every mistake in the bad one."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
FILES = ("good.py", "bad.py", "ten_models.py")


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


def by_pyright(name: str, folder: Path) -> dict[str, Any]:
    """What pyright says of a file, as its JSON report; the file is checked from a folder of its own."""
    settings = {
        "extraPaths": [str(ROOT)],
        "typeCheckingMode": "strict",
        "enableTypeIgnoreComments": False,
        "reportUnnecessaryTypeIgnoreComment": "error",
        "reportUnknownMemberType": False,  # what follows from the mistakes that are made on purpose
        "reportUnknownVariableType": False,
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    shutil.copy(HERE / name, folder)
    done = checked("pyright", "--pythonpath", sys.executable, "--project", str(folder), "--outputjson")
    return dict(json.loads(done.stdout))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", FILES)
def test_pyright_says_what_it_should(name: str, tmp_path: Path) -> None:
    report = by_pyright(name, tmp_path)

    assert (report["summary"]["filesAnalyzed"], report["generalDiagnostics"]) == (1, [])
    assert report["summary"]["timeInSec"] < 30
