"""A program as people write them, with ten models: what checkers have to be quick with."""

from __future__ import annotations

from decimal import Decimal

from typing_extensions import assert_type

from b24orm import Q
from b24orm.models import (
    Activity,
    Company,
    Contact,
    Deal,
    Department,
    Lead,
    Product,
    SmartInvoice,
    Task,
    User,
)


def report() -> Decimal:
    won = Deal.objects.filter(Q(stage="WON") | Q(stage="C1:WON"), opportunity__gt=0).order_by("-closedate")
    firms = Company.objects.filter(id__in={deal.company_id for deal in won if deal.company_id})
    people = Contact.objects.filter(company__in=[firm.id for firm in firms], phone__startswith="+7")
    assert_type([person.name for person in people], list[str | None])
    staff = {user.id: user for user in User.objects.filter(active=True, name__contains="a")}
    late = Task.objects.filter(responsible_id__in=list(staff), title__contains="call").order_by("-deadline")
    assert_type(late.count(), int)
    calls = Activity.objects.filter(owner_id__in=[deal.id for deal in won], completed=False).exists()
    leads = Lead.objects.exclude(status="JUNK").filter(opportunity__range=(1, 5)).last()
    paid = SmartInvoice.objects.filter(stage="DT31_2:P", opportunity__gte=Decimal("0.5")).only("opportunity")
    parts = [department.name for department in Department.objects.filter(parent=1)]
    goods = Product.objects.filter(active=True).values_list("name", flat=True)
    assert_type(leads, Lead | None)
    _ = calls, parts, list(goods)
    return sum((invoice.opportunity or Decimal(0) for invoice in paid), Decimal(0))
