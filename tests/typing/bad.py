"""User code that type checkers must refuse. An ignore that is not needed is an error too."""

from __future__ import annotations

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
    _ = Deal.objects.values("titel")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    _ = Deal.objects.filter(stage_semantic_id="W")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    _ = Deal.objects.filter(closedate__gte=5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    _ = Deal.objects.filter(id=1).exclude(opened="yes")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    _ = Status.objects.filter(name__contains="x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    _ = Contact.objects.filter(phone="+7")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    _ = Deal.objects.using("acme")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
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


async def forgotten() -> None:
    _ = Deal.objects.acount() + 1  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]
    _ = Deal.objects.afirst().title  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
