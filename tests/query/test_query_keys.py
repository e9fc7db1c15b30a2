"""A keyword of ``filter`` taken apart: Django's spellings and REST's own."""

from __future__ import annotations

import re
from typing import Any

import pytest

from b24orm.errors import InvalidValue, UnknownName, Unsupported
from b24orm.facts import load
from b24orm.query.keys import parsed

DEAL = load("Deal")


def told(key: str, value: object = "x") -> tuple[str, str, bool, Any]:
    named, found = parsed(DEAL, key, value)
    return named.field.name, named.lookup, named.negated, found


@pytest.mark.parametrize(
    ("prefix", "lookup", "negated"),
    [
        ("=", "exact", False),
        ("!", "exact", True),
        ("!=", "exact", True),
        (">", "gt", False),
        (">=", "gte", False),
        ("<", "lt", False),
        ("<=", "lte", False),
        ("!>", "gt", True),
        ("!>=", "gte", True),
        ("!<", "lt", True),
        ("!<=", "lte", True),
        ("@", "in", False),
        ("!@", "in", True),
        ("%", "contains", False),
        ("!%", "contains", True),
        ("><", "range", False),
        ("!><", "range", True),
    ],
)
def test_each_operator_of_rest_is_a_lookup(prefix: str, lookup: str, negated: bool) -> None:
    assert told(f"{prefix}TITLE") == ("title", lookup, negated, "x")


@pytest.mark.parametrize(
    ("key", "value", "lookup", "negated", "text"),
    [
        ("=%TITLE", "x%", "startswith", False, "x"),
        ("=%TITLE", "%x", "endswith", False, "x"),
        ("=%TITLE", "%x%", "contains", False, "x"),
        ("=%TITLE", "x", "exact", False, "x"),
        ("%=TITLE", "x%", "startswith", False, "x"),
        ("!=%TITLE", "x%", "startswith", True, "x"),
        ("!%=TITLE", "%x", "endswith", True, "x"),
    ],
)
def test_a_pattern_is_the_lookup_that_it_says(
    key: str, value: str, lookup: str, negated: bool, text: str
) -> None:
    assert told(key, value) == ("title", lookup, negated, text)


@pytest.mark.parametrize("value", ["a%b%", "a_b%", 5])
def test_a_pattern_that_no_lookup_says_is_refused(value: Any) -> None:
    with pytest.raises(InvalidValue, match="TITLE"):
        parsed(DEAL, "=%TITLE", value)


@pytest.mark.parametrize(
    ("key", "value", "lookup"),
    [
        ("=STAGE_ID", ["NEW"], "in"),
        ("!STAGE_ID", ("NEW",), "in"),
        ("STAGE_ID", {"NEW"}, "in"),
        ("stage_id", ["NEW"], "exact"),  # Django's spelling wants __in, and is told so later
        ("stage", ["NEW"], "exact"),
        ("UF_CRM_1", ["NEW"], "in"),
        ("uf_crm_1", ["NEW"], "exact"),
        ("STAGE_ID", "NEW", "exact"),
        ("company_id", [5], "exact"),
        ("COMPANY_ID", [5], "in"),
    ],
)
def test_a_list_under_rest_s_own_name_means_one_of_these(key: str, value: Any, lookup: str) -> None:
    assert told(key, value)[1] == lookup


@pytest.mark.parametrize(("key", "lookup"), [("property_7", "exact"), ("PROPERTY_7", "in")])
def test_so_it_does_for_the_properties_of_an_element(key: str, lookup: str) -> None:
    assert parsed(load("ListElement"), key, ["a"])[0].lookup == lookup


