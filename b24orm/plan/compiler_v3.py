"""Query -> Plan for REST 3.0, whose pages can be larger and whose filters can say OR by themselves.

===========  ====================================================================
strategy     when
===========  ====================================================================
Single       the slice lies within the first page
ByIds        the ids are known: a page of them a call
TailScan     a few pages are wanted, or the list can't be asked for windows of ids
WindowScan   everything in the order of the ids: windows of ids, side by side
OrderedScan  another order of numbers, dates or flags: scanned by id, sorted here
UntilEmpty   no keyset, or an order that only the server can follow
Count        only the number is wanted and the entity has ``*.aggregate``
===========  ====================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from b24orm.errors import Unsupported
from b24orm.plan.calls import Call
from b24orm.plan.filters import Branch
from b24orm.plan.listing import Listing, with_ids
from b24orm.plan.ordering import by_id, descending, selecting_keys, total_order
from b24orm.plan.page_v3 import SURE
from b24orm.plan.plan import Plan
from b24orm.plan.steps.by_ids import ByIds
from b24orm.plan.steps.ordered import sortable_here
from b24orm.plan.steps.single import Aggregate, Single
from b24orm.plan.steps.spans import Spans
from b24orm.plan.steps.stretch import identity
from b24orm.plan.steps.tail import TailScan
from b24orm.plan.steps.until_empty import UntilEmpty
from b24orm.plan.steps.windows import WindowScan, calls_of
from b24orm.query.nodes import Query

__all__ = ["count_v3", "scan_v3"]

_FEW: Final = 5
"""Pages up to which they are read one after the other."""


def scan_v3(query: Query, branch: Branch, listing: Listing) -> Plan:
    """The plan for a query's rows.

    Raises:
        Unsupported: the list method has no way to answer it.
    """
    if not by_id(query):
        return _other_order(query, branch, listing)
    if branch.ids is not None and listing.spec.keyset:
        return _by_ids(query, branch, listing)
    if listing.spec.keyset or (listing.spec.tail and query.schema.id_field.sortable):
        return _by_id(query, branch, listing)
    return _offset(query, branch, listing)


def count_v3(query: Query, branch: Branch) -> Plan | None:
    """The plan that lets ``*.aggregate`` count; None where the entity has none."""
    spec, key = query.schema.list, query.schema.key
    if spec is None or spec.aggregate is None or key is None or not key.filterable:
        return None
    whole = Listing.of(query, with_ids(query.schema, branch)).call()
    params: dict[str, Any] = {"select": {"count": [key.query_name]}}
    if spec.filter is not None and spec.filter in whole.params:
        params["filter"] = whole.params[spec.filter]
    call = Call(spec.aggregate, params, api="v3")
    return Plan(
        query,
        "Count",
        ("REST 3.0 counts by itself",),
        partial(Aggregate, call, key.query_name),
        sample=call,
        counts="every row that matches, once",
    )


def _why(listing: Listing, reason: str) -> tuple[str, str]:
    return f"REST 3.0: up to {listing.size:,} rows a page, and nothing is counted", reason


def _by_ids(query: Query, branch: Branch, listing: Listing) -> Plan:
    assert branch.ids is not None
    ids, size = branch.ids, listing.size
    calls, together = -(-len(ids) // size), calls_of(size)
    order = listing.by_id(descending=descending(query))
    return Plan(
        query,
        "ByIds",
        _why(listing, f"{len(ids):,} ids are known: {size:,} a call"),
        partial(ByIds, listing, ids, descending=descending(query), page=size, batch=together),
        sample=listing.call({listing.ids_key: ids[:size]}, order=order),
        requests=f"{-(-calls // together):,}",
        commands=f"{calls:,}",
        skip=query.start,
        take=query.limit,
        page=size,
        batch=together,
    )


def _by_id(query: Query, branch: Branch, listing: Listing) -> Plan:
    spec, stop, size = listing.spec, query.stop, listing.size
    by_tail = spec.tail is not None and not _names(branch.filter, listing.id_name)
    if spec.keyset and stop is not None and stop <= size:
        return _first_page(query, branch, listing)
    if spec.keyset and (stop is None or stop > _FEW * size):
        return _windows(query, branch, listing)
    if spec.keyset or by_tail:
        return _page_after_page(query, branch, listing, by_tail=by_tail)
    return _offset(query, branch, listing)


def _first_page(query: Query, branch: Branch, listing: Listing) -> Plan:
    spans = Spans(listing, descending(query))
    call = spans.page(*spans.steps(branch.lower, branch.upper), query.stop)
    return Plan(
        query,
        "Single",
        _why(listing, "the slice lies within the first page"),
        partial(Single, call),
        sample=call,
        skip=query.start,
        take=query.limit,
        page=listing.size,
        batch=1,
    )


def _page_after_page(query: Query, branch: Branch, listing: Listing, *, by_tail: bool) -> Plan:
    size = listing.size
    flow = partial(
        TailScan,
        listing,
        lower=branch.lower,
        upper=branch.upper,
        descending=descending(query),
        limit=query.stop,
        by_tail=by_tail,
    )
    means = listing.spec.tail if by_tail else f"{listing.spec.name} behind the last id"
    return Plan(
        query,
        "TailScan",
        _why(listing, f"page after page, by {means}"),
        flow,
        sample=flow().asks(1)[0].calls[0],
        requests=f"1 for each {size:,} rows",
        commands=f"1 for each {size:,} rows",
        skip=query.start,
        take=query.limit,
        page=size,
        batch=1,
    )


def _windows(query: Query, branch: Branch, listing: Listing) -> Plan:
    size = listing.size
    together = calls_of(size)
    spans = Spans(listing, descending(query))
    return Plan(
        query,
        "WindowScan",
        _why(listing, f"windows of ids are read side by side, {together} a request"),
        partial(
            WindowScan,
            listing,
            lower=branch.lower,
            upper=branch.upper,
            descending=spans.descending,
            limit=query.stop,
        ),
        sample=spans.page(*spans.steps(branch.lower, branch.upper)),
        requests=f"1 + 1 for each {together * size:,} rows",
        commands=f"2 + 1 for each {size:,} rows",
        skip=query.start,
        take=query.limit,
        page=size,
        batch=together,
    )


def _names(conditions: Mapping[str, Any], name: str) -> bool:
    """Whether a condition speaks of the field: a cursor's field may not stand in the filter."""
    return any(
        _names(value, name) if isinstance(value, Mapping) else key.lstrip("!=<>@") == name
        for key, value in conditions.items()
    )


