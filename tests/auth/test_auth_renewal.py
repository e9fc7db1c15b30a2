"""Tokens are renewed when the portal says so, once, and kept before they are used."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from b24orm import App, AsyncPortal, MemoryTokens, Portal
from b24orm.emulator import LocalPortal
from b24orm.emulator.oauth import Application
from b24orm.errors import (
    AuthError,
    B24Error,
    ExpiredToken,
    InvalidClient,
    InvalidGrant,
    NotInstalled,
    PaymentRequired,
    TokenServerFailed,
    TokenStoreFailed,
)
from b24orm.models import Deal
from b24orm.transport.auth.tokens import Tokens
from tests.auth.conftest import Scene, Stores

# -- when ------------------------------------------------------------------------------------------


def test_a_token_that_ended_is_renewed_within_the_call(scene: Scene) -> None:
    client = scene.join(scene.app().installed(scene.local.install_event()))
    scene.clock.pass_an_hour()
    assert client.call("profile")["ID"] == "1"


def test_a_token_that_is_good_is_not_renewed(scene: Scene) -> None:
    client = scene.join(scene.app().installed(scene.local.install_event()))
    before = scene.exchanges
    for _ in range(5):
        client.call("profile")
    assert scene.exchanges == before


def test_nothing_is_renewed_by_the_clock_alone(scene: Scene) -> None:
    scene.join(scene.app().installed(scene.local.install_event()))
    before = scene.exchanges
    scene.clock.pass_an_hour()
    assert scene.exchanges == before


def test_each_token_is_renewed_with_the_refresh_token_that_came_with_it(scene: Scene) -> None:
    client = scene.join(scene.app().installed(scene.local.install_event()))
    for _ in range(3):
        scene.clock.pass_an_hour()
        client.call("profile")
    assert scene.exchanges == 4


def test_a_write_is_done_once_although_it_was_sent_twice(scene: Scene) -> None:
    client = scene.join(scene.app().installed(scene.local.install_event()))
    scene.clock.pass_an_hour()
    Deal(title="new").save(using=client)
    assert scene.local.store.count("deal") == 61


def test_a_scan_goes_on_when_its_token_ends_midway(scene: Scene) -> None:
    client = scene.join(scene.app().installed(scene.local.install_event()))
    rows = Deal.objects.using(client).filter(id__in=range(1, 61)).iterator()
    first = next(rows).id
    scene.clock.pass_an_hour()
    assert [first, *(deal.id for deal in rows)] == list(range(1, 61))


@pytest.mark.parametrize("error", ["INVALID_TOKEN", "insufficient_scope"])
def test_another_refusal_renews_nothing(scene: Scene, error: str) -> None:
    client = scene.join(scene.app().installed(scene.local.install_event()))
    before = scene.exchanges
    if error == "INVALID_TOKEN":
        scene.local.revoke(client._credentials._tokens.access_token.reveal())  # type: ignore[attr-defined]
    else:
        scene.local.oauth.install(
            Application(client_id="local.app", client_secret="app-secret", scope=frozenset())
        )
        client = scene.join(scene.app().exchange({"code": scene.local.oauth.code("local.app")}, state=None))
        before = scene.exchanges
    with pytest.raises(AuthError):
        client.call("crm.deal.list")
    assert scene.exchanges == before


def test_a_portal_that_refuses_every_token_is_given_up(scene: Scene) -> None:
    client = scene.join(scene.app().installed(scene.local.install_event()))
    scene.local.faults.script(*["expired_token"] * 9)
    with pytest.raises(ExpiredToken):
        client.call("profile")
    assert scene.local.faults.pending == 5


# -- once ------------------------------------------------------------------------------------------


async def test_tasks_that_find_it_ended_renew_it_once(scene: Scene) -> None:
    credentials = await scene.app().ainstalled(scene.local.install_event())
    async with AsyncPortal(credentials, plan="unlimited", progress=False) as client:
        scene.clock.pass_an_hour()
        await asyncio.gather(*(client.call("crm.deal.get", {"ID": 1 + n}, raw=True) for n in range(20)))
    assert scene.exchanges == 2


def test_threads_that_find_it_ended_renew_it_once(scene: Scene) -> None:
    client = scene.join(scene.app().installed(scene.local.install_event()))
    scene.clock.pass_an_hour()
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda _: client.call("profile"), range(24)))
    assert scene.exchanges == 2


def test_so_do_portals_on_event_loops_of_their_own(scene: Scene) -> None:
    credentials = scene.app().installed(scene.local.install_event())
    start = threading.Barrier(6)

    async def ask() -> Any:
        async with AsyncPortal(credentials, plan="unlimited", progress=False) as client:
            await asyncio.to_thread(start.wait, 20)
            return await client.call("profile")

    scene.clock.pass_an_hour()
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: asyncio.run(ask())["ID"], range(6)))
    assert (found, scene.exchanges) == (["1"] * 6, 2)


def test_credentials_that_share_a_store_renew_once(scene: Scene, stores: Stores) -> None:
    scene.app(store=stores()).installed(scene.local.install_event())
    start = threading.Barrier(4)

    def ask(_: int) -> str:
        credentials = scene.app(store=stores()).credentials(scene.local.oauth.member_id)
        with Portal(credentials, plan="unlimited", progress=False) as client:
            start.wait(20)
            return str(client.call("profile")["ID"])

    scene.clock.pass_an_hour()
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(ask, range(4)))
    assert (found, scene.exchanges) == (["1"] * 4, 2)


def test_who_slept_through_several_renewals_goes_on_with_what_is_kept(scene: Scene, stores: Stores) -> None:
    sleeper = scene.join(scene.app(store=stores()).installed(scene.local.install_event()))
    busy = scene.join(scene.app(store=stores()).credentials(scene.local.oauth.member_id))
    for _ in range(2):
        scene.clock.pass_an_hour()
        busy.call("profile")
    scene.clock.pass_an_hour()  # what is kept has ended as well
    before = scene.exchanges
    assert (sleeper.call("profile")["ID"], scene.exchanges - before) == ("1", 1)


def test_a_store_whose_lock_does_nothing_loses_no_tokens(scene: Scene) -> None:
    class Lax(MemoryTokens):
        def lock(self, key: str) -> Any:
            return threading.Semaphore(99)

    store = Lax()
    one = scene.join(scene.app(store=store).installed(scene.local.install_event()))
    two = scene.join(scene.app(store=store).credentials(scene.local.oauth.member_id))
    scene.clock.pass_an_hour()
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda client: client.call("profile")["ID"], [one, two]))
    assert found == ["1", "1"]


class Slow(MemoryTokens):
    """Keeps tokens only when it is told to go on."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.go_on.set()

    def save(self, key: str, tokens: Tokens) -> None:
        self.begun.set()
        assert self.go_on.wait(20)
        super().save(key, tokens)


