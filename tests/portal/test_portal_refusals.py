"""Addresses and options that can't be right are refused when the portal is made."""

from __future__ import annotations

from traceback import extract_tb
from typing import Any

import pytest

from b24orm import App, AsyncPortal, Portal, RateLimits, connect
from b24orm.emulator import LocalPortal
from b24orm.errors import AuthError, B24Error, ConnectFailed, InvalidValue, NotConfigured
from b24orm.models import Deal
from tests.conftest import Serve

GOOD = "https://acme.bitrix24.com/rest/1/abcdef123456/"


@pytest.mark.parametrize("make", [connect, Portal, AsyncPortal])
@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("not a url", "it looks like https://PORTAL/rest/USER_ID/SECRET/"),
        ("https://acme.bitrix24.com/", "it looks like"),
        ("https://acme.bitrix24.com/rest/", "it looks like"),
        ("https://acme.bitrix24.com/rest/admin/secret/", "it looks like"),
        ("https://acme.bitrix24.com/rest/1/", "it looks like"),
        ("ftp://acme.bitrix24.com/rest/1/abc/", "it looks like"),
        ("https:///rest/1/abc/", "it looks like"),
        ("http://acme.bitrix24.com/rest/1/abc/", "use https"),
        ("http://127.0.0.1.evil.com/rest/1/abc/", "use https"),
        ("https://acme.bitrix24.com:99999/rest/1/abc/", "it looks like|no URL"),
    ],
)
def test_an_address_that_is_no_webhook_is_refused(make: Any, url: str, hint: str) -> None:
    with pytest.raises(InvalidValue, match=hint):
        make(url)


@pytest.mark.parametrize("make", [connect, Portal, AsyncPortal])
def test_an_application_in_the_place_of_its_credentials_is_refused_with_the_way(make: Any) -> None:
    with pytest.raises(InvalidValue, match=r"not App; .* app\.credentials\(member_id\)"):
        make(App("local.1", "hush"))


@pytest.mark.parametrize(
    "url",
    [
        GOOD,
        GOOD.rstrip("/"),
        f"  {GOOD}\n",
        f"{GOOD}crm.deal.list.json",
        "http://localhost:8080/rest/1/abc/",
        "http://[::1]:8080/rest/1/abc/",
    ],
)
def test_an_address_as_people_paste_it_is_understood(url: str) -> None:
    with Portal(url) as portal:
        assert portal.host


def test_plain_http_is_possible_if_asked_for() -> None:
    with Portal("http://box.example/rest/1/abc/", allow_http=True) as portal:
        assert portal.host == "box.example"


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        ({"plan": "standart"}, "did you mean 'standard'"),
        ({"plan": 5}, "plan"),
        ({"timeout": 0}, "positive"),
        ({"timeout": -1.0}, "positive"),
        ({"timeout": "5"}, "timeout"),
        ({"give_up_after": 0}, "give_up_after must be a positive number of seconds"),
        ({"give_up_after": "5"}, "give_up_after"),
        ({"progress": "always"}, "progress"),
        ({"on_invalid": "ignore"}, "on_invalid"),
        ({"verify_ssl": "no"}, "verify_ssl"),
        ({"url": 5}, "url"),
    ],
)
def test_an_option_that_can_not_be_right_is_refused(options: dict[str, Any], hint: str) -> None:
    with pytest.raises(InvalidValue, match=hint):
        connect(**{"url": GOOD, **options})


@pytest.mark.parametrize("wrong", [{"burst": 0}, {"per_second": 0}, {"per_second": -1}])
def test_limits_that_permit_nothing_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue, match=next(iter(wrong))):
        RateLimits(**wrong)


def test_without_an_address_the_way_to_give_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("B24_WEBHOOK_URL", raising=False)
    with pytest.raises(NotConfigured, match="B24_WEBHOOK_URL"):
        connect()


def test_a_wrong_secret_is_an_error_that_names_the_portal(shop: LocalPortal) -> None:
    with (
        Portal(f"{shop.token_url}1/wrongsecret/", progress=False) as portal,
        pytest.raises(B24Error) as caught,
    ):
        Deal.objects.using(portal).count()
    assert (type(caught.value).__name__, portal.host in str(caught.value)) == ("AuthError", True)


def test_a_portal_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    from b24orm.executor.retry import RetryPolicy

    monkeypatch.setattr(RetryPolicy, "delay", lambda *given: 0.0)
    with (
        Portal("http://127.0.0.1:9/rest/1/abc/", progress=False) as portal,
        pytest.raises(ConnectFailed, match="5 attempts"),
    ):
        portal.call("profile")


async def test_a_traceback_of_an_async_portal_ends_at_what_was_called(serve: Serve) -> None:
    async with AsyncPortal(serve().url[:-4] + "abc/", progress=False):
        with pytest.raises(AuthError) as read:
            await Deal.objects.all()
        with pytest.raises(AuthError) as called:
            await Deal.objects.acount()
    assert [len(extract_tb(caught.value.__traceback__)) < 8 for caught in (read, called)] == [True, True]


@pytest.mark.parametrize("method", ["", " ", "/"])
def test_a_call_of_nothing_is_refused(method: str) -> None:
    with Portal(GOOD) as portal, pytest.raises(InvalidValue, match="named as in 'crm.deal.list'"):
        portal.call(method)
