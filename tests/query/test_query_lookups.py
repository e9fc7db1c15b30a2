"""Which lookups fit which kind of field, and which of them a list method honours."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pytest

from b24orm.query.lookups import KINDS, LOOKUPS, kind_of, lookups_for
from b24orm.schema import Dialect, FieldSchema, ListSchema

EQUAL: Final = ("exact", "ne", "in")
ORDERED: Final = (*EQUAL, "gt", "gte", "lt", "lte", "range")
PARTS: Final = ("contains", "icontains")
BEGINS: Final = ("startswith", "istartswith")
PATTERNS: Final = (*BEGINS, "endswith", "iendswith")
NULL: Final = ("isnull",)
ALL: Final = ("=", "!=", "!", ">", ">=", "<", "<=", "%", "=%", "%=")


def field(type: str, **more: Any) -> FieldSchema:
    return FieldSchema(name="f", wire="F", type=type, **more)


def honoured(dialect: Dialect, spec: FieldSchema, *operators: str, **more: Any) -> tuple[str, ...]:
    listing = ListSchema(name="some.list", filter="filter", dialect=dialect, operators=operators, **more)
    return lookups_for(listing, spec)


# -- kinds -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "types"),
    [
        ("integer", ["integer", "int", "crm_enum_ownertype", "crm_enum_contenttype"]),
        ("reference", ["user", "employee", "crm_company", "crm_category", "iblock_element", "hlblock"]),
        ("number", ["double"]),
        ("money", ["money"]),
        ("address", ["address"]),
        ("binding", ["crm"]),
        ("string", ["string", "text", "url", "location"]),
        ("status", ["crm_status", "crm_currency", "enumeration"]),
        ("boolean", ["char", "boolean"]),
        ("date", ["date"]),
        ("datetime", ["datetime"]),
        ("multifield", ["crm_multifield"]),
        ("none", ["file", "object", "array", "", "any"]),
    ],
)
def test_each_type_is_of_a_kind(kind: str, types: list[str]) -> None:
    assert [kind_of(field(each)) for each in types] == [kind] * len(types)


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        (field("char", enum=("Y", "N")), "boolean"),
        (field("char", enum=("Y",)), "boolean"),
        (field("char", enum=("Y", "N", "A")), "status"),
        (field("boolean", enum=("1", "0")), "boolean"),
        (field("enumeration", enum=("1", "20")), "integer"),
        (field("enumeration", enum=("-1", "1")), "integer"),
        (field("enumeration", enum=("1", "x")), "status"),
        (field("string", enum=("1", "2")), "string"),
        (field("integer", relation="Company"), "reference"),
        (replace(field("integer", relation="Company"), name="id"), "integer"),
        (field("string", relation="Status"), "string"),
    ],
)
def test_what_is_known_of_its_values_tells_more(spec: FieldSchema, kind: str) -> None:
    assert kind_of(spec) == kind


# -- dialects ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dialect", "type", "lookups"),
    [
        ("classic", "integer", (*ORDERED, *NULL)),
        ("classic", "double", (*ORDERED, *NULL)),
        ("classic", "user", (*ORDERED, *NULL)),
        ("classic", "date", (*ORDERED, *NULL)),
        ("classic", "string", (*EQUAL, *PARTS, *PATTERNS, *NULL)),
        ("classic", "crm_status", (*EQUAL, *NULL)),
        ("classic", "char", ("exact", "ne")),
        ("classic", "crm_multifield", ("startswith",)),
        ("classic", "money", (*EQUAL, *NULL)),
        ("classic", "address", (*BEGINS, *NULL)),
        ("classic", "crm", (*EQUAL, *NULL)),
        ("classic", "file", ()),
        ("orm", "integer", ORDERED),  # NULL and 0 are one thing to it
        ("orm", "double", ORDERED),
        ("orm", "user", (*ORDERED, *NULL)),
        ("orm", "string", (*EQUAL, *PARTS, *PATTERNS, *NULL)),
        ("orm", "crm_multifield", ()),
        ("tasks", "string", (*EQUAL, *PARTS)),
        ("tasks", "datetime", ORDERED),
        ("user", "string", (*EQUAL, *PARTS, *PATTERNS)),
        ("user", "integer", ORDERED),
        ("iblock", "string", (*EQUAL, *PARTS)),
        ("iblock", "address", ()),
        ("plain", "integer", ("exact", "in")),
        ("plain", "string", ("exact", "in")),
        ("v3", "integer", ("exact", "in", "gt", "gte", "lt", "lte", "range")),
        ("v3", "string", ("exact", "in")),
        ("equality", "integer", ("exact",)),
        ("flat", "string", ("exact",)),
        ("none", "integer", ()),
    ],
)
def test_a_dialect_honours_what_it_can_say(dialect: Dialect, type: str, lookups: tuple[str, ...]) -> None:
    assert honoured(dialect, field(type)) == lookups


def test_an_exclusion_is_honoured_by_rest_3_where_every_row_has_a_value() -> None:
    assert "ne" in honoured("v3", field("integer", nullable=False))


def test_a_field_that_the_method_can_t_filter_by_has_no_lookups() -> None:
    assert honoured("classic", field("integer", filterable=False)) == ()


@pytest.mark.parametrize(
    ("type", "lookups"),
    [
        ("integer", ("exact", "in")),
        ("user", ("exact", "in")),
        ("crm", ("exact", "in")),
        ("string", ()),
        ("date", ()),
    ],
)
def test_of_several_values_one_can_be_asked_for_if_it_is_a_number_or_a_binding(
    type: str, lookups: tuple[str, ...]
) -> None:
    assert honoured("orm", field(type, multiple=True)) == lookups


@pytest.mark.parametrize(("type", "asked"), [("double", False), ("integer", True)])
def test_of_a_list_of_prices_some_methods_make_1(type: str, asked: bool) -> None:
    assert ("in" in honoured("orm", field(type), casts_lists=True)) is asked


@pytest.mark.parametrize("type", ["date", "datetime"])
@pytest.mark.parametrize(("nullable", "asked"), [(True, False), (False, True)])
def test_such_methods_can_t_ask_for_no_date(type: str, nullable: bool, asked: bool) -> None:
    assert ("ne" in honoured("orm", field(type, nullable=nullable), casts_lists=True)) is asked


# -- prefixes ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operators", "lost"),
    [
        (ALL, set[str]()),
        (("=",), {"ne", "gt", "gte", "lt", "lte", "range"}),
        ((">", ">=", "<", "<=", "!"), set[str]()),
        ((">", ">=", "<", "<=", "!="), set[str]()),
        (("!", ">", ">=", "<"), {"lte", "range"}),
        (("!", ">", "<", "<="), {"gte", "range"}),
        (("!", ">=", "<="), {"gt", "lt"}),
    ],
    ids=["all", "=", "no =", "!= alone", "no <=", "no >=", "no > nor <"],
)
@pytest.mark.parametrize("dialect", ["plain", "user", "iblock"])
def test_a_comparison_needs_its_prefix(dialect: Dialect, operators: tuple[str, ...], lost: set[str]) -> None:
    assert set(honoured(dialect, field("integer"), *operators)) == set(ORDERED) - lost


@pytest.mark.parametrize(
    ("dialect", "operators", "lookups"),
    [
        ("user", ALL, {*EQUAL, *PARTS, *PATTERNS}),
        ("user", ("!=", "%"), {*EQUAL, *PARTS}),
        ("user", ("!=", "=%"), {*EQUAL, *PATTERNS}),
        ("plain", ALL, {*EQUAL, *PARTS}),  # of patterns nothing is known there
        ("plain", ("!=",), {*EQUAL}),
        ("iblock", ("!=", "%"), {*EQUAL, *PARTS}),
        ("tasks", ("=",), {*EQUAL, *PARTS}),  # has rules of its own
        ("classic", ("=",), {*EQUAL, *PARTS, *PATTERNS, *NULL}),
    ],
)
def test_a_search_needs_its_prefix(dialect: Dialect, operators: tuple[str, ...], lookups: set[str]) -> None:
    assert set(honoured(dialect, field("string"), *operators)) == lookups


# -- shapes ------------------------------------------------------------------------------


@pytest.mark.parametrize(("shape", "lookups"), [("many", {"in"}), ("pair", {"range"}), ("flag", {"isnull"})])
def test_all_other_lookups_take_one_value(shape: str, lookups: set[str]) -> None:
    assert {name for name in LOOKUPS if LOOKUPS[name] == shape} == lookups


def test_a_field_of_any_type_may_be_asked_for_anything() -> None:
    assert KINDS["any"] == tuple(LOOKUPS)
