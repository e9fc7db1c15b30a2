"""Q objects: any combination of ``&``, ``|`` and ``~`` finds what its parts mean."""

from __future__ import annotations

from datetime import date
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b24orm import Portal, Q
from b24orm.emulator import LocalPortal
from b24orm.errors import InvalidValue, UnknownName, Unsupported
from b24orm.models import Deal
from tests.orm.brute import Test, ids_where

Meant: TypeAlias = tuple[Q, Test]


def _leaf(test: Test, **asked: Any) -> Meant:
    return Q(**asked), test


LEAVES = [
    _leaf(lambda r: r["STAGE_ID"] == "WON", stage="WON"),
    _leaf(lambda r: r["STAGE_ID"] in ("NEW", "LOSE"), stage__in=("NEW", "LOSE")),
    _leaf(lambda r: (r["OPPORTUNITY"] or 0) > 100, opportunity__gt=100),
    _leaf(lambda r: r["OPPORTUNITY"] is not None and r["OPPORTUNITY"] <= 0, opportunity__lte=0),
    _leaf(lambda r: r["PROBABILITY"] is None, probability__isnull=True),
    _leaf(lambda r: not r["COMPANY_ID"], company=None),
    _leaf(lambda r: (r["TITLE"] or "").casefold() == "alpha", title="alpha"),
    _leaf(lambda r: not r["TITLE"], title__isnull=True),
    _leaf(lambda r: r["OPENED"] == "Y", opened=True),
    _leaf(lambda r: (r["CLOSEDATE"] or "") >= "2024-02-01", closedate__gte=date(2024, 2, 1)),
    _leaf(lambda r: r["ID"] > 170, id__gt=170),
    _leaf(lambda r: r["ID"] in (2, 4, 5, 200, 201), id__in=(2, 4, 5, 200, 201)),
    _leaf(lambda r: False, id__in=[]),
]


def _both(one: Meant, two: Meant) -> Meant:
    return one[0] & two[0], lambda r: one[1](r) and two[1](r)


def _either(one: Meant, two: Meant) -> Meant:
    return one[0] | two[0], lambda r: one[1](r) or two[1](r)


def _not(one: Meant) -> Meant:
    return ~one[0], lambda r: not one[1](r)


def trees(leaves: list[Meant]) -> st.SearchStrategy[Meant]:
    """Conditions of up to four leaves with their meaning."""
    return st.recursive(
        st.sampled_from(leaves),
        lambda inner: st.one_of(
            st.builds(_both, inner, inner), st.builds(_either, inner, inner), st.builds(_not, inner)
        ),
        max_leaves=4,
    )


@settings(max_examples=120)
@given(meant=trees(LEAVES))
def test_filter_finds_what_the_tree_means(museum: LocalPortal, curator: Portal, meant: Meant) -> None:
    q, test = meant
    assert [deal.id for deal in Deal.objects.filter(q).only("id")] == ids_where(museum, "deal", test)


@settings(max_examples=60)
@given(meant=trees(LEAVES))
def test_exclude_finds_all_the_others(museum: LocalPortal, curator: Portal, meant: Meant) -> None:
    q, test = meant
    others = ids_where(museum, "deal", lambda r: not test(r))
    assert [deal.id for deal in Deal.objects.exclude(q).only("id")] == others


@settings(max_examples=30)
@given(meant=trees(LEAVES), stop=st.integers(0, 70))
def test_the_slice_of_an_or_is_the_slice_of_its_rows(
    museum: LocalPortal, curator: Portal, meant: Meant, stop: int
) -> None:
    q, test = meant
    found = Deal.objects.filter(q).order_by("-id").only("id")[:stop]
    assert [deal.id for deal in found] == ids_where(museum, "deal", test)[::-1][:stop]


@pytest.mark.parametrize("order", ["opportunity", "-opportunity", "closedate", "-opened"])
def test_an_or_comes_in_any_order_that_means_the_same_here(
    museum: LocalPortal, curator: Portal, order: str
) -> None:
    either = Q(stage="WON") | Q(opportunity__gt=100)
    each = Deal.objects.filter(stage="WON").order_by(order), Deal.objects.filter(opportunity__gt=100)
    parts = {deal.id: deal for rows in each for deal in rows}
    name, down = order.lstrip("-"), order.startswith("-")
    known = [deal for _, deal in sorted(parts.items()) if getattr(deal, name) is not None]
    known.sort(key=lambda deal: getattr(deal, name), reverse=down)
    missing = [deal for _, deal in sorted(parts.items()) if getattr(deal, name) is None]
    expected = [*known, *missing] if down else [*missing, *known]
    found = Deal.objects.filter(either).order_by(order)
    assert [deal.id for deal in found] == [deal.id for deal in expected]
    assert [deal.id for deal in found.only("title")[3:9]] == [deal.id for deal in expected][3:9]


def test_a_row_that_fits_both_sides_of_an_or_comes_once(museum: LocalPortal, curator: Portal) -> None:
    both = Q(opened=True) | Q(id__gt=0)
    assert Deal.objects.filter(both).count() == museum.store.count("deal")


def test_keywords_and_q_objects_all_have_to_hold(museum: LocalPortal, curator: Portal) -> None:
    found = Deal.objects.filter(Q(stage="WON") | Q(stage="NEW"), opened=True).values_list("id", flat=True)
    assert list(found) == ids_where(
        museum, "deal", lambda r: r["STAGE_ID"] in ("WON", "NEW") and r["OPENED"] == "Y"
    )


def test_an_empty_q_is_no_condition(museum: LocalPortal, curator: Portal) -> None:
    assert Deal.objects.filter(Q()).count() == museum.store.count("deal")


def test_an_or_in_an_order_of_texts_is_refused_before_a_request(museum: LocalPortal, curator: Portal) -> None:
    before = museum.stats.requests
    with pytest.raises(Unsupported, match="an order of texts"):
        list(Deal.objects.filter(Q(stage="WON") | Q(opened=True)).order_by("title"))
    assert museum.stats.requests == before


def test_an_or_too_large_to_split_is_refused(museum: LocalPortal, curator: Portal) -> None:
    many = Q()
    for number in range(20):
        many |= Q(probability=number) & Q(opportunity=number)
    with pytest.raises(Unsupported, match="16"):
        list(Deal.objects.filter(many))


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (Q(stge="WON"), UnknownName),
        (~Q(opportunity__gte="ten"), InvalidValue),
        (Q(stage="WON") | Q(opened__contains="Y"), Unsupported),
    ],
)
def test_a_mistake_anywhere_in_a_tree_is_found(wrong: Q, error: type[Exception]) -> None:
    with pytest.raises(error):
        Deal.objects.filter(wrong)


@pytest.mark.parametrize(
    ("q", "text"),
    [
        (Q(stage="WON"), "Q(stage='WON')"),
        (Q(a=1) & ~Q(b=2), "(Q(a=1) & ~Q(b=2))"),
        (Q(a=1) | Q(b=2, c=3), "(Q(a=1) | Q(b=2, c=3))"),
    ],
)
def test_a_q_shows_what_it_asks(q: Q, text: str) -> None:
    assert repr(q) == text
