"""No event is lost: programs that are killed, answers that are lost, bodies that raise."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b24orm import Portal
from b24orm.emulator import Fault, LocalPortal
from b24orm.errors import B24Error
from b24orm.transport.base import Request, Response, Transport
from tests.events.conftest import Clock, add, client_of, queue

CONSUMER = Path(__file__).with_name("consumer.py")


def start(local: LocalPortal, token: str, notes: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, str(CONSUMER), local.token_url, token, str(notes)])


def lines(notes: Path) -> list[str]:
    return notes.read_text("utf-8").split() if notes.exists() else []


def wait_for(notes: Path, count: int, program: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while len(lines(notes)) < count and program.poll() is None and time.monotonic() < end:
        time.sleep(0.005)


def test_a_program_that_is_killed_again_and_again_misses_nothing(
    local: LocalPortal, portal: Portal, tmp_path: Path
) -> None:
    deals = add(local, 60)
    token = local.issue_token(client_id="shop.sync")
    notes = tmp_path / "notes"
    for count in (10, 25, 40):
        program = start(local, token, notes)
        wait_for(notes, count, program)
        program.kill()
        program.wait()
    start(local, token, notes).wait(60)
    *handled, end = lines(notes)
    assert (end, sorted(set(map(int, handled))), queue(local)) == ("end", deals, [])
    assert len(handled) <= len(deals) + 3  # one comes again for each kill


ONCE = """
import os, signal, sqlite3, sys
from b24orm import Portal

address, token, place = sys.argv[1:4]
left = int(sys.argv[4])
done = sqlite3.connect(place)
done.execute("CREATE TABLE IF NOT EXISTS done (event INTEGER PRIMARY KEY, row INTEGER)")
with Portal(address, token_func=lambda: token, plan="unlimited", progress=False) as portal:
    for change in portal.offline_events(until_empty=True, acknowledge_every=5):
        with done:
            done.execute("INSERT OR IGNORE INTO done VALUES (?, ?)", (change.id, change.row_id))
        left -= 1
        if left == 0:  # the work is done and kept; the portal has not heard of it
            os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_with_the_events_number_beside_the_work_each_is_done_exactly_once(
    local: LocalPortal, portal: Portal, tmp_path: Path
) -> None:
    deals, place = add(local, 30), tmp_path / "done.db"
    token = local.issue_token(client_id="shop.sync")
    ends = []
    for left in (3, 12, 9, 1_000):
        command = [sys.executable, "-c", ONCE, local.token_url, token, str(place), str(left)]
        ends.append(subprocess.run(command, check=False, timeout=60).returncode)
    with closing(sqlite3.connect(place)) as done:
        rows = [row for (row,) in done.execute("SELECT row FROM done ORDER BY row")]
    assert (ends, rows, queue(local)) == ([-signal.SIGKILL] * 3 + [0], deals, [])


class Killed(BaseException):
    """The program ends here, and nothing of it remains."""


class Deadly:
    """Ends the program at its n-th request: when the portal has worked on it, or before.

    Args:
        transport: what reaches the portal.
        left: how many requests come through.
        worked: whether the portal has worked on the last one.
    """

    def __init__(self, transport: Transport, left: int, *, worked: bool) -> None:
        self._transport = transport
        self._left = left
        self._worked = worked

    async def send(self, request: Request) -> Response:
        self._left -= 1
        if self._left == 0 and not self._worked:
            raise Killed
        answer = await self._transport.send(request)
        if self._left <= 0:
            raise Killed
        return answer

    async def close(self) -> None:
        await self._transport.close()


@contextmanager
def program(local: LocalPortal, token: str, left: int, *, worked: bool) -> Iterator[Portal]:
    """A program that is killed at its n-th request."""
    with Portal(local.token_url, token_func=lambda: token, plan="unlimited", progress=False) as portal:
        sender = portal._open().sender
        sender._transport = Deadly(sender._transport, left, worked=worked)
        yield portal


def survived(local: LocalPortal, token: str, left: int, handled: Counter[int], **options: Any) -> bool:
    """Whether a program handles everything before it is killed; notes the events that it handled."""
    worked = options.pop("worked")
    with program(local, token, left, worked=worked) as portal:
        try:
            for change in portal.offline_events(until_empty=True, limit=3, **options):
                handled[change.id] += 1
                if change.id % 3 == 0:
                    portal.call("profile")  # what the body does is killed, too
        except Killed:
            return False
    return True


@pytest.mark.parametrize("every", [1, 4])
@pytest.mark.parametrize("worked", [False, True], ids=["before the work", "after the work"])
def test_a_program_may_be_killed_at_each_of_its_requests(
    local: LocalPortal, portal: Portal, every: int, worked: bool
) -> None:
    token = local.issue_token(client_id="shop.sync")
    for left in range(1, 100):
        add(local, 7)
        events = {int(number) for number, *_ in queue(local)}
        handled: Counter[int] = Counter()
        killed = not survived(local, token, left, handled, worked=worked, acknowledge_every=every)
        assert survived(local, token, 1_000, handled, worked=worked)
        assert set(handled) == events, left
        assert sum(handled.values()) - len(handled) <= (every if killed else 0), left
        assert queue(local) == [], left
        if not killed:
            break
    assert 8 < left < 99


@settings(max_examples=6)
@given(seed=st.integers(0, 2**32))
def test_whatever_fails_each_event_is_handled(seed: int) -> None:
    chance = random.Random(seed)
    with LocalPortal() as local, client_of(Portal, local) as portal:
        for event in ("ONCRMDEALADD", "ONCRMDEALUPDATE"):
            portal.bind_event(event)
        handled: set[tuple[str, object]] = set()
        wanted: set[tuple[str, object]] = set()
        for _ in range(4):
            deals = add(local, chance.randrange(1, 8))
            wanted |= {("ONCRMDEALADD", deal) for deal in deals}
            deal = chance.choice(deals)
            local.store.update("deal", deal, {"TITLE": "b"})
            wanted.add(("ONCRMDEALUPDATE", deal))
            for method in chance.choices(["get", "get", "clear", "list"], k=chance.randrange(3)):
                local.faults.script(Fault("reset_after", method=f"event.offline.{method}"))
            every = chance.choice([1, 3, 50])
            events = portal.offline_events(until_empty=True, limit=3, acknowledge_every=every, clock=Clock())
            with suppress(B24Error, ZeroDivisionError):
                for change in events:
                    if chance.random() < 0.2:
                        raise ZeroDivisionError
                    handled.add((change.name, change.row_id))
            local.faults.clear()
        for change in portal.offline_events(until_empty=True):
            handled.add((change.name, change.row_id))
        assert (handled, queue(local)) == (wanted, [])
