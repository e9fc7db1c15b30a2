"""What a write sends of a row: what was set or changed, in the server's terms, and nothing that it would refuse."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from b24orm.entity.dump import added, changed, everything, fields_of, repeatable
from b24orm.entity.rows import hydrate
from b24orm.entity.types import MultiField
from b24orm.errors import InvalidValue
from b24orm.models import CatalogProduct, Contact, ContactItem, Deal, Item, ListElement, TaskV3

WHOLE = "WHOLE"
NOON = datetime(2024, 2, 1, 12, tzinfo=timezone.utc)


def fetched(model: Any, **row: Any) -> Any:
    """A row as it was fetched."""
    (found,) = hydrate(model, [row], "raise")
    return found


def deal(**row: Any) -> Any:
    return fetched(Deal, **{"ID": "5", "TITLE": "a", "CATEGORY_ID": "0", "UF_CRM_1": "red", **row})


# -- new rows ----------------------------------------------------------------------------


def test_a_new_row_sends_what_was_given_by_the_names_of_add() -> None:
    row = Deal(title="a", stage="WON", UF_CRM_1="red")  # type: ignore[call-arg]

    assert added(row) == {"TITLE": "a", "STAGE_ID": "WON", "UF_CRM_1": "red"}


def test_of_a_new_row_nothing_is_cleared_but_an_empty_text_is_one() -> None:
    row = Deal(title="", comments=None, contact_ids=[], UF_CRM_1=None)  # type: ignore[call-arg]

    assert added(row) == {"TITLE": "", "UF_CRM_1": ""}


def test_what_a_list_needs_beside_its_rows_is_no_field() -> None:
    assert added(Item(entity_type_id=2, title="a")) == {"title": "a"}


def test_what_a_list_needs_and_a_row_has_is_one() -> None:
    assert added(CatalogProduct(iblock_id=5, name="a")) == {"iblockId": 5, "name": "a"}


def test_a_field_that_the_portal_sets_can_t_be_given() -> None:
    with pytest.raises(InvalidValue, match=r"^Deal\.date_create is read-only: the portal sets it$"):
        added(Deal(title="a", date_create=NOON))  # type: ignore[call-arg]


def test_a_field_that_can_t_be_changed_later_can_be_given() -> None:
    assert added(Deal(category_id=3)) == {"CATEGORY_ID": 3}


@pytest.mark.parametrize("given", [{}, {"title": ""}, {"title": None}])
def test_a_new_row_without_what_it_needs_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue, match="^a new TaskV3 needs title$"):
        added(TaskV3(creator_id=1, responsible_id=1, **given))


def test_everything_that_is_lacking_is_named_at_once() -> None:
    with pytest.raises(InvalidValue, match="^a new TaskV3 needs title, creator_id, responsible_id$"):
        added(TaskV3())


def test_phones_of_a_new_row_are_entries() -> None:
    row = Contact(phone=["+1", MultiField(value="+2", value_type="HOME")])

    assert added(row) == {"PHONE": [{"VALUE": "+1"}, {"VALUE": "+2", "VALUE_TYPE": "HOME"}]}


def test_a_row_made_from_another_has_all_that_can_be_given_at_any_time() -> None:
    given: dict[str, Any] = {"COMMENTS": None, "CONTACT_IDS": [], "STAGE_ID": "WON", "CATEGORY_ID": "3"}
    row = deal(DATE_CREATE="2024-02-01T12:00:00+00:00", **given)

    assert fields_of(row) == {"TITLE": "a", "STAGE_ID": "WON"}


# -- changes -----------------------------------------------------------------------------


def test_an_update_sends_what_was_changed() -> None:
    row = deal()
    row.stage_id, row.UF_CRM_1 = "WON", "blue"

    assert changed(row) == {"STAGE_ID": "WON", "UF_CRM_1": "blue"}


def test_or_what_it_is_told_to_send() -> None:
    row = deal()
    row.stage_id, row.UF_CRM_1, row.UF_CRM_2 = "WON", "blue", 7

    assert changed(row, ["title", "UF_CRM_2"]) == {"TITLE": "a", "UF_CRM_2": 7}


@pytest.mark.parametrize("only", [None, ["id", "title"]])
def test_the_id_says_which_row_it_is_and_is_not_sent(only: list[str] | None) -> None:
    row = deal()
    row.title = "b"

    assert changed(row, only) == {"TITLE": "b"}


def test_what_was_not_fetched_can_t_be_sent() -> None:
    with pytest.raises(
        InvalidValue, match="this Deal has no stage_id to be sent: it was neither fetched nor given"
    ):
        changed(deal(), ["stage_id"])


def test_a_field_that_can_t_be_changed_is_refused() -> None:
    row = deal()
    row.category_id = 3

    for only in (None, ["UF_CRM_1", "category_id"]):
        with pytest.raises(InvalidValue, match=r"Deal\.category_id can't be changed once the Deal exists"):
            changed(row, only)


def test_what_a_list_needs_beside_its_rows_is_no_change() -> None:
    row = Item(entity_type_id=2, title="a", id=5)

    assert (changed(row), changed(row, ["entity_type_id", "title"])) == ({"title": "a"}, {"title": "a"})


def test_none_clears_and_a_list_stays_one() -> None:
    row = deal(STAGE_ID="WON")
    row.comments, row.contact_ids, row.UF_CRM_1, row.UF_CRM_2 = None, [1, 2], None, (None, 5)

    assert changed(row) == {"COMMENTS": "", "CONTACT_IDS": [1, 2], "UF_CRM_1": "", "UF_CRM_2": ["", 5]}


PHONES = [{"ID": "7", "VALUE": "+1"}, {"ID": "8", "VALUE": "+2"}]


def test_of_phones_the_difference_is_sent() -> None:
    row = fetched(Contact, ID="5", PHONE=PHONES)
    row.phone = [row.phone[0], "+3"]

    assert changed(row) == {"PHONE": [{"ID": 8, "DELETE": "Y"}, {"VALUE": "+3"}]}


def test_phones_that_did_not_change_are_not_sent_though_they_are_named() -> None:
    row = fetched(Contact, ID="5", NAME="A", PHONE=PHONES)

    assert changed(row, ["name", "phone"]) == {"NAME": "A"}


@pytest.mark.parametrize(
    "before",
    [{}, {"PHONE": [{"VALUE": "+1"}]}, {"PHONE": [*PHONES, {"VALUE": "+3"}]}],
    ids=["not fetched", "without ids", "without one id"],
)
def test_phones_whose_entries_are_not_known_can_t_be_changed(before: dict[str, Any]) -> None:
    row = fetched(Contact, ID="5", **before)
    row.phone = ["+3"]

    with pytest.raises(InvalidValue, match=r"Contact\.phone can't be changed: its entries were not fetched"):
        changed(row)


def test_entries_of_every_type_are_told_apart_by_it() -> None:
    row = fetched(ContactItem, id=5, fm=[{"id": 7, "value": "+1", "typeId": "PHONE"}])
    row.fm = [MultiField(value="a@x.org", type_id="EMAIL")]

    assert changed(row) == {
        "fm": {"7": {"typeId": "PHONE", "value": ""}, "n0": {"typeId": "EMAIL", "value": "a@x.org"}}
    }


# -- REST 3.0 ----------------------------------------------------------------------------


def test_rest_3_takes_null_and_values_as_they_are() -> None:
    row = fetched(TaskV3, id=5, title="a")
    row.deadline, row.needs_control, row.description = NOON, True, None

    assert changed(row) == {"deadline": NOON, "needsControl": True, "description": None}


def test_rest_3_takes_no_moment_without_its_zone() -> None:
    row = fetched(TaskV3, id=5)
    row.deadline = NOON.replace(tzinfo=None)

    with pytest.raises(InvalidValue, match=r"TaskV3\.deadline takes a datetime that knows its zone"):
        changed(row)


# -- rows that are saved whole -------------------------------------------------------------


def test_what_the_portal_would_clear_is_sent_again() -> None:
    row = fetched(ListElement, ID="5", NAME="a", PREVIEW_TEXT=None, PROPERTY_7={"1": "x"}, WHOLE=1)

    assert everything(row, WHOLE) == {"NAME": "a", "PROPERTY_7": {"1": "x"}}


def test_a_row_that_was_fetched_in_part_can_t_be_saved_whole() -> None:
    with pytest.raises(
        InvalidValue, match=r"clears every field of a ListElement .* call refresh_from_db\(\) first"
    ):
        everything(fetched(ListElement, ID="5", NAME="a"), WHOLE)


# -- twice -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "twice"),
    [
        ({"TITLE": "a", "COMMENTS": None}, True),
        ({"PHONE": [{"ID": 7, "VALUE": "+1"}, {"ID": 8, "DELETE": "Y"}]}, True),
        ({"PHONE": [{"ID": 7, "VALUE": "+1"}, {"VALUE": "+2"}]}, False),
        ({"fm": {"7": {"value": "+1"}}}, True),
        ({"fm": {"7": {"value": "+1"}, "n0": {"value": "+2"}}}, False),
        ({"TITLE": "a", "UF_FILE": {"fileData": ["a.txt", "YQ=="]}}, False),
        ({"UF_FILES": [{"id": 7}, {"fileData": ["a.txt", "YQ=="]}]}, False),
        ({"UF_FILES": [{"id": 7}]}, True),
        ({}, True),
    ],
)
def test_only_what_adds_something_can_t_be_sent_twice(sent: dict[str, Any], twice: bool) -> None:
    assert repeatable(sent) is twice
