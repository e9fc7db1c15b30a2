"""Rows of the fields that a function names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from b24orm import Portal
from b24orm.emulator import LocalPortal
from b24orm.errors import InvalidValue, UnknownName, Unsupported
from b24orm.facts import load
from b24orm.models import Contact, Deal
from b24orm.orm.picking import picking_of
from tests.conftest import Connect, Serve


class Line(NamedTuple):
    number: int
    name: str | None


@pytest.fixture
def shop(serve: Serve, join: Connect) -> LocalPortal:
    portal = serve(deals=120)
    join(portal)
    return portal


def test_rows_are_tuples_of_the_fields(shop: LocalPortal) -> None:
    rows = Deal.objects.values_list(lambda deal: (deal.id, deal.title, deal.opportunity))

    assert list(rows) == [(deal.id, deal.title, deal.opportunity) for deal in Deal.objects.all()]


def test_one_field_alone_gives_its_values(shop: LocalPortal) -> None:
    assert list(Deal.objects.values_list(lambda deal: deal.id)) == shop.store.ids("deal")


def test_the_class_of_the_rows_may_be_chosen(shop: LocalPortal) -> None:
    row = Deal.objects.values_list(lambda deal: Line(deal.id, deal.title)).first()
    deal = Deal.objects.first()

    assert deal is not None
    assert row == Line(number=deal.id, name=deal.title)
    assert type(row) is Line


def test_nothing_else_is_fetched(shop: LocalPortal) -> None:
    text = Deal.objects.values_list(lambda deal: (deal.title, deal.stage_id)).explain()

    assert '"select": ["ID", "TITLE", "STAGE_ID"]' in text


def test_a_list_of_values_is_a_field_like_others(shop: LocalPortal) -> None:
    shop.store.insert("contact", {"NAME": "Ann"})

    assert Contact.objects.values_list(lambda contact: (contact.name, contact.phone)).last() == ("Ann", ())


def test_they_are_chained_and_sliced(shop: LocalPortal) -> None:
    rows = Deal.objects.values_list(lambda deal: (deal.id,)).order_by("-id")[:2]

    assert list(rows) == [(number,) for number in reversed(shop.store.ids("deal")[-2:])]


def test_a_user_field_is_named_as_the_server_spells_it(client: Portal) -> None:
    pick: Callable[[Any], Any] = lambda deal: deal.UF_CRM_COLOR  # noqa: E731

    assert picking_of(load("Deal"), pick).names == ("UF_CRM_COLOR",)


@pytest.mark.parametrize(
    "pick",
    [
        lambda deal: deal.opportunity * 2,
        lambda deal: 2 * deal.opportunity,
        lambda deal: deal.title or "",
        lambda deal: f"{deal.title}",
        lambda deal: str(deal.title),
        lambda deal: deal.title.upper(),
        lambda deal: deal.title[:5],
        lambda deal: deal.id == 5,
        lambda deal: [*deal.title],
        lambda deal: int(deal.opportunity),
        lambda deal: not deal.opened,
        lambda deal: {deal.id: 1},
        lambda deal: (deal.id, 5),
        lambda deal: (deal.id, (deal.title,)),
        lambda deal: [deal.id, deal.title],
        lambda deal: {"id": 1},
        lambda deal: deal,
        lambda deal: None,
        lambda deal: (),
    ],
)
def test_a_function_names_fields_and_computes_nothing(pick: Callable[[Any], Any]) -> None:
    with pytest.raises(InvalidValue, match="names fields, as in lambda deal: "):
        _ = Deal.objects.values_list(pick)


@pytest.mark.parametrize(
    ("pick", "error", "text"),
    [
        (lambda deal: deal.titel, UnknownName, "Deal has no field 'titel'; did you mean 'title'?"),
        (lambda deal: deal.company, InvalidValue, "is another row: name the field 'company_id'"),
        (lambda deal: deal.pk, InvalidValue, "Deal.pk is no field: name 'id'"),
        (lambda deal: deal.save(), UnknownName, "Deal has no field 'save'"),
        (lambda deal: deal.contact_ids, Unsupported, "can't be selected"),
    ],
)
def test_what_is_no_field_is_refused(pick: Callable[[Any], Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text.replace("?", r"\?")):
        _ = Deal.objects.values_list(pick)


def test_flat_goes_with_a_name_only() -> None:
    with pytest.raises(InvalidValue, match="a function needs no flat"):
        Deal.objects.values_list(lambda deal: deal.id, flat=True)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("picks", "text"),
    [
        ([lambda: 5], "and this one fails: .*takes 0 positional arguments"),
        ([lambda deal: deal.id, lambda deal: deal.title], "takes one function alone"),
    ],
)
def test_one_function_takes_a_row(picks: list[Any], text: str) -> None:
    with pytest.raises(InvalidValue, match=text):
        _ = Deal.objects.values_list(*picks)
