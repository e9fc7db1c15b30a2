"""Other people's clients come to tokens and renew them, as with a real portal."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from b24pysdk import BitrixToken, Client
from b24pysdk.api.requesters import BitrixOAuthRequester
from b24pysdk.credentials import BitrixApp
from b24pysdk.credentials.oauth_event_data import OAuthEventData
from b24pysdk.credentials.oauth_placement_data import OAuthPlacementData
from b24pysdk.errors import BitrixAPIError
from fast_bitrix24 import BitrixAsync

from b24orm.emulator import LocalPortal
from tests.foreign.conftest import DEALS

pytestmark = pytest.mark.filterwarnings("ignore")  # their warnings are their own affair


class Clock:
    """The wall clock, moved on by the test."""

    ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def office(
    tls_portal: LocalPortal, clock: Clock, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> LocalPortal:
    """The portal with an application, its token server in the place of Bitrix24's own."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    monkeypatch.setattr(BitrixOAuthRequester, "_OAUTH_TOKEN_URL", tls_portal.oauth_url)
    for part in (tls_portal._engine, tls_portal.oauth):
        name = "clock" if hasattr(part, "clock") else "_clock"
        monkeypatch.setattr(part, name, clock)
    tls_portal.install_app("app.1", "hush")
    return tls_portal


APP = BitrixApp(client_id="app.1", client_secret="hush")


def client(office: LocalPortal) -> tuple[Client, BitrixToken]:
    """b24pysdk with an application's tokens."""
    tokens = office.oauth.tokens("app.1")
    token = BitrixToken(
        domain=f"127.0.0.1:{office.port}",
        auth_token=tokens["access_token"],
        refresh_token=tokens["refresh_token"],
        bitrix_app=APP,
    )
    return Client(token), token


def test_b24pysdk_calls_with_a_token(office: LocalPortal) -> None:
    assert len(client(office)[0].crm.deal.list(select=["ID"]).result) == 50


def test_b24pysdk_renews_a_token_that_ended(office: LocalPortal, clock: Clock) -> None:
    sdk, token = client(office)
    before = token.refresh_token
    clock.ahead += 3601
    found = sdk.crm.deal.list(select=["ID"]).result
    assert (len(found), office.oauth.requests, token.refresh_token == before) == (50, 1, False)


def test_b24pysdk_is_told_of_a_refresh_token_that_is_used_up(office: LocalPortal, clock: Clock) -> None:
    sdk, token = client(office)
    token.refresh_oauth_token()
    clock.ahead += 3601
    with pytest.raises(BitrixAPIError, match="invalid"):
        _ = sdk.crm.deal.list(select=["ID"]).result


def test_b24pysdk_exchanges_a_code(office: LocalPortal) -> None:
    renewed = APP.get_oauth_token(office.oauth.code("app.1"))
    assert renewed.member_id == office.oauth.member_id


def test_b24pysdk_reads_the_form_that_opens_an_application(office: LocalPortal) -> None:
    query, body = office.placement("app.1", user_id=2)
    data = OAuthPlacementData.from_dict(dict(parse_qsl(query)) | dict(parse_qsl(body.decode())))
    sdk = Client(BitrixToken.from_oauth_placement_data(data, APP))
    assert sdk.profile().result["ID"] == "2"


def test_b24pysdk_reads_the_event_of_an_installation(office: LocalPortal) -> None:
    data: Any = OAuthEventData.from_dict(dict(parse_qsl(office.install_event("app.1").decode())))
    assert (data.event, data.auth.member_id) == ("ONAPPINSTALL", office.oauth.member_id)


# -- fast_bitrix24 -------------------------------------------------------------------------------


@pytest.fixture
def plain(clock: Clock) -> Iterator[LocalPortal]:
    """A portal by http."""
    with LocalPortal(deals=DEALS, clock=clock) as running:
        yield running


async def test_fast_bitrix24_asks_its_function_again_when_a_token_ended(
    plain: LocalPortal, clock: Clock
) -> None:
    given: list[str] = []

    async def token() -> str:
        given.append(plain.issue_token())
        return given[-1]

    fast = BitrixAsync(plain.token_url, verbose=False, token_func=token)
    await fast.get_all("crm.deal.list")
    clock.ahead += 3601
    assert (len(await fast.get_all("crm.deal.list")), len(given)) == (DEALS, 2)
