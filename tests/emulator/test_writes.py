"""Adds, updates and deletes: what is taken, what is dropped, what is answered."""

from __future__ import annotations

from typing import Any

import pytest

from b24orm.emulator.answers import Refusal
from tests.emulator.calls import Calls, empty_portal


@pytest.fixture
def portal() -> Calls:
    return empty_portal()


def refusal(portal: Calls, method: str, **params: Any) -> tuple[str, str]:
    """Code and text of a refusal."""
    with pytest.raises(Refusal) as caught:
        portal(method, **params)
    return caught.value.code, caught.value.description


def deal(portal: Calls, **fields: Any) -> dict[str, Any]:
    """A new deal as crm.deal.get answers it."""
    row: dict[str, Any] = portal("crm.deal.get", id=portal("crm.deal.add", fields=fields))
    return row


# ---- classic rows


def test_an_add_answers_the_number(portal: Calls) -> None:
    assert portal("crm.deal.add", fields={"TITLE": "x"}) == 1


def test_an_add_without_fields_makes_an_empty_deal(portal: Calls) -> None:
    assert portal("crm.deal.get", id=portal("crm.deal.add"))["TITLE"] == "Deal #1"


def test_an_update_and_a_delete_answer_true(portal: Calls) -> None:
    number = portal("crm.deal.add")

    assert (portal("crm.deal.update", id=number, fields={}), portal("crm.deal.delete", id=number)) == (
        True,
        True,
    )


@pytest.mark.parametrize("method", ["crm.deal.get", "crm.deal.update", "crm.deal.delete"])
@pytest.mark.parametrize("number", [0, -1, "x", None, []])
def test_a_number_that_is_none(portal: Calls, method: str, number: Any) -> None:
    assert refusal(portal, method, id=number) == ("", "ID is not defined or invalid.")


@pytest.mark.parametrize("method", ["crm.deal.get", "crm.deal.update", "crm.deal.delete"])
def test_a_row_that_is_not_there(portal: Calls, method: str) -> None:
    assert refusal(portal, method, id=404) == ("", "Not found")


def test_a_second_delete_finds_nothing(portal: Calls) -> None:
    number = portal("crm.contact.add", fields={"NAME": "Ada"})
    portal("crm.contact.delete", id=number)

    assert refusal(portal, "crm.contact.delete", id=number) == ("", "Not found")


@pytest.mark.parametrize("method", ["crm.deal.add", "crm.lead.add", "crm.contact.add", "crm.company.add"])
def test_fields_that_are_no_map(portal: Calls, method: str) -> None:
    assert refusal(portal, method, fields="x") == ("", "Parameter 'fields' must be array.")


def test_names_nobody_knows_vanish_without_a_word(portal: Calls) -> None:
    row = deal(portal, TITEL="typo", title="lower case", ID=99, DATE_CREATE="2020-01-01")

    assert (row["ID"], row["TITLE"], row["DATE_CREATE"]) == ("1", "Deal #1", "2023-11-15T01:13:20+03:00")


def test_import_lets_the_systems_dates_be_set(portal: Calls) -> None:
    fields = {"DATE_CREATE": "2020-01-01T00:00:00+03:00", "CREATED_BY_ID": 2}
    number = portal("crm.deal.add", fields=fields, params={"IMPORT": True})
    row = portal("crm.deal.get", id=number)

    assert (row["DATE_CREATE"], row["CREATED_BY_ID"]) == ("2020-01-01T00:00:00+03:00", "2")


def test_the_pipeline_of_a_deal_stays(portal: Calls) -> None:
    number = portal("crm.deal.add", fields={"CATEGORY_ID": 1})
    portal("crm.deal.update", id=number, fields={"CATEGORY_ID": 0})

    assert portal("crm.deal.get", id=number)["CATEGORY_ID"] == "1"


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("TITLE", 10, "10"),
        ("OPPORTUNITY", "10.5", "10.50"),
        ("OPPORTUNITY", 1000, "1000.00"),
        ("PROBABILITY", "7 of 10", "7"),
        ("PROBABILITY", None, "0"),
        ("COMMENTS", None, ""),
        ("COMMENTS", ["a"], "Array"),
        ("OPENED", "N", "N"),
        ("CLOSEDATE", "2024-05-06", "2024-05-06T03:00:00+03:00"),
        ("CLOSEDATE", "", ""),
        ("CLOSEDATE", "06.05.2024 10:00", "2024-05-06T03:00:00+03:00"),
    ],
)
def test_values_are_cast_and_never_refused(portal: Calls, name: str, value: Any, shown: str) -> None:
    assert deal(portal, **{name: value})[name] == shown


