"""Mistakes are refused before a request is sent, and the message names the nearest right thing."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from b24orm import Portal, Q
from b24orm.emulator import LocalPortal
from b24orm.errors import B24Error, InvalidValue, UnknownName, Unsupported
from b24orm.models import Company, Contact, Currency, Deal, Item, SmartInvoice, Status, Task, User

MISTAKES: list[tuple[Any, type[B24Error], str]] = [
    # names
    (lambda: Deal.objects.filter(stge="WON"), UnknownName, "did you mean 'stage'"),
    (lambda: Deal.objects.filter(STAGEID="WON"), UnknownName, "Deal has no field 'STAGEID'"),
    (lambda: Deal.objects.filter(oportunity__gt=1), UnknownName, "did you mean 'opportunity'"),
    (lambda: Deal.objects.filter(**{">=OPORTUNITY": 1}), UnknownName, "OPORTUNITY"),
    (lambda: Deal.objects.exclude(titel="x"), UnknownName, "did you mean 'title'"),
    (lambda: Deal.objects.get(iid=1), UnknownName, "did you mean 'id'"),
    (lambda: Deal.objects.order_by("-oportunity"), UnknownName, "did you mean 'opportunity'"),
    (lambda: Deal.objects.order_by("opportunity", "?"), UnknownName, "'?'"),
    (lambda: Deal.objects.only("titel"), UnknownName, "did you mean 'title'"),
    (lambda: Deal.objects.values("titel"), UnknownName, "did you mean 'title'"),
    (lambda: Deal.objects.values_list("titel", flat=True), UnknownName, "did you mean 'title'"),
    (lambda: Status.objects.filter(entityid="SOURCE"), UnknownName, "did you mean 'entity_id'"),
    (lambda: Task.objects.filter(responsibleId=1, tittle="x"), UnknownName, "did you mean 'title'"),
    # lookups
    (lambda: Deal.objects.filter(opportunity__gret=1), UnknownName, "gret"),
    (lambda: Deal.objects.filter(title__regex="x"), UnknownName, "no lookup 'regex'"),
    (lambda: Deal.objects.filter(**{"~TITLE": "x"}), UnknownName, "~TITLE"),
    (lambda: Deal.objects.filter(**{"<>OPPORTUNITY": 5}), UnknownName, "unknown operator '<>'"),
    (lambda: Deal.objects.filter(company__title="x"), UnknownName, "related Company"),
    (lambda: Deal.objects.filter(company__title__contains="x"), Unsupported, "__in"),
    (lambda: Deal.objects.filter(stage__gt="WON"), Unsupported, "stage_id__in"),
    (lambda: Deal.objects.filter(opened__in=[True]), Unsupported, "opened"),
    (lambda: Deal.objects.filter(opportunity__contains=5), Unsupported, "opportunity__gte"),
    (lambda: SmartInvoice.objects.filter(opportunity__isnull=True), Unsupported, "opportunity__range"),
    (lambda: SmartInvoice.objects.filter(opportunity=None), Unsupported, "from 0"),
    # values
    (lambda: Deal.objects.filter(id="5"), InvalidValue, "an int, not '5' (str)"),
    (lambda: Deal.objects.filter(id=True), InvalidValue, "an int, not True (bool)"),
    (lambda: Deal.objects.filter(id=5.0), InvalidValue, "an int"),
    (lambda: Deal.objects.filter(id__in=["a", "b"]), InvalidValue, "Deal.id__in takes an int"),
    (lambda: Deal.objects.filter(id__in=5), InvalidValue, "a list, tuple or set"),
    (lambda: Deal.objects.filter(id__in="12"), InvalidValue, "a list, tuple or set"),
    (lambda: Deal.objects.filter(id__range=5), InvalidValue, "a pair"),
    (lambda: Deal.objects.filter(id__range=(1, 2, 3)), InvalidValue, "a pair"),
    (lambda: Deal.objects.filter(id__gt=None), InvalidValue, "an int, not None"),
    (lambda: Deal.objects.filter(opportunity="100"), InvalidValue, "a Decimal, an int or a float"),
    (lambda: Deal.objects.filter(opportunity=float("nan")), InvalidValue, "a finite number"),
    (lambda: Deal.objects.filter(opportunity=Decimal("Infinity")), InvalidValue, "a finite number"),
    (lambda: Deal.objects.filter(opened="yes"), InvalidValue, "True or False"),
    (lambda: Deal.objects.filter(opened=1), InvalidValue, "True or False"),
    (lambda: Deal.objects.filter(title=5), InvalidValue, "a str"),
    (lambda: Deal.objects.filter(title=b"x"), InvalidValue, "a str"),
    (lambda: Deal.objects.filter(title__contains=""), InvalidValue, "a text that is not empty"),
    (lambda: Deal.objects.filter(title__isnull="Y"), InvalidValue, "True or False"),
    (lambda: Deal.objects.filter(closedate=datetime(2024, 1, 1)), InvalidValue, "a date without a time"),
    (lambda: Deal.objects.filter(closedate="soon"), InvalidValue, "YYYY-MM-DD"),
    (lambda: Deal.objects.filter(date_create__gt="yesterday"), InvalidValue, "ISO 8601"),
    (lambda: Deal.objects.filter(date_create__gt=5), InvalidValue, "a datetime or a date"),
    (lambda: Deal.objects.filter(stage_semantic_id="W"), InvalidValue, "one of P, S, F"),
    (lambda: Deal.objects.filter(company=Deal), InvalidValue, "an int"),
    (lambda: Deal.objects.filter({"STAGE_ID": "WON"}), InvalidValue, "Q objects and keywords"),
    (lambda: Deal.objects.filter("stage"), InvalidValue, "Q objects and keywords"),
    (lambda: Deal.objects.in_bulk(["a"]), InvalidValue, "an int"),
    (lambda: Deal.objects.in_bulk(5), InvalidValue, "list"),
    # what a method can't do
    (lambda: Currency.objects.filter(base=True), Unsupported, "filter the rows in Python"),
    (lambda: Contact.objects.filter(email__contains="x"), Unsupported, "email__startswith"),
    (lambda: Contact.objects.order_by("phone"), Unsupported, "can't sort by 'phone'"),
    (lambda: Deal.objects.filter(contact_ids=1), Unsupported, "can't filter"),
    (lambda: Company.objects.exclude(title__startswith="x"), Unsupported, "negation"),
    (lambda: User.objects.filter(name__isnull=True), Unsupported, "name__in"),
    (lambda: Item.objects.all(), InvalidValue, "filter(entity_type_id=...)"),
    (lambda: Deal.objects.filter(title__startswith="50%"), Unsupported, "use __contains"),
    (lambda: Deal.objects.exclude(opportunity=0), Unsupported, "__gt and __lt"),
    (lambda: Deal.objects.only("contact_ids"), Unsupported, "can't be selected by itself"),
    (lambda: Deal(titel="x"), UnknownName, "did you mean 'title'"),
    (lambda: Deal(opportunity="a lot"), InvalidValue, "Deal.opportunity can't be 'a lot'"),
]


@pytest.mark.parametrize(
    ("ask", "error", "hint"), MISTAKES, ids=[f"{number}" for number in range(len(MISTAKES))]
)
def test_a_mistake_is_refused_before_a_request(
    office: LocalPortal, client: Portal, ask: Any, error: type[B24Error], hint: str
) -> None:
    before = office.stats.requests
    with pytest.raises(error) as caught:
        for _ in ask():
            pass
    assert hint in str(caught.value)
    assert office.stats.requests == before


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (Q(stge="WON"), UnknownName),
        (Q(stage="WON") | Q(opportunity__gt="x"), InvalidValue),
        (~Q(title__contains="x"), Unsupported),
    ],
    ids=str,
)
@pytest.mark.parametrize("end", ["count", "exists", "first", "last", "explain"])
def test_no_ending_lets_a_mistake_through(
    office: LocalPortal, client: Portal, wrong: Q, error: type[Exception], end: str
) -> None:
    before = office.stats.requests
    with pytest.raises(error):
        getattr(Deal.objects.filter(wrong), end)()
    assert office.stats.requests == before


@pytest.mark.parametrize(
    ("name", "value"),
    [("opportunity", "a lot"), ("closedate", "soon"), ("assigned_by_id", "Anna"), ("opened", "perhaps")],
)
def test_an_assignment_of_a_wrong_type_is_refused(client: Portal, name: str, value: Any) -> None:
    deal = Deal.objects.get(id=1)
    with pytest.raises(InvalidValue, match=rf"Deal\.{name} can't be '{value}'"):
        setattr(deal, name, value)


def test_what_is_not_a_mistake_is_let_through(office: LocalPortal, client: Portal) -> None:
    asked = [
        Deal.objects.filter(id__in={1, 2}),
        Deal.objects.filter(company=Company.objects.get(id=1)),
        Deal.objects.filter(closedate="2024-02-29"),
        Deal.objects.filter(date_create__gte=date(2024, 1, 1)),
        Deal.objects.filter(opportunity__gte=Decimal("1E+2")),
        Deal.objects.filter(opened="Y"),
        Deal.objects.filter(title=""),
        Deal.objects.filter(stage__in=iter(["WON"])),
    ]
    assert all(rows.count() >= 0 for rows in asked)
