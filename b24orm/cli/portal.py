"""``b24orm portal``: a local portal until Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import sqlite3
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

from b24orm import emulator
from b24orm.cli.contents import contents
from b24orm.cli.numbers import factor, plural, port, rows
from b24orm.emulator.limits import PLANS

if TYPE_CHECKING:
    from b24orm.emulator import LocalPortal

__all__ = ["configure"]

_TICK: Final = 0.5
"""Seconds between two looks whether to stop: not every system wakes a waiting thread for Ctrl-C."""

_KINDS: Final = ("leads", "tasks", "activities", "invoices")
"""What a portal holds if it is asked for, beside deals and those they are made with."""

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


def configure(parser: argparse.ArgumentParser) -> None:
    """Gives the command its arguments."""
    parser.description = "Runs a local Bitrix24 portal on this machine until Ctrl-C, and prints its webhook."
    parser.add_argument("--port", type=port, default=0, metavar="PORT", help="where to listen (a free port)")
    parser.add_argument(
        "--deals", type=rows, default=1_000, metavar="N", help="deals to generate (%(default)s)"
    )
    for kind in _KINDS:
        parser.add_argument(f"--{kind}", type=rows, default=0, metavar="N", help=f"{kind} to generate (none)")
    parser.add_argument(
        "--plan", choices=tuple(PLANS), default="standard", help="the limits to enforce (%(default)s)"
    )
    parser.add_argument(
        "--file", type=Path, metavar="PATH", help="keep it in this SQLite file (it lives in memory)"
    )
    parser.add_argument(
        "--latency",
        type=factor,
        default=0.0,
        metavar="X",
        help="take X times as long as a cloud portal would (0: answer at once)",
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    stopped = threading.Event()
    before = {number: signal.signal(number, lambda *_: stopped.set()) for number in _SIGNALS}
    try:
        with _made(arguments) as portal:
            _greet(portal, arguments)
            while not stopped.wait(_TICK):
                pass
            print(f"\nStopped after {plural(portal.stats.requests, 'request')}.")
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 0


def _made(arguments: argparse.Namespace) -> LocalPortal:
    try:
        return emulator.LocalPortal(
            deals=arguments.deals,
            leads=arguments.leads,
            tasks=arguments.tasks,
            activities=arguments.activities,
            invoices=arguments.invoices,
            plan=arguments.plan,
            path=arguments.file,
            latency=arguments.latency,
            port=arguments.port,
        )
    except sqlite3.Error as error:
        raise ValueError(f"can't keep a portal in {arguments.file}: {error}") from error


def _greet(portal: LocalPortal, arguments: argparse.Namespace) -> None:
    place = f"kept in {arguments.file}" if arguments.file else "in memory, gone when it stops"
    pace = f"{arguments.latency:g} times a cloud portal's latency" if arguments.latency else "no latency"
    print(f"A local Bitrix24 portal, {place}")
    print(f"  holds    {contents(portal)}")
    print(f"  limits   {arguments.plan} plan, {pace}")
    print(f"  webhook  {portal.url}")
    print("\nIn another terminal:")
    print(f"  export B24_WEBHOOK_URL={portal.url}")
    print("\nCtrl-C stops it.", flush=True)
