"""What a forked child does to its parent (nothing), and portals that outlive their event loop.

Each program runs in a process of its own: a child that ends as it likes must not end the tests.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from typing import Any

import pytest

from b24orm import AsyncPortal, Portal
from b24orm.emulator import LocalPortal
from b24orm.emulator.answers import Answer, Call
from b24orm.errors import UsageError
from b24orm.models import Deal

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

_BEGINNING = """
import asyncio, os, sys, threading, time, warnings
warnings.simplefilter("ignore")  # newer Pythons warn of forking beside threads
from b24orm import AsyncPortal, Portal

url = sys.argv[1]

def names(portal):
    return [row["TITLE"] for row in portal.call("crm.deal.list", {"start": -1, "select": ["TITLE"]})]

def waited_for(child):
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status == 0, status

"""


@pytest.fixture(scope="module")
def local() -> Iterator[LocalPortal]:
    """A portal with a method that takes its time."""

    def slowly(_: Call) -> Answer:
        time.sleep(0.5)
        return Answer(result=True)

    with LocalPortal(deals=7) as portal:
        portal.register("slow.get", slowly)
        yield portal


def run(program: str, local: LocalPortal) -> str:
    """What a program writes, its complaints too."""
    code = _BEGINNING + textwrap.dedent(program)
    done = subprocess.run(
        [sys.executable, "-c", code, local.url], capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout + done.stderr


# -- a child and its parent's connections ------------------------------------------------------------

_PARENT = """
portal = Portal(url, progress=False, timeout=4)
before = names(portal)
child = os.fork()
if child == 0:
    {child}
waited_for(child)
began = time.monotonic()
print(names(portal) == before, portal.requests, time.monotonic() - began < 2)
"""


@forks
@pytest.mark.parametrize(
    "child",
    [
        "sys.exit(0)",
        "os._exit(0)",
        "assert names(portal) == before; sys.exit(0)",
        "portal.close(); sys.exit(0)",
        "del portal; import gc; gc.collect(); sys.exit(0)",
    ],
)
def test_however_a_child_ends_its_parent_s_connections_stay(child: str, local: LocalPortal) -> None:
    assert run(_PARENT.format(child=child), local).split() == ["True", "2", "True"]


@forks
def test_a_child_that_ends_while_its_parent_waits_for_an_answer_takes_it_from_nobody(
    local: LocalPortal,
) -> None:
    program = """
    portal = Portal(url, progress=False, timeout=4)
    answers = []
    thread = threading.Thread(target=lambda: answers.append(portal.call("slow.get")))
    thread.start()
    time.sleep(0.2)
    child = os.fork()
    if child == 0:
        assert len(names(portal)) == 7
        sys.exit(0)
    waited_for(child)
    thread.join()
    print(answers, portal.requests)
    """
    assert run(program, local).split() == ["[True]", "1"]


@forks
def test_a_child_of_asynchronous_code_has_connections_of_its_own(local: LocalPortal) -> None:
    program = """
    async def count(portal):
        return len(await portal.call("crm.deal.list", {"start": -1}))

    async def parent():
        portal = AsyncPortal(url, progress=False, timeout=4)
        first = await count(portal)
        child = os.fork()
        if child == 0:
            assert asyncio.run(count(portal)) == first
            asyncio.run(portal.close())
            os._exit(0)  # its parent's loop is in the stack, and must not be closed here
        await asyncio.to_thread(waited_for, child)
        print(await count(portal), portal.requests)
        await portal.close()

    asyncio.run(parent())
    """
    assert run(program, local).split() == ["7", "2"]


@forks
def test_children_of_a_busy_parent_read_everything(local: LocalPortal) -> None:
    program = """
    from b24orm.models import Deal
    portal = Portal(url, progress=False, timeout=4, plan="unlimited")
    list(Deal.objects.using(portal))  # imports what it needs: a fork amid an import locks the module for good
    busy = [True]
    def read():
        while busy:
            list(Deal.objects.using(portal))
    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads: thread.start()
    children = []
    for _ in range(8):
        child = os.fork()
        if child == 0:
            import gc
            assert len(list(Deal.objects.using(portal))) == 7
            assert gc.isenabled()
            os._exit(0)
        children.append(child)
        time.sleep(0.02)
    for child in children: waited_for(child)
    busy.clear()
    for thread in threads: thread.join()
    print("done")
    """
    assert run(program, local).split() == ["done"]


@forks
def test_a_child_of_a_parent_that_pauses_the_collector_has_it_on(local: LocalPortal) -> None:
    program = """
    import gc
    from b24orm.collector import collector_paused
    with collector_paused():
        child = os.fork()
    if child == 0:
        os._exit(not gc.isenabled())
    waited_for(child)
    print(gc.isenabled())
    """
    assert run(program, local).split() == ["True"]


# -- event loops that come and go ----------------------------------------------------------------------


def test_an_async_portal_may_be_used_in_one_asyncio_run_after_the_other(local: LocalPortal) -> None:
    program = """
    portal = AsyncPortal(url, progress=False)
    async def once():
        return len(await portal.call("crm.deal.list", {"start": -1}))
    print(asyncio.run(once()), asyncio.run(once()), asyncio.run(once()))
    asyncio.run(portal.close())
    print(portal.closed)
    """
    assert run(program, local).split() == ["7", "7", "7", "True"]


async def test_an_async_portal_is_refused_to_two_loops_at_once(local: LocalPortal) -> None:
    def elsewhere() -> None:
        asyncio.run(portal.call("profile"))

    async with AsyncPortal(local.url, progress=False) as portal:
        await portal.call("profile")
        with pytest.raises(UsageError, match="make one for each loop, or a Portal"):
            await asyncio.to_thread(elsewhere)


async def test_a_portal_is_awaited_from_two_loops_at_once(local: LocalPortal) -> None:
    with Portal(local.url, progress=False) as portal:
        deals = Deal.objects.using(portal)
        there = asyncio.to_thread(lambda: asyncio.run(_counted(deals)))
        assert await asyncio.gather(_counted(deals), there) == [7, 7]


async def _counted(deals: Any) -> int:
    found: int = await deals.acount()
    return found
