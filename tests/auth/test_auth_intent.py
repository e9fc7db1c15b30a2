"""A store is told before new tokens are asked for, so that a pair that is lost is not lost without a word."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from b24orm import FileTokens, MemoryTokens
from b24orm.errors import InvalidGrant, InvalidValue, PaymentRequired, TokenServerFailed, TokenStoreFailed
from b24orm.transport.auth.tokens import Tokens
from tests.auth.conftest import Scene, Stores

ROOT = Path(__file__).resolve().parents[2]


def kept(scene: Scene, store: MemoryTokens | FileTokens) -> Tokens:
    """What the store holds of the portal."""
    found = store.load(f"local.app:{scene.local.oauth.member_id}")
    assert found is not None
    return found


class Noting(MemoryTokens):
    """Notes how often the server was asked when something was kept, and who was asking."""

    def __init__(self, scene: Scene) -> None:
        super().__init__()
        self.scene = scene
        self.notes: list[tuple[int, bool]] = []

    def save(self, key: str, tokens: Tokens) -> None:
        super().save(key, tokens)
        self.notes.append((self.scene.exchanges, bool(tokens.asking)))


def test_the_store_knows_before_the_server_is_asked(scene: Scene) -> None:
    store = Noting(scene)
    client = scene.join(scene.app(store=store).installed(scene.local.install_event()))
    scene.clock.pass_an_hour()
    client.call("profile")
    assert store.notes == [(1, False), (1, True), (2, False)]


class Full(MemoryTokens):
    """A store that takes no more."""

    full = False

    def save(self, key: str, tokens: Tokens) -> None:
        if self.full:
            raise OSError("disk full")
        super().save(key, tokens)


def test_a_store_that_can_not_be_told_costs_no_tokens(scene: Scene) -> None:
    store = Full()
    client = scene.join(scene.app(store=store).installed(scene.local.install_event()))
    scene.clock.pass_an_hour()
    store.full = True
    before = scene.exchanges
    with pytest.raises(TokenStoreFailed):
        client.call("profile")
    assert scene.exchanges == before


def test_the_word_is_kept_by_every_store(stores: Stores) -> None:
    tokens = Tokens("a1", "https://acme.bitrix24.com/rest", asking="2026-01-01 by process 7 on web-1")
    text = tokens.to_json().replace('"access_token": ""', '"access_token": "t1"')
    stores().save("k", Tokens.from_json(text))
    found = stores().load("k")
    assert found is not None
    assert found.asking == tokens.asking


def test_nobody_can_put_words_into_a_form(scene: Scene) -> None:
    answer = scene.local.install_app() | {"asking": "somebody"}
    assert Tokens.parse(answer).asking == ""


DYING = """
import os, signal, sys
from b24orm import App, FileTokens, Portal

class Dying(FileTokens):
    def save(self, key, tokens):
        if not tokens.asking:
            os.kill(os.getpid(), signal.SIGKILL)  # with the answer in hand, before it is kept
        super().save(key, tokens)

app = App("local.app", "app-secret", store=Dying(sys.argv[1]), server=sys.argv[2])
Portal(app.credentials(sys.argv[3]), plan="unlimited", progress=False).call("profile")
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_later_process_says_what_became_of_tokens_that_died_with_another(
    scene: Scene, tmp_path: Path
) -> None:
    store = FileTokens(tmp_path)
    app = scene.app(store=store)
    app.installed(scene.local.install_event())
    scene.clock.pass_an_hour()
    address, member_id = scene.local.oauth_url, scene.local.oauth.member_id
    command = [sys.executable, "-c", DYING, str(tmp_path), address, member_id]
    killed = subprocess.Popen(command, cwd=ROOT)
    assert killed.wait(60) == -signal.SIGKILL
    with pytest.raises(InvalidGrant, match=rf"by process {killed.pid} on .* has not ended.*App\.keep"):
        scene.join(app.credentials(member_id)).call("profile")


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_program_that_died_before_it_asked_cost_nothing(scene: Scene, tmp_path: Path) -> None:
    store = FileTokens(tmp_path)
    app = scene.app(store=store)
    app.installed(scene.local.install_event())
    scene.clock.pass_an_hour()
    address, member_id = scene.local.oauth_url, scene.local.oauth.member_id
    code = DYING.replace("if not tokens.asking:", "super().save(key, tokens)\n        if tokens.asking:")
    killed = subprocess.Popen([sys.executable, "-c", code, str(tmp_path), address, member_id], cwd=ROOT)
    assert killed.wait(60) == -signal.SIGKILL
    marked = kept(scene, store).asking
    client = scene.join(app.credentials(member_id))
    assert (bool(marked), client.call("profile")["ID"], kept(scene, store).asking) == (True, "1", "")


