"""The synchronous face works wherever Python runs: in threads, in notebooks, inside loops, after a fork."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aiohttp
import pytest

from b24orm import AsyncPortal, Portal, connect
from b24orm.emulator import LocalPortal
from b24orm.errors import NotConfigured, PortalClosed, TransportError, UsageError
from b24orm.loop import background
from b24orm.models import Deal
from b24orm.portal import current_portal
from tests.conftest import Connect, Serve, complaints

# -- loops and threads ----------------------------------------------------------------------


async def test_sync_code_works_inside_a_running_loop(shop: LocalPortal, plain: Portal) -> None:
    deals = Deal.objects.using(plain)
    assert (deals.count(), len(list(deals)), deals.get(id=3).id) == (330, 330, 3)


async def test_sync_code_inside_a_loop_lets_async_code_of_the_same_loop_go_on(
    shop: LocalPortal, plain: Portal
) -> None:
    async with AsyncPortal(shop.url, plan="unlimited", progress=False) as portal:
        counting = asyncio.ensure_future(Deal.objects.using(portal).acount())
        assert Deal.objects.using(plain).count() == await counting


def test_several_loops_one_after_the_other_share_a_portal(plain: Portal) -> None:
    counts = [asyncio.run(Deal.objects.using(plain)._afetched()) for _ in range(3)]
    assert [len(rows) for rows in counts] == [330, 330, 330]


def test_threads_share_a_portal(shop: LocalPortal, plain: Portal) -> None:
    def read(number: int) -> list[int]:
        return [deal.id for deal in Deal.objects.using(plain).filter(id__lte=60 + number).only("id")]

    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(read, range(24)))
    assert found == [list(range(1, 61 + number)) for number in range(24)]


def test_threads_that_read_one_set_see_the_same_rows(plain: Portal) -> None:
    deals = Deal.objects.using(plain).only("id")
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: [deal.id for deal in deals], range(6)))
    assert found == [found[0]] * 6


def test_two_iterations_may_be_under_way_at_once(plain: Portal) -> None:
    one = Deal.objects.using(plain).order_by("id").iterator()
    two = Deal.objects.using(plain).order_by("-id").iterator()
    pairs = [(a.id, b.id) for a, b in zip(one, two, strict=True)]
    assert pairs == [(number, 331 - number) for number in range(1, 331)]


def test_a_portal_may_be_closed_while_another_thread_reads(shop: LocalPortal) -> None:
    portal = Portal(shop.url, plan="unlimited", progress=False)
    outcomes: list[Any] = []

    def read() -> None:
        try:
            while True:
                outcomes.append(Deal.objects.using(portal).count())
        except BaseException as error:
            outcomes.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    while not outcomes:
        pass
    portal.close()
    reader.join(10)
    assert not reader.is_alive()
    assert isinstance(outcomes[-1], (PortalClosed, TransportError))


def test_the_loop_thread_refuses_to_wait_for_itself(plain: Portal) -> None:
    async def inside() -> None:
        plain.call("profile")

    with pytest.raises(UsageError, match="own event loop"):
        background().run(inside())


def test_one_background_thread_serves_every_portal(shop: LocalPortal, plain: Portal) -> None:
    other = Portal(shop.url, plan="unlimited", progress=False)
    other.call("profile")
    plain.call("profile")
    other.close()
    assert [thread.name for thread in threading.enumerate()].count("b24orm-loop") == 1


# -- interpreters of their own --------------------------------------------------------------


FORK = """
import os, sys
from b24orm import connect
from b24orm.models import Deal

portal = connect(sys.argv[1], plan="unlimited", progress=False)
before = Deal.objects.count()
child = os.fork()
if child == 0:
    print(Deal.objects.count() == before, len(list(Deal.objects.all())) == before, flush=True)
    portal.close()
    os._exit(0)
_, status = os.waitpid(child, 0)
print(status == 0, Deal.objects.count() == before)
"""
NO_LOOP = """
import asyncio, sys
from b24orm import connect
from b24orm.models import Deal

connect(sys.argv[1], progress=False)

async def main():
    asyncio.get_running_loop().slow_callback_duration = 60  # sync code holds the loop up, as it must
    return Deal.objects.count() == await Deal.objects.acount()

print(asyncio.run(main()), Deal.objects.exists())
"""
NEVER_CLOSED = """
import sys
from b24orm import connect
from b24orm.models import Deal

connect(sys.argv[1], progress=False)
for deal in Deal.objects.all():
    break
