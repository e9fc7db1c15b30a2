"""Four processes call one portal: together they use what it permits, each its part, and nothing is refused.

The machine may be busy: a process starts late, or stands still for a moment. So what was used is read from the
arrivals themselves, from the first to the last of a stretch in which all of them were at work. A request that was
late is made up for by the next one, which leaves at its own time.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from redis import Redis

from b24orm.emulator import LocalPortal, Plan
from b24orm.emulator.answers import Answer, Call
from tests.conftest import Serve
from tests.redis_server import RedisServer

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

    def between(self, begin: float, end: float) -> Stretch:
        return Stretch([(at, who) for at, who in self.calls if begin <= at < end])

    def together(self, after: int) -> Stretch:
        """What came while every process was at work, and after so many calls in all."""
        firsts: dict[str, float] = {}
        lasts: dict[str, float] = {}
        for at, who in self.calls:
            firsts.setdefault(who, at)
            lasts[who] = at
        return self.between(max(self.calls[after][0], *firsts.values()), min(lasts.values()))


@dataclass
class Stretch:
    """Calls that came within a time."""

    calls: list[tuple[float, str]]

    @property
    def seconds(self) -> float:
        """From the first to the last."""
        return self.calls[-1][0] - self.calls[0][0]

    @property
    def rate(self) -> float:
        """Calls a second."""
        return (len(self.calls) - 1) / self.seconds

    @property
    def each(self) -> Counter[str]:
        """Calls of each process."""
        return Counter(who for _, who in self.calls)


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
    burst, rate = 50, 2.0
    portal = serve(plan="standard")
    arrivals = watched(portal)

    with workers(portal, redis_server.url, burst=burst, rate=rate, seconds=12.0) as running:
        known_to_be_empty(redis_server, portal)
        start(running)
        said = [process.communicate(timeout=PATIENCE) for process in running]

    whole = Stretch(arrivals.calls)
    used = len(whole.calls) / (burst + rate * whole.seconds)
    each = arrivals.together(after=burst).each
    assert ([p.returncode for p in running], said, portal.stats.rejected) == ([0] * 4, [("", "")] * 4, 0)
    assert 0.95 <= used <= 1.0
    assert (len(each), max(each.values()) - min(each.values()) <= 1) == (4, True)


def test_others_go_on_when_a_process_and_redis_are_killed(serve: Serve, redis_server: RedisServer) -> None:
    burst, rate = 40, 8.0
    portal = serve(plan=Plan(burst=burst, rate=rate))
    arrivals = watched(portal)

    with workers(portal, redis_server.url, burst=burst, rate=rate, seconds=18.0) as running:
        known_to_be_empty(redis_server, portal)
        start(running)
        time.sleep(2.5)
        running[3].kill()
        killed = time.monotonic()
        time.sleep(2.5)
        redis_server.kill()
        gone = time.monotonic()
        time.sleep(3.5)
        redis_server.start()
        said = [process.communicate(timeout=PATIENCE)[1] for process in running[:3]]

    end = arrivals.calls[-1][0]
    three = arrivals.between(killed + 0.5, gone)
    away = arrivals.between(gone + 1.0, gone + 3.5)
    again = arrivals.between(end - 4.0, end)
    assert ([p.returncode for p in running[:3]], portal.stats.rejected) == ([0, 0, 0], 0)
    assert [len(three.each), len(away.each), len(again.each)] == [3, 3, 3]
    assert three.rate >= 0.9 * rate
    assert away.rate >= 0.9 * 3 / 4 * rate
    assert again.rate >= 0.9 * rate
    assert max(again.each.values()) <= 1.5 * min(again.each.values())
    assert [(text.count("can't be reached"), text.count("are back")) for text in said] == [(1, 1)] * 3
