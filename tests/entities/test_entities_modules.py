"""Entities of the lesser modules through their models: invoices, papers, sites, lines, flows, processes."""

from __future__ import annotations

from typing import Any

import pytest

import b24orm.models
from b24orm.emulator import LocalPortal
from b24orm.models import (
    CallList,
    DealRecurring,
    ExternalLine,
    Flow,
    InvoiceStatus,
    MailService,
    Page,
    RpaStage,
    Site,
    SocialnetworkWorkgroup,
    TelephonyUser,
)
from tests.conftest import Connect, Serve

HANDLER = {"PRINT_URL": "https://app.example/p", "CHECK_URL": "https://app.example/c", "CONFIG": {"A": 1}}
KINDS: dict[str, tuple[dict[str, Any], str]] = {
    "ProductProperty": ({"name": "Shade", "property_type": "S", "code": "SHADE"}, "name"),
    "AutomatedSolution": ({"title": "Shop"}, "title"),
    "Numerator": ({"name": "Papers", "template": "{NUMBER}", "settings": {}}, "name"),
    "Epic": ({"group_id": 1, "name": "Login"}, "name"),
    "RpaType": ({"title": "Leave"}, "title"),
    "Site": ({"title": "Shop", "code": "shop"}, "title"),
    "SipLine": ({"server": "sip.example", "login": "one"}, "title"),
    "OpenLine": ({"line_name": "Help"}, "line_name"),
    "CashboxHandler": ({"code": "kkm", "name": "Register", "settings": HANDLER}, "name"),
    "DeliveryHandler": (
        {
            "code": "van",
            "name": "Van",
            "settings": {"CALCULATE_URL": "https://app.example/d"},
            "profiles": [{"NAME": "Big"}],
        },
        "name",
    ),
}


@pytest.fixture(autouse=True)
def local(serve: Serve, join: Connect) -> LocalPortal:
    portal = serve(users=3, deals=3, contacts=3, rows={"workgroup": 2})
    join(portal)
    return portal


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_is_made_changed_read_and_removed(kind: str) -> None:
    model: Any = getattr(b24orm.models, kind)
    values, name = KINDS[kind]
    before = {row.pk for row in model.objects.all()}
    made = model.objects.create(**values)
    number = made.pk
    setattr(made, name, "Other")
    made.save()
    made.refresh_from_db()
    during = {row.pk for row in model.objects.all()}
    made.delete()

    assert (getattr(made, name), during - before) == ("Other", {number})
    assert {row.pk for row in model.objects.all()} == before


def test_a_flow_has_its_number_inside_its_data() -> None:
    flow = Flow.objects.create(
        name="Requests",
        planned_completion_time=3600,
        distribution_type="manually",
        responsible_list=[["user", "1"]],
    )
    flow.name = "Wishes"
    flow.save()

    assert Flow.objects.get(id=flow.id).name == "Wishes"


def test_a_page_belongs_to_a_site() -> None:
    site = Site.objects.create(title="Shop", code="shop")
    page = Page.objects.create(title="Front", site_id=site.id)

    assert [row.id for row in Page.objects.filter(site_id=site.id)] == [page.id]


def test_stages_of_a_process_are_those_of_its_type() -> None:
    stage = RpaStage.objects.create(name="New", type_id=1)

    assert stage.id in {row.id for row in RpaStage.objects.filter(type_id=1)}


def test_a_call_list_is_read_again() -> None:
    made = CallList.objects.create(entity_type="CONTACT", entities=[1, 2])

    assert [row.id for row in CallList.objects.all()] == [made.id]


def test_a_copy_of_a_deal_recurs() -> None:
    made = DealRecurring.objects.create(deal_id=1, is_limit="N")

    assert [(row.id, row.based_id) for row in DealRecurring.objects.all()] == [(made.id, 1)]


def test_invoices_have_statuses() -> None:
    assert {"N", "P", "D"} <= {row.status_id for row in InvoiceStatus.objects.all()}


def test_a_mail_service_is_found_by_its_number() -> None:
    made = MailService.objects.create(name="Own", server="imap.example")

    assert MailService.objects.get(id=made.id).server == "imap.example"


def test_lines_of_other_exchanges_are_listed(local: LocalPortal) -> None:
    local.store.insert("external_line", {"NUMBER": "100", "NAME": "Desk"})

    assert [(row.number, row.name) for row in ExternalLine.objects.all()] == [("100", "Desk")]


def test_workgroups_tell_what_is_asked_for() -> None:
    rows = SocialnetworkWorkgroup.objects.only("id", "type")

    assert [(row.id, row.type) for row in rows] == [(1, "group"), (2, "group")]


def test_a_phone_is_asked_for_by_user() -> None:
    assert [row.sip_login for row in TelephonyUser.objects.filter(user_id=2)] == ["phone2"]
