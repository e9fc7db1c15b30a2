"""User fields of every type: written, read back, found, and refused where they can't be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, TypeAlias

import pytest

from b24orm import Address, Binding, Booking, Money, NewFile
from b24orm.emulator import LocalPortal
from b24orm.errors import InvalidValue, UsageError
from b24orm.portal import current_portal

Create: TypeAlias = Callable[..., Any]

NOON = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=3)))
BOOKED = Booking("user", 1, datetime(2026, 3, 1, 9), timedelta(hours=1), "%d.%m.%Y %H:%M:%S")

GOOD: list[tuple[str, Any, Any]] = [
    ("one_string", "A-7", "A-7"),
    ("one_integer", 7, 7),
    ("one_double", Decimal("1.5"), Decimal("1.5")),
    ("one_boolean", True, True),
    ("one_date", date(2026, 3, 1), date(2026, 3, 1)),
    ("one_datetime", NOON, NOON),
    ("one_url", "https://x.org", "https://x.org"),
    ("one_money", Money("1500.50", "USD"), Money("1500.5", "USD")),
    ("one_money", "20.00|EUR", Money(20, "EUR")),
    ("one_address", Address("1 Main St", 51.5, -0.12), Address("1 Main St", 51.5, -0.12)),
    ("one_employee", 1, 1),
    ("one_enumeration", 2, 2),
    ("one_enumeration", "Blue", 2),
    ("one_crm", Binding.to("Deal", 3), Binding.to("Deal", 3)),
    ("one_crm", "L_5", Binding.to("Lead", 5)),
    ("one_crm_status", "WEB", "WEB"),
    ("one_iblock_element", 9, 9),
    ("many_string", ["a", "b"], ("a", "b")),
    ("many_integer", [1, 2], (1, 2)),
    ("many_double", [Decimal("1.5")], (Decimal("1.5"),)),
    ("many_date", [date(2026, 3, 1)], (date(2026, 3, 1),)),
    ("many_money", [Money(1, "USD"), Money(2, "EUR")], (Money(1, "USD"), Money(2, "EUR"))),
    ("many_enumeration", ["Red", 4], (3, 4)),
    ("many_crm", ["D_1", Binding.to("Lead", 2)], (Binding("D", 1), Binding("L", 2))),
    ("many_employee", [1, 2], (1, 2)),
    ("many_crm_status", ["WEB", "CALL"], ("WEB", "CALL")),
    ("many_resourcebooking", [41, 42], (41, 42)),
]


@pytest.mark.parametrize(("name", "given", "expected"), GOOD, ids=lambda value: str(value)[:40])
def test_what_is_written_is_read_back(
    mine: Any, create: Create, name: str, given: Any, expected: Any
) -> None:
    made = create(**{name: given})

    assert getattr(mine.Deal.objects.only(name).get(id=made.id), name) == expected


@pytest.mark.parametrize("name", sorted({name for name, _, _ in GOOD} - {"one_boolean"}))
def test_a_field_that_was_never_filled_is_empty(mine: Any, name: str) -> None:
    assert getattr(mine.Deal.objects.first(), name) == (() if name.startswith("many") else None)


def test_a_new_booking_gets_its_number(mine: Any, create: Create) -> None:
    made = create(one_resourcebooking=[BOOKED])

    (number,) = mine.Deal.objects.get(id=made.id).one_resourcebooking

    assert number > 0


FOUND: list[tuple[str, Any, str, Any]] = [
    ("one_string", "A-7", "one_string__contains", "-7"),
    ("one_double", 1.5, "one_double__gte", 1),
    ("one_boolean", True, "one_boolean", True),
    ("one_date", date(2026, 3, 1), "one_date__lt", date(2026, 3, 2)),
    ("one_datetime", NOON, "one_datetime__gte", NOON),
    ("one_money", Money("20.00", "EUR"), "one_money", Money(20, "EUR")),
    ("one_money", Money(20, "EUR"), "one_money__in", ["20|EUR"]),
    ("one_address", Address("1 Main St", 1, 2), "one_address__startswith", "1 Main"),
    ("one_employee", 2, "one_employee", 2),
    ("one_enumeration", 2, "one_enumeration", "Blue"),
    ("one_crm", "D_3", "one_crm", Binding.to("Deal", 3)),
    ("one_crm_status", "WEB", "one_crm_status", "Web"),
    ("many_crm", ["D_3", "L_1"], "many_crm", "L_1"),
    ("many_enumeration", ["Red", "Blue"], "many_enumeration__in", ["Blue"]),
    ("many_integer", [5, 6], "many_integer", 6),
]


@pytest.mark.parametrize(("name", "given", "lookup", "asked"), FOUND, ids=lambda value: str(value)[:40])
def test_a_row_is_found_by_its_field(
    mine: Any, create: Create, name: str, given: Any, lookup: str, asked: Any
) -> None:
    made = create(**{name: given})

    assert [deal.id for deal in mine.Deal.objects.filter(**{lookup: asked})] == [made.id]


BAD: list[tuple[str, Any, str]] = [
    ("one_integer", "seven", "Deal.one_integer can't be 'seven': integer: "),
    ("one_double", "1,5", "Deal.one_double can't be '1,5': double: "),
    ("one_boolean", "perhaps", "Deal.one_boolean can't be 'perhaps': boolean: "),
    ("one_date", "01.03.2026", "Deal.one_date can't be '01.03.2026': date: "),
    ("one_datetime", "soon", "Deal.one_datetime can't be 'soon': datetime: "),
    ("one_money", "a lot", "Deal.one_money can't be 'a lot': money: it takes a Money"),
    ("one_address", 5, "Deal.one_address can't be 5: address: it takes an Address"),
    ("one_employee", "Ann", "Deal.one_employee can't be 'Ann': employee: "),
    ("one_enumeration", "Rad", "it is one of 1 ('Red'), 2 ('Blue'); did you mean 'Red'?"),
    ("one_enumeration", 9, "it is one of 1 ('Red'), 2 ('Blue')"),
    ("one_crm", "X_5", "Deal.one_crm can't be 'X_5': crm: it takes a Binding"),
    ("one_crm", "C_5", "one of D, L"),
    ("one_crm", 5, "one of D, L"),
    ("one_crm_status", "WEBB", "did you mean 'WEB'?"),
    ("one_file", "a.png", "it takes a NewFile"),
    ("many_money", ["a lot"], "money: it takes a Money"),
    ("many_enumeration", ["Red", "Rad"], "did you mean 'Red'?"),
    ("many_crm", ["C_5"], "one of D, L"),
    ("many_resourcebooking", ["user|1"], "it takes a Booking"),
]


@pytest.mark.parametrize(("name", "value", "why"), BAD, ids=lambda value: str(value)[:40])
def test_a_wrong_value_is_refused_before_sending(
    mine: Any, local: LocalPortal, name: str, value: Any, why: str
) -> None:
    before = local.stats.requests

    with pytest.raises(InvalidValue) as refused:
        mine.Deal(title="X", **{name: value})
    with pytest.raises(InvalidValue):
        mine.Deal.objects.create(title="X", **{name: value})
    with pytest.raises(InvalidValue):
        setattr(mine.Deal(title="X"), name, value)

    assert (why in str(refused.value), local.stats.requests) == (True, before), refused.value


WRONG_FILTERS: list[tuple[str, Any, str]] = [
    ("one_integer", "7", "Deal.one_integer takes an int, not '7'"),
    ("one_money", Money(5), "takes a Money with its currency"),
    ("one_money__gte", Money(5, "USD"), "can't do one_money__gte; it can do one_money, one_money__ne"),
    ("one_enumeration", "Rad", "one of 1 ('Red'), 2 ('Blue'); did you mean 'Red'?"),
    ("one_enumeration__in", [1, 9], "one of 1 ('Red'), 2 ('Blue')"),
    ("one_crm", "C_5", "a binding to one of D, L"),
    ("one_crm_status", "WEBB", "did you mean 'WEB'?"),
    ("one_file", 5, "can't filter Deal by 'one_file'"),
    ("many_money", "1|USD", "can't filter Deal by 'many_money'"),
    ("category_id", 99, "one of 0 ('General')"),
    ("stage", "WONN", "did you mean 'WON'?"),
]


@pytest.mark.parametrize(("lookup", "value", "why"), WRONG_FILTERS, ids=lambda value: str(value)[:40])
def test_a_filter_that_can_t_be_is_refused(mine: Any, lookup: str, value: Any, why: str) -> None:
    with pytest.raises(UsageError) as refused:
        mine.Deal.objects.filter(**{lookup: value})

    assert why in str(refused.value)


def test_an_employee_can_be_fetched_beside_the_row(mine: Any, create: Create) -> None:
    create(one_employee=2)

    (deal,) = mine.Deal.objects.filter(one_employee=2).select_related("one_employee_user")

    assert deal.one_employee_user.id == 2


def test_pipelines_and_stages_go_by_their_titles_too(mine: Any) -> None:
    general = mine.Deal.objects.filter(category_id="General").count()

    assert general == mine.Deal.objects.filter(category_id=mine.Deal.CATEGORY_ID["General"]).count() > 0


def test_users_and_tasks_have_their_fields(mine: Any) -> None:
    current_portal().call("user.update", {"ID": 2, "UF_USR_GRADE": 3})
    made = mine.Task.objects.create(title="T", responsible_id=1, wish="soon")

    assert mine.User.objects.get(id=2).grade == 3
    assert mine.Task.objects.only("title", "wish").get(id=made.id).wish == "soon"


def test_a_file_is_sent_and_told_of(mine: Any, create: Create) -> None:
    made = create(
        one_file=NewFile("a.txt", b"hi"), many_file=[NewFile("b.txt", b"ho"), NewFile("c.txt", b"he")]
    )

    found = mine.Deal.objects.get(id=made.id)

    assert (found.one_file.id > 0, found.one_file.url is None, len(found.many_file)) == (True, False, 2)
