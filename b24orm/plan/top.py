"""Plans of short slices in an order that only the server can follow: read without a count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from b24orm.errors import Unsupported
from b24orm.plan.calls import Call
from b24orm.plan.filters import Branch
from b24orm.plan.flow import Flow
from b24orm.plan.leaves import spell
from b24orm.plan.listing import Listing, with_ids
from b24orm.plan.ordering import selecting_keys, total_order
from b24orm.plan.plan import Plan
from b24orm.plan.steps.ordered import Ordered, sortable_here
from b24orm.plan.steps.single import Single
from b24orm.plan.steps.sizes import PAGE
from b24orm.plan.steps.top import PAGES, TopPages
from b24orm.plan.steps.union import Union
from b24orm.query.nodes import Condition, Order, Query
from b24orm.schema import EntitySchema

__all__ = ["first_rows", "first_rows_of_each"]

_MOST: Final = 750
"""Rows that are read this way, in three batches; a call of a batch takes a thousand values at the most."""


def first_rows(query: Query, branch: Branch, listing: Listing) -> Plan | None:
    """The plan for a short slice; None where it is too long, or the method counts even so.

    A COUNT of two million rows takes the portal most of a minute, and a page by offset takes one.
    """
    spec, stop = listing.spec, query.stop
    if stop is None or stop > _MOST or not spec.count_free or branch.joins:
        return None
    if spec.hides_rows or spec.repeats_rows or not spec.page_size:
        return None
    conditions, order = with_ids(query.schema, branch), total_order(query, listing)

    def page(further: Mapping[str, Any]) -> Call:
        return listing.call({**conditions, **further}, order=order, start=-1)

    if stop <= spec.page_size:
        return _one_page(query, page({}))
    excluding = _excluding(query.schema)
    if excluding is None or excluding in {**listing.filter, **conditions} or spec.page_size != PAGE:
        return None
    pages = -(-stop // PAGE)
    return Plan(
        query,
        "TopPages",
        (f"the first {stop:,} rows: each page excludes the ids of those before it", _SPARED),
        lambda: TopPages(listing, page, excluding, stop),
        sample=page({}),
        requests=f"{-(-pages // PAGES)}",
        commands=f"{pages}",
        skip=query.start,
        take=query.limit,
    )


_SPARED: Final = "start=-1 spares the COUNT"


def first_rows_of_each(
    query: Query, found: Sequence[Branch], listings: Sequence[Listing], why: str
) -> Plan | None:
    """The plan for a short slice of an OR: the first rows of each branch, merged, sorted and sliced here.

    None where a branch can't be read so, or the order means something else here.

    Args:
        query: what is fetched.
        found: the branches.
        listings: the list of each branch.
        why: what one filter can't do.
    """
    key = query.schema.key
    if key is None or not sortable_here(query.order):
        return None
    listings = [selecting_keys(query, listing) for listing in listings]
    parts = [first_rows(query, branch, listing) for branch, listing in zip(found, listings, strict=True)]
    plans = [part for part in parts if part is not None]
    if len(plans) < len(parts):
        return None

    def flow() -> Flow:
        in_order_of_ids = [Ordered(plan.flow(), (Order(key),)) for plan in plans]
        return Ordered(Union(in_order_of_ids, listings[0].id_of), query.order, query.stop)

    return replace(
        plans[0],
        strategy="Union",
        why=(f"{why}: the first rows of {len(plans)} lists, merged and sorted here", *plans[0].why),
        flow=flow,
        requests=f"at most {sum(int(plan.requests) for plan in plans)}",
        commands=f"at most {sum(int(plan.commands) for plan in plans)}",
    )


def _one_page(query: Query, call: Call) -> Plan:
    return Plan(
        query,
        "Single",
        ("the slice lies within the first page", _SPARED),
        lambda: Single(call),
        sample=call,
        skip=query.start,
        take=query.limit,
    )


def _excluding(schema: EntitySchema) -> str | None:
    """The filter key that takes a list of ids whose rows are not wanted; None where there is none."""
    if schema.list is None or schema.list.dialect == "none":
        return None
    if schema.key is None or schema.key.type != "integer":
        return None
    try:
        alternatives = spell(
            Condition(schema.key, "in", (1, 2), negated=True), schema.list.dialect, schema.list.operators
        )
    except Unsupported:
        return None
    pairs = [pair for pairs in alternatives for pair in pairs]
    return pairs[0][0] if len(pairs) == 1 else None
