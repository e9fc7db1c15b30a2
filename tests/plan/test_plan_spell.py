"""What every dialect has in common: ranges, user fields, values kept as texts, prefixes that a method lacks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from b24orm.errors import Unsupported
from b24orm.plan.leaf import is_zero
from b24orm.plan.leaves import spell
from b24orm.query.nodes import Condition
from b24orm.schema import Dialect, FieldSchema

NUMBER = FieldSchema(name="f", wire="F", type="integer")
CUSTOM = FieldSchema(name="UF_X", wire="UF_X", type="any")


def asked(lookup: str, value: Any, *, negated: bool = False, field: FieldSchema = NUMBER) -> Condition:
    return Condition(field, lookup, value, negated)


# -- ranges ------------------------------------------------------------------------------


def test_a_range_is_two_comparisons() -> None:
    assert spell(asked("range", (3, 5)), "classic") == (((">=F", 3), ("<=F", 5)),)


def test_outside_a_range_is_one_of_two() -> None:
    spelled = spell(asked("range", (3, 5), negated=True), "classic")

    assert spelled == ((("!>=F", 3),), (("!<=F", 5),))


def test_a_range_heeds_the_prefixes_of_the_method() -> None:
    with pytest.raises(Unsupported, match="the method knows no '<='"):
        spell(asked("range", (3, 5)), "user", (">=", "<"))


# -- user fields -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "sent"), [((True, False, 5), (1, 0, 5)), (("a", True), ("a", 1)), (("a", "b"), ("a", "b"))]
)
def test_flags_in_a_list_of_a_user_field_are_1_and_0(value: Any, sent: Any) -> None:
    (((_, found),),) = spell(asked("in", value, field=CUSTOM), "orm")

    assert [(type(one), one) for one in found] == [(type(one), one) for one in sent]


@pytest.mark.parametrize("word", ["red", "a1", "r"])
def test_a_word_is_looked_for_in_texts_whose_inequality_finds_the_empty_ones(word: str) -> None:
    assert spell(asked("exact", word, negated=True, field=CUSTOM), "orm") == ((("!=UF_X", word),),)


@pytest.mark.parametrize("value", [5, "5", "1a", ("a", "5")])
def test_what_may_be_a_number_needs_the_empty_ones_beside_it(value: Any) -> None:
    spelled = spell(
        asked("in" if isinstance(value, tuple) else "exact", value, negated=True, field=CUSTOM), "orm"
    )

    assert spelled == ((("!=UF_X", value),), (("=UF_X", ""),))


def test_user_fields_take_every_prefix_whatever_the_method_lists() -> None:
    assert spell(asked("startswith", "a", field=CUSTOM), "user", ("=",)) == ((("=%UF_X", "a%"),),)


def test_but_not_where_nothing_is_known_of_the_method() -> None:
    with pytest.raises(Unsupported, match="the method knows no '%'"):
        spell(asked("contains", "a", field=CUSTOM), "plain", ("=",))


def test_in_a_classic_list_they_are_read_as_in_an_item_list() -> None:
    assert spell(asked("in", ("a", ""), field=CUSTOM), "classic") == ((("=UF_X", ("a", "")),),)


def test_a_user_field_of_a_model_of_ones_own_is_one_by_its_name() -> None:
    score = FieldSchema(name="score", wire="UF_SCORE", type="integer")

    assert spell(asked("in", (0, 5), field=score), "classic") == (
        (("@UF_SCORE", (5,)),),
        ((">UF_SCORE", -1), ("<UF_SCORE", 1)),
    )


def test_a_list_with_a_date_in_it_is_said_one_by_one() -> None:
    values = (date(2024, 2, 1), "soon")

    assert spell(asked("in", values, field=CUSTOM), "orm") == ((("=UF_X", values[0]),), (("=UF_X", "soon"),))


# -- what is said of a refusal ---------------------------------------------------------------


@pytest.mark.parametrize(("negated", "shown"), [(False, "filter"), (True, "exclude")])
def test_a_refusal_shows_what_was_asked(negated: bool, shown: str) -> None:
    title = FieldSchema(name="title", wire="TITLE", type="string")

    with pytest.raises(Unsupported, match=rf"^{shown}\(title__startswith='50%'\): "):
        spell(asked("startswith", "50%", field=title, negated=negated), "orm")


@pytest.mark.parametrize(
    ("value", "zero"),
    [(0, True), (Decimal("0.00"), True), (1, False), (False, False), ("0", False), (None, False)],
)
def test_only_a_number_is_0(value: Any, zero: bool) -> None:
    assert is_zero(value) is zero


# -- values kept as texts ------------------------------------------------------------------


@pytest.mark.parametrize("type", ["money", "address", "crm"])
def test_what_is_kept_as_text_is_empty_as_texts_are(type: str) -> None:
    assert spell(asked("isnull", True, field=FieldSchema(name="f", wire="F", type=type)), "orm") == (
        (("=F", ""),),
    )


@pytest.mark.parametrize("type", ["money", "address", "crm"])
def test_so_its_inequality_finds_the_empty_ones(type: str) -> None:
    spec = FieldSchema(name="f", wire="F", type=type)

    assert spell(asked("exact", "x", negated=True, field=spec), "orm") == ((("!=F", "x"),),)


@pytest.mark.parametrize(
    ("lookup", "sent"), [("startswith", "x%"), ("istartswith", "x%"), ("endswith", "%x"), ("iendswith", "%x")]
)
def test_a_pattern_is_open_on_one_side(lookup: str, sent: str) -> None:
    title = FieldSchema(name="title", wire="TITLE", type="string")

    assert spell(asked(lookup, "x", field=title), "orm") == ((("=%TITLE", sent),),)


# -- information blocks --------------------------------------------------------------------


def test_information_blocks_compare_as_an_item_list_does_where_they_can() -> None:
    assert spell(asked("exact", 5, negated=True), "iblock") == ((("!=F", 5),), (("=F", 0),))


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        (asked("gt", 5, negated=True), "use the opposite comparison"),
        (asked("startswith", "x"), "use __contains"),
        (asked("isnull", True), "filter the rows in Python"),
    ],
)
def test_and_tell_nothing_of_patterns_and_of_null(condition: Condition, why: str) -> None:
    with pytest.raises(Unsupported, match=why):
        spell(condition, "iblock")


# -- prefixes ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "operators", "key"),
    [
        (asked("exact", 5), ("=",), "=F"),
        (asked("exact", 5), ("!",), "F"),
        (asked("in", (3, 5)), ("@",), "@F"),
        (asked("in", (3, 5)), ("=",), "F"),
        (asked("exact", 5, negated=True), ("!=", "!"), "!=F"),
        (asked("exact", 5, negated=True), ("!",), "!F"),
        (asked("gt", 5, negated=True), ("@",), "!>F"),  # whoever reads lists by @ reads it too
        (asked("lte", 5, negated=True), (">", "@"), "!<=F"),
    ],
)
def test_a_prefix_is_sent_as_the_method_knows_it(
    condition: Condition, operators: Sequence[str], key: str
) -> None:
    (((found, _),),) = spell(condition, "classic", operators)

    assert found == key


@pytest.mark.parametrize(
    ("condition", "operators", "prefix"),
    [
        (asked("gt", 5), ("@", ">="), ">"),
        (asked("exact", 5, negated=True), ("=",), "!="),
        (asked("gt", 5, negated=True), (">", "!"), "!>"),
        (asked("in", (3, 5), negated=True), ("=", "!="), "!"),
    ],
)
def test_a_prefix_that_the_method_has_not_is_refused(
    condition: Condition, operators: Sequence[str], prefix: str
) -> None:
    with pytest.raises(Unsupported, match=f"the method knows no '{prefix}'"):
        spell(condition, "classic", operators)


def test_rest_3_has_operators_and_no_prefixes() -> None:
    assert spell(asked("in", (3, 5)), "v3", ("=", "in")) == ((("@F", (3, 5)),),)


def test_groups_made_for_the_method_have_no_prefix() -> None:
    title = FieldSchema(name="title", wire="TITLE", type="string")
    (pairs,) = spell(asked("in", ("a", "b"), negated=True, field=title), "tasks", ("!=",))

    assert [key for key, _ in pairs] == ["::SUBFILTER-!=TITLE-a", "::SUBFILTER-!=TITLE-b"]


EQUAL: tuple[Dialect, ...] = ("equality", "flat")


@pytest.mark.parametrize("dialect", EQUAL)
def test_where_only_equality_is_known_the_bare_name_says_it(dialect: Dialect) -> None:
    assert spell(asked("exact", 5), dialect) == ((("F", 5),),)


@pytest.mark.parametrize("dialect", EQUAL)
@pytest.mark.parametrize(
    ("condition", "why"),
    [
        (asked("exact", 5, negated=True), "knows equality only"),
        (asked("in", (3, 5)), "knows equality only"),
        (asked("exact", ""), "an empty value for no condition"),
    ],
)
def test_and_nothing_else(dialect: Dialect, condition: Condition, why: str) -> None:
    with pytest.raises(Unsupported, match=why):
        spell(condition, dialect)
