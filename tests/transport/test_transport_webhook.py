"""Webhooks: which addresses are taken, and that the secret shows up nowhere."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from b24orm.errors import InvalidValue
from b24orm.transport.auth.webhook import Webhook
from b24orm.transport.base import Request, Response

SECRET = "s3cretcode99"


ACME = "acme.bitrix24.com"


@pytest.mark.parametrize(
    ("url", "base", "host"),
    [
        ("https://acme.bitrix24.com/rest/1/{}/", f"https://{ACME}/rest", ACME),
        ("https://acme.bitrix24.com/rest/1/{}", f"https://{ACME}/rest", ACME),
        ("  https://acme.bitrix24.com/rest/1/{}/\n", f"https://{ACME}/rest", ACME),
        ("https://ACME.bitrix24.com/rest/1/{}/", f"https://{ACME}/rest", ACME),
        ("https://acme.bitrix24.com/rest/1/{}/profile.json", f"https://{ACME}/rest", ACME),
        ("https://acme.bitrix24.com:443/rest/1/{}/", f"https://{ACME}/rest", ACME),
        ("https://acme.bitrix24.com:8443/rest/1/{}/", f"https://{ACME}:8443/rest", f"{ACME}:8443"),
        ("http://localhost:8080/rest/1/{}/", "http://localhost:8080/rest", "localhost:8080"),
        ("http://127.0.0.1/rest/1/{}/", "http://127.0.0.1/rest", "127.0.0.1"),
        ("http://[::1]:80/rest/1/{}/", "http://[::1]/rest", "[::1]"),
    ],
)
def test_a_webhook_is_taken_apart(url: str, base: str, host: str) -> None:
    webhook = Webhook.parse(url.format(SECRET))

    assert (webhook.base, webhook.host, webhook.user_id) == (base, host, 1)


@pytest.mark.parametrize(("v3", "folder"), [(False, ""), (True, "api/")])
async def test_methods_are_called_below_the_secret(v3: bool, folder: str) -> None:
    webhook = Webhook.parse(f"https://acme.bitrix24.com/rest/1/{SECRET}/profile.json")

    url = (await webhook.access()).url("crm.deal.list", v3=v3)

    assert url == f"https://acme.bitrix24.com/rest/{folder}1/{SECRET}/crm.deal.list"


async def test_a_webhook_does_not_expire() -> None:
    webhook = Webhook.parse(f"https://acme.bitrix24.com/rest/1/{SECRET}/")

    assert not await webhook.renew(await webhook.access())


REFUSED = [
    "acme.bitrix24.com/rest/1/{}/",
    "ftp://acme.bitrix24.com/rest/1/{}/",
    "https:///rest/1/{}/",
    "https://acme.bitrix24.com/",
    "https://acme.bitrix24.com/rest/{}/",
    "https://acme.bitrix24.com/rest/{}/1/",
    "https://acme.bitrix24.com/rest/admin/{}/",
    "https://acme.bitrix24.com/rest/1//{}/",
    "https://acme.bitrix24.com/REST/1/{}/",
    "https://acme.bitrix24.com/rest/api/1/{}/",
    "https://acme.bitrix24.com/bitrix/rest/1/{}/",
    "https://acme.bitrix24.com/rest/1/{}%20x/",
    "https://acme.bitrix24.com/{}",
    "https://acme.bitrix24.com/?code={}",
    "https://acme.bitrix24.com/#{}",
    "https://{}:pass@acme.bitrix24.com/",
    "https://acme.bitrix24.com:port/rest/1/{}/",
    "https://[acme/rest/1/{}/",
    "http://acme.bitrix24.com/rest/1/{}/",
    "{}",
    "",
]


@pytest.mark.parametrize("url", REFUSED)
def test_another_address_is_refused(url: str) -> None:
    with pytest.raises(InvalidValue):
        Webhook.parse(url.format(SECRET))


@pytest.mark.parametrize("url", REFUSED)
def test_a_refusal_never_shows_the_secret(url: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        Webhook.parse(url.format(SECRET))

    assert SECRET not in "".join(_told(caught.value))


def _told(error: BaseException | None) -> list[str]:
    """Everything that a traceback would print."""
    if error is None:
        return []
    inner = error.__cause__ if error.__suppress_context__ else error.__cause__ or error.__context__
    return [str(error), repr(error), *_told(inner)]


def test_clear_text_is_refused_with_the_way_out() -> None:
    with pytest.raises(InvalidValue, match="clear text; use https, or allow_http=True"):
        Webhook.parse(f"http://acme.local/rest/1/{SECRET}/")


def test_clear_text_may_be_allowed() -> None:
    assert Webhook.parse(f"http://acme.local/rest/1/{SECRET}/", allow_http=True).host == "acme.local"


@pytest.mark.parametrize("show", [repr, str, "{}".format, lambda webhook: f"{webhook!r:>80}"])
def test_a_webhook_never_shows_its_secret(show: Callable[[Any], str]) -> None:
    assert SECRET not in show(Webhook.parse(f"https://acme.bitrix24.com/rest/1/{SECRET}/"))


@pytest.mark.parametrize("carry", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_webhook_is_neither_pickled_nor_copied(carry: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match="holds a secret"):
        carry(Webhook.parse(f"https://acme.bitrix24.com/rest/1/{SECRET}/"))


async def test_texts_lose_the_secret() -> None:
    webhook = Webhook.parse(f"https://acme.bitrix24.com/rest/1/{SECRET}/")

    url = (await webhook.access()).url("profile")

    assert webhook.redact(f"at {url}") == "at https://acme.bitrix24.com/rest/1/***/profile"


def test_a_request_shows_neither_its_address_nor_its_body_nor_its_headers() -> None:
    headers = {"Authorization": f"Bearer {SECRET}"}
    request = Request(f"https://acme/rest/1/{SECRET}/x", SECRET.encode(), 60.0, "x", "acme", headers)

    assert SECRET not in repr(request)


def test_a_response_shows_neither_its_body_nor_where_it_leads() -> None:
    assert SECRET not in repr(Response(302, "text/html", SECRET.encode(), f"https://acme/{SECRET}"))
