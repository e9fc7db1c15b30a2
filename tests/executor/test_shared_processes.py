"""Four processes call one portal: together they use what it permits, each its part, and nothing is refused."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from redis import Redis

from b24orm.emulator import LocalPortal, Plan
from b24orm.emulator.answers import Answer, Call
from tests.conftest import Serve
from tests.redis_server import RedisServer

pytestmark = pytest.mark.flaky(reruns=2)  # they measure real time, on a machine that may be busy


WORKER = Path(__file__).with_name("shared_worker.py")
ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30.0


@dataclass
class Arrivals:
    """Who called the portal, and when."""

    calls: list[tuple[float, str]] = field(default_factory=list)

    def tick(self, call: Call) -> Answer:
        self.calls.append((time.monotonic(), str(call.params["who"])))
        return Answer(len(self.calls))

    def between(self, begin: float, end: float) -> Counter[str]:
        return Counter(who for at, who in self.calls if begin <= at < end)


def watched(portal: LocalPortal) -> Arrivals:
    arrivals = Arrivals()
    portal.register("app.tick.get", arrivals.tick)
    return arrivals


@contextmanager
def workers(
    portal: LocalPortal, redis: str, *, burst: int, rate: float, seconds: float, count: int = 4
) -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that are ready to start."""
    numbers = [str(burst), str(rate), str(seconds)]
    running = [
        subprocess.Popen(
            [sys.executable, str(WORKER), portal.url, redis, str(number), *numbers],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        )
        for number in range(count)
    ]  # fmt: skip
    try:
        for process in running:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        yield running
    finally:
        for process in running:
            process.kill()
            process.communicate()


def start(running: list[subprocess.Popen[str]]) -> None:
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()


def known_to_be_empty(redis: RedisServer, portal: LocalPortal) -> None:
    """A Redis that has been up for long knows that the bucket is empty; a young one takes it for full."""
    host = portal.url.split("/")[2]
    with Redis.from_url(redis.url) as client:
        seconds, micros = client.time()  # type: ignore[misc]
        idle = {"level": 0, "seen": seconds + micros / 1e6, "resting": 1, "share": 1}
        client.hset(f"b24orm:{{{host}}}:bucket:", mapping=idle)


def test_the_plan_is_used_to_the_full_and_shared_fairly(serve: Serve, redis_server: RedisServer) -> None:
    seconds = 11.0
    portal = serve(plan="standard")
    arrivals = watched(portal)

    with workers(portal, redis_server.url, burst=50, rate=2.0, seconds=seconds) as running:
        known_to_be_empty(redis_server, portal)
        start(running)
        said = [process.communicate(timeout=PATIENCE) for process in running]

    first = arrivals.calls[0][0]
    burst, later = arrivals.between(first, first + 2), arrivals.between(first + 2, first + seconds)
    used = (burst + later).total() / (50 + 2.0 * seconds)
    assert ([p.returncode for p in running], said, portal.stats.rejected) == ([0] * 4, [("", "")] * 4, 0)
    assert 0.95 <= used <= 1.0
    assert (len(later), max(later.values()) - min(later.values()) <= 1) == (4, True)


def test_others_go_on_when_a_process_and_redis_are_killed(serve: Serve, redis_server: RedisServer) -> None:
    burst, rate = 40, 8.0
    portal = serve(plan=Plan(burst=burst, rate=rate))
    arrivals = watched(portal)

    with workers(portal, redis_server.url, burst=burst, rate=rate, seconds=15.0) as running:
        known_to_be_empty(redis_server, portal)
        start(running)
        time.sleep(2.0)
        running[3].kill()
        alone = time.monotonic()
        time.sleep(1.5)
        redis_server.kill()
        gone = time.monotonic()
        time.sleep(2.5)
        redis_server.start()
        back = time.monotonic()
        said = [process.communicate(timeout=PATIENCE)[1] for process in running[:3]]

    three = arrivals.between(alone + 0.5, alone + 1.5)
    away = arrivals.between(gone + 0.5, gone + 2.5)
    again = arrivals.between(back + 4.5, back + 6.5)
    assert ([p.returncode for p in running[:3]], portal.stats.rejected) == ([0, 0, 0], 0)
    assert [len(three), len(away), len(again)] == [3, 3, 3]
    assert three.total() >= 0.8 * rate * 1.0
    assert away.total() >= 0.8 * 3 / 4 * rate * 2.0
    assert again.total() >= 0.9 * rate * 2.0
    assert max(again.values()) <= 1.5 * min(again.values())
    assert [(text.count("can't be reached"), text.count("are back")) for text in said] == [(1, 1)] * 3
