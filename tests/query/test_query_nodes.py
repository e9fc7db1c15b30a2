"""Q objects, what becomes of them, and slices of slices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b24orm.errors import InvalidValue
from b24orm.facts import load
from b24orm.query.nodes import EVERYTHING, NOTHING, Condition, Group, Node, Order, Q, Query, joined
from b24orm.query.resolving import resolve
from b24orm.schema import EntitySchema, FieldSchema
from tests.plan.meaning import holds

QUICK = settings(max_examples=300, derandomize=True, deadline=None)

_DEAL = load("Deal")
_NAMES = ("a", "b")
TOY = EntitySchema(
    name="Toy",
    scope="crm",
    module="crm",
    fields={name: FieldSchema(name=name, wire=name.upper(), type="integer") for name in ("id", *_NAMES)},
    list=_DEAL.list,
)

_ASKED: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "exact": lambda x, value: x == value,
    "ne": lambda x, value: x != value,
    "in": lambda x, value: x in value,
    "gt": lambda x, value: x is not None and x > value,
    "lte": lambda x, value: x is not None and x <= value,
    "isnull": lambda x, value: (x is None) == value,
}
NUMBERS = st.integers(0, 3)
_VALUES: Final[Mapping[str, st.SearchStrategy[Any]]] = {
    **dict.fromkeys(("exact", "ne", "gt", "lte"), NUMBERS),
    "in": st.lists(NUMBERS, max_size=2),
    "isnull": st.booleans(),
}
LEAVES = st.sampled_from([(name, lookup) for name in _NAMES for lookup in _ASKED]).flatmap(
    lambda pair: _VALUES[pair[1]].map(lambda value: Q(**{f"{pair[0]}__{pair[1]}": value}))
)
TREES = st.recursive(
    LEAVES | st.just(Q()),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda two: two[0] & two[1]),
        st.tuples(inner, inner).map(lambda two: two[0] | two[1]),
        st.tuples(inner, inner).map(lambda two: Q(*two)),
        inner.map(lambda one: ~one),
    ),
    max_leaves=8,
)
ROWS = st.fixed_dictionaries({name: st.none() | NUMBERS for name in _NAMES})


def asked(q: Q, row: Mapping[str, Any]) -> bool | None:
    """What the tree says of the row, read from the top; None where it says nothing, as Django's empty Q."""
    parts = [_leaf(child, row) if isinstance(child, tuple) else asked(child, row) for child in q.children]
    said = [part for part in parts if part is not None]
    if not said:
        return None
    return (all(said) if q.connector == "AND" else any(said)) != q.negated


def _leaf(pair: tuple[str, Any], row: Mapping[str, Any]) -> bool:
    name, _, lookup = pair[0].partition("__")
    return _ASKED[lookup](row[name], pair[1])


@QUICK
@given(tree=TREES, row=ROWS)
def test_pushing_negations_down_changes_nothing(tree: Q, row: dict[str, Any]) -> None:
    expected = asked(tree, row)

    assert holds(resolve(TOY, tree), row) == (True if expected is None else expected)


@QUICK
@given(tree=TREES, row=ROWS)
def test_exclude_is_the_opposite_of_filter(tree: Q, row: dict[str, Any]) -> None:
    expected = asked(tree, row)

    assert holds(resolve(TOY, tree, negated=True), row) == (True if expected is None else not expected)


@QUICK
@given(tree=TREES)
def test_groups_of_one_kind_never_nest(tree: Q) -> None:
    assert _flat(resolve(TOY, tree))


def _flat(node: Node) -> bool:
    if isinstance(node, Condition):
        return True
    kinds = [child.connector for child in node.children if isinstance(child, Group)]
    return node.connector not in kinds and all(map(_flat, node.children))


@pytest.mark.parametrize("empty", [Q(), ~Q(), Q(Q()), ~Q(~Q()), Q() | Q(), Q() & ~Q()], ids=repr)
def test_an_empty_q_asks_for_nothing_in_particular(empty: Q) -> None:
    assert resolve(TOY, empty) == EVERYTHING


def test_an_empty_q_beside_a_condition_falls_away() -> None:
    assert resolve(TOY, Q(Q()) | Q(a=1)) == resolve(TOY, Q(a=1))


def test_no_values_to_be_among_is_nothing_at_all() -> None:
    assert resolve(TOY, Q(a__in=[]) & Q(b=1)) == NOTHING


def test_everything_within_an_or_is_everything() -> None:
    assert joined("OR", [resolve(TOY, Q(a=1)), EVERYTHING]) == EVERYTHING


def test_a_q_shows_how_it_was_written() -> None:
    assert repr((Q(a=1) | ~Q(b__gt=2)) & Q(a__isnull=True)) == "((Q(a=1) | ~Q(b__gt=2)) & Q(a__isnull=True))"


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (3, "a__in=(0, 1, 2)"),
        (20, f"a__in={tuple(range(20))!r}"),
        (21, "a__in=(0, 1, 2, ... 21 values)"),
        (5_000, "a__in=(0, 1, 2, ... 5,000 values)"),
    ],
)
def test_of_a_long_list_the_beginning_is_shown(count: int, shown: str) -> None:
    assert str(resolve(TOY, Q(a__in=list(range(count))))) == shown


