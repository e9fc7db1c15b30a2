"""``events``, ``event.bind``, ``event.unbind`` and ``event.get``: who may, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from b24orm.emulator import LocalPortal
from tests.emulator.event_calls import App, post

URL = "http://127.0.0.1:9/handler"
METHODS = [
    "events",
    "event.bind",
    "event.unbind",
    "event.get",
    "event.offline.get",
    "event.offline.clear",
    "event.offline.error",
    "event.offline.list",
]


@pytest.fixture(scope="module")
def portal() -> Iterator[LocalPortal]:
    with LocalPortal() as portal:
        yield portal


@pytest.fixture
def app(portal: LocalPortal) -> Iterator[App]:
    yield App(portal)
    portal.events.unbind(lambda _: True)


@pytest.fixture
def employee(portal: LocalPortal, app: App) -> App:
    del app  # it sees to it that handlers are removed
    return App(portal, admin=False, user_id=2)


@pytest.mark.parametrize("method", METHODS)
def test_a_webhook_is_refused(portal: LocalPortal, method: str) -> None:
    status, body = post(f"{portal.url}{method}", {})
    expected = {
        "error": "WRONG_AUTH_TYPE",
        "error_description": "Current authorization type is denied for this method",
    }
    assert (status, body) == (403, expected)


@pytest.mark.parametrize("method", [name for name in METHODS if "offline" in name])
def test_offline_methods_are_for_administrators(employee: App, method: str) -> None:
    assert employee.error(method) == (403, "ACCESS_DENIED", "Access denied!")


def test_a_batch_of_a_webhook_is_refused_too(portal: LocalPortal) -> None:
    _, body = post(f"{portal.url}batch", {"cmd": {"a": "event.get"}})
    assert body["result"]["result_error"]["a"]["error"] == "WRONG_AUTH_TYPE"


def test_events_are_named_in_upper_case(app: App) -> None:
    assert {"ONCRMDEALADD", "ONTASKUPDATE", "ONOFFLINEEVENT", "ONUSERADD"} <= set(app("events"))


def test_events_of_one_scope(app: App) -> None:
    assert app("events", SCOPE="task") == ["ONTASKADD", "ONTASKUPDATE", "ONTASKDELETE"]


def test_events_are_those_of_the_tokens_scopes(portal: LocalPortal, app: App) -> None:
    app.token = portal.issue_token(scope=["task"], client_id="app.one")
    assert "ONCRMDEALADD" not in app("events")


def test_all_events_if_asked(portal: LocalPortal, app: App) -> None:
    app.token = portal.issue_token(scope=["task"], client_id="app.one")
    assert "ONCRMDEALADD" in app("events", FULL=True)


def test_a_new_smart_process_has_events_of_its_own(portal: LocalPortal, app: App) -> None:
    number = portal.store.add_smart_type("Claims")
    assert f"ONCRMDYNAMICITEMUPDATE_{number}" in app("events")


def test_bound_handlers_are_listed(app: App) -> None:
    app("event.bind", event="onCrmDealAdd", handler=URL)
    app("event.bind", EVENT="ONCRMDEALUPDATE", EVENT_TYPE="OFFLINE")
    assert app("event.get") == [
        {"event": "ONCRMDEALADD", "handler": URL, "auth_type": "0", "offline": 0},
        {"event": "ONCRMDEALUPDATE", "connector_id": "", "offline": 1},
    ]


def test_an_application_sees_its_own_handlers_only(portal: LocalPortal, app: App) -> None:
    app("event.bind", event="ONCRMDEALADD", handler=URL)
    assert App(portal, "app.two")("event.get") == []


def test_an_employee_binds_for_themselves(employee: App) -> None:
    employee("event.bind", event="ONCRMDEALADD", handler=URL)
    assert [row["auth_type"] for row in employee("event.get")] == ["2"]


def refused(**params: Any) -> Any:
    return params


@pytest.mark.parametrize(
    ("params", "code", "text", "argument"),
    [
        (refused(), "ERROR_ARGUMENT", "Argument 'EVENT' is null or empty", "EVENT"),
        (
            refused(event="ONCRMDEALADD"),
            "ERROR_ARGUMENT",
            "Argument 'HANDLER' is null or empty",
            "HANDLER",
        ),
        (
            refused(event="ONCRMDEALADD", event_type="both"),
            "ERROR_ARGUMENT",
            "Value must be one of {online|offline}",
            "EVENT_TYPE",
        ),
        (refused(event="ONNOTHING", handler=URL), "ERROR_EVENT_NOT_FOUND", "Event not found", None),
        (
            refused(event="ONCRMDEALADD", handler="http://localhost/x"),
            "ERROR_WRONG_HANDLER_URL",
            "Wrong handler URL",
            None,
        ),
        (
            refused(event="ONCRMDEALADD", handler="ftp://127.0.0.1/x"),
            "ERROR_UNSUPPORTED_PROTOCOL",
            "Unsupported handler protocol",
            None,
        ),
        (
            refused(event="ONOFFLINEEVENT", event_type="offline"),
            "ERROR_ARGUMENT",
            "Offline event cannot be registered for this event.",
            None,
        ),
    ],
)
def test_what_bind_refuses(
    app: App, params: dict[str, Any], code: str, text: str, argument: str | None
) -> None:
    status, body = app.answer("event.bind", **params)
    assert (status, body["error"], body["error_description"], body.get("argument")) == (
        400,
        code,
        text,
        argument,
    )


def test_an_event_outside_the_scopes_is_not_found(portal: LocalPortal, app: App) -> None:
    app.token = portal.issue_token(scope=["task"], client_id="app.one")
    assert app.error("event.bind", event="ONCRMDEALADD", handler=URL)[1] == "ERROR_EVENT_NOT_FOUND"


def test_the_same_handler_is_bound_once(app: App) -> None:
    app("event.bind", event="ONCRMDEALADD", handler=URL)
    assert app.error("event.bind", event="ONCRMDEALADD", handler=URL) == (
        400,
        "ERROR_CORE",
        "Unable to set event handler: Handler already binded",
    )


def test_an_employee_can_t_bind_offline(employee: App) -> None:
    assert employee.error("event.bind", event="ONCRMDEALADD", event_type="offline") == (
        403,
        "ACCESS_DENIED",
        "Access denied! Offline events binding requires administrator access rights",
    )


def test_an_employee_can_t_bind_for_another(employee: App) -> None:
    assert employee.error("event.bind", event="ONCRMDEALADD", handler=URL, auth_type=1) == (
        403,
        "ACCESS_DENIED",
        "Access denied! Event binding with AUTH_TYPE requires administrator access rights",
    )


def test_unbind_counts_what_it_removed(app: App) -> None:
    app("event.bind", event="ONCRMDEALADD", handler=URL)
    app("event.bind", event="ONCRMDEALADD", handler=URL, auth_type=2)
    assert app("event.unbind", event="ONCRMDEALADD", handler=URL) == {"count": 2}


def test_unbind_of_one_user(app: App) -> None:
    app("event.bind", event="ONCRMDEALADD", handler=URL)
    app("event.bind", event="ONCRMDEALADD", handler=URL, auth_type=2)
    app("event.unbind", event="ONCRMDEALADD", handler=URL, auth_type=2)
    assert [row["auth_type"] for row in app("event.get")] == ["0"]


def test_unbind_of_an_offline_event_leaves_the_online_ones(app: App) -> None:
    app("event.bind", event="ONCRMDEALADD", handler=URL)
    app.listen("ONCRMDEALADD")
    app("event.unbind", event="ONCRMDEALADD", event_type="offline")
    assert [row["offline"] for row in app("event.get")] == [0]


def test_unbind_of_nothing_is_no_error(app: App) -> None:
    assert app("event.unbind", event="ONNOTHING", handler=URL) == {"count": 0}
