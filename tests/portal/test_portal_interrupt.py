"""Ctrl-C in the middle of a scan: nothing is sent any more, and nothing is left open."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from b24orm.emulator import CostModel
from tests.conftest import Serve

READER = """
import asyncio, json, os, signal, sys, time
from b24orm import connect
from b24orm.loop import background
from b24orm.models import Deal

signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background a shell has it ignored

def sockets():
    numbers = os.listdir("/proc/self/fd")  # the one that lists them is gone by now
    return sum("socket:" in os.path.realpath(f"/proc/self/fd/{number}") for number in numbers)

portal = connect(sys.argv[1], plan="standard", progress=False)
background()  # the loop has sockets of its own
before = sockets()
try:
    for number, deal in enumerate(Deal.objects.only("id").iterator()):
        if number == 0:
            print("reading", flush=True)
except KeyboardInterrupt:
    asked = portal.requests
    time.sleep(0.5)

    async def others():
        return sum(not task.done() for task in asyncio.all_tasks() if task is not asyncio.current_task())

    left = {"asked since": portal.requests - asked, "tasks": background().run(others())}
    portal.close()
    left["sockets"] = sockets() - before
    print(json.dumps(left), flush=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux' /proc and signals")
def test_an_interrupted_scan_leaves_nothing_behind(serve: Serve) -> None:
    portal = serve(deals=100_000, companies=0, contacts=0, latency=1.0, costs=CostModel(page=0.02))
    process = subprocess.Popen([sys.executable, "-c", READER, portal.url], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "reading\n"
    process.send_signal(signal.SIGINT)

    assert process.communicate(timeout=30)[0] == '{"asked since": 0, "tasks": 0, "sockets": 0}\n'
