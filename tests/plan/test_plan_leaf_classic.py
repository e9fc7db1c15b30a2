"""Conditions as the classic lists read them: 0 and NULL apart where they can be, refused where not.

``!`` finds NULL as well; ``0`` under a sign with ``=`` finds NULL as well, in a list under ``@`` it does not;
LIKE can't be negated.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from b24orm.errors import Unsupported
from b24orm.plan.leaf import LOWEST
from b24orm.plan.leaves import spell
from b24orm.query.nodes import Condition
from b24orm.schema import FieldSchema

TINY = Decimal("0.000001")


def condition(type: str, lookup: str, value: Any, negated: bool) -> Condition:
    return Condition(FieldSchema(name="f", wire="F", type=type), lookup, value, negated)


@pytest.mark.parametrize(
    ("type", "lookup", "value", "spelled"),
    [
        ("integer", "exact", 5, ((("=F", 5),),)),
        ("integer", "exact", 0, (((">F", -1), ("<F", 1)),)),
        ("double", "exact", 0, (((">F", -TINY), ("<F", TINY)),)),
        ("user", "exact", 0, ((("=F", 0),),)),  # nobody
        ("integer", "in", (0, 5), ((("@F", (0, 5)),),)),
        ("user", "in", (3, 5), ((("@F", (3, 5)),),)),
        ("user", "in", (0, 5), ((("=F", (0, 5)),),)),
        ("string", "in", ("a", "b"), ((("@F", ("a", "b")),),)),
        ("string", "in", ("", "a"), ((("=F", ("", "a")),),)),
        ("integer", "gt", 0, (((">F", 0),),)),
        ("integer", "gte", 5, (((">=F", 5),),)),
        ("integer", "gte", 0, (((">F", -1),),)),
        ("integer", "lte", 0, ((("<F", 1),),)),
        ("double", "lte", 0, ((("<F", TINY),),)),
        ("user", "gt", 5, (((">F", 5),),)),
        ("user", "gt", -1, (((">F", 0),),)),
        ("user", "gte", 0, (((">F", 0),),)),
        ("user", "gte", 1, (((">=F", 1),),)),
        ("user", "lt", 5, (((">F", 0), ("<F", 5)),)),  # whoever is nobody is not less
        ("string", "contains", "x", ((("%F", "x"),),)),
        ("string", "startswith", "x", ((("=%F", "x%"),),)),
        ("string", "endswith", "x", ((("=%F", "%x"),),)),
        ("crm_multifield", "startswith", "+7", ((("F", "+7"),),)),
        ("integer", "isnull", True, ((("!>F", LOWEST),),)),
        ("user", "isnull", True, ((("=F", 0),),)),
        ("string", "isnull", True, ((("=F", ""),),)),
    ],
)
def test_what_is_asked_for(type: str, lookup: str, value: Any, spelled: Any) -> None:
    assert spell(condition(type, lookup, value, negated=False), "classic") == spelled


@pytest.mark.parametrize(
    ("type", "lookup", "value", "spelled"),
    [
        ("integer", "exact", 5, ((("!=F", 5),),)),
        ("user", "exact", 0, ((("!=F", 0),),)),
        ("integer", "in", (3, 5), ((("!F", (3, 5)),),)),
        ("user", "in", (0, 5), ((("!F", (0, 5)),),)),
        ("string", "in", ("", "a"), ((("!F", ("", "a")),),)),
        ("integer", "gt", 0, ((("!>F", 0),),)),
        ("integer", "gte", 0, ((("!>F", -1),),)),
        ("integer", "lte", 0, ((("!<F", 1),),)),
        ("user", "lt", 5, ((("!>F", 0),), (("!<F", 5),))),
        ("integer", "isnull", True, (((">F", LOWEST),),)),
        ("user", "isnull", True, ((("!=F", 0),),)),
        ("string", "isnull", True, ((("!=F", ""),),)),
    ],
)
def test_what_is_excluded(type: str, lookup: str, value: Any, spelled: Any) -> None:
    assert spell(condition(type, lookup, value, negated=True), "classic") == spelled


@pytest.mark.parametrize(
    ("type", "lookup", "value", "negated", "why"),
    [
        ("integer", "exact", 0, True, "can't tell 0 from an empty value"),
        ("double", "in", (0,), True, "can't tell 0 from an empty value"),
        ("string", "contains", "x", True, "ignore the negation of a search"),
        ("string", "startswith", "x", True, "ignore the negation of a search"),
        ("string", "startswith", "50%", False, "as wildcards"),
        ("string", "endswith", "a_b", False, "as wildcards"),
        ("string", "endswith", "a\\b", False, "as wildcards"),
        ("crm_multifield", "startswith", "+7", True, "can't be excluded"),
        ("crm_multifield", "startswith", "+7%", False, "drops % and outer spaces"),
        ("crm_multifield", "startswith", " x", False, "drops % and outer spaces"),
    ],
)
def test_what_would_be_misread_is_refused(
    type: str, lookup: str, value: Any, negated: bool, why: str
) -> None:
    with pytest.raises(Unsupported, match=why):
        spell(condition(type, lookup, value, negated=negated), "classic")
