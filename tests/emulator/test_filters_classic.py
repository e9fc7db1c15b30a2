"""The filter, order and select of classic CRM lists."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b24orm.emulator.answers import Refusal
from b24orm.emulator.classic_filter import compile_filter, parse_key, prepare
from b24orm.emulator.relations import adopt, declare
from tests.emulator.calls import Calls, empty_portal
from tests.emulator.classic_reference import KEY, KINDS, fits

ROWS: tuple[dict[str, Any], ...] = (
    {"TITLE": "Alpha", "OPPORTUNITY": 0.0, "STAGE_ID": "NEW", "ASSIGNED_BY_ID": 1, "CLOSEDATE": "2024-01-31"},
    {"TITLE": "alpha beta", "OPPORTUNITY": 10.5, "STAGE_ID": "WON", "ASSIGNED_BY_ID": 2, "CLOSEDATE": None},
    {
        "TITLE": "100% sure_thing",
        "OPPORTUNITY": 100,
        "STAGE_ID": "LOSE",
        "ASSIGNED_BY_ID": 0,
        "CLOSEDATE": "2024-02-29",
    },
    {"TITLE": "", "OPPORTUNITY": None, "STAGE_ID": "NEW", "ASSIGNED_BY_ID": None, "CLOSEDATE": "2023-12-31"},
    {"TITLE": None, "OPPORTUNITY": -5, "STAGE_ID": None, "ASSIGNED_BY_ID": 3, "CLOSEDATE": None},
    {
        "TITLE": "Ромашка",
        "OPPORTUNITY": 1,
        "STAGE_ID": "EXECUTING",
        "ASSIGNED_BY_ID": 1,
        "CLOSEDATE": "2024-01-31",
    },
)


@pytest.fixture(scope="module")
def portal() -> Calls:
    portal = empty_portal()
    portal.store.insert_many("deal", ROWS)
    return portal


def found(portal: Calls, filter: Any, **params: Any) -> list[int]:
    """The ids of the deals that a filter lets through, ascending."""
    return portal.ids("crm.deal.list", filter=filter, order={"ID": "ASC"}, select=["ID"], **params)


# ---- the grammar of keys


@given(st.text(alphabet="!+<>=%@?*AB_1", max_size=8))
def test_a_key_is_taken_apart_by_its_longest_operator(key: str) -> None:
    split = KEY.fullmatch(key)
    parsed = parse_key(key)

    assert split is not None
    assert (parsed.negative, parsed.or_null, parsed.prefix, parsed.name) == (
        split[1] == "!",
        split[2] == "+",
        split[1] + split[2] + split[3],
        split[4],
    )


NUMBERS = st.sampled_from([0, 1, 2, 3, 10.5, -5, "0", "1", "2 apples", "x", "", None, False, True])
TEXTS = st.sampled_from(
    ["Alpha", "ALPHA", "alp%", "%a%", "_lpha", "%", "_", "ромашка", "Ром%", "zz", "NEW", "", None, 0, "0"]
)
VALUES = {"int": NUMBERS, "double": NUMBERS, "string": TEXTS}
PREFIXES = [
    "",
    "=",
    "!",
    "!=",
    ">",
    ">=",
    "<",
    "<=",
    "!>",
    "!<=",
    "@",
    "!@",
    "%",
    "=%",
    "%=",
    "!%",
    "+",
    "!+",
    "+@",
]


@st.composite
def conditions(draw: st.DrawFn) -> tuple[str, Any]:
    name = draw(st.sampled_from([name for name, kind in KINDS.items() if kind != "date"]))
    scalar = VALUES[KINDS[name]]
    return draw(st.sampled_from(PREFIXES)) + name, draw(st.one_of(scalar, st.lists(scalar, max_size=3)))


@settings(max_examples=500)
@given(st.lists(conditions(), max_size=3).map(dict))
def test_a_filter_finds_what_reading_row_by_row_finds(portal: Calls, filter: dict[str, Any]) -> None:
    table = portal.store.table("deal")
    rows = portal.store.rows("deal", list(KINDS))

    where = compile_filter(prepare(filter, table), table)

    assert portal.store.ids("deal", where.sql, where.params) == [
        row["ID"] for row in rows if fits(row, filter)
    ]


# ---- traps


@pytest.mark.parametrize("key", ["TITEL", "title", "><ID", "LOGIC", "0", "~TITLE", "OPPORTUNITY_FROM"])
def test_what_nobody_knows_is_dropped(portal: Calls, key: str) -> None:
    assert found(portal, {key: {"TITLE": "Alpha"}}) == [1, 2, 3, 4, 5, 6]


def test_an_or_group_is_dropped(portal: Calls) -> None:
    assert found(portal, {"LOGIC": "OR", "0": {"TITLE": "Alpha"}, "1": {"TITLE": "Ромашка"}}) == [
        1,
        2,
        3,
        4,
        5,
        6,
    ]


@pytest.mark.parametrize("key", ["@ID", "ID", "!@ID", "=TITLE", "%TITLE", "!STAGE_ID"])
def test_an_empty_list_is_no_condition(portal: Calls, key: str) -> None:
    assert found(portal, {key: []}) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(("value", "first"), [([50, 60], 2), ({"a": 1}, 2), ([], 1), ("3x", 4), ("x", 1)])
def test_an_integer_bound_is_cast_whatever_it_is(portal: Calls, value: Any, first: int) -> None:
    assert found(portal, {">ID": value}) == list(range(first, 7))


def test_the_restart_of_a_chained_keyset(portal: Calls) -> None:
    page = portal("crm.deal.list", -1, filter={">ID": 4}, order={"ID": "ASC"}, select=["ID"])

    assert found(portal, {">ID": page}) == [2, 3, 4, 5, 6]


@pytest.mark.parametrize("prefix", ["%", "=%", "%="])
def test_a_status_is_never_searched_by_pattern(portal: Calls, prefix: str) -> None:
    assert (found(portal, {f"{prefix}STAGE_ID": "NE"}), found(portal, {f"{prefix}STAGE_ID": "NEW"})) == (
        [],
        [1, 4],
    )


def test_a_pattern_on_a_status_takes_the_place_of_an_equality(portal: Calls) -> None:
    assert found(portal, {"%STAGE_ID": "WON", "=STAGE_ID": "NEW"}) == [2]


@pytest.mark.parametrize("prefix", ["!%", "!=%", "!%="])
def test_a_negated_pattern_is_not_negated(portal: Calls, prefix: str) -> None:
    value = "lph" if prefix == "!%" else "%lph%"

    assert found(portal, {f"{prefix}TITLE": value}) == [1, 2]


def test_not_equal_lets_rows_without_a_value_through(portal: Calls) -> None:
    assert found(portal, {"!STAGE_ID": ["NEW", "WON", "LOSE"]}) == [5, 6]


def test_not_in_leaves_rows_without_a_value_out(portal: Calls) -> None:
    assert found(portal, {"!@STAGE_ID": ["NEW", "WON", "LOSE"]}) == [6]


@pytest.mark.parametrize("value", ["", None, False])
def test_an_empty_text_means_absent_or_empty(portal: Calls, value: Any) -> None:
    assert (found(portal, {"TITLE": value}), found(portal, {"!TITLE": value})) == ([4, 5], [1, 2, 3, 6])


@pytest.mark.parametrize(
    ("key", "ids"), [("OPPORTUNITY", [1, 4]), ("<=OPPORTUNITY", [1, 4, 5]), ("<OPPORTUNITY", [5])]
)
def test_zero_means_absent_too_where_the_operator_has_an_equals_sign(
    portal: Calls, key: str, ids: list[int]
) -> None:
    assert found(portal, {key: 0}) == ids


def test_a_percent_sign_in_a_substring_stands_for_itself(portal: Calls) -> None:
    assert found(portal, {"%TITLE": "0% s"}) == [3]


def test_case_does_not_count_in_any_script(portal: Calls) -> None:
    assert (found(portal, {"=TITLE": "ALPHA"}), found(portal, {"%TITLE": "РОМАШ"})) == ([1], [6])


def test_words_of_a_full_text_search(portal: Calls) -> None:
    assert found(portal, {"?TITLE": "beta alpha"}) == [2]


def test_a_full_text_search_of_a_number_breaks_the_query(portal: Calls) -> None:
    with pytest.raises(Refusal) as caught:
        found(portal, {"*OPPORTUNITY": 1})

    assert (caught.value.code, caught.value.status) == ("ERROR_CORE", 500)


@pytest.mark.parametrize(
    ("filter", "ids"),
    [
        ({"CLOSEDATE": "2024-01-31"}, [1, 6]),
        ({">=CLOSEDATE": "2024-01-31T23:59:00+03:00"}, [1, 3, 6]),
        ({"<CLOSEDATE": "31.01.2024"}, [4]),
        ({"@CLOSEDATE": ["2024-01-31", "2023-12-31"]}, [1, 4, 6]),
        ({"CLOSEDATE": ""}, [2, 5]),
        ({"!CLOSEDATE": None}, [1, 3, 4, 6]),
        ({"!CLOSEDATE": "2024-01-31"}, [2, 3, 4, 5]),
        ({">CLOSEDATE": "2024-01-31T23:30:00+00:00"}, [3]),
    ],
)
def test_days_compare_in_the_portals_zone(portal: Calls, filter: dict[str, Any], ids: list[int]) -> None:
    assert found(portal, filter) == ids


def test_a_day_nobody_can_read_tests_for_absence(portal: Calls) -> None:
    assert found(portal, {">CLOSEDATE": "next autumn"}) == [2, 5]


def test_times_are_read_with_their_offset() -> None:
    portal = empty_portal()
    portal.store.insert("deal", {"DATE_CREATE": "2024-08-30T15:00:00"})

    assert (
        found(portal, {">=DATE_CREATE": "2024-08-30T12:00:00+00:00"}),
        found(portal, {">DATE_CREATE": "2024-08-30T12:00:00Z"}),
    ) == ([1], [])


@pytest.mark.parametrize("name", ["filter", "FILTER", "Filter", "arFilter"])
def test_the_names_of_parameters_come_in_several_cases(portal: Calls, name: str) -> None:
    assert portal.ids("crm.deal.list", **{name: {"=TITLE": "Alpha"}}) == [1]


@pytest.mark.parametrize("name", ["filter", "order"])
def test_a_scalar_in_place_of_a_map_is_refused(portal: Calls, name: str) -> None:
    with pytest.raises(Refusal, match=f"Parameter '{name}' must be array") as caught:
        portal("crm.deal.list", **{name: "ID"})

    assert (caught.value.code, caught.value.status) == ("", 400)


def test_templates_of_recurring_deals_stay_out() -> None:
    portal = empty_portal()
    portal.store.insert_many("deal", [{"IS_RECURRING": "Y"}, {}])

    assert (found(portal, {}), found(portal, {"@ID": [1, 2]}), found(portal, {"IS_RECURRING": "Y"})) == (
        [2],
        [1, 2],
        [1],
    )


@pytest.mark.parametrize(
    ("ids", "expected"), [([3, 1, 1], [1, 3]), (["2x"], [2]), ([0], []), ([-1, "x"], [])]
)
def test_a_list_of_ids_is_reduced_to_its_positive_numbers(
    portal: Calls, ids: list[Any], expected: list[int]
) -> None:
    assert found(portal, {"ID": ids}) == expected


def test_thousands_of_ids_fit_into_one_filter(portal: Calls) -> None:
    assert found(portal, {"@ID": list(range(2, 3000))}) == [2, 3, 4, 5, 6]


def test_contacts_of_other_pipelines_are_unknown_here() -> None:
    portal = empty_portal()
    portal.store.insert_many("contact", [{"NAME": "a"}, {"NAME": "b", "CATEGORY_ID": 9}])

    assert portal.ids("crm.contact.list") == [1]


# ---- phones and addresses


@pytest.fixture(scope="module")
def people() -> Calls:
    portal = empty_portal()
    portal.store.insert("contact", {"NAME": "Ada", "PHONE": ["+15550001", "+49"], "EMAIL": "ada@example.com"})
    portal.store.insert("contact", {"NAME": "Bob", "PHONE": "+15550002"})
    portal.store.insert("contact", {"NAME": "Cy"})
    return portal


@pytest.mark.parametrize(
    ("filter", "ids"),
    [
        ({"PHONE": "+1555"}, [1, 2]),
        ({"PHONE": "5550001"}, []),
        ({"PHONE": "%5550001%"}, []),
        ({"PHONE": ["+49", "+15550002"]}, [1]),
        ({"PHONE": "+49", "EMAIL": "ADA@"}, [1]),
        ({"=PHONE": "+49"}, [1, 2, 3]),
        ({"%PHONE": "555"}, [1, 2, 3]),
        ({"@PHONE": ["+49"]}, [1, 2, 3]),
        ({"PHONE": ""}, [1, 2, 3]),
        ({"PHONE": []}, [1, 2, 3]),
        ({"LINK": "x"}, [1, 2, 3]),
    ],
)
def test_a_phone_is_found_by_its_beginning_and_the_bare_key_only(
    people: Calls, filter: dict[str, Any], ids: list[int]
) -> None:
    assert sorted(people.ids("crm.contact.list", filter=filter)) == ids


def test_a_selected_phone_comes_as_a_list_where_there_is_one(people: Calls) -> None:
    rows = people("crm.contact.list", select=["ID", "EMAIL"], order={"ID": "ASC"})

    assert rows == [
        {
            "ID": "1",
            "EMAIL": [{"ID": "3", "VALUE_TYPE": "WORK", "VALUE": "ada@example.com", "TYPE_ID": "EMAIL"}],
        },
        {"ID": "2"},
        {"ID": "3"},
    ]


# ---- user fields


@pytest.fixture(scope="module")
def coloured() -> Calls:
    portal = empty_portal()
    portal.store.add_user_field("deal", "UF_CRM_TEXT", "string")
    portal.store.add_user_field("deal", "UF_CRM_NUMBER", "double")
    portal.store.add_user_field("deal", "UF_CRM_TAGS", "string", multiple=True)
    portal.store.insert_many(
        "deal",
        [
            {"UF_CRM_TEXT": "red", "UF_CRM_NUMBER": 1.5, "UF_CRM_TAGS": ["a", "b"]},
            {"UF_CRM_TEXT": "green", "UF_CRM_NUMBER": 0, "UF_CRM_TAGS": ["b"]},
            {},
        ],
    )
    return portal


@pytest.mark.parametrize(
    ("filter", "ids"),
    [
        ({"UF_CRM_TEXT": "RED"}, [1]),
        ({"UF_CRM_TEXT": "%e%"}, [1, 2]),
        ({"!UF_CRM_TEXT": "red"}, [2]),
        ({"!=UF_CRM_TEXT": "red"}, [2, 3]),
        ({"!%UF_CRM_TEXT": "gre"}, [1]),
        ({"><UF_CRM_NUMBER": [1, 2]}, [1, 2, 3]),
        ({"UF_CRM_NUMBER": 0}, [2, 3]),
        ({"UF_CRM_TAGS": "b"}, [1, 2]),
        ({"@UF_CRM_TAGS": ["a"]}, [1]),
        ({"UF_CRM_TAGS": ""}, [3]),
    ],
)
def test_user_fields_follow_the_orms_operators(
    coloured: Calls, filter: dict[str, Any], ids: list[int]
) -> None:
    assert found(coloured, filter) == ids


def test_a_star_selects_no_user_fields(coloured: Calls) -> None:
    row = coloured("crm.deal.list", select=["*"], filter={"ID": 1})[0]

    assert not [name for name in row if name.startswith("UF_")]


def test_no_select_selects_no_user_fields(coloured: Calls) -> None:
    row = coloured("crm.deal.list", filter={"ID": 1})[0]

    assert ("TITLE" in row, "UF_CRM_TEXT" in row) == (True, False)


def test_the_star_of_user_fields_selects_all_of_them(coloured: Calls) -> None:
    rows = coloured("crm.deal.list", select=["UF_*"], order={"ID": "ASC"})

    assert (rows[0], rows[2]) == (
        {"ID": "1", "UF_CRM_TEXT": "red", "UF_CRM_NUMBER": "1.5", "UF_CRM_TAGS": ["a", "b"]},
        {"ID": "3", "UF_CRM_TEXT": None, "UF_CRM_NUMBER": None, "UF_CRM_TAGS": False},
    )


def test_a_user_field_sorts(coloured: Calls) -> None:
    assert coloured.ids("crm.deal.list", order={"UF_CRM_TEXT": "DESC"}) == [1, 2, 3]


# ---- select and order


def test_the_id_is_always_in_the_row(portal: Calls) -> None:
    assert portal("crm.deal.list", select=["TITLE"], filter={"ID": 1}) == [{"TITLE": "Alpha", "ID": "1"}]


def test_unknown_names_of_a_select_are_ignored_and_case_does_not_count(portal: Calls) -> None:
    assert portal("crm.deal.list", select=["title", "NOPE"], filter={"ID": 1}) == [
        {"TITLE": "Alpha", "ID": "1"}
    ]


def test_a_select_that_is_no_list_selects_everything(portal: Calls) -> None:
    assert "STAGE_ID" in portal("crm.deal.list", select="TITLE", filter={"ID": 1})[0]


def test_values_are_texts_and_days_carry_the_zones_midnight(portal: Calls) -> None:
    names = ["ID", "OPPORTUNITY", "CLOSEDATE", "MOVED_TIME", "PROBABILITY", "OPENED"]
    row = portal("crm.deal.list", select=names, filter={"ID": 3})[0]

    assert list(row.values()) == [
        "3",
        "100.00",
        "2024-02-29T03:00:00+03:00",
        "2023-11-15T01:13:20+03:00",
        None,
        "Y",
    ]


def test_an_absent_day_is_an_empty_text(portal: Calls) -> None:
    assert portal("crm.deal.list", select=["CLOSEDATE"], filter={"ID": 2}) == [{"CLOSEDATE": "", "ID": "2"}]


def test_a_hundred_unordered_rows_are_neither_up_nor_down() -> None:
    portal = empty_portal()
    portal.store.insert_many("deal", ({} for _ in range(100)))
    page = portal.ids("crm.deal.list", start=-1)

    assert page not in (sorted(page), sorted(page, reverse=True))


def test_unordered_rows_always_come_alike(portal: Calls) -> None:
    assert portal.ids("crm.deal.list") == portal.ids("crm.deal.list")


@pytest.mark.parametrize(
    ("order", "ids"),
    [
        ({"ID": "DESC"}, [6, 5, 4, 3, 2, 1]),
        ({"ID": "asc"}, [1, 2, 3, 4, 5, 6]),
        ({"id": "up"}, [6, 5, 4, 3, 2, 1]),
        ({"NOPE": "ASC", "OPPORTUNITY": "DESC", "ID": "ASC"}, [3, 2, 6, 1, 5, 4]),
    ],
)
def test_orders(portal: Calls, order: dict[str, str], ids: list[int]) -> None:
    assert portal.ids("crm.deal.list", order=order) == ids


def test_stages_sort_by_their_place_in_the_pipeline(portal: Calls) -> None:
    assert portal.ids("crm.deal.list", order={"STAGE_ID": "ASC", "ID": "ASC"}) == [1, 2, 3, 4, 5, 6]


def test_a_stage_order_comes_after_the_rest_of_the_order() -> None:
    portal = empty_portal()
    portal.store.insert_many("deal", [{"STAGE_ID": "WON", "TITLE": "a"}, {"STAGE_ID": "NEW", "TITLE": "a"}])

    assert portal.ids("crm.deal.list", order={"STAGE_ID": "ASC", "TITLE": "ASC"}) == [2, 1]


# ---- joins that repeat rows


@pytest.fixture(scope="module")
def adopted() -> Calls:
    portal = empty_portal()
    portal.store.insert_many("deal", ({"TITLE": f"Deal {number}"} for number in range(1, 61)))
    declare(portal.store, parent=128, child=2)
    for number in range(1, 61):
        adopt(portal.store, 128, number, 2, number)
        adopt(portal.store, 128, number + 100, 2, number)
    return portal


def test_a_page_may_be_short_with_more_to_come(adopted: Calls) -> None:
    page = adopted("crm.deal.list", -1, select=["*"], order={"ID": "ASC"})

    assert [row["ID"] for row in page] == [str(number) for number in range(1, 26)]


def test_a_plain_select_repeats_rows(adopted: Calls) -> None:
    page = adopted("crm.deal.list", -1, select=["ID", "PARENT_ID_128"], order={"ID": "ASC"})

    assert page[:2] == [{"ID": "1", "PARENT_ID_128": "1"}, {"ID": "1", "PARENT_ID_128": "101"}]


def test_the_count_knows_the_joins_of_the_filter_only(adopted: Calls) -> None:
    plain = adopted.answer("crm.deal.list", select=["*"])
    filtered = adopted.answer("crm.deal.list", filter={">PARENT_ID_128": 0}, select=["ID"])

    assert (plain.total, filtered.total) == (60, 120)


def test_a_parent_filters(adopted: Calls) -> None:
    assert adopted.ids("crm.deal.list", filter={"PARENT_ID_128": 105}, select=["ID"]) == [5]


def test_an_activity_bound_twice_comes_twice() -> None:
    portal = empty_portal()
    owners = [{"OWNER_ID": 1, "OWNER_TYPE_ID": 2}, {"OWNER_ID": 2, "OWNER_TYPE_ID": 2}]
    portal.store.insert("activity", {"SUBJECT": "Call", "BINDINGS": owners})

    assert portal.ids("crm.activity.list", filter={"BINDINGS": [{"OWNER_TYPE_ID": 2}]}) == [1, 1]


def test_activities_come_by_their_start() -> None:
    portal = empty_portal()
    portal.store.insert_many("activity", [{"START_TIME": f"2024-01-0{day}T00:00:00"} for day in (3, 1, 2)])

    assert portal.ids("crm.activity.list", select=["ID"]) == [2, 3, 1]


# ---- products and requisites


def test_a_product_list_drops_lists_under_the_at_sign_and_conditions_on_prices() -> None:
    portal = empty_portal()
    portal.store.insert_many("product", [{"NAME": "a", "PRICE": 1}, {"NAME": "b", "PRICE": 2}])

    assert portal.ids("crm.product.list", filter={"@ID": [1], ">PRICE": 1}) == [1, 2]


def test_requisites_are_those_of_contacts_and_companies_unless_told_otherwise() -> None:
    portal = empty_portal()
    portal.store.insert_many("requisite", [{"ENTITY_TYPE_ID": kind, "NAME": "r"} for kind in (3, 4, 103)])

    assert (
        sorted(portal.ids("crm.requisite.list", select=["ID"])),
        portal.ids("crm.requisite.list", select=["ID"], filter={"ENTITY_TYPE_ID": 103}),
    ) == ([1, 2], [3])
