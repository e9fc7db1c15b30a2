"""``b24orm reflect`` and ``b24orm diff``: a portal's own models as a module."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["configure", "configure_diff"]

_CHANGED: Final = 1


def configure(parser: argparse.ArgumentParser) -> None:
    """What ``b24orm reflect`` takes."""
    parser.description = (
        "Reads the fields, stages and smart processes of a portal, and writes them as a typed module."
    )
    _common(parser)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the module is stale")
    parser.set_defaults(run=_reflect)


def configure_diff(parser: argparse.ArgumentParser) -> None:
    """What ``b24orm diff`` takes."""
    parser.description = "Shows what changed on a portal since `b24orm reflect` wrote the module."
    _common(parser)
    parser.set_defaults(run=_diff)


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", nargs="?", metavar="URL", help="the portal's webhook (B24_WEBHOOK_URL)")
    parser.add_argument("--webhook", metavar="URL", help="the same")
    parser.add_argument(
        "-o", "--out", type=Path, default=Path("my_portal.py"), metavar="PATH", help="%(default)s"
    )
    parser.add_argument(
        "--language", default="en", help="of the labels of users' and tasks' fields (%(default)s)"
    )
    parser.add_argument("--allow-http", action="store_true", help="accept plain http")


def _rendered(arguments: argparse.Namespace) -> str:
    from b24orm.portal import connect
    from b24orm.reflect import read_portal, render

    url = arguments.url or arguments.webhook or os.environ.get("B24_WEBHOOK_URL")
    with connect(url, progress=False, allow_http=arguments.allow_http) as portal:
        return render(read_portal(portal, language=arguments.language))


def _differences(path: Path, text: str) -> Sequence[str]:
    from b24orm.reflect import changes

    if not path.exists():
        return [f"missing: {path}"]
    before = path.read_text(encoding="utf-8")
    try:
        found = changes(before, text)
    except SyntaxError as error:
        raise ValueError(f"{path} is no module of `b24orm reflect`: {error}") from error
    return found or ([] if before == text else [f"stale: {path} was written by another version"])


def _reflect(arguments: argparse.Namespace) -> int:
    text = _rendered(arguments)
    found = _differences(arguments.out, text)
    for line in found:
        print(line)
    if arguments.check:
        return _CHANGED if found else 0
    arguments.out.write_text(text, encoding="utf-8")
    print(f"wrote {arguments.out}" if found else f"{arguments.out} is up to date")
    return 0


def _diff(arguments: argparse.Namespace) -> int:
    found = _differences(arguments.out, _rendered(arguments))
    print("\n".join(found) or "nothing changed")
    return _CHANGED if found else 0
