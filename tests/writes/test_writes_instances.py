"""Objects that save themselves: only what changed is sent, and nothing that can't be right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

import pytest

from b24orm import Portal
from b24orm.emulator import LocalPortal
from b24orm.errors import (
    FieldNotLoaded,
    InvalidValue,
    NotFound,
    OutcomeUnknown,
    StaleObject,
    UnknownName,
    Unsupported,
    UsageError,
)
from b24orm.models import Company, Contact, Currency, Deal, Department, Item, Order, SmartInvoice, Task, User
from tests.conftest import Connect, Serve


def stored(portal: LocalPortal, table: str, row_id: int) -> dict[str, Any]:
    row = portal.store.get(table, row_id)
    assert row is not None
    return row


def sent(portal: LocalPortal, work: Callable[[], object]) -> int:
    """How many requests some work takes."""
    before = portal.stats.requests
    work()
    return portal.stats.requests - before


# -- new objects ----------------------------------------------------------------------------------


def test_a_new_object_is_added_and_gets_its_id(desk: LocalPortal, client: Portal) -> None:
    deal = Deal(title="Roof", stage="NEW", opportunity=Decimal("10.50"), begindate=date(2024, 2, 29))
    assert deal.pk is None
    assert sent(desk, deal.save) == 1
    row = stored(desk, "deal", deal.id)
    assert (row["TITLE"], row["STAGE_ID"], row["OPPORTUNITY"]) == ("Roof", "NEW", 10.5)
    assert row["BEGINDATE"].startswith("2024-02-29")
    assert deal.changed == ()


async def test_the_same_awaited(desk: LocalPortal, client: Portal) -> None:
    deal = Deal(title="Roof")
    await deal.asave()
    deal.title = "Wall"
    await deal.asave()
    await deal.arefresh_from_db()
    assert deal.title == "Wall"
    await deal.adelete()
    assert desk.store.count("deal") == 20


def test_related_objects_and_ids_are_both_taken(desk: LocalPortal, client: Portal) -> None:
    company = Company.objects.create(title="Acme")
    by_object = Deal.objects.create(title="a", company=company)
    by_id = Deal.objects.create(title="b", company=company.id)
    by_field = Deal.objects.create(title="c", company_id=company.id, contact_ids=[Contact.objects.first()])
    assert {stored(desk, "deal", deal.id)["COMPANY_ID"] for deal in (by_object, by_id, by_field)} == {
        company.id
    }
    assert by_object.company is company


def test_user_fields_are_written(desk: LocalPortal, client: Portal) -> None:
    client.call(
        "crm.deal.userfield.add",
        {"fields": {"FIELD_NAME": "COLOUR", "USER_TYPE_ID": "string", "EDIT_FORM_LABEL": "Colour"}},
    )
    deal = Deal.objects.create(title="a", UF_CRM_COLOUR="red")
    deal.uf_crm_colour = "blue"
    deal.title = "b"
    deal.save()
    assert Deal.objects.get(id=deal.id).uf_crm_colour == "blue"


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (lambda: Deal(stge="NEW"), "no field 'stge'; did you mean 'stage'"),
        (lambda: Deal(opportunity="ten"), "Deal.opportunity can't be 'ten'"),
        (lambda: Deal(closedate="31.12.2024"), "Deal.closedate can't be '31.12.2024'"),
        (lambda: Deal(stage="NEW", stage_id="WON"), "given twice"),
        (
            lambda: Deal(company=Deal(title="x")),
            "Deal.company_id can't be a Deal: it takes a Company or its id",
        ),
        (lambda: Deal(company=Company(title="x")), "save it first"),
        (lambda: Deal(date_create="2024-01-01").save(), "Deal.date_create is read-only"),
        (lambda: Company().save(), "a new Company needs title"),
        (lambda: Deal().delete(), "has no id"),
        (lambda: Deal(title="x").save(if_unchanged=True), "is new"),
        (
            lambda: Deal(title="x").save(idempotency="key"),
            "idempotency is 'values', 'origin' or None, not 'key'",
        ),
        (lambda: Contact(name="x").add_value("name", "1"), "such are phone, email, web, im"),
    ],
)
def test_a_mistake_is_told_before_anything_is_sent(
    desk: LocalPortal, client: Portal, made: Callable[[], object], text: str
) -> None:
    before = desk.stats.requests
    with pytest.raises((InvalidValue, UnknownName), match=text.replace("(", r"\(")):
        made()
    assert desk.stats.requests == before


def test_a_method_that_is_not_there_is_named(desk: LocalPortal, client: Portal) -> None:
    user = User.objects.first()
    assert user is not None
    with pytest.raises(Unsupported, match=r"User has no method to delete a row; .* it has add, update"):
        user.delete()


def test_an_unknown_attribute_is_refused_with_the_nearest(client: Portal) -> None:
    deal = Deal(title="x")
    with pytest.raises(UnknownName, match="did you mean 'stage'"):
        deal.stge = "NEW"


# -- changes --------------------------------------------------------------------------------------


def test_only_what_changed_is_sent(desk: LocalPortal, client: Portal) -> None:
    deal = Deal.objects.get(id=3)
    before = stored(desk, "deal", 3)
    desk.store.update("deal", 3, {"COMMENTS": "by somebody else"})
    deal.title = "Changed"
    deal.save()
    after = stored(desk, "deal", 3)
    assert (after["TITLE"], after["COMMENTS"]) == ("Changed", "by somebody else")
    assert after["OPPORTUNITY"] == before["OPPORTUNITY"]


def test_without_changes_nothing_is_sent(desk: LocalPortal, client: Portal) -> None:
    deal = Deal.objects.get(id=3)
    assert sent(desk, deal.save) == 0


def test_a_row_is_changed_without_being_fetched(desk: LocalPortal, client: Portal) -> None:
    assert sent(desk, Deal(id=3, title="Blind").save) == 1
    assert stored(desk, "deal", 3)["TITLE"] == "Blind"


@pytest.mark.parametrize("name", ["comments", "closedate", "company", "opportunity"])
def test_none_clears_a_field(desk: LocalPortal, client: Portal, name: str) -> None:
    full = {
        "comments": "x",
        "closedate": date(2024, 1, 1),
        "company": Company.objects.first(),
        "opportunity": 5,
    }
    deal = Deal.objects.create(title="full", **full)
    setattr(deal, name, None)
    deal.save()
    again = Deal.objects.get(id=deal.id)
    assert getattr(again, f"{name}_id" if name == "company" else name) in (None, "", Decimal(0))


def test_a_moment_keeps_its_instant(desk: LocalPortal, client: Portal) -> None:
    moment = datetime(2030, 5, 1, 9, 30, tzinfo=timezone.utc)
    task = Task.objects.create(title="call", responsible_id=1, deadline=moment)
    assert Task.objects.get(id=task.id).deadline == moment


@pytest.mark.parametrize(
    ("change", "text"),
    [({"category_id": 5}, "can't be changed once"), ({"date_modify": datetime(2024, 1, 1)}, "read-only")],
)
def test_what_can_not_be_changed_is_refused(
    desk: LocalPortal, client: Portal, change: dict[str, Any], text: str
) -> None:
    deal = Deal.objects.get(id=3)
    for name, value in change.items():
        setattr(deal, name, value)
    before = desk.stats.requests
    with pytest.raises(InvalidValue, match=text):
        deal.save()
    assert desk.stats.requests == before


def test_a_text_like_a_macro_arrives_as_it_is(desk: LocalPortal, client: Portal) -> None:
    texts = ["$result[c0]", "$total[x] and $result[0][ID]", "a&b=c", "100%"]
    made = [result.item for result in Deal.objects.bulk_create(Deal(title=text) for text in texts)]
    assert [stored(desk, "deal", deal.id)["TITLE"] for deal in made] == texts


def test_an_answer_that_holds_the_row_is_taken_in(client: Portal) -> None:
    invoice = SmartInvoice.objects.create(title="Invoice")
    assert invoice.id
    assert invoice.created_time is not None


def test_fields_at_the_top_level(desk: LocalPortal, client: Portal) -> None:
    made = Department.objects.create(name="Sales", parent=1)
    made.name = "Support"
    made.save()
    assert Department.objects.get(id=made.id).name == "Support"


def test_an_id_that_its_maker_chooses(desk: LocalPortal, client: Portal) -> None:
    made = Currency(currency="XTS", amount_cnt=1, amount=2)
    made.save()
    made.amount = 3
    made.save()
    assert {row.currency: row.amount for row in Currency.objects.all()}["XTS"] == 3


def test_refresh_reads_the_row_again(desk: LocalPortal, client: Portal) -> None:
    deal = Deal.objects.only("id", "title").get(id=3)
    with pytest.raises(FieldNotLoaded):
        _ = deal.comments
    desk.store.update("deal", 3, {"COMMENTS": "new", "TITLE": "new"})
    deal.title = "mine"
    deal.refresh_from_db(["comments"])
    assert (deal.comments, deal.title, deal.changed) == ("new", "mine", ("title",))
    deal.refresh_from_db()
    assert (deal.title, deal.changed) == ("new", ())


def test_a_deleted_row_is_gone(desk: LocalPortal, client: Portal) -> None:
    deal, same = Deal.objects.get(id=3), Deal.objects.get(id=3)
    deal.delete()
    assert deal.pk is None
    assert not desk.store.exists("deal", 3)
    with pytest.raises(Deal.DoesNotExist):
        same.refresh_from_db()
    with pytest.raises(NotFound, match="there is no Deal 3, or no longer"):
        same.delete()
    same.title = "too late"
    with pytest.raises(NotFound, match="there is no Deal 3, or no longer"):
        same.save()


# -- other portals --------------------------------------------------------------------------------


def test_an_object_is_saved_where_it_came_from(serve: Serve, join: Connect) -> None:
    here, there = serve(deals=3), serve(deals=3)
    first = join(here)
    deal = Deal.objects.get(id=1)
    join(there)  # is the default now
    deal.title = "Here"
    deal.save()
    assert stored(here, "deal", 1)["TITLE"] == "Here"
    assert stored(there, "deal", 1)["TITLE"] != "Here"
    made = Deal.objects.using(first).create(title="Also here")
    assert stored(here, "deal", made.id)["TITLE"] == "Also here"
    with pytest.raises(UsageError):
        Deal.objects.using(first).delete()


# -- somebody else's changes ----------------------------------------------------------------------


def test_a_row_that_somebody_else_changed_is_not_overwritten(desk: LocalPortal, client: Portal) -> None:
    deal = Deal.objects.get(id=3)
    desk.store.update("deal", 3, {"DATE_MODIFY": "2031-01-01T10:00:00", "TITLE": "theirs"})
    deal.title = "mine"
    with pytest.raises(StaleObject, match="2031"):
        deal.save(if_unchanged=True)
    assert stored(desk, "deal", 3)["TITLE"] == "theirs"
    deal.refresh_from_db()
    deal.title = "mine"
    deal.save(if_unchanged=True)
    assert stored(desk, "deal", 3)["TITLE"] == "mine"


def test_an_order_of_the_shop_that_somebody_else_changed_is_not_overwritten(client: Portal) -> None:
    order = Order.objects.get(id=1)
    client.sale.order.update(id=1, fields={"comments": "theirs"})
    order.comments = "mine"
    with pytest.raises(StaleObject, match="date_update"):
        order.save(if_unchanged=True)


def test_the_look_and_the_change_travel_in_one_request(desk: LocalPortal, client: Portal) -> None:
    deal = Deal.objects.get(id=3)
    deal.title = "mine"
    assert sent(desk, lambda: deal.save(if_unchanged=True)) == 1
    assert stored(desk, "deal", 3)["TITLE"] == "mine"
    assert deal.changed == ()


def test_no_row_at_all_is_changed_by_a_stale_object(desk: LocalPortal, client: Portal) -> None:
    before = desk.store.fetch("SELECT ID, TITLE FROM deal ORDER BY ID", ())
    deal = Deal.objects.get(id=3)
    deal.title = "mine"
    desk.store.update("deal", 3, {"DATE_MODIFY": "2031-01-01T10:00:00"})
    with pytest.raises(StaleObject):
        deal.save(if_unchanged=True)
    assert desk.store.fetch("SELECT ID, TITLE FROM deal ORDER BY ID", ()) == before


def test_a_deleted_row_is_told_as_such(desk: LocalPortal, client: Portal) -> None:
    deal = Deal.objects.get(id=3)
    Deal(id=3).delete()
    deal.title = "mine"
    with pytest.raises(Deal.DoesNotExist):
        deal.save(if_unchanged=True)


def test_a_lost_conditional_change_is_unknown(desk: LocalPortal, client: Portal) -> None:
    deal = Deal.objects.get(id=3)
    deal.title = "mine"
    desk.faults.script("reset_after")
    with pytest.raises(OutcomeUnknown) as caught:
        deal.save(if_unchanged=True)
    assert caught.value.items == (deal,)


@pytest.mark.parametrize("title", ["$result[x][y]", "plain"])
def test_what_can_not_ride_in_a_batch_is_looked_at_first(
    desk: LocalPortal, client: Portal, title: str
) -> None:
    deal, bill = Deal.objects.get(id=3), SmartInvoice.objects.create(title="Bill")
    bill.refresh_from_db()
    for row in (deal, bill):
        row.title = title
        row.save(if_unchanged=True)
    assert stored(desk, "deal", 3)["TITLE"] == title
    bill.refresh_from_db()
    assert bill.title == title


def test_the_moment_to_compare_with_must_have_been_fetched(client: Portal) -> None:
    deal = Deal.objects.only("id", "title").get(id=3)
    deal.title = "mine"
    with pytest.raises(FieldNotLoaded, match="date_modify"):
        deal.save(if_unchanged=True)


# -- rows that need a parameter beside their fields -----------------------------------------------


def test_an_item_of_any_process_is_saved(client: Portal) -> None:
    client.call("crm.type.add", {"fields": {"title": "Contracts", "entityTypeId": 1038}})
    made = Item.objects.create(entity_type_id=1038, title="one")
    Item(entity_type_id=1038, id=made.id, title="two").save()
    made.refresh_from_db()
    assert made.title == "two"
    made.title = "three"
    made.save()
    assert [item.title for item in Item.objects.filter(entity_type_id=1038)] == ["three"]
    made.delete()
    assert not Item.objects.filter(entity_type_id=1038).exists()


# -- lost answers ---------------------------------------------------------------------------------


def test_a_lost_add_is_not_repeated(desk: LocalPortal, client: Portal) -> None:
    desk.faults.script("reset_after")
    deal = Deal(title="once")
    with pytest.raises(OutcomeUnknown) as caught:
        deal.save(idempotency=None)
    assert caught.value.items == (deal,)
    assert [row.title for row in Deal.objects.filter(title="once")] == ["once"]


@pytest.mark.parametrize("fault", ["reset_after", "truncated_json", "gateway_timeout"])
def test_a_lost_add_is_found_by_its_values(desk: LocalPortal, client: Portal, fault: Any) -> None:
    desk.faults.script(fault)
    deal = Deal(title="once", opportunity=Decimal("5.50"), stage="PREPARATION", closedate=date(2026, 2, 3))
    deal.save()
    assert [row.id for row in Deal.objects.filter(title="once")] == [deal.id]


@pytest.mark.parametrize("fault", ["reset_after", "truncated_json", "gateway_timeout"])
def test_a_lost_add_with_a_key_is_found(desk: LocalPortal, client: Portal, fault: Any) -> None:
    desk.faults.script(fault)
    deal = Deal(title="once")
    deal.save(idempotency="origin")
    assert [row.id for row in Deal.objects.filter(title="once")] == [deal.id]


def test_a_lost_change_is_repeated(desk: LocalPortal, client: Portal) -> None:
    desk.faults.script("reset_after", "reset_before")
    Deal(id=3, title="twice").save()
    assert stored(desk, "deal", 3)["TITLE"] == "twice"


def test_a_lost_delete_is_a_delete(desk: LocalPortal, client: Portal) -> None:
    desk.faults.script("reset_after")
    Deal.objects.get(id=3).delete()
    assert not desk.store.exists("deal", 3)
