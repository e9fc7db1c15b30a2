"""Filters of crm.item.list, which reads OR groups itself and errs on names it does not know."""

from __future__ import annotations

import operator as op
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings

from b24orm import Portal, Q
from b24orm.emulator import LocalPortal
from b24orm.models import SmartInvoice
from tests.orm.brute import Case, Stored, Test, among, cmp, ends, has, ids_where, is_, missing, starts, within
from tests.orm.test_orm_q import Meant, trees

CASES = [
    Case(is_("STAGE_ID", "DT31_2:P"), {"stage": "DT31_2:P"}),
    Case(among("STAGE_ID", ("DT31_2:P", "DT31_2:N")), {"stage_id__in": ["DT31_2:P", "DT31_2:N"]}),
    Case(is_("TITLE", "alpha"), {"title": "Alpha"}),
    Case(is_("TITLE", "100% sure"), {"title": "100% sure"}),
    Case(is_("TITLE", "snake_case"), {"title": "snake_case"}),
    Case(is_("TITLE", "10"), {"title": "10"}),
    Case(is_("TITLE", 'it\'s "quoted" <b>&amp;</b>'), {"title": 'it\'s "quoted" <b>&amp;</b>'}),
    Case(is_("TITLE", "$result[x]"), {"title": "$result[x]"}),
    Case(among("TITLE", ("10", "alpha")), {"title__in": ["10", "alpha"]}),
    Case(has("TITLE", "alpha"), {"title__contains": "alpha"}),
    Case(has("TITLE", "0%"), {"title__contains": "0%"}),
    Case(has("TITLE", "e_c"), {"title__icontains": "e_c"}),
    Case(starts("TITLE", "al"), {"title__startswith": "al"}),
    Case(ends("TITLE", "pha"), {"title__iendswith": "pha"}),
    Case(missing("TITLE", ""), {"title__isnull": True}),
    Case(lambda row: row["TITLE"] not in (None, ""), {"title__isnull": False}),
    Case(is_("OPPORTUNITY", 0), {"opportunity": 0}, excludes=False),
    Case(is_("OPPORTUNITY", 100.5), {"opportunity": Decimal("100.5")}),
    Case(among("OPPORTUNITY", (0, 100)), {"opportunity__in": [0, 100]}, excludes=False),
    Case(cmp("OPPORTUNITY", op.gt, 100), {"opportunity__gt": 100}),
    Case(cmp("OPPORTUNITY", op.ge, 0), {"opportunity__gte": 0}, excludes=False),
    Case(cmp("OPPORTUNITY", op.le, 0), {"opportunity__lte": 0}, excludes=False),
    Case(within("OPPORTUNITY", 0.01, 100), {"opportunity__range": (Decimal("0.01"), 100)}, excludes=False),
    Case(is_("COMPANY_ID", 2), {"company": 2}),
    Case(among("COMPANY_ID", (1, 3)), {"company__in": (1, 3)}),
    Case(missing("COMPANY_ID", 0), {"company__isnull": True}),
    Case(is_("OPENED", "Y"), {"opened": True}),
    Case(is_("BEGINDATE", "2024-02-29"), {"begindate": date(2024, 2, 29)}),
    Case(cmp("BEGINDATE", op.lt, "2024-02-29"), {"begindate__lt": date(2024, 2, 29)}),
    Case(missing("CLOSEDATE"), {"closedate__isnull": True}),
    Case(
        cmp("CREATED_TIME", op.ge, "2024-01-01T00:00:01"),
        {"created_time__gte": datetime(2024, 1, 1, 0, 0, 1)},
    ),
    Case(is_("ID", 44), {"id": 44}),
    Case(among("ID", (1, 2, 44)), {"id__in": [44, 2, 1]}),
    Case(within("ID", 40, 160), {"id__range": (40, 160)}),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_filter_finds_what_is_meant(museum: LocalPortal, curator: Portal, case: Case) -> None:
    found = [row.id for row in SmartInvoice.objects.filter(**case.asked).only("id")]
    assert found == ids_where(museum, "smart_invoice", case.test)


@pytest.mark.parametrize("case", [case for case in CASES if case.excludes], ids=str)
def test_exclude_finds_all_the_others(museum: LocalPortal, curator: Portal, case: Case) -> None:
    found = [row.id for row in SmartInvoice.objects.exclude(**case.asked).only("id")]
    assert found == ids_where(museum, "smart_invoice", lambda row: not case.test(row))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_count_agrees_with_the_rows(museum: LocalPortal, curator: Portal, case: Case) -> None:
    expected = len(ids_where(museum, "smart_invoice", case.test))
    assert SmartInvoice.objects.filter(**case.asked).count() == expected


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_case_tells_rows_apart(museum: LocalPortal, case: Case) -> None:
    fits = len(ids_where(museum, "smart_invoice", case.test))
    assert 0 < fits < museum.store.count("smart_invoice")


# -- or -------------------------------------------------------------------------------------


def _leaf(test: Test, **asked: Any) -> Meant:
    return Q(**asked), test


def _amount(row: Stored) -> float:
    return float(row["OPPORTUNITY"] or 0)


LEAVES = [
    _leaf(lambda r: r["STAGE_ID"] == "DT31_2:P", stage="DT31_2:P"),
    _leaf(lambda r: r["STAGE_ID"] in ("DT31_2:S", "DT31_2:N"), stage__in=("DT31_2:S", "DT31_2:N")),
    _leaf(lambda r: _amount(r) > 100, opportunity__gt=100),
    _leaf(lambda r: not r["COMPANY_ID"], company=None),
    _leaf(lambda r: (r["TITLE"] or "").casefold() == "alpha", title="alpha"),
    _leaf(lambda r: "pha" in (r["TITLE"] or "").casefold(), title__contains="pha"),
    _leaf(lambda r: r["OPENED"] == "Y", opened=True),
    _leaf(lambda r: (r["CLOSEDATE"] or "") >= "2024-02-01", closedate__gte=date(2024, 2, 1)),
    _leaf(lambda r: r["ID"] > 120, id__gt=120),
    _leaf(lambda r: r["ID"] in (2, 4, 5, 200, 201), id__in=(2, 4, 5, 200, 201)),
    _leaf(lambda r: False, id__in=[]),
]


@settings(max_examples=100)
@given(meant=trees(LEAVES))
def test_the_server_reads_any_tree_of_conditions(museum: LocalPortal, curator: Portal, meant: Meant) -> None:
    q, test = meant
    found = [row.id for row in SmartInvoice.objects.filter(q).only("id")]
    assert found == ids_where(museum, "smart_invoice", test)


@settings(max_examples=30)
@given(meant=trees(LEAVES))
def test_an_or_may_stand_in_any_order(museum: LocalPortal, curator: Portal, meant: Meant) -> None:
    q, test = meant
    rows = museum.store.rows("smart_invoice", order='"BEGINDATE" DESC, "ID"')
    found = SmartInvoice.objects.filter(q).order_by("-begindate").only("id")
    assert [row.id for row in found] == [row["ID"] for row in rows if test(row)]


def test_an_or_is_one_scan_for_this_method(museum: LocalPortal, curator: Portal) -> None:
    before = museum.stats.requests
    assert SmartInvoice.objects.filter(Q(stage="DT31_2:P") | Q(opened=True)).count() > 0
    assert museum.stats.requests - before == 1