print(deal.id == 1)
"""


@pytest.mark.parametrize(
    "program", [FORK, NO_LOOP, NEVER_CLOSED], ids=["fork", "asyncio.run", "never closed"]
)
def test_a_program_runs_to_its_end_without_a_word(shop: LocalPortal, program: str) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-X",
            "dev",
            "-W",
            "ignore:This process:DeprecationWarning",
            "-c",
            program,
            shop.url,
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, set(done.stdout.split()), complaints(done.stderr)) == (0, {"True"}, [])


# -- the two kinds of portal ----------------------------------------------------------------


SYNC: list[Callable[[Any], Any]] = [
    lambda rows: list(rows),
    lambda rows: rows.count(),
    lambda rows: rows.first(),
    lambda rows: rows.get(id=1),
    lambda rows: rows.exists(),
    lambda rows: rows.in_bulk([1]),
    lambda rows: len(rows),
]


@pytest.mark.parametrize("use", SYNC)
async def test_an_async_portal_refuses_sync_code_and_names_the_way(
    shop: LocalPortal, use: Callable[[Any], Any]
) -> None:
    async with AsyncPortal(shop.url, plan="unlimited", progress=False) as portal:
        before = shop.stats.requests
        with pytest.raises(UsageError, match="AsyncPortal can't be used synchronously"):
            use(Deal.objects.using(portal))
        assert shop.stats.requests == before


async def test_a_plain_portal_serves_async_code(plain: Portal) -> None:
    deals = Deal.objects.using(plain)
    assert (await deals.acount(), len(await deals), (await deals.aget(id=3)).id) == (330, 330, 3)


async def test_a_session_of_the_users_own_is_used_and_left_open(shop: LocalPortal) -> None:
    async with aiohttp.ClientSession() as session:
        portal = AsyncPortal(shop.url, plan="unlimited", progress=False, session=session)
        assert await Deal.objects.using(portal).acount() == 330
        await portal.close()
        assert not session.closed


# -- closing --------------------------------------------------------------------------------


def test_a_closed_portal_is_refused_before_a_request(shop: LocalPortal) -> None:
    portal = Portal(shop.url, plan="unlimited", progress=False)
    portal.call("profile")
    portal.close()
    before = shop.stats.requests
    for use in (*SYNC, lambda rows: portal.call("profile"), lambda rows: portal.get_all("crm.deal.list")):
        with pytest.raises(PortalClosed, match="was closed"):
            use(Deal.objects.using(portal))
    assert shop.stats.requests == before


async def test_a_closed_async_portal_is_refused(shop: LocalPortal) -> None:
    portal = AsyncPortal(shop.url, plan="unlimited", progress=False)
    await portal.close()
    with pytest.raises(PortalClosed):
        await Deal.objects.using(portal).acount()
    with pytest.raises(PortalClosed):
        await portal.call("profile")


async def test_closing_ends_what_waits_and_opens_nothing(shop: LocalPortal) -> None:
    portal = AsyncPortal(shop.url, plan="unlimited", progress=False)
    waiting = [asyncio.ensure_future(Deal.objects.using(portal).filter(id=n).afirst()) for n in range(9)]
    await asyncio.sleep(0)
    await portal.close()
    outcomes = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 5)
    assert {type(outcome) for outcome in outcomes} == {PortalClosed}


async def test_a_session_that_was_closed_is_refused(shop: LocalPortal) -> None:
    async with aiohttp.ClientSession() as session:
        portal = AsyncPortal(shop.url, plan="unlimited", progress=False, session=session)
    with pytest.raises(PortalClosed, match="connections"):
        await portal.call("profile")


def test_closing_twice_is_closing_once(shop: LocalPortal) -> None:
    portal = Portal(shop.url, progress=False)
    portal.close()
    portal.close()
    assert portal.closed


def test_a_closed_portal_is_no_longer_the_default(shop: LocalPortal) -> None:
    with connect(shop.url, progress=False):
        pass
    with pytest.raises(NotConfigured):
        current_portal()


def test_a_portal_says_what_it_is_without_its_secret(shop: LocalPortal) -> None:
    with Portal(shop.url, progress=False) as portal:
        open_one = repr(portal)
    assert (open_one, repr(portal)) == (f"<Portal {portal.host}>", f"<Portal {portal.host} closed>")


# -- two portals ----------------------------------------------------------------------------


def test_two_portals_are_read_side_by_side(serve: Serve, join: Connect) -> None:
    small, large = serve(deals=60), serve(deals=90)
    one, two = join(small), join(large)
    pairs = zip(Deal.objects.using(one).iterator(), Deal.objects.using(two).iterator(), strict=False)
    assert (len(list(pairs)), Deal.objects.using(two).count()) == (60, 90)


def test_clients_of_one_portal_share_its_limits(serve: Serve, join: Connect) -> None:
    portal = serve(deals=3)
    one, two = join(portal), join(portal)
    assert one._open().sender._limits is two._open().sender._limits