def test_an_administrator_who_opens_it_brings_tokens_back(scene: Scene) -> None:
    app = scene.app()
    client = scene.join(app.installed(scene.local.install_event()))
    scene.clock.pass_an_hour()
    scene.local.oauth.grants.clear()
    with pytest.raises(InvalidGrant):
        client.call("profile")
    query, body = scene.local.placement()
    app.keep(app.opened(body, query))
    fresh = app.credentials(scene.local.oauth.member_id)
    assert (scene.join(fresh).call("profile")["ID"], client.call("profile")["ID"]) == ("1", "1")


async def test_so_does_one_who_is_awaited(scene: Scene) -> None:
    app = scene.app()
    await app.ainstalled(scene.local.install_event())
    query, body = scene.local.placement(user_id=2)
    await app.akeep(await app.aopened(body, query))
    assert (await app.acredentials(scene.local.oauth.member_id)).user_id == 2


def test_events_are_accepted_after_that_as_before(scene: Scene) -> None:
    app = scene.app()
    event = scene.local.install_event()
    app.installed(event)
    query, body = scene.local.placement()
    app.keep(app.opened(body, query))
    assert app.accepts(event)


def test_a_user_s_tokens_are_kept_beside_the_portal_s(scene: Scene) -> None:
    app, member_id = scene.app(), scene.local.oauth.member_id
    app.installed(scene.local.install_event())
    query, body = scene.local.placement(user_id=3)
    app.keep(app.opened(body, query), user="3")
    scene.clock.pass_an_hour()
    clients = [scene.join(app.credentials(member_id, user)) for user in ("", "3")]
    assert [client.call("profile")["ID"] for client in clients] == ["1", "3"]


def test_tokens_that_nobody_has_vouched_for_are_not_kept(scene: Scene) -> None:
    app = scene.app()
    app.installed(scene.local.install_event())
    query, body = scene.local.placement()
    with pytest.raises(InvalidValue, match="not proven"):
        app.keep(app.opened(body, query, prove=False))


def test_a_refusal_takes_the_word_back(scene: Scene) -> None:
    store = MemoryTokens()
    client = scene.join(scene.app(store=store).installed(scene.local.install_event()))
    scene.clock.pass_an_hour()
    scene.local.oauth.demand_payment("local.app")
    with pytest.raises(PaymentRequired):
        client.call("profile")
    assert kept(scene, store).asking == ""


def test_a_refresh_token_that_was_used_up_elsewhere_blames_nobody(scene: Scene) -> None:
    client = scene.join(scene.app().installed(scene.local.install_event()))
    scene.clock.pass_an_hour()
    scene.local.oauth.grants.clear()
    for _ in range(2):
        with pytest.raises(InvalidGrant) as caught:
            client.call("profile")
        assert "has not ended" not in str(caught.value)


@pytest.mark.parametrize("lost", [[], ["reset_before"], ["reset_before", "reset_before"]])
def test_an_answer_that_was_lost_is_remembered(scene: Scene, lost: list[Any]) -> None:
    client = scene.join(scene.app().installed(scene.local.install_event()))
    scene.clock.pass_an_hour()
    scene.local.oauth.faults.script("reset_after", *lost)
    with pytest.raises((TokenServerFailed, InvalidGrant)):
        client.call("profile")
    with pytest.raises(InvalidGrant, match=f"by process {os.getpid()} on .* has not ended"):
        client.call("profile")


def test_tokens_that_were_deleted_meanwhile_are_not_put_back_by_the_word(scene: Scene) -> None:
    store = MemoryTokens()
    client = scene.join(scene.app(store=store).installed(scene.local.install_event()))
    key = f"local.app:{scene.local.oauth.member_id}"
    scene.clock.pass_an_hour()
    scene.local.oauth.demand_payment("local.app")
    store.delete(key)
    with pytest.raises(PaymentRequired):
        client.call("profile")
    assert store.load(key) is None


def test_a_portal_that_is_renamed_meanwhile_keeps_the_word(scene: Scene) -> None:
    store = MemoryTokens()
    client = scene.join(scene.app(store=store).installed(scene.local.install_event()))
    key = f"local.app:{scene.local.oauth.member_id}"
    store.save(key, kept(scene, store).asked_by("another process"))
    scene.local.rename()
    client.call("profile")
    found = kept(scene, store)
    assert (found.asking, str(scene.local.port) in found.endpoint) == ("another process", True)