def _other_order(query: Query, branch: Branch, listing: Listing) -> Plan:
    spec, shown = listing.spec, ", ".join(map(str, query.order))
    here = sortable_here(query.order)
    if spec.keyset and here and (spec.id_first or not query.sliced):
        return _sorted_here(query, branch, listing, shown)
    if spec.id_first:
        raise Unsupported(
            f"{spec.name} sorts by id whatever it is asked, and {shown} sorts as the database does: "
            "sort the rows in Python"
        )
    return _offset(query, branch, listing)


def _sorted_here(query: Query, branch: Branch, listing: Listing, shown: str) -> Plan:
    plan = scan_v3(query.whole, branch, selecting_keys(query, listing))
    reason = "sorts by id whatever it is asked" if listing.spec.id_first else "would have to skip rows"
    why = f"{listing.spec.name} {reason}: the rows are sorted by {shown} here"
    return plan.sorted_here(query, why, strategy="OrderedScan")


def _sorted_pages(query: Query, branch: Branch, listing: Listing) -> Plan:
    """All rows of a method that knows no order, sorted and sliced here."""
    plan = _offset(query.whole, branch, selecting_keys(query, listing))
    return plan.sorted_here(query, "the rows are sorted here")


def _offset(query: Query, branch: Branch, listing: Listing) -> Plan:
    if query.order and listing.spec.order_style is None and sortable_here(query.order):
        return _sorted_pages(query, branch, listing)
    conditions, size = with_ids(query.schema, branch), listing.size
    together = calls_of(size)
    order = total_order(query, listing)
    size = size if query.limit is None else max(1, min(size, query.stop or size))

    def call(start: int) -> Call:
        return listing.call(conditions, order=order, start=start, limit=size)

    return Plan(  # the flow itself begins and ends where the slice does
        query,
        "UntilEmpty",
        _why(listing, f"{listing.spec.name} is read by offset, until a page is empty"),
        partial(
            UntilEmpty,
            call,
            identify=identity(query.schema),
            start=query.start,
            stop=query.stop,
            page_size=size,
            most=together,
            exact=size > SURE,
        ),
        sample=call(query.start // size * size),
        requests=f"1 + 1 for each {together * size:,} rows",
        commands=f"1 for each {size:,} rows",
        counts="the rows before each page are skipped",
        page=listing.size,
        batch=together,
    )
