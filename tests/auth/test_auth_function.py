"""``token_func``: tokens that a function of the program's own brings."""

from __future__ import annotations

import asyncio
import copy
import pickle
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest

from b24orm import AsyncPortal, connect
from b24orm.emulator import Fault
from b24orm.errors import (
    AuthError,
    ExpiredToken,
    InvalidValue,
    JobStopped,
    NotConfigured,
    TokenServerFailed,
)
from b24orm.models import Deal
from b24orm.transport.auth.function import TokenFunction
from tests.auth.conftest import Scene

URL = "https://acme.bitrix24.com/rest/"


@dataclass
class Tap:
    """Brings tokens of the local portal, and counts."""

    scene: Scene
    given: list[str] = field(default_factory=list)

    def fresh(self) -> str:
        token = self.scene.local.issue_token()
        self.given.append(token)
        return token

    def blocking(self) -> str:
        time.sleep(0.02)
        return self.fresh()

    async def awaited(self) -> str:
        await asyncio.sleep(0.02)
        return self.fresh()


@pytest.fixture(params=["blocking", "awaited", "lambda"])
def tap(request: pytest.FixtureRequest, scene: Scene) -> tuple[Tap, Any]:
    """A function of each kind; the last one only gives something to be awaited."""
    made = Tap(scene)
    kinds: dict[str, Any] = {
        "blocking": made.blocking,
        "awaited": made.awaited,
        "lambda": lambda: made.awaited(),
    }
    return made, kinds[request.param]


def test_its_token_is_used(scene: Scene, tap: tuple[Tap, Any]) -> None:
    client = scene.join(scene.local.token_url, token_func=tap[1])
    assert (Deal.objects.using(client).count(), len(tap[0].given)) == (60, 1)


def test_it_is_asked_again_when_the_token_ended(scene: Scene, tap: tuple[Tap, Any]) -> None:
    client = scene.join(scene.local.token_url, token_func=tap[1])
    client.call("profile")
    scene.clock.pass_an_hour()
    assert (client.call("profile")["ID"], len(tap[0].given)) == ("1", 2)


def test_threads_ask_it_once(scene: Scene, tap: tuple[Tap, Any]) -> None:
    client = scene.join(scene.local.token_url, token_func=tap[1])
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: client.call("profile"), range(16)))
    assert len(tap[0].given) == 1


async def test_tasks_ask_it_once(scene: Scene, tap: tuple[Tap, Any]) -> None:
    async with AsyncPortal(
        scene.local.token_url, token_func=tap[1], plan="unlimited", progress=False
    ) as client:
        await client.call("profile")
        scene.clock.pass_an_hour()
        await asyncio.gather(*(client.call("app.info", {"n": n}, raw=True) for n in range(9)))
    assert len(tap[0].given) == 2


def test_a_function_that_repeats_itself_is_given_up(scene: Scene) -> None:
    ended = scene.local.issue_token(expires_in=-1)
    client = scene.join(scene.local.token_url, token_func=lambda: ended)
    with pytest.raises(ExpiredToken):
        client.call("profile")


@pytest.mark.parametrize("token", ["", None, 5, b"t"])
def test_a_function_that_gives_no_token_is_told(scene: Scene, token: Any) -> None:
    client = scene.join(scene.local.token_url, token_func=lambda: token)
    with pytest.raises(AuthError, match="token_func must give an access token"):
        client.call("profile")


def test_what_it_raises_is_the_cause(scene: Scene) -> None:
    def broken() -> str:
        raise KeyError("vault")

    with pytest.raises(TokenServerFailed, match="token_func raised KeyError") as caught:
        scene.join(scene.local.token_url, token_func=broken).call("profile")
    assert repr(caught.value.__cause__) == "KeyError('vault')"


def test_an_error_of_ours_comes_through(scene: Scene) -> None:
    def broken() -> str:
        raise NotConfigured("no vault")

    with pytest.raises(NotConfigured, match="no vault"):
        scene.join(scene.local.token_url, token_func=broken).call("profile")


def test_a_bulk_write_says_how_far_it_came_when_it_raises(scene: Scene) -> None:
    """The token ends in the middle, and there is no other."""
    left = [scene.local.issue_token()]
    client = scene.join(scene.local.token_url, token_func=left.pop)
    scene.local.faults.script(Fault("expired_token", method="crm.deal.add", after=1, times=99))
    with pytest.raises(JobStopped) as caught:
        Deal.objects.using(client).bulk_create([Deal(title=f"n{n}") for n in range(120)])
    told = caught.value
    assert told.done == scene.local.store.count("deal") - 60 > 0
    assert (told.done + len(told.not_sent), told.unknown) == (120, ())
    assert isinstance(told.__cause__, TokenServerFailed)


def test_connect_takes_it_as_well(scene: Scene) -> None:
    with connect(scene.local.token_url, token_func=scene.local.issue_token, plan="unlimited", progress=False):
        assert Deal.objects.count() == 60


@pytest.mark.parametrize(
    "url", ["", "acme.bitrix24.com", "https://acme.bitrix24.com/", "ftp://acme.bitrix24.com/rest/"]
)
def test_what_is_no_rest_address_is_refused(url: str) -> None:
    with pytest.raises(InvalidValue, match="no REST address"):
        TokenFunction(url, lambda: "t")


def test_clear_text_is_refused_and_may_be_allowed() -> None:
    with pytest.raises(InvalidValue, match="clear text"):
        TokenFunction("http://acme.local/rest/", lambda: "t")
    assert TokenFunction("http://acme.local/rest/", lambda: "t", allow_http=True).host == "acme.local"


def test_it_is_not_for_credentials_that_have_tokens(scene: Scene) -> None:
    with pytest.raises(InvalidValue, match="get their tokens themselves"):
        scene.join(TokenFunction(URL, lambda: "t"), token_func=lambda: "t")


@pytest.mark.parametrize("show", [repr, str])
async def test_it_shows_no_token(show: Callable[[Any], str]) -> None:
    credentials = TokenFunction(URL, lambda: "t0k3n-t0k3n")
    access = await credentials.access()
    assert "t0k3n" not in show(credentials) + show(access) + show(vars(credentials))


@pytest.mark.parametrize("carry", [pickle.dumps, copy.copy, copy.deepcopy])
def test_it_is_neither_pickled_nor_copied(carry: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match="secret"):
        carry(TokenFunction(URL, lambda: "t"))
