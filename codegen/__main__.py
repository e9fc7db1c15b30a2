"""``python -m codegen`` writes the generated modules; ``--check`` only compares them."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from codegen.load import load
from codegen.method_source import read_methods
from codegen.report import report
from codegen.source import OVERLAY, MetadataError, read_sources, tidy
from codegen.tree import differences, render_tree, write_tree

__all__ = ["main"]

_ROOT: Final = Path(__file__).resolve().parent.parent


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m codegen", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if anything differs")
    parser.add_argument("--tidy", action="store_true", help="bring the metadata files into their normal form")
    parser.add_argument("--report", action="store_true", help="count what the metadata holds and lacks")
    parser.add_argument("--root", type=Path, default=_ROOT, help="the repository")
    parser.add_argument("--metadata", type=Path, help="the metadata folder (ROOT/codegen/metadata)")
    return parser.parse_args(given)


def _tidy_all(metadata: Path) -> int:
    for path in sorted(metadata.rglob("*.json")):
        if path.name != OVERLAY:
            path.write_text(tidy(json.loads(path.read_text(encoding="utf-8"))), encoding="utf-8")
    return 0


def main(given: Sequence[str] | None = None) -> int:
    """Runs the generator.

    Args:
        given: the command line's arguments, ``sys.argv`` without them.

    Returns:
        0, or 1 if ``--check`` found a difference or the metadata is wrong.
    """
    arguments = _arguments(given)
    metadata = arguments.metadata or arguments.root / "codegen" / "metadata"
    if arguments.tidy:
        return _tidy_all(metadata)
    if arguments.report:
        print("\n".join(report(read_sources(metadata), read_methods(metadata.parent / "methods"))))
        return 0
    try:
        folder = metadata.parent / "methods"
        files = render_tree(load(metadata), read_methods(folder), read_methods(folder, v3=True))
    except MetadataError as error:
        print(error, file=sys.stderr)
        return 1
    found = (differences if arguments.check else write_tree)(arguments.root, files)
    for line in found:
        print(line)
    if not found:
        print(f"{len(files)} files are up to date")
    return 1 if arguments.check and found else 0


if __name__ == "__main__":
    sys.exit(main())
