"""What editors and type checkers wait for: ``python -m tests.benchmarks.typing``.

Prints the median and the best of a few runs, each in a fresh process.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from tests.conftest import ROOT
from tests.typing.lsp import LanguageServer

CODE: Final = ROOT / "tests" / "typing" / "ten_models.py"
HEAD: Final = "from b24orm import Q, connect\nfrom b24orm.models import Deal\n"
RUNS: Final = 3


def import_seconds(statement: str) -> float:
    """What a statement costs in a fresh interpreter that has imported aiohttp and pydantic."""
    code = f"import aiohttp, pydantic, time; t = time.perf_counter(); {statement}; print(time.perf_counter() - t)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(run.stdout)


def served(ask: Callable[[LanguageServer], object], *, warm: bool) -> float:
    """Seconds that a language server takes to answer; ``warm``: after it answered something else."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pyrightconfig.json").write_text(json.dumps({"extraPaths": [str(ROOT)]}), encoding="utf-8")
        with LanguageServer(folder) as server:
            if warm:
                server.completions(HEAD + "Deal.objects.filter(ti\u25ae)")
            begun = time.perf_counter()
            ask(server)
            return time.perf_counter() - begun


def checked(*command: str) -> float:
    """Seconds of a checker's run over the file of ten models."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-m", *command, str(CODE)], capture_output=True, cwd=ROOT, check=False)
    return time.perf_counter() - begun


def measured() -> Mapping[str, Callable[[], float]]:
    """What is measured, by its name."""
    text = CODE.read_text(encoding="utf-8")
    lookups = HEAD + "Deal.objects.filter(\u25ae)"
    return {
        "import b24orm": lambda: import_seconds("import b24orm"),
        "import b24orm; from b24orm.models import Deal": lambda: import_seconds(
            "import b24orm; from b24orm.models import Deal"
        ),
        "the same, and connect(url)": lambda: import_seconds(
            "import b24orm; from b24orm.models import Deal; b24orm.connect('https://a.bitrix24.com/rest/1/x1y2z3/')"
        ),
        "language server: a file of ten models, first of all": lambda: served(
            lambda server: server.problems(text), warm=False
        ),
        "language server: the same, after another file": lambda: served(
            lambda server: server.problems(text), warm=True
        ),
        "language server: Deal.objects.filter(, first of all": lambda: served(
            lambda server: server.completions(lookups), warm=False
        ),
        "language server: the same, after another": lambda: served(
            lambda server: server.completions(lookups), warm=True
        ),
        "pyright: a file of ten models": lambda: checked("pyright"),
        "mypy --strict: the same, cached": lambda: checked("mypy", "--strict", "--follow-imports=silent"),
    }


def main(names: Sequence[str] = ()) -> None:
    """Print a table of what was measured."""
    print("| What | Median | Best |\n| --- | --- | --- |")
    for name, run in measured().items():
        if not names or any(part in name for part in names):
            times = [run() for _ in range(RUNS)]
            print(f"| {name} | {statistics.median(times):.3f} s | {min(times):.3f} s |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
