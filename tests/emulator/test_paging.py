"""The three families of paging, alone and in their lists."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b24orm.emulator.answers import NO_TOTAL
from b24orm.emulator.paging import classic, controller, offset
from tests.emulator.calls import Calls, empty_portal

TOTALS = st.integers(0, 500)
STARTS = st.integers(0, 700)


def never() -> int:
    raise AssertionError("counted")


@pytest.fixture(scope="module")
def portal() -> Calls:
    portal = empty_portal()
    portal.store.insert_many("deal", ({"TITLE": f"Deal {number}"} for number in range(1, 131)))
    portal.store.insert_many("task", ({"TITLE": f"Task {number}"} for number in range(1, 131)))
    portal.store.insert_many("user", ({"NAME": f"User {number}"} for number in range(4, 131)))
    portal.store.insert_many(
        "requisite", ({"ENTITY_TYPE_ID": 4, "ENTITY_ID": 1, "NAME": f"R{n}"} for n in range(1, 131))
    )
    return portal


@pytest.mark.parametrize(("start", "begin"), [(None, 0), (0, 0), (49, 0), (50, 50), (99, 50), (100, 100)])
def test_classic_and_controller_lists_start_at_a_whole_page(start: int | None, begin: int) -> None:
    assert (classic(start, lambda: 130).offset, controller(start, lambda: 130).offset) == (begin, begin)


@given(start=STARTS, total=TOTALS)
def test_an_orm_list_starts_exactly_where_it_is_told(start: int, total: int) -> None:
    assert offset(start, lambda: total).offset == start


@given(start=STARTS, total=TOTALS)
def test_a_classic_list_past_its_end_is_at_its_beginning(start: int, total: int) -> None:
    window = classic(start, lambda: total)

    assert window.offset == (start // 50 * 50 if start // 50 * 50 < total else 0)


@given(start=STARTS, total=TOTALS)
def test_a_controller_list_past_its_end_stays_there(start: int, total: int) -> None:
    assert controller(start, lambda: total).offset == start // 50 * 50


@pytest.mark.parametrize("start", [-1, -2, -50])
def test_any_negative_start_spares_a_classic_list_the_count(start: int) -> None:
    window = classic(start, never)

    assert (window.offset, window.limit, window.total, window.next_start(50)) == (0, 50, 0, None)


def test_minus_one_spares_a_controller_the_count_and_the_total() -> None:
    window = controller(-1, never)

    assert (window.total, window.next_start(50)) == (NO_TOTAL, None)


def test_minus_two_counts_in_a_controller() -> None:
    assert controller(-2, lambda: 130).total == 130


def test_minus_one_spares_an_orm_list_the_count_but_not_the_total() -> None:
    assert offset(-1, never).total == 0


@pytest.mark.parametrize(("start", "following"), [(0, 50), (50, 100), (60, 100), (100, None)])
def test_next_of_a_classic_list_is_a_whole_page_on(start: int, following: int | None) -> None:
    assert classic(start, lambda: 130).next_start(30) == following


@pytest.mark.parametrize(("start", "rows", "following"), [(7, 50, 57), (100, 30, None)])
def test_next_of_an_orm_list_follows_the_rows(start: int, rows: int, following: int | None) -> None:
    assert offset(start, lambda: 130).next_start(rows) == following


def test_following_next_through_a_classic_list_meets_every_row_once(portal: Calls) -> None:
    seen: list[str] = []
    start: int | None = 0
    while start is not None:
        answer = portal.answer("crm.deal.list", start, select=["ID"])
        seen += [row["ID"] for row in answer.result]
        start = answer.next

    assert sorted(seen, key=int) == [str(number) for number in range(1, 131)]


def test_a_classic_list_past_its_end_answers_page_one_again(portal: Calls) -> None:
    first, past = portal.answer("crm.deal.list", 0), portal.answer("crm.deal.list", 150)

    assert (past.result, past.next) == (first.result, 50)


def test_a_task_list_past_its_end_is_empty_and_counts(portal: Calls) -> None:
    answer = portal.answer("tasks.task.list", 150)

    assert (answer.result, answer.total, answer.next) == ({"tasks": []}, 130, None)


def test_an_item_list_without_count_has_no_total(portal: Calls) -> None:
    answer = portal.answer("crm.item.list", -1, entityTypeId=2)

    assert (len(answer.result["items"]), answer.total, answer.next) == (50, NO_TOTAL, None)


def test_a_deal_list_without_count_says_zero(portal: Calls) -> None:
    answer = portal.answer("crm.deal.list", -1)

    assert (len(answer.result), answer.total, answer.next, answer.cost.counted) == (50, 0, None, 0)


def test_users_start_exactly(portal: Calls) -> None:
    answer = portal.answer("user.get", 7, sort="ID", order="ASC")

    assert ([row["ID"] for row in answer.result][:2], answer.next) == (["8", "9"], 57)


def test_an_empty_page_of_users_has_no_total(portal: Calls) -> None:
    answer = portal.answer("user.get", 500)

    assert (answer.result, answer.total) == ([], NO_TOTAL)


@pytest.mark.parametrize("start", [-1, 0, 49])
def test_requisites_are_counted_whatever_is_asked(portal: Calls, start: int) -> None:
    answer = portal.answer("crm.requisite.list", start)

    assert (answer.total, answer.next) == (130, 50)


@pytest.mark.parametrize("start", [0, 50, -1])
def test_statuses_come_whole(portal: Calls, start: int) -> None:
    answer = portal.answer("crm.status.list", start)

    assert len(answer.result) == answer.total == portal.store.count("status")


def test_currencies_come_whole_with_total_zero(portal: Calls) -> None:
    answer = portal.answer("crm.currency.list", 50, filter={"CURRENCY": "EUR"})

    assert (len(answer.result), answer.total) == (3, 0)


def test_the_cost_of_a_page_is_what_the_server_had_to_do(portal: Calls) -> None:
    cost = portal.answer("crm.deal.list", 100, filter={">ID": 10}).cost

    assert (cost.kind, cost.counted, cost.skipped, cost.rows) == ("page", 120, 100, 20)
