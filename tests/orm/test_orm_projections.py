"""Rows as a ``NamedTuple`` or a ``TypedDict`` of the user's declares them, and typed conditions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import pytest
from typing_extensions import TypedDict

from b24orm import AsyncPortal, MultiField, Q
from b24orm.emulator import LocalPortal
from b24orm.errors import InvalidValue, UnknownName
from b24orm.models import Contact, Deal
from tests.conftest import Connect, Serve

if TYPE_CHECKING:
    from fractions import Fraction

LOOSE: Any = Deal
"""Deal as those see it whose editor does not check types."""


class Line(NamedTuple):
    title: str | None
    id: int
    opportunity: Decimal | None
    date_create: datetime | None


class LineDict(TypedDict):
    title: str | None
    stage: str | None


class Loose(NamedTuple):
    """Says less than is known, which is true."""

    id: object
    title: Any
    closedate: date | str | None
    probability: float | None
    date_create: date | None


class People(NamedTuple):
    """Several values a row."""

    name: str | None
    phone: Sequence[MultiField]


class OnlyForCheckers(NamedTuple):
    id: int
    opportunity: Fraction | None


class NotNull(NamedTuple):
    title: str


class AsFloat(NamedTuple):
    opportunity: float | None


class AsTexts(NamedTuple):
    phone: Sequence[str]


class OneOf(NamedTuple):
    stage_id: Literal["WON", "NEW"]


class Misspelt(NamedTuple):
    titel: str | None


class NotNullDict(TypedDict):
    title: str


@pytest.fixture
def deals(serve: Serve, join: Connect) -> LocalPortal:
    portal = serve(deals=120)
    join(portal)
    return portal


def test_rows_are_of_the_class(deals: LocalPortal) -> None:
    found = list(Deal.objects.order_by("id").values_list(Line))
    objects = list(Deal.objects.order_by("id"))

    assert [type(line) for line in found] == [Line] * 120
    assert found == [(deal.title, deal.id, deal.opportunity, deal.date_create) for deal in objects]


def test_nothing_but_its_fields_is_asked_for() -> None:
    asked = Deal.objects.values_list(Line).query.select

    assert [field.wire for field in asked or ()] == ["TITLE", "ID", "OPPORTUNITY", "DATE_CREATE"]


def test_dicts_have_the_keys_of_the_class(deals: LocalPortal) -> None:
    (found,) = Deal.objects.filter(id=5).values(LineDict)
    deal = Deal.objects.get(id=5)

    assert found == {"title": deal.title, "stage": deal.stage_id}


async def test_rows_are_awaited(serve: Serve) -> None:
    async with AsyncPortal(serve(deals=3).url, progress=False) as portal:
        found = await Deal.objects.using(portal).values_list(Line)
        dicts = [row async for row in Deal.objects.using(portal).values(LineDict)]

    assert [line.id for line in found] == [1, 2, 3]
    assert [row["title"] for row in dicts] == [line.title for line in found]


def test_rows_stand_for_their_ids(deals: LocalPortal) -> None:
    class Id(NamedTuple):
        id: int

    assert Deal.objects.filter(id__in=Deal.objects.filter(id__lte=3).values_list(Id)).count() == 3  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [Loose, OnlyForCheckers])
def test_a_class_may_say_less_than_is_known(deals: LocalPortal, kind: type[Any]) -> None:
    assert [row.id for row in LOOSE.objects.values_list(kind)[:3]] == [1, 2, 3]


def test_values_that_are_several_are_declared_as_a_sequence(serve: Serve, join: Connect) -> None:
    join(serve())
    Contact.objects.create(name="Ann", phone=["+7 900 1"])

    (ann,) = Contact.objects.values_list(People)

    assert (ann.name, [phone.value for phone in ann.phone]) == ("Ann", ["+7 900 1"])


REFUSED: list[tuple[Callable[[], object], type[Exception], str]] = [
    (
        lambda: LOOSE.objects.values_list(NotNull),
        InvalidValue,
        r"NotNull.title is declared as str, .*str \| None",
    ),
    (
        lambda: LOOSE.objects.values_list(AsFloat),
        InvalidValue,
        r"AsFloat.opportunity .* Deal.opportunity is .*Decimal",
    ),
    (lambda: Contact.objects.values_list(AsTexts), InvalidValue, r"AsTexts.phone is declared as .*Sequence"),
    (lambda: LOOSE.objects.values_list(OneOf), InvalidValue, r"OneOf.stage_id"),
    (lambda: LOOSE.objects.values_list(Misspelt), UnknownName, r"'titel'.*'title'"),
    (
        lambda: LOOSE.objects.values_list(int),
        InvalidValue,
        r"values_list\(\) takes names .* NamedTuple .* not int",
    ),
    (lambda: LOOSE.objects.values_list(LineDict), InvalidValue, r"a NamedTuple .* not LineDict"),
    (lambda: LOOSE.objects.values_list(Line, "id"), InvalidValue, r"one NamedTuple alone"),
    (
        lambda: LOOSE.objects.values_list(Line, flat=True),
        InvalidValue,
        r"flat=True\) takes the name of a field, not Line",
    ),
    (lambda: LOOSE.objects.values(Line), InvalidValue, r"a TypedDict .* not Line"),
    (lambda: LOOSE.objects.values(NotNullDict), InvalidValue, r"NotNullDict.title is declared as str"),
]


@pytest.mark.parametrize(("ask", "error", "says"), REFUSED)
def test_what_would_not_be_true_is_refused(
    ask: Callable[[], object], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        ask()


# -- conditions


def test_conditions_of_a_model_are_q_objects() -> None:
    assert Deal.q(stage="WON") | ~Deal.q(opportunity__gte=5) == Q(stage="WON") | ~Q(opportunity__gte=5)


def test_conditions_of_a_model_find_rows(deals: LocalPortal) -> None:
    either = Deal.q(id__lte=2) | Deal.q(id__gte=119) & ~Deal.q(id=120)

    assert list(Deal.objects.filter(either).values_list("id", flat=True)) == [1, 2, 119]


def test_conditions_of_another_model_are_refused() -> None:
    with pytest.raises(UnknownName, match="Contact has no field 'stage'"):
        _ = Contact.objects.filter(Deal.q(stage="WON"))


def test_a_subclass_has_conditions_too() -> None:
    class Mine(Deal):
        pass

    assert Mine.q(stage="WON") == Q(stage="WON")
