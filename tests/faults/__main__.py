"""``python -m tests.faults``: the table of faults; ``--writes``: two thousand adds over a bad line."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from tests.faults.adds import compared
from tests.faults.render import HEAD, asserted, line, markdown, summary
from tests.faults.table import play, plots, problems


def main() -> int:
    """Prints what was asked for; 1 if a promise was broken."""
    options = _options()
    if options.asserted:
        print(asserted())
        return 0
    logging.getLogger("b24orm").addHandler(logging.NullHandler())
    return _writes() if options.writes else _table(options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--only", default="", help="cells whose name holds this text")
    parser.add_argument("--door", choices=("sync", "async"), default="sync", help="through which portal")
    parser.add_argument("--save", metavar="FILE", help="write the outcomes as a Markdown table to a file")
    parser.add_argument("--asserted", action="store_true", help="what is asserted, and play nothing")
    parser.add_argument("--writes", action="store_true", help="the adds over a bad line instead")
    return parser.parse_args()


def _table(options: argparse.Namespace) -> int:
    cells = []
    print(HEAD)
    for plot in plots(options.door):
        if options.only in str(plot):
            cells.append(play(plot))
            print(line(cells[-1]), flush=True)
            for problem in problems(cells[-1]):
                print(f"  BROKEN: {problem}", flush=True)
    print(summary(cells))
    if options.save:
        Path(options.save).write_text(f"{markdown(cells)}\n", encoding="utf-8")
    return int(any(problems(cell) for cell in cells))


def _writes() -> int:
    told = compared()
    print("\n".join(told.lines()))
    return int(bool(told.ours.problems()))


if __name__ == "__main__":
    sys.exit(main())
