"""How an application comes to its first tokens on a portal, and finds them again."""

from __future__ import annotations

import asyncio
import copy
import logging
import pickle
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from b24orm import App, AsyncPortal, MemoryTokens
from b24orm.emulator.actor import Actor, acting
from b24orm.errors import AuthError, InvalidClient, InvalidGrant, InvalidValue, NotConfigured
from b24orm.events import parse_event
from tests.auth.conftest import Scene
from tests.emulator.event_calls import Handler

# -- the user's consent ----------------------------------------------------------------------------


def agreed(url: str) -> str:
    """The query that a browser comes back with after the user has agreed."""

    class NotFollowed(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            return None

    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.build_opener(NotFollowed).open(url, timeout=10)
    with caught.value as answer:
        return urlsplit(answer.headers["Location"]).query


def test_a_user_s_consent_brings_working_credentials(scene: Scene) -> None:
    app = scene.app()
    asked = app.authorization(scene.local.token_url)
    credentials = app.exchange(agreed(asked.url), state=asked.state)
    assert scene.join(credentials).call("profile")["ID"] == "1"


async def test_so_it_does_in_asynchronous_code(scene: Scene) -> None:
    app = scene.app()
    asked = app.authorization(scene.local.token_url)
    credentials = await app.aexchange(agreed(asked.url), state=asked.state)
    assert credentials.member_id == scene.local.oauth.member_id


def test_the_query_may_be_parsed_already(scene: Scene) -> None:
    app = scene.app()
    asked = app.authorization(scene.local.token_url, state="s1")
    returned = dict(parse_qsl(agreed(asked.url)))
    assert app.exchange(returned, state="s1").user_id == 1


@pytest.mark.parametrize(
    "portal", ["acme.bitrix24.com", "https://acme.bitrix24.com", "https://acme.bitrix24.com/rest/"]
)
def test_a_browser_is_sent_to_the_portal(portal: str) -> None:
    url = urlsplit(App("app.1", "secret").authorization(portal, state="s1").url)
    assert (url.scheme, url.netloc, url.path, parse_qs(url.query)) == (
        "https",
        "acme.bitrix24.com",
        "/oauth/authorize/",
        {"client_id": ["app.1"], "state": ["s1"]},
    )


def test_each_authorization_has_a_state_of_its_own() -> None:
    app = App("app.1", "secret")
    states = {app.authorization("acme.bitrix24.com").state for _ in range(20)}
    assert (len(states), min(map(len, states)) >= 24) == (20, True)


@pytest.mark.parametrize(
    "portal", ["", "http://acme.bitrix24.com", "ftp://x", "https://", "https://me@acme.com"]
)
def test_what_is_no_portal_is_refused(portal: str) -> None:
    with pytest.raises(InvalidValue, match="no portal"):
        App("app.1", "secret").authorization(portal)


@pytest.mark.parametrize("state", ["other", "", "s1\x00"])
def test_another_state_is_refused_before_anything_is_asked(scene: Scene, state: str) -> None:
    app = scene.app()
    with pytest.raises(AuthError, match="state"):
        app.exchange({"code": scene.local.oauth.code("local.app"), "state": "s1"}, state=state)
    assert scene.exchanges == 0


def test_a_code_typed_in_by_hand_has_no_state(scene: Scene) -> None:
    credentials = scene.app().exchange({"code": scene.local.oauth.code("local.app")}, state=None)
    assert credentials.host == f"127.0.0.1:{scene.local.port}"


def test_a_code_is_good_once(scene: Scene) -> None:
    code = {"code": scene.local.oauth.code("local.app")}
    scene.app().exchange(code, state=None)
    with pytest.raises(InvalidGrant):
        scene.app().exchange(code, state=None)


def test_a_code_is_good_for_thirty_seconds(scene: Scene) -> None:
    code = {"code": scene.local.oauth.code("local.app")}
    scene.clock.ahead += 31
    with pytest.raises(InvalidGrant):
        scene.app().exchange(code, state=None)


@pytest.mark.parametrize("returned", [{}, {"code": ""}, "error=access_denied", b""])
def test_without_a_code_nothing_is_asked(scene: Scene, returned: Any) -> None:
    with pytest.raises(InvalidValue, match="no code"):
        scene.app().exchange(returned, state=None)


def test_a_wrong_secret_is_told(scene: Scene) -> None:
    app = App("local.app", "wrong", server=scene.local.oauth_url)
    with pytest.raises(InvalidClient):
        app.exchange({"code": scene.local.oauth.code("local.app")}, state=None)


# -- installed -------------------------------------------------------------------------------------


def nested(body: bytes) -> dict[str, Any]:
    """A form as PHP, or Django REST, would hand it on."""
    fields = dict(parse_qsl(body.decode()))
    return {
        "event": fields["event"],
        "auth": {k[5:-1]: v for k, v in fields.items() if k.startswith("auth[")},
    }


@pytest.mark.parametrize(
    "form",
    [lambda body: body, lambda body: body.decode(), lambda body: dict(parse_qsl(body.decode())), nested],
    ids=["bytes", "text", "flat", "nested"],
)
def test_the_event_of_an_installation_brings_credentials(scene: Scene, form: Callable[[bytes], Any]) -> None:
    credentials = scene.app().installed(form(scene.local.install_event()))
    assert scene.join(credentials).call("profile")["ID"] == "1"


async def test_so_it_does_when_awaited(scene: Scene) -> None:
    credentials = await scene.app().ainstalled(scene.local.install_event())
    assert credentials.member_id == scene.local.oauth.member_id


def test_the_form_of_an_installation_brings_credentials(scene: Scene) -> None:
    query, body = scene.local.placement()
    credentials = scene.app().installed(body, query)
    assert scene.join(credentials).call("profile")["ID"] == "1"


def test_without_its_query_the_form_is_refused_with_a_hint(scene: Scene) -> None:
    _, body = scene.local.placement()
    with pytest.raises(InvalidValue, match="DOMAIN is in its query"):
        scene.app().installed(body)


@pytest.mark.parametrize(
    "payload", [b"", {}, "event=ONAPPINSTALL", {"auth": {"member_id": "m1"}}, {"auth": "x"}]
)
def test_a_payload_without_tokens_is_refused(payload: Any) -> None:
    with pytest.raises(InvalidValue, match="no tokens"):
        App("app.1", "secret").installed(payload)


class ManyValues(dict[str, Any]):
    """What Django and Flask make of a form: a dict of lists, of which asking gives the last."""

    def __getitem__(self, name: str) -> Any:
        return super().__getitem__(name)[-1]

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name, [default])[-1]

    def items(self) -> Any:
        return [(name, self[name]) for name in self]


