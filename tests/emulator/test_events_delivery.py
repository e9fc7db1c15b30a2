"""Online events: what is posted to a handler, and what is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from b24orm.emulator import LocalPortal
from b24orm.emulator.actor import Actor, acting
from tests.emulator.event_calls import App, Handler, post
from tests.emulator.toy import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def portal(clock: Clock) -> Iterator[LocalPortal]:
    with LocalPortal(clock=clock) as portal:
        yield portal


@pytest.fixture
def handler() -> Iterator[Handler]:
    with Handler().serving() as handler:
        yield handler


@pytest.fixture
def app(portal: LocalPortal, handler: Handler) -> App:
    app = App(portal)
    app("event.bind", event="ONCRMDEALADD", handler=handler.url)
    return app


def received(portal: LocalPortal, handler: Handler) -> list[dict[str, Any]]:
    assert portal.events.courier.wait()
    return handler.received


def test_an_event_is_posted_as_a_form(portal: LocalPortal, app: App, handler: Handler) -> None:
    deal = app("crm.deal.add", fields={"TITLE": "x"})
    (form,) = received(portal, handler)
    auth = form.pop("auth")
    assert handler.types == ["application/x-www-form-urlencoded"]
    assert form == {
        "event": "ONCRMDEALADD",
        "event_handler_id": "1",
        "data": {"FIELDS": {"ID": str(deal)}},
        "ts": "1700000000",
    }
    assert set(auth) == {
        "access_token",
        "expires",
        "expires_in",
        "scope",
        "domain",
        "server_endpoint",
        "status",
        "client_endpoint",
        "member_id",
        "user_id",
        "application_token",
    }
    assert (auth["expires"], auth["user_id"]) == (str(1_700_000_000 + 3600), "1")


def test_the_token_in_an_event_works(portal: LocalPortal, app: App, handler: Handler) -> None:
    portal.store.insert("deal", {"TITLE": "x"})
    (form,) = received(portal, handler)
    _, body = post(f"{form['auth']['client_endpoint']}profile", {"auth": form["auth"]["access_token"]})
    assert (body["result"]["ID"], app("profile")["ID"]) == ("1", "1")


def test_the_token_is_the_user_s_who_caused_it(portal: LocalPortal, app: App, handler: Handler) -> None:
    del app
    with acting(Actor(user_id=3)):
        portal.store.insert("deal", {"TITLE": "x"})
    (form,) = received(portal, handler)
    _, body = post(f"{portal.token_url}profile", {"auth": form["auth"]["access_token"]})
    assert body["result"]["ID"] == "3"


def test_a_robot_s_change_brings_no_token(portal: LocalPortal, app: App, handler: Handler) -> None:
    del app
    with acting(Actor(user_id=0)):
        portal.store.insert("deal", {"TITLE": "x"})
    (form,) = received(portal, handler)
    assert set(form["auth"]) == {"domain", "member_id", "application_token"}


def test_the_application_token_stays_the_same(portal: LocalPortal, app: App, handler: Handler) -> None:
    del app
    portal.store.insert("deal", {"TITLE": "x"})
    portal.store.insert("deal", {"TITLE": "y"})
    forms = received(portal, handler)
    assert {form["auth"]["application_token"] for form in forms} == {
        portal.oauth.application("app.one").application_token
    }


def test_the_same_change_within_a_request_is_told_once(
    portal: LocalPortal, app: App, handler: Handler
) -> None:
    app("event.bind", event="ONCRMDEALUPDATE", handler=handler.url)
    deal = portal.store.insert("deal", {"TITLE": "x"})
    commands = {str(number): f"crm.deal.update?id={deal}&fields[TITLE]={number}" for number in range(3)}
    app("batch", cmd=commands)
    assert [form["event"] for form in received(portal, handler)] == ["ONCRMDEALADD", "ONCRMDEALUPDATE"]


def test_a_handler_that_fails_is_not_asked_again(portal: LocalPortal) -> None:
    app = App(portal)
    with Handler(status=500).serving() as broken:
        app("event.bind", event="ONCRMDEALADD", handler=broken.url)
        portal.store.insert("deal", {"TITLE": "x"})
        assert len(received(portal, broken)) == 1
    assert [delivery.status for delivery in portal.events.courier.log] == [500]


def test_nothing_is_sent_beyond_this_machine(portal: LocalPortal) -> None:
    App(portal)("event.bind", event="ONCRMDEALADD", handler="http://192.0.2.1/handler")
    portal.store.insert("deal", {"TITLE": "x"})
    assert portal.events.courier.wait()
    assert [delivery.status for delivery in portal.events.courier.log] == [None]


def test_a_loop_of_events_comes_to_an_end(portal: LocalPortal, app: App, handler: Handler) -> None:
    token = app.token
    for _ in range(20):
        before = len(received(portal, handler))
        post(f"{portal.token_url}crm.deal.add", {"auth": token, "fields": {"TITLE": "again"}})
        forms = received(portal, handler)
        if len(forms) == before:
            break
        token = forms[-1]["auth"]["access_token"]
    assert len(handler.received) == 7


def test_the_queue_announces_itself(portal: LocalPortal, handler: Handler) -> None:
    app = App(portal)
    app.listen("ONCRMDEALADD")
    app("event.bind", event="onOfflineEvent", handler=handler.url)
    portal.store.insert("deal", {"TITLE": "x"})
    (form,) = received(portal, handler)
    assert (form["event"], "data" in form, "refresh_token" in form["auth"]) == (
        "ONOFFLINEEVENT",
        False,
        True,
    )


def test_the_queue_announces_itself_once_in_a_while(
    portal: LocalPortal, handler: Handler, clock: Clock
) -> None:
    app = App(portal)
    app.listen("ONCRMDEALADD")
    app("event.bind", event="ONOFFLINEEVENT", handler=handler.url, options={"minTimeout": "30"})
    for _ in range(4):
        portal.store.insert("deal", {"TITLE": "x"})
        clock.sleep(16)
    assert len(received(portal, handler)) == 2


def test_an_application_that_is_not_installed_is_told_nothing(portal: LocalPortal, handler: Handler) -> None:
    token = portal.issue_token(client_id="app.gone")
    params = {"auth": token, "event": "ONCRMDEALADD", "handler": handler.url}
    post(f"{portal.token_url}event.bind", params)
    portal.store.insert("deal", {"TITLE": "x"})
    assert received(portal, handler) == []


# -- about the application itself --------------------------------------------------------------------


def test_a_handler_can_be_tried_out(portal: LocalPortal, app: App, handler: Handler) -> None:
    app("event.bind", event="onAppTest", handler=handler.url)
    assert app("event.test", any="data") == 1
    (form,) = received(portal, handler)
    assert (form["event"], form["data"], "refresh_token" in form["auth"]) == (
        "ONAPPTEST",
        {"QUERY": {"any": "data"}, "LANGUAGE_ID": "en"},
        True,
    )


def test_nobody_else_hears_of_it(portal: LocalPortal, app: App, handler: Handler) -> None:
    App(portal, "app.two")("event.bind", event="ONAPPTEST", handler=handler.url)
    app("event.test")
    assert received(portal, handler) == []


def test_a_webhook_can_not_try_it(portal: LocalPortal) -> None:
    status, body = post(f"{portal.url}event.test", {})
    assert (status, body["error"]) == (403, "WRONG_AUTH_TYPE")


def test_an_installation_that_is_finished_tells_the_application_token(
    portal: LocalPortal, app: App, handler: Handler
) -> None:
    app("event.bind", event="ONAPPINSTALL", handler=handler.url)
    portal.finish_install("app.one")
    (form,) = received(portal, handler)
    assert (
        form["data"]["INSTALLED"],
        form["auth"]["application_token"],
        "refresh_token" in form["auth"],
    ) == (
        "Y",
        portal.oauth.application("app.one").application_token,
        True,
    )


def test_a_removed_application_is_told_so_and_then_nothing_more(
    portal: LocalPortal, app: App, handler: Handler
) -> None:
    app("event.bind", event="ONAPPUNINSTALL", handler=handler.url)
    portal.uninstall_app("app.one", clean=False)
    portal.store.insert("deal", {"TITLE": "x"})
    (form,) = received(portal, handler)
    assert (form["event"], form["data"], set(form["auth"])) == (
        "ONAPPUNINSTALL",
        {"CLEAN": "0", "LANGUAGE_ID": "en"},
        {"domain", "member_id", "client_endpoint", "server_endpoint", "application_token"},
    )


# -- another pipeline ----------------------------------------------------------------------------------


def test_a_deal_in_another_pipeline_is_told_besides_its_change(
    portal: LocalPortal, app: App, handler: Handler
) -> None:
    deal = app("crm.deal.add", fields={"TITLE": "x"})
    pipeline = app("crm.category.add", entityTypeId=2, fields={"name": "Second"})["category"]["id"]
    received(portal, handler).clear()
    for event in ("onCrmDealUpdate", "onCrmDealMoveToCategory"):
        app("event.bind", event=event, handler=handler.url)
    app("crm.item.update", entityTypeId=2, id=deal, fields={"categoryId": pipeline})
    forms = received(portal, handler)
    assert {form["event"]: form["data"] for form in forms} == {
        "ONCRMDEALUPDATE": {"FIELDS": {"ID": str(deal)}},
        "ONCRMDEALMOVETOCATEGORY": {
            "FIELDS": {"ID": str(deal), "CATEGORY_ID": str(pipeline), "STAGE_ID": f"C{pipeline}:NEW"}
        },
    }


def test_a_won_deal_is_won_in_the_other_pipeline_too(portal: LocalPortal, app: App) -> None:
    deal = app("crm.deal.add", fields={"TITLE": "x", "STAGE_ID": "WON"})
    pipeline = app("crm.category.add", entityTypeId=2, fields={"name": "Second"})["category"]["id"]
    item = app("crm.item.update", entityTypeId=2, id=deal, fields={"categoryId": pipeline})["item"]
    assert item["stageId"] == f"C{pipeline}:WON"


def test_one_that_stays_in_its_pipeline_is_not(portal: LocalPortal, app: App, handler: Handler) -> None:
    app("event.bind", event="ONCRMDEALMOVETOCATEGORY", handler=handler.url)
    deal = app("crm.deal.add", fields={"TITLE": "x"})
    received(portal, handler).clear()
    app("crm.item.update", entityTypeId=2, id=deal, fields={"categoryId": 0, "title": "y"})
    assert received(portal, handler) == []
