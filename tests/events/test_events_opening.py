"""Where a user has opened an application: the place, its options, and the row they are about."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b24orm import App
from b24orm.emulator import LocalPortal
from b24orm.errors import InvalidValue
from b24orm.events import Subject, parse_opening


def form(place: str, options: Any) -> bytes:
    """The body of a form."""
    return urlencode({"PLACEMENT": place, "PLACEMENT_OPTIONS": json.dumps(options)}).encode()


@pytest.mark.parametrize(
    ("place", "options", "subject"),
    [
        ("CRM_DEAL_DETAIL_TAB", {"ID": "8061"}, Subject("Deal", "other", 8061)),
        ("CRM_LEAD_LIST_MENU", {"ID": "5"}, Subject("Lead", "other", 5)),
        ("CRM_COMPANY_DETAIL_ACTIVITY", {"ENTITY_ID": "5"}, Subject("Company", "other", 5)),
        ("CRM_SMART_INVOICE_DETAIL_TAB", {"ID": "5"}, Subject("SmartInvoice", "other", 5, 31)),
        ("CRM_DYNAMIC_183_DETAIL_TAB", {"ID": "5"}, Subject("Item", "other", 5, 183)),
        ("CRM_DEAL_LIST_TOOLBAR", {"URI": "/crm/deal/"}, Subject("Deal", "other", None)),
        ("TASK_VIEW_TAB", {"taskId": "31"}, Subject("Task", "other", 31)),
        ("TASK_LIST_CONTEXT_MENU", {"ID": "31"}, Subject("Task", "other", 31)),
        (
            "USERFIELD_TYPE",
            {"ENTITY_ID": "CRM_DEAL", "ENTITY_VALUE_ID": "7", "FIELD_NAME": "UF_CRM_1"},
            Subject("Deal", "other", 7),
        ),
        ("USERFIELD_TYPE", {"ENTITY_ID": "CRM_DEAL", "ENTITY_VALUE_ID": "0"}, Subject("Deal", "other", None)),
        ("CRM_ORDER_DETAIL_TAB", {"ID": "5"}, Subject(None, "other", None)),
        ("CONTACT_CENTER", {"ID": "717"}, Subject(None, "other", None)),
        ("PAGE_BACKGROUND_WORKER", {"ID": "PAGE_BACKGROUND_WORKER"}, Subject(None, "other", None)),
        ("DEFAULT", [], Subject(None, "other", None)),
        ("CRM_DEAL_DETAIL_TAB", {"ID": "9" * 5_000}, Subject("Deal", "other", None)),
        ("CRM_DEAL_DETAIL_TAB", {"ID": "0"}, Subject("Deal", "other", None)),
        (f"CRM_DYNAMIC_{'9' * 5_000}_DETAIL_TAB", {"ID": "5"}, Subject(None, "other", None)),
    ],
    ids=lambda part: str(part)[:60],
)
def test_a_place_says_which_row_it_is_about(place: str, options: Any, subject: Subject) -> None:
    assert parse_opening(form(place, options)).subject == subject


def test_the_options_are_read() -> None:
    found = parse_opening(form("CALL_CARD", {"PHONE_NUMBER": "+1", "CRM_BINDINGS": [{"ENTITY_ID": "25"}]}))
    assert found.options == {"PHONE_NUMBER": "+1", "CRM_BINDINGS": [{"ENTITY_ID": "25"}]}


@pytest.mark.parametrize("options", [b"", b"&PLACEMENT_OPTIONS=", b"&PLACEMENT_OPTIONS=null"])
def test_a_place_may_have_nothing_to_say(options: bytes) -> None:
    assert parse_opening(b"PLACEMENT=DEFAULT" + options).options == {}


@pytest.mark.parametrize("parsed", [False, True])
def test_the_form_of_a_portal_is_read(parsed: bool) -> None:
    with LocalPortal(users=2) as local:
        local.install_app()
        app = App("local.app", "app-secret", server=local.oauth_url)
        app.installed(local.install_event())
        query, body = local.placement(user_id=2, place="CRM_DEAL_DETAIL_TAB", ID=5)
        given: Any = (dict(parse_qsl(body.decode())), dict(parse_qsl(query))) if parsed else (body, query)
        found = parse_opening(*given)
        assert (found.place, found.subject.id, found.language, found.domain, app.opened(*given).user_id) == (
            "CRM_DEAL_DETAIL_TAB",
            5,
            "en",
            f"127.0.0.1:{local.port}",
            2,
        )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"AUTH_ID=secret-token",
        b"AUTH_ID=secret-token&PLACEMENT=",
        b"AUTH_ID=secret-token&PLACEMENT=X&PLACEMENT_OPTIONS=%7B",
        b"AUTH_ID=secret-token&PLACEMENT=X&PLACEMENT_OPTIONS=" + b"[" * 100_000,
    ],
    ids=lambda body: str(body)[:60],
)
def test_what_is_no_such_form_is_refused_and_not_repeated(body: bytes) -> None:
    with pytest.raises(InvalidValue, match="this form|no form") as caught:
        parse_opening(body)
    assert "secret-token" not in str(caught.value)


@given(st.text(), st.recursive(st.none() | st.text() | st.integers(), st.lists))
def test_no_place_breaks_the_reader(place: str, options: Any) -> None:
    body = urlencode({"PLACEMENT": f"CRM_{place}", "PLACEMENT_OPTIONS": json.dumps(options)})
    assert parse_opening(body).place == f"CRM_{place}".upper()
