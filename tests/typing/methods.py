"""Every public method of sets of rows, and the type that checkers infer for it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from typing_extensions import TypedDict, assert_type

from b24orm import AsyncPortal, Q, WriteResult
from b24orm.models import Contact, Currency, Deal, Status
from b24orm.orm import ValuesSet
from b24orm.orm.changes import Changes
from b24orm.query.nodes import Query

if TYPE_CHECKING:
    from b24orm.models.crm.deal import DealField, DealOrder, DealQuerySet


class Line(NamedTuple):
    """A row of a report."""

    id: int
    title: str | None
    opportunity: Decimal | None
    date_create: datetime | None


class LineDict(TypedDict):
    """The same as a dict."""

    id: int
    title: str | None


def chained(deals: DealQuerySet) -> None:
    _ = assert_type(deals.all(), DealQuerySet)
    _ = assert_type(deals.none(), DealQuerySet)
    _ = assert_type(deals.filter(stage="WON"), DealQuerySet)
    _ = assert_type(deals.exclude(stage="WON"), DealQuerySet)
    _ = assert_type(deals.order_by("-id", "title"), DealQuerySet)
    _ = assert_type(deals.reverse(), DealQuerySet)
    _ = assert_type(deals.only("id", "title"), DealQuerySet)
    _ = assert_type(deals.select_related("company"), DealQuerySet)
    _ = assert_type(deals.prefetch_related("contacts"), DealQuerySet)
    _ = assert_type(deals.using("main"), DealQuerySet)
    _ = assert_type(deals[5:10], DealQuerySet)
    assert_type(deals.model, type[Deal])
    assert_type(deals.query, Query)


def read(deals: DealQuerySet) -> None:
    assert_type(deals[0], Deal)
    assert_type(list(deals), list[Deal])
    assert_type(deals.get(id=1), Deal)
    assert_type(deals.first(), Deal | None)
    assert_type(deals.last(), Deal | None)
    assert_type(deals.latest("date_create"), Deal)
    assert_type(deals.earliest("date_create", "id"), Deal)
    assert_type(deals.contains(deals[0]), bool)
    assert_type(deals.count(), int)
    assert_type(deals.exists(), bool)
    assert_type(deals.explain(), str)
    assert_type(deals.iterator(), Iterator[Deal])
    assert_type(deals.in_bulk([1]), dict[int, Deal])
    assert_type(deals.in_bulk(["a"], field_name="title"), dict[Any, Deal])
    assert_type(Currency.objects.in_bulk(["EUR"]), dict[str, Currency])
    assert_type(deals.changed_since(None), Changes[Deal])
    assert_type(list(deals.changed_since(datetime(2026, 1, 1))), list[Deal])


async def read_async(deals: DealQuerySet) -> None:
    assert_type(await deals, list[Deal])
    assert_type([deal async for deal in deals], list[Deal])
    assert_type(await deals.aget(id=1), Deal)
    assert_type(await deals.afirst(), Deal | None)
    assert_type(await deals.alast(), Deal | None)
    assert_type(await deals.alatest("date_create"), Deal)
    assert_type(await deals.aearliest("date_create"), Deal)
    assert_type(await deals.acontains(deals[0]), bool)
    assert_type(await deals.acount(), int)
    assert_type(await deals.aexists(), bool)
    assert_type(await deals.aexplain(), str)
    assert_type(deals.aiterator(), AsyncGenerator[Deal, None])
    assert_type(await deals.ain_bulk([1]), dict[int, Deal])
    assert_type([deal async for deal in deals.changed_since(None)], list[Deal])


def projected(deals: DealQuerySet) -> None:
    assert_type(list(deals.values_list(Line)), list[Line])
    lines = assert_type(deals.values_list(Line), ValuesSet[Line, DealField, DealOrder])
    assert_type(lines.exclude(id=5)[0].title, str | None)
    assert_type(deals.values_list(Line).first(), Line | None)
    assert_type(deals.values_list(Line).order_by("-id")[0].opportunity, Decimal | None)
    assert_type([number for number, *_ in deals.values_list(Line).iterator()], list[int])
    for number, title, amount, created in deals.values_list(Line):
        assert_type(number, int)
        assert_type(title, str | None)
        assert_type(amount, Decimal | None)
        assert_type(created, datetime | None)
    assert_type(list(deals.values(LineDict)), list[LineDict])
    assert_type(deals.values(LineDict)[0]["title"], str | None)
    assert_type(list(deals.values("id", "title")), list[dict[str, Any]])
    assert_type(list(deals.values()), list[dict[str, Any]])
    assert_type(list(deals.values_list("id", "title")), list[tuple[Any, ...]])
    assert_type(list(deals.values_list("opportunity", flat=True)), list[Decimal | None])


async def projected_async(deals: DealQuerySet) -> None:
    assert_type(await deals.values_list(Line), list[Line])
    assert_type(await deals.values(LineDict).afirst(), LineDict | None)
    assert_type([line.title async for line in deals.values_list(Line).aiterator()], list[str | None])


def conditions(deals: DealQuerySet) -> None:
    large_or_won = Deal.q(opportunity__gte=5) | ~Deal.q(stage="NEW") & Q(closed=True)
    assert_type(large_or_won, Q)
    _ = assert_type(deals.filter(large_or_won, opened=True), DealQuerySet)
    assert_type(deals.get(Deal.q(id__in=[1])), Deal)
    assert_type(
        deals.values_list(Line).filter(Deal.q(title__contains="x")).exclude(large_or_won).count(), int
    )


def written(deals: DealQuerySet, deal: Deal) -> None:
    assert_type(deals.create(title="a"), Deal)
    assert_type(deals.get_or_create(title="a"), tuple[Deal, bool])
    assert_type(deals.update_or_create({"stage": "WON"}, title="a"), tuple[Deal, bool])
    assert_type(deals.update(stage="WON"), int)
    assert_type(deals.explain_update(stage="WON"), str)
    assert_type(deals.delete(), int)
    assert_type(deals.explain_delete(), str)
    assert_type(deals.bulk_create([deal]), list[WriteResult[Deal]])
    assert_type(deals.bulk_update([deal], ["title"]), list[WriteResult[Deal]])
    assert_type(deals.bulk_delete([deal]), list[WriteResult[Deal]])
    assert_type(deals.bulk_upsert([deal], "origin_id"), list[WriteResult[Deal]])
    assert_type(deals.bulk_upsert([deal], ["origin_id"], update_fields=["title"])[0].id, int | None)
    assert_type(deals.stream_upsert([deal], key="origin_id"), Iterator[WriteResult[Deal]])
    assert_type(deals.stream_create([deal]), Iterator[WriteResult[Deal]])
    assert_type(deals.stream_update([deal]), Iterator[WriteResult[Deal]])
    assert_type(deals.stream_delete([deal]), Iterator[WriteResult[Deal]])
    assert_type([result.item.title for result in deals.stream_create([deal])], list[str | None])


async def written_async(deals: DealQuerySet, deal: Deal) -> None:
    assert_type(await deals.acreate(title="a"), Deal)
    assert_type(await deals.aget_or_create(title="a"), tuple[Deal, bool])
    assert_type(await deals.aupdate_or_create({"stage": "WON"}, title="a"), tuple[Deal, bool])
    assert_type(await deals.aupdate(stage="WON"), int)
    assert_type(await deals.adelete(), int)
    assert_type(await deals.abulk_create([deal]), list[WriteResult[Deal]])
    assert_type(await deals.abulk_update([deal], ["title"]), list[WriteResult[Deal]])
    assert_type(await deals.abulk_delete([deal]), list[WriteResult[Deal]])
    assert_type(await deals.abulk_upsert([deal], "origin_id"), list[WriteResult[Deal]])
    assert_type(deals.astream_upsert([deal], "origin_id"), AsyncIterator[WriteResult[Deal]])
    assert_type(deals.astream_create([deal]), AsyncIterator[WriteResult[Deal]])
    assert_type(deals.astream_update([deal]), AsyncIterator[WriteResult[Deal]])
    assert_type(deals.astream_delete([deal]), AsyncIterator[WriteResult[Deal]])


def belonging(deal: Deal) -> None:
    assert_type(deal.contacts.all(), list[Contact])
    assert_type(deal.contacts[0], Contact)
    assert_type(deal.contacts[:2], list[Contact])
    assert_type(deal.contacts.count(), int)
    assert_type(deal.contacts.index(Contact(id=1)), int)
    assert_type(deal.contacts.add(1, Contact(id=2)), None)
    assert_type(deal.contacts.remove(1), None)
    assert_type(deal.contacts.set([1]), None)
    assert_type(deal.contacts.clear(), None)


async def belonging_async(deal: Deal, portal: AsyncPortal) -> None:
    assert_type(await deal.contacts.aall(), list[Contact])
    assert_type(await deal.contacts.aadd(1), None)
    assert_type(await deal.contacts.aremove(1), None)
    assert_type(await deal.contacts.aset([1]), None)
    assert_type(await deal.contacts.aclear(), None)
    assert_type(await Status.objects.using(portal).filter(entity_id="STATUS"), list[Status])


def assigned(deal: Deal, title: str) -> None:
    deal.title = title
    assert_type(deal.title, str)
    deal.stage_id = None
    assert_type(deal.stage_id, None)
    if deal.opportunity is not None:
        assert_type(deal.opportunity, Decimal)
    deal.opportunity = 5
    amount: Decimal | None = deal.opportunity
    if amount is not None:
        assert_type(amount, Decimal)