@pytest.mark.parametrize("value", [None, "next autumn", []])
def test_a_day_that_can_not_be_read_leaves_the_old_one(portal: Calls, value: Any) -> None:
    number = portal("crm.deal.add", fields={"CLOSEDATE": "2024-05-06"})
    portal("crm.deal.update", id=number, fields={"CLOSEDATE": value})

    assert portal("crm.deal.get", id=number)["CLOSEDATE"] == "2024-05-06T03:00:00+03:00"


def test_an_empty_text_clears_a_day(portal: Calls) -> None:
    number = portal("crm.deal.add", fields={"CLOSEDATE": "2024-05-06"})
    portal("crm.deal.update", id=number, fields={"CLOSEDATE": ""})

    assert portal("crm.deal.get", id=number)["CLOSEDATE"] == ""


def test_a_currency_that_is_not_there(portal: Calls) -> None:
    assert refusal(portal, "crm.deal.add", fields={"CURRENCY_ID": "XXX"})[0] == ""


def test_a_won_deal_is_closed_and_says_so(portal: Calls) -> None:
    number = portal("crm.deal.add", fields={"STAGE_ID": "NEW"})
    portal("crm.deal.update", id=number, fields={"STAGE_ID": "WON"})
    row = portal("crm.deal.get", id=number)

    assert (row["STAGE_SEMANTIC_ID"], row["CLOSED"], row["PREVIOUS_STAGE_ID"]) == ("S", "Y", "NEW")


def test_a_new_deal_in_a_stage_of_another_pipeline_stands_in_the_first(portal: Calls) -> None:
    assert deal(portal, CATEGORY_ID=1, STAGE_ID="WON")["STAGE_ID"] == "C1:NEW"


def test_a_stage_nobody_knows_leaves_a_deal_where_it_is(portal: Calls) -> None:
    number = portal("crm.deal.add", fields={"STAGE_ID": "PREPARATION"})
    portal("crm.deal.update", id=number, fields={"STAGE_ID": "NOPE"})

    assert portal("crm.deal.get", id=number)["STAGE_ID"] == "PREPARATION"


def test_whoever_writes_is_remembered(portal: Calls) -> None:
    number = portal.answer("crm.deal.add", user_id=2).result
    portal.answer("crm.deal.update", user_id=3, id=number, fields={"TITLE": "x"})
    row = portal("crm.deal.get", id=number)

    assert (row["CREATED_BY_ID"], row["MODIFY_BY_ID"], row["ASSIGNED_BY_ID"]) == ("2", "3", "2")


# ---- phones and addresses


def phones(portal: Calls, number: int) -> list[tuple[str, str]]:
    """Numbers and values of a contact's phones."""
    return [(entry["ID"], entry["VALUE"]) for entry in portal("crm.contact.get", id=number).get("PHONE", [])]


@pytest.fixture
def ada(portal: Calls) -> int:
    number: int = portal(
        "crm.contact.add", fields={"NAME": "Ada", "PHONE": [{"VALUE": "+1"}, {"VALUE": "+2"}]}
    )
    return number


def test_phones_of_a_new_contact(portal: Calls, ada: int) -> None:
    assert portal("crm.contact.get", id=ada)["PHONE"][0] == {
        "ID": "1",
        "VALUE_TYPE": "WORK",
        "VALUE": "+1",
        "TYPE_ID": "PHONE",
    }


def test_sending_phones_again_doubles_them(portal: Calls, ada: int) -> None:
    portal("crm.contact.update", id=ada, fields={"PHONE": [{"VALUE": "+1"}, {"VALUE": "+2"}]})

    assert phones(portal, ada) == [("1", "+1"), ("2", "+2"), ("3", "+1"), ("4", "+2")]


