"""Slices, orders and single rows, each as a Python list of the stored rows would have them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b24orm import Portal
from b24orm.emulator import LocalPortal
from b24orm.errors import InvalidValue, Unsupported, UsageError
from b24orm.models import Deal, DealCategoryStage, Department, Status, User
from tests.conftest import Connect, Serve

BOUNDS = st.none() | st.integers(0, 400)


def ids(office: LocalPortal) -> list[int]:
    return list(office.store.ids("deal"))


@settings(max_examples=60)
@given(start=BOUNDS, stop=BOUNDS)
def test_a_slice_is_the_slice_of_the_list(
    office: LocalPortal, client: Portal, start: int | None, stop: int | None
) -> None:
    found = Deal.objects.values_list("id", flat=True)[start:stop]
    assert list(found) == ids(office)[start:stop]


@settings(max_examples=30)
@given(outer=st.tuples(BOUNDS, BOUNDS), inner=st.tuples(BOUNDS, BOUNDS))
def test_a_slice_of_a_slice_is_cut_from_the_slice(
    office: LocalPortal, client: Portal, outer: tuple[Any, Any], inner: tuple[Any, Any]
) -> None:
    found = Deal.objects.order_by("-id").values_list("id", flat=True)[slice(*outer)][slice(*inner)]
    assert list(found) == ids(office)[::-1][slice(*outer)][slice(*inner)]


@settings(max_examples=20)
@given(start=BOUNDS, stop=BOUNDS)
def test_a_slice_in_another_order_is_the_slice_of_the_sorted_list(
    office: LocalPortal, client: Portal, start: int | None, stop: int | None
) -> None:
    rows = office.store.rows("deal", order='"OPPORTUNITY" DESC, "ID"')
    found = Deal.objects.order_by("-opportunity").values_list("id", flat=True)[start:stop]
    assert list(found) == [row["ID"] for row in rows][start:stop]


@settings(max_examples=20)
@given(start=BOUNDS, stop=BOUNDS)
def test_count_counts_the_slice(
    office: LocalPortal, client: Portal, start: int | None, stop: int | None
) -> None:
    assert Deal.objects.all()[start:stop].count() == len(ids(office)[start:stop])


@pytest.mark.parametrize("place", [0, 1, 49, 50, 329])
def test_an_index_is_the_row_at_that_place(office: LocalPortal, client: Portal, place: int) -> None:
    assert Deal.objects.all()[place].id == ids(office)[place]


def test_an_index_asks_for_one_row_only(office: LocalPortal, client: Portal) -> None:
    rows = office.stats.rows
    Deal.objects.order_by("-id")[0]
    assert office.stats.rows - rows <= 50


def test_an_index_past_the_end_is_an_index_error(client: Portal) -> None:
    with pytest.raises(IndexError, match="330"):
        Deal.objects.all()[330]


@pytest.mark.parametrize(
    "key", [-1, slice(-5, None), slice(None, -1), slice(0, 10, 2), slice(0, "5"), "id", 1.5]
)
def test_what_a_server_can_not_slice_is_refused_before_a_request(
    office: LocalPortal, client: Portal, key: Any
) -> None:
    before = office.stats.requests
    with pytest.raises(InvalidValue):
        Deal.objects.all()[key]
    assert office.stats.requests == before


@pytest.mark.parametrize("name", ["filter", "exclude", "order_by", "reverse"])
def test_nothing_may_follow_a_slice_that_would_change_it(client: Portal, name: str) -> None:
    sliced: Any = Deal.objects.all()[:5]
    arguments = {"filter": {"id": 1}, "exclude": {"id": 1}}.get(name, {})
    with pytest.raises(UsageError, match="slice"):
        getattr(sliced, name)(**arguments)


def test_a_slice_of_nothing_sends_nothing(office: LocalPortal, client: Portal) -> None:
    before = office.stats.requests
    assert list(Deal.objects.all()[5:5]) == []
    assert office.stats.requests == before


# -- order ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "sql"),
    [
        (("id",), '"ID"'),
        (("-id",), '"ID" DESC'),
        (("title",), '"TITLE", "ID"'),
        (("-date_create", "title"), '"DATE_CREATE" DESC, "TITLE", "ID"'),
        (("ASSIGNED_BY_ID", "-id"), '"ASSIGNED_BY_ID", "ID" DESC'),
        (("company", "-opportunity"), '"COMPANY_ID", "OPPORTUNITY" DESC, "ID"'),
    ],
)
def test_rows_come_in_the_order_asked(
    office: LocalPortal, client: Portal, order: tuple[Any, ...], sql: str
) -> None:
    found = [deal.id for deal in Deal.objects.order_by(*order).only("id")]
    assert found == [row["ID"] for row in office.store.rows("deal", order=sql)]


def test_without_an_order_rows_come_by_id(office: LocalPortal, client: Portal) -> None:
    assert [deal.id for deal in Deal.objects.order_by("title").order_by()] == ids(office)


def test_reverse_turns_every_key_around(office: LocalPortal, client: Portal) -> None:
    rows = office.store.rows("deal", order='"STAGE_SEMANTIC_ID" DESC, "ID" DESC')
    found = Deal.objects.order_by("stage_semantic_id", "id").reverse()
    assert [deal.id for deal in found] == [row["ID"] for row in rows]


def test_reverse_twice_is_the_order_itself(office: LocalPortal, client: Portal) -> None:
    assert [deal.id for deal in Deal.objects.reverse().reverse()] == ids(office)


def test_a_method_with_one_sort_key_sorts_by_one(office: LocalPortal, client: Portal) -> None:
    names = [row["LAST_NAME"] for row in office.store.rows("user", order='"LAST_NAME" DESC')]
    assert [user.last_name for user in User.objects.order_by("-last_name")] == names


def test_a_second_sort_key_is_refused_where_the_method_has_one(office: LocalPortal, client: Portal) -> None:
    before = office.stats.requests
    with pytest.raises(Unsupported, match="one field"):
        list(User.objects.order_by("last_name", "name"))
    assert office.stats.requests == before


def test_departments_are_sorted_too(office: LocalPortal, client: Portal) -> None:
    names = [row["NAME"] for row in office.store.rows("department", order='"NAME"')]
    assert [department.name for department in Department.objects.order_by("name")] == names


# -- first and last -------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["id", "-id", "title", "-opportunity"])
def test_first_is_the_first_and_last_the_last_of_the_list(client: Portal, order: Any) -> None:
    found = Deal.objects.order_by(order).order_by(order, "id")
    rows = list(found)
    assert (found.first(), found.last()) == (rows[0], rows[-1])


def test_the_last_of_a_slice_is_the_last_of_its_rows(client: Portal) -> None:
    found = User.objects.order_by("-id")[1:4]
    assert found.last() == list(found)[-1]


async def test_the_last_of_rows_that_come_at_once_is_the_last_of_the_list(
    serve: Serve, join: Connect
) -> None:
    join(serve())
    statuses = Status.objects.filter(entity_id="DEAL_STAGE")
    assert (
        statuses.last() == await Status.objects.filter(entity_id="DEAL_STAGE").alast() == list(statuses)[-1]
    )
    assert Status.objects.order_by("id").last() == list(Status.objects.order_by("id"))[-1]
    assert Status.objects.last() == list(Status.objects.all())[-1]


def test_the_last_of_rows_that_are_here_is_not_asked_for(serve: Serve, join: Connect) -> None:
    portal = serve(deals=3)
    join(portal)
    deals = Deal.objects.all()
    rows, before = list(deals), portal.stats.requests
    assert (deals.last(), portal.stats.requests) == (rows[-1], before)


def test_texts_are_not_sorted_for_a_method_that_sorts_nothing(serve: Serve, join: Connect) -> None:
    join(serve())
    with pytest.raises(Unsupported, match="sorts nothing.* key=lambda row: row.status_id"):
        DealCategoryStage.objects.reverse().first()


def test_first_and_last_of_nothing_are_none(serve: Serve, join: Connect) -> None:
    join(serve())
    assert (Deal.objects.first(), Deal.objects.last()) == (None, None)


def test_the_first_of_a_slice_is_the_row_where_it_begins(office: LocalPortal, client: Portal) -> None:
    first = Deal.objects.all()[7:].first()
    assert first is not None
    assert first.id == ids(office)[7]
