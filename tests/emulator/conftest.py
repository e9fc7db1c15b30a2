"""Fixtures of the local portal's tests: toy portals, driven by plain calls or over a socket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

from b24orm.emulator.cost import CostModel
from b24orm.emulator.engine import Engine
from b24orm.emulator.limits import Plan, plan_named
from b24orm.emulator.server import Door
from b24orm.emulator.threaded import ServerThread
from tests.emulator.toy import SCOPES, SECRET, WEBHOOK, Clock, MakeToy, Serve, Toy, toy_registry

settings.register_profile("b24orm", deadline=None)  # a busy machine is no reason to fail
settings.load_profile("b24orm")


@pytest.fixture
def make_toy() -> MakeToy:
    """Makes toy portals: ``make_toy(plan="standard", long=..., **engine)``."""

    def make(plan: str | Plan = "unlimited", costs: CostModel | None = None, **engine: Any) -> Toy:
        clock = Clock()
        portal = Engine(
            registry=toy_registry(),
            plan=plan_named(plan),
            clock=clock,
            costs=costs or CostModel(by_method={"work.long": 1.0, "work.short": 0.04}),
            **engine,
        )
        portal.credentials.add_webhook(SCOPES, secret=SECRET)
        return Toy(portal, clock)

    return make


@pytest.fixture
def toy(make_toy: MakeToy) -> Toy:
    """A toy portal without limits."""
    return make_toy()


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Puts a toy portal behind a socket and gives the address of its webhook."""
    threads: list[ServerThread] = []

    def start(toy: Toy, **door: Any) -> str:
        thread = ServerThread(Door(toy.engine, **door))
        thread.start()
        threads.append(thread)
        return f"http://127.0.0.1:{thread.port}{WEBHOOK}"

    yield start
    for thread in threads:
        thread.stop()