async def test_a_caller_that_is_cancelled_does_not_take_the_new_tokens_with_it(scene: Scene) -> None:
    store = Slow()
    credentials = await scene.app(store=store).ainstalled(scene.local.install_event())
    async with AsyncPortal(credentials, plan="unlimited", progress=False) as client:
        scene.clock.pass_an_hour()
        store.begun.clear()
        store.go_on.clear()
        asking = asyncio.ensure_future(client.call("profile"))
        await asyncio.to_thread(store.begun.wait, 20)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        store.go_on.set()
        assert (await client.call("profile"))["ID"] == "1"
    assert scene.exchanges == 2


def test_neither_does_a_loop_that_ends(scene: Scene) -> None:
    store = Slow()
    credentials = scene.app(store=store).installed(scene.local.install_event())
    scene.clock.pass_an_hour()
    store.begun.clear()
    store.go_on.clear()

    async def hurried() -> None:
        async with AsyncPortal(credentials, plan="unlimited", progress=False) as client:
            asking = asyncio.ensure_future(client.call("profile"))
            await asyncio.to_thread(store.begun.wait, 20)
            asking.cancel()

    asyncio.run(hurried())
    store.go_on.set()
    assert (scene.join(credentials).call("profile")["ID"], scene.exchanges) == ("1", 2)


