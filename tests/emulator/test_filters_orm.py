"""Filters of the ORM: items, smart processes, users; and the tasks' own dialect."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b24orm.emulator.answers import Refusal
from b24orm.emulator.item_fields import camel
from b24orm.emulator.orm_filter import compile_condition, parse_key
from b24orm.emulator.tables import Column
from tests.emulator.calls import Calls, empty_portal
from tests.emulator.orm_reference import KINDS, fits

ROWS: tuple[dict[str, Any], ...] = (
    {"TITLE": "Alpha", "OPPORTUNITY": 0.0, "ASSIGNED_BY_ID": 1, "CLOSEDATE": "2024-01-31"},
    {"TITLE": "alpha beta", "OPPORTUNITY": 10.5, "ASSIGNED_BY_ID": 2, "CLOSEDATE": None},
    {"TITLE": "100% sure_thing", "OPPORTUNITY": 100, "ASSIGNED_BY_ID": 0, "CLOSEDATE": "2024-02-29"},
    {"TITLE": "", "OPPORTUNITY": None, "ASSIGNED_BY_ID": None},
    {"TITLE": None, "OPPORTUNITY": -5, "ASSIGNED_BY_ID": 3},
    {"TITLE": "Ромашка", "OPPORTUNITY": 1, "ASSIGNED_BY_ID": 1},
    {"TITLE": "12", "OPPORTUNITY": 1, "ASSIGNED_BY_ID": 1},
)


@pytest.fixture(scope="module")
def portal() -> Calls:
    portal = empty_portal()
    portal.store.insert_many("deal", ROWS)
    return portal


def found(portal: Calls, filter: Any, **params: Any) -> list[int]:
    """The ids of the deals that a filter of items lets through, ascending."""
    params = {"entityTypeId": 2, "select": ["id"], "order": {"id": "asc"}, **params}
    return [item["id"] for item in portal("crm.item.list", filter=filter, **params)["items"]]


def refused(portal: Calls, **params: Any) -> tuple[str, str]:
    """Code and text of a refused item list."""
    with pytest.raises(Refusal) as caught:
        portal("crm.item.list", entityTypeId=2, **params)
    return caught.value.code, caught.value.description


# ---- the grammar


@pytest.mark.parametrize(
    ("key", "parsed"),
    [
        ("!><ID", ("not between", "ID")),
        ("!=%ID", ("not pattern", "ID")),
        ("!%ID", ("not holds", "ID")),
        ("!ID", ("unlike", "ID")),
        ("=ID", ("exact", "ID")),
        ("ID", ("like", "ID")),
        ("@ID", ("in", "ID")),
        (">=ID", (">=", "ID")),
    ],
)
def test_the_longest_operator_wins(key: str, parsed: tuple[str, str]) -> None:
    assert parse_key(key) == parsed


NUMBERS = st.sampled_from([0, 1, 2, 3, 10.5, -5, "0", "1", None, ""])
TEXTS = st.sampled_from(["Alpha", "ALPHA", "alp%", "%a%", "_lpha", "ромашка", "Ром%", "zz", "12", "", "_2"])
SCALAR_ONLY = [">", "<", ">=", "<=", "%", "!%", "=%", "%=", "!=%", "!", ""]
LISTS = ["@", "!@"]
EITHER = ["=", "!=", ""]


@st.composite
def conditions(draw: st.DrawFn) -> tuple[str, Any]:
    name = draw(st.sampled_from(list(KINDS)))
    scalar = TEXTS if KINDS[name] == "text" else NUMBERS
    among = LISTS if name != "opportunity" else []  # PHP gives up on a list of fractions
    operator = draw(st.sampled_from([*SCALAR_ONLY, *EITHER, *among]))
    if operator in LISTS:
        value: Any = draw(st.lists(scalar.filter(lambda item: item is not None), min_size=1, max_size=3))
    elif operator in EITHER:
        value = draw(st.one_of(scalar, st.lists(scalar.filter(lambda item: item is not None), max_size=3)))
    else:
        value = draw(scalar)
    return operator + name, value


LEAVES = st.lists(conditions(), max_size=3).map(dict)
LOGIC = st.sampled_from(["AND", "OR", "NOT"])
FILTERS = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        lambda groups, logic: {str(number): group for number, group in enumerate(groups)} | {"logic": logic},
        st.lists(inner, min_size=1, max_size=3),
        LOGIC,
    ),
    max_leaves=4,
)


@settings(max_examples=400)
@given(FILTERS)
def test_a_filter_finds_what_reading_row_by_row_finds(portal: Calls, filter: dict[str, Any]) -> None:
    columns = {"id": "ID", "assignedById": "ASSIGNED_BY_ID", "opportunity": "OPPORTUNITY", "title": "TITLE"}
    rows = [
        {name: row[column] for name, column in columns.items()}
        for row in portal.store.rows("deal", list(columns.values()))
    ]

    assert found(portal, filter) == [row["id"] for row in rows if fits(row, filter) is True]


# ---- what the server's own code makes of odd values, as it answered when it was run


@pytest.mark.parametrize("key", ["@opportunity", "!@opportunity", "@createdTime", "@closedate"])
def test_a_list_of_fractions_or_times_is_too_much_for_php(portal: Calls, key: str) -> None:
    assert refused(portal, filter={key: ["1"]})[0] == "INTERNAL_SERVER_ERROR"


def test_no_list_of_times_is_excluded(portal: Calls) -> None:
    assert found(portal, {"!@createdTime": ["2024-01-01"]}) == found(portal, {})


@pytest.mark.parametrize(
    ("column", "kind", "key", "value", "sql"),
    [
        ("N", "int", "@N", [0], '"N" IN (0)'),
        ("N", "int", "=N", [0, 5], '("N" IN (0, 5)) OR ("N" IS NULL)'),
        ("N", "int", "==N", 0, '"N" = 0'),
        ("D", "double", "=D", [0, 5], '"D" IN (0, 5)'),
        ("D", "double", "=D", 0, '"D" IS NULL OR "D" = 0'),
        ("D", "double", "==D", 0, "1"),
        ("S", "string", "!==S", "x", "1"),
        ("M", "datetime", "><M", ["", "2024"], "\"M\" BETWEEN NULL AND '2024'"),
    ],
)
def test_a_condition_and_the_server_s_own_sql_find_the_same(
    column: str, kind: Any, key: str, value: Any, sql: str
) -> None:
    rows = [(None, None, None, None), (0, 0.0, "x", "2023"), (5, 5.0, "y", "2024")]
    store = sqlite3.connect(":memory:")
    store.execute("CREATE TABLE t (N INTEGER, D REAL, S TEXT, M TEXT)")
    store.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", rows)
    where = compile_condition(key, value, Column(column, kind, kind), f'"{column}"')
    query = "SELECT rowid FROM t WHERE "

    ours = store.execute(query + (where.sql or "1"), where.params).fetchall()
    theirs = store.execute(query + sql).fetchall()
    store.close()

    assert ours == theirs


# ---- what a request may say


@pytest.mark.parametrize("key", ["nope", "title.x", "~id", "<>id", "><<id"])
def test_a_name_or_operator_nobody_knows_is_an_error(portal: Calls, key: str) -> None:
    code, text = refused(portal, filter={key: 1})

    assert (code, text.startswith("Invalid filter: field '"), "is not allowed in filter" in text) == (
        "INVALID_ARG_VALUE",
        True,
        True,
    )


@pytest.mark.parametrize("key", [">id", "%title", "><id", "!><id", "!title", "<=opportunity"])
def test_a_list_where_none_belongs_is_an_error(portal: Calls, key: str) -> None:
    assert refused(portal, filter={key: [1, 2]})[1].endswith("has invalid value")


def test_an_unknown_name_inside_a_group_is_an_error(portal: Calls) -> None:
    assert refused(portal, filter={"0": {"logic": "OR", "nope": 1}}) == (
        "INVALID_ARG_VALUE",
        "Invalid filter: field 'NOPE' is not allowed in filter",
    )


def test_a_chained_keyset_is_refused_after_the_last_page(portal: Calls) -> None:
    page = portal("crm.item.list", -1, entityTypeId=2, select=["id"])

    assert refused(portal, filter={">id": page["items"]}) == (
        "INVALID_ARG_VALUE",
        "Invalid filter: field '>ID' has invalid value",
    )


def test_an_empty_list_under_the_at_sign_breaks_the_query(portal: Calls) -> None:
    with pytest.raises(Refusal) as caught:
        found(portal, {"@id": []})

    assert (caught.value.code, caught.value.status) == ("ERROR_CORE", 500)


@pytest.mark.parametrize(("key", "ids"), [("id", []), ("=id", []), ("!=id", [1, 2, 3, 4, 5, 6, 7])])
def test_an_empty_list_is_equal_to_nothing(portal: Calls, key: str, ids: list[int]) -> None:
    assert found(portal, {key: []}) == ids


@pytest.mark.parametrize("key", ["stageId", "STAGE_ID", "=STAGE_ID"])
def test_names_come_in_camel_and_in_upper_case(portal: Calls, key: str) -> None:
    assert len(found(portal, {key: "NEW"})) == 7


@pytest.mark.parametrize(
    ("order", "text"),
    [
        ({"nope": "ASC"}, "Invalid order: field 'NOPE' is not allowed in order"),
        (
            {"id": "up"},
            "Invalid order: allowed sort directions are ASC, DESC. But got 'UP' for field 'ID'",
        ),
        (["id"], "Invalid order: field '0' is not allowed in order"),
    ],
)
def test_an_order_nobody_understands_is_an_error(portal: Calls, order: Any, text: str) -> None:
    assert refused(portal, order=order) == ("INVALID_ARG_VALUE", text)


def test_unknown_names_of_a_select_are_dropped(portal: Calls) -> None:
    items = portal("crm.item.list", entityTypeId=2, select=["title", "nope"], filter={"id": 1})["items"]

    assert items == [{"title": "Alpha"}]


def test_a_star_selects_everything_and_the_entitys_number(portal: Calls) -> None:
    item = portal("crm.item.list", entityTypeId=2, filter={"id": 1})["items"][0]

    assert (item["entityTypeId"], item["companyId"], item["contactIds"], item["opened"]) == (2, 0, [], "Y")


def test_numbers_are_numbers_and_absent_days_are_null(portal: Calls) -> None:
    names = ["id", "opportunity", "assignedById", "closedate", "createdTime"]
    items = portal(
        "crm.item.list", entityTypeId=2, select=names, filter={"@id": [2, 3]}, order={"id": "ASC"}
    )["items"]

    assert [list(item.values()) for item in items] == [
        [2, 10.5, 2, None, "2023-11-15T01:13:20+03:00"],
        [3, 100, 0, "2024-02-29T03:00:00+03:00", "2023-11-15T01:13:20+03:00"],
    ]


def test_a_whole_sum_is_a_whole_number(portal: Calls) -> None:
    item = portal("crm.item.list", entityTypeId=2, select=["opportunity"], filter={"id": 3})["items"][0]

    assert isinstance(item["opportunity"], int)


@pytest.mark.parametrize(
    ("filter", "ids"),
    [
        ({"closedate": "2024-01-31"}, [1]),
        ({">closedate": "31.01.2024"}, [3]),
        ({"closedate": ""}, [2, 4, 5, 6, 7]),
        ({"!closedate": ""}, [1, 3]),
        ({"!closedate": "2024-01-31"}, [3]),
    ],
)
def test_days_of_items(portal: Calls, filter: dict[str, Any], ids: list[int]) -> None:
    assert found(portal, filter) == ids


@pytest.mark.parametrize("number", [0, 5, 77, 128])
def test_an_entity_type_that_is_not_there(portal: Calls, number: int) -> None:
    with pytest.raises(Refusal, match="SPA not found") as caught:
        portal("crm.item.list", entityTypeId=number)

    assert caught.value.code == "NOT_FOUND"


def test_an_entity_type_left_out(portal: Calls) -> None:
    with pytest.raises(Refusal, match="entityTypeId") as caught:
        portal("crm.item.list")

    assert caught.value.code == "100"


# ---- bound rows


@pytest.fixture(scope="module")
def bound() -> Calls:
    portal = empty_portal()
    portal.store.insert_many("deal", ({"CONTACT_IDS": [1, 2], "TITLE": "both"} for _ in range(40)))
    portal.store.insert("deal", {"CONTACT_IDS": [3], "OBSERVERS": [2, 3]})
    return portal


def test_contacts_filter_by_membership(bound: Calls) -> None:
    assert (found(bound, {"contactIds": 3}), len(found(bound, {"contactIds": [1]}))) == ([41], 40)


def test_a_deal_of_two_wanted_contacts_comes_once_and_the_page_is_short(bound: Calls) -> None:
    answer = bound.answer("crm.item.list", entityTypeId=2, filter={"contactIds": [1, 2]}, order={"id": "asc"})

    assert ([item["id"] for item in answer.result["items"]], answer.total) == (list(range(1, 26)), 80)


def test_observers_filter_by_membership(bound: Calls) -> None:
    assert found(bound, {"observers": 3}) == [41]


def test_contacts_of_an_item_come_with_the_primary_first(bound: Calls) -> None:
    item = bound("crm.item.list", entityTypeId=2, filter={"id": 1}, select=["contactId", "contactIds"])[
        "items"
    ][0]

    assert item == {"contactId": 1, "contactIds": [1, 2]}


# ---- names of user fields


@given(st.from_regex(r"UF_CRM_[A-Z0-9_]{1,12}", fullmatch=True))
def test_a_user_fields_camel_name_is_its_own(name: str) -> None:
    assert camel(name).startswith("ufCrm")


def test_user_fields_under_their_own_names() -> None:
    portal = empty_portal()
    portal.store.add_user_field("deal", "UF_CRM_1639669411830", "string")
    portal.store.insert("deal", {"UF_CRM_1639669411830": "x"})
    plain = portal("crm.item.list", entityTypeId=2, select=["ufCrm_1639669411830"])
    original = portal(
        "crm.item.list", entityTypeId=2, select=["UF_CRM_1639669411830"], useOriginalUfNames="Y"
    )

    assert (plain, original) == (
        {"items": [{"ufCrm_1639669411830": "x"}]},
        {"items": [{"UF_CRM_1639669411830": "x"}]},
    )


# ---- smart processes


def test_types_filter_like_items() -> None:
    portal = empty_portal()
    for title in ("Cars", "Boats"):
        portal.store.add_smart_type(title)

    types = portal("crm.type.list", filter={"%title": "oat"})["types"]

    assert [(entry["title"], entry["entityTypeId"]) for entry in types] == [("Boats", 1032)]


# ---- users


@pytest.fixture(scope="module")
def staff() -> Calls:
    portal = empty_portal()
    portal.store.insert("user", {"ID": 10, "NAME": "Zed", "ACTIVE": "N", "UF_DEPARTMENT": [2, 3]})
    portal.store.insert("user", {"ID": 11, "NAME": "zoë", "EMAIL": "zoe@example.com", "UF_DEPARTMENT": []})
    return portal


def users(portal: Calls, **params: Any) -> list[int]:
    return [int(row["ID"]) for row in portal("user.get", sort="ID", order="ASC", **params)]


@pytest.mark.parametrize(
    ("filter", "ids"),
    [
        ({"ID": [10, 11]}, [10, 11]),
        ({"ID": {"5": "10"}}, [10]),
        ({">ID": 9}, [10, 11]),
        ({"@ID": [10]}, [10]),
        ({"!ID": 10}, [1, 2, 3, 11]),
        ({"name": "ZED"}, [10]),
        ({"NAME": "z%"}, [10, 11]),
        ({"%EMAIL": "zoe@"}, [11]),
        ({"ACTIVE": False, ">ID": 9}, [10]),
        ({"ACTIVE": "Y", ">ID": 9}, [11]),
        ({"UF_DEPARTMENT": 3, "ID": 10}, [10]),
        ({"NOPE": 1, ">=ID": 10}, [10, 11]),
        ({"ID": []}, []),
    ],
)
def test_filters_of_users(staff: Calls, filter: dict[str, Any], ids: list[int]) -> None:
    assert users(staff, FILTER=filter) == ids


def test_conditions_of_users_may_stand_at_the_top(staff: Calls) -> None:
    assert users(staff, ID=10) == [10]


def test_a_filter_puts_the_conditions_at_the_top_out_of_force(staff: Calls) -> None:
    assert users(staff, FILTER={"ID": 10}, NAME="Anna") == [10]


def test_a_misspelt_filter_of_users_returns_everybody(staff: Calls) -> None:
    assert users(staff, FILTER={"NAEM": "Zed"}) == [1, 2, 3, 10, 11]


def test_a_user_has_a_real_flag_and_numbers_of_departments(staff: Calls) -> None:
    row = staff("user.get", ID=10)[0]

    assert (row["ID"], row["ACTIVE"], row["UF_DEPARTMENT"], row["EMAIL"]) == ("10", False, [2, 3], "")


def test_a_select_of_users(staff: Calls) -> None:
    assert staff("user.get", ID=10, SELECT=["ID", "NAME"]) == [{"ID": "10", "NAME": "Zed"}]


def test_an_order_of_users_by_a_field_nobody_knows(staff: Calls) -> None:
    with pytest.raises(Refusal):
        staff("user.get", sort="NOPE", order="ASC")


def test_a_search_of_users_by_the_beginnings_of_names(staff: Calls) -> None:
    assert [row["ID"] for row in staff("user.search", FILTER={"NAME": "ze"})] == ["10"]


# ---- tasks


@pytest.fixture(scope="module")
def tasks() -> Calls:
    portal = empty_portal()
    portal.store.insert_many(
        "task",
        [
            {"TITLE": "Write 100%", "STATUS": 2, "DEADLINE": "2023-11-14T00:00:00", "GROUP_ID": 0},
            {"TITLE": "write more", "STATUS": 3, "DEADLINE": "2023-11-15T12:00:00", "GROUP_ID": 5},
            {"TITLE": "Rest", "STATUS": 5, "GROUP_ID": None, "AUDITORS": [2, 3], "TAGS": ["blue", "red"]},
            {"TITLE": "", "STATUS": 2, "RESPONSIBLE_ID": 2, "CREATED_BY": 2, "MARK": "P", "ACCOMPLICES": [3]},
        ],
    )
    return portal


def chosen(portal: Calls, filter: dict[str, Any]) -> list[int]:
    """The ids of the tasks that a filter lets through, ascending."""
    return sorted(
        int(task["id"]) for task in portal("tasks.task.list", filter=filter, select=["ID"])["tasks"]
    )


@pytest.mark.parametrize(
    ("filter", "ids"),
    [
        ({">ID": 2}, [3, 4]),
        ({"ID": [1, 4]}, [1, 4]),
        ({"@ID": [1, 4]}, [1, 4]),
        ({"!ID": 1}, [2, 3, 4]),
        ({"ID": []}, [1, 2, 3, 4]),
        ({"@ID": []}, [1, 2, 3, 4]),
        ({"NOPE": 1}, [1, 2, 3, 4]),
        ({"id": 1}, [1, 2, 3, 4]),
        ({"TITLE": "WRITE"}, [1, 2]),
        ({"=TITLE": "write more"}, [2]),
        ({"%TITLE": "0%"}, [1]),
        ({"!%TITLE": "rit"}, [3, 4]),
        ({"REAL_STATUS": [2, 3]}, [1, 2, 4]),
        ({"!REAL_STATUS": [2, 3]}, [3]),
        ({">=REAL_STATUS": 3}, [2, 3]),
        ({">=REAL_STATUS": [3, 5]}, [2, 3]),
        ({"STATUS": -1}, [1]),
        ({"STATUS": -3}, [2]),
        ({"STATUS": -2}, [4]),
        ({"GROUP_ID": 5}, [2]),
        ({"!GROUP_ID": 5}, [1, 3, 4]),
        ({"RESPONSIBLE_ID": 2}, [4]),
        ({"AUDITOR": 2}, [3]),
        ({"MEMBER": 3}, [3, 4]),
        ({"TAG": ["red", "blue"]}, [3]),
        ({"MARK": "P"}, [4]),
        ({"!MARK": "P"}, [1, 2, 3]),
        ({"<DEADLINE": "2023-11-15T00:00:00+03:00"}, [1]),
        ({"DEADLINE": ""}, [3, 4]),
        ({"!DEADLINE": ""}, [1, 2]),
        ({">DEADLINE": "some day"}, [1, 2]),
        ({"::LOGIC": "OR", "::SUBFILTER-1": {"ID": 1}, "::SUBFILTER-2": {"ID": 4}}, [1, 4]),
        ({"::SUBFILTER-1": {"::LOGIC": "OR", "ID": 1, "TITLE": "Rest"}, ">ID": 1}, [3]),
    ],
)
def test_filters_of_tasks(tasks: Calls, filter: dict[str, Any], ids: list[int]) -> None:
    assert chosen(tasks, filter) == ids


def test_an_unknown_logic_of_tasks_is_an_error(tasks: Calls) -> None:
    with pytest.raises(Refusal):
        chosen(tasks, {"::LOGIC": "XOR"})


@pytest.mark.parametrize("name", ["CHANGED_DATE", "ACTIVITY_DATE"])
def test_a_task_that_was_never_changed_counts_from_when_it_was_made(tasks: Calls, name: str) -> None:
    tasks.store.update(
        "task", 2, {"CREATED_DATE": datetime(2020, 1, 1), "CHANGED_DATE": None, "ACTIVITY_DATE": None}
    )
    assert chosen(tasks, {f"<{name}": "2020-01-02"}) == [2]


def test_tasks_come_newest_first(tasks: Calls) -> None:
    assert [task["id"] for task in tasks("tasks.task.list", select=["ID"])["tasks"]] == ["4", "3", "2", "1"]


def test_an_order_of_tasks_by_a_field_nobody_knows(tasks: Calls) -> None:
    with pytest.raises(Refusal) as caught:
        tasks("tasks.task.list", order={"STATUS": "asc"})

    assert (caught.value.code, caught.value.description) == ("0", "Invalid sorting key")


def test_a_task_speaks_camel_case_and_texts(tasks: Calls) -> None:
    task = tasks("tasks.task.list", filter={"ID": 1}, select=["ID", "TITLE", "STATUS", "DEADLINE", "NOPE"])[
        "tasks"
    ][0]

    assert task == {
        "id": "1",
        "title": "Write 100%",
        "status": "2",
        "subStatus": "-1",
        "deadline": "2023-11-14T00:00:00+03:00",
        "group": [],
    }


def test_people_of_a_task_come_with_their_names(tasks: Calls) -> None:
    task = tasks("tasks.task.list", filter={"ID": 4}, select=["RESPONSIBLE_ID"])["tasks"][0]

    assert (task["responsibleId"], task["responsible"]["id"], task["responsible"]["name"]) == (
        "2",
        "2",
        "Carl Dorn",
    )


# ---- departments


@pytest.mark.parametrize(
    ("params", "ids"),
    [
        ({}, ["1", "2", "4", "3"]),
        ({"PARENT": 1}, ["2", "3"]),
        ({"ID": [4, "3"]}, ["4", "3"]),
        ({"NAME": "sales"}, ["2"]),
        ({"FILTER": {"UF_HEAD": 1}, "ID": 1}, ["1", "2", "4", "3"]),
        ({"sort": "ID", "order": "DESC"}, ["4", "3", "2", "1"]),
        ({"SORT": "ID"}, []),
        ({">ID": 1}, ["1", "2", "4", "3"]),
    ],
)
def test_conditions_of_departments(portal: Calls, params: dict[str, Any], ids: list[str]) -> None:
    assert [row["ID"] for row in portal("department.get", **params)] == ids
