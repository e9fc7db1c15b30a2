"""Ctrl-C, SIGTERM and deadlines: nothing is sent any more, and nothing is left open."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time

import pytest

from b24orm import Portal
from b24orm.emulator import CostModel
from b24orm.loop import background
from b24orm.models import Deal
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


def test_a_deadline_ends_a_wait_for_the_limits_and_leaves_nothing_behind(serve: Serve) -> None:
    portal = serve(deals=5, plan="standard")
    portal.spend("crm.deal.list", 481)

    async def others() -> int:
        return len(asyncio.all_tasks()) - 1

    with Portal(portal.url, progress=False) as client:
        before = background().run(others())
        with pytest.raises(asyncio.TimeoutError):
            asyncio.run(asyncio.wait_for(Deal.objects.using(client).acount(), 0.5))
        asked = client.requests
        time.sleep(1)
        assert (background().run(others()) - before, client.requests - asked) == (0, 0)


WORKER = """
import signal, sys
from b24orm import App, Portal

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
app = App("local.app", "app-secret", server=sys.argv[1])
with Portal(app.installed(sys.stdin.readline().strip()), progress=False) as portal:
    portal.bind_event("onCrmDealAdd")
    print("waiting", flush=True)
    for change in portal.offline_events():
        print(change.row_id, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_a_worker_that_is_told_to_end_does_so_at_once_and_quietly(serve: Serve) -> None:
    portal = serve(deals=0)
    portal.install_app()
    command = [sys.executable, "-c", WORKER, portal.oauth_url]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, text=True, **pipes) as worker:  # type: ignore[call-overload]
        worker.stdin.write(portal.install_event().decode() + "\n")
        worker.stdin.flush()
        assert worker.stdout.readline() == "waiting\n"
        portal.store.insert("deal", {"TITLE": "x"})
        assert worker.stdout.readline() == "1\n"
        began = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        assert worker.communicate(timeout=20) == ("", "")
    assert (worker.returncode, time.monotonic() - began < 8) == (0, True)
