"""``bind_event``, ``unbind_event``, ``bound_events``: checked before they are sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from b24orm import AsyncPortal, Portal
from b24orm.emulator import LocalPortal
from b24orm.errors import AccessDenied, AuthError, InvalidValue, UnknownName
from b24orm.events import EVENTS, BoundEvent
from tests.events.conftest import client_of

URL = "http://127.0.0.1:9/handler"


@pytest.fixture
def app(local: LocalPortal) -> Iterator[Portal]:
    """An application that listens to nothing yet."""
    with client_of(Portal, local) as client:
        yield client


def test_bound_handlers_are_listed(app: Portal) -> None:
    app.bind_event("onCrmDealAdd", URL)
    app.bind_event("onCrmDealAdd", URL, user_id=2)
    app.bind_event("onCrmDealAdd", connector="warehouse")
    assert app.bound_events() == [
        BoundEvent("ONCRMDEALADD", URL),
        BoundEvent("ONCRMDEALADD", URL, user_id=2),
        BoundEvent("ONCRMDEALADD", connector="warehouse"),
    ]


def test_binding_again_changes_nothing(app: Portal) -> None:
    assert (app.bind_event("ONCRMDEALADD"), app.bind_event("ONCRMDEALADD")) == (True, False)


def test_unbinding_counts(app: Portal) -> None:
    app.bind_event("ONCRMDEALADD")
    assert (app.unbind_event("oncrmdealadd"), app.unbind_event("oncrmdealadd")) == (1, 0)


def test_unbinding_one_user_s(app: Portal) -> None:
    app.bind_event("ONCRMDEALADD", URL)
    app.bind_event("ONCRMDEALADD", URL, user_id=2)
    app.unbind_event("ONCRMDEALADD", URL, user_id=2)
    assert app.bound_events() == [BoundEvent("ONCRMDEALADD", URL)]


async def test_all_of_it_awaited(local: LocalPortal) -> None:
    async with client_of(AsyncPortal, local) as client:
        await client.abind_event("ONTASKADD")
        bound = await client.abound_events()
        assert (bound, await client.aunbind_event("ONTASKADD")) == ([BoundEvent("ONTASKADD")], 1)


def test_the_queue_can_announce_itself(app: Portal) -> None:
    app.bind_event("ONOFFLINEEVENT", URL, min_timeout=30)
    assert app.bound_events() == [BoundEvent("ONOFFLINEEVENT", URL)]


@pytest.mark.parametrize(
    ("event", "handler", "options", "error", "says"),
    [
        ("ONCRMDEALADDED", None, {}, UnknownName, "'ONCRMDEALADD'"),
        ("ONCRMDEALADD", "example.com/x", {}, InvalidValue, "handler"),
        ("ONCRMDEALADD", None, {"user_id": 3}, InvalidValue, "user_id"),
        ("ONCRMDEALADD", URL, {"min_timeout": 3}, InvalidValue, "min_timeout"),
        ("ONOFFLINEEVENT", None, {}, InvalidValue, "handler"),
        ("ONCRMDEALADD", URL, {"user_id": "3"}, InvalidValue, "user_id"),
    ],
)
def test_what_is_refused_before_anything_is_sent(
    app: Portal, event: str, handler: str | None, options: Any, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        app.bind_event(event, handler, **options)
    assert app.requests == 0


def test_a_webhook_is_told_what_it_lacks(local: LocalPortal) -> None:
    webhook = Portal(local.url, plan="unlimited", progress=False)
    with webhook, pytest.raises(AuthError, match="OAuth tokens"):
        webhook.bind_event("ONCRMDEALADD")


def test_an_employee_can_t_bind_offline_events(local: LocalPortal) -> None:
    employee = client_of(Portal, local, admin=False)
    with employee, pytest.raises(AccessDenied, match="administrator"):
        employee.bind_event("ONCRMDEALADD")


def test_every_event_that_the_portal_raises_is_known(app: Portal) -> None:
    names = {name.partition("_")[0] for name in app.call("events", {"FULL": True})}
    assert names <= EVENTS
