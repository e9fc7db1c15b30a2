"""``b24orm demo``: a local portal, some queries, and what they cost."""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import b24orm
from b24orm import emulator
from b24orm.cli.contents import contents
from b24orm.cli.numbers import plural, rows

if TYPE_CHECKING:
    from b24orm.emulator import LocalPortal

__all__ = ["configure"]

Names = dict[str, Any]

_PLAN: Final = (
    "from b24orm.models import Deal",
    "deals = Deal.objects.filter(closed=False, opportunity__gte=100)",
    "print(deals.explain())",
)
_READ: Final = ("found = list(deals)",)
_LOOK: Final = (
    "for deal in found[:3]: print(repr(deal))",
    "found[0].opportunity, found[0].date_create, found[0].closed",
)
_ASK: Final = (
    "Deal.objects.count()",
    'Deal.objects.filter(stage="WON").count()',
    'for deal in Deal.objects.order_by("-opportunity")[:3]: print(deal.opportunity, deal.title)',
)
_TYPO: Final = ('Deal.objects.filter(stge="WON")',)

_NEXT: Final = """\
What to type next:

  {b24orm} portal --deals 10000
      a portal like this one until Ctrl-C; it prints its webhook
  {python}
      >>> import b24orm
      >>> from b24orm.models import Deal
      >>> portal = b24orm.connect("THE WEBHOOK")    # the local portal's, or your own portal's
      >>> Deal.objects.filter(stage="WON").count()"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Gives the command its arguments."""
    parser.description = (
        "Starts a local Bitrix24 portal in this process, queries it and shows what that cost."
    )
    parser.add_argument(
        "--deals", type=rows, default=10_000, metavar="N", help="deals to generate (%(default)s)"
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    began = time.perf_counter()
    with emulator.LocalPortal(deals=arguments.deals) as portal:
        made = time.perf_counter() - began
        _say(f"b24orm {b24orm.__version__}: a local Bitrix24 portal in this process, made in {made:.1f} s.")
        print(f"It holds {contents(portal)}.")
        names: Names = {}
        with b24orm.connect(portal.url, plan="unlimited", progress=sys.stderr.isatty()):
            _read(portal, names)
        with b24orm.connect(portal.url, plan="unlimited", progress=False):
            _look(names)
        _say(f"All of this took {_served(portal)}.")
    _say(_NEXT.format(b24orm=_program("b24orm"), python=_program("python")))
    return 0


def _read(portal: LocalPortal, names: Names) -> None:
    _say("A query is a plan until its rows are asked for:\n")
    _type(_PLAN, names)
    _say("Now the rows:\n")
    began = time.perf_counter()
    _type(_READ, names)
    seconds = time.perf_counter() - began
    print(f"{plural(len(names['found']), 'deal')} in {seconds:.2f} s, by {_served(portal)}")


def _look(names: Names) -> None:
    if names["found"]:
        _say("They are typed objects:\n")
        _type(_LOOK, names)
    _say("The portal counts and sorts where it can:\n")
    _type(_ASK, names)
    _say("A typo is refused before anything is sent:\n")
    _type(_TYPO, names)


def _served(portal: LocalPortal) -> str:
    stats = portal.stats
    return f"{plural(stats.requests, 'HTTP request')} with {plural(stats.commands, 'command')}"


def _program(name: str) -> str:
    """How to start a program of this environment from here."""
    own, found = Path(sys.executable).parent / name, shutil.which(name)
    if found is not None and Path(found).with_suffix("") == own:
        return name
    return str(own.relative_to(Path.cwd())) if own.is_relative_to(Path.cwd()) else str(own)


def _say(text: str) -> None:
    print(f"\n{text}")


def _type(lines: Sequence[str], names: Names) -> None:
    """Shows lines as Python's prompt would, and runs the very text that is shown."""
    for line in lines:
        print(f">>> {line}", flush=True)
        try:
            exec(compile(f"{line}\n", "<demo>", "single"), names)
        except b24orm.B24Error as error:
            print(f"{type(error).__module__}.{type(error).__name__}: {error}")
