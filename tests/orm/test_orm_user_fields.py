"""User fields that a portal does not have are refused: it would ignore them, and find or lose anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from b24orm import Portal, Prefetch
from b24orm.emulator import LocalPortal
from b24orm.errors import FieldNotLoaded, UnknownName
from b24orm.models import Company, Deal, DealItem, Task, User
from tests.conftest import Connect, Serve


@pytest.fixture
def portal(serve: Serve) -> LocalPortal:
    """A portal whose deals have a colour."""
    local = serve(deals=60)
    local.store.add_user_field("deal", "UF_CRM_COLOUR", "string")
    local.store.update("deal", 3, {"UF_CRM_COLOUR": "red"})
    return local


@pytest.fixture
def client(portal: LocalPortal, join: Connect) -> Portal:
    return join(portal)


def asked(portal: LocalPortal) -> int:
    """How often the portal was asked for the fields of its deals."""
    told = portal.stats.by_method.get("crm.deal.fields")
    return 0 if told is None else told.commands


ASKED: list[Callable[[], Any]] = [
    lambda: Deal.objects.filter(UF_CRM_COLOR="red").count(),
    lambda: list(Deal.objects.exclude(UF_CRM_COLOR="red")),
    lambda: Deal.objects.filter(UF_CRM_COLOR__contains="red").exists(),
    lambda: list(Deal.objects.order_by("UF_CRM_COLOR")[:3]),
    lambda: list(Deal.objects.only("UF_CRM_COLOR")),
    lambda: list(Deal.objects.values("id", "UF_CRM_COLOR")),
    lambda: Deal.objects.filter(UF_CRM_COLOR="red").update(title="x"),
    lambda: Deal.objects.filter(UF_CRM_COLOR="red").delete(),
    lambda: list(
        Company.objects.prefetch_related(Prefetch("deals", Deal.objects.filter(UF_CRM_COLOR="red")))
    ),
]


@pytest.mark.parametrize("ask", ASKED, ids=range(len(ASKED)))
def test_a_query_by_a_user_field_that_there_is_not_is_refused(client: Portal, ask: Callable[[], Any]) -> None:
    with pytest.raises(UnknownName, match="no field 'UF_CRM_COLOR' on .*did you mean 'UF_CRM_COLOUR'"):
        ask()


SENT: list[Callable[[], Any]] = [
    lambda: Deal.objects.create(title="x", UF_CRM_COLOR="red"),
    lambda: Deal(id=5, UF_CRM_COLOR="red").save(),
    lambda: Deal.objects.filter(id=5).update(UF_CRM_COLOR="red"),
    lambda: Deal.objects.bulk_create([Deal(UF_CRM_COLOR="red")], raise_on_error="first"),
    lambda: DealItem.objects.filter(id=5).update(UF_CRM_COLOR="red"),
]


@pytest.mark.parametrize("send", SENT, ids=range(len(SENT)))
def test_a_value_for_a_user_field_that_there_is_not_is_refused(
    portal: LocalPortal, client: Portal, send: Callable[[], Any]
) -> None:
    before = portal.store.fetch("SELECT * FROM deal", ())
    with pytest.raises(UnknownName, match="did you mean 'UF_CRM_COLOUR'"):
        send()
    assert portal.store.fetch("SELECT * FROM deal", ()) == before


def test_in_a_bulk_write_only_the_wrong_item_fails(client: Portal) -> None:
    good, bad = Deal(title="x", UF_CRM_COLOUR="red"), Deal(title="y", UF_CRM_COLOR="red")
    results = Deal.objects.bulk_create([good, bad], raise_on_error=False)
    assert [type(result.error) for result in results] == [type(None), UnknownName]


def test_many_wrong_items_ask_the_portal_once(portal: LocalPortal, client: Portal) -> None:
    Deal.objects.bulk_create([Deal(UF_CRM_COLOR="red")] * 40, raise_on_error=False)
    assert asked(portal) == 1


def test_a_user_field_that_there_is_works_and_is_looked_for_once(portal: LocalPortal, client: Portal) -> None:
    found = [Deal.objects.get(UF_CRM_COLOUR=colour).id for colour in ("red", "red")]
    assert (found, asked(portal)) == ([3, 3], 1)


def test_a_misspelt_user_field_of_a_row_has_the_nearest_name(client: Portal) -> None:
    deal: Any = Deal.objects.get(id=3)
    with pytest.raises(FieldNotLoaded, match="did you mean 'UF_CRM_COLOUR'"):
        _ = deal.UF_CRM_COLOR


def test_without_user_fields_the_portal_is_not_asked_for_them(portal: LocalPortal, client: Portal) -> None:
    Deal.objects.filter(stage="WON").count()
    assert asked(portal) == 0


def test_the_plan_says_that_fields_are_looked_up() -> None:
    assert "  fields    UF_CRM_COLOUR: crm.deal.fields is asked once" in (
        Deal.objects.filter(UF_CRM_COLOUR="red").order_by("UF_CRM_COLOUR")[:5].explain()
    )
    assert "  fields  " not in DealItem.objects.filter(UF_CRM_COLOUR="red").explain()


def test_a_field_that_was_made_meanwhile_is_found(portal: LocalPortal, client: Portal) -> None:
    Deal.objects.filter(UF_CRM_COLOUR="red").count()
    portal.store.add_user_field("deal", "UF_CRM_SHAPE", "string")
    assert Deal.objects.filter(UF_CRM_SHAPE="round").count() == 0


def test_tasks_and_users_are_looked_at_too(client: Portal) -> None:
    with pytest.raises(UnknownName, match="Task has no field 'UF_NOPE'"):
        Task.objects.filter(UF_NOPE="x").count()
    with pytest.raises(UnknownName, match="User has no field 'UF_NOPE'"):
        User.objects.filter(UF_NOPE="x").count()


async def test_asynchronous_queries_are_refused_too(client: Portal) -> None:
    with pytest.raises(UnknownName, match="UF_CRM_COLOUR"):
        await Deal.objects.filter(UF_CRM_COLOR="red").acount()
