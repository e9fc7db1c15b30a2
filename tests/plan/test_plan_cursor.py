"""Pages that begin where the page before ended, rows that repeat or hide, and answers that hold ids alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from b24orm.errors import ApiError, Incomplete
from b24orm.plan.calls import Call, Outcome, Reply
from b24orm.plan.flow import Flow
from b24orm.plan.steps.by_cursor import ByCursor
from b24orm.plan.steps.offset import OffsetPages
from b24orm.plan.steps.single import Single
from b24orm.plan.steps.until_empty import UntilEmpty

SIZE = 10


def call(start: int) -> Call:
    return Call("toy.list", {"start": start})


def drive(flow: Flow, answer: Callable[[int], Outcome]) -> list[Any]:
    """All rows of a flow, each call answered in turn."""
    found: list[Any] = []
    while not flow.done:
        for ask in flow.asks(1):
            outcomes: Sequence[Outcome] = [answer(one.params["start"]) for one in ask.calls]
            flow.receive(ask, outcomes)
        for page in flow.pages():
            found += page
    return found


def rows(ids: Sequence[int]) -> list[dict[str, int]]:
    return [{"id": number} for number in ids]


def ids(found: list[Any]) -> list[int]:
    return [row["id"] for row in found]


# ---- cursors


@pytest.mark.parametrize("count", [0, 1, SIZE, SIZE + 1, 5 * SIZE])
def test_a_cursor_leads_to_every_row(count: int) -> None:
    stored = list(range(count, 0, -1))

    def older(last: int) -> Outcome:
        return Reply(rows([number for number in stored if not last or number < last][:SIZE]))

    assert ids(drive(ByCursor(call, lambda row: row["id"]), older)) == stored


def test_a_page_may_be_short_and_not_the_last() -> None:
    pages = {0: [9, 8], 8: [5], 5: [2], 2: []}

    assert ids(drive(ByCursor(call, lambda row: row["id"]), lambda last: Reply(rows(pages[last])))) == [
        9,
        8,
        5,
        2,
    ]


def test_a_method_that_brings_the_same_again_is_not_followed_for_ever() -> None:
    with pytest.raises(Incomplete, match="no rows older than 8"):
        drive(ByCursor(call, lambda row: row["id"]), lambda _: Reply(rows([9, 8])))


def test_an_error_ends_it() -> None:
    with pytest.raises(ApiError):
        drive(ByCursor(call, lambda row: row["id"]), lambda _: ApiError("X", "no"))


# ---- rows that come again


def overlapping(start: int) -> Outcome:
    """Pages of ten that share their last row with the next one's first."""
    stored = list(range(1, 36))
    first = start - start // SIZE
    return Reply(rows(stored[first : first + SIZE]))


def test_repeated_rows_are_handed_out_once() -> None:
    flow = UntilEmpty(call, identify=lambda row: row["id"], page_size=SIZE, repeats=True)

    assert ids(drive(flow, overlapping)) == list(range(1, 36))


def test_repeated_rows_are_a_shift_where_they_are_not_to_be_expected() -> None:
    with pytest.raises(Incomplete):
        drive(UntilEmpty(call, identify=lambda row: row["id"], page_size=SIZE), overlapping)


# ---- rows that the total counts and no page holds


def hiding(start: int) -> Outcome:
    """Every third row is left out after the page was cut."""
    page = [number for number in range(start + 1, min(start + SIZE, 45) + 1) if number % 3]
    return Reply(rows(page), total=45)


def test_hidden_rows_leave_no_gap() -> None:
    flow = OffsetPages(call, identify=lambda row: row["id"], page_size=SIZE, hides=True)

    assert ids(drive(flow, hiding)) == [number for number in range(1, 46) if number % 3]


def test_missing_rows_are_a_shift_where_none_are_hidden() -> None:
    with pytest.raises(Incomplete):
        drive(OffsetPages(call, identify=lambda row: row["id"], page_size=SIZE), hiding)


# ---- ids alone


def test_ids_alone_become_rows() -> None:
    assert drive(Single(call(0), "CODE"), lambda _: Reply(["a", "b"])) == [{"CODE": "a"}, {"CODE": "b"}]