def many_values(form: bytes | str) -> ManyValues:
    """A form as Django hands it on."""
    text = form.decode() if isinstance(form, bytes) else form
    return ManyValues({name: ["?", value] for name, value in parse_qsl(text)})


def test_the_forms_of_django_and_flask_are_read(scene: Scene) -> None:
    app = scene.app()
    app.installed(many_values(scene.local.install_event()))
    query, body = scene.local.placement(user_id=2)
    assert app.opened(many_values(body), many_values(query)).user_id == 2


def test_a_code_in_the_query_of_django_is_read(scene: Scene) -> None:
    query = many_values(f"code={scene.local.oauth.code('local.app')}&state=s1")
    assert scene.app().exchange(query, state="s1").user_id == 1


class Strict(MemoryTokens):
    """Works nowhere where an event loop runs, as Django's database."""

    def load(self, key: str) -> Any:
        with pytest.raises(RuntimeError):
            asyncio.get_running_loop()
        return super().load(key)

    def save(self, key: str, tokens: Any) -> None:
        with pytest.raises(RuntimeError):
            asyncio.get_running_loop()
        super().save(key, tokens)


async def test_a_store_is_never_asked_on_an_event_loop(scene: Scene) -> None:
    app = scene.app(store=Strict())
    credentials = await app.ainstalled(scene.local.install_event())
    query, body = scene.local.placement()
    await app.aopened(body, query)
    await app.aexchange({"code": scene.local.oauth.code("local.app")}, state=None)
    scene.clock.pass_an_hour()
    async with AsyncPortal(credentials, progress=False) as portal:
        assert (await portal.call("profile"))["ID"] == "1"


def test_an_event_that_carries_no_refresh_token_is_no_installation(scene: Scene) -> None:
    auth = nested(scene.local.install_event())["auth"]
    del auth["refresh_token"]
    with pytest.raises(InvalidValue, match="no refresh token"):
        scene.app().installed({"auth": auth})


def test_a_forged_installation_is_refused_and_nothing_is_kept(scene: Scene) -> None:
    auth = nested(scene.local.install_event())["auth"] | {"refresh_token": "forged"}
    app = scene.app()
    with pytest.raises(InvalidGrant):
        app.installed({"event": "ONAPPINSTALL", "auth": auth})
    with pytest.raises(NotConfigured):
        app.credentials(auth["member_id"])


