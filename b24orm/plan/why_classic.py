"""Which REST a query is sent to, where both know the entity.

A query would be better off with REST 3.0 if that could answer exactly the same and brought more rows a call.
Of what both know nothing is of that kind: tasks come by fifties from either, and the results of a task at
once. So a model always asks its own REST, and ``explain()`` says why.
"""

from __future__ import annotations

from b24orm.facts import twin
from b24orm.query.nodes import Query, conditions_in

__all__ = ["why_classic"]


def why_classic(query: Query) -> str | None:
    """Why a query is not sent to REST 3.0; None where that does not know the entity.

    What it can't filter by is the first reason, what it can't sort by the second. Whatever is left it would
    answer by as many calls.
    """
    other, own = twin(query.schema.name), query.schema.list
    if query.schema.api == "v3" or other is None or other.list is None or own is None:
        return None
    asked = dict.fromkeys(condition.field.name for condition in conditions_in(query.where))
    unknown = [name for name in asked if name not in other.fields or not other.fields[name].filterable]
    if unknown:
        return f"not by REST 3.0, which can't filter by {', '.join(unknown)}"
    by_others = [key.field.name for key in query.order if key.field is not query.schema.key]
    if by_others and other.list.id_first:
        return f"not by REST 3.0, which sorts by id and not by {', '.join(by_others)}"
    if own.page_size is None:
        return "not by REST 3.0, for one call brings everything here"
    return f"not by REST 3.0, which brings {other.list.page_size:,} rows a call as well"
