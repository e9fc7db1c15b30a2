"""User code that type checkers accept, with the types that it says it gets."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from typing_extensions import assert_type

import b24orm
from b24orm import Prefetch, Q
from b24orm.models import Company, Contact, Deal, Item, ProductRow, Task, User


def reads() -> None:
    won = Deal.objects.filter(stage="WON", opportunity__gte=100_000).exclude(company__in=[1, 2])
    for deal in won.order_by("-opportunity", "id")[:10]:
        assert_type(deal, Deal)
        assert_type(deal.id, int)
        assert_type(deal.pk, int | None)
        assert_type(deal.opportunity, Decimal | None)
        assert_type(deal.closedate, date | None)
        assert_type(deal.date_create, datetime | None)
        assert_type(deal.opened, bool | None)
        assert_type(deal.company, Company | None)
        if deal.opportunity is not None and deal.date_create is not None:
            assert_type(deal.opportunity, Decimal)
            assert_type(deal.date_create, datetime)
    assert_type(won.first(), Deal | None)
    assert_type(won.get(id=1), Deal)
    assert_type(won.count(), int)
    assert_type(won[0], Deal)
    assert_type(won.in_bulk([1]), dict[int, Deal])
    assert_type(list(won.values("id")), list[dict[str, Any]])
    assert_type(list(won.values_list("id", "title")), list[tuple[Any, ...]])
    assert_type(list(won.values_list(lambda deal: (deal.id, deal.title))), list[tuple[int, str | None]])
    assert_type(list(won.values_list(lambda deal: deal.opportunity)), list[Decimal | None])
    assert_type(list(won.values_list("id", flat=True)), list[int])
    assert_type(list(won.values_list("title", flat=True)), list[str | None])
    assert_type(list(won.values_list("opportunity", flat=True).order_by("id")), list[Decimal | None])
    assert_type(list(won.values_list("date_create", flat=True)), list[datetime | None])
    assert_type(won.only("id", "title").first(), Deal | None)
    assert_type(won.none().last(), Deal | None)
    assert_type(won.exists(), bool)
    assert_type(won.explain(), str)
    either = Deal.objects.filter(Q(stage="WON") | Q(**{">=OPPORTUNITY": 10}), closedate__gte=date(2026, 1, 1))
    assert_type(either.only("title").last(), Deal | None)
    related = Deal.objects.select_related("company", "company__assigned_by").prefetch_related(
        "contacts", "product_rows", Prefetch("contacts", Contact.objects.only("name"))
    )
    for deal in related:
        assert_type(deal.assigned_by, User | None)
        assert_type([contact.name for contact in deal.contacts], list[str | None])
    _ = Deal.objects.filter(
        company=Company.objects.get(id=1), assigned_by__in=User.objects.filter(active=True)
    )
    _ = Item.objects.filter(entity_type_id=1038, title__contains="pump")
    _ = Task.objects.filter(responsible_id=1)


def writes() -> None:
    acme = Company.objects.create(title="Acme")
    deal = Deal(title="Roof", stage="NEW", company=acme, opportunity=5, contact_ids=[1, Contact(id=2)])
    deal.stage, deal.company = "WON", acme.id
    deal.opportunity, deal.closedate, deal.opened = Decimal(11), None, True
    deal.opportunity, deal.last_activity_time = 12.5, date(2026, 1, 1)
    assert_type(deal.opportunity, Decimal | None)
    acme.phone, acme.email = "+7 900 1", ["ann@acme.org"]
    assert_type([entry.value for entry in acme.phone], list[str])
    assert_type(deal.save(), None)
    assert_type(Deal.objects.create(title="Roof", assigned_by=7), Deal)
    assert_type(Deal.objects.get_or_create({"opportunity": 5}, title="Roof", stage="NEW"), tuple[Deal, bool])
    assert_type(Deal.objects.update_or_create({"company": acme}, title="Roof"), tuple[Deal, bool])
    assert_type(Deal.objects.filter(id__gt=0).update(stage="WON", closedate=None), int)
    _ = Contact.objects.create(name="Ann", phone=["+7", b24orm.MultiField(value="+8")])
    assert_type(deal.contacts[0], Contact)
    assert_type([person.name for person in deal.contacts.all()], list[str | None])
    deal.contacts.set([Contact(id=1), 7])
    deal.product_rows.add(ProductRow(product_name="Tile", price=1))
    assert_type(acme.deals.all(), list[Deal])


def calls(portal: b24orm.Portal) -> None:
    assert_type(portal.crm.deal.productrows.set(id=5, rows=[{"PRODUCT_NAME": "a"}]), Any)
    assert_type(portal.get_all("crm.deal.list", {"filter": {">ID": 5}}), Any)
    assert_type(portal.call_batch({"cmd": {"a": "profile"}}), dict[str, Any])
    assert_type(portal.get_by_ID("crm.deal.get", [1, 2]), dict[Any, Any])
    portal.call("crm.deal.add", [{"fields": {"TITLE": "a"}}, {"fields": {"TITLE": "b"}}])
    with b24orm.connect(plan=b24orm.RateLimits(burst=10)) as other, other.slow(2):
        assert_type(other, b24orm.Portal)


async def reads_async(portal: b24orm.AsyncPortal) -> None:
    deals = Deal.objects.using(portal).filter(date_create__lt=datetime(2026, 1, 1))
    assert_type(await deals, list[Deal])
    assert_type(await deals.afirst(), Deal | None)
    assert_type(await deals.aget(id=1), Deal)
    assert_type(await deals.acount(), int)
    assert_type(await deals.aexists(), bool)
    assert_type(await deals.ain_bulk([1]), dict[int, Deal])
    assert_type(await Deal.objects.using(portal).acreate(title="A", company=5), Deal)
    assert_type([title async for title in deals.values_list("title", flat=True)], list[str | None])
    assert_type(await portal.call("profile"), Any)
    assert_type(await portal.call("crm.deal.get", [{"id": 5}, {"id": 6}]), list[Any])
    assert_type(await portal.call("crm.deal.get", {"id": 5}, raw=True), dict[str, Any])
    assert_type(await portal.crm.item.get(entityTypeId=2, id=5), Any)
    async for deal in deals:
        assert_type(deal.title, str | None)