def test_qs_are_equal_by_what_they_say() -> None:
    assert (Q(a=1) | Q(b=2), ~Q(a=1)) == (Q(a=1) | Q(b=2), ~Q(a=1))


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (Q(a=1), Q(a=2)),
        (Q(a=1), ~Q(a=1)),
        (Q(a=1) & Q(b=2), Q(a=1) | Q(b=2)),
        (Q(a=1), {"a": 1}),
    ],
    ids=repr,
)
def test_another_q_says_something_else(one: Q, two: object) -> None:
    assert one != two


@pytest.mark.parametrize(
    ("q", "shown"),
    [
        (Q(), "Q()"),
        (Q(a=1, b="x"), "Q(a=1, b='x')"),
        (~Q(a=1), "~Q(a=1)"),
        (Q(Q(a=1) | Q(b=2), a=3), "((Q(a=1) | Q(b=2)) & Q(a=3))"),
        (~(Q(a=1) & Q(b=2)), "~(Q(a=1) & Q(b=2))"),
    ],
)
def test_each_q_is_shown(q: Q, shown: str) -> None:
    assert repr(q) == shown


@pytest.mark.parametrize("empty", [Q(), Q() | Q()], ids=repr)
def test_an_empty_q_leaves_the_other_as_it_is(empty: Q) -> None:
    asked = Q(a=1)

    assert [empty & asked, asked | empty] == [asked, asked]
    assert not empty


@pytest.mark.parametrize("other", [{"a": 1}, None, "a=1"])
def test_a_q_is_combined_with_nothing_but_a_q(other: Any) -> None:
    with pytest.raises(InvalidValue, match="a Q object is combined with another Q object, not with"):
        Q(a=1) & other


def test_combining_leaves_the_parts_as_they_were() -> None:
    part = Q(a=1)
    _ = ~(part | Q(b=2))

    assert part == Q(a=1)


# -- queries -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        (Query(TOY), "where everything"),
        (Query(TOY, where=NOTHING), "where nothing"),
        (Query(TOY, where=resolve(TOY, Q(a=1) & Q(b__gt=2))), "where (a=1 & b__gt=2)"),
        (Query(TOY, where=resolve(TOY, Q(a=1) | ~Q(b=2))), "where (a=1 | ~b=2)"),
        (
            Query(TOY, order=(Order(TOY.fields["a"]), Order(TOY.fields["b"], descending=True))),
            "where everything, order by a, -b",
        ),
        (Query(TOY, select=(TOY.fields["id"], TOY.fields["a"])), "where everything, only id, a"),
        (Query(TOY, stop=5), "where everything, [:5]"),
        (Query(TOY, start=1), "where everything, [1:]"),
        (Query(TOY, start=2, stop=5), "where everything, [2:5]"),
    ],
)
def test_a_query_says_what_it_asks_for(query: Query, shown: str) -> None:
    assert (str(query), repr(query)) == (shown, f"<Query Toy: {shown}>")


@pytest.mark.parametrize(
    ("query", "limit", "sliced"),
    [
        (Query(TOY), None, False),
        (Query(TOY, start=1), None, True),
        (Query(TOY, stop=5), 5, True),
        (Query(TOY, start=2, stop=5), 3, True),
        (Query(TOY, stop=0), 0, True),
    ],
    ids=str,
)
def test_a_query_knows_how_much_it_wants(query: Query, limit: int | None, sliced: bool) -> None:
    assert (query.limit, query.sliced) == (limit, sliced)


def test_an_order_turned_round_twice_is_the_same() -> None:
    order = Order(TOY.fields["a"])

    assert (str(order.reversed()), order.reversed().reversed()) == ("-a", order)


def test_one_more_condition_narrows_a_query() -> None:
    query = Query(TOY, where=resolve(TOY, Q(a=1)), stop=5)

    assert str(query.narrowed(resolve(TOY, Q(b=2)))) == "where (a=1 & b=2), [:5]"


BOUNDS = st.tuples(st.integers(0, 8), st.none() | st.integers(0, 8))


@QUICK
@given(slices=st.lists(BOUNDS, max_size=4), size=st.integers(0, 10))
def test_slices_of_slices_are_python_s(slices: list[tuple[int, int | None]], size: int) -> None:
    rows = list(range(size))
    query, expected = Query(TOY), rows
    for start, stop in slices:
        query, expected = query.sliced_to(start, stop), expected[start:stop]

    assert rows[query.start : query.stop] == expected


@QUICK
@given(slices=st.lists(BOUNDS, max_size=4))
def test_a_slice_never_has_a_negative_length(slices: list[tuple[int, int | None]]) -> None:
    query = Query(TOY)
    for start, stop in slices:
        query = query.sliced_to(start, stop)

    assert query.limit is None or query.limit >= 0
