"""Values of fields that take some only: sums, bindings, closed sets with titles, related objects."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from b24orm import Binding, Money
from b24orm.errors import InvalidValue
from b24orm.models import Company, Deal, Status
from b24orm.query.closed import allowed, among, is_closed, value_of_title
from b24orm.query.values import check_value, is_missing, plain
from b24orm.schema import FieldSchema


def field(type: str, **more: Any) -> FieldSchema:
    return FieldSchema(name="x", wire="X", type=type, **more)


SUM, TIE, OPEN = field("money"), field("crm"), field("any")
TO_DEALS, TO_TWO = field("crm", enum=("D",)), field("crm", enum=("D", "C"))
COLOUR = field("enumeration", enum=("1", "2"), titles=("Red", "Blue"))
TONE = field("string", enum=("a", "b"), titles=("Alpha", "b"))
COMPANY = field("crm_company", relation="Company")


class Scalar:
    """A number as numpy has it."""

    dtype, shape = "int64", ()

    def item(self) -> int:
        return 5


class Array(Scalar):
    shape: tuple[int, ...] = (1,)


@pytest.mark.parametrize(
    ("spec", "value", "found"),
    [
        (SUM, Money("1500.50", "USD"), "1500.5|USD"),
        (SUM, "1500.50|USD", "1500.5|USD"),
        (TIE, Binding("D", 12), "D_12"),
        (TIE, "CO_3", "CO_3"),
        (TIE, 12, "12"),
        (TIE, Deal(id=4), "D_4"),
        (TO_DEALS, Binding("D", 12), "12"),
        (TO_DEALS, 12, "12"),
        (TO_TWO, Binding("C", 12), "C_12"),
        (OPEN, Money(1, "USD"), "1|USD"),
        (OPEN, Binding("D", 12), "D_12"),
        (OPEN, 1.5, Decimal("1.5")),
        (COLOUR, "Red", 1),
        (COLOUR, 2, 2),
        (TONE, "Alpha", "a"),
        (TONE, "b", "b"),
        (TONE, "", ""),
        (COMPANY, Company(id=5), 5),
        (COMPANY, Scalar(), 5),
    ],
)
def test_a_value_becomes_what_the_server_compares(spec: FieldSchema, value: Any, found: Any) -> None:
    checked = check_value("Deal", spec, "exact", value)

    assert (checked, type(checked)) == (found, type(found))


@pytest.mark.parametrize(
    ("spec", "value", "why"),
    [
        (SUM, Money(5), "a Money with its currency"),
        (SUM, "many", "a Money with its currency"),
        (SUM, 5, "a Money with its currency"),
        (TIE, "D-12", "a Binding, an object of a CRM model"),
        (TO_DEALS, Binding("C", 12), "one of D, as in 'D_12'"),
        (TO_TWO, Binding("L", 12), "one of D, C, as in 'D_12'"),
        (TO_TWO, 12, "one of D, C, as in 'D_12'"),
        (COLOUR, "Rad", r"one of 1 \('Red'\), 2 \('Blue'\); did you mean 'Red'"),
        (COLOUR, "1", "an int, as 1"),
        (COLOUR, 3, r"one of 1 \('Red'\)"),
        (TONE, "c", r"one of a \('Alpha'\), b"),
        (COMPANY, Deal(id=5), "an int, or a Company"),
        (COMPANY, Company(), "an int, or a Company that was saved"),
        (COMPANY, Array(), "an int"),
        (COMPANY, True, "an int"),
    ],
)
def test_another_is_refused(spec: FieldSchema, value: Any, why: str) -> None:
    with pytest.raises(InvalidValue, match=why):
        check_value("Deal", spec, "exact", value)


@pytest.mark.parametrize(
    ("spec", "text", "value"),
    [
        (field("string", enum=("a", "b"), titles=("b", "c")), "b", "b"),  # a value itself is no title
        (field("string", enum=("a", "b"), titles=("b", "c")), "c", "b"),
        (field("integer", relation="Category", enum=("0", "1"), titles=("Sales", "Care")), "Care", 1),
        (COLOUR, "Rad", "Rad"),
    ],
)
def test_a_title_stands_for_its_value(spec: FieldSchema, text: str, value: Any) -> None:
    assert value_of_title(spec, text) == value


@pytest.mark.parametrize(("count", "end"), [(40, "39"), (41, "39, ...")])
def test_of_a_long_set_the_first_values_are_shown(count: int, end: str) -> None:
    spec = field("enumeration", enum=tuple(str(number) for number in range(count)))

    assert allowed(spec, None).endswith(f", 38, {end}")


@pytest.mark.parametrize(
    ("spec", "given", "kept"),
    [
        (TIE, Binding("D", 12), Binding("D", 12)),
        (TO_DEALS, Binding("D", 12), Binding("", 12)),
        (TO_DEALS, Binding("", 12), Binding("", 12)),
        (TO_TWO, Binding("C", 12), Binding("C", 12)),
        (TO_TWO, Binding("", 12), None),
        (TO_TWO, Binding("L", 12), None),
    ],
)
def test_a_binding_is_kept_as_short_as_it_is_clear(spec: FieldSchema, given: Binding, kept: Any) -> None:
    assert among(spec, given) == kept


def test_the_bounds_of_a_range_need_not_be_of_the_set() -> None:
    assert check_value("Deal", COLOUR, "range", (0, 9)) == (0, 9)


@pytest.mark.parametrize("value", ["", None])
def test_no_value_can_be_told_apart_from_others(value: Any) -> None:
    assert check_value("Deal", TONE, "ne", value) == value


def test_an_object_stands_for_the_value_that_the_field_equals() -> None:
    stage = field("crm_status", relation="Status", relation_key="status_id")

    assert check_value("Deal", stage, "exact", Status(id=5, status_id="NEW")) == "NEW"


def test_the_id_takes_an_object_of_its_own_entity() -> None:
    key = FieldSchema(name="id", wire="ID", type="integer")

    assert check_value("Deal", key, "in", [Deal(id=3), 4]) == (3, 4)
    with pytest.raises(InvalidValue, match="an int, or a Deal in its list"):
        check_value("Deal", key, "in", [Company(id=3)])


@pytest.mark.parametrize(
    ("spec", "closed"),
    [
        (COLOUR, True),
        (TONE, True),
        (field("crm_status", enum=("A",)), True),
        (field("enumeration", enum=("1",)), True),
        (field("integer", enum=("1",)), False),
        (field("integer", enum=("1",), titles=("One",)), True),
        (field("char", enum=("Y", "N")), False),
        (field("string"), False),
        (field("string", enum=("a",)), True),
        (field("char", enum=("Y", "N", "A")), True),
        (field("boolean", enum=("Y", "N"), titles=("Yes", "No")), False),
    ],
)
def test_a_set_is_closed_where_its_values_are_names(spec: FieldSchema, closed: bool) -> None:
    assert is_closed(spec) is closed


@pytest.mark.parametrize(
    ("lookup", "value", "hint"),
    [
        ("exact", ["a"], "one of several is x__in$"),
        ("gt", None, "rows without a value are found by x=None$"),
        ("range", (None, 5), "two bounds; for one alone there are __gte and __lte"),
        ("gt", ["a"], r"\(list\)$"),
    ],
)
def test_a_refusal_says_what_to_write_instead(lookup: str, value: Any, hint: str) -> None:
    with pytest.raises(InvalidValue, match=hint):
        check_value("Deal", field("integer"), lookup, value)


@pytest.mark.parametrize("value", [float("nan"), Decimal("NaN"), Decimal("sNaN")], ids=repr)
def test_what_is_no_number_is_missing(value: Any) -> None:
    assert is_missing(value)


@pytest.mark.parametrize("value", [0.0, Decimal(0), "nan", None, float("inf")], ids=repr)
def test_everything_else_is_there(value: Any) -> None:
    assert not is_missing(value)


def test_only_single_values_of_numpy_are_taken_out() -> None:
    array = Array()

    assert (plain(Scalar()), plain(array)) == (5, array)
