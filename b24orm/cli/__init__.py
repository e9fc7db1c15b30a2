"""The command line: ``b24orm demo``, ``portal``, ``reflect`` and ``diff``."""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
from collections.abc import Sequence
from typing import Final, NoReturn

from b24orm import __version__
from b24orm.cli import demo, portal, reflect
from b24orm.errors import B24Error

__all__ = ["main"]

_FAILED: Final = 1
_INTERRUPTED: Final = 130


_SECRET: Final = re.compile(r"(/rest/\d+/)[^/\s]+")
"""The secret in the address of a webhook, which may end up in the log of whoever runs the command."""


class _Parser(argparse.ArgumentParser):
    """A command's arguments; what is wrong with them is told by the command, without secrets."""

    def error(self, message: str) -> NoReturn:
        if not self.prog.partition(" ")[2] and message.endswith("required: COMMAND"):
            self.print_help(sys.stderr)
        super().error(_SECRET.sub(r"\1***", message))

    def parse_known_args(self, args=None, namespace=None):  # type: ignore[no-untyped-def]
        """Refuses what a command does not know with the command's own usage."""
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return found, unknown


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="b24orm", description="The Bitrix24 REST API as typed models and lazy QuerySets.")
    parser.add_argument("--version", action="version", version=f"b24orm {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    demo.configure(commands.add_parser("demo", help="query a local portal, without an account"))
    portal.configure(commands.add_parser("portal", help="run a local portal until Ctrl-C"))
    reflect.configure(commands.add_parser("reflect", help="write a portal's own models as a typed module"))
    reflect.configure_diff(commands.add_parser("diff", help="show what changed since `b24orm reflect`"))
    return parser


def main(given: Sequence[str] | None = None) -> int:
    """Runs a command.

    Args:
        given: the arguments, ``sys.argv`` without the program's name when None.

    Returns:
        The exit code: 0, or 1 if the command failed, or 130 if Ctrl-C ended it. A wrong command
        line leaves with 2, by SystemExit.
    """
    arguments = _parser().parse_args(given)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without Cyrillic is no reason to fail
    try:
        return int(arguments.run(arguments))
    except BrokenPipeError:  # whoever reads the output has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _FAILED
    except (B24Error, OSError, ValueError) as error:
        print(f"b24orm: error: {error}", file=sys.stderr)
        return _FAILED
    except KeyboardInterrupt:
        return _INTERRUPTED
