"""Processes that share a store renew a token once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from b24orm import App, FileTokens
from b24orm.emulator import LocalPortal
from tests.auth.conftest import Clock, Scene, Stores
from tests.auth.renewing_worker import store_at

WORKER = Path(__file__).with_name("renewing_worker.py")
ROOT = Path(__file__).resolve().parents[2]
PROCESSES = 4


def started(scene: Scene, store: str) -> list[subprocess.Popen[str]]:
    """Processes that have read the tokens and wait for a word."""
    command = [sys.executable, str(WORKER), scene.local.oauth_url, scene.local.oauth.member_id, store]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    workers = [subprocess.Popen(command, cwd=ROOT, **pipes) for _ in range(PROCESSES)]  # type: ignore[call-overload]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    return workers


def answers(workers: list[subprocess.Popen[str]]) -> list[str]:
    """Lets all go at once, and gathers what they say."""
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    return ["".join(worker.communicate(timeout=60)) for worker in workers]


@pytest.fixture(params=["file", "sqlite", "redis"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a store is, as the worker is told."""
    if request.param == "redis":
        return f"redis:{request.getfixturevalue('redis_server').url}"
    return f"{request.param}:{tmp_path / 'tokens'}"


def test_processes_that_find_it_ended_renew_it_once(scene: Scene, address: str) -> None:
    scene.app(store=store_at(address)).installed(scene.local.install_event())
    workers = started(scene, address)
    scene.clock.pass_an_hour()
    before = scene.exchanges
    assert (answers(workers), scene.exchanges - before) == (["1\n"] * PROCESSES, 1)


def test_a_process_that_dies_with_the_lock_does_not_keep_it(scene: Scene, tmp_path: Path) -> None:
    folder = tmp_path / "tokens"
    client = scene.join(scene.app(store=FileTokens(folder)).installed(scene.local.install_event()))
    code = (
        "import sys, time; from b24orm import FileTokens\n"
        "with FileTokens(sys.argv[1]).lock(sys.argv[2]):\n"
        "    print('held', flush=True); time.sleep(600)\n"
    )
    key = f"local.app:{scene.local.oauth.member_id}"
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(folder), key], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    holder.kill()
    holder.communicate()
    scene.clock.pass_an_hour()
    assert client.call("profile")["ID"] == "1"


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_renews_on_its_own(scene: Scene, stores: Stores) -> None:
    credentials = scene.app(store=stores()).installed(scene.local.install_event())
    client = scene.join(credentials)
    client.call("profile")
    scene.clock.pass_an_hour()
    child = os.fork() if hasattr(os, "fork") else pytest.skip("needs fork")
    if child == 0:
        try:
            good = client.call("profile")["ID"] == "1"
        except BaseException:
            good = False
        os._exit(0 if good else 1)
    assert os.waitpid(child, 0)[1] == 0


FORK = """
import os, sys, threading, time, warnings
warnings.simplefilter("ignore")  # newer Pythons warn of forking beside threads
from b24orm import FileTokens
from b24orm.transport.auth.stores.memory import MemoryTokens

store = {store}
with store.lock("k"):
    child = os.fork()
    if child == 0:  # a worker that lives on
        {child}
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_that_was_forked_meanwhile_does_not_keep_the_lock(tmp_path: Path) -> None:
    code = FORK.format(store="FileTokens(sys.argv[1], patience=2)", child="time.sleep(30)")
    code += (
        "try:\n"
        "    with store.lock('k'): print('free')\n"
        "finally:\n"
        "    os.kill(child, 9); os.waitpid(child, 0)\n"
    )
    assert _said(code, tmp_path) == "free\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_nor_does_it_when_its_parent_dies_with_it(tmp_path: Path) -> None:
    code = FORK.format(store="FileTokens(sys.argv[1], patience=2)", child="time.sleep(30)")
    code += "    print(child, flush=True); os.kill(os.getpid(), 9)\n"
    child = int(_said(code, tmp_path))
    try:
        with FileTokens(tmp_path, patience=2).lock("k"):
            assert Path(f"/proc/{child}").exists() or sys.platform != "linux"
    finally:
        os.kill(child, 9)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_tokens_in_memory_may_be_renewed_in_a_child_that_was_forked_meanwhile(tmp_path: Path) -> None:
    free = "done = store.lock('k').acquire(timeout=2); os._exit(0 if done else 1)"
    code = FORK.format(store="MemoryTokens()", child=free)
    code += "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    assert _said(code, tmp_path) == "0\n"


def _said(code: str, folder: Path) -> str:
    """What a program writes, its complaints too; children of its may live on."""
    command = [sys.executable, "-c", code, str(folder)]
    with (folder / "said").open("w+") as said:
        subprocess.run(command, stdout=said, stderr=said, timeout=60, check=False, cwd=ROOT)
        said.seek(0)
        return said.read()


SERVING = """
import json, sys
from b24orm import App, Portal
from tests.auth.renewing_worker import store_at

store, portals = store_at(sys.argv[1]), json.loads(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
answers = []
for server, member_id in portals:
    app = App("local.app", "app-secret", store=store, server=server)
    with Portal(app.credentials(member_id), plan="unlimited", progress=False) as portal:
        answers.append(portal.call("profile")["ID"])
print(json.dumps(answers), flush=True)
"""


def test_two_web_processes_and_a_worker_renew_each_of_many_portals_once(address: str) -> None:
    clock = Clock()
    with ExitStack() as stack:
        portals = [stack.enter_context(LocalPortal(users=1, clock=clock)) for _ in range(8)]
        for portal in portals:
            portal.install_app()
            app = App("local.app", "app-secret", store=store_at(address), server=portal.oauth_url)
            app.installed(portal.install_event())
        served = json.dumps([(portal.oauth_url, portal.oauth.member_id) for portal in portals])
        command = [sys.executable, "-c", SERVING, address, served]
        pipe = subprocess.PIPE
        pipes: dict[str, Any] = {"stdin": pipe, "stdout": pipe, "stderr": pipe, "text": True}
        workers = [subprocess.Popen(command, cwd=ROOT, **pipes) for _ in range(3)]
        for worker in workers:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "ready\n"
        clock.pass_an_hour()
        before = [portal.oauth.requests for portal in portals]
        said = answers(workers)
        renewed = [portal.oauth.requests - asked for portal, asked in zip(portals, before, strict=True)]
        assert ([json.loads(text) for text in said], renewed) == ([["1"] * 8] * 3, [1] * 8)
