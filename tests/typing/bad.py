"""User code that type checkers must refuse. An ignore that is not needed is an error too."""

from __future__ import annotations

from typing import NamedTuple

import b24orm
from b24orm.models import Contact, Deal, Status


def mistakes() -> None:
    _ = Deal.objects.filter(stge="WON")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    _ = Deal.objects.filter(stage__gte=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    _ = Deal.objects.filter(opportunity__gte="10")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    _ = Deal.objects.filter(id__in=5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    _ = Deal.objects.get(title=1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    _ = Deal.objects.order_by("-amount")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    _ = Deal.objects.only("titel")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Deal(titel="x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    _ = Deal.objects.values("titel")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    _ = Deal.objects.filter(stage_semantic_id="W")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    _ = Deal.objects.filter(closedate__gte=5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    _ = Deal.objects.filter(id=1).exclude(opened="yes")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    _ = Status.objects.filter(name__contains="x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    _ = Contact.objects.filter(phone="+7")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    _ = Deal.objects["first"]  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    Deal(opportunity="x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    _ = Deal.objects.get(id=1).titel  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


def wrong_writes(deal: Deal, contact: Contact) -> None:
    _ = Deal.objects.create(titel="x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    _ = Deal.objects.create(opportunity="x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    _ = Deal.objects.create(date_modify=None)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    _ = Deal.objects.filter(id=1).update(company=contact)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    _ = Deal.objects.get_or_create(opportunity__gt=5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    deal.contacts.add(deal)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    deal.quotes.add(1)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    deal.company = contact  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]


def relations() -> None:
    _ = Deal.objects.select_related("compny")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    _ = Deal.objects.select_related("contacts")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    _ = Deal.objects.select_related("company__assigned")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    _ = Deal.objects.prefetch_related("contact_s")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    _ = Deal.objects.filter(company=Contact(id=5))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    _ = Deal.objects.filter(company__assigned_by=5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    _ = Deal(company=Contact(id=5))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    _ = Deal.objects.get(id=1).compny  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    _ = Deal.objects.get(id=1).company.title  # type: ignore[union-attr]  # pyright: ignore[reportOptionalMemberAccess]


def results() -> None:
    numbers: list[str] = list(Deal.objects.values_list("id", flat=True))  # type: ignore[arg-type]  # pyright: ignore[reportAssignmentType]
    rows: list[Deal] = list(Deal.objects.values("id"))  # type: ignore[arg-type]  # pyright: ignore[reportAssignmentType]
    deal: Deal = Deal.objects.first()  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    other: Contact = Deal.objects.get(id=1)  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    total: str = Deal.objects.count()  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    _ = Deal.objects.values_list(lambda deal: (deal.id, deal.titel))  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownLambdaType]
    pairs: list[tuple[int, int]] = list(Deal.objects.values_list(lambda deal: (deal.id, deal.title)))  # type: ignore[arg-type, return-value]  # pyright: ignore[reportAssignmentType]
    _ = Deal.objects.values_list("titel", flat=True)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    _ = Deal.objects.only("company")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    _ = Deal.objects.only("title").titel  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    _ = numbers, pairs, rows, deal, other, total


def writes(portal: b24orm.Portal) -> None:
    _ = Deal.objects.create(titel="x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    _ = Deal.objects.create(opportunity="x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    _ = Deal.objects.filter(id=1).update(date_create=None)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    _ = Deal.objects.get_or_create(defaults={"titel": "x"}, title="x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Deal.objects.get(id=1).opportunity = "x"  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    portal.crm.item.get(id=5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    portal.crm.item.get(entityTypeId=[], id=5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    portal.crm.itm.get(id=5)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


async def awaited(portal: b24orm.AsyncPortal) -> None:
    deals = Deal.objects.using(portal)
    deals.acount()  # type: ignore[unused-coroutine]  # pyright: ignore[reportUnusedCoroutine]
    Deal(title="x").asave()  # type: ignore[unused-coroutine]  # pyright: ignore[reportUnusedCoroutine]
    portal.call("profile")  # type: ignore[unused-coroutine]  # pyright: ignore[reportUnusedCoroutine]
    portal.crm.item.get(entityTypeId=2, id=5)  # type: ignore[unused-coroutine]  # pyright: ignore[reportUnusedCoroutine]
    deals.filter(id=1)  # type: ignore[unused-awaitable]
    total: int = deals.acount()  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    _ = await deals.count()  # type: ignore[misc]  # pyright: ignore[reportGeneralTypeIssues]
    for deal in deals.aiterator():  # type: ignore[attr-defined]  # pyright: ignore[reportGeneralTypeIssues]
        _ = deal
    _ = total


async def forgotten() -> None:
    _ = Deal.objects.acount() + 1  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]
    _ = Deal.objects.afirst().title  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


class Wrong(NamedTuple):
    """No rows of ``values``, which are dicts."""

    id: int


def projections() -> None:
    dicts = Deal.objects.values(Wrong)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue]
    total: str = Deal.objects.values_list(Wrong)[0].id  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    _ = Deal.objects.values_list(Wrong)[0].title  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    _ = Deal.objects.in_bulk(["1"])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    _ = dicts, total


def conditions() -> None:
    _ = Deal.q(stge="WON")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    _ = Deal.q(opportunity__gte="5")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    _ = Deal.q(stage="WON") | "closed"  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]
    _ = Contact.q(phone="+7")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
