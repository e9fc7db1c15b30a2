"""What is added to a request to say who calls."""

from __future__ import annotations

import json

import pytest

from b24orm.transport.auth.base import Access

TOKEN = "t0k3n"
ACCESS = Access("https://acme.bitrix24.com/rest", "acme.bitrix24.com", token=TOKEN)
NOBODY = Access("https://acme.bitrix24.com/rest", "acme.bitrix24.com", path="1/code/")


@pytest.mark.parametrize("body", [{}, {"id": 5}, {"auth": "another"}])
def test_a_token_travels_in_the_body(body: dict[str, object]) -> None:
    request = ACCESS.request("crm.deal.get", json.dumps(body).encode(), 60.0)

    assert json.loads(request.body) == {**body, "auth": TOKEN}


def test_rest_3_is_given_it_in_a_header_and_the_body_stays_as_it_is() -> None:
    request = ACCESS.request("tasks.task.get", b'{"id":5}', 60.0, v3=True)

    assert (request.body, dict(request.headers)) == (b'{"id":5}', {"Authorization": f"Bearer {TOKEN}"})


def test_without_a_token_nothing_is_added() -> None:
    request = NOBODY.request("crm.deal.get", b'{"id":5}', 60.0)

    assert (request.body, dict(request.headers)) == (b'{"id":5}', {})


def test_further_headers_are_sent_along() -> None:
    request = ACCESS.request("tasks.task.add", b"{}", 60.0, v3=True, headers={"Idempotency-Key": "k1"})

    assert dict(request.headers) == {"Idempotency-Key": "k1", "Authorization": f"Bearer {TOKEN}"}


@pytest.mark.parametrize(("v3", "folder"), [(False, ""), (True, "api/")])
def test_a_method_is_called_right_below_rest(v3: bool, folder: str) -> None:
    assert ACCESS.request("user.current", b"{}", 60.0, v3=v3).url == f"{ACCESS.base}/{folder}user.current"


@pytest.mark.parametrize("access", [ACCESS, NOBODY])
def test_an_access_shows_no_secret(access: Access) -> None:
    assert not any(secret in repr(access) for secret in (TOKEN, "code"))
