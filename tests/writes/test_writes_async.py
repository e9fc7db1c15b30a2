"""Writes through an AsyncPortal: on the caller's own event loop, and never from synchronous code."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from b24orm import AsyncPortal
from b24orm.emulator import LocalPortal
from b24orm.errors import UsageError
from b24orm.models import Contact, Deal
from tests.writes.test_writes_sets import deals, titles


@pytest.fixture
async def portal(desk: LocalPortal) -> AsyncIterator[AsyncPortal]:
    """An asynchronous connection to the desk, the default one."""
    async with AsyncPortal(desk.url, plan="unlimited", progress=False) as portal:
        yield portal


async def test_one_row(desk: LocalPortal, portal: AsyncPortal) -> None:
    deal = await Deal.objects.acreate(title="t1")
    deal.title = "t2"
    await deal.asave(if_unchanged=False)
    await deal.arefresh_from_db()
    assert (deal.title, titles(desk)) == ("t2", ["t2"])
    ann = await Contact.objects.acreate(name="Ann", phone=["+7"])
    await deal.contacts.aadd(ann)
    assert [c.id for c in (await Deal.objects.prefetch_related("contacts").aget(id=deal.id)).contacts] == [
        ann.id
    ]
    await deal.adelete()
    assert titles(desk) == []


async def test_many_rows(desk: LocalPortal, portal: AsyncPortal, tmp_path: Path) -> None:
    await Deal.objects.abulk_create(deals(130), idempotency="origin", journal=tmp_path / "j")
    assert len(titles(desk)) == 130
    rows = await Deal.objects.filter(title__startswith="t0")
    assert await Deal.objects.filter(id__in=[row.id for row in rows]).aupdate(title="tx") == len(rows)
    await Deal.objects.abulk_delete(rows)
    assert [title for title in titles(desk) if title == "tx"] == []


@pytest.mark.parametrize(
    "work",
    [
        lambda deal: deal.save(),
        lambda deal: deal.delete(),
        lambda deal: deal.refresh_from_db(),
        lambda deal: deal.contacts.clear(),
        lambda deal: Deal.objects.create(title="x"),
        lambda deal: Deal.objects.bulk_create([Deal(title="x")]),
        lambda deal: Deal.objects.filter(id=3).update(title="x"),
    ],
)
async def test_the_synchronous_forms_are_refused(
    desk: LocalPortal, portal: AsyncPortal, work: Callable[[Deal], Any]
) -> None:
    before = desk.stats.requests
    with pytest.raises(UsageError, match="AsyncPortal can't be used synchronously"):
        work(Deal(id=3, title="x"))
    assert desk.stats.requests == before
