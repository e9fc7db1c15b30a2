"""However many portals find their tokens out of date, few are renewed at a time."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from typing import Any

import pytest

from b24orm import MemoryTokens, Portal
from b24orm.errors import TokenServerFailed
from b24orm.executor.rest import answer
from b24orm.transport.auth import crew, oauth
from b24orm.transport.auth.crew import Crew
from b24orm.transport.auth.tokens import Tokens
from b24orm.transport.base import Request, Response
from b24orm.transport.http import HttpTransport
from tests.auth.conftest import Scene

PORTALS = 60
SMALL = 4


class Counting:
    """A way to the authorization server that counts who is on it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.under_way = self.most = 0
        self.fails = False

    def __call__(self) -> Counting:
        return self

    async def send(self, request: Request) -> Response:
        with self.lock:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
        try:
            await asyncio.sleep(0.01)
            if self.fails:
                return Response(502, "text/html", b"<html>")
            way = HttpTransport()
            try:
                return await way.send(request)
            finally:
                await way.close()
        finally:
            with self.lock:
                self.under_way -= 1

    async def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Crew:
    """A crew of four."""
    made = Crew("b24orm-renewal", SMALL)
    monkeypatch.setattr(oauth, "renewals", made)
    return made


def clients(scene: Scene, way: Any) -> list[Portal]:
    """A client of each of many installations, which share an application."""
    store = MemoryTokens()
    app = scene.app(transport=way, store=store)
    for number in range(PORTALS):
        tokens = Tokens.parse(scene.local.oauth.tokens("local.app"))
        store.save(f"local.app:m{number}", replace(tokens, member_id=f"m{number}"))
    return [scene.join(app.credentials(f"m{number}")) for number in range(PORTALS)]


def all_at_once(made: list[Portal]) -> list[Any]:
    async def ask() -> list[Any]:
        calls = [
            client.arun(lambda client=client: answer(client.executor, "profile", None)) for client in made
        ]
        return await asyncio.gather(*calls, return_exceptions=True)

    return asyncio.run(ask())


def test_many_portals_are_renewed_a_few_at_a_time(scene: Scene, small: Crew) -> None:
    way = Counting()
    made = clients(scene, way)
    scene.clock.pass_an_hour()
    answers = all_at_once(made)
    assert ([answer["ID"] for answer in answers], way.most <= SMALL) == (["1"] * PORTALS, True)


def test_who_stands_in_line_is_told_when_the_server_is_silent(scene: Scene, small: Crew) -> None:
    way = Counting()
    made = clients(scene, way)
    scene.clock.pass_an_hour()
    way.fails = True
    answers = all_at_once(made)
    way.fails = False
    told = [answer for answer in answers if "stood in line; nothing was asked" in str(answer)]
    assert {type(answer) for answer in answers} == {TokenServerFailed}
    assert len(told) >= PORTALS - 2 * SMALL


def test_whoever_comes_later_asks_again(scene: Scene, small: Crew) -> None:
    way = Counting()
    made = clients(scene, way)
    scene.clock.pass_an_hour()
    way.fails = True
    all_at_once(made)
    way.fails = False
    assert [answer["ID"] for answer in all_at_once(made)] == ["1"] * PORTALS


def test_its_threads_end_with_the_work() -> None:
    made, done = Crew("crew-under-test", 3), threading.Semaphore(0)
    for _ in range(20):
        made.give(done.release)
    assert all(done.acquire(timeout=10) for _ in range(20))
    for thread in threading.enumerate():
        if thread.name == "crew-under-test":
            thread.join(10)
    assert made.threads == 0


def test_a_renewal_that_finds_no_thread_is_an_error_and_stands_in_nobody_s_way(
    scene: Scene, small: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = scene.join(scene.app().installed(scene.local.install_event()))
    client.call("profile")
    scene.clock.pass_an_hour()

    class NoThread(threading.Thread):
        def start(self) -> None:
            raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(crew.threading, "Thread", NoThread)
        with pytest.raises(RuntimeError, match="can't start"):
            client.call("profile")
    assert client.call("profile")["ID"] == "1"
