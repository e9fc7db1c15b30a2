"""Every public name of the installed package has a type that all checkers agree on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.timeout(300)
def test_every_public_name_has_a_known_type(installed: Path, tmp_path: Path) -> None:
    command = ["pyright", "--pythonpath", sys.executable, "--verifytypes", "b24orm", "--ignoreexternal"]
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    done = subprocess.run(
        [sys.executable, "-m", *command, "--outputjson"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment,
        check=False,
    )
    report = json.loads(done.stdout)
    told = report["typeCompleteness"]
    vague = [
        f"{symbol['name']}: {problem['message']}"
        for symbol in told["symbols"]
        if symbol["isExported"] and not symbol["isTypeKnown"]
        for problem in symbol["diagnostics"]
        if problem["severity"] == "error"
    ]

    assert told["packageRootDirectory"].endswith(str(installed / "b24orm"))
    assert told["exportedSymbolCounts"]["withKnownType"] > 30_000
    assert (told["completenessScore"], vague[:20]) == (1, [])