# -- kept before they are used ---------------------------------------------------------------------


class Watched(MemoryTokens):
    """Notes what is kept, and may refuse to keep new tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.saved: list[str] = []
        self.broken: Exception | None = None

    def save(self, key: str, tokens: Tokens) -> None:
        if tokens.asking:
            return super().save(key, tokens)
        if self.broken is not None:
            raise self.broken
        super().save(key, tokens)
        self.saved.append(tokens.access_token.reveal())
        return None


def used(scene: Scene, client: Portal) -> str:
    """The token that a call was made with."""
    return str(client.call("app.token.get"))


@pytest.fixture
def watched(scene: Scene) -> tuple[Watched, Portal]:
    """A store that can break, and a client whose tokens it keeps."""
    store = Watched()
    return store, scene.join(scene.app(store=store).installed(scene.local.install_event()))


def test_new_tokens_are_kept_before_they_are_used(scene: Scene, watched: tuple[Watched, Portal]) -> None:
    store, client = watched
    kept_when_used: list[bool] = []
    client._open().sender._transport = Spying(  # type: ignore[assignment]
        client._open().sender._transport,
        lambda token: kept_when_used.append(token in store.saved),
    )
    scene.clock.pass_an_hour()
    client.call("profile")
    assert kept_when_used == [True, True]


class Spying:
    """Tells of the token in each request."""

    def __init__(self, inner: Any, told: Callable[[str], None]) -> None:
        self._inner = inner
        self._told = told

    async def send(self, request: Any) -> Any:
        import json

        self._told(json.loads(request.body)["auth"])
        return await self._inner.send(request)

    async def close(self) -> None:
        await self._inner.close()


def test_tokens_that_can_not_be_kept_are_not_used(scene: Scene, watched: tuple[Watched, Portal]) -> None:
    store, client = watched
    scene.clock.pass_an_hour()
    store.broken = OSError("disk full")
    with pytest.raises(
        TokenStoreFailed, match=r"could not be kept: the store raised OSError at test_auth_renewal\.py:\d"
    ):
        client.call("profile")


def test_they_are_kept_and_used_once_the_store_works_again(
    scene: Scene, watched: tuple[Watched, Portal]
) -> None:
    store, client = watched
    scene.clock.pass_an_hour()
    store.broken = OSError("disk full")
    for _ in range(2):
        with pytest.raises(TokenStoreFailed):
            client.call("profile")
    store.broken = None
    assert (client.call("profile")["ID"], scene.exchanges, len(store.saved)) == ("1", 2, 2)


@pytest.mark.parametrize("method", ["load", "lock"])
def test_a_store_that_fails_is_a_typed_error(
    scene: Scene, watched: tuple[Watched, Portal], method: str
) -> None:
    store, client = watched
    scene.clock.pass_an_hour()

    def broken(key: str) -> Any:
        raise RuntimeError("no connection to tokens-db with password=hunter2")

    setattr(store, method, broken)
    with pytest.raises(TokenStoreFailed, match="RuntimeError") as caught:
        client.call("profile")
    assert "hunter2" not in str(caught.value)


class Transactional(MemoryTokens):
    """Keeps for good only when its lock is let go of, as a lock on a row of a database does."""

    def __init__(self) -> None:
        super().__init__()
        self.pending: dict[str, Tokens] = {}
        self.failures = 0

    def save(self, key: str, tokens: Tokens) -> None:
        self.pending[key] = tokens

    @contextmanager
    def lock(self, key: str) -> Generator[None, None, None]:
        self.pending.clear()
        yield
        if self.failures and any(not tokens.asking for tokens in self.pending.values()):
            self.failures -= 1
            self.pending.clear()
            raise ConnectionError("the server closed the connection")
        for name, tokens in self.pending.items():
            super().save(name, tokens)


def test_tokens_that_go_with_the_lock_are_not_used_and_not_lost(scene: Scene) -> None:
    store = Transactional()
    client = scene.join(scene.app(store=store).installed(scene.local.install_event()))
    scene.clock.pass_an_hour()
    store.failures = 1
    with pytest.raises(TokenStoreFailed, match="let go of"):
        client.call("profile")
    before = scene.exchanges
    assert (client.call("profile")["ID"], scene.exchanges - before) == ("1", 0)
    assert store.load(f"local.app:{scene.local.oauth.member_id}") is not None


def test_an_installation_that_could_not_be_kept_is_kept_later(scene: Scene) -> None:
    store = Watched()
    store.broken = OSError("disk full")
    app = scene.app(store=store)
    with pytest.raises(TokenStoreFailed):
        app.installed(scene.local.install_event())
    store.broken = None
    credentials = app.credentials(scene.local.oauth.member_id)
    assert (scene.join(credentials).call("profile")["ID"], len(store.saved)) == ("1", 1)


def test_an_installation_is_good_for_later_if_the_store_can_not_be_asked(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, event = MemoryTokens(), scene.local.install_event()

    def broken(_: str) -> None:
        raise OSError("no connection")

    with monkeypatch.context() as patched:
        patched.setattr(store, "load", broken)
        with pytest.raises(TokenStoreFailed):
            scene.app(store=store).installed(event)
    assert scene.app(store=store).installed(event).user_id == 1


# -- what the authorization server says ------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        (lambda scene: scene.local.oauth.demand_payment("local.app"), PaymentRequired),
        (lambda scene: scene.local.oauth.grants.clear(), InvalidGrant),
        (lambda scene: scene.local.oauth.applications.clear(), InvalidClient),
        (
            lambda scene: scene.local.oauth.install(
                Application(client_id="local.app", client_secret="another", scope=frozenset())
            ),
            InvalidClient,
        ),
    ],
    ids=["not paid", "used up", "unknown", "another secret"],
)
def test_each_refusal_has_its_class(
    scene: Scene, what: Callable[[Scene], None], kind: type[B24Error]
) -> None:
    client = scene.join(scene.app().installed(scene.local.install_event()))
    scene.clock.pass_an_hour()
    what(scene)
    before = scene.exchanges
    with pytest.raises(kind):
        client.call("profile")
    assert scene.exchanges == before + 1


def test_tokens_that_a_copy_of_the_store_has_spent_are_told(scene: Scene) -> None:
    store, copy = MemoryTokens(), MemoryTokens()
    ours = scene.join(scene.app(store=store).installed(scene.local.install_event()))
    key = f"local.app:{scene.local.oauth.member_id}"
    kept = store.load(key)
    assert kept is not None
    copy.save(key, kept)
    theirs = scene.join(scene.app(store=copy).credentials(scene.local.oauth.member_id))
    scene.clock.pass_an_hour()
    theirs.call("profile")
    with pytest.raises(InvalidGrant, match="authorised again; a copy of the store"):
        ours.call("profile")


def test_an_application_that_was_removed_is_told_by_the_portal(scene: Scene) -> None:
    client = scene.join(scene.app().installed(scene.local.install_event()))
    scene.local.oauth.uninstall("local.app")
    with pytest.raises(NotInstalled):
        client.call("profile")


def test_an_application_that_was_removed_is_told_by_the_server(scene: Scene) -> None:
    code = {"code": scene.local.oauth.code("local.app")}
    scene.local.oauth.uninstall("local.app")
    with pytest.raises(NotInstalled):
        scene.app().exchange(code, state=None)


@pytest.mark.parametrize(
    "fault", ["bad_gateway", "server_error", "unavailable", "reset_before", "truncated_json"]
)
def test_a_server_that_fails_is_asked_again(scene: Scene, fault: Any) -> None:
    client = scene.join(scene.app().installed(scene.local.install_event()))
    scene.clock.pass_an_hour()
    if fault == "truncated_json":
        fault = "wrong_content_type"  # that answer is good, whatever it calls itself
    scene.local.oauth.faults.script(fault)
    assert client.call("profile")["ID"] == "1"


def test_a_server_that_goes_on_failing_is_given_up(scene: Scene) -> None:
    client = scene.join(scene.app().installed(scene.local.install_event()))
    scene.clock.pass_an_hour()
    scene.local.oauth.faults.script(*["bad_gateway"] * 9)
    with pytest.raises(TokenServerFailed, match="in 3 tries: HTTP 502"):
        client.call("profile")


def test_nothing_is_lost_when_it_works_again(scene: Scene) -> None:
    client = scene.join(scene.app().installed(scene.local.install_event()))
    scene.clock.pass_an_hour()
    scene.local.oauth.faults.script(*["bad_gateway"] * 3)
    with pytest.raises(TokenServerFailed):
        client.call("profile")
    assert client.call("profile")["ID"] == "1"


def test_an_answer_that_is_lost_has_used_the_refresh_token_up(scene: Scene) -> None:
    client = scene.join(scene.app().installed(scene.local.install_event()))
    scene.clock.pass_an_hour()
    scene.local.oauth.faults.script("reset_after")
    with pytest.raises(InvalidGrant):
        client.call("profile")


def test_a_server_that_is_not_there(scene: Scene, unused_tcp_port: int) -> None:
    app = App("local.app", "app-secret", server=f"http://127.0.0.1:{unused_tcp_port}")
    with pytest.raises(TokenServerFailed, match="can't connect"):
        app.exchange({"code": "c0de-c0de"}, state=None)


def test_tokens_without_a_refresh_token_end_for_good(scene: Scene) -> None:
    credentials = scene.app().installed(scene.local.install_event())
    credentials._tokens = Tokens(
        credentials.member_id, credentials._tokens.endpoint, credentials._tokens.access_token
    )
    scene.clock.pass_an_hour()
    with pytest.raises(InvalidGrant, match="without a refresh token"):
        scene.join(credentials).call("profile")


def test_a_renewal_is_told_in_the_log_without_a_secret(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "b24orm")
    client = scene.join(scene.app().installed(scene.local.install_event()))
    scene.clock.pass_an_hour()
    client.call("profile")
    told = [record.getMessage() for record in caplog.records if "access token" in record.getMessage()]
    assert told == [f"127.0.0.1:{scene.local.port}: the access token has ended; asking for another"]


def test_a_write_was_not_sent_when_its_token_could_not_be_renewed(scene: Scene) -> None:
    client = scene.join(scene.app().installed(scene.local.install_event()))
    scene.clock.pass_an_hour()
    scene.local.oauth.faults.script(*["reset_before"] * 9)
    with pytest.raises(TokenServerFailed):  # and not OutcomeUnknown
        Deal(title="new").save(using=client)
    assert scene.local.store.count("deal") == 60


# -- regions ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "asked"),
    [
        ("https://oauth.bitrix24.tech/rest/", "https://oauth.bitrix24.tech"),
        ("https://oauth.bitrix.info/rest/", "https://oauth.bitrix.info"),
        ("", "https://oauth.example"),
        ("https://oauth.bitrix.info.evil.example/rest/", "https://oauth.example"),
        ("http://oauth.bitrix.info/rest/", "https://oauth.example"),
        ("https://evil.example/?https://oauth.bitrix.info", "https://oauth.example"),
        ("https://oauth.bitrix.info@evil.example/", "https://oauth.example"),
        ("https://oauth.bitrix.info:8443/rest/", "https://oauth.example"),
        ("nonsense", "https://oauth.example"),
    ],
)
def test_the_server_that_came_with_the_tokens_is_asked_if_it_is_bitrix24_s(told: str, asked: str) -> None:
    assert App("app.1", "secret", server="https://oauth.example")._server.server(told) == asked


def test_two_portals_have_tokens_of_their_own(scene: Scene) -> None:
    with LocalPortal(deals=3) as other:
        other.install_app()
        store = MemoryTokens()
        first = scene.app(store=store).installed(scene.local.install_event())
        second = App("local.app", "app-secret", store=store, server=other.oauth_url).installed(
            other.install_event()
        )
        counts = [Deal.objects.using(scene.join(one)).count() for one in (first, second)]
    assert counts == [60, 3]
