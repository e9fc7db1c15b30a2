"""Reads that wait for company: none of them waits for ever."""

from __future__ import annotations

import asyncio

import pytest

from b24orm.errors import PortalClosed
from b24orm.executor.coalescer import Coalescer
from b24orm.plan.calls import Ask, Call, Outcome


async def never(_: Ask) -> list[Outcome]:
    await asyncio.Event().wait()
    raise AssertionError("nobody set it")


@pytest.mark.parametrize("steps", [0, 1, 2], ids=["before its request began", "at once", "later"])
async def test_a_read_ends_when_the_portal_is_closed(steps: int) -> None:
    coalescer = Coalescer(never)
    reading = asyncio.ensure_future(coalescer.outcome(Call("crm.deal.list")))
    await asyncio.sleep(0)
    coalescer._flush()  # its tick is over
    for _ in range(steps):
        await asyncio.sleep(0)

    await coalescer.close()

    with pytest.raises(PortalClosed, match="while crm.deal.list was under way"):
        await asyncio.wait_for(reading, 1)
