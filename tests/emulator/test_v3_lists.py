"""Lists of REST 3.0: filter, select, order, pages, tails, aggregates, fields."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.emulator.v3_calls import V3Portal

LOG = "main.eventlog.list"
TAIL = "main.eventlog.tail"


@pytest.fixture(scope="module")
def portal() -> V3Portal:
    return V3Portal(tasks=30, events=1200)


@pytest.fixture(scope="module")
def small() -> V3Portal:
    return V3Portal(events=40)


# -- pages --------------------------------------------------------------------------------------


def test_a_page_has_50_rows_by_id_unless_told_otherwise(portal: V3Portal) -> None:
    assert portal.ids(LOG) == list(range(1, 51))


def test_a_limit_over_1000_is_cut_without_a_word(portal: V3Portal) -> None:
    assert len(portal.ids(LOG, pagination={"limit": 5000})) == 1000


def test_a_page_wins_over_an_offset(portal: V3Portal) -> None:
    assert portal.ids(LOG, pagination={"limit": 3, "page": 2, "offset": 90}) == [4, 5, 6]


@pytest.mark.parametrize("pagination", [{"limit": 0}, {"limit": "abc"}, {"offset": "x"}, {"page": []}])
def test_a_page_takes_numbers_and_no_limit_of_0(portal: V3Portal, pagination: dict[str, Any]) -> None:
    assert portal.error(LOG, {"pagination": pagination}) == (400, "INVALIDPAGINATIONEXCEPTION")


def test_a_list_tells_no_total(portal: V3Portal) -> None:
    assert list(portal.call(LOG)) == ["items"]


# -- order and select ---------------------------------------------------------------------------


def test_an_order_is_an_object(portal: V3Portal) -> None:
    assert portal.error(LOG, {"order": ["id"]}) == (400, "INVALIDORDEREXCEPTION")


def test_a_direction_is_asc_or_desc_in_any_case(portal: V3Portal) -> None:
    assert portal.ids(LOG, order={"id": "desc"}, pagination={"limit": 2}) == [1200, 1199]
    assert portal.error(LOG, {"order": {"id": "down"}}) == (400, "INVALIDORDEREXCEPTION")


def test_only_sortable_fields_sort(portal: V3Portal) -> None:
    assert portal.error(LOG, {"order": {"severity": "ASC"}})[1] == "VALIDATION_REQUESTVALIDATIONEXCEPTION"
    assert portal.error(LOG, {"order": {"nope": "ASC"}})[1] == "UNKNOWNDTOPROPERTYEXCEPTION"


def test_an_unknown_field_of_a_select_is_passed_over(portal: V3Portal) -> None:
    (row,) = portal.call(LOG, select=["id", "nope"], pagination={"limit": 1})["items"]
    assert row == {"id": 1}


def test_an_unknown_field_of_a_related_object_is_an_error(portal: V3Portal) -> None:
    assert portal.error("tasks.task.list", {"select": ["creator.stageId"]}) == (
        400,
        "UNKNOWNDTOPROPERTYEXCEPTION",
    )


def test_a_select_holds_texts(portal: V3Portal) -> None:
    assert portal.error(LOG, {"select": [["id"]]}) == (400, "INVALIDSELECTEXCEPTION")


def test_values_have_their_types(portal: V3Portal) -> None:
    (row,) = portal.call(LOG, filter=[["id", 5]])["items"]
    assert (row["id"], row["userId"], row["timestampX"]) == (5, None, "2024-01-01T00:05:00+03:00")


# -- filter -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        (["id", 7], [7]),
        (["id", [7, 8]], [7, 8]),
        (["id", "=", 7], [7]),
        (["id", "in", [7, 8]], [7, 8]),
        (["id", "between", [39, 50]], [39, 40]),
        (["id", "<=", 2], [1, 2]),
        (["timestampX", "<", "2024-01-01T00:03:00+03:00"], [1, 2]),
        (["timestampX", "<", "2023-12-31T23:03:00+02:00"], [1, 2]),
    ],
)
def test_conditions(small: V3Portal, condition: list[Any], found: list[int]) -> None:
    assert small.ids(LOG, filter=[condition]) == found


def test_one_condition_may_stand_alone(small: V3Portal) -> None:
    assert small.ids(LOG, filter=["id", "=", 7]) == [7]


def test_unequal_lets_rows_without_a_value_go(small: V3Portal) -> None:
    rows = small.call(LOG, filter=[["userId", "!=", 1]])["items"]
    assert rows
    assert all(row["userId"] not in (None, 1) for row in rows)


def test_conditions_of_one_level_are_joined_by_and(small: V3Portal) -> None:
    assert small.ids(LOG, filter=[["id", ">", 3], ["id", "<", 6]]) == [4, 5]


def test_groups_are_joined_by_their_logic(small: V3Portal) -> None:
    group = {"logic": "or", "conditions": [["id", 1], ["id", ">", 38]]}
    assert small.ids(LOG, filter=[group, ["id", "<", 40]]) == [1, 39]


def test_a_group_may_be_negated(small: V3Portal) -> None:
    group = {"negative": True, "conditions": [["id", ">", 2]]}
    assert small.ids(LOG, filter=[group]) == [1, 2]


def test_a_group_within_a_group_says_its_type(small: V3Portal) -> None:
    inner = {"logic": "and", "conditions": [["id", ">", 1], ["id", "<", 3]]}
    outer = {"logic": "or", "conditions": [["id", 9], inner]}
    assert small.error(LOG, {"filter": [outer]}) == (400, "INVALIDFILTEREXCEPTION")
    outer["conditions"] = [["id", 9], {**inner, "type": "filter"}]
    assert small.ids(LOG, filter=[outer]) == [2, 9]


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        (["id", "like", 1], "UNKNOWNFILTEROPERATOREXCEPTION"),
        (["nope", 1], "UNKNOWNDTOPROPERTYEXCEPTION"),
        (["severity", "INFO"], "VALIDATION_REQUESTVALIDATIONEXCEPTION"),
        (["id", "7"], "VALIDATION_REQUESTVALIDATIONEXCEPTION"),
        (["id", None], "VALIDATION_REQUESTVALIDATIONEXCEPTION"),
        (["id", True], "VALIDATION_REQUESTVALIDATIONEXCEPTION"),
        (["timestampX", ">", "2024-01-01"], "VALIDATION_REQUESTVALIDATIONEXCEPTION"),
        (["timestampX", ">", "2024-01-01T00:00:00"], "VALIDATION_REQUESTVALIDATIONEXCEPTION"),
        (["id", ">", [1]], "INVALIDFILTEREXCEPTION"),
        (["id", "in", 1], "INVALIDFILTEREXCEPTION"),
        (["id", "between", [1, 2, 3]], "INVALIDFILTEREXCEPTION"),
        (["id", "between", [0, 3]], "INVALIDFILTEREXCEPTION"),
        (["auditTypeId", "between", ["A", "B"]], "INVALIDFILTEREXCEPTION"),
        (["id"], "INVALIDFILTEREXCEPTION"),
        ({"logic": "xor", "conditions": []}, "INVALIDFILTEREXCEPTION"),
        ({"logic": "or"}, "INVALIDFILTEREXCEPTION"),
        ({"negative": 1, "conditions": []}, "INVALIDFILTEREXCEPTION"),
    ],
)
def test_what_a_filter_refuses(small: V3Portal, condition: Any, code: str) -> None:
    assert small.error(LOG, {"filter": [condition]}) == (400, code)


def test_an_empty_list_is_more_than_the_database_can_take(small: V3Portal) -> None:
    assert small.error(LOG, {"filter": [["id", "in", []]]})[0] == 500


_LEAF = st.tuples(st.sampled_from(["=", "!=", ">", ">=", "<", "<="]), st.integers(0, 41)).map(
    lambda pair: ["id", *pair]
)
_NODES = st.recursive(
    _LEAF,
    lambda inner: st.fixed_dictionaries(
        {
            "type": st.just("filter"),
            "logic": st.sampled_from(["and", "or"]),
            "negative": st.booleans(),
            "conditions": st.lists(inner, min_size=1, max_size=3),
        }
    ),
    max_leaves=6,
)


def _holds(node: Any, number: int) -> bool:
    if isinstance(node, list):
        _, operator, value = node
        return {
            "=": number == value,
            "!=": number != value,
            ">": number > value,
            ">=": number >= value,
            "<": number < value,
            "<=": number <= value,
        }[operator]
    parts = [_holds(part, number) for part in node["conditions"]]
    found = any(parts) if node["logic"] == "or" else all(parts)
    return found != node["negative"]


@given(st.lists(_NODES, max_size=3))
def test_a_filter_means_what_its_words_say(conditions: list[Any]) -> None:
    expected = [number for number in range(1, 41) if all(_holds(node, number) for node in conditions)]
    assert _SHARED.ids(LOG, filter=conditions) == expected


_SHARED = V3Portal(events=40)


# -- tail ---------------------------------------------------------------------------------------


def test_a_tail_without_a_cursor_begins_at_the_first_50(portal: V3Portal) -> None:
    assert portal.ids(TAIL) == list(range(1, 51))


def test_a_tail_goes_on_strictly_behind_its_cursor(portal: V3Portal) -> None:
    assert portal.ids(TAIL, cursor={"field": "id", "value": 5, "limit": 2}) == [6, 7]


def test_a_tail_may_go_downwards(portal: V3Portal) -> None:
    assert portal.ids(TAIL, cursor={"field": "id", "value": 5, "order": "desc", "limit": 2}) == [4, 3]


def test_a_tail_brings_1000_rows_at_the_most(portal: V3Portal) -> None:
    assert len(portal.ids(TAIL, cursor={"field": "id", "value": 0, "limit": 9999})) == 1000


@pytest.mark.parametrize("cursor", [{"value": 1}, {"field": "id"}, {"field": "id", "value": None}])
def test_a_cursor_has_a_field_and_a_value(portal: V3Portal, cursor: dict[str, Any]) -> None:
    assert portal.error(TAIL, {"cursor": cursor}) == (400, "VALIDATION_REQUESTVALIDATIONEXCEPTION")


@pytest.mark.parametrize(
    "filter",
    [[["id", ">", 1]], [{"logic": "or", "conditions": [["userId", 1], ["id", 2]]}]],
)
def test_the_cursors_field_may_not_stand_in_the_filter(portal: V3Portal, filter: list[Any]) -> None:
    answer = portal.error(TAIL, {"filter": filter, "cursor": {"field": "id", "value": 0}})
    assert answer == (400, "INVALIDFILTEREXCEPTION")


def test_a_cursor_joins_the_logic_of_a_filter_that_is_one_group(portal: V3Portal) -> None:
    either = {"logic": "or", "conditions": [["userId", 1], ["userId", 2]]}
    found = portal.ids(TAIL, filter=either, cursor={"field": "id", "value": 1199})
    assert found[0] == 1  # OR id > 1199


# -- aggregate ----------------------------------------------------------------------------------


def test_an_aggregate_counts(portal: V3Portal) -> None:
    answer = portal.call("main.eventlog.aggregate", select={"count": ["id"]}, filter=[["id", ">", 1000]])
    assert answer == {"result": {"count": {"id": 200}}}


def test_an_aggregate_knows_six_functions(portal: V3Portal) -> None:
    select = {"min": ["id"], "max": {"id": "top"}, "countDistinct": ["userId"], "sum": ["guestId"]}
    answer = portal.call("main.eventlog.aggregate", select=select)
    assert answer["result"] == {
        "min": {"id": 1},
        "max": {"id": 1200},
        "countDistinct": {"userId": 3},
        "sum": {"guestId": 0},
    }


@pytest.mark.parametrize(
    ("select", "code"),
    [
        ({"median": ["id"]}, "UNKNOWNAGGREGATEFUNCTIONEXCEPTION"),
        ({"count": ["nope"]}, "UNKNOWNDTOPROPERTYEXCEPTION"),
        ({"count": ["severity"]}, "VALIDATION_REQUESTVALIDATIONEXCEPTION"),
    ],
)
def test_what_an_aggregate_refuses(portal: V3Portal, select: dict[str, Any], code: str) -> None:
    assert portal.error("main.eventlog.aggregate", {"select": select}) == (400, code)


# -- fields -------------------------------------------------------------------------------------


def test_fields_say_what_they_can_do(portal: V3Portal) -> None:
    fields = {item["name"]: item for item in portal.call("main.eventlog.field.list")["items"]}
    assert (fields["id"]["filterable"], fields["severity"]["filterable"]) == (True, False)
    assert fields["timestampX"]["type"] == "object"


def test_a_select_of_fields_is_strict(portal: V3Portal) -> None:
    answer = portal.error("tasks.task.field.list", {"select": ["unknownField"]})
    assert answer == (400, "UNKNOWNDTOPROPERTYEXCEPTION")
