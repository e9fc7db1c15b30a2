"""Universal lists: maps of values, the portal's dates, refused conditions, updates that clear."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.calls import Calls, refusal, small_portal

OF_LIST: dict[str, Any] = {"IBLOCK_TYPE_ID": "lists", "IBLOCK_ID": 41}


@pytest.fixture(scope="module")
def lists() -> Calls:
    return small_portal(elements=130)


@pytest.fixture
def fresh() -> Calls:
    return small_portal(elements=2)


def get(lists: Calls, start: int | None = None, **params: Any) -> Any:
    return lists("lists.element.get", start, **OF_LIST, **params)


def ids(lists: Calls, **params: Any) -> list[int]:
    return [int(row["ID"]) for row in get(lists, **params)]


# ---- rows


def test_a_property_is_a_map_of_value_numbers(lists: Calls) -> None:
    row = get(lists, ELEMENT_ID=5)[0]
    values = lists.store.rows("list_value", where="ELEMENT_ID = 5 AND PROPERTY_ID = 104")

    assert row["PROPERTY_104"] == {str(value["ID"]): value["VALUE"] for value in values}


def test_a_property_without_a_value_is_left_out(lists: Calls) -> None:
    bare = lists.store.ids(
        "list_element", "ID NOT IN (SELECT ELEMENT_ID FROM list_value WHERE PROPERTY_ID = 101)"
    )

    assert "PROPERTY_101" not in get(lists, ELEMENT_ID=bare[0])[0]


def test_money_and_dates_come_in_the_portals_form(lists: Calls) -> None:
    row = get(lists, ELEMENT_ID=3)[0]

    assert (list(row["PROPERTY_103"].values()), list(row["PROPERTY_105"].values())) == (
        ["300|USD"],
        ["04.03.2024"],
    )


def test_a_time_comes_in_the_portals_form(lists: Calls) -> None:
    stored = lists.store.get("list_element", 3)
    assert stored is not None
    day, time = stored["DATE_CREATE"].split("T")

    assert get(lists, ELEMENT_ID=3)[0]["DATE_CREATE"] == f"{day[8:]}.{day[5:7]}.{day[:4]} {time}"


def test_only_the_lists_own_fields_come(lists: Calls) -> None:
    assert set(get(lists, ELEMENT_ID=3)[0]) == {
        *("ID", "IBLOCK_ID", "NAME", "IBLOCK_SECTION_ID", "CREATED_BY", "BP_PUBLISHED", "CODE"),
        *("SORT", "DATE_CREATE", "PROPERTY_101", "PROPERTY_102", "PROPERTY_103", "PROPERTY_105"),
    } - ({"PROPERTY_101"} if "PROPERTY_101" not in get(lists, ELEMENT_ID=3)[0] else set())


def test_select_can_only_leave_out(lists: Calls) -> None:
    row = get(lists, ELEMENT_ID=3, SELECT=["ID", "NAME", "PROPERTY_102", "DETAIL_TEXT"])[0]

    assert set(row) == {"ID", "NAME", "PROPERTY_102"}


def test_keys_of_parameters_may_be_in_any_case(lists: Calls) -> None:
    rows = lists("lists.element.get", iblock_type_id="lists", iblock_id=41, filter={"id": 7})

    assert [row["ID"] for row in rows] == ["7"]


# ---- pages


def test_a_page_past_the_end_is_the_first_again(lists: Calls) -> None:
    answer = lists.answer("lists.element.get", 500, **OF_LIST)

    assert ([int(row["ID"]) for row in answer.result], answer.total, answer.next) == (
        list(range(1, 51)),
        130,
        50,
    )


def test_a_negative_start_spares_the_count(lists: Calls) -> None:
    answer = lists.answer("lists.element.get", -1, **OF_LIST)

    assert (len(answer.result), answer.total, answer.next, answer.cost.counted) == (50, 0, None, 0)


def test_an_empty_answer_has_no_total(lists: Calls) -> None:
    answer = lists.answer("lists.element.get", **OF_LIST, FILTER={"ID": 999})

    assert (answer.result, answer.total) == ([], -1)


# ---- filter and order


@pytest.mark.parametrize(
    ("sent", "where"),
    [
        ({"ID": [3, 5, 900]}, "ID IN (3, 5)"),
        ({">ID": 100}, "ID > 100"),
        ({"%NAME": "pump"}, "NAME LIKE '%pump%'"),
        ({"!%NAME": "pump"}, "NAME NOT LIKE '%pump%'"),
        ({"SORT": 200}, "SORT = 200"),
        ({"PROPERTY_101": "red"}, "ID IN (SELECT ELEMENT_ID FROM list_value WHERE VALUE = 'red')"),
        ({"PROPERTY_COLOUR": "red"}, "ID IN (SELECT ELEMENT_ID FROM list_value WHERE VALUE = 'red')"),
        ({"!PROPERTY_101": "red"}, "ID NOT IN (SELECT ELEMENT_ID FROM list_value WHERE VALUE = 'red')"),
        ({"PROPERTY_101": ""}, "ID NOT IN (SELECT ELEMENT_ID FROM list_value WHERE PROPERTY_ID = 101)"),
        ({">=PROPERTY_102": 5}, "ID % 7 >= 5"),
        ({"PROPERTY_104": "vip"}, "ID % 3 = 2"),
        ({">=DATE_CREATE": "2023-06-01"}, "DATE_CREATE >= '2023-06-01'"),
        ({">DATE_CREATE": "01.06.2023 00:00:00"}, "DATE_CREATE > '2023-06-01T00:00:00'"),
        ({">=PROPERTY_105": "2024-03-20"}, "ID % 28 + 1 >= 20"),
    ],
)
def test_conditions(lists: Calls, sent: dict[str, Any], where: str) -> None:
    assert ids(lists, FILTER=sent) == lists.store.ids("list_element", where)[:50]


def test_an_iso_date_of_a_field_that_the_list_has_not_is_no_condition(lists: Calls) -> None:
    answer = lists.answer("lists.element.get", **OF_LIST, FILTER={">TIMESTAMP_X": "2030-01-01"})

    assert answer.total == 130


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ({"@ID": [1]}, "Filter operation not allowed: @"),
        ({"!=NAME": "x"}, "Filter operation not allowed: !="),
        ({"COLOUR": "red"}, "Filter field not allowed: COLOUR"),
        ({"PROPERTY_999": 1}, "Filter field not allowed: PROPERTY_999"),
        ([{"ID": 1}], "Filter field not allowed: 0"),
    ],
)
def test_what_it_does_not_know_is_refused(lists: Calls, sent: Any, text: str) -> None:
    assert refusal(lists, "lists.element.get", **OF_LIST, FILTER=sent) == ("ERROR_ARGUMENT", text)


def test_rows_come_by_id_unless_told_otherwise(lists: Calls) -> None:
    assert ids(lists, ELEMENT_ORDER={"PROPERTY_103": "asc", "ID": "sideways"}) == list(range(1, 51))


def test_an_order_by_a_property(lists: Calls) -> None:
    found = [
        next(iter(row["PROPERTY_102"].values())) for row in get(lists, ELEMENT_ORDER={"PROPERTY_102": "desc"})
    ]

    assert found == sorted(found, reverse=True)


# ---- what is missing


def test_a_list_has_a_type(lists: Calls) -> None:
    assert refusal(lists, "lists.element.get", IBLOCK_ID=41) == (
        "ERROR_REQUIRED_PARAMETERS_MISSING",
        'Required parameter "IBLOCK_TYPE_ID" is missing',
    )


def test_a_list_that_is_not_there(lists: Calls) -> None:
    assert (
        refusal(lists, "lists.element.get", IBLOCK_TYPE_ID="lists", IBLOCK_ID=7)[0]
        == "ERROR_IBLOCK_NOT_FOUND"
    )


# ---- writes


def test_an_element_is_added(fresh: Calls) -> None:
    number = fresh(
        "lists.element.add", **OF_LIST, ELEMENT_CODE="new", FIELDS={"NAME": "New", "PROPERTY_104": ["a", "b"]}
    )
    row = get(fresh, ELEMENT_ID=number)[0]

    assert (row["NAME"], row["CODE"], list(row["PROPERTY_104"].values())) == ("New", "new", ["a", "b"])


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"FIELDS": {"NAME": "x"}}, 'Required parameter "ELEMENT_CODE" is missing'),
        ({"ELEMENT_CODE": "x", "FIELDS": {}}, 'Required parameter "NAME" is missing'),
        ({"ELEMENT_CODE": "x"}, 'Required parameter "FIELDS" is missing'),
    ],
)
def test_an_add_needs_a_code_and_a_name(fresh: Calls, params: dict[str, Any], text: str) -> None:
    assert refusal(fresh, "lists.element.add", **OF_LIST, **params)[1] == text


def test_a_code_is_taken_once(fresh: Calls) -> None:
    code = refusal(fresh, "lists.element.add", **OF_LIST, ELEMENT_CODE="request_1", FIELDS={"NAME": "x"})[0]

    assert code == "ERROR_ELEMENT_ALREADY_EXISTS"


def test_an_update_clears_what_it_does_not_send(fresh: Calls) -> None:
    fresh("lists.element.update", **OF_LIST, ELEMENT_ID=2, FIELDS={"NAME": "Changed"})
    row = get(fresh, ELEMENT_ID=2)[0]

    assert (row["NAME"], [name for name in row if name.startswith("PROPERTY_")], row["SORT"]) == (
        "Changed",
        [],
        None,
    )


def test_an_update_without_a_required_field_is_refused(fresh: Calls) -> None:
    found = refusal(fresh, "lists.element.update", **OF_LIST, ELEMENT_ID=2, FIELDS={"PROPERTY_101": "x"})

    assert found == ("ERROR_ELEMENT_FIELD_VALUE", 'The field "Name" is required')


def test_a_number_is_a_number(fresh: Calls) -> None:
    fields = {"NAME": "x", "PROPERTY_102": "many"}

    assert refusal(fresh, "lists.element.update", **OF_LIST, ELEMENT_ID=2, FIELDS=fields)[1] == (
        'Value of the "Amount" field is not correct'
    )


def test_an_element_is_removed_once(fresh: Calls) -> None:
    fresh("lists.element.delete", **OF_LIST, ELEMENT_ID=2)

    assert refusal(fresh, "lists.element.delete", **OF_LIST, ELEMENT_ID=2)[0] == "ERROR_ELEMENT_NOT_FOUND"


def test_fields_come_by_their_names(fresh: Calls) -> None:
    fields = fresh("lists.field.get", **OF_LIST)

    assert (fields["PROPERTY_104"]["MULTIPLE"], fields["NAME"]["IS_REQUIRED"]) == ("Y", "Y")
