"""Compares the metadata with what it was taken from: ``python -m codegen.refresh docs|portal ...``.

``docs PATH``
    a checkout of the official documentation: methods and their parameters.
``portal URL``
    a live portal's ``methods`` and ``*.fields``: methods, fields and their types.

Both print what is new, gone or different and change nothing; the exit code is 1 if there is any.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from b24orm.plan.calls import Call, Outcome
from codegen.load import load
from codegen.method_source import read_methods
from codegen.refresh_docs import compare_docs
from codegen.refresh_portal import compare_portal

__all__ = ["main"]

_ROOT: Final = Path(__file__).resolve().parent


def _docs(arguments: argparse.Namespace) -> Sequence[str]:
    return compare_docs(arguments.path, read_methods(_ROOT / "methods", v3=True))


def _portal(arguments: argparse.Namespace) -> Sequence[str]:
    from b24orm import connect

    with connect(arguments.url, progress=False, allow_http=arguments.allow_http) as portal:

        def many(calls: Sequence[Call]) -> list[Outcome]:
            return portal.run(lambda: portal.executor.many(calls))

        return compare_portal(many, load(_ROOT / "metadata"), read_methods(_ROOT / "methods", v3=True))


def main(given: Sequence[str] | None = None) -> int:
    """Runs a comparison.

    Args:
        given: the command line's arguments, ``sys.argv`` without them.

    Returns:
        0, or 1 if anything is new, gone or different.
    """
    parser = argparse.ArgumentParser(prog="python -m codegen.refresh")
    commands = parser.add_subparsers(required=True, metavar="SOURCE")
    docs = commands.add_parser("docs", help="a checkout of the official documentation")
    docs.add_argument("path", type=Path)
    docs.set_defaults(run=_docs)
    portal = commands.add_parser("portal", help="a live portal")
    portal.add_argument("url")
    portal.add_argument("--allow-http", action="store_true", help="accept plain http")
    portal.set_defaults(run=_portal)
    arguments = parser.parse_args(given)
    found = arguments.run(arguments)
    print("\n".join(found) or "nothing changed")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