@pytest.mark.parametrize(
    ("entry", "left"),
    [
        ({"ID": 1, "VALUE": "+9"}, [("1", "+9"), ("2", "+2")]),
        ({"ID": "1", "DELETE": "Y"}, [("2", "+2")]),
        ({"ID": 1, "VALUE": ""}, [("2", "+2")]),
        ({"VALUE": ""}, [("1", "+1"), ("2", "+2")]),
        ({"ID": 77, "VALUE": "+9"}, [("1", "+1"), ("2", "+2")]),
    ],
)
def test_a_phone_with_its_number_is_changed_or_removed(
    portal: Calls, ada: int, entry: dict[str, Any], left: list[tuple[str, str]]
) -> None:
    portal("crm.contact.update", id=ada, fields={"PHONE": [entry]})

    assert phones(portal, ada) == left


def test_a_contact_knows_whether_it_has_a_phone(portal: Calls, ada: int) -> None:
    before = portal("crm.contact.get", id=ada)["HAS_PHONE"]
    portal(
        "crm.contact.update", id=ada, fields={"PHONE": [{"ID": 1, "DELETE": "Y"}, {"ID": 2, "DELETE": "Y"}]}
    )

    assert (before, portal("crm.contact.get", id=ada)["HAS_PHONE"]) == ("Y", "N")


def test_a_contact_without_phones_has_no_such_key(portal: Calls) -> None:
    assert "PHONE" not in portal("crm.contact.get", id=portal("crm.contact.add", fields={"NAME": "Bob"}))


# ---- bound rows


def test_contacts_of_a_deal_are_replaced_as_a_whole(portal: Calls) -> None:
    number = portal("crm.deal.add", fields={"CONTACT_IDS": [5, 6]})
    portal("crm.deal.update", id=number, fields={"CONTACT_IDS": [7]})

    assert [row["CONTACT_ID"] for row in portal("crm.deal.contact.items.get", id=number)] == [7]


def test_the_first_contact_is_the_primary_one(portal: Calls) -> None:
    assert deal(portal, CONTACT_IDS=[5, 6])["CONTACT_ID"] == "5"


def test_a_filter_by_contact_means_the_primary_one(portal: Calls) -> None:
    deal(portal, CONTACT_IDS=[5, 6])

    assert (
        portal.ids("crm.deal.list", filter={"CONTACT_ID": 5}),
        portal.ids("crm.deal.list", filter={"CONTACT_ID": 6}),
    ) == (
        [1],
        [],
    )


def test_a_binding_is_added_once(portal: Calls) -> None:
    contact = portal("crm.contact.add", fields={"NAME": "Ada"})
    number = portal("crm.deal.add")
    answers = [portal("crm.deal.contact.add", id=number, fields={"CONTACT_ID": contact}) for _ in range(2)]

    assert answers == [True, False]


def test_a_binding_is_removed_once(portal: Calls) -> None:
    number = portal("crm.deal.add", fields={"CONTACT_ID": 5})
    answers = [portal("crm.deal.contact.delete", id=number, fields={"CONTACT_ID": 5}) for _ in range(2)]

    assert answers == [True, False]


def test_items_set_keeps_the_named_primary(portal: Calls) -> None:
    number = portal("crm.deal.add")
    portal(
        "crm.deal.contact.items.set",
        id=number,
        items=[{"CONTACT_ID": 1}, {"CONTACT_ID": 2, "IS_PRIMARY": "Y"}],
    )

    assert [
        (row["CONTACT_ID"], row["IS_PRIMARY"]) for row in portal("crm.deal.contact.items.get", id=number)
    ] == [
        (1, "N"),
        (2, "Y"),
    ]


def test_product_rows_make_the_sum(portal: Calls) -> None:
    number = portal("crm.deal.add")
    portal("crm.deal.productrows.set", id=number, rows=[{"PRODUCT_NAME": "a", "PRICE": 10.25, "QUANTITY": 2}])

    assert portal("crm.deal.get", id=number)["OPPORTUNITY"] == "20.50"


def test_a_sum_entered_by_hand_stays(portal: Calls) -> None:
    number = portal("crm.deal.add", fields={"OPPORTUNITY": 5, "IS_MANUAL_OPPORTUNITY": "Y"})
    portal("crm.deal.productrows.set", id=number, rows=[{"PRODUCT_NAME": "a", "PRICE": 10}])

    assert portal("crm.deal.get", id=number)["OPPORTUNITY"] == "5.00"


