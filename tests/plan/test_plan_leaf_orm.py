"""Conditions as ``CSQLWhere`` reads them: 0 and NULL apart where they can be, refused where not.

``0`` and ``""`` under ``=`` find NULL as well; ``!=`` finds NULL in texts only; lists under ``@`` and ``!@``
hold whole numbers and texts.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from b24orm.errors import Unsupported
from b24orm.plan.leaves import spell
from b24orm.query.nodes import Condition
from b24orm.schema import FieldSchema

DAY, NEXT = date(2024, 1, 1), date(2024, 1, 2)
ZERO = ((">F", -1), ("<F", 1))
NEARLY = ((">F", Decimal("-0.000001")), ("<F", Decimal("0.000001")))


def condition(type: str, lookup: str, value: Any, negated: bool) -> Condition:
    return Condition(FieldSchema(name="f", wire="F", type=type), lookup, value, negated)


@pytest.mark.parametrize(
    ("type", "value", "spelled"),
    [
        ("integer", (3, 5), ((("@F", (3, 5)),),)),
        ("integer", (0, 5), ((("@F", (5,)),), ZERO)),
        ("integer", (0,), (ZERO,)),
        ("double", (3, 5), ((("=F", (3, 5)),),)),
        ("double", (0, 5), ((("=F", (5,)),), NEARLY)),
        ("user", (3, 5), ((("@F", (3, 5)),),)),
        ("user", (0, 5), ((("=F", (0, 5)),),)),  # whose 0 is nobody, as NULL is
        ("string", ("a", "b"), ((("@F", ("a", "b")),),)),
        ("string", ("", "a"), ((("@F", ("a",)),), (("=F", ""),))),
        ("string", ("",), ((("=F", ""),),)),
        ("date", (DAY, NEXT), ((("=F", DAY),), (("=F", NEXT),))),
        ("any", (3, 5), ((("=F", (3, 5)),),)),
    ],
)
def test_one_of_several(type: str, value: tuple[Any, ...], spelled: Any) -> None:
    assert spell(condition(type, "in", value, negated=False), "orm") == spelled


@pytest.mark.parametrize(
    ("type", "value", "spelled"),
    [
        ("integer", (3, 5), ((("!@F", (3, 5)),), (("=F", 0),))),
        ("double", (3, 5), ((("!=F", (3, 5)),), (("=F", 0),))),
        ("user", (3, 5), ((("!@F", (3, 5)),), (("=F", 0),))),
        ("user", (0, 5), ((("!@F", (0, 5)),),)),
        ("string", ("a", "b"), ((("!=F", ("a", "b")),),)),
        ("string", ("", "a"), ((("!=F", ""), ("!@F", ("a",))),)),
        ("string", ("",), ((("!=F", ""),),)),
        ("date", (DAY, NEXT), ((("!=F", DAY), ("!=F", NEXT)), (("=F", ""),))),
        ("any", (3, 5), ((("!=F", (3, 5)),), (("=F", ""),))),
        ("any", ("a", "b"), ((("!=F", ("a", "b")),),)),
    ],
)
def test_none_of_several(type: str, value: tuple[Any, ...], spelled: Any) -> None:
    assert spell(condition(type, "in", value, negated=True), "orm") == spelled


@pytest.mark.parametrize(
    ("type", "lookup", "value", "spelled"),
    [
        ("integer", "exact", 5, ((("!=F", 5),), (("=F", 0),))),
        ("user", "exact", 5, ((("!=F", 5),), (("=F", 0),))),
        ("user", "exact", 0, ((("!=F", 0),),)),
        ("string", "exact", "a", ((("!=F", "a"),),)),
        ("crm_status", "exact", "NEW", ((("!=F", "NEW"),),)),
        ("char", "exact", True, ((("!=F", True),),)),
        ("any", "exact", "0", ((("!=F", "0"),),)),
        ("date", "exact", DAY, ((("!=F", DAY),), (("=F", ""),))),
        ("integer", "gt", 0, ((("<=F", 0),), (("=F", 0),))),
        ("integer", "gte", 1, ((("<F", 1),), (("=F", 0),))),
        ("integer", "lt", 0, (((">=F", 0),), (("=F", 0),))),
        ("integer", "lte", -1, (((">F", -1),), (("=F", 0),))),
        ("user", "gt", 5, ((("<=F", 5),), (("=F", 0),))),
        ("date", "gt", DAY, ((("<=F", DAY),), (("=F", ""),))),
        ("any", "gt", DAY, ((("<=F", DAY),), (("=F", ""),))),
        ("any", "gt", "b", ((("<=F", "b"),), (("=F", ""),))),
        ("any", "gt", "5b", ((("<=F", "5b"),), (("=F", ""),))),
        ("user", "gte", 0, ((("<F", 0),), (("=F", 0),))),  # whoever is nobody has no more than 0
        ("string", "contains", "x", ((("!%F", "x"),), (("=F", ""),))),
        ("string", "startswith", "x", ((("!=%F", "x%"),), (("=F", ""),))),
    ],
)
def test_what_is_negated_finds_the_empty_ones_too(type: str, lookup: str, value: Any, spelled: Any) -> None:
    assert spell(condition(type, lookup, value, negated=True), "orm") == spelled


@pytest.mark.parametrize(
    ("type", "lookup", "value", "spelled"),
    [
        ("user", "gte", 0, (((">F", 0),),)),  # whoever is nobody is not meant
        ("user", "lt", 5, (((">F", 0), ("<F", 5)),)),
        ("integer", "gte", 0, (((">=F", 0),),)),
        ("string", "contains", "x", ((("%F", "x"),),)),
        ("string", "endswith", "x", ((("=%F", "%x"),),)),
        ("string", "isnull", True, ((("=F", ""),),)),
        ("user", "isnull", True, ((("=F", 0),),)),
    ],
)
def test_what_is_asked_for(type: str, lookup: str, value: Any, spelled: Any) -> None:
    assert spell(condition(type, lookup, value, negated=False), "orm") == spelled


@pytest.mark.parametrize(("type", "spelled"), [("string", ("!=F", "")), ("user", ("!=F", 0))])
def test_a_value_that_is_there_is_not_nothing(type: str, spelled: Any) -> None:
    assert spell(condition(type, "isnull", True, negated=True), "orm") == ((spelled,),)


@pytest.mark.parametrize(
    ("lookup", "value", "spelled"),
    [("exact", 5, ("!=F", 5)), ("gt", -1, ("<=F", -1)), ("in", (3, 5), ("!@F", (3, 5)))],
)
def test_where_every_row_has_a_value_none_is_empty(lookup: str, value: Any, spelled: Any) -> None:
    full = FieldSchema(name="f", wire="F", type="integer", nullable=False)

    assert spell(Condition(full, lookup, value, negated=True), "orm") == ((spelled,),)


@pytest.mark.parametrize(
    ("type", "lookup", "value"),
    [
        ("any", "gt", -1),
        ("integer", "exact", 0),
        ("integer", "in", (0, 5)),
        ("double", "in", (0,)),
        ("any", "in", (0, 5)),
        ("any", "in", ("a", "")),
        ("any", "in", ("0", 5)),
        ("integer", "gt", -1),
        ("integer", "gte", 0),
        ("integer", "lt", 1),
        ("integer", "lte", 0),
    ],
)
def test_where_0_would_come_with_the_empty_ones_it_is_refused(type: str, lookup: str, value: Any) -> None:
    with pytest.raises(Unsupported, match="can't tell 0 from an empty value"):
        spell(condition(type, lookup, value, negated=True), "orm")
