"""Others insert and delete while we read: what was there all the time comes exactly once."""

from __future__ import annotations

import pytest

import b24orm
from b24orm.emulator import Churn, LocalPortal
from b24orm.emulator.cost import CostModel
from b24orm.models import Deal, TaskV3


@pytest.mark.parametrize("descending", [False, True], ids=["ascending", "descending"])
@pytest.mark.parametrize("sparse", [1, 7])
def test_every_row_that_stays_comes_exactly_once(sparse: int, descending: bool) -> None:
    with LocalPortal(deals=9_000, sparse=sparse) as portal, b24orm.connect(portal.url, plan="unlimited"):
        before = set(portal.store.ids("deal"))
        portal.churn = Churn("deal", inserts=40, deletes=40)
        rows = Deal.objects.reverse() if descending else Deal.objects.all()

        found = [row.id for row in rows.only("title").iterator()]
        after = set(portal.store.ids("deal"))

    assert before - after, "the churn deleted nothing"
    assert (before & after) <= set(found)
    assert found == sorted(set(found), reverse=descending)


@pytest.mark.parametrize("descending", [False, True], ids=["ascending", "descending"])
@pytest.mark.parametrize("sparse", [1, 7])
def test_rest_3_loses_and_doubles_nothing_either(sparse: int, descending: bool) -> None:
    quick = CostModel(by_method={})
    with LocalPortal(tasks=6_000, costs=quick) as portal, b24orm.connect(portal.url) as client:
        portal.store.execute(f"UPDATE task SET ID = -ID * {sparse}")
        portal.store.execute("UPDATE task SET ID = -ID")
        before = set(portal.store.ids("task"))
        portal.churn = Churn("task", inserts=40, deletes=40)
        rows = TaskV3.objects.using(client).order_by("-id" if descending else "id")

        found = [row.id for row in rows.only("title").iterator()]
        after = set(portal.store.ids("task"))

    assert before - after, "the churn deleted nothing"
    assert (before & after) <= set(found)
    assert found == sorted(set(found), reverse=descending)


def test_get_all_loses_and_doubles_nothing_either() -> None:
    with LocalPortal(deals=6_000) as portal, b24orm.connect(portal.url, plan="unlimited") as client:
        before = set(portal.store.ids("deal"))
        portal.churn = Churn("deal", inserts=30, deletes=30)

        found = [int(row["ID"]) for row in client.get_all("crm.deal.list", {"select": ["ID"]})]
        after = set(portal.store.ids("deal"))

    assert (before & after) <= set(found)
    assert len(found) == len(set(found))
