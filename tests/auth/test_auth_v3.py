"""REST 3.0 has one word for every bad token; only one that has ended is renewed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from b24orm import App, Portal
from b24orm.emulator import LocalPortal
from b24orm.errors import AuthError, NotInstalled
from tests.auth.conftest import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(clock: Clock) -> Iterator[LocalPortal]:
    with LocalPortal(tasks=20, users=4, clock=clock) as portal:
        portal.install_app()
        yield portal


@pytest.fixture
def client(desk: LocalPortal) -> Iterator[Portal]:
    credentials = App("local.app", "app-secret", server=desk.oauth_url).installed(desk.install_event())
    with Portal(credentials, plan="unlimited", progress=False) as portal:
        yield portal


def test_a_token_that_ended_is_renewed(desk: LocalPortal, client: Portal, clock: Clock) -> None:
    clock.pass_an_hour()
    assert (client.v3.tasks.task.get(id=5)["id"], desk.oauth.requests) == (5, 2)


def test_a_write_is_done_once(desk: LocalPortal, client: Portal, clock: Clock) -> None:
    clock.pass_an_hour()
    client.v3.tasks.task.add(fields={"title": "Report", "creatorId": 1, "responsibleId": 2})
    assert desk.store.count("task") == 21


def test_why_a_token_is_bad_is_told_and_nothing_renewed(desk: LocalPortal, client: Portal) -> None:
    desk.oauth.uninstall("local.app")
    for _ in range(2):
        with pytest.raises(NotInstalled):
            client.v3.tasks.task.get(id=5)
    assert desk.oauth.requests == 1


def test_a_bad_webhook_is_not_asked_about(desk: LocalPortal) -> None:
    with Portal(desk.url, plan="unlimited", progress=False) as portal:
        desk.revoke(desk.url)
        with pytest.raises(AuthError):
            portal.v3.tasks.task.get(id=5)
        assert portal.requests == 1
