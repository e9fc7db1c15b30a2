"""Fixtures shared by the tests that drive the client against a local portal over HTTP."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, settings

from b24orm import Portal, connect
from b24orm.emulator import LocalPortal
from tests.redis_server import RedisServer, needs_redis

settings.register_profile(  # a busy machine is no reason to fail; fixtures here hold no state
    "b24orm", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
settings.load_profile("b24orm")

ROOT = Path(__file__).resolve().parent.parent

PLAIN_PYTEST: dict[str, str] = {
    **os.environ,
    "PYTHONPATH": str(ROOT),
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "PYTEST_ADDOPTS": "",
}
"""The environment of a pytest that runs a user's tests, whatever this one was told."""

Serve: TypeAlias = Callable[..., LocalPortal]
Connect: TypeAlias = Callable[..., Portal]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """How many processes ``-n auto`` means: one more than there are processors, for many tests wait."""
    return 1 + (os.cpu_count() or 1)


def shown(value: object) -> str:
    """A value in the name of a test: without its address, which each process gives anew."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))


def complaints(stderr: str) -> list[str]:
    """What a program in ``-X dev`` complained of, but for asyncio's word that the machine is slow."""
    return [line for line in stderr.splitlines() if not line.startswith("Executing <")]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts local portals: ``serve(deals=100)``; they are stopped after the test."""
    running: list[LocalPortal] = []

    def start(**options: Any) -> LocalPortal:
        portal = LocalPortal(**options).start()
        running.append(portal)
        return portal

    yield start
    for portal in running:
        portal.stop()


@pytest.fixture
def join() -> Iterator[Connect]:
    """Connects to a local portal and makes it the default; closed after the test."""
    clients: list[Portal] = []

    def start(portal: LocalPortal, **options: Any) -> Portal:
        client = connect(portal.url, **{"plan": "unlimited", "progress": False, **options})
        clients.append(client)
        return client

    yield start
    for client in reversed(clients):
        client.close()


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel, built without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the wheel was installed to."""
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target"]
    subprocess.run([*pip, str(folder), str(wheel)], check=True, capture_output=True)
    return folder


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis server of the test's own."""
    needs_redis()
    with RedisServer(tmp_path) as server:
        yield server
