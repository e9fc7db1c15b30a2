"""Conditions made of a Q: what they come to, and what the list method would misread and is refused."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Any

import pytest

from b24orm.errors import InvalidValue, Unsupported
from b24orm.facts import load
from b24orm.query.nodes import EVERYTHING, NOTHING, Condition, Q
from b24orm.query.resolving import resolve, resolve_order
from b24orm.schema import FieldSchema

NOON = datetime(2024, 2, 1, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("q", "found"),
    [
        (Q(title="x"), "title='x'"),
        (~Q(title="x"), "~title='x'"),
        (Q(title__ne="x"), "~title='x'"),
        (~Q(title__ne="x"), "title='x'"),
        (Q(title=None), "title__isnull=True"),
        (Q(title__ne=None), "~title__isnull=True"),
        (Q(title__isnull=True), "title__isnull=True"),
        (Q(title__isnull=False), "~title__isnull=True"),
        (~Q(title__isnull=False), "title__isnull=True"),
        (~(Q(title="x") | Q(id=1)), "(~title='x' & ~id=1)"),
        (~(Q(title="x") & Q(id=1)), "(~title='x' | ~id=1)"),
        (~~Q(title="x"), "title='x'"),
        (~Q(Q()), "everything"),
        (Q(id__in=[]), "nothing"),
        (~Q(id__in=[]), "everything"),
        (Q(title="x") | Q(id__in=[]), "title='x'"),
    ],
    ids=str,
)
def test_a_q_becomes_conditions_without_negated_groups(q: Q, found: str) -> None:
    assert str(resolve(load("Deal"), q)) == found


def test_nothing_and_everything_are_known_as_such() -> None:
    deal = load("Deal")

    assert [resolve(deal, Q(id__in=[])), resolve(deal, ~Q(id__in=[]))] == [NOTHING, EVERYTHING]


def test_a_parameter_of_the_list_method_is_no_field_and_takes_one_value() -> None:
    name = FieldSchema(name="booking_id", wire="bookingId", type="any")

    assert resolve(load("BookingClient"), Q(booking_id=5)) == Condition(name, "exact", 5)


@pytest.mark.parametrize("q", [~Q(booking_id=5), Q(booking_id=None), Q(booking_id="")], ids=str)
def test_a_parameter_is_never_left_open(q: Q) -> None:
    with pytest.raises(InvalidValue, match="booking_id is a parameter of booking"):
        resolve(load("BookingClient"), q)


def test_an_object_stands_for_its_id_as_a_parameter() -> None:
    class Row:
        pk = 5

    assert str(resolve(load("BookingClient"), Q(booking_id=Row()))) == "booking_id=5"


@pytest.mark.parametrize(
    ("entity", "q", "why"),
    [
        ("Category", ~Q(entity_type_id=2), "needs entity_type_id to be one value"),
        ("Category", Q(entity_type_id__in=[2]), "it can do entity_type_id$"),
        ("Category", Q(name="x"), "takes no filter: filter the rows in Python"),
        ("Status", Q(entity_id=""), "ignores an empty entity_id"),
        ("Item", Q(opportunity=None), "can't tell a missing opportunity from 0"),
        ("Extra", Q(id__in=[1, 0]), "what is no positive number"),
        ("Extra", ~Q(id__in=[-1]), "what is no positive number"),
        ("Task", Q(description="x"), "it can by id, title"),
        (
            "CatalogVat",
            ~Q(timestamp_x=NOON),
            "can't find the rows without timestamp_x, which belong to the answer",
        ),
        ("CatalogVat", ~Q(timestamp_x__in=[NOON]), "can't find the rows without timestamp_x"),
        ("Order", ~Q(date_insert__gt=NOON), "can't find the rows without date_insert"),
        ("CatalogVat", Q(timestamp_x__ne=NOON), "can't do timestamp_x__ne"),
        ("TaskV3", Q(status="2"), "or take Task, which can"),
        ("Deal", Q(opened__gte="Y"), "it can do opened, opened__ne$"),
        ("TaskV3", Q(status="2"), ", or take Task, which can$"),
        ("Task", Q(responsible=5), "; did you mean 'responsible_id'?"),
        ("Task", Q(description="x"), r"; it can by id, title, .* \.\.\.$"),
        ("TimeRecord", Q(id=5), "; it can by start_time, user_id$"),
    ],
)
def test_what_the_method_would_misread_is_refused(entity: str, q: Q, why: str) -> None:
    with pytest.raises(Unsupported, match=why):
        resolve(load(entity), q)


@pytest.mark.parametrize(
    ("entity", "q"),
    [("Extra", Q(id__in=[1, 2])), ("Extra", Q(id__range=(0, 9))), ("Deal", Q(id__in=[0, 1]))],
    ids=str,
)
def test_lists_of_numbers_are_sent_where_the_method_reads_all_of_them(entity: str, q: Q) -> None:
    assert isinstance(resolve(load(entity), q), Condition)


@pytest.mark.parametrize(
    ("entity", "key", "why"),
    [
        ("Deal", "company__title", "fetch them with select_related"),
        ("Category", "name", "can't sort"),
        ("Employee", "name", "can't sort"),
        ("Task", "description", "can't sort by 'description'"),
    ],
)
def test_an_order_that_no_method_follows_is_refused(entity: str, key: str, why: str) -> None:
    with pytest.raises(Unsupported, match=why):
        resolve_order(load(entity), key)


@pytest.mark.parametrize(("key", "found"), [("-opportunity", "-opportunity"), ("COMPANY_ID", "company_id")])
def test_an_order_is_named_by_any_of_its_spellings(key: str, found: str) -> None:
    assert str(resolve_order(load("Deal"), key)) == found


def test_the_id_may_be_named_where_no_order_is_known() -> None:
    order: Any = resolve_order(load("Employee"), "-user_id")

    assert (order.field, order.descending) == (load("Employee").key, True)


@pytest.mark.parametrize(
    ("entity", "given", "text"),
    [
        ("ImUser", {"ids": 5}, "ImUser.ids takes a list of them, not 5"),
        ("ImUser", {"ids": "5,6"}, "ImUser.ids takes a list of them, not '5,6'"),
        ("ImUser", {"ids": ["x"]}, "ImUser.ids takes an int, not 'x'"),
        ("Chat", {"find": 5}, "Chat.find takes a str, not 5"),
        ("ListElement", {"iblock_id": "x"}, "ListElement.iblock_id takes an int, not 'x'"),
    ],
)
def test_a_parameter_of_a_list_takes_what_the_method_takes(
    entity: str, given: dict[str, Any], text: str
) -> None:
    with pytest.raises(InvalidValue, match=re.escape(text)):
        resolve(load(entity), Q(**given))


def test_a_parameter_that_takes_a_list_takes_any_iterable() -> None:
    assert resolve(load("ImUser"), Q(ids=iter([1, 2]))).value == (1, 2)  # type: ignore[union-attr]


@pytest.mark.parametrize("given", [5, [5, 6]])
def test_a_parameter_may_take_one_or_several(given: object) -> None:
    found = resolve(load("TelephonyUser"), Q(user_id=given))

    assert found.value == (tuple(given) if isinstance(given, list) else given)  # type: ignore[union-attr]
