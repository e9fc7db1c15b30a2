"""Pages of the server's rows become objects, or errors that say which value of which row is wrong."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b24orm.entity.rows import InvalidRowWarning, hydrate, typed
from b24orm.errors import FieldNotLoaded, InvalidRow
from b24orm.models import Contact, Deal, SmartInvoice, Status

QUICK = settings(max_examples=100, derandomize=True, deadline=None)

ROW = {
    "ID": "5",
    "TITLE": "Deal",
    "OPPORTUNITY": "10.50",
    "STAGE_ID": "WON",
    "COMPANY_ID": "0",
    "CLOSED": "Y",
    "BEGINDATE": "2024-08-30T03:00:00+03:00",
    "UF_CRM_1": "red",
}


def deal(**changes: Any) -> Deal:
    """A deal hydrated from a row."""
    row = {key: value for key, value in {**ROW, **changes}.items() if value is not ...}
    (found,) = hydrate(Deal, [row], "raise")
    return found


def test_a_row_becomes_typed_attributes() -> None:
    found = deal()

    assert (found.id, found.title, found.opportunity, found.company_id, found.closed, found.begindate) == (
        5,
        "Deal",
        Decimal("10.50"),
        None,
        True,
        date(2024, 8, 30),
    )


def test_camel_case_rows_become_the_same_attributes() -> None:
    (found,) = hydrate(SmartInvoice, [{"id": 5, "stageId": "DT31_1:N", "opportunity": 10.5}], "raise")

    assert (found.id, found.stage_id, found.opportunity) == (5, "DT31_1:N", Decimal("10.5"))


def test_a_field_that_the_row_lacks_is_not_loaded() -> None:
    with pytest.raises(FieldNotLoaded, match=r"Deal\.title was not loaded: add it to only\(\)"):
        _ = deal(TITLE=...).title


def test_a_field_that_is_null_is_none() -> None:
    assert deal(TITLE=None).title is None


def test_rows_of_a_page_may_have_different_fields() -> None:
    first, second = hydrate(Deal, [{"ID": "1", "TITLE": "a"}, {"ID": "2"}], "raise")

    assert first.title == "a"
    with pytest.raises(FieldNotLoaded):
        _ = second.title


def test_rows_of_a_page_may_have_their_fields_in_another_order() -> None:
    rows = [{"ID": "1", "TITLE": "a"}, {"TITLE": "b", "ID": "2"}]

    assert [(row.id, row.title) for row in hydrate(Deal, rows, "raise")] == [(1, "a"), (2, "b")]


def test_an_empty_page_is_no_objects() -> None:
    assert hydrate(Deal, [], "raise") == []


def test_phones_become_values_with_their_kinds() -> None:
    row = {"ID": "1", "PHONE": [{"ID": "7", "VALUE": "+7", "VALUE_TYPE": "WORK", "TYPE_ID": "PHONE"}]}
    (found,) = hydrate(Contact, [row], "raise")

    assert [(phone.value, phone.value_type) for phone in found.phone] == [("+7", "WORK")]


# -- user fields -----------------------------------------------------------------------------------


def test_user_fields_keep_the_server_s_spelling_and_value() -> None:
    assert dict(deal().extra) == {"UF_CRM_1": "red"}


@pytest.mark.parametrize("name", ["UF_CRM_1", "uf_crm_1"])
def test_user_fields_are_attributes_in_both_spellings(name: str) -> None:
    assert getattr(deal(), name) == "red"


def test_a_user_field_that_the_row_lacks_is_not_loaded() -> None:
    with pytest.raises(FieldNotLoaded, match="UF_CRM_2 was not loaded"):
        _ = deal().UF_CRM_2


def test_extra_fields_can_t_be_changed_in_place() -> None:
    with pytest.raises(TypeError):
        deal().extra["UF_CRM_1"] = "blue"  # type: ignore[index]


# -- values that do not fit -------------------------------------------------------------------------


def test_a_value_that_does_not_fit_names_entity_id_field_type_and_value() -> None:
    with pytest.raises(
        InvalidRow, match=r"^Deal 5: opportunity \(double\) can't be read from 'ten': .*decimal"
    ):
        deal(OPPORTUNITY="ten")


def test_the_bad_row_of_a_page_is_named() -> None:
    rows = [{"ID": str(key), "OPPORTUNITY": "ten" if key == 33 else "1"} for key in range(50)]

    with pytest.raises(InvalidRow, match="^Deal 33: "):
        hydrate(Deal, rows, "raise")


def test_a_row_without_an_id_is_named_by_its_value() -> None:
    with pytest.raises(InvalidRow, match="can't be read from 'ten'"):
        hydrate(Deal, [{"OPPORTUNITY": "ten"}], "raise")


@pytest.mark.parametrize("row", ["text", 5, None, ["ID"]])
@pytest.mark.parametrize("on_invalid", ["raise", "keep"])
def test_what_is_no_row_is_never_kept(row: Any, on_invalid: Any) -> None:
    with pytest.raises(InvalidRow):
        hydrate(Deal, [row], on_invalid)


def test_a_bad_value_may_be_kept_as_it_came_with_a_warning() -> None:
    row = {**ROW, "OPPORTUNITY": "ten"}

    with pytest.warns(InvalidRowWarning, match="Deal 5: opportunity"):
        (found,) = hydrate(Deal, [row], "keep")
    assert (found.opportunity, found.title, dict(found.extra)) == ("ten", "Deal", {"UF_CRM_1": "red"})


def test_several_bad_values_are_kept_together() -> None:
    row = {**ROW, "OPPORTUNITY": "ten", "BEGINDATE": "soon"}

    with pytest.warns(InvalidRowWarning):
        (found,) = hydrate(Deal, [row], "keep")
    assert (found.opportunity, found.begindate, found.closed) == ("ten", "soon", True)


def test_the_good_rows_beside_a_bad_one_are_typed() -> None:
    with pytest.warns(InvalidRowWarning):
        rows = typed(Deal, [{"ID": "1", "OPPORTUNITY": "x"}, {"ID": "2", "OPPORTUNITY": "5"}], "keep")

    assert [row["opportunity"] for row in rows] == ["x", Decimal(5)]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=3,
)


@pytest.mark.filterwarnings("ignore::b24orm.entity.rows.InvalidRowWarning")
@QUICK
@given(values=st.dictionaries(st.sampled_from(sorted(f.wire for f in Deal.__schema__.fields.values())), JSON))
def test_whatever_the_server_sends_can_be_kept(values: dict[str, Any]) -> None:
    (found,) = hydrate(Deal, [values], "keep")

    assert len(vars(found)) == len(values)


@QUICK
@given(
    values=st.dictionaries(st.sampled_from(sorted(f.wire for f in Status.__schema__.fields.values())), JSON)
)
def test_what_does_not_fit_is_always_an_invalid_row(values: dict[str, Any]) -> None:
    try:
        hydrate(Status, [values], "raise")
    except InvalidRow as error:
        assert str(error).startswith("Status ")