@pytest.mark.parametrize(
    ("key", "error", "why"),
    [
        ("!!TITLE", UnknownName, "unknown operator '!!'"),
        ("title__iexact", UnknownName, "compares without regard to capitals"),
        ("title__regex", UnknownName, "title__contains or title__startswith"),
        ("begindate__year", UnknownName, "begindate__gte=..., begindate__lt="),
        ("title__contain", UnknownName, "did you mean 'contains'"),
        ("company__id", UnknownName, "company=... compares its id"),
        ("company__title", UnknownName, "Company.objects.filter"),
        ("company__title__contains", Unsupported, "looks into Deal.company"),
        ("title_contains", UnknownName, "did you mean 'title__contains'"),
        ("pk", UnknownName, "its id is 'id'"),
        ("titel", UnknownName, "did you mean 'title'"),
    ],
)
def test_a_key_that_means_nothing_is_refused_with_what_was_meant(
    key: str, error: type[Exception], why: str
) -> None:
    with pytest.raises(error, match=why.replace("..", r"\.\.")):
        parsed(DEAL, key, "x")


@pytest.mark.parametrize(
    ("lookup", "write"),
    [
        *[(name, "title__ne=") for name in ("not", "neq", "noteq", "not_eq", "isnot")],
        *[(name, "title=") for name in ("eq", "equals", "is")],
        *[(name, "title__contains=") for name in ("like", "ilike", "has", "match")],
        *[(name, "exclude(title__in=[") for name in ("notin", "not_in", "nin")],
        *[(name, "title__isnull=True") for name in ("null", "is_null", "empty", "isempty", "isblank")],
        ("between", "title__range=(lower, upper)"),
        *[(name, "title__gte=") for name in ("ge", "min", "after", "since")],
        *[(name, "title__lte=") for name in ("le", "max")],
        ("before", "title__lt="),
    ],
)
def test_what_others_call_a_lookup_is_told_as_it_is_called_here(lookup: str, write: str) -> None:
    with pytest.raises(UnknownName, match=rf"; write {re.escape(write)}"):
        parsed(DEAL, f"title__{lookup}", "x")


def test_so_it_is_of_a_relation() -> None:
    with pytest.raises(UnknownName, match="; write company__ne="):
        parsed(DEAL, "company__not", 5)


@pytest.mark.parametrize(
    "part",
    [
        "date",
        "time",
        "year",
        "iso_year",
        "quarter",
        "month",
        "week",
        "week_day",
        "day",
        "hour",
        "minute",
        "second",
    ],
)
def test_a_moment_is_not_taken_apart(part: str) -> None:
    with pytest.raises(UnknownName, match="; say when it begins and ends: begindate__gte="):
        parsed(DEAL, f"begindate__{part}", 5)


@pytest.mark.parametrize("lookup", ["regex", "iregex", "search"])
def test_no_method_searches_by_expressions(lookup: str) -> None:
    with pytest.raises(UnknownName, match="; use title__contains or title__startswith"):
        parsed(DEAL, f"title__{lookup}", "x")


@pytest.mark.parametrize(
    ("key", "name", "lookup"),
    [
        ("UF_CRM__A", "UF_CRM__A", "exact"),  # two underscores in its own name
        ("uf_crm__a__in", "UF_CRM__A", "in"),
        ("uf_crm_1__in", "UF_CRM_1", "in"),
        (">UF_CRM__A", "UF_CRM__A", "gt"),
    ],
)
def test_names_of_user_fields_are_the_portal_s(key: str, name: str, lookup: str) -> None:
    assert told(key)[:2] == (name, lookup)


@pytest.mark.parametrize(
    ("key", "error", "why"),
    [
        ("uf_crm_1__contain", UnknownName, "no lookup 'contain' for Deal.uf_crm_1; did you mean 'contains'"),
        ("cmpany__title__contains", UnknownName, "no field 'cmpany' to filter by; did you mean 'company'"),
        ("title__upper__contains", Unsupported, "looks into Deal.title: no method can"),
        (">TITLE__x", UnknownName, "no field 'TITLE__x' to filter by"),
        ("TITLE!", UnknownName, "no field 'TITLE!' to filter by"),
        (">TITLE x", UnknownName, "no field '>TITLE x' to filter by"),
    ],
)
def test_a_key_that_is_half_right_is_refused(key: str, error: type[Exception], why: str) -> None:
    with pytest.raises(error, match=re.escape(why)):
        parsed(DEAL, key, "x")
