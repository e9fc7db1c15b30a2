"""Filters of a classic list, each compared with a reading of the portal's own rows."""

from __future__ import annotations

import operator as op
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from b24orm import Portal
from b24orm.emulator import LocalPortal
from b24orm.models import Contact, Deal
from tests.orm.brute import Case, among, cmp, ends, has, ids_where, is_, missing, starts, within

MOSCOW = timezone(timedelta(hours=3))

CASES = [
    Case(is_("STAGE_ID", "WON"), {"stage": "WON"}),
    Case(is_("STAGE_ID", "WON"), {"stage_id": "WON"}),
    Case(is_("STAGE_ID", "WON"), {"STAGE_ID": "WON"}),
    Case(is_("STAGE_ID", "WON"), {"=STAGE_ID": "WON"}),
    Case(lambda row: row["STAGE_ID"] != "WON", {"stage__ne": "WON"}),
    Case(among("STAGE_ID", ("WON", "NEW")), {"stage__in": ["WON", "NEW"]}),
    Case(among("STAGE_ID", ("WON", "NEW")), {"@STAGE_ID": ["WON", "NEW"]}),
    Case(is_("TITLE", "alpha"), {"title": "Alpha"}),
    Case(is_("TITLE", "100% sure"), {"title": "100% sure"}),
    Case(is_("TITLE", "snake_case"), {"title": "snake_case"}),
    Case(is_("TITLE", "back\\slash"), {"title": "back\\slash"}),
    Case(is_("TITLE", "0"), {"title": "0"}),
    Case(is_("TITLE", "$result[x]"), {"title": "$result[x]"}),
    Case(is_("TITLE", "a&b=c+d#e;f?g"), {"title": "a&b=c+d#e;f?g"}),
    Case(is_("TITLE", "日本語 🚀"), {"title": "日本語 🚀"}),
    Case(has("TITLE", "alpha"), {"title__contains": "alpha"}, excludes=False),
    Case(has("TITLE", "0%"), {"title__contains": "0%"}, excludes=False),
    Case(has("TITLE", "e_c"), {"title__icontains": "e_c"}, excludes=False),
    Case(starts("TITLE", "al"), {"title__startswith": "al"}, excludes=False),
    Case(ends("TITLE", "pha"), {"title__endswith": "pha"}, excludes=False),
    Case(missing("TITLE", ""), {"title__isnull": True}),
    Case(missing("TITLE", ""), {"title": None}),
    Case(lambda row: row["TITLE"] not in (None, ""), {"title__isnull": False}),
    Case(is_("OPPORTUNITY", 0), {"opportunity": 0}, excludes=False),
    Case(is_("OPPORTUNITY", 100.5), {"opportunity": Decimal("100.5")}),
    Case(is_("OPPORTUNITY", 99.99), {"opportunity": 99.99}),
    Case(cmp("OPPORTUNITY", op.gt, 100), {"opportunity__gt": 100}),
    Case(cmp("OPPORTUNITY", op.gt, 100), {">OPPORTUNITY": 100}),
    Case(cmp("OPPORTUNITY", op.ge, 100), {"opportunity__gte": 100}),
    Case(cmp("OPPORTUNITY", op.ge, 0), {"opportunity__gte": 0}),
    Case(cmp("OPPORTUNITY", op.lt, 0), {"opportunity__lt": 0}),
    Case(cmp("OPPORTUNITY", op.le, 0), {"opportunity__lte": 0}),
    Case(within("OPPORTUNITY", 0.01, 100), {"opportunity__range": (Decimal("0.01"), 100)}),
    Case(missing("OPPORTUNITY"), {"opportunity__isnull": True}),
    Case(is_("PROBABILITY", 0), {"probability": 0}, excludes=False),
    Case(cmp("PROBABILITY", op.ge, 0), {"probability__gte": 0}),
    Case(cmp("PROBABILITY", op.lt, 1), {"probability__lt": 1}),
    Case(among("PROBABILITY", (1, 50)), {"probability__in": {1, 50}}),
    Case(missing("PROBABILITY"), {"probability__isnull": True}),
    Case(is_("COMPANY_ID", 2), {"company": 2}),
    Case(among("COMPANY_ID", (1, 3)), {"company__in": (1, 3)}),
    Case(missing("COMPANY_ID", 0), {"company__isnull": True}),
    Case(missing("COMPANY_ID", 0), {"company": None}),
    Case(lambda row: not missing("COMPANY_ID", 0)(row), {"company__isnull": False}),
    Case(is_("OPENED", "Y"), {"opened": True}),
    Case(is_("CLOSED", "N"), {"closed": False}),
    Case(is_("BEGINDATE", "2024-02-29"), {"begindate": date(2024, 2, 29)}),
    Case(cmp("BEGINDATE", op.ge, "2024-01-01"), {"begindate__gte": date(2024, 1, 1)}),
    Case(cmp("CLOSEDATE", op.lt, "2024-01-01"), {"closedate__lt": "2024-01-01"}),
    Case(within("CLOSEDATE", "2024-01-01", "2024-12-31"), {"closedate__range": ("2024-01-01", "2024-12-31")}),
    Case(missing("CLOSEDATE"), {"closedate__isnull": True}),
    Case(cmp("DATE_CREATE", op.gt, "2024-01-01T00:00:00"), {"date_create__gt": datetime(2024, 1, 1)}),
    Case(cmp("DATE_CREATE", op.ge, "2024-01-01T00:00:00"), {"date_create__gte": date(2024, 1, 1)}),
    Case(
        cmp("DATE_CREATE", op.le, "2024-01-01T00:00:00"),
        {"date_create__lte": datetime(2023, 12, 31, 21, tzinfo=timezone.utc)},
    ),
    Case(
        is_("DATE_CREATE", "2024-01-01T00:00:01"),
        {"date_create": datetime(2024, 1, 1, 0, 0, 1, tzinfo=MOSCOW)},
    ),
    Case(is_("ID", 44), {"id": 44}),
    Case(among("ID", (1, 2, 3, 44)), {"id__in": [44, 3, 2, 1, 2]}),
    Case(cmp("ID", op.gt, 200), {"id__gt": 200}),
    Case(cmp("ID", op.lt, 52), {"id__lt": 52}),
    Case(within("ID", 40, 160), {"id__range": (40, 160)}),
    Case(is_("UF_CRM_COLOUR", "red"), {"UF_CRM_COLOUR": "red"}),
    Case(among("UF_CRM_SIZE", (1, 30)), {"uf_crm_size__in": [1, 30]}),
    Case(cmp("UF_CRM_SIZE", op.gt, 1), {"UF_CRM_SIZE__gt": 1}),
    Case(
        lambda row: row["STAGE_ID"] == "NEW" and (row["OPPORTUNITY"] or 0) > 1 and row["ID"] > 60,
        {"stage": "NEW", "opportunity__gt": 1, "id__gt": 60},
    ),
]


