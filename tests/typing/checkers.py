"""Runs mypy and pyright on files, as users do."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

__all__ = ["by_mypy", "by_pyright", "clean"]

_SETTINGS = {
    "extraPaths": [str(ROOT)],
    "typeCheckingMode": "strict",
    "enableTypeIgnoreComments": False,
    "reportUnnecessaryTypeIgnoreComment": "error",
    "reportUnknownMemberType": False,  # what follows from the mistakes that are made on purpose
    "reportUnknownVariableType": False,
    "reportDeprecated": False,  # the documentation advises against what it has another method for
}


def by_mypy(*files: Path) -> subprocess.CompletedProcess[str]:
    """``mypy --strict`` on files; an ignore that is not needed is an error."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--strict", "--warn-unused-ignores"),
            *("--enable-error-code", "unused-awaitable", "--follow-imports", "silent"),
            *map(str, files),
        ],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )


def by_pyright(folder: Path, *files: Path) -> dict[str, Any]:
    """What pyright says of files, as its JSON report; they are checked from a folder of their own."""
    (folder / "pyrightconfig.json").write_text(json.dumps(_SETTINGS), encoding="utf-8")
    for file in files:
        if file.parent != folder:
            shutil.copy(file, folder)
    command = ["pyright", "--pythonpath", sys.executable, "--project", str(folder), "--outputjson"]
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False)
    return dict(json.loads(done.stdout))


def clean(report: dict[str, Any]) -> Sequence[str]:
    """The complaints of a report, one a line."""
    return [
        f"{Path(told['file']).name}:{told['range']['start']['line'] + 1}: {told['message']}"
        for told in report["generalDiagnostics"]
    ]