def test_what_the_server_says_of_the_portal_counts_not_the_form(scene: Scene) -> None:
    lie = {"client_endpoint": "https://evil.example/rest/", "member_id": "somebody else"}
    auth = nested(scene.local.install_event())["auth"] | lie
    credentials = scene.app().installed({"auth": auth})
    assert (credentials.host, credentials.member_id) == (
        f"127.0.0.1:{scene.local.port}",
        scene.local.oauth.member_id,
    )


def test_the_application_s_secret_is_sent_to_no_server_of_the_form_s_choice(scene: Scene) -> None:
    auth = nested(scene.local.install_event())["auth"] | {"server_endpoint": "https://evil.example/rest/"}
    assert scene.app().installed({"auth": auth}).user_id == 1


def test_scopes_that_were_not_granted_are_told(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.app(scope=["crm", "telephony2"]).installed(scene.local.install_event())
    assert [
        r.getMessage().partition("the scopes ")[2] for r in caplog.records if r.levelno == logging.WARNING
    ] == ["['telephony2']"]


def test_a_portal_in_clear_text_is_refused_and_may_be_allowed(scene: Scene) -> None:
    scene.local.oauth.endpoint = lambda: "http://box.acme.local/rest/"
    store = MemoryTokens()
    with pytest.raises(InvalidValue, match="clear text; it needs https"):
        scene.app(store=store).installed(scene.local.install_event())
    assert repr(store) == "MemoryTokens(0 kept)"
    assert scene.app(allow_http=True).installed(scene.local.install_event()).host == "box.acme.local"


@pytest.mark.parametrize("options", [{"trusted_hosts": ["crm.acme.com"]}, {"allow_http": True}])
def test_where_its_credentials_may_go_is_said_to_the_app(scene: Scene, options: dict[str, Any]) -> None:
    credentials = scene.app().installed(scene.local.install_event())
    with pytest.raises(InvalidValue, match="give them to the App"):
        scene.join(credentials, **options)


# -- found again -----------------------------------------------------------------------------------


def test_credentials_are_found_by_the_portal_s_identity(scene: Scene) -> None:
    app = scene.app()
    app.installed(scene.local.install_event())
    again = app.credentials(scene.local.oauth.member_id)
    assert scene.join(again).call("profile")["ID"] == "1"


async def test_so_they_are_when_awaited(scene: Scene) -> None:
    app = scene.app()
    await app.ainstalled(scene.local.install_event())
    assert (await app.acredentials(scene.local.oauth.member_id)).user_id == 1


def test_a_portal_where_it_is_not_installed(scene: Scene) -> None:
    with pytest.raises(NotConfigured, match="install it there first"):
        scene.app().credentials("nobody")


def test_users_of_one_portal_are_kept_apart(scene: Scene) -> None:
    app = scene.app()
    for user in (1, 2):
        query, body = scene.local.placement(user_id=user)
        app.installed(body, query, user=str(user))
    found = [app.credentials(scene.local.oauth.member_id, user=str(user)) for user in (1, 2)]
    assert [scene.join(one).call("profile")["ID"] for one in found] == ["1", "2"]


# -- opened ----------------------------------------------------------------------------------------


def test_who_opens_the_application_acts_for_himself(scene: Scene) -> None:
    app = scene.app()
    app.installed(scene.local.install_event())
    query, body = scene.local.placement(user_id=2)
    assert scene.join(app.opened(body, query)).call("profile")["ID"] == "2"


async def test_so_he_does_when_awaited(scene: Scene) -> None:
    app = scene.app()
    await app.ainstalled(scene.local.install_event())
    query, body = scene.local.placement(user_id=2)
    assert (await app.aopened(body, query)).host == f"127.0.0.1:{scene.local.port}"


def test_his_tokens_are_renewed_and_not_kept(scene: Scene) -> None:
    app = scene.app()
    app.installed(scene.local.install_event())
    query, body = scene.local.placement(user_id=2)
    client = scene.join(app.opened(body, query))
    scene.clock.pass_an_hour()
    assert (client.call("profile")["ID"], app.credentials(scene.local.oauth.member_id).user_id) == ("2", 1)


def test_a_form_from_a_portal_where_it_is_not_installed_is_refused(scene: Scene) -> None:
    query, body = scene.local.placement()
    with pytest.raises(NotConfigured):
        scene.app().opened(body, query)


def test_a_form_that_names_another_address_is_refused(scene: Scene) -> None:
    app = scene.app()
    app.installed(scene.local.install_event())
    _, body = scene.local.placement()
    with pytest.raises(AuthError, match=r"evil\.example"):
        app.opened(body, "DOMAIN=evil.example&PROTOCOL=1")


def test_a_form_that_borrows_a_portal_s_identity_is_refused(scene: Scene) -> None:
    app = scene.app()
    app.installed(scene.local.install_event())
    query, body = scene.local.placement()
    forged = dict(parse_qsl(body.decode())) | {"AUTH_ID": "a" * 32, "REFRESH_ID": "b" * 32}
    with pytest.raises(InvalidGrant):
        app.opened(forged, query)


def test_tokens_of_another_portal_prove_nothing_of_the_one_that_the_form_names(scene: Scene) -> None:
    app = scene.app()
    app.installed(scene.local.install_event())
    query, body = scene.local.placement()
    scene.local.oauth.member_id = "of another portal"
    with pytest.raises(AuthError, match="another portal"):
        app.opened(body, query)


def test_who_has_opened_it_is_the_authorization_server_s_word(scene: Scene) -> None:
    app = scene.app()
    app.installed(scene.local.install_event())
    query, body = scene.local.placement(user_id=2)
    assert app.opened(body, query).user_id == 2


def test_the_request_may_be_saved_where_nothing_is_granted_by_the_form(scene: Scene) -> None:
    app = scene.app()
    app.installed(scene.local.install_event())
    before = scene.exchanges
    query, body = scene.local.placement(user_id=2)
    client = scene.join(app.opened(body, query, prove=False))
    assert (client.call("profile")["ID"], scene.exchanges - before) == ("2", 0)


# -- events ----------------------------------------------------------------------------------------


def event(scene: Scene, **changes: str) -> dict[str, Any]:
    """An event as every one is signed."""
    told = {
        "member_id": scene.local.oauth.member_id,
        "application_token": scene.local.oauth.application("local.app").application_token,
    }
    return {"event": "ONCRMDEALADD", "auth": told | changes}


def test_an_event_of_an_installation_is_accepted(scene: Scene) -> None:
    app = scene.app()
    app.installed(scene.local.install_event())
    assert app.accepts(event(scene))


async def test_so_it_is_when_awaited(scene: Scene) -> None:
    app = scene.app()
    await app.ainstalled(scene.local.install_event())
    assert await app.aaccepts(event(scene))


@pytest.mark.parametrize("again", ["page", "consent"])
def test_it_still_is_after_an_installation_that_told_no_token(scene: Scene, again: str) -> None:
    app = scene.app()
    app.installed(scene.local.install_event())
    if again == "page":
        query, body = scene.local.placement()
        app.installed(body, query)
    else:
        app.exchange({"code": scene.local.oauth.code("local.app")}, state=None)
    assert app.accepts(event(scene))


def test_that_none_can_be_accepted_is_told(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    app = scene.app()
    query, body = scene.local.placement()
    app.installed(body, query)
    assert not app.accepts(event(scene))
    assert "told no application_token" in caplog.text


@pytest.mark.parametrize(
    "changes",
    [{"application_token": "x" * 32}, {"application_token": ""}, {"member_id": "other"}, {"member_id": ""}],
)
def test_a_forged_event_is_not(scene: Scene, changes: dict[str, str]) -> None:
    app = scene.app()
    app.installed(scene.local.install_event())
    assert not app.accepts(event(scene, **changes))


def test_the_token_is_still_known_after_the_tokens_were_renewed(scene: Scene) -> None:
    app = scene.app()
    client = scene.join(app.installed(scene.local.install_event()))
    scene.clock.pass_an_hour()
    client.call("profile")
    assert app.accepts(event(scene))


def test_an_event_that_was_parsed_is_proved_by_the_credentials(scene: Scene) -> None:
    app = scene.app()
    app.installed(scene.local.install_event())
    parsed = parse_event(scene.local.install_event())
    assert parsed.auth.proves(app.credentials(parsed.auth.member_id).application_token)


def test_an_installation_that_told_no_token_accepts_nothing(scene: Scene) -> None:
    app = scene.app()
    query, body = scene.local.placement()
    app.installed(body, query)
    assert not app.accepts(event(scene, application_token=""))


def test_an_application_that_was_removed_is_forgotten(scene: Scene) -> None:
    app = scene.app()
    app.installed(scene.local.install_event())
    forgotten = app.uninstalled(event(scene))
    with pytest.raises(NotConfigured):
        app.credentials(scene.local.oauth.member_id)
    assert forgotten


async def test_a_forged_removal_is_not_heeded(scene: Scene) -> None:
    app = scene.app()
    app.installed(scene.local.install_event())
    heeded = await app.auninstalled(event(scene, application_token="x"))
    assert (heeded, app.credentials(scene.local.oauth.member_id).user_id) == (False, 1)


# -- the object ------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [("", "secret"), ("app.1", "")])
def test_an_app_needs_both_its_id_and_its_secret(given: tuple[str, str]) -> None:
    with pytest.raises(InvalidValue, match="client_id and its client_secret"):
        App(*given)


@pytest.mark.parametrize("server", ["http://oauth.example", "oauth.bitrix.info", "", "https://[x"])
def test_what_is_no_server_is_refused(server: str) -> None:
    with pytest.raises(InvalidValue, match="no authorization server"):
        App("app.1", "secret", server=server)


@pytest.mark.parametrize("carry", [pickle.dumps, copy.copy, copy.deepcopy])
def test_neither_the_app_nor_its_credentials_are_pickled_or_copied(
    scene: Scene, carry: Callable[[Any], Any]
) -> None:
    app = scene.app()
    for thing in (app, app.installed(scene.local.install_event())):
        with pytest.raises(TypeError, match="secret"):
            carry(thing)


# -- the life of an application with a page ------------------------------------------------------------


def test_an_application_with_a_page_learns_what_proves_its_events(scene: Scene) -> None:
    app, local = scene.app(), scene.local
    with Handler().serving() as handler:
        query, body = local.placement()
        portal = scene.join(app.installed(body, query))
        portal.bind_event("onAppInstall", handler.url)
        portal.bind_event("onCrmDealAdd", handler.url)
        local.finish_install()
        assert local.events.courier.wait()
        app.installed(handler.received[0])
        portal.call("crm.deal.add", {"fields": {"TITLE": "x"}})
        assert local.events.courier.wait()
        assert app.accepts(handler.received[1])


def test_one_that_is_removed_forgets_its_tokens(scene: Scene) -> None:
    app, local = scene.app(), scene.local
    with Handler().serving() as handler:
        portal = scene.join(app.installed(local.install_event()))
        portal.bind_event("onAppUninstall", handler.url)
        local.uninstall_app()
        assert local.events.courier.wait()
        assert app.uninstalled(handler.received[0])
    with pytest.raises(NotConfigured):
        app.credentials(local.oauth.member_id)


# -- an event's user -----------------------------------------------------------------------------------


def raised(scene: Scene, user_id: int) -> bytes:
    """The body of an event that a user caused; of nobody's for 0."""
    with Handler().serving() as handler:
        client = scene.join(scene.app().installed(scene.local.install_event()))
        client.bind_event("ONCRMDEALADD", handler.url)
        with acting(Actor(user_id=user_id)):
            scene.local.store.insert("deal", {"TITLE": "x"})
        assert scene.local.events.courier.wait()
        return handler.bodies[-1]


def installed_app(scene: Scene) -> App:
    app = scene.app()
    app.installed(scene.local.install_event())
    return app


def test_an_event_s_token_acts_for_the_user_who_caused_it(scene: Scene) -> None:
    body, app = raised(scene, 2), installed_app(scene)
    before = scene.exchanges
    client = scene.join(app.caused(body))
    assert (client.call("profile")["ID"], scene.exchanges - before) == ("2", 0)


async def test_so_it_does_when_it_is_awaited(scene: Scene) -> None:
    body, app = raised(scene, 3), installed_app(scene)
    assert (await app.acaused(body)).user_id == 3


def test_it_ends_after_an_hour(scene: Scene) -> None:
    body, app = raised(scene, 2), installed_app(scene)
    client = scene.join(app.caused(body))
    scene.clock.pass_an_hour()
    with pytest.raises(InvalidGrant, match="came without a refresh token"):
        client.call("profile")


def test_an_event_that_no_user_caused_has_no_credentials(scene: Scene) -> None:
    body, app = raised(scene, 0), installed_app(scene)
    with pytest.raises(InvalidValue, match="brings no token: a robot, a workflow or an agent"):
        app.caused(body)


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("application_token", "forged", AuthError),
        ("application_token", "", AuthError),
        ("member_id", "another", NotConfigured),
        ("client_endpoint", "https://evil.example/rest/", AuthError),
    ],
)
def test_a_forged_event_has_no_credentials(
    scene: Scene, name: str, value: str, error: type[Exception]
) -> None:
    fields = dict(parse_qsl(raised(scene, 2).decode()))
    app = installed_app(scene)
    with pytest.raises(error):
        app.caused({**fields, f"auth[{name}]": value})
