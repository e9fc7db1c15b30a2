"""The token endpoint: codes, refresh tokens that rotate, and its refusals."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from b24orm.emulator.forms import install_event, placement
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


# -- an application comes and goes ---------------------------------------------------------------


def test_an_application_that_was_removed_gets_no_tokens(app: Toy) -> None:
    refresh = app.engine.oauth.tokens("app.1")["refresh_token"]
    app.engine.oauth.uninstall("app.1")
    status, body = exchange(app, refresh_token=refresh)
    assert (status, body["error"]) == (401, "NOT_INSTALLED")


def test_the_tokens_of_an_application_that_was_removed_are_refused(app: Toy) -> None:
    token = app.engine.oauth.tokens("app.1")["access_token"]
    app.engine.oauth.uninstall("app.1")
    reply = app.send(f"/rest/echo?auth={token}")
    assert (reply.status, json.loads(reply.body)["error"]) == (401, "APPLICATION_NOT_FOUND")


def test_a_removed_application_is_refused_before_its_token_is_found_out_of_date(app: Toy) -> None:
    token = app.engine.oauth.tokens("app.1")["access_token"]
    app.engine.oauth.uninstall("app.1")
    app.clock.sleep(3600)
    assert json.loads(app.send(f"/rest/echo?auth={token}").body)["error"] == "APPLICATION_NOT_FOUND"


def test_an_application_that_is_not_paid_for_gets_no_tokens(app: Toy) -> None:
    refresh = app.engine.oauth.tokens("app.1")["refresh_token"]
    app.engine.oauth.demand_payment("app.1")
    status, body = exchange(app, refresh_token=refresh)
    assert (status, body["error"]) == (401, "PAYMENT_REQUIRED")


def test_installed_anew_it_works_again(app: Toy) -> None:
    oauth = app.engine.oauth
    oauth.demand_payment("app.1")
    oauth.uninstall("app.1")
    oauth.install(Application(**APP, scope=SCOPES))
    assert exchange(app, refresh_token=oauth.tokens("app.1")["refresh_token"])[0] == 200


# -- the user's consent --------------------------------------------------------------------------


def test_the_browser_is_sent_on_with_a_code_and_the_state(app: Toy) -> None:
    reply = app.send("/oauth/authorize/?client_id=app.1&state=s1")
    query = dict(parse_qsl(urlsplit(dict(reply.headers)["Location"]).query))
    _, tokens = exchange(app, grant_type="authorization_code", code=query["code"])
    assert (reply.status, query["state"], query["member_id"]) == (302, "s1", tokens["member_id"])


def test_no_consent_for_an_application_that_is_not_installed(app: Toy) -> None:
    assert app.send("/oauth/authorize/?client_id=nobody").status == 404


# -- failures of its own -------------------------------------------------------------------------


def test_the_token_endpoint_fails_on_its_own(app: Toy) -> None:
    app.engine.oauth.faults.script("bad_gateway")
    app.engine.faults.script("server_error")
    refresh = app.engine.oauth.tokens("app.1")["refresh_token"]
    reply = app.send(
        "/oauth/token/?" + urlencode({"grant_type": "refresh_token", **APP, "refresh_token": refresh})
    )
    assert (reply.status, exchange(app, refresh_token=refresh)[0]) == (502, 200)


def test_an_answer_that_is_lost_has_rotated_the_token(app: Toy) -> None:
    app.engine.oauth.faults.script("reset_after")
    refresh = app.engine.oauth.tokens("app.1")["refresh_token"]
    app.send("/oauth/token/?" + urlencode({"grant_type": "refresh_token", **APP, "refresh_token": refresh}))
    assert exchange(app, refresh_token=refresh)[1]["error"] == "invalid_grant"


# -- what the portal posts to an application -----------------------------------------------------


def test_the_event_of_an_installation(app: Toy) -> None:
    told = dict(parse_qsl(install_event(app.engine.oauth, "app.1").decode()))
    token = app.engine.oauth.application("app.1").application_token
    _, tokens = exchange(app, refresh_token=told["auth[refresh_token]"])
    assert (told["event"], told["auth[application_token]"], told["auth[member_id]"]) == (
        "ONAPPINSTALL",
        token,
        tokens["member_id"],
    )


def test_an_application_is_opened_with_tokens_of_the_user(app: Toy) -> None:
    _, body = placement(app.engine.oauth, "app.1", user_id=7)
    told = dict(parse_qsl(body.decode()))
    assert exchange(app, refresh_token=told["REFRESH_ID"])[1]["user_id"] == 7


def test_the_address_of_the_portal_is_in_the_query(app: Toy) -> None:
    app.engine.oauth.endpoint = lambda: "https://acme.bitrix24.com/rest/"
    query, _ = placement(app.engine.oauth, "app.1")
    assert dict(parse_qsl(query)).items() >= {"DOMAIN": "acme.bitrix24.com", "PROTOCOL": "1"}.items()
