"""A process that calls a portal as often as its limits let it, for the tests of shared limits.

    python shared_worker.py PORTAL REDIS NAME BURST PER_SECOND SECONDS

It says "ready", starts when it is told anything, and stops after so many seconds. What is logged
goes to the standard error.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time

from b24orm import AsyncPortal, RateLimits, RedisLimits

LANES = 8
"""Calls that are wanted at the same time."""


async def work(url: str, redis: str, name: str, plan: RateLimits, seconds: float) -> None:
    """Calls ``app.tick.get`` until the time is over."""
    limits = RedisLimits(redis, share=0.25, timeout=1.0, retry=0.5)
    async with AsyncPortal(url, plan=plan, limits=limits, progress=False) as portal:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.readline)
        end = time.monotonic() + seconds

        async def lane() -> None:
            while time.monotonic() < end:
                await portal.call("app.tick.get", {"who": name})

        lanes = [asyncio.create_task(lane()) for _ in range(LANES)]
        await asyncio.wait(lanes, timeout=seconds)
        for task in lanes:
            task.cancel()
        for outcome in await asyncio.gather(*lanes, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    portal, redis, name, burst, rate, seconds = sys.argv[1:]
    plan = RateLimits(burst=int(burst), per_second=float(rate))
    asyncio.run(work(portal, redis, name, plan, float(seconds)))
