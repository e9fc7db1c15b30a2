"""A keyword of ``filter`` taken apart: Django's spellings and REST's own."""

from __future__ import annotations

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
    ],
)
def test_a_list_under_rest_s_own_name_means_one_of_these(key: str, value: Any, lookup: str) -> None:
    assert told(key, value)[1] == lookup


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