def test_product_rows_are_replaced_as_a_whole(portal: Calls) -> None:
    number = portal("crm.deal.add")
    portal("crm.deal.productrows.set", id=number, rows=[{"PRODUCT_NAME": "a"}, {"PRODUCT_NAME": "b"}])
    portal("crm.deal.productrows.set", id=number, rows=[{"ID": 2, "PRODUCT_NAME": "c"}])

    assert [(row["ID"], row["PRODUCT_NAME"]) for row in portal("crm.deal.productrows.get", id=number)] == [
        ("2", "c")
    ]


@pytest.mark.parametrize(
    ("filter", "missing"),
    [({}, "=ownerType"), ({"=ownerType": "D"}, "=ownerId"), ({"ownerType": "D"}, "=ownerType")],
)
def test_product_rows_are_listed_by_owner_only(portal: Calls, filter: dict[str, Any], missing: str) -> None:
    code, text = refusal(portal, "crm.item.productrow.list", filter=filter)

    assert (code, missing in text) == ("REQUIRED_ARG_MISSING", True)


# ---- items


def item(portal: Calls, number: int = 2, **fields: Any) -> dict[str, Any]:
    """A new item as it is answered."""
    added: dict[str, Any] = portal("crm.item.add", entityTypeId=number, fields=fields)["item"]
    return added


def test_an_added_item_comes_whole(portal: Calls) -> None:
    added = item(portal, title="x", opportunity=10.5, contactIds=[5, 6])

    assert (added["id"], added["opportunity"], added["contactId"], added["contactIds"]) == (
        1,
        10.5,
        5,
        [5, 6],
    )


def test_an_item_and_its_deal_are_one_row_and_do_not_look_alike(portal: Calls) -> None:
    added = item(portal, title="x", opportunity=10)
    row = portal("crm.deal.get", id=added["id"])

    assert ((added["id"], added["opportunity"]), (row["ID"], row["OPPORTUNITY"])) == ((1, 10), ("1", "10.00"))


def test_a_deleted_item_answers_an_empty_list(portal: Calls) -> None:
    assert portal("crm.item.delete", entityTypeId=2, id=item(portal)["id"]) == []


@pytest.mark.parametrize("method", ["crm.item.get", "crm.item.update", "crm.item.delete"])
def test_an_item_that_is_not_there(portal: Calls, method: str) -> None:
    assert refusal(portal, method, entityTypeId=2, id=404, fields={}) == ("NOT_FOUND", "Item not found")


def test_an_item_without_fields_is_refused(portal: Calls) -> None:
    assert refusal(portal, "crm.item.add", entityTypeId=2) == (
        "100",
        "Could not find value for parameter {fields}",
    )


def test_unknown_and_read_only_names_of_an_item_are_dropped(portal: Calls) -> None:
    added = item(portal, nope=1, createdTime="2020-01-01", id=7)

    assert (added["id"], added["createdTime"]) == (1, "2023-11-15T01:13:20+03:00")


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("opened", "n", "N"),
        ("opened", "y", "Y"),
        ("opened", True, "Y"),
        ("closedate", "soon", None),
        ("closedate", "2024-05-06T10:00:00+03:00", "2024-05-06T03:00:00+03:00"),
        ("companyId", "", 0),
        ("companyId", "12", 12),
        ("opportunity", "1.50", 1.5),
        ("sourceDescription", "", None),
    ],
)
def test_values_of_items(portal: Calls, name: str, value: Any, shown: Any) -> None:
    assert item(portal, **{name: value})[name] == shown


def test_a_multiple_field_takes_no_scalar(portal: Calls) -> None:
    portal.store.add_user_field("deal", "UF_CRM_TAGS", "string", multiple=True)

    assert refusal(portal, "crm.item.add", entityTypeId=2, fields={"ufCrmTags": "a"}) == (
        "100",
        "Expected iterable value for multiple field, but got string instead",
    )


def test_a_currency_of_an_item_that_is_not_there(portal: Calls) -> None:
    assert refusal(portal, "crm.item.add", entityTypeId=2, fields={"currencyId": "XXX"})[0] == (
        "CRM_FIELD_ERROR_VALUE_NOT_VALID"
    )


def test_phones_of_an_item(portal: Calls) -> None:
    added = item(portal, 3, name="Ada", fm=[{"typeId": "PHONE", "value": "+1", "valueType": "MOBILE"}])

    assert (added["fm"], added["phoneMobile"], added["phone"], added["emailWork"], added["hasPhone"]) == (
        [{"id": 1, "valueType": "MOBILE", "value": "+1", "typeId": "PHONE"}],
        "+1",
        "+1",
        "",
        "Y",
    )


