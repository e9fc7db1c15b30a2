"""Robots and activities: added, run by the portal, read, proved and answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from b24orm import App, Portal
from b24orm.emulator import LocalPortal
from b24orm.errors import AccessDenied, AuthError, InvalidValue, UnknownName
from b24orm.events import RobotCall, Subject, parse_robot
from b24orm.models import Deal
from tests.emulator.event_calls import Handler


@pytest.fixture
def local() -> Iterator[LocalPortal]:
    with LocalPortal(deals=3) as local:
        local.install_app()
        yield local


@pytest.fixture
def app(local: LocalPortal) -> App:
    return App("local.app", "app-secret", server=local.oauth_url)


@pytest.fixture
def portal(local: LocalPortal, app: App) -> Iterator[Portal]:
    with Portal(app.installed(local.install_event()), plan="unlimited", progress=False) as portal:
        yield portal


@pytest.fixture
def handler(portal: Portal) -> Iterator[Handler]:
    """A handler whose robot was added."""
    with Handler().serving() as handler:
        portal.call(
            "bizproc.robot.add",
            {
                "CODE": "rate",
                "HANDLER": handler.url,
                "NAME": "Rate",
                "USE_SUBSCRIPTION": "Y",
                "PROPERTIES": {"text": {"NAME": "Text", "TYPE": "string"}},
                "RETURN_PROPERTIES": {"Rate": {"NAME": "Rate", "TYPE": "double"}},
            },
        )
        yield handler


def called(local: LocalPortal, handler: Handler, **how: Any) -> tuple[Any, RobotCall]:
    """A run of the robot, and what its handler was told."""
    run = local.run_robot("rate", **{"text": "hi", **how})
    assert local.events.courier.wait()
    return run, parse_robot(handler.bodies[-1])


def test_a_run_is_typed(local: LocalPortal, handler: Handler) -> None:
    _, call = called(local, handler, timeout=60)
    assert (call.code, dict(call.properties), call.document, call.waits, call.timeout) == (
        "rate",
        {"text": "hi"},
        ("crm", "CCrmDocumentDeal", "DEAL_1"),
        True,
        60,
    )


@pytest.mark.parametrize(
    ("document", "subject"),
    [
        ("DEAL_2", ("Deal", 2, None)),
        ("LEAD_7", ("Lead", 7, None)),
        ("DYNAMIC_128_9", ("Item", 9, 128)),
        ("SMART_INVOICE_4", ("SmartInvoice", 4, 31)),
        ("OTHER_4", (None, 4, None)),
    ],
)
def test_it_says_which_row_it_is_about(
    local: LocalPortal, handler: Handler, document: str, subject: tuple[Any, ...]
) -> None:
    _, call = called(local, handler, document=document)
    found = call.subject
    assert (found.entity, found.id, found.entity_type_id) == subject


@pytest.mark.parametrize(
    ("document", "subject"),
    [
        ("DYNAMIC_\N{SUPERSCRIPT TWO}_5", Subject(None, "other", 5)),
        (f"DYNAMIC_{'9' * 5_000}_5", Subject(None, "other", 5)),
        (f"DEAL_{'9' * 5_000}", Subject("Deal", "other", None)),
        ("", Subject(None, "other", None)),
    ],
    ids=["no digit", "endless type", "endless id", "nothing"],
)
def test_a_number_that_is_none_is_no_row(document: str, subject: Subject) -> None:
    body = urlencode({"code": "rate", "event_token": "t", "document_id[2]": document})

    assert parse_robot(body).subject == subject


def test_it_is_proved_as_events_are(local: LocalPortal, app: App, handler: Handler) -> None:
    _, call = called(local, handler)
    token = app.credentials(call.auth.member_id).application_token
    assert (app.accepts(handler.bodies[-1]), call.verify(token) is call) == (True, True)
    with pytest.raises(AuthError):
        call.verify("forged")


def test_its_tokens_act_for_the_user(local: LocalPortal, app: App, handler: Handler) -> None:
    called(local, handler, user_id=2)
    credentials = app.opened(handler.bodies[-1])
    with Portal(credentials, plan="unlimited", progress=False) as portal:
        assert portal.call("profile")["ID"] == "2"


def test_an_answer_lets_the_workflow_go_on(local: LocalPortal, portal: Portal, handler: Handler) -> None:
    run, call = called(local, handler)
    portal.call("bizproc.activity.log", {"event_token": call.event_token.reveal(), "log_message": "asking"})
    portal.call("bizproc.event.send", call.answer({"rate": 97.5, "unknown": 1}, log="done"))
    assert (run.answer, run.log) == ({"Rate": 97.5}, ["asking", "done"])


def test_a_second_answer_is_taken_and_dropped(local: LocalPortal, portal: Portal, handler: Handler) -> None:
    run, call = called(local, handler)
    answers = [portal.call("bizproc.event.send", call.answer({"Rate": rate})) for rate in (1, 2)]
    assert (answers, run.answer) == ([True, True], {"Rate": 1})


def test_nobody_waits_for_a_robot_without_a_subscription(
    local: LocalPortal, portal: Portal, handler: Handler
) -> None:
    portal.call("bizproc.robot.update", {"CODE": "rate", "FIELDS": {"USE_SUBSCRIPTION": "N"}})
    run, call = called(local, handler)
    answered = portal.call("bizproc.event.send", call.answer({"Rate": 1}))
    assert (call.waits, answered, run.answer) == (False, True, None)


def test_a_forged_token_answers_nothing(local: LocalPortal, portal: Portal, handler: Handler) -> None:
    _, call = called(local, handler)
    with pytest.raises(AccessDenied):
        portal.call("bizproc.event.send", {**call.answer(), "event_token": "w|A|e.s"})


def test_a_webhook_may_answer_too(local: LocalPortal, handler: Handler) -> None:
    run, call = called(local, handler)
    with Portal(local.url, plan="unlimited", progress=False) as portal:
        portal.call("bizproc.event.send", call.answer({"Rate": 3}))
    assert run.answer == {"Rate": 3}


def test_the_row_can_be_fetched(local: LocalPortal, portal: Portal, handler: Handler) -> None:
    _, call = called(local, handler)
    assert Deal.objects.using(portal).get(id=call.subject.id).id == 1


def test_what_a_framework_made_of_the_form_is_read_too(local: LocalPortal, handler: Handler) -> None:
    called(local, handler)
    nested = parse_robot(handler.received[-1])
    assert (nested.code, nested.subject.id) == ("rate", 1)


def test_a_robot_that_was_never_added_does_not_run(local: LocalPortal, handler: Handler) -> None:
    with pytest.raises(UnknownName, match="did you mean 'rate'"):
        local.run_robot("rat")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"event=ONCRMDEALADD&data[FIELDS][ID]=7",
        b"code=rate",
        b"event_token=w1|A|e.s",
        b"code=rate&event_token=secret-token&auth=1",
        b"code=rate&event_token=secret-token&properties=1",
    ],
)
def test_what_is_no_run_is_refused_and_not_repeated(body: bytes) -> None:
    with pytest.raises(InvalidValue, match="no call of a robot") as caught:
        parse_robot(body)
    assert "secret-token" not in str(caught.value)


def test_a_run_shows_no_secret(local: LocalPortal, handler: Handler) -> None:
    _, call = called(local, handler)
    shown = repr(call)
    assert call.auth.access_token is not None
    assert [
        secret in shown
        for secret in (call.event_token.reveal(), call.auth.access_token.reveal(), call.properties["text"])
    ] == [False, False, False]
