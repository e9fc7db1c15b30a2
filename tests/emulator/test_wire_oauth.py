"""The token endpoint: codes, refresh tokens that rotate, and its refusals."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from b24orm.emulator.limits import Plan
from b24orm.emulator.oauth import Application
from tests.emulator.toy import SCOPES, MakeToy, Toy

APP = {"client_id": "app.1", "client_secret": "hush"}


@pytest.fixture
def app(toy: Toy) -> Toy:
    toy.engine.oauth.install(Application(**APP, scope=SCOPES))
    return toy


def exchange(toy: Toy, **params: Any) -> tuple[int, Any]:
    reply = toy.send("/oauth/token/?" + urlencode({"grant_type": "refresh_token", **APP, **params}))
    return reply.status, json.loads(reply.body)


def test_a_refresh_token_brings_a_working_access_token(app: Toy) -> None:
    _, tokens = exchange(app, refresh_token=app.engine.oauth.tokens("app.1")["refresh_token"])
    assert app.send(f"/rest/echo?auth={tokens['access_token']}").status == 200


def test_the_access_token_is_good_for_an_hour(app: Toy) -> None:
    tokens = app.engine.oauth.tokens("app.1")
    app.clock.sleep(tokens["expires_in"])
    assert app.send(f"/rest/echo?auth={tokens['access_token']}").status == 401


def test_a_refresh_token_works_once(app: Toy) -> None:
    refresh = app.engine.oauth.tokens("app.1")["refresh_token"]
    exchange(app, refresh_token=refresh)
    status, body = exchange(app, refresh_token=refresh)
    assert (status, body["error"]) == (400, "invalid_grant")


def test_the_new_refresh_token_works(app: Toy) -> None:
    _, tokens = exchange(app, refresh_token=app.engine.oauth.tokens("app.1")["refresh_token"])
    assert exchange(app, refresh_token=tokens["refresh_token"])[0] == 200


def test_a_refresh_token_is_good_for_180_days(app: Toy) -> None:
    refresh = app.engine.oauth.tokens("app.1")["refresh_token"]
    app.clock.sleep(180 * 24 * 3600)
    assert exchange(app, refresh_token=refresh)[1]["error"] == "invalid_grant"


def test_a_code_brings_the_user_who_agreed(app: Toy) -> None:
    code = app.engine.oauth.code("app.1", user_id=7)
    assert exchange(app, grant_type="authorization_code", code=code)[1]["user_id"] == 7


def test_a_code_is_good_for_thirty_seconds(app: Toy) -> None:
    code = app.engine.oauth.code("app.1")
    app.clock.sleep(30)
    assert exchange(app, grant_type="authorization_code", code=code)[1]["error"] == "invalid_grant"


def test_another_applications_token_is_refused(app: Toy) -> None:
    app.engine.oauth.install(Application(client_id="app.2", client_secret="hush", scope=SCOPES))
    refresh = app.engine.oauth.tokens("app.2")["refresh_token"]
    assert exchange(app, refresh_token=refresh)[1]["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("params", "status", "error"),
    [
        ({"refresh_token": "x", "client_secret": "wrong"}, 400, "invalid_client"),
        ({"refresh_token": "x"}, 400, "invalid_grant"),
        ({"refresh_token": "x", "client_id": "nobody"}, 200, "wrong_client"),
        ({}, 400, "invalid_request"),
        ({"refresh_token": "x", "grant_type": "password"}, 400, "invalid_request"),
    ],
)
def test_refusals(app: Toy, params: dict[str, str], status: int, error: str) -> None:
    answered, body = exchange(app, **params)
    assert (answered, body["error"]) == (status, error)


def test_the_request_limit_does_not_hold_there(make_toy: MakeToy) -> None:
    toy = make_toy(plan=Plan(burst=0))
    assert exchange(toy, refresh_token="x")[1]["error"] == "wrong_client"


def test_token_requests_are_counted_apart(app: Toy) -> None:
    exchange(app, refresh_token="x")
    assert (app.engine.oauth.requests, app.engine.stats.requests) == (1, 0)