def test_phones_of_an_item_are_changed_by_their_number(portal: Calls) -> None:
    added = item(portal, 3, name="Ada", fm={"n0": {"typeId": "PHONE", "value": "+1"}})
    changed = portal(
        "crm.item.update",
        entityTypeId=3,
        id=added["id"],
        fields={"fm": {"1": {"typeId": "PHONE", "value": ""}, "n0": {"typeId": "EMAIL", "value": "a@b.c"}}},
    )

    assert [(entry["typeId"], entry["value"]) for entry in changed["item"]["fm"]] == [("EMAIL", "a@b.c")]


def test_a_smart_process_lives_from_its_type_to_its_items(portal: Calls) -> None:
    made = portal("crm.type.add", fields={"title": "Cars", "isCategoriesEnabled": "Y"})["type"]
    number = made["entityTypeId"]
    added = item(portal, number)

    assert (made["isCategoriesEnabled"], added["title"], added["stageId"], added["entityTypeId"]) == (
        "Y",
        "Cars #1",
        f"DT{number}_{added['categoryId']}:NEW",
        number,
    )


def test_a_removed_smart_process_takes_its_items_along(portal: Calls) -> None:
    made = portal("crm.type.add", fields={"title": "Cars"})["type"]
    portal("crm.type.delete", id=made["id"])

    assert refusal(portal, "crm.item.list", entityTypeId=made["entityTypeId"])[0] == "NOT_FOUND"


def test_twenty_items_at_most_are_imported_at_once(portal: Calls) -> None:
    data = [{"title": str(number)} for number in range(21)]

    assert (
        refusal(portal, "crm.item.batchimport", entityTypeId=2, data=data)[0]
        == "MAX_IMPORT_BATCH_SIZE_EXCEEDED"
    )


def test_each_imported_item_fails_by_itself(portal: Calls) -> None:
    items = portal("crm.item.batchimport", entityTypeId=2, data=[{"title": "a"}, {"currencyId": "XXX"}])[
        "items"
    ]

    assert (items["0"], items["1"]["error"]) == ({"item": {"id": 1}}, "CRM_FIELD_ERROR_VALUE_NOT_VALID")


# ---- tasks


def test_a_task_needs_fields_a_title_and_a_responsible(portal: Calls) -> None:
    assert [
        refusal(portal, "tasks.task.add")[0],
        refusal(portal, "tasks.task.add", fields={"RESPONSIBLE_ID": 1})[1],
        refusal(portal, "tasks.task.add", fields={"TITLE": "x"})[1],
        refusal(portal, "tasks.task.add", fields={"TITLE": "x", "RESPONSIBLE_ID": 99})[0],
    ] == ["100", "Task title is not specified<br>", "Responsible person not specified<br>", "ERROR_CORE"]


def test_an_added_task_comes_whole(portal: Calls) -> None:
    task = portal(
        "tasks.task.add", fields={"TITLE": "x", "RESPONSIBLE_ID": 2, "AUDITORS": [3], "responsibleId": 1}
    )["task"]

    assert (task["id"], task["responsibleId"], task["auditors"], task["auditorsData"]["3"]["id"]) == (
        "1",
        "2",
        ["3"],
        "3",
    )


def test_a_task_that_is_not_there_is_an_empty_answer(portal: Calls) -> None:
    assert portal("tasks.task.get", taskId=404) == []


@pytest.mark.parametrize(
    ("params", "code"), [({}, "100"), ({"taskId": "x"}, "0"), ({"taskId": 404}, "1048582")]
)
def test_deletes_of_tasks_that_are_refused(portal: Calls, params: dict[str, Any], code: str) -> None:
    assert refusal(portal, "tasks.task.delete", **params)[0] == code


def test_a_finished_task_is_closed(portal: Calls) -> None:
    portal("tasks.task.add", fields={"TITLE": "x", "RESPONSIBLE_ID": 1})
    task = portal("tasks.task.update", taskId=1, fields={"STATUS": 5})["task"]

    assert (task["status"], task["closedDate"]) == ("5", "2023-11-15T01:13:20+03:00")


# ---- everything else


