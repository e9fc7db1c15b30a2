"""What the steps that page by offset share: the slice to cut, and rows told apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b24orm.facts import load
from b24orm.plan.steps.stretch import Seen, Stretch, identity


def rows(*ids: int) -> list[dict[str, object]]:
    return [{"ID": number} for number in ids]


@given(st.integers(0, 40), st.none() | st.integers(0, 40), st.integers(1, 7))
def test_pages_cut_to_a_stretch_are_the_slice_of_the_list(start: int, stop: int | None, size: int) -> None:
    whole = rows(*range(30))
    wanted = Stretch(start, stop)
    cut = [row for at in range(0, 30, size) for row in wanted.cut(whole[at : at + size], at)]
    assert cut == whole[start : stop if stop is None else max(start, stop)]


@pytest.mark.parametrize(("offset", "ended"), [(9, False), (10, True), (11, True)])
def test_nothing_is_wanted_from_the_stop_on(offset: int, ended: bool) -> None:
    assert Stretch(0, 10).ends_before(offset) is ended


def test_a_stretch_without_a_stop_never_ends() -> None:
    assert not Stretch(5).ends_before(1_000_000)


def test_a_row_of_an_earlier_page_is_a_repeat() -> None:
    seen = Seen(lambda row: row["ID"])
    assert [seen.repeats(rows(1, 2)), seen.repeats(rows(3)), seen.repeats(rows(4, 2))] == [False, False, True]


def test_a_row_twice_in_one_page_is_a_repeat() -> None:
    assert Seen(lambda row: row["ID"]).repeats(rows(1, 1))


def test_of_a_page_only_the_new_rows_are_fresh_once_each() -> None:
    seen = Seen(lambda row: row["ID"])
    assert [seen.fresh(rows(1, 2, 2)), seen.fresh(rows(2, 3))] == [rows(1, 2), rows(3)]


def test_rows_without_an_identity_are_never_known_again() -> None:
    seen = Seen(None)
    assert [seen.repeats(rows(1, 1)), seen.fresh(rows(1, 1))] == [False, rows(1, 1)]


def test_the_id_tells_rows_apart() -> None:
    tell = identity(load("Deal"))
    assert tell is not None
    assert tell({"ID": "7", "TITLE": "x"}) == "7"


def test_nothing_tells_the_rows_of_an_entity_without_a_key_apart() -> None:
    assert identity(load("TimelineBinding")) is None


@pytest.mark.parametrize(
    ("entity", "told"),
    [
        ("Deal", True),
        ("Currency", True),
        ("TimelineBinding", False),
        ("SaleStatusLang", False),
        ("OrderPropertyRelation", False),
    ],
)
def test_a_key_of_ones_own_tells_rows_apart_and_one_that_points_elsewhere_does_not(
    entity: str, told: bool
) -> None:
    assert (identity(load(entity)) is not None) is told