def found(**asked: Any) -> list[int]:
    return [deal.id for deal in Deal.objects.filter(**asked).only("id")]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_filter_finds_what_is_meant(museum: LocalPortal, curator: Portal, case: Case) -> None:
    assert found(**case.asked) == ids_where(museum, "deal", case.test)


@pytest.mark.parametrize("case", [case for case in CASES if case.excludes], ids=str)
def test_exclude_finds_all_the_others(museum: LocalPortal, curator: Portal, case: Case) -> None:
    others = [deal.id for deal in Deal.objects.exclude(**case.asked).only("id")]
    assert others == ids_where(museum, "deal", lambda row: not case.test(row))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_count_agrees_with_the_rows(museum: LocalPortal, curator: Portal, case: Case) -> None:
    assert Deal.objects.filter(**case.asked).count() == len(ids_where(museum, "deal", case.test))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_case_tells_rows_apart(museum: LocalPortal, case: Case) -> None:
    fits = len(ids_where(museum, "deal", case.test))
    assert 0 < fits < museum.store.count("deal")


@pytest.mark.parametrize("start", ["+1777", "8 (495)", "+1999000"])
def test_a_phone_is_found_by_its_beginning(museum: LocalPortal, curator: Portal, start: str) -> None:
    rows = museum.store.fetch(
        "SELECT ELEMENT_ID FROM field_multi WHERE VALUE LIKE ? ORDER BY 1", (start + "%",)
    )
    assert [contact.id for contact in Contact.objects.filter(phone__startswith=start)] == [r[0] for r in rows]
