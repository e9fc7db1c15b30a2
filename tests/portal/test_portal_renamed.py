"""A portal that was renamed is followed where its credentials may go; the body is kept."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from b24orm import App, AsyncPortal, MemoryTokens, Portal
from b24orm.emulator import LocalPortal
from b24orm.emulator.faults import Fault
from b24orm.errors import PortalMoved, ServerFailure
from b24orm.models import Deal


@pytest.fixture
def local() -> Iterator[LocalPortal]:
    with LocalPortal(deals=60) as portal:
        yield portal


@pytest.fixture
def client(local: LocalPortal) -> Iterator[Portal]:
    with Portal(local.url, plan="unlimited", progress=False) as portal:
        yield portal


def elsewhere(local: LocalPortal) -> Fault:
    """A redirect to where no credentials of this portal may go."""
    return Fault("redirect", location="https://crm.evil.example")


def test_a_read_goes_on_at_the_new_address(local: LocalPortal, client: Portal) -> None:
    local.rename()
    assert [deal.id for deal in Deal.objects.using(client).order_by("id")] == list(range(1, 61))


def test_a_write_keeps_its_body_and_is_done_once(local: LocalPortal, client: Portal) -> None:
    local.rename()
    deal = Deal(title="kept")
    deal.save(using=client)
    assert (local.store.count("deal"), Deal.objects.using(client).get(id=deal.id).title) == (61, "kept")


def test_a_batch_keeps_its_commands(local: LocalPortal, client: Portal) -> None:
    local.rename()
    found = client.get_by_ID("crm.deal.get", [1, 2, 3])
    assert sorted(found) == [1, 2, 3]


def test_the_new_address_is_remembered(local: LocalPortal, client: Portal) -> None:
    local.rename()
    for _ in range(3):
        client.call("profile")
    assert (client.host, client.requests) == (f"127.0.0.1:{local.port}", 4)


def test_a_portal_renamed_again_and_again_is_followed(local: LocalPortal, client: Portal) -> None:
    for _ in range(3):
        local.rename()
        client.call("profile")
    assert client.host == f"127.0.0.1:{local.port}"


def test_many_requests_at_once_are_followed(local: LocalPortal, client: Portal) -> None:
    local.rename()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: client.call("crm.deal.get", {"ID": number})["ID"], range(1, 17)))
    assert found == [str(number) for number in range(1, 17)]


def test_who_comes_by_the_new_address_shares_the_limits(local: LocalPortal, client: Portal) -> None:
    local.rename()
    client.call("profile")
    with Portal(local.url, plan="unlimited", progress=False) as newcomer:
        assert newcomer.executor.sender._limits is client.executor.sender._limits


async def test_an_asynchronous_portal_follows_as_well(local: LocalPortal) -> None:
    async with AsyncPortal(local.url, plan="unlimited", progress=False) as portal:
        local.rename()
        assert (await portal.call("profile"))["ID"] == "1"


def test_users_of_webhooks_are_told_to_change_it(
    local: LocalPortal, client: Portal, caplog: pytest.LogCaptureFixture
) -> None:
    local.rename()
    client.call("profile")
    client.call("profile")
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert f"127.0.0.1:{local.port}" in warnings[0]


# -- where credentials may not go --------------------------------------------------------------------


@pytest.mark.parametrize("method", ["profile", "crm.deal.add"])
def test_another_domain_is_not_followed(local: LocalPortal, client: Portal, method: str) -> None:
    local.faults.script(elsewhere(local))
    with pytest.raises(PortalMoved, match=r"crm\.evil\.example; if it is yours, name it in trusted_hosts"):
        client.call(method, {"fields": {"TITLE": "x"}})
    assert (local.stats.requests, local.store.count("deal")) == (1, 60)


def test_the_old_address_is_still_good_after_that(local: LocalPortal, client: Portal) -> None:
    local.faults.script(elsewhere(local))
    with pytest.raises(PortalMoved):
        client.call("profile")
    assert client.call("profile")["ID"] == "1"


def test_a_redirect_to_another_path_is_no_move(local: LocalPortal, client: Portal) -> None:
    local.faults.script(Fault("redirect", location="http://127.0.0.1:1/login"))
    with pytest.raises(ServerFailure, match="REDIRECTED") as caught:
        client.call("profile")
    assert not isinstance(caught.value, PortalMoved)


def test_a_redirect_in_circles_is_given_up(local: LocalPortal, client: Portal) -> None:
    other = local.token_url.replace("127.0.0.1", "localhost").removesuffix("/rest/")
    back = local.token_url.removesuffix("/rest/")
    circle = [Fault("redirect", location=place) for place in (other, back) * 5]
    local.faults.script(*circle)
    with pytest.raises(PortalMoved):
        client.call("profile")
    assert local.stats.requests == 4


def test_a_host_that_was_named_is_followed(local: LocalPortal) -> None:
    """The name leads nowhere, so what is seen is that it was asked."""
    local.faults.script(elsewhere(local))
    options = {"plan": "unlimited", "progress": False, "trusted_hosts": ["crm.evil.example"]}
    with Portal(local.url, **options) as client:  # type: ignore[arg-type]
        client._open().sender._policy = type(client._open().sender._policy)(attempts=1)
        with pytest.raises(Exception, match=r"crm\.evil\.example: can't connect"):
            client.call("profile")


def test_the_error_survives_a_pickle(local: LocalPortal, client: Portal) -> None:
    local.faults.script(elsewhere(local))
    with pytest.raises(PortalMoved) as caught:
        client.call("profile")
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.base) == (str(caught.value), "https://crm.evil.example/rest")


# -- OAuth -------------------------------------------------------------------------------------------


@pytest.fixture
def app(local: LocalPortal) -> App:
    local.install_app()
    return App("local.app", "app-secret", server=local.oauth_url, store=MemoryTokens())


def test_tokens_follow_and_remember_it_in_their_store(local: LocalPortal, app: App) -> None:
    credentials = app.installed(local.install_event())
    local.rename()
    with Portal(credentials, plan="unlimited", progress=False) as client:
        client.call("profile")
    again = app.credentials(local.oauth.member_id)
    assert (again.host, again.member_id) == (f"127.0.0.1:{local.port}", credentials.member_id)


def test_the_address_in_the_server_s_answer_is_taken_over(local: LocalPortal, app: App) -> None:
    credentials = app.installed(local.install_event())
    with Portal(credentials, plan="unlimited", progress=False) as client:
        local.rename()
        local.faults.script("expired_token")
        client.call("profile")
    assert client.host == f"127.0.0.1:{local.port}"


def test_an_address_where_they_may_not_go_is_told_and_not_taken_over(
    local: LocalPortal, app: App, caplog: pytest.LogCaptureFixture
) -> None:
    credentials = app.installed(local.install_event())
    local.oauth.endpoint = lambda: "https://crm.evil.example/rest/"
    local.faults.script("expired_token")
    with Portal(credentials, plan="unlimited", progress=False) as client:
        assert client.call("profile")["ID"] == "1"
    assert "crm.evil.example" in caplog.text
    assert client.host == f"127.0.0.1:{local.port}"


def test_tokens_are_not_sent_to_another_domain(local: LocalPortal, app: App) -> None:
    credentials = app.installed(local.install_event())
    local.faults.script(elsewhere(local))
    with Portal(credentials, plan="unlimited", progress=False) as client, pytest.raises(PortalMoved):
        client.call("profile")
