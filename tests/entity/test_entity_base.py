"""Objects: partial, typed, comparable, and aware of what was changed."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import pytest

from b24orm.entity.rows import hydrate
from b24orm.errors import FieldNotLoaded, InvalidValue, RelationNotLoaded, UnknownName
from b24orm.models import Company, Contact, Deal, Item


def deal(**row: Any) -> Deal:
    """A deal as it was fetched."""
    (found,) = hydrate(
        Deal, [{"ID": "5", "TITLE": "a", "COMPANY_ID": "7", "UF_CRM_1": "red", **row}], "raise"
    )
    return found


# -- what was changed ------------------------------------------------------------------------------


def test_a_fetched_row_has_no_changes() -> None:
    assert deal().changed == ()


def test_an_assignment_is_a_change() -> None:
    found = deal()
    found.title = "b"
    found.opportunity = Decimal(5)

    assert found.changed == ("opportunity", "title")


def test_an_assigned_user_field_is_a_change() -> None:
    found = deal()
    found.UF_CRM_1 = "blue"

    assert (found.changed, found.UF_CRM_1) == (("UF_CRM_1",), "blue")


def test_a_changed_field_remembers_what_it_held() -> None:
    found = deal()
    found.title = "b"
    found.title = "c"

    assert found.before("title") == "a"


def test_a_new_row_has_changed_what_it_was_given() -> None:
    assert Deal(title="a", opportunity=5).changed == ("opportunity", "title")


def test_a_new_row_holds_nothing_else() -> None:
    with pytest.raises(FieldNotLoaded):
        _ = Deal(title="a").opportunity


def test_what_the_server_is_known_to_hold_is_no_change() -> None:
    found = deal()
    found.title = "b"
    found.unchanged(title="b")

    assert (found.changed, found.title) == ((), "b")


def test_changes_of_one_row_are_not_another_s() -> None:
    one, two = hydrate(Deal, [{"ID": "1", "TITLE": "a"}, {"ID": "2", "TITLE": "a"}], "raise")
    one.title = "b"

    assert (two.changed, two.title) == ((), "a")


# -- assignments -----------------------------------------------------------------------------------


def test_an_assigned_value_is_validated() -> None:
    found = deal()
    found.opportunity = "10.50"  # type: ignore[assignment]

    assert found.opportunity == Decimal("10.50")


def test_a_value_that_does_not_fit_is_refused_and_changes_nothing() -> None:
    found = deal()

    with pytest.raises(InvalidValue, match=r"Deal\.opportunity can't be 'ten'"):
        found.opportunity = "ten"  # type: ignore[assignment]
    assert found.changed == ()


def test_rest_s_and_the_relation_s_names_may_be_assigned() -> None:
    found = deal()
    found.STAGE_ID = "WON"  # type: ignore[attr-defined]
    found.company = 9  # type: ignore[assignment]

    assert (found.stage_id, found.company_id) == ("WON", 9)


def test_a_row_can_not_be_made_another_one() -> None:
    row = deal(ID="7", TITLE="t")

    with pytest.raises(
        InvalidValue, match=r"this is the row 7; get the other one with Deal.objects.get\(id=9\)"
    ):
        row.id = 9


def test_a_new_row_may_be_told_its_id() -> None:
    row = Deal(title="t")
    row.id = 9

    assert row.pk == 9


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean 'title'"):
        deal().tilte = "b"  # type: ignore[attr-defined]


def test_a_constructor_refuses_unknown_names_too() -> None:
    with pytest.raises(UnknownName, match="Deal has no field 'tilte'; did you mean 'title'"):
        Deal(tilte="a")  # type: ignore[call-arg]


def test_a_constructor_refuses_values_that_do_not_fit() -> None:
    with pytest.raises(InvalidValue, match=r"Deal\.opportunity can't be 'ten'"):
        Deal(opportunity="ten")


def test_a_field_given_under_two_names_is_refused() -> None:
    with pytest.raises(InvalidValue, match="given twice"):
        Deal(stage_id="A", STAGE_ID="B")  # type: ignore[call-arg]


def test_so_is_a_user_field_given_in_two_spellings() -> None:
    with pytest.raises(InvalidValue, match=r"Deal\.UF_CRM_1 is given twice: also as 'uf_crm_1'"):
        Deal(UF_CRM_1="red", uf_crm_1="blue")  # type: ignore[call-arg]


# -- reading -----------------------------------------------------------------------------------------


def test_an_unknown_attribute_is_an_attribute_error_with_the_nearest() -> None:
    with pytest.raises(AttributeError, match="Deal has no attribute 'tilte'; did you mean 'title'"):
        _ = deal().tilte  # type: ignore[attr-defined]


def test_hasattr_tells_what_is_loaded() -> None:
    found = deal()

    assert (hasattr(found, "title"), hasattr(found, "opportunity"), hasattr(found, "UF_CRM_9")) == (
        True,
        False,
        False,
    )


def test_a_relation_that_was_not_fetched_says_how_to_get_it() -> None:
    with pytest.raises(
        RelationNotLoaded, match=r"select_related\('company'\), or .*Company\.objects\.get\(id=7\)"
    ):
        _ = deal().company


def test_a_related_row_that_is_given_is_at_hand() -> None:
    found, company = deal(), Company(id=8, title="Acme")
    found.company = company

    assert (found.company, found.company_id, found.changed) == (company, 8, ("company_id",))


def test_another_key_lets_the_related_row_go() -> None:
    found = Deal(company=Company(id=8))
    found.company_id = 9

    with pytest.raises(RelationNotLoaded, match=r"Company\.objects\.get\(id=9\)"):
        _ = found.company


def test_a_field_of_a_new_row_that_was_not_given_is_not_known() -> None:
    with pytest.raises(
        FieldNotLoaded, match=r"Deal\.comments is not known: it was not given, and the row is not saved"
    ):
        _ = Deal(title="a").comments


def test_a_relation_to_nothing_is_none() -> None:
    assert deal(COMPANY_ID="0").company is None


def test_a_relation_of_a_row_without_the_id_is_not_loaded() -> None:
    with pytest.raises(FieldNotLoaded, match="company_id"):
        _ = Deal(title="a").company


def test_belonging_rows_that_were_not_fetched_say_how_to_get_them() -> None:
    with pytest.raises(RelationNotLoaded, match="prefetch_related"):
        list(deal().contacts)


def test_a_repr_shows_the_first_values() -> None:
    shown = repr(deal(OPPORTUNITY="5", STAGE_ID="WON", CLOSED="Y"))

    assert (shown.startswith("Deal(id=5, title='a'"), shown.endswith("...)")) == (True, True)


# -- equality, copies --------------------------------------------------------------------------------


def test_rows_are_equal_by_their_ids() -> None:
    assert deal() == deal(TITLE="b")


@pytest.mark.parametrize(
    "other",
    [deal(ID="6"), Contact(name="a"), 5, None, Deal(title="a")],
    ids=["id", "class", "int", "None", "new"],
)
def test_other_rows_differ(other: object) -> None:
    assert deal() != other


def test_rows_of_another_entity_with_the_same_id_differ() -> None:
    (company,) = hydrate(Company, [{"ID": "5"}], "raise")

    assert deal() != company


def test_a_new_row_equals_only_itself() -> None:
    one, two = Deal(title="a"), Deal(title="a")

    assert (one == one, one == two) == (True, False)


def test_equal_rows_count_once_in_a_set() -> None:
    assert len({deal(), deal(TITLE="b"), deal(ID="6"), Deal(), Deal()}) == 4


CARRIERS = pytest.mark.parametrize(
    "carry",
    [lambda row: pickle.loads(pickle.dumps(row)), copy.copy, copy.deepcopy, lambda row: row.model_copy()],
    ids=["pickle", "copy", "deepcopy", "model_copy"],
)


@CARRIERS
def test_a_copy_has_the_same_values_and_gaps(carry: Callable[[Deal], Deal]) -> None:
    found = carry(deal())

    assert (found.id, found.title, dict(found.extra), hasattr(found, "opportunity")) == (
        5,
        "a",
        {"UF_CRM_1": "red"},
        False,
    )


@CARRIERS
def test_a_copy_has_the_same_changes(carry: Callable[[Deal], Deal]) -> None:
    original = deal()
    original.title = "b"
    found = carry(original)

    assert (found.changed, found.title) == (("title",), "b")


@CARRIERS
def test_changing_a_copy_leaves_the_original(carry: Callable[[Deal], Deal]) -> None:
    original = deal()
    found = carry(original)
    found.title = "b"
    found.UF_CRM_1 = "blue"

    assert (original.title, original.changed, original.UF_CRM_1) == ("a", (), "red")


# -- subclasses with constants -------------------------------------------------------------------------


def test_a_subclass_may_fix_a_parameter() -> None:
    class Contract(Item, entity_type_id=1038):
        """A smart process."""

    assert Contract.__schema__.fixed_params == {"entityTypeId": 1038}


def test_an_unknown_parameter_is_refused_with_the_nearest() -> None:
    with pytest.raises(InvalidValue, match="did you mean 'entity_type_id'"):

        class Contract(Item, entity_type=1038):
            """A smart process."""


def test_each_model_has_its_own_exceptions() -> None:
    assert (issubclass(Deal.DoesNotExist, Contact.DoesNotExist), Deal.DoesNotExist.__qualname__) == (
        False,
        "Deal.DoesNotExist",
    )


# -- what a value that does not fit is told ---------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "hint"),
    [
        ("closedate", "01.02.2024", "a text such as '2026-03-01'"),
        ("closedate", datetime(2024, 2, 1, 12, tzinfo=timezone.utc), "take its date"),
        ("last_activity_time", "soon", "a text such as '2026-03-01T18:00"),
        ("opportunity", "1 000,50", "a text such as '1500.50'; its currency is a field of its own"),
        ("company", "Acme", "it takes a Company, or its id"),
        ("probability", "much", "it takes an int"),
    ],
)
def test_a_value_that_does_not_fit_is_told_what_does(field: str, value: Any, hint: str) -> None:
    with pytest.raises(InvalidValue, match=hint):
        Deal(**{field: value})
    with pytest.raises(InvalidValue, match=hint):
        setattr(Deal(), field, value)


def test_one_entry_of_several_may_be_a_dict() -> None:
    loose: Any = {"VALUE": "+7 900 1", "VALUE_TYPE": "HOME"}
    contact = Contact(phone=loose)
    assert [(entry.value, entry.value_type) for entry in contact.phone] == [("+7 900 1", "HOME")]


def test_what_is_no_entry_is_told_what_is() -> None:
    loose: Any = 5
    with pytest.raises(InvalidValue, match="it takes a text, a MultiField, or a list of them"):
        Contact(phone=loose)


@pytest.mark.parametrize(
    ("how", "dumped"),
    [
        ({"include": {"title", "UF_CRM_1"}}, {"title": "a", "UF_CRM_1": "red"}),
        ({"include": {"title"}}, {"title": "a"}),
        ({"include": {"id", "UF_CRM_2"}, "exclude_none": True}, {"id": 5}),
        ({"include": {"id", "UF_CRM_2"}}, {"id": 5, "UF_CRM_2": None}),
        ({"include": {"id", "UF_CRM_1"}, "exclude": {"UF_CRM_1"}}, {"id": 5}),
    ],
    ids=["both", "a field", "no None", "None", "less what is excluded"],
)
def test_a_dump_holds_what_it_is_told_to_user_fields_too(how: dict[str, Any], dumped: dict[str, Any]) -> None:
    assert deal(UF_CRM_2=None).model_dump(**how) == dumped


def test_a_user_field_that_was_not_fetched_is_told_with_the_nearest() -> None:
    with pytest.raises(FieldNotLoaded, match=r"Deal\.UF_CRM_2 was not loaded: .* did you mean 'UF_CRM_1'"):
        _ = deal().UF_CRM_2  # type: ignore[attr-defined]
