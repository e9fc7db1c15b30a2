"""New rows found by their keys: what can't be told is an error, for a row taken for missing is added again."""

from __future__ import annotations

from typing import Any

import pytest

from b24orm.errors import Incomplete, ServerFailure
from b24orm.facts import load
from b24orm.plan.calls import Reply
from b24orm.plan.origin import ORIGINATOR, origin_of

DEAL = load("Deal")
KEYS = [(ORIGINATOR, "a"), (ORIGINATOR, "b")]


def found(rows: Any, keys: list[tuple[str, str]] = KEYS) -> dict[tuple[str, str], Any]:
    origin = origin_of(DEAL, {})
    calls = origin.lookups(keys)
    return origin.found(calls, [Reply(rows)])


def row(key: Any, number: int = 1) -> dict[str, Any]:
    return {"ID": str(number), "ORIGINATOR_ID": ORIGINATOR, "ORIGIN_ID": key}


def test_rows_are_found_by_their_keys() -> None:
    assert found([row("b", 7)]) == {(ORIGINATOR, "b"): "7"}


def test_the_oldest_row_of_a_key_counts() -> None:
    assert found([row("a", 5), row("a", 9)]) == {(ORIGINATOR, "a"): "5"}


def test_a_key_in_other_letters_is_no_row_of_ours() -> None:
    assert found([row("A", 5)]) == {(ORIGINATOR, "A"): "5"}


@pytest.mark.parametrize(
    ("rows", "error"),
    [
        (None, ServerFailure),
        (True, ServerFailure),
        ([None], Incomplete),
        ([{}], Incomplete),
        ([row("c")], Incomplete),
        ([row(None)], Incomplete),
        ([row("a", number) for number in range(1, 51)], Incomplete),
    ],
    ids=["null", "true", "no row", "no key", "another key", "empty key", "a page full of one key"],
)
def test_an_answer_that_does_not_tell_what_is_missing_is_an_error(rows: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        found(rows)


def test_a_full_page_with_every_key_tells_all() -> None:
    keys = [(ORIGINATOR, str(number)) for number in range(50)]

    assert len(found([row(str(number), number + 1) for number in range(50)], keys)) == 50


def test_rows_of_others_are_told_as_such() -> None:
    with pytest.raises(Incomplete, match=r"crm\.deal\.list answered other rows"):
        found([row("c")])