def test_a_user_needs_an_address_and_a_department(portal: Calls) -> None:
    assert [
        refusal(portal, "user.add", NAME="x"),
        refusal(portal, "user.add", EMAIL="a@b.c"),
        portal("user.add", EMAIL="a@b.c", UF_DEPARTMENT=1),
    ] == [("ERROR_ARGUMENT", "wrong_email"), ("ERROR_ARGUMENT", "no_extranet_field"), 4]


def test_a_user_is_updated_by_flat_parameters(portal: Calls) -> None:
    portal("user.update", id=2, name="Carla", ACTIVE=False)
    row = portal("user.get", ID=2)[0]

    assert (row["NAME"], row["ACTIVE"]) == ("Carla", False)


def test_an_update_of_nobody(portal: Calls) -> None:
    assert refusal(portal, "user.update", NAME="x") == ("ERROR_CORE", "access_denied")


def test_a_status_needs_a_directory_and_a_code(portal: Calls) -> None:
    assert refusal(portal, "crm.status.add", fields={}) == (
        "",
        "The field ENTITY_ID is required.\nThe field STATUS_ID is required.",
    )


def test_a_system_status_is_deleted_by_force_only(portal: Calls) -> None:
    number = int(portal("crm.status.list", filter={"ENTITY_ID": "SOURCE", "SYSTEM": "Y"})[0]["ID"])
    text = refusal(portal, "crm.status.delete", id=number)[1]

    assert ("FORCED" in text, portal("crm.status.delete", id=number, params={"FORCED": "Y"})) == (True, True)


def test_a_stage_in_use_stays(portal: Calls) -> None:
    portal("crm.deal.add", fields={"STAGE_ID": "PREPARATION"})
    number = int(
        portal("crm.status.list", filter={"STATUS_ID": "PREPARATION", "ENTITY_ID": "DEAL_STAGE"})[0]["ID"]
    )

    assert refusal(portal, "crm.status.delete", id=number) == ("", "There are active items in this status.")


def test_a_requisite_needs_its_owner(portal: Calls) -> None:
    company = portal("crm.company.add", fields={"TITLE": "Firm"})
    fields = {"ENTITY_TYPE_ID": 4, "ENTITY_ID": company, "PRESET_ID": 1}

    assert [
        refusal(portal, "crm.requisite.add", fields={})[1],
        refusal(portal, "crm.requisite.add", fields={**fields, "ENTITY_ID": 404})[1],
        portal("crm.requisite.add", fields=fields),
    ] == ["ENTITY_TYPE_ID is not defined or invalid.", "Entity not found.", 1]


def test_an_activity_needs_an_owner_and_somebody_to_talk_to(portal: Calls) -> None:
    fields = {"TYPE_ID": 2, "SUBJECT": "Call", "RESPONSIBLE_ID": 1, "OWNER_ID": 1, "OWNER_TYPE_ID": 2}
    number = portal("crm.activity.add", fields={**fields, "COMMUNICATIONS": [{"VALUE": "+1"}]})

    assert (
        refusal(portal, "crm.activity.add", fields=fields)[1],
        portal("crm.activity.get", id=number)["BINDINGS"],
    ) == ("The field COMMUNICATIONS is not defined or invalid.", [{"OWNER_ID": 1, "OWNER_TYPE_ID": 2}])


def test_the_base_currency_stays(portal: Calls) -> None:
    assert refusal(portal, "crm.currency.delete", id="usd")[0] == ""


def test_a_new_pipeline_has_stages(portal: Calls) -> None:
    category = portal("crm.category.add", entityTypeId=2, fields={"name": "B2B"})["category"]
    added = portal("crm.deal.add", fields={"CATEGORY_ID": category["id"]})

    assert portal("crm.deal.get", id=added)["STAGE_ID"] == f"C{category['id']}:NEW"


def test_departments_come_and_go(portal: Calls) -> None:
    number = portal("department.add", NAME="New", PARENT=2)
    portal("department.update", ID=number, NAME="Newer")
    row = portal("department.get", ID=number)
    portal("department.delete", ID=number)

    assert (row, portal("department.get", ID=number)) == (
        [{"ID": str(number), "NAME": "Newer", "SORT": 500, "PARENT": "2"}],
        [],
    )


def test_the_cost_of_a_write(portal: Calls) -> None:
    cost = portal.answer("crm.deal.add").cost

    assert (cost.kind, cost.rows) == ("write", 1)
