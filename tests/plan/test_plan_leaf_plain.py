"""Conditions for methods of which only the documentation is known: nothing that depends on NULL or on patterns."""

from __future__ import annotations

from typing import Any

import pytest

from b24orm.errors import Unsupported
from b24orm.plan.leaves import spell
from b24orm.query.nodes import Condition
from b24orm.schema import FieldSchema

ALL = ("=", "!=", "!", "@", "!@", ">", ">=", "<", "<=", "%")


def condition(lookup: str, value: Any, negated: bool) -> Condition:
    return Condition(FieldSchema(name="f", wire="F", type="integer"), lookup, value, negated)


@pytest.mark.parametrize(
    ("lookup", "value", "negated", "pair"),
    [
        ("exact", 5, False, ("=F", 5)),
        ("exact", 5, True, ("!=F", 5)),
        ("in", (3, 5), False, ("@F", (3, 5))),
        ("in", (3, 5), True, ("!@F", (3, 5))),
        ("gt", 5, False, (">F", 5)),
        ("gte", 5, False, (">=F", 5)),
        ("lt", 5, False, ("<F", 5)),
        ("lte", 5, False, ("<=F", 5)),
        ("contains", "x", False, ("%F", "x")),
        ("icontains", "x", False, ("%F", "x")),
    ],
)
def test_what_the_documentation_lists_is_said(lookup: str, value: Any, negated: bool, pair: Any) -> None:
    assert spell(condition(lookup, value, negated), "plain", ALL) == ((pair,),)


@pytest.mark.parametrize(
    ("lookup", "value", "negated", "pair"),
    [
        ("exact", 5, False, ("F", 5)),
        ("in", (3, 5), False, ("F", (3, 5))),
        ("exact", 5, True, ("!F", 5)),
    ],
)
def test_a_prefix_that_the_method_lacks_is_said_by_another(
    lookup: str, value: Any, negated: bool, pair: Any
) -> None:
    assert spell(condition(lookup, value, negated), "plain", ("!", ">")) == ((pair,),)


@pytest.mark.parametrize(
    ("lookup", "value", "negated", "why"),
    [
        ("gt", 5, True, "reads empty values is not known; use the opposite comparison"),
        ("contains", "x", True, "reads empty values is not known; filter the rows in Python"),
        ("startswith", "x", False, "knows patterns is not known; use __contains"),
        ("endswith", "x", True, "knows patterns is not known; use __contains"),
        ("isnull", True, False, "reads empty values is not known; filter the rows in Python"),
    ],
)
def test_what_it_does_not_tell_is_refused(lookup: str, value: Any, negated: bool, why: str) -> None:
    with pytest.raises(Unsupported, match=why):
        spell(condition(lookup, value, negated), "plain", ALL)


@pytest.mark.parametrize(
    ("lookup", "value", "negated", "prefix"),
    [
        ("gt", 5, False, ">"),
        ("exact", 5, True, "!="),
        ("in", (3, 5), True, "!@"),
        ("contains", "x", False, "%"),
    ],
)
def test_a_prefix_without_another_is_refused(lookup: str, value: Any, negated: bool, prefix: str) -> None:
    with pytest.raises(Unsupported, match=f"the method knows no '{prefix}'"):
        spell(condition(lookup, value, negated), "plain", ("<",))
